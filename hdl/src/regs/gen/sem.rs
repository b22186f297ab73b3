//! Made by `cargo xtask regs` from hal/regmap/src/blocks. Do not edit.
//!
//! Register file of block `sem`.

use super::super::RegisterFile;
use crate::prelude::*;

/// Hardware semaphores shared by agents: 1 host, 2 management core, 3 debug (0 is none). The hardware knows the agent from the path the access came by.
///
/// Claim: write a non-zero owner number to SEM, read back; the semaphore is held when owner and agent match. Release: the holding agent writes zero. Reads have no side effects.
///
/// Answers at 0x1200, 256 bytes. Clock domain `sys`. Bus and timing: [`crate::regs`].
#[derive(LogicBlock)]
pub struct SemRegs {
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
    /// A semaphore was broken; BREAK_LOG tells which (each clock at one sets the bit).
    pub broken_set: Signal<In, Bit>,
    /// Time after a claim or refresh from which a semaphore may be broken. System clocks. Effect: at once, for running leases too (present value).
    pub lease_cycles: Signal<Out, Bits<32>>,
    /// Semaphore number, 0..=7 (one clock, the clock after the write; else zero).
    pub break_index: Signal<Out, Bits<3>>,
    /// Must be `BreakKey::Break`, so that no stray write frees a lock (one clock, the clock after the write; else zero).
    pub break_key: Signal<Out, Bits<16>>,
    /// Owner number that held it (read by software).
    pub break_log_owner: Signal<In, Bits<16>>,
    /// Agent that held it (read by software).
    pub break_log_agent: Signal<In, Bits<2>>,
    /// Semaphore number (read by software).
    pub break_log_index: Signal<In, Bits<3>>,
    /// Semaphores broken since reset, stays at 255 (read by software).
    pub break_log_count: Signal<In, Bits<8>>,
    /// Level: an enabled bit of INTR_STATE is set.
    pub interrupt: Signal<Out, Bit>,
    /// Window SEM: entry number, of a read or a write.
    pub sem_index: Signal<Out, Bits<3>>,
    /// Window SEM: write now, same clock as index, word and wdata (whole words only).
    pub sem_write: Signal<Out, Bit>,
    /// Window SEM: value to write.
    pub sem_wdata: Signal<Out, Bits<32>>,
    /// Window SEM: value of the word, one clock after index and word.
    pub sem_rdata: Signal<In, Bits<32>>,
    /// Window CONTENTION: entry number, of a read or a write.
    pub contention_index: Signal<Out, Bits<3>>,
    /// Window CONTENTION: value of the word, one clock after index and word.
    pub contention_rdata: Signal<In, Bits<32>>,
    selected: Signal<Local, Bit>,
    write: Signal<Local, Bit>,
    word: Signal<Local, Bits<6>>,
    mask: Signal<Local, Bits<32>>,
    written: Signal<Local, Bits<32>>,
    events: Signal<Local, Bits<32>>,
    cleared: Signal<Local, Bits<32>>,
    value_lease_cycles: Signal<Local, Bits<32>>,
    sem_selected: Signal<Local, Bit>,
    contention_selected: Signal<Local, Bit>,
    dff_rdata: DFF<Bits<32>>,
    dff_intr_state: DFF<Bits<32>>,
    dff_intr_enable: DFF<Bits<32>>,
    dff_lease_cycles: DFF<Bits<32>>,
    dff_break: DFF<Bits<32>>,
    implemented_intr_state: Constant<Bits<32>>,
    implemented_intr_enable: Constant<Bits<32>>,
    implemented_lease_cycles: Constant<Bits<32>>,
    reset_lease_cycles: Constant<Bits<32>>,
    implemented_break: Constant<Bits<32>>,
    constant_id_version: Constant<Bits<32>>,
    constant_id_type: Constant<Bits<32>>,
    constant_count_value: Constant<Bits<32>>,
}

impl Default for SemRegs {
    fn default() -> Self {
        Self {
            clock: Signal::default(),
            reset: Signal::default(),
            bus_address: Signal::default(),
            bus_wdata: Signal::default(),
            bus_be: Signal::default(),
            bus_write: Signal::default(),
            bus_rdata: Signal::default(),
            broken_set: Signal::default(),
            lease_cycles: Signal::default(),
            break_index: Signal::default(),
            break_key: Signal::default(),
            break_log_owner: Signal::default(),
            break_log_agent: Signal::default(),
            break_log_index: Signal::default(),
            break_log_count: Signal::default(),
            interrupt: Signal::default(),
            sem_index: Signal::default(),
            sem_write: Signal::default(),
            sem_wdata: Signal::default(),
            sem_rdata: Signal::default(),
            contention_index: Signal::default(),
            contention_rdata: Signal::default(),
            selected: Signal::default(),
            write: Signal::default(),
            word: Signal::default(),
            mask: Signal::default(),
            written: Signal::default(),
            events: Signal::default(),
            cleared: Signal::default(),
            value_lease_cycles: Signal::default(),
            sem_selected: Signal::default(),
            contention_selected: Signal::default(),
            dff_rdata: DFF::default(),
            dff_intr_state: DFF::default(),
            dff_intr_enable: DFF::default(),
            dff_lease_cycles: DFF::default(),
            dff_break: DFF::default(),
            implemented_intr_state: Constant::new(0x1.into()),
            implemented_intr_enable: Constant::new(0x1.into()),
            implemented_lease_cycles: Constant::new(0xFFFFFFFF.into()),
            reset_lease_cycles: Constant::new(0x3B9ACA0.into()),
            implemented_break: Constant::new(0xFFFF0007.into()),
            constant_id_version: Constant::new(0x1.into()),
            constant_id_type: Constant::new(0x3.into()),
            constant_count_value: Constant::new(0x8.into()),
        }
    }
}

