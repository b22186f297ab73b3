//! Metadata tables: what the macro knows about each register, as constants.
//!
//! Offsets and sizes are in bytes. Bit numbers are those of a little-endian 32-bit register value.

/// What software may do with a field. The list is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// `ro`: reads return the value, writes are ignored.
    ReadOnly,
    /// `rw`: reads return what was written last.
    ReadWrite,
    /// `wo`: a write acts once, reads return zero.
    WriteOnly,
    /// `rw1c`: hardware sets, writing one clears; an event in the clearing cycle stays set.
    ReadWriteOneClears,
    /// `rw1s`: writing one sets, hardware clears.
    ReadWriteOneSets,
}

impl Access {
    /// The kind's short name as declarations and documents write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReadOnly => "ro",
            Self::ReadWrite => "rw",
            Self::WriteOnly => "wo",
            Self::ReadWriteOneClears => "rw1c",
            Self::ReadWriteOneSets => "rw1s",
        }
    }

    /// True when a read returns stored or driven state (all but `wo`).
    #[must_use]
    pub const fn is_readable(self) -> bool {
        !matches!(self, Self::WriteOnly)
    }

    /// True when a write has an effect (all but `ro`).
    #[must_use]
    pub const fn is_writable(self) -> bool {
        !matches!(self, Self::ReadOnly)
    }
}

/// What the gateware around the register file may do with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HwAccess {
    /// `none`: the register file keeps it to itself. With `ro` this is a constant: the reset value.
    None,
    /// `ro`: gateware sees the value (a port out of the register file).
    Read,
    /// `wo`: gateware drives the value or the set pulse (a port into the register file).
    Write,
    /// `rw`: both. A window entry's storage lies in the gateware; of a register, the register file stores what was written
    /// and gateware says what a read returns.
    ReadWrite,
}

impl HwAccess {
    /// The kind's short name as declarations and documents write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "ro",
            Self::Write => "wo",
            Self::ReadWrite => "rw",
        }
    }
}

/// One named value of an enumerated field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueMeta {
    /// Name in upper camel case, as the Rust variant.
    pub name: &'static str,
    /// The field's value, not shifted.
    pub value: u32,
    /// Documentation text; each line starts with a blank.
    pub doc: &'static str,
}

/// One field of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldMeta {
    /// Name in upper snake case; `VALUE` when the register has no finer structure.
    pub name: &'static str,
    /// Highest bit, 0..=31.
    pub msb: u8,
    /// Lowest bit, 0..=`msb`.
    pub lsb: u8,
    /// What software may do.
    pub access: Access,
    /// What gateware may do.
    pub hw: HwAccess,
    /// Value after reset, not shifted. For a field that hardware drives: what it drives after reset, or zero when it
    /// depends on the build.
    pub reset: u32,
    /// Documentation text; each line starts with a blank.
    pub doc: &'static str,
    /// Named values; empty when the field is a number.
    pub values: &'static [ValueMeta],
}

impl FieldMeta {
    /// Width in bits, 1..=32.
    #[must_use]
    pub const fn width(&self) -> u32 {
        (self.msb as u32).saturating_sub(self.lsb as u32) + 1
    }

    /// Mask within the register.
    #[must_use]
    pub const fn mask(&self) -> u32 {
        crate::field::low_mask(self.width()) << self.lsb
    }

    /// True when the value may change without a write: software must not expect what it wrote or the reset value.
    #[must_use]
    pub const fn is_volatile(&self) -> bool {
        matches!(self.hw, HwAccess::Write | HwAccess::ReadWrite)
    }
}

/// One 32-bit register, alone or as a word of a window entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegMeta {
    /// Name in upper snake case.
    pub name: &'static str,
    /// Name of the Rust type.
    pub type_name: &'static str,
    /// Bytes from the start of the block, or of the window entry.
    pub offset: u32,
    /// Gateware gets a one-clock pulse in the clock after each write.
    pub strobe: bool,
    /// Documentation text; each line starts with a blank.
    pub doc: &'static str,
    /// Fields, lowest bit first. Bits of no field read zero and ignore writes.
    pub fields: &'static [FieldMeta],
}

