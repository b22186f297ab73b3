//! One DMA operation through the port: start, program the engine in the callback, wait for the deferred routine.
//!
//! ```text
//! StartIO: StartDma ─► callback: submit ─┐ returns      wait for event ─► result
//! card:                                  └─ moves ─► MSI                 ▲
//! ISR:                                               └─ clear, queue ─┐  │
//! DPC:                                                                └─ CompleteDma, set event
//! ```
//!
//! Exactly one party completes an operation: whoever takes the [`Flight`] out of the extension. If the interrupt never
//! comes, the request itself aborts the engine and completes.

use lumenport_hal::addr::{ByteLen, CardAddr};
use lumenport_hal::dma::{self, Direction, Dma, DmaError, Transfer};
use lumenport_hal::error::{ErrorKind, Kind};
use lumenport_hal::irq::Irq;
use lumenport_hal::regmap::blocks::dma::TimeoutCycles;
use lumenport_hal::sgl::Handle;
use lumenport_hal::wait::Bound;
use lumenport_videoport::dma::{Mdl, ScatterGatherList};
use lumenport_videoport::event::Event;
use lumenport_videoport::status::VpStatus;
use lumenport_videoport::types::{EventFlags, Timeout};
use lumenport_videoport::{DmaAdapter, Platform, VideoPort};

use crate::extension::Flight;
use crate::miniport::LumenportMiniport;
use crate::registers::PortBus;

/// How long an aborted transfer may take to drain: the engine's own no-progress bound is 10 ms.
pub(crate) const ABORT_BOUND: Bound = Bound::new(10, 20_000);
/// What interrupt, deferred routine and a busy host may take on top of the engine's own bounds. Units: us.
const WAIT_BASE_US: u64 = 2_000;
/// Slowest rate that is not yet given up. Units: bytes per us.
const SLOWEST_BYTES_PER_US: u64 = 5;
/// `UniqueId` of the log entry for a transfer that failed.
const LOG_TRANSFER: u32 = 0xDA01;

/// Why a transfer did not move its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TransferError {
    /// A service of the port refused.
    Port(VpStatus),
    /// The engine or the card refused, or reported a fault.
    Card(DmaError),
    /// No interrupt came and the engine had to be aborted.
    NoInterrupt {
        /// How long we waited. Units: us.
        waited_us: u32,
    },
}

impl TransferError {
    /// The status that the request is finished with.
    pub fn status(&self) -> VpStatus {
        match self {
            Self::Port(status) => *status,
            Self::Card(error) => VpStatus::from(error.kind()),
            Self::NoInterrupt { .. } => VpStatus::from(ErrorKind::Timeout),
        }
    }
}

impl core::fmt::Display for TransferError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Port(status) => write!(f, "the port refused: {status}"),
            Self::Card(error) => error.fmt(f),
            Self::NoInterrupt { waited_us } => write!(f, "no interrupt within {waited_us} us"),
        }
    }
}

impl core::error::Error for TransferError {}

/// What one transfer moves. Lengths and pitches are the engine's; the host side starts where the list starts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Piece {
    pub length: ByteLen,
    pub rows: u16,
    pub host_pitch: ByteLen,
    pub card: CardAddr,
    pub card_pitch: ByteLen,
}

impl Piece {
    fn transfer(&self, list: &ScatterGatherList, write_to_device: bool) -> Transfer {
        Transfer {
            handle: Handle::from_raw(list.hardware_handle()),
            offset: ByteLen::new(list.hardware_offset()),
            length: self.length,
            rows: self.rows,
            host_pitch: self.host_pitch,
            card_address: self.card,
            card_pitch: self.card_pitch,
            direction: if write_to_device {
                Direction::HostToCard
            } else {
                Direction::CardToHost
            },
        }
    }
}

