//! DMA: adapters, locked buffers, transfers, common buffers, the NT4 services. Named after the test ids of the
//! contract's list.

mod common;

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

#[test]
fn dma_01_callback_runs_once_at_dispatch_with_its_adapter() {
    let rig = strict();
    let adapter = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
    let (base, mdl) = locked(&rig, 100, 0, LockOperation::Read);
    let mut calls = 0;
    let mut length = 100;
    let mut kept = None;
    let status = rig
        .port
        .start_dma(adapter, mdl, 0, &mut length, true, |port, given, list| {
            calls += 1;
            assert_eq!(port.get_current_irql(), 2);
            assert_eq!(given, adapter);
            assert!(std::ptr::eq(port, rig.port));
            kept = Some(*list);
        });
    assert_eq!((status, calls), (VpStatus::NO_ERROR, 1));
    assert_eq!(rig.port.get_current_irql(), 0);
    complete(&rig, adapter, &kept.unwrap(), true);
    finish(&rig, base, mdl);
}

#[test]
fn dma_02_length_in_the_callback_is_final_and_is_the_sum_of_elements() {
    let rig = strict();
    let adapter = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
    let (base, mdl) = locked(&rig, 3 * PAGE + 17, 100, LockOperation::Read);
    for wanted in [1, 3996, 3997, 2 * PAGE, 3 * PAGE + 17, u32::MAX] {
        let mut length = wanted;
        let mut seen = (0, 0);
        let mut kept = None;
        let status = rig
            .port
            .start_dma(adapter, mdl, 0, &mut length, true, |port, _, list| {
                let elements = (0..list.number_of_elements)
                    .map(|index| port.scatter_gather_element(list, index).unwrap());
                seen = (
                    list.length_bytes(),
                    elements.map(|element| element.length_bytes).sum(),
                );
                assert_eq!(
                    port.scatter_gather_element(list, list.number_of_elements),
                    None
                );
                kept = Some(*list);
            });
        assert_eq!(status, VpStatus::NO_ERROR);
        assert_eq!(seen, (length, length));
        assert_eq!(
            length,
            wanted.min(3 * PAGE + 17),
            "clamped to the end of the buffer"
        );
        complete(&rig, adapter, &kept.unwrap(), true);
    }
    finish(&rig, base, mdl);
}

#[test]
fn dma_03_offset_selects_the_bytes() {
    let rig = strict();
    let adapter = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
    let (base, mdl) = locked(&rig, 4 * PAGE, 0, LockOperation::Read);
    let all = pattern(4 * PAGE as usize);
    for offset in [0, 1, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE + 100] {
        let mut length = 64;
        let mut kept = None;
        let status = rig
            .port
            .start_dma(adapter, mdl, offset, &mut length, true, |_, _, list| {
                submit(&rig, list, 0x1000, Direction::HostToCard);
                kept = Some(*list);
            });
        assert_eq!(status, VpStatus::NO_ERROR);
        let list = kept.unwrap();
        assert_eq!(engine_result(&rig), Ok(64));
        assert_eq!(
            card_bytes(&rig, 0x1000, 64),
            all[offset as usize..offset as usize + 64]
        );
        assert_eq!(list.hardware_offset(), offset);
        assert_eq!(
            list.first().address.raw() % u64::from(PAGE),
            u64::from(offset % PAGE)
        );
        complete(&rig, adapter, &list, true);
    }
    finish(&rig, base, mdl);
}

#[test]
fn dma_04_lengths_and_alignments_around_a_page() {
    for (length, start) in [
        (1, 0),
        (1, 4095),
        (4095, 0),
        (4096, 0),
        (4097, 0),
        (4096, 1),
        (65_536, 0),
        (65_536, 4001),
    ] {
        let rig = strict();
        let adapter = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
        let (base, mdl) = locked(&rig, length, start, LockOperation::Modify);
        assert_eq!(transfer_all(&rig, adapter, mdl, length, 64, true), 1);
        assert_eq!(
            card_bytes(&rig, 64, length as usize),
            pattern(length as usize),
            "{length} at {start}"
        );
        write(&rig, base, &vec![0; length as usize]);
        transfer_all(&rig, adapter, mdl, length, 64, false);
        assert_eq!(
            read(&rig, base, length as usize),
            pattern(length as usize),
            "{length} at {start}"
        );
        finish(&rig, base, mdl);
    }
}

