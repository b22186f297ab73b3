//! Packet DMA through the services themselves: lock, start, complete, unlock; both directions.

use lumenport_hal::addr::{ByteLen, CardAddr};
use lumenport_hal::bus::Bus;
use lumenport_hal::dma::{Direction, Dma, Transfer};
use lumenport_hal::sgl::Handle;
use lumenport_videoport::{
    DeviceDescription, DmaAdapter, LockOperation, Mdl, ScatterGatherList, VirtAddr,
};

use crate::error::{FlowError, FlowOutcome, ensure, ensure_eq};
use crate::pattern::noise;
use crate::session::{FLOW_BOUND, Session, with_driver};
use crate::target::{Board, Setup, Target};

/// What the flows' own adapter says about the engine.
pub(super) const DESCRIPTION: DeviceDescription = DeviceDescription {
    scatter_gather: true,
    dma_32bit_addresses: true,
    dma_64bit_addresses: true,
    maximum_length_bytes: u32::MAX,
};

/// Submits and waits by looking at the engine; the driver's interrupt routine has nothing to complete here.
pub(super) fn run<B: Board>(
    session: &Session<'_, '_, B>,
    engine: &Dma<impl Bus>,
    transfer: &Transfer,
) -> Result<(), FlowError> {
    engine
        .submit(transfer)
        .map_err(|error| FlowError::Failed(format!("submit: {error}")))?;
    let moved = engine.wait(&mut session.port.delay(), FLOW_BOUND);
    let moved = moved.map_err(|error| FlowError::Failed(format!("transfer: {error}")))?;
    ensure_eq!(
        Some(moved),
        transfer.bytes(),
        "bytes the card says it moved"
    );
    Ok(())
}

/// Lock, start, run, complete in a loop until everything is moved, unlock. Returns the operations it took.
pub(super) fn move_bytes<B: Board>(
    session: &Session<'_, '_, B>,
    adapter: DmaAdapter,
    at: VirtAddr,
    length: u32,
    card: u32,
    direction: Direction,
) -> Result<u32, FlowError> {
    let operation = match direction {
        Direction::HostToCard => LockOperation::Read,
        Direction::CardToHost => LockOperation::Write,
    };
    let mdl = session.port.lock_buffer(at, length, operation);
    let mdl =
        mdl.ok_or_else(|| FlowError::Failed(format!("LockBuffer of {length} bytes at {at}")))?;
    let moved = move_locked(session, adapter, mdl, length, card, direction);
    session.port.unlock_buffer(mdl);
    moved
}

fn move_locked<B: Board>(
    session: &Session<'_, '_, B>,
    adapter: DmaAdapter,
    mdl: Mdl,
    length: u32,
    card: u32,
    direction: Direction,
) -> Result<u32, FlowError> {
    let engine = Dma::new(session.registers()?);
    let to_card = direction == Direction::HostToCard;
    let (mut done, mut operations) = (0, 0);
    while done < length {
        let mut granted = length - done;
        let mut list = None;
        let take = |_: &_, _, given: &ScatterGatherList| list = Some(*given);
        let status = session
            .port
            .start_dma(adapter, mdl, done, &mut granted, to_card, take);
        ensure!(
            status.is_success(),
            "StartDma at {done} of {length}: {status}"
        );
        let list =
            list.ok_or_else(|| FlowError::failed("StartDma succeeded without calling back"))?;
        let transfer = Transfer::linear(
            Handle::from_raw(list.hardware_handle()),
            ByteLen::new(list.hardware_offset()),
            ByteLen::new(granted),
            CardAddr::new(card + done),
            direction,
        );
        let ran = if list.length_bytes() == granted {
            run(session, &engine, &transfer)
        } else {
            Err(FlowError::Failed(format!(
                "the list has {} bytes, the length says {granted}",
                list.length_bytes()
            )))
        };
        let _ = session.port.complete_dma(adapter, &list, to_card);
        ran?;
        done += granted;
        operations += 1;
    }
    Ok(operations)
}

