//! What the kernel tells of PCI functions under `/sys`, and how a function gets another driver.
//!
//! Every path hangs on a root that tests replace with a folder of their own.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::address::PciAddress;
use crate::error::HostError;

/// The tree.
#[derive(Clone, Debug)]
pub struct Sysfs {
    root: PathBuf,
}

impl Default for Sysfs {
    fn default() -> Self {
        Self::at("/sys")
    }
}

impl Sysfs {
    /// A tree that looks like `/sys`.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// A path below the root.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.root.join(below)
    }

    /// A function's folder.
    ///
    /// # Errors
    /// [`HostError::NoFunction`].
    pub(crate) fn folder(&self, address: PciAddress) -> Result<PathBuf, HostError> {
        let folder = self.path(&format!("bus/pci/devices/{address}"));
        if folder.is_dir() {
            Ok(folder)
        } else {
            Err(HostError::NoFunction(address))
        }
    }

    /// Vendor and device id.
    ///
    /// # Errors
    /// [`HostError::NoFunction`], or a file that does not say a number.
    pub fn ids(&self, address: PciAddress) -> Result<(u16, u16), HostError> {
        let folder = self.folder(address)?;
        let number = |name| {
            let text = read(&folder.join(name))?;
            let parsed = u16::from_str_radix(text.trim_start_matches("0x"), 16);
            parsed.map_err(|_| HostError::Kernel(format!("{address}: {name} says {text:?}")))
        };
        Ok((number("vendor")?, number("device")?))
    }

    /// Number of the IOMMU group, if an IOMMU stands before the function.
    pub(crate) fn iommu_group(&self, address: PciAddress) -> Result<Option<u32>, HostError> {
        let link = self.folder(address)?.join("iommu_group");
        Ok(name_of_link(&link).and_then(|name| name.parse().ok()))
    }

    /// Whether an IOMMU translates what the function sends: without VFIO its addresses are then nobody's.
    pub(crate) fn is_translated(&self, address: PciAddress) -> Result<bool, HostError> {
        let kind = self.folder(address)?.join("iommu_group/type");
        Ok(read(&kind).is_ok_and(|kind| kind.starts_with("DMA") || kind == "blocked"))
    }

    /// The other functions of a group with their drivers, for the sentence that tells why it cannot be used.
    pub(crate) fn group_members(&self, group: u32) -> Vec<String> {
        let folder = self.path(&format!("kernel/iommu_groups/{group}/devices"));
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let tell = |entry: fs::DirEntry| {
            let driver = name_of_link(&entry.path().join("driver"));
            let name = entry.file_name().to_string_lossy().into_owned();
            format!("{name} ({})", driver.unwrap_or_else(|| "no driver".into()))
        };
        let mut members: Vec<String> = entries.map(tell).collect();
        members.sort();
        members
    }

    /// The driver that has the function.
    ///
    /// # Errors
    /// [`HostError::NoFunction`].
    pub fn driver(&self, address: PciAddress) -> Result<Option<String>, HostError> {
        Ok(name_of_link(&self.folder(address)?.join("driver")))
    }

    /// Gives the function to `driver`, and to no other, until the machine starts again. Needs root unless it has it already.
    ///
    /// # Errors
    /// The driver's module is not loaded, permission is missing, or the driver did not take it.
    pub fn bind(&self, address: PciAddress, driver: &str, module: &str) -> Result<(), HostError> {
        let folder = self.folder(address)?;
        let present = self.driver(address)?;
        if present.as_deref() == Some(driver) {
            return Ok(());
        }
        if !self.path(&format!("bus/pci/drivers/{driver}")).is_dir() {
            return Err(HostError::NoModule {
                driver: driver.to_owned(),
                module: module.to_owned(),
            });
        }
        write(&folder.join("driver_override"), driver)?;
        if present.is_some() {
            write(&folder.join("driver/unbind"), &address.to_string())?;
        }
        write(&self.path("bus/pci/drivers_probe"), &address.to_string())?;
        match self.driver(address)? {
            Some(now) if now == driver => Ok(()),
            now => Err(HostError::Kernel(format!(
                "{driver} did not take {address}, its driver is {}; the kernel's log says why",
                now.as_deref().unwrap_or("none")
            ))),
        }
    }
}

/// The last part of what a link points to.
fn name_of_link(link: &Path) -> Option<String> {
    let target = fs::read_link(link).ok()?;
    Some(target.file_name()?.to_string_lossy().into_owned())
}

/// A file's text without the line end.
pub(crate) fn read(path: &Path) -> Result<String, HostError> {
    let text = fs::read_to_string(path).map_err(|source| at(path, "read", source))?;
    Ok(text.trim_end().to_owned())
}

/// Writes a whole file that exists.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), HostError> {
    let opened = fs::OpenOptions::new().write(true).open(path);
    opened
        .and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()))
        .map_err(|source| at(path, "written", source))
}