#[test]
fn dma_04_maximum_length_cuts_the_transfer() {
    for (total, expected) in [(4999, 1), (5000, 1), (5001, 2)] {
        let rig = strict();
        let limited = DeviceDescription {
            maximum_length_bytes: 5000,
            ..REACHES_ALL
        };
        let adapter = rig.port.get_dma_adapter(&limited).unwrap();
        let (base, mdl) = locked(&rig, total, 7, LockOperation::Read);
        assert_eq!(transfer_all(&rig, adapter, mdl, total, 0, true), expected);
        assert_eq!(card_bytes(&rig, 0, total as usize), pattern(total as usize));
        finish(&rig, base, mdl);
    }
}

#[test]
fn dma_05_few_map_registers_force_a_loop() {
    let rig = Rig::opened(Options::new().strict(true).map_register_count(2));
    rig.machine.memory().set_layout(Layout::High);
    let adapter = rig.port.get_dma_adapter(&REACHES_4G).unwrap();
    let total = 5 * PAGE + 3;
    let (base, mdl) = locked(&rig, total, 9, LockOperation::Read);
    assert_eq!(transfer_all(&rig, adapter, mdl, total, 0, true), 3);
    assert_eq!(card_bytes(&rig, 0, total as usize), pattern(total as usize));
    finish(&rig, base, mdl);
}

/// A device that takes one element.
const SINGLE: DeviceDescription = DeviceDescription {
    scatter_gather: false,
    ..REACHES_ALL
};

#[test]
fn dma_06_without_scatter_gather_there_is_one_element() {
    let rig = strict();
    let adapter = rig.port.get_dma_adapter(&SINGLE).unwrap();
    let total = 3 * PAGE;
    let (base, mdl) = locked(&rig, total, 50, LockOperation::Modify);
    let mut length = total;
    let mut kept = None;
    let status = rig
        .port
        .start_dma(adapter, mdl, 0, &mut length, true, |_, _, list| {
            kept = Some(*list);
        });
    assert_eq!((status, length), (VpStatus::NO_ERROR, total));
    let list = kept.unwrap();
    assert_eq!(list.number_of_elements, 1);
    assert_eq!(list.first().length_bytes, total, "bounced as a whole");
    complete(&rig, adapter, &list, true);
    assert_eq!(transfer_all(&rig, adapter, mdl, total, 64, true), 1);
    assert_eq!(
        card_bytes(&rig, 64, total as usize),
        pattern(total as usize)
    );
    write(&rig, base, &vec![0; total as usize]);
    assert_eq!(transfer_all(&rig, adapter, mdl, total, 64, false), 1);
    assert_eq!(read(&rig, base, total as usize), pattern(total as usize));
    finish(&rig, base, mdl);
}

#[test]
fn dma_06_without_contiguous_pages_one_stretch_is_carried_at_a_time() {
    let rig = strict();
    let adapter = rig.port.get_dma_adapter(&SINGLE).unwrap();
    let total = 3 * PAGE;
    let (base, mdl) = locked(&rig, total, 50, LockOperation::Read);
    let (mut offset, mut calls) = (0, 0);
    while offset < total {
        let mut length = total - offset;
        let mut kept = None;
        // The first allocation of the call is the stand-in; the last stretch needs none.
        if length > PAGE {
            rig.machine.memory().fail_allocation_after(0);
        }
        let status = rig
            .port
            .start_dma(adapter, mdl, offset, &mut length, true, |_, _, list| {
                assert_eq!(list.number_of_elements, 1);
                assert_eq!(list.hardware_offset(), offset);
                kept = Some(*list);
            });
        assert_eq!(status, VpStatus::NO_ERROR);
        complete(&rig, adapter, &kept.unwrap(), true);
        offset += length;
        calls += 1;
    }
    assert_eq!(calls, 4, "four pages touched, none adjacent");
    finish(&rig, base, mdl);
}

