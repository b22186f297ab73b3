//! Child devices, secondary displays, published interfaces, legacy ranges: what a miniport tells about itself.

mod common;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use common::*;
use lumenport_videoport::child::{ChildInfo, INVALID_CHILD_ID};
use lumenport_videoport::secondary::DUALVIEW_REMOVABLE;
use lumenport_videoport::strict::FindingKind;
use lumenport_videoport::testing::{Rig, TestMiniport};
use lumenport_videoport::{
    AccessRange, Child, ChildType, DeviceDataType, DisplayIdx, DpcRoutine, EntryPoints,
    InterfaceQuery, MemorySpace, Options, PhysAddr, VirtAddr, VpStatus,
};

type Monitors = Arc<Mutex<Vec<(u32, u8)>>>;

/// A rig whose miniport describes these monitors (id, first EDID byte) in order, started and opened.
fn rig_with(monitors: &Monitors) -> Rig {
    let miniport = TestMiniport::new()
        .extension_bytes(64)
        .child_extension_bytes(32);
    describe(&miniport, monitors);
    Rig::opened_with(miniport, Options::new().strict(true))
}

fn describe(miniport: &TestMiniport, monitors: &Monitors) {
    let monitors = monitors.clone();
    miniport.on_child(move |port, query, answer| {
        assert!(port.holds_device_lock());
        assert_eq!((query.child_descriptor_size, query.acpi_hw_id), (512, 0));
        assert_ne!(query.child_index, 0, "index 0 is for ACPI");
        let monitors = monitors.lock().unwrap();
        match monitors.get(query.child_index as usize - 1) {
            Some((uid, byte)) => {
                answer.child_type = ChildType::Monitor;
                answer.uid = *uid;
                answer.descriptor[0] = *byte;
                VpStatus::ERROR_CONTINUE
            }
            None => VpStatus::ERROR_NO_MORE_DEVICES,
        }
    });
}

fn children(port: &Port<'_>) -> Vec<ChildInfo> {
    (0..).map_while(|index| port.child(index)).collect()
}

fn uids(port: &Port<'_>) -> Vec<u32> {
    children(port).iter().map(|child| child.uid).collect()
}

#[test]
fn enumerate_children_works_every_time_and_keeps_what_stays() {
    let monitors: Monitors = Arc::new(Mutex::new(vec![(7, 1), (8, 2)]));
    let rig = rig_with(&monitors);
    assert_eq!(uids(rig.port), [7, 8], "asked for when the device started");
    let before = children(rig.port);
    for round in 0..3 {
        monitors.lock().unwrap()[0].1 = 10 + round;
        assert_eq!(rig.port.enumerate_children(), VpStatus::NO_ERROR);
        rig.port.poll();
        assert_eq!(children(rig.port), before, "same handles and extensions");
        let mut edid = [0; 2];
        assert!(rig.port.child_descriptor(before[0].child, &mut edid));
        assert_eq!(edid, [10 + round, 0], "the descriptor is new");
    }
    assert_eq!(rig.port.child_walk_count(), 4);
    monitors.lock().unwrap().truncate(1);
    assert_eq!(rig.port.enumerate_children(), VpStatus::NO_ERROR);
    rig.port.poll();
    assert_eq!(uids(rig.port), [7]);
    assert!(!rig.port.child_descriptor(before[1].child, &mut [0; 1]));
    *monitors.lock().unwrap() = vec![(9, 3)];
    let _ = rig.port.enumerate_children();
    rig.port.poll();
    assert_eq!(uids(rig.port), [9]);
    assert_ne!(
        children(rig.port)[0].child,
        before[0].child,
        "another monitor, another handle"
    );
    assert_eq!(findings(&rig), []);
    assert!(rig.port.remove().is_clean());
    assert_eq!(children(rig.port), []);
    rig.assert_no_leak();
}

