//! Tests of the root complex against hand-made packets and a small card written in Rust.

use std::collections::VecDeque;
use std::ptr::NonNull;
use std::sync::Arc;

use pcie_tlp::{
    Attributes, CompletionHeader, CompletionSplit, CompletionStatus, FunctionId, Header,
    MemoryRequest, Tlp, payload,
};

use super::*;
use crate::host_memory::{HostMemory, HostMemoryConfig, PAGE_BYTES, PageAccess};

const CARD: FunctionId = FunctionId::new(1, 0, 0);

mod card;
mod hostile;
use card::FakeCard;

/// A root complex with bus mastering allowed, its memory, and one allocated page.
struct Bench {
    root: RootComplex,
    rx: VecDeque<RxBeat>,
    memory: Arc<HostMemory>,
    page: NonNull<u8>,
    bus: u64,
    cycle: u64,
}

impl Bench {
    fn new(config: RootComplexConfig) -> Self {
        let memory = HostMemory::new(HostMemoryConfig {
            pages: 16,
            ..Default::default()
        })
        .unwrap();
        let memory = Arc::new(memory);
        let page = memory.alloc_pages(1).unwrap();
        let image: Vec<u8> = (0..PAGE_BYTES).map(|i| (i ^ i >> 8) as u8).collect();
        memory.copy_in(page.as_ptr(), &image).unwrap();
        let bus = memory.bus_address(page.as_ptr()).unwrap();
        let mut root = RootComplex::new(config, Arc::<HostMemory>::clone(&memory)).unwrap();
        root.device.write_done(4, 6, 0xF);
        Self {
            root,
            rx: VecDeque::new(),
            memory,
            page,
            bus,
            cycle: 1_000,
        }
    }

    /// Sends a packet from the card that ends at the present clock, then moves on by ten.
    fn send(&mut self, tlp: &Tlp<'_>) {
        let mut words = vec![0; tlp.encoded_len()];
        tlp.emit(&mut words).unwrap();
        self.send_words(&words);
    }

    fn send_words(&mut self, words: &[u32]) {
        for (index, word) in words.iter().enumerate() {
            self.root.on_tx(self.cycle, *word, index + 1 == words.len());
        }
        self.cycle += 10;
    }

    fn read(&mut self, tag: u8, address: u64, len: usize) {
        let request = MemoryRequest::bytes(CARD, tag, address, len).unwrap();
        self.send(&Tlp::memory_read(request));
    }

    /// Everything that reaches the card within the next `cycles`, packet by packet, with the clock of its first word.
    fn receive(&mut self, cycles: u64) -> Vec<(u64, Vec<u32>)> {
        let end = self.cycle + cycles;
        while self.cycle < end {
            let step = self.root.pump(self.cycle, &mut self.rx);
            self.cycle = self.cycle.saturating_add(step).min(end);
        }
        self.root.pump(self.cycle, &mut self.rx);
        let mut packets = Vec::new();
        let mut words = Vec::new();
        let mut first = None;
        while let Some(beat) = self.rx.pop_front() {
            first.get_or_insert(beat.earliest_cycle);
            words.push(beat.data);
            if beat.last {
                packets.push((first.take().unwrap(), std::mem::take(&mut words)));
            }
        }
        packets
    }

    /// The kinds of violations so far, which are taken away.
    fn violations(&mut self) -> Vec<ViolationKind> {
        self.root
            .take_violations()
            .into_iter()
            .map(|violation| violation.kind)
            .collect()
    }

    /// Puts the pieces of a read together as a requester does, and returns header fields and bytes.
    fn collect(&mut self, tag: u8) -> (CompletionStatus, Vec<u8>) {
        let mut bytes = Vec::new();
        let mut status = CompletionStatus::Successful;
        for (_, words) in self.receive(100_000) {
            let tlp = Tlp::parse(&words).unwrap();
            let Header::Completion(header) = tlp.header else {
                panic!("{tlp:?}")
            };
            assert_eq!((header.requester, header.tag), (CARD, tag));
            status = header.status;
            let left = usize::from(header.byte_count);
            let skew = usize::from(header.lower_address & 3);
            let start = bytes.len();
            bytes.resize(
                start + (tlp.payload.len() * 4).saturating_sub(skew).min(left),
                0,
            );
            payload::unpack(tlp.payload, skew, &mut bytes[start..]);
        }
        (status, bytes)
    }
}

