//! The display interface on the whole display: what drivers of `bochs-display` write, and what the monitor then shows.

mod scanout_bench;

use lumenport_hdl::dispi::edid;
use lumenport_regmap::blocks::{crtc, plane};
use scanout_bench::{Bench, Format, Frame, MemoryPace, Picture, Raster, TINY};

/// Registers of the interface, as offsets of 16-bit words.
const XRES: u32 = 0x502;
const YRES: u32 = 0x504;
const BPP: u32 = 0x506;
const ENABLE: u32 = 0x508;
const BANK: u32 = 0x50A;
const VIRT_WIDTH: u32 = 0x50C;
const VIRT_HEIGHT: u32 = 0x50E;
const X_OFFSET: u32 = 0x510;
const Y_OFFSET: u32 = 0x512;
const MEMORY_64K: u32 = 0x514;
const VGA_ATTRIBUTE: u32 = 0x400;
const ON: u32 = 0x41;
const GETCAPS: u32 = 2;

type Display = Bench<6, 7>;

const STALLS: MemoryPace = MemoryPace {
    ready_percent: 60,
    latency: 7,
    answer_percent: 80,
};

/// `pix` and `sys` nearly alike: fewest steps a frame.
fn bench(seed: u64) -> Display {
    let mut bench = Bench::new(seed, [20, 21]);
    bench.pace = STALLS;
    for _ in 0..300 {
        bench.sys();
    }
    bench
}

/// A 16-bit write, as the drivers make it.
fn write16(bench: &mut Display, offset: u32, value: u32) {
    let upper = offset & 2 != 0;
    bench.uut.bus_address.next = u64::from(offset & !3).into();
    bench.uut.bus_wdata.next = u64::from(if upper { value << 16 } else { value }).into();
    bench.uut.bus_be.next = if upper { 0b1100 } else { 0b0011 }.into();
    bench.uut.bus_write.next = true;
    bench.sys();
    bench.uut.bus_write.next = false;
}

/// An 8-bit write to the first byte of a word.
fn write8(bench: &mut Display, offset: u32, value: u32) {
    bench.uut.bus_address.next = u64::from(offset).into();
    bench.uut.bus_wdata.next = u64::from(value).into();
    bench.uut.bus_be.next = 1.into();
    bench.uut.bus_write.next = true;
    bench.sys();
    bench.uut.bus_write.next = false;
}

fn read16(bench: &mut Display, offset: u32) -> u32 {
    let word = bench.read(offset & !3);
    if offset & 2 != 0 {
        word >> 16
    } else {
        word & 0xFFFF
    }
}

/// A mode with everything that says where its picture lies.
#[derive(Clone, Copy, Debug)]
struct Shown {
    size: [u32; 2],
    bpp: u32,
    virt_width: u32,
    offset: [u32; 2],
}

const SMALL: Shown = Shown {
    size: [64, 64],
    bpp: 32,
    virt_width: 64,
    offset: [0, 0],
};

impl Shown {
    fn bytes(&self) -> u32 {
        self.bpp / 8
    }

    fn picture(&self) -> Picture {
        let pitch = self.virt_width.max(self.size[0]) * self.bytes();
        Picture {
            format: if self.bpp == 32 {
                Format::Xrgb8888
            } else {
                Format::Rgb565
            },
            base: (self.offset[1] * pitch + self.offset[0] * self.bytes()) & !7,
            pitch,
        }
    }

    fn raster(&self) -> Raster {
        Raster {
            h: [self.size[0], 48, 32, 80],
            v: [self.size[1], 3, 6, 6],
        }
    }

    fn expected(&self, bench: &Display) -> Frame {
        bench.expected(&self.raster(), &self.picture())
    }

    /// The order of Linux' `bochs-drm`.
    fn set(&self, bench: &mut Display) {
        write8(bench, VGA_ATTRIBUTE, 0x20);
        write16(bench, ENABLE, 0);
        write16(bench, BPP, self.bpp);
        write16(bench, XRES, self.size[0]);
        write16(bench, YRES, self.size[1]);
        write16(bench, BANK, 0);
        write16(bench, VIRT_WIDTH, self.virt_width);
        write16(bench, VIRT_HEIGHT, 4096);
        write16(bench, X_OFFSET, self.offset[0]);
        write16(bench, Y_OFFSET, self.offset[1]);
        write16(bench, ENABLE, ON);
    }
}

fn black(size: [u32; 2]) -> Frame {
    vec![vec![0; size[0] as usize]; size[1] as usize]
}

fn running(bench: &mut Display) -> bool {
    bench.read(crtc::Status::OFFSET) & crtc::Status::ENABLED.mask() != 0
}

