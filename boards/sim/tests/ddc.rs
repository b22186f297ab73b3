//! The monitor's EDID over the whole card: registers by TLPs, the master's waveform on the pins, the monitor's answer.
//!
//! On the verilated engine, and once on both engines in step; without its tools these tests print a SKIP line, with `LUMENPORT_REQUIRE_TOOLS=1` they fail.

use std::cell::RefCell;

use embedded_hal::delay::DelayNs;
use lumenport_hal::addr::KiloHertz;
use lumenport_hal::bus::Bus;
use lumenport_hal::ddc::{
    Ddc, DdcError, DdcI2c, EdidRead, Events, Lines, ReadPolicy, STANDARD_RATE,
};
use lumenport_hal::fake::BusFlaws;
use lumenport_sim::engine::{EngineChoice, EngineError};
use lumenport_sim::machine::{CARD_SLOT, SimMachine};
use lumenport_sim::monitor::{MonitorConfig, edid};
use lumenport_sim::{BoardConfig, BoardError};
use lumenport_videoport::Platform;

/// Where the register BAR is put.
const REGISTERS: u32 = 0xE100_0000;
const SYS: KiloHertz = KiloHertz::new(62_500);
const FAST: KiloHertz = KiloHertz::new(2_000);

struct Pc(RefCell<SimMachine>);

impl Bus for &Pc {
    fn read32(&self, offset: u32) -> u32 {
        let machine = self.0.borrow();
        let answer = machine.board().bus_read(u64::from(REGISTERS + offset), 4);
        answer.map_or(u32::MAX, |bytes| {
            u32::from_le_bytes(bytes.try_into().expect("four bytes"))
        })
    }

    fn write32(&self, offset: u32, value: u32) {
        self.0
            .borrow()
            .board()
            .bus_write(u64::from(REGISTERS + offset), &value.to_le_bytes());
    }

    fn barrier(&self) {}
}

impl DelayNs for &Pc {
    fn delay_ns(&mut self, ns: u32) {
        self.0.borrow().stall_ns(u64::from(ns));
    }
}

/// A PC with this monitor on its card; `None` where the tools are missing.
fn pc(monitor: Option<MonitorConfig>) -> Option<Pc> {
    pc_on(EngineChoice::Verilated, monitor)
}

fn pc_on(choice: EngineChoice, monitor: Option<MonitorConfig>) -> Option<Pc> {
    let mut config = BoardConfig {
        monitor,
        ..BoardConfig::default()
    };
    config.engine.choice = choice;
    let machine = match SimMachine::new(&config) {
        Ok(machine) => machine,
        Err(BoardError::Engine(error @ EngineError::MissingTool { .. }))
            if std::env::var("LUMENPORT_REQUIRE_TOOLS").as_deref() != Ok("1") =>
        {
            eprintln!("SKIP ddc on the verilated engine: {error}");
            return None;
        }
        Err(error) => panic!("{error}"),
    };
    machine.config_write(CARD_SLOT, 0x18, REGISTERS);
    machine.config_write(CARD_SLOT, 0x04, 2);
    Some(Pc(RefCell::new(machine)))
}

fn read(pc: &Pc, rate: KiloHertz) -> (Result<EdidRead, DdcError>, Vec<u8>) {
    let mut bytes = vec![0; 512];
    let outcome = DdcI2c::new(pc, pc, SYS, rate).read_edid(&mut bytes, ReadPolicy::default());
    bytes.truncate(outcome.map_or(0, |read| read.length));
    (outcome, bytes)
}

#[test]
fn edid_through_registers_is_the_monitors() {
    let Some(pc) = pc(Some(MonitorConfig::default())) else {
        return;
    };
    assert_eq!(Ddc::new(&pc).is_connected(), Some(true));
    let before = pc.0.borrow().now_ns();
    let (outcome, bytes) = read(&pc, STANDARD_RATE);
    assert_eq!(
        outcome,
        Ok(EdidRead {
            length: 256,
            retries: 0,
            bad_blocks: 0
        })
    );
    assert_eq!(bytes, edid::simulated());
    // 262 bytes of 9 bits at 10 us or a little more, and what the host takes between bytes
    let bits = (pc.0.borrow().now_ns() - before) / 10_000;
    assert!((262 * 9..2 * 262 * 9).contains(&bits), "{bits} bit times");
}

