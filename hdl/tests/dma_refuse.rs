//! DMA engine: what it refuses before anything moves, its registers, counters and interrupts.

mod dma_bench;

use dma_bench::{Bench, CARD_BYTES, Report, Transfer, bit, code, reg};

const BASE: u64 = 0x4000_0000;
const BYTES: u32 = 4096;

fn bench_with_table(rights: u32) -> Bench {
    let mut bench = Bench::new(5);
    bench.set_slot(
        3,
        7,
        rights,
        100,
        &[(BASE, 1000), (BASE + 0x2000, BYTES - 1000)],
    );
    bench
}

fn transfer() -> Transfer {
    Transfer {
        slot: 3,
        generation: 7,
        ..Transfer::simple(256)
    }
}

/// Submits, expects `code`, and that nothing moved anywhere.
fn refused(bench: &mut Bench, transfer: &Transfer, wanted: u32) {
    let card = bench.card.clone();
    let requests = bench.read(reg::REQUESTS);
    let completed = bench.read(reg::COMPLETED);
    bench.write(reg::INTR_STATE, bit::DONE | bit::ERROR);
    let report = bench.run(transfer);
    assert_eq!(
        report,
        Report {
            code: wanted,
            bytes: 0,
            fault: 0
        },
        "{transfer:?}"
    );
    bench.clocks(50);
    assert_eq!(bench.read(reg::REQUESTS), requests);
    assert_eq!(bench.read(reg::COMPLETED), completed + 1);
    assert_eq!(bench.read(reg::INTR_STATE), bit::ERROR);
    assert_eq!(
        bench.host.writes + bench.host.reads,
        requests,
        "no TLP left the engine"
    );
    assert!(bench.card == card, "card memory is untouched");
}

/// The engine still moves data.
fn works(bench: &mut Bench) {
    let elements = [(BASE, 1000), (BASE + 0x2000, BYTES - 1000)];
    bench.set_slot(3, 7, bit::CARD_READ | bit::CARD_WRITE, 100, &elements);
    bench.run_and_compare(
        &Transfer {
            offset: 900,
            ..transfer()
        },
        &elements,
    );
}

#[test]
fn stale_handles_are_refused() {
    let mut bench = bench_with_table(bit::CARD_READ | bit::CARD_WRITE);
    for to_host in [false, true] {
        let good = Transfer {
            to_host,
            ..transfer()
        };
        refused(
            &mut bench,
            &Transfer {
                generation: 8,
                ..good
            },
            code::STALE_HANDLE,
        );
        refused(
            &mut bench,
            &Transfer {
                generation: 0x8007,
                ..good
            },
            code::STALE_HANDLE,
        );
        refused(
            &mut bench,
            &Transfer { slot: 4, ..good },
            code::STALE_HANDLE,
        );
        refused(
            &mut bench,
            &Transfer { slot: 35, ..good },
            code::STALE_HANDLE,
        );
        refused(
            &mut bench,
            &Transfer { slot: 131, ..good },
            code::STALE_HANDLE,
        );
    }
    bench.release_slot(3);
    refused(&mut bench, &transfer(), code::STALE_HANDLE);
    works(&mut bench);
}

#[test]
fn missing_rights_are_refused() {
    let mut bench = bench_with_table(bit::CARD_WRITE);
    refused(&mut bench, &transfer(), code::NO_RIGHT);
    let mut bench = bench_with_table(bit::CARD_READ);
    refused(
        &mut bench,
        &Transfer {
            to_host: true,
            ..transfer()
        },
        code::NO_RIGHT,
    );
    let mut bench = bench_with_table(0);
    refused(&mut bench, &transfer(), code::NO_RIGHT);
    works(&mut bench);
}

#[test]
fn malformed_parameters_are_refused() {
    let mut bench = bench_with_table(bit::CARD_READ);
    refused(
        &mut bench,
        &Transfer {
            length: 0,
            ..transfer()
        },
        code::PARAMETER,
    );
    refused(
        &mut bench,
        &Transfer {
            rows: 0,
            ..transfer()
        },
        code::PARAMETER,
    );
    refused(
        &mut bench,
        &Transfer {
            rows: 2,
            host_pitch: 255,
            card_pitch: 256,
            ..transfer()
        },
        code::PARAMETER,
    );
    works(&mut bench);
}

