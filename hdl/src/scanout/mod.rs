//! Scanout: a framebuffer in card memory becomes a raster of pixels.
//!
//! Clock domains: `sys` for [`crtc`], [`cursor_stage`] and [`fetch`], `pix` for [`timing`], [`pixel`] and
//! [`cursor`];
//! [`display`] puts them together with their registers, the line FIFO and the output.
//! The chapters Theory and Programming steps are in this folder's README.

pub mod crtc;
pub mod cursor;
pub mod cursor_stage;
pub mod display;
pub mod fetch;
pub mod pixel;
pub mod scale;
pub mod timing;

pub use display::{CardDisplay, Display};