fn image(range: std::ops::Range<usize>) -> Vec<u8> {
    range.map(|i| (i ^ i >> 8) as u8).collect()
}

fn quick() -> RootComplexConfig {
    RootComplexConfig {
        latency_cycles: 0,
        ..RootComplexConfig::default()
    }
}

#[test]
fn reads_of_every_shape_bring_the_right_bytes() {
    for (split_on_all_rcb, boundary) in [(false, 64), (true, 64), (false, 128), (true, 128)] {
        let config = RootComplexConfig {
            split_on_all_rcb,
            read_completion_boundary_bytes: boundary,
            ..quick()
        };
        let mut bench = Bench::new(config);
        for (start, len) in [
            (0, 1),
            (3, 1),
            (1, 2),
            (60, 8),
            (63, 130),
            (128, 128),
            (5, 500),
            (3584, 512),
        ] {
            let address = bench.bus + start as u64;
            bench.read(7, address, len);
            let (status, bytes) = bench.collect(7);
            assert_eq!(status, CompletionStatus::Successful);
            assert_eq!(bytes, image(start..start + len), "{start} {len}");
        }
        assert_eq!(bench.violations(), []);
    }
}

#[test]
fn completions_obey_boundary_and_payload_limit() {
    let mut bench = Bench::new(RootComplexConfig {
        split_on_all_rcb: true,
        ..quick()
    });
    let address = bench.bus + 0x30;
    bench.read(0, address, 0x50);
    let packets = bench.receive(100);
    let shapes: Vec<(u32, u16, u8)> = packets
        .iter()
        .map(|(_, words)| {
            let tlp = Tlp::parse(words).unwrap();
            let Header::Completion(header) = tlp.header else {
                panic!()
            };
            (
                tlp.payload.len() as u32,
                header.byte_count,
                header.lower_address,
            )
        })
        .collect();
    assert_eq!(shapes, [(4, 0x50, 0x30), (16, 0x40, 0x40)]);
}

#[test]
fn latency_is_counted_from_the_last_word() {
    let mut bench = Bench::new(RootComplexConfig {
        latency_cycles: 62,
        ..RootComplexConfig::default()
    });
    let (sent_at, address) = (bench.cycle, bench.bus);
    bench.read(0, address, 64);
    assert_eq!(bench.receive(1_000)[0].0, sent_at + 1 + 62);
}

#[test]
fn length_of_runs_does_not_change_the_wire() {
    let run = |step: u64| {
        let config = RootComplexConfig {
            jitter_cycles: 40,
            latency_cycles: 30,
            ..RootComplexConfig::default()
        };
        let mut bench = Bench::new(config);
        let mut beats = Vec::new();
        for tag in 0..20 {
            let address = bench.bus + u64::from(tag) * 200;
            bench.read(tag, address, 190);
            // Between packets the loop may go round as often as it likes.
            let packet = bench.cycle;
            let mut at = packet - 10;
            while at < packet {
                at += bench.root.pump(at, &mut bench.rx).min(step);
            }
        }
        bench.root.pump(100_000, &mut bench.rx);
        beats.extend(bench.rx.drain(..));
        beats
    };
    let slow = run(1);
    assert_eq!(slow, run(7));
    assert_eq!(slow, run(u64::MAX));
}

