//! Configuration space of the simulated card: a type 0 header, two BARs, an MSI capability.

use crate::pci::PciId;
use crate::platform::PciSlot;

/// Ids of the simulated card. A placeholder, as the gateware's.
pub const CARD_ID: PciId = PciId {
    vendor: 0x1234,
    device: 0x1111,
};
/// Where the card sits: bus 0 is the machine's own, device 1 is the card.
pub const CARD_SLOT: PciSlot = PciSlot {
    bus: 0,
    device: 1,
    function: 0,
};

const COMMAND: u16 = 0x04;
const BAR0: u16 = 0x10;
const BAR2: u16 = 0x18;
const SUBSYSTEM: u16 = 0x2c;
const CAPABILITIES: u16 = 0x34;
const MSI: u16 = 0x50;
const PREFETCHABLE: u32 = 0b1000;

pub(super) struct ConfigSpace {
    command: u32,
    bars: [u32; 2],
    lengths: [u32; 2],
    msi: [u32; 4],
}

impl ConfigSpace {
    pub(super) const fn new(memory_bytes: u32, register_bytes: u32) -> Self {
        Self {
            command: 0,
            bars: [0; 2],
            lengths: [memory_bytes, register_bytes],
            msi: [0; 4],
        }
    }

    pub(super) fn read(&self, offset: u16) -> u32 {
        let [bar0, bar2] = self.bars;
        let [control, address_lo, address_hi, data] = self.msi;
        match offset {
            0x00 => u32::from(CARD_ID.device) << 16 | u32::from(CARD_ID.vendor),
            // Status: capabilities list.
            COMMAND => 0x0010_0000 | self.command,
            // Display controller of another kind, revision 2.
            0x08 => 0x0380_0002,
            BAR0 => bar0 | PREFETCHABLE,
            BAR2 => bar2,
            SUBSYSTEM => 0x4C50_1234,
            CAPABILITIES => u32::from(MSI),
            // MSI capability, 64-bit address, end of list.
            MSI => 0x0080_0005 | control & 0x0071_0000,
            0x54 => address_lo,
            0x58 => address_hi,
            0x5c => data,
            _ => 0,
        }
    }

    pub(super) fn write(&mut self, offset: u16, value: u32) {
        let [length0, length2] = self.lengths;
        let [bar0, bar2] = &mut self.bars;
        let [control, address_lo, address_hi, data] = &mut self.msi;
        match offset {
            COMMAND => self.command = value & 0x0406,
            BAR0 => *bar0 = value & !(length0 - 1),
            BAR2 => *bar2 = value & !(length2 - 1),
            MSI => *control = value & 0x0071_0000,
            0x54 => *address_lo = value & !3,
            0x58 => *address_hi = value,
            0x5c => *data = value & 0xffff,
            _ => {}
        }
    }

    pub(super) const fn memory_enabled(&self) -> bool {
        self.command & crate::pci::COMMAND_MEMORY != 0
    }

    pub(super) const fn bus_master(&self) -> bool {
        self.command & crate::pci::COMMAND_BUS_MASTER != 0
    }

    pub(super) const fn msi_enabled(&self) -> bool {
        self.msi[0] & 1 << 16 != 0
    }

    /// Which BAR decodes an address, and the offset in it.
    pub(super) fn decode(&self, address: u64) -> Option<(usize, u32)> {
        if !self.memory_enabled() {
            return None;
        }
        self.bars
            .iter()
            .zip(self.lengths)
            .enumerate()
            .find_map(|(index, (bar, length))| {
                let offset = address.checked_sub(u64::from(*bar))?;
                (*bar != 0 && offset < u64::from(length)).then_some((index, offset as u32))
            })
    }
}