/// The next whole frame of this size. Frames cut short by a change of mode are dropped.
fn frame_of(bench: &mut Display, size: [u32; 2]) -> Frame {
    for _ in 0..6 {
        let frame = bench.next_frame();
        if frame.len() == size[1] as usize && frame[0].len() == size[0] as usize {
            return frame;
        }
    }
    panic!("no frame of {size:?}");
}

fn settled_frame(bench: &mut Display, size: [u32; 2]) -> Frame {
    bench.skip_to_whole_frame();
    frame_of(bench, size)
}

#[test]
fn a_driver_finds_the_interface_and_its_limits() {
    let mut bench = bench(1);
    assert_eq!(read16(&mut bench, 0x500), 0xB0C5);
    assert_eq!(read16(&mut bench, MEMORY_64K), 1);
    assert_eq!(bench.read(0x600), 8);
    assert_eq!(bench.read(0x604), 0x1E1E_1E1E);
    bench.write(0x604, 0xBEBE_BEBE);
    assert_eq!(bench.read(0x604), 0x1E1E_1E1E);
    write16(&mut bench, 0x500, 0xB0C0);
    assert_eq!(read16(&mut bench, 0x500), 0xB0C5);
    for (offset, value) in [(XRES, 800), (YRES, 600), (BPP, 32), (VIRT_WIDTH, 832)] {
        write16(&mut bench, offset, value);
    }
    write16(&mut bench, ENABLE, GETCAPS);
    let limits = [XRES, YRES, BPP].map(|offset| read16(&mut bench, offset));
    assert_eq!(limits, [1920, 1200, 32]);
    write16(&mut bench, ENABLE, 0);
    let stored = [XRES, YRES, BPP, VIRT_WIDTH].map(|offset| read16(&mut bench, offset));
    assert_eq!(stored, [800, 600, 32, 832]);
    for vga in [0x400, 0x402, 0x408, 0x41A] {
        write16(&mut bench, vga, 0x20);
        read16(&mut bench, vga);
    }
    assert!(!running(&mut bench));
}

#[test]
fn the_edid_window_is_built_in_then_the_drivers_then_built_in_again() {
    let mut bench = bench(2);
    let read = |bench: &mut Display| -> Vec<u8> {
        (0..256)
            .flat_map(|word| bench.read(4 * word).to_le_bytes())
            .collect()
    };
    let window = read(&mut bench);
    assert_eq!(window[..128], edid::builtin());
    assert!(window[128..].iter().all(|byte| *byte == 0));
    let own: Vec<u32> = (0..256).map(|_| bench.rng.next_u32()).collect();
    for (word, value) in (0..).zip(&own) {
        bench.write(4 * word, *value);
    }
    let bytes: Vec<u8> = own.iter().flat_map(|word| word.to_le_bytes()).collect();
    assert_eq!(read(&mut bench), bytes);
    bench.uut.reset.next = true;
    bench.sys();
    bench.uut.reset.next = false;
    for _ in 0..300 {
        bench.sys();
    }
    assert_eq!(read(&mut bench), window);
}

#[test]
fn both_formats_show_what_lies_in_memory_with_random_stalls() {
    for (seed, bpp) in [(3, 32), (4, 16)] {
        let mut bench = bench(seed);
        let mode = Shown {
            bpp,
            virt_width: 96,
            offset: [8, 3],
            ..SMALL
        };
        mode.set(&mut bench);
        bench.wait_mode();
        let (found, expected) = (settled_frame(&mut bench, mode.size), mode.expected(&bench));
        assert!(found == expected, "{bpp} bits a pixel");
        assert_eq!(bench.read(crtc::UnderrunCount::OFFSET), 0);
    }
}

#[test]
fn the_visible_width_is_the_stride_when_no_virtual_width_was_written() {
    let mut bench = bench(5);
    for (offset, value) in [(XRES, 72), (YRES, 64), (BPP, 32), (ENABLE, 1)] {
        write16(&mut bench, offset, value);
    }
    let mode = Shown {
        size: [72, 64],
        virt_width: 0,
        ..SMALL
    };
    assert!(settled_frame(&mut bench, mode.size) == mode.expected(&bench));
}

