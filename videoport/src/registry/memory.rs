//! Registry values in a fixed piece of memory.

use super::{RegistryError, RegistryStore, check_path};
use crate::guarded::Guarded;
use crate::limits::{REGISTRY_BYTES, REGISTRY_PATH_BYTES, REGISTRY_VALUE_BYTES};

/// Bytes before the path of a record: path length (1), value length (2, little-endian).
const HEAD_BYTES: usize = 3;

/// Values in memory, gone with the device. The default store; holds [`REGISTRY_BYTES`] with names and bookkeeping.
pub struct MemoryRegistry {
    records: Guarded<Records>,
}

/// Records one after the other: head, path, value.
struct Records {
    bytes: heapless::Vec<u8, REGISTRY_BYTES>,
}

/// One record's place.
#[derive(Clone, Copy)]
struct Record<'r> {
    start: usize,
    end: usize,
    path: &'r str,
    value: &'r [u8],
}

impl Records {
    fn at(&self, start: usize) -> Option<Record<'_>> {
        let rest = self.bytes.get(start..)?;
        let (head, rest) = rest.split_first_chunk::<HEAD_BYTES>()?;
        let [path_length, low, high] = *head;
        let (path, rest) = rest.split_at_checked(usize::from(path_length))?;
        let value = rest.get(..usize::from(u16::from_le_bytes([low, high])))?;
        Some(Record {
            start,
            end: start + HEAD_BYTES + path.len() + value.len(),
            path: core::str::from_utf8(path).ok()?,
            value,
        })
    }

    fn iter(&self) -> impl Iterator<Item = Record<'_>> {
        let mut start = 0;
        core::iter::from_fn(move || {
            let record = self.at(start)?;
            start = record.end;
            Some(record)
        })
    }

    fn find(&self, path: &str) -> Option<Record<'_>> {
        self.iter()
            .find(|record| record.path.eq_ignore_ascii_case(path))
    }

    fn write(&mut self, path: &str, data: &[u8]) -> Result<(), RegistryError> {
        let path_length = u8::try_from(path.len()).map_err(|_| RegistryError::BadPath)?;
        let too_large = RegistryError::TooLarge {
            length_bytes: data.len(),
            limit_bytes: REGISTRY_VALUE_BYTES,
        };
        if data.len() > REGISTRY_VALUE_BYTES {
            return Err(too_large);
        }
        let value_length = u16::try_from(data.len()).map_err(|_| too_large)?;
        let old = self.find(path).map(|record| record.start..record.end);
        let freed = old.as_ref().map_or(0, ExactSizeIterator::len);
        let needed = HEAD_BYTES + path.len() + data.len();
        if self.bytes.len() - freed + needed > REGISTRY_BYTES {
            return Err(RegistryError::Full);
        }
        if let Some(old) = old {
            self.bytes.copy_within(old.end.., old.start);
            self.bytes.truncate(self.bytes.len() - old.len());
        }
        let [low, high] = value_length.to_le_bytes();
        [&[path_length, low, high], path.as_bytes(), data]
            .into_iter()
            .try_for_each(|part| self.bytes.extend_from_slice(part))
            .map_err(|_| RegistryError::Full)
    }
}

impl Default for MemoryRegistry {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryRegistry {
    /// An empty store.
    pub const fn new() -> Self {
        Self {
            records: Guarded::new(Records {
                bytes: heapless::Vec::new(),
            }),
        }
    }
}

impl RegistryStore for MemoryRegistry {
    fn read(&self, path: &str, found: &mut dyn FnMut(&[u8])) -> Result<(), RegistryError> {
        // Copied out first: `found` may call back.
        let mut copy = [0; REGISTRY_VALUE_BYTES];
        let length = self.records.with(|records| {
            let value = records.find(path)?.value;
            copy.get_mut(..value.len())?.copy_from_slice(value);
            Some(value.len())
        });
        let value = length
            .and_then(|length| copy.get(..length))
            .ok_or(RegistryError::NotFound)?;
        found(value);
        Ok(())
    }

