//! Checked view of a TLP in place.

use crate::{FunctionId, Kind, TlpError};

/// Words that were checked to form one TLP: known kind, and as long as the header says.
///
/// # Invariants
/// `words` holds `header_dw + payload + digest` words exactly, so no accessor can fail. Nothing beyond the structure is checked; for
/// the rules of the specification use [`crate::Tlp::parse`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TlpView<'a> {
    words: &'a [u32],
    kind: Kind,
}

impl<'a> TlpView<'a> {
    /// Checks `words` and wraps them.
    ///
    /// # Errors
    /// [`TlpError::Truncated`], [`TlpError::UnknownType`] or [`TlpError::LengthMismatch`].
    pub const fn new(words: &'a [u32]) -> Result<Self, TlpError> {
        if words.is_empty() {
            return Err(TlpError::Truncated {
                got_dw: 0,
                needed_dw: 3,
            });
        }
        let first = words[0];
        let Some(kind) = Kind::from_bits((first >> 29) as u8, (first >> 24) as u8 & 0x1F) else {
            return Err(TlpError::UnknownType {
                fmt: (first >> 29) as u8,
                type_bits: (first >> 24) as u8 & 0x1F,
            });
        };
        let view = Self { words, kind };
        if words.len() < view.header_dw() {
            return Err(TlpError::Truncated {
                got_dw: words.len(),
                needed_dw: view.header_dw(),
            });
        }
        let announced_dw = view.encoded_len();
        if words.len() != announced_dw {
            return Err(TlpError::LengthMismatch {
                announced_dw,
                got_dw: words.len(),
            });
        }
        Ok(view)
    }

    /// Words that a packet starting with `first` occupies in all, or `None` when its kind is unknown. Units: DW.
    ///
    /// A receiver that has no end-of-packet mark finds the packet's end with this.
    pub const fn announced_len(first: u32) -> Option<usize> {
        match Kind::from_bits((first >> 29) as u8, (first >> 24) as u8 & 0x1F) {
            Some(kind) => {
                let words = [first];
                Some(
                    TlpView {
                        words: &words,
                        kind,
                    }
                    .encoded_len(),
                )
            }
            None => None,
        }
    }

