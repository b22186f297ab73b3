//! `run-miniport` as a driver author sees it: a small driver in C runs, and what is wrong with one ends in one sentence.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn lumenport(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lumenport"))
        .arg("run-miniport")
        .args(arguments)
        .output()
        .expect("the command starts")
}

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("lumenport-run-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

/// Compiles a source to a driver in `folder`. `None`, with a SKIP line, without a compiler.
fn compile(folder: &Path, source: &Path, flags: &[&str]) -> Option<String> {
    let out = folder.join("driver.so");
    let capi = root().join("videoport/capi");
    let mut command = Command::new("gcc");
    command.args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-fshort-wchar"]);
    command.args(["-shared", "-fPIC"]).args(flags);
    for include in [
        capi.join("include"),
        capi.join("tests/c"),
        root().join("hal/regmap/gen"),
    ] {
        command.arg("-I").arg(include);
    }
    let Ok(output) = command.arg("-o").arg(&out).arg(source).output() else {
        assert_ne!(
            std::env::var("LUMENPORT_REQUIRE_TOOLS").as_deref(),
            Ok("1"),
            "gcc is not installed"
        );
        eprintln!("SKIP gcc: not installed");
        return None;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    Some(out.to_str()?.to_owned())
}

fn minimal(folder: &Path, flags: &[&str]) -> Option<String> {
    let source = root().join("videoport/capi/tests/c/minimal_driver.c");
    compile(folder, &source, flags)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_driver_draws_and_the_monitor_shows_it() {
    let folder = folder("draws");
    let Some(driver) = minimal(&folder, &[]) else {
        return;
    };
    let out = folder.join("picture.png");
    let out = out.to_str().expect("temporary paths are text");
    let output = lumenport(&[
        &driver,
        "--target",
        "fake",
        "--mode",
        "64x48",
        "--out",
        out,
        "--strict",
        "--trace-calls",
    ]);
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}{}", text(&output.stderr));
    for line in [
        "monitor  64x48, 0 pixels differ",
        "end      nothing left behind, nothing misused",
        "  HwVidStartIO(",
        "[IOCTL_VIDEO_MAP_VIDEO_MEMORY] {",
        "    VideoPortMapMemory(",
        "VideoPortInitialize 1",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let picture = image::open(out).expect("a PNG").to_rgb8();
    assert_eq!(picture.dimensions(), (64, 48));
    // The frame, the red mark, the yellow bar, the end of the grey ramp.
    for (at, colour) in [
        ((0, 0), [255; 3]),
        ((2, 2), [255, 0, 0]),
        ((12, 8), [255, 255, 0]),
        ((62, 37), [250; 3]),
    ] {
        assert_eq!(picture.get_pixel(at.0, at.1).0, colour, "{at:?}");
    }
}

#[test]
fn the_same_driver_runs_on_the_simulated_card() {
    let folder = folder("simulated");
    let Some(driver) = minimal(&folder, &[]) else {
        return;
    };
    let output = lumenport(&[&driver, "--target", "native", "--mode", "64x48", "--strict"]);
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}{}", text(&output.stderr));
    assert!(said.contains("monitor  64x48, 0 pixels differ"), "{said}");
}

#[test]
fn a_crash_of_the_driver_is_told_with_its_place() {
    let folder = folder("crash");
    let Some(driver) = minimal(&folder, &["-DMINIMAL_CRASH"]) else {
        return;
    };
    let output = lumenport(&[&driver, "--target", "fake"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(70), "{said}");
    assert!(
        said.contains("the driver crashed in HwVidStartIO: invalid access at address 0x10"),
        "{said}"
    );
}

#[test]
fn a_driver_that_loops_ends_the_command() {
    let folder = folder("loop");
    let Some(driver) = minimal(&folder, &["-DMINIMAL_LOOP"]) else {
        return;
    };
    let output = lumenport(&[&driver, "--target", "fake", "--patience", "1"]);
    assert_eq!(output.status.code(), Some(71), "{}", text(&output.stderr));
}

#[test]
fn misuse_is_printed_and_fails_strict_runs_only() {
    let folder = folder("misuse");
    let Some(driver) = minimal(&folder, &["-DMINIMAL_MISUSE"]) else {
        return;
    };
    let lenient = lumenport(&[&driver, "--target", "fake", "--mode", "64x48"]);
    assert!(lenient.status.success(), "{}", text(&lenient.stderr));
    let said = text(&lenient.stdout);
    assert!(said.contains("misuse   VideoPortFreePool"), "{said}");
    let strict = lumenport(&[&driver, "--target", "fake", "--mode", "64x48", "--strict"]);
    assert!(!strict.status.success());
}

#[test]
fn missing_services_are_named() {
    let folder = folder("missing");
    let source = folder.join("driver.c");
    let program = "void VideoPortFly(void);\nint DriverEntry(void);\nint DriverEntry(void) { VideoPortFly(); return 0; }\n";
    std::fs::write(&source, program).expect("the folder is writable");
    let Some(driver) = compile(&folder, &source, &[]) else {
        return;
    };
    let output = lumenport(&[&driver, "--target", "fake"]);
    let said = text(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("no such service: VideoPortFly"), "{said}");
}

#[test]
fn what_cannot_be_run_is_one_sentence() {
    let folder = folder("refused");
    let windows = folder.join("driver.sys");
    std::fs::write(&windows, b"MZ\x90\0").expect("the folder is writable");
    let windows = windows.to_str().expect("temporary paths are text");
    for (arguments, reason) in [
        (&["/nonexistent/driver.so"][..], "it cannot be read"),
        (&[windows], "it is a Windows image"),
        (&["x.so", "--mode", "640"], "640 is no mode"),
        (&["x.so", "--request", "IOCTL_FLY"], "neither the name"),
    ] {
        let output = lumenport(arguments);
        let said = text(&output.stderr);
        assert!(!output.status.success());
        assert!(
            said.starts_with("lumenport: ") && said.contains(reason),
            "{said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn a_mode_the_driver_has_not_is_answered_with_those_it_has() {
    let folder = folder("mode");
    let Some(driver) = minimal(&folder, &[]) else {
        return;
    };
    let output = lumenport(&[&driver, "--target", "fake", "--mode", "1024x768"]);
    let said = text(&output.stderr);
    assert!(!output.status.success());
    assert!(
        said.contains("it has 64x48@60, 32 bits; 640x480@60, 32 bits"),
        "{said}"
    );
}
