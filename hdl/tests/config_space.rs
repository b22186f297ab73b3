//! Configuration space through configuration TLPs.

mod pcie_bench;

use lumenport_hdl::elaborate;
use lumenport_hdl::pcie::{ConfigSpace, Identity};
use lumenport_hdl::prelude::*;
use lumenport_hdl::testbench::{connected, cycle, settle};
use pcie_bench::{Bench, CARD, Stalls, byte_mask, config};
use pcie_tlp::{CompletionStatus, FunctionId, Header, Tlp};

fn fresh() -> Bench {
    Bench::unconfigured(&Identity::default(), Stalls::default(), 1)
}

#[test]
fn enumeration_finds_header_and_capabilities() {
    let mut bench = fresh();
    assert_eq!(bench.config_read(0x00), 0x1111_1234);
    assert_eq!(bench.config_read(0x04), 0x0010_0000);
    assert_eq!(bench.config_read(0x08), 0x0380_0002);
    assert_eq!(bench.config_read(0x0C), 0);
    assert_eq!(bench.config_read(0x2C), 0x4C50_1234);
    assert_eq!(bench.config_read(0x30), 0, "no expansion ROM");
    assert_eq!(bench.config_read(0x3C), 0x100, "interrupt pin INTA");
    let mut found = Vec::new();
    let mut at = bench.config_read(0x34) as u16;
    while at != 0 {
        let capability = bench.config_read(at);
        found.push((capability & 0xFF, at));
        at = (capability >> 8 & 0xFF) as u16;
    }
    assert_eq!(found, [(0x01, 0x40), (0x05, 0x48), (0x10, 0x60)]);
    assert_eq!(
        bench.config_read(0x48) >> 16,
        0x84,
        "64-bit, up to four vectors, off"
    );
    assert_eq!(bench.config_read(0x60) >> 16, 0x0002, "version 2, endpoint");
    assert_eq!(
        bench.config_read(0x64),
        0x8002,
        "role-based errors, payload 512"
    );
    assert_eq!(
        bench.config_read(0x68),
        0x2810,
        "read requests up to 512, payload 128"
    );
    assert_eq!(
        bench.config_read(0x6C) & 0xFFF,
        0x011,
        "2.5 GT/s, one lane, no L0s or L1"
    );
    assert_eq!(bench.config_read(0x70), 0x1011_0000);
}

#[test]
fn base_registers_tell_their_size() {
    for bits in [16u32, 20, 22, 27] {
        let identity = Identity {
            bar0_address_bits: bits,
            ..Identity::default()
        };
        let mut bench = Bench::unconfigured(&identity, Stalls::default(), 2);
        bench.config_write(0x04, 0, 0xF);
        for offset in (0x10..0x28).step_by(4) {
            bench.config_write(offset, u32::MAX, 0xF);
        }
        let sizes: Vec<u32> = (0x10..0x28)
            .step_by(4)
            .map(|at| bench.config_read(at))
            .collect();
        let bar0 = u32::MAX << bits | 0x8;
        assert_eq!(sizes, [bar0, 0, 0xFFFF_0000, 0, 0, 0]);
        bench.config_write(0x10, 0xE000_0000, 0xF);
        assert_eq!(bench.config_read(0x10), 0xE000_0008);
    }
}

#[test]
fn every_byte_enable_writes_exactly_its_bytes() {
    let mut bench = fresh();
    for be in 0..16 {
        bench.config_write(0x50, 0xAAAA_5555, 0xF);
        bench.config_write(0x50, 0x1234_5678, be);
        let mask = byte_mask(be);
        assert_eq!(
            bench.config_read(0x50),
            0xAAAA_5555 & !mask | 0x1234_5678 & mask,
            "be {be:x}"
        );
    }
}

