//! The whole display on shrunken rasters: every frame against a plain function of memory.

mod scanout_bench;

use lumenport_hdl::elaborate;
use lumenport_hdl::scanout::crtc::Crtc;
use lumenport_hdl::scanout::fetch::FetchEngine;
use lumenport_hdl::scanout::pixel::Pixel;
use lumenport_hdl::scanout::{CardDisplay, Display};
use lumenport_regmap::blocks::{crtc, plane};
use scanout_bench::{
    Bench, CLOCKS_KHZ, FAST, FORMATS, Format, Frame, MEMORY_WORDS, MemoryPace, Picture, Raster,
    TINY, WIDER, connected_display, palette_offset,
};

/// A FIFO of 16 words, shorter than a line: wraps and runs full all the time.
type SmallBench = Bench<4, 5>;
/// A FIFO of 256 words, longer than a tiny frame.
type LargeBench = Bench<8, 9>;

fn picture(format: Format, base: u32) -> Picture {
    Picture {
        format,
        base,
        pitch: 256,
    }
}

fn all_black(raster: &Raster) -> Frame {
    vec![vec![0; raster.h[0] as usize]; raster.v[0] as usize]
}

fn start<const A: usize, const P: usize>(bench: &mut Bench<A, P>, raster: &Raster, shown: Picture) {
    bench.write_palette();
    bench.commit_plane(Some(shown));
    bench.commit_mode(raster, true, false);
    bench.wait_mode();
    bench.skip_to_whole_frame();
}

#[test]
fn frames_are_exact_in_every_format_with_random_memory_stalls() {
    let stalls = MemoryPace {
        ready_percent: 70,
        latency: 9,
        answer_percent: 80,
    };
    for (seed, format) in (1..).zip(FORMATS) {
        for (raster, periods) in [(TINY, [10, 25]), (WIDER, [16, 40]), (TINY, [10, 31])] {
            let mut bench = LargeBench::new(seed, periods);
            bench.pace = stalls;
            let shown = picture(format, 0x1040);
            start(&mut bench, &raster, shown);
            let wanted = bench.expected(&raster, &shown);
            for number in 0..6 {
                assert_eq!(bench.next_frame(), wanted, "{format:?}, frame {number}");
            }
            assert_eq!(bench.read(crtc::UnderrunCount::OFFSET), 0);
        }
    }
}

#[test]
fn a_fifo_shorter_than_a_line_is_filled_and_emptied_without_loss() {
    for (seed, format) in (11..).zip(FORMATS) {
        let mut bench = SmallBench::new(seed, [10, 40]);
        bench.pace = MemoryPace {
            ready_percent: 80,
            latency: 5,
            answer_percent: 90,
        };
        let shown = picture(format, 0x2000);
        start(&mut bench, &WIDER, shown);
        let wanted = bench.expected(&WIDER, &shown);
        for number in 0..5 {
            assert_eq!(bench.next_frame(), wanted, "{format:?}, frame {number}");
        }
        assert!(bench.urgent_seen);
        assert_eq!(bench.read(crtc::UnderrunCount::OFFSET), 0);
    }
}

#[test]
fn pix_faster_than_sys_shows_exact_frames() {
    // The last ratio is the limit of five; only one byte a pixel leaves enough bandwidth there.
    let cases = [
        (Format::Xrgb8888, [16, 10]),
        (Format::Rgb565, [24, 10]),
        (Format::C8, [50, 10]),
    ];
    for (seed, (format, periods)) in (21..).zip(cases) {
        let mut bench = LargeBench::new(seed, periods);
        let shown = picture(format, 0);
        start(&mut bench, &WIDER, shown);
        let wanted = bench.expected(&WIDER, &shown);
        for number in 0..6 {
            assert_eq!(bench.next_frame(), wanted, "{format:?}, frame {number}");
        }
        assert_eq!(bench.read(crtc::UnderrunCount::OFFSET), 0);
    }
}

