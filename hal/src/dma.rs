//! The DMA engine: one transfer at a time between a locked buffer and card memory.
//!
//! A transfer names a locked buffer by [`Handle`], a byte range in it, rows and pitches for two-dimensional copies, and
//! a card address. The card checks rights, range and generation before it moves anything. "Done" means that the last
//! byte was delivered.
//!
//! Programming steps: [`Dma::submit`] → interrupt or [`Dma::wait`] → [`Dma::outcome`]. No queue: a second submit while
//! one runs is refused.

mod fault;

use embedded_hal::delay::DelayNs;
use lumenport_regmap::blocks::dma;

use crate::addr::{BusAddr, ByteLen, CardAddr};
use crate::bus::{ALL_ONES, Bus};
use crate::reg::RegisterBus;
use crate::sgl::Handle;
use crate::wait::{Bound, poll_until};

pub use fault::{DmaError, Fault};

/// Which way the bytes go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Direction {
    /// The card reads host memory.
    HostToCard,
    /// The card writes host memory.
    CardToHost,
}

/// One transfer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Transfer {
    /// The locked buffer.
    pub handle: Handle,
    /// First byte within the locked buffer.
    pub offset: ByteLen,
    /// Bytes in each row; 1 or more.
    pub length: ByteLen,
    /// Rows; 1 for a plain copy.
    pub rows: u16,
    /// Bytes from one row to the next in the locked buffer; at least `length`, ignored for one row.
    pub host_pitch: ByteLen,
    /// First byte in card memory.
    pub card_address: CardAddr,
    /// Bytes from one row to the next in card memory; at least `length`, ignored for one row.
    pub card_pitch: ByteLen,
    /// Which way.
    pub direction: Direction,
}

impl Transfer {
    /// A plain copy of `length` bytes.
    pub const fn linear(
        handle: Handle,
        offset: ByteLen,
        length: ByteLen,
        card_address: CardAddr,
        direction: Direction,
    ) -> Self {
        Self {
            handle,
            offset,
            length,
            rows: 1,
            host_pitch: length,
            card_address,
            card_pitch: length,
            direction,
        }
    }

    /// Bytes that a complete transfer moves; `None` past 4 GiB.
    pub const fn bytes(&self) -> Option<ByteLen> {
        self.length.checked_mul(self.rows as u32)
    }

    /// Checks what can be checked without the card.
    ///
    /// # Errors
    /// [`DmaError::Invalid`] for no bytes, no rows, a pitch below the row length, or a host range past 4 GiB.
    pub fn validate(&self) -> Result<(), DmaError> {
        let narrow =
            self.rows > 1 && (self.host_pitch < self.length || self.card_pitch < self.length);
        if self.length.is_zero() || self.rows == 0 || narrow {
            return Err(DmaError::Invalid);
        }
        let gaps = u32::from(self.rows).saturating_sub(1);
        let end = |start: ByteLen, pitch: ByteLen| {
            let skip = if gaps == 0 {
                Some(ByteLen::ZERO)
            } else {
                pitch.checked_mul(gaps)
            };
            skip.and_then(|skip| start.checked_add(skip))
                .and_then(|at| at.checked_add(self.length))
        };
        let host_end = end(self.offset, self.host_pitch);
        let card_end = end(ByteLen::new(self.card_address.raw()), self.card_pitch);
        if self.bytes().is_none() || host_end.is_none() || card_end.is_none() {
            return Err(DmaError::Invalid);
        }
        Ok(())
    }
}

/// What the engine can do. Source: `dma.CAPS`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Caps {
    /// Read requests it keeps in flight.
    pub tags: u32,
    /// SG slots.
    pub slots: u32,
    /// SG elements, all slots together.
    pub elements: u32,
}

/// Events of the DMA block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Events {
    /// A transfer finished well.
    pub done: bool,
    /// A transfer finished badly.
    pub error: bool,
}

/// Counters of the engine, for accounts and tests. All wrap at 32 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Counters {
    /// Transfers finished, good or bad.
    pub completed: u32,
    /// Requests sent.
    pub requests: u32,
    /// Completions received for a running transfer, good or bad.
    pub completions: u32,
    /// Completions nobody asked for; dropped.
    pub unexpected: u32,
    /// Completions of requests that had been given up; dropped.
    pub late: u32,
    /// Read requests that were not answered in time.
    pub timeouts: u32,
    /// Submits refused because one ran.
    pub submit_rejected: u32,
}

/// Result of the last finished transfer.
pub type Outcome = Result<ByteLen, Fault>;

/// Driver of the DMA engine.
#[derive(Clone, Copy, Debug)]
pub struct Dma<B> {
    bus: B,
}

impl<B: Bus> Dma<B> {
    /// Takes the bus; touches nothing.
    pub const fn new(bus: B) -> Self {
        Self { bus }
    }

