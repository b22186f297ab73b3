//! Ranges, mappings, registers, registry, reports: arguments that fit nothing.

use lumenport_videoport::bugcheck::BUGCHECK_CODE;
use lumenport_videoport::{
    AccessRange, BugcheckRoutine, DdcControl, DebugReport, I2cLines, MemorySpace, PhysAddr,
    PortService, VirtAddr, VpStatus,
};

use super::every_service::foreign;
use super::*;

/// Where card memory lies.
fn card_memory(rig: &Rig) -> PhysAddr {
    let [bar, ..] = lumenport_videoport::pci::bars(rig.machine, rig.port.slot());
    bar.expect("card memory").base
}

const MEMORY: MemorySpace = MemorySpace::MEMORY;

#[test]
fn mapping_what_was_not_claimed_is_reported() {
    both(|rig, _| {
        let outside = PhysAddr::new(0x1000);
        assert!(rig.port.map_memory(outside, 4096, MEMORY).is_err());
        assert_eq!(rig.port.get_device_base(outside, 4096, MEMORY), None);
        let kind = FindingKind::UnclaimedRange;
        expect(
            rig,
            &[(Service::MapMemory, kind), (Service::GetDeviceBase, kind)],
        );
        gone(rig);
    });
}

#[test]
fn mapping_nothing_is_reported() {
    both(|rig, _| {
        assert!(rig.port.map_memory(card_memory(rig), 0, MEMORY).is_err());
        expect(rig, &[(Service::MapMemory, FindingKind::ZeroLength)]);
        gone(rig);
    });
}

#[test]
fn mapping_one_range_with_two_cachings_is_reported() {
    both(|rig, _| {
        let start = card_memory(rig);
        let mapped = rig.port.map_memory(start, 8192, MEMORY).expect("claimed");
        let combined = rig.port.map_memory(start, 4096, MemorySpace::P6CACHE);
        assert_eq!(combined, Err(VpStatus::ERROR_INVALID_PARAMETER));
        expect(rig, &[(Service::MapMemory, FindingKind::CachingConflict)]);
        assert!(rig.port.unmap_memory(mapped).is_success());
        gone(rig);
    });
}

#[test]
fn unmapping_what_is_not_mapped_is_reported() {
    both(|rig, _| {
        let start = card_memory(rig);
        let mapped = rig.port.map_memory(start, 4096, MEMORY).expect("claimed");
        assert!(rig.port.unmap_memory(mapped).is_success());
        assert!(!rig.port.unmap_memory(mapped).is_success());
        assert!(!rig.port.unmap_memory(VirtAddr::NULL).is_success());
        rig.port.free_device_base(mapped);
        let kind = FindingKind::ForeignPointer;
        expect(
            rig,
            &[
                (Service::UnmapMemory, kind),
                (Service::UnmapMemory, kind),
                (Service::FreeDeviceBase, kind),
            ],
        );
        gone(rig);
    });
}

#[test]
fn register_access_outside_every_mapping_is_reported() {
    let rig = strict();
    let start = card_memory(&rig);
    let mapped = rig.port.map_memory(start, 4096, MEMORY).expect("claimed");
    let last = mapped.checked_add(4096).expect("an address");
    assert_eq!(rig.port.read_register_ulong(last), u32::MAX);
    rig.port.write_register_uchar(last, 0);
    // The first element would be inside, the second is not: nothing is accessed.
    let straddling = mapped.checked_add(4092).expect("inside");
    let mut pair = [0_u32; 2];
    rig.port.read_register_buffer_ulong(straddling, &mut pair);
    assert_eq!(pair, [u32::MAX; 2]);
    rig.port.zero_device_memory(straddling, 5);
    let kind = FindingKind::UnmappedRegister;
    expect(
        &rig,
        &[
            (Service::ReadRegisterUlong, kind),
            (Service::WriteRegisterUchar, kind),
            (Service::ReadRegisterBufferUlong, kind),
            (Service::ZeroDeviceMemory, kind),
        ],
    );
    assert!(rig.port.unmap_memory(mapped).is_success());
    gone(&rig);
}

#[test]
fn port_access_to_mapped_memory_is_reported() {
    let rig = strict();
    let start = card_memory(&rig);
    let mapped = rig.port.map_memory(start, 4096, MEMORY).expect("claimed");
    assert_eq!(rig.port.read_port_ushort(mapped), u16::MAX);
    rig.port.write_port_buffer_ulong(mapped, &[0]);
    let kind = FindingKind::WrongSpace;
    expect(
        &rig,
        &[
            (Service::ReadPortUshort, kind),
            (Service::WritePortBufferUlong, kind),
        ],
    );
    assert!(rig.port.unmap_memory(mapped).is_success());
    gone(&rig);
}

#[test]
fn register_access_that_is_not_aligned_is_reported() {
    let rig = strict();
    let start = card_memory(&rig);
    let mapped = rig.port.map_memory(start, 4096, MEMORY).expect("claimed");
    let odd = mapped.checked_add(1).expect("inside");
    assert_eq!(rig.port.read_register_ushort(odd), u16::MAX);
    rig.port.write_register_ulong(odd, 0);
    let kind = FindingKind::Misaligned;
    expect(
        &rig,
        &[
            (Service::ReadRegisterUshort, kind),
            (Service::WriteRegisterUlong, kind),
        ],
    );
    assert!(rig.port.unmap_memory(mapped).is_success());
    gone(&rig);
}

