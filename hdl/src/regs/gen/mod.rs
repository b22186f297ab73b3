//! Made by `cargo xtask regs` from hal/regmap/src/blocks. Do not edit.

#![allow(
    clippy::derivable_impls,
    clippy::single_match,
    reason = "generated: one shape for every block"
)]

/// Register file of block `crtc`.
pub mod crtc;
/// Register file of block `cursor`.
pub mod cursor;
/// Register file of block `cursor_image`.
pub mod cursor_image;
/// Register file of block `ddc`.
pub mod ddc;
/// Register file of block `dispi`.
pub mod dispi;
/// Register file of block `dma`.
pub mod dma;
/// Register file of block `elements`.
pub mod elements;
/// Register file of block `id`.
pub mod id;
/// Register file of block `irq`.
pub mod irq;
/// Register file of block `mem`.
pub mod mem;
/// Register file of block `palette`.
pub mod palette;
/// Register file of block `plane`.
pub mod plane;
/// Register file of block `sem`.
pub mod sem;
/// Register file of block `sgl`.
pub mod sgl;

pub use crtc::CrtcRegs;
pub use cursor::CursorRegs;
pub use cursor_image::CursorImageRegs;
pub use ddc::DdcRegs;
pub use dispi::DispiRegs;
pub use dma::DmaRegs;
pub use elements::ElementsRegs;
pub use id::IdRegs;
pub use irq::IrqRegs;
pub use mem::MemRegs;
pub use palette::PaletteRegs;
pub use plane::PlaneRegs;
pub use sem::SemRegs;
pub use sgl::SglRegs;
