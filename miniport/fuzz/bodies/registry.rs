//! Bytes as registry names, values and files.
//!
//! The first byte chooses: names from 16-bit characters with values, in memory and in a file beside a plain map; or the
//! contents of a registry file, which is read or refused, and reads the same after it was written again.

use std::collections::BTreeMap;
use std::path::PathBuf;

use lumenport_videoport::registry::{FileRegistry, check_path, path_from_utf16, wide_string};
use lumenport_videoport::{MemoryRegistry, RegistryStore};

/// A file of this process' own.
fn scratch() -> PathBuf {
    let thread = format!("{:?}", std::thread::current().id());
    let number: String = thread.chars().filter(char::is_ascii_digit).collect();
    std::env::temp_dir().join(format!("lumenport-{}-{number}.reg", std::process::id()))
}

/// Runs one input.
///
/// # Panics
/// When something is wrong.
pub fn run(bytes: &[u8]) {
    let Some((choice, rest)) = bytes.split_first() else {
        return;
    };
    if choice & 1 == 0 {
        names(rest);
    } else {
        file(rest);
    }
}

/// Everything a store holds.
fn contents(store: &dyn RegistryStore) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    store.for_each(&mut |path, bytes| {
        all.insert(path.to_ascii_lowercase(), bytes.to_vec());
    });
    all
}

fn names(bytes: &[u8]) {
    let memory = MemoryRegistry::new();
    let path = scratch();
    let _ = std::fs::remove_file(&path);
    let file = FileRegistry::open(&path).expect("there is no file yet");
    let mut model = BTreeMap::new();
    let mut file_model = BTreeMap::new();
    let mut rest = bytes;
    while let Some((head, tail)) = rest.split_first_chunk::<2>() {
        let (name, tail) = tail.split_at(usize::from(head[0]).min(tail.len()));
        let (value, tail) = tail.split_at(usize::from(head[1]).min(tail.len()));
        rest = tail;
        let units: Vec<u16> = name
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        let Some(name) = path_from_utf16(&units) else {
            continue;
        };
        let wide = wide_string(&name).expect("short enough");
        assert_eq!(wide.len(), 2 * units.len() + 2);
        let good = check_path(&name).is_ok();
        let written = memory.write(&name, value);
        assert!(good || written.is_err(), "{name:?}");
        if written.is_ok() {
            model.insert(name.to_ascii_lowercase(), value.to_vec());
        }
        assert_eq!(file.write(&name, value).is_ok(), good, "{name:?}");
        if good {
            file_model.insert(name.to_ascii_lowercase(), value.to_vec());
        }
        let mut read = None;
        let found = memory.read(&name, &mut |bytes| read = Some(bytes.to_vec()));
        assert_eq!(found.is_ok(), read.is_some());
        assert_eq!(read, model.get(&name.to_ascii_lowercase()).cloned());
    }
    assert_eq!(contents(&memory), model);
    assert_eq!(contents(&file), file_model);
    file.flush().expect("the temporary folder is writable");
    let again = FileRegistry::open(&path);
    if !file_model.is_empty() {
        assert_eq!(contents(&again.expect("our own file")), file_model);
    }
    drop(file);
    let _ = std::fs::remove_file(&path);
}

fn file(bytes: &[u8]) {
    let path = scratch();
    std::fs::write(&path, bytes).expect("the temporary folder is writable");
    match FileRegistry::open(&path) {
        Err(_) => assert_eq!(std::fs::read(&path).expect("still there"), bytes),
        Ok(store) => {
            let before = contents(&store);
            assert!(before.keys().all(|path| check_path(path).is_ok()));
            store.write("Added", &[1]).expect("a good name");
            store.flush().expect("the temporary folder is writable");
            let mut expected = before;
            expected.insert("added".to_owned(), vec![1]);
            let again = FileRegistry::open(&path).expect("our own file");
            assert_eq!(contents(&again), expected);
        }
    }
    let _ = std::fs::remove_file(&path);
}
