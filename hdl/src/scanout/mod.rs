//! Scanout: a framebuffer in card memory becomes a raster of pixels.
//!
//! Clock domains: `sys` for [`crtc`] and [`fetch`], `pix` for [`timing`] and [`pixel`];
//! [`display`] puts them together with their registers, the line FIFO and the output.
//! The chapters Theory and Programming steps are in this folder's README.

pub mod crtc;
pub mod display;
pub mod fetch;
pub mod pixel;
pub mod timing;

pub use display::{CardDisplay, Display};