#[test]
fn dma_06_single_element_transfers_split_at_the_map_registers() {
    let rig = Rig::opened(Options::new().strict(true).map_register_count(2));
    let adapter = rig.port.get_dma_adapter(&SINGLE).unwrap();
    let total = 5 * PAGE + 3;
    let (base, mdl) = locked(&rig, total, 9, LockOperation::Read);
    assert_eq!(transfer_all(&rig, adapter, mdl, total, 0, true), 3);
    assert_eq!(card_bytes(&rig, 0, total as usize), pattern(total as usize));
    finish(&rig, base, mdl);
}

#[test]
fn dma_06_adjacent_pages_make_one_element() {
    let rig = strict();
    rig.machine.memory().set_layout(Layout::Adjacent);
    let adapter = rig.port.get_dma_adapter(&SINGLE).unwrap();
    let (base, mdl) = locked(&rig, 3 * PAGE, 50, LockOperation::Read);
    assert_eq!(transfer_all(&rig, adapter, mdl, 3 * PAGE, 0, true), 1);
    finish(&rig, base, mdl);
}

#[test]
fn dma_07_out_of_reach_memory_is_bounced_below_4_gib() {
    let rig = strict();
    rig.machine.memory().set_layout(Layout::High);
    let near = rig.port.get_dma_adapter(&REACHES_4G).unwrap();
    let far = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
    let total = 2 * PAGE + 5;
    let (base, mdl) = locked(&rig, total, 11, LockOperation::Modify);
    let first_address = |adapter| {
        let mut length = total;
        let mut kept: Option<ScatterGatherList> = None;
        let status = rig
            .port
            .start_dma(adapter, mdl, 0, &mut length, true, |_, _, list| {
                kept = Some(*list);
            });
        assert_eq!(status, VpStatus::NO_ERROR);
        let list = kept.unwrap();
        complete(&rig, adapter, &list, true);
        list.first().address.raw()
    };
    assert!(first_address(far) >= 1 << 32, "the test's memory is high");
    assert!(first_address(near) < 1 << 32);
    transfer_all(&rig, near, mdl, total, 128, true);
    assert_eq!(
        card_bytes(&rig, 128, total as usize),
        pattern(total as usize)
    );
    write(&rig, base, &vec![0xEE; total as usize]);
    transfer_all(&rig, near, mdl, total, 128, false);
    assert_eq!(read(&rig, base, total as usize), pattern(total as usize));
    finish(&rig, base, mdl);
}

#[test]
fn dma_08_bounced_data_arrives_with_complete_dma() {
    let rig = strict();
    rig.machine.memory().set_layout(Layout::High);
    let adapter = rig.port.get_dma_adapter(&REACHES_4G).unwrap();
    let (base, mdl) = locked(&rig, 512, 0, LockOperation::Write);
    rig.machine.card().write_memory(0, &[0x5A; 512]);
    let mut length = 512;
    let mut kept = None;
    let _ = rig
        .port
        .start_dma(adapter, mdl, 0, &mut length, false, |_, _, list| {
            submit(&rig, list, 0, Direction::CardToHost);
            kept = Some(*list);
        });
    assert_eq!(engine_result(&rig), Ok(512));
    assert_eq!(read(&rig, base, 512), pattern(512), "not before completion");
    complete(&rig, adapter, &kept.unwrap(), false);
    assert_eq!(read(&rig, base, 512), [0x5A; 512]);
    finish(&rig, base, mdl);
}

