//! Locks: buffers in the card's tables, the device lock, the hardware semaphore.

use std::sync::atomic::{AtomicU32, Ordering};

use lumenport_hal::bus::Bus;
use lumenport_hal::reg::RegisterBus as _;
use lumenport_hal::regmap::blocks::{elements, sem, sgl};
use lumenport_hal::sem::{Agent, SemIdx, Semaphores};
use lumenport_hal::sgl::Handle;
use lumenport_videoport::ioctl::{NumModes, QUERY_NUM_AVAIL_MODES};
use lumenport_videoport::{LockOperation, Mdl, Platform, ScatterGatherList, VirtAddr, VpStatus};

use super::packet::DESCRIPTION;
use crate::error::{FlowError, FlowOutcome, ensure, ensure_eq};
use crate::session::{Session, with_driver};
use crate::target::{Board, Fault, Setup, Target};

/// The card's name of a locked buffer, as `StartDma` tells it; the operation is completed again at once.
pub(super) fn card_handle<B: Board>(
    session: &Session<'_, '_, B>,
    mdl: Mdl,
) -> Result<Handle, FlowError> {
    let adapter = session.port.get_dma_adapter(&DESCRIPTION);
    let adapter = adapter.ok_or_else(|| FlowError::failed("no DMA adapter"))?;
    let (mut length, mut list) = (u32::MAX, None);
    let take = |_: &_, _, given: &ScatterGatherList| list = Some(*given);
    let status = session
        .port
        .start_dma(adapter, mdl, 0, &mut length, true, take);
    if let Some(list) = &list {
        let _ = session.port.complete_dma(adapter, list, true);
    }
    session.port.put_dma_adapter(adapter);
    ensure!(status.is_success(), "StartDma: {status}");
    let list = list.ok_or_else(|| FlowError::failed("StartDma succeeded without calling back"))?;
    Ok(Handle::from_raw(list.hardware_handle()))
}

pub(super) fn dma_lock<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        let block = session.pool_block(64 << 10)?;
        let mut checked = 0;
        for (offset, length, operation) in [
            (0, 1, LockOperation::Read),
            (4095, 2, LockOperation::Write),
            (100, 4096, LockOperation::Modify),
            (0, 64 << 10, LockOperation::Read),
        ] {
            let at = block.at(offset)?;
            let mdl = session.port.lock_buffer(at, length, operation);
            let mdl = mdl.ok_or_else(|| {
                FlowError::Failed(format!("LockBuffer of {length} bytes at {at}"))
            })?;
            let handle = card_handle(session, mdl);
            let table = handle
                .clone()
                .and_then(|handle| check_table(session, handle, at, length, operation));
            session.port.unlock_buffer(mdl);
            checked += table?;
            let control: Option<sgl::Control> =
                session.registers()?.load_entry(u32::from(handle?.slot));
            let valid = control.is_none_or(|control| control.is_set(sgl::Control::VALID));
            ensure!(!valid, "the card's slot is still valid after UnlockBuffer");
        }
        Ok(format!("{checked} elements compared"))
    })
}

/// Compares the card's table with the machine's own idea of the pages. Returns the elements it has.
fn check_table<B: Board>(
    session: &Session<'_, '_, B>,
    handle: Handle,
    at: VirtAddr,
    length: u32,
    operation: LockOperation,
) -> Result<u32, FlowError> {
    let bus = session.registers()?;
    let gone = || FlowError::Failed(format!("the card has no slot {}", handle.slot));
    let slot = u32::from(handle.slot);
    let control: sgl::Control = bus.load_entry(slot).ok_or_else(gone)?;
    ensure!(
        control.is_set(sgl::Control::VALID),
        "slot {slot} is not valid"
    );
    ensure_eq!(
        control.get(sgl::Control::GENERATION),
        u32::from(handle.generation),
        "generation of slot {slot}"
    );
    ensure_eq!(
        control.is_set(sgl::Control::CARD_WRITE),
        operation.device_writes(),
        "right to write of slot {slot}"
    );
    ensure_eq!(
        bus.load_entry::<sgl::Total>(slot).ok_or_else(gone)?.bits(),
        length,
        "total of slot {slot}"
    );
    let table: sgl::Table = bus.load_entry(slot).ok_or_else(gone)?;
    let (first, count) = (table.get(sgl::Table::FIRST), table.get(sgl::Table::COUNT));
    let mut done = 0;
    for idx in first..first + count {
        let (address, bytes) = element(&bus, idx)?;
        let here = at.checked_add(done as usize).ok_or_else(gone)?;
        let expected = session
            .port
            .platform()
            .bus_address(here)
            .map(lumenport_hal::addr::BusAddr::raw);
        ensure_eq!(Some(address), expected, "bus address of element {idx}");
        done += bytes;
    }
    ensure_eq!(done, length, "sum of the element lengths");
    Ok(count)
}