#[test]
fn enumerate_children_from_a_dpc_waits_for_passive_and_the_device_lock() {
    let monitors: Monitors = Arc::new(Mutex::new(vec![]));
    let rig = rig_with(&monitors);
    let inside = counter();
    rig.miniport.on_dpc(move |port, _, _| {
        assert_eq!(port.get_current_irql(), 2);
        assert_eq!(port.enumerate_children(), VpStatus::NO_ERROR);
        bump(inside);
    });
    rig.miniport.on_interrupt(|port| {
        port.queue_dpc(DpcRoutine(1), 0);
        true
    });
    let plugged = monitors.clone();
    rig.miniport.on_start_io(move |port, packet| {
        plugged.lock().unwrap().push((5, 0));
        rig.machine.raise_interrupt();
        let walks = port.child_walk_count();
        port.stall_execution(10);
        assert_eq!(count(inside), 1, "the DPC ran inside the request");
        assert_eq!(
            port.child_walk_count(),
            walks,
            "the miniport is not entered twice"
        );
        packet.succeed(0);
    });
    assert_eq!(uids(rig.port), []);
    assert!(rig.port.io_control(1, &mut [], 0).status.is_success());
    assert_eq!(uids(rig.port), [5], "walked at the end of the request");
    assert_eq!(findings(&rig), []);
}

#[test]
fn child_walk_skips_invalid_devices_ignores_the_adapter_and_is_bounded() {
    let asked = counter();
    let miniport = TestMiniport::new();
    miniport.on_child(move |_, query, answer| {
        bump(asked);
        match query.child_index {
            1 => {
                answer.child_type = ChildType::VideoChip;
                answer.uid = 0xFFFF_FFFF;
                VpStatus::ERROR_CONTINUE
            }
            3 => {
                answer.child_type = ChildType::Other;
                answer.uid = 33;
                answer.descriptor[..8].copy_from_slice(b"*\0P\0N\0P\0");
                VpStatus::ERROR_CONTINUE
            }
            _ => VpStatus::ERROR_INVALID_NAME,
        }
    });
    let rig = Rig::opened_with(miniport, Options::new().strict(true));
    assert_eq!(uids(rig.port), [33]);
    assert_eq!(children(rig.port)[0].child_type, ChildType::Other);
    assert_eq!(children(rig.port)[0].child_index, 3);
    assert_eq!(count(asked), 64, "a miniport that never stops is stopped");
}

#[test]
fn more_children_than_fit_are_left_out_cleanly() {
    let monitors: Monitors = Arc::new(Mutex::new((0..20).map(|uid| (100 + uid, 0)).collect()));
    let rig = rig_with(&monitors);
    assert_eq!(uids(rig.port), (100..108).collect::<Vec<_>>());
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
}

#[test]
fn miniport_without_the_entry_point_has_no_children() {
    let asked = counter();
    let miniport = TestMiniport::new().entry_points(EntryPoints::MANDATORY);
    miniport.on_child(move |_, _, _| {
        bump(asked);
        VpStatus::ERROR_NO_MORE_DEVICES
    });
    let rig = Rig::opened_with(miniport, Options::new());
    assert_eq!(rig.port.enumerate_children(), VpStatus::NO_ERROR);
    rig.port.poll();
    assert_eq!(count(asked), 0);
}

#[test]
fn enumerate_children_asked_from_the_walk_itself_is_done_later_not_at_once() {
    let asked = counter();
    let miniport = TestMiniport::new();
    miniport.on_child(move |port, _, _| {
        bump(asked);
        let _ = port.enumerate_children();
        VpStatus::ERROR_NO_MORE_DEVICES
    });
    let rig = Rig::new(
        lumenport_hal::fake::FakeConfig::default(),
        miniport,
        Options::new(),
    );
    assert!(rig.port.load().is_success());
    assert!(rig.port.start_device().is_success());
    assert_eq!(count(asked), 1);
    rig.port.poll();
    assert_eq!(count(asked), 2);
}

#[test]
fn associated_extension_and_id_lead_from_a_child_to_its_adapter() {
    let monitors: Monitors = Arc::new(Mutex::new(vec![(7, 1)]));
    let rig = rig_with(&monitors);
    let child = children(rig.port)[0];
    assert!(!rig.port.device_extension().is_null());
    assert_eq!(
        rig.port.get_associated_device_extension(child.child),
        rig.port.device_extension(),
        "the parent's extension, not the child's"
    );
    assert_ne!(child.extension, rig.port.device_extension());
    assert_eq!(
        read(&rig, child.extension, 32),
        [0; 32],
        "zeroed, as large as asked for"
    );
    assert_eq!(rig.port.get_associated_device_id(child.child), 7);
    monitors.lock().unwrap().clear();
    let _ = rig.port.enumerate_children();
    rig.port.poll();
    assert_eq!(
        rig.port.get_associated_device_extension(child.child),
        VirtAddr::NULL
    );
    assert_eq!(
        rig.port.get_associated_device_id(child.child),
        INVALID_CHILD_ID
    );
    let never = Child::from_raw(child.child.raw() | 0x70).unwrap();
    assert_eq!(rig.port.get_associated_device_id(never), INVALID_CHILD_ID);
    assert_eq!(
        findings(&rig),
        [
            FindingKind::StaleHandle,
            FindingKind::StaleHandle,
            FindingKind::UnknownHandle
        ]
    );
}