#[test]
fn an_underrun_blackens_the_rest_of_its_frame_and_no_other() {
    for (seed, format) in (31..).zip(FORMATS) {
        let mut bench = SmallBench::new(seed, [10, 25]);
        let shown = picture(format, 0x400);
        start(&mut bench, &WIDER, shown);
        bench.write(crtc::IntrEnable::OFFSET, crtc::IntrEnable::UNDERRUN.mask());
        let wanted = bench.expected(&WIDER, &shown);
        // Stop the memory in the middle of a frame, and let it run before the next one.
        bench.until("line 3", 20_000, |b| b.uut.de.val());
        let line_clocks = WIDER.h.iter().sum::<u32>() * 25 / 10;
        for _ in 0..3 * line_clocks {
            bench.sys();
        }
        bench.frozen = true;
        for _ in 0..4 * line_clocks {
            bench.sys();
        }
        assert!(
            bench.uut.crtc_interrupt.val(),
            "the interrupt comes while the frame is shown"
        );
        bench.frozen = false;
        let broken: Vec<u32> = bench.next_frame().concat();
        let whole = wanted.concat();
        assert_eq!(broken.len(), whole.len(), "the raster is not disturbed");
        let good = broken
            .iter()
            .zip(&whole)
            .take_while(|(seen, wanted)| seen == wanted)
            .count();
        assert!(
            good >= 2 * WIDER.h[0] as usize && good < whole.len(),
            "{good} pixels came in time"
        );
        assert!(
            broken[good..].iter().all(|&pixel| pixel == 0),
            "black from the underrun on"
        );
        for number in 0..3 {
            assert_eq!(
                bench.next_frame(),
                wanted,
                "{format:?}, frame {number} after the underrun"
            );
        }
        assert_eq!(bench.read(crtc::UnderrunCount::OFFSET), 1);
        assert_eq!(
            bench.read(crtc::IntrState::OFFSET) & crtc::IntrState::UNDERRUN.mask(),
            crtc::IntrState::UNDERRUN.mask()
        );
        bench.write(crtc::IntrState::OFFSET, crtc::IntrState::UNDERRUN.mask());
        bench.sys();
        assert!(!bench.uut.crtc_interrupt.val(), "write one clears");
    }
}

#[test]
fn a_memory_frozen_for_frames_counts_one_underrun_each_and_recovers() {
    let mut bench = SmallBench::new(41, [10, 25]);
    let shown = picture(Format::Xrgb8888, 0x400);
    start(&mut bench, &TINY, shown);
    let wanted = bench.expected(&TINY, &shown);
    bench.frozen = true;
    let before = bench.read(crtc::UnderrunCount::OFFSET);
    bench.skip_to_whole_frame();
    for _ in 0..4 {
        let seen = bench.next_frame();
        assert_eq!(
            seen,
            all_black(&TINY),
            "nothing arrives, nothing stale is shown"
        );
    }
    let counted = bench.read(crtc::UnderrunCount::OFFSET) - before;
    assert!(
        (5..=6).contains(&counted),
        "{counted} underruns in five to six frames"
    );
    bench.frozen = false;
    bench.skip_to_whole_frame();
    for _ in 0..3 {
        assert_eq!(bench.next_frame(), wanted);
    }
}

#[test]
fn random_freezes_never_displace_a_frame() {
    for seed in 51..=56 {
        let mut bench = SmallBench::new(seed, [10, 17 + seed as u32 % 9]);
        let shown = picture(FORMATS[seed as usize % 3], 0x400);
        start(&mut bench, &TINY, shown);
        let wanted: Vec<u32> = bench.expected(&TINY, &shown).concat();
        let (mut whole, mut broken) = (0, 0);
        for _ in 0..30_000 {
            if bench.rng.below(400) == 0 {
                bench.frozen = !bench.frozen;
            }
            bench.sys();
            while let Some(frame) = bench.frames.pop_front() {
                let seen = frame.concat();
                assert_eq!(seen.len(), wanted.len());
                let good = seen
                    .iter()
                    .zip(&wanted)
                    .take_while(|(seen, wanted)| seen == wanted)
                    .count();
                assert!(
                    seen[good..].iter().all(|&pixel| pixel == 0),
                    "right up to the underrun, then black"
                );
                if good == wanted.len() {
                    whole += 1;
                } else {
                    broken += 1;
                }
            }
        }
        println!("  {whole} whole, {broken} broken frames");
        assert!(whole > 2 && broken > 2);
        bench.frozen = false;
        bench.skip_to_whole_frame();
        assert_eq!(bench.next_frame().concat(), wanted);
    }
}

