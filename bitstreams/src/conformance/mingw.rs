//! Real `.sys` files: import library, small driver and conformance miniport for both Windows targets, read back with objdump.

use super::{driver_sources, includes, is_there, run, table, text};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// A Windows target.
struct Target {
    name: &'static str,
    package: &'static str,
    entry: &'static str,
    /// `-k`: the import library asks `videoprt.sys` for undecorated names.
    kill_at: bool,
}

const TARGETS: [Target; 2] = [
    Target {
        name: "i686",
        package: "gcc-mingw-w64-i686",
        entry: "_DriverEntry@8",
        kill_at: true,
    },
    Target {
        name: "x86_64",
        package: "gcc-mingw-w64-x86-64",
        entry: "DriverEntry",
        kill_at: false,
    },
];

impl Target {
    fn tool(&self, name: &str) -> String {
        format!("{}-w64-mingw32-{name}", self.name)
    }
}

/// Builds and reads back; returns the targets without tools.
pub fn check(folder: &Path) -> Result<Vec<String>> {
    let mut skips = Vec::new();
    for target in &TARGETS {
        if ["gcc", "dlltool", "objdump"]
            .iter()
            .any(|tool| !is_there(&target.tool(tool)))
        {
            skips.push(format!(
                "driver for {} Windows: no compiler (Debian: {})",
                target.name, target.package
            ));
            continue;
        }
        check_target(target, folder).with_context(|| format!("for {} Windows", target.name))?;
    }
    Ok(skips)
}

fn check_target(target: &Target, folder: &Path) -> Result<()> {
    let root = crate::workspace::root();
    let library = import_library(target, folder)?;
    let runtime = root.join("miniport/examples/c/runtime.c");
    let small = vec![
        root.join("videoport/capi/mingw/small_driver.c"),
        runtime.clone(),
    ];
    let mut whole = driver_sources()?;
    whole.push(runtime);
    let exports = table::exports()?;
    for (name, sources, all) in [("small", small, false), ("lumenport", whole, true)] {
        let image = link(target, name, &sources, &library, folder)?;
        let imports = read_image(target, &image)?;
        let stranger = imports
            .iter()
            .find(|import| !exports.iter().any(|export| export.name == **import));
        if let Some(stranger) = stranger {
            bail!("{name} imports {stranger}, which videoprt.sys does not export under that name");
        }
        let missing = exports
            .iter()
            .filter(|export| export.documented && !imports.contains(&export.name));
        let missing: Vec<_> = missing.map(|export| export.name.as_str()).collect();
        if all && !missing.is_empty() {
            bail!(
                "the conformance miniport does not call {}",
                missing.join(", ")
            );
        }
        println!(
            "{name}.sys for {}: {} imports, all from videoprt.sys",
            target.name,
            imports.len()
        );
    }
    Ok(())
}

fn import_library(target: &Target, folder: &Path) -> Result<PathBuf> {
    let definition =
        crate::workspace::root().join(format!("videoport/capi/mingw/videoprt-{}.def", target.name));
    let library = folder.join(format!("libvideoprt-{}.a", target.name));
    let mut arguments = vec![
        "-d".to_owned(),
        text(&definition),
        "-l".to_owned(),
        text(&library),
    ];
    if target.kill_at {
        arguments.push("-k".to_owned());
    }
    run(&target.tool("dlltool"), &arguments)?;
    Ok(library)
}

fn link(
    target: &Target,
    name: &str,
    sources: &[PathBuf],
    library: &Path,
    folder: &Path,
) -> Result<PathBuf> {
    let image = folder.join(format!("{name}-{}.sys", target.name));
    let flags = "-std=c11 -Wall -Wextra -Werror -O2 -ffreestanding -fno-stack-protector -nostdlib -shared -s \
                 -Wl,--subsystem,native -Wl,--exclude-all-symbols";
    let mut arguments: Vec<String> = flags.split_whitespace().map(str::to_owned).collect();
    arguments.push(format!("-Wl,--entry,{}", target.entry));
    arguments.extend(includes());
    arguments.extend(sources.iter().map(|source| text(source)));
    arguments.extend([
        text(library),
        "-lgcc".to_owned(),
        "-o".to_owned(),
        text(&image),
    ]);
    run(&target.tool("gcc"), &arguments)?;
    Ok(image)
}

/// Checks subsystem, entry and modules of an image; returns the names it imports.
fn read_image(target: &Target, image: &Path) -> Result<Vec<String>> {
    let dump = run(&target.tool("objdump"), &["-p".to_owned(), text(image)])?;
    if !dump
        .lines()
        .any(|line| line.starts_with("Subsystem") && line.contains("(NT native)"))
    {
        bail!("{} is not a native image", image.display());
    }
    let entry = dump
        .lines()
        .find_map(|line| line.strip_prefix("AddressOfEntryPoint"));
    if entry.is_none_or(|address| address.trim().trim_matches('0').is_empty()) {
        bail!("{} has no entry point", image.display());
    }
    let modules: Vec<_> = dump
        .lines()
        .filter_map(|line| line.trim().strip_prefix("DLL Name: "))
        .collect();
    if modules != ["videoprt.sys"] {
        bail!("{} imports from {modules:?}", image.display());
    }
    Ok(imports(&dump))
}

/// The names in the import table of a dump: lines of address, hint and name.
fn imports(dump: &str) -> Vec<String> {
    let hexadecimal = |word: &str| word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let decimal = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    dump.lines()
        .filter_map(
            |line| match line.split_whitespace().collect::<Vec<_>>()[..] {
                [address, hint, name]
                    if hexadecimal(address) && decimal(hint) && !hexadecimal(name) =>
                {
                    Some(name.to_owned())
                }
                _ => None,
            },
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn import_lines_are_told_from_the_rest() {
        let dump = "\tDLL Name: videoprt.sys\n\tvma:  Hint/Ord Member-Name Bound-To\n\t213c0\t    1  VideoPortZeroMemory\n\t213de\t    2  _Bad@4\n\nEntry 0 00000000 00000000 Export Directory\n";
        assert_eq!(imports(dump), ["VideoPortZeroMemory", "_Bad@4"]);
    }
}
