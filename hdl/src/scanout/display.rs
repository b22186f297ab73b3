//! The display as one block: registers, display interface, mode, fetch, line FIFO, timing, pixels, output.
//!
//! Clock domains: `sys` (register bus, memory port, interrupts) and `pix` (everything from the
//! timing generator to the outputs); all signals between them pass through [`crate::cdc`], the
//! line FIFO or the palette RAM. Ratio: `pix` up to five times `sys`, any phase.
//! Capacity: line FIFO of `2^A` 64-bit words; `P` is `A + 1`.
//! Throughput: one pixel a `pix` clock, one 64-bit word a `sys` clock from memory.
//! Not supported: more than one plane and one pointer, interlace.

use super::crtc::Crtc;
use super::cursor::Cursor;
use super::cursor_stage::CursorStage;
use super::fetch::FetchEngine;
use super::pixel::Pixel;
use super::timing::Timing;
use crate::cdc::{AsyncFifo64, BusHandshake, PulseCrossing, Synchroniser};
use crate::dispi::Dispi;
use crate::mem::ram_prim::SyncRam;
use crate::out::DisplayOutput;
use crate::prelude::*;
use crate::regs::{CrtcRegs, CursorImageRegs, CursorRegs, PaletteRegs, PlaneRegs};

/// Most pixel clocks a board can offer: the width of the CLOCK_KHZ window.
pub const CLOCKS_MAX: usize = 8;

/// The display of the card: a line FIFO of 1024 words (8 KiB), four block RAMs of an ECP5.
pub type CardDisplay = Display<10, 11>;

/// The display. Latency: ten `pix` clocks from the raster count of a pixel to the outputs that
/// carry it: one in the timing generator, three in the pixel path, two in the pointer, four in the encoder.
#[derive(LogicBlock)]
pub struct Display<const A: usize, const P: usize> {
    /// The `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset of the `sys` side, active high; the `pix` side stops at its next frame end.
    pub reset: Signal<In, Bit>,
    /// The `pix` clock.
    pub pix_clock: Signal<In, Clock>,

    /// Register bus: byte address in BAR2.
    pub bus_address: Signal<In, Bits<16>>,
    /// Register bus: value to write.
    pub bus_wdata: Signal<In, Bits<32>>,
    /// Register bus: byte enables.
    pub bus_be: Signal<In, Bits<4>>,
    /// Register bus: write now, one clock.
    pub bus_write: Signal<In, Bit>,
    /// Register bus: value read, in the third clock of a held address; zero unless addressed.
    pub bus_rdata: Signal<Out, Bits<32>>,
    /// Interrupt level of the CRTC.
    pub crtc_interrupt: Signal<Out, Bit>,
    /// Interrupt level of the plane and the pointer.
    pub plane_interrupt: Signal<Out, Bit>,

    /// A read command stands at `mem_cmd_address`; stays until it is taken.
    pub mem_cmd_valid: Signal<Out, Bit>,
    /// The command is taken at this edge.
    pub mem_cmd_ready: Signal<In, Bit>,
    /// 64-bit word index in card memory.
    pub mem_cmd_address: Signal<Out, Bits<24>>,
    /// The line FIFO is low: serve this client first.
    pub mem_urgent: Signal<Out, Bit>,
    /// Read data is here, in the order of the commands.
    pub mem_rvalid: Signal<In, Bit>,
    /// Bytes 0 to 3 read, byte 0 in bits 7:0.
    pub mem_rdata_lo: Signal<In, Bits<32>>,
    /// Bytes 4 to 7 read.
    pub mem_rdata_hi: Signal<In, Bits<32>>,

    /// Pixel clock wanted from the board, `sys` domain.
    pub clock_select: Signal<Out, Bits<3>>,
    /// The timing generator runs, `sys` domain.
    pub display_on: Signal<Out, Bit>,

