//! The fake card's DDC block: commands become waveforms for the monitor's end of the bus, in virtual time.

use lumenport_regmap::blocks::ddc;

use super::edid_target::{BusFlaws, EdidTarget};
use super::registers::{SYS_NS, State};

/// What the wire is doing, and the monitor on it.
#[derive(Debug)]
pub(super) struct Wire {
    target: Option<EdidTarget>,
    scl_low: bool,
    sda_low: bool,
    lines_low: (bool, bool),
    /// When the running command ends, and how.
    running: Option<(u64, ddc::IntrState, ddc::Reply)>,
    reply: ddc::Reply,
    active: bool,
    plugged: bool,
    debounced: bool,
    plug_since_ns: u64,
}

impl Default for Wire {
    fn default() -> Self {
        Self {
            target: None,
            scl_low: false,
            sda_low: false,
            lines_low: (false, false),
            running: None,
            reply: ddc::Reply::new(),
            active: false,
            plugged: false,
            debounced: false,
            plug_since_ns: 0,
        }
    }
}

/// One command while it is worked off.
struct Run<'a> {
    wire: &'a mut Wire,
    now_ns: u64,
    quarter_ns: u64,
    stretch_left_ns: u64,
    failed: Option<ddc::IntrState>,
}

impl Wire {
    /// As after a reset of the card; the monitor stays.
    pub fn reset(&mut self) {
        let target = self.target.take();
        let plugged = self.plugged;
        *self = Self {
            target,
            plugged,
            debounced: plugged,
            ..Self::default()
        };
        self.settle();
    }

    fn levels(&self) -> (bool, bool) {
        let pulls = self.target.as_ref().map_or((false, false), |target| {
            (target.pulls_scl(), target.pulls_sda())
        });
        (
            !(self.scl_low || self.lines_low.0 || pulls.0),
            !(self.sda_low || self.lines_low.1 || pulls.1),
        )
    }

    /// Lets the monitor see the lines until nothing changes any more.
    fn settle(&mut self) {
        for _ in 0..4 {
            let (scl, sda) = self.levels();
            let Some(target) = &mut self.target else {
                return;
            };
            target.set_lines(scl, sda);
        }
    }

    fn set_time(&mut self, now_ns: u64) {
        if let Some(target) = &mut self.target {
            target.set_time_ns(now_ns);
        }
        self.settle();
    }
}

impl Run<'_> {
    fn pass(&mut self, ns: u64) {
        self.now_ns = self.now_ns.saturating_add(ns);
        self.wire.set_time(self.now_ns);
    }

    fn drive(&mut self, scl_low: bool, sda_low: bool) {
        // clock first when it falls, data first when the clock rises
        if scl_low {
            self.wire.scl_low = true;
            self.wire.settle();
        }
        self.wire.sda_low = sda_low;
        self.wire.settle();
        self.wire.scl_low = scl_low;
        self.wire.settle();
    }

    fn fail(&mut self, bit: lumenport_regmap::Field<ddc::IntrState>) {
        self.failed = self
            .failed
            .or(Some(ddc::IntrState::new().with_flag(bit, true)));
        self.drive(false, false);
        self.wire.active = false;
    }

    /// Releases the clock, waits for it, stays for a quarter; false when the command is over.
    fn raise(&mut self) -> bool {
        self.drive(false, self.wire.sda_low);
        while !self.wire.levels().0 {
            let event = self
                .wire
                .target
                .as_ref()
                .and_then(EdidTarget::next_event_ns);
            let wait = event.map_or(u64::MAX, |at| at.saturating_sub(self.now_ns));
            if wait > self.stretch_left_ns {
                self.pass(self.stretch_left_ns);
                self.fail(ddc::IntrState::TIMEOUT);
                return false;
            }
            self.stretch_left_ns -= wait;
            self.pass(wait);
        }
        self.pass(self.quarter_ns);
        true
    }

    fn start(&mut self) -> bool {
        self.drive(self.wire.scl_low, false);
        self.pass(self.quarter_ns);
        if !self.raise() {
            return false;
        }
        if !self.wire.levels().1 {
            self.fail(ddc::IntrState::ARBITRATION_LOST);
            return false;
        }
        self.drive(false, true);
        self.pass(self.quarter_ns);
        self.drive(true, true);
        self.pass(self.quarter_ns);
        self.wire.active = true;
        true
    }

    /// One clock with the data line released or not; the level seen. `None` when the command is over.
    fn bit(&mut self, high: bool, arbitrate: bool) -> Option<bool> {
        self.drive(true, !high);
        self.pass(self.quarter_ns);
        if !self.raise() {
            return None;
        }
        let seen = self.wire.levels().1;
        if arbitrate && high && !seen {
            self.fail(ddc::IntrState::ARBITRATION_LOST);
            return None;
        }
        self.pass(self.quarter_ns);
        self.drive(true, !high);
        self.pass(self.quarter_ns);
        Some(seen)
    }

    fn stop(&mut self) -> bool {
        self.drive(true, true);
        self.pass(self.quarter_ns);
        if !self.raise() {
            return false;
        }
        self.drive(false, false);
        self.pass(2 * self.quarter_ns);
        self.wire.active = false;
        let free = self.wire.levels().1;
        if !free {
            self.fail(ddc::IntrState::ARBITRATION_LOST);
        }
        free
    }

    fn byte(&mut self, command: ddc::Command, reply: &mut ddc::Reply) -> Option<bool> {
        let write = command.is_set(ddc::Command::WRITE);
        let data = command.get(ddc::Command::DATA);
        let mut read = 0;
        for shift in (0..8).rev() {
            let bit = !write || data >> shift & 1 != 0;
            read = read << 1 | u32::from(self.bit(bit, write)?);
        }
        let seen = self.bit(write || command.is_set(ddc::Command::LAST), false)?;
        *reply = reply.with(ddc::Reply::DATA, read);
        if write {
            *reply = reply.with_flag(ddc::Reply::ACK, !seen);
        }
        Some(!write || !seen)
    }

    fn recover(&mut self) {
        for _ in 0..9 {
            match self.bit(true, false) {
                Some(false) => {}
                Some(true) => break,
                None => return,
            }
        }
        self.stop();
    }

    fn command(&mut self, command: ddc::Command, reply: &mut ddc::Reply) -> ddc::IntrState {
        let mut events = ddc::IntrState::new();
        if command.is_set(ddc::Command::RECOVER) {
            self.recover();
        } else {
            let started = !command.is_set(ddc::Command::START) || self.start();
            let has_byte =
                command.is_set(ddc::Command::WRITE) || command.is_set(ddc::Command::READ);
            if started && has_byte {
                events = events.with_flag(
                    ddc::IntrState::NACK,
                    self.byte(command, reply) == Some(false),
                );
            }
            if self.failed.is_none() && command.is_set(ddc::Command::STOP) {
                self.stop();
            }
        }
        let failed = self.failed.map_or(0, ddc::IntrState::bits);
        ddc::IntrState::from_bits(events.bits() | failed).with_flag(ddc::IntrState::DONE, true)
    }
}

