//! What goes wrong: handles, rights, hosts that refuse or are silent, lost interrupts.

use lumenport_hal::addr::{ByteLen, CardAddr};
use lumenport_hal::dma::{Direction, Dma, DmaError, Fault as CardFault, Transfer};
use lumenport_hal::regmap::blocks::dma::TimeoutCycles;
use lumenport_hal::sgl::Handle;
use lumenport_miniport::TransferError;
use lumenport_miniport::private_ioctl::{RectangleResult, UPDATE_RECTANGLE, UpdateRectangle};
use lumenport_videoport::{LockOperation, VirtAddr, VpStatus};

use super::lock::card_handle;
use super::packet::run;
use super::rectangle::picture;
use crate::error::{FlowError, FlowOutcome, ensure, ensure_eq};
use crate::pattern::noise;
use crate::session::{FLOW_BOUND, Session, with_driver};
use crate::target::{Board, Fault, Setup, Target};

fn linear(handle: Handle, offset: u32, length: u32, card: u32, direction: Direction) -> Transfer {
    Transfer::linear(
        handle,
        ByteLen::new(offset),
        ByteLen::new(length),
        CardAddr::new(card),
        direction,
    )
}

/// Submits a transfer that the card must end with this fault.
fn expect_fault<B: Board>(
    session: &Session<'_, '_, B>,
    transfer: &Transfer,
    expected: CardFault,
) -> Result<(), FlowError> {
    let engine = Dma::new(session.registers()?);
    engine
        .submit(transfer)
        .map_err(|error| FlowError::Failed(format!("submit: {error}")))?;
    let ended = engine.wait(&mut session.port.delay(), FLOW_BOUND);
    ensure_eq!(
        ended,
        Err(DmaError::Fault(expected)),
        "end of a transfer that must be refused"
    );
    Ok(())
}

pub(super) fn stale_handle<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        let block = session.pool_block(4096)?;
        let data = noise(1, 256);
        block.write(0, &data)?;
        let lock = || {
            let mdl = session
                .port
                .lock_buffer(block.at, 256, LockOperation::Modify);
            mdl.ok_or_else(|| FlowError::failed("LockBuffer of 256 bytes"))
        };
        let mdl = lock()?;
        let old = card_handle(session, mdl)?;
        let engine = Dma::new(session.registers()?);
        let ran = run(
            session,
            &engine,
            &linear(old, 0, 256, 0, Direction::HostToCard),
        );
        session.port.unlock_buffer(mdl);
        ran?;
        block.write(0, &[0; 256])?;
        let back = linear(old, 0, 256, 0, Direction::CardToHost);
        expect_fault(session, &back, CardFault::StaleHandle)
            .map_err(|error| error.during("unlocked"))?;
        // The slot in use again: the old generation stays refused, the new one works.
        let mdl = lock()?;
        let again = card_handle(session, mdl).and_then(|new| {
            ensure_eq!(new.slot, old.slot, "slot of the next lock");
            expect_fault(session, &back, CardFault::StaleHandle)
                .map_err(|error| error.during("slot reused"))?;
            ensure!(
                block.read(0, 256)?.iter().all(|byte| *byte == 0),
                "a refused transfer wrote memory"
            );
            run(
                session,
                &engine,
                &linear(new, 0, 256, 0, Direction::CardToHost),
            )
        });
        session.port.unlock_buffer(mdl);
        again?;
        ensure!(block.read(0, 256)? == data, "the card's copy changed");
        Ok(String::new())
    })
}

pub(super) fn no_right<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        let block = session.pool_block(4096)?;
        block.write(0, &[0x11; 512])?;
        let mdl = session.port.lock_buffer(block.at, 512, LockOperation::Read);
        let mdl = mdl.ok_or_else(|| FlowError::failed("LockBuffer of 512 bytes"))?;
        let memory = session
            .miniport
            .device()
            .map_or(0, |device| device.identity.memory.raw());
        let refused = card_handle(session, mdl).and_then(|handle| {
            let to_card = Direction::HostToCard;
            expect_fault(
                session,
                &linear(handle, 0, 512, 0, Direction::CardToHost),
                CardFault::NoRight,
            )?;
            expect_fault(
                session,
                &linear(handle, 1, 512, 0, to_card),
                CardFault::Range,
            )?;
            expect_fault(
                session,
                &linear(handle, 512, 1, 0, to_card),
                CardFault::Range,
            )?;
            expect_fault(
                session,
                &linear(handle, 0, 2, memory - 1, to_card),
                CardFault::Range,
            )?;
            let rows = Transfer {
                rows: 2,
                host_pitch: ByteLen::new(257),
                ..linear(handle, 0, 256, 0, to_card)
            };
            expect_fault(session, &rows, CardFault::Range)
        });
        session.port.unlock_buffer(mdl);
        refused?;
        ensure!(
            block.read(0, 512)?.iter().all(|byte| *byte == 0x11),
            "a refused transfer wrote memory"
        );
        Ok(String::new())
    })
}

