//! Random sequences of calls against a model: pool, locked buffers, lists, common buffers, adapters, device lock, events,
//! spin locks, deferred routines. Legal and illegal calls are mixed; after every call the port must hold what the model
//! holds, and after the last one removal must give everything back.
//!
//! `LUMENPORT_PROPTEST_CASES` sets how many sequences (default 300), `PROPTEST_RNG_SEED` which.

mod calls;
mod dma;
mod model;
mod pool;
mod sync;

use calls::{Call, call};
use model::World;
use proptest::prelude::*;
use proptest::test_runner::Config;

/// Longest sequence.
const CALLS: usize = 160;

fn config() -> Config {
    let cases = std::env::var("LUMENPORT_PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(300);
    Config {
        cases,
        // Failures are shrunk to their shortest form and printed; nothing is written into the tree.
        failure_persistence: None,
        ..Config::default()
    }
}

fn run(calls: &[Call], strict: bool) {
    World::with(strict, |world| {
        for call in calls {
            world.step(call);
            world.check();
        }
        world.finish();
    });
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn random_calls_on_a_strict_port_follow_the_model(calls in prop::collection::vec(call(), 1..CALLS)) {
        run(&calls, true);
    }

    #[test]
    fn random_calls_on_a_tolerant_port_leave_nothing(calls in prop::collection::vec(call(), 1..CALLS)) {
        run(&calls, false);
    }
}
