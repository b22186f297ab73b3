//! PCI configuration space: finding a function, sizing and placing its BARs, its interrupt message.
//!
//! Plain functions over [`Platform::config_read`] and [`Platform::config_write`]: usable before a port exists. Accesses
//! are aligned DWs; status bits (write one to clear) are written as zero, so they are never disturbed.
//!
//! Not supported: bridges (buses are scanned up to [`Platform::last_pci_bus`]), I/O BARs beyond reporting them, MSI-X.
//!
//! Source: PCI Local Bus Specification 3.0, sections 6.1, 6.2.5, 6.7, 6.8.1.

use crate::address::PhysAddr;
use crate::platform::{PciSlot, Platform};

/// Vendor and device id as the first DW of configuration space shows them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PciId {
    /// Vendor id; 0xFFFF: nobody there.
    pub vendor: u16,
    /// Device id.
    pub device: u16,
}

/// One base address register.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Bar {
    /// Register number, `0..6`; a 64-bit one takes two.
    pub index: u8,
    /// Address it decodes; 0: not placed.
    pub base: PhysAddr,
    /// Bytes, a power of two.
    pub length_bytes: u64,
    /// I/O ports.
    pub io: bool,
    /// 64 bits wide.
    pub wide: bool,
    /// Reads have no side effects.
    pub prefetchable: bool,
}

/// Command register: I/O decode.
pub const COMMAND_IO: u32 = 1 << 0;
/// Command register: memory decode.
pub const COMMAND_MEMORY: u32 = 1 << 1;
/// Command register: bus master.
pub const COMMAND_BUS_MASTER: u32 = 1 << 2;
/// Command register: INTx off.
pub const COMMAND_INTX_DISABLE: u32 = 1 << 10;
const COMMAND_DECODE: u32 = 0b11;
const COMMAND_OFFSET: u16 = 0x04;
const CAPABILITIES_OFFSET: u16 = 0x34;
const STATUS_CAPABILITIES: u32 = 1 << (16 + 4);
/// Capability id of message-signalled interrupts.
pub const CAPABILITY_MSI: u8 = 0x05;

/// Reads the ids of a slot, `None` where nothing answers.
pub fn id<P: Platform>(platform: &P, slot: PciSlot) -> Option<PciId> {
    let dw = platform.config_read(slot, 0);
    let id = PciId {
        vendor: dw as u16,
        device: (dw >> 16) as u16,
    };
    (id.vendor != 0xffff).then_some(id)
}

/// Finds the first function that `wanted` accepts, in bus, device, function order.
pub fn find<P: Platform>(
    platform: &P,
    mut wanted: impl FnMut(PciSlot, PciId) -> bool,
) -> Option<PciSlot> {
    for bus in 0..=platform.last_pci_bus() {
        for device in 0..32 {
            let first = PciSlot {
                bus,
                device,
                function: 0,
            };
            let Some(first_id) = id(platform, first) else {
                continue;
            };
            if wanted(first, first_id) {
                return Some(first);
            }
            let multifunction = platform.config_read(first, 0x0c) & 0x0080_0000 != 0;
            for function in 1..if multifunction { 8 } else { 1 } {
                let slot = PciSlot {
                    bus,
                    device,
                    function,
                };
                if id(platform, slot).is_some_and(|found| wanted(slot, found)) {
                    return Some(slot);
                }
            }
        }
    }
    None
}

/// Finds the first function with these ids.
pub fn find_id<P: Platform>(platform: &P, wanted: PciId) -> Option<PciSlot> {
    find(platform, |_, found| found == wanted)
}

/// Reads the command register (bits 15:0).
pub fn command<P: Platform>(platform: &P, slot: PciSlot) -> u32 {
    platform.config_read(slot, COMMAND_OFFSET) & 0xffff
}

/// Writes the command register without touching the status register.
pub fn set_command<P: Platform>(platform: &P, slot: PciSlot, command: u32) {
    platform.config_write(slot, COMMAND_OFFSET, command & 0xffff);
}

