//! Clock domain crossings: random clock ratios, phases and stalls against plain queues.

use lumenport_hdl::cdc::{AsyncFifo64, BusHandshake, PulseCrossing, Synchroniser};
use lumenport_hdl::elaborate;
use lumenport_hdl::prelude::*;
use lumenport_hdl::testbench::{Rng, connected, settle};
use std::collections::VecDeque;

const ADDRESS_BITS: usize = 4;
const DEPTH_WORDS: usize = 1 << ADDRESS_BITS;
type Fifo = AsyncFifo64<ADDRESS_BITS, { ADDRESS_BITS + 1 }>;

/// Decides which of two clocks rises next: random periods between `fastest` and twice that.
struct TwoClocks {
    next: [u32; 2],
    period: [u32; 2],
}

impl TwoClocks {
    fn new(rng: &mut Rng) -> Self {
        let period = [1 + rng.below(12), 1 + rng.below(12)];
        Self {
            next: [rng.below(period[0]), rng.below(period[1])],
            period,
        }
    }

    /// Which clocks rise at the next instant; a period varies by one unit now and then.
    fn step(&mut self, rng: &mut Rng) -> [bool; 2] {
        let now = self.next[0].min(self.next[1]);
        let rise = self.next.map(|edge| edge == now);
        for ((next, period), rises) in self.next.iter_mut().zip(self.period).zip(rise) {
            *next -= now;
            if rises {
                *next = period + u32::from(rng.percent(20));
            }
        }
        rise
    }
}

fn connected_fifo() -> Fifo {
    let mut uut = Fifo::default();
    uut.write_clock.connect();
    uut.write_strobe.connect();
    uut.write_lo.connect();
    uut.write_hi.connect();
    uut.read_clock.connect();
    uut.read_strobe.connect();
    connected(uut)
}

#[test]
fn fifo_keeps_order_at_random_clock_ratios_and_rates() {
    for seed in 1..=30 {
        println!("seed {seed}");
        run_fifo(seed);
    }
}

fn run_fifo(seed: u64) {
    let mut rng = Rng::new(seed);
    let mut clocks = TwoClocks::new(&mut rng);
    let (write_percent, read_percent) = (10 + rng.below(91), 10 + rng.below(91));
    let mut uut = connected_fifo();
    let mut inside = VecDeque::new();
    let (mut written, mut read, mut highest) = (0_u32, 0_u32, 0);
    for _ in 0..3000 {
        let rise = clocks.step(&mut rng);
        if rise[0] {
            uut.write_clock.next = false.into();
            let strobe = rng.percent(write_percent);
            uut.write_strobe.next = strobe;
            uut.write_lo.next = u64::from(written).into();
            uut.write_hi.next = u64::from(!written).into();
        }
        if rise[1] {
            uut.read_clock.next = false.into();
            uut.read_strobe.next = rng.percent(read_percent);
        }
        settle(&mut uut);
        let level = uut.write_level.val().to_u32() as usize;
        assert!(
            level >= inside.len() && level <= DEPTH_WORDS,
            "the writer never sees too few"
        );
        if rise[1] && uut.read_valid.val() {
            let word = (uut.read_lo.val().to_u32(), uut.read_hi.val().to_u32());
            assert_eq!(
                Some(&word),
                inside.front(),
                "the oldest word stands at the output"
            );
            if uut.read_strobe.val() {
                inside.pop_front();
                read += 1;
            }
        }
        if rise[0] && uut.write_strobe.val() && level < DEPTH_WORDS {
            inside.push_back((written, !written));
            written += 1;
        }
        highest = highest.max(level);
        if rise[0] {
            uut.write_clock.next = true.into();
        }
        if rise[1] {
            uut.read_clock.next = true.into();
        }
        settle(&mut uut);
    }
    assert!(
        read > 50 && written - read == inside.len() as u32,
        "words moved, none lost"
    );
    println!("  written {written}, read {read}, highest level {highest}");
}

#[test]
fn fifo_fills_to_its_depth_and_drops_what_is_too_much() {
    let mut uut = connected_fifo();
    for word in 0..DEPTH_WORDS as u64 + 5 {
        uut.write_clock.next = false.into();
        uut.write_strobe.next = true;
        uut.write_lo.next = word.into();
        uut.write_hi.next = 0.into();
        settle(&mut uut);
        uut.write_clock.next = true.into();
        settle(&mut uut);
    }
    assert_eq!(uut.write_level.val().to_u32() as usize, DEPTH_WORDS);
    let mut seen = vec![];
    for _ in 0..DEPTH_WORDS + 10 {
        uut.read_clock.next = false.into();
        uut.read_strobe.next = true;
        settle(&mut uut);
        if uut.read_valid.val() {
            seen.push(uut.read_lo.val().to_u32());
        }
        uut.read_clock.next = true.into();
        settle(&mut uut);
    }
    assert_eq!(seen, (0..DEPTH_WORDS as u32).collect::<Vec<_>>());
}

#[test]
fn fifo_moves_a_word_every_clock_once_it_flows() {
    let mut uut = connected_fifo();
    let mut read = 0;
    for clock in 0..200_u64 {
        uut.write_clock.next = false.into();
        uut.read_clock.next = false.into();
        uut.write_strobe.next = true;
        uut.write_lo.next = clock.into();
        uut.write_hi.next = 0.into();
        uut.read_strobe.next = true;
        settle(&mut uut);
        read += u32::from(uut.read_valid.val());
        uut.write_clock.next = true.into();
        uut.read_clock.next = true.into();
        settle(&mut uut);
    }
    assert!(read >= 200 - 5, "{read} words in 200 clocks");
}

