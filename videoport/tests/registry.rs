//! Registry parameters: values, subkeys, files, what may not be written; in memory and in a file.

mod common;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use common::*;
use lumenport_hal::fake::FakeConfig;
use lumenport_videoport::registry::{
    FileRegistry, HardwareInformation, hardware_information, path_from_utf16, wide_string,
};
use lumenport_videoport::strict::FindingKind;
use lumenport_videoport::testing::{CARD_SLOT, Rig, TestMachine, TestMiniport};
use lumenport_videoport::{Options, RegistryStore, VpStatus};

/// A value through the service; `None` when it answers a failure.
fn value(port: &Port<'_>, name: &str) -> Option<Vec<u8>> {
    let mut found = None;
    let status = port.get_registry_parameters(name, false, |_, _, bytes| {
        found = Some(bytes.to_vec());
        VpStatus::NO_ERROR
    });
    assert_eq!(status.is_success(), found.is_some());
    found
}

#[test]
fn registry_values_come_back_in_the_callback_before_the_call_returns() {
    let rig = strict();
    assert_eq!(
        rig.port.set_registry_parameters("Gamma", &[1, 2, 3]),
        VpStatus::NO_ERROR
    );
    let mut calls = 0;
    let status = rig
        .port
        .get_registry_parameters("gamma", false, |port, name, bytes| {
            calls += 1;
            assert_eq!((name, bytes), ("gamma", [1, 2, 3].as_slice()));
            // The callback may use the registry itself.
            assert_eq!(
                port.set_registry_parameters("Seen", bytes),
                VpStatus::NO_ERROR
            );
            VpStatus::NO_ERROR
        });
    assert_eq!((status, calls), (VpStatus::NO_ERROR, 1));
    assert_eq!(value(rig.port, "Seen"), Some(vec![1, 2, 3]));
    assert_eq!(value(rig.port, "Missing"), None);
    let failing = rig
        .port
        .get_registry_parameters("Gamma", false, |_, _, _| VpStatus::ERROR_MORE_DATA);
    assert_eq!(failing, VpStatus::ERROR_INVALID_PARAMETER);
    assert_eq!(findings(&rig), []);
}

#[test]
fn registry_subkeys_are_made_with_their_first_value() {
    let rig = strict();
    for (name, data) in [("Modes\\0\\Width", [4, 0]), ("Modes\\1\\Width", [5, 0])] {
        assert_eq!(
            rig.port.set_registry_parameters(name, &data),
            VpStatus::NO_ERROR
        );
        assert_eq!(value(rig.port, name), Some(data.to_vec()));
    }
    assert_eq!(value(rig.port, "Width"), None);
    assert_eq!(value(rig.port, "MODES\\0\\WIDTH"), Some(vec![4, 0]));
    for bad in ["", "\\A", "A\\", "A\\\\B"] {
        assert_eq!(
            rig.port.set_registry_parameters(bad, &[1]),
            VpStatus::ERROR_INVALID_PARAMETER,
            "{bad:?}"
        );
        assert_eq!(value(rig.port, bad), None);
    }
    assert_eq!(findings(&rig), [FindingKind::WrongArguments; 8]);
}

#[test]
fn registry_default_settings_may_not_be_written() {
    let rig = strict();
    for name in ["DefaultSettings.XResolution", "defaultsettings.Flags"] {
        assert_eq!(
            rig.port.set_registry_parameters(name, &[0; 4]),
            VpStatus::ERROR_INVALID_PARAMETER
        );
        assert_eq!(value(rig.port, name), None);
    }
    assert_eq!(
        rig.port.set_registry_parameters("DefaultSettings", &[1]),
        VpStatus::NO_ERROR
    );
    // What the system put there can be read.
    rig.port
        .registry()
        .write("DefaultSettings.BitsPerPel", &[32, 0, 0, 0])
        .unwrap();
    assert_eq!(
        value(rig.port, "DefaultSettings.BitsPerPel"),
        Some(vec![32, 0, 0, 0])
    );
}

#[test]
fn registry_file_name_flag_gives_the_contents_of_the_file() {
    let rig = strict();
    let contents = pattern(70_000);
    rig.machine.add_file("\\SystemRoot\\lumen.bin", &contents);
    let name = wide_string("\\SystemRoot\\lumen.bin").unwrap();
    assert_eq!(
        rig.port.set_registry_parameters("Firmware", &name),
        VpStatus::NO_ERROR
    );
    let mut seen = Vec::new();
    let status = rig
        .port
        .get_registry_parameters("Firmware", true, |_, _, bytes| {
            seen = bytes.to_vec();
            VpStatus::NO_ERROR
        });
    assert_eq!(status, VpStatus::NO_ERROR);
    assert_eq!(seen, contents);
    assert_eq!(value(rig.port, "Firmware"), Some(name.to_vec()));
    for (parameter, data) in [
        ("NoSuchFile", wide_string("elsewhere").unwrap().to_vec()),
        ("Empty", vec![]),
        ("OddSurrogate", vec![0x00, 0xD8]),
    ] {
        let _ = rig.port.set_registry_parameters(parameter, &data);
        let status = rig
            .port
            .get_registry_parameters(parameter, true, |_, _, _| panic!("{parameter}"));
        assert_eq!(status, VpStatus::ERROR_INVALID_PARAMETER, "{parameter}");
    }
}

