//! What the libraries export, and what the headers declare.

mod common;

use std::collections::BTreeSet;

use common::{crate_dir, include_dir, library};
use object::{Object as _, ObjectSymbol as _};

/// Names in `exports.txt`, the table that import libraries are made from.
fn table() -> BTreeSet<String> {
    let text =
        std::fs::read_to_string(crate_dir().join("exports.txt")).expect("the table is there");
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_shared_library_exports_every_service() {
    let bytes = std::fs::read(library("libvideoport.so")).expect("cargo built it");
    let file = object::File::parse(&*bytes).expect("it is an ELF file");
    let exported: BTreeSet<String> = file
        .dynamic_symbols()
        .filter(object::ObjectSymbol::is_definition)
        .filter_map(|symbol| symbol.name().ok().map(str::to_owned))
        .collect();
    let services: BTreeSet<String> = exported
        .iter()
        .filter(|name| name.starts_with("VideoPort"))
        .cloned()
        .collect();
    assert_eq!(services, table());
    let header = std::fs::read_to_string(include_dir().join("lumenport_host.h")).expect("there");
    for name in header.split(|c: char| !c.is_alphanumeric() && c != '_') {
        if name.starts_with("lumenport_host_") && header.contains(&format!("{name}(")) {
            assert!(
                exported.contains(name),
                "{name} is declared and not exported"
            );
        }
    }
}

#[test]
fn the_lookup_table_has_every_service_once() {
    let exports = videoport::exports();
    let names: BTreeSet<String> = exports
        .iter()
        .map(|export| export.name.to_owned())
        .collect();
    assert_eq!((names.len(), names), (exports.len(), table()));
    assert_eq!(exports.len(), 118);
    let addresses: BTreeSet<_> = exports.iter().map(|export| export.address.addr()).collect();
    assert!(!addresses.contains(&0));
}

#[test]
fn the_headers_declare_every_service() {
    let mut declared = BTreeSet::new();
    for file in [
        "videoagp.h",
        "lumenport/video_services.h",
        "lumenport/video_accessors.h",
    ] {
        let text = std::fs::read_to_string(include_dir().join(file)).expect("the header is there");
        for line in text.lines().filter(|line| line.starts_with("VPAPI")) {
            let name = line
                .split(['(', ' '])
                .find(|word| word.starts_with("VideoPort"));
            declared.extend(name.map(str::to_owned));
        }
    }
    assert_eq!(declared, table());
}

#[test]
fn the_headers_have_all_54_codes() {
    let text =
        std::fs::read_to_string(include_dir().join("ntddvdeo.h")).expect("the header is there");
    for (function, name) in videoport::REQUEST_NAMES {
        let line = format!("#define {name} LUMENPORT_VIDEO_CODE(0x{function:03x})");
        assert!(text.contains(&line), "{line}");
    }
}
