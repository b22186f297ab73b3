//! The endpoint at the TLP boundary: BAR accesses, errors, ordering, throughput.

mod pcie_bench;

use lumenport_hdl::elaborate;
use lumenport_hdl::pcie::{Endpoint, Identity, QUEUE_DEPTH, TxArbiter};
use lumenport_hdl::prelude::*;
use lumenport_hdl::testbench::{Rng, connected};
use pcie_bench::{BAR0, BAR2, Bench, CARD, ROOT, Stalls, completion, config, connect_inputs, emit};
use pcie_tlp::{
    CompletionHeader, CompletionStatus, Header, IoRequest, MemoryRequest, MessageHeader, Routing,
    Tlp,
};
use std::collections::VecDeque;

const NO_STALLS: Stalls = Stalls::all(0);
const MANY_STALLS: Stalls = Stalls::all(40);

/// Device status bits.
const CORRECTABLE: u32 = 1;
const NON_FATAL: u32 = 2;
const FATAL: u32 = 4;
const UNSUPPORTED: u32 = 8;

fn memory_at(address: u64) -> usize {
    (address - BAR0) as usize
}

// ---- card memory ----------------------------------------------------------------------------

#[test]
fn every_byte_range_of_a_short_write_lands_exactly() {
    let mut bench = Bench::new(NO_STALLS, 10);
    for start in 0..16u64 {
        for len in 1..=20usize {
            let base = BAR0 + 0x100;
            let area = memory_at(base)..memory_at(base) + 64;
            bench.memory[area.clone()].fill(0xEE);
            let bytes = bench.random_bytes(len);
            bench.write(base + start, &bytes);
            bench.settle();
            let mut expected = vec![0xEE; 64];
            expected[start as usize..start as usize + len].copy_from_slice(&bytes);
            assert_eq!(bench.memory[area], expected, "start {start}, length {len}");
        }
    }
}

#[test]
fn every_byte_enable_of_one_dw_is_honoured_and_answered() {
    let mut bench = Bench::new(NO_STALLS, 11);
    for first_be in 0..16u8 {
        for dw in 0..2u64 {
            let address = BAR0 + 0x40 + 4 * dw;
            let at = memory_at(address);
            bench.memory[at..at + 4].copy_from_slice(&[1, 2, 3, 4]);
            let request = MemoryRequest {
                requester: ROOT,
                tag: 5,
                address,
                length_dw: 1,
                first_be,
                last_be: 0,
            };
            bench.send_tlp(&Tlp::memory_write(request, &[0xA1A2_A3A4]));
            bench.settle();
            let expected: Vec<u8> = (0..4u8)
                .map(|lane| {
                    if first_be >> lane & 1 != 0 {
                        0xA1 + lane
                    } else {
                        1 + lane
                    }
                })
                .collect();
            assert_eq!(bench.memory[at..at + 4], expected);
            bench.send_tlp(&Tlp::memory_read(request));
            let (header, payload) = bench.receive_completion();
            assert_eq!(header.byte_count, request.byte_count(), "be {first_be:x}");
            assert_eq!(
                u64::from(header.lower_address),
                request.first_byte_address() & 0x7F,
                "be {first_be:x}"
            );
            assert_eq!(payload.len(), 1);
            if first_be != 0 {
                assert_eq!(payload[0].to_be_bytes(), *expected);
            }
        }
    }
}

#[test]
fn reads_of_every_length_return_memory_under_stalls() {
    for (seed, stalls) in [
        (20, NO_STALLS),
        (21, MANY_STALLS),
        (
            22,
            Stalls {
                tx: 80,
                ..MANY_STALLS
            },
        ),
    ] {
        let mut bench = Bench::new(stalls, seed);
        let bytes = bench.random_bytes(0x2000);
        bench.memory[..0x2000].copy_from_slice(&bytes);
        for dw in 1..=64usize {
            let start = u64::from(bench.below(0x1000 - 260));
            let len = dw * 4 - bench.below(4) as usize;
            let got = bench.read(BAR0 + start, len, 128);
            assert_eq!(
                got,
                bytes[start as usize..start as usize + len],
                "{start:#x} {len}"
            );
        }
    }
}

