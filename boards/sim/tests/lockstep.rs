//! Both engines run the same stimulus; every output of every step must be equal.
//!
//! Without the tools of the verilated engine these tests print a SKIP line; with
//! `LUMENPORT_REQUIRE_TOOLS=1` they fail instead.

mod stand_in;

use std::collections::VecDeque;

use lumenport_sim::engine::{
    Announcer, Capture, CreditLimits, Engine, EngineError, NativeEngine, RunReport, RunRequest,
    RxBeat, StopReason, Timeline, VerilatedEngine, run_by_steps,
};
use stand_in::StandIn;

/// Small generator of reproducible stimulus (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 16) % limit
    }
}

fn verilated() -> Option<VerilatedEngine> {
    match VerilatedEngine::new(StandIn::default(), None, Announcer::Stderr) {
        Ok(engine) => Some(engine),
        Err(error @ EngineError::MissingTool { .. })
            if std::env::var("LUMENPORT_REQUIRE_TOOLS").as_deref() != Ok("1") =>
        {
            eprintln!("SKIP lockstep: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn native() -> NativeEngine<StandIn> {
    NativeEngine::new(StandIn::default()).expect("the stand-in is well formed")
}

/// Any credit limits.
fn credits(random: &mut Random) -> CreditLimits {
    CreditLimits {
        posted: random.below(1 << 20) as u32,
        nonposted: random.below(1 << 20) as u32,
        completion: random.below(1 << 20) as u32,
        infinite: random.below(64) as u8,
    }
}

/// Packets of 1 to 9 DWs with gaps, some of which change `clock_select`.
fn packets(random: &mut Random, count: usize) -> VecDeque<RxBeat> {
    let mut cycle = 4;
    let mut beats = VecDeque::new();
    for _ in 0..count {
        let length = 1 + random.below(9);
        for index in 0..length {
            let data = match random.below(16) {
                0 => 0xC500_0000 | random.below(16) as u32,
                _ => random.next() as u32,
            };
            beats.push_back(RxBeat {
                earliest_cycle: cycle,
                data,
                last: index + 1 == length,
            });
        }
        cycle += random.below(40);
    }
    beats
}

#[test]
fn every_output_of_every_step_is_equal() {
    let Some(mut fast) = verilated() else { return };
    let mut slow = native();
    let seed = 0x5EED_0001;
    println!("seed {seed:#x}");
    let mut random = Random(seed);
    let mut timeline = Timeline::new(Some(6_734)); // 148.5 MHz: several pixel edges a sys clock
    let mut inputs = lumenport_sim::engine::Inputs::default();
    for step in 0..20_000 {
        if step % 4_000 == 3_999 {
            let period = [None, Some(39_722), Some(16_000), Some(13_468)];
            timeline.set_pix_period(period[random.below(4) as usize]);
        }
        let tick = timeline.next_tick();
        if tick.sys {
            inputs.reset = random.below(500) == 0;
            inputs.rx_valid = random.below(3) != 0;
            inputs.rx_data = random.next() as u32;
            inputs.rx_last = random.below(4) == 0;
            inputs.tx_ready = random.below(4) != 0;
            inputs.ddc_scl = random.below(4) != 0;
            inputs.ddc_sda = random.below(4) != 0;
            inputs.hotplug = random.below(4) != 0;
            inputs.credits = credits(&mut random);
        }
        let expected = slow.step(&inputs, tick).expect("the stand-in settles");
        let found = fast.step(&inputs, tick).expect("the stand-in settles");
        assert_eq!(
            found, expected,
            "seed {seed:#x}, step {step}, {tick:?}, {inputs:?}"
        );
        timeline.advance(tick);
    }
}

/// One whole scenario through `run`, the pixel clock following `clock_select`.
fn scenario(
    mut run: impl FnMut(&mut Timeline, &RunRequest, &mut VecDeque<RxBeat>, &mut Capture) -> RunReport,
) -> (Vec<RunReport>, Timeline, Capture, usize) {
    let mut random = Random(0x5EED_0002);
    let mut timeline = Timeline::new(Some(39_722));
    let mut capture = Capture {
        want_symbols: true,
        want_video: true,
        ..Capture::default()
    };
    let mut rx = packets(&mut random, 300);
    let mut reports = Vec::new();
    let reset = RunRequest {
        reset: true,
        max_sys_clocks: 3,
        ..RunRequest::default()
    };
    reports.push(run(&mut timeline, &reset, &mut rx, &mut capture));
    for round in 0..400 {
        let request = RunRequest {
            max_sys_clocks: random.below(60),
            max_pix_clocks: if round % 7 == 0 {
                random.below(20)
            } else {
                u64::MAX
            },
            tx_pattern: random.next() | random.next(),
            rx_pattern: random.next() | random.next(),
            stop_on_tx_packet: round % 3 == 0,
            stop_on_rx_empty: round % 5 == 0,
            stop_on_control: true,
            reset: false,
            credits: credits(&mut random),
        };
        let report = run(&mut timeline, &request, &mut rx, &mut capture);
        if report.stop == StopReason::Control {
            let period = 5_000 + 3_001 * u64::from(report.clock_select);
            timeline.set_pix_period(Some(period).filter(|_| report.clock_select != 5));
        }
        reports.push(report);
    }
    (reports, timeline, capture, rx.len())
}

#[test]
fn batched_runs_equal_the_stepwise_definition() {
    let mut slow = native();
    let expected = scenario(|timeline, request, rx, capture| {
        slow.run(timeline, request, rx, capture).expect("settles")
    });
    assert!(
        expected.2.tx.len() > 500,
        "the scenario moves data both ways"
    );
    let seen = |stop| expected.0.iter().any(|report| report.stop == stop);
    assert!(
        seen(StopReason::TxPacket) && seen(StopReason::Control),
        "early ends occur"
    );
    assert!(
        seen(StopReason::SysClocks) && seen(StopReason::PixClocks),
        "limits occur"
    );

    let Some(mut fast) = verilated() else { return };
    let found = scenario(|timeline, request, rx, capture| {
        fast.run(timeline, request, rx, capture).expect("settles")
    });
    assert!(
        found == expected,
        "batched run of the verilated engine differs"
    );

    let Some(mut fast) = verilated() else { return };
    let found = scenario(|timeline, request, rx, capture| {
        run_by_steps(&mut fast, timeline, request, rx, capture).expect("settles")
    });
    assert!(
        found == expected,
        "stepwise run of the verilated engine differs"
    );
}

#[test]
fn long_run_crosses_the_lists_limits() {
    let Some(mut fast) = verilated() else { return };
    let mut timeline = Timeline::new(Some(4_000));
    let mut capture = Capture {
        want_symbols: true,
        ..Capture::default()
    };
    let request = RunRequest {
        max_sys_clocks: 100_000,
        ..RunRequest::default()
    };
    let mut rx: VecDeque<RxBeat> = (0..70_000)
        .map(|index| RxBeat {
            earliest_cycle: 0,
            data: index & 0xff,
            last: true,
        })
        .collect();
    let report = fast
        .run(&mut timeline, &request, &mut rx, &mut capture)
        .expect("settles");
    assert_eq!(
        (report.stop, report.sys_clocks),
        (StopReason::SysClocks, 100_000)
    );
    assert_eq!(capture.symbols.len() as u64, report.pix_clocks);
    assert_eq!(report.pix_clocks, timeline.pix_cycles());
    assert!(capture.symbols.len() > 399_000);
}