#[test]
fn jitter_reorders_tags_but_never_the_parts_of_one() {
    let config = RootComplexConfig {
        jitter_cycles: 60,
        ..RootComplexConfig::default()
    };
    let mut bench = Bench::new(config);
    for tag in 0..16 {
        let address = bench.bus + u64::from(tag) * 256;
        bench.read(tag, address, 256);
    }
    let mut left = [256_u16; 16];
    let mut order = Vec::new();
    for (_, words) in bench.receive(10_000) {
        let tlp = Tlp::parse(&words).unwrap();
        let Header::Completion(header) = tlp.header else {
            panic!()
        };
        let left = &mut left[usize::from(header.tag)];
        assert_eq!(header.byte_count, *left);
        *left -= tlp.payload.len() as u16 * 4;
        order.push(header.tag);
    }
    assert_eq!(left, [0; 16]);
    assert!(!order.is_sorted(), "{order:?}");
}

#[test]
fn served_reads_are_limited() {
    let run = |max_in_service| {
        let config = RootComplexConfig {
            max_in_service,
            latency_cycles: 100,
            ..RootComplexConfig::default()
        };
        let mut bench = Bench::new(config);
        for tag in 0..4 {
            let address = bench.bus;
            bench.read(tag, address, 64);
        }
        bench.receive(10_000).last().unwrap().0
    };
    // Four at once end about one latency after the last request; one at a time takes four latencies.
    assert!(run(4) < 1_030 + 101 + 60);
    assert!(run(1) > 1_000 + 4 * 100);
}

#[test]
fn card_writes_land_with_byte_enables() {
    let mut bench = Bench::new(quick());
    let bus = bench.bus;
    for start in 0..5_usize {
        for len in 1..10_usize {
            let bytes: Vec<u8> = (0..len).map(|i| (0xA0 + start * 16 + i) as u8).collect();
            let request = MemoryRequest::bytes(CARD, 0, bus + 64 + start as u64, len).unwrap();
            let mut words = [0; 8];
            let used = payload::pack(&bytes, start & 3, &mut words).unwrap();
            bench
                .memory
                .copy_in(bench.page.as_ptr(), &image(0..256))
                .unwrap();
            bench.send(&Tlp::memory_write(request, &words[..used]));
            let mut got = vec![0; 256];
            bench
                .memory
                .copy_out(bench.page.as_ptr(), &mut got)
                .unwrap();
            let mut expected = image(0..256);
            expected[64 + start..64 + start + len].copy_from_slice(&bytes);
            assert_eq!(got, expected, "{start} {len}");
        }
    }
    assert_eq!(bench.violations(), []);
}

#[test]
fn write_with_holes_lands_only_where_enabled() {
    let mut bench = Bench::new(quick());
    let (requester, address) = (CARD, bench.bus + 8);
    let request = MemoryRequest {
        requester,
        tag: 0,
        address,
        length_dw: 2,
        first_be: 0b0101,
        last_be: 0b1001,
    };
    bench.send(&Tlp::memory_write(request, &[0xA1A2_A3A4, 0xB1B2_B3B4]));
    let mut got = [0; 8];
    bench
        .memory
        .copy_out(bench.page.as_ptr().wrapping_add(8), &mut got)
        .unwrap();
    assert_eq!(got, [0xA1, 9, 0xA3, 11, 0xB1, 13, 14, 0xB4]);
}

#[test]
fn reads_without_memory_are_unsupported_and_refused_ones_aborted() {
    let mut bench = Bench::new(quick());
    bench.read(1, 0x10, 8);
    assert_eq!(
        bench.collect(1),
        (CompletionStatus::UnsupportedRequest, vec![])
    );
    bench
        .memory
        .set_access(bench.page.as_ptr(), 1, PageAccess::None)
        .unwrap();
    let address = bench.bus;
    bench.read(2, address, 8);
    assert_eq!(bench.collect(2), (CompletionStatus::Abort, vec![]));
    assert_eq!(bench.root.stats().failed_reads, 2);
}

