//! What the host knows of the card's settings, by watching its own configuration traffic.
//!
//! The checker must know whether the card may master the bus and how long its packets may be. Whoever configures the card does it
//! through the root complex, so listening is enough; nobody has to tell. A setting that is being widened counts from the moment
//! the write leaves, one that is being narrowed from the moment it is answered, because the card acts somewhere in between.

use std::collections::BTreeMap;

use pcie_tlp::FunctionId;

/// Offset of the command register.
const COMMAND: u16 = 0x04;
/// Offset of the first base address register.
const FIRST_BAR: u16 = 0x10;
/// Offset of the pointer to the first capability.
const CAPABILITY_POINTER: u16 = 0x34;
const CAPABILITY_MSI: u32 = 0x05;
const CAPABILITY_PCIE: u32 = 0x10;
/// MSI Enable and Multiple Message Enable in the first word of the capability.
const MSI_WRITABLE: u32 = 0x0071_0000;
/// Device Control after reset: 128-byte payload, 512-byte reads, relaxed ordering and no snoop on.
const DEVICE_CONTROL_RESET: u32 = 0x2810;

/// The MSI capability as programmed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Msi {
    pub(super) enabled: bool,
    pub(super) address: u64,
    pub(super) data: u16,
    /// Low data bits that the card may change.
    pub(super) vector_bits: u32,
}

/// One state of the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Settings {
    bus_master: bool,
    max_payload_bytes: u32,
    max_read_request_bytes: u32,
    extended_tags: bool,
}

/// The settings seen on the wire.
pub(super) struct Device {
    /// Registers read or written so far, by offset.
    shadow: BTreeMap<u16, u32>,
    capability_offsets: Vec<u16>,
    pcie: Option<u16>,
    msi: Option<u16>,
    /// What the card may do now; wider than the shadow while a write is on its way.
    allowed: Settings,
    /// The ID it has latched from a configuration write.
    pub(super) id: Option<FunctionId>,
}

impl Device {
    pub(super) fn new() -> Self {
        let mut device = Self {
            shadow: BTreeMap::new(),
            capability_offsets: Vec::new(),
            pcie: None,
            msi: None,
            allowed: Settings {
                bus_master: false,
                max_payload_bytes: 128,
                max_read_request_bytes: 512,
                extended_tags: false,
            },
            id: None,
        };
        device.allowed = device.current();
        device
    }

    pub(super) fn bus_master(&self) -> bool {
        self.allowed.bus_master
    }

    pub(super) fn max_payload_bytes(&self) -> u32 {
        self.allowed.max_payload_bytes
    }

    pub(super) fn max_read_request_bytes(&self) -> u32 {
        self.allowed.max_read_request_bytes
    }

    pub(super) fn extended_tags(&self) -> bool {
        self.allowed.extended_tags
    }

    /// Payload limit that the card has surely taken over: what completions to it must obey.
    pub(super) fn settled_payload_bytes(&self) -> u32 {
        self.current().max_payload_bytes
    }

    /// Bus address of a 32-bit memory BAR, `None` while the card decodes no memory.
    pub(super) fn memory_base(&self, bar: u8) -> Option<u64> {
        let command = self.shadow.get(&COMMAND).copied().unwrap_or(0);
        let base = *self.shadow.get(&(FIRST_BAR + u16::from(bar) * 4))?;
        (command & 2 != 0).then_some(u64::from(base & !0xF))
    }

    /// The MSI capability, once somebody has found it.
    pub(super) fn msi(&self) -> Option<Msi> {
        let base = self.msi?;
        let word = |offset: u16| self.shadow.get(&(base + offset)).copied().unwrap_or(0);
        let control = word(0) >> 16;
        let wide = control & 0x80 != 0;
        Some(Msi {
            enabled: control & 1 != 0,
            address: u64::from(word(4)) | if wide { u64::from(word(8)) << 32 } else { 0 },
            data: word(if wide { 12 } else { 8 }) as u16,
            vector_bits: (1 << (control >> 4 & 7)) - 1,
        })
    }

    /// A configuration read of the card was answered with `value`.
    pub(super) fn saw_read(&mut self, offset: u16, value: u32) {
        self.shadow.insert(offset, value);
        if offset == CAPABILITY_POINTER {
            self.note_capability(value & 0xFC);
        } else if self.capability_offsets.contains(&offset) {
            match value & 0xFF {
                CAPABILITY_PCIE => {
                    self.pcie = Some(offset);
                    self.shadow
                        .entry(offset + 8)
                        .or_insert(DEVICE_CONTROL_RESET);
                }
                CAPABILITY_MSI => self.msi = Some(offset),
                _ => {}
            }
            self.note_capability(value >> 8 & 0xFC);
        }
    }