#[test]
fn dma_09_injected_failure_calls_nothing_back_and_leaks_nothing() {
    for successes in 0..2 {
        let rig = strict();
        rig.machine.memory().set_layout(Layout::High);
        // Bounce pages and list pages are two allocations; each fails once.
        let adapter = rig.port.get_dma_adapter(&REACHES_4G).unwrap();
        let (base, mdl) = locked(&rig, 2 * PAGE, 0, LockOperation::Read);
        let pages = rig.machine.memory().live_pages();
        rig.machine.memory().fail_allocation_after(successes);
        let mut length = 2 * PAGE;
        let status = rig
            .port
            .start_dma(adapter, mdl, 0, &mut length, true, |_, _, _| {
                panic!("called back after a failure")
            });
        assert_eq!((status, length), (VpStatus::ERROR_NOT_ENOUGH_MEMORY, 0));
        assert_eq!(rig.machine.memory().live_pages(), pages);
        assert_eq!(
            rig.port.hardware_slots_in_use(),
            1,
            "only the locked buffer's own"
        );
        assert_eq!(
            transfer_all(&rig, adapter, mdl, 2 * PAGE, 0, true),
            1,
            "retry works"
        );
        finish(&rig, base, mdl);
    }
}

#[test]
fn dma_09_wrong_arguments_fail_without_a_callback() {
    for (options, expected) in [
        (
            Options::new().strict(true),
            VpStatus::ERROR_INVALID_PARAMETER,
        ),
        (Options::new(), VpStatus::ERROR_NOT_ENOUGH_MEMORY),
    ] {
        let rig = Rig::opened(options);
        let adapter = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
        let (base, mdl) = locked(&rig, 100, 0, LockOperation::Read);
        let other = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
        rig.port.put_dma_adapter(other);
        for (adapter, offset, wanted) in [
            (adapter, 0, 0),
            (adapter, 100, 1),
            (adapter, 200, 1),
            (other, 0, 1),
        ] {
            let mut length = wanted;
            let status = rig
                .port
                .start_dma(adapter, mdl, offset, &mut length, true, |_, _, _| {
                    panic!("called back")
                });
            assert_eq!((status, length), (expected, 0));
        }
        finish(&rig, base, mdl);
    }
}

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
fn dma_16_lock_pages_acts_only_for_init_only() {
    let rig = strict();
    let base = rig.machine.memory().map_user(5000, 3).unwrap();
    for flags in [
        DmaFlags::UnlockAfterDma,
        DmaFlags::KeepPagesLocked,
        DmaFlags::DmaInitOnly,
    ] {
        let mut packet = RequestPacket::new(0, &mut [], 0);
        packet.input_address = base;
        packet.input_length_bytes = 5000;
        packet.output_address = VirtAddr::new(0x77);
        packet.output_length_bytes = 7;
        let acted = rig.port.lock_pages(&mut packet, flags);
        assert_eq!(acted, flags == DmaFlags::DmaInitOnly);
        if acted {
            let mdl = Mdl::from_raw(packet.output_address.raw()).unwrap();
            assert_eq!(packet.output_length_bytes, 5000);
            assert_eq!(rig.machine.memory().pins(), 2);
            assert_eq!(rig.port.get_mdl(Some(mdl)), Some(mdl));
            assert!(rig.port.unlock_pages(Some(mdl)));
        } else {
            assert_eq!(
                (packet.output_address, packet.output_length_bytes),
                (VirtAddr::new(0x77), 7)
            );
        }
        assert_eq!(rig.machine.memory().pins(), 0);
    }
    assert!(rig.port.unlock_pages(None));
    rig.machine.memory().unmap_user(base);
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
}

#[test]
fn dma_17_frozen_services_answer_their_constants() {
    let rig = strict();
    let (base, mdl) = locked(&rig, 10, 0, LockOperation::Modify);
    let dma = Some(mdl);
    let mut packet = RequestPacket::new(0, &mut [], 0);
    assert_eq!(rig.port.do_dma(dma, DmaFlags::UnlockAfterDma), None);
    rig.port.set_bytes_used(dma, 99);
    assert_eq!(rig.port.get_bytes_used(dma), 0);
    rig.port.set_dma_context(dma, VirtAddr::new(0x1234));
    assert_eq!(rig.port.get_dma_context(dma), VirtAddr::NULL);
    assert!(!rig.port.signal_dma_complete(dma));
    assert_eq!(rig.port.associate_events_with_dma_handle(&mut packet), None);
    assert_eq!(rig.port.map_dma_memory(&mut packet), None);
    assert!(!rig.port.unmap_dma_memory(base));
    assert_eq!(rig.port.get_mdl(None), None);
    finish(&rig, base, mdl);
}

