//! Parsed TLPs: parse, emit, encoded length.

use crate::{
    Attributes, CompletionHeader, CompletionStatus, ConfigRequest, FunctionId, Header, IoRequest,
    Kind, MemoryRequest, MessageHeader, TlpError, TlpView,
};

/// A transaction layer packet as a value.
///
/// Shape: `payload` holds the data words in wire order and is empty for kinds without data; it also decides between Cpl and CplD and
/// between Msg and MsgD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tlp<'a> {
    /// Traffic class, poison bit, ordering attributes.
    pub attributes: Attributes,
    /// What the packet asks or answers.
    pub header: Header,
    /// Data words, first wire byte in bits 31:24.
    pub payload: &'a [u32],
    /// The digest word, if there is one; see [`crate::crc::ecrc`].
    pub digest: Option<u32>,
}

impl<'a> Tlp<'a> {
    /// A packet with default attributes and without digest.
    pub const fn new(header: Header, payload: &'a [u32]) -> Self {
        let attributes = Attributes {
            traffic_class: 0,
            poisoned: false,
            relaxed_ordering: false,
            no_snoop: false,
        };
        Self {
            attributes,
            header,
            payload,
            digest: None,
        }
    }

    /// A memory read request.
    pub const fn memory_read(request: MemoryRequest) -> Self {
        Self::new(Header::MemoryRead(request), &[])
    }

    /// A memory write request; `payload` must have `request.length_dw` words.
    pub const fn memory_write(request: MemoryRequest, payload: &'a [u32]) -> Self {
        Self::new(Header::MemoryWrite(request), payload)
    }

    /// A type 0 configuration read of the whole word at `offset`.
    pub const fn config_read(
        requester: FunctionId,
        tag: u8,
        target: FunctionId,
        offset: u16,
    ) -> Self {
        let request = ConfigRequest {
            requester,
            tag,
            target,
            offset,
            first_be: 0xF,
            forwarded: false,
        };
        Self::new(Header::ConfigRead(request), &[])
    }

    /// A completion with data, or without when `payload` is empty.
    pub const fn completion(header: CompletionHeader, payload: &'a [u32]) -> Self {
        Self::new(Header::Completion(header), payload)
    }

    /// Words that [`Self::emit`] writes. Units: DW. Range: 3..=1029.
    pub const fn encoded_len(&self) -> usize {
        self.header_dw() + self.payload.len() + self.digest.is_some() as usize
    }

    /// The kind that the header and the payload make.
    pub const fn kind(&self) -> Kind {
        let data = !self.payload.is_empty();
        match self.header {
            Header::MemoryRead(_) => Kind::MemoryRead,
            Header::MemoryWrite(_) => Kind::MemoryWrite,
            Header::IoRead(_) => Kind::IoRead,
            Header::IoWrite(_) => Kind::IoWrite,
            Header::ConfigRead(request) if request.forwarded => Kind::ConfigRead1,
            Header::ConfigRead(_) => Kind::ConfigRead0,
            Header::ConfigWrite(request) if request.forwarded => Kind::ConfigWrite1,
            Header::ConfigWrite(_) => Kind::ConfigWrite0,
            Header::Completion(_) if data => Kind::CompletionData,
            Header::Completion(_) => Kind::Completion,
            Header::Message(message) if data => Kind::MessageData(message.routing),
            Header::Message(message) => Kind::Message(message.routing),
        }
    }

    const fn header_dw(&self) -> usize {
        match self.header {
            Header::MemoryRead(request) | Header::MemoryWrite(request) => {
                3 + (request.address >> 32 != 0) as usize
            }
            Header::Message(_) => 4,
            _ => 3,
        }
    }

