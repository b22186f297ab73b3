//! Stray packets and messages.

use super::*;
use pcie_tlp::{MessageHeader, Routing};

#[test]
fn stray_packets_come_between_and_answers_stay_right() {
    let config = RootComplexConfig {
        noise_percent: 100,
        ..RootComplexConfig::hostile(7)
    };
    let mut bench = Bench::new(config);
    let (bus, mut strays, mut bytes) = (bench.bus, 0, Vec::new());
    bench.read(3, bus + 5, 500);
    for (_, words) in bench.receive(100_000) {
        let tlp = Tlp::parse(&words).expect("legal");
        match tlp.header {
            Header::Completion(header) if header.requester == CARD && header.tag == 3 => {
                let skew = usize::from(header.lower_address & 3);
                let start = bytes.len();
                let part = (tlp.payload.len() * 4 - skew).min(usize::from(header.byte_count));
                bytes.resize(start + part, 0);
                payload::unpack(tlp.payload, skew, &mut bytes[start..]);
            }
            _ => strays += 1,
        }
    }
    let expected: Vec<u8> = (5..505_usize).map(|i| (i ^ i >> 8) as u8).collect();
    assert_eq!(bytes, expected);
    assert_eq!(strays, 1);
    assert_eq!(bench.root.noise().total(), 1);
}

#[test]
fn messages_of_the_card_are_counted_and_wrong_ones_reported() {
    let mut bench = Bench::new(RootComplexConfig::default());
    let mut send = |code, routing| {
        let header = MessageHeader {
            requester: CARD,
            tag: 0,
            code,
            routing,
            body: [0, 0],
        };
        bench.send(&Tlp::new(Header::Message(header), &[]));
    };
    send(0x20, Routing::Local);
    send(0x30, Routing::ToRoot);
    send(0x41, Routing::Local);
    assert!(bench.root.messages().intx_level);
    assert_eq!(bench.root.messages().errors_correctable, 1);
    assert_eq!(
        bench.violations(),
        [ViolationKind::NoSuchMessage { code: 0x41 }]
    );
}
