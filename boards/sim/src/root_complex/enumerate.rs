//! What firmware does with a card before any driver runs: find it, size and place its BARs, choose the packet sizes.
//!
//! The procedure needs configuration accesses and nothing else, so it works over any coupling of root complex and engine.

use pcie_tlp::FunctionId;
use thiserror::Error;

/// Blocking configuration accesses.
pub trait ConfigAccess {
    /// What an access can fail with.
    type Error: std::error::Error + 'static;

    /// Reads the word at `offset`, a multiple of four.
    ///
    /// # Errors
    /// Whatever the path to the card yields.
    fn config_read(&mut self, target: FunctionId, offset: u16) -> Result<u32, Self::Error>;

    /// Writes the enabled bytes of the word at `offset`; bit 0 of `enables` is bits 7:0.
    ///
    /// # Errors
    /// Whatever the path to the card yields.
    fn config_write(
        &mut self,
        target: FunctionId,
        offset: u16,
        value: u32,
        enables: u8,
    ) -> Result<(), Self::Error>;
}

/// Where BARs may be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// Bus addresses below 4 GiB: first and one past the last.
    pub low: (u64, u64),
    /// Largest payload to set up. Units: bytes, 128 << n.
    pub max_payload_bytes: u32,
    /// Largest read request to set up. Units: bytes, 128 << n.
    pub max_read_request_bytes: u32,
}

impl Default for Windows {
    /// The second half of the fourth gigabyte below the interrupt window; payload 128 bytes, reads 512.
    fn default() -> Self {
        Self {
            low: (0xE000_0000, 0xFEC0_0000),
            max_payload_bytes: 128,
            max_read_request_bytes: 512,
        }
    }
}

/// What a BAR decodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarKind {
    /// Memory, 32-bit address.
    Memory32,
    /// Memory, 64-bit address; takes two registers.
    Memory64,
    /// I/O space. Sized but not placed.
    Io,
}

/// A base address register that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Number, 0..=5; of a 64-bit one the lower register's.
    pub index: u8,
    /// What it decodes.
    pub kind: BarKind,
    /// Reads have no side effects.
    pub prefetchable: bool,
    /// Size. Units: bytes.
    pub size_bytes: u64,
    /// Where it was placed.
    pub address: u64,
}

/// A card that was found and set up. Memory decoding is on, bus mastering is not: that is the driver's to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enumerated {
    /// Where it sits.
    pub target: FunctionId,
    /// Vendor ID.
    pub vendor_id: u16,
    /// Device ID.
    pub device_id: u16,
    /// Revision.
    pub revision: u8,
    /// Class code: base class, subclass, interface in bits 23:0.
    pub class: u32,
    /// BARs in order.
    pub bars: Vec<Bar>,
    /// Capabilities: ID and offset, in list order.
    pub capabilities: Vec<(u8, u16)>,
    /// Payload size that was set up. Units: bytes.
    pub max_payload_bytes: u32,
    /// Read request size that was set up. Units: bytes.
    pub max_read_request_bytes: u32,
}

/// Where interrupts are to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MsiTarget {
    /// Address inside the interrupt window.
    pub address: u64,
    /// Data; the vector in bits 7:0.
    pub data: u16,
}

/// Why a card could not be set up.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum EnumerateError<E: std::error::Error + 'static> {
    /// An access failed.
    #[error("configuration access at offset {offset:#x} failed")]
    Access {
        /// Register offset.
        offset: u16,
        /// Why.
        source: E,
    },
    /// Nobody answers.
    #[error("no card at {target}")]
    Absent {
        /// Where it should be.
        target: FunctionId,
    },
    /// The header is not that of an endpoint.
    #[error("header type {header_type:#x} is not an endpoint's")]
    NotAnEndpoint {
        /// The header type register.
        header_type: u8,
    },
    /// A BAR is odd or does not fit the window.
    #[error("BAR {index} of {size_bytes:#x} bytes cannot be placed")]
    Bar {
        /// Its number.
        index: u8,
        /// Its size. Units: bytes.
        size_bytes: u64,
    },
    /// The capability list loops or leaves the header's rules.
    #[error("capability list is broken at {offset:#x}")]
    Capabilities {
        /// The offset that cannot be right.
        offset: u16,
    },
    /// A capability that is needed is missing.
    #[error("capability {id:#x} is missing")]
    MissingCapability {
        /// Its ID.
        id: u8,
    },
}