#[test]
fn ranges_outside_table_or_card_memory_are_refused() {
    let mut bench = bench_with_table(bit::CARD_READ);
    let card = CARD_BYTES as u32;
    let outside = [
        Transfer {
            length: BYTES + 1,
            ..transfer()
        },
        Transfer {
            offset: BYTES - 255,
            ..transfer()
        },
        Transfer {
            offset: u32::MAX,
            length: 2,
            ..transfer()
        },
        Transfer {
            offset: u32::MAX - 10,
            ..transfer()
        },
        Transfer {
            offset: 1,
            rows: 16,
            host_pitch: 256,
            ..transfer()
        },
        Transfer {
            rows: 2,
            host_pitch: u32::MAX,
            ..transfer()
        },
        Transfer {
            rows: 3,
            host_pitch: 0x8000_0000,
            ..transfer()
        },
        Transfer {
            rows: 0xFFFF,
            host_pitch: 0x1_0001,
            ..transfer()
        },
        Transfer {
            rows: 0x8001,
            host_pitch: 0x2_0000,
            ..transfer()
        },
        Transfer {
            card_address: card - 255,
            ..transfer()
        },
        Transfer {
            card_address: u32::MAX - 100,
            ..transfer()
        },
        Transfer {
            rows: 2,
            host_pitch: 256,
            card_pitch: card - 255,
            ..transfer()
        },
        Transfer {
            rows: 2,
            host_pitch: 256,
            card_pitch: u32::MAX,
            ..transfer()
        },
        Transfer {
            rows: 5,
            host_pitch: 256,
            card_pitch: 0x4000_0000,
            ..transfer()
        },
    ];
    for transfer in outside {
        refused(&mut bench, &transfer, code::RANGE);
    }
    works(&mut bench);
}

#[test]
fn ranges_that_just_fit_are_accepted() {
    let elements = [(BASE, 1000), (BASE + 0x2000, BYTES - 1000)];
    let mut bench = bench_with_table(bit::CARD_READ);
    let card = CARD_BYTES as u32;
    bench.run_and_compare(
        &Transfer {
            length: BYTES,
            ..transfer()
        },
        &elements,
    );
    bench.run_and_compare(
        &Transfer {
            offset: BYTES - 256,
            card_address: card - 256,
            ..transfer()
        },
        &elements,
    );
    let rows = Transfer {
        rows: 16,
        host_pitch: 256,
        card_address: 256,
        card_pitch: 4096,
        ..transfer()
    };
    bench.run_and_compare(&rows, &elements);
    // One row: pitches do not matter.
    bench.run_and_compare(
        &Transfer {
            host_pitch: u32::MAX,
            card_pitch: u32::MAX,
            ..transfer()
        },
        &elements,
    );
}

#[test]
fn slots_outside_the_element_memory_are_refused() {
    let mut bench = bench_with_table(bit::CARD_READ);
    let at = reg::SLOTS + 16 * 3;
    bench.write(at, 2047 | 2 << 16);
    refused(&mut bench, &transfer(), code::RANGE);
    bench.write(at, 0xFFFF | 0xFFFF << 16);
    refused(&mut bench, &transfer(), code::RANGE);
    works(&mut bench);
}

#[test]
fn a_table_shorter_than_its_total_ends_at_its_last_element() {
    let mut bench = bench_with_table(bit::CARD_READ);
    bench.write(reg::SLOTS + 16 * 3 + 4, 2 * BYTES);
    // The element after the table's last one must not be used.
    bench.write(reg::ELEMENTS + 16 * 102, 0x0BAD_0000);
    bench.write(reg::ELEMENTS + 16 * 102 + 8, 0x1000);
    let report = bench.run(&Transfer {
        offset: BYTES - 128,
        length: 512,
        ..transfer()
    });
    assert_eq!(report.code, code::RANGE);
    assert!(report.bytes <= 128);
    // Seeking past the end must end as well.
    let report = bench.run(&Transfer {
        offset: BYTES + 10,
        length: 16,
        ..transfer()
    });
    assert_eq!((report.code, report.bytes), (code::RANGE, 0));
    works(&mut bench);
}

#[test]
fn bus_master_off_is_refused() {
    let mut bench = bench_with_table(bit::CARD_READ);
    bench.uut.bus_master_enable.next = false;
    refused(&mut bench, &transfer(), code::BUS_MASTER_OFF);
    bench.uut.bus_master_enable.next = true;
    works(&mut bench);
}

