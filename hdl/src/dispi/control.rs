//! Makes a mode and a plane out of the interface's registers, and keeps account of who owns the display.
//!
//! Clock domain: `sys`. A write of ENABLE.ON one takes the display: the raster is stopped, the nearest pixel clock is
//! searched, the first pixel's address is worked out, then plane and mode are committed as the native registers would do it.
//! One adder, used 13 to 18 clocks in a row, replaces a multiplier; nothing here is in a hurry.
//! Not supported: palette, banks, big-endian pixels, lines that are not a multiple of 8 bytes, more than 1920x1200.

use super::store::EdidStore;
use crate::prelude::*;
use crate::regs::DispiRegs;

/// What is being worked out.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
enum Step {
    /// Waits for a request.
    Idle,
    /// Waits for the raster to stand still.
    Stop,
    /// Adds up the pixels of a whole frame, blanking included.
    Area,
    /// Looks at one pixel clock of the board a clock.
    Clock,
    /// Begins the first pixel's address.
    Page,
    /// Adds up the first pixel's address.
    Start,
    /// Adds up the address behind the last pixel.
    End,
    /// Commits.
    Show,
}

/// The interface. All numbers belong to `sys`; strobes last one clock.
#[derive(LogicBlock, Default)]
pub struct Dispi {
    /// The `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset, active high: the native registers own the display.
    pub reset: Signal<In, Bit>,
    /// Register bus, see [`crate::regs`].
    pub bus_address: Signal<In, Bits<16>>,
    /// Value to write.
    pub bus_wdata: Signal<In, Bits<32>>,
    /// Byte enables of the write.
    pub bus_be: Signal<In, Bits<4>>,
    /// Write now.
    pub bus_write: Signal<In, Bit>,
    /// Value read, zero unless addressed.
    pub bus_rdata: Signal<Out, Bits<32>>,

    /// The raster runs.
    pub running: Signal<In, Bit>,
    /// The raster is in vertical blanking.
    pub vblank: Signal<In, Bit>,
    /// A mode is staged or under way.
    pub mode_pending: Signal<In, Bit>,
    /// A mode has been taken.
    pub taken_strobe: Signal<In, Bit>,
    /// A plane commit has been latched.
    pub flip_done_strobe: Signal<In, Bit>,
    /// A plane commit waits for its frame.
    pub flip_pending: Signal<In, Bit>,

    /// The native driver commits a mode: it owns the display from this clock on.
    pub native_mode_strobe: Signal<In, Bit>,
    /// The native driver commits a plane.
    pub native_plane_strobe: Signal<In, Bit>,
    /// Pixel clock the native driver asks for.
    pub native_clock: Signal<In, Bits<3>>,
    /// The native driver's plane commit was latched.
    pub native_flip_done_strobe: Signal<Out, Bit>,
    /// The native driver's plane commit waits.
    pub native_flip_pending: Signal<Out, Bit>,
    /// With `plane_strobe`, while `select` is low: the native plane counts; else the plane is off.
    pub native_plane: Signal<Out, Bit>,

    /// Mode and plane come from here, not from the native registers.
    pub select: Signal<Out, Bit>,
    /// Commits the selected mode.
    pub mode_strobe: Signal<Out, Bit>,
    /// The mode runs the raster; else it stops.
    pub mode_enable: Signal<Out, Bit>,
    /// Pixels a line.
    pub h_total: Signal<Out, Bits<13>>,
    /// Active pixels a line.
    pub h_active: Signal<Out, Bits<13>>,
    /// First pixel of horizontal sync.
    pub h_sync_start: Signal<Out, Bits<13>>,
    /// First pixel behind horizontal sync.
    pub h_sync_end: Signal<Out, Bits<13>>,
    /// Lines a frame.
    pub v_total: Signal<Out, Bits<13>>,
    /// Active lines a frame.
    pub v_active: Signal<Out, Bits<13>>,
    /// Line of the start of vertical sync.
    pub v_sync_start: Signal<Out, Bits<13>>,
    /// Line of its end.
    pub v_sync_end: Signal<Out, Bits<13>>,
    /// Commits the selected plane.
    pub plane_strobe: Signal<Out, Bit>,
    /// The plane is shown; else black.
    pub plane_enable: Signal<Out, Bit>,
    /// Two bytes a pixel; else four.
    pub plane_rgb565: Signal<Out, Bit>,
    /// Card address of the first pixel, bytes, a multiple of 8.
    pub plane_base: Signal<Out, Bits<32>>,
    /// Bytes from line to line, a multiple of 8.
    pub plane_pitch: Signal<Out, Bits<32>>,
    /// Pixel clock wanted from the board.
    pub clock_select: Signal<Out, Bits<3>>,

