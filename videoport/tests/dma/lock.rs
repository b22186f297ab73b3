//! LockBuffer and UnlockBuffer: pins, rights, tables that run out or get stuck.

use super::*;

#[test]
fn dma_14_overlapping_locks_and_unlock_at_dispatch() {
    let rig = strict();
    let base = rig.machine.memory().map_user(3 * PAGE as usize, 0).unwrap();
    let middle = base.checked_add(PAGE as usize).unwrap();
    let first = rig
        .port
        .lock_buffer(base, 2 * PAGE, LockOperation::Read)
        .unwrap();
    let second = rig
        .port
        .lock_buffer(middle, 2 * PAGE, LockOperation::Write)
        .unwrap();
    assert_eq!(rig.machine.memory().pins_of(middle), 2);
    let lock = rig.port.create_spin_lock().unwrap();
    let old = rig.port.acquire_spin_lock(lock);
    rig.port.unlock_buffer(first);
    rig.port.release_spin_lock(lock, old);
    assert_eq!(rig.machine.memory().pins_of(base), 0);
    assert_eq!(rig.machine.memory().pins_of(middle), 1);
    assert_eq!(rig.port.hardware_slots_in_use(), 1);
    assert!(rig.port.delete_spin_lock(lock).is_success());
    finish(&rig, base, second);
}

#[test]
fn dma_15_memory_that_cannot_be_locked_gives_null_and_leaks_nothing() {
    let rig = strict();
    let memory = rig.machine.memory();
    let base = memory.map_user(3 * PAGE as usize, 0).unwrap();
    let last = base.checked_add(2 * PAGE as usize).unwrap();
    assert_eq!(
        rig.port.lock_buffer(base, 4 * PAGE, LockOperation::Read),
        None,
        "runs off the mapping"
    );
    memory.set_writable(last, false);
    assert_eq!(
        rig.port.lock_buffer(base, 3 * PAGE, LockOperation::Write),
        None,
        "read-only page"
    );
    assert_eq!(
        findings(&rig),
        [FindingKind::UnmappedMemory, FindingKind::UnmappedMemory]
    );
    assert_eq!(
        rig.port.lock_buffer(VirtAddr::NULL, 1, LockOperation::Read),
        None
    );
    assert_eq!(rig.port.lock_buffer(base, 0, LockOperation::Read), None);
    assert_eq!(
        findings(&rig),
        [FindingKind::NullPointer, FindingKind::ZeroLength]
    );
    memory.fail_pin_after(1);
    assert_eq!(
        rig.port.lock_buffer(base, 3 * PAGE, LockOperation::Read),
        None,
        "pins run out"
    );
    assert_eq!(
        (
            memory.pins(),
            rig.port.dma_usage().mdls,
            rig.port.hardware_slots_in_use()
        ),
        (0, 0, 0)
    );
    let mdl = rig
        .port
        .lock_buffer(base, 3 * PAGE, LockOperation::Read)
        .unwrap();
    memory.set_writable(last, true);
    finish(&rig, base, mdl);
}

#[test]
fn dma_15_double_unlock_is_reported() {
    let rig = strict();
    let (base, mdl) = locked(&rig, 10, 0, LockOperation::Read);
    rig.port.unlock_buffer(mdl);
    rig.port.unlock_buffer(mdl);
    assert_eq!(findings(&rig), [FindingKind::StaleHandle]);
    let adapter = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
    let mut length = 10;
    let status = rig
        .port
        .start_dma(adapter, mdl, 0, &mut length, true, |_, _, _| {
            panic!("called back")
        });
    assert_eq!(status, VpStatus::ERROR_INVALID_PARAMETER);
    rig.machine.memory().unmap_user(base);
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
}

#[test]
fn read_lock_does_not_let_the_card_write() {
    let rig = strict();
    let adapter = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
    let (base, mdl) = locked(&rig, 64, 0, LockOperation::Read);
    let mut length = 64;
    let status = rig
        .port
        .start_dma(adapter, mdl, 0, &mut length, false, |_, _, _| {
            panic!("called back")
        });
    assert_eq!(status, VpStatus::ERROR_INVALID_PARAMETER);
    assert_eq!(findings(&rig), [FindingKind::WrongDirection]);
    // Even a miniport that lies to the engine gets nowhere: the right is in the hardware table.
    let mut kept = None;
    length = 64;
    let _ = rig
        .port
        .start_dma(adapter, mdl, 0, &mut length, true, |_, _, list| {
            submit(&rig, list, 0, Direction::CardToHost);
            kept = Some(*list);
        });
    assert_eq!(engine_result(&rig), Err(DmaError::Fault(Fault::NoRight)));
    complete(&rig, adapter, &kept.unwrap(), true);
    assert_eq!(read(&rig, base, 64), pattern(64));
    finish(&rig, base, mdl);
}

