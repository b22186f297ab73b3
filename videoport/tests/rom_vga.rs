//! Expansion ROM, ROM search, VGA status, banked memory, trapped ports, mappings for processes.

mod common;

use common::*;
use lumenport_videoport::strict::FindingKind;
use lumenport_videoport::testing::{CARD_SLOT, Layout, Rig};
use lumenport_videoport::vga::BankedMemory;
use lumenport_videoport::{
    AccessRange, BusAddr, MemorySpace, PhysAddr, Platform, VirtAddr, VpStatus, pci,
};

/// A ROM image of this many bytes.
fn rom(length: usize) -> Vec<u8> {
    let mut bytes = pattern(length);
    bytes[..2].copy_from_slice(&[0x55, 0xAA]);
    bytes
}

/// Start of the card memory's BAR.
fn memory_bar(rig: &Rig) -> PhysAddr {
    pci::bars(rig.machine, CARD_SLOT)[0].unwrap().base
}

#[test]
fn rom_image_comes_from_the_expansion_rom() {
    let rig = strict();
    let image = rom(32 << 10);
    rig.machine.insert_rom(image.clone());
    let before = rig.machine.config_read(CARD_SLOT, 0x30);
    let copy = rig.port.get_rom_image(20_000).unwrap();
    assert_eq!(read(&rig, copy, 20_000), image[..20_000]);
    assert_eq!(
        rig.machine.config_read(CARD_SLOT, 0x30),
        before,
        "ROM decoding is off again"
    );
    // A new call frees the copy before; one beyond the end reads what an empty socket reads.
    let longer = rig.port.get_rom_image((32 << 10) + 100).unwrap();
    let bytes = read(&rig, longer, (32 << 10) + 100);
    assert_eq!(bytes[..32 << 10], image);
    assert_eq!(bytes[32 << 10..], [0xFF; 100]);
    let pages = rig.machine.memory().live_pages();
    assert_eq!(rig.port.get_rom_image(0), None, "length 0 only frees");
    assert!(rig.machine.memory().live_pages() < pages);
    let _kept = rig.port.get_rom_image(64).unwrap();
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
}

#[test]
fn rom_image_of_a_card_without_one_is_null() {
    let rig = strict();
    assert_eq!(rig.port.get_rom_image(512), None, "no expansion ROM");
    rig.machine.insert_rom(vec![0xFF; 2048]);
    assert_eq!(rig.port.get_rom_image(512), None, "an empty one");
    rig.machine.insert_rom(rom(2048));
    assert_eq!(
        rig.port.get_rom_image((16 << 20) + 1),
        None,
        "larger than any ROM"
    );
    rig.machine.memory().fail_allocation_after(0);
    assert_eq!(rig.port.get_rom_image(2048), None, "no memory");
    assert!(rig.port.get_rom_image(2048).is_some());
    rig.machine.set_gone(true);
    assert_eq!(rig.port.get_rom_image(2048), None, "no card");
    let _ = rig.port.remove();
    rig.assert_no_leak();
}

#[test]
fn scan_rom_finds_a_match_at_the_very_end_and_minds_case() {
    let rig = strict();
    let mut image = rom(2048);
    image[2043..].copy_from_slice(b"LUMEN");
    image[100..105].copy_from_slice(b"Quick");
    rig.machine.insert_rom(image);
    let copy = rig.port.get_rom_image(2048).unwrap();
    let scan = |length, text: &[u8]| rig.port.scan_rom(copy, length, text);
    assert!(scan(2048, b"LUMEN"), "the last five bytes");
    assert!(!scan(2047, b"LUMEN"));
    assert!(scan(2048, b"\x55\xAA"), "the first two");
    assert!(scan(2048, b"Quick"));
    assert!(!scan(2048, b"quick"));
    assert!(!scan(2048, b"LUMENS"));
    assert!(!scan(4, b"LUMEN"), "shorter than the text");
    assert!(!scan(0, b"L"));
    assert_eq!(findings(&rig), []);
    assert!(!scan(2048, b""));
    assert!(!rig.port.scan_rom(VirtAddr::NULL, 10, b"x"));
    assert_eq!(
        findings(&rig),
        [FindingKind::ZeroLength, FindingKind::NullPointer]
    );
}