    /// All words of the packet.
    pub const fn words(&self) -> &'a [u32] {
        self.words
    }

    /// Words of the packet: header, payload and digest. Units: DW.
    pub const fn encoded_len(&self) -> usize {
        let payload = if self.kind.has_data() {
            self.length_dw() as usize
        } else {
            0
        };
        self.header_dw() + payload + self.has_digest() as usize
    }

    /// What sort of packet it is.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Header words: 3 or 4. Units: DW.
    pub const fn header_dw(&self) -> usize {
        3 + (self.words[0] >> 29 & 1) as usize
    }

    /// The length field: payload words, or words asked for. Units: DW. Range: 1..=1024.
    pub const fn length_dw(&self) -> u16 {
        match self.words[0] as u16 & 0x3FF {
            0 => 1024,
            length => length,
        }
    }

    /// Traffic class. Range: 0..=7.
    pub const fn traffic_class(&self) -> u8 {
        (self.words[0] >> 20) as u8 & 7
    }

    /// Whether a digest word follows (the TD bit).
    pub const fn has_digest(&self) -> bool {
        self.words[0] >> 15 & 1 != 0
    }

    /// Whether the data is marked as bad (the EP bit).
    pub const fn is_poisoned(&self) -> bool {
        self.words[0] >> 14 & 1 != 0
    }

    /// The two attribute bits: relaxed ordering (bit 1), no snoop (bit 0).
    pub const fn attribute_bits(&self) -> u8 {
        (self.words[0] >> 12) as u8 & 3
    }

    /// Requester ID: of the request itself, or of the request that a completion answers.
    pub const fn requester(&self) -> FunctionId {
        let word = if self.kind.is_completion() {
            self.words[2]
        } else {
            self.words[1]
        };
        FunctionId::from_bits((word >> 16) as u16)
    }

    /// Transaction tag.
    pub const fn tag(&self) -> u8 {
        let word = if self.kind.is_completion() {
            self.words[2]
        } else {
            self.words[1]
        };
        (word >> 8) as u8
    }

    /// First DW byte enables; the low half of the message code for messages, meaningless for completions.
    pub const fn first_be(&self) -> u8 {
        self.words[1] as u8 & 0xF
    }

    /// Last DW byte enables; the high half of the message code for messages, meaningless for completions.
    pub const fn last_be(&self) -> u8 {
        self.words[1] as u8 >> 4
    }

    /// Message code; both byte enables for other requests.
    pub const fn message_code(&self) -> u8 {
        self.words[1] as u8
    }

    /// Byte address of a memory or I/O request, low two bits cleared. For other kinds the number has no meaning.
    pub const fn address(&self) -> u64 {
        if self.header_dw() == 4 {
            (self.words[2] as u64) << 32 | (self.words[3] & !3) as u64
        } else {
            (self.words[2] & !3) as u64
        }
    }

    /// Completer ID of a completion. For other kinds the number has no meaning.
    pub const fn completer(&self) -> FunctionId {
        FunctionId::from_bits((self.words[1] >> 16) as u16)
    }

    /// The three status bits of a completion. For other kinds the number has no meaning.
    pub const fn status_bits(&self) -> u8 {
        (self.words[1] >> 13) as u8 & 7
    }

    /// Byte count of a completion, 1..=4096. For other kinds the number has no meaning.
    pub const fn byte_count(&self) -> u16 {
        match self.words[1] as u16 & 0xFFF {
            0 => 4096,
            count => count,
        }
    }

    /// Lower address of a completion, 0..=127. For other kinds the number has no meaning.
    pub const fn lower_address(&self) -> u8 {
        self.words[2] as u8 & 0x7F
    }

    /// Target of a configuration request. For other kinds the number has no meaning.
    pub const fn config_target(&self) -> FunctionId {
        FunctionId::from_bits((self.words[2] >> 16) as u16)
    }

    /// Register offset of a configuration request, in bytes, a multiple of four in 0..4096.
    pub const fn config_offset(&self) -> u16 {
        self.words[2] as u16 & 0xFFC
    }

    /// Payload words, empty when the kind carries none.
    pub fn payload(&self) -> &'a [u32] {
        let end = self.words.len() - usize::from(self.has_digest());
        &self.words[self.header_dw()..end]
    }

    /// The digest word (ECRC), if there is one.
    pub fn digest(&self) -> Option<u32> {
        if self.has_digest() {
            self.words.last().copied()
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structure_errors_are_told_apart() {
        assert_eq!(
            TlpView::new(&[]),
            Err(TlpError::Truncated {
                got_dw: 0,
                needed_dw: 3
            })
        );
        assert_eq!(
            TlpView::new(&[0x2000_0001, 0, 0]),
            Err(TlpError::Truncated {
                got_dw: 3,
                needed_dw: 4
            })
        );
        assert_eq!(
            TlpView::new(&[0x4000_0002, 0, 0, 0]),
            Err(TlpError::LengthMismatch {
                announced_dw: 5,
                got_dw: 4
            })
        );
        assert_eq!(
            TlpView::new(&[0xFF00_0000, 0, 0]),
            Err(TlpError::UnknownType {
                fmt: 7,
                type_bits: 0x1F
            })
        );
    }

    #[test]
    fn digest_is_not_payload() {
        let words = [0x4000_8001, 0x0100_000F, 0x1000, 0x1122_3344, 0xDEAD_BEEF];
        let view = TlpView::new(&words).unwrap();
        assert_eq!(view.payload(), [0x1122_3344]);
        assert_eq!(view.digest(), Some(0xDEAD_BEEF));
        assert_eq!(TlpView::announced_len(words[0]), Some(5));
    }

    #[test]
    fn zero_length_field_means_1024() {
        assert_eq!(TlpView::new(&[0, 0, 0]).unwrap().length_dw(), 1024);
        assert_eq!(TlpView::announced_len(0x6000_0000), Some(1028));
    }
}