const COMMAND: u16 = 0x04;
const COMMAND_MEMORY: u32 = 0x2;
const COMMAND_BUS_MASTER: u32 = 0x4;
const CAPABILITY_MSI: u8 = 0x05;
const CAPABILITY_PCIE: u8 = 0x10;

/// Accesses to one card, with the offset put into errors.
struct Card<'a, A> {
    access: &'a mut A,
    target: FunctionId,
}

impl<A: ConfigAccess> Card<'_, A> {
    fn read(&mut self, offset: u16) -> Result<u32, EnumerateError<A::Error>> {
        self.access
            .config_read(self.target, offset)
            .map_err(|source| EnumerateError::Access { offset, source })
    }

    fn write(
        &mut self,
        offset: u16,
        value: u32,
        enables: u8,
    ) -> Result<(), EnumerateError<A::Error>> {
        self.access
            .config_write(self.target, offset, value, enables)
            .map_err(|source| EnumerateError::Access { offset, source })
    }
}

/// Finds the card at `target` and sets it up.
///
/// # Errors
/// [`EnumerateError`].
pub fn enumerate<A: ConfigAccess>(
    access: &mut A,
    target: FunctionId,
    windows: &Windows,
) -> Result<Enumerated, EnumerateError<A::Error>> {
    let mut card = Card { access, target };
    let ids = card.read(0)?;
    if ids == u32::MAX || ids & 0xFFFF == 0xFFFF {
        return Err(EnumerateError::Absent { target });
    }
    let class_revision = card.read(0x08)?;
    let header_type = (card.read(0x0C)? >> 16) as u8;
    if header_type & 0x7F != 0 {
        return Err(EnumerateError::NotAnEndpoint { header_type });
    }
    card.write(COMMAND, 0, 0x3)?;
    let bars = place_bars(&mut card, windows)?;
    let capabilities = capabilities(&mut card)?;
    let (mut max_payload_bytes, mut max_read_request_bytes) = (128, 512);
    if let Some((_, base)) = capabilities.iter().find(|(id, _)| *id == CAPABILITY_PCIE) {
        let supported = 128 << (card.read(base + 4)? & 7);
        max_payload_bytes = windows.max_payload_bytes.min(supported);
        max_read_request_bytes = windows.max_read_request_bytes;
        let code = |bytes: u32| (bytes / 128).trailing_zeros();
        let control = card.read(base + 8)? & !0x70E0
            | code(max_payload_bytes) << 5
            | code(max_read_request_bytes) << 12;
        card.write(base + 8, control, 0x3)?;
    }
    card.write(COMMAND, COMMAND_MEMORY, 0x3)?;
    Ok(Enumerated {
        target,
        vendor_id: ids as u16,
        device_id: (ids >> 16) as u16,
        revision: class_revision as u8,
        class: class_revision >> 8,
        bars,
        capabilities,
        max_payload_bytes,
        max_read_request_bytes,
    })
}

impl Enumerated {
    /// Turns bus mastering on or off.
    ///
    /// # Errors
    /// [`EnumerateError::Access`].
    pub fn set_bus_master<A: ConfigAccess>(
        &self,
        access: &mut A,
        on: bool,
    ) -> Result<(), EnumerateError<A::Error>> {
        let mut card = Card {
            access,
            target: self.target,
        };
        let command = card.read(COMMAND)? & 0xFFFF & !COMMAND_BUS_MASTER;
        card.write(
            COMMAND,
            command | if on { COMMAND_BUS_MASTER } else { 0 },
            0x3,
        )
    }

    /// Programs and enables the card's MSI, one vector.
    ///
    /// # Errors
    /// [`EnumerateError::Access`] or [`EnumerateError::MissingCapability`].
    pub fn enable_msi<A: ConfigAccess>(
        &self,
        access: &mut A,
        target: MsiTarget,
    ) -> Result<(), EnumerateError<A::Error>> {
        let missing = EnumerateError::MissingCapability { id: CAPABILITY_MSI };
        let (_, base) = *self
            .capabilities
            .iter()
            .find(|(id, _)| *id == CAPABILITY_MSI)
            .ok_or(missing)?;
        let mut card = Card {
            access,
            target: self.target,
        };
        let control = card.read(base)?;
        let wide = control & 0x0080_0000 != 0;
        card.write(base + 4, target.address as u32, 0xF)?;
        if wide {
            card.write(base + 8, (target.address >> 32) as u32, 0xF)?;
        }
        card.write(base + if wide { 12 } else { 8 }, target.data.into(), 0x3)?;
        card.write(base, control & !0x0071_0000 | 0x0001_0000, 0xC)
    }

