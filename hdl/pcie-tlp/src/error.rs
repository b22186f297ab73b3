//! What can be wrong with a transaction layer packet.

use core::fmt;

/// A reason why words are not a legal TLP, or why a value cannot be encoded as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlpError {
    /// The packet ends before its header does.
    Truncated {
        /// Words present. Units: DW.
        got_dw: usize,
        /// Words the header needs. Units: DW.
        needed_dw: usize,
    },
    /// The format and type fields name no TLP of this revision.
    UnknownType {
        /// Bits 31:29 of the first word.
        fmt: u8,
        /// Bits 28:24 of the first word.
        type_bits: u8,
    },
    /// The length field (with digest and header) does not agree with the words present.
    LengthMismatch {
        /// Words the header announces, all included. Units: DW.
        announced_dw: usize,
        /// Words present. Units: DW.
        got_dw: usize,
    },
    /// A length is zero, over 1024 DW, or not 1 where only 1 is legal.
    IllegalLength {
        /// The offending length. Units: DW.
        length_dw: usize,
    },
    /// The byte enables break the rules of section 2.2.5.
    IllegalByteEnables {
        /// First DW byte enables.
        first: u8,
        /// Last DW byte enables.
        last: u8,
        /// Length of the request. Units: DW.
        length_dw: u16,
    },
    /// A memory request crosses a 4 KiB boundary.
    Crosses4K {
        /// Byte address of the request's first DW.
        address: u64,
        /// Length of the request. Units: DW.
        length_dw: u16,
    },
    /// A four-word header carries an address below 4 GiB, which must use the three-word form.
    WideAddressBelow4G {
        /// Byte address of the request.
        address: u64,
    },
    /// An address is not a multiple of four, or has more bits than its header can carry.
    IllegalAddress {
        /// The offending byte address or register offset.
        address: u64,
    },
    /// A completion status code that the specification reserves.
    IllegalStatus {
        /// The three status bits.
        status: u8,
    },
    /// A field of a value to encode exceeds its bits on the wire.
    FieldRange {
        /// Name of the field.
        field: &'static str,
        /// The value that does not fit.
        value: u32,
    },
    /// The packet kind is recognised but has no parsed form here (locked accesses).
    NotSupported {
        /// Bits 31:29 of the first word.
        fmt: u8,
        /// Bits 28:24 of the first word.
        type_bits: u8,
    },
    /// The output slice is shorter than the encoded packet.
    BufferTooSmall {
        /// Words needed. Units: DW.
        needed_dw: usize,
        /// Words offered. Units: DW.
        got_dw: usize,
    },
}

impl fmt::Display for TlpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Truncated { got_dw, needed_dw } => {
                write!(
                    f,
                    "TLP ends after {got_dw} DW, its header needs {needed_dw}"
                )
            }
            Self::UnknownType { fmt, type_bits } => {
                write!(f, "unknown TLP format {fmt:03b} type {type_bits:05b}")
            }
            Self::LengthMismatch {
                announced_dw,
                got_dw,
            } => {
                write!(
                    f,
                    "TLP header announces {announced_dw} DW in all, {got_dw} are present"
                )
            }
            Self::IllegalLength { length_dw } => write!(f, "illegal TLP length of {length_dw} DW"),
            Self::IllegalByteEnables {
                first,
                last,
                length_dw,
            } => {
                write!(
                    f,
                    "illegal byte enables first {first:04b} last {last:04b} for {length_dw} DW"
                )
            }
            Self::Crosses4K { address, length_dw } => {
                write!(
                    f,
                    "request of {length_dw} DW at {address:#x} crosses a 4 KiB boundary"
                )
            }
            Self::WideAddressBelow4G { address } => {
                write!(
                    f,
                    "64-bit address form used for {address:#x}, which is below 4 GiB"
                )
            }
            Self::IllegalAddress { address } => write!(f, "illegal address {address:#x}"),
            Self::IllegalStatus { status } => write!(f, "reserved completion status {status:03b}"),
            Self::FieldRange { field, value } => write!(f, "{field} cannot hold {value:#x}"),
            Self::NotSupported { fmt, type_bits } => {
                write!(
                    f,
                    "TLP format {fmt:03b} type {type_bits:05b} has no parsed form"
                )
            }
            Self::BufferTooSmall { needed_dw, got_dw } => {
                write!(f, "TLP needs {needed_dw} DW, the buffer has {got_dw}")
            }
        }
    }
}

impl core::error::Error for TlpError {}