#[test]
fn zero_length_read_flushes() {
    let mut bench = Bench::new(quick());
    let mut request = MemoryRequest::bytes(CARD, 3, bench.bus, 4).unwrap();
    request.first_be = 0;
    bench.send(&Tlp::memory_read(request));
    let packets = bench.receive(100);
    let tlp = Tlp::parse(&packets[0].1).unwrap();
    let Header::Completion(header) = tlp.header else {
        panic!()
    };
    assert_eq!(
        (tlp.payload.len(), header.byte_count, header.lower_address),
        (1, 1, 0)
    );
}

#[test]
fn interrupts_are_kept_apart_from_memory_writes() {
    let mut bench = Bench::new(quick());
    let request = MemoryRequest::bytes(CARD, 0, 0xFEE0_1000, 4).unwrap();
    bench.send(&Tlp::memory_write(request, &[0x4100_0000]));
    let interrupt = bench.root.take_interrupt().unwrap();
    assert_eq!(
        (interrupt.address, interrupt.data, interrupt.cycle),
        (0xFEE0_1000, 0x41, 1_000)
    );
    assert_eq!(bench.root.take_interrupt(), None);
    assert_eq!(bench.root.stats().interrupts, 1);
    assert_eq!(bench.root.stats().dropped_writes, 0);
}

#[test]
fn each_injected_fault_shows_on_the_wire() {
    let outcome = |action| {
        let mut bench = Bench::new(quick());
        bench.root.inject(FaultRule {
            when: FaultWhen::Always,
            action,
            times: 1,
        });
        let address = bench.bus;
        bench.read(5, address, 256);
        let packets: Vec<_> = bench
            .receive(2_000)
            .into_iter()
            .map(|(cycle, words)| {
                let tlp = Tlp::parse(&words).unwrap();
                let Header::Completion(header) = tlp.header else {
                    panic!()
                };
                (cycle, header, tlp.attributes.poisoned)
            })
            .collect();
        assert_eq!(bench.root.stats().injected_faults, 1);
        packets
    };
    assert_eq!(
        outcome(FaultAction::UnsupportedRequest)[0].1.status,
        CompletionStatus::UnsupportedRequest
    );
    assert_eq!(
        outcome(FaultAction::CompleterAbort)[0].1.status,
        CompletionStatus::Abort
    );
    assert!(
        outcome(FaultAction::Poison)
            .iter()
            .all(|(_, _, poisoned)| *poisoned)
    );
    assert_eq!(outcome(FaultAction::Drop), []);
    assert_eq!(outcome(FaultAction::DropRest).len(), 1);
    assert_eq!(outcome(FaultAction::Delay(500))[0].0, 1_501);
    let duplicated = outcome(FaultAction::Duplicate);
    assert_eq!((duplicated.len(), duplicated[1].1), (3, duplicated[2].1));
    assert_eq!(outcome(FaultAction::ForeignTag(9))[0].1.tag, 9);
    assert_ne!(outcome(FaultAction::ForeignRequester)[0].1.requester, CARD);
    assert_eq!(outcome(FaultAction::ByteCount(4))[0].1.byte_count, 260);
    assert_eq!(
        outcome(FaultAction::LowerAddress(0x40))[0].1.lower_address,
        0x40
    );
}

