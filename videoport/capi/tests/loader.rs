//! Drivers as shared objects: loaded into this program, run, and refused with a reason.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use common::{compiler, crate_dir, has_tool, scratch, succeed};
use lumenport_hal::fake::FakeConfig;
use lumenport_videoport::services::Service;
use lumenport_videoport::testing::CARD_SLOT;
use lumenport_videoport::{Options, VpStatus, ioctl};
use videoport::crash;
use videoport::loader::{Driver, DriverFile, LoadError};
use videoport::{Device, FakeMachine};

/// Compiles a source of `tests/c` into a driver. `None` without a compiler.
fn driver(name: &str, source: &str, flags: &[&str]) -> Option<PathBuf> {
    if !has_tool("gcc") {
        return None;
    }
    let out = scratch(&format!("loader-{name}")).join("driver.so");
    let mut command = compiler("gcc");
    command.args(["-std=c11", "-fshort-wchar", "-shared", "-fPIC", "-g"]);
    command
        .args(flags)
        .arg("-o")
        .arg(&out)
        .arg(crate_dir().join("tests/c").join(source));
    succeed(&mut command);
    Some(out)
}

/// The same from text.
fn driver_of(name: &str, text: &str, flags: &[&str]) -> Option<PathBuf> {
    let source = scratch(&format!("loader-source-{name}")).join("driver.c");
    std::fs::write(&source, text).expect("scratch is writable");
    driver(name, source.to_str()?, flags)
}

fn load(path: &Path) -> Driver {
    // SAFETY: a driver that this test compiled.
    unsafe { Driver::load(path) }.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// One file for all tests that run the same driver.
fn minimal() -> Option<&'static Driver> {
    static DRIVER: OnceLock<Option<Driver>> = OnceLock::new();
    DRIVER
        .get_or_init(|| driver("minimal", "minimal_driver.c", &[]).map(|path| load(&path)))
        .as_ref()
}

fn device(driver: &Driver, strict: bool) -> (Arc<Device>, Arc<FakeMachine>) {
    let machine = Arc::new(FakeMachine::new(FakeConfig::default()).expect("address space"));
    let options = Options::new().strict(strict);
    (driver.device(machine.clone(), CARD_SLOT, options), machine)
}

fn bring_up(device: &Device) {
    assert!(device.load().is_success());
    assert_eq!(device.port().start_device(), VpStatus::NO_ERROR);
    assert_eq!(device.port().open(), VpStatus::NO_ERROR);
}

#[test]
fn a_loaded_driver_sets_a_mode_and_leaves_nothing() {
    let Some(driver) = minimal() else { return };
    let (device, machine) = device(driver, true);
    bring_up(&device);
    let mut mode = [0; 4];
    let block = device.io_control(ioctl::SET_CURRENT_MODE, &mut mode, 4);
    assert_eq!(block.status, VpStatus::NO_ERROR);
    assert!(machine.machine().card().render().is_some(), "a raster runs");
    assert!(device.call_count(Service::WriteRegisterUlong) > 10);
    assert!(device.close().is_clean());
    assert_eq!(device.port().take_finding(), None);
    assert_eq!(machine.memory().live_pages(), 0);
}

#[test]
fn one_driver_has_two_devices() {
    let Some(driver) = minimal() else { return };
    let ((first, _), (second, _)) = (device(driver, true), device(driver, true));
    bring_up(&first);
    bring_up(&second);
    assert_ne!(first.extension(), second.extension());
    assert!(first.close().is_clean());
    let block = second.io_control(ioctl::SET_CURRENT_MODE, &mut [0; 4], 4);
    assert_eq!(block.status, VpStatus::NO_ERROR);
    assert!(second.close().is_clean());
}

#[test]
fn the_file_says_what_it_uses() {
    let Some(driver) = minimal() else { return };
    let services = &driver.file().services;
    assert!(services.iter().any(|name| name == "VideoPortInitialize"));
    assert!(services.is_sorted());
    assert_ne!(driver.base(), 0);
}

