//! Requests of the host's software that wait for the card's completions.

use pcie_tlp::{
    Attributes, CompletionHeader, CompletionStatus, FunctionId, MemoryRequest, TlpError, payload,
};
use thiserror::Error;

use super::violation::ViolationKind;

/// Names a request whose answer is to be collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token(pub(super) u64);

/// Why a request of the host has no good answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RequestError {
    /// The card does not know what is meant.
    #[error("the card answers Unsupported Request")]
    UnsupportedRequest,
    /// The card gave up.
    #[error("the card answers Completer Abort")]
    CompleterAbort,
    /// The card is not ready for configuration yet.
    #[error("the card asks to retry the configuration request later")]
    Retry,
    /// The data is marked as bad.
    #[error("the card's answer is poisoned")]
    Poisoned,
    /// The answer broke the protocol; the violation log says how.
    #[error("the card's answer breaks the protocol")]
    BadCompletion,
    /// No answer came in time.
    #[error("no answer from the card within {waited_cycles} clocks")]
    Timeout {
        /// Clocks waited.
        waited_cycles: u64,
    },
    /// The card has been pulled out.
    #[error("the card is gone")]
    Unplugged,
    /// As many requests as the card allows are waiting already.
    #[error("{limit} requests are waiting already")]
    TooManyOutstanding {
        /// The limit.
        limit: usize,
    },
    /// The range cannot be one request.
    #[error("no such request: {0}")]
    Illegal(TlpError),
}

/// What a request brought: the bytes in memory order, none for a write.
pub type Answer = Result<Vec<u8>, RequestError>;

/// The value a processor would see: 32 little-endian bits, all ones for any failure.
pub fn value_or_ones(answer: &Answer) -> u32 {
    answer
        .as_ref()
        .ok()
        .and_then(|bytes| bytes.first_chunk::<4>())
        .map_or(u32::MAX, |bytes| u32::from_le_bytes(*bytes))
}

/// What a waiting request is about.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    ConfigRead {
        target: FunctionId,
        offset: u16,
    },
    ConfigWrite {
        target: FunctionId,
        offset: u16,
        value: u32,
        enables: u8,
    },
    MemoryRead(MemoryRequest),
}

/// A waiting request.
pub(super) struct Pending {
    token: Token,
    pub(super) purpose: Purpose,
    received: Vec<u8>,
    issued_cycle: u64,
    deadline_cycle: u64,
}

/// What a completion did.
pub(super) enum Outcome {
    /// More is to come.
    Partial,
    /// The request has its answer.
    Done(Purpose, Answer),
}

/// The waiting requests by tag, and the answers not yet collected.
pub(super) struct HostRequests {
    pending: [Option<Pending>; 32],
    answers: Vec<(Token, Answer)>,
    next_token: u64,
    next_tag: usize,
}

impl HostRequests {
    pub(super) fn new() -> Self {
        Self {
            pending: [const { None }; 32],
            answers: Vec::new(),
            next_token: 0,
            next_tag: 0,
        }
    }

    pub(super) fn outstanding(&self) -> usize {
        self.pending.iter().flatten().count()
    }

    fn new_token(&mut self) -> Token {
        self.next_token += 1;
        Token(self.next_token)
    }

    /// Reserves a tag, which the caller puts into the packet. Tags go round so that late answers hit no new request.
    pub(super) fn open(
        &mut self,
        now: u64,
        timeout: u64,
        limit: usize,
        purpose: Purpose,
    ) -> Result<(Token, u8), RequestError> {
        if self.outstanding() >= limit {
            return Err(RequestError::TooManyOutstanding { limit });
        }
        let free = (0..32)
            .map(|step| (self.next_tag + step) % 32)
            .find(|tag| self.pending[*tag].is_none());
        let Some(tag) = free else {
            return Err(RequestError::TooManyOutstanding { limit: 32 });
        };
        self.next_tag = (tag + 1) % 32;
        let token = self.new_token();
        self.pending[tag] = Some(Pending {
            token,
            purpose,
            received: Vec::new(),
            issued_cycle: now,
            deadline_cycle: now.saturating_add(timeout),
        });
        Ok((token, tag as u8))
    }

    /// Collects an answer.
    pub(super) fn take(&mut self, token: Token) -> Option<Answer> {
        let index = self.answers.iter().position(|(owner, _)| *owner == token)?;
        Some(self.answers.swap_remove(index).1)
    }

    /// Whether the token's request is still waiting.
    pub(super) fn is_waiting(&self, token: Token) -> bool {
        self.pending
            .iter()
            .flatten()
            .any(|pending| pending.token == token)
    }

    /// When the next request is to be given up.
    pub(super) fn next_deadline(&self) -> Option<u64> {
        self.pending
            .iter()
            .flatten()
            .map(|pending| pending.deadline_cycle)
            .min()
    }

