//! The unpacked kernel: its image, and its modules in the order in which they can be loaded.

use super::fetch::Cache;
use crate::python::quiet;
use anyhow::{Context, Result, bail};
use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A kernel with its modules.
pub struct Kernel {
    /// The image: an ELF file when it could be extracted, else what Debian ships.
    pub image: PathBuf,
    /// Files of the modules by name, with underscores.
    modules: HashMap<String, PathBuf>,
    /// Names of modules that are part of the image.
    builtin: HashSet<String>,
}

impl Kernel {
    /// What lies unpacked in `folder`.
    pub(super) fn open(folder: &Path) -> Result<Self> {
        let mut kernel = Self {
            image: folder.join("image"),
            modules: HashMap::new(),
            builtin: HashSet::new(),
        };
        kernel.index(&folder.join("usr/lib/modules"))?;
        if kernel.modules.is_empty() {
            bail!("{} holds no kernel module", folder.display());
        }
        Ok(kernel)
    }

    fn index(&mut self, folder: &Path) -> Result<()> {
        for entry in folder.read_dir()?.flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type()?.is_dir() {
                self.index(&path)?;
            } else if name == "modules.builtin" {
                let text = fs::read_to_string(&path)?;
                self.builtin.extend(text.lines().map(module_name));
            } else if name.contains(".ko") {
                self.modules.insert(module_name(&name), path);
            }
        }
        Ok(())
    }

    /// Modules `wanted` and everything they need: name and contents, in the order of loading.
    ///
    /// # Errors
    /// When there is no such module, or it cannot be decompressed.
    pub fn modules(&self, wanted: &[&str], cache: &Cache) -> Result<Vec<(String, Vec<u8>)>> {
        let mut contents: HashMap<String, Vec<u8>> = HashMap::new();
        let order = load_order(wanted, |name| {
            if self.builtin.contains(name) {
                return Ok(None);
            }
            let path = self
                .modules
                .get(name)
                .with_context(|| format!("the kernel has no module {name}"))?;
            let bytes = decompress(path, cache)?;
            let depends = depends(&bytes);
            contents.insert(name.to_owned(), bytes);
            Ok(Some(depends))
        })?;
        let with_contents = order.into_iter().map(|name| {
            let bytes = contents.remove(&name).unwrap_or_default();
            (name, bytes)
        });
        Ok(with_contents.collect())
    }
}

/// `kernel/drivers/vfio/vfio-pci.ko.xz` as `vfio_pci`.
fn module_name(path: &str) -> String {
    let file = path.rsplit('/').next().unwrap_or(path);
    let stem = file.split(".ko").next().unwrap_or(file);
    stem.replace('-', "_")
}

/// The module, decompressed.
fn decompress(path: &Path, cache: &Cache) -> Result<Vec<u8>> {
    let bytes = fs::read(path)?;
    let mut command = match path.extension().and_then(|e| e.to_str()) {
        Some("ko") => return Ok(bytes),
        Some("xz") => {
            let mut busybox = Command::new(cache.file("usr/bin/busybox"));
            busybox.args(["unxz", "-c"]);
            busybox
        }
        Some("zst") => {
            let mut zstd = cache.program("usr/bin/zstd");
            zstd.args(["-q", "-d", "-c"]);
            zstd
        }
        _ => bail!("{}: unknown compression", path.display()),
    };
    filter(&mut command, bytes).with_context(|| path.display().to_string())
}

/// What `command` makes of `input`.
fn filter(command: &mut Command, input: Vec<u8>) -> Result<Vec<u8>> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut stdin = child.stdin.take().context("no standard input")?;
    // In a thread: the program may answer before it has read everything.
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output()?;
    let written = writer.join();
    if !output.status.success() || !matches!(written, Ok(Ok(()))) {
        bail!("cannot be decompressed");
    }
    Ok(output.stdout)
}

/// Modules that a module needs: `depends=` of its `.modinfo`, names with underscores.
fn depends(module: &[u8]) -> Vec<String> {
    const KEY: &[u8] = b"\0depends=";
    let Some(at) = module.windows(KEY.len()).position(|w| w == KEY) else {
        return Vec::new();
    };
    let rest = module.get(at + KEY.len()..).unwrap_or_default();
    let value: Vec<u8> = rest.iter().copied().take_while(|b| *b != 0).collect();
    let value = String::from_utf8_lossy(&value).into_owned();
    value
        .split(',')
        .filter(|name| !name.is_empty())
        .map(|name| name.replace('-', "_"))
        .collect()
}

