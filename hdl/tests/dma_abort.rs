//! DMA engine: aborts at any clock, with answers late or lost and with a link without credits.

mod dma_bench;

use dma_bench::host::Mischief;
use dma_bench::{Bench, Stalls, Transfer, bit, code, random_table, reg};
use lumenport_hdl::testbench::Rng;

const BASE: u64 = 0x1_4000_0000;
const BYTES: u32 = 8192;

fn table() -> [(u64, u32); 1] {
    [(BASE, BYTES)]
}

fn bench() -> Bench {
    let mut bench = Bench::new(8);
    bench.set_slot(0, 1, bit::CARD_READ | bit::CARD_WRITE, 0, &table());
    bench.write(reg::TIMEOUT_CYCLES, 2000);
    bench.host.latency = 40;
    bench
}

/// Every byte is what it was or what the transfer should make it.
fn assert_old_or_new(got: &[u8], old: &[u8], new: &[u8]) {
    for at in 0..got.len() {
        assert!(
            got[at] == old[at] || got[at] == new[at],
            "byte {at:#x} is neither old nor new"
        );
    }
}

/// The engine moves data both ways as if nothing had happened.
fn works(bench: &mut Bench) {
    bench.host.latency = 10;
    for to_host in [false, true] {
        bench.run_and_compare(
            &Transfer {
                offset: 3,
                card_address: 77,
                to_host,
                ..Transfer::simple(700)
            },
            &table(),
        );
    }
}

/// Aborts one transfer in each clock of its life and looks at what is left.
///
/// `prepare` sets the host up before each round; `left` is how many tags may rest in quarantine afterwards.
fn abort_in_every_clock(name: &str, transfer: &Transfer, prepare: impl Fn(&mut Bench), left: u32) {
    let mut bench = bench();
    let mut aborted = 0;
    for clock in 0.. {
        prepare(&mut bench);
        let (new, new_table) = bench.expect(transfer, &table());
        let (old, old_table) = (bench.card.clone(), bench.host.read_table(&table()));
        bench.submit(transfer);
        bench.clocks(clock);
        let ended = bench.read(reg::RESULT) != code::NONE;
        bench.write(reg::CONTROL, bit::ABORT);
        let report = bench.wait();
        assert_old_or_new(&bench.card, &old, &new);
        assert_old_or_new(&bench.host.read_table(&table()), &old_table, &new_table);
        assert!(
            bench.read(reg::QUARANTINE).count_ones() <= left,
            "clock {clock}"
        );
        aborted += u32::from(report.code == code::ABORTED);
        // Whatever is still owed comes now, while the next transfer runs, and is not written.
        bench.host.answer_late(bench.now + 30);
        bench.host.mischief = None;
        bench.host.reorder = true;
        bench.host.latency = 10;
        bench.card.iter_mut().for_each(|byte| *byte = !*byte);
        let next = Transfer {
            offset: 1000,
            card_address: 0x4003,
            ..Transfer::simple(300)
        };
        let (card, _) = bench.expect(&next, &table());
        assert_eq!(bench.run(&next).code, code::OK, "clock {clock}");
        bench.clocks(150);
        assert!(
            bench.card == card,
            "clock {clock}: only the next transfer wrote"
        );
        assert_eq!(
            bench.read(reg::QUARANTINE),
            0,
            "clock {clock}: no tag is lost"
        );
        bench.host.assert_quiet();
        if ended {
            println!("{name}: aborted in each of {clock} clocks, {aborted} times before the end");
            assert!(aborted > 20);
            return;
        }
    }
}

#[test]
fn abort_in_every_clock_of_a_read() {
    let prepare = |bench: &mut Bench| {
        bench.host.latency = 40;
        bench.host.split_all = true;
        bench.host.reorder = false;
    };
    abort_in_every_clock("read", &Transfer::simple(512), prepare, 0);
}

#[test]
fn abort_in_every_clock_of_a_write() {
    let transfer = Transfer {
        to_host: true,
        offset: 5,
        card_address: 9,
        ..Transfer::simple(512)
    };
    abort_in_every_clock("write", &transfer, |_| {}, 0);
}

#[test]
fn abort_in_every_clock_of_a_read_whose_answer_is_late() {
    let prepare = |bench: &mut Bench| {
        bench.host.latency = 40;
        bench.host.split_all = true;
        bench.host.reorder = false;
        bench.host.mischief = Some((1, Mischief::Late));
        bench.write(reg::TIMEOUT_CYCLES, 260);
    };
    abort_in_every_clock("late", &Transfer::simple(384), prepare, 1);
}

