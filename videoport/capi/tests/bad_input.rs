//! Every service with every argument bad in turn, and every service at every wrong moment, in strict mode: a documented answer, and
//! the program lives on.
//!
//! All arguments of the contract are integers or pointers, so one routine type calls them all. The table says what each
//! argument is; good ones come from a running device, bad ones from a list for their kind.

#[path = "bad_input/fixture.rs"]
mod fixture;
#[path = "bad_input/table.rs"]
mod table;

use fixture::{Fixture, Moment};
use table::{Answer, Kind, Row, TABLE};

/// Any service, seen as taking nine words. Those it does not take lie in registers and stack slots that it does not look at.
type Service =
    unsafe extern "C" fn(usize, usize, usize, usize, usize, usize, usize, usize, usize) -> usize;

fn call(row: &Row, arguments: &[usize]) -> usize {
    let exports = videoport::exports();
    let export = exports.iter().find(|export| export.name == row.name);
    let address = export.expect("the table has exported names").address;
    // SAFETY: an exported service; on the targets of this test a caller may pass more words than a callee takes.
    let service = unsafe { std::mem::transmute::<*const std::ffi::c_void, Service>(address) };
    let word = |idx: usize| arguments.get(idx).copied().unwrap_or(0);
    // SAFETY: routines among the arguments are routines or null, and pointers may be anything: that is what is tested.
    unsafe {
        service(
            word(0),
            word(1),
            word(2),
            word(3),
            word(4),
            word(5),
            word(6),
            word(7),
            word(8),
        )
    }
}

/// Fails when an answer is none that the contract has for this service.
fn check(row: &Row, arguments: &[usize], answer: usize) {
    let fits = match row.answer {
        Answer::Status(codes) => codes.contains(&(answer as u32)),
        Answer::Boolean => answer & 0xFF <= 1,
        Answer::Anything => true,
    };
    assert!(
        fits,
        "{}({arguments:x?}) answers {:#x}",
        row.name, answer as u32
    );
}

/// Calls a service with the good arguments of a device, one of them replaced.
fn try_with(row: &Row, fixture: &Fixture, bad: Option<(usize, usize)>) {
    let mut arguments: Vec<usize> = row.kinds.iter().map(|kind| fixture.good(*kind)).collect();
    if let Some((place, which)) = bad {
        arguments[place] = fixture.bad(row.kinds[place], which);
    }
    // Shown only when something goes wrong here.
    eprintln!("{}({arguments:x?})", row.name);
    let answer = call(row, &arguments);
    check(row, &arguments, answer);
}

/// Each argument of each service bad in all ways, the others good. One device for each argument.
fn sweep(rows: &[Row]) {
    for row in rows {
        for (place, kind) in row.kinds.iter().enumerate() {
            Fixture::with(Moment::Outside, |fixture| {
                for which in 0..Fixture::bad_count(*kind) {
                    try_with(row, fixture, Some((place, which)));
                    fixture.calm_down();
                }
            });
        }
    }
}

#[test]
fn the_table_has_every_service() {
    let mut exported: Vec<&str> = videoport::exports()
        .iter()
        .map(|export| export.name)
        .collect();
    let mut listed: Vec<&str> = TABLE.iter().map(|row| row.name).collect();
    exported.sort_unstable();
    listed.sort_unstable();
    assert_eq!(exported, listed);
}

#[test]
fn one_bad_argument_of_the_first_half_of_the_services() {
    sweep(&TABLE[..TABLE.len() / 2]);
}

#[test]
fn one_bad_argument_of_the_second_half_of_the_services() {
    sweep(&TABLE[TABLE.len() / 2..]);
}

#[test]
fn all_arguments_null_or_all_ones() {
    for row in TABLE {
        Fixture::with(Moment::Outside, |fixture| {
            for word in [0, usize::MAX, 0xA5A5_A5A5_A5A5_A5A5] {
                let word_for = |kind: &Kind| if *kind == Kind::Routine { 0 } else { word };
                let arguments: Vec<usize> = row.kinds.iter().map(word_for).collect();
                eprintln!("{}({arguments:x?})", row.name);
                let answer = call(row, &arguments);
                check(row, &arguments, answer);
                fixture.calm_down();
            }
        });
    }
}

#[test]
fn every_service_at_every_moment() {
    for row in TABLE {
        for moment in Moment::ALL {
            Fixture::with(moment, |fixture| try_with(row, fixture, None));
        }
    }
}

#[test]
fn every_service_after_the_device_is_gone() {
    for row in TABLE {
        let mut kept = Vec::new();
        Fixture::with(Moment::Outside, |fixture| {
            kept = row.kinds.iter().map(|kind| fixture.good(*kind)).collect();
        });
        eprintln!("gone {}({kept:x?})", row.name);
        let answer = call(row, &kept);
        check(row, &kept, answer);
    }
}

#[test]
fn handles_of_another_device_are_foreign() {
    for row in TABLE {
        Fixture::with(Moment::Outside, |other| {
            let theirs: Vec<usize> = row.kinds.iter().map(|kind| other.good(*kind)).collect();
            Fixture::with(Moment::Outside, |fixture| {
                let mut arguments = theirs.clone();
                if row.kinds.first() == Some(&Kind::Extension) {
                    arguments[0] = fixture.good(Kind::Extension);
                }
                eprintln!("foreign {}({arguments:x?})", row.name);
                let answer = call(row, &arguments);
                check(row, &arguments, answer);
            });
        });
    }
}
