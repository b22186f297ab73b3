//! Every flow passes on the fake target; and boards with a planted fault make flows fail, with a usable sentence.

use std::cell::Cell;

use lumenport_flows::{
    Board, FakeBoard, FakeTarget, Fault, FlowResult, HostUsage, MonitorSetup, NotSupported,
    Outcome, Picture, Setup, Target, run_all, to_json, with_driver,
};
use lumenport_hal::reg::RegisterBus;
use lumenport_hal::regmap::blocks::{crtc, irq};
use lumenport_videoport::PciSlot;
use lumenport_videoport::testing::TestMachine;

#[test]
fn every_flow_passes_on_the_fake_target() {
    let results = run_all(
        &FakeTarget::default(),
        |_| true,
        |result| {
            println!(
                "{:22} {:?} {:.3} s {}",
                result.flow, result.outcome, result.seconds, result.reason
            );
        },
    );
    let json: serde_json::Value = serde_json::from_str(&to_json(&results)).unwrap();
    assert_eq!(json.as_array().map(Vec::len), Some(results.len()));
    let bad: Vec<_> = results
        .iter()
        .filter(|result| result.outcome != Outcome::Passed)
        .collect();
    assert!(bad.is_empty(), "{bad:#?}");
}

/// What is wrong with a board.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Planted {
    WrongPixel,
    NoSignal,
    PanickingMonitor,
    GrowingMemory,
    Violation,
    NoFaults,
}

struct Bad(Planted);

struct BadBoard {
    inner: FakeBoard,
    planted: Planted,
    asked: Cell<usize>,
}

impl Target for Bad {
    type Board = BadBoard;

    fn name(&self) -> &'static str {
        "bad"
    }

    fn board(&self, setup: &Setup) -> Result<BadBoard, NotSupported> {
        let inner = FakeTarget::default().board(setup)?;
        Ok(BadBoard {
            inner,
            planted: self.0,
            asked: Cell::new(0),
        })
    }
}

impl Board for BadBoard {
    type Platform = TestMachine;

    fn platform(&self) -> &TestMachine {
        self.inner.platform()
    }

    fn slot(&self) -> PciSlot {
        self.inner.slot()
    }

    fn capture(&self) -> Result<Picture, String> {
        let mut picture = self.inner.capture()?;
        match self.planted {
            Planted::WrongPixel => picture.rgb[3 * (2 * picture.width_px as usize + 5) + 1] ^= 1,
            Planted::NoSignal => return Err("no signal".to_owned()),
            Planted::PanickingMonitor => panic!("the decoder fell over"),
            _ => {}
        }
        Ok(picture)
    }

    fn inject(&self, fault: Fault) -> Result<(), NotSupported> {
        if self.planted == Planted::NoFaults {
            return Err(NotSupported(format!("{fault:?}")));
        }
        self.inner.inject(fault)
    }

    fn plug_monitor(&self, monitor: Option<&MonitorSetup>) -> Result<(), NotSupported> {
        self.inner.plug_monitor(monitor)
    }

    fn host_usage(&self) -> Option<HostUsage> {
        let mut usage = self.inner.host_usage()?;
        if self.planted == Planted::GrowingMemory {
            self.asked.set(self.asked.get() + 1);
            usage.pages += self.asked.get();
        }
        Some(usage)
    }

    fn violations(&self) -> Vec<String> {
        if self.planted == Planted::Violation {
            vec!["a read crossed 4 KiB".to_owned()]
        } else {
            Vec::new()
        }
    }
}

fn run(planted: Planted, flow: &str) -> FlowResult {
    let mut results = run_all(&Bad(planted), |name| name == flow, |_| {});
    assert_eq!(results.len(), 1, "there is one flow called {flow}");
    results.remove(0)
}

#[test]
fn one_wrong_pixel_fails_and_is_named() {
    let result = run(Planted::WrongPixel, "rectangle");
    assert_eq!(result.outcome, Outcome::Failed);
    assert!(
        result
            .reason
            .starts_with("1 pixels differ, first at (5, 2)"),
        "{}",
        result.reason
    );
}

