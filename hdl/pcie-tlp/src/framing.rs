//! Packets between their framing symbols, as they cross a lane of a x1 link before scrambling.
//!
//! Source: section 3.5.2.1 (TLP with sequence number and LCRC), section 4.2.2 (framing).

use core::fmt;

use crate::{Dllp, DllpError, Symbol, crc};

/// Symbols around a TLP: STP, two of sequence number, four of LCRC, END.
pub const TLP_OVERHEAD: usize = 8;

/// Symbols of a framed DLLP.
pub const DLLP_SYMBOLS: usize = 8;

/// What a frame held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A TLP with good LCRC.
    Tlp {
        /// Sequence number. Range: 0..4096.
        sequence: u16,
        /// Words written to the caller's buffer. Units: DW.
        length_dw: usize,
    },
    /// A TLP that its sender took back (inverted LCRC and EDB); a receiver drops it without a word.
    Nullified,
    /// A DLLP with good checksum.
    Dllp(Dllp),
}

/// Why symbols are no intact frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// Start, end or length is wrong, or a control character stands inside.
    Framing,
    /// The LCRC is wrong.
    BadLcrc {
        /// Sequence number as received.
        sequence: u16,
    },
    /// The DLLP inside is bad.
    Dllp(DllpError),
    /// The word buffer is too short.
    BufferTooSmall {
        /// Words needed. Units: DW.
        needed_dw: usize,
    },
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Framing => f.write_str("bad framing"),
            Self::BadLcrc { sequence } => write!(f, "bad LCRC in TLP {sequence}"),
            Self::Dllp(error) => error.fmt(f),
            Self::BufferTooSmall { needed_dw } => {
                write!(f, "frame holds {needed_dw} DW, the buffer is shorter")
            }
        }
    }
}

impl core::error::Error for FrameError {}

/// Frames a TLP and returns the symbols used, or `None` when `symbols` is too short.
///
/// `nullify` inverts the LCRC and ends with EDB.
pub fn emit_tlp(
    sequence: u16,
    words: &[u32],
    nullify: bool,
    symbols: &mut [Symbol],
) -> Option<usize> {
    let total = words.len() * 4 + TLP_OVERHEAD;
    let symbols = symbols.get_mut(..total)?;
    let lcrc = crc::lcrc(sequence, words) ^ if nullify { u32::MAX } else { 0 };
    let body = (sequence & 0xFFF)
        .to_be_bytes()
        .into_iter()
        .chain(words.iter().flat_map(|word| word.to_be_bytes()))
        .chain(lcrc.to_le_bytes());
    symbols[0] = Symbol::STP;
    symbols[total - 1] = if nullify { Symbol::EDB } else { Symbol::END };
    for (symbol, byte) in symbols[1..total - 1].iter_mut().zip(body) {
        *symbol = Symbol::data(byte);
    }
    Some(total)
}

/// Frames a DLLP.
///
/// # Errors
/// As [`Dllp::emit`].
pub fn emit_dllp(dllp: &Dllp) -> Result<[Symbol; DLLP_SYMBOLS], DllpError> {
    let mut symbols = [Symbol::SDP; DLLP_SYMBOLS];
    for (symbol, byte) in symbols[1..].iter_mut().zip(dllp.emit()?) {
        *symbol = Symbol::data(byte);
    }
    symbols[DLLP_SYMBOLS - 1] = Symbol::END;
    Ok(symbols)
}

/// Reads one whole frame, from its start symbol to its end symbol, and puts a TLP's words into `words`.
///
/// # Errors
/// [`FrameError`].
pub fn parse(symbols: &[Symbol], words: &mut [u32]) -> Result<Frame, FrameError> {
    let [start, body @ .., end] = symbols else {
        return Err(FrameError::Framing);
    };
    if body.iter().any(|symbol| symbol.is_control()) {
        return Err(FrameError::Framing);
    }
    match (*start, *end) {
        (Symbol::SDP, Symbol::END) => {
            let Ok(six) = <[Symbol; 6]>::try_from(body) else {
                return Err(FrameError::Framing);
            };
            let bytes = six.map(Symbol::byte);
            Dllp::parse(bytes)
                .map(Frame::Dllp)
                .map_err(FrameError::Dllp)
        }
        (Symbol::STP, Symbol::END | Symbol::EDB) => parse_tlp(body, *end == Symbol::EDB, words),
        _ => Err(FrameError::Framing),
    }
}