#[test]
fn flawed_monitors_are_borne_or_told() {
    let with = |flaws| MonitorConfig {
        flaws,
        ..MonitorConfig::default()
    };
    let none = BusFlaws::default();
    let cases = [
        (BusFlaws { deaf: 2, ..none }, Ok(2)),
        (BusFlaws { garbled: 1, ..none }, Ok(1)),
        (
            BusFlaws {
                stretch_ns: 20_000,
                ..none
            },
            Ok(0),
        ),
        (
            BusFlaws {
                holds_data: 5,
                ..none
            },
            Ok(1),
        ),
        (
            BusFlaws {
                holds_data: u32::MAX,
                ..none
            },
            Err(DdcError::ArbitrationLost),
        ),
        (
            BusFlaws {
                deaf: u32::MAX,
                ..none
            },
            Err(DdcError::NoAddress),
        ),
        (
            BusFlaws {
                stretch_ns: u64::MAX,
                ..none
            },
            Err(DdcError::Stretched),
        ),
    ];
    for (flaws, expected) in cases {
        let Some(pc) = pc(Some(with(flaws))) else {
            return;
        };
        let bus = &pc;
        Ddc::new(&bus).set_stretch_limit_clocks(62_500);
        let (outcome, bytes) = read(&pc, FAST);
        assert_eq!(outcome.map(|read| read.retries), expected, "{flaws:?}");
        if expected.is_ok() {
            assert_eq!(bytes, edid::simulated(), "{flaws:?}");
        }
    }
}

#[test]
fn bouncing_hot_plug_counts_once() {
    let Some(pc) = pc(None) else { return };
    let bus = &pc;
    let ddc = Ddc::new(&bus);
    ddc.set_debounce_clocks(1_000);
    assert_eq!(ddc.is_connected(), Some(false));
    let config = MonitorConfig {
        bounces: 5,
        bounce_ns: 3_000,
        ..MonitorConfig::default()
    };
    pc.0.borrow().board().plug_monitor(&config);
    pc.0.borrow().stall_ns(30_000);
    assert_eq!(ddc.events(), Some(Events::default()), "still bouncing");
    pc.0.borrow().stall_ns(20_000);
    assert_eq!(
        (ddc.is_connected(), ddc.events()),
        (Some(true), Some(Events::HOTPLUG))
    );
    ddc.clear(Events::HOTPLUG);
    pc.0.borrow().stall_ns(50_000);
    assert_eq!(ddc.events(), Some(Events::default()));
    pc.0.borrow().board().unplug_monitor();
    pc.0.borrow().stall_ns(60_000);
    assert_eq!(
        (ddc.is_connected(), ddc.events()),
        (Some(false), Some(Events::HOTPLUG))
    );
}

#[test]
fn engines_agree_through_a_read_bare_lines_and_hot_plug() {
    let mut monitor = MonitorConfig::default();
    monitor.flaws.stretch_ns = 1_000;
    monitor.flaws.holds_data = 3;
    let Some(pc) = pc_on(EngineChoice::Lockstep, Some(monitor.clone())) else {
        return;
    };
    let bus = &pc;
    let check = || {
        if let Some(difference) = pc.0.borrow().board().failure() {
            panic!("{difference}");
        }
    };
    let mut base = [0; 128];
    let outcome = DdcI2c::new(bus, bus, SYS, FAST).read_edid(&mut base, ReadPolicy::default());
    check();
    assert_eq!(outcome.map(|read| read.retries), Ok(1), "the held line");
    assert_eq!(base, edid::simulated()[..128]);

    let ddc = Ddc::new(bus);
    for (scl, sda) in [(true, false), (false, false), (false, true), (true, true)] {
        ddc.set_lines(Lines { scl, sda });
        pc.0.borrow().stall_ns(1_000);
        assert_eq!(ddc.lines(), Lines { scl, sda });
    }
    ddc.set_debounce_clocks(500);
    ddc.enable_interrupts(Events::HOTPLUG);
    pc.0.borrow().board().unplug_monitor();
    pc.0.borrow().stall_ns(12_000);
    monitor.bounces = 2;
    monitor.bounce_ns = 3_000;
    pc.0.borrow().board().plug_monitor(&monitor);
    pc.0.borrow().stall_ns(30_000);
    check();
    assert_eq!(
        (
            ddc.is_connected(),
            ddc.events().map(|events| events.hotplug)
        ),
        (Some(true), Some(true))
    );
    check();
}
