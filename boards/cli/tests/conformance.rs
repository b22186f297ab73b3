//! `conformance` as its user sees it: tests pass, a failing one is named, and what is no conformance driver ends in one sentence.
//! The whole list runs in `cargo xtask test conformance`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn conformance(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lumenport"))
        .arg("conformance")
        .args(arguments)
        .output()
        .expect("the command starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn c_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    entries
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "c"))
        .filter(|path| path.file_name().is_some_and(|name| name != "runtime.c"))
        .collect()
}

/// Compiles sources to a driver. `None`, with a SKIP line, without a compiler.
fn compile(name: &str, sources: &[PathBuf], flags: &[&str]) -> Option<String> {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.so"));
    let mut command = Command::new("gcc");
    command.args(["-std=c11", "-fshort-wchar", "-shared", "-fPIC"]);
    command.args(flags);
    for include in [
        "videoport/capi/include",
        "videoport/capi/tests/c",
        "hal/regmap/gen",
    ] {
        command.arg("-I").arg(root().join(include));
    }
    let Ok(output) = command.arg("-o").arg(&out).args(sources).output() else {
        assert_ne!(
            std::env::var("LUMENPORT_REQUIRE_TOOLS").as_deref(),
            Ok("1"),
            "gcc is not installed"
        );
        eprintln!("SKIP gcc: not installed");
        return None;
    };
    assert!(output.status.success(), "{}", text(&output.stderr));
    Some(out.to_str().expect("a path of text").to_owned())
}

/// The conformance miniport.
fn driver(name: &str, flags: &[&str]) -> Option<String> {
    let folder = root().join("miniport/examples/c");
    let mut sources = c_files(&folder);
    sources.extend(c_files(&folder.join("conformance")));
    compile(name, &sources, flags)
}

#[test]
fn chosen_tests_pass_and_are_counted() {
    let Some(driver) = driver("conformance", &[]) else {
        return;
    };
    let output = conformance(&[&driver, "--only", "DMA-0"]);
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}{}", text(&output.stderr));
    assert!(said.starts_with("fake: 9 passed, 0 failed"), "{said}");
}

#[test]
fn a_test_that_fails_is_named_with_its_place() {
    // Low priority must let the interrupt come: a driver that has no interrupt routine cannot see it.
    let Some(driver) = driver("deaf", &["-DLP_WITHOUT_INTERRUPT"]) else {
        return;
    };
    let output = conformance(&[&driver, "--only", "SYNC-01"]);
    let said = text(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("of sync.c"), "{said}");
    assert!(said.contains("1 failed: SYNC-01 on fake"), "{said}");
}

#[test]
fn another_driver_has_no_tests() {
    let minimal = root().join("videoport/capi/tests/c/minimal_driver.c");
    let Some(driver) = compile("minimal", &[minimal], &[]) else {
        return;
    };
    let output = conformance(&[&driver, "--only", "POOL-01"]);
    let said = text(&output.stderr);
    assert!(!output.status.success());
    assert!(
        said.contains("does not publish its conformance interface"),
        "{said}"
    );
}

#[test]
fn bad_arguments_end_in_one_sentence() {
    for arguments in [["/nonexistent/driver.so"].as_slice(), &["/bin/sh"]] {
        let output = conformance(arguments);
        let said = text(&output.stderr);
        assert!(!output.status.success());
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.starts_with("lumenport: cannot use "), "{said}");
    }
}