#[test]
fn completions_split_at_the_payload_limit_for_each_boundary_setting() {
    for supported in 0..=2u8 {
        for code in 0..=supported {
            for rcb in [0, 8] {
                let identity = Identity {
                    max_payload_supported: supported,
                    ..Identity::default()
                };
                let mut bench = Bench::unconfigured(&identity, NO_STALLS, 30);
                bench.config_write(0x10, BAR0 as u32, 0xF);
                bench.config_write(0x04, 0x2, 0x3);
                bench.config_write(0x68, u32::from(code) << 5, 0x1);
                bench.config_write(0x70, rcb, 0x1);
                let bytes = bench.random_bytes(0x1000);
                bench.memory[..0x1000].copy_from_slice(&bytes);
                for (start, len) in [
                    (0, 4096),
                    (1, 4095),
                    (0x7C, 8),
                    (0x3F, 130),
                    (0xF84, 124),
                    (0x104, 1024),
                ] {
                    let got = bench.read(BAR0 + start, len, 128 << code);
                    assert_eq!(got, bytes[start as usize..start as usize + len]);
                }
            }
        }
    }
}

#[test]
fn writes_up_to_the_payload_limit_are_taken_and_longer_ones_refused_whole() {
    for code in 0..=2u32 {
        let mut bench = Bench::new(NO_STALLS, 32);
        bench.config_write(0x68, code << 5, 0x1);
        let limit = 128usize << code;
        for len in [4, limit - 3, limit] {
            let bytes = bench.random_bytes(len);
            bench.memory[..0x1000].fill(0);
            bench.write(BAR0 + 0x400, &bytes);
            assert_eq!(bench.read(BAR0 + 0x400, len, limit as u16), bytes);
            assert_eq!(bench.take_device_status(), 0);
        }
        bench.memory[..0x1000].fill(0);
        bench.write(BAR0 + 0x400, &vec![0xAA; limit + 4]);
        bench.settle();
        assert!(bench.memory[..0x1000].iter().all(|byte| *byte == 0));
        assert_eq!(bench.take_device_status(), FATAL);
    }
}

#[test]
fn long_writes_with_sixty_four_bit_addresses_are_for_somebody_else() {
    let mut bench = Bench::new(NO_STALLS, 31);
    let request = MemoryRequest::bytes(ROOT, 3, 1 << 32 | BAR0, 64).unwrap();
    bench.send_tlp(&Tlp::memory_write(request, &[u32::MAX; 16]));
    bench.send_tlp(&Tlp::memory_read(request));
    assert_eq!(
        bench.receive_completion().0.status,
        CompletionStatus::UnsupportedRequest
    );
    assert!(bench.memory.iter().all(|byte| *byte == 0));
    assert_eq!(
        bench.take_device_status(),
        UNSUPPORTED | NON_FATAL | CORRECTABLE
    );
}

#[test]
fn four_dw_header_below_four_gib_reaches_the_bar() {
    // Not how a request may be sent, but the decoder must not look at header length alone.
    let mut bench = Bench::new(NO_STALLS, 32);
    bench.send(&[0x6000_0001, 0x0000_000F, 0, BAR0 as u32 + 8, 0x1122_3344]);
    bench.send(&[0x2000_0001, 0x0000_070F, 0, BAR0 as u32 + 8]);
    let (header, payload) = bench.receive_completion();
    assert_eq!((header.tag, header.lower_address), (7, 8));
    assert_eq!(payload, [0x1122_3344]);
}

#[test]
fn zero_length_write_changes_nothing_and_zero_length_read_flushes() {
    let mut bench = Bench::new(MANY_STALLS, 33);
    let bytes = bench.random_bytes(128);
    bench.write(BAR0 + 0x80, &bytes);
    let flush = |address| MemoryRequest {
        requester: ROOT,
        tag: 9,
        address,
        length_dw: 1,
        first_be: 0,
        last_be: 0,
    };
    bench.send_tlp(&Tlp::memory_write(flush(BAR0 + 0x80), &[u32::MAX]));
    bench.send_tlp(&Tlp::memory_write(flush(BAR2 + 0x102C), &[u32::MAX]));
    bench.send_tlp(&Tlp::memory_read(flush(BAR0 + 0xFC)));
    let (header, payload) = bench.receive_completion();
    assert_eq!(
        (header.byte_count, header.lower_address, payload.len()),
        (1, 0x7C, 1)
    );
    assert_eq!(
        bench.memory[0x80..0x100],
        bytes,
        "the flush came after the write"
    );
    assert!(bench.bus_writes.is_empty());
}

#[test]
fn read_sees_every_write_before_it() {
    for seed in 40..44 {
        let mut bench = Bench::new(
            Stalls {
                memory: 85,
                ..NO_STALLS
            },
            seed,
        );
        let mut asked = Vec::new();
        for round in 0..24u64 {
            let bytes = bench.random_bytes(16);
            bench.write(BAR0 + round * 16, &bytes);
            if round % 2 == 0 {
                asked.push((bench.ask(BAR0 + round * 16, 16), bytes));
            }
        }
        for (request, bytes) in asked {
            assert_eq!(bench.collect(&request, 128), bytes);
        }
    }
}

// ---- registers --------------------------------------------------------------------------------

