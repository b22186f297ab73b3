//! `exercise`: what a guest's tests need beside the flow suite: a card that is kept busy while something happens to it, and transfers
//! that must be refused.

use super::board::{DeviceBoard, DeviceTarget};
use crate::args::{Exercise, ExerciseKind};
use crate::driver_session;
use anyhow::{Result, anyhow, bail};
use lumenport_flows::{FlowError, Session, noise};
use lumenport_hal::addr::{BusAddr, ByteLen, CardAddr};
use lumenport_hal::dma::{Direction, Dma, DmaError, Fault, Transfer};
use lumenport_hal::sgl::{Element, Rights, SgTables};
use lumenport_hal::wait::Bound;
use lumenport_miniport::private_ioctl::UpdateRectangle;
use lumenport_videoport::ioctl::ModeInformation;
use std::io::Write as _;
use std::time::{Duration, Instant};

/// Far above any memory of a small guest, below the 39 bits that every IOMMU translates, and never handed out.
const UNMAPPED: BusAddr = BusAddr::new(0x70_0000_0000);
/// Bytes of a transfer that must be refused: more than one request.
const REFUSED_BYTES: u32 = 4096;
/// Longest wait for the end of such a transfer. Units: us of the driver's time.
const PATIENCE: Bound = Bound::new(50, 500_000);

/// Runs the command.
pub fn run(target: &DeviceTarget, args: &Exercise) -> Result<()> {
    let board = target.open()?;
    println!("{}", target.describe(&board));
    driver_session::with_driver(&board, None, |session| {
        let frame = Frame::new(session)?;
        match args.kind {
            ExerciseKind::Stream => stream(&frame, Duration::from_secs(args.seconds)),
            ExerciseKind::Unmapped => unmapped(&frame),
        }
    })
}

#[expect(clippy::needless_pass_by_value, reason = "goes into map_err")]
fn told(error: FlowError) -> anyhow::Error {
    anyhow!("{error}")
}

/// A mode that is set, and transfers of its whole frame.
struct Frame<'s, 'p, 'a> {
    session: &'s Session<'p, 'a, DeviceBoard>,
    mode: ModeInformation,
}

impl<'s, 'p, 'a> Frame<'s, 'p, 'a> {
    fn new(session: &'s Session<'p, 'a, DeviceBoard>) -> Result<Self> {
        let mode = session.smallest_mode(32).map_err(told)?;
        session.set_mode(&mode).map_err(told)?;
        Ok(Self { session, mode })
    }

    fn length_bytes(&self) -> u32 {
        self.mode.vis_screen_width_px * self.mode.vis_screen_height_lines * 4
    }

    /// Noise to the card and back, compared.
    fn round_trip(&self, seed: u32) -> Result<()> {
        let length = self.length_bytes();
        let sent = noise(seed, length as usize);
        self.session.upload(&self.mode, 0, &sent).map_err(told)?;
        let block = self.session.pool_block(length as usize).map_err(told)?;
        let rectangle = UpdateRectangle {
            buffer: block.at,
            buffer_length_bytes: length,
            buffer_pitch_bytes: self.mode.vis_screen_width_px * 4,
            frame_base_bytes: 0,
            x_px: 0,
            y_lines: 0,
            width_px: self.mode.vis_screen_width_px,
            height_lines: self.mode.vis_screen_height_lines,
            read_back: true,
        };
        self.session.move_rectangle(&rectangle, 4).map_err(told)?;
        if block.read(0, length as usize).map_err(told)? != sent {
            bail!("the frame that came back differs from the one that was sent");
        }
        Ok(())
    }
}

/// Round trips until the time is over; the first is announced.
fn stream(frame: &Frame, time: Duration) -> Result<()> {
    let start = Instant::now();
    let mut trips = 0u32;
    while trips == 0 || start.elapsed() < time {
        frame.round_trip(trips)?;
        if trips == 0 {
            println!("streaming");
            std::io::stdout().flush()?;
        }
        trips = trips.wrapping_add(1).max(1);
    }
    println!("{trips} frames of {} bytes each way", frame.length_bytes());
    Ok(())
}

/// A round trip, two transfers at an address that nothing maps, a round trip.
fn unmapped(frame: &Frame) -> Result<()> {
    frame.round_trip(1)?;
    let read = at_unmapped(frame, Direction::HostToCard)?;
    match read {
        Err(DmaError::Fault(
            Fault::UnsupportedRequest { address } | Fault::CompleterAbort { address },
        )) if address == UNMAPPED => {}
        other => bail!("a read of an address that nothing maps ended with {other:?}"),
    }
    println!("reading an address that nothing maps: refused and reported ({read:?})");
    // A write is posted: nobody answers it. It may end well for the card, but not last or reach anything.
    let write = at_unmapped(frame, Direction::CardToHost)?;
    if matches!(write, Err(DmaError::Timeout(_) | DmaError::Gone)) {
        bail!("a write to an address that nothing maps never ends: {write:?}");
    }
    println!("writing an address that nothing maps: ended ({write:?})");
    frame.round_trip(2)?;
    println!("the card is usable afterwards");
    Ok(())
}

/// A transfer past the port's lock services, which would never hand out such an address.
fn at_unmapped(frame: &Frame, direction: Direction) -> Result<Result<ByteLen, DmaError>> {
    let bus = frame.session.registers().map_err(told)?;
    // The driver has nothing locked between its requests, so its tables are free.
    let mut tables = SgTables::<32>::attach(&bus)?;
    let piece = Element {
        address: UNMAPPED,
        length: ByteLen::new(REFUSED_BYTES),
    };
    let locked = tables.lock(&bus, [piece], Rights::CardReadsAndWrites)?;
    let engine = Dma::new(bus);
    engine.submit(&Transfer::linear(
        locked.handle,
        ByteLen::ZERO,
        ByteLen::new(REFUSED_BYTES),
        CardAddr::new(0),
        direction,
    ))?;
    let mut delay = frame.session.port.delay();
    let ended = engine.wait(&mut delay, PATIENCE);
    engine.clear(engine.events());
    let bus = frame.session.registers().map_err(told)?;
    tables.unlock(&bus, locked.handle, &mut delay, PATIENCE)?;
    Ok(ended)
}