#[test]
fn checker_sees_each_broken_rule_of_requests() {
    let mut bench = Bench::new(quick());
    let bus = bench.bus;
    bench.read(0, bus, 512);
    bench.read(0, bus, 4);
    assert_eq!(bench.violations(), [ViolationKind::TagInUse { tag: 0 }]);
    bench.receive(1_000);

    bench.read(1, bus, 516);
    assert_eq!(
        bench.violations(),
        [ViolationKind::ReadTooLong {
            bytes: 516,
            limit_bytes: 512
        }]
    );
    bench.read(32, bus, 4);
    assert_eq!(bench.violations(), [ViolationKind::TagTooLarge { tag: 32 }]);

    let stranger = FunctionId::new(2, 0, 0);
    bench.send(&Tlp::memory_read(
        MemoryRequest::bytes(stranger, 2, bus, 4).unwrap(),
    ));
    assert_eq!(
        bench.violations(),
        [ViolationKind::WrongRequester {
            got: stranger,
            expected: CARD
        }]
    );

    let long = MemoryRequest::bytes(CARD, 0, bus, 132).unwrap();
    bench.send(&Tlp::memory_write(long, &[0; 33]));
    assert_eq!(
        bench.violations(),
        [ViolationKind::PayloadTooLong {
            bytes: 132,
            limit_bytes: 128
        }]
    );

    bench.send(&Tlp::config_read(CARD, 0, CARD, 0));
    assert_eq!(
        bench.violations(),
        [ViolationKind::NotForEndpoint { name: "CfgRd0" }]
    );

    let mut classy = Tlp::memory_read(MemoryRequest::bytes(CARD, 4, bus, 4).unwrap());
    classy.attributes.traffic_class = 3;
    bench.send(&classy);
    assert_eq!(
        bench.violations(),
        [ViolationKind::TrafficClass { class: 3 }]
    );

    bench.send_words(&[0x0000_0002, 0x0100_05FF, bus as u32 & !0xFFF | 0xFFC]);
    assert!(matches!(
        bench.violations()[..],
        [ViolationKind::Malformed(TlpError::Crosses4K { .. })]
    ));
    assert_eq!(bench.root.stats().from_card.malformed, 1);

    bench.root.device.write_done(4, 2, 0xF);
    bench.read(6, bus, 4);
    assert_eq!(
        bench.violations(),
        [ViolationKind::BusMasterOff { name: "MRd" }]
    );
}

#[test]
fn packet_without_end_is_bounded() {
    let mut bench = Bench::new(quick());
    bench.send_words(&vec![0x4000_0001; 5_000]);
    assert!(bench.violations().contains(&ViolationKind::Endless));
}

#[test]
fn tag_is_free_again_once_its_last_completion_left() {
    let mut bench = Bench::new(quick());
    let bus = bench.bus;
    for _ in 0..5 {
        bench.read(9, bus, 256);
        bench.receive(200);
    }
    assert_eq!(bench.violations(), []);
    assert!(bench.root.is_idle());
}

/// A completion of the card for host tag 0.
fn completion(byte_count: u16, lower_address: u8, status: CompletionStatus) -> CompletionHeader {
    CompletionHeader {
        completer: CARD,
        status,
        byte_count_modified: false,
        byte_count,
        requester: FunctionId::default(),
        tag: 0,
        lower_address,
    }
}

#[test]
fn host_read_is_assembled_from_parts() {
    let mut bench = Bench::new(quick());
    let token = bench
        .root
        .memory_read(bench.cycle, 0xE000_0041, 200)
        .unwrap();
    let sent = bench.receive(10);
    let Header::MemoryRead(request) = Tlp::parse(&sent[0].1).unwrap().header else {
        panic!()
    };
    let source: Vec<u8> = (0..=255).collect();
    for part in CompletionSplit::new(&request, 128, 128).unwrap() {
        assert_eq!(bench.root.poll(bench.cycle, token), None);
        let start = usize::from(part.offset_dw) * 4;
        let mut words = vec![0; usize::from(part.length_dw)];
        payload::pack(&source[start..start + words.len() * 4], 0, &mut words);
        let header = completion(
            part.byte_count,
            part.lower_address,
            CompletionStatus::Successful,
        );
        bench.send(&Tlp::completion(header, &words));
    }
    assert_eq!(
        bench.root.poll(bench.cycle, token),
        Some(Ok(source[1..201].to_vec()))
    );
    assert_eq!(bench.violations(), []);
    assert_eq!(
        bench.root.poll(bench.cycle, token),
        Some(Err(RequestError::Unplugged))
    );
}

