//! LOCK-01 to LOCK-07, SYNC-03, INT-01, SPIN-01, ILK-01: threads and misuse around the locks.

use super::run::Run;
use super::stage::{Setup, Stage, Target};
use anyhow::Result;
use std::time::{Duration, Instant};

const THREADS: u64 = 8;
/// How long this program waits for a thread of its own before it calls that a failure.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until `done`; a failed check when that takes for ever.
fn until(run: &Run<'_>, what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        if start.elapsed() > PATIENCE {
            run.expect(false, || format!("waited for ever until {what}"));
            return;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// Part 0, part 1 on eight threads, part 2 with their number.
pub fn threads_then_sum(run: &Run<'_>) -> Result<()> {
    let stage = run.open(&Setup::default())?;
    contend(run, &stage)?;
    run.close_clean(stage);
    Ok(())
}

fn contend(run: &Run<'_>, stage: &Stage) -> Result<()> {
    run.part(stage, 0, [0; 4])?;
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || run.call(stage, 1, [thread, 0, 0, 0]));
        }
    });
    run.part(stage, 2, [THREADS, 0, 0, 0])?;
    Ok(())
}

/// The same, and then a lock deleted where it must not be.
pub fn spin_locks(run: &Run<'_>) -> Result<()> {
    let stage = run.open(&Setup::default())?;
    contend(run, &stage)?;
    run.findings(&stage, &[]);
    run.part(&stage, 3, [0; 4])?;
    run.findings(&stage, &["VideoPortDeleteSpinLock: NotInInterrupt"]);
    run.close_clean(stage);
    Ok(())
}

/// One thread three deep, another one asking.
pub fn recursion(run: &Run<'_>) -> Result<()> {
    let stage = run.open(&Setup::default())?;
    run.part(&stage, 0, [0; 4])?;
    std::thread::scope(|scope| {
        scope.spawn(|| run.call(&stage, 1, [0; 4]));
        scope.spawn(|| run.call(&stage, 2, [0; 4]));
    });
    run.close_clean(stage);
    Ok(())
}

/// A request in flight against a thread that asks, then a thread that holds against a request.
pub fn against_requests(run: &Run<'_>) -> Result<()> {
    let stage = run.open(&Setup::default())?;
    std::thread::scope(|scope| {
        let other = scope.spawn(|| run.call(&stage, 1, [0; 4]));
        let result = run.part(&stage, 0, [0; 4]).map(drop);
        let _ = other.join();
        result
    })?;
    std::thread::scope(|scope| {
        let holder = scope.spawn(|| run.call(&stage, 2, [0; 4]));
        until(run, "the thread holds the lock", || {
            run.call(&stage, 4, [0; 4])
                .is_none_or(|result| result.value[0] >= 1)
        });
        let result = run.part(&stage, 3, [0; 4]).map(drop);
        let _ = holder.join();
        result
    })?;
    run.close_clean(stage);
    Ok(())
}

/// Five requests, each in the queue before the next comes.
pub fn request_order(run: &Run<'_>) -> Result<()> {
    const REQUESTS: u64 = 5;
    let stage = run.open(&Setup::default())?;
    run.part(&stage, 0, [0; 4])?;
    std::thread::scope(|scope| {
        let first = scope.spawn(|| run.part(&stage, 2, [0; 4]).map(drop));
        until(run, "the first request is inside", || {
            run.call(&stage, 4, [0; 4])
                .is_none_or(|result| result.value[0] >= 1)
        });
        let mut others = Vec::new();
        for place in 0..REQUESTS {
            stage.injector.forget_waiting();
            let stage = &stage;
            others.push(scope.spawn(move || run.part(stage, 1, [place, 0, 0, 0]).map(drop)));
            // Who waits stands in the queue: the first request (it sleeps), those before, and this one.
            let standing = usize::try_from(place).unwrap_or(0) + 2;
            until(run, "the request stands in the queue", || {
                stage.injector.waiting_threads() >= standing
            });
        }
        run.call(&stage, 3, [0; 4]);
        for other in others.into_iter().chain([first]) {
            match other.join() {
                Ok(Ok(())) => {}
                Ok(Err(error)) => run.expect(false, || format!("{error:#}")),
                Err(_) => run.expect(false, || "a request's thread died".to_owned()),
            }
        }
    });
    run.close_clean(stage);
    Ok(())
}

/// One device's lock is held while the other device works.
pub fn two_devices(run: &Run<'_>) -> Result<()> {
    let (first, second) = (run.open(&Setup::default())?, run.open(&Setup::default())?);
    run.part(&first, 0, [0; 4])?;
    run.part(&second, 0, [0; 4])?;
    std::thread::scope(|scope| {
        scope.spawn(|| run.call(&first, 1, [0; 4]));
        until(run, "the first device's lock is held", || {
            run.call(&first, 9, [0; 4])
                .is_none_or(|result| result.value[0] >= 1)
        });
        run.call(&second, 3, [0; 4]);
        let worked = run.part(&second, 3, [0; 4]).map(drop);
        run.call(&first, 2, [0; 4]);
        worked
    })?;
    run.close_clean(second);
    run.close_clean(first);
    Ok(())
}

/// Each misuse, and what strict mode calls it.
pub fn lock_misuse(run: &Run<'_>) -> Result<()> {
    let stage = run.open(&Setup::default())?;
    run.part(&stage, 0, [0; 4])?;
    run.call(&stage, 1, [0; 4]);
    run.findings(&stage, &["VideoPortAcquireDeviceLock: IrqlTooHigh"]);
    run.call(&stage, 2, [0; 4]);
    run.findings(&stage, &["VideoPortReleaseDeviceLock: NotHeld"]);
    std::thread::scope(|scope| {
        scope.spawn(|| run.call(&stage, 3, [0; 4]));
        scope.spawn(|| run.call(&stage, 4, [0; 4]));
    });
    run.findings(&stage, &["VideoPortReleaseDeviceLock: ForeignRelease"]);
    run.close_clean(stage);
    Ok(())
}

/// The timer part takes a second of the card's time, half a minute of gateware simulation: on the fake card only.
pub fn nobody_needs_it(run: &Run<'_>) -> Result<()> {
    let stage = run.open(&Setup::default())?;
    let with_timer = run.bench().target == Target::Fake;
    run.part(&stage, 0, [u64::from(with_timer), 0, 0, 0])?;
    run.close_clean(stage);
    Ok(())
}

/// With the driver that has no interrupt routine.
pub fn without_interrupt(run: &Run<'_>) -> Result<()> {
    let stage = run.open(&Setup {
        without_interrupt: true,
        ..Setup::default()
    })?;
    run.part(&stage, 0, [0; 4])?;
    run.close_clean(stage);
    Ok(())
}

/// With both drivers.
pub fn with_and_without_interrupt(run: &Run<'_>) -> Result<()> {
    let stage = run.open(&Setup::default())?;
    run.part(&stage, 0, [0; 4])?;
    run.close_clean(stage);
    without_interrupt(run)
}

/// Events, and the misuse of none: strict mode names the missing object.
pub fn events(run: &Run<'_>) -> Result<()> {
    let stage = run.open(&Setup::default())?;
    run.part(&stage, 0, [0; 4])?;
    run.findings(&stage, &["VideoPortWaitForSingleObject: UnknownHandle"]);
    run.close_clean(stage);
    Ok(())
}
