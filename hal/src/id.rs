//! Who the card is: magic, register map digest, build, capabilities.
//!
//! The first thing a driver does with a mapped card: software that was built from another register map must not touch
//! any other register.

use lumenport_regmap::MAP_DIGEST;
use lumenport_regmap::blocks::id;

use crate::addr::{ByteLen, KiloHertz};
use crate::bus::{ALL_ONES, Bus};
use crate::error::{ErrorKind, Kind};
use crate::reg::RegisterBus;

/// The magic number of the card: `LMPT` in ASCII.
pub const MAGIC: u32 = id::Magic::RESET.bits();

/// Capabilities. Source: `id.FEATURES`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Features {
    /// DMA engine and SG tables.
    pub dma: bool,
    /// Timing generator and plane.
    pub crtc: bool,
    /// Hardware semaphores.
    pub sem: bool,
    /// Direct TMDS output.
    pub tmds: bool,
    /// Parallel RGB output.
    pub rgb: bool,
}

/// What the identity block says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Identity {
    /// First 32 bits of the commit the gateware was built from.
    pub build_commit: u32,
    /// The tree had uncommitted changes at build time.
    pub build_dirty: bool,
    /// Board number.
    pub board_id: u32,
    /// Capabilities.
    pub features: Features,
    /// Card memory.
    pub memory: ByteLen,
    /// Frequency of the `sys` clock.
    pub sys_clock: KiloHertz,
}

/// Why a card is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum IdError {
    /// Registers read as all ones: nothing answers.
    Gone,
    /// Something else answers.
    NotLumenport {
        /// What stood in the place of the magic number.
        found: u32,
    },
    /// Card and driver were built from different register maps.
    DigestMismatch {
        /// Digest the card reports.
        card: u32,
        /// Digest this driver was built with.
        driver: u32,
    },
}

impl Kind for IdError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Gone => ErrorKind::Gone,
            Self::NotLumenport { .. } | Self::DigestMismatch { .. } => ErrorKind::Mismatch,
        }
    }
}

impl core::fmt::Display for IdError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Gone => write!(f, "no card answers"),
            Self::NotLumenport { found } => {
                write!(f, "not a Lumenport card: magic reads {found:#010x}")
            }
            Self::DigestMismatch { card, driver } => {
                write!(
                    f,
                    "card has register map {card:#010x}, driver was built for {driver:#010x}"
                )
            }
        }
    }
}

impl core::error::Error for IdError {}

/// Checks magic and map digest, then reads the identity. Bus cost: 2 to 8 reads.
///
/// # Errors
/// [`IdError`]; no register outside the identity block was touched.
pub fn probe<B: Bus>(bus: &B) -> Result<Identity, IdError> {
    match bus.load::<id::Magic>().bits() {
        MAGIC => {}
        ALL_ONES => return Err(IdError::Gone),
        found => return Err(IdError::NotLumenport { found }),
    }
    let card = bus.load::<id::MapDigest>().bits();
    if card != MAP_DIGEST {
        return Err(IdError::DigestMismatch {
            card,
            driver: MAP_DIGEST,
        });
    }
    let features: id::Features = bus.load();
    Ok(Identity {
        build_commit: bus.load::<id::BuildCommit>().bits(),
        build_dirty: bus.load::<id::BuildFlags>().is_set(id::BuildFlags::DIRTY),
        board_id: bus.load::<id::BoardId>().bits(),
        features: Features {
            dma: features.is_set(id::Features::DMA),
            crtc: features.is_set(id::Features::CRTC),
            sem: features.is_set(id::Features::SEM),
            tmds: features.is_set(id::Features::TMDS),
            rgb: features.is_set(id::Features::RGB),
        },
        memory: ByteLen::new(bus.load::<id::MemoryBytes>().bits()),
        sys_clock: KiloHertz::new(bus.load::<id::SysClockKhz>().bits()),
    })
}

/// True when the card no longer answers. Bus cost: 1 read.
pub fn is_gone<B: Bus>(bus: &B) -> bool {
    bus.load::<id::Magic>().bits() == ALL_ONES
}

/// Reads the free-running counter of `sys` clocks; it wraps at 32 bits.
pub fn heartbeat<B: Bus>(bus: &B) -> u32 {
    bus.load::<id::Heartbeat>().bits()
}