    /// Gives up what has waited too long; returns how many.
    pub(super) fn expire(&mut self, now: u64, unplugged: bool) -> u64 {
        let mut expired = 0;
        for slot in &mut self.pending {
            if let Some(pending) = slot.take_if(|pending| pending.deadline_cycle <= now) {
                let waited_cycles = now - pending.issued_cycle;
                let error = if unplugged {
                    RequestError::Unplugged
                } else {
                    RequestError::Timeout { waited_cycles }
                };
                self.answers.push((pending.token, Err(error)));
                expired += 1;
            }
        }
        expired
    }

    /// Brings all deadlines forward to `cycle` at the latest.
    pub(super) fn hurry(&mut self, cycle: u64) {
        for pending in self.pending.iter_mut().flatten() {
            pending.deadline_cycle = pending.deadline_cycle.min(cycle);
        }
    }

    /// Takes a completion for one of our tags.
    ///
    /// # Errors
    /// What the completion does wrong. The request is then over with [`RequestError::BadCompletion`], unless nobody waits for the tag.
    pub(super) fn complete(
        &mut self,
        header: &CompletionHeader,
        attributes: Attributes,
        words: &[u32],
    ) -> Result<Outcome, ViolationKind> {
        let tag = header.tag;
        let unexpected = ViolationKind::UnexpectedCompletion {
            requester: header.requester,
            tag,
        };
        let slot = self.pending.get_mut(usize::from(tag)).ok_or(unexpected)?;
        let pending = slot.as_mut().ok_or(unexpected)?;
        let (purpose, token) = (pending.purpose, pending.token);
        match step(pending, header, attributes, words) {
            Ok(None) => Ok(Outcome::Partial),
            Ok(Some(answer)) => {
                *slot = None;
                self.answers.push((token, answer.clone()));
                Ok(Outcome::Done(purpose, answer))
            }
            Err(violation) => {
                *slot = None;
                self.answers.push((token, Err(RequestError::BadCompletion)));
                Err(violation)
            }
        }
    }
}

/// Applies one completion: `None` when more must come, else the answer.
fn step(
    pending: &mut Pending,
    header: &CompletionHeader,
    attributes: Attributes,
    words: &[u32],
) -> Result<Option<Answer>, ViolationKind> {
    let tag = header.tag;
    let check = |field, got: u32, expected: u32| {
        if got == expected {
            Ok(())
        } else {
            Err(ViolationKind::WrongCompletion {
                tag,
                field,
                got,
                expected,
            })
        }
    };
    check("traffic class", attributes.traffic_class.into(), 0)?;
    check(
        "attributes",
        u32::from(attributes.relaxed_ordering) << 1 | u32::from(attributes.no_snoop),
        0,
    )?;
    let failure = match header.status {
        CompletionStatus::Successful => None,
        CompletionStatus::UnsupportedRequest => Some(RequestError::UnsupportedRequest),
        CompletionStatus::Abort => Some(RequestError::CompleterAbort),
        CompletionStatus::RetryConfiguration => Some(RequestError::Retry),
    };
    if let Some(error) = failure {
        check("payload of a failure in DW", words.len() as u32, 0)?;
        return Ok(Some(Err(error)));
    }
    let poisoned = attributes.poisoned;
    match pending.purpose {
        Purpose::ConfigRead { .. } | Purpose::ConfigWrite { .. } => {
            let reads = matches!(pending.purpose, Purpose::ConfigRead { .. });
            check("payload in DW", words.len() as u32, reads.into())?;
            check("byte count", header.byte_count.into(), 4)?;
            check("lower address", header.lower_address.into(), 0)?;
            pending
                .received
                .extend(words.iter().flat_map(|word| word.to_be_bytes()));
        }
        Purpose::MemoryRead(request) => {
            let next = request.first_byte_address() + pending.received.len() as u64;
            let left = u32::from(request.byte_count()) - pending.received.len() as u32;
            check("byte count", header.byte_count.into(), left)?;
            check(
                "lower address",
                header.lower_address.into(),
                (next & 0x7F) as u32,
            )?;
            let skew = (next & 3) as usize;
            let room = (words.len() * 4).saturating_sub(skew);
            let bytes = room.min(left as usize);
            let needed = (skew + left as usize).div_ceil(4);
            check(
                "payload in DW",
                words.len() as u32,
                words.len().clamp(1, needed) as u32,
            )?;
            let last = bytes == left as usize;
            // An endpoint may cut at multiples of 128 bytes only (section 2.3.1.1).
            let past_cut = ((next + bytes as u64) & 0x7F) as u32;
            check(
                "distance of the cut from a 128-byte boundary",
                if last { 0 } else { past_cut },
                0,
            )?;
            let start = pending.received.len();
            pending.received.resize(start + bytes, 0);
            payload::unpack(words, skew, &mut pending.received[start..]);
            if !last && !poisoned {
                return Ok(None);
            }
        }
    }
    if poisoned {
        return Ok(Some(Err(RequestError::Poisoned)));
    }
    Ok(Some(Ok(std::mem::take(&mut pending.received))))
}
