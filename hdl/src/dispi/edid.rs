//! The EDID that the card shows before a driver has put the monitor's own in its place.
//!
//! One block of version 1.4: digital, sRGB, prefers 1024x768 at 60 Hz, which every card with 4 MiB and a 65 MHz clock can
//! show. The maker's letters "LMP" and the numbers are placeholders: no PNP id is assigned to this project.
//! Source: VESA Enhanced EDID Standard, Release A2; timing from VESA DMT 1.13, 1024x768 at 60 Hz.

/// Bytes of a block.
pub const BLOCK_BYTES: usize = 128;

/// Detailed timing of 1024x768 at 60 Hz: 65 MHz, 1344 x 806, syncs negative; 34 cm x 26 cm.
const TIMING: [u8; 18] = [
    0x64, 0x19, // 65.00 MHz in units of 10 kHz
    0x00, 0x40, 0x41, // 1024 active and 320 blanking pixels
    0x00, 0x26, 0x30, // 768 active and 38 blanking lines
    0x18, 0x88, 0x36, 0x00, // horizontal front 24, sync 136; vertical front 3, sync 6
    0x54, 0x04, 0x11, // 340 mm x 260 mm
    0x00, 0x00, // no border
    0x18, // not interlaced, digital separate syncs, both negative
];

/// What a display descriptor without contents looks like: tag 0x10.
const DUMMY: [u8; 18] = [0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// The built-in block, checksum included.
#[must_use]
pub fn builtin() -> [u8; BLOCK_BYTES] {
    let mut block = [0; BLOCK_BYTES];
    let letters = b"LMP".map(|letter| u16::from(letter - b'@'));
    let maker = letters[0] << 10 | letters[1] << 5 | letters[2];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &[0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x00]);
    put(8, &maker.to_be_bytes());
    put(10, &[0x01, 0x00]); // product 1, no serial number
    put(16, &[1, 36, 1, 4]); // week 1 of 2026, EDID 1.4
    put(20, &[0xA1, 34, 26, 120]); // digital, 8 bits a colour, DVI; 34 cm x 26 cm; gamma 2.2
    put(24, &[0x06]); // RGB 4:4:4, sRGB, the first timing is the native one
    // sRGB primaries and white point
    put(
        25,
        &[0xEE, 0x91, 0xA3, 0x54, 0x4C, 0x99, 0x26, 0x0F, 0x50, 0x54],
    );
    put(35, &[0x21, 0x08, 0x00]); // 640x480, 800x600, 1024x768 at 60 Hz
    put(38, &[0x01; 16]); // no standard timings
    put(54, &TIMING);
    put(72, b"\0\0\0\xFC\0Lumenport\n   ");
    put(90, &DUMMY);
    put(108, &DUMMY);
    let sum = block.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    block[BLOCK_BYTES - 1] = sum.wrapping_neg();
    block
}

/// [`builtin`] as the words of the register window, first byte in bits 7:0.
#[must_use]
pub fn builtin_words() -> Vec<u32> {
    let block = builtin();
    let (words, _) = block.as_chunks::<4>();
    words
        .iter()
        .map(|bytes| u32::from_le_bytes(*bytes))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builtin_edid_has_a_header_a_timing_and_a_checksum() {
        let block = builtin();
        assert_eq!(block[..8], [0, 255, 255, 255, 255, 255, 255, 0]);
        assert_eq!(u16::from_le_bytes([block[54], block[55]]), 6_500);
        assert_eq!(block.iter().fold(0, |s: u8, b| s.wrapping_add(*b)), 0);
        assert_eq!(builtin_words().len(), 32);
        assert_eq!(builtin_words()[0], 0xFFFF_FF00);
    }
}
