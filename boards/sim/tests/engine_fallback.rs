//! What happens on a machine without tools: a clear word, and the native engine.
//!
//! The tests start this program again with an empty `PATH` and an empty cache folder.

mod stand_in;

use std::path::Path;
use std::process::Command;

use lumenport_sim::engine::{Announcer, EngineChoice, EngineError, OpenOptions, open};
use stand_in::StandIn;

/// Set in the second process.
const CHILD: &str = "LUMENPORT_TEST_CHILD";

fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

fn options(choice: EngineChoice) -> OpenOptions {
    OpenOptions {
        choice,
        trace: None,
        announcer: Announcer::Stderr,
    }
}

/// Runs one of the ignored tests below in a process whose `PATH` holds only links to `tools`.
fn in_machine_with(tools: &[&str], test: &str) {
    let folder = std::env::temp_dir().join(format!("lumenport-{}-{test}", std::process::id()));
    let bin = folder.join("bin");
    std::fs::create_dir_all(&bin).expect("the temporary folder can be made");
    for tool in tools {
        let Some(found) = on_path(tool) else {
            eprintln!("SKIP {test}: this machine has no {tool}");
            return;
        };
        let script = format!("#!/bin/sh\nexec {} \"$@\"\n", found.display());
        write_program(&bin.join(tool), &script);
    }
    let this = std::env::current_exe().expect("this program has a path");
    let output = Command::new(this)
        .args(["--ignored", "--exact", test, "--nocapture"])
        .env("PATH", &bin)
        .env(CHILD, "1")
        .env_remove("CXX")
        .env("LUMENPORT_HOME", folder.join("home"))
        .output()
        .expect("this program starts again");
    let _ = std::fs::remove_dir_all(&folder);
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{text}");
    assert!(text.contains("1 passed"), "{text}");
}

fn on_path(tool: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(tool))
        .find(|file| file.is_file())
}

fn write_program(path: &Path, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, script).expect("the program can be written");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(path, mode).expect("its mode can be set");
}

#[test]
fn without_a_compiler_native_runs_and_the_word_is_clear() {
    in_machine_with(&[], "child_without_compiler");
}

#[test]
fn without_python_and_verilator_native_runs_and_the_word_is_clear() {
    in_machine_with(&["g++"], "child_without_python");
}

#[test]
fn native_looks_for_nothing() {
    in_machine_with(&[], "child_native");
}

#[test]
#[ignore = "started by another test"]
fn child_without_compiler() {
    if !is_child() {
        return;
    }
    let opened = open(StandIn::default, &options(EngineChoice::Auto)).expect("native runs");
    assert!(opened.engine.describe().starts_with("native"));
    let reason = opened.fallback.expect("the reason is told").to_string();
    assert!(
        reason.contains("C++ compiler") && reason.contains("install"),
        "{reason}"
    );
    let error = open(StandIn::default, &options(EngineChoice::Verilated)).expect_err("no tools");
    assert!(matches!(error, EngineError::MissingTool { .. }), "{error}");
}

#[test]
#[ignore = "started by another test"]
fn child_without_python() {
    if !is_child() {
        return;
    }
    let opened = open(StandIn::default, &options(EngineChoice::Auto)).expect("native runs");
    let reason = opened.fallback.expect("the reason is told").to_string();
    assert!(
        reason.contains("Python 3") && reason.contains("install"),
        "{reason}"
    );
}

#[test]
#[ignore = "started by another test"]
fn child_native() {
    if !is_child() {
        return;
    }
    let opened = open(StandIn::default, &options(EngineChoice::Native)).expect("native runs");
    assert!(opened.fallback.is_none());
    let home = std::env::var_os("LUMENPORT_HOME").expect("set by the parent");
    assert!(!Path::new(&home).exists(), "nothing was made");
}
