//! The life cycle, requests, configuration space, access ranges and mappings.

mod common;

use common::*;
use lumenport_hal::fake::FakeConfig;
use lumenport_hal::regmap::card::REGISTER_BAR_BYTES;
use lumenport_videoport::access::{
    BUS_DATA_PCI_CONFIGURATION, CDE_USE_REVISION, CDE_USE_SUBSYSTEM_IDS, DeviceQuery,
};
use lumenport_videoport::pci;
use lumenport_videoport::strict::FindingKind;
use lumenport_videoport::testing::{CARD_ID, CARD_SLOT, Rig, TestMachine, TestMiniport};
use lumenport_videoport::types::PowerState;
use lumenport_videoport::{
    AccessRange, EntryPoints, HwInitializationData, MemorySpace, NtStatus, Options, Phase,
    PhysAddr, StatusBlock, VirtAddr, VpStatus,
};

fn new_rig(miniport: TestMiniport) -> Rig {
    Rig::new(FakeConfig::default(), miniport, Options::new().strict(true))
}

#[test]
fn a_device_goes_through_its_phases_in_order() {
    let rig = new_rig(TestMiniport::new());
    let seen = counter();
    rig.miniport.on_initialize(move |port| {
        assert_eq!(port.phase(), Phase::Started);
        assert!(port.holds_device_lock());
        bump(seen);
        true
    });
    assert_eq!(rig.port.phase(), Phase::New);
    assert_eq!(rig.port.start_device(), VpStatus::ERROR_INVALID_PARAMETER);
    assert_eq!(rig.port.open(), VpStatus::ERROR_DEV_NOT_EXIST);
    assert_eq!(rig.port.load(), NtStatus::SUCCESS);
    assert_eq!(rig.port.phase(), Phase::Registered);
    assert_eq!(rig.port.start_device(), VpStatus::NO_ERROR);
    assert_eq!(
        rig.port.io_control(1, &mut [], 0).status,
        VpStatus::ERROR_DEV_NOT_EXIST
    );
    assert_eq!(rig.port.open(), VpStatus::NO_ERROR);
    assert_eq!(rig.port.open(), VpStatus::NO_ERROR);
    assert_eq!(count(seen), 1, "Initialize comes with the first open only");
    assert!(rig.port.remove().is_clean());
    assert_eq!(rig.port.phase(), Phase::Removed);
    assert_eq!(
        rig.port.io_control(1, &mut [], 0).status,
        VpStatus::ERROR_DEV_NOT_EXIST
    );
    rig.assert_no_leak();
}

#[test]
fn registration_without_a_mandatory_entry_point_is_refused() {
    for missing in [
        EntryPoints::FIND_ADAPTER,
        EntryPoints::INITIALIZE,
        EntryPoints::START_IO,
    ] {
        let present = [
            EntryPoints::FIND_ADAPTER,
            EntryPoints::INITIALIZE,
            EntryPoints::START_IO,
        ]
        .into_iter()
        .filter(|point| *point != missing)
        .fold(EntryPoints::INTERRUPT, EntryPoints::with);
        let rig = new_rig(TestMiniport::new().entry_points(present));
        assert_eq!(rig.port.load(), NtStatus::INVALID_PARAMETER);
        assert_eq!(rig.port.phase(), Phase::New);
    }
}

#[test]
fn initialize_outside_driver_entry_is_refused() {
    let rig = strict();
    assert_eq!(
        rig.port.initialize(&HwInitializationData::new()),
        NtStatus::INVALID_PARAMETER
    );
    assert_eq!(findings(&rig), [FindingKind::OutsideItsCallback]);
}

#[test]
fn device_extension_is_zeroed_and_freed_with_the_device() {
    let rig = new_rig(TestMiniport::new().extension_bytes(5000));
    assert!(rig.port.load().is_success());
    let extension = rig.port.device_extension();
    assert!(read(&rig, extension, 5000).iter().all(|byte| *byte == 0));
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
    let failing = new_rig(TestMiniport::new().extension_bytes(5000));
    failing.machine.memory().fail_allocation_after(0);
    assert_eq!(failing.port.load(), NtStatus::INSUFFICIENT_RESOURCES);
}

#[test]
fn find_adapter_failure_keeps_the_device_down_and_off_the_bus() {
    let rig = new_rig(TestMiniport::new());
    rig.miniport
        .on_find_adapter(|_, _| VpStatus::ERROR_DEV_NOT_EXIST);
    assert!(rig.port.load().is_success());
    assert_eq!(rig.port.start_device(), VpStatus::ERROR_DEV_NOT_EXIST);
    assert_eq!(rig.port.phase(), Phase::Registered);
    assert_eq!(
        pci::command(rig.machine, CARD_SLOT) & pci::COMMAND_BUS_MASTER,
        0
    );
    assert!(!rig.port.has_hardware());
    rig.assert_no_leak();
}