    /// Reads what the engine can do.
    pub fn caps(&self) -> Caps {
        let caps: dma::Caps = self.bus.load();
        Caps {
            tags: caps.get(dma::Caps::TAGS),
            slots: caps.get(dma::Caps::SLOTS),
            elements: caps.get(dma::Caps::ELEMENTS),
        }
    }

    /// Sets the completion timeout: how long a read request may take from leaving the card to its last answer, and how
    /// long the link may take no request at all, before the transfer is given up. Units: `sys` clocks.
    pub fn set_timeout_cycles(&self, cycles: u32) {
        self.bus.store(dma::TimeoutCycles::from_bits(cycles));
    }

    /// Reads the completion timeout. Units: `sys` clocks.
    pub fn timeout_cycles(&self) -> u32 {
        self.bus.load::<dma::TimeoutCycles>().bits()
    }

    /// Sets how long a tag stays in quarantine at most. Units: `sys` clocks. An answer that comes later still may be taken
    /// for another request's, so make it longer than the host can hold an answer back.
    pub fn set_quarantine_cycles(&self, cycles: u32) {
        self.bus.store(dma::QuarantineCycles::from_bits(cycles));
    }

    /// Limits the read requests in flight to tags `0..tags`; the card's own number at most. Effect: next submit.
    /// With 0 every read transfer is refused with [`Fault::NoTag`].
    pub fn set_tag_limit(&self, tags: u32) {
        let most = dma::TagLimit::VALUE.max();
        self.bus
            .store(dma::TagLimit::new().with(dma::TagLimit::VALUE, tags.min(most)));
    }

    /// Reads which tags are in quarantine: one bit a tag. Bus cost: 1 read.
    ///
    /// A tag is, after a [`Fault::Timeout`], until its late answer has come in full or the time of
    /// [`Self::set_quarantine_cycles`] has passed. Transfers run without it meanwhile: nothing has to wait, except a read
    /// transfer when no tag is left ([`Fault::NoTag`]).
    ///
    /// # Errors
    /// [`DmaError::Gone`] when the card left the bus (all ones, and the status as well).
    pub fn quarantine(&self) -> Result<u32, DmaError> {
        let tags = self.bus.load::<dma::Quarantine>().bits();
        if tags == ALL_ONES {
            self.is_busy()?;
        }
        Ok(tags)
    }

    /// Waits until no tag is in quarantine: after that no late answer of a former transfer can come any more. For a reset
    /// path that hands the card over, or when [`Fault::NoTag`] was reported.
    ///
    /// # Errors
    /// [`DmaError::Timeout`] when some tag still is after `bound`; [`DmaError::Gone`] off the bus.
    pub fn wait_quarantine(&self, delay: &mut impl DelayNs, bound: Bound) -> Result<(), DmaError> {
        poll_until(delay, bound, dma::Quarantine::OFFSET, || {
            match self.quarantine() {
                Ok(0) => Some(Ok(())),
                Ok(_) => None,
                Err(error) => Some(Err(error)),
            }
        })
        .map_err(DmaError::Timeout)?
    }

    /// Starts a transfer. Bus cost: 1 read, at most 8 writes. Order: barrier before the doorbell.
    ///
    /// # Errors
    /// [`DmaError::Invalid`] before any access; [`DmaError::Busy`] while one runs; [`DmaError::Gone`] off the bus.
    pub fn submit(&self, transfer: &Transfer) -> Result<(), DmaError> {
        transfer.validate()?;
        if self.is_busy()? {
            return Err(DmaError::Busy);
        }
        self.bus
            .store(dma::Handle::from_bits(transfer.handle.raw()));
        self.bus
            .store(dma::Offset::from_bits(transfer.offset.raw()));
        self.bus
            .store(dma::Length::from_bits(transfer.length.raw()));
        self.bus
            .store(dma::Rows::from_bits(u32::from(transfer.rows)));
        if transfer.rows > 1 {
            self.bus
                .store(dma::HostPitch::from_bits(transfer.host_pitch.raw()));
            self.bus
                .store(dma::CardPitch::from_bits(transfer.card_pitch.raw()));
        }
        self.bus
            .store(dma::CardAddress::from_bits(transfer.card_address.raw()));
        let direction = match transfer.direction {
            Direction::HostToCard => dma::Direction::HostToCard,
            Direction::CardToHost => dma::Direction::CardToHost,
        };
        // Host memory written by the caller must be visible before the card may read it.
        self.bus.barrier();
        self.bus.store(
            dma::Control::new()
                .with_flag(dma::Control::SUBMIT, true)
                .with(dma::Control::DIRECTION, direction.bits()),
        );
        Ok(())
    }

    /// True while a transfer runs or drains.
    ///
    /// # Errors
    /// [`DmaError::Gone`] when the card left the bus.
    pub fn is_busy(&self) -> Result<bool, DmaError> {
        let status: dma::Status = self.bus.load();
        if status.bits() == ALL_ONES {
            return Err(DmaError::Gone);
        }
        Ok(status.is_set(dma::Status::BUSY) || status.is_set(dma::Status::DRAINING))
    }