#[test]
fn registry_that_is_full_refuses_and_keeps_its_values() {
    let rig = strict();
    let big = vec![7; 2048];
    let mut stored = 0;
    while rig
        .port
        .set_registry_parameters(&format!("Big{stored}"), &big)
        .is_success()
    {
        stored += 1;
    }
    assert!(stored > 0);
    for number in 0..stored {
        assert_eq!(
            value(rig.port, &format!("Big{number}")),
            Some(big.clone()),
            "{number}"
        );
    }
    assert_eq!(
        rig.port.set_registry_parameters("TooBig", &vec![0; 2049]),
        VpStatus::ERROR_INVALID_PARAMETER
    );
    assert!(
        rig.machine
            .log_lines()
            .iter()
            .any(|line| line.message.contains("the store is full"))
    );
}

#[test]
fn registry_services_are_refused_above_passive() {
    let rig = strict();
    let lock = rig.port.create_spin_lock().unwrap();
    let old = rig.port.acquire_spin_lock(lock);
    let invalid = VpStatus::ERROR_INVALID_PARAMETER;
    assert_eq!(rig.port.set_registry_parameters("A", &[1]), invalid);
    assert_eq!(
        rig.port
            .get_registry_parameters("A", false, |_, _, _| VpStatus::NO_ERROR),
        invalid
    );
    assert_eq!(rig.port.flush_registry(), invalid);
    rig.port.release_spin_lock(lock, old);
    assert_eq!(findings(&rig), [FindingKind::IrqlTooHigh { limit: 0 }; 3]);
}

#[test]
fn registry_hardware_information_is_written_under_the_well_known_names() {
    let rig = strict();
    let information = HardwareInformation {
        chip_type: "Lumenport",
        dac_type: "TMDS",
        adapter_string: "Lumenport \u{e4}\u{1f5a5}",
        bios_string: "none",
        memory_size_bytes: 0x0400_0000,
    };
    rig.port.set_hardware_information(&information).unwrap();
    let wide = |text: &str| {
        let units = text.encode_utf16().chain([0]);
        units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>()
    };
    for (name, expected) in [
        (hardware_information::CHIP_TYPE, wide("Lumenport")),
        (hardware_information::DAC_TYPE, wide("TMDS")),
        (
            hardware_information::ADAPTER_STRING,
            wide("Lumenport \u{e4}\u{1f5a5}"),
        ),
        (hardware_information::BIOS_STRING, wide("none")),
        (hardware_information::MEMORY_SIZE, vec![0, 0, 0, 4]),
    ] {
        assert_eq!(value(rig.port, name), Some(expected), "{name}");
    }
    assert_eq!(
        path_from_utf16(&[u16::from(b'A'), 0xD83D, 0xDDA5]).as_deref(),
        Some("A\u{1f5a5}")
    );
    assert_eq!(path_from_utf16(&[0xD83D]), None);
    assert_eq!(path_from_utf16(&[u16::from(b'x'); 256]), None);
}

/// A store that only counts.
#[derive(Default)]
struct Failing(Arc<Mutex<u32>>);

impl RegistryStore for Failing {
    fn read(
        &self,
        _path: &str,
        _found: &mut dyn FnMut(&[u8]),
    ) -> Result<(), lumenport_videoport::registry::RegistryError> {
        Err(lumenport_videoport::registry::RegistryError::Storage)
    }

    fn write(
        &self,
        _path: &str,
        _data: &[u8],
    ) -> Result<(), lumenport_videoport::registry::RegistryError> {
        Err(lumenport_videoport::registry::RegistryError::Full)
    }

    fn flush(&self) -> Result<(), lumenport_videoport::registry::RegistryError> {
        *self.0.lock().unwrap() += 1;
        Err(lumenport_videoport::registry::RegistryError::Storage)
    }

    fn for_each(&self, _each: &mut dyn FnMut(&str, &[u8])) {}
}