#[test]
fn a_flip_takes_effect_between_frames_only() {
    let mut bench = LargeBench::new(61, [10, 25]);
    let pictures = [0_u32, 0x2000, 0x4000].map(|base| picture(Format::Xrgb8888, base));
    let bytes = TINY.v[0] * pictures[0].pitch;
    start(&mut bench, &TINY, pictures[0]);
    let wanted = pictures.map(|shown| bench.expected(&TINY, &shown));
    bench.write(plane::IntrState::OFFSET, plane::IntrState::FLIP_DONE.mask());
    let mut current = 0;
    for _ in 0..40 {
        let next = (current + 1 + bench.rng.below(2) as usize) % 3;
        let pause = bench.rng.below(2 * TINY.clocks_per_frame() * 25 / 10);
        for _ in 0..pause {
            bench.sys();
        }
        bench.frames.clear();
        bench.commit_plane(Some(pictures[next]));
        assert_eq!(
            bench.read(plane::Status::OFFSET) & plane::Status::FLIP_PENDING.mask(),
            plane::Status::FLIP_PENDING.mask()
        );
        bench.until("flip", 20_000, |b| {
            b.read(plane::IntrState::OFFSET) & plane::IntrState::FLIP_DONE.mask() != 0
        });
        bench.reads.clear();
        bench.write(plane::IntrState::OFFSET, plane::IntrState::FLIP_DONE.mask());
        assert_eq!(bench.read(plane::BaseActive::OFFSET), pictures[next].base);
        assert_eq!(
            bench.read(plane::Status::OFFSET) & plane::Status::FLIP_PENDING.mask(),
            0
        );
        // The monitor hands a frame over at vertical sync, so a commit just before it sees two old ones.
        let first_new = (0..3)
            .map(|_| bench.next_frame())
            .find(|frame| *frame != wanted[current]);
        assert_eq!(
            first_new,
            Some(wanted[next].clone()),
            "old frames, whole, then new frames, whole"
        );
        assert_eq!(bench.next_frame(), wanted[next]);
        let range = pictures[next].base..pictures[next].base + bytes;
        assert!(
            bench.reads.iter().all(|at| range.contains(at)),
            "the old picture is no longer read"
        );
        current = next;
    }
}

#[test]
fn a_second_commit_before_vblank_replaces_the_first() {
    let mut bench = LargeBench::new(62, [10, 25]);
    let pictures = [0_u32, 0x2000, 0x4000].map(|base| picture(Format::C8, base));
    start(&mut bench, &TINY, pictures[0]);
    bench.commit_plane(Some(pictures[1]));
    bench.commit_plane(Some(pictures[2]));
    bench.skip_to_whole_frame();
    assert_eq!(bench.next_frame(), bench.expected(&TINY, &pictures[2]));
    assert_eq!(bench.read(plane::BaseActive::OFFSET), pictures[2].base);
}

#[test]
fn registers_written_without_commit_change_nothing() {
    let mut bench = LargeBench::new(63, [10, 25]);
    let shown = picture(Format::Rgb565, 0x800);
    start(&mut bench, &TINY, shown);
    let wanted = bench.expected(&TINY, &shown);
    bench.write(plane::Base::OFFSET, 0x3000);
    bench.write(plane::Control::OFFSET, 0);
    bench.write(crtc::HSize::OFFSET, 0x0010_0008);
    bench.write(crtc::Control::OFFSET, 0);
    for _ in 0..3 {
        assert_eq!(bench.next_frame(), wanted);
    }
}

#[test]
fn a_mode_change_shows_whole_frames_of_either_mode() {
    let mut bench = LargeBench::new(71, [10, 25]);
    let shown = picture(Format::Xrgb8888, 0x1000);
    start(&mut bench, &TINY, shown);
    let small = bench.expected(&TINY, &shown);
    let large = bench.expected(&WIDER, &shown);
    for round in 0..10 {
        let (raster, old, new) = if round % 2 == 0 {
            (WIDER, &small, &large)
        } else {
            (TINY, &large, &small)
        };
        let pause = bench.rng.below(2 * WIDER.clocks_per_frame() * 25 / 10);
        for _ in 0..pause {
            bench.sys();
        }
        bench.frames.clear();
        bench.commit_mode(&raster, true, false);
        assert_eq!(
            bench.read(crtc::Status::OFFSET) & crtc::Status::COMMIT_PENDING.mask(),
            crtc::Status::COMMIT_PENDING.mask()
        );
        let mut frame = bench.next_frame();
        while &frame == old {
            frame = bench.next_frame();
        }
        assert_eq!(&frame, new, "round {round}");
        assert_eq!(&bench.next_frame(), new, "round {round}");
        assert_eq!(
            bench.read(crtc::Status::OFFSET) & crtc::Status::COMMIT_PENDING.mask(),
            0
        );
    }
    assert_eq!(bench.read(crtc::UnderrunCount::OFFSET), 0);
}