#[test]
fn device_data_describes_the_machine_its_bus_and_the_monitors() {
    let monitors: Monitors = Arc::new(Mutex::new(vec![(7, 0), (8, 1)]));
    let rig = rig_with(&monitors);
    let mut seen = Vec::new();
    let mut ask = |data_type| {
        seen.clear();
        let status = rig.port.get_device_data(data_type, |_, data| {
            assert_eq!(data.data_type, data_type);
            seen.push((data.identifier.to_string(), data.configuration.to_vec()));
            VpStatus::NO_ERROR
        });
        (status, seen.clone())
    };
    let (status, machine) = ask(DeviceDataType::Machine);
    assert_eq!(status, VpStatus::NO_ERROR);
    assert_eq!(machine, [("Test machine".to_string(), vec![])]);
    let (status, bus) = ask(DeviceDataType::Bus);
    assert_eq!((status, bus.len()), (VpStatus::NO_ERROR, 1));
    assert_eq!((bus[0].0.as_str(), bus[0].1.len()), ("PCI", 256));
    assert_eq!(bus[0].1[..4], [0x34, 0x12, 0x11, 0x11]);
    let (status, found) = ask(DeviceDataType::Monitor);
    assert_eq!((status, found.len()), (VpStatus::NO_ERROR, 2));
    assert_eq!(found[1].1[0], 1);
    for none in [DeviceDataType::Cmos, DeviceDataType::Controller] {
        assert_eq!(ask(none), (VpStatus::ERROR_INVALID_FUNCTION, vec![]));
    }
    // The callback's own failure ends the calls; the service itself did its work.
    let mut calls = 0;
    let status = rig.port.get_device_data(DeviceDataType::Monitor, |_, _| {
        calls += 1;
        VpStatus::ERROR_INVALID_PARAMETER
    });
    assert_eq!((status, calls), (VpStatus::NO_ERROR, 1));
    monitors.lock().unwrap().clear();
    let _ = rig.port.enumerate_children();
    rig.port.poll();
    let status = rig
        .port
        .get_device_data(DeviceDataType::Monitor, |_, _| panic!("no monitor"));
    assert_eq!(status, VpStatus::ERROR_INVALID_FUNCTION);
    rig.machine.set_gone(true);
    let status = rig
        .port
        .get_device_data(DeviceDataType::Bus, |_, _| panic!("no bus"));
    assert_eq!(status, VpStatus::ERROR_INVALID_FUNCTION);
    assert_eq!(DeviceDataType::from_raw(5), None);
}

#[test]
fn device_data_names_a_monitor_by_its_plug_and_play_id() {
    let miniport = TestMiniport::new();
    miniport.on_child(|_, query, answer| {
        if query.child_index > 1 {
            return VpStatus::ERROR_NO_MORE_DEVICES;
        }
        answer.child_type = ChildType::Monitor;
        answer.uid = 1;
        // "ABZ", product 0x12AB.
        answer.descriptor[8..12].copy_from_slice(&[0x04, 0x5A, 0xAB, 0x12]);
        VpStatus::ERROR_CONTINUE
    });
    let rig = Rig::opened_with(miniport, Options::new());
    let mut names = Vec::new();
    let status = rig
        .port
        .get_device_data(DeviceDataType::Monitor, |_, data| {
            names.push(data.identifier.to_string());
            VpStatus::NO_ERROR
        });
    assert_eq!(status, VpStatus::NO_ERROR);
    assert_eq!(names, ["ABZ12AB"]);
}

