//! `cargo xtask conformance`: the C side of the video port, built, and the conformance tests run.
//!
//! From one table, `videoport/capi/mingw/services.txt`, come the module definition files of the import libraries and the list of
//! names in the conformance miniport. The check compiles that driver with every compiler there is, warnings denied, and links it
//! for Windows, where the linker proves the names and argument bytes of all services. Then `lumenport conformance` runs it on the fake
//! card and on the gateware; the tables in `videoport/README.md` must say what it found.

mod mingw;
mod native;
mod results;
mod table;

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// Sources of the conformance miniport, `runtime.c` apart: a C library has what is in it.
fn driver_sources() -> Result<Vec<PathBuf>> {
    let folder = crate::workspace::root().join("miniport/examples/c");
    let mut sources = Vec::new();
    for part in [folder.clone(), folder.join("conformance")] {
        let entries =
            std::fs::read_dir(&part).with_context(|| format!("cannot list {}", part.display()))?;
        for entry in entries {
            let path = entry?.path();
            let is_source = path.extension().is_some_and(|extension| extension == "c");
            if is_source && path.file_name().is_some_and(|name| name != "runtime.c") {
                sources.push(path);
            }
        }
    }
    sources.sort();
    Ok(sources)
}

/// `-I` arguments of every build of a driver.
fn includes() -> Vec<String> {
    ["videoport/capi/include", "hal/regmap/gen"]
        .map(|folder| format!("-I{}", crate::workspace::root().join(folder).display()))
        .to_vec()
}

/// Writes the files that are made from the table.
///
/// # Errors
/// When the table cannot be read or a file not be written.
pub fn write() -> Result<()> {
    for (path, text) in table::files()? {
        if std::fs::read_to_string(&path).is_ok_and(|present| present == text) {
            continue;
        }
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        println!("wrote {}", path.display());
    }
    Ok(())
}

/// Builds the drivers, runs the tests, and writes the tables in `videoport/README.md`.
///
/// # Errors
/// When there is no C compiler, a test fails, or a target is missing.
pub fn write_results() -> Result<()> {
    let folder = folder()?;
    native::check(&folder)?;
    results::write(&folder)
}

fn folder() -> Result<PathBuf> {
    let folder = crate::workspace::output_folder()?.join("conformance");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Checks the made files, runs the tests, and builds drivers with all compilers. Returns what could not be checked on this machine.
///
/// # Errors
/// When a file or table is old, a build or a test fails, or an image imports something else than it must; with `require` also for a missing compiler.
pub fn check(require: bool) -> Result<Vec<String>> {
    for (path, text) in table::files()? {
        let present = std::fs::read_to_string(&path).unwrap_or_default();
        if present != text {
            bail!("{} is old: run `cargo xtask conformance`", path.display());
        }
    }
    let folder = folder()?;
    let mut skips = native::check(&folder)?;
    skips.extend(mingw::check(&folder)?);
    if is_there("gcc") {
        skips.extend(results::check(&folder)?);
    } else {
        skips.push("conformance tests: no gcc to build the driver with".to_owned());
    }
    if require && !skips.is_empty() {
        bail!("tools are missing: {}", skips.join("; "));
    }
    Ok(skips)
}

/// Whether a program can be started at all.
fn is_there(program: &str) -> bool {
    std::process::Command::new(program)
        .arg("--version")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs a build step; its output is in the error.
fn run(program: &str, arguments: &[String]) -> Result<String> {
    let output = std::process::Command::new(program)
        .args(arguments)
        .output()
        .with_context(|| format!("cannot start {program}"))?;
    if !output.status.success() {
        bail!(
            "{program} fails:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
