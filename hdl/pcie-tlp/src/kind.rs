//! Format and type fields of the first header word.
//!
//! Source: table 2-3 (format and type encodings) and table 2-11 (message routing).

/// How a message finds its receiver: the low three bits of its type field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Routing {
    /// To the root complex (000).
    ToRoot,
    /// By address (001).
    ByAddress,
    /// By function ID (010).
    ById,
    /// Broadcast from the root complex (011).
    Broadcast,
    /// Ends at the receiver of this link (100).
    Local,
    /// Gathered and sent to the root complex (101).
    Gather,
}

impl Routing {
    /// The three routing bits.
    pub const fn bits(self) -> u8 {
        match self {
            Self::ToRoot => 0,
            Self::ByAddress => 1,
            Self::ById => 2,
            Self::Broadcast => 3,
            Self::Local => 4,
            Self::Gather => 5,
        }
    }

    /// Decodes the three routing bits; `None` for the two reserved codes (treated as local by receivers of revision 1.1, refused here).
    pub const fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits & 7 {
            0 => Self::ToRoot,
            1 => Self::ByAddress,
            2 => Self::ById,
            3 => Self::Broadcast,
            4 => Self::Local,
            5 => Self::Gather,
            _ => return None,
        })
    }
}

/// The kind of a TLP, read from its format and type fields.
///
/// Memory kinds do not say whether the address has 32 or 64 bits; [`crate::TlpView::header_dw`] does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Memory read request (MRd).
    MemoryRead,
    /// Locked memory read request (MRdLk).
    MemoryReadLocked,
    /// Memory write request (MWr).
    MemoryWrite,
    /// I/O read request (IORd).
    IoRead,
    /// I/O write request (IOWr).
    IoWrite,
    /// Configuration read for a device on this link (CfgRd0).
    ConfigRead0,
    /// Configuration read to be forwarded (CfgRd1).
    ConfigRead1,
    /// Configuration write for a device on this link (CfgWr0).
    ConfigWrite0,
    /// Configuration write to be forwarded (CfgWr1).
    ConfigWrite1,
    /// Completion without data (Cpl).
    Completion,
    /// Completion with data (CplD).
    CompletionData,
    /// Completion without data of a locked read (CplLk).
    CompletionLocked,
    /// Completion with data of a locked read (CplDLk).
    CompletionDataLocked,
    /// Message without data (Msg).
    Message(Routing),
    /// Message with data (MsgD).
    MessageData(Routing),
}

impl Kind {
    /// Decodes format (bits 31:29) and type (bits 28:24); `None` when this revision defines no such TLP.
    pub const fn from_bits(fmt: u8, type_bits: u8) -> Option<Self> {
        let data = fmt & 2 != 0;
        let wide = fmt & 1 != 0;
        if fmt > 3 {
            return None;
        }
        Some(match (type_bits, data, wide) {
            (0b00000, false, _) => Self::MemoryRead,
            (0b00000, true, _) => Self::MemoryWrite,
            (0b00001, false, _) => Self::MemoryReadLocked,
            (0b00010, false, false) => Self::IoRead,
            (0b00010, true, false) => Self::IoWrite,
            (0b00100, false, false) => Self::ConfigRead0,
            (0b00100, true, false) => Self::ConfigWrite0,
            (0b00101, false, false) => Self::ConfigRead1,
            (0b00101, true, false) => Self::ConfigWrite1,
            (0b01010, false, false) => Self::Completion,
            (0b01010, true, false) => Self::CompletionData,
            (0b01011, false, false) => Self::CompletionLocked,
            (0b01011, true, false) => Self::CompletionDataLocked,
            (0b10000..=0b10111, _, true) => match (Routing::from_bits(type_bits), data) {
                (Some(routing), false) => Self::Message(routing),
                (Some(routing), true) => Self::MessageData(routing),
                (None, _) => return None,
            },
            _ => return None,
        })
    }

    /// The five type bits.
    pub const fn type_bits(self) -> u8 {
        match self {
            Self::MemoryRead | Self::MemoryWrite => 0b00000,
            Self::MemoryReadLocked => 0b00001,
            Self::IoRead | Self::IoWrite => 0b00010,
            Self::ConfigRead0 | Self::ConfigWrite0 => 0b00100,
            Self::ConfigRead1 | Self::ConfigWrite1 => 0b00101,
            Self::Completion | Self::CompletionData => 0b01010,
            Self::CompletionLocked | Self::CompletionDataLocked => 0b01011,
            Self::Message(routing) | Self::MessageData(routing) => 0b10000 | routing.bits(),
        }
    }

    /// Whether payload words follow the header.
    pub const fn has_data(self) -> bool {
        matches!(
            self,
            Self::MemoryWrite
                | Self::IoWrite
                | Self::ConfigWrite0
                | Self::ConfigWrite1
                | Self::CompletionData
                | Self::CompletionDataLocked
                | Self::MessageData(_)
        )
    }

    /// Whether the packet is a completion of any sort.
    pub const fn is_completion(self) -> bool {
        matches!(
            self,
            Self::Completion
                | Self::CompletionData
                | Self::CompletionLocked
                | Self::CompletionDataLocked
        )
    }

    /// Whether the packet is posted: a request that gets no completion.
    pub const fn is_posted(self) -> bool {
        matches!(
            self,
            Self::MemoryWrite | Self::Message(_) | Self::MessageData(_)
        )
    }

    /// Whether the packet is a request that must be answered by a completion.
    pub const fn is_non_posted(self) -> bool {
        !self.is_posted() && !self.is_completion()
    }

    /// A short name as protocol analysers print it, such as `MRd` or `CplD`.
    pub const fn short_name(self) -> &'static str {
        match self {
            Self::MemoryRead => "MRd",
            Self::MemoryReadLocked => "MRdLk",
            Self::MemoryWrite => "MWr",
            Self::IoRead => "IORd",
            Self::IoWrite => "IOWr",
            Self::ConfigRead0 => "CfgRd0",
            Self::ConfigRead1 => "CfgRd1",
            Self::ConfigWrite0 => "CfgWr0",
            Self::ConfigWrite1 => "CfgWr1",
            Self::Completion => "Cpl",
            Self::CompletionData => "CplD",
            Self::CompletionLocked => "CplLk",
            Self::CompletionDataLocked => "CplDLk",
            Self::Message(_) => "Msg",
            Self::MessageData(_) => "MsgD",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn exactly_the_defined_codes_decode_and_each_gives_its_bits_back() {
        let mut defined = 0;
        for code in 0..=255_u8 {
            let (fmt, type_bits) = (code >> 5, code & 0x1F);
            if let Some(kind) = Kind::from_bits(fmt, type_bits) {
                defined += 1;
                assert_eq!(kind.type_bits(), type_bits);
                assert_eq!(kind.has_data(), fmt & 2 != 0);
            }
        }
        // 2 MRd + 2 MRdLk + 2 MWr + 2 I/O + 4 configuration + 4 completions + 6 Msg + 6 MsgD
        assert_eq!(defined, 28);
    }

    #[test]
    fn every_kind_is_posted_or_non_posted_or_a_completion() {
        for code in 0..=255_u8 {
            if let Some(kind) = Kind::from_bits(code >> 5, code & 0x1F) {
                let classes = [kind.is_posted(), kind.is_non_posted(), kind.is_completion()];
                assert_eq!(classes.iter().filter(|is| **is).count(), 1, "{kind:?}");
            }
        }
    }
}
