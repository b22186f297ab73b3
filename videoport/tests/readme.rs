//! The README's tables of services and tests agree with the code.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use lumenport_videoport::services::{Service, ServiceKind};

const README: &str = include_str!("../README.md");
/// Every test source of this crate, subfolders included.
static SOURCES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the tests are here") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(fs::read_to_string(path).expect("a readable file"));
            }
        }
    }
    sources
});

/// The cells of each row of a table between two markers.
fn rows(name: &str) -> Vec<Vec<&'static str>> {
    let begin = README
        .find(&format!("<!-- begin {name} -->"))
        .expect("begin marker");
    let end = README
        .find(&format!("<!-- end {name} -->"))
        .expect("end marker");
    README[begin..end]
        .lines()
        .filter(|line| line.starts_with("| "))
        .skip(1)
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

/// The tests a cell names; all of them exist.
fn tests_in(cell: &str) -> Vec<&str> {
    let names: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
    for name in &names {
        let signature = format!("#[test]\nfn {name}()");
        assert!(
            SOURCES.iter().any(|source| source.contains(&signature)),
            "{name} does not exist"
        );
    }
    names
}

#[test]
fn every_service_is_listed_once_and_none_is_invented() {
    let rows = rows("services");
    let mut listed: Vec<&str> = rows
        .iter()
        .flat_map(|row| row[0].split_whitespace())
        .collect();
    let mut known: Vec<&str> = Service::ALL
        .iter()
        .filter(|service| service.kind() == ServiceKind::Documented)
        .map(|service| service.name())
        .collect();
    listed.sort_unstable();
    known.sort_unstable();
    assert_eq!(listed, known);
    assert_eq!(known.len(), 114);
}

#[test]
fn every_service_has_a_state_and_a_test() {
    for row in rows("services") {
        let [services, state, tests] = row[..] else {
            panic!("{row:?} has not three cells")
        };
        assert!(
            ["implemented", "clean failure"].contains(&state),
            "{services}: {state}"
        );
        assert!(!tests_in(tests).is_empty(), "{services} has no test");
    }
}

#[test]
fn every_service_is_called_by_the_driver_in_c() {
    let states: Vec<(&str, &str)> = rows("services")
        .iter()
        .flat_map(|row| row[0].split_whitespace().map(|service| (service, row[1])))
        .collect();
    let called = rows("calls");
    assert_eq!(called.len(), 114);
    for row in called {
        let [service, state, tests] = row[..] else {
            panic!("{row:?} has not three cells")
        };
        assert!(states.contains(&(service, state)), "{service}: {state}");
        assert!(!tests.is_empty(), "no test calls {service}");
    }
}

#[test]
fn every_shortcoming_has_a_test() {
    let rows = rows("shortcomings");
    assert_eq!(rows.len(), 28);
    for row in rows {
        let [what, tests] = row[..] else {
            panic!("{row:?} has not two cells")
        };
        assert!(!tests_in(tests).is_empty(), "{what} has no test");
    }
}

/// The variants of `FindingKind`, from its source.
fn finding_kinds() -> Vec<&'static str> {
    let source = include_str!("../src/strict.rs");
    let start = source.find("pub enum FindingKind {").expect("the enum");
    let end = start + source[start..].find("\n}").expect("its end");
    source[start..end]
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(char::is_uppercase))
        .map(|line| line.trim_end_matches([',', '{', ' ']))
        .collect()
}

#[test]
fn every_misuse_has_its_finding_and_test() {
    let kinds = finding_kinds();
    let rows = rows("misuse");
    assert!(rows.len() > 90, "{}", rows.len());
    let mut used = Vec::new();
    let mut tested = Vec::new();
    for row in &rows {
        let [misuse, findings, tests] = row[..] else {
            panic!("{row:?} has not three cells")
        };
        assert!(!misuse.is_empty());
        let names: Vec<_> = findings.split_whitespace().collect();
        assert!(!names.is_empty(), "{misuse} has no finding");
        assert!(
            names.iter().all(|name| kinds.contains(name)),
            "{misuse}: {findings}"
        );
        used.extend(names);
        let tests = tests_in(tests);
        assert!(!tests.is_empty(), "{misuse} has no test");
        tested.extend(tests);
    }
    // A card that is gone is no misuse of anybody's; `life.rs` and `lock.rs` test it.
    let unused: Vec<_> = kinds
        .iter()
        .filter(|kind| !used.contains(kind) && **kind != "CardGone")
        .collect();
    assert!(unused.is_empty(), "no misuse leads to {unused:?}");
    for source in SOURCES.iter() {
        for test in source.split("#[test]\nfn ").skip(1) {
            let name = test.split('(').next().expect("a name");
            let elsewhere = [
                "pool_",
                "lock_06",
                "spin_01",
                "dpc_01",
                "dma_15",
                "put_dma_adapter",
                "what_a_failed",
            ];
            assert!(
                !name.ends_with("_reported")
                    || tested.contains(&name)
                    || elsewhere.iter().any(|part| name.starts_with(part)),
                "{name} is not in the table"
            );
        }
    }
}
