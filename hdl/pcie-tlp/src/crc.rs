//! The three checksums of the link: DLLP CRC-16, LCRC and ECRC.
//!
//! Source: section 3.5.3.1 (DLLP), section 3.5.2.1 (LCRC), section 2.7.1 (ECRC).

/// CRC-16 of a data link layer packet's four bytes, as the two bytes that follow them on the wire (first byte in bits 7:0).
///
/// Polynomial x^16 + x^12 + x^3 + x + 1, seed all ones, complemented.
pub const fn dllp(bytes: [u8; 4]) -> u16 {
    !dllp_register(&bytes)
}

/// The CRC-16 register after `bytes`, before the final complement. Over a whole intact DLLP of six bytes it is [`DLLP_RESIDUE`].
pub const fn dllp_register(bytes: &[u8]) -> u16 {
    let mut crc = 0xFFFF_u16;
    let mut index = 0;
    while index < bytes.len() {
        crc ^= bytes[index] as u16;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 != 0 {
                crc >> 1 ^ 0xD008
            } else {
                crc >> 1
            };
            bit += 1;
        }
        index += 1;
    }
    crc
}

/// What [`dllp_register`] leaves over any intact DLLP, checksum included.
pub const DLLP_RESIDUE: u16 = 0x556F;

const CRC32_TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut crc = index as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 != 0 {
                crc >> 1 ^ 0xEDB8_8320
            } else {
                crc >> 1
            };
            bit += 1;
        }
        table[index] = crc;
        index += 1;
    }
    table
};

/// The running CRC-32 that LCRC and ECRC share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crc32(u32);

impl Default for Crc32 {
    fn default() -> Self {
        Self::new()
    }
}

impl Crc32 {
    /// The register filled with ones.
    pub const fn new() -> Self {
        Self(0xFFFF_FFFF)
    }

    /// Takes one byte in wire order.
    #[must_use]
    pub const fn byte(self, byte: u8) -> Self {
        Self(self.0 >> 8 ^ CRC32_TABLE[((self.0 ^ byte as u32) & 0xFF) as usize])
    }

    /// Takes the four bytes of a word, bits 31:24 first.
    #[must_use]
    pub const fn word(self, word: u32) -> Self {
        let [a, b, c, d] = word.to_be_bytes();
        self.byte(a).byte(b).byte(c).byte(d)
    }

    /// The complemented result; its least significant byte goes out first.
    pub const fn finish(self) -> u32 {
        !self.0
    }
}

/// LCRC over sequence number and TLP. The least significant byte goes out first.
///
/// Range: `sequence` in 0..4096; higher bits are cut off (the four bits above it on the wire are zero).
pub fn lcrc(sequence: u16, words: &[u32]) -> u32 {
    let [high, low] = (sequence & 0xFFF).to_be_bytes();
    words
        .iter()
        .fold(Crc32::new().byte(high).byte(low), |crc, word| {
            crc.word(*word)
        })
        .finish()
}

/// ECRC over a TLP without its digest, as the digest word in wire order.
///
/// The bits that may change on the way (bit 0 of the type field, the EP bit) count as ones. The TD bit of the first word must
/// already be set.
pub fn ecrc(words: &[u32]) -> u32 {
    const VARIANT: u32 = 1 << 24 | 1 << 14;
    let mut crc = Crc32::new();
    for (index, word) in words.iter().enumerate() {
        crc = crc.word(if index == 0 { word | VARIANT } else { *word });
    }
    crc.finish().swap_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dllp_crc_matches_captured_packets() {
        assert_eq!(dllp([0x40, 0x08, 0x00, 0xE0]).to_le_bytes(), [0xF5, 0x06]);
        assert_eq!(dllp([0x50, 0x08, 0x00, 0x20]).to_le_bytes(), [0x12, 0xD9]);
        assert_eq!(
            dllp_register(&[0x40, 0x08, 0x00, 0xE0, 0xF5, 0x06]),
            DLLP_RESIDUE
        );
        assert_eq!(
            dllp_register(&[0x50, 0x08, 0x00, 0x20, 0x12, 0xD9]),
            DLLP_RESIDUE
        );
    }

    #[test]
    fn lcrc_matches_a_captured_configuration_read() {
        let words = [0x0400_0001, 0x0000_000F, 0x0100_0000];
        assert_eq!(lcrc(0, &words).to_le_bytes(), [0x4F, 0xA6, 0x2A, 0xFF]);
    }

    #[test]
    fn crc32_gives_the_standard_check_value() {
        let crc = b"123456789"
            .iter()
            .fold(Crc32::new(), |crc, byte| crc.byte(*byte));
        assert_eq!(crc.finish(), 0xCBF4_3926);
    }

    #[test]
    fn ecrc_ignores_the_variant_bits_and_nothing_else() {
        let words = [0x0400_8001, 0x0000_000F, 0x0100_0000];
        let reference = ecrc(&words);
        assert_eq!(ecrc(&[words[0] ^ 1 << 24, words[1], words[2]]), reference);
        assert_eq!(ecrc(&[words[0] ^ 1 << 14, words[1], words[2]]), reference);
        for bit in 0..96 {
            let mut changed = words;
            changed[bit / 32] ^= 1 << (bit % 32);
            let variant = bit == 24 || bit == 14;
            assert_eq!(ecrc(&changed) == reference, variant, "bit {bit}");
        }
    }
}
