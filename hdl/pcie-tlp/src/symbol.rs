//! The 8b/10b symbols above the line code: a data byte or a control character.
//!
//! Source: table 4-1 (special symbols).

use core::fmt;

/// One symbol: a byte in bits 7:0 and bit 8 set when it is a control (K) character.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Symbol(u16);

impl Symbol {
    /// K28.5, starts ordered sets and gives symbol lock.
    pub const COM: Self = Self::control(0xBC);
    /// K27.7, starts a TLP.
    pub const STP: Self = Self::control(0xFB);
    /// K28.2, starts a DLLP.
    pub const SDP: Self = Self::control(0x5C);
    /// K29.7, ends a packet.
    pub const END: Self = Self::control(0xFD);
    /// K30.7, ends a nullified TLP.
    pub const EDB: Self = Self::control(0xFE);
    /// K23.7, stands where a link or lane number is not yet known.
    pub const PAD: Self = Self::control(0xF7);
    /// K28.0, absorbs clock differences.
    pub const SKP: Self = Self::control(0x1C);
    /// K28.1, fast training.
    pub const FTS: Self = Self::control(0x3C);
    /// K28.3, electrical idle.
    pub const IDL: Self = Self::control(0x7C);
    /// K28.7, electrical idle exit (5 GT/s).
    pub const EIE: Self = Self::control(0xFC);

    /// A data symbol.
    pub const fn data(byte: u8) -> Self {
        Self(byte as u16)
    }

    /// A control character; not every byte names an existing one.
    pub const fn control(byte: u8) -> Self {
        Self(byte as u16 | 0x100)
    }

    /// Takes nine bits as PHY interfaces carry them; higher bits are cut off.
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits & 0x1FF)
    }

    /// The nine bits: control flag and byte.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// The byte.
    pub const fn byte(self) -> u8 {
        self.0 as u8
    }

    /// Whether this is a control character.
    pub const fn is_control(self) -> bool {
        self.0 & 0x100 != 0
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, byte) = (if self.is_control() { 'K' } else { 'D' }, self.byte());
        write!(f, "{kind}{}.{}", byte & 0x1F, byte >> 5)
    }
}

#[cfg(test)]
mod tests {
    use super::Symbol;

    #[test]
    fn names_follow_the_line_code() {
        assert_eq!(std::format!("{}", Symbol::COM), "K28.5");
        assert_eq!(std::format!("{}", Symbol::STP), "K27.7");
        assert_eq!(std::format!("{}", Symbol::data(0x4A)), "D10.2");
        assert_eq!(Symbol::from_bits(0xFFFF).bits(), 0x1FF);
    }
}
