//! Data link layer packets: acknowledgement, flow control, power management.
//!
//! Source: section 3.4.1, figures 3-5 to 3-9.

use core::fmt;

use crate::crc;

/// Which of the three credit pools a flow control packet speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreditClass {
    /// Posted requests.
    Posted,
    /// Non-posted requests.
    NonPosted,
    /// Completions.
    Completion,
}

/// When a flow control packet is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowControlStage {
    /// InitFC1: first exchange of the initial credits.
    Init1,
    /// InitFC2: the confirmation.
    Init2,
    /// UpdateFC: in normal operation.
    Update,
}

/// The body of a flow control packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowControl {
    /// Initialisation or update.
    pub stage: FlowControlStage,
    /// The credit pool.
    pub class: CreditClass,
    /// Virtual channel. Range: 0..=7.
    pub virtual_channel: u8,
    /// Header credits, modulo 256; one per TLP header.
    pub header_credits: u8,
    /// Data credits, modulo 4096; one per 16 bytes.
    pub data_credits: u16,
}

/// The power management packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerManagement {
    /// PM_Enter_L1.
    EnterL1,
    /// PM_Enter_L23.
    EnterL23,
    /// PM_Active_State_Request_L1.
    ActiveStateRequestL1,
    /// PM_Request_Ack.
    RequestAck,
}

/// A data link layer packet as a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dllp {
    /// All TLPs up to this sequence number arrived. Range: 0..4096.
    Ack(u16),
    /// TLPs up to this sequence number arrived, send the rest again. Range: 0..4096.
    Nak(u16),
    /// Credits.
    FlowControl(FlowControl),
    /// Power management.
    PowerManagement(PowerManagement),
    /// Vendor specific: three free bytes.
    Vendor([u8; 3]),
}

/// Why bytes are no DLLP that this crate knows, or why a value cannot be encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DllpError {
    /// The checksum is wrong; a receiver drops the packet and counts it.
    BadCrc {
        /// The checksum that the four bytes call for.
        expected: u16,
        /// The checksum received.
        got: u16,
    },
    /// The type byte is not assigned; a receiver drops the packet silently.
    UnknownType {
        /// The type byte.
        type_byte: u8,
    },
    /// A field of a value to encode exceeds its bits.
    FieldRange {
        /// Name of the field.
        field: &'static str,
        /// The value that does not fit.
        value: u16,
    },
}

impl fmt::Display for DllpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::BadCrc { expected, got } => {
                write!(f, "DLLP checksum {got:04x}, expected {expected:04x}")
            }
            Self::UnknownType { type_byte } => write!(f, "unknown DLLP type {type_byte:#04x}"),
            Self::FieldRange { field, value } => write!(f, "{field} cannot hold {value:#x}"),
        }
    }
}

impl core::error::Error for DllpError {}

impl Dllp {
    /// Bytes of every DLLP, checksum included and framing symbols not.
    pub const ENCODED_LEN: usize = 6;

    /// Reads four bytes and two of checksum. Reserved bits are ignored.
    ///
    /// # Errors
    /// [`DllpError::BadCrc`] first, else [`DllpError::UnknownType`].
    pub const fn parse(bytes: [u8; 6]) -> Result<Self, DllpError> {
        let [kind, a, b, c, crc_low, crc_high] = bytes;
        let got = u16::from_le_bytes([crc_low, crc_high]);
        let expected = crc::dllp([kind, a, b, c]);
        if got != expected {
            return Err(DllpError::BadCrc { expected, got });
        }
        let sequence = u16::from_be_bytes([b & 0xF, c]);
        Ok(match kind {
            0x00 => Self::Ack(sequence),
            0x10 => Self::Nak(sequence),
            0x20 => Self::PowerManagement(PowerManagement::EnterL1),
            0x21 => Self::PowerManagement(PowerManagement::EnterL23),
            0x23 => Self::PowerManagement(PowerManagement::ActiveStateRequestL1),
            0x24 => Self::PowerManagement(PowerManagement::RequestAck),
            0x30 => Self::Vendor([a, b, c]),
            _ if kind & 0x08 == 0 && kind >= 0x40 && kind >> 4 & 3 != 3 => {
                Self::FlowControl(FlowControl {
                    stage: match kind >> 6 {
                        1 => FlowControlStage::Init1,
                        3 => FlowControlStage::Init2,
                        _ => FlowControlStage::Update,
                    },
                    class: match kind >> 4 & 3 {
                        0 => CreditClass::Posted,
                        1 => CreditClass::NonPosted,
                        _ => CreditClass::Completion,
                    },
                    virtual_channel: kind & 7,
                    header_credits: (a & 0x3F) << 2 | b >> 6,
                    data_credits: sequence,
                })
            }
            _ => return Err(DllpError::UnknownType { type_byte: kind }),
        })
    }