    /// The BAR with this number.
    pub fn bar(&self, index: u8) -> Option<&Bar> {
        self.bars.iter().find(|bar| bar.index == index)
    }
}

/// Sizes all BARs and places the memory ones, the largest first so that alignment costs nothing.
fn place_bars<A: ConfigAccess>(
    card: &mut Card<'_, A>,
    windows: &Windows,
) -> Result<Vec<Bar>, EnumerateError<A::Error>> {
    let mut bars = Vec::new();
    let mut index = 0;
    while index < 6 {
        let bar = size_bar(card, index)?;
        let registers = if matches!(
            bar,
            Some(Bar {
                kind: BarKind::Memory64,
                ..
            })
        ) {
            2
        } else {
            1
        };
        bars.extend(bar);
        index += registers;
    }
    let mut order: Vec<usize> = (0..bars.len())
        .filter(|at| bars[*at].kind != BarKind::Io)
        .collect();
    order.sort_by_key(|at| std::cmp::Reverse(bars[*at].size_bytes));
    let mut next = windows.low.0;
    for at in order {
        let bar = &mut bars[at];
        let error = EnumerateError::Bar {
            index: bar.index,
            size_bytes: bar.size_bytes,
        };
        let start = next.next_multiple_of(bar.size_bytes);
        let Some(end) = start
            .checked_add(bar.size_bytes)
            .filter(|end| *end <= windows.low.1)
        else {
            return Err(error);
        };
        bar.address = start;
        next = end;
        let register = 0x10 + u16::from(bar.index) * 4;
        card.write(register, start as u32, 0xF)?;
        if bar.kind == BarKind::Memory64 {
            card.write(register + 4, (start >> 32) as u32, 0xF)?;
        }
    }
    Ok(bars)
}

/// Sizes one BAR by writing ones; `None` when it is not implemented.
fn size_bar<A: ConfigAccess>(
    card: &mut Card<'_, A>,
    index: u8,
) -> Result<Option<Bar>, EnumerateError<A::Error>> {
    let register = 0x10 + u16::from(index) * 4;
    card.write(register, u32::MAX, 0xF)?;
    let low = card.read(register)?;
    if low == 0 {
        return Ok(None);
    }
    let (kind, mask) = match low {
        _ if low & 1 != 0 => (BarKind::Io, u64::from(low & !3) | 0xFFFF_FFFF_0000_0000),
        _ if low >> 1 & 3 == 2 && index < 5 => {
            card.write(register + 4, u32::MAX, 0xF)?;
            (
                BarKind::Memory64,
                u64::from(card.read(register + 4)?) << 32 | u64::from(low & !0xF),
            )
        }
        _ => (
            BarKind::Memory32,
            u64::from(low & !0xF) | 0xFFFF_FFFF_0000_0000,
        ),
    };
    let size_bytes = mask.wrapping_neg();
    if !size_bytes.is_power_of_two() {
        return Err(EnumerateError::Bar { index, size_bytes });
    }
    Ok(Some(Bar {
        index,
        kind,
        prefetchable: kind != BarKind::Io && low & 8 != 0,
        size_bytes,
        address: 0,
    }))
}

/// Walks the capability list.
fn capabilities<A: ConfigAccess>(
    card: &mut Card<'_, A>,
) -> Result<Vec<(u8, u16)>, EnumerateError<A::Error>> {
    let mut list: Vec<(u8, u16)> = Vec::new();
    if card.read(COMMAND)? >> 20 & 1 == 0 {
        return Ok(list);
    }
    let mut offset = (card.read(0x34)? & 0xFC) as u16;
    while offset != 0 {
        let seen = list.iter().any(|(_, earlier)| *earlier == offset);
        if seen || offset < 0x40 {
            return Err(EnumerateError::Capabilities { offset });
        }
        let head = card.read(offset)?;
        list.push((head as u8, offset));
        offset = (head >> 8 & 0xFC) as u16;
    }
    Ok(list)
}