#[test]
fn find_adapter_sees_a_filled_configuration() {
    let rig = new_rig(TestMiniport::new());
    rig.miniport.on_find_adapter(|port, config| {
        assert_eq!((config.length, config.adapter_interface_type), (128, 5));
        assert_eq!(config.slot, CARD_SLOT);
        assert!(config.bus_interrupt_vector != 0 && config.interrupt_latched);
        assert!(port.holds_device_lock());
        // Both zero: no interrupt is to be connected.
        config.bus_interrupt_level = 0;
        config.bus_interrupt_vector = 0;
        VpStatus::NO_ERROR
    });
    assert!(rig.port.load().is_success());
    assert!(rig.port.start_device().is_success());
    rig.machine.raise_interrupt();
    rig.port.poll();
    assert_eq!(rig.port.interrupt_counts().delivered, 0);
}

#[test]
fn empty_slot_is_no_device() {
    let rig = new_rig(TestMiniport::new());
    assert!(rig.port.load().is_success());
    rig.machine.set_gone(true);
    assert_eq!(rig.port.start_device(), VpStatus::ERROR_DEV_NOT_EXIST);
}

#[test]
fn requests_have_a_preset_status_and_share_one_buffer() {
    let rig = strict();
    rig.miniport
        .on_start_io(|_, packet| match packet.io_control_code {
            1 => {}
            2 => {
                let doubled: Vec<u8> = packet.input().iter().map(|byte| byte * 2).collect();
                packet.reply(&doubled);
            }
            3 => packet.reply(&[0; 9]),
            _ => packet.succeed(99),
        });
    let mut buffer = [1, 2, 3, 4, 5, 6, 7, 8];
    let answer = rig.port.io_control(1, &mut buffer, 8);
    assert_eq!(
        answer,
        StatusBlock {
            status: VpStatus::ERROR_INVALID_FUNCTION,
            information: 0
        }
    );
    let answer = rig.port.io_control(2, &mut buffer, 3);
    assert_eq!(
        answer,
        StatusBlock {
            status: VpStatus::NO_ERROR,
            information: 3
        }
    );
    assert_eq!(buffer, [2, 4, 6, 4, 5, 6, 7, 8]);
    let answer = rig.port.io_control(3, &mut buffer, 0);
    assert_eq!(
        answer,
        StatusBlock {
            status: VpStatus::ERROR_INSUFFICIENT_BUFFER,
            information: 9
        }
    );
    let answer = rig.port.io_control(4, &mut buffer, 0);
    assert_eq!(
        answer,
        StatusBlock {
            status: VpStatus::NO_ERROR,
            information: 8
        }
    );
    assert_eq!(findings(&rig), [FindingKind::InformationTooLarge]);
}

#[test]
fn io_manager_statuses_match_one_for_one() {
    let pairs = [
        (0, 0),
        (8, 0xC000_009A),
        (234, 0x8000_0005),
        (1, 0xC000_0002),
        (87, 0xC000_000D),
        (122, 0xC000_0023),
        (55, 0xC000_00C0),
        (997, 0x0000_0103),
        (170, 0xC000_0001),
        (4711, 0xC000_0001),
    ];
    for (win32, nt) in pairs {
        assert_eq!(NtStatus::from(VpStatus(win32)), NtStatus(nt));
    }
}

#[test]
fn power_goes_through_both_entry_points() {
    let rig = strict();
    let seen = counter();
    rig.miniport.on_power(move |port, hw_id, state| {
        assert_eq!((hw_id, state), (0xFFFF_FFFF, PowerState::Off));
        assert!(port.holds_device_lock());
        bump(seen);
        VpStatus::NO_ERROR
    });
    assert!(
        rig.port
            .set_power(0xFFFF_FFFF, PowerState::Off)
            .is_success()
    );
    assert_eq!(count(seen), 1);
}

#[test]
fn pci_find_walks_the_bus() {
    let machine = TestMachine::default();
    assert_eq!(pci::find_id(&machine, CARD_ID), Some(CARD_SLOT));
    assert_eq!(
        pci::find_id(
            &machine,
            pci::PciId {
                vendor: 1,
                device: 2
            }
        ),
        None
    );
    machine.set_gone(true);
    assert_eq!(pci::find_id(&machine, CARD_ID), None);
}