#[test]
fn two_mode_commits_in_a_row_end_in_the_second() {
    let mut bench = LargeBench::new(72, [10, 25]);
    let shown = picture(Format::C8, 0x1000);
    start(&mut bench, &TINY, shown);
    bench.commit_mode(&WIDER, false, false);
    bench.commit_mode(&WIDER, true, false);
    bench.wait_mode();
    bench.skip_to_whole_frame();
    assert_eq!(bench.next_frame(), bench.expected(&WIDER, &shown));
}

#[test]
fn test_pattern_is_eight_bars_in_a_white_border_and_reads_no_memory() {
    let mut bench = LargeBench::new(81, [10, 25]);
    start(&mut bench, &TINY, picture(Format::Xrgb8888, 0));
    for raster in [TINY, WIDER] {
        bench.commit_mode(&raster, true, true);
        bench.wait_mode();
        bench.skip_to_whole_frame();
        bench.reads.clear();
        let bars = [
            0xFFFFFF, 0xFFFF00, 0x00FFFF, 0x00FF00, 0xFF00FF, 0xFF0000, 0x0000FF, 0x000000,
        ];
        let (width, height) = (raster.h[0], raster.v[0]);
        for (y, line) in (0..).zip(bench.next_frame()) {
            for (x, pixel) in (0..).zip(line) {
                let border = x == 0 || y == 0 || x + 1 == width || y + 1 == height;
                let wanted = if border {
                    0xFFFFFF
                } else {
                    bars[(8 * x / width) as usize]
                };
                assert_eq!(pixel, wanted, "pixel {x}, line {y}");
            }
        }
        assert!(bench.reads.is_empty());
    }
    assert_eq!(bench.read(crtc::UnderrunCount::OFFSET), 0);
}

#[test]
fn a_disabled_plane_is_black_without_underrun_or_reads() {
    let mut bench = LargeBench::new(82, [10, 25]);
    let shown = picture(Format::Xrgb8888, 0);
    start(&mut bench, &TINY, shown);
    bench.commit_plane(None);
    bench.skip_to_whole_frame();
    bench.reads.clear();
    assert_eq!(bench.next_frame(), all_black(&TINY));
    assert!(bench.reads.is_empty());
    bench.commit_plane(Some(shown));
    bench.skip_to_whole_frame();
    assert_eq!(bench.next_frame(), bench.expected(&TINY, &shown));
    assert_eq!(bench.read(crtc::UnderrunCount::OFFSET), 0);
}

#[test]
fn off_and_on_again_with_another_plane_while_off() {
    let mut bench = LargeBench::new(83, [10, 25]);
    start(&mut bench, &TINY, picture(Format::Xrgb8888, 0));
    bench.write(plane::IntrState::OFFSET, plane::IntrState::FLIP_DONE.mask());
    bench.commit_mode(&TINY, false, false);
    bench.until("off", 20_000, |b| !b.uut.display_on.val());
    for _ in 0..200 {
        bench.sys();
    }
    bench.frames.clear();
    bench.reads.clear();
    let shown = picture(Format::Rgb565, 0x3000);
    bench.commit_plane(Some(shown));
    for _ in 0..4 {
        bench.sys();
    }
    assert_eq!(
        bench.read(plane::BaseActive::OFFSET),
        0x3000,
        "latched at once while off"
    );
    assert_ne!(
        bench.read(plane::IntrState::OFFSET) & plane::IntrState::FLIP_DONE.mask(),
        0
    );
    assert!(
        bench.frames.is_empty() && bench.reads.is_empty(),
        "off means off"
    );
    bench.commit_mode(&WIDER, true, false);
    bench.until("on", 1000, |b| b.uut.display_on.val());
    bench.next_frame();
    assert_eq!(
        bench.next_frame(),
        bench.expected(&WIDER, &shown),
        "the first whole frame is right"
    );
    assert_eq!(bench.read(crtc::UnderrunCount::OFFSET), 0);
}

