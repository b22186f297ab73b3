//! Hardware semaphores: mutual exclusion between agents (host, management core, debugger).
//!
//! A claim writes an owner id and reads it back; the hardware adds the agent it came from. Reads have no side effects.
//! Claiming again with the same owner refreshes the lease, so one owner id is **not** exclusion between two threads of
//! one agent: take the software lock first, then the semaphore, and release in reverse.

use embedded_hal::delay::DelayNs;
use lumenport_regmap::blocks::sem;

use crate::bus::{ALL_ONES, Bus};
use crate::error::{ErrorKind, Kind};
use crate::reg::RegisterBus;
use crate::wait::{Bound, Timeout, poll_until};

/// Who is at the other end of an access, as the card sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Agent {
    /// The host, through PCI Express.
    Host,
    /// The card's own management core.
    Management,
    /// A debugger.
    Debug,
}

impl Agent {
    /// The hardware's number for the agent; 0 means none.
    pub const fn number(self) -> u32 {
        match self {
            Self::Host => sem::Agent::Host.bits(),
            Self::Management => sem::Agent::Management.bits(),
            Self::Debug => sem::Agent::Debug.bits(),
        }
    }

    /// The agent with the hardware's number, `None` for 0 and for numbers past 3.
    pub const fn from_number(number: u32) -> Option<Self> {
        match sem::Agent::from_bits(number) {
            Some(sem::Agent::Host) => Some(Self::Host),
            Some(sem::Agent::Management) => Some(Self::Management),
            Some(sem::Agent::Debug) => Some(Self::Debug),
            Some(sem::Agent::None) | None => None,
        }
    }
}

/// Number of a semaphore.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SemIdx(u8);

impl SemIdx {
    /// The semaphore behind the video port's device lock.
    pub const DEVICE: Self = Self(0);

    /// Wraps a number; `None` when the card has no such semaphore.
    pub fn new(idx: u8) -> Option<Self> {
        (u32::from(idx) < sem::SEM.count()).then_some(Self(idx))
    }

    /// The plain number.
    pub const fn raw(self) -> u8 {
        self.0
    }
}

/// Owner id that a claim writes. Range: 1..=65535; 0 would be a release.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct OwnerId(core::num::NonZeroU16);

impl OwnerId {
    /// Wraps an id; `None` for 0.
    pub const fn new(id: u16) -> Option<Self> {
        match core::num::NonZeroU16::new(id) {
            Some(id) => Some(Self(id)),
            None => None,
        }
    }

    /// The plain id.
    pub const fn raw(self) -> u16 {
        self.0.get()
    }
}

/// Who holds a semaphore.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Holder {
    /// Agent the claim came from; `None` for a number the driver does not know.
    pub agent: Option<Agent>,
    /// Owner id it wrote.
    pub owner: u16,
}

/// Why a claim or break did not work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SemError {
    /// Somebody else holds it and the bound is over.
    Held {
        /// Who.
        holder: Holder,
        /// How long we tried. Units: microseconds.
        waited_us: u32,
    },
    /// The lease of the holder has not expired, so it was not broken.
    LeaseRuns {
        /// Who.
        holder: Holder,
    },
    /// The card has no such semaphore.
    NoSuch,
    /// The card left the bus.
    Gone,
}

impl Kind for SemError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Held { .. } | Self::LeaseRuns { .. } => ErrorKind::Busy,
            Self::NoSuch => ErrorKind::InvalidArgument,
            Self::Gone => ErrorKind::Gone,
        }
    }
}

impl core::fmt::Display for SemError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Held { holder, waited_us } => {
                write!(
                    f,
                    "semaphore held by owner {:#06x} for {waited_us} us",
                    holder.owner
                )
            }
            Self::LeaseRuns { holder } => {
                write!(f, "the lease of owner {:#06x} still runs", holder.owner)
            }
            Self::NoSuch => write!(f, "the card has no such semaphore"),
            Self::Gone => write!(f, "the card left the bus"),
        }
    }
}

impl core::error::Error for SemError {}

/// Driver of the semaphore block, seen from one agent.
#[derive(Clone, Copy, Debug)]
pub struct Semaphores<B> {
    bus: B,
    agent: Agent,
}

impl<B: Bus> Semaphores<B> {
    /// Takes the bus; `agent` is what the hardware takes us for.
    pub const fn new(bus: B, agent: Agent) -> Self {
        Self { bus, agent }
    }

    /// Number of semaphores.
    pub fn count(&self) -> u32 {
        self.bus.load::<sem::Count>().bits()
    }

    /// Reads who holds a semaphore, `None` when it is free. Bus cost: 1 read.
    ///
    /// # Errors
    /// [`SemError::Gone`], [`SemError::NoSuch`].
    pub fn holder(&self, idx: SemIdx) -> Result<Option<Holder>, SemError> {
        let value: sem::Sem = self
            .bus
            .load_entry(u32::from(idx.0))
            .ok_or(SemError::NoSuch)?;
        if value.bits() == ALL_ONES {
            return Err(SemError::Gone);
        }
        let owner = value.get(sem::Sem::OWNER) as u16;
        Ok((owner != 0).then(|| Holder {
            agent: Agent::from_number(value.get(sem::Sem::AGENT)),
            owner,
        }))
    }

