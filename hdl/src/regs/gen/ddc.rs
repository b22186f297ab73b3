//! Made by `cargo xtask regs` from hal/regmap/src/blocks. Do not edit.
//!
//! Register file of block `ddc`.

use super::super::RegisterFile;
use crate::prelude::*;

/// I2C master towards the monitor, one byte a command, and the hot-plug input.
///
/// A command is any of start condition, one byte, stop condition, in this order; between commands without a stop the card holds the clock line low. Each command ends in bounded time, with INTR_STATE.DONE and, when something went wrong, with a second bit that stays until it is cleared. After ARBITRATION_LOST and TIMEOUT both lines are released.
///
/// Answers at 0x1500, 256 bytes. Clock domain `sys`. Bus and timing: [`crate::regs`].
#[derive(LogicBlock)]
pub struct DdcRegs {
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
    /// A command ended, well or badly (each clock at one sets the bit).
    pub done_set: Signal<In, Bit>,
    /// The debounced hot-plug level changed; STATUS.HOTPLUG tells to what (each clock at one sets the bit).
    pub hotplug_set: Signal<In, Bit>,
    /// A written byte was not acknowledged; a stop asked for in the same command was still sent (each clock at one sets the bit).
    pub nack_set: Signal<In, Bit>,
    /// The data line was low where this master had released it: another master, or a target that holds it (each clock at one sets the bit).
    pub arbitration_lost_set: Signal<In, Bit>,
    /// The clock line was held low for longer than STRETCH_LIMIT in one command (each clock at one sets the bit).
    pub timeout_set: Signal<In, Bit>,
    /// A command was written while another ran, or a byte or stop without a start before it. Nothing happened (each clock at one sets the bit).
    pub rejected_set: Signal<In, Bit>,
    /// A command runs (read by software).
    pub status_busy: Signal<In, Bit>,
    /// A start was sent and no stop since: the card holds the bus (read by software).
    pub status_active: Signal<In, Bit>,
    /// A monitor is there, debounced. Right after reset the level is taken as it is (read by software).
    pub status_hotplug: Signal<In, Bit>,
    /// The hot-plug input as it is now (read by software).
    pub status_hotplug_raw: Signal<In, Bit>,
    /// Byte to write (one clock, the clock after the write; else zero).
    pub command_data: Signal<Out, Bits<8>>,
    /// Send a start condition first, a repeated one when the bus is held (one clock, the clock after the write; else zero).
    pub command_start: Signal<Out, Bit>,
    /// Write DATA and take the acknowledge bit. Wins over READ (one clock, the clock after the write; else zero).
    pub command_write: Signal<Out, Bit>,
    /// Read a byte to RESULT and answer with an acknowledge bit (one clock, the clock after the write; else zero).
    pub command_read: Signal<Out, Bit>,
    /// Answer a read byte with "not acknowledged": it was the last one (one clock, the clock after the write; else zero).
    pub command_last: Signal<Out, Bit>,
    /// Send a stop condition at the end (one clock, the clock after the write; else zero).
    pub command_stop: Signal<Out, Bit>,
    /// Free a bus whose data line a target holds: up to nine clocks until it lets go, then a stop. Other flags are ignored. ARBITRATION_LOST when the line is still low after that (one clock, the clock after the write; else zero).
    pub command_recover: Signal<Out, Bit>,
    /// Byte read (read by software).
    pub result_data: Signal<In, Bits<8>>,
    /// The last written byte was acknowledged (read by software).
    pub result_ack: Signal<In, Bit>,
    /// Speed: a bit takes four quarters and seven clocks. System clocks in a quarter bit, at least 4 (less counts as 4). Reset: 100 kHz from 62.5 MHz. Effect: from the next quarter on (present value).
    pub quarter: Signal<Out, Bits<16>>,
    /// How long targets may hold the clock line low in one command. System clocks. Reset: 25 ms at 62.5 MHz (present value).
    pub stretch_limit: Signal<Out, Bits<32>>,
    /// How long the hot-plug input must be steady to count. System clocks. Reset: 10 ms at 62.5 MHz (present value).
    pub debounce: Signal<Out, Bits<32>>,
    /// Pull the clock line low (present value).
    pub lines_scl_low: Signal<Out, Bit>,
    /// Pull the data line low (present value).
    pub lines_sda_low: Signal<Out, Bit>,
    /// Level of the clock line (read by software).
    pub lines_scl: Signal<In, Bit>,
    /// Level of the data line (read by software).
    pub lines_sda: Signal<In, Bit>,
    /// Level: an enabled bit of INTR_STATE is set.
    pub interrupt: Signal<Out, Bit>,
    selected: Signal<Local, Bit>,
    write: Signal<Local, Bit>,
    word: Signal<Local, Bits<6>>,
    mask: Signal<Local, Bits<32>>,
    written: Signal<Local, Bits<32>>,
    events: Signal<Local, Bits<32>>,
    cleared: Signal<Local, Bits<32>>,
    value_quarter: Signal<Local, Bits<32>>,
    value_stretch_limit: Signal<Local, Bits<32>>,
    value_debounce: Signal<Local, Bits<32>>,
    dff_rdata: DFF<Bits<32>>,
    dff_intr_state: DFF<Bits<32>>,
    dff_intr_enable: DFF<Bits<32>>,
    dff_command: DFF<Bits<32>>,
    dff_quarter: DFF<Bits<32>>,
    dff_stretch_limit: DFF<Bits<32>>,
    dff_debounce: DFF<Bits<32>>,
    dff_lines: DFF<Bits<32>>,
    implemented_intr_state: Constant<Bits<32>>,
    implemented_intr_enable: Constant<Bits<32>>,
    implemented_command: Constant<Bits<32>>,
    implemented_quarter: Constant<Bits<32>>,
    reset_quarter: Constant<Bits<32>>,
    implemented_stretch_limit: Constant<Bits<32>>,
    reset_stretch_limit: Constant<Bits<32>>,
    implemented_debounce: Constant<Bits<32>>,
    reset_debounce: Constant<Bits<32>>,
    implemented_lines: Constant<Bits<32>>,
    constant_id_version: Constant<Bits<32>>,
    constant_id_type: Constant<Bits<32>>,
}

