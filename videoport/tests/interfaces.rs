//! `VideoPortQueryServices` and the interfaces it grants, `VideoPortGetProcAddress`, BIOS calls.

mod common;

use common::*;
use lumenport_videoport::int10::{Int10Arguments, RealModeAddress};
use lumenport_videoport::services::{EXISTENCE_ALIAS, Service, ServiceKind};
use lumenport_videoport::strict::FindingKind;
use lumenport_videoport::vga::BiosArguments;
use lumenport_videoport::{Interface, MemorySpace, PortService, VpStatus, abi, pci};

const WORD: usize = size_of::<usize>();

/// Every interface the port grants: service, version, bytes.
const GRANTED: [(PortService, u16, usize); 5] = [
    (PortService::I2c, 1, 8 * WORD),
    (PortService::I2c, 2, 8 * WORD),
    (PortService::Int10, 1, 9 * WORD),
    (PortService::DebugReport, 1, 7 * WORD),
    (PortService::WcMemoryProtection, 1, 6 * WORD),
];

#[test]
fn query_services_fills_the_head_and_takes_a_reference() {
    let rig = strict();
    for (index, (service, version, size)) in GRANTED.into_iter().enumerate() {
        let size = size as u16;
        assert_eq!(
            rig.port.query_services(service, size, version),
            Ok(Interface {
                service,
                size,
                version
            })
        );
        assert_eq!(rig.port.interface_references(), index as u32 + 1);
    }
    for (service, _, _) in GRANTED {
        rig.port.interface_dereference(service);
    }
    assert_eq!(rig.port.interface_references(), 0);
    assert_eq!(findings(&rig), []);
    rig.port.interface_dereference(PortService::I2c);
    assert_eq!(findings(&rig), [FindingKind::NotHeld]);
    rig.port.interface_reference(PortService::I2c);
    let report = rig.port.remove();
    assert_eq!(report.interface_references, 1);
    assert!(
        report.is_clean(),
        "references may last as long as the device"
    );
}

#[test]
fn query_services_checks_size_and_version_both() {
    let rig = strict();
    for (service, version, size) in GRANTED {
        for wrong in [0, size - 1, size + 1] {
            assert_eq!(
                rig.port.query_services(service, wrong as u16, version),
                Err(VpStatus::ERROR_INVALID_PARAMETER),
                "{service:?} {version} {wrong}"
            );
        }
        for wrong in [0, 3, u16::MAX] {
            assert_eq!(
                rig.port.query_services(service, size as u16, wrong),
                Err(VpStatus::ERROR_INVALID_FUNCTION),
                "{service:?} {wrong}"
            );
        }
    }
    assert_eq!(rig.port.interface_references(), 0);
}

#[test]
fn query_services_fails_for_what_the_card_does_not_have() {
    let rig = strict();
    for service in [PortService::Agp, PortService::Headless] {
        for version in [1, 2] {
            for size in [104, 112, 48] {
                assert_eq!(
                    rig.port.query_services(service, size, version),
                    Err(VpStatus::ERROR_INVALID_FUNCTION)
                );
            }
        }
    }
    assert!(!rig.port.get_agp_services());
    assert_eq!(PortService::from_raw(0), None);
    assert_eq!(PortService::from_raw(7), None);
    for raw in 1..=6 {
        assert_eq!(PortService::from_raw(raw).unwrap() as u32, raw);
    }
    assert_eq!(size_of::<abi::VideoPortAgpServices>(), 8 * WORD + 8);
}

#[test]
fn int10_without_a_bios_fails_cleanly() {
    let rig = strict();
    let mut registers = BiosArguments {
        eax: 0x4F00,
        edi: 7,
        ..BiosArguments::default()
    };
    let before = registers;
    assert_eq!(
        rig.port.int10(&mut registers),
        VpStatus::ERROR_INVALID_FUNCTION
    );
    assert_eq!(registers, before);
    let mut arguments = Int10Arguments {
        registers,
        seg_es: 0x2000,
        ..Int10Arguments::default()
    };
    assert_eq!(
        rig.port.int10_call_bios(&mut arguments),
        VpStatus::ERROR_INVALID_FUNCTION
    );
    assert_eq!(arguments.registers, before);
    assert!(rig.port.is_no_vesa(), "so drivers should not try");
}

