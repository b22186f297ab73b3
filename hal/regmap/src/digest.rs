//! The map digest: one number that changes whenever software and gateware would disagree.
//!
//! FNV-1a, 32 bit (offset basis 0x811C9DC5, prime 0x01000193), over the places, names, access kinds, reset values and
//! named values of every register. Documentation and gateware-side access are left out: changing them breaks nobody.

use crate::meta::{BlockMeta, FieldMeta, RegMeta};

/// FNV-1a state.
#[derive(Clone, Copy)]
struct Fnv(u32);

impl Fnv {
    const fn byte(self, byte: u8) -> Self {
        Self((self.0 ^ byte as u32).wrapping_mul(0x0100_0193))
    }

    const fn bytes(self, bytes: &[u8]) -> Self {
        let mut state = self;
        let mut rest = bytes;
        while let Some((byte, tail)) = rest.split_first() {
            state = state.byte(*byte);
            rest = tail;
        }
        state
    }

    const fn word(self, word: u32) -> Self {
        self.bytes(&word.to_le_bytes())
    }

    /// The text and a zero, so that neighbours do not run together.
    const fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes()).byte(0)
    }

    const fn field(self, field: &FieldMeta) -> Self {
        let mut state = self
            .text(field.name)
            .byte(field.msb)
            .byte(field.lsb)
            .text(field.access.name())
            .word(field.reset);
        let mut values = field.values;
        while let Some((value, tail)) = values.split_first() {
            state = state.text(value.name).word(value.value);
            values = tail;
        }
        state
    }

    const fn register(self, reg: &RegMeta) -> Self {
        let mut state = self.text(reg.name).word(reg.offset);
        let mut fields = reg.fields;
        while let Some((field, tail)) = fields.split_first() {
            state = state.field(field);
            fields = tail;
        }
        state
    }
}

/// Digest of `blocks` in the order given.
pub(crate) const fn digest(blocks: &[BlockMeta]) -> u32 {
    let mut state = Fnv(0x811C_9DC5);
    let mut rest = blocks;
    while let Some((block, tail)) = rest.split_first() {
        state = state
            .text(block.name)
            .word(block.instance.base)
            .word(block.instance.span)
            .word(block.type_id as u32)
            .word(block.version as u32);
        let mut registers = block.registers;
        while let Some((reg, more)) = registers.split_first() {
            state = state.register(reg);
            registers = more;
        }
        let mut windows = block.windows;
        while let Some((window, more)) = windows.split_first() {
            state = state
                .text(window.name)
                .word(window.offset)
                .word(window.count)
                .word(window.stride);
            let mut words = window.words;
            while let Some((word, others)) = words.split_first() {
                state = state.register(word);
                words = others;
            }
            windows = more;
        }
        rest = tail;
    }
    state.0
}