#[test]
fn register_write_carries_value_and_byte_enables() {
    let mut bench = Bench::new(MANY_STALLS, 50);
    for first_be in 1..16u8 {
        bench.bus_writes.clear();
        let request = MemoryRequest {
            requester: ROOT,
            tag: 0,
            address: BAR2 + 0x1118,
            length_dw: 1,
            first_be,
            last_be: 0,
        };
        bench.send_tlp(&Tlp::memory_write(request, &[0x7856_3412]));
        bench.settle();
        let write = bench.bus_writes[0];
        assert_eq!(
            (write.address, write.value, write.be),
            (0x1118, 0x1234_5678, first_be)
        );
        assert_eq!(bench.bus_writes.len(), 1);
    }
}

#[test]
fn register_burst_becomes_one_write_a_dw() {
    for (seed, stalls) in [(51, NO_STALLS), (52, MANY_STALLS)] {
        let mut bench = Bench::new(stalls, seed);
        for len in 1..=32usize {
            bench.bus_writes.clear();
            let bytes = bench.random_bytes(len * 4);
            bench.write(BAR2 + 0x8000, &bytes);
            bench.settle();
            let expected: Vec<(u16, u32, u8)> = bytes
                .chunks(4)
                .enumerate()
                .map(|(i, b)| {
                    (
                        0x8000 + 4 * i as u16,
                        u32::from_le_bytes([b[0], b[1], b[2], b[3]]),
                        0xF,
                    )
                })
                .collect();
            let got: Vec<(u16, u32, u8)> = bench
                .bus_writes
                .iter()
                .map(|w| (w.address, w.value, w.be))
                .collect();
            assert_eq!(got, expected);
        }
    }
}

#[test]
fn registers_read_back_at_every_length_and_alignment() {
    for (seed, stalls) in [(53, NO_STALLS), (54, MANY_STALLS)] {
        let mut bench = Bench::new(stalls, seed);
        let bytes = bench.random_bytes(1024);
        for (index, b) in bytes.chunks(4).enumerate() {
            let value = u32::from_le_bytes([b[0], b[1], b[2], b[3]]);
            bench.registers.insert(0x3000 + 4 * index as u16, value);
        }
        for (start, len) in [
            (0usize, 1usize),
            (1, 2),
            (3, 1),
            (2, 4),
            (0, 8),
            (5, 100),
            (124, 8),
            (60, 300),
            (0, 1024),
        ] {
            let got = bench.read(BAR2 + 0x3000 + start as u64, len, 128);
            assert_eq!(got, bytes[start..start + len], "{start} {len}");
        }
    }
}

#[test]
fn writes_between_register_reads_do_not_disturb_them() {
    for seed in 55..59 {
        let mut bench = Bench::new(
            Stalls {
                rx: 30,
                ..NO_STALLS
            },
            seed,
        );
        for at in 0..16u16 {
            bench
                .registers
                .insert(0x2000 + 4 * at, 0x1111_0000 + u32::from(at));
        }
        let mut asked = Vec::new();
        for at in 0..16u64 {
            asked.push(bench.ask(BAR2 + 0x2000 + 4 * at, 4));
            for other in 0..8u64 {
                bench.write(
                    BAR2 + 0x4000 + 64 * at + 4 * other,
                    &[at as u8, other as u8, 0, 0],
                );
            }
        }
        for (at, request) in asked.iter().enumerate() {
            assert_eq!(
                bench.collect(request, 128),
                (0x1111_0000 + at as u32).to_le_bytes()
            );
        }
        bench.settle();
        assert_eq!(bench.bus_writes.len(), 128);
    }
}

// ---- what is not supported, broken or not ours ------------------------------------------------