#[test]
fn writable_bits_are_the_specified_ones() {
    let mut bench = fresh();
    // offset, writable bits, bits that read as one in any case
    let registers = [
        (0x00, 0, 0x1111_1234),
        (0x04, 0x0546, 0x0010_0000),
        (0x08, 0, 0x0380_0002),
        (0x0C, 0xFF, 0),
        (0x2C, 0, 0x4C50_1234),
        (0x34, 0, 0x40),
        (0x3C, 0xFF, 0x100),
        (0x40, 0, 0x0003_4801),
        (0x44, 0x3, 0x8),
        (0x48, 0x0071_0000, 0x0084_6005),
        (0x4C, 0xFFFF_FFFC, 0),
        (0x50, 0xFFFF_FFFF, 0),
        (0x54, 0xFFFF, 0),
        (0x60, 0, 0x0002_0010),
        (0x64, 0, 0x8002),
        (0x68, 0x78FF, 0),
        (0x6C, 0, 0x0040_0011),
        (0x70, 0xCB, 0x1011_0000),
        (0x84, 0, 0x10),
        (0x88, 0x10, 0),
        (0x100, 0, 0x0001_0001),
        (0x104, 0, 0),
        (0x108, 0x0017_7010, 0),
        (0x10C, 0x0017_7010, 0),
        (0x110, 0, 0),
        (0x114, 0x31C1, 0),
        (0x118, 0, 0),
        (0x11C, 0, 0),
        (0x128, 0, 0),
    ];
    for (offset, writable, fixed) in registers {
        bench.config_write(offset, u32::MAX, 0xF);
        assert_eq!(
            bench.config_read(offset),
            writable | fixed,
            "ones at {offset:#x}"
        );
        bench.config_write(offset, 0, 0xF);
        assert_eq!(bench.config_read(offset), fixed, "zeros at {offset:#x}");
    }
}

#[test]
fn unimplemented_registers_read_zero_with_success() {
    let mut bench = fresh();
    for offset in [
        0x14, 0x28, 0x38, 0x58, 0x5C, 0x74, 0x9C, 0xFC, 0x12C, 0x400, 0xFFC,
    ] {
        bench.config_write(offset, u32::MAX, 0xF);
        assert_eq!(bench.config_read(offset), 0, "{offset:#x}");
    }
    // a write to extended space must not reach the register with the same low number
    bench.config_write(0x150, u32::MAX, 0xF);
    assert_eq!(bench.config_read(0x50), 0);
}

#[test]
fn other_functions_are_unsupported() {
    let mut bench = fresh();
    for function in 1..8 {
        let target = FunctionId::new(1, 0, function);
        bench.send_tlp(&Tlp::new(
            Header::ConfigRead(config(7, target, 0, 0xF)),
            &[],
        ));
        let (header, payload) = bench.receive_completion();
        assert_eq!(header.status, CompletionStatus::UnsupportedRequest);
        assert!(payload.is_empty());
    }
    assert_eq!(
        bench.config_read(0x68) >> 16 & 0xF,
        0b1001,
        "advisory: correctable and unsupported"
    );
}

#[test]
fn number_is_taken_from_every_configuration_write() {
    let mut bench = fresh();
    bench.send_tlp(&Tlp::new(Header::ConfigRead(config(1, CARD, 0, 0xF)), &[]));
    assert_eq!(
        bench.receive_completion().0.completer,
        CARD,
        "not told yet: the number that the request was addressed to"
    );
    for target in [
        FunctionId::new(1, 0, 0),
        FunctionId::new(5, 3, 0),
        FunctionId::new(255, 31, 0),
    ] {
        let write = Tlp::new(Header::ConfigWrite(config(2, target, 0x3C, 0x1)), &[0]);
        bench.send_tlp(&write);
        assert_eq!(
            bench.receive_completion().0.completer,
            target,
            "already in its own completion"
        );
        assert_eq!(bench.uut.requester_id.val().to_u16(), target.bits());
    }
    // a write to another function tells the device number too, not the function
    let write = Tlp::new(
        Header::ConfigWrite(config(2, FunctionId::new(9, 1, 4), 0x3C, 0x1)),
        &[0],
    );
    bench.send_tlp(&write);
    assert_eq!(
        bench.receive_completion().0.completer,
        FunctionId::new(9, 1, 0)
    );
}

#[test]
fn outputs_follow_the_registers() {
    let mut bench = fresh();
    assert!(!bench.uut.bus_master_enable.val());
    assert_eq!(bench.uut.max_payload.val(), 0);
    assert_eq!(bench.uut.max_read_request.val(), 2);
    bench.config_write(0x04, 0x4, 0x1);
    bench.config_write(0x68, 0x5 << 12 | 1 << 5, 0x3);
    bench.config_write(0x70, 0x8, 0x1);
    bench.config_write(0x4C, 0xFEE0_0238, 0xF);
    bench.config_write(0x50, 0x1, 0xF);
    bench.config_write(0x54, 0x4321, 0xF);
    bench.config_write(0x48, 0x0001_0000, 0xC);
    assert!(bench.uut.bus_master_enable.val());
    assert_eq!(bench.uut.max_payload.val(), 1);
    assert_eq!(bench.uut.max_read_request.val(), 5);
    assert!(bench.uut.rcb_128.val());
    assert_eq!(bench.uut.msi_address_lo.val().to_u32(), 0xFEE0_0238);
    assert_eq!(bench.uut.msi_address_hi.val().to_u32(), 1);
    assert_eq!(bench.uut.msi_message.val().to_u32(), 0x4321);
    assert!(bench.uut.msi_enable.val());
    // more payload than the card can: the limit stays at what it can
    bench.config_write(0x68, 4 << 5, 0x1);
    assert_eq!(bench.uut.max_payload.val(), 2);
}

