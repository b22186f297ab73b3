//! Packets on their way to the card, in the order of the moments at which they are ready.
//!
//! One packet at a time, one word a clock. Because a packet that becomes ready later never leaves earlier, completions cannot pass
//! posted writes, nor requests each other.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::engine::RxBeat;

/// A packet waiting to be sent.
#[derive(PartialEq, Eq)]
struct Waiting {
    ready_cycle: u64,
    /// Order of arrival, to break ties.
    sequence: u64,
    words: Vec<u32>,
    ends_tag: Option<u8>,
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.ready_cycle, self.sequence).cmp(&(other.ready_cycle, other.sequence))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
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
    waiting: BinaryHeap<Reverse<Waiting>>,
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
        self.waiting.push(Reverse(Waiting {
            ready_cycle,
            sequence,
            words,
            ends_tag,
        }));
    }

    /// When the next packet is ready.
    pub(super) fn next_ready_cycle(&self) -> Option<u64> {
        self.waiting
            .peek()
            .map(|Reverse(packet)| packet.ready_cycle)
    }

    /// Words not yet handed out. Units: DW.
    pub(super) fn waiting_dw(&self) -> usize {
        self.waiting_dw
    }

    /// Hands out the next packet that is ready at `until` or before, word by word, and returns it.
    pub(super) fn send(&mut self, until: u64, rx: &mut VecDeque<RxBeat>) -> Option<Sent> {
        if self.next_ready_cycle()? > until {
            return None;
        }
        let Reverse(packet) = self.waiting.pop()?;
        self.waiting_dw -= packet.words.len();
        let first = packet.ready_cycle.max(self.wire_free_cycle);
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
        while outbox.send(20, &mut rx).is_some() {}
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
        assert!(outbox.send(29, &mut VecDeque::new()).is_none());
        assert_eq!(
            (outbox.next_ready_cycle(), outbox.waiting_dw()),
            (Some(30), 1)
        );
        assert_eq!(
            outbox.send(30, &mut VecDeque::new()).unwrap().ends_tag,
            Some(4)
        );
        assert_eq!(outbox.waiting_dw(), 0);
    }
}
