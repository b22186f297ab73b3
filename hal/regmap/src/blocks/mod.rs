//! The blocks of the card, one file each.
//!
//! Each module holds the block's register types, its windows, `INSTANCE` (its place in BAR2) and `BLOCK` (its metadata).

pub mod crtc;
pub mod cursor;
pub mod cursor_image;
pub mod ddc;
pub mod dispi;
pub mod dma;
pub mod elements;
pub mod id;
pub mod irq;
pub mod mem;
pub mod palette;
pub mod plane;
pub mod sem;
pub mod sgl;