#[test]
fn secondary_display_honours_its_flags_and_has_an_extension_of_its_own() {
    let rig = Rig::opened_with(
        TestMiniport::new().extension_bytes(128),
        Options::new().strict(true),
    );
    for flags in [2, 0x8000_0000, 0x4000_0001] {
        assert_eq!(
            rig.port.create_secondary_display(flags),
            Err(VpStatus::ERROR_INVALID_PARAMETER),
            "{flags:#x}"
        );
    }
    assert_eq!(findings(&rig), [FindingKind::WrongArguments; 3]);
    let fixed = rig.port.create_secondary_display(0).unwrap();
    let removable = rig
        .port
        .create_secondary_display(DUALVIEW_REMOVABLE)
        .unwrap();
    assert_eq!((fixed.removable, removable.removable), (false, true));
    let extensions = [
        rig.port.device_extension(),
        fixed.extension,
        removable.extension,
    ];
    for (index, extension) in extensions.into_iter().enumerate() {
        assert_eq!(read(&rig, extension, 128), [0; 128]);
        assert!(!extensions[index + 1..].contains(&extension));
        assert_eq!(
            rig.port.display_extension(DisplayIdx(index as u8)),
            extension
        );
    }
    let _third = rig.port.create_secondary_display(0).unwrap();
    assert_eq!(
        rig.port.create_secondary_display(0),
        Err(VpStatus::ERROR_NOT_ENOUGH_MEMORY)
    );
    assert_eq!(rig.port.secondary_display_count(), 3);
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
}

#[test]
fn secondary_display_is_opened_and_served_under_the_primarys_lock() {
    let rig = Rig::opened_with(
        TestMiniport::new().extension_bytes(16),
        Options::new().strict(true),
    );
    let view = rig.port.create_secondary_display(0).unwrap().display;
    let opened: &AtomicU32 = counter();
    rig.miniport.on_open_display(move |port, display| {
        assert!(port.holds_device_lock());
        assert_eq!(display, view);
        bump(opened);
        true
    });
    rig.miniport.on_start_io(|port, packet| {
        assert!(port.holds_device_lock());
        let number = packet.display.0;
        packet.reply(&[number]);
    });
    let mut byte = [0xEE];
    assert_eq!(
        rig.port.io_control_on(view, 1, &mut byte, 0).status,
        VpStatus::ERROR_DEV_NOT_EXIST,
        "not opened yet"
    );
    assert_eq!(rig.port.open_display(view), VpStatus::NO_ERROR);
    assert_eq!(rig.port.open_display(view), VpStatus::NO_ERROR);
    assert_eq!(opened.load(Ordering::SeqCst), 1);
    for display in [view, DisplayIdx::PRIMARY] {
        let answer = rig.port.io_control_on(display, 1, &mut byte, 0);
        assert_eq!((answer.status, answer.information), (VpStatus::NO_ERROR, 1));
        assert_eq!(byte, [display.0]);
    }
    let nowhere = DisplayIdx(9);
    assert_eq!(
        rig.port.open_display(nowhere),
        VpStatus::ERROR_DEV_NOT_EXIST
    );
    assert_eq!(
        rig.port.io_control_on(nowhere, 1, &mut byte, 0).status,
        VpStatus::ERROR_DEV_NOT_EXIST
    );
    let failing = rig.port.create_secondary_display(0).unwrap().display;
    rig.miniport.on_open_display(|_, _| false);
    assert_eq!(
        rig.port.open_display(failing),
        VpStatus::ERROR_DEV_NOT_EXIST
    );
}

#[test]
fn published_interface_is_asked_for_under_the_device_lock() {
    let rig = strict();
    let page = rig.machine.memory().map_user(64, 0).unwrap();
    let mut query = InterfaceQuery {
        interface_type: [7; 16],
        size: 64,
        version: 1,
        interface: page,
        specific_data: VirtAddr::NULL,
    };
    assert_eq!(
        rig.port.query_miniport_interface(&mut query),
        VpStatus::ERROR_INVALID_FUNCTION,
        "the default answer"
    );
    rig.miniport.on_query_interface(|port, query| {
        assert!(port.holds_device_lock());
        assert_eq!(query.interface_type, [7; 16]);
        port.write_memory(query.interface, &[1, 2, 3]).unwrap();
        VpStatus::NO_ERROR
    });
    assert_eq!(
        rig.port.query_miniport_interface(&mut query),
        VpStatus::NO_ERROR
    );
    assert_eq!(read(&rig, page, 3), [1, 2, 3]);
    rig.machine.memory().unmap_user(page);
    let _ = rig.port.remove();
    assert_eq!(
        rig.port.query_miniport_interface(&mut query),
        VpStatus::ERROR_DEV_NOT_EXIST
    );
}