impl State {
    pub(super) fn ddc_command(&mut self, command: ddc::Command) {
        let wants = command.bits()
            & !ddc::Command::DATA.mask()
            & !(ddc::Command::new().with_flag(ddc::Command::LAST, true)).bits();
        if wants == 0 {
            return;
        }
        let begins = command.is_set(ddc::Command::START) || command.is_set(ddc::Command::RECOVER);
        if self.wire.running.is_some() || !(self.wire.active || begins) {
            self.raise(ddc::IntrState::new().with_flag(ddc::IntrState::REJECTED, true));
            return;
        }
        let quarter = self
            .stored::<ddc::Quarter>()
            .get(ddc::Quarter::VALUE)
            .max(4);
        let stretch = self.stored::<ddc::StretchLimit>().bits();
        let mut reply = self.wire.reply;
        let mut run = Run {
            now_ns: self.now_ns,
            quarter_ns: u64::from(quarter) * SYS_NS,
            stretch_left_ns: u64::from(stretch) * SYS_NS,
            failed: None,
            wire: &mut self.wire,
        };
        let events = run.command(command, &mut reply);
        let end_ns = run.now_ns;
        self.wire.running = Some((end_ns, events, reply));
    }

    /// Software drives the lines itself.
    pub(super) fn ddc_lines_written(&mut self) {
        let lines: ddc::Lines = self.stored();
        self.wire.lines_low = (
            lines.is_set(ddc::Lines::SCL_LOW),
            lines.is_set(ddc::Lines::SDA_LOW),
        );
        self.wire.settle();
    }

    pub(super) fn ddc_computed(&self, offset: u32) -> Option<u32> {
        let (scl, sda) = self.wire.levels();
        Some(match offset {
            ddc::Status::OFFSET => ddc::Status::new()
                .with_flag(ddc::Status::BUSY, self.wire.running.is_some())
                .with_flag(ddc::Status::ACTIVE, self.wire.active)
                .with_flag(ddc::Status::HOTPLUG, self.wire.debounced)
                .with_flag(ddc::Status::HOTPLUG_RAW, self.wire.plugged)
                .bits(),
            ddc::Reply::OFFSET => self.wire.reply.bits(),
            ddc::Lines::OFFSET => self
                .stored::<ddc::Lines>()
                .with_flag(ddc::Lines::SCL, scl)
                .with_flag(ddc::Lines::SDA, sda)
                .bits(),
            _ => return None,
        })
    }

    /// Moves the block to `until`.
    pub(super) fn run_ddc(&mut self, until: u64) {
        match self.wire.running {
            Some((end_ns, events, reply)) if end_ns <= until => {
                self.wire.running = None;
                self.wire.reply = reply;
                self.raise(events);
            }
            // The waveform was worked off in advance; the monitor's clock stands at its end.
            Some(_) => {}
            None => self.wire.set_time(until),
        }
        let debounce_ns = u64::from(self.stored::<ddc::Debounce>().bits()) * SYS_NS;
        if self.wire.plugged != self.wire.debounced
            && until >= self.wire.plug_since_ns.saturating_add(debounce_ns)
        {
            self.wire.debounced = self.wire.plugged;
            self.raise(ddc::IntrState::new().with_flag(ddc::IntrState::HOTPLUG, true));
        }
    }

    /// Connects a monitor, or pulls it out.
    pub(super) fn set_monitor(&mut self, edid: Option<(&[u8], BusFlaws)>) {
        self.wire.target = edid.map(|(edid, flaws)| EdidTarget::new(edid, flaws));
        let plugged = self.wire.target.is_some();
        if plugged != self.wire.plugged {
            self.wire.plug_since_ns = self.now_ns;
        }
        self.wire.plugged = plugged;
        self.wire.set_time(self.now_ns);
    }
}
