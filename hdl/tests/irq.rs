//! Interrupt block: the message, arming, and that no interrupt is ever lost.

mod bus_bench;

use bus_bench::{OnBus, clock, read, start, write};
use lumenport_hdl::elaborate;
use lumenport_hdl::irq::Interrupts;
use lumenport_hdl::prelude::*;
use lumenport_hdl::testbench::{Rng, settle};

on_bus!(Interrupts);

const BASE: u16 = 0x1100;
const STATUS: u16 = BASE + 0x10;
const PENDING: u16 = BASE + 0x14;
const ENABLE: u16 = BASE + 0x18;
const REARM: u16 = BASE + 0x1C;
const MSI_COUNT: u16 = BASE + 0x20;
const VECTOR_MAP: u16 = BASE + 0x24;
const MODE: u16 = BASE + 0x28;

const SOURCES: u32 = 7;
const ALL: u32 = (1 << SOURCES) - 1;

fn block() -> Interrupts {
    let mut uut = Interrupts::default();
    uut.clock.connect();
    uut.reset.connect();
    uut.bus_address.connect();
    uut.bus_wdata.connect();
    uut.bus_be.connect();
    uut.bus_write.connect();
    uut.pending_dma.connect();
    uut.pending_crtc.connect();
    uut.pending_plane.connect();
    uut.pending_sem.connect();
    uut.pending_mem.connect();
    uut.pending_ddc.connect();
    uut.pending_pcie.connect();
    uut.msi_vectors.connect();
    uut.intx_enable.connect();
    uut.msi_enable.connect();
    uut.bus_master_enable.connect();
    uut.msi_address_lo.connect();
    uut.msi_address_hi.connect();
    uut.msi_message.connect();
    uut.requester_id.connect();
    uut.msi_ready.connect();
    let mut uut = start(uut);
    uut.msi_enable.next = true;
    uut.bus_master_enable.next = true;
    uut.msi_address_lo.next = 0xFEE0_0238u64.into();
    uut.msi_message.next = 0x4321u64.into();
    uut.requester_id.next = 0x0100u64.into();
    uut.msi_ready.next = true;
    settle(&mut uut);
    uut
}

/// Sets all seven levels from bits 6:0.
fn levels(uut: &mut Interrupts, bits: u32) {
    uut.pending_dma.next = bits & 1 != 0;
    uut.pending_crtc.next = bits & 2 != 0;
    uut.pending_plane.next = bits & 4 != 0;
    uut.pending_sem.next = bits & 8 != 0;
    uut.pending_mem.next = bits & 16 != 0;
    uut.pending_ddc.next = bits & 32 != 0;
    uut.pending_pcie.next = bits & 64 != 0;
    settle(uut);
}

/// Clocks the block and returns the messages that left.
fn run(uut: &mut Interrupts, clocks: usize) -> Vec<Vec<u32>> {
    let mut messages = Vec::new();
    let mut partial = Vec::new();
    for _ in 0..clocks {
        if uut.msi_valid.val() && uut.msi_ready.val() {
            partial.push(uut.msi_data.val().to_u32());
            if uut.msi_last.val() {
                messages.push(std::mem::take(&mut partial));
            }
        }
        clock(uut);
    }
    assert!(partial.is_empty(), "a message was cut short");
    messages
}

const SHORT: [u32; 4] = [0x4000_0001, 0x0100_000F, 0xFEE0_0238, 0x2143_0000];

#[test]
fn each_source_sends_one_message_when_enabled() {
    for source in 0..SOURCES {
        let mut uut = block();
        levels(&mut uut, 1 << source);
        assert_eq!(read(&mut uut, PENDING), 1 << source);
        assert!(run(&mut uut, 20).is_empty(), "not enabled");
        write(&mut uut, ENABLE, 1 << source);
        assert_eq!(run(&mut uut, 20), [SHORT]);
        assert!(run(&mut uut, 100).is_empty(), "disarmed");
        assert_eq!(read(&mut uut, MSI_COUNT), 1);
        assert_eq!(read(&mut uut, STATUS), 0xE, "only vector 0 is disarmed");
        write(&mut uut, ENABLE, ALL & !(1 << source));
        write(&mut uut, REARM, 1);
        assert!(
            run(&mut uut, 20).is_empty(),
            "only other sources are enabled"
        );
        assert_eq!(read(&mut uut, STATUS), 0xF);
    }
}

