//! Drivers as shared objects: looked at before they are loaded, so that what is wrong with one has a name.

use std::ffi::{CString, c_void};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use object::read::elf::{Dyn as _, FileHeader as _, ProgramHeader as _};
use object::{Endianness, Object as _, ObjectSymbol as _, elf};

use lumenport_videoport::Options;
use lumenport_videoport::platform::{PciSlot, Platform};

use crate::abi::DriverEntry;
use crate::device::Device;
use crate::names::exports;

/// Why a file is no driver for this process.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LoadError {
    /// The file cannot be read.
    Read(String),
    /// It is a Windows image.
    WindowsImage,
    /// It is no shared object for this processor.
    NotASharedObject(String),
    /// It imports services or functions that do not exist; all of them.
    Missing {
        /// Names that begin like a service and are none.
        services: Vec<String>,
        /// Everything else that nothing here defines.
        others: Vec<String>,
    },
    /// It does not export `DriverEntry`.
    NoDriverEntry,
    /// The system's loader refused.
    Refused(String),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(reason) => write!(f, "it cannot be read: {reason}"),
            Self::WindowsImage => f.write_str(
                "it is a Windows image; compile the driver's sources for this machine as a shared object",
            ),
            Self::NotASharedObject(reason) => {
                write!(f, "it is no shared object of this machine: {reason}")
            }
            Self::Missing { services, others } => {
                if !services.is_empty() {
                    write!(f, "no such service: {}", services.join(", "))?;
                }
                if !services.is_empty() && !others.is_empty() {
                    f.write_str("; ")?;
                }
                if !others.is_empty() {
                    write!(f, "nothing here defines {}", others.join(", "))?;
                }
                Ok(())
            }
            Self::NoDriverEntry => f.write_str("it exports no DriverEntry"),
            Self::Refused(reason) => write!(f, "the system refused to load it: {reason}"),
        }
    }
}

impl std::error::Error for LoadError {}

/// What a driver's file says about itself.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DriverFile {
    /// Services it imports.
    pub services: Vec<String>,
    /// Names it imports that begin like a service and are none.
    unknown: Vec<String>,
    /// Everything else it imports.
    others: Vec<String>,
    /// Libraries it asks for, beside the C library.
    libraries: Vec<String>,
}

impl DriverFile {
    /// Looks at a file.
    ///
    /// # Errors
    /// [`LoadError`], but for what only loading tells.
    pub fn inspect(path: &Path) -> Result<Self, LoadError> {
        let bytes = std::fs::read(path).map_err(|error| LoadError::Read(error.to_string()))?;
        Self::parse(&bytes)
    }

    fn parse(bytes: &[u8]) -> Result<Self, LoadError> {
        if bytes.starts_with(b"MZ") {
            return Err(LoadError::WindowsImage);
        }
        let refused = |reason: &dyn fmt::Display| LoadError::NotASharedObject(reason.to_string());
        let file = object::read::elf::ElfFile64::<Endianness>::parse(bytes)
            .map_err(|error| refused(&error))?;
        let header = file.elf_header();
        let machine = if cfg!(target_arch = "x86_64") {
            elf::EM_X86_64
        } else {
            elf::EM_AARCH64
        };
        if header.e_machine(file.endian()) != machine {
            return Err(refused(&"it was made for another processor"));
        }
        if header.e_type(file.endian()) != elf::ET_DYN {
            return Err(refused(&"link it with -shared"));
        }
        let known = exports();
        let mut found = Self {
            libraries: needed(&file, bytes),
            ..Self::default()
        };
        let mut has_entry = false;
        for symbol in file.dynamic_symbols() {
            let Ok(name) = symbol.name() else { continue };
            if name == "DriverEntry" && symbol.is_definition() {
                has_entry = true;
            }
            if !symbol.is_undefined() || symbol.is_weak() || name.is_empty() {
                continue;
            }
            let list = if known.iter().any(|export| export.name == name) {
                &mut found.services
            } else if name.starts_with("VideoPort") {
                &mut found.unknown
            } else {
                &mut found.others
            };
            list.push(name.to_owned());
        }
        found.services.sort_unstable();
        found.unknown.sort_unstable();
        found.others.sort_unstable();
        found.check_imports()?;
        if !has_entry {
            return Err(LoadError::NoDriverEntry);
        }
        Ok(found)
    }

    /// Names all imports that nothing defines.
    fn check_imports(&self) -> Result<(), LoadError> {
        // A library of its own may define anything; the system's loader will tell.
        let foreign = self.libraries.iter().any(|name| {
            ![
                "libc.",
                "libm.",
                "libgcc",
                "libvideoport",
                "ld-",
                "libpthread",
                "libdl",
            ]
            .iter()
            .any(|own| name.starts_with(own))
        });
        let others: Vec<String> = self
            .others
            .iter()
            .filter(|name| !foreign && !is_defined(name))
            .cloned()
            .collect();
        if self.unknown.is_empty() && others.is_empty() {
            return Ok(());
        }
        Err(LoadError::Missing {
            services: self.unknown.clone(),
            others,
        })
    }
}