#[test]
fn dma_18_common_buffers_are_zeroed_contiguous_and_shared() {
    let rig = strict();
    let adapter = rig.port.get_dma_adapter(&REACHES_4G).unwrap();
    for length in [1, PAGE, PAGE + 1, 1 << 20] {
        let buffer = rig
            .port
            .allocate_common_buffer(adapter, length, false)
            .unwrap();
        assert_eq!(
            (
                buffer.virtual_address.page_offset(),
                buffer.logical_address.raw() % 4096
            ),
            (0, 0)
        );
        assert!(buffer.logical_address.raw() + u64::from(length) <= 1 << 32);
        assert!(
            read(&rig, buffer.virtual_address, length as usize)
                .iter()
                .all(|byte| *byte == 0)
        );
        // The card sees what the processor writes, and the other way round, without any flush call.
        write(&rig, buffer.virtual_address, &pattern(length as usize));
        let handle = rig
            .port
            .common_buffer_hardware_handle(buffer.virtual_address)
            .unwrap();
        let bus = rig.port.register_bus(rig.miniport.registers());
        let whole = |direction| {
            lumenport_hal::dma::Transfer::linear(
                lumenport_hal::sgl::Handle::from_raw(handle),
                lumenport_hal::addr::ByteLen::ZERO,
                lumenport_hal::addr::ByteLen::new(length),
                lumenport_hal::addr::CardAddr::new(0),
                direction,
            )
        };
        lumenport_hal::dma::Dma::new(bus)
            .submit(&whole(Direction::HostToCard))
            .unwrap();
        assert_eq!(engine_result(&rig), Ok(length));
        assert_eq!(
            card_bytes(&rig, 0, length as usize),
            pattern(length as usize)
        );
        rig.machine.card().write_memory(0, &[0x3C; 1]);
        lumenport_hal::dma::Dma::new(bus)
            .submit(&whole(Direction::CardToHost))
            .unwrap();
        assert_eq!(engine_result(&rig), Ok(length));
        assert_eq!(read(&rig, buffer.virtual_address, 1), [0x3C]);
        rig.port.release_common_buffer(adapter, &buffer);
    }
    assert_eq!(rig.port.allocate_common_buffer(adapter, 0, false), None);
    assert_eq!(
        rig.port.allocate_common_buffer(adapter, 1 << 30, false),
        None,
        "too big"
    );
    for _ in 0..200 {
        let buffer = rig
            .port
            .allocate_common_buffer(adapter, PAGE, true)
            .unwrap();
        rig.port.release_common_buffer(adapter, &buffer);
    }
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
}

#[test]
fn dma_18_release_must_repeat_every_fact() {
    let rig = strict();
    let adapter = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
    let other = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
    let buffer = rig
        .port
        .allocate_common_buffer(adapter, 100, false)
        .unwrap();
    let wrong = [
        (
            adapter,
            CommonBuffer {
                length_bytes: 99,
                ..buffer
            },
        ),
        (
            adapter,
            CommonBuffer {
                cache_enabled: true,
                ..buffer
            },
        ),
        (
            adapter,
            CommonBuffer {
                logical_address: BusAddr::new(4096),
                ..buffer
            },
        ),
        (other, buffer),
    ];
    for (adapter, wrong) in wrong {
        rig.port.release_common_buffer(adapter, &wrong);
        assert_eq!(findings(&rig), [FindingKind::WrongArguments]);
    }
    rig.port.put_dma_adapter(adapter);
    assert_eq!(findings(&rig), [FindingKind::LiveObjects { count: 1 }]);
    rig.port.release_common_buffer(adapter, &buffer);
    assert_eq!(
        rig.port.dma_usage().adapters,
        1,
        "the adapter went with its last buffer"
    );
    rig.port.release_common_buffer(other, &buffer);
    assert_eq!(findings(&rig), [FindingKind::ForeignPointer]);
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
}

