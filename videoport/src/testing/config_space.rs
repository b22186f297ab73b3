//! Configuration space of the simulated card: a type 0 header, two BARs, an expansion ROM if one was put in, an MSI
//! capability.

use std::vec::Vec;

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
const ROM: u16 = 0x30;
const CAPABILITIES: u16 = 0x34;
const INTERRUPT: u16 = 0x3c;
const MSI: u16 = 0x50;
const PREFETCHABLE: u32 = 0b1000;

pub(super) struct ConfigSpace {
    command: u32,
    bars: [u32; 2],
    lengths: [u32; 2],
    msi: [u32; 4],
    /// Class code and revision: display controller of another kind, revision 2.
    pub(super) class_revision: u32,
    /// Contents of the expansion ROM, a power of two of bytes from 2 KiB on; empty: none.
    pub(super) rom: Vec<u8>,
    rom_bar: u32,
    /// Interrupt line: a byte for software's notes.
    line: u8,
}

/// Where an address lands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Target {
    /// BAR 0, card memory, at this offset.
    Memory(u32),
    /// BAR 2, registers.
    Registers(u32),
    /// The expansion ROM.
    Rom(u8),
}

impl ConfigSpace {
    pub(super) const fn new(memory_bytes: u32, register_bytes: u32) -> Self {
        Self {
            command: 0,
            bars: [0; 2],
            lengths: [memory_bytes, register_bytes],
            msi: [0; 4],
            class_revision: 0x0380_0002,
            rom: Vec::new(),
            rom_bar: 0,
            line: 0,
        }
    }

    pub(super) fn read(&self, offset: u16) -> u32 {
        let [bar0, bar2] = self.bars;
        let [control, address_lo, address_hi, data] = self.msi;
        match offset {
            0x00 => u32::from(CARD_ID.device) << 16 | u32::from(CARD_ID.vendor),
            // Status: capabilities list.
            COMMAND => 0x0010_0000 | self.command,
            0x08 => self.class_revision,
            BAR0 => bar0 | PREFETCHABLE,
            BAR2 => bar2,
            SUBSYSTEM => 0x4C50_1234,
            ROM => self.rom_bar,
            CAPABILITIES => u32::from(MSI),
            // Pin INTA.
            INTERRUPT => 0x0100 | u32::from(self.line),
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
            COMMAND => self.command = value & 0x0407,
            BAR0 => *bar0 = value & !(length0 - 1),
            BAR2 => *bar2 = value & !(length2 - 1),
            ROM if !self.rom.is_empty() => {
                let address = !(self.rom.len() as u32 - 1) & 0xffff_f800;
                self.rom_bar = value & (address | 1);
            }
            INTERRUPT => self.line = value as u8,
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

    /// What decodes an address.
    pub(super) fn decode(&self, address: u64) -> Option<Target> {
        if !self.memory_enabled() {
            return None;
        }
        if self.rom_bar & 1 != 0 {
            let offset = address.wrapping_sub(u64::from(self.rom_bar & !1));
            let byte = usize::try_from(offset).ok().and_then(|at| self.rom.get(at));
            if let Some(byte) = byte {
                return Some(Target::Rom(*byte));
            }
        }
        self.bars
            .iter()
            .zip(self.lengths)
            .enumerate()
            .find_map(|(index, (bar, length))| {
                let offset = address.checked_sub(u64::from(*bar))?;
                let offset = u32::try_from(offset).ok().filter(|at| *at < length)?;
                let target = if index == 0 {
                    Target::Memory(offset)
                } else {
                    Target::Registers(offset)
                };
                (*bar != 0).then_some(target)
            })
    }
}
