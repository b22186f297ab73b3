//! What services cost on real hardware: register accesses, counted. A read waits for the card, a write is posted.

mod common;

use common::*;
use lumenport_videoport::testing::{Layout, RegisterAccesses};
use lumenport_videoport::{LockOperation, Options, PoolType};

/// Accesses to the register BAR while `work` runs.
fn cost<R>(
    rig: &lumenport_videoport::testing::Rig,
    work: impl FnOnce() -> R,
) -> (R, RegisterAccesses) {
    let before = rig.machine.register_accesses();
    let result = work();
    (result, rig.machine.register_accesses() - before)
}

#[test]
fn lock_of_n_elements_costs_at_most_4n_plus_8_writes_and_one_read() {
    let rig = strict();
    for (layout, pages, elements) in [
        (Layout::Scattered, 1, 1_u64),
        (Layout::Scattered, 7, 7),
        (Layout::Scattered, 1024, 1024),
        (Layout::Adjacent, 1024, 1),
    ] {
        rig.machine.memory().set_layout(layout);
        let length = pages * PAGE;
        let block = rig
            .machine
            .memory()
            .map_user(length as usize, 0)
            .expect("memory is left");
        let (mdl, locking) = cost(&rig, || {
            rig.port
                .lock_buffer(block, length, LockOperation::Modify)
                .expect("lockable")
        });
        assert!(locking.writes >= elements, "{locking:?}");
        assert!(
            locking.writes <= 4 * elements + 8,
            "{elements} elements: {locking:?}"
        );
        assert!(locking.reads <= 1, "{elements} elements: {locking:?}");
        let ((), unlocking) = cost(&rig, || rig.port.unlock_buffer(mdl));
        let all = unlocking.reads + unlocking.writes;
        assert!((1..=4).contains(&all), "unlock: {unlocking:?}");
        rig.machine.memory().unmap_user(block);
    }
}

#[test]
fn device_lock_costs_at_most_two_writes_and_one_read() {
    let rig = strict();
    let ((), pair) = cost(&rig, || {
        rig.port.acquire_device_lock();
        rig.port.release_device_lock();
    });
    assert!((1..=2).contains(&pair.writes), "{pair:?}");
    assert_eq!(pair.reads, 1, "{pair:?}");
    // Inside, the lock is held already: no access at all.
    rig.port.acquire_device_lock();
    let ((), nested) = cost(&rig, || {
        rig.port.acquire_device_lock();
        rig.port.release_device_lock();
    });
    rig.port.release_device_lock();
    assert_eq!(nested, RegisterAccesses::default());
}

#[test]
fn pool_never_touches_the_card() {
    let rig = strict();
    let ((), pool) = cost(&rig, || {
        let block = rig
            .port
            .allocate_pool(PoolType::NonPaged, 4096, TAG)
            .expect("memory is left");
        rig.port.free_pool(block);
    });
    assert_eq!(pool, RegisterAccesses::default());
}

#[test]
fn request_costs_one_device_lock() {
    let rig = lumenport_videoport::testing::Rig::opened(Options::new());
    let (_, request) = cost(&rig, || rig.port.io_control(0x0023_0400, &mut [0; 80], 0));
    assert!(
        request.writes <= 2 && request.reads <= 1,
        "an unknown request: {request:?}"
    );
}
