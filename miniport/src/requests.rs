//! The requests, one file per group. Each method finishes the packet or says with which status it fails.

mod child;
mod memory;
mod modes;
mod palette;
mod pointer;
mod rectangle;
mod sharing;
mod vblank;

use lumenport_hal::wait::Bound;

pub(crate) use pointer::PointerState;

/// For everything that takes a frame: two frames of the slowest mode, 24 Hz.
pub(crate) const FRAME_BOUND: Bound = Bound::frame();