#[test]
fn sources_go_to_their_vectors_modulo_the_number_enabled() {
    // DMA 0, CRTC 1, plane 2, semaphores 3, memory 1, DDC 2, PCIe 3
    const MAP: u32 = 1 << 2 | 2 << 4 | 3 << 6 | 1 << 8 | 2 << 10 | 3 << 12;
    const VECTOR: [u32; SOURCES as usize] = [0, 1, 2, 3, 1, 2, 3];
    for log2 in 0..=2u32 {
        let mut uut = block();
        uut.msi_vectors.next = u64::from(log2).into();
        uut.msi_message.next = 0x43FFu64.into();
        write(&mut uut, VECTOR_MAP, MAP);
        write(&mut uut, ENABLE, ALL);
        assert_eq!(read(&mut uut, MODE), 1 | log2 << 4);
        let mask = (1 << log2) - 1;
        for (source, vector) in VECTOR.iter().enumerate() {
            let vector = vector & mask;
            levels(&mut uut, 1 << source);
            let low = 0xFF & !mask | vector;
            assert_eq!(
                run(&mut uut, 20),
                [vec![
                    0x4000_0001,
                    0x0100_000F,
                    0xFEE0_0238,
                    low << 24 | 0x43_0000
                ]],
                "source {source}, {} vectors",
                1 << log2
            );
            assert_eq!(read(&mut uut, STATUS), 0xF & !(1 << vector));
            levels(&mut uut, 0);
            write(&mut uut, REARM, 1 << vector);
            assert_eq!(read(&mut uut, STATUS), 0xF);
        }
    }
}

#[test]
fn vectors_arm_on_their_own() {
    let mut uut = block();
    uut.msi_vectors.next = 2u64.into();
    write(&mut uut, VECTOR_MAP, 1 << 2 | 2 << 4 | 3 << 6);
    write(&mut uut, ENABLE, ALL);
    levels(&mut uut, 0xF);
    let low = |message: &Vec<u32>| message[3] >> 24 & 3;
    let order: Vec<u32> = run(&mut uut, 60).iter().map(low).collect();
    assert_eq!(order, [0, 1, 2, 3], "one each, lowest first");
    assert_eq!(read(&mut uut, STATUS), 0);
    assert!(run(&mut uut, 60).is_empty());
    write(&mut uut, REARM, 0b0100);
    let again: Vec<u32> = run(&mut uut, 60).iter().map(low).collect();
    assert_eq!(again, [2]);
    levels(&mut uut, 0b1101);
    write(&mut uut, REARM, 0b1010);
    let again: Vec<u32> = run(&mut uut, 60).iter().map(low).collect();
    assert_eq!(again, [3], "vector 1 is armed but its source is down");
    assert_eq!(read(&mut uut, STATUS), 0b0010);
}

#[test]
fn level_for_inta_knows_neither_arming_nor_msi() {
    let mut uut = block();
    uut.msi_enable.next = false;
    uut.intx_enable.next = true;
    settle(&mut uut);
    assert_eq!(read(&mut uut, MODE), 2);
    levels(&mut uut, ALL);
    assert!(!uut.intx_level.val(), "nothing is enabled");
    for source in 0..SOURCES {
        write(&mut uut, ENABLE, 1 << source);
        levels(&mut uut, 1 << source);
        assert!(uut.intx_level.val());
        assert!(run(&mut uut, 20).is_empty(), "no message without MSI");
        levels(&mut uut, ALL & !(1 << source));
        assert!(!uut.intx_level.val());
    }
}

#[test]
fn address_above_four_gib_uses_the_long_header() {
    let mut uut = block();
    uut.msi_address_hi.next = 0x12u64.into();
    write(&mut uut, ENABLE, 1);
    levels(&mut uut, 1);
    assert_eq!(
        run(&mut uut, 20),
        [vec![
            0x6000_0001,
            0x0100_000F,
            0x12,
            0xFEE0_0238,
            0x2143_0000
        ]]
    );
}

#[test]
fn message_waits_for_msi_and_bus_master() {
    let mut uut = block();
    write(&mut uut, ENABLE, 1);
    uut.msi_enable.next = false;
    levels(&mut uut, 1);
    assert!(run(&mut uut, 50).is_empty());
    uut.msi_enable.next = true;
    uut.bus_master_enable.next = false;
    settle(&mut uut);
    assert!(run(&mut uut, 50).is_empty());
    uut.bus_master_enable.next = true;
    settle(&mut uut);
    assert_eq!(run(&mut uut, 20).len(), 1);
}