#[test]
fn legacy_resources_are_listed_behind_the_bars_and_can_be_claimed() {
    let miniport = TestMiniport::new();
    miniport.on_legacy_resources(|_, vendor, device, ranges| {
        assert_eq!((vendor, device), (0x1234, 0x1111));
        let range = AccessRange {
            range_start: PhysAddr::new(0x3C0),
            range_length_bytes: 32,
            range_in_io_space: true,
            ..AccessRange::default()
        };
        ranges.push(range).unwrap();
    });
    let seen = counter();
    miniport.on_find_adapter(move |port, _| {
        let mut two = [AccessRange::default(); 2];
        assert_eq!(
            port.get_access_ranges(&mut two, None),
            VpStatus::ERROR_MORE_DATA
        );
        let mut ranges = [AccessRange::default(); 3];
        assert_eq!(
            port.get_access_ranges(&mut ranges, None),
            VpStatus::NO_ERROR
        );
        assert!(ranges[2].range_in_io_space);
        assert_eq!(ranges[2].range_start, PhysAddr::new(0x3C0));
        // Claimed, but this machine maps no I/O ports outside its window.
        assert_eq!(
            port.get_device_base(PhysAddr::new(0x3C0), 32, MemorySpace::IO),
            None
        );
        bump(seen);
        VpStatus::NO_ERROR
    });
    let rig = Rig::opened_with(miniport, Options::new().strict(true));
    assert_eq!(count(seen), 1);
    assert_eq!(findings(&rig), [], "the range was claimed");
}

#[test]
fn power_question_and_change_share_one_stretch_of_the_lock() {
    use lumenport_videoport::types::PowerState;
    let rig = strict();
    rig.miniport.on_get_power(|port, _, state| {
        assert!(port.holds_device_lock());
        if state == PowerState::Off {
            VpStatus::ERROR_DEVICE_REINITIALIZATION_NEEDED
        } else {
            VpStatus::NO_ERROR
        }
    });
    let changed = counter();
    rig.miniport.on_power(move |port, _, _| {
        assert!(port.holds_device_lock());
        bump(changed);
        VpStatus::NO_ERROR
    });
    assert_eq!(
        rig.port.set_power(0xFFFF_FFFF, PowerState::Off),
        VpStatus::ERROR_DEVICE_REINITIALIZATION_NEEDED
    );
    assert_eq!(count(changed), 0, "a refused state is not entered");
    assert_eq!(
        rig.port.set_power(0xFFFF_FFFF, PowerState::Suspend),
        VpStatus::NO_ERROR
    );
    assert_eq!(count(changed), 1);
}

#[test]
fn walk_that_waited_for_the_lock_through_a_removal_does_nothing() {
    let monitors: Monitors = Arc::new(Mutex::new(vec![(7, 1)]));
    let rig = rig_with(&monitors);
    let (entered, may_leave) = (counter(), counter());
    rig.miniport.on_start_io(move |_, packet| {
        bump(entered);
        while count(may_leave) == 0 {
            std::thread::yield_now();
        }
        packet.succeed(0);
    });
    let asked = counter();
    rig.miniport.on_child(move |_, _, _| {
        bump(asked);
        VpStatus::ERROR_NO_MORE_DEVICES
    });
    std::thread::scope(|scope| {
        scope.spawn(|| rig.port.io_control(1, &mut [], 0));
        while count(entered) == 0 {
            std::thread::yield_now();
        }
        let _ = rig.port.enumerate_children();
        scope.spawn(|| rig.port.poll());
        // Usually enough for it to reach the lock; the test holds either way.
        std::thread::sleep(std::time::Duration::from_millis(20));
        let removal = scope.spawn(|| rig.port.remove());
        while rig.port.phase() != lumenport_videoport::Phase::Removed {
            std::thread::yield_now();
        }
        bump(may_leave);
        assert!(removal.join().unwrap().is_clean());
    });
    assert_eq!(count(asked), 0);
    assert_eq!(
        rig.port.create_secondary_display(0),
        Err(VpStatus::ERROR_DEV_NOT_EXIST)
    );
    rig.assert_no_leak();
}