#[test]
fn requests_to_nowhere_are_answered_with_unsupported() {
    let mut bench = Bench::new(NO_STALLS, 60);
    bench.take_device_status();
    let nowhere = MemoryRequest::bytes(ROOT, 1, 0x1000, 70).unwrap();
    let io = IoRequest {
        requester: ROOT,
        tag: 2,
        address: 0x3C0,
        first_be: 0xF,
    };
    let mut forwarded = config(3, CARD, 0, 0xF);
    forwarded.forwarded = true;
    let memory = emit(&Tlp::memory_read(
        MemoryRequest::bytes(ROOT, 4, BAR0, 4).unwrap(),
    ));
    // the same header as a locked read (type 1), as a fetch-and-add (type 12, one DW of data)
    let mut locked = memory.clone();
    locked[0] |= 0x0100_0000;
    let mut atomic = memory;
    atomic[0] |= 0x4C00_0000;
    atomic.push(1);
    let requests = [
        (emit(&Tlp::memory_read(nowhere)), 70, 0),
        (emit(&Tlp::new(Header::IoRead(io), &[])), 4, 0),
        (emit(&Tlp::new(Header::IoWrite(io), &[7])), 4, 0),
        (emit(&Tlp::new(Header::ConfigRead(forwarded), &[])), 4, 0),
        (emit(&Tlp::new(Header::ConfigWrite(forwarded), &[0])), 4, 0),
        (atomic, 4, 0),
    ];
    for (words, byte_count, lower_address) in requests {
        bench.send(&words);
        let (header, payload) = bench.receive_completion();
        assert_eq!(
            header.status,
            CompletionStatus::UnsupportedRequest,
            "{words:08x?}"
        );
        assert_eq!(u32::from(header.tag), words[1] >> 8 & 0xFF);
        assert_eq!(
            (header.byte_count, header.lower_address),
            (byte_count, lower_address)
        );
        assert!(payload.is_empty());
        assert_eq!(bench.take_device_status(), UNSUPPORTED | CORRECTABLE);
    }
    bench.send(&locked);
    let answer = bench.receive();
    assert_eq!(
        answer[0] >> 24,
        0x0B,
        "a locked read is refused by a locked completion"
    );
    assert_eq!(answer[1] >> 13 & 7, 1);
    assert_eq!(answer.len(), 3);
}

#[test]
fn memory_space_off_closes_both_windows() {
    let mut bench = Bench::new(NO_STALLS, 61);
    bench.config_write(0x04, 0x4, 0x1);
    bench.write(BAR0, &[1; 8]);
    bench.write(BAR2, &[1; 8]);
    for address in [BAR0, BAR2] {
        bench.ask(address, 4);
        assert_eq!(
            bench.receive_completion().0.status,
            CompletionStatus::UnsupportedRequest
        );
    }
    assert_eq!(bench.memory[0], 0);
    assert!(bench.bus_writes.is_empty());
    assert_eq!(
        bench.take_device_status(),
        UNSUPPORTED | NON_FATAL | CORRECTABLE
    );
}

#[test]
fn posted_write_to_nowhere_is_dropped_and_logged() {
    let mut bench = Bench::new(NO_STALLS, 62);
    bench.write(0x1000, &[1; 100]);
    bench.settle();
    assert_eq!(bench.take_device_status(), UNSUPPORTED | NON_FATAL);
    assert_eq!(bench.take_device_status(), 0, "ones clear");
}

#[test]
fn poisoned_writes_are_not_used() {
    let mut bench = Bench::new(NO_STALLS, 63);
    for address in [BAR0, BAR2 + 0x102C] {
        let mut words = emit(&Tlp::memory_write(
            MemoryRequest::bytes(ROOT, 0, address, 8).unwrap(),
            &[1, 2],
        ));
        words[0] |= 1 << 14;
        bench.send(&words);
        bench.settle();
        assert_eq!(bench.take_device_status(), NON_FATAL);
    }
    assert_eq!(bench.memory[..8], [0; 8]);
    assert!(bench.bus_writes.is_empty());
    let mut words = emit(&Tlp::new(
        Header::ConfigWrite(config(1, CARD, 0x50, 0xF)),
        &[u32::MAX],
    ));
    words[0] |= 1 << 14;
    bench.send(&words);
    assert_eq!(
        bench.receive_completion().0.status,
        CompletionStatus::UnsupportedRequest
    );
    assert_eq!(bench.config_read(0x50), 0);
    assert_eq!(bench.config_read(0x04) >> 31, 1, "detected parity error");
    bench.config_write(0x04, 1 << 31, 0x8);
    assert_eq!(bench.config_read(0x04) >> 31, 0);
}

#[test]
fn messages_are_dropped_and_only_strange_ones_logged() {
    let mut bench = Bench::new(NO_STALLS, 64);
    for (code, payload, logged) in [
        (0x50u8, vec![1u32], false),
        (0x00, vec![], false),
        (0x19, vec![], false),
        (0x41, vec![], false),
        (0x7F, vec![1, 2, 3], false),
        (0x7E, vec![], true),
        (0x20, vec![], true),
        (0x33, vec![5], true),
    ] {
        let header = MessageHeader {
            requester: ROOT,
            tag: 0,
            code,
            routing: Routing::Local,
            body: [0; 2],
        };
        bench.send_tlp(&Tlp::new(Header::Message(header), &payload));
        bench.settle();
        if code == 0x19 {
            assert_eq!(
                bench.receive(),
                [0x3500_0000, 0x0100_001B, 0, 0],
                "PME_Turn_Off is answered by PME_TO_Ack"
            );
        }
        let expected = if logged { UNSUPPORTED | NON_FATAL } else { 0 };
        assert_eq!(bench.take_device_status(), expected, "code {code:02x}");
    }
    assert!(bench.from_card.is_empty());
}