#[test]
fn answers_that_are_late_after_an_abort_are_counted_and_not_written() {
    let mut bench = bench();
    bench.host.latency = 5000;
    bench.host.boundary = 128;
    bench.submit(&Transfer::simple(1024));
    bench.clocks(300);
    bench.write(reg::CONTROL, bit::ABORT);
    let from = bench.now;
    let report = bench.wait();
    assert_eq!((report.code, report.bytes), (code::ABORTED, 0));
    assert!(bench.now - from < 2100, "it waits for one timeout at most");
    assert_eq!(bench.read(reg::QUARANTINE), 0xFF, "eight answers are owed");
    assert_eq!(bench.read(reg::TIMEOUTS), 8);
    bench.card.fill(0);
    // The next transfer runs with the other tags, while the old answers come.
    bench.host.reorder = true;
    bench.host.latency = 50;
    while bench.read(reg::LATE) == 0 {
        bench.run_and_compare_busy(&Transfer::simple(2000), &table());
    }
    bench.clocks(500);
    assert_eq!((bench.read(reg::LATE), bench.read(reg::UNEXPECTED)), (8, 0));
    assert_eq!(bench.read(reg::QUARANTINE), 0);
    works(&mut bench);
}

#[test]
fn without_credits_nothing_is_offered_and_an_abort_ends_at_once() {
    for to_host in [false, true] {
        let mut bench = bench();
        let transfer = Transfer {
            to_host,
            ..Transfer::simple(BYTES)
        };
        for ran in [0, 400] {
            bench.submit(&transfer);
            bench.clocks(ran);
            bench.uut.read_credit.next = to_host;
            bench.uut.write_credit.next = !to_host;
            // Long enough for the answers to what has left already.
            bench.clocks(1300);
            let requests = bench.read(reg::REQUESTS);
            for _ in 0..300 {
                bench.clock();
                assert!(!bench.uut.tx_valid.val(), "what is offered could be taken");
            }
            assert_eq!(bench.read(reg::REQUESTS), requests);
            assert_eq!(requests > 0, ran > 0);
            bench.write(reg::CONTROL, bit::ABORT);
            bench.clocks(60);
            assert!(
                !bench.busy(),
                "nothing was stuck: to_host {to_host}, after {ran}"
            );
            assert_eq!(bench.read(reg::RESULT), code::ABORTED);
            bench.uut.read_credit.next = true;
            bench.uut.write_credit.next = true;
        }
        works(&mut bench);
    }
}

#[test]
fn reads_without_credits_do_not_hold_writes_and_the_other_way_round() {
    for to_host in [false, true] {
        let mut bench = bench();
        bench.uut.read_credit.next = !to_host;
        bench.uut.write_credit.next = to_host;
        bench.run_and_compare(
            &Transfer {
                to_host,
                ..Transfer::simple(BYTES)
            },
            &table(),
        );
    }
}

#[test]
fn credits_that_never_come_time_the_transfer_out() {
    for to_host in [false, true] {
        let mut bench = bench();
        bench.uut.read_credit.next = false;
        bench.uut.write_credit.next = false;
        let from = bench.now;
        let report = bench.run(&Transfer {
            to_host,
            ..Transfer::simple(1024)
        });
        assert_eq!((report.code, report.bytes), (code::TIMEOUT, 0));
        assert!((2000..2200).contains(&(bench.now - from)));
        if !to_host {
            assert_eq!(report.fault, BASE, "the request that could not leave");
        }
        assert_eq!(bench.read(reg::TIMEOUTS), 0, "no request was lost");
        bench.uut.read_credit.next = true;
        bench.uut.write_credit.next = true;
        works(&mut bench);
    }
}

#[test]
fn credits_that_come_and_go_only_slow_a_transfer_down() {
    for seed in 0..6 {
        println!("seed {seed}");
        let mut rng = Rng::new(seed);
        let mut bench = bench();
        let transfer = Transfer {
            to_host: rng.percent(50),
            offset: rng.below(100),
            ..Transfer::simple(3000)
        };
        let (card, host) = bench.expect(&transfer, &table());
        bench.submit(&transfer);
        while bench.read(reg::COMPLETED) == 0 {
            bench.uut.read_credit.next = rng.percent(20);
            bench.uut.write_credit.next = rng.percent(20);
            bench.clocks(u64::from(rng.below(30)));
        }
        assert_eq!(bench.wait().code, code::OK);
        assert!(bench.card == card && bench.host.read_table(&table()) == host);
    }
}

