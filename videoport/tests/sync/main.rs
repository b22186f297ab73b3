//! Synchronised execution, DPCs, events, spin locks, interrupts, IRQL rules. Named after the test ids of the list.

#[path = "../common/mod.rs"]
mod common;
mod dpc;
mod event;
mod execution;
mod interrupt;
mod spin;
mod time;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use common::*;
use lumenport_hal::fake::FakeConfig;
use lumenport_videoport::interlocked::InterlockedLong;
use lumenport_videoport::irql::{DEVICE_LEVEL, DISPATCH_LEVEL, PASSIVE_LEVEL};
use lumenport_videoport::strict::FindingKind;
use lumenport_videoport::testing::{Rig, TestMiniport};
use lumenport_videoport::{
    DpcRoutine, EntryPoints, Event, EventFlags, Options, SynchronizePriority, Timeout, VirtAddr,
    VpStatus,
};

const PRIORITIES: [SynchronizePriority; 3] = [
    SynchronizePriority::Low,
    SynchronizePriority::Medium,
    SynchronizePriority::High,
];

/// A rig whose miniport registers no interrupt routine.
fn without_interrupt() -> Rig {
    let miniport = TestMiniport::new().entry_points(EntryPoints::MANDATORY);
    Rig::opened_with(miniport, Options::new().strict(true))
}