#[test]
fn pci_bars_are_sized_placed_and_left_as_they_were() {
    let machine = TestMachine::default();
    assert!(pci::place_bars(&machine, CARD_SLOT));
    pci::set_command(&machine, CARD_SLOT, pci::COMMAND_MEMORY);
    let bars = pci::bars(&machine, CARD_SLOT);
    let found: Vec<_> = bars.into_iter().flatten().collect();
    assert_eq!(found.len(), 2);
    assert_eq!(
        (found[0].index, found[0].length_bytes, found[0].prefetchable),
        (0, 4 << 20, true)
    );
    assert_eq!(
        (found[1].index, found[1].length_bytes),
        (2, u64::from(REGISTER_BAR_BYTES))
    );
    for bar in &found {
        assert_eq!(bar.base.raw() % bar.length_bytes, 0, "naturally aligned");
    }
    assert!(found[0].base.raw() + found[0].length_bytes <= found[1].base.raw());
    assert_eq!(
        pci::bars(&machine, CARD_SLOT),
        bars,
        "sizing changes nothing"
    );
    assert_eq!(pci::command(&machine, CARD_SLOT), pci::COMMAND_MEMORY);
}

#[test]
fn pci_message_interrupt_is_enabled_and_disabled() {
    let rig = strict();
    let offset = pci::capability(rig.machine, CARD_SLOT, pci::CAPABILITY_MSI).unwrap();
    let read =
        |delta| lumenport_videoport::Platform::config_read(rig.machine, CARD_SLOT, offset + delta);
    assert_eq!(
        (read(0) >> 16 & 1, read(4), read(8), read(12)),
        (1, 0xFEE0_0000, 0, 0x41)
    );
    assert_eq!(
        pci::command(rig.machine, CARD_SLOT) & pci::COMMAND_INTX_DISABLE,
        pci::COMMAND_INTX_DISABLE
    );
    let _ = rig.port.remove();
    assert_eq!(read(0) >> 16 & 1, 0);
    assert_eq!(pci::capability(rig.machine, CARD_SLOT, 0x11), None);
}

#[test]
fn access_ranges_are_the_bars_and_are_claimed() {
    let rig = new_rig(TestMiniport::new());
    rig.miniport.on_find_adapter(|port, _| {
        let mut one = [AccessRange::default(); 1];
        assert_eq!(
            port.get_access_ranges(&mut one, None),
            VpStatus::ERROR_MORE_DATA
        );
        let mut ranges = [AccessRange::default(); 4];
        let mut slot = 0;
        assert_eq!(
            port.get_access_ranges(&mut ranges, Some(&mut slot)),
            VpStatus::NO_ERROR
        );
        assert_eq!(slot, 1);
        assert_eq!(ranges[0].range_length_bytes, 4 << 20);
        assert_eq!(ranges[1].range_length_bytes, REGISTER_BAR_BYTES);
        assert_eq!(ranges[2], AccessRange::default());
        let start = ranges[1].range_start;
        let inside = port
            .get_device_base(start, REGISTER_BAR_BYTES, MemorySpace::MEMORY)
            .unwrap();
        let beyond = port.get_device_base(start, REGISTER_BAR_BYTES + 1, MemorySpace::MEMORY);
        let ports = port.get_device_base(start, 4, MemorySpace::IO);
        assert_eq!((beyond, ports), (None, None));
        port.free_device_base(inside);
        port.free_device_base(inside);
        assert_eq!(port.get_access_ranges(&mut [], None), VpStatus::NO_ERROR);
        assert_eq!(
            port.get_device_base(start, 4, MemorySpace::MEMORY),
            None,
            "claims were released"
        );
        assert_eq!(port.verify_access_ranges(&ranges[1..2]), VpStatus::NO_ERROR);
        let again = port.get_device_base(start, 4, MemorySpace::MEMORY).unwrap();
        port.free_device_base(again);
        VpStatus::NO_ERROR
    });
    assert!(rig.port.load().is_success());
    assert!(rig.port.start_device().is_success());
    assert_eq!(
        findings(&rig),
        [
            FindingKind::UnclaimedRange,
            FindingKind::UnclaimedRange,
            FindingKind::ForeignPointer,
            FindingKind::UnclaimedRange,
        ]
    );
    let mut ranges = [AccessRange::default(); 2];
    assert_eq!(
        rig.port.get_access_ranges(&mut ranges, None),
        VpStatus::ERROR_INVALID_PARAMETER
    );
    assert_eq!(findings(&rig), [FindingKind::OutsideItsCallback]);
}

/// Start of the card memory's BAR.
fn memory_bar(rig: &Rig) -> PhysAddr {
    pci::bars(rig.machine, CARD_SLOT)[0].unwrap().base
}

