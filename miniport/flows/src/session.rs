//! A driver running on a board, with the few operations every flow needs; and the check that all was given back.

use lumenport_hal::bus::Bus;
use lumenport_hal::mode::{Mode, by_name};
use lumenport_hal::wait::Bound;
use lumenport_miniport::LumenportMiniport;
use lumenport_miniport::private_ioctl::{
    FLIP, Flip, RectangleResult, UPDATE_RECTANGLE, UpdateRectangle,
};
use lumenport_videoport::ioctl::{
    ModeInformation, NumModes, QUERY_AVAIL_MODES, QUERY_NUM_AVAIL_MODES, RequestedMode,
    SET_CURRENT_MODE,
};
use lumenport_videoport::{
    LeakReport, Platform, PoolTag, PoolType, RegisterBus, StatusBlock, VideoPort, VirtAddr,
    VpStatus,
};

use crate::error::{FlowError, FlowOutcome, ensure, ensure_eq};
use crate::pattern::Raster;
use crate::target::{Board, HostUsage, Picture, Setup, Target};

/// For waits of flows themselves. Units: us of the machine's time.
pub(crate) const FLOW_BOUND: Bound = Bound::new(20, 200_000);

/// Ceiling of `VideoPortAllocateBuffer` in every flow: small, so that reaching it needs no large machine.
pub(crate) const BUFFER_QUOTA_BYTES: u32 = 1 << 20;

/// Pixel clocks of a 640x480 frame, blanking included.
const USUAL_FRAME_CLOCKS: u32 = 800 * 525;

/// A driver on a board.
pub struct Session<'s, 'a, B: Board> {
    /// The board.
    pub board: &'a B,
    /// The port of its card.
    pub port: &'s VideoPort<'a, B::Platform>,
    /// The driver.
    pub miniport: &'a LumenportMiniport,
}

/// Starts a board and gives its port before anything was called; `body` loads, starts and opens as it likes. Afterwards
/// the device is removed, and everything must have been given back.
///
/// # Errors
/// What `body` returns; a leak, a misuse the port noticed, or a violation the board saw.
pub fn with_port<T: Target>(
    target: &T,
    setup: &Setup,
    body: impl FnOnce(&Session<'_, '_, T::Board>) -> FlowOutcome,
) -> FlowOutcome {
    let board = target.board(setup)?;
    let miniport = LumenportMiniport::new();
    let options = board
        .options()
        .buffer_quota_bytes(u64::from(BUFFER_QUOTA_BYTES));
    let port = VideoPort::new(board.platform(), &miniport, board.slot(), options);
    let before = board.host_usage();
    let session = Session {
        board: &board,
        port: &port,
        miniport: &miniport,
    };
    let result = body(&session);
    let report = port.remove();
    // A failure of the flow itself is the better message.
    let note = result?;
    session.check_removal(&report, before)?;
    Ok(note)
}

/// The same with the driver loaded, started and opened. What `body` leaves behind fails the flow too.
///
/// # Errors
/// As [`with_port`]; and when the driver does not start.
pub fn with_driver<T: Target>(
    target: &T,
    setup: &Setup,
    body: impl FnOnce(&Session<'_, '_, T::Board>) -> FlowOutcome,
) -> FlowOutcome {
    with_port(target, setup, |session| {
        session.start()?;
        let before = session.usage();
        let note = body(session)?;
        session.check_usage(&before)?;
        Ok(note)
    })
}

/// What is alive in port and card.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Usage {
    pool: (usize, usize),
    dma: lumenport_videoport::dma::DmaUsage,
    card_slots: usize,
    host: Option<HostUsage>,
}

