//! `cargo xtask conformance`: the C side of the video port, built and checked without running it.
//!
//! From one table, `videoport/capi/mingw/services.txt`, come the module definition files of the import libraries and the list of
//! names in the conformance miniport. The check compiles that driver with every compiler there is, warnings denied, and links it
//! for Windows, where the linker proves the names and argument bytes of all services.

mod mingw;
mod native;
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

/// Checks the made files, and builds drivers with all compilers. Returns what could not be checked on this machine.
///
/// # Errors
/// When a file is old, a build fails, or an image imports something else than it must; with `require` also for a missing compiler.
pub fn check(require: bool) -> Result<Vec<String>> {
    for (path, text) in table::files()? {
        let present = std::fs::read_to_string(&path).unwrap_or_default();
        if present != text {
            bail!("{} is old: run `cargo xtask conformance`", path.display());
        }
    }
    let folder = crate::workspace::output_folder()?.join("conformance");
    std::fs::create_dir_all(&folder)?;
    let mut skips = native::check(&folder)?;
    skips.extend(mingw::check(&folder)?);
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
