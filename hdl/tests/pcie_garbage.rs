//! Garbage: nothing that a host sends may hang the card.

mod pcie_bench;

use lumenport_hdl::testbench::Rng;
use pcie_bench::{BAR0, BAR2, Bench, Stalls, emit};
use pcie_tlp::{MemoryRequest, Tlp};

/// TLPs of each run.
const PACKETS: u32 = 3_000;

/// One TLP: noise, or something that is nearly right.
fn garbage(rng: &mut Rng) -> Vec<u32> {
    const KINDS: [u32; 20] = [
        0x00, 0x20, 0x40, 0x60, 0x01, 0x21, 0x02, 0x42, 0x04, 0x44, 0x05, 0x45, 0x0A, 0x4A, 0x0B,
        0x4C, 0x30, 0x34, 0x74, 0x1F,
    ];
    let len = 1 + rng.below(12);
    if rng.percent(25) {
        return (0..len).map(|_| rng.next_u32()).collect();
    }
    let first = if rng.percent(10) {
        rng.next_u32() >> 24
    } else {
        KINDS[rng.below(KINDS.len() as u32) as usize]
    };
    let length = 1 + rng.below(9);
    let flags = if rng.percent(20) {
        rng.next_u32() & 0xFC00
    } else {
        0
    };
    let mut words = vec![first << 24 | flags | length, rng.next_u32()];
    if first >> 5 & 1 == 1 {
        words.push(if rng.percent(80) { 0 } else { rng.next_u32() });
    }
    let base = [BAR0 as u32, BAR2 as u32, 0x0100_0000, rng.next_u32()];
    words.push(base[rng.below(4) as usize] + (rng.below(0x2000) & !3));
    if first >> 6 & 1 == 1 {
        words.extend((0..length).map(|_| rng.next_u32()));
    }
    if flags & 0x8000 != 0 {
        words.push(rng.next_u32());
    }
    if rng.percent(20) {
        words.truncate(1 + rng.below(words.len() as u32) as usize);
    } else if rng.percent(10) {
        words.extend((0..len).map(|_| rng.next_u32()));
    }
    words
}

/// Puts everything back that a lucky configuration write may have changed, then uses both windows.
fn still_alive(bench: &mut Bench) {
    bench.stalls = Stalls::default();
    bench.settle();
    for _ in 0..3_000 {
        bench.step();
    }
    bench.from_card.clear();
    bench.completions.clear();
    bench.config_write(0x44, 0, 0xF);
    bench.config_write(0x10, BAR0 as u32, 0xF);
    bench.config_write(0x18, BAR2 as u32, 0xF);
    bench.config_write(0x04, 0x6, 0x3);
    bench.config_write(0x68, 0x2810, 0x3);
    bench.registers.insert(0x1014, 0x4C4D_5054);
    assert_eq!(bench.read(BAR2 + 0x1014, 4, 128), b"TPML");
    bench.write(BAR0 + 0x123, b"still alive");
    assert_eq!(bench.read(BAR0 + 0x123, 11, 128), b"still alive");
}

#[test]
fn thousands_of_garbage_packets_leave_the_card_working() {
    for seed in 500..504u64 {
        let mut rng = Rng::new(seed);
        let stalls = Stalls::all(if seed % 2 == 0 { 0 } else { 30 });
        let mut bench = Bench::new(stalls, seed);
        let mut answered = 0;
        for _ in 0..PACKETS {
            let words = garbage(&mut rng);
            bench.send(&words);
            bench.run_until("room on the receive side", |bench| bench.rx.len() < 64);
            for words in bench.from_card.drain(..) {
                // the parser does not know the refusal of a locked read
                if words[0] >> 24 != 0x0B {
                    Tlp::parse(&words).expect("the card sends legal packets only");
                }
                answered += 1;
            }
        }
        still_alive(&mut bench);
        println!("seed {seed}: {PACKETS} packets, {answered} answers");
        assert!(answered > PACKETS / 10, "some of it was answerable");
    }
}

#[test]
fn cut_and_stretched_writes_change_nothing() {
    let mut rng = Rng::new(510);
    let mut bench = Bench::new(Stalls::default(), 510);
    for _ in 0..PACKETS {
        let len = 5 + rng.below(100) as usize;
        let window = if rng.percent(50) { BAR0 } else { BAR2 + 0x8000 };
        let start = window + u64::from(rng.below(0x800));
        let request = MemoryRequest::bytes(pcie_bench::ROOT, 0, start, len).unwrap();
        let mut words = emit(&Tlp::memory_write(
            request,
            &vec![u32::MAX; usize::from(request.length_dw)],
        ));
        let whole = words.len();
        words.resize(1 + rng.below(whole as u32 + 8) as usize, u32::MAX);
        if words.len() == whole {
            words.push(0);
        }
        bench.send(&words);
        bench.run_until("room on the receive side", |bench| bench.rx.len() < 64);
    }
    bench.settle();
    assert!(bench.memory.iter().all(|byte| *byte == 0));
    assert!(bench.bus_writes.is_empty());
    assert!(bench.from_card.is_empty());
    still_alive(&mut bench);
}
