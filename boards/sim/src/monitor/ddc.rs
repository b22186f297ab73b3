//! The monitor's end of the cable: DDC lines with pull-ups, an EDID behind them, and hot plug.
//!
//! Context: host side of the simulation. The board tells the card's pulls when they change, and gets levels back for the card's
//! pins; between changes this costs nothing. The lines are wired-and: low when anybody pulls. What a monitor answers on them is
//! [`EdidTarget`], which knows nothing of the card's master.

use std::collections::VecDeque;

use lumenport_hal::fake::{BusFlaws, EdidTarget};

use super::edid;

/// What hangs on the cable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonitorConfig {
    /// The EDID, whole blocks; what is beyond its end reads as ones.
    pub edid: Vec<u8>,
    /// What is wrong with the monitor's end of the bus.
    pub flaws: BusFlaws,
    /// How often the hot-plug contact opens again after it first closed, or closes after it first opened.
    pub bounces: u32,
    /// Time between two moves of a bouncing contact. Units: ns.
    pub bounce_ns: u64,
}

impl Default for MonitorConfig {
    /// The simulated monitor without flaws: [`edid::simulated`].
    fn default() -> Self {
        Self::with_edid(edid::simulated())
    }
}

impl MonitorConfig {
    /// A monitor with this EDID and no flaws.
    pub fn with_edid(edid: Vec<u8>) -> Self {
        Self {
            edid,
            flaws: BusFlaws::default(),
            bounces: 0,
            bounce_ns: 0,
        }
    }
}

/// Levels on the card's pins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CableLevels {
    /// DDC clock.
    pub scl: bool,
    /// DDC data.
    pub sda: bool,
    /// Hot plug.
    pub hotplug: bool,
}

/// The cable, with or without a monitor at its far end.
#[derive(Clone, Debug, Default)]
pub struct Cable {
    target: Option<EdidTarget>,
    scl_low: bool,
    sda_low: bool,
    hotplug: bool,
    /// Moves of the hot-plug contact to come: time and level.
    contact: VecDeque<(u64, bool)>,
    bounces: u32,
    bounce_ns: u64,
}

impl Cable {
    /// Levels as they are now.
    pub fn levels(&self) -> CableLevels {
        let pulls = self.target.as_ref().map_or((false, false), |target| {
            (target.pulls_scl(), target.pulls_sda())
        });
        CableLevels {
            scl: !(self.scl_low || pulls.0),
            sda: !(self.sda_low || pulls.1),
            hotplug: self.hotplug,
        }
    }

    /// Plugs a monitor in.
    pub fn plug(&mut self, now_ns: u64, config: &MonitorConfig) {
        self.target = Some(EdidTarget::new(&config.edid, config.flaws));
        (self.bounces, self.bounce_ns) = (config.bounces, config.bounce_ns);
        self.move_contact(now_ns, true);
        self.advance(now_ns);
    }

    /// Pulls the monitor out; its contact bounces as it did when it was plugged in.
    pub fn unplug(&mut self, now_ns: u64) {
        self.target = None;
        self.move_contact(now_ns, false);
        self.advance(now_ns);
    }

    fn move_contact(&mut self, now_ns: u64, level: bool) {
        self.contact.clear();
        for bounce in 0..u64::from(self.bounces) {
            let at_ns = now_ns + 2 * bounce * self.bounce_ns;
            self.contact.push_back((at_ns, level));
            self.contact.push_back((at_ns + self.bounce_ns, !level));
        }
        let end_ns = now_ns + 2 * u64::from(self.bounces) * self.bounce_ns;
        self.contact.push_back((end_ns, level));
    }

    /// Tells what the card pulls low.
    pub fn set_pulls(&mut self, now_ns: u64, scl_low: bool, sda_low: bool) {
        (self.scl_low, self.sda_low) = (scl_low, sda_low);
        self.advance(now_ns);
    }

    /// Tells the time, and lets the monitor act on it.
    pub fn advance(&mut self, now_ns: u64) {
        while let Some((_, level)) = self.contact.pop_front_if(|(at_ns, _)| *at_ns <= now_ns) {
            self.hotplug = level;
        }
        if let Some(target) = &mut self.target {
            target.set_time_ns(now_ns);
        }
        // The monitor sees its own pull too; it answers to a clock edge with at most one change of data.
        for _ in 0..3 {
            let CableLevels { scl, sda, .. } = self.levels();
            if let Some(target) = &mut self.target {
                target.set_lines(scl, sda);
            }
        }
    }

    /// The next moment at which something changes without the card.
    pub fn next_event_ns(&self) -> Option<u64> {
        let target = self.target.as_ref().and_then(EdidTarget::next_event_ns);
        let contact = self.contact.front().map(|(at_ns, _)| *at_ns);
        [target, contact].into_iter().flatten().min()
    }

    /// Bytes of the EDID that went over the cable.
    pub fn edid_bytes_sent(&self) -> u64 {
        self.target.as_ref().map_or(0, EdidTarget::bytes_sent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_high_without_anybody_and_low_with_one_puller() {
        let mut cable = Cable::default();
        let idle = CableLevels {
            scl: true,
            sda: true,
            hotplug: false,
        };
        assert_eq!(cable.levels(), idle);
        cable.set_pulls(10, true, false);
        assert_eq!(cable.levels(), CableLevels { scl: false, ..idle });
        cable.set_pulls(20, false, true);
        assert_eq!(cable.levels(), CableLevels { sda: false, ..idle });
        assert_eq!(cable.next_event_ns(), None);
    }

    #[test]
    fn contact_bounces_as_often_as_told() {
        let mut cable = Cable::default();
        let config = MonitorConfig {
            bounces: 2,
            bounce_ns: 100,
            ..MonitorConfig::default()
        };
        cable.plug(1000, &config);
        let mut moves = vec![(1000, cable.levels().hotplug)];
        while let Some(at_ns) = cable.next_event_ns() {
            cable.advance(at_ns);
            moves.push((at_ns, cable.levels().hotplug));
        }
        let expected = [
            (1000, true),
            (1100, false),
            (1200, true),
            (1300, false),
            (1400, true),
        ];
        assert_eq!(moves, expected);
        cable.unplug(5000);
        assert!(!cable.levels().hotplug);
        cable.advance(5100);
        assert!(cable.levels().hotplug);
        cable.advance(9999);
        assert!(!cable.levels().hotplug);
        assert_eq!(cable.next_event_ns(), None);
    }

    #[test]
    fn monitor_that_holds_the_clock_lets_go_at_its_time() {
        let mut config = MonitorConfig::default();
        config.flaws.stretch_ns = 5_000;
        let mut cable = Cable::default();
        cable.plug(0, &config);
        // start, then the address by hand
        cable.set_pulls(100, false, true);
        let mut now_ns = 100;
        for shift in (0..8).rev() {
            let low = 0xA0_u8 >> shift & 1 == 0;
            cable.set_pulls(now_ns + 1, true, low);
            cable.set_pulls(now_ns + 2, false, low);
            now_ns += 10;
        }
        cable.set_pulls(now_ns, true, false);
        assert_eq!(cable.next_event_ns(), Some(now_ns + 5_000));
        cable.set_pulls(now_ns + 1, false, false);
        assert!(
            !cable.levels().scl && !cable.levels().sda,
            "held, acknowledged"
        );
        cable.advance(now_ns + 5_000);
        assert!(cable.levels().scl);
        assert_eq!(cable.next_event_ns(), None);
    }
}
