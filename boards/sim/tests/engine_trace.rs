//! Waveform files: they exist, hold the pins, and writing them does not change what happens.

mod stand_in;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use lumenport_sim::engine::{
    Announcer, Capture, Engine, EngineChoice, EngineError, NativeEngine, OpenOptions, RunRequest,
    RxBeat, Timeline, VerilatedEngine, open,
};
use stand_in::StandIn;

fn waveform(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("lumenport-{}-{name}", std::process::id()))
}

fn run(engine: &mut dyn Engine) -> Capture {
    let mut timeline = Timeline::new(Some(13_468));
    let mut capture = Capture {
        want_symbols: true,
        ..Capture::default()
    };
    let beat = |index: u32| RxBeat {
        earliest_cycle: u64::from(index) * 3,
        data: index,
        last: index % 4 == 3,
    };
    let mut rx: VecDeque<RxBeat> = (0..100).map(beat).collect();
    let request = RunRequest {
        max_sys_clocks: 500,
        tx_pattern: 0x5555_7777_3333_1111,
        ..RunRequest::default()
    };
    engine
        .run(&mut timeline, &request, &mut rx, &mut capture)
        .expect("the stand-in settles");
    capture
}

/// Count of rising edges of a one-bit signal in the outermost scope of a VCD file.
fn rising_edges(path: &Path, signal: &str) -> usize {
    let text = std::fs::read_to_string(path).expect("the waveform is there");
    let code = text
        .lines()
        .find_map(|line| {
            // $var wire 1 <code> <name> $end
            let words: Vec<_> = line.split_whitespace().collect();
            let found = words.starts_with(&["$var", "wire", "1"]) && words.get(4) == Some(&signal);
            found.then(|| words[3].to_owned())
        })
        .unwrap_or_else(|| panic!("{signal} is declared"));
    let high = format!("1{code}");
    text.lines().filter(|line| *line == high).count()
}

#[test]
fn native_waveform_holds_every_clock() {
    let path = waveform("native.vcd");
    let expected = run(&mut NativeEngine::new(StandIn::default()).expect("well formed"));
    let mut engine = NativeEngine::new(StandIn::default()).expect("well formed");
    engine.trace_to(&path).expect("the file can be written");
    assert!(run(&mut engine) == expected, "tracing changes nothing");
    engine.finish_trace().expect("the file was written");
    assert_eq!(rising_edges(&path, "sys_clock"), 500);
    let _ = std::fs::remove_file(path);
}

#[test]
fn verilated_waveform_holds_every_clock() {
    let path = waveform("verilated.vcd");
    let mut engine = match VerilatedEngine::new(StandIn::default(), Some(&path), Announcer::Stderr)
    {
        Ok(engine) => engine,
        Err(error @ EngineError::MissingTool { .. })
            if std::env::var("LUMENPORT_REQUIRE_TOOLS").as_deref() != Ok("1") =>
        {
            eprintln!("SKIP waveform: {error}");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let expected = run(&mut NativeEngine::new(StandIn::default()).expect("well formed"));
    assert!(
        run(&mut engine) == expected,
        "the tracing build does the same"
    );
    engine.finish_trace().expect("the file was written");
    assert_eq!(rising_edges(&path, "sys_clock"), 500);
    let _ = std::fs::remove_file(path);
}

#[test]
fn waveform_in_a_missing_folder_is_refused() {
    for choice in [EngineChoice::Native, EngineChoice::Auto] {
        let options = OpenOptions {
            choice,
            trace: Some("/nonexistent/folder/out.vcd".into()),
            announcer: Announcer::Stderr,
        };
        let error = open(StandIn::default, &options).expect_err("the folder is missing");
        assert!(matches!(error, EngineError::Trace { .. }), "{error}");
    }
}

#[test]
fn unknown_waveform_format_is_refused_before_anything_is_built() {
    let options = OpenOptions {
        trace: Some("out.png".into()),
        ..OpenOptions::default()
    };
    let error = open(StandIn::default, &options).expect_err("the format is unknown");
    assert!(error.to_string().contains(".vcd"), "{error}");
}

#[test]
fn fst_waveform_is_written_or_refused_with_the_remedy() {
    let path = waveform("verilated.fst");
    let options = OpenOptions {
        choice: EngineChoice::Auto,
        trace: Some(path.clone()),
        announcer: Announcer::Stderr,
    };
    match open(StandIn::default, &options) {
        Ok(mut opened) => {
            run(opened.engine.as_mut());
            opened.engine.finish_trace().expect("the file was written");
            let size = std::fs::metadata(&path)
                .expect("the waveform is there")
                .len();
            assert!(size > 500, "{size} bytes");
        }
        Err(error) => {
            assert!(matches!(error, EngineError::MissingTool { .. }), "{error}");
            assert!(error.to_string().contains("install"), "{error}");
        }
    }
    let _ = std::fs::remove_file(path);
}
