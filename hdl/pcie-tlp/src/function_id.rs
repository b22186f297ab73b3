//! The 16-bit address of a function: bus, device, function number.

use core::fmt;

/// A requester or completer ID: bus 15:8, device 7:3, function 2:0.
///
/// Source: section 2.2.6.2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionId(u16);

impl FunctionId {
    /// Joins the three numbers; bits beyond a number's field (8, 5, 3) are cut off.
    pub const fn new(bus: u8, device: u8, function: u8) -> Self {
        Self((bus as u16) << 8 | ((device & 0x1F) as u16) << 3 | (function & 7) as u16)
    }

    /// Takes the 16 bits as they stand in a header.
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// Gives the 16 bits as they stand in a header.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Bus number. Range: 0..=255.
    pub const fn bus(self) -> u8 {
        (self.0 >> 8) as u8
    }

    /// Device number. Range: 0..=31.
    pub const fn device(self) -> u8 {
        (self.0 >> 3) as u8 & 0x1F
    }

    /// Function number. Range: 0..=7.
    pub const fn function(self) -> u8 {
        self.0 as u8 & 7
    }
}

impl fmt::Display for FunctionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:02x}:{:02x}.{}",
            self.bus(),
            self.device(),
            self.function()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::FunctionId;

    #[test]
    fn fields_survive_and_print_as_lspci_does() {
        let id = FunctionId::new(0xA5, 0x1F, 6);
        assert_eq!((id.bus(), id.device(), id.function()), (0xA5, 0x1F, 6));
        assert_eq!(id.bits(), 0xA5FE);
        assert_eq!(std::format!("{id}"), "a5:1f.6");
    }
}
