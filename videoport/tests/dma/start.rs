//! StartDma: the callback, lengths, offsets, splitting, failures.

use super::*;

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
