//! The card behind the services: SG tables and the device lock's semaphore.
//!
//! The port maps the register BAR itself, before the miniport runs, and checks that the card is one it knows. If it is,
//! `VideoPortLockBuffer` writes a hardware SG table for every locked buffer and the device lock is backed by hardware
//! semaphore 0. If it is not, the services work without that backing and handles read 0.
//!
//! The tables have one owner at a time: they are lent out of a guarded cell while their register accesses run, at
//! `DISPATCH_LEVEL`, so that a DPC on the same thread cannot wait for its own thread.

use core::fmt;

use embedded_hal::delay::DelayNs;
use lumenport_hal::bus::{ALL_ONES, Bus};
use lumenport_hal::error::{ErrorKind, Kind};
use lumenport_hal::id::{self, IdError};
use lumenport_hal::sem::{OwnerId, SemError, SemIdx, Semaphores};
use lumenport_hal::sgl::{Element, Handle, Rights, SgTables, SglError};
use lumenport_hal::wait::Bound;

use crate::address::VirtAddr;
use crate::guarded::Guarded;
use crate::irql::DISPATCH_LEVEL;
use crate::pci;
use crate::platform::{MapKind, Platform};
use crate::port::VideoPort;

/// BAR that holds the registers.
const REGISTER_BAR: u8 = 2;
/// How long an unlock waits for the card to let go of a table. Units: us.
const UNLOCK_BOUND: Bound = Bound::new(5, 20_000);
/// How old a claim may get before a wait refreshes it. Far below the lease's reset value of one second.
const LEASE_REFRESH_NS: u64 = 100_000_000;

/// Why the card could not back a service.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HardwareError {
    /// Nothing answers.
    Gone,
    /// The function is no card this port knows.
    NotOurs {
        /// What stood in the place of the magic number or digest.
        found: u32,
    },
    /// No slot or not enough elements are free.
    NoTableSpace {
        /// Elements asked for.
        wanted: u32,
    },
    /// Another agent or transfer did not let go in time.
    Busy {
        /// Waited this long.
        waited_us: u32,
    },
    /// Anything else the HAL reports.
    Fault(ErrorKind),
}

impl fmt::Display for HardwareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("the card does not answer"),
            Self::NotOurs { found } => write!(f, "not a card of this driver ({found:#010x})"),
            Self::NoTableSpace { wanted } => {
                write!(f, "no room for an SG table of {wanted} elements")
            }
            Self::Busy { waited_us } => write!(f, "still in use after {waited_us} us"),
            Self::Fault(kind) => write!(f, "the card failed: {kind:?}"),
        }
    }
}

impl core::error::Error for HardwareError {}

impl From<IdError> for HardwareError {
    fn from(error: IdError) -> Self {
        match error {
            IdError::Gone => Self::Gone,
            IdError::NotLumenport { found } => Self::NotOurs { found },
            IdError::DigestMismatch { card, .. } => Self::NotOurs { found: card },
        }
    }
}

impl From<SglError> for HardwareError {
    fn from(error: SglError) -> Self {
        match error {
            SglError::NoSlot { .. } => Self::NoTableSpace { wanted: 0 },
            SglError::NoElements { wanted, .. } => Self::NoTableSpace { wanted },
            SglError::Busy { waited_us, .. } => Self::Busy { waited_us },
            other => match other.kind() {
                ErrorKind::Gone => Self::Gone,
                kind => Self::Fault(kind),
            },
        }
    }
}

/// 32-bit register access to one mapped range, for the drivers of `lumenport-hal`.
#[derive(Debug)]
pub struct RegisterBus<'p, P> {
    platform: &'p P,
    base: VirtAddr,
}

impl<P> Clone for RegisterBus<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for RegisterBus<'_, P> {}

impl<'p, P: Platform> RegisterBus<'p, P> {
    /// A bus whose offset 0 is `base`, an address that `VideoPortGetDeviceBase` returned.
    pub const fn new(platform: &'p P, base: VirtAddr) -> Self {
        Self { platform, base }
    }
}

impl<P: Platform> Bus for RegisterBus<'_, P> {
    fn read32(&self, offset: u32) -> u32 {
        match self.base.checked_add(offset as usize) {
            Some(at) => self.platform.read_register_u32(at),
            None => ALL_ONES,
        }
    }

    fn write32(&self, offset: u32, value: u32) {
        if let Some(at) = self.base.checked_add(offset as usize) {
            self.platform.write_register_u32(at, value);
        }
    }

    fn barrier(&self) {
        self.platform.register_barrier();
    }
}

/// Waits by the platform's clock; interrupts and DPCs are delivered meanwhile, as the thread's IRQL allows.
pub struct PortDelay<'p, 'a, P: Platform> {
    port: &'p VideoPort<'a, P>,
}

