//! Display data channel: I2C master for the monitor's EDID, hot-plug input.
//!
//! Purpose: the host writes one command a byte; the block makes start, eight bits with acknowledge and
//! stop, open drain. Clock domain: `sys`; the three inputs are asynchronous and synchronised here.
//!
//! ```text
//!          start                 bit                  stop
//!  phase  0   1   2   3     0   1   2   3     0   1   2   3
//!  SCL   ~~\ /~~~~~~~\___  ___/~~~~~~~\___  ___/~~~~~~~~~~~   each phase one quarter;
//!  SDA   ~~~~~~~~~\______  X==============  \______/~~~~~~~   1 begins when SCL is seen high
//!                                   ^ sampled
//! ```
//!
//! Phase 1 lasts from the moment at which the clock line is *seen* high, so a target may stretch; the
//! total of a command is bounded by STRETCH_LIMIT. Lines are taken over when three samples in a row
//! agree, which swallows spikes up to 32 ns (I2C-bus specification UM10204, 3.1.14 asks for 50 ns in
//! fast mode; at 62.5 MHz three samples see them). Both lines are released after a lost arbitration
//! or a timeout. Not supported: being a target, watching other masters' transfers, high-speed mode.

use crate::cdc::Synchroniser;
use crate::prelude::*;
use crate::regs::DdcRegs;

/// What is on the wire.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum WireState {
    /// Nothing, or the clock held low between two commands.
    Idle,
    /// Start condition.
    Start,
    /// One bit.
    Bit,
    /// Stop condition.
    Stop,
}

/// The DDC block.
#[derive(LogicBlock, Default)]
pub struct Ddc {
    /// `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset: lines released, nothing pending.
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
    /// Level: an enabled event is pending.
    pub interrupt: Signal<Out, Bit>,

    /// Level of the clock line, asynchronous.
    pub scl: Signal<In, Bit>,
    /// Level of the data line, asynchronous.
    pub sda: Signal<In, Bit>,
    /// A monitor is connected, asynchronous and bouncing.
    pub hotplug: Signal<In, Bit>,
    /// Pull the clock line low.
    pub scl_low: Signal<Out, Bit>,
    /// Pull the data line low.
    pub sda_low: Signal<Out, Bit>,

    regs: DdcRegs,
    scl_sync: Synchroniser,
    sda_sync: Synchroniser,
    hotplug_sync: Synchroniser,

    // the last two samples, and the level they agreed on
    scl_samples: DFF<Bits<2>>,
    sda_samples: DFF<Bits<2>>,
    scl_level: DFF<Bit>,
    sda_level: DFF<Bit>,

    state: DFF<WireState>,
    phase: DFF<Bits<2>>,
    // clocks left in this phase
    left: DFF<Bits<16>>,
    stretched: DFF<Bits<32>>,
    shift: DFF<Bits<8>>,
    // bits left of the byte, the acknowledge bit is number 1
    bits: DFF<Bits<4>>,
    has_byte: DFF<Bit>,
    reading: DFF<Bit>,
    last: DFF<Bit>,
    stopping: DFF<Bit>,
    recovering: DFF<Bit>,
    sampled: DFF<Bit>,
    ack: DFF<Bit>,
    active: DFF<Bit>,
    pull_scl: DFF<Bit>,
    pull_sda: DFF<Bit>,

    plug: DFF<Bit>,
    plug_count: DFF<Bits<32>>,

    quarter: Signal<Local, Bits<16>>,
    wanted: Signal<Local, Bit>,
    bare: Signal<Local, Bit>,
    lost: Signal<Local, Bit>,
    late: Signal<Local, Bit>,
    ended: Signal<Local, Bit>,
    // this phase is over
    turn: Signal<Local, Bit>,
    acknowledging: Signal<Local, Bit>,
}

