//! Answers to the card's memory reads.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use pcie_tlp::{
    Attributes, CompletionHeader, CompletionPart, CompletionSplit, CompletionStatus, FunctionId,
    MemoryRequest, Tlp, payload,
};

use super::config::RootComplexConfig;
use super::fault::FaultAction;
use super::outbox::Outbox;
use crate::bus_memory::BusMemory;
use crate::host_memory::AccessError;
use crate::random::Random;

/// Fills the bytes of an answer that the card did not ask for, so that using them shows.
const UNASKED: u8 = 0xEE;

/// When a tag of the card may be used again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tag {
    /// Its last completion cannot have arrived before this clock.
    FreeFrom(u64),
    /// Its last completion has not been handed to the engine.
    Busy,
}

/// What became of a read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Served {
    /// A fault was injected.
    pub(super) faulted: bool,
    /// Memory refused or was not there.
    pub(super) failed: bool,
}

/// Serves reads and keeps track of the card's tags.
pub(super) struct Completer {
    tags: [Tag; 256],
    /// When each busy server of the memory gets free.
    busy_until: BinaryHeap<Reverse<u64>>,
    random: Random,
    data: Vec<u8>,
}

impl Completer {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            tags: [Tag::FreeFrom(0); 256],
            busy_until: BinaryHeap::new(),
            random: Random::new(seed),
            data: Vec::new(),
        }
    }

    /// Whether the card may use the tag in a request that ends at `cycle`.
    pub(super) fn is_free(&self, tag: u8, cycle: u64) -> bool {
        matches!(self.tags[usize::from(tag)], Tag::FreeFrom(from) if from <= cycle)
    }

    /// The card's last completion for the tag was handed to the engine.
    pub(super) fn release(&mut self, tag: u8, cycle: u64) {
        self.tags[usize::from(tag)] = Tag::FreeFrom(cycle);
    }

    /// Tags that wait for completions.
    pub(super) fn outstanding(&self) -> usize {
        self.tags.iter().filter(|tag| **tag == Tag::Busy).count()
    }

    /// Queues the answer to `request`, which ended at `cycle`. Memory is read now: the data is as old as the request.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a different part of the root complex, borrowed for one call"
    )]
    pub(super) fn serve(
        &mut self,
        cycle: u64,
        request: &MemoryRequest,
        attributes: Attributes,
        fault: Option<FaultAction>,
        memory: &dyn BusMemory,
        config: &RootComplexConfig,
        payload_limit_bytes: u32,
        outbox: &mut Outbox,
    ) -> Served {
        let mut served = Served {
            faulted: fault.is_some(),
            failed: false,
        };
        if fault == Some(FaultAction::Drop) {
            // The card may use the tag again after its own timeout; nothing of ours will collide with it.
            self.release(request.tag, cycle);
            return served;
        }
        let delay = if let Some(FaultAction::Delay(cycles)) = fault {
            cycles
        } else {
            0
        };
        let start = self.start_of_service(cycle, config.max_in_service);
        let ready = start + 1 + config.latency_cycles + delay;
        let status = match fault {
            Some(FaultAction::UnsupportedRequest) => CompletionStatus::UnsupportedRequest,
            Some(FaultAction::CompleterAbort) => CompletionStatus::Abort,
            _ => match self.fetch(request, memory) {
                Ok(()) => CompletionStatus::Successful,
                Err(error) => {
                    served.failed = true;
                    match error {
                        AccessError::NotPresent { .. } => CompletionStatus::UnsupportedRequest,
                        AccessError::Refused { .. } => CompletionStatus::Abort,
                    }
                }
            },
        };
        let answer = Answer {
            id: config.id,
            request,
            attributes,
            status,
            fault,
        };
        self.tags[usize::from(request.tag)] = Tag::Busy;
        answer.forerunner(ready, outbox);
        let finished = if status == CompletionStatus::Successful {
            self.send_data(ready, &answer, config, payload_limit_bytes, outbox)
        } else {
            outbox.push(ready, answer.failure(), Some(request.tag));
            ready + 3
        };
        self.busy_until.push(Reverse(finished));
        served
    }

    /// Takes a server of the memory, waiting for one when all are busy.
    fn start_of_service(&mut self, cycle: u64, servers: usize) -> u64 {
        while self
            .busy_until
            .peek()
            .is_some_and(|Reverse(until)| *until <= cycle)
        {
            self.busy_until.pop();
        }
        if self.busy_until.len() < servers {
            return cycle;
        }
        self.busy_until.pop().map_or(cycle, |Reverse(until)| until)
    }

    /// Reads the words of the request into `self.data`.
    fn fetch(
        &mut self,
        request: &MemoryRequest,
        memory: &dyn BusMemory,
    ) -> Result<(), AccessError> {
        let words = usize::from(request.length_dw) * 4;
        self.data.clear();
        self.data.resize(words, UNASKED);
        if request.is_zero_length() {
            return Ok(());
        }
        let start = (request.first_byte_address() - request.address) as usize;
        let end = start + usize::from(request.byte_count());
        memory.read(request.first_byte_address(), &mut self.data[start..end])
    }

    /// Queues the completions with data; returns about when the last has left.
    fn send_data(
        &mut self,
        ready: u64,
        answer: &Answer<'_>,
        config: &RootComplexConfig,
        payload_limit_bytes: u32,
        outbox: &mut Outbox,
    ) -> u64 {
        let boundary = config.read_completion_boundary_bytes;
        let limit = if config.split_on_all_rcb {
            boundary
        } else {
            payload_limit_bytes.max(boundary)
        };
        let Ok(split) = CompletionSplit::new(answer.request, boundary, limit) else {
            return ready; // the configuration was checked when it was taken
        };
        let tag = answer.request.tag;
        let mut at = ready;
        let mut left = u32::from(answer.request.byte_count());
        for (index, part) in split.enumerate() {
            left -= u32::from(part.bytes);
            at += self.random.below(config.jitter_cycles + 1);
            let first_of_several = index == 0 && left > 0;
            if answer.fault == Some(FaultAction::DropRest) && !first_of_several {
                self.release(tag, at);
                return at;
            }
            let words = answer.part(&part, index == 0, &self.data);
            let last = left == 0;
            let twice =
                (last && answer.fault == Some(FaultAction::Duplicate)).then(|| words.clone());
            outbox.push(at, words, last.then_some(tag));
            if let Some(words) = twice {
                outbox.push(at, words, None);
            }
        }
        at + u64::from(answer.request.length_dw) + 3
    }
}