    /// Reads a packet and checks it against the rules of the specification. Reserved bits are ignored, as receivers must.
    ///
    /// # Errors
    /// The [`TlpError`] variant named after the first broken rule.
    pub fn parse(words: &'a [u32]) -> Result<Self, TlpError> {
        let view = TlpView::new(words)?;
        let header = match view.kind() {
            Kind::MemoryRead => Header::MemoryRead(memory_request(&view)?),
            Kind::MemoryWrite => Header::MemoryWrite(memory_request(&view)?),
            Kind::IoRead => Header::IoRead(io_request(&view)?),
            Kind::IoWrite => Header::IoWrite(io_request(&view)?),
            Kind::ConfigRead0 | Kind::ConfigRead1 => Header::ConfigRead(config_request(&view)?),
            Kind::ConfigWrite0 | Kind::ConfigWrite1 => Header::ConfigWrite(config_request(&view)?),
            Kind::Completion | Kind::CompletionData => Header::Completion(completion(&view)?),
            Kind::Message(routing) | Kind::MessageData(routing) => Header::Message(MessageHeader {
                requester: view.requester(),
                tag: view.tag(),
                code: view.message_code(),
                routing,
                body: [words[2], words[3]],
            }),
            Kind::MemoryReadLocked | Kind::CompletionLocked | Kind::CompletionDataLocked => {
                return Err(TlpError::NotSupported {
                    fmt: (words[0] >> 29) as u8,
                    type_bits: (words[0] >> 24) as u8 & 0x1F,
                });
            }
        };
        Ok(Self {
            attributes: Attributes {
                traffic_class: view.traffic_class(),
                poisoned: view.is_poisoned(),
                relaxed_ordering: view.attribute_bits() & 2 != 0,
                no_snoop: view.attribute_bits() & 1 != 0,
            },
            header,
            payload: view.payload(),
            digest: view.digest(),
        })
    }

    /// Writes the packet into `words` and returns how many it took.
    ///
    /// # Errors
    /// [`TlpError::BufferTooSmall`], or the variant named after the rule that the value breaks; `words` is then unchanged.
    pub fn emit(&self, words: &mut [u32]) -> Result<usize, TlpError> {
        let length = self.checked_length()?;
        let total = self.encoded_len();
        let got_dw = words.len();
        let Some(words) = words.get_mut(..total) else {
            return Err(TlpError::BufferTooSmall {
                needed_dw: total,
                got_dw,
            });
        };
        let header_dw = self.header_dw();
        words[0] = self.first_word(length);
        match self.header {
            Header::MemoryRead(r) | Header::MemoryWrite(r) => {
                words[1] = request_word(r.requester, r.tag, r.last_be << 4 | r.first_be);
                if header_dw == 4 {
                    words[2] = (r.address >> 32) as u32;
                }
                words[header_dw - 1] = r.address as u32;
            }
            Header::IoRead(r) | Header::IoWrite(r) => {
                words[1] = request_word(r.requester, r.tag, r.first_be);
                words[2] = r.address;
            }
            Header::ConfigRead(r) | Header::ConfigWrite(r) => {
                words[1] = request_word(r.requester, r.tag, r.first_be);
                words[2] = u32::from(r.target.bits()) << 16 | u32::from(r.offset);
            }
            Header::Completion(c) => {
                words[1] = u32::from(c.completer.bits()) << 16
                    | u32::from(c.status.bits()) << 13
                    | u32::from(c.byte_count_modified) << 12
                    | u32::from(c.byte_count & 0xFFF);
                words[2] = request_word(c.requester, c.tag, c.lower_address);
            }
            Header::Message(m) => {
                words[1] = request_word(m.requester, m.tag, m.code);
                words[2] = m.body[0];
                words[3] = m.body[1];
            }
        }
        words[header_dw..header_dw + self.payload.len()].copy_from_slice(self.payload);
        if let Some(digest) = self.digest {
            words[total - 1] = digest;
        }
        Ok(total)
    }