    fn write(&self, path: &str, data: &[u8]) -> Result<(), RegistryError> {
        check_path(path)?;
        self.records.with(|records| records.write(path, data))
    }

    fn flush(&self) -> Result<(), RegistryError> {
        Ok(())
    }

    fn for_each(&self, each: &mut dyn FnMut(&str, &[u8])) {
        let mut start = 0;
        let mut path_copy = [0; REGISTRY_PATH_BYTES];
        let mut value_copy = [0; REGISTRY_VALUE_BYTES];
        loop {
            let next = self.records.with(|records| {
                let record = records.at(start)?;
                path_copy
                    .get_mut(..record.path.len())?
                    .copy_from_slice(record.path.as_bytes());
                value_copy
                    .get_mut(..record.value.len())?
                    .copy_from_slice(record.value);
                Some((record.path.len(), record.value.len(), record.end))
            });
            let Some((path_length, value_length, end)) = next else {
                return;
            };
            let path = path_copy
                .get(..path_length)
                .and_then(|bytes| core::str::from_utf8(bytes).ok());
            if let (Some(path), Some(value)) = (path, value_copy.get(..value_length)) {
                each(path, value);
            }
            start = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(store: &MemoryRegistry, path: &str) -> Option<std::vec::Vec<u8>> {
        let mut found = None;
        store
            .read(path, &mut |bytes| found = Some(bytes.to_vec()))
            .ok()?;
        found
    }

    #[test]
    fn values_are_replaced_whatever_their_length_and_others_stay() {
        let store = MemoryRegistry::new();
        store.write("A", &[1; 10]).unwrap();
        store.write("Sub\\B", &[2; 20]).unwrap();
        store.write("C", &[]).unwrap();
        for length in [0, 1, 300, 5] {
            store.write("sub\\b", &std::vec![7; length]).unwrap();
            assert_eq!(value(&store, "SUB\\B"), Some(std::vec![7; length]));
            assert_eq!(value(&store, "A"), Some(std::vec![1; 10]));
            assert_eq!(value(&store, "C"), Some(std::vec![]));
        }
        let mut count = 0;
        store.for_each(&mut |_, _| count += 1);
        assert_eq!(count, 3);
    }

    #[test]
    fn a_full_store_refuses_and_keeps_what_it_has() {
        let store = MemoryRegistry::new();
        let mut written = 0;
        while store
            .write(&std::format!("Value{written}"), &[written; 1000])
            .is_ok()
        {
            written += 1;
        }
        assert_eq!(written, 8);
        assert_eq!(store.write("More", &[0; 1000]), Err(RegistryError::Full));
        assert_eq!(value(&store, "More"), None);
        for number in 0..written {
            assert_eq!(
                value(&store, &std::format!("Value{number}")),
                Some(std::vec![number; 1000])
            );
        }
        // Replacing by something of the same size needs no room.
        store.write("Value3", &[9; 1000]).unwrap();
        assert_eq!(value(&store, "Value3"), Some(std::vec![9; 1000]));
        let limit_bytes = REGISTRY_VALUE_BYTES;
        assert_eq!(
            store.write("Value3", &std::vec![0; limit_bytes + 1]),
            Err(RegistryError::TooLarge {
                length_bytes: limit_bytes + 1,
                limit_bytes
            })
        );
    }

    #[test]
    fn paths_that_are_none_are_refused() {
        let store = MemoryRegistry::new();
        for path in ["", "\\A", "A\\", "A\\\\B", "A\nB"] {
            assert_eq!(
                store.write(path, &[]),
                Err(RegistryError::BadPath),
                "{path:?}"
            );
        }
        assert_eq!(
            store.write(&"x".repeat(256), &[]),
            Err(RegistryError::BadPath)
        );
        store.write(&"x".repeat(255), &[1]).unwrap();
        assert_eq!(value(&store, &"X".repeat(255)), Some(std::vec![1]));
    }
}
