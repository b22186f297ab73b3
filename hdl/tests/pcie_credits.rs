//! Flow control credits in both directions, and the messages that the card sends.

mod pcie_bench;

use pcie_bench::{BAR0, Bench, Stalls, config, emit};
use pcie_tlp::{Header, Tlp};

const READ: [u32; 3] = [0x0000_0020, 0x0100_00FF, 0x1000];
const INFINITE: u64 = 0x3F;

/// A write of `dws` DWs by the DMA stub.
fn write(dws: u32) -> Vec<u32> {
    let mut words = vec![0x4000_0000 | dws, 0x0100_00FF, 0x2000];
    words.extend(0..dws);
    words
}

fn offer(bench: &mut Bench, words: &[u32]) {
    let last = words.len() - 1;
    let beats = words
        .iter()
        .enumerate()
        .map(|(at, word)| (*word, at == last));
    bench.dma.extend(beats);
}

fn rest(bench: &mut Bench) {
    for _ in 0..200 {
        bench.step();
    }
}

fn limit(headers: u64, data: u64) -> u64 {
    (headers & 0xFF) << 12 | data & 0xFFF
}

#[test]
fn reads_wait_for_credits_and_stop_nobody_else() {
    let mut bench = Bench::new(Stalls::default(), 300);
    bench.config_write(0x48, 0x0001_0000, 0xC);
    bench.uut.credit_infinite.next = (INFINITE & !4).into();
    offer(&mut bench, &READ);
    rest(&mut bench);
    assert!(bench.from_card.is_empty(), "no credit, no read");
    assert!(!bench.uut.dma_read_credit.val());
    bench.msi.extend([
        (0x4000_0001, false),
        (0xF, false),
        (0xFEE0_0000, false),
        (1, true),
    ]);
    bench.ask(BAR0, 4);
    bench.send(&[0x3300_0000, 0x19, 0, 0]); // PME_Turn_Off
    bench.run_until("message, interrupt and completion", |bench| {
        bench.from_card.len() == 3
    });
    rest(&mut bench);
    assert_eq!(bench.from_card.len(), 3, "the read still waits");
    bench.from_card.clear();
    bench.uut.credit_limit_nonposted.next = limit(1, 0).into();
    assert_eq!(bench.receive(), READ);
    offer(&mut bench, &READ);
    rest(&mut bench);
    assert!(bench.from_card.is_empty(), "one credit, one read");
}

#[test]
fn posted_data_is_counted_in_units_of_four_dws_and_counters_wrap() {
    let mut bench = Bench::new(Stalls::default(), 301);
    bench.uut.credit_infinite.next = (INFINITE & !3).into();
    let (mut headers, mut data) = (0u64, 0u64);
    for round in 0..600u32 {
        let dws = 1 + round % 32;
        let units = u64::from(dws.div_ceil(4));
        offer(&mut bench, &write(dws));
        // one data credit short, then one header short, then enough
        if round % 40 < 2 {
            bench.uut.credit_limit_posted.next = limit(headers + 1, data + units - 1).into();
            rest(&mut bench);
            assert!(
                bench.from_card.is_empty(),
                "data credit is missing, round {round}"
            );
            bench.uut.credit_limit_posted.next = limit(headers, data + units).into();
            rest(&mut bench);
            assert!(
                bench.from_card.is_empty(),
                "header credit is missing, round {round}"
            );
        }
        (headers, data) = (headers + 1, data + units);
        bench.uut.credit_limit_posted.next = limit(headers, data).into();
        assert_eq!(bench.receive(), write(dws), "round {round}");
    }
    assert!(headers > 256 && data > 2048, "the header counter wrapped");
}

#[test]
fn write_credit_asks_for_one_payload_of_the_size_in_force() {
    // device control's payload code, and its data credits
    for (code, units) in [(0u32, 8u64), (1, 16), (2, 32)] {
        let mut bench = Bench::new(Stalls::default(), 310);
        bench.config_write(0x68, code << 5 | 0x2010, 0x3);
        bench.uut.credit_infinite.next = (INFINITE & !3).into();
        for (headers, data, enough) in [
            (1, units, true),
            (1, units - 1, false),
            (0, units, false),
            (1, 2048, true),
        ] {
            bench.uut.credit_limit_posted.next = limit(headers, data).into();
            bench.step();
            let says = bench.uut.dma_write_credit.val();
            assert_eq!(says, enough, "code {code}: {headers} headers, {data} data");
        }
    }
}

