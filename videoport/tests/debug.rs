//! Event log, debug prints, error reports, the bug-check callback.

mod common;

use std::sync::{Arc, Mutex};

use common::*;
use lumenport_videoport::bugcheck::{BUGCHECK_CODE, BUGCHECK_RESERVED_BYTES};
use lumenport_videoport::debug::DEBUG_REPORT_MAX_BYTES;
use lumenport_videoport::platform::LogLevel;
use lumenport_videoport::strict::FindingKind;
use lumenport_videoport::testing::{LogLine, Rig};
use lumenport_videoport::{BugcheckRoutine, DebugLevel, Options, VpStatus};

fn last_line(rig: &Rig) -> LogLine {
    rig.machine.log_lines().pop().expect("a line")
}

#[test]
fn log_error_writes_an_entry_with_code_place_and_level() {
    let rig = strict();
    for (code, level) in [
        (VpStatus::NO_ERROR, LogLevel::Info),
        (VpStatus::WAIT_TIMEOUT, LogLevel::Warning),
        (VpStatus::ERROR_MORE_DATA, LogLevel::Warning),
        (VpStatus::ERROR_DEV_NOT_EXIST, LogLevel::Error),
        (VpStatus(4711), LogLevel::Error),
    ] {
        rig.port.log_error(code, 0xBEEF);
        let line = last_line(&rig);
        assert_eq!(
            (line.level, line.code, line.unique_id),
            (level, code.0, 0xBEEF)
        );
        assert!(line.message.contains("0xbeef"), "{}", line.message);
    }
    rig.miniport.on_start_io(|port, packet| {
        port.log_error_for(Some(packet), VpStatus::ERROR_BUSY, 3);
        packet.succeed(0);
    });
    let _ = rig.port.io_control(0x0023_0404, &mut [], 0);
    let line = last_line(&rig);
    assert_eq!((line.code, line.unique_id), (170, 3));
    assert!(line.message.contains("0x00230404"), "{}", line.message);
    assert_eq!(findings(&rig), []);
}

#[test]
fn log_error_is_allowed_in_the_interrupt_routine() {
    let rig = strict();
    rig.miniport.on_interrupt(|port| {
        port.log_error(VpStatus::ERROR_BUSY, 1);
        true
    });
    rig.machine.raise_interrupt();
    rig.port.poll();
    assert_eq!(last_line(&rig).code, 170);
    assert_eq!(findings(&rig), []);
}

#[test]
fn debug_print_lets_levels_through_up_to_the_one_chosen() {
    let levels = [
        (DebugLevel::Error, LogLevel::Error),
        (DebugLevel::Warn, LogLevel::Warning),
        (DebugLevel::Trace, LogLevel::Info),
        (DebugLevel::Info, LogLevel::Info),
    ];
    for (chosen, expected) in [
        (DebugLevel::Error, 1),
        (DebugLevel::Warn, 2),
        (DebugLevel::Info, 4),
    ] {
        let rig = Rig::opened(Options::new().debug_level(chosen));
        let before = rig.machine.log_lines().len();
        for (raw, (level, log_level)) in (0..).zip(levels) {
            assert_eq!(DebugLevel::from_raw(raw), level);
            let printed = rig.machine.log_lines().len();
            rig.port
                .debug_print(level, format_args!("mode {} of {raw}", 7));
            if level <= chosen {
                let line = last_line(&rig);
                assert_eq!(line.level, log_level);
                assert_eq!(line.message, format!("mode 7 of {raw}"));
            } else {
                assert_eq!(rig.machine.log_lines().len(), printed);
            }
        }
        assert_eq!(rig.machine.log_lines().len() - before, expected);
    }
    assert_eq!(DebugLevel::from_raw(99), DebugLevel::Info);
}