#[test]
fn malformed_packets_are_dropped_and_the_next_one_works() {
    let write = emit(&Tlp::memory_write(
        MemoryRequest::bytes(ROOT, 0, BAR0 + 0x200, 16).unwrap(),
        &[u32::MAX; 4],
    ));
    let read = emit(&Tlp::memory_read(
        MemoryRequest::bytes(ROOT, 1, BAR0, 16).unwrap(),
    ));
    let config_write = emit(&Tlp::new(
        Header::ConfigWrite(config(1, CARD, 0x50, 0xF)),
        &[5],
    ));
    let mut cases: Vec<(&str, Vec<u32>)> = vec![
        ("one DW", read[..1].to_vec()),
        ("two DWs", read[..2].to_vec()),
        ("read without address", read[..2].to_vec()),
        (
            "configuration write without data",
            config_write[..3].to_vec(),
        ),
        ("write without data", write[..3].to_vec()),
        ("unknown type", vec![0x1F00_0001, 0, 0]),
        ("prefix", vec![0x8000_0000, read[0], read[1], read[2]]),
    ];
    let mut long_read = read.clone();
    long_read.extend([0; 5]);
    cases.push(("read with a tail", long_read));
    let mut long_config = config_write.clone();
    long_config.push(0);
    cases.push(("configuration write with a tail", long_config));
    let mut across = read.clone();
    across[2] = BAR0 as u32 + 0xFF4;
    cases.push(("read across a page", across));
    let mut across = write.clone();
    across[2] = BAR0 as u32 + 0xFF4;
    cases.push(("write across a page", across));
    let mut huge = vec![0x4000_0021, 0xFF, BAR0 as u32 + 0x200];
    huge.extend([u32::MAX; 33]);
    cases.push(("write beyond the payload limit", huge));

    for (seed, stalls) in [(65, NO_STALLS), (66, MANY_STALLS)] {
        let mut bench = Bench::new(stalls, seed);
        for (name, words) in &cases {
            bench.send(words);
            bench.settle();
            assert!(
                bench.from_card.is_empty(),
                "{name}: nothing may be answered"
            );
            assert_eq!(bench.take_device_status(), FATAL, "{name}");
            assert_eq!(bench.memory[0x200..0x300], [0; 0x100], "{name}");
            bench.write(BAR0, b"still alive");
            assert_eq!(bench.read(BAR0, 11, 128), b"still alive", "{name}");
        }
        assert_eq!(
            bench.config_read(0x50),
            0,
            "malformed configuration writes did nothing"
        );
    }
}

#[test]
fn writes_with_a_wrong_length_are_logged_and_do_not_wedge() {
    let words = emit(&Tlp::memory_write(
        MemoryRequest::bytes(ROOT, 0, BAR0 + 0x200, 16).unwrap(),
        &[u32::MAX; 4],
    ));
    for address in [BAR0 + 0x200, BAR2 + 0x8000] {
        for len in [4, 5, 6, 8, 9, 20] {
            let mut bench = Bench::new(NO_STALLS, 67);
            let mut words = words.clone();
            words[2] = address as u32;
            words.resize(len, 0);
            bench.send(&words);
            bench.settle();
            assert_eq!(bench.take_device_status(), FATAL);
            assert_eq!(bench.memory[..0x300], [0; 0x300], "dropped whole");
            assert!(bench.bus_writes.is_empty());
            bench.write(BAR0, b"still alive");
            assert_eq!(bench.read(BAR0, 11, 128), b"still alive");
        }
    }
}

#[test]
fn digest_is_stripped() {
    let mut bench = Bench::new(MANY_STALLS, 68);
    let with_digest = |tlp: &Tlp| {
        let mut words = emit(tlp);
        words[0] |= 1 << 15;
        words.push(0xDEAD_BEEF);
        words
    };
    for len in 1..=16usize {
        bench.memory[0x40..0x60].fill(0);
        let bytes = bench.random_bytes(len);
        let request = MemoryRequest::bytes(ROOT, 4, BAR0 + 0x40, len).unwrap();
        let mut payload = vec![0; len.div_ceil(4)];
        pcie_tlp::payload::pack(&bytes, 0, &mut payload).unwrap();
        // bytes that are not enabled must not matter
        payload[len / 4..]
            .iter_mut()
            .for_each(|dw| *dw |= u32::MAX >> (8 * (len % 4)));
        bench.send(&with_digest(&Tlp::memory_write(request, &payload)));
        bench.send(&with_digest(&Tlp::memory_read(request)));
        assert_eq!(bench.collect(&request, 128), bytes);
        assert_eq!(bench.memory[0x40 + len..0x60], vec![0; 0x20 - len]);
        let cpl = completion_for(7, &payload);
        bench.send(&with_digest(&cpl));
        bench.run_until("completion", |bench| !bench.completions.is_empty());
        assert_eq!(
            bench.completions.pop_front().unwrap(),
            emit(&cpl),
            "as if it had no digest"
        );
    }
    bench.write(BAR2 + 0x2C, &[1, 2, 3, 4]);
    bench.settle();
    assert_eq!(bench.bus_writes.len(), 1);
    assert_eq!(bench.take_device_status(), 0);
}

