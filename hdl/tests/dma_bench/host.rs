//! Host model: memory, a completer that splits, delays and reorders, and checks on every request.

use super::REQUESTER_ID;
use super::bit;
use lumenport_hdl::testbench::Rng;
use std::collections::{HashMap, VecDeque};

const PAGE: u64 = 4096;

/// What to do to the answer of one read request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mischief {
    /// Completion without data and with this status.
    Status(u32),
    /// No answer at all.
    Silence,
    /// No answer; it is put aside in `withheld`.
    Late,
    /// First part has the EP (poisoned) bit.
    Poison,
    /// First part's Byte Count is off by one.
    ByteCount,
    /// First part's Lower Address is off by four.
    LowerAddress,
    /// Another requester's id.
    Requester,
    /// A tag that is not outstanding.
    Tag,
    /// The right tag plus 64: only its low bits are outstanding.
    HighTag,
    /// Successful completion without data.
    NoData,
    /// A header that announces data, and no data.
    HeaderOnly,
    /// One DW more than was asked for, in header and payload.
    TooLong,
    /// Payload one DW shorter than the header says.
    CutShort,
    /// First part has the EP bit, and its payload is one DW short.
    PoisonCutShort,
    /// Every part is sent twice.
    Twice,
    /// The last DW of the part is missing, in header and payload, and nothing follows.
    ShortLast,
    /// The part is split at 32 bytes: not a read completion boundary.
    Boundary,
    /// Traffic class 1.
    TrafficClass,
    /// The No Snoop attribute.
    NoSnoop,
}

/// How answers that are due take turns, part by part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// In the order of the requests, or at random with `reorder`.
    Due,
    /// The youngest request first: tags overtake each other.
    Reversed,
    /// One part of each request in turn: parts of different tags interleave.
    RoundRobin,
}

struct Answer {
    due: u64,
    tag: u8,
    parts: VecDeque<Vec<u32>>,
}

/// Host memory behind a root port.
pub struct Host {
    pages: HashMap<u64, Vec<u8>>,
    rng: Rng,
    allowed: Vec<(u32, u32, u64, u64)>,
    answers: Vec<Answer>,
    incoming: Vec<u32>,
    tags_in_use: u32,
    turn: usize,
    /// Tag whose last completion is being sent.
    closing: Option<u8>,
    /// Limits that every request is checked against.
    pub max_payload: u32,
    pub max_read_request: u32,
    /// Read completion boundary: 64 or 128.
    pub boundary: u32,
    /// Split at every boundary instead of at random ones.
    pub split_all: bool,
    /// Largest completion payload in bytes.
    pub completion_payload: u32,
    /// Answers of different tags overtake each other.
    pub reorder: bool,
    /// Clocks from the last DW of a request to the first DW of its answer, and random extra.
    pub latency: u64,
    pub jitter: u32,
    /// Mischief for the n-th read request from now.
    pub mischief: Option<(u32, Mischief)>,
    /// The part of that request's answer that it hits.
    pub mischief_part: usize,
    /// Answers of requests that met `Mischief::Late`.
    pub withheld: Vec<(u8, VecDeque<Vec<u32>>)>,
    /// Clock of the last DW of each read request.
    pub read_times: Vec<u64>,
    /// How answers of different tags take turns.
    pub order: Order,
    /// Most read requests that were outstanding at a time.
    pub most_outstanding: u32,
    /// Requests and payload bytes taken so far.
    pub reads: u32,
    pub writes: u32,
    pub write_bytes: u64,
}

impl Host {
    pub fn new(seed: u64) -> Self {
        Self {
            pages: HashMap::new(),
            rng: Rng::new(seed ^ 0x0005_EEDB_0A7D_1234),
            allowed: Vec::new(),
            answers: Vec::new(),
            incoming: Vec::new(),
            tags_in_use: 0,
            turn: 0,
            closing: None,
            max_payload: 128,
            max_read_request: 128,
            boundary: 64,
            split_all: false,
            completion_payload: 128,
            reorder: false,
            latency: 0,
            jitter: 0,
            mischief: None,
            mischief_part: 0,
            withheld: Vec::new(),
            read_times: Vec::new(),
            order: Order::Due,
            most_outstanding: 0,
            reads: 0,
            writes: 0,
            write_bytes: 0,
        }
    }