    /// TMDS symbol of channel 0 (blue), bit 0 sent first.
    pub tmds_blue: Signal<Out, Bits<10>>,
    /// TMDS symbol of channel 1 (green).
    pub tmds_green: Signal<Out, Bits<10>>,
    /// TMDS symbol of channel 2 (red).
    pub tmds_red: Signal<Out, Bits<10>>,
    /// The pixel of the same clock: red 23:16, green 15:8, blue 7:0.
    pub rgb: Signal<Out, Bits<24>>,
    /// Data enable of the same clock.
    pub de: Signal<Out, Bit>,
    /// Horizontal sync of the same clock.
    pub hsync: Signal<Out, Bit>,
    /// Vertical sync of the same clock.
    pub vsync: Signal<Out, Bit>,

    dispi: Dispi,
    crtc_regs: CrtcRegs,
    plane_regs: PlaneRegs,
    palette_regs: PaletteRegs,
    palette_copy: SyncRam<24, 8>,
    cursor_regs: CursorRegs,
    cursor_image_regs: CursorImageRegs,
    cursor_stage: CursorStage,
    cursor_crossing: BusHandshake,
    cursor: Cursor,
    crtc: Crtc,
    fetch: FetchEngine<P>,
    fifo: AsyncFifo64<A, P>,
    mode_crossing: BusHandshake,
    flush_crossing: Synchroniser,
    flushed_crossing: Synchroniser,
    running_crossing: Synchroniser,
    vblank_crossing: Synchroniser,
    frame_crossing: PulseCrossing,
    underrun_crossing: PulseCrossing,
    timing: Timing,
    pixel: Pixel,
    output_stage: DisplayOutput,

    image_address: Signal<Local, Bits<13>>,
    clock_khz: DFF<Bits<32>>,
    clock_count: Constant<Bits<32>>,
    khz0: Constant<Bits<32>>,
    khz1: Constant<Bits<32>>,
    khz2: Constant<Bits<32>>,
    khz3: Constant<Bits<32>>,
    khz4: Constant<Bits<32>>,
    khz5: Constant<Bits<32>>,
    khz6: Constant<Bits<32>>,
    khz7: Constant<Bits<32>>,
}

impl<const A: usize, const P: usize> Display<A, P> {
    /// A display on a board whose pixel clocks have the frequencies `clocks_khz`, in kilohertz, and whose card memory has
    /// `memory_bytes` bytes.
    ///
    /// # Panics
    /// When there are more than [`CLOCKS_MAX`] clocks, or `P` is not `A + 1`.
    #[must_use]
    pub fn new(clocks_khz: &[u32], memory_bytes: u32) -> Self {
        assert!(
            clocks_khz.len() <= CLOCKS_MAX,
            "the register map has room for {CLOCKS_MAX} clocks"
        );
        let khz = |index: usize| {
            let value = clocks_khz.get(index).copied().unwrap_or(0);
            Constant::new(u64::from(value).into())
        };
        Self {
            clock: Signal::default(),
            reset: Signal::default(),
            pix_clock: Signal::default(),
            bus_address: Signal::default(),
            bus_wdata: Signal::default(),
            bus_be: Signal::default(),
            bus_write: Signal::default(),
            bus_rdata: Signal::default(),
            crtc_interrupt: Signal::default(),
            plane_interrupt: Signal::default(),
            mem_cmd_valid: Signal::default(),
            mem_cmd_ready: Signal::default(),
            mem_cmd_address: Signal::default(),
            mem_urgent: Signal::default(),
            mem_rvalid: Signal::default(),
            mem_rdata_lo: Signal::default(),
            mem_rdata_hi: Signal::default(),
            clock_select: Signal::default(),
            display_on: Signal::default(),
            tmds_blue: Signal::default(),
            tmds_green: Signal::default(),
            tmds_red: Signal::default(),
            rgb: Signal::default(),
            de: Signal::default(),
            hsync: Signal::default(),
            vsync: Signal::default(),
            dispi: Dispi::new(clocks_khz, memory_bytes),
            crtc_regs: CrtcRegs::default(),
            plane_regs: PlaneRegs::default(),
            palette_regs: PaletteRegs::default(),
            palette_copy: SyncRam::default(),
            cursor_regs: CursorRegs::default(),
            cursor_image_regs: CursorImageRegs::default(),
            cursor_stage: CursorStage::default(),
            cursor_crossing: BusHandshake::default(),
            cursor: Cursor::default(),
            crtc: Crtc::default(),
            fetch: FetchEngine::default(),
            fifo: AsyncFifo64::default(),
            mode_crossing: BusHandshake::default(),
            flush_crossing: Synchroniser::default(),
            flushed_crossing: Synchroniser::default(),
            running_crossing: Synchroniser::default(),
            vblank_crossing: Synchroniser::default(),
            frame_crossing: PulseCrossing::default(),
            underrun_crossing: PulseCrossing::default(),
            timing: Timing::default(),
            pixel: Pixel::default(),
            output_stage: DisplayOutput::default(),
            image_address: Signal::default(),
            clock_khz: DFF::default(),
            clock_count: Constant::new((clocks_khz.len() as u64).into()),
            khz0: khz(0),
            khz1: khz(1),
            khz2: khz(2),
            khz3: khz(3),
            khz4: khz(4),
            khz5: khz(5),
            khz6: khz(6),
            khz7: khz(7),
        }
    }
}