impl Default for DdcRegs {
    fn default() -> Self {
        Self {
            clock: Signal::default(),
            reset: Signal::default(),
            bus_address: Signal::default(),
            bus_wdata: Signal::default(),
            bus_be: Signal::default(),
            bus_write: Signal::default(),
            bus_rdata: Signal::default(),
            done_set: Signal::default(),
            hotplug_set: Signal::default(),
            nack_set: Signal::default(),
            arbitration_lost_set: Signal::default(),
            timeout_set: Signal::default(),
            rejected_set: Signal::default(),
            status_busy: Signal::default(),
            status_active: Signal::default(),
            status_hotplug: Signal::default(),
            status_hotplug_raw: Signal::default(),
            command_data: Signal::default(),
            command_start: Signal::default(),
            command_write: Signal::default(),
            command_read: Signal::default(),
            command_last: Signal::default(),
            command_stop: Signal::default(),
            command_recover: Signal::default(),
            result_data: Signal::default(),
            result_ack: Signal::default(),
            quarter: Signal::default(),
            stretch_limit: Signal::default(),
            debounce: Signal::default(),
            lines_scl_low: Signal::default(),
            lines_sda_low: Signal::default(),
            lines_scl: Signal::default(),
            lines_sda: Signal::default(),
            interrupt: Signal::default(),
            selected: Signal::default(),
            write: Signal::default(),
            word: Signal::default(),
            mask: Signal::default(),
            written: Signal::default(),
            events: Signal::default(),
            cleared: Signal::default(),
            value_quarter: Signal::default(),
            value_stretch_limit: Signal::default(),
            value_debounce: Signal::default(),
            dff_rdata: DFF::default(),
            dff_intr_state: DFF::default(),
            dff_intr_enable: DFF::default(),
            dff_command: DFF::default(),
            dff_quarter: DFF::default(),
            dff_stretch_limit: DFF::default(),
            dff_debounce: DFF::default(),
            dff_lines: DFF::default(),
            implemented_intr_state: Constant::new(0x3F.into()),
            implemented_intr_enable: Constant::new(0x3F.into()),
            implemented_command: Constant::new(0x3FFF.into()),
            implemented_quarter: Constant::new(0xFFFF.into()),
            reset_quarter: Constant::new(0x9B.into()),
            implemented_stretch_limit: Constant::new(0xFFFFFFFF.into()),
            reset_stretch_limit: Constant::new(0x17D784.into()),
            implemented_debounce: Constant::new(0xFFFFFFFF.into()),
            reset_debounce: Constant::new(0x98968.into()),
            implemented_lines: Constant::new(0x3.into()),
            constant_id_version: Constant::new(0x1.into()),
            constant_id_type: Constant::new(0x8.into()),
        }
    }
}