// ---- completions for the DMA engine -------------------------------------------------------------

fn completion_for(tag: u8, payload: &[u32]) -> Tlp<'_> {
    let header = CompletionHeader {
        completer: ROOT,
        status: CompletionStatus::Successful,
        byte_count_modified: false,
        byte_count: (payload.len() * 4) as u16,
        requester: CARD,
        tag,
        lower_address: 0,
    };
    Tlp::completion(header, payload)
}

#[test]
fn completions_pass_unchanged_between_other_traffic() {
    for (seed, stalls) in [(70, NO_STALLS), (71, MANY_STALLS)] {
        let mut bench = Bench::new(stalls, seed);
        let mut expected = VecDeque::new();
        for round in 0..40u32 {
            let payload: Vec<u32> = (0..=bench.below(31)).map(|i| round << 16 | i).collect();
            let tlp = completion_for(round as u8 % 32, &payload);
            expected.push_back(emit(&tlp));
            bench.send_tlp(&tlp);
            bench.write(BAR0 + u64::from(round) * 8, &[round as u8; 8]);
            if round % 3 == 0 {
                bench.ask(BAR0, 64);
            }
        }
        bench.settle();
        bench.run_until("answers", |bench| bench.from_card.len() == 14);
        assert_eq!(bench.completions, expected);
        assert_eq!(bench.memory[39 * 8], 39);
    }
}

#[test]
fn completion_status_is_logged() {
    let mut bench = Bench::new(NO_STALLS, 72);
    for (status, bit) in [
        (CompletionStatus::UnsupportedRequest, 29),
        (CompletionStatus::Abort, 28),
    ] {
        let mut tlp = completion_for(1, &[]);
        if let Header::Completion(header) = &mut tlp.header {
            header.status = status;
            header.byte_count = 4;
        }
        bench.send_tlp(&tlp);
        bench.settle();
        assert_eq!(bench.config_read(0x04) & 0xFF00_0000, 1 << bit);
        bench.config_write(0x04, 1 << bit, 0xC);
        assert_eq!(bench.config_read(0x04) >> 24, 0);
    }
    let mut words = emit(&completion_for(1, &[1]));
    words[0] |= 1 << 14;
    bench.send(&words);
    bench.settle();
    assert_eq!(
        bench.config_read(0x04) >> 24,
        0x80,
        "parity error response is off"
    );
    assert_eq!(bench.take_device_status(), NON_FATAL);
}

#[test]
fn writes_and_completions_pass_a_blocked_transmit_side() {
    for seed in 80..83 {
        let mut bench = Bench::new(
            Stalls {
                rx: 20,
                ..NO_STALLS
            },
            seed,
        );
        bench.tx_blocked = true;
        let asked: Vec<MemoryRequest> = (0..QUEUE_DEPTH as u64)
            .map(|i| {
                bench.ask(
                    if i % 2 == 0 { BAR0 } else { BAR2 } + 4 * i,
                    4 + 4 * i as usize,
                )
            })
            .collect();
        for i in 0..20u64 {
            bench.write(BAR0 + 0x1000 + 8 * i, &[i as u8; 8]);
            bench.write(BAR2 + 0x8000 + 4 * i, &[i as u8; 4]);
            bench.send_tlp(&completion_for(i as u8, &[i as u32; 32]));
        }
        bench.settle();
        assert_eq!(bench.completions.len(), 20);
        assert_eq!(bench.bus_writes.len(), 20);
        assert_eq!(bench.memory[0x1000 + 8 * 19], 19);
        assert!(bench.from_card.is_empty());
        bench.tx_blocked = false;
        for request in asked {
            bench.collect(&request, 128);
        }
    }
}

#[test]
fn one_request_too_many_waits_and_is_not_lost() {
    let mut bench = Bench::new(NO_STALLS, 84);
    bench.tx_blocked = true;
    let asked: Vec<MemoryRequest> = (0..2 * QUEUE_DEPTH as u64)
        .map(|i| bench.ask(BAR0 + 4 * i, 4))
        .collect();
    for _ in 0..500 {
        bench.step();
    }
    bench.tx_blocked = false;
    for request in asked {
        bench.collect(&request, 128);
    }
    assert_eq!(bench.take_device_status(), FATAL, "receiver overflow");
}