#[test]
fn completions_wait_for_their_credits() {
    // answers to the configuration writes of the bench
    const BEFORE: u64 = 3;
    let mut bench = Bench::new(Stalls::default(), 302);
    bench.uut.credit_infinite.next = (INFINITE & !0x30).into();
    let request = bench.ask(BAR0, 64);
    bench.uut.credit_limit_completion.next = limit(BEFORE + 1, 3).into();
    rest(&mut bench);
    assert!(bench.from_card.is_empty(), "four data credits are needed");
    offer(&mut bench, &write(8));
    assert_eq!(bench.receive(), write(8), "a posted write passes");
    bench.uut.credit_limit_completion.next = limit(BEFORE + 1, 4).into();
    assert_eq!(bench.collect(&request, 128).len(), 64);
}

#[test]
fn credits_come_back_when_the_room_is_free() {
    let mut bench = Bench::new(Stalls::default(), 303);
    rest(&mut bench);
    let posted = |bench: &Bench| bench.uut.credit_allocated_posted.val().to_u32();
    let nonposted = |bench: &Bench| bench.uut.credit_allocated_nonposted.val().to_u32();
    let (first, asked) = (posted(&bench), nonposted(&bench));
    assert_eq!(first, 32 << 12 | 128);
    bench.write(BAR0, &[1; 40]);
    bench.settle();
    assert_eq!(
        posted(&bench),
        first + (1 << 12 | 3),
        "40 bytes are three units"
    );
    bench.tx_blocked = true;
    bench.ask(BAR0, 4);
    bench.settle();
    assert_eq!(nonposted(&bench), asked, "it still lies in the queue");
    bench.tx_blocked = false;
    bench.receive();
    rest(&mut bench);
    assert_eq!(nonposted(&bench), asked + (1 << 12));
    let mut write = emit(&Tlp::new(
        Header::ConfigWrite(config(1, pcie_bench::CARD, 0x3C, 1)),
        &[0],
    ));
    bench.send(&write);
    bench.receive();
    rest(&mut bench);
    assert_eq!(nonposted(&bench), asked + (2 << 12 | 1));
    // malformed: dropped before it reaches the queue
    write.push(0);
    bench.send(&write);
    bench.settle();
    assert_eq!(nonposted(&bench), asked + (3 << 12 | 2));
}

#[test]
fn inta_follows_level_disable_msi_and_power_state() {
    const ASSERT: [u32; 4] = [0x3400_0000, 0x0100_0020, 0, 0];
    const DEASSERT: [u32; 4] = [0x3400_0000, 0x0100_0024, 0, 0];
    let mut bench = Bench::new(Stalls::default(), 304);
    rest(&mut bench);
    assert!(bench.from_card.is_empty());
    bench.uut.intx_level.next = true;
    assert_eq!(bench.receive(), ASSERT);
    assert_eq!(bench.config_read(0x04) >> 19 & 1, 1, "interrupt status");
    // register, value that takes INTA away, value that gives it back
    for (offset, off, on, be) in [
        (0x04, 0x406, 0x006, 0x3),
        (0x48, 0x0001_0000, 0, 0xC),
        (0x44, 3, 0, 0x1),
    ] {
        let send = |bench: &mut Bench, value| {
            let request = config(3, pcie_bench::CARD, offset, be);
            bench.send_tlp(&Tlp::new(
                Header::ConfigWrite(request),
                &[u32::swap_bytes(value)],
            ));
            bench.run_until("answer and message", |bench| bench.from_card.len() == 2);
            let both: Vec<Vec<u32>> = bench.from_card.drain(..).collect();
            both.into_iter().find(|words| words[0] >> 24 == 0x34)
        };
        assert_eq!(send(&mut bench, off).unwrap(), DEASSERT, "{offset:#x}");
        assert_eq!(send(&mut bench, on).unwrap(), ASSERT, "{offset:#x}");
    }
    // bus mastering does not matter to messages
    bench.config_write(0x04, 0x2, 0x3);
    rest(&mut bench);
    assert!(bench.from_card.is_empty());
    bench.uut.intx_level.next = false;
    assert_eq!(bench.receive(), DEASSERT);
    assert_eq!(bench.config_read(0x04) >> 19 & 1, 0);
}