impl Logic for SemRegs {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            dff_rdata,
            dff_intr_state,
            dff_intr_enable,
            dff_lease_cycles,
            dff_break
        );
        self.dff_rdata.d.next = 0.into();
        self.bus_rdata.next = self.dff_rdata.q.val();
        self.cleared.next = 0.into();
        self.events.next = bit_cast::<32, 1>(self.broken_set.val().into());
        self.value_lease_cycles.next =
            self.dff_lease_cycles.q.val() ^ self.reset_lease_cycles.val();
        self.dff_break.d.next = 0.into();
        self.lease_cycles.next = self.value_lease_cycles.val();
        self.break_index.next = self.dff_break.q.val().get_bits::<3>(0);
        self.break_key.next = self.dff_break.q.val().get_bits::<16>(16);
        self.interrupt.next = (self.dff_intr_state.q.val() & self.dff_intr_enable.q.val()).any();
        self.selected.next = self.bus_address.val().get_bits::<8>(8) == 18;
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
                6 => {
                    self.dff_lease_cycles.d.next = (((self.value_lease_cycles.val()
                        & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_lease_cycles.val())
                        ^ self.reset_lease_cycles.val();
                }
                7 => {
                    self.dff_break.d.next = self.written.val() & self.implemented_break.val();
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
                5 => {
                    self.dff_rdata.d.next = self.constant_count_value.val();
                }
                6 => {
                    self.dff_rdata.d.next = self.value_lease_cycles.val();
                }
                8 => {
                    self.dff_rdata.d.next = ((bit_cast::<32, 16>(self.break_log_owner.val())
                        | (bit_cast::<32, 2>(self.break_log_agent.val()) << 18))
                        | (bit_cast::<32, 3>(self.break_log_index.val()) << 20))
                        | (bit_cast::<32, 8>(self.break_log_count.val()) << 24);
                }
                _ => {}
            }
        }
        self.sem_selected.next = self.bus_address.val().get_bits::<11>(5) == 146;
        self.sem_index.next = self.bus_address.val().get_bits::<3>(2);
        self.sem_write.next =
            (self.sem_selected.val() && self.bus_write.val()) && self.bus_be.val().all();
        self.sem_wdata.next = self.bus_wdata.val();
        if self.sem_selected.val() {
            self.dff_rdata.d.next = self.sem_rdata.val();
        }
        self.contention_selected.next = self.bus_address.val().get_bits::<11>(5) == 147;
        self.contention_index.next = self.bus_address.val().get_bits::<3>(2);
        if self.contention_selected.val() {
            self.dff_rdata.d.next = self.contention_rdata.val();
        }
        if self.reset.val() {
            self.dff_rdata.d.next = 0.into();
            self.dff_intr_state.d.next = 0.into();
            self.dff_intr_enable.d.next = 0.into();
            self.dff_lease_cycles.d.next = 0.into();
            self.dff_break.d.next = 0.into();
        }
    }
}

impl RegisterFile for SemRegs {
    const NAME: &'static str = "sem";
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
            "broken_set" => self.broken_set.next = value & 1 != 0,
            "break_log_owner" => self.break_log_owner.next = u64::from(value & 0xFFFF).into(),
            "break_log_agent" => self.break_log_agent.next = u64::from(value & 0x3).into(),
            "break_log_index" => self.break_log_index.next = u64::from(value & 0x7).into(),
            "break_log_count" => self.break_log_count.next = u64::from(value & 0xFF).into(),
            "sem_rdata" => self.sem_rdata.next = u64::from(value).into(),
            "contention_rdata" => self.contention_rdata.next = u64::from(value).into(),
            _ => return false,
        }
        true
    }
    fn sample(&self, port: &str) -> Option<u32> {
        Some(match port {
            "bus_rdata" => self.bus_rdata.val().to_u32(),
            "lease_cycles" => self.lease_cycles.val().to_u32(),
            "break_index" => self.break_index.val().to_u32(),
            "break_key" => self.break_key.val().to_u32(),
            "interrupt" => self.interrupt.val().into(),
            "sem_index" => self.sem_index.val().to_u32(),
            "sem_write" => self.sem_write.val().into(),
            "sem_wdata" => self.sem_wdata.val().to_u32(),
            "contention_index" => self.contention_index.val().to_u32(),
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
        self.broken_set.connect();
        self.break_log_owner.connect();
        self.break_log_agent.connect();
        self.break_log_index.connect();
        self.break_log_count.connect();
        self.sem_rdata.connect();
        self.contention_rdata.connect();
    }
}