#[test]
fn configuration_changed_under_way_does_not_tear_the_message() {
    let mut uut = block();
    write(&mut uut, ENABLE, 1);
    uut.msi_ready.next = false;
    levels(&mut uut, 1);
    clock(&mut uut);
    assert!(uut.msi_valid.val());
    uut.msi_address_lo.next = 0u64.into();
    uut.msi_address_hi.next = 7u64.into();
    uut.msi_message.next = 0u64.into();
    uut.requester_id.next = 0x0508u64.into();
    uut.msi_enable.next = false;
    uut.msi_ready.next = true;
    settle(&mut uut);
    assert_eq!(run(&mut uut, 20), [SHORT]);
}

#[test]
fn rearm_sends_again_at_once_while_something_is_pending() {
    let mut uut = block();
    write(&mut uut, ENABLE, ALL);
    levels(&mut uut, 1);
    assert_eq!(run(&mut uut, 20).len(), 1);
    levels(&mut uut, 3);
    assert!(run(&mut uut, 50).is_empty());
    levels(&mut uut, 2);
    write(&mut uut, REARM, 1);
    assert_eq!(run(&mut uut, 20).len(), 1);
    levels(&mut uut, 0);
    write(&mut uut, REARM, 1);
    assert!(run(&mut uut, 50).is_empty());
}

#[test]
fn rearm_from_the_clock_in_which_a_message_starts_gives_another() {
    for wait in 0..12 {
        let mut uut = block();
        write(&mut uut, ENABLE, 1);
        levels(&mut uut, 1);
        let mut messages = 0;
        let mut start = None;
        for now in 0..50 {
            uut.set_bus(REARM, 1, 0xF, now == wait, 1);
            settle(&mut uut);
            if uut.msi_valid.val() {
                // offered one clock after the block decided
                start.get_or_insert(now - 1);
            }
            messages += u32::from(uut.msi_valid.val() && uut.msi_last.val());
            clock(&mut uut);
        }
        // the write takes effect one clock later; the source stays up all the time
        let armed_again = Some(wait + 1) >= start;
        assert_eq!(
            messages,
            1 + u32::from(armed_again),
            "armed in clock {wait}"
        );
    }
}

/// Sources rise at random, the link stalls, software serves with random delays exactly as a driver
/// does: on a message, read PENDING, clear what was seen, arm. Each rise must be served.
#[test]
fn no_interrupt_is_lost() {
    for seed in 1..=8u64 {
        println!("seed {seed}");
        let mut rng = Rng::new(seed);
        let mut uut = block();
        write(&mut uut, ENABLE, ALL);
        let (mut raised, mut served) = ([0u32; SOURCES as usize], [0u32; SOURCES as usize]);
        let mut up = 0u32;
        // what software is doing: nothing, or a step that happens at a clock
        let mut message_seen = false;
        let mut step: Option<(u32, u64)> = None;
        let mut last_progress = 0u64;
        for now in 0..6000u64 {
            let quiet = now > 5000;
            for (source, count) in raised.iter_mut().enumerate() {
                if !quiet && up >> source & 1 == 0 && rng.percent(3) {
                    up |= 1 << source;
                    *count += 1;
                }
            }
            levels(&mut uut, up);
            uut.msi_ready.next = rng.percent(60);
            settle(&mut uut);
            if uut.msi_valid.val() && uut.msi_ready.val() && uut.msi_last.val() {
                message_seen = true;
            }
            uut.set_bus(0, 0, 0, false, 0);
            match step {
                None if message_seen => {
                    message_seen = false;
                    step = Some((0, now + u64::from(rng.below(20))));
                }
                Some((0, due)) if now >= due => {
                    // serve what is pending at this moment, one after the other would do as well
                    for (source, count) in served.iter_mut().enumerate() {
                        *count += up >> source & 1;
                    }
                    up = 0;
                    levels(&mut uut, up);
                    last_progress = now;
                    step = Some((1, now + u64::from(rng.below(20))));
                }
                Some((1, due)) if now >= due => {
                    uut.set_bus(REARM, 1, 0xF, true, 1);
                    step = None;
                }
                _ => {}
            }
            settle(&mut uut);
            clock(&mut uut);
        }
        assert_eq!(
            raised, served,
            "seed {seed}, last service at {last_progress}"
        );
        assert!(raised.iter().sum::<u32>() > 300);
        uut.set_bus(0, 0, 0, false, 0);
        assert!(read(&mut uut, MSI_COUNT) > 50);
    }
}

#[test]
fn interrupt_block_elaborates() {
    elaborate::check("irq", &block());
}
