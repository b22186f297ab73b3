//! The scrambler, which is its own inverse.
//!
//! Source: section 4.2.3 and appendix C.

use crate::Symbol;

/// Scrambles or descrambles a lane's symbols, one at a time.
///
/// COM re-seeds, SKP does not advance, other control characters advance and pass unchanged, and so do the symbols of training sets:
/// those are recognised by what follows a COM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scrambler {
    lfsr: u16,
    /// Symbols of a training set still to pass unchanged.
    training_left: u8,
    after_com: bool,
}

impl Default for Scrambler {
    fn default() -> Self {
        Self::new()
    }
}

impl Scrambler {
    /// Symbols of a training set after its COM.
    const TRAINING_BODY: u8 = 15;

    /// A freshly seeded scrambler.
    pub const fn new() -> Self {
        Self {
            lfsr: 0xFFFF,
            training_left: 0,
            after_com: false,
        }
    }

    /// The shift register, for comparison with gateware.
    pub const fn state(&self) -> u16 {
        self.lfsr
    }

    /// Takes the next symbol and gives what goes out for it.
    pub const fn next(&mut self, symbol: Symbol) -> Symbol {
        if symbol.bits() == Symbol::COM.bits() {
            *self = Self {
                lfsr: 0xFFFF,
                training_left: 0,
                after_com: true,
            };
            return symbol;
        }
        if self.after_com {
            self.after_com = false;
            let other_set = symbol.bits() == Symbol::SKP.bits()
                || symbol.bits() == Symbol::IDL.bits()
                || symbol.bits() == Symbol::FTS.bits();
            self.training_left = if other_set { 0 } else { Self::TRAINING_BODY };
        }
        if symbol.bits() == Symbol::SKP.bits() {
            return symbol;
        }
        let key = self.advance();
        if self.training_left > 0 {
            self.training_left -= 1;
            return symbol;
        }
        if symbol.is_control() {
            symbol
        } else {
            Symbol::data(symbol.byte() ^ key)
        }
    }

    /// Steps the register eight times; the first bit out is bit 0 of the key.
    const fn advance(&mut self) -> u8 {
        let mut key = 0;
        let mut bit = 0;
        while bit < 8 {
            let out = self.lfsr >> 15;
            key |= (out as u8) << bit;
            self.lfsr = self.lfsr << 1 ^ if out != 0 { 0x0039 } else { 0 };
            bit += 1;
        }
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn key_stream_and_states_match_the_published_ones() {
        let mut scrambler = Scrambler::new();
        let mut keys = Vec::new();
        let mut states = Vec::new();
        for _ in 0..16 {
            keys.push(scrambler.next(Symbol::data(0)).byte());
            states.push(scrambler.state());
        }
        let published = [
            0xFF, 0x17, 0xC0, 0x14, 0xB2, 0xE7, 0x02, 0x82, 0x72, 0x6E, 0x28, 0xA6, 0xBE, 0x6D,
            0xBF, 0x8D,
        ];
        assert_eq!(keys, published);
        assert_eq!(states[..4], [0xE817, 0x0328, 0x284B, 0x4DE8]);
    }

    #[test]
    fn skip_set_does_not_advance_and_training_set_does() {
        let mut scrambler = Scrambler::new();
        for symbol in [Symbol::COM, Symbol::SKP, Symbol::SKP, Symbol::SKP] {
            assert_eq!(scrambler.next(symbol), symbol);
        }
        assert_eq!(scrambler.next(Symbol::data(0)).byte(), 0xFF);

        scrambler.next(Symbol::COM);
        for _ in 0..15 {
            assert_eq!(scrambler.next(Symbol::data(0x4A)), Symbol::data(0x4A));
        }
        assert_eq!(scrambler.next(Symbol::data(0)).byte(), 0x8D);
    }

    #[test]
    fn descrambling_gives_the_stream_back() {
        let stream: Vec<Symbol> = [Symbol::COM, Symbol::SKP, Symbol::SDP]
            .into_iter()
            .chain((0..200).map(Symbol::data))
            .chain([Symbol::END, Symbol::COM, Symbol::PAD])
            .chain((0..60).map(Symbol::data))
            .collect();
        let (mut there, mut back) = (Scrambler::new(), Scrambler::new());
        for symbol in stream {
            assert_eq!(back.next(there.next(symbol)), symbol);
        }
    }
}
