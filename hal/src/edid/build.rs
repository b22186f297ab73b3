//! Makes EDIDs: sound ones for the simulated monitor, flawed ones for tests.
//!
//! Blocks are plain arrays, so a test may change any byte afterwards; [`seal`] makes the checksum right again.

use crate::edid::cta::CTA_TAG;
use crate::edid::{
    BLOCK_BYTES, Block, ESTABLISHED, HEADER, RangeLimits, RefreshMode, StandardTiming, Timing,
    checksum,
};

/// Bytes of a descriptor.
const DESCRIPTOR_BYTES: usize = 18;

/// Makes the last byte what the checksum asks for.
pub fn seal(block: &mut Block) {
    block[127] = 0;
    block[127] = checksum(block).wrapping_neg();
}

/// A base block in the making: EDID 1.4, digital, continuous frequency off, sRGB colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BaseBlock {
    bytes: Block,
    descriptors: usize,
    standards: usize,
}

impl BaseBlock {
    /// A monitor of `maker` (three capital letters; others become `@`), without timings.
    pub fn new(maker: [u8; 3], product: u16, serial_number: u32) -> Self {
        let mut bytes = [0; BLOCK_BYTES];
        put(&mut bytes, 0, &HEADER);
        let letter = |byte: u8| u16::from(byte.wrapping_sub(b'@') & 0x1F);
        let [a, b, c] = maker;
        put(
            &mut bytes,
            8,
            &(letter(a) << 10 | letter(b) << 5 | letter(c)).to_be_bytes(),
        );
        put(&mut bytes, 10, &product.to_le_bytes());
        put(&mut bytes, 12, &serial_number.to_le_bytes());
        // week 1 of 2026, version 1.4, digital: 8 bits a colour, DVI
        put(&mut bytes, 16, &[1, 36, 1, 4, 0xA1]);
        // 53 cm x 30 cm, gamma 2.2, sRGB, first timing preferred
        put(&mut bytes, 21, &[53, 30, 120, 0x06]);
        put(
            &mut bytes,
            25,
            &[0xEE, 0x91, 0xA3, 0x54, 0x4C, 0x99, 0x26, 0x0F, 0x50, 0x54],
        );
        put(&mut bytes, 38, &[1; 16]);
        for at in [54, 72, 90, 108] {
            put(&mut bytes, at, &[0, 0, 0, 0x10]);
        }
        Self {
            bytes,
            descriptors: 0,
            standards: 0,
        }
    }

    /// Adds 18 bytes in the next of the four places; a fifth one is dropped.
    #[must_use]
    pub fn descriptor(mut self, bytes: &[u8; DESCRIPTOR_BYTES]) -> Self {
        if self.descriptors < 4 {
            put(
                &mut self.bytes,
                54 + DESCRIPTOR_BYTES * self.descriptors,
                bytes,
            );
            self.descriptors += 1;
        }
        self
    }

    /// Adds a detailed timing; the first is the preferred one.
    #[must_use]
    pub fn timing(self, timing: &Timing) -> Self {
        self.descriptor(&timing.encode())
    }

    /// Adds the name; more than 13 characters are cut.
    #[must_use]
    pub fn name(self, text: &str) -> Self {
        self.text(0xFC, text)
    }

    /// Adds the serial number in letters; more than 13 characters are cut.
    #[must_use]
    pub fn serial_text(self, text: &str) -> Self {
        self.text(0xFF, text)
    }

    fn text(self, tag: u8, text: &str) -> Self {
        let mut bytes = [b' '; DESCRIPTOR_BYTES];
        put(&mut bytes, 0, &[0, 0, 0, tag, 0]);
        let text = text.as_bytes();
        let text = text.get(..13).unwrap_or(text);
        put(&mut bytes, 5, text);
        // full texts have no end mark
        put(&mut bytes, 5 + text.len(), b"\n");
        self.descriptor(&bytes)
    }

    /// Adds range limits.
    #[must_use]
    pub fn range_limits(self, limits: RangeLimits) -> Self {
        self.descriptor(&limits.encode())
    }

    /// Any timing within the range limits is shown.
    #[must_use]
    pub fn continuous(mut self) -> Self {
        self.bytes[24] |= 1;
        self
    }

    /// Marks an established timing; one that is none changes nothing.
    #[must_use]
    pub fn established(mut self, mode: RefreshMode) -> Self {
        for (bit, known) in ESTABLISHED {
            if known == mode {
                let flags = (1_u32 << bit).to_be_bytes();
                self.bytes[35] |= flags[1];
                self.bytes[36] |= flags[2];
                self.bytes[37] |= flags[3];
            }
        }
        self
    }

    /// Adds a standard timing; a ninth one, or one that cannot be written, is dropped.
    #[must_use]
    pub fn standard(mut self, timing: StandardTiming) -> Self {
        if let (Some(code), true) = (timing.encode(), self.standards < 8) {
            put(&mut self.bytes, 38 + 2 * self.standards, &code);
            self.standards += 1;
        }
        self
    }

    /// The block, promising `extensions` more.
    pub fn emit(mut self, extensions: u8) -> Block {
        self.bytes[126] = extensions;
        seal(&mut self.bytes);
        self.bytes
    }
}

/// A CTA-861 extension block in the making: revision 3. Data blocks come before timings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CtaBlock {
    bytes: Block,
    end: usize,
}

impl Default for CtaBlock {
    fn default() -> Self {
        Self::new()
    }
}

impl CtaBlock {
    /// Without data blocks and timings.
    pub fn new() -> Self {
        let mut bytes = [0; BLOCK_BYTES];
        put(&mut bytes, 0, &[CTA_TAG, 3, 4, 0]);
        Self { bytes, end: 4 }
    }

    /// Adds a data block with a tag of 3 bits; dropped when it has no room. Order: before the first timing.
    #[must_use]
    pub fn data(mut self, tag: u8, payload: &[u8]) -> Self {
        let next = self.end + 1 + payload.len();
        if let (Ok(length @ 0..=31), true) = (u8::try_from(payload.len()), next < BLOCK_BYTES) {
            put(&mut self.bytes, self.end, &[tag << 5 | length]);
            put(&mut self.bytes, self.end + 1, payload);
            self.end = next;
            self.bytes[2] = u8::try_from(next).unwrap_or(0);
        }
        self
    }

    /// Adds video codes; `128 + code` marks a native one.
    #[must_use]
    pub fn vics(self, codes: &[u8]) -> Self {
        self.data(2, codes)
    }

    /// Adds a detailed timing; dropped when it has no room.
    #[must_use]
    pub fn timing(mut self, timing: &Timing) -> Self {
        if self.end + DESCRIPTOR_BYTES < BLOCK_BYTES {
            put(&mut self.bytes, self.end, &timing.encode());
            self.end += DESCRIPTOR_BYTES;
        }
        self
    }

    /// The block.
    pub fn emit(mut self) -> Block {
        seal(&mut self.bytes);
        self.bytes
    }
}

/// Copies `from` to `into` at `at`; what has no room is dropped.
fn put(into: &mut [u8], at: usize, from: &[u8]) {
    for (place, byte) in into.iter_mut().skip(at).zip(from) {
        *place = *byte;
    }
}