impl RegMeta {
    /// Register value after reset, assembled from the fields.
    #[must_use]
    pub const fn reset(&self) -> u32 {
        let mut value = 0;
        let mut rest = self.fields;
        while let Some((field, tail)) = rest.split_first() {
            value |= field.reset << field.lsb;
            rest = tail;
        }
        value
    }

    /// Mask of the bits whose field has the access kind `access`.
    #[must_use]
    pub const fn mask_of(&self, access: Access) -> u32 {
        let mut mask = 0;
        let mut rest = self.fields;
        while let Some((field, tail)) = rest.split_first() {
            if field.access as u8 == access as u8 {
                mask |= field.mask();
            }
            rest = tail;
        }
        mask
    }

    /// Mask of the bits that hardware may change at any time.
    #[must_use]
    pub const fn volatile_mask(&self) -> u32 {
        let mut mask = 0;
        let mut rest = self.fields;
        while let Some((field, tail)) = rest.split_first() {
            if field.is_volatile() {
                mask |= field.mask();
            }
            rest = tail;
        }
        mask
    }
}

/// An array of equal entries whose storage lies in the gateware behind the register file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowMeta {
    /// Name in upper snake case.
    pub name: &'static str,
    /// Bytes from the start of the block to entry 0.
    pub offset: u32,
    /// Number of entries, a power of two.
    pub count: u32,
    /// Bytes from one entry to the next, a power of two.
    pub stride: u32,
    /// Documentation text; each line starts with a blank.
    pub doc: &'static str,
    /// The words of one entry, lowest offset first.
    pub words: &'static [RegMeta],
}

impl WindowMeta {
    /// Size of the whole window in bytes.
    #[must_use]
    pub const fn span(&self) -> u32 {
        self.count.saturating_mul(self.stride)
    }

    /// True when any field of an entry takes writes.
    #[must_use]
    pub const fn is_writable(&self) -> bool {
        let mut words = self.words;
        while let Some((word, tail)) = words.split_first() {
            let mut fields = word.fields;
            while let Some((field, more)) = fields.split_first() {
                if field.access.is_writable() {
                    return true;
                }
                fields = more;
            }
            words = tail;
        }
        false
    }
}

/// Where a block lies in BAR2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Bytes from the start of BAR2; a multiple of `span`.
    pub base: u32,
    /// Size in bytes, a power of two.
    pub span: u32,
}

/// One block: its place, its head, its registers and windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockMeta {
    /// Name in lower snake case, also the module's name.
    pub name: &'static str,
    /// Place in BAR2.
    pub instance: Instance,
    /// Block type in `ID.TYPE`; zero for a block without a head.
    pub type_id: u16,
    /// Block version in `ID.VERSION`; zero for a block without a head. Rises with every change of a released register.
    pub version: u16,
    /// Documentation text; each line starts with a blank.
    pub doc: &'static str,
    /// Registers, lowest offset first.
    pub registers: &'static [RegMeta],
    /// Windows, lowest offset first.
    pub windows: &'static [WindowMeta],
}

impl BlockMeta {
    /// True when the block starts with ID, INTR_STATE, INTR_ENABLE, INTR_TEST, STATUS.
    #[must_use]
    pub const fn has_head(&self) -> bool {
        self.type_id != 0
    }

    /// The register named `name`, if the block has one.
    #[must_use]
    pub fn register(&self, name: &str) -> Option<&'static RegMeta> {
        self.registers.iter().find(|r| r.name == name)
    }

    /// The window named `name`, if the block has one.
    #[must_use]
    pub fn window(&self, name: &str) -> Option<&'static WindowMeta> {
        self.windows.iter().find(|w| w.name == name)
    }
}
