//! Display interface of the virtual display `bochs-display`: a picture for drivers that do not know the card.
//!
//! Clock domain: `sys`. [`Dispi`] turns the interface's registers into a mode and a plane for the scanout blocks and settles
//! with the native registers who owns the display; [`store`] and [`edid`] are the EDID window. The chapters Theory and
//! Programming steps are in this folder's README.

pub mod control;
pub mod edid;
pub mod store;

pub use control::Dispi;