pub(super) fn packet_dma<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        let adapter = session.port.get_dma_adapter(&DESCRIPTION);
        let adapter = adapter.ok_or_else(|| FlowError::failed("no DMA adapter"))?;
        let block = session.pool_block(64 << 10)?;
        let mut total = 0;
        // Length, offset in the page, card address: edges of bytes, words, requests, pages.
        for (seed, (length, offset, card)) in (1..).zip([
            (1_usize, 0_usize, 0_u32),
            (3, 4095, 7),
            (63, 1, 64),
            (128, 64, 4095),
            (129, 4090, 1),
            (4096, 0, 8192),
            (4097, 4095, 3),
            (10_000, 1234, 12_345),
            (40_000, 17, 100_001),
        ]) {
            let data = noise(seed, length);
            let at = block.at(offset)?;
            block.write(offset, &data)?;
            let context = format!(
                "{length} bytes at page offset {} and card address {card}",
                offset % 4096
            );
            let during = |error: FlowError| error.during(&context);
            move_bytes(
                session,
                adapter,
                at,
                length as u32,
                card,
                Direction::HostToCard,
            )
            .map_err(during)?;
            // Fences around the landing place show a byte too many.
            let landing = 20_000 + offset % 7;
            block.write(landing - 8, &vec![0xA5; length + 16])?;
            move_bytes(
                session,
                adapter,
                block.at(landing)?,
                length as u32,
                card,
                Direction::CardToHost,
            )
            .map_err(during)?;
            let back = block.read(landing - 8, length + 16)?;
            ensure!(
                back[8..8 + length] == data,
                "{context}: what came back differs"
            );
            let fences = back[..8]
                .iter()
                .chain(&back[8 + length..])
                .all(|byte| *byte == 0xA5);
            ensure!(fences, "{context}: the card wrote outside the buffer");
            total += 2 * length;
        }
        session.port.put_dma_adapter(adapter);
        Ok(format!("{total} bytes"))
    })
}

pub(super) fn two_dimensional_dma<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        let block = session.pool_block(32 << 10)?;
        let (length, rows, host_pitch, card_pitch) = (37_u32, 50_u32, 301_u32, 64_u32);
        let (start, card) = (4001_u32, 5_u32);
        block.write(0, &noise(1, 32 << 10))?;
        let mdl = session
            .port
            .lock_buffer(block.at, 32 << 10, LockOperation::Modify);
        let mdl = mdl.ok_or_else(|| FlowError::failed("LockBuffer of 32 KiB"))?;
        let moved = there_and_back(
            session,
            mdl,
            |handle| Transfer {
                handle,
                offset: ByteLen::new(start),
                length: ByteLen::new(length),
                rows: rows as u16,
                host_pitch: ByteLen::new(host_pitch),
                card_address: CardAddr::new(card),
                card_pitch: ByteLen::new(card_pitch),
                direction: Direction::HostToCard,
            },
            || block.write(start as usize, &vec![0; (rows * host_pitch) as usize]),
        );
        session.port.unlock_buffer(mdl);
        moved?;
        let source = noise(1, 32 << 10);
        let back = block.read(start as usize, (rows * host_pitch) as usize)?;
        for (row, line) in back.chunks_exact(host_pitch as usize).enumerate() {
            let from = start as usize + row * host_pitch as usize;
            let (pixels, gap) = line.split_at(length as usize);
            ensure!(
                pixels == &source[from..from + length as usize],
                "row {row} came back changed"
            );
            ensure!(
                gap.iter().all(|byte| *byte == 0),
                "the card wrote into the gap after row {row}"
            );
        }
        Ok(String::new())
    })
}

/// Runs a transfer to the card, `between`, and the same transfer back.
fn there_and_back<B: Board>(
    session: &Session<'_, '_, B>,
    mdl: Mdl,
    transfer: impl FnOnce(Handle) -> Transfer,
    between: impl FnOnce() -> Result<(), FlowError>,
) -> Result<(), FlowError> {
    let engine = Dma::new(session.registers()?);
    let transfer = transfer(super::lock::card_handle(session, mdl)?);
    run(session, &engine, &transfer)?;
    between()?;
    run(
        session,
        &engine,
        &Transfer {
            direction: Direction::CardToHost,
            ..transfer
        },
    )
}