impl<P: Platform> DelayNs for PortDelay<'_, '_, P> {
    fn delay_ns(&mut self, ns: u32) {
        self.port.platform.stall_ns(u64::from(ns));
        self.port.deliver();
        self.port.refresh_semaphore();
    }
}

/// Waits without delivering anything.
struct BareDelay<'p, P>(&'p P);

impl<P: Platform> DelayNs for BareDelay<'_, P> {
    fn delay_ns(&mut self, ns: u32) {
        self.0.stall_ns(u64::from(ns));
    }
}

/// Where the SG tables are.
#[expect(
    clippy::large_enum_variant,
    reason = "without allocation the tables live in their variant"
)]
enum Tables {
    /// This card has none.
    Absent,
    /// Here, to be borrowed.
    Here(SgTables),
    /// A thread works with them.
    Lent,
}

/// The port's view of the card.
pub(crate) struct Hardware {
    registers: Option<(VirtAddr, u64)>,
    tables: Tables,
    /// When the semaphore was claimed or refreshed last; `None` while it is not ours.
    claimed_ns: Option<u64>,
}

impl Hardware {
    pub(crate) const fn new() -> Guarded<Self> {
        Guarded::new(Self {
            registers: None,
            tables: Tables::Absent,
            claimed_ns: None,
        })
    }
}

impl<'a, P: Platform> VideoPort<'a, P> {
    /// Whether a known card backs locks and SG tables.
    pub fn has_hardware(&self) -> bool {
        self.hardware.with(|hardware| hardware.registers.is_some())
    }

    /// Waits for the drivers of `lumenport-hal`, with interrupts and DPCs delivered as the IRQL allows.
    pub fn delay(&self) -> PortDelay<'_, 'a, P> {
        PortDelay { port: self }
    }

