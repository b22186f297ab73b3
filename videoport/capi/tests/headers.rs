//! The headers compile everywhere they are meant to, each on its own, and assert their layouts there.

mod common;

use std::fmt::Write as _;
use std::path::Path;

use common::{compiler, crate_dir, has_tool, scratch, succeed};

/// Headers a driver may include, each complete in itself.
const HEADERS: [&str; 8] = [
    "ntdef.h",
    "miniport.h",
    "dderror.h",
    "devioctl.h",
    "ntddvdeo.h",
    "video.h",
    "videoagp.h",
    "lumenport_host.h",
];
const C: [&str; 3] = ["-xc", "-std=c11", "-fshort-wchar"];
const CPP: [&str; 3] = ["-xc++", "-std=c++17", "-fshort-wchar"];
const WIDE_C: [&str; 3] = ["-xc", "-std=c17", "-DDBG=1"];
const WIDE_CPP: [&str; 3] = ["-xc++", "-std=c++17", "-DLUMENPORT_SAL1"];

/// One source that includes all headers in the traditional order, then each again, then uses what drivers use.
fn source(dir: &Path) -> std::path::PathBuf {
    let mut text = String::new();
    for header in HEADERS.iter().chain(&HEADERS) {
        let _ = writeln!(text, "#include \"{header}\"");
    }
    text.push_str(include_str!("c/idioms.c"));
    let path = dir.join("all.c");
    std::fs::write(&path, text).expect("scratch is writable");
    path
}

fn compile_with(tool: &str, targets: &[&str], languages: &[[&str; 3]]) {
    if !has_tool(tool) {
        return;
    }
    let dir = scratch(&format!("headers-{tool}"));
    let all = source(&dir);
    for target in targets {
        for language in languages {
            let mut command = compiler(tool);
            command.args(language).args(target.split_whitespace());
            succeed(command.args(["-c", "-o"]).arg(dir.join("all.o")).arg(&all));
        }
    }
    for header in HEADERS {
        let alone = dir.join("alone.c");
        let text = format!("#include \"{header}\"\ntypedef int complete;\n");
        std::fs::write(&alone, text).expect("scratch is writable");
        let mut command = compiler(tool);
        succeed(command.args(["-std=c11", "-fsyntax-only"]).arg(&alone));
    }
}

#[test]
fn gcc_takes_them_as_c_and_cpp_for_32_and_64_bits() {
    compile_with("gcc", &["", "-m32"], &[C, CPP, WIDE_C, WIDE_CPP]);
}

#[test]
fn clang_takes_them_as_c_and_cpp_for_32_and_64_bits() {
    compile_with("clang", &["", "-m32"], &[C, CPP, WIDE_C, WIDE_CPP]);
}

#[test]
fn mingw_takes_them_for_64_bits() {
    compile_with("x86_64-w64-mingw32-gcc", &[""], &[C, CPP]);
}

#[test]
fn mingw_takes_them_for_32_bits() {
    compile_with("i686-w64-mingw32-gcc", &["", "-mrtd"], &[C, CPP]);
}

#[test]
fn an_offset_that_is_wrong_does_not_compile() {
    if !has_tool("gcc") {
        return;
    }
    let dir = scratch("headers-wrong");
    let path = dir.join("wrong.c");
    let text =
        "#include \"video.h\"\nLUMENPORT_OFFSET(VIDEO_REQUEST_PACKET, InputBuffer, 8, 12);\n";
    std::fs::write(&path, text).expect("scratch is writable");
    let output = compiler("gcc")
        .args(["-std=c11", "-fsyntax-only"])
        .arg(&path)
        .output()
        .expect("gcc runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && said.contains("offset of VIDEO_REQUEST_PACKET.InputBuffer"),
        "{said}"
    );
}

#[test]
fn the_annotations_are_defined_once_each() {
    let path = crate_dir().join("include/lumenport/annotations.h");
    let text = std::fs::read_to_string(path).expect("the header is there");
    let mut names: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("#define "))
        .map(|rest| rest.split(['(', ' ']).next().unwrap_or(rest))
        .collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}
