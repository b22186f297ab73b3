//! Random legal packets for the property tests.
#![allow(
    dead_code,
    missing_docs,
    reason = "shared by several test binaries, each of which uses a part"
)]

use pcie_tlp::{
    Attributes, CompletionHeader, CompletionStatus, ConfigRequest, FunctionId, Header, IoRequest,
    MemoryRequest, MessageHeader, Routing, Tlp,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// A packet that owns its payload.
#[derive(Clone, Debug)]
pub struct OwnedTlp {
    pub attributes: Attributes,
    pub header: Header,
    pub payload: Vec<u32>,
    pub digest: Option<u32>,
}

impl OwnedTlp {
    pub fn borrow(&self) -> Tlp<'_> {
        Tlp {
            attributes: self.attributes,
            header: self.header,
            payload: &self.payload,
            digest: self.digest,
        }
    }
}

pub fn any_tlp() -> impl Strategy<Value = OwnedTlp> {
    (any_attributes(), any_body(), any::<Option<u32>>()).prop_map(
        |(attributes, (header, payload), digest)| OwnedTlp {
            attributes,
            header,
            payload,
            digest,
        },
    )
}

fn any_id() -> impl Strategy<Value = FunctionId> {
    any::<u16>().prop_map(FunctionId::from_bits)
}

fn any_attributes() -> impl Strategy<Value = Attributes> {
    (0..8_u8, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(traffic_class, poisoned, relaxed_ordering, no_snoop)| Attributes {
            traffic_class,
            poisoned,
            relaxed_ordering,
            no_snoop,
        },
    )
}

/// A memory request of up to 64 words, half of them above 4 GiB.
fn any_memory() -> impl Strategy<Value = MemoryRequest> {
    let page = prop_oneof![0..1_u64 << 20, 1_u64 << 20..1 << 52];
    (any_id(), any::<u8>(), page, 0..4096_u64, 1..=256_usize).prop_map(
        |(requester, tag, page, offset, len)| {
            let len = len.min((4096 - offset) as usize);
            MemoryRequest::bytes(requester, tag, page << 12 | offset, len).unwrap()
        },
    )
}

fn any_config() -> impl Strategy<Value = ConfigRequest> {
    (
        any_id(),
        any::<u8>(),
        any_id(),
        0..1024_u16,
        0..16_u8,
        any::<bool>(),
    )
        .prop_map(
            |(requester, tag, target, register, first_be, forwarded)| ConfigRequest {
                requester,
                tag,
                target,
                offset: register * 4,
                first_be,
                forwarded,
            },
        )
}

fn any_io() -> impl Strategy<Value = IoRequest> {
    (any_id(), any::<u8>(), any::<u32>(), 0..16_u8).prop_map(
        |(requester, tag, address, first_be)| IoRequest {
            requester,
            tag,
            address: address & !3,
            first_be,
        },
    )
}

fn any_completion() -> impl Strategy<Value = CompletionHeader> {
    let status = prop_oneof![
        Just(CompletionStatus::Successful),
        Just(CompletionStatus::UnsupportedRequest),
        Just(CompletionStatus::RetryConfiguration),
        Just(CompletionStatus::Abort),
    ];
    (
        any_id(),
        status,
        any::<bool>(),
        1..=4096_u16,
        any_id(),
        any::<u8>(),
        0..128_u8,
    )
        .prop_map(
            |(
                completer,
                status,
                byte_count_modified,
                byte_count,
                requester,
                tag,
                lower_address,
            )| {
                CompletionHeader {
                    completer,
                    status,
                    byte_count_modified,
                    byte_count,
                    requester,
                    tag,
                    lower_address,
                }
            },
        )
}

fn any_message() -> impl Strategy<Value = MessageHeader> {
    (
        any_id(),
        any::<u8>(),
        any::<u8>(),
        0..6_u8,
        any::<[u32; 2]>(),
    )
        .prop_map(|(requester, tag, code, routing, body)| MessageHeader {
            requester,
            tag,
            code,
            routing: Routing::from_bits(routing).unwrap(),
            body,
        })
}

fn any_body() -> impl Strategy<Value = (Header, Vec<u32>)> {
    let data = || vec(any::<u32>(), 0..40);
    prop_oneof![
        any_memory().prop_map(|request| (Header::MemoryRead(request), Vec::new())),
        any_memory().prop_flat_map(|request| {
            let length = usize::from(request.length_dw);
            (
                Just(Header::MemoryWrite(request)),
                vec(any::<u32>(), length),
            )
        }),
        any_io().prop_map(|request| (Header::IoRead(request), Vec::new())),
        (any_io(), any::<u32>()).prop_map(|(request, word)| (Header::IoWrite(request), vec![word])),
        any_config().prop_map(|request| (Header::ConfigRead(request), Vec::new())),
        (any_config(), any::<u32>())
            .prop_map(|(request, word)| (Header::ConfigWrite(request), vec![word])),
        (any_completion(), data()).prop_map(|(header, words)| (Header::Completion(header), words)),
        (any_message(), data()).prop_map(|(header, words)| (Header::Message(header), words)),
    ]
}
