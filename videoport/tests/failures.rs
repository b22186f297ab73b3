//! One failure at every place where memory or a pin is asked for, in turn: nothing is leaked, whatever the driver then does.

mod common;

use common::*;
use lumenport_hal::fake::FakeConfig;
use lumenport_videoport::testing::{Layout, Rig, TestMiniport};
use lumenport_videoport::{
    BusAddr, ChildType, DeviceDescription, DmaFlags, LockOperation, Options, PoolType,
    RequestPacket, VpStatus,
};

/// What fails.
#[derive(Clone, Copy, Debug)]
enum Failing {
    Pages,
    Pins,
}

/// Uses everything that takes memory. Each step goes on without what it did not get.
fn use_everything(rig: &Rig) {
    let port = rig.port;
    for bytes in [1, 100, 3000, 4096, 20_000] {
        let kinds = [PoolType::Paged, PoolType::NonPaged];
        let blocks = kinds.map(|kind| port.allocate_pool(kind, bytes, TAG));
        let buffer = port.allocate_buffer(bytes as u32);
        for block in blocks.into_iter().flatten() {
            port.free_pool(block);
        }
        if let Ok(buffer) = buffer {
            port.release_buffer(buffer);
        }
    }
    let _ = port.allocate_contiguous_memory(10_000, BusAddr::new(u64::from(u32::MAX)));
    let _ = port.get_rom_image(4096);
    let _ = port.create_secondary_display(0);
    if let Some(report) = port.dbg_report_create(1, [0; 4]) {
        let _ = port.dbg_report_secondary_data(report, &[1; 5000]);
        let _ = port.dbg_report_secondary_data(report, &[2; 50]);
        port.dbg_report_complete(report);
    }
    let _ = port.enumerate_children();
    port.poll();
    transfers(rig);
    if let Some(buffer) = port.get_common_buffer(9000, false) {
        port.free_common_buffer(&buffer);
    }
}

/// Direct, bounced and one-element transfers in both directions.
fn transfers(rig: &Rig) {
    let port = rig.port;
    for (layout, description) in [
        (Layout::Scattered, REACHES_ALL),
        (Layout::High, REACHES_4G),
        (
            Layout::Scattered,
            DeviceDescription {
                scatter_gather: false,
                ..REACHES_ALL
            },
        ),
    ] {
        rig.machine.memory().set_layout(layout);
        let (Some(user), Some(adapter)) = (
            rig.machine.memory().map_user(10_000, 50),
            port.get_dma_adapter(&description),
        ) else {
            continue;
        };
        if let Some(buffer) = port.allocate_common_buffer(adapter, 5000, true) {
            port.release_common_buffer(adapter, &buffer);
        }
        if let Some(mdl) = port.lock_buffer(user, 10_000, LockOperation::Modify) {
            for to_device in [true, false] {
                let (mut length, mut list) = (10_000, None);
                let started =
                    port.start_dma(adapter, mdl, 0, &mut length, to_device, |_, _, given| {
                        list = Some(*given);
                    });
                assert_eq!(started.is_success(), list.is_some());
                assert!(started.is_success() || started == VpStatus::ERROR_NOT_ENOUGH_MEMORY);
                if let Some(list) = list {
                    complete(rig, adapter, &list, to_device);
                }
            }
            port.unlock_buffer(mdl);
        }
        let mut packet = RequestPacket::new(1, &mut [], 0);
        packet.input_address = user;
        packet.input_length_bytes = 10_000;
        if port.lock_pages(&mut packet, DmaFlags::DmaInitOnly) {
            let mdl = lumenport_videoport::Mdl::from_raw(packet.output_address.raw());
            port.unlock_buffer(mdl.expect("a handle"));
        }
        port.put_dma_adapter(adapter);
        rig.machine.memory().unmap_user(user);
    }
}

/// One life with one failure after that many successes. False: it never came.
fn life(failing: Failing, after: usize) -> bool {
    let card = FakeConfig {
        memory_bytes: 1 << 20,
        ..FakeConfig::default()
    };
    let miniport = TestMiniport::new()
        .extension_bytes(5000)
        .child_extension_bytes(100);
    let rig = Rig::new(card, miniport, Options::new().strict(true));
    let mut rom = vec![0; 4096];
    rom[..2].copy_from_slice(&[0x55, 0xAA]);
    rig.machine.insert_rom(rom);
    rig.miniport.on_child(|_, query, answer| {
        if query.child_index > 2 {
            return VpStatus::ERROR_NO_MORE_DEVICES;
        }
        answer.child_type = ChildType::Monitor;
        answer.uid = query.child_index;
        VpStatus::ERROR_CONTINUE
    });
    let memory = rig.machine.memory();
    match failing {
        Failing::Pages => memory.fail_allocation_after(after),
        Failing::Pins => memory.fail_pin_after(after),
    }
    let up = rig.port.load().is_success()
        && rig.port.start_device().is_success()
        && rig.port.open().is_success();
    if up {
        use_everything(&rig);
    }
    let came = !memory.take_pending_failure();
    let report = rig.port.remove();
    assert!(report.is_clean(), "{failing:?} {after}: {report:?}");
    rig.assert_no_leak();
    assert_eq!(rig.port.hardware_slots_in_use(), 0);
    came
}

#[test]
fn page_that_cannot_be_had_leaks_nothing_wherever_it_is_asked_for() {
    let count = (0..1000)
        .take_while(|after| life(Failing::Pages, *after))
        .count();
    assert!(count > 30, "only {count} places");
}

#[test]
fn pin_that_fails_leaks_nothing_wherever_it_is_asked_for() {
    let count = (0..1000)
        .take_while(|after| life(Failing::Pins, *after))
        .count();
    assert!(count > 20, "only {count} places");
}