#[test]
fn host_read_notices_each_wrong_completion() {
    let outcome = |header: CompletionHeader, words: &[u32]| {
        let mut bench = Bench::new(quick());
        let token = bench.root.memory_read(bench.cycle, 0xE000_0004, 8).unwrap();
        bench.receive(10);
        bench.send(&Tlp::completion(header, words));
        (bench.root.poll(bench.cycle, token), bench.violations())
    };
    let good = completion(8, 4, CompletionStatus::Successful);
    assert_eq!(
        outcome(good, &[0x0102_0304, 0x0506_0708]),
        (Some(Ok(vec![1, 2, 3, 4, 5, 6, 7, 8])), vec![])
    );
    let wrong = |header, words: &[u32]| {
        let (answer, violations) = outcome(header, words);
        assert_eq!(answer, Some(Err(RequestError::BadCompletion)));
        let [ViolationKind::WrongCompletion { field, .. }] = violations[..] else {
            panic!("{violations:?}")
        };
        field
    };
    assert_eq!(
        wrong(
            CompletionHeader {
                byte_count: 4,
                ..good
            },
            &[0, 0]
        ),
        "byte count"
    );
    assert_eq!(
        wrong(
            CompletionHeader {
                lower_address: 0,
                ..good
            },
            &[0, 0]
        ),
        "lower address"
    );
    assert_eq!(wrong(good, &[0, 0, 0]), "payload in DW");
    assert_eq!(
        wrong(good, &[0]),
        "distance of the cut from a 128-byte boundary"
    );
    assert_eq!(wrong(good, &[]), "payload in DW");
    let unsupported = CompletionHeader {
        status: CompletionStatus::UnsupportedRequest,
        ..good
    };
    assert_eq!(
        outcome(unsupported, &[]),
        (Some(Err(RequestError::UnsupportedRequest)), vec![])
    );
    let stranger = CompletionHeader { tag: 5, ..good };
    let requester = FunctionId::default();
    let expected = ViolationKind::UnexpectedCompletion { requester, tag: 5 };
    assert_eq!(outcome(stranger, &[0, 0]), (None, vec![expected]));
}

#[test]
fn poisoned_answer_is_an_error() {
    let mut bench = Bench::new(quick());
    let token = bench.root.memory_read(bench.cycle, 0xE000_0000, 4).unwrap();
    bench.receive(10);
    let mut tlp = Tlp::completion(completion(4, 0, CompletionStatus::Successful), &[1]);
    tlp.attributes = Attributes {
        poisoned: true,
        ..Attributes::default()
    };
    bench.send(&tlp);
    assert_eq!(
        bench.root.poll(bench.cycle, token),
        Some(Err(RequestError::Poisoned))
    );
}

#[test]
fn silence_ends_in_a_timeout_and_pump_says_when() {
    let mut bench = Bench::new(RootComplexConfig {
        completion_timeout_cycles: 300,
        ..quick()
    });
    let start = bench.cycle;
    let token = bench.root.config_read(start, CARD, 0).unwrap();
    assert_eq!(bench.root.pump(start, &mut bench.rx), 300);
    assert_eq!(bench.root.poll(start + 299, token), None);
    let answer = bench.root.poll(start + 300, token).unwrap();
    assert_eq!(answer, Err(RequestError::Timeout { waited_cycles: 300 }));
    assert_eq!(value_or_ones(&answer), u32::MAX);
    assert_eq!(bench.root.stats().timeouts, 1);
}

#[test]
fn no_more_than_the_cards_credits_are_outstanding() {
    let mut bench = Bench::new(RootComplexConfig {
        max_outstanding: 4,
        ..quick()
    });
    for _ in 0..4 {
        bench.root.config_read(0, CARD, 0).unwrap();
    }
    assert_eq!(
        bench.root.config_read(0, CARD, 0),
        Err(RequestError::TooManyOutstanding { limit: 4 })
    );
    assert_eq!(bench.root.host_outstanding(), 4);
}