    /// A configuration write to the card leaves: it may act on it from now on.
    pub(super) fn write_leaves(
        &mut self,
        target: FunctionId,
        offset: u16,
        value: u32,
        enables: u8,
    ) {
        self.id = Some(target);
        let before = self.allowed;
        let old = self.shadow.get(&offset).copied();
        self.merge(offset, value, enables);
        let after = self.current();
        match old {
            Some(old) => self.shadow.insert(offset, old),
            None => self.shadow.remove(&offset),
        };
        self.allowed = Settings {
            bus_master: before.bus_master || after.bus_master,
            max_payload_bytes: before.max_payload_bytes.max(after.max_payload_bytes),
            max_read_request_bytes: before
                .max_read_request_bytes
                .max(after.max_read_request_bytes),
            extended_tags: before.extended_tags || after.extended_tags,
        };
        // An interrupt may follow the write that enables it before the completion is seen.
        if self
            .msi
            .is_some_and(|msi| (msi..msi + 16).contains(&offset))
        {
            self.merge(offset, value, enables);
        }
    }

    /// A configuration write was answered: from now on it holds.
    pub(super) fn write_done(&mut self, offset: u16, value: u32, enables: u8) {
        self.merge(offset, value, enables);
        self.allowed = self.current();
    }

    fn note_capability(&mut self, offset: u32) {
        let offset = offset as u16;
        if offset != 0 && !self.capability_offsets.contains(&offset) {
            self.capability_offsets.push(offset);
        }
    }

    fn merge(&mut self, offset: u16, value: u32, enables: u8) {
        let mask = (0..4)
            .filter(|byte| enables >> byte & 1 != 0)
            .fold(0, |mask, byte| mask | 0xFF_u32 << (byte * 8));
        // The message control word is mostly read-only; the shadow must not lose what was read there.
        let mask = if self.msi == Some(offset) {
            mask & MSI_WRITABLE
        } else {
            mask
        };
        let word = self.shadow.entry(offset).or_insert(0);
        *word = *word & !mask | value & mask;
    }

    /// The settings that the shadow spells out.
    fn current(&self) -> Settings {
        let command = self.shadow.get(&COMMAND).copied().unwrap_or(0);
        let control = self
            .pcie
            .and_then(|base| self.shadow.get(&(base + 8)).copied())
            .unwrap_or(DEVICE_CONTROL_RESET);
        Settings {
            bus_master: command & 4 != 0,
            max_payload_bytes: 128 << (control >> 5 & 7).min(5),
            max_read_request_bytes: 128 << (control >> 12 & 7).min(5),
            extended_tags: control & 0x100 != 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: FunctionId = FunctionId::new(1, 0, 0);

    fn with_capabilities() -> Device {
        let mut device = Device::new();
        device.saw_read(0x34, 0x40);
        device.saw_read(0x40, 0x0080_5005); // MSI, 64-bit, next at 0x50
        device.saw_read(0x50, 0x0002_0010); // PCI Express, last
        device
    }

    #[test]
    fn bus_mastering_widens_on_departure_and_narrows_on_the_answer() {
        let mut device = Device::new();
        assert!(!device.bus_master());
        device.write_leaves(CARD, 4, 6, 0xF);
        assert!(device.bus_master());
        device.write_done(4, 6, 0xF);
        device.write_leaves(CARD, 4, 2, 0xF);
        assert!(device.bus_master());
        device.write_done(4, 2, 0xF);
        assert!(!device.bus_master());
        assert_eq!(device.id, Some(CARD));
    }

    #[test]
    fn payload_limits_follow_device_control() {
        let mut device = with_capabilities();
        assert_eq!(
            (device.max_payload_bytes(), device.max_read_request_bytes()),
            (128, 512)
        );
        device.write_leaves(CARD, 0x58, 0x5020, 0x3);
        assert_eq!(
            (device.max_payload_bytes(), device.settled_payload_bytes()),
            (256, 128)
        );
        device.write_done(0x58, 0x5020, 0x3);
        assert_eq!(
            (device.max_payload_bytes(), device.max_read_request_bytes()),
            (256, 4096)
        );
    }

    #[test]
    fn msi_is_assembled_from_byte_enabled_writes() {
        let mut device = with_capabilities();
        assert_eq!(device.msi(), Some(Msi::default()));
        for (offset, value, enables) in [
            (0x44, 0xFEE0_1000, 0xF),
            (0x48, 0, 0xF),
            (0x4C, 0x4041, 0x3),
            (0x40, 0x0001_0000, 0x4),
        ] {
            device.write_leaves(CARD, offset, value, enables);
            device.write_done(offset, value, enables);
        }
        let expected = Msi {
            enabled: true,
            address: 0xFEE0_1000,
            data: 0x4041,
            vector_bits: 0,
        };
        assert_eq!(device.msi(), Some(expected));
    }
}