#[test]
fn dma_19_get_common_buffer_works_without_an_adapter() {
    let rig = strict();
    let buffer = rig.port.get_common_buffer(5000, false).unwrap();
    assert_eq!(
        buffer.length_bytes, 5000,
        "the actual length is the desired one"
    );
    assert!(buffer.logical_address.raw() + 5000 <= 1 << 32);
    let second = rig.port.get_common_buffer(1, false).unwrap();
    assert_eq!(rig.port.dma_usage().adapters, 1);
    rig.port.free_common_buffer(&buffer);
    rig.port.free_common_buffer(&second);
    assert_eq!(findings(&rig), []);
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
}

#[test]
fn dma_19_get_common_buffer_is_large_and_keeps_to_its_own_adapter() {
    let rig = strict();
    // An adapter that came first and reaches less must not be taken for the default one.
    let narrow = rig
        .port
        .get_dma_adapter(&DeviceDescription {
            dma_32bit_addresses: false,
            dma_64bit_addresses: false,
            ..REACHES_ALL
        })
        .unwrap();
    let own = rig.port.allocate_common_buffer(narrow, 100, false).unwrap();
    let large = rig.port.get_common_buffer(1 << 20, false).unwrap();
    assert_eq!(large.length_bytes, 1 << 20);
    rig.port.free_common_buffer(&own);
    assert_eq!(findings(&rig), [FindingKind::WrongArguments]);
    assert_eq!(
        rig.port.dma_usage().common_buffers,
        2,
        "a buffer of another adapter stays"
    );
    rig.port.free_common_buffer(&large);
    rig.port.release_common_buffer(narrow, &own);
    assert_eq!(findings(&rig), []);
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
}

#[test]
fn put_dma_adapter_of_what_is_none_is_reported_and_harmless() {
    let rig = strict();
    let live = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
    let never = DmaAdapter::from_raw(live.raw() | 0x70).unwrap();
    assert_eq!(DmaAdapter::from_raw(0), None, "null is no adapter");
    rig.port.put_dma_adapter(never);
    rig.port.put_dma_adapter(live);
    rig.port.put_dma_adapter(live);
    assert_eq!(
        findings(&rig),
        [FindingKind::UnknownHandle, FindingKind::StaleHandle]
    );
    assert_eq!(rig.port.dma_usage().adapters, 0);
}

