//! Made by `cargo xtask regs` from hal/regmap/src/blocks. Do not edit.
//!
//! Register file of block `cursor`.

use super::super::RegisterFile;
use crate::prelude::*;

/// The hardware pointer. CONTROL, SIZE and POSITION are prepared by writes and taken over as one by COMMIT at the next start of vertical blanking, the image too when COMMIT says so. Its interrupt is part of `irq`'s source PLANE.
///
/// Answers at 0x2200, 256 bytes. Clock domain `sys`. Bus and timing: [`crate::regs`].
#[derive(LogicBlock)]
pub struct CursorRegs {
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
    /// A COMMIT took effect: the former image is no longer shown and may be written (each clock at one sets the bit).
    pub taken_set: Signal<In, Bit>,
    /// A COMMIT waits for vertical blanking. Do not write the image meanwhile (read by software).
    pub status_pending: Signal<In, Bit>,
    /// Which of the two images is shown; the image window writes the other one (read by software).
    pub status_bank: Signal<In, Bit>,
    /// The pointer is shown (present value).
    pub control_enable: Signal<Out, Bit>,
    /// What a word of the image means (present value).
    pub control_format: Signal<Out, Bit>,
    /// Pixels in a row, 0..=64 (present value).
    pub size_width: Signal<Out, Bits<7>>,
    /// Rows, 0..=64 (present value).
    pub size_height: Signal<Out, Bits<7>>,
    /// Pixels from the left edge (present value).
    pub position_x: Signal<Out, Bits<16>>,
    /// Lines from the upper edge (present value).
    pub position_y: Signal<Out, Bits<16>>,
    /// Write one. STATUS.PENDING falls when it has taken effect. At once while the raster is off (one clock, the clock after the write; else zero).
    pub commit_commit: Signal<Out, Bit>,
    /// With COMMIT: show the image that was written, and open the former one for writing (one clock, the clock after the write; else zero).
    pub commit_image: Signal<Out, Bit>,
    /// Level: an enabled bit of INTR_STATE is set.
    pub interrupt: Signal<Out, Bit>,
    selected: Signal<Local, Bit>,
    write: Signal<Local, Bit>,
    word: Signal<Local, Bits<6>>,
    mask: Signal<Local, Bits<32>>,
    written: Signal<Local, Bits<32>>,
    events: Signal<Local, Bits<32>>,
    cleared: Signal<Local, Bits<32>>,
    value_size: Signal<Local, Bits<32>>,
    dff_rdata: DFF<Bits<32>>,
    dff_intr_state: DFF<Bits<32>>,
    dff_intr_enable: DFF<Bits<32>>,
    dff_control: DFF<Bits<32>>,
    dff_size: DFF<Bits<32>>,
    dff_position: DFF<Bits<32>>,
    dff_commit: DFF<Bits<32>>,
    implemented_intr_state: Constant<Bits<32>>,
    implemented_intr_enable: Constant<Bits<32>>,
    implemented_control: Constant<Bits<32>>,
    implemented_size: Constant<Bits<32>>,
    reset_size: Constant<Bits<32>>,
    implemented_position: Constant<Bits<32>>,
    implemented_commit: Constant<Bits<32>>,
    constant_id_version: Constant<Bits<32>>,
    constant_id_type: Constant<Bits<32>>,
}

impl Default for CursorRegs {
    fn default() -> Self {
        Self {
            clock: Signal::default(),
            reset: Signal::default(),
            bus_address: Signal::default(),
            bus_wdata: Signal::default(),
            bus_be: Signal::default(),
            bus_write: Signal::default(),
            bus_rdata: Signal::default(),
            taken_set: Signal::default(),
            status_pending: Signal::default(),
            status_bank: Signal::default(),
            control_enable: Signal::default(),
            control_format: Signal::default(),
            size_width: Signal::default(),
            size_height: Signal::default(),
            position_x: Signal::default(),
            position_y: Signal::default(),
            commit_commit: Signal::default(),
            commit_image: Signal::default(),
            interrupt: Signal::default(),
            selected: Signal::default(),
            write: Signal::default(),
            word: Signal::default(),
            mask: Signal::default(),
            written: Signal::default(),
            events: Signal::default(),
            cleared: Signal::default(),
            value_size: Signal::default(),
            dff_rdata: DFF::default(),
            dff_intr_state: DFF::default(),
            dff_intr_enable: DFF::default(),
            dff_control: DFF::default(),
            dff_size: DFF::default(),
            dff_position: DFF::default(),
            dff_commit: DFF::default(),
            implemented_intr_state: Constant::new(0x1.into()),
            implemented_intr_enable: Constant::new(0x1.into()),
            implemented_control: Constant::new(0x3.into()),
            implemented_size: Constant::new(0x7F007F.into()),
            reset_size: Constant::new(0x400040.into()),
            implemented_position: Constant::new(0xFFFFFFFF.into()),
            implemented_commit: Constant::new(0x3.into()),
            constant_id_version: Constant::new(0x1.into()),
            constant_id_type: Constant::new(0x9.into()),
        }
    }
}