#[test]
fn a_page_flip_shows_whole_frames_of_either_page() {
    let mut bench = bench(6);
    let mut mode = Shown {
        virt_width: 80,
        ..SMALL
    };
    mode.set(&mut bench);
    bench.wait_mode();
    bench.skip_to_whole_frame();
    for _ in 0..4 {
        let before = mode.expected(&bench);
        for _ in 0..bench.rng.below(15_000) {
            bench.sys();
        }
        let offset = [bench.rng.below(9) & !1, bench.rng.below(120)];
        for (axis, register) in [(0, X_OFFSET), (1, Y_OFFSET)] {
            // Two writes are two flips: the first must be shown before the second, or not at all.
            if mode.offset[axis] != offset[axis] {
                mode.offset[axis] = offset[axis];
                write16(&mut bench, register, offset[axis]);
            }
        }
        bench.frames.clear();
        let after = mode.expected(&bench);
        let seen = bench.next_frame();
        let (of_before, of_after) = (seen == before, seen == after);
        let next = bench.next_frame();
        let third = bench.next_frame();
        assert!(of_before || of_after || next == after, "{offset:?}");
        assert!(next == after || third == after, "{offset:?}");
    }
    assert_eq!(bench.read(crtc::UnderrunCount::OFFSET), 0);
}

#[test]
fn of_many_flips_every_frame_is_one_whole_page() {
    let mut bench = bench(7);
    let mode = |line| Shown {
        offset: [0, line],
        ..SMALL
    };
    mode(0).set(&mut bench);
    bench.wait_mode();
    bench.skip_to_whole_frame();
    let pages: Vec<Frame> = (0..=128).map(|line| mode(line).expected(&bench)).collect();
    let mut seen = 0;
    for _ in 0..30 {
        let line = bench.rng.below(129);
        write16(&mut bench, Y_OFFSET, line);
        for _ in 0..bench.rng.below(6_000) {
            bench.sys();
        }
        while let Some(frame) = bench.frames.pop_front() {
            assert!(pages.contains(&frame), "a frame of no single page");
            seen += 1;
        }
    }
    assert!(seen > 4, "{seen} frames");
}

#[test]
fn a_mode_change_comes_with_its_own_size_and_format() {
    let mut bench = bench(8);
    SMALL.set(&mut bench);
    bench.wait_mode();
    assert!(settled_frame(&mut bench, SMALL.size) == SMALL.expected(&bench));
    let other = Shown {
        size: [80, 70],
        bpp: 16,
        virt_width: 96,
        offset: [4, 9],
    };
    other.set(&mut bench);
    let frame = frame_of(&mut bench, other.size);
    assert!(frame == other.expected(&bench), "the first frame is whole");
    // The same again without switching off first.
    for (offset, value) in [(XRES, 64), (YRES, 64), (ENABLE, ON)] {
        write16(&mut bench, offset, value);
    }
    let third = Shown {
        size: [64, 64],
        ..other
    };
    let frame = frame_of(&mut bench, third.size);
    assert!(frame == third.expected(&bench));
}

#[test]
fn what_cannot_be_shown_is_black_or_off() {
    let mut bench = bench(9);
    SMALL.set(&mut bench);
    bench.wait_mode();
    let behind = 65_536 / 256 - 64;
    for (name, offset, value, visible) in [
        ("last page", Y_OFFSET, behind, true),
        ("frame leaves the memory", Y_OFFSET, behind + 1, false),
        ("far behind", Y_OFFSET, 0xFFFF, false),
        ("first page", Y_OFFSET, 0, true),
        ("lines of 260 bytes", VIRT_WIDTH, 65, false),
        ("longest lines", VIRT_WIDTH, 0xFFFE, false),
        ("lines of 256 bytes", VIRT_WIDTH, 64, true),
    ] {
        write16(&mut bench, offset, value);
        let (y, virt_width) = (read16(&mut bench, Y_OFFSET), 64);
        let mode = Shown {
            offset: [0, y],
            virt_width,
            ..SMALL
        };
        let expected = if visible {
            mode.expected(&bench)
        } else {
            black(SMALL.size)
        };
        assert!(settled_frame(&mut bench, SMALL.size) == expected, "{name}");
    }
    write8(&mut bench, VGA_ATTRIBUTE, 0);
    assert!(settled_frame(&mut bench, SMALL.size) == black(SMALL.size));
    write8(&mut bench, VGA_ATTRIBUTE, 0x20);
    assert!(settled_frame(&mut bench, SMALL.size) == SMALL.expected(&bench));
    Shown { bpp: 8, ..SMALL }.set(&mut bench);
    assert!(settled_frame(&mut bench, SMALL.size) == black(SMALL.size));
    for size in [[63, 64], [64, 63], [1921, 64], [64, 1201], [0, 0]] {
        Shown { size, ..SMALL }.set(&mut bench);
        bench.until("off", 60_000, |b| !running(b));
        for _ in 0..500 {
            bench.sys();
        }
        assert!(!running(&mut bench), "{size:?}");
    }
}

