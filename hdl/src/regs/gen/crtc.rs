//! Made by `cargo xtask regs` from hal/regmap/src/blocks. Do not edit.
//!
//! Register file of block `crtc`.

use super::super::RegisterFile;
use crate::prelude::*;

/// Timing generator. Counts pixels and lines from the first active one, which is 0; sync START and END are counts from there, END exclusive. Vertical sync changes at the horizontal count H_SYNC.START.
///
/// CONTROL, H_SIZE, H_SYNC, V_SIZE, V_SYNC and POLARITY are prepared by writes and taken over as one by COMMIT, at the next frame start, or at once while the generator is off.
///
/// Answers at 0x2000, 256 bytes. Clock domain `sys`. Bus and timing: [`crate::regs`].
#[derive(LogicBlock)]
pub struct CrtcRegs {
    /// System clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset, active high.
    pub reset: Signal<In, Bit>,
    /// Byte address in BAR2; held until the answer is taken.
    pub bus_address: Signal<In, Bits<16>>,
    /// Value to write, valid with `bus_write`.
    pub bus_wdata: Signal<In, Bits<32>>,
    /// Byte enables of the write, bit 0 for bits 7:0.
    pub bus_be: Signal<In, Bits<4>>,
    /// Write now, one clock.
    pub bus_write: Signal<In, Bit>,
    /// Value read, in the third clock of a held address; zero unless addressed.
    pub bus_rdata: Signal<Out, Bits<32>>,
    /// Vertical blanking began (each clock at one sets the bit).
    pub vblank_set: Signal<In, Bit>,
    /// Scanout had no pixel when one was due; at most once a frame (each clock at one sets the bit).
    pub underrun_set: Signal<In, Bit>,
    /// The generator runs (read by software).
    pub status_enabled: Signal<In, Bit>,
    /// The raster is in vertical blanking (read by software).
    pub status_vblank: Signal<In, Bit>,
    /// A COMMIT waits for the next frame start (read by software).
    pub status_commit_pending: Signal<In, Bit>,
    /// Run (present value).
    pub control_enable: Signal<Out, Bit>,
    /// Show the built-in test pattern instead of the plane (present value).
    pub control_test_pattern: Signal<Out, Bit>,
    /// Active pixels of a line (present value).
    pub h_size_active: Signal<Out, Bits<13>>,
    /// Pixels of a line, blanking included (present value).
    pub h_size_total: Signal<Out, Bits<13>>,
    /// First pixel of the pulse, counted from the first active one (present value).
    pub h_sync_start: Signal<Out, Bits<13>>,
    /// First pixel after the pulse (present value).
    pub h_sync_end: Signal<Out, Bits<13>>,
    /// Active lines of a frame (present value).
    pub v_size_active: Signal<Out, Bits<13>>,
    /// Lines of a frame, blanking included (present value).
    pub v_size_total: Signal<Out, Bits<13>>,
    /// First line of the pulse, counted from the first active one (present value).
    pub v_sync_start: Signal<Out, Bits<13>>,
    /// First line after the pulse (present value).
    pub v_sync_end: Signal<Out, Bits<13>>,
    /// Horizontal sync is high during its pulse; else low (present value).
    pub polarity_hsync: Signal<Out, Bit>,
    /// Vertical sync is high during its pulse; else low (present value).
    pub polarity_vsync: Signal<Out, Bit>,
    /// Write one. STATUS.COMMIT_PENDING falls when the new mode runs (one clock, the clock after the write; else zero).
    pub commit_commit: Signal<Out, Bit>,
    /// Clock number, 0..CLOCK_COUNT; its frequency is CLOCK_KHZ of the same number (present value).
    pub clock_select_index: Signal<Out, Bits<3>>,
    /// CLOCK_SELECT was written (one clock).
    pub clock_select_strobe: Signal<Out, Bit>,
    /// Frames started since reset. Count, wraps at 2^32 (read by software).
    pub frame_count: Signal<In, Bits<32>>,
    /// Frames with an underrun since reset. Count, wraps at 2^32 (read by software).
    pub underrun_count: Signal<In, Bits<32>>,
    /// Pixel clocks that the board can make. Clocks, 1..=8 (read by software).
    pub clock_count: Signal<In, Bits<32>>,
    /// Level: an enabled bit of INTR_STATE is set.
    pub interrupt: Signal<Out, Bit>,
    /// Window CLOCK_KHZ: entry number, of a read or a write.
    pub clock_khz_index: Signal<Out, Bits<3>>,
    /// Window CLOCK_KHZ: value of the word, one clock after index and word.
    pub clock_khz_rdata: Signal<In, Bits<32>>,
    selected: Signal<Local, Bit>,
    write: Signal<Local, Bit>,
    word: Signal<Local, Bits<6>>,
    mask: Signal<Local, Bits<32>>,
    written: Signal<Local, Bits<32>>,
    events: Signal<Local, Bits<32>>,
    cleared: Signal<Local, Bits<32>>,
    clock_khz_selected: Signal<Local, Bit>,
    dff_rdata: DFF<Bits<32>>,
    dff_intr_state: DFF<Bits<32>>,
    dff_intr_enable: DFF<Bits<32>>,
    dff_control: DFF<Bits<32>>,
    dff_h_size: DFF<Bits<32>>,
    dff_h_sync: DFF<Bits<32>>,
    dff_v_size: DFF<Bits<32>>,
    dff_v_sync: DFF<Bits<32>>,
    dff_polarity: DFF<Bits<32>>,
    dff_commit: DFF<Bits<32>>,
    dff_clock_select: DFF<Bits<32>>,
    dff_clock_select_strobe: DFF<Bit>,
    implemented_intr_state: Constant<Bits<32>>,
    implemented_intr_enable: Constant<Bits<32>>,
    implemented_control: Constant<Bits<32>>,
    implemented_h_size: Constant<Bits<32>>,
    implemented_h_sync: Constant<Bits<32>>,
    implemented_v_size: Constant<Bits<32>>,
    implemented_v_sync: Constant<Bits<32>>,
    implemented_polarity: Constant<Bits<32>>,
    implemented_commit: Constant<Bits<32>>,
    implemented_clock_select: Constant<Bits<32>>,
    constant_id_version: Constant<Bits<32>>,
    constant_id_type: Constant<Bits<32>>,
}

