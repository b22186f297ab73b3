//! Whole C programs: a driver and its test, linked with the static and with the shared library.

mod common;

use std::path::PathBuf;
use std::process::{Command, Output};

use common::{compiler, crate_dir, has_tool, library, scratch, succeed};

#[derive(Clone, Copy)]
enum Linking {
    Static,
    Shared,
}

/// Compiles the minimal driver and a test program together.
fn build(tool: &str, program: &str, linking: Linking) -> PathBuf {
    let kind = match linking {
        Linking::Static => "static",
        Linking::Shared => "shared",
    };
    let out = scratch(&format!("{program}-{tool}-{kind}")).join(program);
    let sources = crate_dir().join("tests/c");
    let mut command = compiler(tool);
    command
        .args(["-std=c11", "-fshort-wchar", "-g", "-o"])
        .arg(&out);
    command.arg(sources.join(format!("{program}.c")));
    if program != "asks_by_list" {
        // That one is a driver itself.
        command.arg(sources.join("minimal_driver.c"));
    }
    match linking {
        Linking::Static => command.arg(library("libvideoport.a")),
        Linking::Shared => {
            let shared = library("libvideoport.so");
            let dir = shared.parent().expect("a file is in a directory");
            command
                .arg(format!("-Wl,-rpath,{}", dir.display()))
                .arg(&shared)
        }
    };
    succeed(command.args(["-lpthread", "-ldl", "-lm"]));
    out
}

fn run(tool: &str, program: &str, linking: Linking) -> Option<Output> {
    has_tool(tool).then(|| succeed(&mut Command::new(build(tool, program, linking))))
}

#[test]
fn a_driver_lives_its_life_with_the_static_library() {
    run("gcc", "smoke_host", Linking::Static);
}

#[test]
fn a_driver_lives_its_life_with_the_shared_library() {
    run("clang", "smoke_host", Linking::Shared);
}

#[test]
fn bad_arguments_get_the_documented_answers() {
    let Some(output) = run("gcc", "bad_arguments", Linking::Static) else {
        return;
    };
    // The debug output before there was a device goes to standard error.
    let said = String::from_utf8_lossy(&output.stderr);
    let line = "1 2 3 4 5 6 7 8 9.5 a 11.5 12";
    assert!(said.lines().any(|said| said == line), "{said}");
}

#[test]
fn the_shared_library_takes_any_number_of_arguments_too() {
    run("gcc", "bad_arguments", Linking::Shared);
}

#[test]
fn ranges_are_asked_for_by_list() {
    run("gcc", "asks_by_list", Linking::Static);
}