#[test]
fn requests_at_every_distance_get_one_answer_each() {
    for gap in 0..24 {
        let mut bench = Bench::new(NO_STALLS, 85);
        let mut asked = Vec::new();
        for i in 0..12u64 {
            asked.push(bench.ask([BAR0, BAR2][i as usize % 2] + 4 * i, 4));
            bench.run_until("request taken", |bench| bench.rx.is_empty());
            for _ in 0..gap {
                bench.step();
            }
        }
        for request in &asked {
            bench.collect(request, 128);
        }
        bench.settle();
        assert!(
            bench.from_card.is_empty(),
            "an answer nobody asked for, gap {gap}"
        );
    }
}

#[test]
fn a_read_and_a_stream_of_writes_share_slow_memory() {
    let mut bench = Bench::new(
        Stalls {
            memory: 80,
            ..NO_STALLS
        },
        86,
    );
    bench.ask(BAR0, 256);
    for i in 0..200u64 {
        bench.write(BAR0 + 0x1000 + 128 * (i % 8), &[i as u8; 128]);
    }
    bench.run_until("answer", |bench| bench.from_card.len() == 2);
    assert!(bench.rx.len() > 100 * 35, "the read waited for the writes");
    assert!(bench.rx.len() < 198 * 35, "the writes waited for the read");
}

// ---- transmit arbiter ---------------------------------------------------------------------------

#[test]
fn packets_of_the_three_sources_never_mix() {
    for (seed, stalls) in [(90, NO_STALLS), (91, MANY_STALLS)] {
        let mut bench = Bench::new(stalls, seed);
        bench.config_write(0x48, 0x0001_0000, 0xC);
        let mut dma_sent = Vec::new();
        for i in 0..60u32 {
            let len = 3 + bench.below(30);
            let words: Vec<u32> = (0..len).map(|dw| 0xD000_0000 | i << 8 | dw).collect();
            bench.dma.extend(
                words
                    .iter()
                    .enumerate()
                    .map(|(at, w)| (*w, at + 1 == words.len())),
            );
            dma_sent.push(words);
        }
        let mut msi_sent = Vec::new();
        for i in 0..3u32 {
            let words: Vec<u32> = (0..4).map(|dw| 0xE000_0000 | i << 8 | dw).collect();
            bench
                .msi
                .extend(words.iter().enumerate().map(|(at, w)| (*w, at == 3)));
            msi_sent.push(words);
        }
        let asked: Vec<MemoryRequest> = (0..12).map(|i| bench.ask(BAR0 + 16 * i, 16)).collect();
        bench.run_until("everything", |bench| bench.from_card.len() == 60 + 3 + 12);
        let (mut dma, mut msi, mut answers) = (Vec::new(), Vec::new(), VecDeque::new());
        for words in std::mem::take(&mut bench.from_card) {
            match words[0] >> 28 {
                0xD => dma.push(words),
                0xE => msi.push(words),
                _ => answers.push_back(words),
            }
        }
        assert_eq!(dma, dma_sent);
        assert_eq!(msi, msi_sent);
        let tags: Vec<u8> = answers
            .iter()
            .map(|words| completion(words).0.tag)
            .collect();
        assert_eq!(
            tags,
            asked.iter().map(|request| request.tag).collect::<Vec<u8>>()
        );
    }
}

#[test]
fn completions_and_dma_take_turns() {
    let mut bench = Bench::new(NO_STALLS, 92);
    for i in 0..200u32 {
        bench
            .dma
            .extend([(i, false), (i, false), (0xD000_0000, true)]);
    }
    bench.ask(BAR0, 4);
    let start = bench.now;
    bench.run_until("answer", |bench| {
        bench.from_card.iter().any(|words| words[2] != 0xD000_0000)
    });
    let waited = bench.now - start;
    assert!(
        waited < 40,
        "an answer waits for at most one DMA packet, took {waited}"
    );
}

// ---- figures --------------------------------------------------------------------------------------

#[test]
fn receive_side_takes_one_dw_a_clock() {
    let mut bench = Bench::new(NO_STALLS, 100);
    let payload = [0x55; 32];
    for i in 0..50 {
        bench.send_tlp(&completion_for(i % 32, &payload));
    }
    let start = bench.now;
    bench.run_until("end", |bench| bench.rx.is_empty());
    assert_eq!(bench.now - start, 50 * 35, "completions of 128 bytes");

    for i in 0..50u64 {
        bench.write(BAR0 + 128 * i, &[i as u8; 128]);
    }
    let start = bench.now;
    bench.run_until("end", |bench| bench.rx.is_empty());
    assert_eq!(bench.now - start, 50 * 35, "memory writes of 128 bytes");

    for i in 0..50u64 {
        bench.write(BAR2 + 0x8000 + 16 * i, &[i as u8; 16]);
    }
    let start = bench.now;
    bench.run_until("end", |bench| bench.rx.is_empty());
    assert_eq!(bench.now - start, 50 * 7, "register writes of 16 bytes");
}

