//! The miniport's table of requests against the documented codes, the flows, and the driver on the fake card.

use lumenport_flows::target::{Board, Setup};
use lumenport_flows::{FakeTarget, Session, all, with_driver};
use lumenport_videoport::VpStatus;
use lumenport_videoport::ioctl::{DOCUMENTED, code};

/// Not zero, so that a byte the driver wrote is seen.
const FILL: u8 = 0xA5;

/// One row: function, code, name, implemented, tests.
struct Row {
    function: u32,
    code: u32,
    name: String,
    implemented: bool,
    tests: Vec<String>,
}

fn rows() -> Vec<Row> {
    let text = include_str!("../../README.md");
    let lines = text
        .lines()
        .skip_while(|line| !line.starts_with("| function |"));
    let table = lines.skip(2).take_while(|line| line.starts_with('|'));
    table
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let [_, function, number, name, status, about, tests, _] = cells[..] else {
                panic!("not six cells: {line}");
            };
            assert!(!about.is_empty(), "{name}: says nothing");
            let hex = |text: &str| u32::from_str_radix(text.trim_start_matches("0x"), 16);
            Row {
                function: hex(function).expect("function is hexadecimal"),
                code: hex(number).expect("code is hexadecimal"),
                name: name.trim_matches('`').to_owned(),
                implemented: match status {
                    "implemented" => true,
                    "clean failure" => false,
                    other => panic!("{name}: status {other}"),
                },
                tests: tests
                    .split(", ")
                    .map(|test| test.trim_matches('`').to_owned())
                    .collect(),
            }
        })
        .collect()
}

#[test]
fn every_documented_code_has_a_row_with_an_existing_test() {
    let rows = rows();
    assert!(
        rows.iter()
            .map(|row| (row.function, row.name.as_str()))
            .eq(DOCUMENTED),
        "the table lists the documented codes in order"
    );
    let flows: Vec<&str> = all::<FakeTarget>().iter().map(|flow| flow.name).collect();
    let here = include_str!("ioctl_table.rs");
    for row in rows {
        assert_eq!(row.code, code(row.function), "{}", row.name);
        for test in &row.tests {
            let exists = flows.contains(&test.as_str()) || here.contains(&format!("fn {test}()"));
            assert!(!test.is_empty() && exists, "{}: no test {test}", row.name);
        }
    }
}

/// Outside the table too: everything that is not implemented fails alike, whatever the buffers are.
#[test]
fn every_documented_code_does_what_the_table_says() {
    let rows = rows();
    let target = FakeTarget::default();
    let outcome = with_driver(&target, &Setup::default(), |session| {
        let mode = session.smallest_mode(32)?;
        session.set_mode(&mode)?;
        for row in &rows {
            for length in [0, 1, 64] {
                let mut buffer = vec![FILL; length];
                let status = session.port.io_control(row.code, &mut buffer, length);
                let unknown = status.status == VpStatus::ERROR_INVALID_FUNCTION;
                if row.implemented {
                    assert!(!unknown, "{} is not implemented", row.name);
                    undo(session, row.function, &buffer);
                } else {
                    assert!(unknown, "{} answers {}", row.name, status.status);
                    assert_eq!(status.information, 0, "{}", row.name);
                    assert!(buffer.iter().all(|byte| *byte == FILL), "{}", row.name);
                }
            }
        }
        // Garbage was given to the unmap requests.
        session.expect_findings();
        Ok(String::new())
    });
    outcome.expect("the driver runs and leaks nothing");
}

/// Refused for its size means refused before anything is written.
#[test]
fn buffers_too_small_are_not_written() {
    let rows = rows();
    let target = FakeTarget::default();
    let outcome = with_driver(&target, &Setup::default(), |session| {
        let mode = session.smallest_mode(32)?;
        session.set_mode(&mode)?;
        for row in rows.iter().filter(|row| row.implemented) {
            for length in 0..80 {
                let mut buffer = vec![FILL; length];
                // No input: what is written can only be an answer.
                let status = session.port.io_control(row.code, &mut buffer, 0).status;
                if status == VpStatus::ERROR_INSUFFICIENT_BUFFER {
                    let untouched = buffer.iter().all(|byte| *byte == FILL);
                    assert!(untouched, "{} wrote to {length} bytes", row.name);
                } else {
                    // Whatever it mapped goes back.
                    undo(session, row.function, &buffer);
                }
            }
        }
        session.expect_findings();
        Ok(String::new())
    });
    outcome.expect("the driver runs and leaks nothing");
}

/// Gives back what the map requests mapped, so that mappings do not run out.
fn undo<B: Board>(session: &Session<'_, '_, B>, function: u32, answer: &[u8]) {
    let (undoing, at) = match function {
        0x116 => (code(0x117), 0),
        0x118 => (code(0x119), 8),
        _ => return,
    };
    if let Some(address) = answer.get(at..at + 8) {
        let mut buffer = address.to_vec();
        session.port.io_control(undoing, &mut buffer, 8);
    }
}