#[test]
fn map_memory_maps_card_memory_and_unmaps_by_any_inner_address() {
    let rig = strict();
    let start = memory_bar(&rig);
    let base = rig
        .port
        .map_memory(start, 1 << 20, MemorySpace::P6CACHE)
        .unwrap();
    rig.port
        .write_register_buffer_ulong(base, &[0x0403_0201, 0x0807_0605]);
    assert_eq!(card_bytes(&rig, 0, 8), [1, 2, 3, 4, 5, 6, 7, 8]);
    rig.port.zero_device_memory(base.checked_add(1).unwrap(), 6);
    assert_eq!(card_bytes(&rig, 0, 8), [1, 0, 0, 0, 0, 0, 0, 8]);
    let other_cache = rig.port.map_memory(start, 4096, MemorySpace::MEMORY);
    assert_eq!(
        other_cache,
        Err(VpStatus::ERROR_INVALID_PARAMETER),
        "one range, one caching"
    );
    let outside = PhysAddr::new(0x1000);
    assert_eq!(
        rig.port.map_memory(outside, 4096, MemorySpace::MEMORY),
        Err(VpStatus::ERROR_INVALID_PARAMETER)
    );
    let inner = base.checked_add((1 << 20) - 1).unwrap();
    assert_eq!(rig.port.unmap_memory(inner), VpStatus::NO_ERROR);
    assert_eq!(
        rig.port.unmap_memory(inner),
        VpStatus::ERROR_INVALID_PARAMETER
    );
    let _left = rig
        .port
        .map_memory(start, 4096, MemorySpace::MEMORY)
        .unwrap();
    assert_eq!(rig.port.remove().mappings, 1);
    rig.assert_no_leak();
}

#[test]
fn accessors_have_every_width_and_ports_repeat() {
    let rig = strict();
    let base = rig
        .port
        .map_memory(memory_bar(&rig), 4096, MemorySpace::MEMORY)
        .unwrap();
    let at = |offset| base.checked_add(offset).unwrap();
    rig.port.write_register_ulong(at(0), 0x4433_2211);
    rig.port.write_register_ushort(at(4), 0x6655);
    rig.port.write_register_uchar(at(6), 0x77);
    rig.port.write_register_uchar(at(7), 0x88);
    assert_eq!(rig.port.read_register_ulong(at(4)), 0x8877_6655);
    assert_eq!(rig.port.read_register_ushort(at(2)), 0x4433);
    assert_eq!(rig.port.read_register_uchar(at(1)), 0x22);
    let mut words = [0_u16; 3];
    rig.port.read_register_buffer_ushort(at(0), &mut words);
    assert_eq!(words, [0x2211, 0x4433, 0x6655]);
    rig.port.write_register_buffer_uchar(at(8), &[1, 2, 3]);
    let mut bytes = [0_u8; 3];
    rig.port.read_register_buffer_uchar(at(8), &mut bytes);
    assert_eq!(bytes, [1, 2, 3]);
    assert_eq!(findings(&rig), []);
    // This machine has no ports: all ones, and writes vanish. Nothing is mapped there either.
    let mut ports = [0_u32; 2];
    rig.port
        .read_port_buffer_ulong(VirtAddr::new(0x3c0), &mut ports);
    rig.port.write_port_uchar(VirtAddr::new(0x3c0), 1);
    assert_eq!(
        (ports, rig.port.read_port_ushort(VirtAddr::new(0x3c0))),
        ([u32::MAX; 2], 0xffff)
    );
    assert_eq!(findings(&rig), [FindingKind::UnmappedRegister; 3]);
}

#[test]
fn bus_data_reads_and_writes_bytes_of_configuration_space() {
    let rig = strict();
    let mut ids = [0; 4];
    assert_eq!(
        rig.port
            .get_bus_data(BUS_DATA_PCI_CONFIGURATION, &mut ids, 0),
        4
    );
    assert_eq!(ids, [0x34, 0x12, 0x11, 0x11]);
    let mut three = [0; 3];
    assert_eq!(
        rig.port
            .get_bus_data(BUS_DATA_PCI_CONFIGURATION, &mut three, 9),
        3
    );
    assert_eq!(three, [0x00, 0x80, 0x03]);
    let command = pci::command(rig.machine, CARD_SLOT);
    let cleared = (command & !pci::COMMAND_INTX_DISABLE) as u16;
    let written = rig
        .port
        .set_bus_data(BUS_DATA_PCI_CONFIGURATION, &cleared.to_le_bytes(), 4);
    assert_eq!(
        (written, pci::command(rig.machine, CARD_SLOT)),
        (2, u32::from(cleared))
    );
    assert_eq!(rig.port.get_bus_data(0, &mut ids, 0), 0, "no such bus");
    assert_eq!(
        rig.port
            .get_bus_data(BUS_DATA_PCI_CONFIGURATION, &mut ids, 4094),
        0,
        "outside"
    );
    rig.machine.set_gone(true);
    assert_eq!(
        rig.port
            .get_bus_data(BUS_DATA_PCI_CONFIGURATION, &mut ids, 0),
        2
    );
    assert_eq!(ids[..2], [0xff, 0xff]);
}