    /// Checks the value and gives the length field's meaning in DW (0 where the field is reserved).
    fn checked_length(&self) -> Result<u16, TlpError> {
        let payload_dw = self.payload.len();
        let exactly = |expected: usize| {
            if payload_dw == expected {
                Ok(())
            } else {
                Err(TlpError::IllegalLength {
                    length_dw: payload_dw,
                })
            }
        };
        let below = |field, value: u32, limit: u32| {
            if value < limit {
                Ok(())
            } else {
                Err(TlpError::FieldRange { field, value })
            }
        };
        below("traffic_class", u32::from(self.attributes.traffic_class), 8)?;
        match self.header {
            Header::MemoryRead(r) => {
                r.check()?;
                exactly(0)?;
                Ok(r.length_dw)
            }
            Header::MemoryWrite(r) => {
                r.check()?;
                exactly(usize::from(r.length_dw))?;
                Ok(r.length_dw)
            }
            Header::IoRead(r) | Header::IoWrite(r) => {
                below("first_be", u32::from(r.first_be), 16)?;
                if r.address & 3 != 0 {
                    return Err(TlpError::IllegalAddress {
                        address: u64::from(r.address),
                    });
                }
                exactly(usize::from(matches!(self.header, Header::IoWrite(_))))?;
                Ok(1)
            }
            Header::ConfigRead(r) | Header::ConfigWrite(r) => {
                below("first_be", u32::from(r.first_be), 16)?;
                if r.offset & 3 != 0 || r.offset >= 4096 {
                    return Err(TlpError::IllegalAddress {
                        address: u64::from(r.offset),
                    });
                }
                exactly(usize::from(matches!(self.header, Header::ConfigWrite(_))))?;
                Ok(1)
            }
            Header::Completion(c) => {
                below("lower_address", u32::from(c.lower_address), 128)?;
                below("byte_count", u32::from(c.byte_count).wrapping_sub(1), 4096)?;
                if payload_dw > 1024 {
                    return Err(TlpError::IllegalLength {
                        length_dw: payload_dw,
                    });
                }
                Ok(payload_dw as u16)
            }
            Header::Message(_) if payload_dw > 1024 => Err(TlpError::IllegalLength {
                length_dw: payload_dw,
            }),
            Header::Message(_) => Ok(payload_dw as u16),
        }
    }

    fn first_word(&self, length_dw: u16) -> u32 {
        let kind = self.kind();
        let a = &self.attributes;
        let fmt = u32::from(kind.has_data()) << 1 | u32::from(self.header_dw() == 4);
        fmt << 29
            | u32::from(kind.type_bits()) << 24
            | u32::from(a.traffic_class) << 20
            | u32::from(self.digest.is_some()) << 15
            | u32::from(a.poisoned) << 14
            | u32::from(a.relaxed_ordering) << 13
            | u32::from(a.no_snoop) << 12
            | u32::from(length_dw & 0x3FF)
    }
}

fn request_word(id: FunctionId, tag: u8, low: u8) -> u32 {
    u32::from(id.bits()) << 16 | u32::from(tag) << 8 | u32::from(low)
}

fn memory_request(view: &TlpView<'_>) -> Result<MemoryRequest, TlpError> {
    let request = MemoryRequest {
        requester: view.requester(),
        tag: view.tag(),
        address: view.address(),
        length_dw: view.length_dw(),
        first_be: view.first_be(),
        last_be: view.last_be(),
    };
    if view.header_dw() == 4 && request.address >> 32 == 0 {
        return Err(TlpError::WideAddressBelow4G {
            address: request.address,
        });
    }
    request.check()?;
    Ok(request)
}

/// I/O and configuration requests have length 1 and no last enables.
fn check_single_word(view: &TlpView<'_>) -> Result<(), TlpError> {
    if view.length_dw() != 1 {
        return Err(TlpError::IllegalLength {
            length_dw: usize::from(view.length_dw()),
        });
    }
    if view.last_be() != 0 {
        return Err(TlpError::IllegalByteEnables {
            first: view.first_be(),
            last: view.last_be(),
            length_dw: 1,
        });
    }
    Ok(())
}

fn io_request(view: &TlpView<'_>) -> Result<IoRequest, TlpError> {
    check_single_word(view)?;
    Ok(IoRequest {
        requester: view.requester(),
        tag: view.tag(),
        address: view.address() as u32,
        first_be: view.first_be(),
    })
}

fn config_request(view: &TlpView<'_>) -> Result<ConfigRequest, TlpError> {
    check_single_word(view)?;
    Ok(ConfigRequest {
        requester: view.requester(),
        tag: view.tag(),
        target: view.config_target(),
        offset: view.config_offset(),
        first_be: view.first_be(),
        forwarded: matches!(view.kind(), Kind::ConfigRead1 | Kind::ConfigWrite1),
    })
}