impl LumenportMiniport {
    /// Moves one piece and waits for its end. `choose` turns the bytes that the port grants into the piece.
    ///
    /// # Errors
    /// The status for the request; [`LumenportMiniport::last_transfer_error`] says more. Nothing stays started.
    pub(crate) fn transfer<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        mdl: Mdl,
        range: (u32, u32),
        write_to_device: bool,
        choose: impl FnOnce(u32) -> Piece,
    ) -> Result<ByteLen, VpStatus> {
        let device = self.device().ok_or(VpStatus::ERROR_DEV_NOT_EXIST)?;
        let event = port.create_event(EventFlags::default())?;
        let engine = Dma::new(PortBus::new(port, device.registers));
        let direction = Operation {
            adapter: device.adapter,
            mdl,
            write_to_device,
            event,
        };
        let result = match self.start(port, &engine, &direction, range, choose) {
            Ok(bytes) => self.wait(port, &engine, event, bytes),
            Err(error) => Err(error),
        };
        let _ = port.delete_event(event);
        self.account(port, result)
    }

    /// Starts; on an error nothing is in flight.
    fn start<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        engine: &Dma<PortBus<'_, '_, P>>,
        operation: &Operation,
        (offset, wanted): (u32, u32),
        choose: impl FnOnce(u32) -> Piece,
    ) -> Result<u32, TransferError> {
        let Operation {
            adapter,
            mdl,
            write_to_device,
            event,
        } = *operation;
        let mut length = wanted;
        let mut submitted = Ok(());
        // HwVidExecuteDma: DISPATCH, programs the engine and returns.
        let execute = |_: &VideoPort<'_, P>, adapter: DmaAdapter, list: &ScatterGatherList| {
            let completed_before = engine.completed();
            let flight = Flight {
                adapter,
                list: *list,
                write_to_device,
                event,
                completed_before,
            };
            self.ext.with(|state| {
                state.flight = Some(flight);
                state.result = None;
            });
            submitted = engine.submit(&choose(list.length_bytes()).transfer(list, write_to_device));
        };
        let status = port.start_dma(adapter, mdl, offset, &mut length, write_to_device, execute);
        status.into_result().map_err(TransferError::Port)?;
        submitted.map_err(|error| {
            self.complete(port);
            TransferError::Card(error)
        })?;
        Ok(length)
    }

    /// Waits for the deferred routine; without it, aborts and completes here.
    fn wait<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        engine: &Dma<PortBus<'_, '_, P>>,
        event: Event,
        bytes: u32,
    ) -> Result<ByteLen, TransferError> {
        let wait_us = self.longest_wait_us(engine, bytes);
        let status = port.wait_for_single_object(event, Timeout::micros(wait_us));
        if status.is_success()
            && let Some(result) = self.ext.with(|state| state.result.take())
        {
            return result;
        }
        let waited_us = u32::try_from(wait_us).unwrap_or(u32::MAX);
        let aborted = engine.abort(&mut port.delay(), ABORT_BOUND);
        self.complete(port);
        // If the message got lost, the card waits to be armed again: without this no later transfer would interrupt.
        engine.clear(dma::Events {
            done: true,
            error: true,
        });
        if let Some(bus) = self.bus(port) {
            Irq::new(bus).rearm();
        }
        self.ext.with(|state| state.result = None);
        Err(match aborted {
            Err(error) => TransferError::Card(error),
            Ok(()) => TransferError::NoInterrupt { waited_us },
        })
    }

    /// The engine gives up by itself when nothing moves for its no-progress bound; twice that, and the slowest bearable
    /// rate, is how long a transfer may last. All ones from a card that left is cut to the engine's reset value.
    fn longest_wait_us<P: Platform>(&self, engine: &Dma<PortBus<'_, '_, P>>, bytes: u32) -> u64 {
        let clock_khz = self
            .device()
            .map_or(0, |device| device.identity.sys_clock.raw());
        let cycles = engine.timeout_cycles().min(TimeoutCycles::RESET.bits());
        let engine_us = u64::from(cycles)
            .saturating_mul(1000)
            .checked_div(u64::from(clock_khz))
            .unwrap_or(0);
        WAIT_BASE_US
            .saturating_add(2 * engine_us)
            .saturating_add(u64::from(bytes) / SLOWEST_BYTES_PER_US)
    }

    /// The deferred routine's part: result, `CompleteDma`, event.
    pub(crate) fn finish_flight<P: Platform>(&self, port: &VideoPort<'_, P>) {
        let (Some(device), Some(flight)) = self.ext.with(|state| (state.device, state.flight))
        else {
            return;
        };
        let engine = Dma::new(PortBus::new(port, device.registers));
        if engine.completed() == flight.completed_before {
            return;
        }
        let result = match engine.outcome() {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(fault)) => Err(TransferError::Card(DmaError::Fault(fault))),
            Err(error) => Err(TransferError::Card(error)),
        };
        if let Some(flight) = self.complete(port) {
            self.ext.with(|state| state.result = Some(result));
            let _ = port.set_event(flight.event);
        }
    }

    /// Completes the operation in flight, if nobody did yet.
    fn complete<P: Platform>(&self, port: &VideoPort<'_, P>) -> Option<Flight> {
        let flight = self.ext.with(|state| state.flight.take())?;
        // Always NO_ERROR by contract.
        let _ = port.complete_dma(flight.adapter, &flight.list, flight.write_to_device);
        Some(flight)
    }

    fn account<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        result: Result<ByteLen, TransferError>,
    ) -> Result<ByteLen, VpStatus> {
        self.ext.with(|state| {
            let counters = &mut state.counters;
            match result {
                Ok(bytes) => {
                    counters.transfers = counters.transfers.wrapping_add(1);
                    counters.bytes = counters.bytes.wrapping_add(u64::from(bytes.raw()));
                }
                Err(error) => {
                    counters.transfer_errors = counters.transfer_errors.wrapping_add(1);
                    state.last_error = Some(error);
                }
            }
        });
        result.map_err(|error| {
            let status = error.status();
            port.log_error(status, LOG_TRANSFER);
            status
        })
    }
}

/// What stays the same from start to completion.
#[derive(Clone, Copy)]
struct Operation {
    adapter: DmaAdapter,
    mdl: Mdl,
    write_to_device: bool,
    event: Event,
}
