//! `cargo xtask deps`: who may use whom.
//!
//! The allowed arrows between the rooms are written here once; the check reads what the manifests really say.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::process::Command;

/// A package and the packages of this workspace that it may depend on.
struct Room {
    package: &'static str,
    /// In its library or program.
    uses: &'static [&'static str],
    /// In its tests only, beside `uses`.
    tests_use: &'static [&'static str],
}

/// The arrows, leaves first. Software never depends on gateware; the two meet in the simulated board.
const ROOMS: &[Room] = &[
    Room {
        package: "lumenport-regmap",
        uses: &[],
        tests_use: &[],
    },
    Room {
        package: "pcie-tlp",
        uses: &[],
        tests_use: &[],
    },
    Room {
        package: "lumenport-hal",
        uses: &["lumenport-regmap"],
        tests_use: &[],
    },
    Room {
        package: "lumenport-hdl",
        uses: &["lumenport-regmap"],
        tests_use: &["pcie-tlp"],
    },
    Room {
        package: "lumenport-videoport",
        uses: &["lumenport-hal"],
        tests_use: &[],
    },
    Room {
        package: "videoport-capi",
        uses: &["lumenport-hal", "lumenport-videoport"],
        tests_use: &[],
    },
    Room {
        package: "lumenport-miniport",
        uses: &["lumenport-hal", "lumenport-videoport"],
        tests_use: &[],
    },
    Room {
        package: "lumenport-flows",
        uses: &["lumenport-hal", "lumenport-videoport", "lumenport-miniport"],
        tests_use: &[],
    },
    Room {
        package: "lumenport-host",
        uses: &["lumenport-videoport"],
        tests_use: &[],
    },
    Room {
        package: "lumenport-sim",
        uses: &[
            "lumenport-hal",
            "lumenport-hdl",
            "pcie-tlp",
            "lumenport-videoport",
            "lumenport-miniport",
            "lumenport-flows",
        ],
        tests_use: &[],
    },
    Room {
        package: "lumenport",
        uses: &[
            "lumenport-hal",
            "lumenport-hdl",
            "pcie-tlp",
            "lumenport-videoport",
            "lumenport-miniport",
            "lumenport-flows",
            "lumenport-host",
            "lumenport-sim",
            "videoport-capi",
        ],
        tests_use: &[],
    },
    Room {
        package: "xtask",
        uses: &["lumenport-regmap", "lumenport-hdl"],
        tests_use: &[],
    },
];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// Absent for a normal dependency, else `dev` or `build`.
    kind: Option<String>,
    /// Present for a dependency on a folder, so for every package of this workspace.
    path: Option<String>,
}

/// Compares the manifests with the allowed arrows.
///
/// # Errors
/// On an arrow that is not allowed, and on a package that is not in the list.
pub fn run() -> Result<()> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(crate::workspace::root())
        .output()
        .context("cannot run cargo metadata")?;
    if !output.status.success() {
        bail!(
            "cargo metadata failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let metadata: Metadata = serde_json::from_slice(&output.stdout)?;
    let wrong = violations(&metadata);
    if wrong.is_empty() {
        println!(
            "{} packages, no arrow that is not allowed",
            metadata.packages.len()
        );
        return Ok(());
    }
    bail!(
        "the rooms allow no such use (list: bitstreams/src/arrows.rs):\n  {}",
        wrong.join("\n  ")
    )
}

fn violations(metadata: &Metadata) -> Vec<String> {
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let Some(room) = ROOMS.iter().find(|r| r.package == package.name) else {
            wrong.push(format!("{}: not a known room", package.name));
            continue;
        };
        for dependency in &package.dependencies {
            let name = dependency.name.as_str();
            // A package may name itself for its own tests, to switch a feature on.
            if dependency.path.is_none() || name == room.package {
                continue;
            }
            let in_tests = dependency.kind.as_deref() == Some("dev");
            let allowed = room.uses.contains(&name) || (in_tests && room.tests_use.contains(&name));
            if !allowed {
                let place = if in_tests { " in tests" } else { "" };
                wrong.push(format!("{} uses {name}{place}", room.package));
            }
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, uses: &str, kind: Option<&str>) -> Metadata {
        let dependency = Dependency {
            name: uses.to_owned(),
            kind: kind.map(str::to_owned),
            path: Some("/x".to_owned()),
        };
        Metadata {
            packages: vec![Package {
                name: name.to_owned(),
                dependencies: vec![dependency],
            }],
        }
    }

    #[test]
    fn allowed_arrow_passes() {
        let metadata = package("lumenport-hal", "lumenport-regmap", None);
        assert!(violations(&metadata).is_empty());
    }

    #[test]
    fn software_using_gateware_is_named() {
        let metadata = package("lumenport-hal", "lumenport-hdl", None);
        assert_eq!(violations(&metadata), ["lumenport-hal uses lumenport-hdl"]);
    }

    #[test]
    fn test_only_arrow_is_refused_outside_tests() {
        let metadata = package("lumenport-hdl", "pcie-tlp", None);
        assert_eq!(violations(&metadata).len(), 1);
        let metadata = package("lumenport-hdl", "pcie-tlp", Some("dev"));
        assert!(violations(&metadata).is_empty());
    }

    #[test]
    fn unknown_package_is_named() {
        let metadata = package("newcomer", "lumenport-hal", None);
        assert_eq!(violations(&metadata), ["newcomer: not a known room"]);
    }

    #[test]
    fn foreign_crates_are_not_arrows() {
        let mut metadata = package("lumenport-regmap", "serde", None);
        metadata.packages[0].dependencies[0].path = None;
        assert!(violations(&metadata).is_empty());
    }

    #[test]
    fn the_list_has_no_cycle() {
        // Leaves first: a room only uses rooms above it in the list.
        for (number, room) in ROOMS.iter().enumerate() {
            for used in room.uses {
                let position = ROOMS.iter().position(|r| r.package == *used);
                assert!(
                    position.is_some_and(|p| p < number),
                    "{} uses {used}",
                    room.package
                );
            }
        }
    }
}
