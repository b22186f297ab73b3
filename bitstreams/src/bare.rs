//! The software that must run without an operating system, built for a bare target and with every set of features.
//!
//! The target is that of the card's own management core. Its standard library parts come from rustup, which is asked for them once.

use crate::{process, workspace};
use anyhow::{Context, Result, bail};
use std::process::Command;

/// Target of the management core.
pub const TARGET: &str = "riscv32im-unknown-none-elf";

/// Packages without operating system, and the features that their bare builds may have.
const BARE: &[(&str, &[&str])] = &[
    ("lumenport-regmap", &[]),
    ("pcie-tlp", &[]),
    ("lumenport-hal", &["defmt", "suite"]),
    ("lumenport-videoport", &[]),
    ("lumenport-miniport", &[]),
];

/// Packages and the features whose every subset must build on the host.
const POWERSET: &[(&str, &[&str])] = &[
    ("lumenport-hal", &["defmt", "suite", "fake"]),
    ("lumenport-videoport", &["std", "testing"]),
];

/// Builds everything; returns what could not be looked at.
///
/// # Errors
/// When a build fails.
pub fn run() -> Result<Vec<String>> {
    let mut skips = Vec::new();
    let mut builds = Vec::new();
    if target_is_there() {
        for (package, features) in BARE {
            for set in subsets(features) {
                builds.push((*package, set, Some(TARGET)));
            }
        }
    } else {
        skips.push(format!(
            "bare target: rustup could not add {TARGET} (rustup target add {TARGET})"
        ));
    }
    for (package, features) in POWERSET {
        for set in subsets(features) {
            builds.push((*package, set, None));
        }
    }
    let log = workspace::output_folder()?.join("bare.log");
    for (package, features, target) in &builds {
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(workspace::root());
        command.args(["check", "--quiet", "--no-default-features", "-p", package]);
        command.args(["--features", &features.join(",")]);
        if let Some(target) = target {
            command.args(["--target", target]);
        }
        if !process::run("bare", &mut command, &log, |_| {})? {
            bail!(
                "{package} with features [{}] does not build for {}:\n{}",
                features.join(", "),
                target.unwrap_or("this machine"),
                process::tail(&log, 40)
            );
        }
    }
    println!(
        "{} builds, {} of them for {TARGET}",
        builds.len(),
        builds
            .iter()
            .filter(|(.., target)| target.is_some())
            .count()
    );
    Ok(skips)
}

/// Whether the target's core library is installed, after rustup was asked for it.
fn target_is_there() -> bool {
    let installed = || {
        let output = Command::new("rustc")
            .args(["--print", "target-libdir", "--target", TARGET])
            .current_dir(workspace::root())
            .output()
            .context("cannot run rustc");
        output.is_ok_and(|output| {
            std::path::Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir()
        })
    };
    if installed() {
        return true;
    }
    println!("asking rustup for {TARGET}");
    let asked = Command::new("rustup")
        .args(["target", "add", TARGET])
        .current_dir(workspace::root())
        .status();
    asked.is_ok_and(|status| status.success()) && installed()
}

/// Every subset of `features`, the empty one first.
fn subsets(features: &[&'static str]) -> Vec<Vec<&'static str>> {
    (0..1_usize << features.len())
        .map(|mask| {
            let chosen = features.iter().enumerate();
            chosen
                .filter(|(idx, _)| mask >> idx & 1 == 1)
                .map(|(_, feature)| *feature)
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subsets_are_all_and_different() {
        let sets = subsets(&["a", "b", "c"]);
        assert_eq!(sets.len(), 8);
        assert!(sets[0].is_empty());
        assert_eq!(sets[7], ["a", "b", "c"]);
        let mut sorted = sets.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), 8);
    }
}