impl<'a, B: Board> Session<'_, 'a, B> {
    /// `DriverEntry`, `FindAdapter`, `Initialize`.
    ///
    /// # Errors
    /// Which of them failed, and how.
    pub fn start(&self) -> Result<(), FlowError> {
        let loaded = self.port.load();
        ensure!(loaded.is_success(), "DriverEntry answered {loaded}");
        let started = self.port.start_device();
        ensure!(started.is_success(), "FindAdapter answered {started}");
        let opened = self.port.open();
        ensure!(opened.is_success(), "Initialize answered {opened}");
        Ok(())
    }

    fn usage(&self) -> Usage {
        Usage {
            pool: self.port.pool_usage(),
            dma: self.port.dma_usage(),
            card_slots: self.port.hardware_slots_in_use(),
            host: self.board.host_usage(),
        }
    }

    fn check_usage(&self, before: &Usage) -> Result<(), FlowError> {
        let after = self.usage();
        // Pages that the pool keeps for small blocks are not a leak; removal gives them back and is checked there.
        let pins = |usage: &Usage| usage.host.map(|host| host.pins);
        ensure_eq!(after.pool, before.pool, "pool blocks and bytes left behind");
        ensure_eq!(after.dma, before.dma, "DMA objects left behind");
        ensure_eq!(
            after.card_slots,
            before.card_slots,
            "SG table slots left behind"
        );
        ensure_eq!(pins(&after), pins(before), "pinned pages left behind");
        Ok(())
    }

    fn check_removal(
        &self,
        report: &LeakReport,
        before: Option<HostUsage>,
    ) -> Result<(), FlowError> {
        // What FindAdapter mapped lives as long as the device and is not in the report.
        ensure!(report.is_clean(), "left behind at removal: {report:?}");
        ensure_eq!(self.board.host_usage(), before, "host memory after removal");
        if let Some(finding) = self.port.take_finding() {
            return Err(FlowError::Failed(format!(
                "the port noticed misuse: {finding}"
            )));
        }
        if let Some(violation) = self.board.violations().first() {
            return Err(FlowError::Failed(format!(
                "the board saw a violation: {violation}"
            )));
        }
        Ok(())
    }

    /// Takes the findings so far, for flows that misuse on purpose.
    pub fn expect_findings(&self) -> Vec<lumenport_videoport::FindingKind> {
        core::iter::from_fn(|| self.port.take_finding())
            .map(|finding| finding.kind)
            .collect()
    }

    /// The registers, as the driver mapped them.
    ///
    /// # Errors
    /// When `FindAdapter` has not succeeded.
    pub fn registers(&self) -> Result<RegisterBus<'a, B::Platform>, FlowError> {
        let device = self
            .miniport
            .device()
            .ok_or_else(|| FlowError::failed("no device was found"))?;
        Ok(self.port.register_bus(device.registers))
    }

    /// Sends a request and returns its status block and output.
    pub fn request(&self, code: u32, input: &[u8], output_bytes: usize) -> (StatusBlock, Vec<u8>) {
        let mut buffer = input.to_vec();
        buffer.resize(input.len().max(output_bytes), 0);
        let block = self.port.io_control(code, &mut buffer, input.len());
        buffer.truncate(block.information);
        (block, buffer)
    }

    /// Sends a request that must succeed and returns its output.
    ///
    /// # Errors
    /// The code and its status, and the driver's reason when a transfer failed.
    pub fn ask(&self, code: u32, input: &[u8], output_bytes: usize) -> Result<Vec<u8>, FlowError> {
        let (block, output) = self.request(code, input, output_bytes);
        if block.status.is_success() {
            return Ok(output);
        }
        let why = self
            .miniport
            .last_transfer_error()
            .map(|error| format!(" ({error})"))
            .unwrap_or_default();
        Err(FlowError::Failed(format!(
            "request {code:#010x} answered {}{why}",
            block.status
        )))
    }

    /// Sends a request that must fail with `expected`.
    ///
    /// # Errors
    /// When it succeeds or fails otherwise.
    pub fn refuse(
        &self,
        code: u32,
        input: &[u8],
        output_bytes: usize,
        expected: VpStatus,
    ) -> Result<(), FlowError> {
        let (block, _) = self.request(code, input, output_bytes);
        ensure_eq!(
            block.status,
            expected,
            "status of request {code:#010x} with {} input bytes",
            input.len()
        );
        Ok(())
    }

    /// The driver's mode list.
    ///
    /// # Errors
    /// When a request fails or the list is malformed or empty.
    pub fn modes(&self) -> Result<Vec<ModeInformation>, FlowError> {
        let answer = self.ask(QUERY_NUM_AVAIL_MODES, &[], NumModes::LENGTH)?;
        let count = NumModes::parse(&answer)
            .ok_or_else(|| FlowError::failed("VIDEO_NUM_MODES is too short"))?;
        ensure_eq!(
            count.mode_information_length_bytes as usize,
            ModeInformation::LENGTH,
            "mode information length"
        );
        let list = self.ask(
            QUERY_AVAIL_MODES,
            &[],
            count.num_modes as usize * ModeInformation::LENGTH,
        )?;
        let modes: Option<Vec<_>> = list
            .chunks_exact(ModeInformation::LENGTH)
            .map(ModeInformation::parse)
            .collect();
        let modes =
            modes.ok_or_else(|| FlowError::failed("a VIDEO_MODE_INFORMATION is malformed"))?;
        ensure_eq!(modes.len(), count.num_modes as usize, "modes in the list");
        ensure!(!modes.is_empty(), "the mode list is empty");
        Ok(modes)
    }

    /// The mode with the fewest pixels among those with this depth.
    ///
    /// # Errors
    /// When there is none.
    pub fn smallest_mode(&self, bits: u32) -> Result<ModeInformation, FlowError> {
        let pixels =
            |mode: &ModeInformation| mode.vis_screen_width_px * mode.vis_screen_height_lines;
        let modes = self.modes()?;
        let of_depth = modes.into_iter().filter(|mode| mode.bits_per_plane == bits);
        of_depth
            .min_by_key(pixels)
            .ok_or_else(|| FlowError::Failed(format!("no mode of {bits} bits")))
    }

    /// The standard timing behind a mode of the list.
    ///
    /// # Errors
    /// When the driver's own table has no such mode, or names a timing that is no standard one.
    pub fn timing_of(&self, mode: &ModeInformation) -> Result<&'static Mode, FlowError> {
        let device = self
            .miniport
            .device()
            .ok_or_else(|| FlowError::failed("no device was found"))?;
        let mut list = lumenport_miniport::card_modes(&device.clocks_khz, device.identity.memory);
        let found = list.find(|card_mode| card_mode.idx == mode.mode_index);
        let found = found
            .ok_or_else(|| FlowError::Failed(format!("mode {} is in no table", mode.mode_index)))?;
        ensure!(
            by_name(found.timing.name).is_some(),
            "{} is no standard timing",
            found.timing.name
        );
        Ok(found.timing)
    }

    /// The largest mode of this depth whose frame takes at most the budget's pixel clocks (a 640x480 frame without a
    /// budget), the smallest mode if none does.
    ///
    /// # Errors
    /// When there is no mode of this depth.
    pub fn mode_within(
        &self,
        budget_clocks: Option<u32>,
        bits: u32,
    ) -> Result<ModeInformation, FlowError> {
        let budget_clocks = budget_clocks.unwrap_or(USUAL_FRAME_CLOCKS);
        let mut best = self.smallest_mode(bits)?;
        let mut best_clocks = 0;
        for mode in self
            .modes()?
            .into_iter()
            .filter(|mode| mode.bits_per_plane == bits)
        {
            let clocks = self.timing_of(&mode)?.clocks_per_frame();
            if clocks <= budget_clocks && clocks > best_clocks {
                (best, best_clocks) = (mode, clocks);
            }
        }
        Ok(best)
    }

    /// Sets a mode; the frame keeps what card memory holds.
    ///
    /// # Errors
    /// As [`Session::ask`].
    pub fn set_mode(&self, mode: &ModeInformation) -> Result<(), FlowError> {
        let requested = RequestedMode {
            index: mode.mode_index,
            keep_memory: true,
            map_linear: false,
        };
        self.ask(SET_CURRENT_MODE, &requested.emit(), 0).map(|_| ())
    }

    /// Shows the frame at this card address and returns when it is shown.
    ///
    /// # Errors
    /// As [`Session::ask`].
    pub fn show(&self, frame_base_bytes: u32) -> Result<(), FlowError> {
        self.ask(
            FLIP,
            &Flip {
                frame_base_bytes,
                wait: true,
            }
            .emit(),
            0,
        )
        .map(|_| ())
    }

    /// The monitor's next frame.
    ///
    /// # Errors
    /// The board's sentence; skipped where nobody looks at the monitor.
    pub fn capture(&self) -> Result<Picture, FlowError> {
        self.board.sees_monitor()?;
        self.board
            .capture()
            .map_err(|sentence| FlowError::Failed(format!("monitor: {sentence}")))
    }

    /// Checks that the monitor shows exactly this picture.
    ///
    /// # Errors
    /// The size, or the first pixel that differs and how many do.
    pub fn expect_picture(&self, expected: &Raster) -> Result<(), FlowError> {
        let picture = self.capture()?;
        let size = (picture.width_px, picture.height_lines);
        ensure_eq!(
            size,
            (expected.width_px, expected.height_lines),
            "size of the picture"
        );
        let wrong = |(_, (a, b)): &(usize, (&[u8], &[u8]))| a != b;
        let mut differing = picture
            .rgb
            .chunks(3)
            .zip(expected.rgb.chunks(3))
            .enumerate()
            .filter(wrong);
        if let Some((idx, (found, wanted))) = differing.next() {
            let (x, y) = (
                idx as u32 % expected.width_px,
                idx as u32 / expected.width_px,
            );
            let count = differing.count() + 1;
            return Err(FlowError::Failed(format!(
                "{count} pixels differ, first at ({x}, {y}): expected {wanted:?}, found {found:?}"
            )));
        }
        Ok(())
    }

    /// A block of non-paged pool, freed when dropped.
    ///
    /// # Errors
    /// When the pool has none.
    pub fn pool_block(
        &self,
        length_bytes: usize,
    ) -> Result<PoolBlock<'_, 'a, B::Platform>, FlowError> {
        let at = self
            .port
            .allocate_pool(PoolType::NonPaged, length_bytes, PoolTag::new(*b"Dflw"));
        let at =
            at.ok_or_else(|| FlowError::Failed(format!("no pool block of {length_bytes} bytes")))?;
        Ok(PoolBlock {
            port: self.port,
            at,
            length_bytes,
        })
    }

    /// Moves a rectangle by the driver's own request.
    ///
    /// # Errors
    /// As [`Session::ask`]; and when the byte count in the answer is wrong.
    pub fn move_rectangle(
        &self,
        rectangle: &UpdateRectangle,
        px_bytes: u32,
    ) -> Result<RectangleResult, FlowError> {
        let answer = self.ask(UPDATE_RECTANGLE, &rectangle.emit(), RectangleResult::LENGTH)?;
        let answer = RectangleResult::parse(&answer)
            .ok_or_else(|| FlowError::failed("the answer is too short"))?;
        let expected = rectangle.width_px * rectangle.height_lines * px_bytes;
        ensure_eq!(answer.bytes, expected, "bytes the driver says it moved");
        Ok(answer)
    }

    /// Puts whole-frame bytes of `mode` (packed lines, stride as in memory) into a frame by DMA.
    ///
    /// # Errors
    /// As [`Session::move_rectangle`].
    pub fn upload(
        &self,
        mode: &ModeInformation,
        frame_base_bytes: u32,
        pixels: &[u8],
    ) -> Result<RectangleResult, FlowError> {
        let block = self.pool_block(pixels.len())?;
        block.write(0, pixels)?;
        let px_bytes = mode.bits_per_plane / 8;
        let rectangle = UpdateRectangle {
            buffer: block.at,
            buffer_length_bytes: pixels.len() as u32,
            buffer_pitch_bytes: mode.vis_screen_width_px * px_bytes,
            frame_base_bytes,
            x_px: 0,
            y_lines: 0,
            width_px: mode.vis_screen_width_px,
            height_lines: mode.vis_screen_height_lines,
            read_back: false,
        };
        self.move_rectangle(&rectangle, px_bytes)
    }

    /// The machine's time that `body` takes must be at most `bound_us`.
    ///
    /// # Errors
    /// What `body` returns, or how long it took.
    pub fn within<R>(
        &self,
        bound_us: u64,
        body: impl FnOnce() -> Result<R, FlowError>,
    ) -> Result<R, FlowError> {
        let start_ns = self.port.platform().now_ns();
        let result = body()?;
        let took_us = (self.port.platform().now_ns() - start_ns) / 1000;
        ensure!(
            took_us <= bound_us,
            "took {took_us} us of the machine's time, bound {bound_us} us"
        );
        Ok(result)
    }

    /// Reads one register by its type.
    ///
    /// # Errors
    /// As [`Session::registers`].
    pub fn load<R: lumenport_hal::regmap::Addressed>(&self) -> Result<R, FlowError> {
        Ok(R::from_bits(self.registers()?.read32(R::OFFSET)))
    }
}

