//! Registry parameters: named values under the adapter's key.
//!
//! A value is bytes under a path `Sub\Name`; names compare without regard to ASCII case. Where values live is a
//! [`RegistryStore`]: memory by default ([`MemoryRegistry`]), a file with feature `std` (`FileRegistry`), or whatever the
//! host supplies with [`VideoPort::with_registry`].
//!
//! Source: `VideoPortGetRegistryParameters`, `VideoPortSetRegistryParameters`, `VideoPortFlushRegistry`,
//! `HwVidQueryNamedValueCallback`.

#[cfg(feature = "std")]
mod file;
mod memory;

use core::fmt;

use crate::limits::{REGISTRY_PATH_BYTES, REGISTRY_VALUE_BYTES};
use crate::platform::{LogLevel, LogRecord, Platform};
use crate::port::VideoPort;
use crate::services::Service;
use crate::status::VpStatus;
use crate::strict::FindingKind;

#[cfg(feature = "std")]
pub use file::FileRegistry;
pub use memory::MemoryRegistry;

/// Names that begin like this belong to the display settings of the system; a miniport may not write them.
pub const DEFAULT_SETTINGS_PREFIX: &str = "DefaultSettings.";

/// Well-known names under which a miniport tells what its hardware is.
pub mod hardware_information {
    /// Name of the chip; a wide string.
    pub const CHIP_TYPE: &str = "HardwareInformation.ChipType";
    /// Name of the digital-to-analogue converter; a wide string.
    pub const DAC_TYPE: &str = "HardwareInformation.DacType";
    /// Name of the adapter; a wide string.
    pub const ADAPTER_STRING: &str = "HardwareInformation.AdapterString";
    /// Version of its BIOS; a wide string.
    pub const BIOS_STRING: &str = "HardwareInformation.BiosString";
    /// Size of its memory; a 32-bit number. Units: bytes, as drivers write it (the guide says MB).
    pub const MEMORY_SIZE: &str = "HardwareInformation.MemorySize";
}

/// Why a value could not be read or written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RegistryError {
    /// There is no value of that name.
    NotFound,
    /// The path is empty, too long, or has an empty part.
    BadPath,
    /// The value is larger than the store takes.
    TooLarge {
        /// Its bytes.
        length_bytes: usize,
        /// The limit.
        limit_bytes: usize,
    },
    /// The store is full.
    Full,
    /// What lies under the store failed.
    Storage,
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("no such value"),
            Self::BadPath => f.write_str("not a path of a value"),
            Self::TooLarge {
                length_bytes,
                limit_bytes,
            } => write!(f, "{length_bytes} bytes exceed the limit of {limit_bytes}"),
            Self::Full => f.write_str("the store is full"),
            Self::Storage => f.write_str("the storage failed"),
        }
    }
}

impl core::error::Error for RegistryError {}

/// Where registry values live.
///
/// # Context
/// PASSIVE. `found` may call back into the port, so an implementation must not hold a lock while it calls it.
pub trait RegistryStore: Sync {
    /// Calls `found` once with the bytes of a value.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`], and then `found` was not called; or what the storage says.
    fn read(&self, path: &str, found: &mut dyn FnMut(&[u8])) -> Result<(), RegistryError>;

    /// Creates or replaces a value. Subkeys come into being with their first value.
    ///
    /// # Errors
    /// The store keeps its old contents then.
    fn write(&self, path: &str, data: &[u8]) -> Result<(), RegistryError>;

    /// Makes everything written so far last.
    ///
    /// # Errors
    /// [`RegistryError::Storage`] when the storage failed.
    fn flush(&self) -> Result<(), RegistryError>;

    /// Shows every value, in no particular order.
    fn for_each(&self, each: &mut dyn FnMut(&str, &[u8]));
}

/// Checks a path: parts separated by backslashes, none empty, no control characters, at most
/// [`REGISTRY_PATH_BYTES`] bytes.
///
/// # Errors
/// [`RegistryError::BadPath`].
pub fn check_path(path: &str) -> Result<(), RegistryError> {
    let good = path.len() <= REGISTRY_PATH_BYTES
        && path
            .split('\\')
            .all(|part| !part.is_empty() && !part.chars().any(char::is_control));
    if good {
        Ok(())
    } else {
        Err(RegistryError::BadPath)
    }
}

/// A path from the 16-bit characters foreign callers use, without the terminating zero. `None` when it is not well
/// formed or too long.
pub fn path_from_utf16(units: &[u16]) -> Option<heapless::String<REGISTRY_PATH_BYTES>> {
    let mut path = heapless::String::new();
    for character in char::decode_utf16(units.iter().copied()) {
        path.push(character.ok()?).ok()?;
    }
    Some(path)
}

/// Text as the wide, zero-terminated little-endian bytes that string values hold. `None` when it does not fit.
pub fn wide_string(text: &str) -> Option<heapless::Vec<u8, REGISTRY_VALUE_BYTES>> {
    let mut bytes = heapless::Vec::new();
    for unit in text.encode_utf16().chain([0]) {
        bytes.extend_from_slice(&unit.to_le_bytes()).ok()?;
    }
    Some(bytes)
}