#[test]
fn illegal_host_requests_are_refused_before_a_tag_is_taken() {
    let mut bench = Bench::new(quick());
    assert!(matches!(
        bench.root.config_read(0, CARD, 2),
        Err(RequestError::Illegal(_))
    ));
    assert!(matches!(
        bench.root.config_read(0, CARD, 4096),
        Err(RequestError::Illegal(_))
    ));
    assert!(matches!(
        bench.root.config_write(0, CARD, 0, 0, 0x1F),
        Err(RequestError::Illegal(_))
    ));
    assert!(matches!(
        bench.root.memory_read(0, 0xE000_0FFF, 2),
        Err(RequestError::Illegal(_))
    ));
    assert!(matches!(
        bench.root.memory_read(0, 0xE000_0000, 0),
        Err(RequestError::Illegal(_))
    ));
    assert_eq!(bench.root.host_outstanding(), 0);
}

#[test]
fn host_writes_are_combined_up_to_the_burst() {
    let shapes = |write_burst_bytes| {
        let mut bench = Bench::new(RootComplexConfig {
            write_burst_bytes,
            ..quick()
        });
        let bytes: Vec<u8> = (0..130).collect();
        bench.root.memory_write(bench.cycle, 0xE000_003E, &bytes);
        let mut back = Vec::new();
        let packets = bench.receive(1_000);
        for (_, words) in &packets {
            let tlp = Tlp::parse(words).unwrap();
            let Header::MemoryWrite(request) = tlp.header else {
                panic!()
            };
            let start = back.len();
            assert_eq!(request.first_byte_address(), 0xE000_003E + start as u64);
            back.resize(start + usize::from(request.byte_count()), 0);
            payload::unpack(
                tlp.payload,
                request.first_byte_address() as usize & 3,
                &mut back[start..],
            );
        }
        assert_eq!(back, bytes);
        packets.len()
    };
    assert_eq!(
        (shapes(4), shapes(8), shapes(64), shapes(128)),
        (33, 17, 3, 2)
    );
}

#[test]
fn completions_do_not_pass_earlier_writes() {
    let mut bench = Bench::new(RootComplexConfig {
        latency_cycles: 5,
        ..RootComplexConfig::default()
    });
    bench.root.memory_write(bench.cycle, 0xE000_0000, &[0; 64]);
    let address = bench.bus;
    bench.read(0, address, 4);
    let kinds: Vec<_> = bench
        .receive(100)
        .iter()
        .map(|(_, words)| Tlp::parse(words).unwrap().kind().short_name())
        .collect();
    assert_eq!(kinds, ["MWr", "CplD"]);
}

#[test]
fn unplugged_card_costs_a_bounded_time() {
    let mut bench = Bench::new(RootComplexConfig {
        unplug_detect_cycles: 50,
        ..quick()
    });
    let start = bench.cycle;
    let waiting = bench.root.config_read(start, CARD, 0).unwrap();
    bench.root.unplug(start);
    let later = bench.root.memory_read(start + 10, 0xE000_0000, 4).unwrap();
    assert_eq!(bench.root.poll(start + 49, waiting), None);
    assert_eq!(
        bench.root.poll(start + 50, waiting),
        Some(Err(RequestError::Unplugged))
    );
    let answer = bench.root.poll(start + 60, later).unwrap();
    assert_eq!(value_or_ones(&answer), u32::MAX);
    bench
        .root
        .memory_write(start + 60, 0xE000_0000, &[1, 2, 3, 4]);
    let address = bench.bus;
    bench.read(0, address, 4);
    assert!(bench.receive(1_000).is_empty());
    assert_eq!(bench.violations(), []);
}

#[test]
fn traffic_is_counted_and_traced() {
    let mut bench = Bench::new(quick());
    bench.root.set_trace(true);
    let address = bench.bus;
    bench.read(0, address, 256);
    bench.receive(200);
    let stats = *bench.root.stats();
    assert_eq!(
        (stats.from_card.memory_reads, stats.from_card.words_dw),
        (1, 3 + (address >> 32 != 0) as u64)
    );
    assert_eq!(
        (
            stats.to_card.completions_with_data,
            stats.to_card.completion_payload_bytes
        ),
        (2, 256)
    );
    let trace = bench.root.take_trace();
    let directions: Vec<bool> = trace.iter().map(|packet| packet.to_card).collect();
    assert_eq!(directions, [false, true, true]);
    bench.root.reset_stats();
    assert_eq!(bench.root.stats().to_card.packets(), 0);
}

