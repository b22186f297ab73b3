//! DMA engine: payload per clock at the TLP boundary, in simulated clocks (deterministic).
//!
//! The bars: with a host that answers at once, 95 % of payload / (payload + 20 bytes) for packets of
//! 128 and 256 bytes; with a round trip of 62 clocks (1 us at 62.5 MHz) and completions of 64 bytes,
//! 90 % of 64 / 84. 20 bytes is the cost of a packet on a Gen1 lane: framing, sequence, header, LCRC.

mod dma_bench;

use dma_bench::{Bench, Transfer, bit, code};

/// Moves `length` bytes, prints and returns the clocks a packet of `packet` bytes took.
fn clocks_a_packet(
    name: &str,
    bench: &mut Bench,
    elements: &[(u64, u32)],
    to_host: bool,
    packet: u32,
    length: u32,
) -> f64 {
    bench.set_slot(0, 1, bit::CARD_READ | bit::CARD_WRITE, 0, elements);
    let report = bench.run(&Transfer {
        to_host,
        ..Transfer::simple(length)
    });
    assert_eq!(report.code, code::OK);
    let clocks = u32::try_from(bench.last_beat - bench.first_beat.expect("something moved") + 1)
        .expect("a short run");
    let each = f64::from(clocks) / f64::from(length / packet);
    let rate = f64::from(length) / 4.0 / f64::from(clocks);
    let ceiling = f64::from(packet) / f64::from(packet + 20);
    println!(
        "{name}: {each:.2} clocks a packet of {packet} bytes, {rate:.4} payload DW/clock, {:.1} % of the ceiling {ceiling:.4}",
        100.0 * rate / ceiling
    );
    rate / ceiling
}

fn pages(count: u32) -> Vec<(u64, u32)> {
    (0..count)
        .map(|page| (0x2000_0000 + u64::from(page) * 0x3000, 4096))
        .collect()
}

#[test]
fn zero_latency_host_reaches_95_percent() {
    const LENGTH: u32 = 32 * 1024;
    for (code, packet) in [(0, 128), (1, 256)] {
        for to_host in [false, true] {
            for (table, elements) in [
                ("one run", vec![(0x2000_0000, LENGTH)]),
                ("4 KiB pages", pages(8)),
            ] {
                let mut bench = Bench::new(7);
                bench.set_sizes(code, if to_host { 2 } else { code });
                bench.host.completion_payload = packet;
                bench.host.boundary = u64::from(packet) as u32;
                bench.host.split_all = true;
                let direction = if to_host {
                    "card to host"
                } else {
                    "host to card"
                };
                let share = clocks_a_packet(
                    &format!("{direction}, {table}"),
                    &mut bench,
                    &elements,
                    to_host,
                    packet,
                    LENGTH,
                );
                assert!(share >= 0.95, "{direction} {packet}");
            }
        }
    }
}

#[test]
fn read_requests_of_512_bytes_reach_95_percent() {
    const LENGTH: u32 = 32 * 1024;
    for packet in [128, 256] {
        let mut bench = Bench::new(7);
        bench.set_sizes(0, 2);
        bench.host.boundary = packet;
        bench.host.split_all = true;
        let share = clocks_a_packet(
            "host to card, MRRS 512",
            &mut bench,
            &pages(8),
            false,
            packet,
            LENGTH,
        );
        assert!(share >= 0.95);
    }
}

#[test]
fn one_microsecond_and_64_byte_completions_reach_90_percent() {
    const LENGTH: u32 = 32 * 1024;
    for read_request in [0, 1, 2] {
        let mut bench = Bench::new(9);
        bench.set_sizes(0, read_request);
        bench.host.boundary = 64;
        bench.host.split_all = true;
        bench.host.latency = 62;
        let name = format!("host to card, 62 clocks, MRRS {}", 128 << read_request);
        let share = clocks_a_packet(&name, &mut bench, &pages(8), false, 64, LENGTH);
        assert!(share >= 0.90);
    }
}

#[test]
fn slow_card_memory_does_not_slow_writes() {
    const LENGTH: u32 = 16 * 1024;
    let mut bench = Bench::new(11);
    bench.set_sizes(0, 0);
    bench.stalls.latency = 40;
    let share = clocks_a_packet(
        "card to host, memory latency 40",
        &mut bench,
        &pages(4),
        true,
        128,
        LENGTH,
    );
    assert!(share >= 0.95);
}

#[test]
fn unaligned_rows_keep_most_of_the_rate() {
    const LENGTH: u32 = 16 * 1024;
    for to_host in [false, true] {
        let mut bench = Bench::new(12);
        bench.set_sizes(0, 0);
        bench.host.split_all = true;
        bench.host.boundary = 128;
        bench.set_slot(
            0,
            1,
            bit::CARD_READ | bit::CARD_WRITE,
            0,
            &[(0x1_2345_6003, LENGTH)],
        );
        let report = bench.run(&Transfer {
            to_host,
            card_address: 0x101,
            ..Transfer::simple(LENGTH)
        });
        assert_eq!(report.code, code::OK);
        let clocks =
            u32::try_from(bench.last_beat - bench.first_beat.expect("something moved") + 1)
                .expect("a short run");
        let each = f64::from(clocks) / f64::from(LENGTH / 128);
        println!(
            "unaligned, 64-bit addresses, to_host {to_host}: {each:.2} clocks a packet of 128 bytes"
        );
        assert!(each <= 38.9);
    }
}