impl<const A: usize, const P: usize> Logic for Display<A, P> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, clock_khz);
        clock!(
            self,
            clock,
            dispi,
            crtc_regs,
            plane_regs,
            palette_regs,
            palette_copy,
            cursor_regs,
            cursor_image_regs,
            cursor_stage,
            crtc,
            fetch
        );
        self.dispi.reset.next = self.reset.val();
        self.crtc_regs.reset.next = self.reset.val();
        self.plane_regs.reset.next = self.reset.val();
        self.palette_regs.reset.next = self.reset.val();
        self.cursor_regs.reset.next = self.reset.val();
        self.cursor_image_regs.reset.next = self.reset.val();
        self.cursor_stage.reset.next = self.reset.val();
        self.crtc.reset.next = self.reset.val();
        self.fetch.reset.next = self.reset.val();

        // Register bus.
        self.dispi.bus_address.next = self.bus_address.val();
        self.dispi.bus_wdata.next = self.bus_wdata.val();
        self.dispi.bus_be.next = self.bus_be.val();
        self.dispi.bus_write.next = self.bus_write.val();
        self.crtc_regs.bus_address.next = self.bus_address.val();
        self.crtc_regs.bus_wdata.next = self.bus_wdata.val();
        self.crtc_regs.bus_be.next = self.bus_be.val();
        self.crtc_regs.bus_write.next = self.bus_write.val();
        self.plane_regs.bus_address.next = self.bus_address.val();
        self.plane_regs.bus_wdata.next = self.bus_wdata.val();
        self.plane_regs.bus_be.next = self.bus_be.val();
        self.plane_regs.bus_write.next = self.bus_write.val();
        self.palette_regs.bus_address.next = self.bus_address.val();
        self.palette_regs.bus_wdata.next = self.bus_wdata.val();
        self.palette_regs.bus_be.next = self.bus_be.val();
        self.palette_regs.bus_write.next = self.bus_write.val();
        self.cursor_regs.bus_address.next = self.bus_address.val();
        self.cursor_regs.bus_wdata.next = self.bus_wdata.val();
        self.cursor_regs.bus_be.next = self.bus_be.val();
        self.cursor_regs.bus_write.next = self.bus_write.val();
        self.cursor_image_regs.bus_address.next = self.bus_address.val();
        self.cursor_image_regs.bus_wdata.next = self.bus_wdata.val();
        self.cursor_image_regs.bus_be.next = self.bus_be.val();
        self.cursor_image_regs.bus_write.next = self.bus_write.val();
        self.bus_rdata.next = self.dispi.bus_rdata.val()
            | self.crtc_regs.bus_rdata.val()
            | self.plane_regs.bus_rdata.val()
            | self.palette_regs.bus_rdata.val()
            | self.cursor_regs.bus_rdata.val()
            | self.cursor_image_regs.bus_rdata.val();
        self.crtc_interrupt.next = self.crtc_regs.interrupt.val();
        self.plane_interrupt.next =
            self.plane_regs.interrupt.val() | self.cursor_regs.interrupt.val();

        // CRTC registers.
        self.crtc_regs.vblank_set.next = self.frame_crossing.destination_strobe.val();
        self.crtc_regs.underrun_set.next = self.underrun_crossing.destination_strobe.val();
        self.crtc_regs.status_enabled.next = self.running_crossing.level.val();
        self.crtc_regs.status_vblank.next = self.vblank_crossing.level.val();
        self.crtc_regs.status_commit_pending.next = self.crtc.commit_pending.val();
        self.crtc_regs.frame_count.next = self.crtc.frame_count.val();
        self.crtc_regs.underrun_count.next = self.crtc.underrun_count.val();
        self.crtc_regs.clock_count.next = self.clock_count.val();
        self.clock_khz.d.next = self.khz0.val();
        match self.crtc_regs.clock_khz_index.val().index() {
            1 => {
                self.clock_khz.d.next = self.khz1.val();
            }
            2 => {
                self.clock_khz.d.next = self.khz2.val();
            }
            3 => {
                self.clock_khz.d.next = self.khz3.val();
            }
            4 => {
                self.clock_khz.d.next = self.khz4.val();
            }
            5 => {
                self.clock_khz.d.next = self.khz5.val();
            }
            6 => {
                self.clock_khz.d.next = self.khz6.val();
            }
            7 => {
                self.clock_khz.d.next = self.khz7.val();
            }
            _ => {}
        }
        self.crtc_regs.clock_khz_rdata.next = self.clock_khz.q.val();
        self.crtc.control_enable.next = self.crtc_regs.control_enable.val();
        self.crtc.control_test_pattern.next = self.crtc_regs.control_test_pattern.val();
        self.crtc.h_size_total.next = self.crtc_regs.h_size_total.val();
        self.crtc.h_size_active.next = self.crtc_regs.h_size_active.val();
        self.crtc.h_sync_end.next = self.crtc_regs.h_sync_end.val();
        self.crtc.h_sync_start.next = self.crtc_regs.h_sync_start.val();
        self.crtc.v_size_total.next = self.crtc_regs.v_size_total.val();
        self.crtc.v_size_active.next = self.crtc_regs.v_size_active.val();
        self.crtc.v_sync_end.next = self.crtc_regs.v_sync_end.val();
        self.crtc.v_sync_start.next = self.crtc_regs.v_sync_start.val();
        self.crtc.polarity_hsync.next = self.crtc_regs.polarity_hsync.val();
        self.crtc.polarity_vsync.next = self.crtc_regs.polarity_vsync.val();
        self.crtc.commit_strobe.next = self.dispi.mode_strobe.val();
        self.crtc.frame_strobe.next = self.frame_crossing.destination_strobe.val();
        self.crtc.underrun_strobe.next = self.underrun_crossing.destination_strobe.val();
        self.clock_select.next = self.dispi.clock_select.val();
        self.display_on.next = self.running_crossing.level.val();

        // The display interface for drivers that do not know the card; it also settles who owns the display.
        self.dispi.running.next = self.running_crossing.level.val();
        self.dispi.vblank.next = self.vblank_crossing.level.val();
        self.dispi.mode_pending.next = self.crtc.commit_pending.val();
        self.dispi.taken_strobe.next = self.mode_crossing.source_done_strobe.val();
        self.dispi.flip_done_strobe.next = self.fetch.flip_done_strobe.val();
        self.dispi.flip_pending.next = self.fetch.flip_pending.val();
        self.dispi.native_mode_strobe.next = self.crtc_regs.commit_commit.val();
        self.dispi.native_plane_strobe.next = self.plane_regs.commit_commit.val();
        self.dispi.native_clock.next = self.crtc_regs.clock_select_index.val();
        if self.dispi.select.val() {
            self.crtc.control_enable.next = self.dispi.mode_enable.val();
            self.crtc.control_test_pattern.next = false;
            self.crtc.h_size_total.next = self.dispi.h_total.val();
            self.crtc.h_size_active.next = self.dispi.h_active.val();
            self.crtc.h_sync_end.next = self.dispi.h_sync_end.val();
            self.crtc.h_sync_start.next = self.dispi.h_sync_start.val();
            self.crtc.v_size_total.next = self.dispi.v_total.val();
            self.crtc.v_size_active.next = self.dispi.v_active.val();
            self.crtc.v_sync_end.next = self.dispi.v_sync_end.val();
            self.crtc.v_sync_start.next = self.dispi.v_sync_start.val();
            // Reduced blanking: horizontal sync positive, vertical sync negative.
            self.crtc.polarity_hsync.next = true;
            self.crtc.polarity_vsync.next = false;
        }

        // The mode crosses to the timing generator.
        self.mode_crossing.source_clock.next = self.clock.val();
        self.mode_crossing.destination_clock.next = self.pix_clock.val();
        self.mode_crossing.source_valid.next = self.crtc.staged_valid.val();
        self.mode_crossing.source_word0.next = self.crtc.staged_word0.val();
        self.mode_crossing.source_word1.next = self.crtc.staged_word1.val();
        self.mode_crossing.source_word2.next = self.crtc.staged_word2.val();
        self.mode_crossing.source_word3.next = self.crtc.staged_word3.val();
        self.crtc.staged_ready.next = self.mode_crossing.source_ready.val();
        self.crtc.taken_strobe.next = self.mode_crossing.source_done_strobe.val();
        self.crtc.taken_word0.next = self.mode_crossing.word0.val();
        self.crtc.taken_word2.next = self.mode_crossing.word2.val();
        self.timing.pix_clock.next = self.pix_clock.val();
        self.timing.mode_valid.next = self.mode_crossing.destination_valid.val();
        self.timing.mode_h_size.next = self.mode_crossing.word0.val();
        self.timing.mode_h_sync.next = self.mode_crossing.word1.val();
        self.timing.mode_v_size.next = self.mode_crossing.word2.val();
        self.timing.mode_v_sync.next = self.mode_crossing.word3.val();
        self.mode_crossing.destination_accept.next = self.timing.mode_accept.val();

        // Events and levels cross back.
        self.running_crossing.clock.next = self.clock.val();
        self.running_crossing.level_async.next = self.timing.running.val();
        self.vblank_crossing.clock.next = self.clock.val();
        self.vblank_crossing.level_async.next = self.timing.vblank.val();
        self.frame_crossing.source_clock.next = self.pix_clock.val();
        self.frame_crossing.source_strobe.next = self.timing.frame_start_strobe.val();
        self.frame_crossing.destination_clock.next = self.clock.val();
        self.underrun_crossing.source_clock.next = self.pix_clock.val();
        self.underrun_crossing.source_strobe.next = self.pixel.underrun_strobe.val();
        self.underrun_crossing.destination_clock.next = self.clock.val();
        self.flush_crossing.clock.next = self.clock.val();
        self.flush_crossing.level_async.next = self.pixel.flush.val();
        self.flushed_crossing.clock.next = self.pix_clock.val();
        self.flushed_crossing.level_async.next = self.fetch.flushed.val();

        // Plane registers and fetch engine.
        self.plane_regs.flip_done_set.next = self.dispi.native_flip_done_strobe.val();
        self.plane_regs.status_flip_pending.next = self.dispi.native_flip_pending.val();
        self.plane_regs.base_active.next = self.fetch.base_active.val();
        self.fetch.h_active_px.next = self.crtc.h_active_px.val();
        self.fetch.v_active_lines.next = self.crtc.v_active_lines.val();
        self.fetch.test_pattern.next = self.crtc.test_pattern.val();
        self.fetch.running.next = self.running_crossing.level.val();
        self.fetch.plane_commit_strobe.next = self.dispi.plane_strobe.val();
        self.fetch.plane_enable.next =
            self.plane_regs.control_enable.val() & self.dispi.native_plane.val();
        self.fetch.plane_format.next = self.plane_regs.control_format.val();
        self.fetch.plane_base.next = self.plane_regs.base.val();
        self.fetch.plane_pitch.next = self.plane_regs.pitch.val();
        if self.dispi.select.val() {
            self.fetch.plane_enable.next = self.dispi.plane_enable.val();
            self.fetch.plane_format.next = 0.into();
            if self.dispi.plane_rgb565.val() {
                self.fetch.plane_format.next = 1.into();
            }
            self.fetch.plane_base.next = self.dispi.plane_base.val();
            self.fetch.plane_pitch.next = self.dispi.plane_pitch.val();
        }
        self.fetch.flush.next = self.flush_crossing.level.val();
        self.fetch.fifo_level.next = self.fifo.write_level.val();
        self.fetch.cmd_ready.next = self.mem_cmd_ready.val();
        self.fetch.rvalid.next = self.mem_rvalid.val();
        self.fetch.rdata_lo.next = self.mem_rdata_lo.val();
        self.fetch.rdata_hi.next = self.mem_rdata_hi.val();
        self.mem_cmd_valid.next = self.fetch.cmd_valid.val();
        self.mem_cmd_address.next = self.fetch.cmd_address.val();
        self.mem_urgent.next = self.fetch.urgent.val();

        // Line FIFO.
        self.fifo.write_clock.next = self.clock.val();
        self.fifo.write_strobe.next = self.fetch.fifo_write.val();
        self.fifo.write_lo.next = self.fetch.fifo_lo.val();
        self.fifo.write_hi.next = self.fetch.fifo_hi.val();
        self.fifo.read_clock.next = self.pix_clock.val();
        self.fifo.read_strobe.next = self.pixel.word_strobe.val();

        // Palette: one copy for the pixels, one for the host to read back.
        self.palette_copy.write_enable.next = self.palette_regs.entry_write.val();
        self.palette_copy.write_address.next = self.palette_regs.entry_index.val();
        self.palette_copy.write_data.next = self.palette_regs.entry_wdata.val().get_bits::<24>(0);
        self.palette_copy.read_address.next = self.palette_regs.entry_index.val();
        self.palette_regs.entry_rdata.next = bit_cast::<32, 24>(self.palette_copy.read_data.val());
        self.pixel.palette_clock.next = self.clock.val();
        self.pixel.palette_write.next = self.palette_regs.entry_write.val();
        self.pixel.palette_index.next = self.palette_regs.entry_index.val();
        self.pixel.palette_colour.next = self.palette_regs.entry_wdata.val().get_bits::<24>(0);

        // Pointer: commits cross with the frame start; the host writes the image that is not shown.
        self.cursor_stage.control_enable.next = self.cursor_regs.control_enable.val();
        self.cursor_stage.control_format.next = self.cursor_regs.control_format.val();
        self.cursor_stage.size_width.next = self.cursor_regs.size_width.val();
        self.cursor_stage.size_height.next = self.cursor_regs.size_height.val();
        self.cursor_stage.position_x.next = self.cursor_regs.position_x.val();
        self.cursor_stage.position_y.next = self.cursor_regs.position_y.val();
        self.cursor_stage.commit_strobe.next = self.cursor_regs.commit_commit.val();
        self.cursor_stage.commit_image.next = self.cursor_regs.commit_image.val();
        self.cursor_stage.frame_strobe.next = self.frame_crossing.destination_strobe.val();
        self.cursor_stage.running.next = self.running_crossing.level.val();
        self.cursor_regs.taken_set.next = self.cursor_stage.done_strobe.val();
        self.cursor_regs.status_pending.next = self.cursor_stage.pending.val();
        self.cursor_regs.status_bank.next = self.cursor_stage.bank.val();
        self.cursor_crossing.source_clock.next = self.clock.val();
        self.cursor_crossing.destination_clock.next = self.pix_clock.val();
        self.cursor_crossing.source_valid.next = self.cursor_stage.staged_valid.val();
        self.cursor_crossing.source_word0.next = self.cursor_stage.staged_word0.val();
        self.cursor_crossing.source_word1.next = self.cursor_stage.staged_word1.val();
        self.cursor_crossing.source_word2.next = 0.into();
        self.cursor_crossing.source_word3.next = 0.into();
        self.cursor_stage.staged_ready.next = self.cursor_crossing.source_ready.val();
        self.cursor_stage.taken_strobe.next = self.cursor_crossing.source_done_strobe.val();
        self.cursor.pix_clock.next = self.pix_clock.val();
        self.cursor.config_valid.next = self.cursor_crossing.destination_valid.val();
        self.cursor.config_word0.next = self.cursor_crossing.word0.val();
        self.cursor.config_word1.next = self.cursor_crossing.word1.val();
        self.cursor_crossing.destination_accept.next = self.cursor.config_accept.val();
        self.cursor.running.next = self.timing.running.val();
        self.cursor.vblank.next = self.timing.vblank.val();
        self.cursor.raster_de.next = self.timing.de.val();
        self.cursor.raster_x_px.next = self.timing.x_px.val();
        self.cursor.raster_y_lines.next = self.timing.y_lines.val();
        self.cursor_image_regs.pixel_rdata.next = 0.into();
        self.image_address.next = bit_cast::<13, 12>(self.cursor_image_regs.pixel_index.val());
        self.image_address.next = self
            .image_address
            .val()
            .replace_bit(12, !self.cursor_stage.bank.val());
        self.cursor.image_clock.next = self.clock.val();
        self.cursor.image_write.next = self.cursor_image_regs.pixel_write.val();
        self.cursor.image_address.next = self.image_address.val();
        self.cursor.image_data.next = self.cursor_image_regs.pixel_wdata.val();

        // Pixel path and output.
        self.pixel.pix_clock.next = self.pix_clock.val();
        self.pixel.running.next = self.timing.running.val();
        self.pixel.test_pattern.next = self.timing.test_pattern.val();
        self.pixel.h_active_px.next = self.timing.h_active_px.val();
        self.pixel.de.next = self.timing.de.val();
        self.pixel.hsync.next = self.timing.hsync.val();
        self.pixel.vsync.next = self.timing.vsync.val();
        self.pixel.border.next = self.timing.border.val();
        self.pixel.line_start_strobe.next = self.timing.line_start_strobe.val();
        self.pixel.frame_start_strobe.next = self.timing.frame_start_strobe.val();
        self.pixel.word_valid.next = self.fifo.read_valid.val();
        self.pixel.word_lo.next = self.fifo.read_lo.val();
        self.pixel.word_hi.next = self.fifo.read_hi.val();
        self.pixel.flushed.next = self.flushed_crossing.level.val();
        self.output_stage.pix_clock.next = self.pix_clock.val();
        self.cursor.pixel_rgb.next = self.pixel.rgb.val();
        self.output_stage.pixel_rgb.next = self.cursor.rgb.val();
        self.cursor.pixel_de.next = self.pixel.de_out.val();
        self.output_stage.pixel_de.next = self.cursor.de.val();
        self.cursor.pixel_hsync.next = self.pixel.hsync_out.val();
        self.output_stage.pixel_hsync.next = self.cursor.hsync.val();
        self.cursor.pixel_vsync.next = self.pixel.vsync_out.val();
        self.output_stage.pixel_vsync.next = self.cursor.vsync.val();
        self.tmds_blue.next = self.output_stage.tmds_blue.val();
        self.tmds_green.next = self.output_stage.tmds_green.val();
        self.tmds_red.next = self.output_stage.tmds_red.val();
        self.rgb.next = self.output_stage.rgb.val();
        self.de.next = self.output_stage.de.val();
        self.hsync.next = self.output_stage.hsync.val();
        self.vsync.next = self.output_stage.vsync.val();
    }
}