impl Logic for Ddc {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            scl_samples,
            sda_samples,
            scl_level,
            sda_level,
            state,
            phase,
            left,
            stretched,
            shift,
            bits,
            has_byte,
            reading,
            last,
            stopping,
            recovering,
            sampled,
            ack,
            active,
            pull_scl,
            pull_sda,
            plug,
            plug_count
        );
        clock!(self, clock, regs, scl_sync, sda_sync, hotplug_sync);
        self.regs.reset.next = self.reset.val();
        self.regs.bus_address.next = self.bus_address.val();
        self.regs.bus_wdata.next = self.bus_wdata.val();
        self.regs.bus_be.next = self.bus_be.val();
        self.regs.bus_write.next = self.bus_write.val();
        self.bus_rdata.next = self.regs.bus_rdata.val();
        self.interrupt.next = self.regs.interrupt.val();

        // The lines: two synchronising registers, then three equal samples.
        self.scl_sync.level_async.next = self.scl.val();
        self.sda_sync.level_async.next = self.sda.val();
        self.scl_samples.d.next =
            (self.scl_samples.q.val() << 1) | bit_cast::<2, 1>(self.scl_sync.level.val().into());
        self.sda_samples.d.next =
            (self.sda_samples.q.val() << 1) | bit_cast::<2, 1>(self.sda_sync.level.val().into());
        if self.scl_samples.q.val().all() && self.scl_sync.level.val() {
            self.scl_level.d.next = true;
        }
        if (!self.scl_samples.q.val().any()) && (!self.scl_sync.level.val()) {
            self.scl_level.d.next = false;
        }
        if self.sda_samples.q.val().all() && self.sda_sync.level.val() {
            self.sda_level.d.next = true;
        }
        if (!self.sda_samples.q.val().any()) && (!self.sda_sync.level.val()) {
            self.sda_level.d.next = false;
        }
        self.regs.lines_scl.next = self.scl_level.q.val();
        self.regs.lines_sda.next = self.sda_level.q.val();
        self.scl_low.next = self.pull_scl.q.val() || self.regs.lines_scl_low.val();
        self.sda_low.next = self.pull_sda.q.val() || self.regs.lines_sda_low.val();

        // A command.
        self.quarter.next = self.regs.quarter.val();
        if !self.regs.quarter.val().get_bits::<14>(2).any() {
            self.quarter.next = 4.into();
        }
        self.bare.next = self.regs.command_write.val()
            || self.regs.command_read.val()
            || self.regs.command_stop.val();
        self.wanted.next =
            self.bare.val() || self.regs.command_start.val() || self.regs.command_recover.val();
        self.regs.rejected_set.next = false;
        if self.wanted.val() {
            if (self.state.q.val() != WireState::Idle)
                || (!(self.active.q.val()
                    || self.regs.command_start.val()
                    || self.regs.command_recover.val()))
            {
                self.regs.rejected_set.next = true;
            } else {
                self.phase.d.next = 0.into();
                self.left.d.next = self.quarter.val();
                self.stretched.d.next = 0.into();
                self.shift.d.next = self.regs.command_data.val();
                self.bits.d.next = 9.into();
                self.has_byte.d.next =
                    self.regs.command_write.val() || self.regs.command_read.val();
                self.reading.d.next =
                    self.regs.command_read.val() && (!self.regs.command_write.val());
                self.last.d.next = self.regs.command_last.val();
                self.stopping.d.next = self.regs.command_stop.val();
                self.recovering.d.next = self.regs.command_recover.val();
                self.state.d.next = WireState::Stop;
                if self.regs.command_write.val() || self.regs.command_read.val() {
                    self.state.d.next = WireState::Bit;
                }
                if self.regs.command_start.val() {
                    self.state.d.next = WireState::Start;
                }
                if self.regs.command_recover.val() {
                    self.state.d.next = WireState::Bit;
                }
            }
        }

        // Time: a phase is over after a quarter; phase 1 waits for the clock line first.
        self.turn.next = false;
        self.late.next = false;
        if self.state.q.val() != WireState::Idle {
            if (self.phase.q.val() == 1) && (!self.scl_level.q.val()) {
                self.stretched.d.next = self.stretched.q.val() + 1;
                self.late.next = self.stretched.q.val() >= self.regs.stretch_limit.val();
            } else if self.left.q.val() <= 1 {
                self.turn.next = true;
                self.left.d.next = self.quarter.val();
                self.phase.d.next = self.phase.q.val() + 1;
            } else {
                self.left.d.next = self.left.q.val() - 1;
            }
        }

        // Levels of each phase, and what its end means.
        self.acknowledging.next = self.bits.q.val() == 1;
        self.lost.next = false;
        self.ended.next = false;
        self.regs.nack_set.next = false;
        match self.state.q.val() {
            WireState::Start => {
                // from an idle bus or from a held clock; then data falls while the clock is high
                if self.phase.q.val() == 0 {
                    self.pull_sda.d.next = false;
                }
                if self.phase.q.val() == 1 {
                    self.pull_scl.d.next = false;
                    self.lost.next = self.turn.val() && (!self.sda_level.q.val());
                }
                if self.phase.q.val() == 2 {
                    self.pull_sda.d.next = true;
                }
                if self.phase.q.val() == 3 {
                    self.pull_scl.d.next = true;
                    self.active.d.next = true;
                    if self.turn.val() {
                        if self.has_byte.q.val() {
                            self.state.d.next = WireState::Bit;
                        } else if self.stopping.q.val() {
                            self.state.d.next = WireState::Stop;
                        } else {
                            self.ended.next = true;
                        }
                    }
                }
            }
            WireState::Bit => {
                if self.phase.q.val() == 0 {
                    self.pull_scl.d.next = true;
                    self.pull_sda.d.next = false;
                    if self.acknowledging.val() {
                        self.pull_sda.d.next = self.reading.q.val() && (!self.last.q.val());
                    } else if !self.reading.q.val() {
                        self.pull_sda.d.next = !self.shift.q.val().get_bit(7);
                    }
                    if self.recovering.q.val() {
                        self.pull_sda.d.next = false;
                    }
                }
                if self.phase.q.val() == 1 {
                    self.pull_scl.d.next = false;
                    self.sampled.d.next = self.sda_level.q.val();
                    self.lost.next = self.turn.val()
                        && (!(self.reading.q.val()
                            || self.recovering.q.val()
                            || self.acknowledging.val()
                            || self.pull_sda.q.val()
                            || self.sda_level.q.val()));
                }
                if self.phase.q.val() == 3 {
                    self.pull_scl.d.next = true;
                }
                if (self.phase.q.val() == 3) && self.turn.val() {
                    self.bits.d.next = self.bits.q.val() - 1;
                    if !self.acknowledging.val() {
                        self.shift.d.next = (self.shift.q.val() << 1)
                            | bit_cast::<8, 1>(self.sampled.q.val().into());
                    } else if !(self.reading.q.val() || self.recovering.q.val()) {
                        self.ack.d.next = !self.sampled.q.val();
                        self.regs.nack_set.next = self.sampled.q.val();
                    }
                    if self.recovering.q.val() && (self.sampled.q.val() || self.acknowledging.val())
                    {
                        self.state.d.next = WireState::Stop;
                    } else if self.acknowledging.val() {
                        if self.stopping.q.val() {
                            self.state.d.next = WireState::Stop;
                        } else {
                            self.ended.next = true;
                        }
                    }
                }
            }
            WireState::Stop => {
                if self.phase.q.val() == 0 {
                    self.pull_scl.d.next = true;
                    self.pull_sda.d.next = true;
                }
                if self.phase.q.val() == 1 {
                    self.pull_scl.d.next = false;
                }
                if self.phase.q.val() == 2 {
                    self.pull_sda.d.next = false;
                }
                if (self.phase.q.val() == 3) && self.turn.val() {
                    self.active.d.next = false;
                    self.lost.next = !self.sda_level.q.val();
                    self.ended.next = true;
                }
            }
            WireState::Idle => {}
        }
        if self.lost.val() || self.late.val() {
            self.ended.next = true;
            self.active.d.next = false;
            self.pull_scl.d.next = false;
            self.pull_sda.d.next = false;
        }
        if self.ended.val() {
            self.state.d.next = WireState::Idle;
        }
        self.regs.done_set.next = self.ended.val();
        self.regs.arbitration_lost_set.next = self.lost.val();
        self.regs.timeout_set.next = self.late.val();
        self.regs.status_busy.next = self.state.q.val() != WireState::Idle;
        self.regs.status_active.next = self.active.q.val();
        self.regs.result_data.next = self.shift.q.val();
        self.regs.result_ack.next = self.ack.q.val();

        // Hot plug: a new level counts when it stayed for DEBOUNCE clocks.
        self.hotplug_sync.level_async.next = self.hotplug.val();
        self.regs.hotplug_set.next = false;
        self.plug_count.d.next = 0.into();
        if self.hotplug_sync.level.val() != self.plug.q.val() {
            self.plug_count.d.next = self.plug_count.q.val() + 1;
            if self.plug_count.q.val() >= self.regs.debounce.val() {
                self.plug.d.next = self.hotplug_sync.level.val();
                self.plug_count.d.next = 0.into();
                self.regs.hotplug_set.next = true;
            }
        }
        self.regs.status_hotplug.next = self.plug.q.val();
        self.regs.status_hotplug_raw.next = self.hotplug_sync.level.val();

        if self.reset.val() {
            self.state.d.next = WireState::Idle;
            self.active.d.next = false;
            self.ack.d.next = false;
            self.shift.d.next = 0.into();
            self.pull_scl.d.next = false;
            self.pull_sda.d.next = false;
            self.plug.d.next = self.hotplug_sync.level.val();
            self.plug_count.d.next = 0.into();
        }
    }
}
