//! The parts of the virtual machine: fetched once from a Debian archive, unpacked into a folder, never installed.
//!
//! apt resolves and verifies, with a state of its own (its own source list, lists and cache, an empty package status, so that
//! everything down to the C library is fetched); `dpkg-deb` unpacks. No root, and the system's packages stay as they are. A part is
//! unpacked beside its place and renamed when it is whole: what lies under its name is complete.

use super::{kernel, mirror};
use crate::python::quiet;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folder of the cache, instead of `.lumenport/vm`.
const FOLDER_VARIABLE: &str = "LUMENPORT_VM_CACHE";
/// Keys of the archive, where Debian keeps them.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// Unpacked from the suite of QEMU's newest build; older ones have no `vfio-user-pci`.
const BACKPORTS: &str = "trixie-backports";
/// Programs, with everything they need.
const PROGRAMS: [&str; 3] = ["qemu-system-x86", "pciutils", "zstd"];
/// Packages that need nothing.
const PLAIN: [&str; 2] = ["busybox-static/trixie", "ovmf/trixie"];
/// Files that an unpacked set of programs must have.
const PROGRAM_FILES: [&str; 5] = [
    "usr/bin/qemu-system-x86_64",
    "usr/lib64/ld-linux-x86-64.so.2",
    "usr/bin/busybox",
    "usr/bin/lspci",
    "usr/bin/zstd",
];

/// Which kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// Small: VFIO, UIO and IOMMU drivers, no graphics.
    Cloud,
    /// Everything Debian builds, `bochs-drm` included.
    Full,
}

impl Flavour {
    fn name(self) -> &'static str {
        match self {
            Self::Cloud => "cloud-amd64",
            Self::Full => "amd64",
        }
    }
}

