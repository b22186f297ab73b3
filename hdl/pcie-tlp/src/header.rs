//! Parsed headers: what each kind of packet says beyond its first word.

use crate::{FunctionId, Routing, TlpError, byte_enable};

/// The fields of the first word that every TLP has, besides format, type, digest flag and length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Traffic class. Range: 0..=7.
    pub traffic_class: u8,
    /// Whether the data is known to be bad (the EP bit).
    pub poisoned: bool,
    /// Whether the packet may pass others (attribute bit 1).
    pub relaxed_ordering: bool,
    /// Whether caches need not be asked (attribute bit 0).
    pub no_snoop: bool,
}

/// A memory read or write request.
///
/// Reads state how much they want; for writes `length_dw` equals the payload's length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryRequest {
    /// Who asks.
    pub requester: FunctionId,
    /// Transaction tag, unique among the requester's outstanding reads.
    pub tag: u8,
    /// Byte address of the first word; a multiple of four. 4 GiB and above uses the four-word header.
    pub address: u64,
    /// Words asked for or written. Units: DW. Range: 1..=1024.
    pub length_dw: u16,
    /// Enables of the first word, bit 0 for the byte at the lowest address.
    pub first_be: u8,
    /// Enables of the last word; zero when there is only one.
    pub last_be: u8,
}

impl MemoryRequest {
    /// Describes the byte range `address..address + len_bytes`.
    ///
    /// # Errors
    /// [`TlpError::IllegalLength`] for an empty or over-long range, [`TlpError::Crosses4K`] when the range crosses a 4 KiB boundary.
    pub const fn bytes(
        requester: FunctionId,
        tag: u8,
        address: u64,
        len_bytes: usize,
    ) -> Result<Self, TlpError> {
        let span = match byte_enable::span(address, len_bytes) {
            Ok(span) => span,
            Err(error) => return Err(error),
        };
        let request = Self {
            requester,
            tag,
            address: span.address,
            length_dw: span.length_dw,
            first_be: span.first_be,
            last_be: span.last_be,
        };
        match request.check() {
            Ok(()) => Ok(request),
            Err(error) => Err(error),
        }
    }

    /// Byte address of the first enabled byte.
    pub const fn first_byte_address(&self) -> u64 {
        self.address + byte_enable::first_byte_offset(self.first_be) as u64
    }

    /// Bytes from the first to the last enabled one: the Byte Count of the first completion. Range: 1..=4096.
    pub const fn byte_count(&self) -> u16 {
        byte_enable::byte_count(self.length_dw, self.first_be, self.last_be)
    }

    /// Whether the request moves no byte at all (the zero-length read that hosts use as a flush, or an empty write).
    pub const fn is_zero_length(&self) -> bool {
        self.length_dw == 1 && self.first_be == 0
    }

    /// Enables of word `index_dw` of the request.
    pub const fn word_be(&self, index_dw: u16) -> u8 {
        byte_enable::of_word(index_dw, self.length_dw, self.first_be, self.last_be)
    }

    /// Checks length, alignment, byte enables and the 4 KiB rule.
    ///
    /// # Errors
    /// The [`TlpError`] variant named after the broken rule.
    pub const fn check(&self) -> Result<(), TlpError> {
        if self.length_dw == 0 || self.length_dw > 1024 {
            return Err(TlpError::IllegalLength {
                length_dw: self.length_dw as usize,
            });
        }
        if self.address & 3 != 0 {
            return Err(TlpError::IllegalAddress {
                address: self.address,
            });
        }
        if self.address % crate::REQUEST_BOUNDARY_BYTES + self.length_dw as u64 * 4
            > crate::REQUEST_BOUNDARY_BYTES
        {
            return Err(TlpError::Crosses4K {
                address: self.address,
                length_dw: self.length_dw,
            });
        }
        byte_enable::check(self.address, self.length_dw, self.first_be, self.last_be)
    }
}

/// An I/O read or write request: always one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IoRequest {
    /// Who asks.
    pub requester: FunctionId,
    /// Transaction tag.
    pub tag: u8,
    /// Byte address; a multiple of four.
    pub address: u32,
    /// Byte enables of the word.
    pub first_be: u8,
}

