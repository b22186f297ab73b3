//! The README of every gateware folder names tests: each of them must exist.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// All files below `folder` whose name ends so.
fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the source") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
}

/// Names of all functions that follow a test attribute, and of the cocotb tests.
fn tests_of(text: &str) -> impl Iterator<Item = String> + '_ {
    let mut marked = false;
    text.lines().filter_map(move |line| {
        let line = line.trim();
        if line.starts_with("#[test]") || line.starts_with("@cocotb.") {
            marked = true;
        }
        let (_, rest) = line
            .split_once("fn ")
            .or_else(|| line.split_once("def "))
            .filter(|(before, _)| before.is_empty() || *before == "pub " || *before == "async ")?;
        let name = rest.split(['(', '<']).next()?.to_owned();
        std::mem::take(&mut marked).then_some(name)
    })
}

/// The names in the last column of tables whose last heading is `test`.
fn named(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut in_plan = false;
    for line in text.lines() {
        let Some(row) = line.strip_prefix('|').and_then(|row| row.strip_suffix('|')) else {
            in_plan = false;
            continue;
        };
        let last = row.rsplit('|').next().unwrap_or_default().trim();
        in_plan |= last == "test";
        if in_plan {
            names.extend(last.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    names
}

#[test]
fn every_test_named_in_a_readme_exists() {
    let room = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    for folder in ["tests", "src", "../boards/sim/tests", "../boards/sim/src"] {
        files(&room.join(folder), ".rs", &mut sources);
    }
    files(&room.join("tests/cocotb"), ".py", &mut sources);
    let mut known = BTreeSet::new();
    for path in sources {
        let text = std::fs::read_to_string(path).expect("text");
        known.extend(tests_of(&text));
    }
    let mut readmes = Vec::new();
    files(&room.join("src"), "README.md", &mut readmes);
    let mut count = 0;
    let mut missing = Vec::new();
    for path in readmes {
        let text = std::fs::read_to_string(&path).expect("text");
        for name in named(&text) {
            count += 1;
            // a name, or a whole file of tests
            let file = name.contains('/') && room.join(&name).is_file();
            if !file && !known.contains(&name) {
                missing.push(format!("{}: {name}", path.display()));
            }
        }
    }
    assert!(missing.is_empty(), "no such test: {missing:#?}");
    assert!(count > 50, "the plans are found: {count} names");
}
