//! DMA: adapters, locked buffers, transfers, common buffers, the NT4 services. Named after the test ids of the
//! contract's list.

mod adapter;
#[path = "../common/mod.rs"]
mod common;
mod common_buffer;
mod complete;
mod legacy;
mod lock;
mod reach;
mod start;

use std::sync::Mutex;

use common::*;
use lumenport_hal::dma::{Direction, DmaError, Fault};
use lumenport_videoport::strict::FindingKind;
use lumenport_videoport::testing::Layout;
use lumenport_videoport::{
    BusAddr, CommonBuffer, DeviceDescription, DmaAdapter, DmaFlags, LockOperation, Mdl, Options,
    PoolType, RequestPacket, ScatterGatherList, VirtAddr, VpStatus, testing::Rig,
};

/// A user's buffer filled with the pattern, locked.
fn locked(rig: &Rig, length: u32, offset: usize, operation: LockOperation) -> (VirtAddr, Mdl) {
    let base = rig
        .machine
        .memory()
        .map_user(length as usize, offset)
        .expect("memory");
    write(rig, base, &pattern(length as usize));
    let mdl = rig.port.lock_buffer(base, length, operation).expect("lock");
    (base, mdl)
}

fn finish(rig: &Rig, base: VirtAddr, mdl: Mdl) {
    rig.port.unlock_buffer(mdl);
    rig.machine.memory().unmap_user(base);
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
}