/// A port over a store of its own.
fn port_over(store: &'static dyn RegistryStore) -> Port<'static> {
    let machine = Box::leak(Box::new(TestMachine::new(FakeConfig::default())));
    let miniport = Box::leak(Box::new(TestMiniport::new()));
    Port::new(machine, miniport, CARD_SLOT, Options::new().strict(true)).with_registry(store)
}

#[test]
fn registry_storage_failures_become_invalid_parameter() {
    let failing = Box::leak(Box::new(Failing::default()));
    let port = port_over(failing);
    assert_eq!(
        port.set_registry_parameters("A", &[1]),
        VpStatus::ERROR_INVALID_PARAMETER
    );
    assert_eq!(value(&port, "A"), None);
    assert_eq!(port.flush_registry(), VpStatus::ERROR_INVALID_PARAMETER);
    assert_eq!(*failing.0.lock().unwrap(), 1);
    let _ = port.remove();
    assert_eq!(*failing.0.lock().unwrap(), 2, "removal flushes");
}

/// A directory of this test's own.
fn directory(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("lumenport-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

#[test]
fn flush_makes_values_outlive_the_port_and_replaces_the_file_as_a_whole() {
    let directory = directory("flush");
    let path = directory.join("adapter.reg");
    let store = Box::leak(Box::new(FileRegistry::open(&path).unwrap()));
    let port = port_over(store);
    assert_eq!(
        port.set_registry_parameters("Sub\\Tab and \u{fc}", &[0, 255, 16]),
        VpStatus::NO_ERROR
    );
    assert_eq!(
        port.set_registry_parameters("Empty", &[]),
        VpStatus::NO_ERROR
    );
    assert!(!path.exists(), "nothing is written before the flush");
    assert_eq!(port.flush_registry(), VpStatus::NO_ERROR);
    let first = std::fs::read_to_string(&path).unwrap();
    let again = FileRegistry::open(&path).unwrap();
    let mut seen = Vec::new();
    again.for_each(&mut |name, bytes| seen.push((name.to_string(), bytes.to_vec())));
    assert_eq!(
        seen,
        [
            ("Empty".to_string(), vec![]),
            ("Sub\\Tab and \u{fc}".to_string(), vec![0, 255, 16])
        ]
    );
    // A reader that opened the old file keeps the old file: it was replaced, not rewritten.
    let reader = std::fs::File::open(&path).unwrap();
    assert_eq!(
        port.set_registry_parameters("Empty", &[9; 100]),
        VpStatus::NO_ERROR
    );
    assert_eq!(port.flush_registry(), VpStatus::NO_ERROR);
    assert_eq!(std::io::read_to_string(reader).unwrap(), first);
    assert_ne!(std::fs::read_to_string(&path).unwrap(), first);
    let left: Vec<_> = std::fs::read_dir(&directory).unwrap().collect();
    assert_eq!(left.len(), 1, "no temporary file stays");
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn registry_file_that_is_none_of_ours_is_left_alone() {
    let directory = directory("foreign");
    let path = directory.join("notes.txt");
    for text in [
        "shopping list\n",
        "lumenport registry 1\nname without value\n",
        "lumenport registry 1\nA\t0g\n",
        "lumenport registry 1\nA\t012\n",
        "lumenport registry 1\n\\A\t01\n",
    ] {
        std::fs::write(&path, text).unwrap();
        assert!(FileRegistry::open(&path).is_err(), "{text:?}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
    let unwritable = FileRegistry::open(directory.join("missing").join("a.reg")).unwrap();
    unwritable.write("A", &[1]).unwrap();
    assert!(unwritable.flush().is_err());
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn registry_file_that_was_cut_or_changed_is_refused_and_left_alone() {
    let directory = directory("damaged");
    let path = directory.join("adapter.reg");
    let store = FileRegistry::open(&path).unwrap();
    store.write("Sub\\Name", &[0x12, 0x34, 0x56]).unwrap();
    store.write("B", &[]).unwrap();
    store.flush().unwrap();
    let whole = std::fs::read(&path).unwrap();
    assert!(FileRegistry::open(&path).is_ok());
    for length in 0..whole.len() {
        std::fs::write(&path, &whole[..length]).unwrap();
        assert!(FileRegistry::open(&path).is_err(), "cut at {length}");
        assert_eq!(std::fs::read(&path).unwrap(), whole[..length]);
    }
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        std::fs::write(&path, &changed).unwrap();
        assert!(FileRegistry::open(&path).is_err(), "changed at {at}");
        assert_eq!(std::fs::read(&path).unwrap(), changed);
    }
    // Files from before there was a sum are still read.
    std::fs::write(&path, "lumenport registry 1\nA\t01\n").unwrap();
    let old = FileRegistry::open(&path).unwrap();
    let mut value = None;
    old.read("a", &mut |bytes| value = Some(bytes.to_vec()))
        .unwrap();
    assert_eq!(value, Some(vec![1]));
    drop(store);
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn removed_device_flushes_its_registry() {
    let directory = directory("removal");
    let path = directory.join("adapter.reg");
    let store = Box::leak(Box::new(FileRegistry::open(&path).unwrap()));
    let port = port_over(store);
    assert_eq!(port.set_registry_parameters("A", &[1]), VpStatus::NO_ERROR);
    let _ = port.remove();
    assert!(path.exists());
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn registry_of_one_device_is_not_that_of_another() {
    let (first, second): (Rig, Rig) = (strict(), strict());
    let _ = first.port.set_registry_parameters("A", &[1]);
    assert_eq!(value(second.port, "A"), None);
}