    /// A register bus over a range that [`VideoPort::get_device_base`] mapped.
    pub fn register_bus(&self, base: VirtAddr) -> RegisterBus<'a, P> {
        RegisterBus::new(self.platform, base)
    }

    /// Maps the register BAR, checks the card and takes its SG tables over.
    pub(crate) fn attach_hardware(&self) -> Result<(), HardwareError> {
        let absent = HardwareError::NotOurs { found: 0 };
        let bar = pci::bars(self.platform, self.slot)
            .into_iter()
            .flatten()
            .find(|bar| bar.index == REGISTER_BAR && !bar.io)
            .ok_or(absent)?;
        let base = self
            .platform
            .map_device(bar.base, bar.length_bytes, MapKind::Uncached)
            .ok_or(absent)?;
        let bus = self.register_bus(base);
        let checked = id::probe(&bus)
            .map_err(HardwareError::from)
            .and_then(|identity| {
                if identity.features.dma {
                    SgTables::attach(&bus).map(Tables::Here).map_err(Into::into)
                } else {
                    Ok(Tables::Absent)
                }
            });
        match checked {
            Ok(tables) => {
                self.hardware.with(|hardware| {
                    hardware.registers = Some((base, bar.length_bytes));
                    hardware.tables = tables;
                });
                Ok(())
            }
            Err(error) => {
                self.platform.unmap_device(base, bar.length_bytes);
                Err(error)
            }
        }
    }

    /// Unmaps the registers. Every table must have been released before.
    pub(crate) fn detach_hardware(&self) {
        let registers = self.hardware.with(|hardware| {
            hardware.tables = Tables::Absent;
            hardware.claimed_ns = None;
            hardware.registers.take()
        });
        if let Some((base, length_bytes)) = registers {
            self.platform.unmap_device(base, length_bytes);
        }
    }

    fn hardware_bus(&self) -> Option<RegisterBus<'a, P>> {
        let (base, _) = self.hardware.with(|hardware| hardware.registers)?;
        Some(self.register_bus(base))
    }

    /// Borrows the tables for one piece of work. `Ok(None)`: the card has none.
    fn with_tables<R>(
        &self,
        work: impl FnOnce(&mut SgTables, &RegisterBus<'a, P>) -> Result<R, HardwareError>,
    ) -> Result<Option<R>, HardwareError> {
        let Some(bus) = self.hardware_bus() else {
            return Ok(None);
        };
        let old = self.raise(DISPATCH_LEVEL);
        let borrowed = self.borrow_tables();
        let result = match borrowed {
            Ok(Some(mut tables)) => {
                let result = work(&mut tables, &bus).map(Some);
                self.hardware
                    .with(|hardware| hardware.tables = Tables::Here(tables));
                result
            }
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        self.lower(old);
        result
    }

    fn borrow_tables(&self) -> Result<Option<SgTables>, HardwareError> {
        let start_ns = self.platform.now_ns();
        loop {
            let borrowed = self.hardware.with(|hardware| {
                match core::mem::replace(&mut hardware.tables, Tables::Lent) {
                    Tables::Here(tables) => Some(Some(tables)),
                    Tables::Absent => {
                        hardware.tables = Tables::Absent;
                        Some(None)
                    }
                    Tables::Lent => None,
                }
            });
            if let Some(tables) = borrowed {
                return Ok(tables);
            }
            let waited_ns = self.platform.now_ns().saturating_sub(start_ns);
            if self.options.is_over(waited_ns) {
                return Err(HardwareError::Busy {
                    waited_us: clip_us(waited_ns),
                });
            }
            self.platform.relax();
        }
    }

    /// Writes an SG table for pinned memory into the card. `Ok(None)`: no card behind the port.
    pub(crate) fn publish_table<I>(
        &self,
        list: I,
        rights: Rights,
    ) -> Result<Option<Handle>, HardwareError>
    where
        I: Iterator<Item = Element> + Clone,
    {
        self.with_tables(|tables, bus| Ok(tables.lock(bus, list, rights)?.handle))
    }

    /// Withdraws an SG table. `Err(Busy)`: the card may still use it, its pages must stay pinned.
    pub(crate) fn withdraw_table(&self, handle: Handle) -> Result<(), HardwareError> {
        let platform = self.platform;
        self.with_tables(|tables, bus| {
            match tables.unlock(bus, handle, &mut BareDelay(platform), UNLOCK_BOUND) {
                // A card that left the bus cannot reach the pages either.
                Ok(()) | Err(SglError::Gone) => Ok(()),
                Err(error) => Err(error.into()),
            }
        })
        .map(|_| ())
    }

    /// SG table slots the card holds for us, draining ones included.
    pub fn hardware_slots_in_use(&self) -> usize {
        self.hardware.with(|hardware| match &hardware.tables {
            Tables::Here(tables) => tables.slots_in_use(),
            Tables::Absent | Tables::Lent => 0,
        })
    }

    fn owner_id(&self) -> Option<OwnerId> {
        OwnerId::new(self.options.semaphore_owner)
    }

    /// Claims hardware semaphore 0 within the configured bound, breaking an expired lease if need be.
    /// Nothing to do without a card.
    pub(crate) fn claim_semaphore(&self) -> Result<(), SemError> {
        let (Some(bus), Some(owner)) = (self.hardware_bus(), self.owner_id()) else {
            return Ok(());
        };
        let semaphores = Semaphores::new(bus, self.options.agent);
        let bound = Bound::new(2, self.options.semaphore_wait_us);
        let claimed = match semaphores.claim_raw(SemIdx::DEVICE, owner, &mut self.delay(), bound) {
            Err(SemError::Held { .. }) if semaphores.break_lease(SemIdx::DEVICE).is_ok() => {
                semaphores.claim_raw(SemIdx::DEVICE, owner, &mut self.delay(), Bound::short())
            }
            other => other,
        };
        if claimed.is_ok() {
            let now_ns = self.platform.now_ns();
            self.hardware
                .with(|hardware| hardware.claimed_ns = Some(now_ns));
        }
        claimed
    }

    /// Releases hardware semaphore 0 if we claimed it.
    pub(crate) fn release_semaphore(&self) {
        let claimed = self.hardware.with(|hardware| hardware.claimed_ns.take());
        if let (Some(_), Some(bus)) = (claimed, self.hardware_bus()) {
            Semaphores::new(bus, self.options.agent).release_raw(SemIdx::DEVICE);
        }
    }

    /// Renews the lease of a semaphore that the calling thread holds through a long wait.
    ///
    /// Only the holder of the device lock renews, so a renewal cannot race with its own release.
    pub(crate) fn refresh_semaphore(&self) {
        let Some(claimed_ns) = self.hardware.with(|hardware| hardware.claimed_ns) else {
            return;
        };
        let now_ns = self.platform.now_ns();
        if now_ns.saturating_sub(claimed_ns) < LEASE_REFRESH_NS || !self.holds_device_lock() {
            return;
        }
        if let (Some(bus), Some(owner)) = (self.hardware_bus(), self.owner_id()) {
            let _ = Semaphores::new(bus, self.options.agent).try_claim_raw(SemIdx::DEVICE, owner);
            self.hardware
                .with(|hardware| hardware.claimed_ns = Some(now_ns));
        }
    }
}

/// Nanoseconds as microseconds, cut at the largest number a finding holds.
pub(crate) fn clip_us(duration_ns: u64) -> u32 {
    u32::try_from(duration_ns / 1000).unwrap_or(u32::MAX)
}