#[test]
fn power_state_d3_stops_memory_and_master_and_keeps_the_configuration() {
    let mut bench = Bench::new(Stalls::default(), 3);
    assert!(bench.uut.bus_master_enable.val());
    bench.config_write(0x44, 0x1, 0x1);
    assert_eq!(bench.config_read(0x44) & 3, 0, "D1 does not exist");
    bench.config_write(0x44, 0x3, 0x1);
    assert_eq!(bench.config_read(0x44) & 3, 3);
    assert!(!bench.uut.bus_master_enable.val());
    bench.ask(pcie_bench::BAR2, 4);
    assert_eq!(
        bench.receive_completion().0.status,
        CompletionStatus::UnsupportedRequest
    );
    bench.config_write(0x44, 0x0, 0x1);
    assert!(bench.uut.bus_master_enable.val());
    assert_eq!(bench.read(pcie_bench::BAR2, 4, 128), [0; 4]);
}

#[test]
fn reset_restores_the_defaults() {
    let mut bench = Bench::new(Stalls::default(), 4);
    bench.config_write(0x68, 0, 0x3);
    bench.uut.reset.next = true;
    bench.step();
    bench.uut.reset.next = false;
    assert_eq!(bench.config_read(0x04), 0x0010_0000);
    assert_eq!(bench.config_read(0x10), 0x8);
    assert_eq!(bench.config_read(0x68), 0x2810);
}

#[test]
fn an_error_in_the_clock_of_its_clearing_stays() {
    let mut uut = block();
    let mut clock = |access: Option<(u64, u64)>, error: bool| {
        let (register, value) = access.unwrap_or_default();
        cycle(
            &mut uut,
            |uut, high| uut.clock.next = high.into(),
            |uut| {
                uut.access.next = true;
                uut.register.next = register.into();
                uut.write_strobe.next = access.is_some();
                uut.write_data.next = value.into();
                uut.write_be.next = 0xF.into();
                uut.device_set.next = (u64::from(error) << 2).into();
                uut.master_abort_strobe.next = error;
            },
            |_| {},
        );
        let read = |uut: &mut ConfigSpace, register: u64| {
            uut.write_strobe.next = false;
            uut.register.next = register.into();
            settle(uut);
            uut.read_data.val().to_u32() >> 16
        };
        (read(&mut uut, 0x1A) & 0xF, read(&mut uut, 0x01) >> 13 & 1)
    };
    assert_eq!(clock(None, false), (0, 0));
    assert_eq!(clock(None, true), (4, 1));
    assert_eq!(
        clock(Some((0x1A, 4 << 16)), true),
        (4, 1),
        "set beats clear"
    );
    assert_eq!(
        clock(Some((0x01, 1 << 29)), true),
        (4, 1),
        "set beats clear"
    );
    assert_eq!(clock(Some((0x1A, 4 << 16)), false), (0, 1));
    assert_eq!(clock(Some((0x01, 1 << 29)), false), (0, 0));
}

fn block() -> ConfigSpace {
    let mut uut = ConfigSpace::new(&Identity::default());
    uut.clock.connect();
    uut.reset.connect();
    uut.access.connect();
    uut.register.connect();
    uut.write_strobe.connect();
    uut.write_data.connect();
    uut.write_be.connect();
    uut.id_strobe.connect();
    uut.id_value.connect();
    uut.device_set.connect();
    uut.system_error_strobe.connect();
    uut.poisoned_strobe.connect();
    uut.poisoned_completion_strobe.connect();
    uut.target_abort_strobe.connect();
    uut.master_abort_strobe.connect();
    uut.transactions_pending.connect();
    uut.intx_level.connect();
    connected(uut)
}

#[test]
fn configuration_space_elaborates() {
    elaborate::check("pcie_config_space", &block());
}
