//! Bytes in and out of payload words.
//!
//! Payload words hold their first wire byte in bits 31:24; memory order is wire order.

/// Packs `bytes` into words, the first byte landing `skew` bytes into the first word; the other bytes of the touched words become zero.
///
/// Shape: `skew` in 0..4; `words` must hold at least `(skew + bytes.len()).div_ceil(4)` words.
/// Returns the number of words written, or `None` (nothing written) when `words` is too short or `skew` is over 3.
pub fn pack(bytes: &[u8], skew: usize, words: &mut [u32]) -> Option<usize> {
    let count = (skew + bytes.len()).div_ceil(4);
    if skew > 3 || count > words.len() {
        return None;
    }
    words[..count].fill(0);
    for (index, byte) in bytes.iter().enumerate() {
        let at = skew + index;
        words[at / 4] |= u32::from(*byte) << (24 - 8 * (at % 4));
    }
    Some(count)
}

/// Copies bytes out of words, starting `skew` bytes into the first one.
///
/// Returns the number of bytes copied: `bytes.len()`, or fewer when the words end first.
pub fn unpack(words: &[u32], skew: usize, bytes: &mut [u8]) -> usize {
    let count = bytes.len().min((words.len() * 4).saturating_sub(skew));
    for (index, byte) in bytes[..count].iter_mut().enumerate() {
        *byte = byte_of(words[(skew + index) / 4], (skew + index) % 4);
    }
    count
}

/// The byte at position `index` (0..4) of a word in wire order.
pub const fn byte_of(word: u32, index: usize) -> u8 {
    (word >> (24 - 8 * (index & 3))) as u8
}

/// A register value (little endian on the bus) as a payload word, and back: the two directions are the same swap.
pub const fn from_register(value: u32) -> u32 {
    value.swap_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pack_then_unpack_is_the_identity_for_every_skew() {
        let bytes: std::vec::Vec<u8> = (1..=37).collect();
        for skew in 0..4 {
            for len in 0..bytes.len() {
                let mut words = [0xFFFF_FFFF; 16];
                let used = pack(&bytes[..len], skew, &mut words).unwrap();
                let mut back = [0; 37];
                assert_eq!(unpack(&words[..used], skew, &mut back[..len]), len);
                assert_eq!(back[..len], bytes[..len]);
            }
        }
    }

    #[test]
    fn first_byte_is_the_most_significant() {
        let mut words = [0; 2];
        assert_eq!(pack(&[1, 2, 3, 4, 5], 1, &mut words), Some(2));
        assert_eq!(words, [0x0001_0203, 0x0405_0000]);
        assert_eq!(from_register(0x1122_3344), 0x4433_2211);
    }

    #[test]
    fn short_buffers_are_refused_or_cut() {
        assert_eq!(pack(&[0; 5], 0, &mut [0; 1]), None);
        assert_eq!(pack(&[0; 1], 4, &mut [0; 9]), None);
        assert_eq!(unpack(&[0], 2, &mut [0; 8]), 2);
        assert_eq!(unpack(&[], 2, &mut [0; 8]), 0);
    }
}