impl Logic for DdcRegs {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            dff_rdata,
            dff_intr_state,
            dff_intr_enable,
            dff_command,
            dff_quarter,
            dff_stretch_limit,
            dff_debounce,
            dff_lines
        );
        self.dff_rdata.d.next = 0.into();
        self.bus_rdata.next = self.dff_rdata.q.val();
        self.cleared.next = 0.into();
        self.events.next = ((((bit_cast::<32, 1>(self.done_set.val().into())
            | (bit_cast::<32, 1>(self.hotplug_set.val().into()) << 1))
            | (bit_cast::<32, 1>(self.nack_set.val().into()) << 2))
            | (bit_cast::<32, 1>(self.arbitration_lost_set.val().into()) << 3))
            | (bit_cast::<32, 1>(self.timeout_set.val().into()) << 4))
            | (bit_cast::<32, 1>(self.rejected_set.val().into()) << 5);
        self.dff_command.d.next = 0.into();
        self.value_quarter.next = self.dff_quarter.q.val() ^ self.reset_quarter.val();
        self.value_stretch_limit.next =
            self.dff_stretch_limit.q.val() ^ self.reset_stretch_limit.val();
        self.value_debounce.next = self.dff_debounce.q.val() ^ self.reset_debounce.val();
        self.command_data.next = self.dff_command.q.val().get_bits::<8>(0);
        self.command_start.next = self.dff_command.q.val().get_bit(8);
        self.command_write.next = self.dff_command.q.val().get_bit(9);
        self.command_read.next = self.dff_command.q.val().get_bit(10);
        self.command_last.next = self.dff_command.q.val().get_bit(11);
        self.command_stop.next = self.dff_command.q.val().get_bit(12);
        self.command_recover.next = self.dff_command.q.val().get_bit(13);
        self.quarter.next = self.value_quarter.val().get_bits::<16>(0);
        self.stretch_limit.next = self.value_stretch_limit.val();
        self.debounce.next = self.value_debounce.val();
        self.lines_scl_low.next = self.dff_lines.q.val().get_bit(0);
        self.lines_sda_low.next = self.dff_lines.q.val().get_bit(1);
        self.interrupt.next = (self.dff_intr_state.q.val() & self.dff_intr_enable.q.val()).any();
        self.selected.next = self.bus_address.val().get_bits::<8>(8) == 21;
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
                    self.dff_command.d.next = self.written.val() & self.implemented_command.val();
                }
                7 => {
                    self.dff_quarter.d.next = (((self.value_quarter.val() & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_quarter.val())
                        ^ self.reset_quarter.val();
                }
                8 => {
                    self.dff_stretch_limit.d.next = (((self.value_stretch_limit.val()
                        & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_stretch_limit.val())
                        ^ self.reset_stretch_limit.val();
                }
                9 => {
                    self.dff_debounce.d.next = (((self.value_debounce.val() & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_debounce.val())
                        ^ self.reset_debounce.val();
                }
                10 => {
                    self.dff_lines.d.next = ((self.dff_lines.q.val() & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_lines.val();
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
                    self.dff_rdata.d.next = ((bit_cast::<32, 1>(self.status_busy.val().into())
                        | (bit_cast::<32, 1>(self.status_active.val().into()) << 1))
                        | (bit_cast::<32, 1>(self.status_hotplug.val().into()) << 2))
                        | (bit_cast::<32, 1>(self.status_hotplug_raw.val().into()) << 3);
                }
                6 => {
                    self.dff_rdata.d.next = bit_cast::<32, 8>(self.result_data.val())
                        | (bit_cast::<32, 1>(self.result_ack.val().into()) << 8);
                }
                7 => {
                    self.dff_rdata.d.next = self.value_quarter.val();
                }
                8 => {
                    self.dff_rdata.d.next = self.value_stretch_limit.val();
                }
                9 => {
                    self.dff_rdata.d.next = self.value_debounce.val();
                }
                10 => {
                    self.dff_rdata.d.next = (self.dff_lines.q.val()
                        | (bit_cast::<32, 1>(self.lines_scl.val().into()) << 8))
                        | (bit_cast::<32, 1>(self.lines_sda.val().into()) << 9);
                }
                _ => {}
            }
        }
        if self.reset.val() {
            self.dff_rdata.d.next = 0.into();
            self.dff_intr_state.d.next = 0.into();
            self.dff_intr_enable.d.next = 0.into();
            self.dff_command.d.next = 0.into();
            self.dff_quarter.d.next = 0.into();
            self.dff_stretch_limit.d.next = 0.into();
            self.dff_debounce.d.next = 0.into();
            self.dff_lines.d.next = 0.into();
        }
    }
}

impl RegisterFile for DdcRegs {
    const NAME: &'static str = "ddc";
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
            "done_set" => self.done_set.next = value & 1 != 0,
            "hotplug_set" => self.hotplug_set.next = value & 1 != 0,
            "nack_set" => self.nack_set.next = value & 1 != 0,
            "arbitration_lost_set" => self.arbitration_lost_set.next = value & 1 != 0,
            "timeout_set" => self.timeout_set.next = value & 1 != 0,
            "rejected_set" => self.rejected_set.next = value & 1 != 0,
            "status_busy" => self.status_busy.next = value & 1 != 0,
            "status_active" => self.status_active.next = value & 1 != 0,
            "status_hotplug" => self.status_hotplug.next = value & 1 != 0,
            "status_hotplug_raw" => self.status_hotplug_raw.next = value & 1 != 0,
            "result_data" => self.result_data.next = u64::from(value & 0xFF).into(),
            "result_ack" => self.result_ack.next = value & 1 != 0,
            "lines_scl" => self.lines_scl.next = value & 1 != 0,
            "lines_sda" => self.lines_sda.next = value & 1 != 0,
            _ => return false,
        }
        true
    }
    fn sample(&self, port: &str) -> Option<u32> {
        Some(match port {
            "bus_rdata" => self.bus_rdata.val().to_u32(),
            "command_data" => self.command_data.val().to_u32(),
            "command_start" => self.command_start.val().into(),
            "command_write" => self.command_write.val().into(),
            "command_read" => self.command_read.val().into(),
            "command_last" => self.command_last.val().into(),
            "command_stop" => self.command_stop.val().into(),
            "command_recover" => self.command_recover.val().into(),
            "quarter" => self.quarter.val().to_u32(),
            "stretch_limit" => self.stretch_limit.val().to_u32(),
            "debounce" => self.debounce.val().to_u32(),
            "lines_scl_low" => self.lines_scl_low.val().into(),
            "lines_sda_low" => self.lines_sda_low.val().into(),
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
        self.done_set.connect();
        self.hotplug_set.connect();
        self.nack_set.connect();
        self.arbitration_lost_set.connect();
        self.timeout_set.connect();
        self.rejected_set.connect();
        self.status_busy.connect();
        self.status_active.connect();
        self.status_hotplug.connect();
        self.status_hotplug_raw.connect();
        self.result_data.connect();
        self.result_ack.connect();
        self.lines_scl.connect();
        self.lines_sda.connect();
    }
}