/// A configuration read or write request: always one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfigRequest {
    /// Who asks.
    pub requester: FunctionId,
    /// Transaction tag.
    pub tag: u8,
    /// Whose configuration space is meant.
    pub target: FunctionId,
    /// Byte offset of the register: extended register number and register number. A multiple of four in 0..4096.
    pub offset: u16,
    /// Byte enables of the word.
    pub first_be: u8,
    /// Whether the request still has to be forwarded by a bridge (type 1) instead of meaning a device on this link (type 0).
    pub forwarded: bool,
}

/// How a request ended.
///
/// Source: table 2-20.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompletionStatus {
    /// SC, 000: done.
    Successful,
    /// UR, 001: nobody answers to this request.
    UnsupportedRequest,
    /// CRS, 010: a configuration request came too early, try again.
    RetryConfiguration,
    /// CA, 100: the completer gives up.
    Abort,
}

impl CompletionStatus {
    /// The three status bits.
    pub const fn bits(self) -> u8 {
        match self {
            Self::Successful => 0,
            Self::UnsupportedRequest => 1,
            Self::RetryConfiguration => 2,
            Self::Abort => 4,
        }
    }

    /// Decodes the three status bits; `None` for reserved codes.
    pub const fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0 => Self::Successful,
            1 => Self::UnsupportedRequest,
            2 => Self::RetryConfiguration,
            4 => Self::Abort,
            _ => return None,
        })
    }
}

/// A completion's header. With payload it is a CplD, without a Cpl.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompletionHeader {
    /// Who answers.
    pub completer: FunctionId,
    /// How the request ended.
    pub status: CompletionStatus,
    /// Byte count modified: set by PCI-X bridges only.
    pub byte_count_modified: bool,
    /// Bytes still to come for the request, this completion included. Range: 1..=4096.
    pub byte_count: u16,
    /// Requester ID copied from the request.
    pub requester: FunctionId,
    /// Tag copied from the request.
    pub tag: u8,
    /// Low seven address bits of the first enabled byte in this completion; zero except for memory reads.
    pub lower_address: u8,
}

/// A message's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageHeader {
    /// Who sends.
    pub requester: FunctionId,
    /// Transaction tag.
    pub tag: u8,
    /// Message code, such as 0x20 for Assert_INTA.
    pub code: u8,
    /// How the message travels.
    pub routing: Routing,
    /// Header words 2 and 3: address, target ID or vendor fields, depending on routing and code.
    pub body: [u32; 2],
}

/// The header of any parsed TLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// MRd.
    MemoryRead(MemoryRequest),
    /// MWr.
    MemoryWrite(MemoryRequest),
    /// IORd.
    IoRead(IoRequest),
    /// IOWr.
    IoWrite(IoRequest),
    /// CfgRd0 or CfgRd1.
    ConfigRead(ConfigRequest),
    /// CfgWr0 or CfgWr1.
    ConfigWrite(ConfigRequest),
    /// Cpl or CplD.
    Completion(CompletionHeader),
    /// Msg or MsgD.
    Message(MessageHeader),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_up_to_the_boundary_passes_and_one_byte_more_does_not() {
        let id = FunctionId::new(1, 0, 0);
        assert!(MemoryRequest::bytes(id, 0, 0x1FF0, 16).is_ok());
        assert_eq!(
            MemoryRequest::bytes(id, 0, 0x1FF0, 17),
            Err(TlpError::Crosses4K {
                address: 0x1FF0,
                length_dw: 5
            })
        );
        assert!(MemoryRequest::bytes(id, 0, 0x1000, 4096).is_ok());
        assert!(MemoryRequest::bytes(id, 0, u64::MAX, 1).is_ok());
    }

    #[test]
    fn status_codes_round_trip_and_reserved_ones_are_refused() {
        let legal: std::vec::Vec<u8> = (0..8)
            .filter(|bits| CompletionStatus::from_bits(*bits).is_some())
            .collect();
        assert_eq!(legal, [0, 1, 2, 4]);
        for bits in legal {
            assert_eq!(CompletionStatus::from_bits(bits).unwrap().bits(), bits);
        }
    }
}
