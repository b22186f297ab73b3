//! The card's layout: base address registers (BAR), block instances, map digest.
//!
//! | BAR | content | kind |
//! |---|---|---|
//! | 0 | card memory, byte addressed | 32-bit, prefetchable, a power of two |
//! | 2 | registers, [`REGISTER_BAR_BYTES`] | 32-bit, not prefetchable |
//!
//! The first 4 KiB of BAR2 have the layout of the virtual display `bochs-display`, so that drivers which know nothing else of
//! the card can show a picture.

use crate::blocks::{
    crtc, cursor, cursor_image, ddc, dispi, dma, elements, id, irq, mem, palette, plane, sem, sgl,
};
use crate::meta::{BlockMeta, Instance};

/// Number of the BAR that shows card memory.
pub const MEMORY_BAR: u8 = 0;
/// Number of the BAR that holds the registers.
pub const REGISTER_BAR: u8 = 2;
/// Size of the register BAR in bytes.
pub const REGISTER_BAR_BYTES: u32 = 0x1_0000;
/// Size of card memory in bytes in the simulated card; a real card tells its own in `mem.SIZE_BYTES`.
pub const SIM_MEMORY_BYTES: u32 = 4 << 20;

/// Display interface of the virtual display `bochs-display`.
pub const DISPI: Instance = Instance {
    base: 0x0000,
    span: 0x1000,
};
/// Identity.
pub const ID: Instance = Instance {
    base: 0x1000,
    span: 0x100,
};
/// Interrupt collection and MSI.
pub const IRQ: Instance = Instance {
    base: 0x1100,
    span: 0x100,
};
/// Hardware semaphores.
pub const SEM: Instance = Instance {
    base: 0x1200,
    span: 0x100,
};
/// Card memory.
pub const MEM: Instance = Instance {
    base: 0x1300,
    span: 0x100,
};
/// DMA engine.
pub const DMA: Instance = Instance {
    base: 0x1400,
    span: 0x100,
};
/// Display data channel: I2C to the monitor, hot plug.
pub const DDC: Instance = Instance {
    base: 0x1500,
    span: 0x100,
};
/// Scatter-gather table slots.
pub const SGL: Instance = Instance {
    base: 0x1800,
    span: 0x200,
};
/// Timing generator.
pub const CRTC: Instance = Instance {
    base: 0x2000,
    span: 0x100,
};
/// Scanout plane.
pub const PLANE: Instance = Instance {
    base: 0x2100,
    span: 0x100,
};
/// Hardware pointer.
pub const CURSOR: Instance = Instance {
    base: 0x2200,
    span: 0x100,
};
/// Palette.
pub const PALETTE: Instance = Instance {
    base: 0x3000,
    span: 0x400,
};
/// Image of the hardware pointer.
pub const CURSOR_IMAGE: Instance = Instance {
    base: 0x4000,
    span: 0x4000,
};
/// Scatter-gather elements.
pub const ELEMENTS: Instance = Instance {
    base: 0x8000,
    span: 0x8000,
};

/// Every block, lowest base first.
pub const BLOCKS: &[BlockMeta] = &[
    dispi::BLOCK,
    id::BLOCK,
    irq::BLOCK,
    sem::BLOCK,
    mem::BLOCK,
    dma::BLOCK,
    ddc::BLOCK,
    sgl::BLOCK,
    crtc::BLOCK,
    plane::BLOCK,
    cursor::BLOCK,
    palette::BLOCK,
    cursor_image::BLOCK,
    elements::BLOCK,
];

/// Digest of the whole map. A driver compares it with the card's `id.MAP_DIGEST` and refuses a difference.
pub const MAP_DIGEST: u32 = crate::digest::digest(BLOCKS);

const _: () = crate::check::card(BLOCKS, REGISTER_BAR_BYTES);

/// The block that answers at `offset` bytes into BAR2, if any.
#[must_use]
pub fn block_at(offset: u32) -> Option<&'static BlockMeta> {
    BLOCKS
        .iter()
        .find(|b| offset.wrapping_sub(b.instance.base) < b.instance.span)
}