#[test]
fn settings_out_of_range_are_refused() {
    let memory = Arc::new(
        HostMemory::new(HostMemoryConfig {
            pages: 1,
            ..Default::default()
        })
        .unwrap(),
    );
    for config in [
        RootComplexConfig {
            read_completion_boundary_bytes: 32,
            ..quick()
        },
        RootComplexConfig {
            max_payload_bytes: 64,
            ..quick()
        },
        RootComplexConfig {
            write_burst_bytes: 3,
            ..quick()
        },
        RootComplexConfig {
            max_in_service: 0,
            ..quick()
        },
        RootComplexConfig {
            max_outstanding: 33,
            ..quick()
        },
    ] {
        assert!(RootComplex::new(config, memory.clone()).is_err());
    }
}

#[test]
fn enumeration_sizes_places_and_enables() {
    let mut card = FakeCard::new();
    let found = enumerate(&mut card, CARD, &Windows::default()).unwrap();
    assert_eq!(
        (
            found.vendor_id,
            found.device_id,
            found.class,
            found.revision
        ),
        (0x1234, 0x1111, 0x03_8000, 2)
    );
    let bars: Vec<_> = found
        .bars
        .iter()
        .map(|bar| (bar.index, bar.kind, bar.size_bytes, bar.prefetchable))
        .collect();
    assert_eq!(
        bars,
        [
            (0, BarKind::Memory32, 4 << 20, true),
            (2, BarKind::Memory32, 64 << 10, false)
        ]
    );
    let (memory, registers) = (found.bar(0).unwrap(), found.bar(2).unwrap());
    assert!(
        memory.address.is_multiple_of(memory.size_bytes)
            && registers.address.is_multiple_of(registers.size_bytes)
    );
    assert!(registers.address >= memory.address + memory.size_bytes);
    assert_eq!(found.capabilities, [(1, 0x40), (5, 0x48), (0x10, 0x58)]);
    assert_eq!(card.register(4) & 6, 2);

    found.set_bus_master(&mut card, true).unwrap();
    found
        .enable_msi(
            &mut card,
            MsiTarget {
                address: 0xFEE0_0000,
                data: 0x40,
            },
        )
        .unwrap();
    assert_eq!(card.register(4) & 6, 6);
    assert_eq!(
        (card.register(0x4C), card.register(0x54)),
        (0xFEE0_0000, 0x40)
    );
    // What the root complex learnt by listening agrees, so an interrupt passes and a wrong one does not.
    let request = MemoryRequest::bytes(CARD, 0, 0xFEE0_0000, 4).unwrap();
    card.send(&Tlp::memory_write(request, &[0x4000_0000]));
    assert_eq!(card.root.violations(), []);
    card.send(&Tlp::memory_write(request, &[0x4100_0000]));
    assert_eq!(card.root.violation_count(), 1);
    assert_eq!(card.root.stats().interrupts, 2);
}

#[test]
fn enumeration_reports_an_empty_slot() {
    let mut card = FakeCard::new();
    card.root.unplug(0);
    assert!(matches!(
        enumerate(&mut card, CARD, &Windows::default()),
        Err(EnumerateError::Access { offset: 0, .. })
    ));
    let mut card = FakeCard::new();
    assert!(matches!(
        enumerate(&mut card, FunctionId::new(1, 1, 0), &Windows::default()),
        Err(EnumerateError::Access {
            source: RequestError::UnsupportedRequest,
            ..
        })
    ));
}

#[test]
fn enumeration_reports_a_window_that_is_too_small() {
    let mut card = FakeCard::new();
    let windows = Windows {
        low: (0xE000_0000, 0xE001_0000),
        ..Windows::default()
    };
    assert_eq!(
        enumerate(&mut card, CARD, &windows).unwrap_err(),
        EnumerateError::Bar {
            index: 0,
            size_bytes: 4 << 20
        }
    );
}