/// Abort after a random time with everything random, then a transfer that must be right.
fn abort_anywhere(seed: u64, rounds: u32) {
    println!("seed {seed}");
    let mut rng = Rng::new(seed);
    let mut bench = Bench::new(seed);
    bench.write(reg::TIMEOUT_CYCLES, 5000);
    let mut aborted = 0;
    for round in 0..rounds {
        let elements = random_table(&mut rng, 3000, 1500);
        bench.set_sizes(rng.below(3), rng.below(4));
        bench.host.reorder = rng.percent(50);
        bench.host.latency = u64::from(rng.below(120));
        bench.host.jitter = rng.below(100);
        bench.stalls = Stalls {
            tx: rng.below(2) * 50,
            cpl: rng.below(2) * 50,
            memory: rng.below(2) * 50,
            latency: 1 + u64::from(rng.below(20)),
        };
        let generation = rng.below(0x1_0000);
        bench.set_slot(
            1,
            generation,
            bit::CARD_READ | bit::CARD_WRITE,
            rng.below(100),
            &elements,
        );
        let transfer = Transfer {
            slot: 1,
            generation,
            card_address: rng.below(5000),
            to_host: rng.percent(50),
            ..Transfer::simple(3000)
        };
        // Every byte of the destination differs from what it will become, so that bytes can be counted.
        let table = bench.host.read_table(&elements);
        for (at, byte) in table.iter().take(3000).enumerate() {
            bench.card[transfer.card_address as usize + at] = !byte;
        }
        let (new, new_table) = bench.expect(&transfer, &elements);
        let (old, old_table) = (bench.card.clone(), bench.host.read_table(&elements));
        bench.submit(&transfer);
        bench.clocks(u64::from(rng.below(2500)));
        bench.write(reg::CONTROL, bit::ABORT);
        let report = bench.wait();
        println!("round {round}: {transfer:?} -> {report:?}");
        assert!([code::OK, code::ABORTED].contains(&report.code));
        assert_old_or_new(&bench.card, &old, &new);
        assert_old_or_new(&bench.host.read_table(&elements), &old_table, &new_table);
        bench.host.assert_quiet();
        if report.code == code::ABORTED {
            aborted += 1;
        } else {
            assert_eq!(report.bytes, 3000);
        }
        let changed =
            |got: &[u8], old: &[u8]| (0..got.len()).filter(|&at| got[at] != old[at]).count() as u32;
        let moved = if transfer.to_host {
            changed(&bench.host.read_table(&elements), &old_table)
        } else {
            changed(&bench.card, &old)
        };
        assert_eq!(
            moved, report.bytes,
            "BYTES_DONE counts what was written, to the byte"
        );
        bench.run_and_compare(
            &Transfer {
                to_host: rng.percent(50),
                ..transfer
            },
            &elements,
        );
        bench.host.forbid(1);
    }
    assert!(
        aborted * 3 > rounds,
        "enough transfers were caught running: {aborted} of {rounds}"
    );
}

#[test]
fn abort_at_any_clock_leaves_a_usable_engine_1() {
    abort_anywhere(31, 36);
}

#[test]
fn abort_at_any_clock_leaves_a_usable_engine_2() {
    abort_anywhere(32, 20);
}

#[test]
fn completions_after_an_abort_are_not_written() {
    let mut bench = bench();
    bench.host.latency = 400;
    bench.submit(&Transfer::simple(BYTES));
    bench.clocks(100);
    let old = bench.card.clone();
    bench.write(reg::CONTROL, bit::ABORT);
    assert_eq!(bench.read(reg::STATUS), bit::BUSY | bit::DRAINING);
    let report = bench.wait();
    assert_eq!((report.code, report.bytes), (code::ABORTED, 0));
    assert!(bench.card == old);
    assert_eq!(
        bench.read(reg::UNEXPECTED),
        0,
        "answers while draining are expected ones"
    );
    works(&mut bench);
}

#[test]
fn abort_without_a_transfer_is_ignored() {
    let mut bench = bench();
    bench.write(reg::CONTROL, bit::ABORT);
    bench.clocks(10);
    assert_eq!(bench.read(reg::COMPLETED), 0);
    works(&mut bench);
}