impl Default for CrtcRegs {
    fn default() -> Self {
        Self {
            clock: Signal::default(),
            reset: Signal::default(),
            bus_address: Signal::default(),
            bus_wdata: Signal::default(),
            bus_be: Signal::default(),
            bus_write: Signal::default(),
            bus_rdata: Signal::default(),
            vblank_set: Signal::default(),
            underrun_set: Signal::default(),
            status_enabled: Signal::default(),
            status_vblank: Signal::default(),
            status_commit_pending: Signal::default(),
            control_enable: Signal::default(),
            control_test_pattern: Signal::default(),
            h_size_active: Signal::default(),
            h_size_total: Signal::default(),
            h_sync_start: Signal::default(),
            h_sync_end: Signal::default(),
            v_size_active: Signal::default(),
            v_size_total: Signal::default(),
            v_sync_start: Signal::default(),
            v_sync_end: Signal::default(),
            polarity_hsync: Signal::default(),
            polarity_vsync: Signal::default(),
            commit_commit: Signal::default(),
            clock_select_index: Signal::default(),
            clock_select_strobe: Signal::default(),
            frame_count: Signal::default(),
            underrun_count: Signal::default(),
            clock_count: Signal::default(),
            interrupt: Signal::default(),
            clock_khz_index: Signal::default(),
            clock_khz_rdata: Signal::default(),
            selected: Signal::default(),
            write: Signal::default(),
            word: Signal::default(),
            mask: Signal::default(),
            written: Signal::default(),
            events: Signal::default(),
            cleared: Signal::default(),
            clock_khz_selected: Signal::default(),
            dff_rdata: DFF::default(),
            dff_intr_state: DFF::default(),
            dff_intr_enable: DFF::default(),
            dff_control: DFF::default(),
            dff_h_size: DFF::default(),
            dff_h_sync: DFF::default(),
            dff_v_size: DFF::default(),
            dff_v_sync: DFF::default(),
            dff_polarity: DFF::default(),
            dff_commit: DFF::default(),
            dff_clock_select: DFF::default(),
            dff_clock_select_strobe: DFF::default(),
            implemented_intr_state: Constant::new(0x3.into()),
            implemented_intr_enable: Constant::new(0x3.into()),
            implemented_control: Constant::new(0x3.into()),
            implemented_h_size: Constant::new(0x1FFF1FFF.into()),
            implemented_h_sync: Constant::new(0x1FFF1FFF.into()),
            implemented_v_size: Constant::new(0x1FFF1FFF.into()),
            implemented_v_sync: Constant::new(0x1FFF1FFF.into()),
            implemented_polarity: Constant::new(0x3.into()),
            implemented_commit: Constant::new(0x1.into()),
            implemented_clock_select: Constant::new(0x7.into()),
            constant_id_version: Constant::new(0x1.into()),
            constant_id_type: Constant::new(0x6.into()),
        }
    }
}

