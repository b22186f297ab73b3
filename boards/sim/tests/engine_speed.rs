//! Speed of the engines themselves, on the stand-in block. Run with
//! `cargo test --release -p lumenport-sim --test engine_speed -- --ignored --nocapture`.

#![expect(clippy::cast_precision_loss, reason = "figures for people")]

mod stand_in;

use std::collections::VecDeque;
use std::sync::OnceLock;
use std::time::Instant;

use lumenport_sim::engine::{
    Announcer, Capture, Engine, NativeEngine, RunRequest, RxBeat, Timeline, VerilatedEngine,
    run_by_steps,
};
use stand_in::StandIn;

const PIX_PERIOD_PS: u64 = 39_722; // 25.175 MHz

fn timeline() -> Timeline {
    Timeline::new(Some(PIX_PERIOD_PS))
}

/// A DW offered at about every fourth clock.
fn traffic(sys_clocks: u64) -> VecDeque<RxBeat> {
    let beat = |index: u64| RxBeat {
        earliest_cycle: index * 4,
        data: index as u32,
        last: index % 8 == 7,
    };
    (0..sys_clocks / 4).map(beat).collect()
}

/// Time this thread has computed, in seconds, so that other work on the machine does not count;
/// elapsed time where the system does not tell.
fn computed() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split(' ').next()?.parse::<f64>().ok())
        .map_or_else(
            || START.get_or_init(Instant::now).elapsed().as_secs_f64(),
            |nanoseconds| nanoseconds / 1e9,
        )
}

/// Best of five, in million `sys` clocks a second.
fn speed(sys_clocks: u64, mut work: impl FnMut(u64)) -> f64 {
    (0..5)
        .map(|_| {
            let start = computed();
            work(sys_clocks);
            sys_clocks as f64 / (computed() - start) / 1e6
        })
        .fold(0.0, f64::max)
}

fn capture() -> Capture {
    Capture {
        want_symbols: true,
        ..Capture::default()
    }
}

fn batched(engine: &mut impl Engine, sys_clocks: u64, batch: u64) {
    let (mut line, mut rx, mut out) = (timeline(), traffic(sys_clocks), capture());
    let request = RunRequest {
        max_sys_clocks: batch,
        ..RunRequest::default()
    };
    for _ in 0..sys_clocks / batch {
        engine
            .run(&mut line, &request, &mut rx, &mut out)
            .expect("settles");
        out.tx.clear();
        out.symbols.clear();
    }
}

#[test]
#[ignore = "a measurement, not a check"]
fn print_speeds() {
    const CLOCKS: u64 = 2_000_000;
    let mut fast =
        VerilatedEngine::new(StandIn::default(), None, Announcer::Stderr).expect("tools are there");
    println!("{}", fast.describe());
    let bare = speed(CLOCKS, |clocks| {
        fast.bare_loop(&mut timeline(), clocks).expect("settles");
    });
    println!("bare loop          {bare:8.3} M sys clocks/s");
    let stepwise = speed(CLOCKS / 4, |clocks| {
        let request = RunRequest {
            max_sys_clocks: clocks,
            ..RunRequest::default()
        };
        run_by_steps(
            &mut fast,
            &mut timeline(),
            &request,
            &mut traffic(clocks),
            &mut capture(),
        )
        .expect("settles");
    });
    println!(
        "one call per step  {stepwise:8.3} {:5.1} %",
        100.0 * stepwise / bare
    );
    for batch in [16, 64, 256, 1024, 65_536] {
        let run = speed(CLOCKS, |clocks| batched(&mut fast, clocks, batch));
        println!(
            "batches of {batch:6}  {run:8.3} {:5.1} %",
            100.0 * run / bare
        );
    }
    let mut slow = NativeEngine::new(StandIn::default()).expect("well formed");
    let before = slow.passes();
    let native = speed(CLOCKS / 40, |clocks| batched(&mut slow, clocks, 1000));
    let passes = (slow.passes() - before) as f64 / (5 * CLOCKS / 40) as f64;
    println!("native             {native:8.3}, {passes:.1} passes a sys clock");
}