#[test]
fn int10_interface_has_one_block_of_4096_bytes() {
    let rig = strict();
    let port = rig.port;
    let mut length = 5000;
    assert_eq!(
        port.int10_allocate_buffer(&mut length),
        Err(VpStatus::ERROR_NOT_ENOUGH_MEMORY)
    );
    assert_eq!(length, 4096, "told either way");
    length = 100;
    let block = port.int10_allocate_buffer(&mut length).unwrap();
    assert_eq!(length, 4096);
    assert_eq!(
        port.int10_allocate_buffer(&mut length),
        Err(VpStatus::ERROR_NOT_ENOUGH_MEMORY),
        "there is only one"
    );
    let bytes = pattern(4096);
    assert_eq!(port.int10_write_memory(block, &bytes), VpStatus::NO_ERROR);
    let mut back = vec![0; 4096];
    assert_eq!(port.int10_read_memory(block, &mut back), VpStatus::NO_ERROR);
    assert_eq!(back, bytes);
    // The same byte by another segment and offset.
    let alias = RealModeAddress {
        segment: block.segment + 1,
        offset: block.offset + 4,
    };
    let mut one = [0];
    assert_eq!(port.int10_read_memory(alias, &mut one), VpStatus::NO_ERROR);
    assert_eq!(one, [bytes[20]]);
    let below = RealModeAddress {
        segment: block.segment - 1,
        offset: 15,
    };
    for (at, count) in [(alias, 4096), (below, 1), (block, 4097)] {
        assert_eq!(
            port.int10_read_memory(at, &mut vec![0; count]),
            VpStatus::ERROR_INVALID_PARAMETER
        );
        assert_eq!(
            port.int10_write_memory(at, &vec![0; count]),
            VpStatus::ERROR_INVALID_PARAMETER
        );
    }
    assert_eq!(
        port.int10_free_buffer(alias),
        VpStatus::ERROR_INVALID_PARAMETER
    );
    assert_eq!(port.int10_free_buffer(block), VpStatus::NO_ERROR);
    assert_eq!(
        port.int10_free_buffer(block),
        VpStatus::ERROR_INVALID_PARAMETER
    );
    assert_eq!(
        port.int10_read_memory(block, &mut one),
        VpStatus::ERROR_INVALID_PARAMETER
    );
    let _kept = port.int10_allocate_buffer(&mut length).unwrap();
    let _ = port.remove();
    rig.assert_no_leak();
}

#[test]
fn wc_memory_protection_takes_write_combined_mappings_away_and_gives_them_back() {
    let rig = strict();
    let port = rig.port;
    let invalid = VpStatus::ERROR_INVALID_FUNCTION;
    let start = pci::bars(rig.machine, port.slot())[0].unwrap().base;
    assert_eq!(port.restore_wc_memory(), invalid);
    assert_eq!(findings(&rig), [FindingKind::NotHeld]);
    let at = |offset| start.checked_add(offset).unwrap();
    let first = port.map_memory(at(0), 4096, MemorySpace::P6CACHE).unwrap();
    let second = port
        .map_memory(at(8192), 4096, MemorySpace::P6CACHE)
        .unwrap();
    let plain = port
        .map_memory(at(16384), 4096, MemorySpace::MEMORY)
        .unwrap();
    assert_eq!(port.protect_wc_memory(), invalid, "this machine cannot");
    rig.machine.allow_protection();
    assert_eq!(port.protect_wc_memory(), VpStatus::NO_ERROR);
    assert_eq!(port.protect_wc_memory(), VpStatus::NO_ERROR);
    assert_eq!(rig.machine.protected_mappings(), 2);
    assert_eq!(port.restore_wc_memory(), VpStatus::NO_ERROR);
    assert_eq!(rig.machine.protected_mappings(), 2, "protections nest");
    assert_eq!(port.restore_wc_memory(), VpStatus::NO_ERROR);
    assert_eq!(rig.machine.protected_mappings(), 0);
    for mapping in [first, second, plain] {
        assert_eq!(port.unmap_memory(mapping), VpStatus::NO_ERROR);
    }
}

#[test]
fn get_proc_address_knows_every_service_by_its_exact_name() {
    let rig = strict();
    let mut documented = 0;
    for service in Service::ALL {
        let found = rig.port.get_proc_address(service.name().as_bytes());
        match service.kind() {
            ServiceKind::Documented => {
                documented += 1;
                assert_eq!(found, Some(*service));
            }
            ServiceKind::Interface => assert_eq!(found, Some(*service)),
            ServiceKind::Pointer | ServiceKind::Moment => assert_eq!(found, None),
        }
    }
    assert_eq!(documented, 114);
    assert_eq!(
        rig.port.get_proc_address(EXISTENCE_ALIAS.as_bytes()),
        Some(Service::CheckForDeviceExistence)
    );
    for unknown in [
        b"".as_slice(),
        b"videoportstartdma",
        b"VideoPortStartDma ",
        b"VideoPortStartDma\0",
        b"\xff\xfe",
    ] {
        assert_eq!(rig.port.get_proc_address(unknown), None);
    }
}