fn completion(view: &TlpView<'_>) -> Result<CompletionHeader, TlpError> {
    let bits = view.status_bits();
    let Some(status) = CompletionStatus::from_bits(bits) else {
        return Err(TlpError::IllegalStatus { status: bits });
    };
    Ok(CompletionHeader {
        completer: view.completer(),
        status,
        byte_count_modified: view.words()[1] >> 12 & 1 != 0,
        byte_count: view.byte_count(),
        requester: view.requester(),
        tag: view.tag(),
        lower_address: view.lower_address(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Captured from a real host: the read of register 0 that opens every enumeration.
    const CAPTURED_CONFIG_READ: [u32; 3] = [0x0400_0001, 0x0000_000F, 0x0100_0000];

    #[test]
    fn captured_configuration_read_parses_and_emits_equal() {
        let tlp = Tlp::parse(&CAPTURED_CONFIG_READ).unwrap();
        let expected = Tlp::config_read(FunctionId::default(), 0, FunctionId::new(1, 0, 0), 0);
        assert_eq!(tlp, expected);
        let mut words = [0; 3];
        assert_eq!(tlp.emit(&mut words), Ok(3));
        assert_eq!(words, CAPTURED_CONFIG_READ);
    }

    #[test]
    fn completion_header_fields_sit_where_the_specification_draws_them() {
        let header = CompletionHeader {
            completer: FunctionId::new(2, 3, 1),
            status: CompletionStatus::Abort,
            byte_count_modified: false,
            byte_count: 4096,
            requester: FunctionId::new(0, 1, 0),
            tag: 0x5A,
            lower_address: 0x7C,
        };
        let mut words = [0; 3];
        Tlp::completion(header, &[]).emit(&mut words).unwrap();
        assert_eq!(words, [0x0A00_0000, 0x0219_8000, 0x0008_5A7C]);
        assert_eq!(
            Tlp::parse(&words).unwrap().header,
            Header::Completion(header)
        );
    }

    #[test]
    fn wide_form_below_4g_is_refused() {
        let words = [0x2000_0001, 0x0100_000F, 0, 0x1000];
        assert_eq!(
            Tlp::parse(&words),
            Err(TlpError::WideAddressBelow4G { address: 0x1000 })
        );
    }

    #[test]
    fn crossing_and_bad_enables_are_refused() {
        let crossing = [0x0000_0002, 0x0100_00FF, 0x0000_1FFC];
        assert_eq!(
            Tlp::parse(&crossing),
            Err(TlpError::Crosses4K {
                address: 0x1FFC,
                length_dw: 2
            })
        );
        let hole = [0x0000_0003, 0x0100_00F5, 0x0000_1000];
        assert!(matches!(
            Tlp::parse(&hole),
            Err(TlpError::IllegalByteEnables { .. })
        ));
        let long_config = [0x0400_0002, 0x0000_000F, 0x0100_0000];
        assert_eq!(
            Tlp::parse(&long_config),
            Err(TlpError::IllegalLength { length_dw: 2 })
        );
    }

    #[test]
    fn payload_must_have_the_announced_length() {
        let request = MemoryRequest::bytes(FunctionId::default(), 0, 0x1000, 8).unwrap();
        let mut words = [7; 8];
        assert_eq!(
            Tlp::memory_write(request, &[1]).emit(&mut words),
            Err(TlpError::IllegalLength { length_dw: 1 })
        );
        assert_eq!(words, [7; 8]);
        assert_eq!(
            Tlp::memory_write(request, &[1, 2]).emit(&mut words[..4]),
            Err(TlpError::BufferTooSmall {
                needed_dw: 5,
                got_dw: 4
            })
        );
    }

    #[test]
    fn locked_read_is_seen_but_not_parsed() {
        let words = [0x0100_0001, 0x0000_000F, 0x0000_1000];
        assert_eq!(TlpView::new(&words).unwrap().kind(), Kind::MemoryReadLocked);
        assert_eq!(
            Tlp::parse(&words),
            Err(TlpError::NotSupported {
                fmt: 0,
                type_bits: 1
            })
        );
    }
}