#[test]
fn handle_of_an_unlocked_buffer_moves_nothing() {
    let rig = strict();
    let adapter = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
    let (base, mdl) = locked(&rig, 64, 0, LockOperation::Modify);
    let mut length = 64;
    let mut kept = None;
    let _ = rig
        .port
        .start_dma(adapter, mdl, 0, &mut length, true, |_, _, list| {
            kept = Some(*list);
        });
    let list = kept.unwrap();
    complete(&rig, adapter, &list, true);
    rig.port.unlock_buffer(mdl);
    submit(&rig, &list, 0, Direction::CardToHost);
    assert_eq!(
        engine_result(&rig),
        Err(DmaError::Fault(Fault::StaleHandle))
    );
    assert_eq!(read(&rig, base, 64), pattern(64));
    rig.machine.memory().unmap_user(base);
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
}

#[test]
fn unlock_under_a_stuck_transfer_keeps_the_pages_pinned_until_it_lets_go() {
    let rig = strict();
    let adapter = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
    let (base, mdl) = locked(&rig, PAGE, 0, LockOperation::Modify);
    rig.machine.card().set_dma_frozen(true);
    let mut length = PAGE;
    let mut kept = None;
    let _ = rig
        .port
        .start_dma(adapter, mdl, 0, &mut length, false, |_, _, list| {
            submit(&rig, list, 0, Direction::CardToHost);
            kept = Some(*list);
        });
    complete(&rig, adapter, &kept.unwrap(), false);
    rig.port.unlock_buffer(mdl);
    assert_eq!(
        rig.machine.memory().pins(),
        1,
        "the card may still write the page"
    );
    let stuck = findings(&rig);
    assert!(
        matches!(stuck.as_slice(), [FindingKind::TableStuck]),
        "{stuck:?}"
    );
    let mut length = PAGE;
    let status = rig
        .port
        .start_dma(adapter, mdl, 0, &mut length, true, |_, _, _| {
            panic!("called back")
        });
    assert_eq!(
        status,
        VpStatus::ERROR_INVALID_PARAMETER,
        "only unlocking is possible"
    );
    rig.machine.card().set_dma_frozen(false);
    rig.port.unlock_buffer(mdl);
    assert_eq!(rig.machine.memory().pins(), 0);
    rig.machine.memory().unmap_user(base);
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
}

#[test]
fn table_space_of_the_card_runs_out_cleanly() {
    let rig = strict();
    // 2048 elements: a fragmented buffer of 2049 pages cannot have a table.
    let base = rig
        .machine
        .memory()
        .map_user(2049 * PAGE as usize, 0)
        .unwrap();
    assert_eq!(
        rig.port.lock_buffer(base, 2049 * PAGE, LockOperation::Read),
        None
    );
    assert_eq!(rig.machine.memory().pins(), 0);
    let mdl = rig
        .port
        .lock_buffer(base, 2048 * PAGE, LockOperation::Read)
        .unwrap();
    assert_eq!(rig.port.lock_buffer(base, 1, LockOperation::Read), None);
    finish(&rig, base, mdl);
}

#[test]
fn unlock_under_a_live_list_is_reported_and_copies_nothing_back() {
    let rig = strict();
    rig.machine.memory().set_layout(Layout::High);
    let adapter = rig.port.get_dma_adapter(&REACHES_4G).unwrap();
    let (base, mdl) = locked(&rig, 64, 0, LockOperation::Modify);
    let mut length = 64;
    let mut kept = None;
    let _ = rig
        .port
        .start_dma(adapter, mdl, 0, &mut length, false, |_, _, list| {
            submit(&rig, list, 0, Direction::CardToHost);
            kept = Some(*list);
        });
    assert_eq!(engine_result(&rig), Ok(64));
    rig.port.unlock_buffer(mdl);
    assert_eq!(findings(&rig), [FindingKind::LiveObjects { count: 1 }]);
    complete(&rig, adapter, &kept.unwrap(), false);
    assert_eq!(
        read(&rig, base, 64),
        pattern(64),
        "the memory is no longer the transfer's"
    );
    rig.machine.memory().unmap_user(base);
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
}