/// Sizes the BARs of a type 0 function. Decoding is off meanwhile; BARs and command register come back as they were.
///
/// Shape: result by register number; `None` for registers that do not exist or are the upper half of a wide one.
pub fn bars<P: Platform>(platform: &P, slot: PciSlot) -> [Option<Bar>; 6] {
    let saved_command = command(platform, slot);
    set_command(platform, slot, saved_command & !COMMAND_DECODE);
    let mut found = [None; 6];
    let mut upper_half = false;
    for (index, place) in (0_u8..).zip(found.iter_mut()) {
        if upper_half {
            upper_half = false;
            continue;
        }
        let bar = size_bar(platform, slot, index);
        upper_half = bar.is_some_and(|bar| bar.wide);
        *place = bar;
    }
    set_command(platform, slot, saved_command);
    found
}

const fn bar_offset(index: u8) -> u16 {
    0x10 + 4 * index as u16
}

fn probe_dw<P: Platform>(platform: &P, slot: PciSlot, offset: u16) -> (u32, u32) {
    let saved = platform.config_read(slot, offset);
    platform.config_write(slot, offset, u32::MAX);
    let mask = platform.config_read(slot, offset);
    platform.config_write(slot, offset, saved);
    (saved, mask)
}

fn size_bar<P: Platform>(platform: &P, slot: PciSlot, index: u8) -> Option<Bar> {
    let (low, low_mask) = probe_dw(platform, slot, bar_offset(index));
    if low_mask == 0 || low_mask == u32::MAX {
        return None;
    }
    let io = low_mask & 1 != 0;
    let address_bits = if io { !0x3_u32 } else { !0xf_u32 };
    let wide = !io && low_mask & 0b110 == 0b100 && index < 5;
    let (high, high_mask) = if wide {
        probe_dw(platform, slot, bar_offset(index + 1))
    } else {
        (0, u32::MAX)
    };
    // I/O BARs may leave the upper 16 bits unimplemented.
    let low_bits = if io && low_mask >> 16 == 0 {
        (low_mask & address_bits) | 0xffff_0000
    } else {
        low_mask & address_bits
    };
    let mask = (u64::from(high_mask) << 32) | u64::from(low_bits);
    let length_bytes = mask.wrapping_neg();
    (length_bytes != 0 && length_bytes.is_power_of_two()).then_some(Bar {
        index,
        base: PhysAddr::new((u64::from(high) << 32) | u64::from(low & address_bits)),
        length_bytes,
        io,
        wide,
        prefetchable: !io && low_mask & 0b1000 != 0,
    })
}

/// Places the memory BARs that have no address yet inside the platform's window, largest first, each aligned to its
/// size. Nothing happens on a platform without a window.
///
/// False: the window is too small; BARs placed before that keep their addresses.
pub fn place_bars<P: Platform>(platform: &P, slot: PciSlot) -> bool {
    let Some(window) = platform.memory_window(slot) else {
        return true;
    };
    let mut found = bars(platform, slot);
    found.sort_unstable_by_key(|bar| core::cmp::Reverse(bar.map_or(0, |bar| bar.length_bytes)));
    let end = u128::from(window.base.raw()) + u128::from(window.length_bytes);
    let mut next = u128::from(window.base.raw());
    for bar in found.into_iter().flatten() {
        if bar.io || bar.base.raw() != 0 {
            continue;
        }
        let base = next.next_multiple_of(u128::from(bar.length_bytes));
        let after = base + u128::from(bar.length_bytes);
        let top = if bar.wide {
            u128::from(u64::MAX)
        } else {
            u128::from(u32::MAX)
        };
        if after > end || after - 1 > top {
            return false;
        }
        platform.config_write(slot, bar_offset(bar.index), base as u32);
        if bar.wide {
            platform.config_write(slot, bar_offset(bar.index + 1), (base >> 32) as u32);
        }
        next = after;
    }
    true
}

/// Offset of the expansion ROM's base address register.
const ROM_OFFSET: u16 = 0x30;
const ROM_ENABLE: u32 = 1;
const ROM_ADDRESS: u32 = 0xffff_f800;

/// Sizes the expansion ROM of a type 0 function; `None` when it has none. The register comes back as it was.
///
/// Shape: `index` is 6; `base` is 0 when nobody placed it.
pub fn expansion_rom<P: Platform>(platform: &P, slot: PciSlot) -> Option<Bar> {
    let saved = platform.config_read(slot, ROM_OFFSET);
    platform.config_write(slot, ROM_OFFSET, ROM_ADDRESS);
    let mask = platform.config_read(slot, ROM_OFFSET);
    platform.config_write(slot, ROM_OFFSET, saved);
    let length_bytes = u64::from((mask & ROM_ADDRESS).wrapping_neg());
    // All ones: nobody is there.
    let exists = mask != u32::MAX && length_bytes.is_power_of_two();
    exists.then_some(Bar {
        index: 6,
        base: PhysAddr::new(u64::from(saved & ROM_ADDRESS)),
        length_bytes,
        io: false,
        wide: false,
        prefetchable: true,
    })
}