#[test]
fn device_existence_compares_what_it_is_asked_to() {
    let rig = strict();
    let query = DeviceQuery {
        vendor_id: 0x1234,
        device_id: 0x1111,
        ..DeviceQuery::default()
    };
    assert!(rig.port.check_for_device_existence(&query));
    assert!(!rig.port.check_for_device_existence(&DeviceQuery {
        device_id: 1,
        ..query
    }));
    let revision = DeviceQuery {
        flags: CDE_USE_REVISION,
        ..query
    };
    assert!(!rig.port.check_for_device_existence(&revision));
    assert!(rig.port.check_for_device_existence(&DeviceQuery {
        revision_id: 2,
        ..revision
    }));
    let subsystem = DeviceQuery {
        flags: CDE_USE_SUBSYSTEM_IDS,
        subsystem_vendor_id: 0x1234,
        ..query
    };
    assert!(!rig.port.check_for_device_existence(&subsystem));
    assert!(rig.port.check_for_device_existence(&DeviceQuery {
        subsystem_id: 0x4C50,
        ..subsystem
    }));
}

#[test]
fn removal_of_a_pulled_card_hangs_nowhere_and_is_idempotent() {
    let rig = strict();
    rig.machine.set_gone(true);
    assert!(rig.port.remove().is_clean());
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
}

#[test]
fn tolerant_mode_counts_and_goes_on() {
    let rig = lenient();
    assert!(
        !rig.port
            .set_event(lumenport_videoport::Event::from_raw(usize::MAX & !0xf | 4).unwrap())
    );
    rig.port.release_device_lock();
    assert_eq!(rig.port.finding_count(), 2);
}

#[test]
fn version_is_the_one_the_port_stands_for() {
    let version = strict().port.get_version();
    assert_eq!((version.major, version.minor), (5, 1));
}

#[test]
fn removal_waits_for_the_request_in_flight_and_refuses_the_waiting_one() {
    let rig = strict();
    let started = std::sync::Arc::new(std::sync::Barrier::new(2));
    let (in_request, finished, served) = (started.clone(), counter(), counter());
    rig.miniport.on_start_io(move |port, packet| {
        bump(served);
        in_request.wait();
        // Until the removal has begun; a little longer, to catch one that does not wait.
        while port.phase() != Phase::Removed {
            std::thread::yield_now();
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
        bump(finished);
        packet.succeed(0);
    });
    std::thread::scope(|scope| {
        let first = scope.spawn(|| rig.port.io_control(1, &mut [], 0).status);
        started.wait();
        let second = scope.spawn(|| rig.port.io_control(2, &mut [], 0).status);
        std::thread::sleep(std::time::Duration::from_millis(5));
        assert!(rig.port.remove().is_clean());
        assert_eq!(count(finished), 1, "removed under a running request");
        assert_eq!(first.join().unwrap(), VpStatus::NO_ERROR);
        assert_eq!(second.join().unwrap(), VpStatus::ERROR_DEV_NOT_EXIST);
    });
    assert_eq!(count(served), 1);
    rig.assert_no_leak();
}

#[test]
fn what_a_failed_find_adapter_left_behind_is_reported_and_freed() {
    let rig = new_rig(TestMiniport::new());
    rig.miniport.on_find_adapter(|port, _| {
        let mut ranges = [AccessRange::default(); 2];
        assert!(port.get_access_ranges(&mut ranges, None).is_success());
        assert!(
            port.get_device_base(ranges[1].range_start, 4096, MemorySpace::MEMORY)
                .is_some()
        );
        assert!(port.get_dma_adapter(&REACHES_ALL).is_some());
        VpStatus::ERROR_DEV_NOT_EXIST
    });
    assert!(rig.port.load().is_success());
    assert_eq!(rig.port.start_device(), VpStatus::ERROR_DEV_NOT_EXIST);
    assert_eq!(findings(&rig), [FindingKind::LiveObjects { count: 2 }]);
    rig.assert_no_leak();
}
