//! Generated files: written on request, compared in checks.

use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::{fs, io::Write};

/// The command that makes the files, as their first line names it.
pub const MADE_BY: &str = "Made by `cargo xtask regs` from hal/regmap/src/blocks. Do not edit.";

/// A file as it should be.
pub struct Generated {
    /// Path from the root of the workspace.
    pub path: PathBuf,
    /// Whole content.
    pub text: String,
}

impl Generated {
    /// A file at `path`, from the root of the workspace, with the content `text`.
    pub fn new(path: impl Into<PathBuf>, text: String) -> Self {
        Self {
            path: path.into(),
            text,
        }
    }
}

/// Writes `files`, or with `check` compares them.
///
/// # Errors
/// With `check`: when a file is missing or differs, with the first differing line of each.
pub fn write_or_check(files: &[Generated], check: bool) -> Result<()> {
    let root = crate::workspace::root();
    let mut differences = Vec::new();
    for file in files {
        let path = root.join(&file.path);
        let present = fs::read_to_string(&path).unwrap_or_default();
        if present == file.text {
            continue;
        }
        if check {
            differences.push(format!(
                "{}: {}",
                file.path.display(),
                first_difference(&present, &file.text)
            ));
        } else {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(&path, &file.text)
                .with_context(|| format!("cannot write {}", path.display()))?;
            println!("wrote {}", file.path.display());
        }
    }
    if differences.is_empty() {
        println!("{} generated files are up to date", files.len());
        return Ok(());
    }
    bail!(
        "generated files differ, run `cargo xtask regs`:\n  {}",
        differences.join("\n  ")
    )
}

/// Says where two texts part.
fn first_difference(present: &str, expected: &str) -> String {
    if present.is_empty() {
        return "missing or empty".to_owned();
    }
    let mut lines = present.lines().zip(expected.lines()).enumerate();
    match lines.find(|(_, (a, b))| a != b) {
        Some((number, (a, b))) => format!("line {}: has {a:?}, should be {b:?}", number + 1),
        None => format!(
            "has {} lines, should be {}",
            present.lines().count(),
            expected.lines().count()
        ),
    }
}

/// `text` as rustfmt lays it out.
///
/// # Errors
/// When rustfmt is not installed or refuses the text.
pub fn rustfmt(text: &str) -> Result<String> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("rustfmt is needed: rustup component add rustfmt")?;
    child
        .stdin
        .take()
        .context("rustfmt has no input")?
        .write_all(text.as_bytes())?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("rustfmt refused generated code:\n{text}");
    }
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::first_difference;

    #[test]
    fn first_difference_names_the_line() {
        assert!(first_difference("a\nb\n", "a\nc\n").starts_with("line 2"));
    }

    #[test]
    fn first_difference_of_a_prefix_counts_lines() {
        assert_eq!(
            first_difference("a\n", "a\nb\n"),
            "has 1 lines, should be 2"
        );
    }

    #[test]
    fn first_difference_of_nothing_says_missing() {
        assert_eq!(first_difference("", "a"), "missing or empty");
    }
}
