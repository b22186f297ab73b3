//! The hardware pointer in the whole display: every frame against plain arithmetic on the plane's picture.

mod scanout_bench;

use lumenport_hdl::elaborate;
use lumenport_hdl::scanout::cursor::Cursor;
use lumenport_hdl::scanout::cursor_stage::CursorStage;
use lumenport_hdl::testbench::Rng;
use lumenport_regmap::blocks::{crtc, cursor, plane};
use scanout_bench::{Bench, Format, Frame, Picture, Pointer, Raster, TINY};

type LargeBench = Bench<8, 9>;

/// 72 x 20 active: wider than the pointer, lower than it.
const SCREEN: Raster = Raster {
    h: [72, 3, 5, 4],
    v: [20, 1, 2, 1],
};
const SHOWN: Picture = Picture {
    format: Format::Xrgb8888,
    base: 0x1000,
    pitch: 512,
};

/// A running display and its picture without pointer.
fn started(seed: u64, raster: &Raster) -> (LargeBench, Frame) {
    let mut bench = LargeBench::new(seed, [10, 25]);
    bench.commit_plane(Some(SHOWN));
    bench.commit_mode(raster, true, false);
    bench.wait_mode();
    bench.skip_to_whole_frame();
    let plain = bench.expected(raster, &SHOWN);
    (bench, plain)
}

/// The frame that is shown after the last commit has taken effect.
fn settled_frame(bench: &mut LargeBench) -> Frame {
    bench.wait_cursor();
    // The commit took effect in the blanking before a frame; the frame before it may not have been counted yet.
    bench.skip_to_whole_frame();
    bench.next_frame()
}

#[test]
fn the_pointer_is_cut_off_at_every_side_and_corner() {
    let (mut bench, plain) = started(1, &SCREEN);
    for and_xor in [false, true] {
        let pointer = Pointer::random(&mut bench.rng, and_xor, 64, 64);
        bench.write_cursor_image(&pointer);
        let mut new_image = true;
        for (x, y) in [
            (3, 2),
            (0, 0),
            (-1, 0),
            (-63, -63),
            (-64, 0),
            (71, 19),
            (72, 0),
            (0, 20),
            (0, -64),
            (8, -50),
            (-20, 10),
            (60, -10),
            (-32768, 0),
            (32767, 32767),
        ] {
            let moved = pointer.at(x, y);
            bench.commit_cursor(&moved, new_image);
            new_image = false;
            let frame = settled_frame(&mut bench);
            assert_eq!(frame, moved.over(&plain), "AND/XOR {and_xor}, ({x}, {y})");
        }
    }
    assert_eq!(bench.read(crtc::UnderrunCount::OFFSET), 0);
}

#[test]
fn sizes_down_to_nothing_show_their_part_of_the_image() {
    let (mut bench, plain) = started(2, &SCREEN);
    for (width, height) in [(64, 64), (1, 1), (33, 7), (0, 5), (5, 0)] {
        let pointer = Pointer::random(&mut bench.rng, false, width, height).at(30, 5);
        bench.write_cursor_image(&pointer);
        bench.commit_cursor(&pointer, true);
        assert_eq!(
            settled_frame(&mut bench),
            pointer.over(&plain),
            "{width} x {height}"
        );
    }
}

/// The division in the gateware, for every pixel and alpha, against the fraction rounded to nearest.
#[test]
fn the_division_by_shifts_is_exact_for_every_pixel_and_alpha() {
    for below in 0..=255_u32 {
        for clear in 0..=255_u32 {
            let t = below * clear + 128;
            assert_eq!(
                (t + (t >> 8)) >> 8,
                (2 * below * clear + 255) / 510,
                "{below} * {clear}"
            );
        }
    }
}

#[test]
fn every_alpha_blends_exactly_and_colours_not_premultiplied_stop_at_white() {
    let (mut bench, plain) = started(3, &SCREEN);
    // Alpha counts up; colours at random, first at most alpha, then beyond it.
    for legal in [true, false] {
        let mut pointer = Pointer::random(&mut bench.rng, false, 64, 20);
        for (idx, word) in (0..).zip(&mut pointer.words) {
            let alpha = idx % 256;
            let raw = bench.rng.next_u32();
            let limit = if legal { alpha + 1 } else { 256 };
            let part = |shift: u32| ((raw >> shift & 0xFF) % limit) << shift;
            *word = alpha << 24 | part(16) | part(8) | part(0);
        }
        bench.write_cursor_image(&pointer);
        for x in [0, 5, 8] {
            let moved = pointer.at(x, 0);
            bench.commit_cursor(&moved, x == 0);
            assert_eq!(settled_frame(&mut bench), moved.over(&plain), "x {x}");
        }
    }
}