#[test]
fn a_reset_stops_the_display_and_it_starts_again() {
    let mut bench = LargeBench::new(84, [10, 25]);
    let shown = picture(Format::Xrgb8888, 0x2000);
    for round in 0..3 {
        start(&mut bench, &TINY, shown);
        for _ in 0..100 + 173 * round {
            bench.sys();
        }
        // Let the answers under way arrive, as a reset of the whole card would drop them.
        bench.pace.ready_percent = 0;
        for _ in 0..20 {
            bench.sys();
        }
        bench.uut.reset.next = true;
        bench.reset_memory();
        bench.sys();
        bench.uut.reset.next = false;
        bench.pace = FAST;
        assert_eq!(bench.read(plane::BaseActive::OFFSET), 0);
        bench.until("off", 20_000, |b| !b.uut.display_on.val());
        bench.reads.clear();
        for _ in 0..500 {
            bench.sys();
        }
        assert!(bench.reads.is_empty());
    }
    start(&mut bench, &TINY, shown);
    assert_eq!(bench.next_frame(), bench.expected(&TINY, &shown));
}

#[test]
fn vblank_interrupt_and_frame_count_follow_the_frames() {
    let mut bench = LargeBench::new(91, [10, 25]);
    start(&mut bench, &TINY, picture(Format::C8, 0));
    bench.write(crtc::IntrEnable::OFFSET, crtc::IntrEnable::VBLANK.mask());
    bench.write(crtc::IntrState::OFFSET, crtc::IntrState::VBLANK.mask());
    let first = bench.read(crtc::FrameCount::OFFSET);
    for frame in 1..=5 {
        bench.until("vblank", 5000, |b| b.uut.crtc_interrupt.val());
        assert!(!bench.uut.de.val());
        assert_ne!(
            bench.read(crtc::Status::OFFSET) & crtc::Status::VBLANK.mask(),
            0,
            "STATUS.VBLANK"
        );
        bench.write(crtc::IntrState::OFFSET, crtc::IntrState::VBLANK.mask());
        assert_eq!(bench.read(crtc::FrameCount::OFFSET) - first, frame);
        bench.until("active", 5000, |b| b.uut.de.val());
        assert_eq!(
            bench.read(crtc::Status::OFFSET),
            crtc::Status::ENABLED.mask()
        );
    }
}

#[test]
fn clocks_palette_and_clock_select_read_back() {
    let mut bench = LargeBench::new(92, [10, 25]);
    assert_eq!(
        bench.read(crtc::ClockCount::OFFSET),
        CLOCKS_KHZ.len() as u32
    );
    for clock in 0..8_u32 {
        let offset = <crtc::ClockKhz as lumenport_regmap::Entry>::offset_of(clock).unwrap();
        assert_eq!(
            bench.read(offset),
            CLOCKS_KHZ.get(clock as usize).copied().unwrap_or(0)
        );
    }
    bench.write(crtc::ClockSelect::OFFSET, 2);
    assert_eq!(bench.read(crtc::ClockSelect::OFFSET), 2);
    assert_eq!(bench.uut.clock_select.val().to_u32(), 2);
    bench.write_palette();
    for entry in (0..256).rev() {
        assert_eq!(
            bench.read(palette_offset(entry)),
            bench.palette[entry as usize]
        );
    }
}

#[test]
fn lines_may_lie_anywhere_in_memory() {
    // Pitch larger and smaller than a line, and addresses past the end of memory.
    for (seed, pitch) in [(101, 8), (102, 0), (103, 1024)] {
        let mut bench = LargeBench::new(seed, [10, 25]);
        let base = 8 * MEMORY_WORDS as u32 - 64;
        let shown = Picture {
            format: Format::Xrgb8888,
            base,
            pitch,
        };
        start(&mut bench, &TINY, shown);
        assert_eq!(bench.next_frame(), bench.expected(&TINY, &shown));
    }
}

#[test]
fn generated_verilog_elaborates() {
    let display: CardDisplay = connected_display();
    elaborate::check("display", &display);
    let small: Display<4, 5> = connected_display();
    elaborate::check("display_small", &small);
}

#[test]
fn generated_verilog_of_the_parts_elaborates() {
    let mut fetch = FetchEngine::<11>::default();
    scanout_bench::connect_fetch(&mut fetch);
    elaborate::check("fetch", &fetch);
    let mut pixel = Pixel::default();
    scanout_bench::connect_pixel(&mut pixel);
    elaborate::check("pixel", &pixel);
    let mut crtc = Crtc::default();
    scanout_bench::connect_crtc(&mut crtc);
    elaborate::check("crtc", &crtc);
}
