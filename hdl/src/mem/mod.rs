//! Card memory: RAM primitives, the memory port's arbiter and a block-RAM model of a DRAM controller.

pub mod arbiter;
pub mod block_ram;
pub mod ram_prim;

pub use arbiter::Arbiter;
pub use block_ram::BlockRam;
pub use ram_prim::{DualClockRam, SyncRam};
