//! Packets on their way to the card, in the order of the moments at which they are ready.
//!
//! One packet at a time, one word a clock. A packet that becomes ready later never leaves earlier, so completions cannot pass posted
//! writes, nor requests each other; with one exception that the ordering rules demand (PCI Express Base Specification 2.0, section
//! 2.4.1): what waits behind a non-posted request without credit goes on, unless it is non-posted itself.

use std::collections::{BTreeMap, VecDeque};

use super::credits::{CardRoom, CreditClass};
use crate::engine::RxBeat;

/// A packet waiting to be sent.
struct Waiting {
    words: Vec<u32>,
    ends_tag: Option<u8>,
}

/// A packet that has been handed to the engine.
pub(super) struct Sent {
    /// Its words.
    pub(super) words: Vec<u32>,
    /// Earliest clock of its last word.
    pub(super) last_cycle: u64,
    /// The card's tag that this packet ends.
    pub(super) ends_tag: Option<u8>,
}

/// The queue.
#[derive(Default)]
pub(super) struct Outbox {
    /// By the cycle at which they are ready, then by order of arrival.
    waiting: BTreeMap<(u64, u64), Waiting>,
    next_sequence: u64,
    /// First clock at which the wire is free as far as this side knows.
    wire_free_cycle: u64,
    waiting_dw: usize,
}

impl Outbox {
    /// Queues a packet; `ends_tag` names the card's request that it completes.
    pub(super) fn push(&mut self, ready_cycle: u64, words: Vec<u32>, ends_tag: Option<u8>) {
        self.waiting_dw += words.len();
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        self.waiting
            .insert((ready_cycle, sequence), Waiting { words, ends_tag });
    }

    /// When the next packet is ready.
    pub(super) fn next_ready_cycle(&self) -> Option<u64> {
        self.waiting
            .first_key_value()
            .map(|((ready_cycle, _), _)| *ready_cycle)
    }

    /// Words not yet handed out. Units: DW.
    pub(super) fn waiting_dw(&self) -> usize {
        self.waiting_dw
    }

    /// Hands out the next packet that is ready at `until` or before and for which the card has room, word by word, and returns it.
    pub(super) fn send(
        &mut self,
        until: u64,
        room: &mut CardRoom,
        rx: &mut VecDeque<RxBeat>,
    ) -> Option<Sent> {
        let key = self.next_to_send(until, room)?;
        let packet = self.waiting.remove(&key)?;
        room.use_up(&packet.words);
        self.waiting_dw -= packet.words.len();
        let first = key.0.max(self.wire_free_cycle);
        let count = packet.words.len();
        for (index, word) in packet.words.iter().enumerate() {
            rx.push_back(RxBeat {
                earliest_cycle: first + index as u64,
                data: *word,
                last: index + 1 == count,
            });
        }
        self.wire_free_cycle = first + count as u64;
        Some(Sent {
            words: packet.words,
            last_cycle: self.wire_free_cycle - 1,
            ends_tag: packet.ends_tag,
        })
    }

    fn next_to_send(&self, until: u64, room: &CardRoom) -> Option<(u64, u64)> {
        for (key, packet) in self.waiting.range(..=(until, u64::MAX)) {
            if room.takes(&packet.words) {
                return Some(*key);
            }
            if CreditClass::of_words(&packet.words) != CreditClass::NonPosted {
                return None;
            }
        }
        None
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        self.waiting_dw = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_leave_by_readiness_then_arrival_and_never_overlap() {
        let mut outbox = Outbox::default();
        outbox.push(20, vec![1, 2], None);
        outbox.push(10, vec![3, 4, 5], None);
        outbox.push(10, vec![6], None);
        let mut rx = VecDeque::new();
        while outbox.send(20, &mut CardRoom::default(), &mut rx).is_some() {}
        let seen: Vec<_> = rx
            .iter()
            .map(|beat| (beat.earliest_cycle, beat.data, beat.last))
            .collect();
        let expected = [
            (10, 3, false),
            (11, 4, false),
            (12, 5, true),
            (13, 6, true),
            (20, 1, false),
            (21, 2, true),
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn packets_that_are_not_ready_stay() {
        let mut outbox = Outbox::default();
        outbox.push(30, vec![1], Some(4));
        let mut room = CardRoom::default();
        assert!(outbox.send(29, &mut room, &mut VecDeque::new()).is_none());
        assert_eq!(
            (outbox.next_ready_cycle(), outbox.waiting_dw()),
            (Some(30), 1)
        );
        assert_eq!(
            outbox
                .send(30, &mut room, &mut VecDeque::new())
                .unwrap()
                .ends_tag,
            Some(4)
        );
        assert_eq!(outbox.waiting_dw(), 0);
    }

    #[test]
    fn write_passes_a_read_without_credit_and_a_completion_passes_no_write_without() {
        const READ: u32 = 0x0000_0001;
        const WRITE: u32 = 0x4000_0001;
        const COMPLETION: u32 = 0x4A00_0001;
        let mut outbox = Outbox::default();
        for first in [READ, WRITE, READ, WRITE, COMPLETION] {
            outbox.push(0, vec![first, 0, 0, 0], None);
        }
        let mut room = CardRoom::default();
        // One posted header with one unit of data, no read.
        room.set(1 << 12 | 1, 0);
        let mut sent = Vec::new();
        while let Some(packet) = outbox.send(10, &mut room, &mut VecDeque::new()) {
            sent.push(packet.words[0]);
        }
        assert_eq!(sent, [WRITE]);
        room.set(2 << 12 | 2, 1 << 12);
        while let Some(packet) = outbox.send(10, &mut room, &mut VecDeque::new()) {
            sent.push(packet.words[0]);
        }
        assert_eq!(sent, [WRITE, READ, WRITE, COMPLETION]);
        room.set(2 << 12 | 2, 2 << 12);
        assert!(outbox.send(10, &mut room, &mut VecDeque::new()).is_some());
        assert_eq!(outbox.waiting_dw(), 0);
    }
}
