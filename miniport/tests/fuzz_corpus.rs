//! Replays what fuzzing found interesting, and a few thousand random inputs, without a fuzzer.

#[path = "../fuzz/bodies/ioctl.rs"]
mod ioctl;
#[path = "../fuzz/bodies/registry.rs"]
mod registry;

use std::fs;
use std::path::Path;

/// Runs every file of a corpus. Returns how many.
fn replay(target: &str, run: fn(&[u8])) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("the corpus is checked in") {
        let path = entry.expect("a readable entry").path();
        println!("{}", path.display());
        run(&fs::read(path).expect("a readable file"));
        count += 1;
    }
    count
}

/// Random bytes, small ones more often, so that lengths and selectors hit.
fn random(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..length)
        .map(|_| {
            let byte = next();
            if next() & 1 == 0 { byte & 0x3f } else { byte }
        })
        .collect()
}

#[test]
fn corpus_of_requests_passes() {
    assert!(replay("ioctl", ioctl::run) > 10);
}

#[test]
fn corpus_of_registry_inputs_passes() {
    assert!(replay("registry", registry::run) > 10);
}

#[test]
fn random_requests_pass() {
    for seed in 1..120 {
        ioctl::run(&random(seed, 600));
    }
}

#[test]
fn random_registry_inputs_pass() {
    for seed in 1..400 {
        registry::run(&random(seed, 200));
    }
}