    /// Replaces what the engine may touch through `slot`.
    pub fn allow(&mut self, slot: u32, rights: u32, elements: &[(u64, u32)]) {
        self.forbid(slot);
        for &(address, length) in elements {
            self.allowed
                .push((slot, rights, address, address + u64::from(length)));
        }
    }

    pub fn forbid(&mut self, slot: u32) {
        self.allowed.retain(|entry| entry.0 != slot);
    }

    /// What a page holds before anything is written: random, but the same in every look.
    fn fresh_page(page: u64) -> Vec<u8> {
        let mut rng = Rng::new(page);
        (0..PAGE).map(|_| rng.next_u32() as u8).collect()
    }

    fn byte(&mut self, address: u64) -> &mut u8 {
        let page = self
            .pages
            .entry(address / PAGE)
            .or_insert_with(|| Self::fresh_page(address / PAGE));
        &mut page[(address % PAGE) as usize]
    }

    /// The bytes of a table, one after another.
    pub fn read_table(&self, elements: &[(u64, u32)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for &(address, length) in elements {
            let mut at = address;
            let end = address + u64::from(length);
            while at < end {
                let stop = end.min((at / PAGE + 1) * PAGE);
                let range = (at % PAGE) as usize..(at % PAGE + stop - at) as usize;
                if let Some(page) = self.pages.get(&(at / PAGE)) {
                    bytes.extend_from_slice(&page[range]);
                } else {
                    bytes.extend_from_slice(&Self::fresh_page(at / PAGE)[range]);
                }
                at = stop;
            }
        }
        bytes
    }

    fn check_allowed(&self, address: u64, right: u32) {
        assert!(
            self.allowed
                .iter()
                .any(|&(_, rights, from, to)| rights & right != 0 && (from..to).contains(&address)),
            "the engine touches {address:#x}, which is not locked for it"
        );
    }

    /// One DW of the request stream.
    pub fn take_dw(&mut self, now: u64, dw: u32, last: bool) {
        self.incoming.push(dw);
        if last {
            let tlp = std::mem::take(&mut self.incoming);
            self.take_request(now, &tlp);
        }
    }

    fn take_request(&mut self, now: u64, tlp: &[u32]) {
        let head = tlp[0];
        assert_eq!(head & 0x9FFF_FC00, 0, "plain memory request: {head:#010x}");
        let (write, wide) = (head >> 30 & 1 == 1, head >> 29 & 1 == 1);
        let dws = match head & 0x3FF {
            0 => 1024,
            dws => dws,
        };
        assert_eq!(tlp[1] >> 16, u32::from(REQUESTER_ID), "requester id");
        let (first_be, last_be) = (tlp[1] & 0xF, tlp[1] >> 4 & 0xF);
        let tag = tlp[1] >> 8 & 0xFF;
        let header = if wide { 4 } else { 3 };
        let address = if wide {
            assert_ne!(tlp[2], 0, "64-bit form only above 4 GiB");
            u64::from(tlp[2]) << 32 | u64::from(tlp[3])
        } else {
            u64::from(tlp[2])
        };
        assert_eq!(address & 3, 0, "address is DW aligned");
        assert!(
            address % PAGE + u64::from(dws) * 4 <= PAGE,
            "no 4 KiB crossing"
        );
        let contiguous_up = [0b1111, 0b1110, 0b1100, 0b1000];
        let contiguous_down = [0b1111, 0b0111, 0b0011, 0b0001];
        if dws == 1 {
            assert_eq!(last_be, 0, "last BE of one DW");
            assert_ne!(first_be, 0, "no zero-length request");
            let shifted = first_be >> first_be.trailing_zeros();
            assert_eq!(
                shifted & (shifted + 1),
                0,
                "contiguous bytes: {first_be:#06b}"
            );
        } else {
            assert!(
                contiguous_up.contains(&first_be),
                "first BE {first_be:#06b}"
            );
            assert!(contiguous_down.contains(&last_be), "last BE {last_be:#06b}");
        }
        let enabled = |dw: u32, lane: u32| {
            let be = if dw == 0 {
                first_be
            } else if dw == dws - 1 {
                last_be
            } else {
                0xF
            };
            be >> lane & 1 == 1
        };
        if write {
            assert_eq!(tlp.len() as u32, header + dws, "payload length");
            assert!(dws * 4 <= self.max_payload, "MPS");
            self.writes += 1;
            for dw in 0..dws {
                let data = tlp[(header + dw) as usize].to_be_bytes();
                for lane in 0..4 {
                    if enabled(dw, lane) {
                        let at = address + u64::from(dw * 4 + lane);
                        self.check_allowed(at, bit::CARD_WRITE);
                        *self.byte(at) = data[lane as usize];
                        self.write_bytes += 1;
                    }
                }
            }
            return;
        }
        assert_eq!(tlp.len() as u32, header, "a read has no payload");
        assert!(dws * 4 <= self.max_read_request, "MRRS");
        assert!(tag < 32, "tag {tag}");
        assert_eq!(self.tags_in_use >> tag & 1, 0, "tag {tag} is in use");
        self.tags_in_use |= 1 << tag;
        self.most_outstanding = self.most_outstanding.max(self.tags_in_use.count_ones());
        self.reads += 1;
        self.read_times.push(now);
        let from = address + u64::from(first_be.trailing_zeros());
        let to = if dws == 1 {
            address + 4 - u64::from(first_be.leading_zeros() - 28)
        } else {
            address + u64::from(dws * 4) - u64::from(last_be.leading_zeros() - 28)
        };
        for at in [from, to - 1] {
            self.check_allowed(at, bit::CARD_READ);
        }
        let mischief = match &mut self.mischief {
            Some((0, kind)) => {
                let kind = *kind;
                self.mischief = None;
                Some(kind)
            }
            Some((count, _)) => {
                *count -= 1;
                None
            }
            None => None,
        };
        let parts = self.complete(from, to, tag as u8, mischief);
        let due = now + self.latency + u64::from(self.rng.below(self.jitter + 1));
        match mischief {
            Some(Mischief::Silence) => return,
            Some(Mischief::Late) => {
                self.withheld.push((tag as u8, parts));
                return;
            }
            _ => {}
        }
        self.answers.push(Answer {
            due,
            tag: tag as u8,
            parts,
        });
    }

    /// Completions for the bytes `from..to`.
    fn complete(
        &mut self,
        from: u64,
        to: u64,
        tag: u8,
        mischief: Option<Mischief>,
    ) -> VecDeque<Vec<u32>> {
        let header =
            |dws: u32, has_data: bool, status: u32, count: u32, id: u32, tag: u8, lower: u32| {
                vec![
                    (if has_data { 0x4A00_0000 } else { 0x0A00_0000 }) | dws & 0x3FF,
                    0x00A8_0000 | status << 13 | count & 0xFFF,
                    id << 16 | u32::from(tag) << 8 | lower & 0x7F,
                ]
            };
        let id = u32::from(REQUESTER_ID);
        let mut parts = VecDeque::new();
        let mut at = from;
        while at < to {
            let hit = parts.len() == self.mischief_part;
            let without_data = match mischief {
                Some(Mischief::Status(status)) if hit => Some(status),
                Some(Mischief::NoData) if hit => Some(0),
                _ => None,
            };
            if let Some(status) = without_data {
                parts.push_back(header(
                    0,
                    false,
                    status,
                    (to - at) as u32,
                    id,
                    tag,
                    at as u32,
                ));
                break;
            }
            let unit = u64::from(self.boundary);
            let most = (u64::from(self.completion_payload) / unit).max(1);
            let units = if self.split_all {
                1
            } else {
                1 + u64::from(self.rng.below(most as u32))
            };
            let mut end = to.min((at / unit + units) * unit);
            if hit && mischief == Some(Mischief::Boundary) {
                end = end.min((at / 32 + 1) * 32);
            }
            let dw_from = at / 4;
            let mut dws = (end.div_ceil(4) - dw_from) as u32;
            let (mut count, mut lower, mut id, mut sent_tag) =
                ((to - at) as u32, at as u32, id, tag);
            let mut payload: Vec<u32> = (0..u64::from(dws))
                .map(|dw| {
                    u32::from_be_bytes(std::array::from_fn(|lane| {
                        *self.byte((dw_from + dw) * 4 + lane as u64)
                    }))
                })
                .collect();
            let mut flags = 0;
            if hit {
                match mischief {
                    Some(Mischief::Poison) => flags = 1 << 14,
                    Some(Mischief::ByteCount) => count += 1,
                    Some(Mischief::LowerAddress) => lower ^= 4,
                    Some(Mischief::Requester) => id ^= 8,
                    Some(Mischief::Tag) => {
                        sent_tag = (0..32)
                            .rev()
                            .find(|tag| self.tags_in_use >> tag & 1 == 0)
                            .unwrap_or(0x80);
                    }
                    Some(Mischief::TooLong) if end == to => {
                        dws += 1;
                        payload.push(0x5555_5555);
                    }
                    Some(Mischief::HighTag) => sent_tag = tag | 0x40,
                    Some(Mischief::HeaderOnly) => payload.clear(),
                    Some(Mischief::PoisonCutShort) => {
                        flags = 1 << 14;
                        payload.pop();
                    }
                    Some(Mischief::CutShort) => {
                        payload.pop();
                    }
                    Some(Mischief::ShortLast) => {
                        payload.pop();
                        dws -= 1;
                        end = to;
                    }
                    Some(Mischief::TrafficClass) => flags = 1 << 20,
                    Some(Mischief::NoSnoop) => flags = 1 << 12,
                    _ => {}
                }
            }
            let mut tlp = header(dws, true, 0, count, id, sent_tag, lower);
            tlp[0] |= flags;
            tlp.extend(payload);
            if mischief == Some(Mischief::Twice) {
                parts.push_back(tlp.clone());
            }
            parts.push_back(tlp);
            at = end;
        }
        parts
    }

    /// The next completion TLP to put on the stream, if one is due.
    pub fn next_completion(&mut self, now: u64) -> Option<Vec<u32>> {
        let due: Vec<usize> = (0..self.answers.len())
            .filter(|&idx| self.answers[idx].due <= now)
            .collect();
        let choice = match self.order {
            Order::Due if self.reorder => self.rng.below(due.len() as u32) as usize,
            Order::Due => 0,
            Order::Reversed => due.len().saturating_sub(1),
            Order::RoundRobin => {
                self.turn += 1;
                self.turn % due.len().max(1)
            }
        };
        let idx = *due.get(choice)?;
        if !self.reorder && self.order == Order::Due && idx != 0 {
            return None;
        }
        let answer = &mut self.answers[idx];
        let part = answer.parts.pop_front();
        if answer.parts.is_empty() {
            self.closing = Some(answer.tag);
            self.answers.remove(idx);
        }
        part
    }

    /// The last DW of a completion has moved: only now its tag may be used again.
    pub fn completion_sent(&mut self) {
        if let Some(tag) = self.closing.take() {
            self.tags_in_use &= !(1 << tag);
        }
    }

    /// Puts any TLP on the completion stream.
    pub fn inject(&mut self, now: u64, tlp: Vec<u32>) {
        self.answers.push(Answer {
            due: now,
            tag: 31,
            parts: VecDeque::from([tlp]),
        });
    }

    /// Sends what was put aside after all.
    pub fn answer_late(&mut self, due: u64) {
        for (tag, parts) in self.withheld.drain(..) {
            self.answers.push(Answer { due, tag, parts });
        }
    }

    /// Drops answers that were not sent; their tags stay in use on the host side until `forget_tags`.
    pub fn lose_answers(&mut self) {
        self.answers.clear();
    }

    pub fn forget_tags(&mut self) {
        self.tags_in_use = 0;
    }

    pub fn pending_answers(&self) -> usize {
        self.answers.len()
    }

    pub fn assert_quiet(&self) {
        assert!(
            self.answers.is_empty() && self.incoming.is_empty(),
            "nothing is in flight after DONE"
        );
    }
}