/// `wanted` with everything needed, each once and after what it needs. `needs` tells what a module needs, or `None` when it is
/// always there.
fn load_order(
    wanted: &[&str],
    mut needs: impl FnMut(&str) -> Result<Option<Vec<String>>>,
) -> Result<Vec<String>> {
    enum Task {
        Visit(String),
        Place(String),
    }
    let mut order = Vec::new();
    let mut seen = HashSet::new();
    let tasks = wanted.iter().rev().map(|n| n.replace('-', "_"));
    let mut tasks: Vec<_> = tasks.map(Task::Visit).collect();
    while let Some(task) = tasks.pop() {
        match task {
            Task::Place(name) => order.push(name),
            Task::Visit(name) => {
                if !seen.insert(name.clone()) {
                    continue;
                }
                if let Some(more) = needs(&name)? {
                    tasks.push(Task::Place(name));
                    tasks.extend(more.into_iter().rev().map(Task::Visit));
                }
            }
        }
    }
    Ok(order)
}

/// Puts the image of the unpacked kernel at `folder/image`, uncompressed where possible: under emulation decompressing costs the
/// guest seconds of every start.
pub(super) fn extract(folder: &Path, cache: &Cache) -> Result<()> {
    let boot = folder.join("boot");
    let packed = boot
        .read_dir()?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.to_string_lossy().contains("/vmlinuz-"))
        .context("the kernel package has no vmlinuz")?;
    let bytes = fs::read(&packed)?;
    let image = folder.join("image");
    if let Some(payload) = payload(&bytes).filter(|p| p.starts_with(&[0x28, 0xB5, 0x2F, 0xFD])) {
        let file = folder.join("image.zst");
        fs::write(&file, payload)?;
        let unpacked = quiet(
            cache
                .program("usr/bin/zstd")
                .args(["-q", "-f", "-d", "-o"])
                .arg(&image)
                .arg(&file),
        );
        fs::remove_file(&file)?;
        if unpacked.is_ok() && fs::read(&image)?.starts_with(b"\x7fELF") {
            return Ok(());
        }
    }
    fs::copy(&packed, &image)?;
    Ok(())
}

/// The compressed kernel inside a `bzImage`, without the four bytes of its length behind it.
///
/// Source: Linux, Documentation/arch/x86/boot.rst, fields `setup_sects`, `payload_offset`, `payload_length`.
fn payload(image: &[u8]) -> Option<&[u8]> {
    let word = |at: usize| {
        let bytes = image.get(at..at + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
    };
    if image.get(0x202..0x206)? != b"HdrS" {
        return None;
    }
    let setup = match image.get(0x1F1)? {
        0 => 4,
        sectors => usize::from(*sectors),
    };
    let start = (setup + 1) * 512 + word(0x248)?;
    image.get(start..(start + word(0x24C)?).checked_sub(4)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(name: &str) -> Result<Option<Vec<String>>> {
        let list: &[&str] = match name {
            "vfio_pci" => &["vfio_pci_core", "vfio"],
            "vfio_pci_core" => &["vfio", "irqbypass"],
            "irqbypass" => return Ok(None),
            "vfio" | "uio" => &[],
            _ => bail!("no {name}"),
        };
        Ok(Some(list.iter().map(|n| (*n).to_owned()).collect()))
    }

    #[test]
    fn module_comes_after_what_it_needs_and_once() {
        let order = load_order(&["vfio-pci", "vfio", "uio"], needs).expect("all known");
        assert_eq!(order, ["vfio", "vfio_pci_core", "vfio_pci", "uio"]);
    }

    #[test]
    fn unknown_module_is_an_error() {
        assert!(load_order(&["vfio", "nothing"], needs).is_err());
    }

    #[test]
    fn depends_is_read_from_modinfo() {
        let module = b"..\0license=GPL\0depends=vfio-pci-core,vfio\0name=vfio_pci\0";
        assert_eq!(depends(module), ["vfio_pci_core", "vfio"]);
        assert!(depends(b"\0license=GPL\0depends=\0").is_empty());
        assert!(depends(b"\0softdepends=x\0").is_empty());
    }

    #[test]
    fn names_lose_folder_and_suffix() {
        assert_eq!(module_name("kernel/a/vfio-pci-core.ko.xz"), "vfio_pci_core");
        assert_eq!(module_name("uio.ko"), "uio");
    }

    #[test]
    fn payload_is_cut_out_of_the_image() {
        let mut image = vec![0u8; 0x800];
        image[0x1F1] = 1;
        image[0x202..0x206].copy_from_slice(b"HdrS");
        image[0x248..0x24C].copy_from_slice(&0x10u32.to_le_bytes());
        image[0x24C..0x250].copy_from_slice(&12u32.to_le_bytes());
        image[0x410..0x41C].copy_from_slice(b"payload!size");
        assert_eq!(payload(&image), Some(b"payload!".as_slice()));
        image[0x24C..0x250].copy_from_slice(&0xFFFFu32.to_le_bytes());
        assert_eq!(payload(&image), None);
        assert_eq!(payload(b"short"), None);
    }
}