#[test]
fn scan_rom_reads_a_mapped_device_range_too() {
    let rig = strict();
    let base = rig
        .port
        .map_memory(memory_bar(&rig), 4096, MemorySpace::MEMORY)
        .unwrap();
    for (index, byte) in b"lumenport".iter().enumerate() {
        let at = base.checked_add(4087 + index).unwrap();
        rig.port.write_register_uchar(at, *byte);
    }
    assert!(rig.port.scan_rom(base, 4096, b"lumenport"));
    assert!(!rig.port.scan_rom(base, 4096, b"lumenports"));
    let unmapped = VirtAddr::new(0x10);
    assert!(!rig.port.scan_rom(unmapped, 4096, b"l"));
    assert_eq!(rig.port.unmap_memory(base), VpStatus::NO_ERROR);
}

#[test]
fn vga_status_is_that_of_the_device() {
    let rig = strict();
    assert_eq!(rig.port.get_vga_status(), Ok(false), "no VGA device");
    rig.machine.set_class_revision(0x0300_0001);
    assert_eq!(rig.port.get_vga_status(), Ok(false), "ports not decoded");
    let command = pci::command(rig.machine, CARD_SLOT);
    pci::set_command(rig.machine, CARD_SLOT, command | pci::COMMAND_IO);
    assert_eq!(rig.port.get_vga_status(), Ok(true));
    rig.machine.set_class_revision(0x0001_0000);
    assert_eq!(rig.port.get_vga_status(), Ok(true), "before class codes");
    rig.machine.set_class_revision(0x0380_0002);
    assert_eq!(rig.port.get_vga_status(), Ok(false));
    rig.machine.set_gone(true);
    assert_eq!(
        rig.port.get_vga_status(),
        Err(VpStatus::ERROR_INVALID_FUNCTION),
        "no PCI function"
    );
}

#[test]
fn banked_memory_of_one_bank_is_mapped_and_more_is_refused() {
    let rig = strict();
    let request = BankedMemory {
        start: memory_bar(&rig),
        length_bytes: 65536,
        space: MemorySpace::MEMORY,
        bank_length_bytes: 65536,
        read_write_bank: true,
    };
    let mut banks = Vec::new();
    let base = rig
        .port
        .map_banked_memory(&request, |read, write| banks.push((read, write)))
        .unwrap();
    assert_eq!(banks, [(0, 0)]);
    rig.port.write_register_ulong(base, 0x1234_5678);
    assert_eq!(card_bytes(&rig, 0, 4), [0x78, 0x56, 0x34, 0x12]);
    assert_eq!(rig.port.unmap_memory(base), VpStatus::NO_ERROR);
    for bad in [
        BankedMemory {
            bank_length_bytes: 65535,
            ..request
        },
        BankedMemory {
            bank_length_bytes: 0,
            ..request
        },
        BankedMemory {
            length_bytes: 0,
            ..request
        },
        BankedMemory {
            space: MemorySpace::IO,
            ..request
        },
        BankedMemory {
            start: PhysAddr::new(0xA0000),
            ..request
        },
    ] {
        assert_eq!(
            rig.port
                .map_banked_memory(&bad, |_, _| panic!("selected a bank")),
            Err(VpStatus::ERROR_INVALID_PARAMETER),
            "{bad:?}"
        );
    }
    assert!(rig.port.remove().is_clean());
}

fn ports(first: u64, count: u32, direct: bool) -> AccessRange {
    AccessRange {
        range_start: PhysAddr::new(first),
        range_length_bytes: count,
        range_in_io_space: true,
        range_visible: direct,
        ..AccessRange::default()
    }
}