    /// Writes the packet with its checksum.
    ///
    /// # Errors
    /// [`DllpError::FieldRange`].
    pub const fn emit(&self) -> Result<[u8; 6], DllpError> {
        let body = match *self {
            Self::Ack(sequence) | Self::Nak(sequence) => {
                if sequence > 0xFFF {
                    return Err(DllpError::FieldRange {
                        field: "sequence",
                        value: sequence,
                    });
                }
                let kind = if matches!(self, Self::Ack(_)) {
                    0x00
                } else {
                    0x10
                };
                [kind, 0, (sequence >> 8) as u8, sequence as u8]
            }
            Self::PowerManagement(which) => {
                let kind = match which {
                    PowerManagement::EnterL1 => 0x20,
                    PowerManagement::EnterL23 => 0x21,
                    PowerManagement::ActiveStateRequestL1 => 0x23,
                    PowerManagement::RequestAck => 0x24,
                };
                [kind, 0, 0, 0]
            }
            Self::Vendor([a, b, c]) => [0x30, a, b, c],
            Self::FlowControl(fc) => {
                if fc.virtual_channel > 7 {
                    return Err(DllpError::FieldRange {
                        field: "virtual_channel",
                        value: fc.virtual_channel as u16,
                    });
                }
                if fc.data_credits > 0xFFF {
                    return Err(DllpError::FieldRange {
                        field: "data_credits",
                        value: fc.data_credits,
                    });
                }
                let stage = match fc.stage {
                    FlowControlStage::Init1 => 0x40,
                    FlowControlStage::Init2 => 0xC0,
                    FlowControlStage::Update => 0x80,
                };
                let class = match fc.class {
                    CreditClass::Posted => 0x00,
                    CreditClass::NonPosted => 0x10,
                    CreditClass::Completion => 0x20,
                };
                [
                    stage | class | fc.virtual_channel,
                    fc.header_credits >> 2,
                    fc.header_credits << 6 | (fc.data_credits >> 8) as u8,
                    fc.data_credits as u8,
                ]
            }
        };
        let [low, high] = crc::dllp(body).to_le_bytes();
        let [kind, a, b, c] = body;
        Ok([kind, a, b, c, low, high])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPTURED_INIT_POSTED: [u8; 6] = [0x40, 0x08, 0x00, 0xE0, 0xF5, 0x06];
    const CAPTURED_INIT_NON_POSTED: [u8; 6] = [0x50, 0x08, 0x00, 0x20, 0x12, 0xD9];

    fn init(class: CreditClass, data_credits: u16) -> Dllp {
        Dllp::FlowControl(FlowControl {
            stage: FlowControlStage::Init1,
            class,
            virtual_channel: 0,
            header_credits: 32,
            data_credits,
        })
    }

    #[test]
    fn captured_credit_packets_round_trip() {
        for (bytes, value) in [
            (CAPTURED_INIT_POSTED, init(CreditClass::Posted, 224)),
            (CAPTURED_INIT_NON_POSTED, init(CreditClass::NonPosted, 32)),
        ] {
            assert_eq!(Dllp::parse(bytes), Ok(value));
            assert_eq!(value.emit(), Ok(bytes));
        }
    }

    #[test]
    fn every_single_bit_error_is_noticed() {
        for bit in 0..48 {
            let mut bytes = CAPTURED_INIT_POSTED;
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(
                matches!(Dllp::parse(bytes), Err(DllpError::BadCrc { .. })),
                "bit {bit}"
            );
        }
    }

    #[test]
    fn every_type_byte_is_known_or_refused_and_known_ones_come_back() {
        let mut known = 0;
        for kind in 0..=255_u8 {
            let body = [kind, 0x2A, 0x85, 0x5A];
            let [low, high] = crc::dllp(body).to_le_bytes();
            match Dllp::parse([kind, 0x2A, 0x85, 0x5A, low, high]) {
                Ok(value) => {
                    known += 1;
                    assert_eq!(value.emit().unwrap()[0], kind);
                    assert_eq!(Dllp::parse(value.emit().unwrap()), Ok(value));
                }
                Err(error) => assert_eq!(error, DllpError::UnknownType { type_byte: kind }),
            }
        }
        // Ack, Nak, four of power management, vendor, and 3 stages x 3 classes x 8 channels.
        assert_eq!(known, 7 + 72);
    }

    #[test]
    fn overlong_fields_are_refused() {
        assert!(Dllp::Ack(4096).emit().is_err());
        assert!(init(CreditClass::Posted, 4096).emit().is_err());
    }
}