#[test]
fn services_that_do_not_exist_are_named_all_at_once() {
    let text = "#include \"video.h\"\nVOID VideoPortUnLockBuffer(PVOID a);\nVOID VideoPortFly(VOID);\nVOID KeStall(VOID);\n\
        ULONG DriverEntry(PVOID a, PVOID b);\nULONG DriverEntry(PVOID a, PVOID b) {\n    VideoPortUnLockBuffer(a);\n    \
        VideoPortFly();\n    KeStall();\n    return b != NULL;\n}\n";
    let Some(path) = driver_of("unknown", text, &[]) else {
        return;
    };
    let Err(LoadError::Missing { services, others }) = DriverFile::inspect(&path) else {
        panic!("it must be refused");
    };
    assert_eq!(services, ["VideoPortFly", "VideoPortUnLockBuffer"]);
    assert_eq!(others, ["KeStall"]);
    // SAFETY: nothing of it runs.
    let refused = unsafe { Driver::load(&path) };
    assert!(matches!(refused, Err(LoadError::Missing { .. })));
}

#[test]
fn a_library_without_driver_entry_is_told() {
    let text = "extern int nothing;\nint nothing = 1;\n";
    let Some(path) = driver_of("no-entry", text, &[]) else {
        return;
    };
    assert_eq!(DriverFile::inspect(&path), Err(LoadError::NoDriverEntry));
}

#[test]
fn a_driver_for_another_processor_is_told() {
    let text = "int DriverEntry(void);\nint DriverEntry(void) { return 0; }\n";
    let Some(path) = driver_of("narrow", text, &["-m32", "-nostdlib"]) else {
        return;
    };
    let refused = DriverFile::inspect(&path);
    assert!(
        matches!(refused, Err(LoadError::NotASharedObject(_))),
        "{refused:?}"
    );
}

/// Runs this test program again with the driver in the environment, and returns what it said and how it ended. A routine may
/// take `patience_s` seconds.
fn in_child(name: &str, flags: &[&str], patience_s: u32) -> Option<(String, Option<i32>)> {
    let path = driver(name, "minimal_driver.c", flags)?;
    let program = std::env::current_exe().expect("a running program has a path");
    let output = Command::new(program)
        .args(["--exact", "child", "--ignored", "--nocapture"])
        .env("LUMENPORT_TEST_DRIVER", path)
        .env("LUMENPORT_TEST_PATIENCE", patience_s.to_string())
        .output()
        .expect("this program runs");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    Some((text, output.status.code()))
}

#[test]
#[ignore = "runs in a process of its own, started by the tests of what goes wrong"]
fn child() {
    let Some(path) = std::env::var_os("LUMENPORT_TEST_DRIVER") else {
        return;
    };
    let driver = load(Path::new(&path));
    let patience_s = std::env::var("LUMENPORT_TEST_PATIENCE").map(|text| text.parse());
    let patience_s = patience_s.expect("the parent set it").expect("a number");
    crash::guard(&driver, std::time::Duration::from_secs(patience_s));
    let (device, _machine) = device(&driver, true);
    bring_up(&device);
    let _ = device.io_control(ioctl::SET_CURRENT_MODE, &mut [0; 4], 4);
    while let Some(finding) = device.port().take_finding() {
        eprintln!("finding: {finding}");
    }
    device.close();
}

#[test]
fn a_crash_is_told_with_routine_and_address() {
    let Some((said, code)) = in_child("crash", &["-DMINIMAL_CRASH"], 60) else {
        return;
    };
    assert_eq!(code, Some(crash::CRASHED), "{said}");
    let line = "the driver crashed in HwVidStartIO: invalid access at address 0x10, instruction 0x";
    assert!(
        said.contains(line) && said.contains("that is a null pointer"),
        "{said}"
    );
    assert!(said.contains("last service VideoPort"), "{said}");
}

#[test]
fn following_a_pointer_to_device_memory_is_told() {
    let Some((said, code)) = in_child("dereference", &["-DMINIMAL_DEREFERENCE"], 60) else {
        return;
    };
    assert_eq!(code, Some(crash::CRASHED), "{said}");
    assert!(
        said.contains("device memory, which only the VideoPort accessors reach"),
        "{said}"
    );
}

#[test]
fn a_routine_that_does_not_come_back_ends_the_process() {
    let Some((said, code)) = in_child("loop", &["-DMINIMAL_LOOP"], 2) else {
        return;
    };
    assert_eq!(code, Some(crash::STUCK), "{said}");
    assert!(
        said.contains("does not come back from HwVidStartIO"),
        "{said}"
    );
}

#[test]
fn misuse_is_a_finding_and_no_crash() {
    let Some((said, code)) = in_child("misuse", &["-DMINIMAL_MISUSE"], 60) else {
        return;
    };
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("finding: VideoPortFreePool"), "{said}");
}