#[test]
fn and_xor_makes_black_white_clear_and_inverted_pixels() {
    let (mut bench, plain) = started(4, &TINY);
    let pointer = Pointer {
        and_xor: true,
        width: 4,
        height: 1,
        x: 10,
        y: 2,
        words: vec![0, 0x00FF_FFFF, 0x0100_0000, 0x01FF_FFFF],
    };
    bench.write_cursor_image(&pointer);
    bench.commit_cursor(&pointer, true);
    let frame = settled_frame(&mut bench);
    let kept = &plain[2];
    assert_eq!(
        frame[2][10..14],
        [0, 0xFF_FFFF, kept[12], kept[13] ^ 0xFF_FFFF]
    );
    assert_eq!(frame, pointer.over(&plain));
}

#[test]
fn a_change_shows_between_frames_only() {
    let (mut bench, plain) = started(5, &SCREEN);
    let mut dice = Rng::new(55);
    let mut shown = Pointer::random(&mut dice, false, 64, 16).at(0, 0);
    bench.write_cursor_image(&shown);
    bench.commit_cursor(&shown, true);
    bench.wait_cursor();
    bench.skip_to_whole_frame();
    for round in 0..24 {
        let new_image = dice.percent(50);
        let next = if new_image {
            Pointer::random(&mut dice, round % 3 == 0, 64, 16)
        } else {
            shown.clone()
        }
        .at(
            dice.below(120).cast_signed() - 40,
            dice.below(40).cast_signed() - 12,
        );
        if new_image {
            bench.write_cursor_image(&next);
        }
        for _ in 0..dice.below(6000) {
            bench.sys();
        }
        bench.frames.clear();
        bench.commit_cursor(&next, new_image);
        bench.wait_cursor();
        let seen = bench.frames.len();
        bench.until("two frames more", 40_000, |b| b.frames.len() >= seen + 2);
        let (old, new) = (shown.over(&plain), next.over(&plain));
        let mut changed = false;
        for frame in bench.frames.drain(..) {
            changed |= frame != old;
            let wanted = if changed { &new } else { &old };
            assert!(&frame == wanted, "round {round}: a torn frame");
        }
        assert!(changed || old == new, "round {round}: nothing changed");
        shown = next;
    }
}

#[test]
fn of_several_commits_in_a_frame_the_last_is_shown_in_the_next() {
    let (mut bench, plain) = started(6, &SCREEN);
    let pointer = Pointer::random(&mut bench.rng, false, 16, 8);
    bench.write_cursor_image(&pointer);
    bench.commit_cursor(&pointer, true);
    settled_frame(&mut bench);
    for round in 0..6 {
        bench.until("picture", 20_000, |b| b.uut.de.val());
        for step in 0..5 {
            bench.commit_cursor(&pointer.at(round + 7 * step, step), false);
        }
        bench.next_frame();
        assert_eq!(
            bench.next_frame(),
            pointer.at(round + 28, 4).over(&plain),
            "round {round}"
        );
        bench.frames.clear();
    }
}

#[test]
fn without_a_commit_nothing_changes() {
    let (mut bench, plain) = started(7, &TINY);
    let pointer = Pointer::random(&mut bench.rng, false, 30, 5).at(1, 0);
    bench.write_cursor_image(&pointer);
    bench.prepare_cursor(&pointer, true);
    bench.skip_to_whole_frame();
    assert_eq!(bench.next_frame(), plain);
    bench.commit_cursor(&pointer, true);
    assert_eq!(settled_frame(&mut bench), pointer.over(&plain));
    // The next image goes to the other bank and is not seen.
    let other = Pointer::random(&mut bench.rng, true, 30, 5);
    bench.write_cursor_image(&other);
    bench.prepare_cursor(&other.at(3, 3), false);
    bench.skip_to_whole_frame();
    assert_eq!(bench.next_frame(), pointer.over(&plain));
    // Hidden by a commit.
    bench.write(cursor::Commit::OFFSET, cursor::Commit::COMMIT.mask());
    assert_eq!(settled_frame(&mut bench), plain);
}