/// An error with the file it is about, and a hint where there is one.
pub(crate) fn at(path: &Path, what: &'static str, source: std::io::Error) -> HostError {
    let hint = match source.kind() {
        ErrorKind::PermissionDenied => "; run as root, or give yourself the right to it",
        ErrorKind::ResourceBusy => "; another program has it",
        _ => "",
    };
    HostError::File {
        path: path.to_path_buf(),
        what,
        hint,
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// A tree with one function, in a folder of this test's own that goes away with it.
    struct Tree(PathBuf);

    impl Tree {
        fn new(name: &str) -> Self {
            let root =
                std::env::temp_dir().join(format!("lumenport-sysfs-{name}-{}", std::process::id()));
            let tree = Self(root);
            fs::create_dir_all(tree.function()).unwrap();
            tree.file("vendor", "0x1234\n");
            tree.file("device", "0x1111\n");
            tree.file("driver_override", "(null)\n");
            fs::create_dir_all(tree.0.join("bus/pci/drivers")).unwrap();
            fs::write(tree.0.join("bus/pci/drivers_probe"), "").unwrap();
            tree
        }

        fn function(&self) -> PathBuf {
            self.0.join("bus/pci/devices/0000:01:00.0")
        }

        fn file(&self, name: &str, text: &str) {
            fs::write(self.function().join(name), text).unwrap();
        }

        fn driver(&self, name: &str) -> PathBuf {
            let folder = self.0.join("bus/pci/drivers").join(name);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("unbind"), "").unwrap();
            folder
        }

        fn sysfs(&self) -> Sysfs {
            Sysfs::at(&self.0)
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn address() -> PciAddress {
        "0000:01:00.0".parse().unwrap()
    }

    fn told<T: std::fmt::Debug>(outcome: Result<T, HostError>) -> String {
        outcome.unwrap_err().to_string()
    }

    #[test]
    fn a_function_is_found_or_named() {
        let tree = Tree::new("found");
        assert_eq!(tree.sysfs().ids(address()).unwrap(), (0x1234, 0x1111));
        let other = "0000:02:00.0".parse().unwrap();
        assert!(told(tree.sysfs().ids(other)).contains("0000:02:00.0"));
        tree.file("vendor", "many\n");
        assert!(told(tree.sysfs().ids(address())).contains("many"));
    }

    #[test]
    fn groups_and_translation_are_read() {
        let tree = Tree::new("groups");
        let sysfs = tree.sysfs();
        assert_eq!(sysfs.iommu_group(address()).unwrap(), None);
        assert!(!sysfs.is_translated(address()).unwrap());
        let group = tree.0.join("kernel/iommu_groups/7");
        let member = group.join("devices/0000:01:00.1");
        fs::create_dir_all(&member).unwrap();
        symlink(tree.driver("snd_hda_intel"), member.join("driver")).unwrap();
        fs::create_dir_all(group.join("devices/0000:01:00.0")).unwrap();
        symlink(&group, tree.function().join("iommu_group")).unwrap();
        assert_eq!(sysfs.iommu_group(address()).unwrap(), Some(7));
        assert_eq!(
            sysfs.group_members(7),
            ["0000:01:00.0 (no driver)", "0000:01:00.1 (snd_hda_intel)"]
        );
        for (kind, translated) in [("DMA-FQ", true), ("DMA", true), ("identity", false)] {
            fs::write(group.join("type"), format!("{kind}\n")).unwrap();
            assert_eq!(
                sysfs.is_translated(address()).unwrap(),
                translated,
                "{kind}"
            );
        }
    }

    #[test]
    fn a_missing_module_is_told_before_anything_is_touched() {
        let tree = Tree::new("module");
        let error = told(tree.sysfs().bind(address(), "vfio-pci", "vfio-pci"));
        assert!(error.contains("modprobe vfio-pci"), "{error}");
        let text = fs::read_to_string(tree.function().join("driver_override")).unwrap();
        assert_eq!(text, "(null)\n");
    }

    #[test]
    fn binding_leaves_the_old_driver_asks_for_the_new_and_looks() {
        let tree = Tree::new("bind");
        let old = tree.driver("bochs-drm");
        tree.driver("vfio-pci");
        symlink(&old, tree.function().join("driver")).unwrap();
        // Nobody moves the link in this tree, so the look at the end fails; what the kernel would have been told is there.
        let error = told(tree.sysfs().bind(address(), "vfio-pci", "vfio-pci"));
        assert!(error.contains("its driver is bochs-drm"), "{error}");
        let read = |path: PathBuf| fs::read_to_string(path).unwrap();
        // A file keeps the end of a longer text before; the kernel's do not.
        assert!(read(tree.function().join("driver_override")).starts_with("vfio-pci"));
        assert_eq!(read(old.join("unbind")), "0000:01:00.0");
        let probe = tree.0.join("bus/pci/drivers_probe");
        assert_eq!(read(probe), "0000:01:00.0");
    }

    #[test]
    fn a_function_that_is_where_it_should_be_is_left_alone() {
        let tree = Tree::new("bound");
        let driver = tree.driver("vfio-pci");
        symlink(driver, tree.function().join("driver")).unwrap();
        tree.sysfs()
            .bind(address(), "vfio-pci", "vfio-pci")
            .unwrap();
        let probe = tree.0.join("bus/pci/drivers_probe");
        assert_eq!(fs::read_to_string(probe).unwrap(), "");
    }
}