/// Libraries that a file asks for.
fn needed(file: &object::read::elf::ElfFile64<'_, Endianness>, bytes: &[u8]) -> Vec<String> {
    let endian = file.endian();
    let mut names = Vec::new();
    for segment in file.elf_program_headers() {
        let Ok(Some(entries)) = segment.dynamic(endian, bytes) else {
            continue;
        };
        for entry in entries {
            if entry.tag32(endian) == Some(elf::DT_NEEDED) {
                let name = entry
                    .val32(endian)
                    .and_then(|offset| dynamic_string(file, offset));
                names.extend(name);
            }
        }
    }
    names
}

/// A string of the file's dynamic string table.
fn dynamic_string(
    file: &object::read::elf::ElfFile64<'_, Endianness>,
    offset: u32,
) -> Option<String> {
    use object::ObjectSection as _;
    let section = file.section_by_name(".dynstr")?;
    let bytes = section.data().ok()?.get(offset as usize..)?;
    let end = bytes.iter().position(|byte| *byte == 0)?;
    Some(String::from_utf8_lossy(&bytes[..end]).into_owned())
}

/// Whether this process defines a name.
fn is_defined(name: &str) -> bool {
    CString::new(name).is_ok_and(|name| {
        // SAFETY: a terminated string and the documented pseudo-handle; looking up has no effect.
        let at: *mut c_void = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
        !at.is_null()
    })
}

/// A driver in this process. Stays loaded until the end: its devices may call it at any time.
#[derive(Clone, Debug)]
pub struct Driver {
    path: PathBuf,
    file: DriverFile,
    entry: DriverEntry,
    base: usize,
}

impl Driver {
    /// Looks at a driver and loads it.
    ///
    /// # Errors
    /// [`LoadError`]; nothing is loaded then.
    ///
    /// # Safety
    /// This runs the file's code: its initialisers now, the driver later. There is no wall around it.
    pub unsafe fn load(path: &Path) -> Result<Self, LoadError> {
        let file = DriverFile::inspect(path)?;
        // A name without a slash would be searched elsewhere.
        let path = std::path::absolute(path).map_err(|error| LoadError::Read(error.to_string()))?;
        // SAFETY: our caller takes the file's code on.
        let library = unsafe { Library::open(Some(&path), RTLD_NOW | RTLD_LOCAL) }
            .map_err(|error| LoadError::Refused(error.to_string()))?;
        // SAFETY: the contract's type for this name.
        let entry = unsafe { library.get::<DriverEntry>(b"DriverEntry\0") }
            .map(|symbol| *symbol)
            .map_err(|_| LoadError::NoDriverEntry)?;
        // Not closed: see the type.
        std::mem::forget(library);
        Ok(Self {
            path,
            file,
            entry,
            base: base_of(entry as *const c_void),
        })
    }

    /// A driver that was linked into this program, under a name for people.
    ///
    /// # Safety
    /// `entry` is the driver's `DriverEntry`, and its code and data stay in place until the process ends.
    pub unsafe fn linked(name: &str, entry: DriverEntry) -> Self {
        Self {
            path: PathBuf::from(name),
            file: DriverFile::default(),
            entry,
            base: base_of(entry as *const c_void),
        }
    }

    /// A device of this driver for the function at `slot` of a machine. Nothing is called yet. One driver may have any
    /// number of devices.
    pub fn device(
        &self,
        machine: Arc<dyn Platform + Send + Sync>,
        slot: PciSlot,
        options: Options,
    ) -> Arc<Device> {
        // SAFETY: the entry is that of a driver that is never unloaded: `load` forgets the library, `linked` was promised it.
        unsafe { Device::create(machine, slot, options, self.entry) }
    }

    /// Its file; for a linked driver its name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the file says; nothing for a linked driver.
    pub fn file(&self) -> &DriverFile {
        &self.file
    }

    /// `DriverEntry`.
    pub fn entry(&self) -> DriverEntry {
        self.entry
    }

    /// Where it was loaded; 0 when unknown.
    pub fn base(&self) -> usize {
        self.base
    }
}

/// Start of the loaded object that an address lies in.
fn base_of(address: *const c_void) -> usize {
    let mut info = libc::Dl_info {
        dli_fname: std::ptr::null(),
        dli_fbase: std::ptr::null_mut(),
        dli_sname: std::ptr::null(),
        dli_saddr: std::ptr::null_mut(),
    };
    // SAFETY: any address may be asked for; the structure is ours.
    let found = unsafe { libc::dladdr(address, &raw mut info) };
    if found == 0 { 0 } else { info.dli_fbase.addr() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_driver_is_told_apart() {
        assert_eq!(DriverFile::parse(b"MZ\x90\0"), Err(LoadError::WindowsImage));
        assert!(matches!(
            DriverFile::parse(b"#!/bin/sh\n"),
            Err(LoadError::NotASharedObject(_))
        ));
        assert!(matches!(
            DriverFile::inspect(Path::new("/nonexistent/driver.so")),
            Err(LoadError::Read(_))
        ));
        let here = std::env::current_exe().expect("a running program has a path");
        assert_eq!(DriverFile::inspect(&here), Err(LoadError::NoDriverEntry));
    }

    #[test]
    fn a_list_of_what_is_missing_reads_well() {
        let error = LoadError::Missing {
            services: vec!["VideoPortUnLockBuffer".to_owned()],
            others: vec!["KeStall".to_owned(), "RtlX".to_owned()],
        };
        let text = "no such service: VideoPortUnLockBuffer; nothing here defines KeStall, RtlX";
        assert_eq!(error.to_string(), text);
    }
}
