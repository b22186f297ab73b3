//! An embedded-hal I2C bus on the DDC block: one byte a command.

use embedded_hal::delay::DelayNs;
use embedded_hal::i2c::{self, I2c, Operation, SevenBitAddress};
use lumenport_regmap::blocks::ddc;

use crate::addr::KiloHertz;
use crate::bus::Bus;
use crate::ddc::{Ddc, DdcError, Events};
use crate::reg::RegisterBus;
use crate::wait::{Bound, poll_until};

/// Longest time one command may take: the stretch limit after reset, twice. Units: us.
const COMMAND_LIMIT_US: u32 = 50_000;
/// Looks at the card in the time that a byte takes.
const LOOKS_A_BYTE: u32 = 4;

/// A bus with its speed. Bus cost of a byte: 2 writes, about 4 reads, 1 more read for a byte read.
#[derive(Debug)]
pub struct DdcI2c<B, D> {
    ddc: Ddc<B>,
    pub(super) delay: D,
    bound: Bound,
}

impl<B: Bus, D: DelayNs> DdcI2c<B, D> {
    /// Takes the bus and sets its speed; [`super::STANDARD_RATE`] is what every monitor bears.
    pub fn new(bus: B, delay: D, sys_clock: KiloHertz, rate: KiloHertz) -> Self {
        let ddc = Ddc::new(bus);
        ddc.set_rate(sys_clock, rate);
        let byte_us = 9_000_u32.checked_div(rate.raw()).unwrap_or(0);
        Self {
            ddc,
            delay,
            bound: Bound::new((byte_us / LOOKS_A_BYTE).max(1), COMMAND_LIMIT_US),
        }
    }

    /// The register block.
    pub const fn ddc(&self) -> &Ddc<B> {
        &self.ddc
    }

    /// Frees a bus whose data line a target holds, for example after a transaction that was cut off.
    ///
    /// # Errors
    /// [`DdcError::ArbitrationLost`] when the line is still low after nine clocks.
    pub fn recover(&mut self) -> Result<(), DdcError> {
        self.run(ddc::Command::new().with_flag(ddc::Command::RECOVER, true))
            .map(drop)
    }

    /// Runs one command. Gives whether a written byte was acknowledged.
    fn run(&mut self, command: ddc::Command) -> Result<bool, DdcError> {
        self.ddc.clear(Events::OF_COMMAND);
        self.ddc.bus.store(command);
        let ddc = &self.ddc;
        let ended = poll_until(
            &mut self.delay,
            self.bound,
            ddc::IntrState::OFFSET,
            || match ddc.events() {
                None => Some(Err(DdcError::Gone)),
                Some(events) if events.rejected => Some(Err(DdcError::Rejected)),
                Some(events) => events.done.then_some(Ok(events)),
            },
        );
        let events = ended??;
        if events.timeout {
            Err(DdcError::Stretched)
        } else if events.arbitration_lost {
            Err(DdcError::ArbitrationLost)
        } else {
            Ok(!events.nack)
        }
    }

    /// Start condition and address.
    pub(super) fn start(&mut self, address: SevenBitAddress, read: bool) -> Result<(), DdcError> {
        let byte = u32::from(address) << 1 | u32::from(read);
        let command = ddc::Command::new()
            .with(ddc::Command::DATA, byte & 0xFF)
            .with_flag(ddc::Command::START, true)
            .with_flag(ddc::Command::WRITE, true);
        if self.run(command)? {
            Ok(())
        } else {
            Err(DdcError::NoAddress)
        }
    }

    pub(super) fn write_byte(&mut self, byte: u8) -> Result<(), DdcError> {
        let command = ddc::Command::new()
            .with(ddc::Command::DATA, u32::from(byte))
            .with_flag(ddc::Command::WRITE, true);
        if self.run(command)? {
            Ok(())
        } else {
            Err(DdcError::NoData)
        }
    }

    pub(super) fn read_byte(&mut self, last: bool) -> Result<u8, DdcError> {
        let command = ddc::Command::new()
            .with_flag(ddc::Command::READ, true)
            .with_flag(ddc::Command::LAST, last);
        self.run(command)?;
        let reply: ddc::Reply = self.ddc.bus.load();
        Ok(reply.get(ddc::Reply::DATA).to_le_bytes()[0])
    }

    pub(super) fn stop(&mut self) -> Result<(), DdcError> {
        self.run(ddc::Command::new().with_flag(ddc::Command::STOP, true))
            .map(drop)
    }

    /// Ends a transaction: the stop condition comes after a refused byte too.
    pub(super) fn finish(&mut self, outcome: Result<(), DdcError>) -> Result<(), DdcError> {
        match outcome {
            Ok(()) => self.stop(),
            Err(error @ (DdcError::NoAddress | DdcError::NoData)) => {
                self.stop()?;
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    fn operations(
        &mut self,
        address: SevenBitAddress,
        operations: &mut [Operation<'_>],
    ) -> Result<(), DdcError> {
        let mut reading = None;
        let mut rest = operations;
        while let Some((operation, following)) = rest.split_first_mut() {
            let read = matches!(operation, Operation::Read(_));
            // Operations of one kind follow each other as if they were one.
            if reading != Some(read) {
                self.start(address, read)?;
                reading = Some(read);
            }
            match operation {
                Operation::Write(bytes) => {
                    bytes.iter().try_for_each(|byte| self.write_byte(*byte))?;
                }
                Operation::Read(into) => {
                    let more = bytes_to_read(following) != 0;
                    let count = into.len();
                    for (index, place) in (1..).zip(into.iter_mut()) {
                        *place = self.read_byte(index == count && !more)?;
                    }
                }
            }
            rest = following;
        }
        Ok(())
    }
}

/// Bytes that the reads at the front ask for.
fn bytes_to_read(operations: &[Operation<'_>]) -> usize {
    let lengths = operations.iter().map_while(|operation| match operation {
        Operation::Read(into) => Some(into.len()),
        Operation::Write(_) => None,
    });
    lengths.fold(0, usize::saturating_add)
}

/// A run of reads asks for no byte at all.
fn has_empty_read(operations: &[Operation<'_>]) -> bool {
    let is_read = |operation: &Operation<'_>| matches!(operation, Operation::Read(_));
    let runs = operations.chunk_by(|a, b| is_read(a) == is_read(b));
    runs.into_iter()
        .any(|run| run.first().is_some_and(is_read) && bytes_to_read(run) == 0)
}

impl<B, D> i2c::ErrorType for DdcI2c<B, D> {
    type Error = DdcError;
}

impl<B: Bus, D: DelayNs> I2c<SevenBitAddress> for DdcI2c<B, D> {
    fn transaction(
        &mut self,
        address: SevenBitAddress,
        operations: &mut [Operation<'_>],
    ) -> Result<(), DdcError> {
        if operations.is_empty() {
            return Ok(());
        }
        if has_empty_read(operations) {
            return Err(DdcError::EmptyRead);
        }
        let outcome = self.operations(address, operations);
        self.finish(outcome)
    }
}
