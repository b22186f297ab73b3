//! What the tests with C programs share: compilers, places, and how a missing tool is told.

#![allow(dead_code, reason = "each test program uses its part")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// This crate.
pub fn crate_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The headers.
pub fn include_dir() -> PathBuf {
    crate_dir().join("include")
}

/// The card's register offsets for C.
pub fn register_dir() -> PathBuf {
    crate_dir().join("../../hal/regmap/gen")
}

/// A fresh directory for what one test makes.
pub fn scratch(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).expect("the target directory is writable");
    dir
}

/// Where cargo put the libraries: beside this test program.
pub fn library(name: &str) -> PathBuf {
    let program = std::env::current_exe().expect("a running program has a path");
    let dir = program.parent().expect("a file is in a directory");
    [dir, dir.parent().unwrap_or(dir)]
        .map(|dir| dir.join(name))
        .into_iter()
        .find(|path| path.exists())
        .unwrap_or_else(|| panic!("{name} was not built"))
}

/// Whether a tool runs. Without it: a SKIP line, or a failure when `LUMENPORT_REQUIRE_TOOLS` is 1.
pub fn has_tool(tool: &str) -> bool {
    let found = Command::new(tool)
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success());
    if !found {
        assert_ne!(
            std::env::var("LUMENPORT_REQUIRE_TOOLS").as_deref(),
            Ok("1"),
            "{tool} is not installed"
        );
        eprintln!("SKIP {tool}: not installed");
    }
    found
}

/// Runs a command and fails with everything it said unless it succeeds.
pub fn succeed(command: &mut Command) -> Output {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// A compiler with the warnings that all C here is free of.
pub fn compiler(tool: &str) -> Command {
    let mut command = Command::new(tool);
    command.args(["-Wall", "-Wextra", "-Werror", "-pedantic"]);
    command.arg("-I").arg(include_dir());
    command.arg("-I").arg(register_dir());
    command.arg("-I").arg(crate_dir().join("tests/c"));
    command
}
