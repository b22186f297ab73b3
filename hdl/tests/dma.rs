//! DMA engine: data movement in both directions against a host model.

mod dma_bench;

use dma_bench::{Bench, Stalls, Transfer, bit, code, random_table, reg};
use lumenport_hdl::testbench::Rng;

#[test]
fn one_aligned_row_reaches_card_memory() {
    let mut bench = Bench::new(1);
    let elements = [(0x1000_0000, 4096)];
    bench.set_slot(0, 1, bit::CARD_READ, 0, &elements);
    bench.run_and_compare(&Transfer::simple(4096), &elements);
    assert_eq!(bench.read(reg::REQUESTS), 32);
    assert_eq!(bench.read(reg::COMPLETED), 1);
    assert_eq!(bench.read(reg::RESULT), code::OK);
}

#[test]
fn one_aligned_row_reaches_host_memory() {
    let mut bench = Bench::new(2);
    let elements = [(0x1_2000_0000, 4096)];
    bench.set_slot(0, 1, bit::CARD_WRITE, 0, &elements);
    bench.run_and_compare(
        &Transfer {
            to_host: true,
            ..Transfer::simple(4096)
        },
        &elements,
    );
    assert_eq!(bench.read(reg::REQUESTS), 32);
}

#[test]
fn every_alignment_of_short_rows_moves_both_ways() {
    let mut bench = Bench::new(3);
    for host in 0..8u64 {
        for card in 0..8 {
            let length = 1 + (host as u32 * 5 + card * 3) % 19;
            let elements = [(0x3000_0FF8 + host, length)];
            bench.set_slot(0, 1, bit::CARD_READ | bit::CARD_WRITE, 0, &elements);
            let transfer = Transfer {
                card_address: 0x100 + card,
                ..Transfer::simple(length)
            };
            bench.run_and_compare(&transfer, &elements);
            bench.run_and_compare(
                &Transfer {
                    to_host: true,
                    card_address: 0x200 + card,
                    ..transfer
                },
                &elements,
            );
        }
    }
}

/// Random tables, rectangles, sizes, splits, orders and stalls.
fn random_transfers(seed: u64, count: u32) {
    println!("seed {seed}");
    let mut rng = Rng::new(seed);
    let mut bench = Bench::new(seed);
    for round in 0..count {
        let payload = rng.below(3);
        let read_request = rng.below(6);
        bench.set_sizes(payload, read_request);
        bench.host.completion_payload = 128 << rng.below(3);
        bench.host.boundary = 64 << rng.below(2);
        bench.host.reorder = rng.percent(70);
        bench.host.latency = u64::from(rng.below(100));
        bench.host.jitter = rng.below(200);
        bench.stalls = Stalls {
            tx: rng.below(3) * 25,
            cpl: rng.below(3) * 25,
            memory: rng.below(3) * 30,
            latency: 1 + u64::from(rng.below(20)),
        };
        let bound = if rng.percent(20) { 20_000 } else { 2_500 };
        let total = 1 + rng.below(bound);
        let largest = if rng.percent(30) { 9000 } else { 700 };
        let elements = random_table(&mut rng, total, largest);
        let total: u32 = elements.iter().map(|element| element.1).sum();
        let rows = 1 + if rng.percent(50) {
            rng.below(12).min(total - 1)
        } else {
            0
        };
        let host_pitch = 1 + rng.below(total / rows);
        let length = 1 + rng.below(host_pitch);
        let slack = total - ((rows - 1) * host_pitch + length);
        let card_pitch = length + rng.below(300);
        let card_span = (rows - 1) * card_pitch + length;
        let slot = rng.below(32);
        let generation = rng.below(0x1_0000);
        let first = rng.below(2048 - elements.len() as u32);
        bench.set_slot(
            slot,
            generation,
            bit::CARD_READ | bit::CARD_WRITE,
            first,
            &elements,
        );
        let transfer = Transfer {
            slot,
            generation,
            offset: rng.below(slack + 1),
            length,
            rows,
            host_pitch,
            card_address: rng.below(65_536 - card_span),
            card_pitch,
            to_host: rng.percent(50),
        };
        println!("round {round}: {} elements, {transfer:?}", elements.len());
        bench.run_and_compare(&transfer, &elements);
        bench.host.forbid(slot);
    }
}

#[test]
fn random_transfers_1() {
    random_transfers(101, 60);
}

#[test]
fn random_transfers_2() {
    random_transfers(202, 60);
}
