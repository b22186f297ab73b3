//! Byte enables of requests, and what a completer derives from them.
//!
//! Source: section 2.2.5 (byte enable rules), tables 2-21 and 2-22 (byte count and lower address of completions).

use crate::TlpError;

/// Position of a byte range inside the words that a request moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Address of the first DW: the byte address with its low two bits cleared.
    pub address: u64,
    /// Words touched. Units: DW.
    pub length_dw: u16,
    /// Enables of the first word, bit 0 for the byte at the lowest address.
    pub first_be: u8,
    /// Enables of the last word; zero when there is only one.
    pub last_be: u8,
}

/// Turns a byte range into word address, length and byte enables.
///
/// Units: `len_bytes` in 1..=4096 and such that at most 1024 words are touched.
///
/// # Errors
/// [`TlpError::IllegalLength`] when the range is empty or touches more than 1024 words.
pub const fn span(address: u64, len_bytes: usize) -> Result<Span, TlpError> {
    let skew = (address & 3) as usize;
    let end = skew + len_bytes;
    let length_dw = end.div_ceil(4);
    if len_bytes == 0 || length_dw > 1024 {
        return Err(TlpError::IllegalLength { length_dw });
    }
    let head = (0xF << skew) & 0xF;
    let tail = 0xF >> (length_dw * 4 - end);
    let (first_be, last_be) = if length_dw == 1 {
        (head & tail, 0)
    } else {
        (head, tail)
    };
    Ok(Span {
        address: address & !3,
        length_dw: length_dw as u16,
        first_be,
        last_be,
    })
}

/// Checks the byte enables of a memory request.
///
/// # Errors
/// [`TlpError::IllegalByteEnables`] when a one-word request has last enables, a longer one lacks either, or enabled bytes have a hole
/// where none is allowed (everything except one word, or two words aligned to eight bytes).
pub const fn check(address: u64, length_dw: u16, first: u8, last: u8) -> Result<(), TlpError> {
    let fine = if first > 0xF || last > 0xF {
        false
    } else if length_dw == 1 {
        last == 0
    } else if first == 0 || last == 0 {
        false
    } else {
        let contiguous = matches!(first, 0b1111 | 0b1110 | 0b1100 | 0b1000)
            && matches!(last, 0b1111 | 0b0111 | 0b0011 | 0b0001);
        contiguous || (length_dw == 2 && address & 4 == 0)
    };
    if fine {
        Ok(())
    } else {
        Err(TlpError::IllegalByteEnables {
            first,
            last,
            length_dw,
        })
    }
}

/// Bytes from the first to the last enabled one, holes included: the Byte Count of the first completion.
///
/// A request without any enabled byte (the zero-length read) counts as 1. Range: 1..=4096.
/// Source: table 2-21.
pub const fn byte_count(length_dw: u16, first: u8, last: u8) -> u16 {
    let head = first_byte_offset(first) as u16;
    let tail_be = if length_dw == 1 { first } else { last } & 0xF;
    if tail_be == 0 {
        return 1;
    }
    let tail = tail_be.leading_zeros() as u16 - 4;
    length_dw * 4 - head - tail
}

/// Offset of the first enabled byte inside the first word: bits 1:0 of the first completion's Lower Address.
///
/// Range: 0..=3; zero when nothing is enabled. Source: table 2-22.
pub const fn first_byte_offset(first: u8) -> u8 {
    match first & 0xF {
        0 => 0,
        enables => enables.trailing_zeros() as u8,
    }
}

/// The enables of word `index_dw` of a request, bit 0 for the byte at the lowest address.
pub const fn of_word(index_dw: u16, length_dw: u16, first: u8, last: u8) -> u8 {
    if index_dw == 0 {
        first & 0xF
    } else if index_dw + 1 == length_dw {
        last & 0xF
    } else {
        0xF
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_counts_of_one_word_follow_table_2_21() {
        let table: [(u8, u16); 16] = [
            (0b0000, 1),
            (0b0001, 1),
            (0b0010, 1),
            (0b0100, 1),
            (0b1000, 1),
            (0b0011, 2),
            (0b0110, 2),
            (0b1100, 2),
            (0b0101, 3),
            (0b0111, 3),
            (0b1010, 3),
            (0b1110, 3),
            (0b1001, 4),
            (0b1011, 4),
            (0b1101, 4),
            (0b1111, 4),
        ];
        for (first, count) in table {
            assert_eq!(byte_count(1, first, 0), count, "{first:04b}");
        }
    }

    #[test]
    fn byte_counts_of_many_words_follow_table_2_21() {
        assert_eq!(byte_count(1024, 0xF, 0xF), 4096);
        assert_eq!(byte_count(3, 0b1000, 0b0001), 12 - 6);
        assert_eq!(byte_count(2, 0b1110, 0b1111), 7);
        assert_eq!(byte_count(2, 0b0001, 0b0100), 7); // holes count
    }

    #[test]
    fn span_of_every_small_range_enables_exactly_its_bytes() {
        for address in 0..8_u64 {
            for len in 1..=40_usize {
                let span = span(address, len).unwrap();
                let mut enabled = std::vec::Vec::new();
                for word in 0..span.length_dw {
                    let be = of_word(word, span.length_dw, span.first_be, span.last_be);
                    for byte in 0..4_u64 {
                        if be >> byte & 1 != 0 {
                            enabled.push(span.address + u64::from(word) * 4 + byte);
                        }
                    }
                }
                let expected: std::vec::Vec<u64> = (address..address + len as u64).collect();
                assert_eq!(enabled, expected);
                assert_eq!(
                    byte_count(span.length_dw, span.first_be, span.last_be) as usize,
                    len
                );
                assert_eq!(u64::from(first_byte_offset(span.first_be)), address & 3);
                assert_eq!(
                    check(span.address, span.length_dw, span.first_be, span.last_be),
                    Ok(())
                );
            }
        }
    }

    #[test]
    fn span_refuses_nothing_and_too_much() {
        assert!(span(0, 0).is_err());
        assert!(span(0, 4096).is_ok());
        assert!(span(1, 4096).is_err());
    }

    #[test]
    fn holes_pass_only_in_one_word_or_an_aligned_pair() {
        assert!(check(0, 1, 0b1001, 0).is_ok());
        assert!(check(8, 2, 0b0101, 0b1010).is_ok());
        assert!(check(4, 2, 0b0101, 0b1010).is_err());
        assert!(check(0, 3, 0b0101, 0b1111).is_err());
        assert!(check(0, 1, 0b1111, 0b0001).is_err());
        assert!(check(0, 2, 0b1111, 0).is_err());
        assert!(check(0, 2, 0, 0b1111).is_err());
    }
}