#[test]
fn read_latency_is_as_documented() {
    let mut bench = Bench::new(NO_STALLS, 101);
    let mut clocks = |address, len, what: &str, expected: u64| {
        bench.ask(address, len);
        bench.run_until("request taken", |bench| bench.rx.is_empty());
        let start = bench.now;
        bench.receive();
        assert_eq!(bench.now - start, expected, "{what}");
    };
    clocks(BAR2 + 0x1014, 4, "register read", 16);
    clocks(BAR2 + 0x1014, 8, "register read of two DWs", 22);
    clocks(BAR0 + 0x1014, 4, "memory read, latency 4", 18);
}

#[test]
fn long_memory_reads_leave_at_full_rate() {
    let mut bench = Bench::new(NO_STALLS, 102);
    bench.config_write(0x68, 1 << 5, 0x1);
    let request = bench.ask(BAR0, 4096);
    bench.run_until("request taken", |bench| bench.rx.is_empty());
    let start = bench.now;
    bench.run_until("all parts", |bench| bench.from_card.len() == 16);
    let clocks = bench.now - start;
    // 16 completions of 3 + 64 DWs and one clock of planning each, plus the first latency
    assert!(clocks <= 16 * 68 + 20, "took {clocks}");
    bench.collect(&request, 256);
}

// ---- everything at once -----------------------------------------------------------------------------

#[test]
fn random_traffic_keeps_memory_and_model_equal() {
    for seed in 110..116u64 {
        let mut choice = Rng::new(seed);
        let stalls = Stalls {
            rx: choice.below(60),
            tx: choice.below(60),
            cpl: choice.below(60),
            memory: choice.below(60),
        };
        let mut bench = Bench::new(stalls, seed);
        bench.memory_latency = 1 + u64::from(choice.below(12));
        let mut model = vec![0u8; 0x4000];
        let mut asked: VecDeque<(MemoryRequest, Vec<u8>)> = VecDeque::new();
        for _ in 0..200 {
            let start = choice.below(0x4000 - 128);
            // at most 32 DWs at any alignment
            let len = (1 + choice.below(125)).min(0x1000 - start % 0x1000) as usize;
            let range = start as usize..start as usize + len;
            if choice.percent(50) {
                let bytes = bench.random_bytes(len);
                model[range].copy_from_slice(&bytes);
                // reads still on the way may see the old or the new bytes: let them finish first
                while let Some((request, expected)) = asked.pop_front() {
                    assert_eq!(bench.collect(&request, 128), expected);
                }
                bench.write(BAR0 + u64::from(start), &bytes);
            } else if asked.len() < QUEUE_DEPTH {
                let request = bench.ask(BAR0 + u64::from(start), len);
                asked.push_back((request, model[range].to_vec()));
            }
            if choice.percent(20) {
                bench.send_tlp(&completion_for(1, &[7; 16]));
            }
        }
        while let Some((request, expected)) = asked.pop_front() {
            assert_eq!(bench.collect(&request, 128), expected);
        }
        bench.settle();
        let wrong = (0..0x4000).find(|at| bench.memory[*at] != model[*at]);
        assert_eq!(wrong, None, "first byte that differs");
        assert_eq!(bench.take_device_status(), 0);
    }
}

#[test]
fn endpoint_elaborates() {
    let mut uut = Endpoint::new(&Identity::default());
    connect_inputs(&mut uut);
    elaborate::check("pcie_endpoint", &connected(uut));
    let mut uut = TxArbiter::default();
    uut.clock.connect();
    uut.reset.connect();
    uut.cpl_data.connect();
    uut.cpl_last.connect();
    uut.cpl_valid.connect();
    uut.dma_data.connect();
    uut.dma_last.connect();
    uut.dma_valid.connect();
    uut.msi_data.connect();
    uut.msi_last.connect();
    uut.msi_valid.connect();
    uut.tx_ready.connect();
    uut.message_data.connect();
    uut.message_last.connect();
    uut.message_valid.connect();
    uut.credit_limit_posted.connect();
    uut.credit_limit_nonposted.connect();
    uut.credit_limit_completion.connect();
    uut.credit_infinite.connect();
    uut.max_payload.connect();
    uut.bus_master_enable.connect();
    uut.msi_enable.connect();
    elaborate::check("pcie_tx_arbiter", &connected(uut));
}