/// The engine's no-progress bound in these flows. Units: `sys` clocks; short, so that silence ends soon on slow targets.
const SHORT_TIMEOUT_CYCLES: u32 = 10_000;

/// Shortens the engine's patience.
fn hurry<B: Board>(session: &Session<'_, '_, B>) -> Result<(), FlowError> {
    let engine = Dma::new(session.registers()?);
    let reset = TimeoutCycles::RESET.bits();
    ensure_eq!(
        engine.timeout_cycles(),
        reset,
        "no-progress bound after reset"
    );
    engine.set_timeout_cycles(SHORT_TIMEOUT_CYCLES);
    Ok(())
}

/// One small rectangle through the driver.
fn small_update(at: VirtAddr) -> UpdateRectangle {
    UpdateRectangle {
        buffer: at,
        buffer_length_bytes: 16 * 64,
        buffer_pitch_bytes: 64,
        frame_base_bytes: 0,
        x_px: 0,
        y_lines: 0,
        width_px: 16,
        height_lines: 16,
        read_back: false,
    }
}

/// Runs an update under a fault, then again without it; the monitor must show the second one.
fn fails_then_works<T: Target>(
    target: &T,
    fault: impl Fn(bool) -> Fault,
    status: VpStatus,
    is_expected: impl Fn(&TransferError) -> bool,
) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        let mode = session.smallest_mode(32)?;
        session.set_mode(&mode)?;
        let mut frame = picture(&mode, 1);
        session.upload(&mode, 0, &frame.xrgb8888())?;
        let block = session.pool_block(4096)?;
        let part = crate::pattern::test_picture(16, 16, 2);
        block.write(0, &part.xrgb8888())?;
        let update = small_update(block.at);
        hurry(session)?;
        session.board.inject(fault(true))?;
        let refused = session.within(200_000, || {
            session.refuse(
                UPDATE_RECTANGLE,
                &update.emit(),
                RectangleResult::LENGTH,
                status,
            )
        });
        session.board.inject(fault(false))?;
        refused?;
        let why = session.miniport.last_transfer_error();
        let why =
            why.ok_or_else(|| FlowError::failed("the driver has no reason for the failure"))?;
        ensure!(is_expected(&why), "the driver's reason is \"{why}\"");
        session
            .move_rectangle(&update, 4)
            .map_err(|error| error.during("after the fault"))?;
        frame.paste(&part, 0, 0);
        session.show(0)?;
        session.expect_picture(&frame)?;
        Ok(why.to_string())
    })
}

pub(super) fn host_refuses<T: Target>(target: &T) -> FlowOutcome {
    let refusal = |why: &TransferError| {
        matches!(
            why,
            TransferError::Card(DmaError::Fault(CardFault::UnsupportedRequest { .. }))
        )
    };
    fails_then_works(
        target,
        Fault::HostRefuses,
        VpStatus::ERROR_DEV_NOT_EXIST,
        refusal,
    )
}

pub(super) fn host_silent<T: Target>(target: &T) -> FlowOutcome {
    let silence = |why: &TransferError| {
        matches!(
            why,
            TransferError::Card(DmaError::Fault(CardFault::Timeout { .. }))
        )
    };
    fails_then_works(target, Fault::HostSilent, VpStatus::WAIT_TIMEOUT, silence)
}

pub(super) fn interrupt_lost<T: Target>(target: &T) -> FlowOutcome {
    let lost = |why: &TransferError| matches!(why, TransferError::NoInterrupt { .. });
    fails_then_works(target, Fault::InterruptsLost, VpStatus::WAIT_TIMEOUT, lost)
}

pub(super) fn unlock_in_flight<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        let block = session.pool_block(8192)?;
        let mdl = session
            .port
            .lock_buffer(block.at, 8192, LockOperation::Read);
        let mdl = mdl.ok_or_else(|| FlowError::failed("LockBuffer of 8 KiB"))?;
        let handle = card_handle(session, mdl);
        let engine = Dma::new(session.registers()?);
        hurry(session)?;
        session.board.inject(Fault::HostSilent(true))?;
        let submitted = handle.and_then(|handle| {
            let transfer = linear(handle, 0, 8192, 0, Direction::HostToCard);
            engine
                .submit(&transfer)
                .map_err(|error| FlowError::Failed(format!("submit: {error}")))
        });
        let slots_before = session.port.hardware_slots_in_use();
        let unlocked = session.within(50_000, || {
            session.port.unlock_buffer(mdl);
            Ok(())
        });
        session.board.inject(Fault::HostSilent(false))?;
        submitted?;
        unlocked?;
        ensure_eq!(
            session.port.hardware_slots_in_use(),
            slots_before - 1,
            "SG table slots after the unlock"
        );
        let idle = engine.wait_idle(&mut session.port.delay(), FLOW_BOUND);
        ensure_eq!(idle, Ok(()), "the engine after the unlock");
        let ended = engine.outcome();
        let released = matches!(
            ended,
            Ok(Err(CardFault::SlotReleased | CardFault::Timeout { .. }))
        );
        ensure!(released, "the transfer ended with {ended:?}");
        Ok(String::new())
    })
}
