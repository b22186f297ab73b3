//! Traffic that a card must bear without harm: what a hostile but legal neighbourhood sends it.
//!
//! Nothing here may change what software sees. Completions for nobody must be dropped and never written, requests to nowhere must be
//! answered or dropped, messages that do not concern the card must be ignored (sections 2.2.8, 2.3.1, 2.3.2 of the base specification).

use pcie_tlp::{
    CompletionHeader, CompletionStatus, FunctionId, Header, MemoryRequest, MessageHeader, Routing,
    Tlp,
};

use crate::random::Random;

/// First tag that a card without extended tags never uses.
const UNUSED_TAGS: u8 = 32;
/// No 32-bit BAR is up there.
const NOWHERE: u64 = 0x00DE_AD00_0000_0000;
/// Fills payloads, so that using them shows.
const FILL: u32 = 0xBAD0_BAD0;
/// Longest payload of a stray packet, in DW: the smallest payload limit there is.
const PAYLOAD_MAX_DW: u64 = 32;

/// Stray packets sent so far, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoiseCount {
    /// Completions in the name of another requester.
    pub foreign_completions: u64,
    /// Completions for a tag that the card never uses.
    pub unused_tags: u64,
    /// Messages of which the card has no use.
    pub messages: u64,
    /// Posted writes to an address that no BAR claims.
    pub writes_to_nowhere: u64,
}

impl NoiseCount {
    /// All kinds together.
    pub fn total(&self) -> u64 {
        self.foreign_completions + self.unused_tags + self.messages + self.writes_to_nowhere
    }
}

/// Makes stray packets.
pub(super) struct Noise {
    percent: u8,
    random: Random,
    pub(super) count: NoiseCount,
}

impl Noise {
    pub(super) fn new(percent: u8, seed: u64) -> Self {
        Self {
            percent,
            random: Random::new(seed ^ 0x4E01_5E00),
            count: NoiseCount::default(),
        }
    }

    /// A stray packet, in as many of a hundred calls as was asked for.
    pub(super) fn next(&mut self, host: FunctionId, card: FunctionId) -> Option<Vec<u32>> {
        if !self.random.percent(self.percent) {
            return None;
        }
        let payload_dw = 1 + self.random.below(PAYLOAD_MAX_DW) as usize;
        let payload = [FILL; PAYLOAD_MAX_DW as usize];
        let payload = &payload[..payload_dw];
        let tlp = match self.random.below(4) {
            0 => {
                self.count.foreign_completions += 1;
                let other = FunctionId::from_bits(card.bits() ^ 0x0100);
                let tag = self.random.below(u64::from(UNUSED_TAGS)) as u8;
                Tlp::completion(stray(host, other, tag, payload_dw), payload)
            }
            1 => {
                self.count.unused_tags += 1;
                let tag = UNUSED_TAGS + self.random.below(256 - u64::from(UNUSED_TAGS)) as u8;
                Tlp::completion(stray(host, card, tag, payload_dw), payload)
            }
            2 => {
                self.count.messages += 1;
                let (code, routing, with_data) = self.message();
                let header = MessageHeader {
                    requester: host,
                    tag: 0,
                    code,
                    routing,
                    body: [FILL, FILL],
                };
                Tlp::new(
                    Header::Message(header),
                    if with_data { &payload[..1] } else { &[] },
                )
            }
            _ => {
                self.count.writes_to_nowhere += 1;
                let address = NOWHERE | self.random.below(32) << 7;
                let Ok(request) = MemoryRequest::bytes(host, 0, address, payload_dw * 4) else {
                    unreachable!("128 bytes from a multiple of 128 stay in their block")
                };
                Tlp::memory_write(request, payload)
            }
        };
        let mut words = vec![0; tlp.encoded_len()];
        match tlp.emit(&mut words) {
            Ok(_) => Some(words),
            Err(error) => unreachable!("own stray packet is illegal: {error}"),
        }
    }

    /// Code, routing and payload of a message that must leave no trace but, for the first kind, a logged unsupported request.
    fn message(&mut self) -> (u8, Routing, bool) {
        let kinds = [
            (0x7E, Routing::Local, false), // vendor defined type 0
            (0x7F, Routing::Local, true),  // vendor defined type 1
            (0x7F, Routing::Broadcast, false),
            (0x50, Routing::Local, true),      // Set_Slot_Power_Limit
            (0x00, Routing::Broadcast, false), // Unlock
            (0x40, Routing::Local, false),     // attention indicator off (revision 1.0a)
            (0x48, Routing::Local, false),     // attention button pressed (revision 1.0a)
        ];
        kinds[self.random.below(kinds.len() as u64) as usize]
    }
}

/// Header of a completion that looks like a whole answer.
fn stray(host: FunctionId, requester: FunctionId, tag: u8, payload_dw: usize) -> CompletionHeader {
    CompletionHeader {
        completer: host,
        status: CompletionStatus::Successful,
        byte_count_modified: false,
        byte_count: payload_dw as u16 * 4,
        requester,
        tag,
        lower_address: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: FunctionId = FunctionId::new(0, 0, 0);
    const CARD: FunctionId = FunctionId::new(1, 0, 0);

    #[test]
    fn every_kind_comes_and_every_packet_is_legal() {
        let mut noise = Noise::new(100, 1);
        for _ in 0..1_000 {
            let words = noise.next(HOST, CARD).expect("always");
            let tlp = Tlp::parse(&words).expect("legal");
            if let Header::Completion(header) = tlp.header {
                let hits = header.requester == CARD && header.tag < UNUSED_TAGS;
                assert!(!hits, "{header:?} could be taken for an answer");
            }
        }
        let count = noise.count;
        assert_eq!(count.total(), 1_000);
        for kind in [
            count.foreign_completions,
            count.unused_tags,
            count.messages,
            count.writes_to_nowhere,
        ] {
            assert!(kind > 100, "{count:?}");
        }
    }

    #[test]
    fn none_was_asked_for_none_comes() {
        let mut noise = Noise::new(0, 1);
        assert!((0..1_000).all(|_| noise.next(HOST, CARD).is_none()));
    }
}