#[test]
fn a_submit_while_busy_is_counted_and_changes_nothing() {
    let mut bench = bench_with_table(bit::CARD_READ);
    bench.host.latency = 300;
    let elements = [(BASE, 1000), (BASE + 0x2000, BYTES - 1000)];
    let first = Transfer {
        length: 2000,
        card_address: 33,
        ..transfer()
    };
    let (card, _) = bench.expect(&first, &elements);
    bench.submit(&first);
    // Other parameters and another submit, in the middle.
    bench.submit(&Transfer {
        slot: 9,
        generation: 1,
        length: 5,
        card_address: 40_000,
        to_host: true,
        ..transfer()
    });
    assert!(bench.busy());
    let report = bench.wait();
    assert_eq!((report.code, report.bytes), (code::OK, 2000));
    assert!(bench.card == card);
    assert_eq!(bench.read(reg::SUBMIT_REJECTED), 1);
    assert_eq!(bench.read(reg::COMPLETED), 1);
}

#[test]
fn busy_bit_of_the_slot_follows_the_transfer() {
    let mut bench = bench_with_table(bit::CARD_READ);
    bench.host.latency = 200;
    let state = reg::SLOTS + 16 * 3 + 12;
    assert_eq!(bench.read(state), 0);
    bench.submit(&transfer());
    assert_eq!(bench.read(state), 1);
    assert_eq!(bench.read(state - 16), 0);
    bench.wait();
    assert_eq!(bench.read(state), 0);
}

#[test]
fn interrupts_follow_enable_and_clear() {
    let mut bench = bench_with_table(bit::CARD_READ);
    assert_eq!(bench.run(&transfer()).code, code::OK);
    assert_eq!(bench.read(reg::INTR_STATE), bit::DONE);
    assert!(!bench.interrupt, "not enabled");
    bench.write(reg::INTR_ENABLE, bit::DONE);
    bench.clocks(2);
    assert!(bench.interrupt);
    bench.write(reg::INTR_STATE, bit::DONE);
    bench.clocks(2);
    assert!(!bench.interrupt);
    assert_eq!(
        bench
            .run(&Transfer {
                length: 0,
                ..transfer()
            })
            .code,
        code::PARAMETER
    );
    bench.clocks(2);
    assert!(!bench.interrupt, "only DONE is enabled");
    bench.write(reg::INTR_ENABLE, bit::DONE | bit::ERROR);
    bench.clocks(2);
    assert!(bench.interrupt);
}

#[test]
fn result_is_none_while_a_transfer_runs() {
    let mut bench = bench_with_table(bit::CARD_READ);
    assert_eq!(bench.read(reg::RESULT), code::NONE);
    bench.run(&transfer());
    assert_eq!(bench.read(reg::RESULT), code::OK);
    bench.host.latency = 200;
    bench.submit(&transfer());
    assert_eq!(bench.read(reg::RESULT), code::NONE);
    assert_eq!(bench.wait().code, code::OK);
}

#[test]
fn windows_read_back_what_was_written() {
    let mut bench = bench_with_table(bit::CARD_READ);
    let slot = reg::SLOTS + 16 * 3;
    assert_eq!(bench.read(slot), 2 << 16 | 0x64);
    assert_eq!(bench.read(slot + 4), BYTES);
    assert_eq!(bench.read(slot + 8), 7 << 16 | bit::CARD_READ | bit::VALID);
    assert_eq!(bench.read(slot + 16 + 8), 0);
    let element = reg::ELEMENTS + 16 * 101;
    assert_eq!(bench.read(element), (BASE + 0x2000) as u32);
    assert_eq!(bench.read(element + 4), 0);
    assert_eq!(bench.read(element + 8), BYTES - 1000);
    assert_eq!(bench.read(reg::CAPS), 32 | 32 << 6 | 2048 << 16);
}

#[test]
fn reset_releases_every_slot_and_stops_a_transfer() {
    let mut bench = bench_with_table(bit::CARD_READ);
    bench.host.latency = 100;
    bench.submit(&transfer());
    bench.clocks(40);
    bench.uut.reset.next = true;
    bench.clocks(2);
    bench.uut.reset.next = false;
    assert_eq!(bench.read(reg::STATUS), 0);
    assert_eq!(bench.read(reg::SLOTS + 16 * 3 + 8) & bit::VALID, 0);
    bench.clocks(500);
    assert!(
        bench.read(reg::UNEXPECTED) > 0,
        "answers to the forgotten requests are dropped"
    );
    bench.host.latency = 0;
    works(&mut bench);
}