/// One request and how it is answered.
struct Answer<'a> {
    id: FunctionId,
    request: &'a MemoryRequest,
    attributes: Attributes,
    status: CompletionStatus,
    fault: Option<FaultAction>,
}

impl Answer<'_> {
    fn header(&self) -> CompletionHeader {
        CompletionHeader {
            completer: self.id,
            status: self.status,
            byte_count_modified: false,
            byte_count: self.request.byte_count(),
            requester: self.request.requester,
            tag: self.request.tag,
            lower_address: (self.request.first_byte_address() & 0x7F) as u8,
        }
    }

    fn emit(&self, header: CompletionHeader, words: &[u32]) -> Vec<u32> {
        let mut tlp = Tlp::completion(header, words);
        tlp.attributes = Attributes {
            poisoned: self.fault == Some(FaultAction::Poison),
            ..self.attributes
        };
        let mut packet = vec![0; tlp.encoded_len()];
        match tlp.emit(&mut packet) {
            Ok(_) => packet,
            Err(error) => unreachable!("own completion is illegal: {error}"),
        }
    }

    /// The completion without data.
    fn failure(&self) -> Vec<u32> {
        let mut words = self.emit(self.header(), &[]);
        words[0] &= !(1 << 14); // no data, nothing to poison
        words
    }

    /// One completion with data; `data` holds the words of the request.
    fn part(&self, part: &CompletionPart, first: bool, data: &[u8]) -> Vec<u32> {
        let mut header = self.header();
        header.byte_count = part.byte_count;
        header.lower_address = part.lower_address;
        match self.fault {
            Some(FaultAction::ByteCount(surplus)) if first => {
                header.byte_count = (part.byte_count - 1).wrapping_add(surplus) % 4096 + 1;
            }
            Some(FaultAction::LowerAddress(bits)) if first => header.lower_address ^= bits & 0x7F,
            _ => {}
        }
        let start = usize::from(part.offset_dw) * 4;
        let bytes = &data[start..start + usize::from(part.length_dw) * 4];
        let mut words = vec![0; usize::from(part.length_dw)];
        payload::pack(bytes, 0, &mut words);
        self.emit(header, &words)
    }

    /// A completion that the card must throw away, sent before the real answer.
    fn forerunner(&self, ready: u64, outbox: &mut Outbox) {
        let mut header = self.header();
        match self.fault {
            Some(FaultAction::ForeignTag(tag)) => header.tag = tag,
            Some(FaultAction::ForeignRequester) => {
                header.requester = FunctionId::from_bits(header.requester.bits() ^ 0x0100);
            }
            _ => return,
        }
        header.status = CompletionStatus::Successful;
        header.byte_count = 4;
        let words = self.emit(header, &[0xBAD0_BAD0]);
        outbox.push(ready, words, None);
    }
}