    regs: DispiRegs,
    store: EdidStore,

    owner: DFF<Bit>,
    // the registers of the native side are passed on in this clock, because the display was given back
    restore: DFF<Bit>,
    // a native plane commit came while this interface owned the display
    held: DFF<Bit>,
    // the last plane commit was not the native driver's
    foreign: DFF<Bit>,
    mode_wanted: DFF<Bit>,
    off_wanted: DFF<Bit>,
    page_wanted: DFF<Bit>,
    // the pixel clock is ours until the raster has left our mode
    clock_mine: DFF<Bit>,
    clock_index: DFF<Bits<3>>,

    step: DFF<Step>,
    starting: DFF<Bit>,
    width: DFF<Bits<16>>,
    height: DFF<Bits<16>>,
    narrow: DFF<Bit>,
    depth_known: DFF<Bit>,
    sum: DFF<Bits<32>>,
    addend: DFF<Bits<32>>,
    factor: DFF<Bits<16>>,
    beyond: DFF<Bit>,
    base: DFF<Bits<32>>,
    pitch: DFF<Bits<32>>,
    candidate: DFF<Bits<3>>,
    best: DFF<Bits<3>>,
    best_gap: DFF<Bits<32>>,

    lines_blank: Signal<Local, Bits<13>>,
    sides_known: Signal<Local, Bit>,
    stride_px: Signal<Local, Bits<32>>,
    frame_px: Signal<Local, Bits<32>>,
    gap: Signal<Local, Bits<32>>,
    legible: Signal<Local, Bit>,

    max_width: Const<16, 1920>,
    max_height: Const<16, 1200>,
    min_side: Const<16, 64>,
    max_depth: Const<16, 32>,
    memory_bytes: Const<32, 0>,
    memory_units: Const<16, 0>,
    frame_px0: Const<32, 0>,
    frame_px1: Const<32, 0>,
    frame_px2: Const<32, 0>,
    frame_px3: Const<32, 0>,
    frame_px4: Const<32, 0>,
    frame_px5: Const<32, 0>,
    frame_px6: Const<32, 0>,
    frame_px7: Const<32, 0>,
}

impl Dispi {
    /// An interface to a card with `memory_bytes` of memory, on a board whose pixel clocks have the frequencies `clocks_khz`.
    #[must_use]
    pub fn new(clocks_khz: &[u32], memory_bytes: u32) -> Self {
        // Pixels that a clock makes in a sixtieth of a second; zero where there is no clock.
        let frame_px = |index: usize| {
            let khz = clocks_khz.get(index).copied().unwrap_or(0);
            Const::with(u64::from(khz) * 50 / 3)
        };
        Self {
            memory_bytes: Const::with(u64::from(memory_bytes)),
            memory_units: Const::with(u64::from(memory_bytes >> 16)),
            frame_px0: frame_px(0),
            frame_px1: frame_px(1),
            frame_px2: frame_px(2),
            frame_px3: frame_px(3),
            frame_px4: frame_px(4),
            frame_px5: frame_px(5),
            frame_px6: frame_px(6),
            frame_px7: frame_px(7),
            ..Self::default()
        }
    }
}