impl Logic for CursorRegs {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            dff_rdata,
            dff_intr_state,
            dff_intr_enable,
            dff_control,
            dff_size,
            dff_position,
            dff_commit
        );
        self.dff_rdata.d.next = 0.into();
        self.bus_rdata.next = self.dff_rdata.q.val();
        self.cleared.next = 0.into();
        self.events.next = bit_cast::<32, 1>(self.taken_set.val().into());
        self.value_size.next = self.dff_size.q.val() ^ self.reset_size.val();
        self.dff_commit.d.next = 0.into();
        self.control_enable.next = self.dff_control.q.val().get_bit(0);
        self.control_format.next = self.dff_control.q.val().get_bit(1);
        self.size_width.next = self.value_size.val().get_bits::<7>(0);
        self.size_height.next = self.value_size.val().get_bits::<7>(16);
        self.position_x.next = self.dff_position.q.val().get_bits::<16>(0);
        self.position_y.next = self.dff_position.q.val().get_bits::<16>(16);
        self.commit_commit.next = self.dff_commit.q.val().get_bit(0);
        self.commit_image.next = self.dff_commit.q.val().get_bit(1);
        self.interrupt.next = (self.dff_intr_state.q.val() & self.dff_intr_enable.q.val()).any();
        self.selected.next = self.bus_address.val().get_bits::<8>(8) == 34;
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
                    self.dff_size.d.next = (((self.value_size.val() & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_size.val())
                        ^ self.reset_size.val();
                }
                7 => {
                    self.dff_position.d.next = ((self.dff_position.q.val() & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_position.val();
                }
                8 => {
                    self.dff_commit.d.next = self.written.val() & self.implemented_commit.val();
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
                    self.dff_rdata.d.next = bit_cast::<32, 1>(self.status_pending.val().into())
                        | (bit_cast::<32, 1>(self.status_bank.val().into()) << 1);
                }
                5 => {
                    self.dff_rdata.d.next = self.dff_control.q.val();
                }
                6 => {
                    self.dff_rdata.d.next = self.value_size.val();
                }
                7 => {
                    self.dff_rdata.d.next = self.dff_position.q.val();
                }
                _ => {}
            }
        }
        if self.reset.val() {
            self.dff_rdata.d.next = 0.into();
            self.dff_intr_state.d.next = 0.into();
            self.dff_intr_enable.d.next = 0.into();
            self.dff_control.d.next = 0.into();
            self.dff_size.d.next = 0.into();
            self.dff_position.d.next = 0.into();
            self.dff_commit.d.next = 0.into();
        }
    }
}

impl RegisterFile for CursorRegs {
    const NAME: &'static str = "cursor";
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
            "taken_set" => self.taken_set.next = value & 1 != 0,
            "status_pending" => self.status_pending.next = value & 1 != 0,
            "status_bank" => self.status_bank.next = value & 1 != 0,
            _ => return false,
        }
        true
    }
    fn sample(&self, port: &str) -> Option<u32> {
        Some(match port {
            "bus_rdata" => self.bus_rdata.val().to_u32(),
            "control_enable" => self.control_enable.val().into(),
            "control_format" => self.control_format.val().into(),
            "size_width" => self.size_width.val().to_u32(),
            "size_height" => self.size_height.val().to_u32(),
            "position_x" => self.position_x.val().to_u32(),
            "position_y" => self.position_y.val().to_u32(),
            "commit_commit" => self.commit_commit.val().into(),
            "commit_image" => self.commit_image.val().into(),
            "interrupt" => self.interrupt.val().into(),
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
        self.taken_set.connect();
        self.status_pending.connect();
        self.status_bank.connect();
    }
}
