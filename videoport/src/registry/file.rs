//! Registry values in a file.
//!
//! One line per value: the path, a tab, the bytes in hexadecimal; first a line that names the format, last one with the
//! sum of all before it, so that a file that was cut or changed is recognised and left alone. A flush writes a new file next to the old one and renames it over it, so that a reader, or a machine that loses power, sees the old
//! contents or the new, never half of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::string::{String, ToString};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::vec::Vec;

use super::{RegistryError, RegistryStore, check_path};

/// First line of the file.
const HEADER: &str = "lumenport registry 2";
/// First line of files of the version before, which had no sum.
const OLD_HEADER: &str = "lumenport registry 1";
/// What the last line begins with. No value's line is without a tab.
const SUM: &str = "sum ";
/// Largest value kept in a file.
const VALUE_LIMIT_BYTES: usize = 1 << 20;

#[derive(Default)]
struct Values {
    /// By lower-case path: the path as written and the bytes.
    values: BTreeMap<String, (String, Vec<u8>)>,
    changed: bool,
}

/// Values in a file. Written when flushed, and when dropped (a failure there is lost: flush to know).
pub struct FileRegistry {
    path: PathBuf,
    values: Mutex<Values>,
}

impl FileRegistry {
    /// A store in the file at `path`; a file that does not exist is an empty store.
    ///
    /// # Errors
    /// When the file cannot be read, is not one of ours or is damaged; it is then left alone.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        let values = match fs::read_to_string(&path) {
            Ok(text) => parse(&text).ok_or_else(|| {
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    std::format!("{} is no registry file", path.display()),
                )
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        Ok(Self {
            path,
            values: Mutex::new(Values {
                values,
                changed: false,
            }),
        })
    }

    /// Where the values are.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn lock(&self) -> MutexGuard<'_, Values> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn parse(text: &str) -> Option<BTreeMap<String, (String, Vec<u8>)>> {
    let (header, rest) = text.split_once('\n').unwrap_or((text, ""));
    let body = match header {
        OLD_HEADER => rest,
        HEADER => {
            let (checked, last) = text.strip_suffix('\n')?.rsplit_once('\n')?;
            let sum = last.strip_prefix(SUM)?;
            if sum != std::format!("{:016x}", fnv(checked.as_bytes())) {
                return None;
            }
            checked.split_once('\n').map_or("", |(_, body)| body)
        }
        _ => return None,
    };
    let mut values = BTreeMap::new();
    for line in body.lines() {
        let (path, hex) = line.split_once('\t')?;
        check_path(path).ok()?;
        let bytes = parse_hex(hex)?;
        values.insert(path.to_ascii_lowercase(), (path.to_string(), bytes));
    }
    Some(values)
}

/// The 64-bit FNV-1a sum: for accidents, not against forgery.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

fn parse_hex(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = hex
        .chars()
        .map(|digit| digit.to_digit(16).map(|value| value as u8))
        .collect();
    let digits = digits?;
    let pairs = digits.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    Some(
        pairs
            .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
            .collect(),
    )
}

fn emit(values: &Values) -> String {
    let mut text = String::from(HEADER);
    text.push('\n');
    for (path, bytes) in values.values.values() {
        text.push_str(path);
        text.push('\t');
        for byte in bytes {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text.push('\n');
    }
    let sum = fnv(text.strip_suffix('\n').unwrap_or(&text).as_bytes());
    let _ = writeln!(text, "{SUM}{sum:016x}");
    text
}

fn replace_file(path: &Path, text: &str) -> io::Result<()> {
    let mut name = path.as_os_str().to_os_string();
    name.push(".new");
    let fresh = PathBuf::from(name);
    let mut file = File::create(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    drop(file);
    fs::rename(&fresh, path)?;
    // The directory too, so that the new name lasts. Not every system lets a directory be opened.
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if let Ok(directory) = File::open(directory) {
        directory.sync_all()?;
    }
    Ok(())
}

impl RegistryStore for FileRegistry {
    fn read(&self, path: &str, found: &mut dyn FnMut(&[u8])) -> Result<(), RegistryError> {
        let key = path.to_ascii_lowercase();
        // Copied out first: `found` may call back.
        let copy = self.lock().values.get(&key).map(|(_, bytes)| bytes.clone());
        found(&copy.ok_or(RegistryError::NotFound)?);
        Ok(())
    }

    fn write(&self, path: &str, data: &[u8]) -> Result<(), RegistryError> {
        check_path(path)?;
        if data.len() > VALUE_LIMIT_BYTES {
            return Err(RegistryError::TooLarge {
                length_bytes: data.len(),
                limit_bytes: VALUE_LIMIT_BYTES,
            });
        }
        let mut values = self.lock();
        values
            .values
            .insert(path.to_ascii_lowercase(), (path.to_string(), data.to_vec()));
        values.changed = true;
        Ok(())
    }

    fn flush(&self) -> Result<(), RegistryError> {
        let mut values = self.lock();
        if values.changed {
            replace_file(&self.path, &emit(&values)).map_err(|_| RegistryError::Storage)?;
            values.changed = false;
        }
        Ok(())
    }

    fn for_each(&self, each: &mut dyn FnMut(&str, &[u8])) {
        let copy: Vec<(String, Vec<u8>)> = self.lock().values.values().cloned().collect();
        for (path, bytes) in &copy {
            each(path, bytes);
        }
    }
}

impl Drop for FileRegistry {
    fn drop(&mut self) {
        let _ = self.flush();
    }
}