fn starts_with_ignoring_case(text: &str, prefix: &str) -> bool {
    text.as_bytes()
        .get(..prefix.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// What a miniport tells about its hardware: [`VideoPort::set_hardware_information`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HardwareInformation<'t> {
    /// Name of the chip.
    pub chip_type: &'t str,
    /// Name of the converter.
    pub dac_type: &'t str,
    /// Name of the adapter.
    pub adapter_string: &'t str,
    /// Version of the BIOS.
    pub bios_string: &'t str,
    /// Bytes of video memory.
    pub memory_size_bytes: u32,
}

impl<'a, P: Platform> VideoPort<'a, P> {
    /// Keeps registry values in `store` instead of in memory. Before the driver is loaded.
    #[must_use]
    pub fn with_registry(mut self, store: &'a dyn RegistryStore) -> Self {
        self.foreign_registry = Some(store);
        self
    }

    /// The store in use: for tools that show or preset values.
    pub fn registry(&self) -> &dyn RegistryStore {
        match self.foreign_registry {
            Some(store) => store,
            None => &self.memory_registry,
        }
    }

    /// `VideoPortGetRegistryParameters`: calls `routine` once, before returning, with the bytes of a value; with
    /// `is_file_name`, with the contents of the file that the value (a string) names. PASSIVE.
    ///
    /// The bytes are valid during the call only. `ERROR_INVALID_PARAMETER` when there is no such value or file, and when
    /// the routine does not answer `NO_ERROR`.
    pub fn get_registry_parameters(
        &self,
        name: &str,
        is_file_name: bool,
        routine: impl FnOnce(&Self, &str, &[u8]) -> VpStatus,
    ) -> VpStatus {
        let refused = VpStatus::ERROR_INVALID_PARAMETER;
        let service = Service::GetRegistryParameters;
        if !self.enter(service) {
            return refused;
        }
        if check_path(name).is_err() {
            self.note(service, FindingKind::WrongArguments, name.len() as u64);
            return refused;
        }
        let mut routine = Some(routine);
        let mut answer = None;
        let mut call = |bytes: &[u8]| {
            if let Some(routine) = routine.take() {
                answer = Some(routine(self, name, bytes));
            }
        };
        let read = if is_file_name {
            let mut file_name = None;
            let named = self
                .registry()
                .read(name, &mut |bytes| file_name = file_name_in(bytes));
            named.is_ok()
                && file_name.is_some_and(|file_name| self.platform.with_file(&file_name, &mut call))
        } else {
            self.registry().read(name, &mut call).is_ok()
        };
        if read && answer == Some(VpStatus::NO_ERROR) {
            VpStatus::NO_ERROR
        } else {
            refused
        }
    }

    /// `VideoPortSetRegistryParameters`: creates or replaces a value; missing subkeys come with it. PASSIVE.
    ///
    /// `ERROR_INVALID_PARAMETER` when it cannot be stored, and for names that begin with `DefaultSettings.`.
    pub fn set_registry_parameters(&self, name: &str, data: &[u8]) -> VpStatus {
        let refused = VpStatus::ERROR_INVALID_PARAMETER;
        let service = Service::SetRegistryParameters;
        if !self.enter(service) {
            return refused;
        }
        if check_path(name).is_err() || starts_with_ignoring_case(name, DEFAULT_SETTINGS_PREFIX) {
            self.note(service, FindingKind::WrongArguments, name.len() as u64);
            return refused;
        }
        match self.registry().write(name, data) {
            Ok(()) => VpStatus::NO_ERROR,
            Err(error) => {
                self.log_registry(service, error);
                refused
            }
        }
    }

    /// `VideoPortFlushRegistry`: makes what was written last. PASSIVE.
    ///
    /// `NO_ERROR`; `ERROR_INVALID_PARAMETER` when the storage failed, which the documents do not foresee.
    pub fn flush_registry(&self) -> VpStatus {
        let service = Service::FlushRegistry;
        if !self.enter(service) {
            return VpStatus::ERROR_INVALID_PARAMETER;
        }
        match self.registry().flush() {
            Ok(()) => VpStatus::NO_ERROR,
            Err(error) => {
                self.log_registry(service, error);
                VpStatus::ERROR_INVALID_PARAMETER
            }
        }
    }

    /// Writes the five well-known values. PASSIVE.
    ///
    /// # Errors
    /// The status of the first that could not be written.
    pub fn set_hardware_information(
        &self,
        information: &HardwareInformation<'_>,
    ) -> Result<(), VpStatus> {
        use hardware_information as names;
        let texts = [
            (names::CHIP_TYPE, information.chip_type),
            (names::DAC_TYPE, information.dac_type),
            (names::ADAPTER_STRING, information.adapter_string),
            (names::BIOS_STRING, information.bios_string),
        ];
        for (name, text) in texts {
            let bytes = wide_string(text).ok_or(VpStatus::ERROR_INVALID_PARAMETER)?;
            self.set_registry_parameters(name, &bytes).into_result()?;
        }
        let size = information.memory_size_bytes.to_le_bytes();
        self.set_registry_parameters(names::MEMORY_SIZE, &size)
            .into_result()
    }

    fn log_registry(&self, service: Service, error: RegistryError) {
        self.platform.log(&LogRecord {
            level: LogLevel::Warning,
            code: VpStatus::ERROR_INVALID_PARAMETER.0,
            unique_id: 0,
            message: format_args!("{service}: {error}"),
        });
    }
}

/// The file name a value holds: wide characters up to the first zero.
fn file_name_in(bytes: &[u8]) -> Option<heapless::String<REGISTRY_PATH_BYTES>> {
    let mut units: heapless::Vec<u16, REGISTRY_PATH_BYTES> = heapless::Vec::new();
    for pair in bytes.chunks_exact(2) {
        let unit = u16::from_le_bytes(pair.try_into().ok()?);
        if unit == 0 {
            break;
        }
        units.push(unit).ok()?;
    }
    path_from_utf16(&units).filter(|name| !name.is_empty())
}