/// The folder with the parts.
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The cache with the programs in it; fetches them when they are not there, and says so.
    ///
    /// # Errors
    /// When this machine has no apt, no archive can be reached, or a package is missing there.
    pub fn open() -> Result<Self> {
        let folder = std::env::var_os(FOLDER_VARIABLE).map_or_else(
            || crate::workspace::root().join(".lumenport/vm"),
            PathBuf::from,
        );
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let cache = Self {
            folder: folder.canonicalize()?,
        };
        let _lock = cache.lock()?;
        if !cache.is_whole(&cache.programs(), &PROGRAM_FILES) {
            cache.fetch_programs()?;
        }
        Ok(cache)
    }

    /// Where logs go.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Unpacked programs.
    fn programs(&self) -> PathBuf {
        self.folder.join("programs")
    }

    /// A file of the unpacked programs.
    pub fn file(&self, path: &str) -> PathBuf {
        self.programs().join(path)
    }

    /// The unpacked kernel with its modules; fetched when it is not there.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn kernel(&self, flavour: Flavour) -> Result<kernel::Kernel> {
        let folder = self.folder.join(format!("kernel-{}", flavour.name()));
        let _lock = self.lock()?;
        if !self.is_whole(&folder, &["image", "usr/lib/modules"]) {
            self.fetch_kernel(flavour, &folder)?;
        }
        kernel::Kernel::open(&folder)
    }

    /// A fetched program, started through its own loader with its own libraries.
    pub fn program(&self, path: &str) -> Command {
        let mut command = Command::new(self.file("usr/lib64/ld-linux-x86-64.so.2"));
        command.arg("--library-path").arg(self.libraries());
        command.arg(self.file(path));
        command
    }

    /// Folder of the fetched libraries.
    fn libraries(&self) -> PathBuf {
        self.file("usr/lib/x86_64-linux-gnu")
    }

    /// QEMU, with its own firmware and modules.
    pub fn qemu(&self) -> Command {
        let mut command = self.program("usr/bin/qemu-system-x86_64");
        command.env("QEMU_MODULE_DIR", self.libraries().join("qemu"));
        command.arg("-L").arg(self.file("usr/share/qemu"));
        command.arg("-L").arg(self.file("usr/share/seabios"));
        command
    }

    /// Shared libraries that the fetched program at `path` needs, its loader included.
    ///
    /// # Errors
    /// When the loader cannot tell.
    pub fn libraries_of(&self, path: &str) -> Result<Vec<PathBuf>> {
        let mut command = Command::new(self.file("usr/lib64/ld-linux-x86-64.so.2"));
        command.arg("--library-path").arg(self.libraries());
        command.arg("--list").arg(self.file(path));
        let text = quiet(&mut command)?;
        Ok(listed_libraries(&text))
    }

    /// Nobody else fetches while this is held.
    fn lock(&self) -> Result<fs::File> {
        let file = fs::File::create(self.folder.join("fetch.lock"))?;
        file.lock().context("cannot lock the cache")?;
        Ok(file)
    }

    /// Whether `folder` has `files`; what is there without them is an attempt that failed.
    #[expect(clippy::unused_self, reason = "reads as a question about the cache")]
    fn is_whole(&self, folder: &Path, files: &[&str]) -> bool {
        files.iter().all(|file| folder.join(file).exists())
    }

    fn fetch_programs(&self) -> Result<()> {
        println!(
            "virtual machine: fetching QEMU, busybox, pciutils and OVMF (about 60 MB) from this machine's Debian archive \
             into {}; nothing is installed",
            self.folder.display()
        );
        let apt = Apt::new(&self.folder)?;
        let folder = self.programs();
        let part = fresh(&folder)?;
        quiet(
            apt.get()
                .args(["-y", "-t", BACKPORTS, "--download-only", "install"])
                .args(PROGRAMS),
        )?;
        apt.download(&PLAIN)?;
        apt.unpack(&part)?;
        fs::rename(&part, &folder)?;
        self.probe()
    }

    /// Whether the fetched QEMU runs and can carry a card of another process.
    fn probe(&self) -> Result<()> {
        let version = quiet(self.qemu().arg("--version"))?;
        let properties = quiet(self.qemu().args(["-device", "vfio-user-pci,help"]));
        let knows = properties.is_ok_and(|text| text.contains("socket"));
        let line = version.lines().next().unwrap_or_default();
        if !knows {
            // Else the next run would take it for good.
            fs::remove_dir_all(self.programs())?;
            bail!("{line} has no device vfio-user-pci; 10.1 or newer is needed");
        }
        println!("virtual machine: {line}");
        Ok(())
    }

    fn fetch_kernel(&self, flavour: Flavour, folder: &Path) -> Result<()> {
        let name = flavour.name();
        println!(
            "virtual machine: fetching Debian's kernel, flavour {name}, into {}",
            folder.display()
        );
        let apt = Apt::new(&self.folder)?;
        let part = fresh(folder)?;
        let depends = quiet(
            apt.cache()
                .args(["depends", &format!("linux-image-{name}/trixie")]),
        )?;
        let package = first_kernel(&depends)
            .with_context(|| format!("linux-image-{name} depends on no kernel:\n{depends}"))?;
        apt.download(&[&format!("{package}/trixie")])?;
        apt.unpack(&part)?;
        kernel::extract(&part, self)?;
        fs::rename(&part, folder)?;
        Ok(())
    }
}

/// An empty folder beside `folder`, and `folder` gone.
fn fresh(folder: &Path) -> Result<PathBuf> {
    let part = folder.with_extension("part");
    for path in [folder, &part] {
        if path.exists() {
            fs::remove_dir_all(path)?;
        }
    }
    fs::create_dir_all(&part)?;
    Ok(part)
}

/// apt with a state of its own.
struct Apt {
    folder: PathBuf,
}

impl Apt {
    /// Makes the state and reads the archive's lists.
    fn new(cache: &Path) -> Result<Self> {
        let apt = Self {
            folder: cache.join("apt"),
        };
        for folder in ["lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(apt.folder.join(folder))?;
        }
        let keyring = Path::new(KEYRING);
        let keyring = keyring.exists().then_some(keyring);
        let list = mirror::source_list(&mirror::find()?, keyring);
        fs::write(apt.folder.join("sources.list"), list)?;
        fs::write(apt.folder.join("status"), "")?;
        apt.clear()?;
        quiet(apt.get().arg("update"))?;
        Ok(apt)
    }

    fn archives(&self) -> PathBuf {
        self.folder.join("cache/archives")
    }