/// A pool block that is freed when dropped.
pub struct PoolBlock<'p, 'a, P: Platform> {
    port: &'p VideoPort<'a, P>,
    /// Where it lies.
    pub at: VirtAddr,
    /// Its bytes.
    pub length_bytes: usize,
}

impl<P: Platform> PoolBlock<'_, '_, P> {
    /// The address `offset` bytes into it.
    ///
    /// # Errors
    /// When that is past the address space.
    pub fn at(&self, offset: usize) -> Result<VirtAddr, FlowError> {
        self.at
            .checked_add(offset)
            .ok_or_else(|| FlowError::failed("the block ends before that offset"))
    }

    /// Writes bytes `offset` into it.
    ///
    /// # Errors
    /// When the machine cannot reach it.
    pub fn write(&self, offset: usize, bytes: &[u8]) -> Result<(), FlowError> {
        let written = self.port.write_memory(self.at(offset)?, bytes);
        written.map_err(|fault| FlowError::Failed(fault.to_string()))
    }

    /// Reads `length` bytes from `offset` on.
    ///
    /// # Errors
    /// When the machine cannot reach it.
    pub fn read(&self, offset: usize, length: usize) -> Result<Vec<u8>, FlowError> {
        let mut bytes = vec![0; length];
        let read = self.port.read_memory(self.at(offset)?, &mut bytes);
        read.map_err(|fault| FlowError::Failed(fault.to_string()))?;
        Ok(bytes)
    }
}

impl<P: Platform> Drop for PoolBlock<'_, '_, P> {
    fn drop(&mut self) {
        self.port.free_pool(self.at);
    }
}