    /// Tries once. Bus cost: 1 write, 1 read. `Ok(None)` = we hold it, `Ok(Some(holder))` = somebody else does.
    ///
    /// # Errors
    /// [`SemError::Gone`], [`SemError::NoSuch`].
    pub fn try_claim_raw(&self, idx: SemIdx, owner: OwnerId) -> Result<Option<Holder>, SemError> {
        let value = sem::Sem::new().with(sem::Sem::OWNER, u32::from(owner.raw()));
        self.bus
            .store_entry(u32::from(idx.0), value)
            .ok_or(SemError::NoSuch)?;
        let ours = Holder {
            agent: Some(self.agent),
            owner: owner.raw(),
        };
        match self.holder(idx)? {
            Some(holder) if holder == ours => Ok(None),
            Some(holder) => Ok(Some(holder)),
            // Free after a claim: the holder released between our write and our read. The caller may try again.
            None => Ok(Some(Holder {
                agent: None,
                owner: 0,
            })),
        }
    }

    /// Claims a semaphore without a guard: for locks whose release comes from another call. See [`Self::claim`].
    ///
    /// # Errors
    /// As [`Self::claim`].
    pub fn claim_raw(
        &self,
        idx: SemIdx,
        owner: OwnerId,
        delay: &mut impl DelayNs,
        bound: Bound,
    ) -> Result<(), SemError> {
        let mut last = Holder {
            agent: None,
            owner: 0,
        };
        let register = sem::Sem::offset_of(u32::from(idx.0)).ok_or(SemError::NoSuch)?;
        poll_until(delay, bound, register, || {
            match self.try_claim_raw(idx, owner) {
                Ok(None) => Some(Ok(())),
                Ok(Some(holder)) => {
                    last = holder;
                    None
                }
                Err(error) => Some(Err(error)),
            }
        })
        .map_err(|Timeout { waited_us, .. }| SemError::Held {
            holder: last,
            waited_us,
        })?
    }

    /// Releases what [`Self::claim_raw`] claimed. The hardware ignores it unless we are the holder. Bus cost: 1 write.
    pub fn release_raw(&self, idx: SemIdx) {
        // An index out of range cannot be constructed, so the write always happens.
        let _ = self.bus.store_entry(u32::from(idx.0), sem::Sem::new());
    }

    /// Claims a semaphore, trying again until the bound is over; the guard releases it.
    ///
    /// # Errors
    /// [`SemError::Held`] with the last holder seen; [`SemError::Gone`]; [`SemError::NoSuch`].
    pub fn claim(
        &self,
        idx: SemIdx,
        owner: OwnerId,
        delay: &mut impl DelayNs,
        bound: Bound,
    ) -> Result<Guard<'_, B>, SemError> {
        self.claim_raw(idx, owner, delay, bound)?;
        Ok(Guard {
            semaphores: self,
            idx,
        })
    }

    /// Sets how long a holder may stay without refreshing. Units: `sys` clocks.
    pub fn set_lease_cycles(&self, cycles: u32) {
        self.bus.store(sem::LeaseCycles::from_bits(cycles));
    }

    /// Frees a semaphore whose lease has expired. The card logs it and raises BROKEN.
    ///
    /// # Errors
    /// [`SemError::LeaseRuns`] when the holder's lease has not expired (the card ignored the request).
    pub fn break_lease(&self, idx: SemIdx) -> Result<(), SemError> {
        let request = sem::Break::new()
            .with(sem::Break::KEY, sem::BreakKey::Break.bits())
            .with(sem::Break::INDEX, u32::from(idx.0));
        self.bus.store(request);
        match self.holder(idx)? {
            None => Ok(()),
            Some(holder) => Err(SemError::LeaseRuns { holder }),
        }
    }

    /// Reads how often a claim failed; the count saturates.
    ///
    /// # Errors
    /// [`SemError::NoSuch`].
    pub fn contention(&self, idx: SemIdx) -> Result<u32, SemError> {
        let count: sem::Contention = self
            .bus
            .load_entry(u32::from(idx.0))
            .ok_or(SemError::NoSuch)?;
        Ok(count.bits())
    }
}

/// A claimed semaphore; dropping it releases.
#[must_use = "dropping the guard releases the semaphore at once"]
#[derive(Debug)]
pub struct Guard<'a, B: Bus> {
    semaphores: &'a Semaphores<B>,
    idx: SemIdx,
}

impl<B: Bus> Guard<'_, B> {
    /// Which semaphore.
    pub const fn idx(&self) -> SemIdx {
        self.idx
    }
}

impl<B: Bus> Drop for Guard<'_, B> {
    fn drop(&mut self) {
        self.semaphores.release_raw(self.idx);
    }
}