    /// Packages that were fetched, whole or not, are removed.
    fn clear(&self) -> Result<()> {
        for package in packages(&self.archives())? {
            fs::remove_file(package)?;
        }
        Ok(())
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let at = |name: &str| self.folder.join(name).display().to_string();
        for (option, value) in [
            ("Dir::Etc::SourceList", at("sources.list")),
            ("Dir::Etc::SourceParts", "/dev/null".to_owned()),
            ("Dir::Etc::Preferences", "/dev/null".to_owned()),
            ("Dir::Etc::PreferencesParts", "/dev/null".to_owned()),
            ("Dir::State::Lists", at("lists")),
            ("Dir::Cache", at("cache")),
            ("Dir::State::status", at("status")),
            ("APT::Install-Recommends", "false".to_owned()),
            ("APT::Architecture", "amd64".to_owned()),
            ("APT::Architectures", "amd64".to_owned()),
            ("Debug::NoLocking", "1".to_owned()),
            ("APT::Sandbox::User", String::new()),
            ("Acquire::Retries", "3".to_owned()),
        ] {
            command.arg("-o").arg(format!("{option}={value}"));
        }
        command
    }

    fn get(&self) -> Command {
        let mut command = self.command("apt-get");
        command.arg("-qq");
        command
    }

    fn cache(&self) -> Command {
        self.command("apt-cache")
    }

    /// Fetches single packages without what they need.
    fn download(&self, names: &[&str]) -> Result<()> {
        quiet(
            self.get()
                .current_dir(self.archives())
                .arg("download")
                .args(names),
        )
        .map(drop)
    }

    /// Unpacks everything that was fetched into `folder`, and removes the packages.
    fn unpack(&self, folder: &Path) -> Result<()> {
        let all = packages(&self.archives())?;
        if all.is_empty() {
            bail!("apt fetched no package");
        }
        for package in &all {
            quiet(Command::new("dpkg-deb").arg("-x").arg(package).arg(folder))?;
        }
        self.clear()
    }
}

/// The packages in `folder`.
fn packages(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found: Vec<_> = folder
        .read_dir()
        .with_context(|| format!("cannot read {}", folder.display()))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "deb"))
        .collect();
    found.sort();
    Ok(found)
}

/// The kernel's own package in what `apt-cache depends` says of a `linux-image-FLAVOUR` package.
fn first_kernel(depends: &str) -> Option<&str> {
    depends
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Depends: "))
        .find(|name| {
            name.strip_prefix("linux-image-")
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        })
}

/// Files in the loader's list: `NAME => PATH (ADDRESS)`.
fn listed_libraries(text: &str) -> Vec<PathBuf> {
    text.lines()
        .filter_map(|line| line.split_once(" => "))
        .filter_map(|(_, rest)| rest.split_whitespace().next())
        .map(PathBuf::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernel_is_the_package_with_a_version() {
        let text = "linux-image-cloud-amd64\n  Depends: linux-base\n  Depends: linux-image-6.12.107+deb13-cloud-amd64\n";
        assert_eq!(
            first_kernel(text),
            Some("linux-image-6.12.107+deb13-cloud-amd64")
        );
        assert_eq!(first_kernel("x\n  Depends: linux-image-amd64\n"), None);
    }

    #[test]
    fn loader_list_gives_files_only() {
        let text = "\tlinux-vdso.so.1 (0x1)\n\tlibpci.so.3 => /c/libpci.so.3 (0x2)\n\t/lib64/ld.so => /c/ld.so (0x3)\n";
        assert_eq!(
            listed_libraries(text),
            [PathBuf::from("/c/libpci.so.3"), PathBuf::from("/c/ld.so")]
        );
    }

    #[test]
    fn half_unpacked_folder_is_no_part_of_the_cache() {
        let folder = std::env::temp_dir().join(format!("xtask-vm-half-{}", std::process::id()));
        let cache = Cache {
            folder: folder.clone(),
        };
        fs::create_dir_all(folder.join("programs/usr/bin")).expect("a folder can be made");
        assert!(!cache.is_whole(&cache.programs(), &PROGRAM_FILES));
        // What was left is gone before the next attempt, beside its place as under it.
        let part = fresh(&cache.programs()).expect("it can be cleared");
        assert!(!cache.programs().exists() && part.read_dir().expect("made").next().is_none());
        fs::remove_dir_all(folder).expect("it was made here");
    }
}