#[test]
fn commits_are_reported_and_taken_at_once_while_off() {
    let mut bench = LargeBench::new(8, [10, 25]);
    assert_eq!(bench.read(cursor::Status::OFFSET), 0, "nothing after reset");
    assert_eq!(
        bench.read(cursor::IntrState::OFFSET),
        0,
        "no event after reset"
    );
    let pointer = Pointer::random(&mut bench.rng, false, 20, 4).at(4, 1);
    bench.write(cursor::IntrEnable::OFFSET, cursor::IntrEnable::TAKEN.mask());
    bench.write_cursor_image(&pointer);
    bench.commit_cursor(&pointer, true);
    bench.until("taken while off", 60, |b| b.uut.plane_interrupt.val());
    assert_eq!(
        bench.read(cursor::Status::OFFSET),
        cursor::Status::BANK.mask()
    );
    bench.write(cursor::IntrState::OFFSET, cursor::IntrState::TAKEN.mask());
    bench.commit_plane(Some(SHOWN));
    bench.commit_mode(&TINY, true, false);
    bench.wait_mode();
    bench.skip_to_whole_frame();
    let plain = bench.expected(&TINY, &SHOWN);
    assert_eq!(bench.next_frame(), pointer.over(&plain));
    // While the raster runs the event comes with vertical blanking.
    bench.until("picture", 20_000, |b| b.uut.de.val());
    bench.commit_cursor(&pointer.at(0, 0), true);
    assert!(bench.cursor_pending() && !bench.uut.plane_interrupt.val());
    bench.until("taken", 20_000, |b| b.uut.plane_interrupt.val());
    assert!(!bench.uut.de.val(), "in blanking");
    assert_eq!(bench.read(cursor::Status::OFFSET), 0, "the first image");
}

#[test]
fn the_pointer_lies_over_black_and_over_the_test_pattern() {
    let (mut bench, _) = started(9, &SCREEN);
    let pointer = Pointer::random(&mut bench.rng, false, 40, 10).at(-3, 14);
    for test_pattern in [false, true] {
        bench.write(plane::Control::OFFSET, 0);
        bench.write(plane::Commit::OFFSET, plane::Commit::COMMIT.mask());
        bench.commit_mode(&SCREEN, true, test_pattern);
        bench.wait_mode();
        bench.commit_cursor(
            &Pointer {
                width: 0,
                ..pointer.clone()
            },
            false,
        );
        let plain = settled_frame(&mut bench);
        bench.write_cursor_image(&pointer);
        bench.commit_cursor(&pointer, true);
        assert_eq!(settled_frame(&mut bench), pointer.over(&plain));
    }
}

#[test]
fn a_reset_takes_the_pointer_away() {
    let (mut bench, plain) = started(10, &TINY);
    let pointer = Pointer::random(&mut bench.rng, true, 30, 5);
    bench.write_cursor_image(&pointer);
    bench.commit_cursor(&pointer, true);
    assert_eq!(settled_frame(&mut bench), pointer.over(&plain));
    bench.pace.ready_percent = 0;
    for _ in 0..20 {
        bench.sys();
    }
    bench.uut.reset.next = true;
    bench.reset_memory();
    bench.sys();
    bench.uut.reset.next = false;
    bench.pace = scanout_bench::FAST;
    bench.until("off", 20_000, |b| !b.uut.display_on.val());
    assert_eq!(bench.read(cursor::Status::OFFSET), 0);
    assert_eq!(bench.read(cursor::IntrState::OFFSET), 0);
    bench.commit_plane(Some(SHOWN));
    bench.commit_mode(&TINY, true, false);
    bench.wait_mode();
    bench.skip_to_whole_frame();
    assert_eq!(bench.next_frame(), plain);
}

#[test]
fn pix_faster_than_sys_takes_whole_configurations() {
    let mut bench = LargeBench::new(11, [24, 10]);
    let shown = Picture {
        format: Format::Rgb565,
        ..SHOWN
    };
    bench.commit_plane(Some(shown));
    bench.commit_mode(&SCREEN, true, false);
    bench.wait_mode();
    bench.skip_to_whole_frame();
    let plain = bench.expected(&SCREEN, &shown);
    let pointer = Pointer::random(&mut bench.rng, false, 64, 9);
    bench.write_cursor_image(&pointer);
    for step in 0..5 {
        let moved = pointer.at(40 - 20 * step, 4 * step - 6);
        bench.commit_cursor(&moved, step == 0);
        assert_eq!(settled_frame(&mut bench), moved.over(&plain), "step {step}");
    }
}

#[test]
fn generated_verilog_of_the_pointer_elaborates() {
    let mut block = Cursor::default();
    scanout_bench::connect_cursor(&mut block);
    elaborate::check("cursor", &block);
    let mut stage = CursorStage::default();
    scanout_bench::connect_cursor_stage(&mut stage);
    elaborate::check("cursor_stage", &stage);
}
