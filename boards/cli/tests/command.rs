//! The command as a user sees it: a picture arrives bit-exact, and bad input ends in one sentence and a non-zero exit.

use lumenport_hal::edid::Timing;
use lumenport_hal::edid::build::BaseBlock;
use lumenport_hal::mode;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn lumenport(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lumenport"))
        .args(arguments)
        .output()
        .expect("the command starts")
}

/// A folder of this test's own, with a picture in it.
fn folder(name: &str) -> (PathBuf, String) {
    let folder = std::env::temp_dir().join(format!("lumenport-cli-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let picture = folder.join("picture.png");
    image::RgbImage::from_fn(90, 50, |x, y| {
        image::Rgb([x as u8 * 2, y as u8 * 5, (x * y) as u8])
    })
    .save(&picture)
    .expect("the picture can be written");
    let picture = text(&picture);
    (folder, picture)
}

fn text(path: &Path) -> String {
    path.to_str().expect("temporary paths are text").to_owned()
}

/// The one sentence of a command that must fail.
fn refusal(arguments: &[&str]) -> String {
    let output = lumenport(arguments);
    assert!(!output.status.success(), "{arguments:?} must fail");
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    let sentences: Vec<&str> = message
        .lines()
        .filter(|line| line.starts_with("lumenport: "))
        .collect();
    assert_eq!(sentences.len(), 1, "one sentence: {message}");
    sentences[0].to_owned()
}

#[test]
fn a_picture_arrives_bit_exact_on_the_native_engine() {
    let (folder, picture) = folder("shown");
    let out = text(&folder.join("frame.png"));
    let output = lumenport(&[
        "--engine", "native", "show", &picture, "--mode", "64x48", "--out", &out,
    ]);
    let account = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{account}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        account.contains("bit-exact, 3,072 pixels compared"),
        "{account}"
    );
    let frame = image::open(&out).expect("the frame is a picture").to_rgb8();
    assert_eq!(frame.dimensions(), (64, 48));
    // 90 x 50 fits as 64 x 36: six black lines above and below.
    assert_eq!(frame.get_pixel(63, 5).0, [0; 3]);
    assert_ne!(frame.get_pixel(63, 41).0, [0; 3]);
}

#[test]
fn a_file_that_is_no_picture_is_named() {
    let (folder, _) = folder("no-picture");
    let file = folder.join("notes.png");
    std::fs::write(&file, "no picture at all").expect("the file can be written");
    let sentence = refusal(&["--engine", "native", "show", &text(&file)]);
    assert!(
        sentence.contains("notes.png is not a PNG or JPEG"),
        "{sentence}"
    );
    let sentence = refusal(&[
        "--engine",
        "native",
        "show",
        &text(&folder.join("absent.png")),
    ]);
    assert!(sentence.contains("cannot read"), "{sentence}");
}

#[test]
fn an_output_that_cannot_be_written_is_told_before_anything_runs() {
    let (folder, picture) = folder("no-output");
    let out = text(&folder.join("no/such/folder/frame.png"));
    let sentence = refusal(&["--engine", "native", "show", &picture, "--out", &out]);
    assert!(sentence.contains("cannot write"), "{sentence}");
}

#[test]
fn an_unknown_mode_lists_the_modes() {
    let (folder, picture) = folder("no-mode");
    let out = text(&folder.join("frame.png"));
    let sentence = refusal(&[
        "--engine", "native", "show", &picture, "--mode", "123x45", "--out", &out,
    ]);
    assert!(
        sentence.contains("no mode 123x45") && sentence.contains("640x480, 320x240"),
        "{sentence}"
    );
}

#[test]
fn each_misbehaviour_of_the_host_is_told() {
    let (folder, picture) = folder("faults");
    let out = text(&folder.join("frame.png"));
    let told = |fault: &str| {
        refusal(&[
            "--engine", "native", "show", &picture, "--mode", "64x48", "--out", &out, "--fault",
            fault,
        ])
    };
    let sentence = told("map-digest");
    assert!(sentence.contains("register map"), "{sentence}");
    let sentence = told("unsupported-request");
    assert!(sentence.contains("Unsupported Request"), "{sentence}");
    let sentence = told("unplug");
    assert!(sentence.contains("does not reach the card"), "{sentence}");
    assert!(
        !Path::new(&out).exists(),
        "nothing is written for a picture that did not arrive"
    );
}

#[test]
fn the_monitor_is_chosen_by_file_or_name_and_told() {
    let (folder, _) = folder("monitor");
    let info = |edid: &str| {
        let output = lumenport(&["--engine", "native", "info", "--edid", edid]);
        assert!(output.status.success(), "{edid}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let timing = mode::by_name("64x48").map(Timing::of);
    let edid = BaseBlock::new(*b"LMP", 0x0BAD, 7)
        .timing(&timing.expect("the table has it"))
        .name("Tiny")
        .emit(0);
    let file = folder.join("tiny.bin");
    std::fs::write(&file, edid).expect("the file can be written");
    let told = info(&text(&file));
    for part in [
        "monitor: Tiny, LMP 0bad",
        "prefers 64x48",
        "flaws: none",
        "6 modes",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let told = info("none");
    assert!(told.contains("monitor: none"), "{told}");
    let sentence = refusal(&["--engine", "native", "modes", "--edid", "no-such-monitor"]);
    assert!(sentence.contains("count-zero, zeroed-timing"), "{sentence}");
    let sentence = refusal(&["--engine", "native", "info", "--edid", &text(&folder)]);
    assert!(sentence.contains("cannot read"), "{sentence}");
}