#[test]
fn registry_names_that_may_not_be_written_are_reported() {
    both(|rig, _| {
        for name in ["", "a\\\\b", "DefaultSettings.XResolution", "a\u{1}"] {
            let written = rig.port.set_registry_parameters(name, &[1]);
            assert_eq!(written, VpStatus::ERROR_INVALID_PARAMETER, "{name:?}");
            expect(
                rig,
                &[(Service::SetRegistryParameters, FindingKind::WrongArguments)],
            );
        }
        gone(rig);
    });
}

#[test]
fn bugcheck_registrations_that_fit_nothing_are_reported() {
    both(|rig, _| {
        let routine = Some(BugcheckRoutine(1));
        for (code, bytes) in [
            (0xEB, 64),
            (BUGCHECK_CODE, 48),
            (BUGCHECK_CODE, 4001),
            (BUGCHECK_CODE, u32::MAX),
        ] {
            let answer = rig.port.register_bugcheck_callback(code, routine, bytes);
            assert_eq!(answer, VpStatus::ERROR_INVALID_PARAMETER);
            expect(
                rig,
                &[(
                    Service::RegisterBugcheckCallback,
                    FindingKind::WrongArguments,
                )],
            );
        }
        gone(rig);
    });
}

#[test]
fn error_report_used_after_its_end_or_too_large_is_reported() {
    both(|rig, _| {
        let report = rig.port.dbg_report_create(1, [0; 4]).expect("a free slot");
        assert!(!rig.port.dbg_report_secondary_data(report, &vec![0; 0x8001]));
        rig.port.dbg_report_complete(report);
        assert!(!rig.port.dbg_report_secondary_data(report, &[1]));
        rig.port.dbg_report_complete(report);
        let stale = FindingKind::StaleHandle;
        let foreign = usize::MAX & !0xff0f | 7;
        rig.port
            .dbg_report_complete(DebugReport::from_raw(foreign).expect("a number"));
        expect(
            rig,
            &[
                (Service::DbgReportSecondaryData, FindingKind::WrongArguments),
                (Service::DbgReportSecondaryData, stale),
                (Service::DbgReportComplete, stale),
                (Service::DbgReportComplete, FindingKind::UnknownHandle),
            ],
        );
        gone(rig);
    });
}

#[test]
fn interface_of_another_size_is_reported() {
    both(|rig, _| {
        assert!(rig.port.query_services(PortService::I2c, 12, 1).is_err());
        expect(
            rig,
            &[(Service::QueryServices, FindingKind::WrongArguments)],
        );
        gone(rig);
    });
}

#[test]
fn interface_given_back_too_often_is_reported() {
    both(|rig, _| {
        rig.port.interface_dereference(PortService::I2c);
        expect(rig, &[(Service::QueryServices, FindingKind::NotHeld)]);
        gone(rig);
    });
}

#[test]
fn restoring_memory_that_was_not_protected_is_reported() {
    both(|rig, _| {
        assert!(!rig.port.restore_wc_memory().is_success());
        expect(rig, &[(Service::QueryServices, FindingKind::NotHeld)]);
        gone(rig);
    });
}

/// Lines that nothing pulls low.
struct High;

impl I2cLines for High {
    fn write_clock(&mut self, _high: bool) {}
    fn write_data(&mut self, _high: bool) {}
    fn read_clock(&mut self) -> bool {
        true
    }
    fn read_data(&mut self) -> bool {
        true
    }
}

#[test]
fn ddc_control_of_another_size_or_without_a_buffer_is_reported() {
    both(|rig, _| {
        let mut lines = High;
        let mut control = DdcControl::new(&mut lines, 0);
        assert!(!rig.port.ddc_monitor_helper(&mut control, &mut []));
        control.size = 8;
        assert!(!rig.port.ddc_monitor_helper(&mut control, &mut [0; 256]));
        expect(
            rig,
            &[
                (Service::DDCMonitorHelper, FindingKind::ZeroLength),
                (Service::DDCMonitorHelper, FindingKind::WrongArguments),
            ],
        );
        gone(rig);
    });
}

#[test]
fn device_object_of_another_maker_is_reported() {
    both(|rig, _| {
        rig.port.get_associated_device_extension(foreign().child);
        rig.port.get_associated_device_id(foreign().child);
        let kind = FindingKind::UnknownHandle;
        expect(
            rig,
            &[
                (Service::GetAssociatedDeviceExtension, kind),
                (Service::GetAssociatedDeviceID, kind),
            ],
        );
        gone(rig);
    });
}

#[test]
fn secondary_display_with_the_systems_flags_is_reported() {
    both(|rig, _| {
        assert!(rig.port.create_secondary_display(0x8000_0000).is_err());
        let kind = FindingKind::WrongArguments;
        expect(rig, &[(Service::CreateSecondaryDisplay, kind)]);
        gone(rig);
    });
}

#[test]
fn trapped_ports_outside_io_space_are_reported() {
    both(|rig, _| {
        let range = AccessRange {
            range_start: PhysAddr::new(0xffff),
            range_length_bytes: 2,
            range_in_io_space: true,
            ..AccessRange::default()
        };
        assert!(!rig.port.set_trapped_emulator_ports(&[range]).is_success());
        let kind = FindingKind::WrongArguments;
        expect(rig, &[(Service::SetTrappedEmulatorPorts, kind)]);
        gone(rig);
    });
}

#[test]
fn scanning_no_rom_is_reported() {
    both(|rig, _| {
        assert!(!rig.port.scan_rom(VirtAddr::NULL, 16, b"x"));
        assert!(!rig.port.scan_rom(VirtAddr::new(0x1000), 16, b""));
        expect(
            rig,
            &[
                (Service::ScanRom, FindingKind::NullPointer),
                (Service::ScanRom, FindingKind::ZeroLength),
            ],
        );
        gone(rig);
    });
}
