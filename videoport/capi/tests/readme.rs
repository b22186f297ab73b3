//! The README's first driver, compiled and run as it stands there.

mod common;

use std::sync::Arc;

use common::{compiler, crate_dir, has_tool, scratch, succeed};
use lumenport_hal::fake::FakeConfig;
use lumenport_videoport::testing::CARD_SLOT;
use lumenport_videoport::{Options, VpStatus, ioctl};
use videoport::FakeMachine;
use videoport::loader::Driver;

/// The text between the markers, without the fence.
fn first_driver() -> String {
    let readme = std::fs::read_to_string(crate_dir().join("README.md")).expect("there");
    let start = readme.find("<!-- first-driver:begin -->").expect("marker");
    let end = readme.find("<!-- first-driver:end -->").expect("marker");
    let block = readme[start..end].lines().skip(1);
    let lines: Vec<&str> = block.filter(|line| !line.starts_with("```")).collect();
    lines.join("\n") + "\n"
}

#[test]
fn the_first_driver_says_hello() {
    for (tool, standard) in [("gcc", "-std=c11"), ("clang", "-std=c17")] {
        if !has_tool(tool) {
            continue;
        }
        let dir = scratch(&format!("first-{tool}"));
        let (source, out) = (dir.join("first.c"), dir.join("first.so"));
        std::fs::write(&source, first_driver()).expect("scratch is writable");
        let mut command = compiler(tool);
        command.args([standard, "-fshort-wchar", "-shared", "-fPIC", "-o"]);
        succeed(command.arg(&out).arg(&source));
        // SAFETY: the driver of our own README.
        let driver = unsafe { Driver::load(&out) }.expect("it is a driver");
        let machine = Arc::new(FakeMachine::new(FakeConfig::default()).expect("address space"));
        let options = Options::new().strict(true);
        let device = driver.device(machine.clone(), CARD_SLOT, options);
        assert!(device.load().is_success());
        assert_eq!(device.port().start_device(), VpStatus::NO_ERROR);
        assert_eq!(device.port().open(), VpStatus::NO_ERROR);
        let log = machine.machine().log_lines();
        let hello = log.iter().any(|line| line.message.contains("hello, card "));
        assert!(hello, "{log:?}");
        let block = device.io_control(ioctl::QUERY_NUM_AVAIL_MODES, &mut [0; 8], 0);
        assert_eq!(block.status, VpStatus::ERROR_INVALID_FUNCTION);
        assert!(device.close().is_clean());
        assert_eq!(device.port().take_finding(), None);
    }
}