#[test]
fn get_dma_adapter_refuses_length_zero_and_the_ninth() {
    let rig = strict();
    let empty = DeviceDescription {
        maximum_length_bytes: 0,
        ..REACHES_ALL
    };
    assert_eq!(rig.port.get_dma_adapter(&empty), None);
    let adapters: Vec<_> = std::iter::from_fn(|| rig.port.get_dma_adapter(&REACHES_ALL)).collect();
    assert_eq!(adapters.len(), lumenport_videoport::limits::ADAPTERS);
    let first = adapters[0];
    rig.port.put_dma_adapter(first);
    assert!(rig.port.get_dma_adapter(&REACHES_ALL).is_some());
    rig.port.put_dma_adapter(first);
    assert_eq!(findings(&rig).last(), Some(&FindingKind::StaleHandle));
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
fn without_backing_the_services_work_and_handles_are_zero() {
    let rig = Rig::opened(Options::new().strict(true).hardware(false));
    assert!(!rig.port.has_hardware());
    let adapter = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
    let (base, mdl) = locked(&rig, 2 * PAGE, 0, LockOperation::Read);
    let mut length = 2 * PAGE;
    let mut kept = None;
    let _ = rig
        .port
        .start_dma(adapter, mdl, 0, &mut length, true, |_, _, list| {
            kept = Some(*list);
        });
    let list = kept.unwrap();
    assert_eq!((list.hardware_handle(), list.hardware_offset()), (0, 0));
    assert_eq!(list.number_of_elements, 2);
    complete(&rig, adapter, &list, true);
    finish(&rig, base, mdl);
}

#[test]
fn random_parts_of_random_buffers_are_described_byte_for_byte() {
    use lumenport_hal::fake::HostMemory as _;
    let rig = strict();
    let adapter = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
    let mut state = 0x1234_5678_u32;
    let mut random = |limit: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % limit
    };
    for case in 0..300 {
        let layout = [Layout::Scattered, Layout::Adjacent, Layout::High][random(3) as usize];
        rig.machine.memory().set_layout(layout);
        let total = 1 + random(20_000);
        let (base, mdl) = locked(&rig, total, random(PAGE) as usize, LockOperation::Read);
        let offset = random(total);
        let mut length = 1 + random(25_000);
        let wanted = length.min(total - offset);
        let mut seen = Vec::new();
        let mut kept = None;
        let status =
            rig.port
                .start_dma(adapter, mdl, offset, &mut length, true, |port, _, list| {
                    let mut memory = rig.machine.memory().clone();
                    for index in 0..list.number_of_elements {
                        let element = port.scatter_gather_element(list, index).unwrap();
                        assert_eq!(
                            element.reserved,
                            offset as usize + seen.len(),
                            "case {case}"
                        );
                        assert_ne!(element.length_bytes, 0, "case {case}");
                        // An element may span adjacent pages; the memory is read page by page.
                        let mut at = element.address.raw();
                        let end = at + u64::from(element.length_bytes);
                        while at < end {
                            let part = (end - at).min(u64::from(PAGE) - at % u64::from(PAGE));
                            let mut bytes = vec![0; part as usize];
                            memory.read(BusAddr::new(at), &mut bytes).unwrap();
                            seen.extend(bytes);
                            at += part;
                        }
                    }
                    kept = Some(*list);
                });
        assert_eq!(
            (status, length),
            (VpStatus::NO_ERROR, wanted),
            "case {case}"
        );
        let expected = &pattern(total as usize)[offset as usize..(offset + wanted) as usize];
        assert_eq!(seen, expected, "case {case}");
        complete(&rig, adapter, &kept.unwrap(), true);
        rig.port.unlock_buffer(mdl);
        rig.machine.memory().unmap_user(base);
    }
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
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

#[test]
fn bounced_transfer_that_moved_nothing_leaves_the_buffer_as_it_was() {
    let rig = strict();
    rig.machine.memory().set_layout(Layout::High);
    let adapter = rig.port.get_dma_adapter(&REACHES_4G).unwrap();
    let (base, mdl) = locked(&rig, 3000, 0, LockOperation::Modify);
    let mut length = 3000;
    let mut kept = None;
    let _ = rig
        .port
        .start_dma(adapter, mdl, 0, &mut length, false, |_, _, list| {
            kept = Some(*list);
        });
    complete(&rig, adapter, &kept.unwrap(), false);
    assert_eq!(
        read(&rig, base, 3000),
        pattern(3000),
        "bytes of other memory leaked into the buffer"
    );
    finish(&rig, base, mdl);
}

#[test]
fn dma_18_common_buffer_without_a_free_slot_takes_nothing() {
    let rig = strict();
    let adapter = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
    let base = rig.machine.memory().map_user(PAGE as usize, 0).unwrap();
    let lock = || rig.port.lock_buffer(base, 8, LockOperation::Read);
    let mdls: Vec<_> = std::iter::from_fn(lock).collect();
    assert_eq!(mdls.len(), rig.port.hardware_slots_in_use());
    let before = (
        rig.machine.memory().pins(),
        rig.machine.memory().live_pages(),
    );
    assert_eq!(rig.port.allocate_common_buffer(adapter, 100, false), None);
    assert_eq!(
        (
            rig.machine.memory().pins(),
            rig.machine.memory().live_pages()
        ),
        before
    );
    for mdl in mdls {
        rig.port.unlock_buffer(mdl);
    }
    assert!(
        rig.port
            .allocate_common_buffer(adapter, 100, false)
            .is_some()
    );
    assert_eq!(rig.port.remove().common_buffers, 1);
    rig.machine.memory().unmap_user(base);
    rig.assert_no_leak();
}
