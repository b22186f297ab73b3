//! One element at a time, and memory the device does not reach: bounced transfers.

use super::*;

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
