//! Made by `cargo xtask regs` from hal/regmap/src/blocks. Do not edit.
//!
//! Register file of block `plane`.

use super::super::RegisterFile;
use crate::prelude::*;

/// The scanout plane. CONTROL, BASE and PITCH are prepared by writes and taken over as one by COMMIT at the next start of vertical blanking.
///
/// Answers at 0x2100, 256 bytes. Clock domain `sys`. Bus and timing: [`crate::regs`].
#[derive(LogicBlock)]
pub struct PlaneRegs {
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
    /// A COMMIT took effect: the former framebuffer is no longer read (each clock at one sets the bit).
    pub flip_done_set: Signal<In, Bit>,
    /// A COMMIT waits for vertical blanking (read by software).
    pub status_flip_pending: Signal<In, Bit>,
    /// Read and show the framebuffer; else black (present value).
    pub control_enable: Signal<Out, Bit>,
    /// How a pixel is stored (present value).
    pub control_format: Signal<Out, Bits<2>>,
    /// First pixel of the framebuffer. Effect: COMMIT. Bytes from the start of card memory, a multiple of 64 (present value).
    pub base: Signal<Out, Bits<32>>,
    /// Distance between lines. Effect: COMMIT. Bytes from one line to the next, a multiple of 8 (present value).
    pub pitch: Signal<Out, Bits<32>>,
    /// Write one. STATUS.FLIP_PENDING falls when the new framebuffer is shown (one clock, the clock after the write; else zero).
    pub commit_commit: Signal<Out, Bit>,
    /// Framebuffer that scanout reads now. Bytes from the start of card memory (read by software).
    pub base_active: Signal<In, Bits<32>>,
    /// Level: an enabled bit of INTR_STATE is set.
    pub interrupt: Signal<Out, Bit>,
    selected: Signal<Local, Bit>,
    write: Signal<Local, Bit>,
    word: Signal<Local, Bits<6>>,
    mask: Signal<Local, Bits<32>>,
    written: Signal<Local, Bits<32>>,
    events: Signal<Local, Bits<32>>,
    cleared: Signal<Local, Bits<32>>,
    dff_rdata: DFF<Bits<32>>,
    dff_intr_state: DFF<Bits<32>>,
    dff_intr_enable: DFF<Bits<32>>,
    dff_control: DFF<Bits<32>>,
    dff_base: DFF<Bits<32>>,
    dff_pitch: DFF<Bits<32>>,
    dff_commit: DFF<Bits<32>>,
    implemented_intr_state: Constant<Bits<32>>,
    implemented_intr_enable: Constant<Bits<32>>,
    implemented_control: Constant<Bits<32>>,
    implemented_base: Constant<Bits<32>>,
    implemented_pitch: Constant<Bits<32>>,
    implemented_commit: Constant<Bits<32>>,
    constant_id_version: Constant<Bits<32>>,
    constant_id_type: Constant<Bits<32>>,
}

impl Default for PlaneRegs {
    fn default() -> Self {
        Self {
            clock: Signal::default(),
            reset: Signal::default(),
            bus_address: Signal::default(),
            bus_wdata: Signal::default(),
            bus_be: Signal::default(),
            bus_write: Signal::default(),
            bus_rdata: Signal::default(),
            flip_done_set: Signal::default(),
            status_flip_pending: Signal::default(),
            control_enable: Signal::default(),
            control_format: Signal::default(),
            base: Signal::default(),
            pitch: Signal::default(),
            commit_commit: Signal::default(),
            base_active: Signal::default(),
            interrupt: Signal::default(),
            selected: Signal::default(),
            write: Signal::default(),
            word: Signal::default(),
            mask: Signal::default(),
            written: Signal::default(),
            events: Signal::default(),
            cleared: Signal::default(),
            dff_rdata: DFF::default(),
            dff_intr_state: DFF::default(),
            dff_intr_enable: DFF::default(),
            dff_control: DFF::default(),
            dff_base: DFF::default(),
            dff_pitch: DFF::default(),
            dff_commit: DFF::default(),
            implemented_intr_state: Constant::new(0x1.into()),
            implemented_intr_enable: Constant::new(0x1.into()),
            implemented_control: Constant::new(0x7.into()),
            implemented_base: Constant::new(0xFFFFFFFF.into()),
            implemented_pitch: Constant::new(0xFFFFFFFF.into()),
            implemented_commit: Constant::new(0x1.into()),
            constant_id_version: Constant::new(0x1.into()),
            constant_id_type: Constant::new(0x7.into()),
        }
    }
}

impl Logic for PlaneRegs {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            dff_rdata,
            dff_intr_state,
            dff_intr_enable,
            dff_control,
            dff_base,
            dff_pitch,
            dff_commit
        );
        self.dff_rdata.d.next = 0.into();
        self.bus_rdata.next = self.dff_rdata.q.val();
        self.cleared.next = 0.into();
        self.events.next = bit_cast::<32, 1>(self.flip_done_set.val().into());
        self.dff_commit.d.next = 0.into();
        self.control_enable.next = self.dff_control.q.val().get_bit(0);
        self.control_format.next = self.dff_control.q.val().get_bits::<2>(1);
        self.base.next = self.dff_base.q.val();
        self.pitch.next = self.dff_pitch.q.val();
        self.commit_commit.next = self.dff_commit.q.val().get_bit(0);
        self.interrupt.next = (self.dff_intr_state.q.val() & self.dff_intr_enable.q.val()).any();
        self.selected.next = self.bus_address.val().get_bits::<8>(8) == 33;
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
                    self.dff_base.d.next = ((self.dff_base.q.val() & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_base.val();
                }
                7 => {
                    self.dff_pitch.d.next = ((self.dff_pitch.q.val() & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_pitch.val();
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
                    self.dff_rdata.d.next =
                        bit_cast::<32, 1>(self.status_flip_pending.val().into());
                }
                5 => {
                    self.dff_rdata.d.next = self.dff_control.q.val();
                }
                6 => {
                    self.dff_rdata.d.next = self.dff_base.q.val();
                }
                7 => {
                    self.dff_rdata.d.next = self.dff_pitch.q.val();
                }
                9 => {
                    self.dff_rdata.d.next = self.base_active.val();
                }
                _ => {}
            }
        }
        if self.reset.val() {
            self.dff_rdata.d.next = 0.into();
            self.dff_intr_state.d.next = 0.into();
            self.dff_intr_enable.d.next = 0.into();
            self.dff_control.d.next = 0.into();
            self.dff_base.d.next = 0.into();
            self.dff_pitch.d.next = 0.into();
            self.dff_commit.d.next = 0.into();
        }
    }
}

impl RegisterFile for PlaneRegs {
    const NAME: &'static str = "plane";
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
            "flip_done_set" => self.flip_done_set.next = value & 1 != 0,
            "status_flip_pending" => self.status_flip_pending.next = value & 1 != 0,
            "base_active" => self.base_active.next = u64::from(value).into(),
            _ => return false,
        }
        true
    }
    fn sample(&self, port: &str) -> Option<u32> {
        Some(match port {
            "bus_rdata" => self.bus_rdata.val().to_u32(),
            "control_enable" => self.control_enable.val().into(),
            "control_format" => self.control_format.val().to_u32(),
            "base" => self.base.val().to_u32(),
            "pitch" => self.pitch.val().to_u32(),
            "commit_commit" => self.commit_commit.val().into(),
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
        self.flip_done_set.connect();
        self.status_flip_pending.connect();
        self.base_active.connect();
    }
}