impl Logic for Dispi {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            owner,
            restore,
            held,
            foreign,
            mode_wanted,
            off_wanted,
            page_wanted,
            clock_mine,
            clock_index,
            step,
            starting,
            width,
            height,
            narrow,
            depth_known,
            sum,
            addend,
            factor,
            beyond,
            base,
            pitch,
            candidate,
            best,
            best_gap
        );
        clock!(self, clock, regs, store);
        self.regs.reset.next = self.reset.val();
        self.store.reset.next = self.reset.val();
        self.regs.bus_address.next = self.bus_address.val();
        self.regs.bus_wdata.next = self.bus_wdata.val();
        self.regs.bus_be.next = self.bus_be.val();
        self.regs.bus_write.next = self.bus_write.val();
        self.bus_rdata.next = self.regs.bus_rdata.val();
        self.store.index.next = self.regs.edid_index.val();
        self.store.write.next = self.regs.edid_write.val();
        self.store.wdata.next = self.regs.edid_wdata.val();
        self.regs.edid_rdata.next = self.store.rdata.val();

        // What reads give.
        self.regs.vga_status_blank.next = self.vblank.val();
        self.regs.vga_status_retrace.next = self.vblank.val();
        self.regs.memory_units.next = self.memory_units.val();
        self.regs.width_xres_read.next = self.regs.width_xres.val();
        self.regs.height_yres_read.next = self.regs.height_yres.val();
        self.regs.height_bpp_read.next = self.regs.height_bpp.val();
        if self.regs.enable_getcaps.val() {
            self.regs.width_xres_read.next = self.max_width.val();
            self.regs.height_yres_read.next = self.max_height.val();
            self.regs.height_bpp_read.next = self.max_depth.val();
        }

        // The mode: reduced blanking, 48 + 32 + 80 pixels, 3 + 6 + at least 6 lines.
        self.h_active.next = bit_cast::<13, 16>(self.width.q.val());
        self.h_sync_start.next = bit_cast::<13, 16>(self.width.q.val()) + 48;
        self.h_sync_end.next = bit_cast::<13, 16>(self.width.q.val()) + 80;
        self.h_total.next = bit_cast::<13, 16>(self.width.q.val()) + 160;
        self.lines_blank.next = bit_cast::<13, 16>(self.height.q.val() >> 5) + 1;
        if self.lines_blank.val() < 15 {
            self.lines_blank.next = 15.into();
        }
        self.v_active.next = bit_cast::<13, 16>(self.height.q.val());
        self.v_sync_start.next = bit_cast::<13, 16>(self.height.q.val()) + 2;
        self.v_sync_end.next = bit_cast::<13, 16>(self.height.q.val()) + 8;
        self.v_total.next = bit_cast::<13, 16>(self.height.q.val()) + self.lines_blank.val();
        self.sides_known.next = (self.width.q.val() >= self.min_side.val())
            & (self.width.q.val() <= self.max_width.val())
            & (self.height.q.val() >= self.min_side.val())
            & (self.height.q.val() <= self.max_height.val());

        // The page.
        self.stride_px.next = bit_cast::<32, 16>(self.width.q.val());
        if self.regs.virtual_width.val() > self.width.q.val() {
            self.stride_px.next = bit_cast::<32, 16>(self.regs.virtual_width.val());
        }
        self.legible.next = self.depth_known.q.val()
            & self.regs.vga_attribute_show.val()
            & !self.beyond.q.val()
            & !self.pitch.q.val().get_bits::<3>(0).any()
            & (self.sum.q.val() <= self.memory_bytes.val());
        self.plane_enable.next = self.legible.val();
        self.plane_rgb565.next = self.narrow.q.val();
        self.plane_base.next = (self.base.q.val() >> 3) << 3;
        self.plane_pitch.next = self.pitch.q.val();

        // The pixel clock that is looked at.
        self.frame_px.next = self.frame_px0.val();
        match self.candidate.q.val().index() {
            1 => {
                self.frame_px.next = self.frame_px1.val();
            }
            2 => {
                self.frame_px.next = self.frame_px2.val();
            }
            3 => {
                self.frame_px.next = self.frame_px3.val();
            }
            4 => {
                self.frame_px.next = self.frame_px4.val();
            }
            5 => {
                self.frame_px.next = self.frame_px5.val();
            }
            6 => {
                self.frame_px.next = self.frame_px6.val();
            }
            7 => {
                self.frame_px.next = self.frame_px7.val();
            }
            _ => {}
        }
        self.gap.next = self.frame_px.val() - self.sum.q.val();
        if self.frame_px.val() < self.sum.q.val() {
            self.gap.next = self.sum.q.val() - self.frame_px.val();
        }

        // Requests: the last write of ENABLE counts; a page only while the display is ours.
        if self.regs.enable_strobe.val() {
            self.mode_wanted.d.next = self.regs.enable_on.val();
            self.off_wanted.d.next = !self.regs.enable_on.val();
        }
        if self.regs.virtual_strobe.val()
            | self.regs.offset_strobe.val()
            | self.regs.vga_attribute_strobe.val()
        {
            self.page_wanted.d.next = self.owner.q.val();
        }

        // Commits pass from the native side unless the display is ours.
        self.select.next = self.owner.q.val() & !self.native_mode_strobe.val();
        self.mode_strobe.next = self.native_mode_strobe.val();
        self.mode_enable.next = false;
        self.plane_strobe.next = self.restore.q.val();
        self.native_plane.next = true;
        if self.native_plane_strobe.val() {
            if self.owner.q.val() {
                self.held.d.next = true;
            } else {
                self.plane_strobe.next = true;
                self.foreign.d.next = false;
            }
        }
        self.restore.d.next = false;
        if self.restore.q.val() {
            self.native_plane.next = self.held.q.val() | self.native_plane_strobe.val();
            self.foreign.d.next = !self.held.q.val() & !self.native_plane_strobe.val();
            self.held.d.next = false;
        }
        self.native_flip_done_strobe.next = self.flip_done_strobe.val() & !self.foreign.q.val();
        self.native_flip_pending.next =
            (self.flip_pending.val() & !self.foreign.q.val()) | self.held.q.val();

        // One bit of a product a clock. An addend that lies behind all memory stays there.
        if (self.step.q.val() == Step::Area)
            | (self.step.q.val() == Step::Start)
            | (self.step.q.val() == Step::End)
        {
            if self.factor.q.val().get_bit(0) {
                self.sum.d.next = self.sum.q.val() + self.addend.q.val();
                self.beyond.d.next =
                    self.beyond.q.val() | self.addend.q.val().get_bits::<5>(27).any();
            }
            if !self.addend.q.val().get_bits::<5>(27).any() {
                self.addend.d.next = self.addend.q.val() << 1;
            }
            self.factor.d.next = self.factor.q.val() >> 1;
        }

        match self.step.q.val() {
            Step::Idle => {
                self.starting.d.next = false;
                if self.off_wanted.q.val() {
                    self.page_wanted.d.next = false;
                    self.off_wanted.d.next =
                        self.regs.enable_strobe.val() & !self.regs.enable_on.val();
                    if self.owner.q.val() {
                        self.mode_strobe.next = true;
                        self.owner.d.next = false;
                        self.restore.d.next = true;
                    }
                } else if self.mode_wanted.q.val() {
                    self.mode_wanted.d.next =
                        self.regs.enable_strobe.val() & self.regs.enable_on.val();
                    self.owner.d.next = true;
                    self.starting.d.next = true;
                    self.width.d.next = self.regs.width_xres.val();
                    self.height.d.next = self.regs.height_yres.val();
                    self.narrow.d.next = self.regs.height_bpp.val() == 16;
                    self.depth_known.d.next =
                        (self.regs.height_bpp.val() == 16) | (self.regs.height_bpp.val() == 32);
                    self.step.d.next = Step::Stop;
                } else if self.page_wanted.q.val() & self.owner.q.val() {
                    self.page_wanted.d.next = false;
                    self.step.d.next = Step::Page;
                }
            }
            Step::Stop => {
                // The first clock here asks for the stop, also when the raster stands still.
                self.starting.d.next = false;
                self.mode_strobe.next = self.starting.q.val();
                self.sum.d.next = 0.into();
                self.addend.d.next = bit_cast::<32, 13>(self.h_total.val());
                self.factor.d.next = bit_cast::<16, 13>(self.v_total.val());
                if !self.starting.q.val() & !self.mode_pending.val() & !self.running.val() {
                    self.step.d.next = Step::Area;
                    if !self.sides_known.val() {
                        self.owner.d.next = false;
                        self.restore.d.next = true;
                        self.step.d.next = Step::Idle;
                    }
                }
            }
            Step::Area => {
                self.candidate.d.next = 0.into();
                self.best.d.next = 0.into();
                self.best_gap.d.next = bit_cast::<32, 1>(1.into()) << 31;
                if !self.factor.q.val().any() {
                    self.step.d.next = Step::Clock;
                }
            }
            Step::Clock => {
                if self.frame_px.val().any() & (self.gap.val() < self.best_gap.q.val()) {
                    self.best.d.next = self.candidate.q.val();
                    self.best_gap.d.next = self.gap.val();
                }
                self.candidate.d.next = self.candidate.q.val() + 1;
                if self.candidate.q.val().all() {
                    self.starting.d.next = true;
                    self.step.d.next = Step::Page;
                }
            }
            Step::Page => {
                self.beyond.d.next = false;
                self.pitch.d.next = self.stride_px.val() << 2;
                self.addend.d.next = self.stride_px.val() << 2;
                self.sum.d.next = bit_cast::<32, 16>(self.regs.offset_x.val()) << 2;
                if self.narrow.q.val() {
                    self.pitch.d.next = self.stride_px.val() << 1;
                    self.addend.d.next = self.stride_px.val() << 1;
                    self.sum.d.next = bit_cast::<32, 16>(self.regs.offset_x.val()) << 1;
                }
                self.factor.d.next = self.regs.offset_y.val();
                self.step.d.next = Step::Start;
            }
            Step::Start => {
                if !self.factor.q.val().any() {
                    self.base.d.next = self.sum.q.val();
                    self.sum.d.next =
                        self.sum.q.val() + (bit_cast::<32, 16>(self.width.q.val()) << 2);
                    if self.narrow.q.val() {
                        self.sum.d.next =
                            self.sum.q.val() + (bit_cast::<32, 16>(self.width.q.val()) << 1);
                    }
                    self.addend.d.next = self.pitch.q.val();
                    self.factor.d.next = self.height.q.val() - 1;
                    self.step.d.next = Step::End;
                }
            }
            Step::End => {
                if !self.factor.q.val().any() {
                    self.step.d.next = Step::Show;
                }
            }
            Step::Show => {
                self.plane_strobe.next = true;
                self.foreign.d.next = true;
                if self.starting.q.val() {
                    self.mode_strobe.next = true;
                    self.mode_enable.next = true;
                    self.clock_mine.d.next = true;
                    self.clock_index.d.next = self.best.q.val();
                }
                self.step.d.next = Step::Idle;
            }
            _ => {
                self.step.d.next = Step::Idle;
            }
        }

        // The pixel clock changes hands when the raster stands still, or has the native mode.
        if !self.owner.q.val()
            & (self.taken_strobe.val() | (!self.running.val() & !self.mode_pending.val()))
        {
            self.clock_mine.d.next = false;
        }
        self.clock_select.next = self.native_clock.val();
        if self.clock_mine.q.val() {
            self.clock_select.next = self.clock_index.q.val();
        }

        // The native driver takes the display.
        if self.native_mode_strobe.val() {
            self.mode_wanted.d.next = false;
            self.off_wanted.d.next = false;
            self.page_wanted.d.next = false;
            self.starting.d.next = false;
            self.owner.d.next = false;
            self.step.d.next = Step::Idle;
            self.mode_enable.next = false;
            if self.owner.q.val() {
                self.plane_strobe.next = false;
                self.restore.d.next = true;
            }
        }

        if self.reset.val() {
            self.owner.d.next = false;
            self.restore.d.next = false;
            self.held.d.next = false;
            self.foreign.d.next = false;
            self.mode_wanted.d.next = false;
            self.off_wanted.d.next = false;
            self.page_wanted.d.next = false;
            self.clock_mine.d.next = false;
            self.step.d.next = Step::Idle;
            self.starting.d.next = false;
        }
    }
}