fn parse_tlp(body: &[Symbol], bad_end: bool, words: &mut [u32]) -> Result<Frame, FrameError> {
    let [high, low, tlp @ .., l0, l1, l2, l3] = body else {
        return Err(FrameError::Framing);
    };
    if tlp.is_empty() || tlp.len() % 4 != 0 {
        return Err(FrameError::Framing);
    }
    let length_dw = tlp.len() / 4;
    let Some(words) = words.get_mut(..length_dw) else {
        return Err(FrameError::BufferTooSmall {
            needed_dw: length_dw,
        });
    };
    for (word, bytes) in words.iter_mut().zip(tlp.chunks_exact(4)) {
        *word = bytes
            .iter()
            .fold(0, |word, symbol| word << 8 | u32::from(symbol.byte()));
    }
    let sequence = u16::from_be_bytes([high.byte() & 0xF, low.byte()]);
    let got = u32::from_le_bytes([l0.byte(), l1.byte(), l2.byte(), l3.byte()]);
    let expected = crc::lcrc(sequence, words);
    match bad_end {
        false if got == expected => Ok(Frame::Tlp {
            sequence,
            length_dw,
        }),
        true if got == !expected => Ok(Frame::Nullified),
        _ => Err(FrameError::BadLcrc { sequence }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG_READ: [u32; 3] = [0x0400_0001, 0x0000_000F, 0x0100_0000];

    #[test]
    fn captured_frame_is_reproduced() {
        let captured: [u8; 18] = [
            0, 0, 4, 0, 0, 1, 0, 0, 0, 0x0F, 1, 0, 0, 0, 0x4F, 0xA6, 0x2A, 0xFF,
        ];
        let mut symbols = [Symbol::default(); 20];
        assert_eq!(emit_tlp(0, &CONFIG_READ, false, &mut symbols), Some(20));
        let bytes: std::vec::Vec<u8> = symbols[1..19].iter().map(|s| s.byte()).collect();
        assert_eq!(bytes, captured);
        let mut words = [0; 3];
        assert_eq!(
            parse(&symbols, &mut words),
            Ok(Frame::Tlp {
                sequence: 0,
                length_dw: 3
            })
        );
        assert_eq!(words, CONFIG_READ);
    }

    #[test]
    fn nullified_frame_is_told_from_a_broken_one() {
        let mut symbols = [Symbol::default(); 20];
        let mut words = [0; 3];
        emit_tlp(0xABC, &CONFIG_READ, true, &mut symbols).unwrap();
        assert_eq!(parse(&symbols, &mut words), Ok(Frame::Nullified));
        symbols[19] = Symbol::END;
        assert_eq!(
            parse(&symbols, &mut words),
            Err(FrameError::BadLcrc { sequence: 0xABC })
        );
        symbols[5] = Symbol::SKP;
        assert_eq!(parse(&symbols, &mut words), Err(FrameError::Framing));
    }

    #[test]
    fn dllp_frame_round_trips() {
        let symbols = emit_dllp(&Dllp::Nak(0x123)).unwrap();
        assert_eq!(parse(&symbols, &mut []), Ok(Frame::Dllp(Dllp::Nak(0x123))));
        assert_eq!(parse(&symbols[..7], &mut []), Err(FrameError::Framing));
    }

    #[test]
    fn short_buffers_are_refused() {
        let mut symbols = [Symbol::default(); 20];
        assert_eq!(emit_tlp(0, &CONFIG_READ, false, &mut symbols[..19]), None);
        emit_tlp(0, &CONFIG_READ, false, &mut symbols).unwrap();
        assert_eq!(
            parse(&symbols, &mut [0; 2]),
            Err(FrameError::BufferTooSmall { needed_dw: 3 })
        );
    }
}