#[test]
fn dark_and_broken_monitors_fail() {
    assert_eq!(
        run(Planted::NoSignal, "mode_set").reason,
        "640x480: monitor: no signal"
    );
    let panicked = run(Planted::PanickingMonitor, "page_flip");
    assert_eq!(
        (panicked.outcome, panicked.reason.as_str()),
        (Outcome::Failed, "panicked: the decoder fell over")
    );
}

#[test]
fn leaks_and_violations_fail_a_flow_that_did_its_work() {
    let leak = run(Planted::GrowingMemory, "identity");
    assert_eq!(leak.outcome, Outcome::Failed);
    assert!(
        leak.reason.starts_with("host memory after removal"),
        "{}",
        leak.reason
    );
    let violation = run(Planted::Violation, "packet_dma");
    assert_eq!(
        violation.reason,
        "the board saw a violation: a read crossed 4 KiB"
    );
}

#[test]
fn missing_knobs_skip_visibly_and_never_pass() {
    for flow in [
        "host_refuses",
        "host_silent",
        "hot_unplug",
        "underrun",
        "semaphore",
    ] {
        let result = run(Planted::NoFaults, flow);
        assert_eq!(result.outcome, Outcome::Skipped, "{flow}");
        assert!(
            result.reason.starts_with("not supported on this target: "),
            "{}",
            result.reason
        );
    }
}

/// A board with a bench at which nobody sits.
struct Unseen;

struct UnseenBoard(FakeBoard);

impl Target for Unseen {
    type Board = UnseenBoard;

    fn name(&self) -> &'static str {
        "unseen"
    }

    fn board(&self, setup: &Setup) -> Result<UnseenBoard, NotSupported> {
        FakeTarget::default().board(setup).map(UnseenBoard)
    }
}

impl Board for UnseenBoard {
    type Platform = TestMachine;

    fn platform(&self) -> &TestMachine {
        self.0.platform()
    }

    fn slot(&self) -> PciSlot {
        self.0.slot()
    }

    fn sees_monitor(&self) -> Result<(), NotSupported> {
        Err(NotSupported("nobody looks".to_owned()))
    }

    fn capture(&self) -> Result<Picture, String> {
        self.0.capture()
    }

    fn inject(&self, fault: Fault) -> Result<(), NotSupported> {
        self.0.inject(fault)
    }

    fn plug_monitor(&self, monitor: Option<&MonitorSetup>) -> Result<(), NotSupported> {
        self.0.plug_monitor(monitor)
    }

    fn host_usage(&self) -> Option<HostUsage> {
        self.0.host_usage()
    }

    fn violations(&self) -> Vec<String> {
        self.0.violations()
    }
}

#[test]
fn a_flow_that_needs_a_monitor_is_skipped_where_nobody_looks() {
    let mut results = run_all(&Unseen, |name| name == "page_flip", |_| {});
    let result = results.remove(0);
    assert_eq!(result.outcome, Outcome::Skipped);
    assert!(result.reason.contains("nobody looks"), "{}", result.reason);
}

#[test]
fn a_message_whose_cause_is_gone_does_not_end_all_interrupts() {
    let target = FakeTarget::default();
    let outcome = with_driver(&target, &Setup::default(), |session| {
        // Past the port, so that the interrupt is taken only afterwards.
        let card = session.board.platform().card();
        card.store(crtc::IntrEnable::new().with_flag(crtc::IntrEnable::VBLANK, true));
        card.store(crtc::IntrTest::new().with_flag(crtc::IntrTest::VBLANK, true));
        let sent = !card.load::<irq::Status>().get(irq::Status::ARMED) & 1;
        card.store(crtc::IntrState::new().with_flag(crtc::IntrState::VBLANK, true));
        card.store(crtc::IntrEnable::new());
        session.modes()?;
        let armed = session.load::<irq::Status>()?.get(irq::Status::ARMED) & 1;
        Ok(format!("sent {sent}, armed {armed}"))
    });
    assert_eq!(outcome.unwrap(), "sent 1, armed 1");
}
