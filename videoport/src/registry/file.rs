//! Registry values in a file.
//!
//! One line per value: the path, a tab, the bytes in hexadecimal; first a line that names the format. A flush writes a
//! new file next to the old one and renames it over it, so that a reader, or a machine that loses power, sees the old
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
const HEADER: &str = "lumenport registry 1";
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
    /// When the file cannot be read or is not one of ours; it is then left alone.
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
    let mut lines = text.lines();
    if lines.next()? != HEADER {
        return None;
    }
    let mut values = BTreeMap::new();
    for line in lines {
        let (path, hex) = line.split_once('\t')?;
        check_path(path).ok()?;
        let bytes = parse_hex(hex)?;
        values.insert(path.to_ascii_lowercase(), (path.to_string(), bytes));
    }
    Some(values)
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