#[test]
fn trapped_ports_apply_in_order_and_bad_ranges_change_nothing() {
    let rig = strict();
    let port = rig.port;
    assert!(!port.is_port_direct(0x3C0), "trapped unless told otherwise");
    assert_eq!(
        port.set_trapped_emulator_ports(&[ports(0x3B0, 0x30, true), ports(0x3C8, 2, false)]),
        VpStatus::NO_ERROR
    );
    let direct = |number| port.is_port_direct(number);
    assert_eq!(
        [0x3AF, 0x3B0, 0x3C7, 0x3C8, 0x3C9, 0x3CA, 0x3DF, 0x3E0].map(direct),
        [false, true, true, false, false, true, true, false]
    );
    let memory = AccessRange {
        range_in_io_space: false,
        ..ports(0x3C8, 2, true)
    };
    for bad in [
        ports(0x3C8, 0, true),
        ports(0xFFFF, 2, true),
        ports(0x1_0000, 1, true),
        ports(u64::MAX, 1, true),
        memory,
    ] {
        assert_eq!(
            port.set_trapped_emulator_ports(&[ports(0x3C8, 2, true), bad]),
            VpStatus::ERROR_INVALID_PARAMETER
        );
        assert!(!direct(0x3C8), "nothing of a bad call applies");
    }
    assert_eq!(findings(&rig), [FindingKind::WrongArguments; 5]);
    let comb: Vec<_> = (0..40)
        .map(|tooth| ports(0x1000 + 2 * tooth, 1, true))
        .collect();
    assert_eq!(
        port.set_trapped_emulator_ports(&comb),
        VpStatus::ERROR_INVALID_PARAMETER,
        "too fragmented"
    );
    assert!(!direct(0x1000));
    assert_eq!(
        port.set_trapped_emulator_ports(&[ports(0, 0x1_0000, false), ports(0x3DA, 1, true)]),
        VpStatus::NO_ERROR
    );
    assert_eq!([0x3B0, 0x3DA, 0xFFFF].map(direct), [false, true, false]);
    assert_eq!(port.set_trapped_emulator_ports(&[]), VpStatus::NO_ERROR);
}

#[test]
fn mapping_of_a_process_is_released_by_its_handle_or_none() {
    let rig = strict();
    let start = memory_bar(&rig);
    let space = MemorySpace::USER_MODE;
    let invalid = VpStatus::ERROR_INVALID_PARAMETER;
    for handle in [0, 77] {
        let base = rig.port.map_memory_for(77, start, 8192, space).unwrap();
        assert_eq!(rig.port.unmap_memory_for(78, base), invalid);
        assert_eq!(rig.port.unmap_memory_for(handle, base), VpStatus::NO_ERROR);
        assert_eq!(rig.port.unmap_memory_for(handle, base), invalid);
    }
    // Two mappings of one range are two: a short one is never handed out for a long one.
    let short = rig
        .port
        .map_memory(start, 4096, MemorySpace::MEMORY)
        .unwrap();
    let long = rig
        .port
        .map_memory(start, 1 << 20, MemorySpace::MEMORY)
        .unwrap();
    assert_ne!(short, long);
    rig.port
        .write_register_uchar(long.checked_add((1 << 20) - 1).unwrap(), 9);
    assert_eq!(card_bytes(&rig, (1 << 20) - 1, 1), [9]);
    assert_eq!(rig.port.unmap_memory(short), VpStatus::NO_ERROR);
    assert_eq!(rig.port.unmap_memory(long), VpStatus::NO_ERROR);
    assert_eq!(rig.machine.bad_accesses(), 0);
}

#[test]
fn contiguous_memory_lies_below_its_limit_and_goes_with_the_device() {
    let rig = strict();
    rig.machine.memory().set_layout(Layout::High);
    let limit = BusAddr::new(0x00FF_FFFF);
    let block = rig.port.allocate_contiguous_memory(10_000, limit).unwrap();
    assert_eq!(block.raw() % 64, 0, "on a cache line");
    write(&rig, block, &pattern(10_000));
    assert_eq!(read(&rig, block, 10_000), pattern(10_000));
    assert_eq!(
        rig.port
            .allocate_contiguous_memory(10_000, BusAddr::new(0x1000)),
        None
    );
    assert!(
        rig.port.remove().is_clean(),
        "there is no service to free it"
    );
    rig.assert_no_leak();
}
