//! CompleteDma from every context, several transfers in flight, cards that disappear.

use super::*;

#[test]
fn dma_10_lists_of_one_adapter_run_out_with_an_error() {
    let rig = strict();
    let adapter = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
    let second = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
    let (base, mdl) = locked(&rig, 100, 0, LockOperation::Read);
    let mut lists = Vec::new();
    let failed = loop {
        let mut length = 100;
        let adapter = if lists.len() % 2 == 0 {
            adapter
        } else {
            second
        };
        let status = rig
            .port
            .start_dma(adapter, mdl, 0, &mut length, true, |_, adapter, list| {
                lists.push((adapter, *list));
            });
        if !status.is_success() {
            break status;
        }
    };
    assert_eq!(failed, VpStatus::ERROR_NOT_ENOUGH_MEMORY);
    assert_eq!(lists.len(), lumenport_videoport::limits::DMA_LISTS);
    for (adapter, list) in lists {
        complete(&rig, adapter, &list, true);
    }
    assert_eq!(transfer_all(&rig, adapter, mdl, 100, 0, true), 1);
    finish(&rig, base, mdl);
}

#[test]
fn dma_11_complete_from_a_dpc_after_the_cards_interrupt() {
    let rig = strict();
    enable_dma_interrupts(&rig);
    let adapter = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
    let (base, mdl) = locked(&rig, 2 * PAGE, 0, LockOperation::Read);
    let event = rig
        .port
        .create_event(lumenport_videoport::EventFlags(0))
        .unwrap();
    let kept: &'static Mutex<Option<ScatterGatherList>> = Box::leak(Box::new(Mutex::new(None)));
    rig.miniport.on_dpc(move |port, routine, context| {
        assert_eq!((routine.0, context, port.get_current_irql()), (1, 0, 2));
        let list = kept.lock().unwrap().take().unwrap();
        assert_eq!(port.complete_dma(adapter, &list, true), VpStatus::NO_ERROR);
        port.set_event(event);
    });
    let mut length = 2 * PAGE;
    let status = rig
        .port
        .start_dma(adapter, mdl, 0, &mut length, true, |_, _, list| {
            *kept.lock().unwrap() = Some(*list);
            submit(&rig, list, 0, Direction::HostToCard);
        });
    assert_eq!(status, VpStatus::NO_ERROR);
    let waited = rig
        .port
        .wait_for_single_object(event, lumenport_videoport::Timeout::micros(100_000));
    assert_eq!(waited, VpStatus::NO_ERROR);
    assert_eq!(rig.port.dma_usage().lists, 0);
    assert_eq!(
        card_bytes(&rig, 0, 2 * PAGE as usize),
        pattern(2 * PAGE as usize)
    );
    assert_eq!(rig.port.interrupt_counts().delivered, 1);
    assert_eq!(findings(&rig), []);
    assert!(rig.port.delete_event(event).is_success());
    finish(&rig, base, mdl);
}

#[test]
fn dma_11_complete_from_the_interrupt_routine_is_refused() {
    let rig = strict();
    let adapter = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
    let (base, mdl) = locked(&rig, 64, 0, LockOperation::Read);
    let mut length = 64;
    let mut kept = None;
    let _ = rig
        .port
        .start_dma(adapter, mdl, 0, &mut length, true, |_, _, list| {
            kept = Some(*list);
        });
    let list = kept.unwrap();
    rig.miniport.on_interrupt(move |port| {
        let _ = port.complete_dma(adapter, &list, true);
        true
    });
    rig.machine.raise_interrupt();
    rig.port.poll();
    assert_eq!(findings(&rig), [FindingKind::NotInInterrupt]);
    assert_eq!(rig.port.dma_usage().lists, 1, "the list is still open");
    complete(&rig, adapter, &list, true);
    finish(&rig, base, mdl);
}

#[test]
fn dma_12_completion_on_another_thread_before_start_returns() {
    let rig = strict();
    let adapter = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
    let (base, mdl) = locked(&rig, 64, 0, LockOperation::Read);
    for _ in 0..50 {
        let mut length = 64;
        let status =
            rig.port
                .start_dma(adapter, mdl, 0, &mut length, true, |port, adapter, list| {
                    let list = *list;
                    std::thread::scope(|scope| {
                        scope.spawn(move || port.complete_dma(adapter, &list, true));
                    });
                });
        assert_eq!((status, length), (VpStatus::NO_ERROR, 64));
        assert_eq!(rig.port.dma_usage().lists, 0);
    }
    assert_eq!(findings(&rig), []);
    finish(&rig, base, mdl);
}

#[test]
fn card_pulled_out_during_a_transfer_leaves_nothing_pinned() {
    let rig = strict();
    let adapter = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
    let (base, mdl) = locked(&rig, PAGE, 0, LockOperation::Modify);
    let mut length = PAGE;
    let mut kept = None;
    let _ = rig
        .port
        .start_dma(adapter, mdl, 0, &mut length, true, |_, _, list| {
            submit(&rig, list, 0, Direction::HostToCard);
            kept = Some(*list);
        });
    rig.machine.set_gone(true);
    assert_eq!(engine_result(&rig), Err(DmaError::Gone));
    complete(&rig, adapter, &kept.unwrap(), true);
    rig.port.unlock_buffer(mdl);
    assert_eq!(rig.machine.memory().pins(), 0);
    assert_eq!(
        rig.port.lock_buffer(base, 16, LockOperation::Read),
        None,
        "no table without a card"
    );
    rig.machine.memory().unmap_user(base);
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
}

#[test]
fn removal_frees_and_reports_what_was_left() {
    let rig = strict();
    let adapter = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
    let (base, mdl) = locked(&rig, PAGE, 0, LockOperation::Modify);
    let mut length = PAGE;
    let _ = rig
        .port
        .start_dma(adapter, mdl, 0, &mut length, true, |_, _, _| {});
    let _ = rig.port.allocate_common_buffer(adapter, 10, false).unwrap();
    let _ = rig.port.allocate_pool(PoolType::NonPaged, 33, TAG).unwrap();
    let report = rig.port.remove();
    assert_eq!(
        (report.mdls, report.dma_lists, report.common_buffers),
        (1, 1, 1)
    );
    assert_eq!(
        (report.pool_blocks, report.pool_bytes, report.hardware_slots),
        (1, 33, 0)
    );
    rig.machine.memory().unmap_user(base);
    rig.assert_no_leak();
}

#[test]
fn threads_lock_transfer_and_unlock_at_the_same_time() {
    let rig = strict();
    let engine = std::sync::Mutex::new(());
    std::thread::scope(|scope| {
        for thread in 0..4_u32 {
            let engine = &engine;
            scope.spawn(move || {
                let adapter = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
                for _ in 0..20 {
                    let (base, mdl) = locked(&rig, 6000, thread as usize, LockOperation::Read);
                    let turn = engine.lock().unwrap();
                    transfer_all(&rig, adapter, mdl, 6000, thread * 0x4000, true);
                    drop(turn);
                    assert_eq!(card_bytes(&rig, thread * 0x4000, 6000), pattern(6000));
                    rig.port.unlock_buffer(mdl);
                    rig.machine.memory().unmap_user(base);
                }
                rig.port.put_dma_adapter(adapter);
            });
        }
    });
    assert_eq!(findings(&rig), []);
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
}