    /// Decodes the result of the last finished transfer. Bus cost: 2 reads, 4 for a bus fault.
    ///
    /// # Errors
    /// [`DmaError::NotFinished`] when no transfer finished since reset; [`DmaError::Gone`] off the bus.
    pub fn outcome(&self) -> Result<Outcome, DmaError> {
        let result: dma::TransferResult = self.bus.load();
        if result.bits() == ALL_ONES {
            return Err(DmaError::Gone);
        }
        let code = result.get(dma::TransferResult::CODE);
        let fault_address = || {
            BusAddr::from_parts(
                self.bus.load::<dma::FaultAddressLo>().bits(),
                self.bus.load::<dma::FaultAddressHi>().bits(),
            )
        };
        match Fault::decode(code, fault_address) {
            Some(Ok(())) => Ok(Ok(ByteLen::new(self.bus.load::<dma::BytesDone>().bits()))),
            Some(Err(fault)) => Ok(Err(fault)),
            None => Err(DmaError::NotFinished),
        }
    }

    /// Waits until the engine is idle, then decodes the result.
    ///
    /// # Errors
    /// [`DmaError::Timeout`] when it still runs after `bound`; [`DmaError::Gone`] off the bus;
    /// [`DmaError::Fault`] with the card's own verdict.
    pub fn wait(&self, delay: &mut impl DelayNs, bound: Bound) -> Result<ByteLen, DmaError> {
        self.wait_idle(delay, bound)?;
        self.outcome()?.map_err(DmaError::Fault)
    }

    /// Waits until neither a transfer runs nor a request is in flight.
    ///
    /// # Errors
    /// [`DmaError::Timeout`] or [`DmaError::Gone`].
    pub fn wait_idle(&self, delay: &mut impl DelayNs, bound: Bound) -> Result<(), DmaError> {
        poll_until(delay, bound, dma::Status::OFFSET, || match self.is_busy() {
            Ok(true) => None,
            Ok(false) => Some(Ok(())),
            Err(error) => Some(Err(error)),
        })
        .map_err(DmaError::Timeout)?
    }

    /// Stops the running transfer and waits until nothing is in flight. Without one it does nothing.
    ///
    /// # Errors
    /// [`DmaError::Timeout`] when the engine does not drain within `bound`; [`DmaError::Gone`] off the bus.
    pub fn abort(&self, delay: &mut impl DelayNs, bound: Bound) -> Result<(), DmaError> {
        if !self.is_busy()? {
            return Ok(());
        }
        self.bus
            .store(dma::Control::new().with_flag(dma::Control::ABORT, true));
        self.wait_idle(delay, bound)
    }

    /// Asks the running transfer to stop and does not wait: for crash paths. Bus cost: 1 write.
    pub fn abort_now(&self) {
        self.bus
            .store(dma::Control::new().with_flag(dma::Control::ABORT, true));
    }

    /// Reads the events that happened. All ones (card gone) gives no event.
    pub fn events(&self) -> Events {
        let state: dma::IntrState = self.bus.load();
        if state.bits() == ALL_ONES {
            return Events::default();
        }
        Events {
            done: state.is_set(dma::IntrState::DONE),
            error: state.is_set(dma::IntrState::ERROR),
        }
    }

    /// Clears events that were seen; one that happens meanwhile stays.
    pub fn clear(&self, events: Events) {
        self.bus.store(
            dma::IntrState::new()
                .with_flag(dma::IntrState::DONE, events.done)
                .with_flag(dma::IntrState::ERROR, events.error),
        );
    }

    /// Chooses the events that raise the block's interrupt.
    pub fn enable_interrupts(&self, events: Events) {
        self.bus.store(
            dma::IntrEnable::new()
                .with_flag(dma::IntrEnable::DONE, events.done)
                .with_flag(dma::IntrEnable::ERROR, events.error),
        );
    }

    /// Reads how many transfers finished since reset, good or bad; wraps at 32 bits. Bus cost: 1 read.
    pub fn completed(&self) -> u32 {
        self.bus.load::<dma::Completed>().bits()
    }

    /// Reads the counters. Bus cost: 7 reads.
    pub fn counters(&self) -> Counters {
        Counters {
            completed: self.completed(),
            requests: self.bus.load::<dma::Requests>().bits(),
            completions: self.bus.load::<dma::Completions>().bits(),
            unexpected: self.bus.load::<dma::Unexpected>().bits(),
            late: self.bus.load::<dma::Late>().bits(),
            timeouts: self.bus.load::<dma::Timeouts>().bits(),
            submit_rejected: self.bus.load::<dma::SubmitRejected>().bits(),
        }
    }
}

#[cfg(test)]
mod tests;