fn connected_pulse() -> PulseCrossing {
    let mut uut = PulseCrossing::default();
    uut.source_clock.connect();
    uut.source_strobe.connect();
    uut.destination_clock.connect();
    connected(uut)
}

#[test]
fn each_pulse_arrives_once_at_random_clock_ratios() {
    for seed in 101..=120 {
        println!("seed {seed}");
        let mut rng = Rng::new(seed);
        let mut clocks = TwoClocks::new(&mut rng);
        let mut uut = connected_pulse();
        let (mut sent, mut seen, mut quiet) = (0, 0, 0);
        for step in 0..4000 {
            let rise = clocks.step(&mut rng);
            if rise[0] {
                uut.source_clock.next = false.into();
                // Three destination clocks apart, as the block asks; none at the end of the run.
                let strobe = quiet > 4 && step < 3800 && rng.percent(30);
                uut.source_strobe.next = strobe;
                sent += u32::from(strobe);
                quiet = if strobe { 0 } else { quiet };
            }
            if rise[1] {
                uut.destination_clock.next = false.into();
            }
            settle(&mut uut);
            if rise[1] {
                quiet += 1;
                seen += u32::from(uut.destination_strobe.val());
            }
            if rise[0] {
                uut.source_clock.next = true.into();
            }
            if rise[1] {
                uut.destination_clock.next = true.into();
            }
            settle(&mut uut);
        }
        assert!(sent > 20);
        assert_eq!(sent, seen);
    }
}

fn connected_handshake() -> BusHandshake {
    let mut uut = BusHandshake::default();
    uut.source_clock.connect();
    uut.source_valid.connect();
    uut.source_word0.connect();
    uut.source_word1.connect();
    uut.source_word2.connect();
    uut.source_word3.connect();
    uut.destination_clock.connect();
    uut.destination_accept.connect();
    connected(uut)
}

#[test]
fn bundles_arrive_whole_and_in_order() {
    for seed in 201..=220 {
        println!("seed {seed}");
        run_handshake(seed);
    }
}

fn run_handshake(seed: u64) {
    let mut rng = Rng::new(seed);
    let mut clocks = TwoClocks::new(&mut rng);
    let accept_percent = 5 + rng.below(96);
    let mut uut = connected_handshake();
    let mut under_way = None;
    let (mut accepted, mut done) = (0, 0);
    for _ in 0..4000 {
        let rise = clocks.step(&mut rng);
        if rise[0] {
            uut.source_clock.next = false.into();
            // The words change at every clock: only those of the accepted offer may arrive.
            uut.source_valid.next = rng.percent(50);
            uut.source_word0.next = u64::from(rng.next_u32()).into();
            uut.source_word1.next = u64::from(rng.next_u32()).into();
            uut.source_word2.next = u64::from(rng.next_u32()).into();
            uut.source_word3.next = u64::from(rng.next_u32()).into();
        }
        if rise[1] {
            uut.destination_clock.next = false.into();
            uut.destination_accept.next = rng.percent(accept_percent);
        }
        settle(&mut uut);
        let words =
            [&uut.word0, &uut.word1, &uut.word2, &uut.word3].map(|word| word.val().to_u32());
        if rise[1] && uut.destination_valid.val() {
            assert_eq!(
                Some(words),
                under_way,
                "whole and stable while it is offered"
            );
            if uut.destination_accept.val() {
                accepted += 1;
            }
        }
        if rise[0] {
            if uut.source_done_strobe.val() {
                assert_eq!(Some(words), under_way, "readable by the source at done");
                done += 1;
                assert_eq!(done, accepted, "done follows acceptance");
            } else if uut.source_valid.val() && uut.source_ready.val() {
                assert_eq!(accepted, done);
                under_way = Some(
                    [
                        &uut.source_word0,
                        &uut.source_word1,
                        &uut.source_word2,
                        &uut.source_word3,
                    ]
                    .map(|word| word.val().to_u32()),
                );
            }
        }
        if rise[0] {
            uut.source_clock.next = true.into();
        }
        if rise[1] {
            uut.destination_clock.next = true.into();
        }
        settle(&mut uut);
    }
    assert!(done > 10, "{done} bundles");
}

fn connected_synchroniser() -> Synchroniser {
    let mut uut = Synchroniser::default();
    uut.clock.connect();
    uut.level_async.connect();
    connected(uut)
}

#[test]
fn level_arrives_after_two_edges() {
    let mut uut = connected_synchroniser();
    let mut seen = vec![];
    for clock in 0..8 {
        uut.clock.next = false.into();
        uut.level_async.next = (2..5).contains(&clock);
        settle(&mut uut);
        seen.push(uut.level.val());
        uut.clock.next = true.into();
        settle(&mut uut);
    }
    assert_eq!(seen, [false, false, false, false, true, true, true, false]);
}

#[test]
fn generated_verilog_elaborates() {
    elaborate::check("async_fifo", &connected_fifo());
    elaborate::check("pulse_crossing", &connected_pulse());
    elaborate::check("bus_handshake", &connected_handshake());
    elaborate::check("synchroniser", &connected_synchroniser());
}
