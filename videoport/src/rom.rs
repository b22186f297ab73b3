//! The expansion ROM: `VideoPortGetRomImage`, and the obsolete search in a ROM, `VideoPortScanRom`.
//!
//! The image comes from the function's expansion ROM BAR, never from the shadow copy of a PC's first megabyte. ROM
//! decoding is switched on only while the copy is made.
//!
//! Source: `VideoPortGetRomImage`, `VideoPortScanRom`; PCI Local Bus Specification 3.0, sections 6.2.5.2 and 6.3.1.

use crate::address::VirtAddr;
use crate::guarded::Guarded;
use crate::pci;
use crate::platform::{MapKind, Platform};
use crate::port::VideoPort;
use crate::services::Service;
use crate::strict::FindingKind;

/// Largest expansion ROM there can be. Units: bytes.
const ROM_LIMIT_BYTES: u32 = 16 << 20;
/// The first two bytes of a ROM image.
const SIGNATURE: [u8; 2] = [0x55, 0xAA];
/// What lies behind the end of a ROM.
const EMPTY: u8 = 0xFF;
/// Bytes copied at once, on the stack.
const CHUNK_BYTES: usize = 256;

/// The port's copy of the image.
#[derive(Default)]
pub(crate) struct RomState {
    copy: VirtAddr,
}

impl RomState {
    pub(crate) const fn new() -> Guarded<Self> {
        Guarded::new(Self {
            copy: VirtAddr::NULL,
        })
    }
}

impl<P: Platform> VideoPort<'_, P> {
    /// `VideoPortGetRomImage`: a copy of the first `length_bytes` of the card's expansion ROM, owned by the port. PASSIVE.
    ///
    /// Every call frees the copy of the one before; length 0 only frees. `None` then, and when the card has no expansion
    /// ROM, the ROM has no image in it, or there is no memory. Bytes past the ROM's end read 0xFF.
    pub fn get_rom_image(&self, length_bytes: u32) -> Option<VirtAddr> {
        if !self.enter(Service::GetRomImage) {
            return None;
        }
        self.drop_rom_image();
        if length_bytes == 0 || length_bytes > ROM_LIMIT_BYTES {
            return None;
        }
        let rom = pci::expansion_rom(self.platform, self.slot)?;
        let copy = self.allocate_extension(length_bytes)?;
        let base = pci::enable_expansion_rom(self.platform, self.slot, rom);
        let mapped = base.and_then(|base| {
            self.platform
                .map_device(base, rom.length_bytes, MapKind::Uncached)
        });
        let copied = mapped.is_some_and(|mapped| {
            let copied = self.copy_rom(mapped, rom.length_bytes, copy, length_bytes);
            self.platform.unmap_device(mapped, rom.length_bytes);
            copied
        });
        pci::disable_expansion_rom(self.platform, self.slot, rom);
        if !copied {
            self.free_extension_block(copy);
            return None;
        }
        self.rom.with(|state| state.copy = copy);
        Some(copy)
    }

    /// Copies the image. False: no image there.
    fn copy_rom(&self, rom: VirtAddr, rom_bytes: u64, to: VirtAddr, length_bytes: u32) -> bool {
        let mut signature = [0; 2];
        self.read_rom(rom, rom_bytes, 0, &mut signature);
        if signature != SIGNATURE {
            return false;
        }
        let mut chunk = [0; CHUNK_BYTES];
        let length = length_bytes as usize;
        let mut done = 0;
        while done < length {
            let count = CHUNK_BYTES.min(length - done);
            let (Some(bytes), Some(at)) = (chunk.get_mut(..count), to.checked_add(done)) else {
                return false;
            };
            self.read_rom(rom, rom_bytes, done, bytes);
            if self.platform.write_memory(at, bytes).is_err() {
                return false;
            }
            done += count;
        }
        true
    }

    fn read_rom(&self, rom: VirtAddr, rom_bytes: u64, offset: usize, into: &mut [u8]) {
        for (index, place) in (offset..).zip(into) {
            *place = match rom.checked_add(index) {
                Some(at) if (index as u64) < rom_bytes => self.platform.read_register_u8(at),
                _ => EMPTY,
            };
        }
    }

    /// Frees the copy.
    pub(crate) fn drop_rom_image(&self) {
        let copy = self.rom.with(|state| core::mem::take(&mut state.copy));
        self.free_extension_block(copy);
    }

    /// `VideoPortScanRom` (obsolete): whether `text` stands somewhere in a mapped ROM, its very end included. Upper and
    /// lower case differ. PASSIVE.
    ///
    /// `base` is a device mapping or memory, for instance a copy of the image. False for an empty text.
    pub fn scan_rom(&self, base: VirtAddr, length_bytes: u32, text: &[u8]) -> bool {
        let service = Service::ScanRom;
        if !self.enter(service) {
            return false;
        }
        if base.is_null() || text.is_empty() {
            let kind = if base.is_null() {
                FindingKind::NullPointer
            } else {
                FindingKind::ZeroLength
            };
            self.note(service, kind, base.raw() as u64);
            return false;
        }
        let device = self.is_device_mapping(base);
        let Some(places) = (length_bytes as usize).checked_sub(text.len()) else {
            return false;
        };
        (0..=places).any(|start| self.rom_holds(base, start, text, device))
    }

    fn rom_holds(&self, base: VirtAddr, start: usize, text: &[u8], device: bool) -> bool {
        text.iter().enumerate().all(|(index, expected)| {
            let Some(at) = base.checked_add(start + index) else {
                return false;
            };
            let mut byte = [0];
            let read = if device {
                byte = [self.platform.read_register_u8(at)];
                true
            } else {
                self.platform.read_memory(at, &mut byte).is_ok()
            };
            read && byte == [*expected]
        })
    }
}
