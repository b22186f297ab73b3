//! What the card did wrong at the boundary.

use pcie_tlp::{FunctionId, TlpError};
use thiserror::Error;

use super::credits::CreditClass;

/// A broken rule of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ViolationKind {
    /// The packet itself is illegal.
    #[error("malformed packet: {0}")]
    Malformed(TlpError),
    /// A packet does not end.
    #[error("packet longer than any may be")]
    Endless,
    /// A kind that an endpoint must not send.
    #[error("{name} is not for an endpoint to send")]
    NotForEndpoint {
        /// Short name of the kind.
        name: &'static str,
    },
    /// A request although Bus Master Enable is off.
    #[error("{name} while bus mastering is off")]
    BusMasterOff {
        /// Short name of the kind.
        name: &'static str,
    },
    /// Another traffic class than 0, which is all that is set up.
    #[error("traffic class {class} is not enabled")]
    TrafficClass {
        /// The class used.
        class: u8,
    },
    /// A request in somebody else's name.
    #[error("request in the name of {got}, the card is {expected}")]
    WrongRequester {
        /// The ID in the request.
        got: FunctionId,
        /// The card's ID.
        expected: FunctionId,
    },
    /// A write or completion above Max_Payload_Size.
    #[error("payload of {bytes} bytes, {limit_bytes} is the limit")]
    PayloadTooLong {
        /// Payload. Units: bytes.
        bytes: u32,
        /// Limit in force. Units: bytes.
        limit_bytes: u32,
    },
    /// A read above Max_Read_Request_Size.
    #[error("read of {bytes} bytes, {limit_bytes} is the limit")]
    ReadTooLong {
        /// Size of the read. Units: bytes.
        bytes: u32,
        /// Limit in force. Units: bytes.
        limit_bytes: u32,
    },
    /// A tag that is still waiting for its completion.
    #[error("tag {tag} reused while outstanding")]
    TagInUse {
        /// The tag.
        tag: u8,
    },
    /// A tag above 31 without extended tags.
    #[error("tag {tag} needs extended tags, which are off")]
    TagTooLarge {
        /// The tag.
        tag: u8,
    },
    /// A completion nobody waits for.
    #[error("completion for {requester} tag {tag}, which nobody waits for")]
    UnexpectedCompletion {
        /// Requester ID in the completion.
        requester: FunctionId,
        /// The tag.
        tag: u8,
    },
    /// A completion with a wrong field.
    #[error("completion for tag {tag}: {field} is {got}, expected {expected}")]
    WrongCompletion {
        /// The tag.
        tag: u8,
        /// The field.
        field: &'static str,
        /// Value received.
        got: u32,
        /// Value that the request calls for.
        expected: u32,
    },
    /// A message that an endpoint with one function has no business to send.
    #[error("message {code:#04x} is not one of an endpoint's")]
    NoSuchMessage {
        /// Message code.
        code: u8,
    },
    /// A message with the wrong routing or with a payload.
    #[error("message {code:#04x} is routed wrongly or carries data")]
    MalformedMessage {
        /// Message code.
        code: u8,
    },
    /// An interrupt by wire although MSI is enabled.
    #[error("Assert_INTA while MSI is enabled")]
    IntxWithMsi,
    /// A packet for which the host had granted no credit.
    #[error("{class:?} packet without credit")]
    CreditOverdrawn {
        /// The buffer that would have overflowed.
        class: CreditClass,
    },
    /// An interrupt although MSI is disabled.
    #[error("interrupt message while MSI is disabled")]
    MsiDisabled,
    /// An interrupt of the wrong form, place or data.
    #[error("interrupt message {data:#x} to {address:#x} does not match the MSI capability")]
    WrongMsi {
        /// Address written.
        address: u64,
        /// Data written.
        data: u32,
    },
}

/// A broken rule and when it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("clock {cycle}: {kind}")]
pub struct Violation {
    /// Clock of the packet's end.
    pub cycle: u64,
    /// What was wrong.
    pub kind: ViolationKind,
}

/// The violations so far: the first ones in full, all of them counted.
#[derive(Default)]
pub(super) struct Violations {
    kept: Vec<Violation>,
    pub(super) count: u64,
}

impl Violations {
    /// More than these are only counted, so that a card gone wild does not fill the memory.
    const KEPT: usize = 1_000;

    pub(super) fn add(&mut self, cycle: u64, kind: ViolationKind) {
        self.count += 1;
        if self.kept.len() < Self::KEPT {
            self.kept.push(Violation { cycle, kind });
        }
    }

    pub(super) fn kept(&self) -> &[Violation] {
        &self.kept
    }

    pub(super) fn take(&mut self) -> Vec<Violation> {
        self.count = 0;
        std::mem::take(&mut self.kept)
    }
}