#[test]
fn error_report_reaches_the_machine_with_its_last_data() {
    let rig = strict();
    let port = rig.port;
    let report = port.dbg_report_create(0xEA, [1, 2, 3, 4]).unwrap();
    assert!(port.dbg_report_secondary_data(report, &pattern(DEBUG_REPORT_MAX_BYTES)));
    assert!(!port.dbg_report_secondary_data(report, &vec![0; DEBUG_REPORT_MAX_BYTES + 1]));
    assert!(port.dbg_report_secondary_data(report, b"replaced"));
    rig.machine.memory().fail_allocation_after(0);
    assert!(
        !port.dbg_report_secondary_data(report, &[0; 10_000]),
        "no memory: the old data stays"
    );
    assert_eq!(rig.machine.reports(), []);
    port.dbg_report_complete(report);
    let reports = rig.machine.reports();
    assert_eq!(reports.len(), 1);
    assert_eq!(
        (reports[0].code, reports[0].arguments),
        (0xEA, [1, 2, 3, 4])
    );
    assert_eq!(reports[0].data, b"replaced");
    let line = last_line(&rig);
    assert_eq!((line.level, line.code), (LogLevel::Error, 0xEA));
    port.dbg_report_complete(report);
    assert!(!port.dbg_report_secondary_data(report, &[1]));
    assert_eq!(
        findings(&rig),
        [
            FindingKind::WrongArguments,
            FindingKind::StaleHandle,
            FindingKind::StaleHandle
        ]
    );
    assert_eq!(rig.machine.reports().len(), 1);
}

#[test]
fn error_reports_run_out_and_go_with_the_device() {
    let rig = strict();
    let first = rig.port.dbg_report_create(1, [0; 4]).unwrap();
    let second = rig.port.dbg_report_create(2, [0; 4]).unwrap();
    assert_eq!(rig.port.dbg_report_create(3, [0; 4]), None);
    assert!(rig.port.dbg_report_secondary_data(first, &[1; 5000]));
    assert!(rig.port.dbg_report_secondary_data(second, &[]));
    rig.port.dbg_report_complete(second);
    assert_eq!(rig.machine.reports()[0].data, []);
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
}

#[test]
fn bugcheck_callback_gets_the_buffer_it_registered_for() {
    let rig = strict();
    let port = rig.port;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let calls = seen.clone();
    rig.miniport
        .on_bugcheck(move |port, routine, code, buffer| {
            assert_eq!(port.get_current_irql(), 15);
            assert!(!port.holds_device_lock());
            calls.lock().unwrap().push((routine, code, buffer.len()));
            buffer[0] = 0x42;
        });
    let mut record = [0xEE; 4000];
    assert_eq!(
        port.collect_bugcheck_data(BUGCHECK_CODE, &mut record),
        0,
        "none registered"
    );
    let routine = Some(BugcheckRoutine(5));
    assert_eq!(
        port.register_bugcheck_callback(BUGCHECK_CODE, routine, BUGCHECK_RESERVED_BYTES + 100),
        VpStatus::NO_ERROR
    );
    assert_eq!(port.bugcheck_data_bytes(), 100);
    assert_eq!(port.collect_bugcheck_data(BUGCHECK_CODE, &mut record), 100);
    assert_eq!(record[0], 0x42);
    assert_eq!(record[1..100], [0; 99], "zeroed before");
    assert_eq!(record[100], 0xEE);
    assert_eq!(
        port.collect_bugcheck_data(BUGCHECK_CODE, &mut record[..10]),
        10,
        "never more than the host has"
    );
    assert_eq!(port.get_current_irql(), 0);
    assert_eq!(
        *seen.lock().unwrap(),
        [
            (BugcheckRoutine(5), BUGCHECK_CODE, 100),
            (BugcheckRoutine(5), BUGCHECK_CODE, 10)
        ]
    );
}

#[test]
fn bugcheck_callback_is_replaced_unregistered_and_checked() {
    let rig = strict();
    let port = rig.port;
    let routine = Some(BugcheckRoutine(5));
    let invalid = VpStatus::ERROR_INVALID_PARAMETER;
    for (code, size) in [
        (0xEB, 100),
        (0xEA, 48),
        (0xEA, 1),
        (0xEA, 4001),
        (0xEA, u32::MAX),
    ] {
        assert_eq!(
            port.register_bugcheck_callback(code, routine, size),
            invalid,
            "{code:#x} {size}"
        );
    }
    assert_eq!(port.bugcheck_data_bytes(), 0);
    for (size, bytes) in [(49, 1), (4000, 3952)] {
        assert_eq!(
            port.register_bugcheck_callback(0xEA, routine, size),
            VpStatus::NO_ERROR
        );
        assert_eq!(port.bugcheck_data_bytes(), bytes);
    }
    assert_eq!(
        port.register_bugcheck_callback(0xEA, None, 4000),
        VpStatus::NO_ERROR
    );
    assert_eq!(port.bugcheck_data_bytes(), 0);
    let _ = port.register_bugcheck_callback(0xEA, routine, 100);
    assert_eq!(
        port.register_bugcheck_callback(0xEA, routine, 0),
        VpStatus::NO_ERROR
    );
    assert_eq!(port.bugcheck_data_bytes(), 0);
}