#[test]
fn switching_off_ends_the_display_and_the_next_mode_is_whole() {
    let mut bench = bench(10);
    SMALL.set(&mut bench);
    bench.wait_mode();
    bench.skip_to_whole_frame();
    write16(&mut bench, ENABLE, 0);
    bench.until("off", 60_000, |b| !running(b));
    assert!(bench.uut.clock_select.val().to_u32() == 0);
    SMALL.set(&mut bench);
    bench.wait_mode();
    bench.skip_to_whole_frame();
    assert!(frame_of(&mut bench, SMALL.size) == SMALL.expected(&bench));
}

#[test]
fn the_native_driver_takes_the_display_and_the_interface_takes_it_back() {
    let native_size = [TINY.h[0], TINY.v[0]];
    let native = Picture {
        format: Format::Xrgb8888,
        base: 0x4000,
        pitch: 256,
    };
    let mut bench = bench(11);
    SMALL.set(&mut bench);
    bench.wait_mode();
    bench.skip_to_whole_frame();
    let of_interface = SMALL.expected(&bench);
    let of_native = bench.expected(&TINY, &native);

    // A native plane commit alone changes nothing and is not reported.
    bench.commit_plane(Some(native));
    for _ in 0..3 {
        assert!(bench.next_frame() == of_interface);
    }
    let waiting = plane::Status::FLIP_PENDING.mask();
    assert_eq!(bench.read(plane::Status::OFFSET) & waiting, waiting);
    assert_eq!(bench.read(plane::IntrState::OFFSET), 0);

    // The mode takes the display over, and the plane with it.
    bench.commit_mode(&TINY, true, false);
    bench.wait_mode();
    bench.frames.clear();
    bench.next_frame();
    assert!(frame_of(&mut bench, native_size) == of_native);
    assert_eq!(bench.read(plane::Status::OFFSET) & waiting, 0);
    assert_eq!(bench.read(plane::IntrState::OFFSET), 1);

    // The interface's registers do nothing now, except to switch it on.
    for (offset, value) in [(Y_OFFSET, 7), (VIRT_WIDTH, 128), (ENABLE, 0)] {
        write16(&mut bench, offset, value);
    }
    for _ in 0..3 {
        assert!(bench.next_frame() == of_native);
    }
    SMALL.set(&mut bench);
    loop {
        let frame = bench.next_frame();
        if frame.is_empty() {
            // The sync's polarity changed while the raster stood still.
            continue;
        }
        if frame.len() != native_size[1] as usize {
            assert!(frame == of_interface, "the first frame is whole");
            break;
        }
        assert!(frame == of_native || frame == black(native_size));
    }
}

#[test]
fn a_native_mode_without_a_plane_is_black_and_not_the_interfaces_picture() {
    let mut bench = bench(12);
    SMALL.set(&mut bench);
    bench.wait_mode();
    bench.skip_to_whole_frame();
    bench.commit_mode(&TINY, true, false);
    let native_size = [TINY.h[0], TINY.v[0]];
    assert!(frame_of(&mut bench, native_size) == black(native_size));
    // The same way as a driver goes that first stops the raster.
    SMALL.set(&mut bench);
    bench.wait_mode();
    bench.skip_to_whole_frame();
    bench.commit_mode(&TINY, false, false);
    bench.until("off", 60_000, |b| !running(b));
    bench.write(crtc::ClockSelect::OFFSET, 2);
    assert_eq!(bench.uut.clock_select.val().to_u32(), 2);
    bench.commit_mode(&TINY, true, false);
    bench.frames.clear();
    assert!(frame_of(&mut bench, native_size) == black(native_size));
}

#[test]
fn the_nearest_pixel_clock_is_chosen_while_the_raster_stands_still() {
    // 25, 40 and 74.25 MHz; wanted are 23.8, 56.3 and 91.3 MHz.
    for (seed, size, clock) in [
        (13, [640, 480], 0),
        (14, [1024, 768], 1),
        (15, [1280, 1024], 2),
    ] {
        let mut bench = bench(seed);
        let native = 2 - clock;
        bench.write(crtc::ClockSelect::OFFSET, native);
        Shown { size, ..SMALL }.set(&mut bench);
        let mut last = native;
        for _ in 0..400 {
            bench.sys();
            let now = bench.uut.clock_select.val().to_u32();
            assert!(now == last || !bench.uut.display_on.val());
            last = now;
        }
        assert_eq!(last, clock, "{size:?}");
        assert!(bench.uut.display_on.val(), "{size:?}");
    }
}