impl Logic for CrtcRegs {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            dff_rdata,
            dff_intr_state,
            dff_intr_enable,
            dff_control,
            dff_h_size,
            dff_h_sync,
            dff_v_size,
            dff_v_sync,
            dff_polarity,
            dff_commit,
            dff_clock_select,
            dff_clock_select_strobe
        );
        self.dff_rdata.d.next = 0.into();
        self.bus_rdata.next = self.dff_rdata.q.val();
        self.cleared.next = 0.into();
        self.events.next = bit_cast::<32, 1>(self.vblank_set.val().into())
            | (bit_cast::<32, 1>(self.underrun_set.val().into()) << 1);
        self.dff_commit.d.next = 0.into();
        self.clock_select_strobe.next = self.dff_clock_select_strobe.q.val();
        self.dff_clock_select_strobe.d.next = false;
        self.control_enable.next = self.dff_control.q.val().get_bit(0);
        self.control_test_pattern.next = self.dff_control.q.val().get_bit(1);
        self.h_size_active.next = self.dff_h_size.q.val().get_bits::<13>(0);
        self.h_size_total.next = self.dff_h_size.q.val().get_bits::<13>(16);
        self.h_sync_start.next = self.dff_h_sync.q.val().get_bits::<13>(0);
        self.h_sync_end.next = self.dff_h_sync.q.val().get_bits::<13>(16);
        self.v_size_active.next = self.dff_v_size.q.val().get_bits::<13>(0);
        self.v_size_total.next = self.dff_v_size.q.val().get_bits::<13>(16);
        self.v_sync_start.next = self.dff_v_sync.q.val().get_bits::<13>(0);
        self.v_sync_end.next = self.dff_v_sync.q.val().get_bits::<13>(16);
        self.polarity_hsync.next = self.dff_polarity.q.val().get_bit(0);
        self.polarity_vsync.next = self.dff_polarity.q.val().get_bit(1);
        self.commit_commit.next = self.dff_commit.q.val().get_bit(0);
        self.clock_select_index.next = self.dff_clock_select.q.val().get_bits::<3>(0);
        self.interrupt.next = (self.dff_intr_state.q.val() & self.dff_intr_enable.q.val()).any();
        self.selected.next = self.bus_address.val().get_bits::<8>(8) == 32;
        self.word.next = self.bus_address.val().get_bits::<6>(2);
        self.write.next = self.selected.val() && self.bus_write.val();
        self.mask.next = 0.into();
        self.written.next = 0.into();
        if self.write.val() {
            if self.bus_be.val().get_bit(0) {
                self.mask.next = self.mask.val() | 0xFF;
            }
            if self.bus_be.val().get_bit(1) {
                self.mask.next = self.mask.val() | 0xFF00;
            }
            if self.bus_be.val().get_bit(2) {
                self.mask.next = self.mask.val() | 0xFF_0000;
            }
            if self.bus_be.val().get_bit(3) {
                self.mask.next = self.mask.val() | (bit_cast::<32, 8>(255.into()) << 24);
            }
            self.written.next = self.bus_wdata.val() & self.mask.val();
            match self.word.val().index() {
                1 => {
                    self.cleared.next = self.written.val();
                }
                2 => {
                    self.dff_intr_enable.d.next =
                        ((self.dff_intr_enable.q.val() & (!self.mask.val())) | self.written.val())
                            & self.implemented_intr_enable.val();
                }
                3 => {
                    self.events.next = self.events.val()
                        | (self.written.val() & self.implemented_intr_state.val());
                }
                5 => {
                    self.dff_control.d.next = ((self.dff_control.q.val() & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_control.val();
                }
                6 => {
                    self.dff_h_size.d.next = ((self.dff_h_size.q.val() & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_h_size.val();
                }
                7 => {
                    self.dff_h_sync.d.next = ((self.dff_h_sync.q.val() & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_h_sync.val();
                }
                8 => {
                    self.dff_v_size.d.next = ((self.dff_v_size.q.val() & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_v_size.val();
                }
                9 => {
                    self.dff_v_sync.d.next = ((self.dff_v_sync.q.val() & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_v_sync.val();
                }
                10 => {
                    self.dff_polarity.d.next = ((self.dff_polarity.q.val() & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_polarity.val();
                }
                11 => {
                    self.dff_commit.d.next = self.written.val() & self.implemented_commit.val();
                }
                12 => {
                    self.dff_clock_select.d.next =
                        ((self.dff_clock_select.q.val() & (!self.mask.val())) | self.written.val())
                            & self.implemented_clock_select.val();
                    self.dff_clock_select_strobe.d.next = true;
                }
                _ => {}
            }
        }
        self.dff_intr_state.d.next =
            (self.dff_intr_state.q.val() & (!self.cleared.val())) | self.events.val();
        if self.selected.val() {
            match self.word.val().index() {
                0 => {
                    self.dff_rdata.d.next =
                        self.constant_id_version.val() | (self.constant_id_type.val() << 16);
                }
                1 => {
                    self.dff_rdata.d.next = self.dff_intr_state.q.val();
                }
                2 => {
                    self.dff_rdata.d.next = self.dff_intr_enable.q.val();
                }
                4 => {
                    self.dff_rdata.d.next = (bit_cast::<32, 1>(self.status_enabled.val().into())
                        | (bit_cast::<32, 1>(self.status_vblank.val().into()) << 1))
                        | (bit_cast::<32, 1>(self.status_commit_pending.val().into()) << 2);
                }
                5 => {
                    self.dff_rdata.d.next = self.dff_control.q.val();
                }
                6 => {
                    self.dff_rdata.d.next = self.dff_h_size.q.val();
                }
                7 => {
                    self.dff_rdata.d.next = self.dff_h_sync.q.val();
                }
                8 => {
                    self.dff_rdata.d.next = self.dff_v_size.q.val();
                }
                9 => {
                    self.dff_rdata.d.next = self.dff_v_sync.q.val();
                }
                10 => {
                    self.dff_rdata.d.next = self.dff_polarity.q.val();
                }
                12 => {
                    self.dff_rdata.d.next = self.dff_clock_select.q.val();
                }
                13 => {
                    self.dff_rdata.d.next = self.frame_count.val();
                }
                14 => {
                    self.dff_rdata.d.next = self.underrun_count.val();
                }
                15 => {
                    self.dff_rdata.d.next = self.clock_count.val();
                }
                _ => {}
            }
        }
        self.clock_khz_selected.next = self.bus_address.val().get_bits::<11>(5) == 258;
        self.clock_khz_index.next = self.bus_address.val().get_bits::<3>(2);
        if self.clock_khz_selected.val() {
            self.dff_rdata.d.next = self.clock_khz_rdata.val();
        }
        if self.reset.val() {
            self.dff_rdata.d.next = 0.into();
            self.dff_intr_state.d.next = 0.into();
            self.dff_intr_enable.d.next = 0.into();
            self.dff_control.d.next = 0.into();
            self.dff_h_size.d.next = 0.into();
            self.dff_h_sync.d.next = 0.into();
            self.dff_v_size.d.next = 0.into();
            self.dff_v_sync.d.next = 0.into();
            self.dff_polarity.d.next = 0.into();
            self.dff_commit.d.next = 0.into();
            self.dff_clock_select.d.next = 0.into();
            self.dff_clock_select_strobe.d.next = false;
        }
    }
}

impl RegisterFile for CrtcRegs {
    const NAME: &'static str = "crtc";
    fn set_clock(&mut self, high: bool) {
        self.clock.next = high.into();
    }
    fn drive(&mut self, port: &str, value: u32) -> bool {
        match port {
            "reset" => self.reset.next = value & 1 != 0,
            "bus_address" => self.bus_address.next = u64::from(value & 0xFFFF).into(),
            "bus_wdata" => self.bus_wdata.next = u64::from(value).into(),
            "bus_be" => self.bus_be.next = u64::from(value & 0xF).into(),
            "bus_write" => self.bus_write.next = value & 1 != 0,
            "vblank_set" => self.vblank_set.next = value & 1 != 0,
            "underrun_set" => self.underrun_set.next = value & 1 != 0,
            "status_enabled" => self.status_enabled.next = value & 1 != 0,
            "status_vblank" => self.status_vblank.next = value & 1 != 0,
            "status_commit_pending" => self.status_commit_pending.next = value & 1 != 0,
            "frame_count" => self.frame_count.next = u64::from(value).into(),
            "underrun_count" => self.underrun_count.next = u64::from(value).into(),
            "clock_count" => self.clock_count.next = u64::from(value).into(),
            "clock_khz_rdata" => self.clock_khz_rdata.next = u64::from(value).into(),
            _ => return false,
        }
        true
    }
    fn sample(&self, port: &str) -> Option<u32> {
        Some(match port {
            "bus_rdata" => self.bus_rdata.val().to_u32(),
            "control_enable" => self.control_enable.val().into(),
            "control_test_pattern" => self.control_test_pattern.val().into(),
            "h_size_active" => self.h_size_active.val().to_u32(),
            "h_size_total" => self.h_size_total.val().to_u32(),
            "h_sync_start" => self.h_sync_start.val().to_u32(),
            "h_sync_end" => self.h_sync_end.val().to_u32(),
            "v_size_active" => self.v_size_active.val().to_u32(),
            "v_size_total" => self.v_size_total.val().to_u32(),
            "v_sync_start" => self.v_sync_start.val().to_u32(),
            "v_sync_end" => self.v_sync_end.val().to_u32(),
            "polarity_hsync" => self.polarity_hsync.val().into(),
            "polarity_vsync" => self.polarity_vsync.val().into(),
            "commit_commit" => self.commit_commit.val().into(),
            "clock_select_index" => self.clock_select_index.val().to_u32(),
            "clock_select_strobe" => self.clock_select_strobe.val().into(),
            "interrupt" => self.interrupt.val().into(),
            "clock_khz_index" => self.clock_khz_index.val().to_u32(),
            _ => return None,
        })
    }
    fn connect_inputs(&mut self) {
        self.clock.connect();
        self.reset.connect();
        self.bus_address.connect();
        self.bus_wdata.connect();
        self.bus_be.connect();
        self.bus_write.connect();
        self.vblank_set.connect();
        self.underrun_set.connect();
        self.status_enabled.connect();
        self.status_vblank.connect();
        self.status_commit_pending.connect();
        self.frame_count.connect();
        self.underrun_count.connect();
        self.clock_count.connect();
        self.clock_khz_rdata.connect();
    }
}