fn element(bus: &impl Bus, idx: u32) -> Result<(u64, u32), FlowError> {
    let gone = || FlowError::Failed(format!("the card has no element {idx}"));
    let lo = bus
        .load_entry::<elements::AddressLo>(idx)
        .ok_or_else(gone)?
        .bits();
    let hi = bus
        .load_entry::<elements::AddressHi>(idx)
        .ok_or_else(gone)?
        .bits();
    let length = bus
        .load_entry::<elements::Length>(idx)
        .ok_or_else(gone)?
        .bits();
    Ok((u64::from(hi) << 32 | u64::from(lo), length))
}

pub(super) fn lock_limits<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        let block = session.pool_block(4096)?;
        let lock = |at, length| session.port.lock_buffer(at, length, LockOperation::Read);
        let mut held = Vec::new();
        while let Some(mdl) = lock(block.at, 16) {
            held.push(mdl);
            ensure!(held.len() <= 1000, "there is no end to locks");
        }
        let count = held.len();
        ensure!(count >= 8, "only {count} buffers can be locked at once");
        for mdl in held {
            session.port.unlock_buffer(mdl);
        }
        let again = lock(block.at, 16)
            .ok_or_else(|| FlowError::failed("no lock after all were released"))?;
        session.port.unlock_buffer(again);
        ensure!(
            session.expect_findings().is_empty(),
            "legal locks were reported as misuse"
        );
        // These three are misuse that strict mode reports; nothing may stay behind.
        ensure!(
            lock(VirtAddr::NULL, 16).is_none(),
            "the null address was locked"
        );
        ensure!(lock(block.at, 0).is_none(), "no bytes were locked");
        let past = VirtAddr::new(block.at.raw() & !4095);
        ensure!(
            lock(past, 1 << 30).is_none(),
            "memory that is not mapped was locked"
        );
        ensure_eq!(
            session.expect_findings().len(),
            3,
            "reports of the three misuses"
        );
        Ok(format!("{count} at once"))
    })
}

const THREADS: u32 = 3;
const ROUNDS: u32 = 4;

pub(super) fn device_lock<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        // A counter that loses counts unless every read-wait-write has the lock.
        let counter = AtomicU32::new(0);
        let (port, registers) = (session.port, session.registers()?);
        let worker = || -> Result<(), String> {
            for _ in 0..ROUNDS {
                let guard = port
                    .device_lock()
                    .map_err(|status| format!("device lock: {status}"))?;
                let seen = counter.load(Ordering::SeqCst);
                port.platform().relax();
                let holder = Semaphores::new(&registers, Agent::Host).holder(SemIdx::DEVICE);
                counter.store(seen + 1, Ordering::SeqCst);
                drop(guard);
                let ours = matches!(holder, Ok(Some(holder)) if holder.agent == Some(Agent::Host));
                if !ours {
                    return Err(format!(
                        "the hardware semaphore is not the host's under the lock: {holder:?}"
                    ));
                }
            }
            Ok(())
        };
        let results: Vec<Result<(), String>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(worker)).collect();
            threads
                .into_iter()
                .map(|thread| {
                    thread
                        .join()
                        .unwrap_or_else(|_| Err("a thread panicked".into()))
                })
                .collect()
        });
        for result in results {
            result.map_err(FlowError::Failed)?;
        }
        ensure_eq!(
            counter.load(Ordering::SeqCst),
            THREADS * ROUNDS,
            "count made under the lock"
        );
        let free = Semaphores::new(&registers, Agent::Host).holder(SemIdx::DEVICE);
        ensure_eq!(
            free,
            Ok(None),
            "holder of the semaphore after the last release"
        );
        Ok(format!("{THREADS} threads, {ROUNDS} rounds each"))
    })
}

pub(super) fn semaphore<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        session.board.inject(Fault::SemaphoreHeld(true))?;
        let busy = || {
            session.refuse(
                QUERY_NUM_AVAIL_MODES,
                &[],
                NumModes::LENGTH,
                VpStatus::ERROR_BUSY,
            )
        };
        session
            .within(100_000, busy)
            .map_err(|error| error.during("while another agent holds it"))?;
        ensure_eq!(
            session.expect_findings().len(),
            1,
            "reports of the lock that could not be had"
        );
        session.board.inject(Fault::SemaphoreHeld(false))?;
        session
            .modes()
            .map_err(|error| error.during("after it was released"))?;
        // A holder that is dead: its lease ends, the port breaks it, the card logs it.
        let registers = session.registers()?;
        let semaphores = Semaphores::new(&registers, Agent::Host);
        semaphores.set_lease_cycles(1000);
        session.board.inject(Fault::SemaphoreHeld(true))?;
        let broken = session
            .modes()
            .map_err(|error| error.during("after the lease ended"));
        semaphores.set_lease_cycles(sem::LeaseCycles::RESET.bits());
        broken?;
        let log: sem::BreakLog = session.load()?;
        ensure_eq!(log.get(sem::BreakLog::COUNT), 1, "semaphores broken");
        Ok(String::new())
    })
}