/// Makes the expansion ROM decode, and says where; on a platform with a window an unplaced one is placed behind the
/// BARs. `None`: there is no place for it.
pub fn enable_expansion_rom<P: Platform>(
    platform: &P,
    slot: PciSlot,
    rom: Bar,
) -> Option<PhysAddr> {
    let base = if rom.base.raw() == 0 {
        free_place(platform, slot, rom.length_bytes)?
    } else {
        rom.base
    };
    let low = u32::try_from(base.raw()).ok()?;
    platform.config_write(slot, ROM_OFFSET, (low & ROM_ADDRESS) | ROM_ENABLE);
    let now = command(platform, slot);
    set_command(platform, slot, now | COMMAND_MEMORY);
    Some(base)
}

/// Stops the expansion ROM from decoding and puts its register back.
pub fn disable_expansion_rom<P: Platform>(platform: &P, slot: PciSlot, rom: Bar) {
    platform.config_write(slot, ROM_OFFSET, rom.base.raw() as u32 & ROM_ADDRESS);
}

/// The first free, aligned place in the platform's window behind every BAR, below 4 GiB.
fn free_place<P: Platform>(platform: &P, slot: PciSlot, length_bytes: u64) -> Option<PhysAddr> {
    let window = platform.memory_window(slot)?;
    let window_end = window.base.raw().checked_add(window.length_bytes)?;
    let ends = bars(platform, slot)
        .into_iter()
        .flatten()
        .filter(|bar| !bar.io)
        .map(|bar| bar.base.raw().saturating_add(bar.length_bytes));
    let first = ends
        .filter(|end| *end <= window_end)
        .fold(window.base.raw(), u64::max);
    let base = first.checked_next_multiple_of(length_bytes)?;
    let end = base.checked_add(length_bytes)?;
    (end <= window_end && end <= 1 << 32).then_some(PhysAddr::new(base))
}

/// Reads the class code: base class, subclass, programming interface in bits 23:0.
pub fn class_code<P: Platform>(platform: &P, slot: PciSlot) -> u32 {
    platform.config_read(slot, 0x08) >> 8
}

/// Finds a capability's offset. The walk is bounded, so a looping list ends.
pub fn capability<P: Platform>(platform: &P, slot: PciSlot, wanted: u8) -> Option<u16> {
    if platform.config_read(slot, COMMAND_OFFSET) & STATUS_CAPABILITIES == 0 {
        return None;
    }
    let mut offset = (platform.config_read(slot, CAPABILITIES_OFFSET) & 0xfc) as u16;
    for _ in 0..48 {
        if offset < 0x40 {
            return None;
        }
        let dw = platform.config_read(slot, offset);
        if dw as u8 == wanted {
            return Some(offset);
        }
        offset = (dw >> 8 & 0xfc) as u16;
    }
    None
}

/// Writes the interrupt message into the MSI capability and enables one vector. False: no such capability.
pub fn enable_msi<P: Platform>(platform: &P, slot: PciSlot, address: u64, data: u16) -> bool {
    let Some(offset) = capability(platform, slot, CAPABILITY_MSI) else {
        return false;
    };
    let control = platform.config_read(slot, offset);
    let wide = control & (1 << (16 + 7)) != 0;
    platform.config_write(slot, offset + 4, address as u32 & !3);
    let data_offset = if wide {
        platform.config_write(slot, offset + 8, (address >> 32) as u32);
        offset + 12
    } else {
        offset + 8
    };
    platform.config_write(slot, data_offset, u32::from(data));
    // Multiple message enable (bits 22:20) zero: one vector. Enable is bit 16.
    platform.config_write(slot, offset, (control & !0x0070_0000) | 1 << 16);
    let command = command(platform, slot);
    set_command(platform, slot, command | COMMAND_INTX_DISABLE);
    true
}

/// Turns the interrupt message off.
pub fn disable_msi<P: Platform>(platform: &P, slot: PciSlot) {
    if let Some(offset) = capability(platform, slot, CAPABILITY_MSI) {
        let control = platform.config_read(slot, offset);
        platform.config_write(slot, offset, control & !(1 << 16));
    }
}
