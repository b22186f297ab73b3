//! The guest's root: an archive in memory, made for each run.

use super::fetch::Cache;
use super::kernel::Kernel;
use anyhow::{Context, Result};
use cpio::newc::{Builder, ModeFileType, trailer};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// First program of the guest.
const INIT: &str = include_str!("init.sh");
/// Drivers of the user-space driver's two ways to the card.
pub const DRIVER_MODULES: [&str; 3] = ["vfio-pci", "vfio-iommu-type1", "uio-pci-generic"];

/// An archive in the format that the kernel unpacks (`newc`).
pub struct Archive {
    bytes: Vec<u8>,
    folders: BTreeSet<String>,
    entries: u32,
}

impl Archive {
    /// An empty one.
    pub fn new() -> Self {
        Self {
            bytes: Vec::new(),
            folders: BTreeSet::new(),
            entries: 0,
        }
    }

    fn entry(&mut self, path: &str, kind: ModeFileType, mode: u32, contents: &[u8]) -> Result<()> {
        self.entries += 1;
        let length = u32::try_from(contents.len()).context("file of 4 GiB or more")?;
        let mut writer = Builder::new(path)
            .ino(self.entries)
            .mode(mode)
            .set_mode_file_type(kind)
            .write(&mut self.bytes, length);
        std::io::Write::write_all(&mut writer, contents)?;
        writer.finish()?;
        Ok(())
    }

    /// A folder with all folders above it; once, however often it is asked for. `path` has no slash in front.
    ///
    /// # Errors
    /// When the archive cannot be written.
    pub fn folder(&mut self, path: &str) -> Result<()> {
        let ends = path.match_indices('/').map(|(at, _)| at);
        for end in ends.chain([path.len()]) {
            let part = path.get(..end).unwrap_or_default();
            if !part.is_empty() && self.folders.insert(part.to_owned()) {
                self.entry(part, ModeFileType::Directory, 0o755, &[])?;
            }
        }
        Ok(())
    }

    /// A file that may be executed, in folders made as needed.
    ///
    /// # Errors
    /// When the archive cannot be written.
    pub fn file(&mut self, path: &str, contents: &[u8]) -> Result<()> {
        if let Some((folder, _)) = path.rsplit_once('/') {
            self.folder(folder)?;
        }
        self.entry(path, ModeFileType::Regular, 0o755, contents)
    }

    /// A copy of a file of this machine.
    ///
    /// # Errors
    /// When it cannot be read or the archive cannot be written.
    pub fn copy(&mut self, path: &str, from: &Path) -> Result<()> {
        let contents = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
        self.file(path, &contents)
    }

    /// The finished archive.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> Result<Vec<u8>> {
        trailer(&mut self.bytes)?;
        Ok(self.bytes)
    }
}

/// What goes into a guest beside busybox and the tools for PCI.
pub struct Contents<'a> {
    /// Kernel modules, loaded in this order with what they need.
    pub modules: &'a [&'a str],
    /// The static `lumenport`, as `/bin/lumenport`.
    pub lumenport: Option<&'a Path>,
}

/// Writes the archive for `kernel` to `path`.
///
/// # Errors
/// When a part is missing or `path` cannot be written.
pub fn write(path: &Path, cache: &Cache, kernel: &Kernel, contents: &Contents) -> Result<()> {
    let mut archive = Archive::new();
    for folder in ["proc", "sys", "dev", "tmp", "bin", "root"] {
        archive.folder(folder)?;
    }
    archive.file("init", INIT.as_bytes())?;
    archive.copy("bin/busybox", &cache.file("usr/bin/busybox"))?;
    for program in ["lspci", "setpci"] {
        archive.copy(
            &format!("bin/{program}"),
            &cache.file(&format!("usr/bin/{program}")),
        )?;
    }
    for library in cache.libraries_of("usr/bin/lspci")? {
        let name = library.file_name().unwrap_or_default().to_string_lossy();
        let folder = if name.starts_with("ld-linux") {
            "lib64"
        } else {
            "lib/x86_64-linux-gnu"
        };
        archive.copy(&format!("{folder}/{name}"), &library)?;
    }
    let mut order = String::new();
    for (name, bytes) in kernel.modules(contents.modules, cache)? {
        archive.file(&format!("lib/modules/{name}.ko"), &bytes)?;
        order += &name;
        order.push('\n');
    }
    archive.file("lib/modules/order", order.as_bytes())?;
    if let Some(program) = contents.lumenport {
        archive.copy("bin/lumenport", program)?;
    }
    fs::write(path, archive.finish()?).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cpio::newc::Reader;

    #[test]
    fn archive_reads_back_with_folders_before_files_and_once() {
        let mut archive = Archive::new();
        archive.file("a/b/one", b"1").expect("in memory");
        archive.file("a/b/two", b"22222").expect("in memory");
        archive.file("init", b"#!").expect("in memory");
        let bytes = archive.finish().expect("in memory");
        let mut rest = bytes.as_slice();
        let mut seen = Vec::new();
        loop {
            let reader = Reader::new(rest).expect("a header");
            if reader.entry().is_trailer() {
                break;
            }
            let (name, mode) = (reader.entry().name().to_owned(), reader.entry().mode());
            let mut contents = Vec::new();
            rest = reader.to_writer(&mut contents).expect("contents");
            seen.push((name, mode, contents.len()));
        }
        let expected = [
            ("a", 0o40755, 0),
            ("a/b", 0o40755, 0),
            ("a/b/one", 0o100755, 1),
            ("a/b/two", 0o100755, 5),
            ("init", 0o100755, 2),
        ];
        assert_eq!(
            seen,
            expected.map(|(name, mode, length)| (name.to_owned(), mode, length))
        );
    }
}
