//! The display interface of `bochs-display` over the whole card: TLPs in, the monitor's picture out.
//!
//! On the verilated engine, and once on both engines in step; without its tools these tests print a SKIP line, with
//! `LUMENPORT_REQUIRE_TOOLS=1` they fail. The order of the register accesses is that of Linux' `bochs-drm`.

use std::cell::RefCell;
use std::sync::Arc;

use embedded_hal::delay::DelayNs;
use lumenport_hal::addr::CardAddr;
use lumenport_hal::bus::Bus;
use lumenport_hal::crtc::Crtc;
use lumenport_hal::edid::Edid;
use lumenport_hal::mode;
use lumenport_hal::plane::{Config, Format, Plane};
use lumenport_hal::wait::Bound;
use lumenport_sim::engine::{EngineChoice, EngineError};
use lumenport_sim::host_memory::{HostMemory, HostMemoryConfig};
use lumenport_sim::monitor::Frame;
use lumenport_sim::root_complex::{Windows, enumerate};
use lumenport_sim::{Board, BoardConfig, BoardError};

const XRES: u64 = 0x502;
const YRES: u64 = 0x504;
const BPP: u64 = 0x506;
const ENABLE: u64 = 0x508;
const BANK: u64 = 0x50A;
const VIRT_WIDTH: u64 = 0x50C;
const VIRT_HEIGHT: u64 = 0x50E;
const X_OFFSET: u64 = 0x510;
const Y_OFFSET: u64 = 0x512;
/// Clocks between looks at the monitor.
const SLICE_CLOCKS: u64 = 20_000;
/// Looks until a frame must have come.
const LOOKS: u32 = 200;

struct Pc {
    board: RefCell<Board>,
    memory: u64,
    registers: u64,
}

impl Bus for &Pc {
    fn read32(&self, offset: u32) -> u32 {
        let bytes = self.read(u64::from(offset), 4);
        u32::from_le_bytes(bytes.try_into().expect("four bytes"))
    }

    fn write32(&self, offset: u32, value: u32) {
        self.write(u64::from(offset), &value.to_le_bytes());
    }

    fn barrier(&self) {}
}

impl DelayNs for &Pc {
    fn delay_ns(&mut self, ns: u32) {
        self.pass(u64::from(ns / 16 + 1));
    }
}

/// A PC with the card's BARs placed; `None` where the tools are missing. Memory decoding is on, bus mastering is not.
fn pc(choice: EngineChoice) -> Option<Pc> {
    let mut config = BoardConfig::default();
    config.engine.choice = choice;
    let pages = HostMemoryConfig {
        pages: 16,
        ..HostMemoryConfig::default()
    };
    let memory = Arc::new(HostMemory::new(pages).expect("the settings are fine"));
    let mut board = match Board::new(&config, memory) {
        Ok(board) => board,
        Err(BoardError::Engine(error @ EngineError::MissingTool { .. }))
            if std::env::var("LUMENPORT_REQUIRE_TOOLS").as_deref() != Ok("1") =>
        {
            eprintln!("SKIP dispi on the verilated engine: {error}");
            return None;
        }
        Err(error) => panic!("{error}"),
    };
    let device = config.root_complex.device;
    let class = board.config_read(device, 0x08).expect("it answers");
    assert_eq!(class[1..], [0x00, 0x80, 0x03], "other display controller");
    assert!(class[0] >= 2, "the drivers ask for revision 2");
    let found = enumerate(&mut board, device, &Windows::default()).expect("the card is found");
    let bar = |number| found.bar(number).expect("the BAR is there");
    assert_eq!(bar(0).size_bytes, 4 << 20);
    Some(Pc {
        memory: bar(0).address,
        registers: bar(2).address,
        board: RefCell::new(board),
    })
}

impl Pc {
    fn pass(&self, sys_clocks: u64) {
        self.board.borrow_mut().advance(sys_clocks);
        if let Some(difference) = self.board.borrow().failure() {
            panic!("{difference}");
        }
    }

    fn read(&self, offset: u64, len_bytes: usize) -> Vec<u8> {
        let answer = self
            .board
            .borrow_mut()
            .bus_read(self.registers + offset, len_bytes);
        answer.expect("the card answers")
    }

    fn write(&self, offset: u64, bytes: &[u8]) {
        self.board
            .borrow_mut()
            .bus_write(self.registers + offset, bytes);
    }

    fn read16(&self, offset: u64) -> u16 {
        u16::from_le_bytes(self.read(offset, 2).try_into().expect("two bytes"))
    }

    fn write16(&self, offset: u64, value: u16) {
        self.write(offset, &value.to_le_bytes());
    }

    /// What `bochs-drm` does to set a mode.
    fn set_mode(&self, width: u16, height: u16, bpp: u16, virt_width: u16) {
        self.read(0x41A, 1);
        self.write(0x400, &[0x20]);
        self.write(0x402, &[1]);
        for (offset, value) in [
            (ENABLE, 0),
            (BPP, bpp),
            (XRES, width),
            (YRES, height),
            (BANK, 0),
            (VIRT_WIDTH, virt_width),
            (VIRT_HEIGHT, 4096),
            (X_OFFSET, 0),
            (Y_OFFSET, 0),
            (ENABLE, 0x41),
        ] {
            self.write16(offset, value);
        }
    }

    fn draw(&self, at: u64, bytes: &[u8]) {
        for (index, part) in (0..).zip(bytes.chunks(128)) {
            let address = self.memory + at + 128 * index;
            self.board.borrow_mut().bus_write(address, part);
        }
    }

    /// The next frame of this size that the monitor has seen whole.
    fn frame(&self, width: u16, height: u16) -> Frame {
        for _ in 0..LOOKS {
            let frame = self.board.borrow_mut().take_frame();
            if let Some(frame) = frame
                && (frame.width, frame.height) == (width.into(), height.into())
            {
                assert!(frame.errors.is_clean(), "{:?}", frame.errors);
                return frame;
            }
            self.pass(SLICE_CLOCKS);
        }
        panic!("no frame of {width}x{height}");
    }

    /// A frame that began after now.
    fn later_frame(&self, width: u16, height: u16) -> Frame {
        while self.board.borrow_mut().take_frame().is_some() {}
        self.frame(width, height);
        self.frame(width, height)
    }
}

/// Bytes of a picture that differs from pixel to pixel and from `seed` to seed.
fn picture(width: u16, height: u16, seed: u32) -> Vec<u8> {
    (0..u32::from(width) * u32::from(height))
        .flat_map(|index| {
            let mixed = (index + 1).wrapping_mul(0x9E37_79B1) ^ seed.wrapping_mul(0x85EB_CA6B);
            (mixed >> 3).to_le_bytes()
        })
        .collect()
}

/// What the monitor must show of XRGB8888 bytes.
fn rgb8888(bytes: &[u8]) -> Vec<u8> {
    let (pixels, _) = bytes.as_chunks::<4>();
    pixels
        .iter()
        .flat_map(|[b, g, r, _]| [*r, *g, *b])
        .collect()
}

/// What the monitor must show of RGB565 bytes.
fn rgb565(bytes: &[u8]) -> Vec<u8> {
    let (pixels, _) = bytes.as_chunks::<2>();
    let wide = |pixel: &[u8; 2]| {
        let pixel = u16::from_le_bytes(*pixel);
        let (r, g, b) = (pixel >> 11, pixel >> 5 & 0x3F, pixel & 0x1F);
        [r << 3 | r >> 2, g << 2 | g >> 4, b << 3 | b >> 2].map(|channel| channel as u8)
    };
    pixels.iter().flat_map(wide).collect()
}

/// Probes, shows, flips and changes the mode as a foreign driver; the sizes are multiples of 4.
fn foreign_driver(pc: &Pc, [width, height]: [u16; 2], [other_width, other_height]: [u16; 2]) {
    assert_eq!(pc.read16(0x500), 0xB0C5);
    assert_eq!(pc.read16(0x514), 64);
    assert_eq!(pc.read(0x600, 4), [8, 0, 0, 0]);
    pc.board.borrow_mut().watch(true);
    let page_bytes = u64::from(width) * u64::from(height) * 4;
    let pages = [1, 2].map(|seed| picture(width, height, seed));
    pc.set_mode(width, height, 32, width);
    pc.draw(0, &pages[0]);
    pc.draw(page_bytes, &pages[1]);
    let first = pc.later_frame(width, height);
    assert!(first.rgb == rgb8888(&pages[0]), "the first page");
    let timing = first.timing.expect("a raster");
    assert_eq!(timing.horizontal.total(), u32::from(width) + 160);
    assert!(timing.vsync_on_hsync_edge);

    // Flip: no frame is a mixture.
    pc.write16(Y_OFFSET, height);
    let flipped = pc.frame(width, height);
    assert!(flipped.rgb == rgb8888(&pages[0]) || flipped.rgb == rgb8888(&pages[1]));
    let flipped = pc.later_frame(width, height);
    assert!(flipped.rgb == rgb8888(&pages[1]), "the second page");

    // Another size and depth.
    let bytes = &pages[0][..usize::from(other_width) * usize::from(other_height) * 2];
    pc.set_mode(other_width, other_height, 16, other_width);
    let frame = pc.frame(other_width, other_height);
    assert!(frame.rgb == rgb565(bytes), "the first frame is whole");

    // Blanked, unblanked, off.
    pc.write(0x400, &[0]);
    let frame = pc.later_frame(other_width, other_height);
    assert!(frame.rgb.iter().all(|byte| *byte == 0), "blanked");
    pc.write(0x400, &[0x20]);
    let frame = pc.later_frame(other_width, other_height);
    assert!(frame.rgb == rgb565(bytes), "unblanked");
    pc.write16(ENABLE, 0);
    let mut delay = pc;
    Crtc::new(pc)
        .disable(&mut delay, Bound::frame())
        .expect("it is off, or nearly");
}

#[test]
fn the_monitor_shows_what_a_foreign_driver_draws() {
    let Some(pc) = pc(EngineChoice::Verilated) else {
        return;
    };
    let edid = pc.read(0, 128);
    let edid = Edid::parse(&edid).expect("an EDID");
    assert!(edid.flaws().is_empty(), "{}", edid.flaws());
    assert!(edid.offers(mode::by_name("1024x768").expect("a standard mode")));
    foreign_driver(&pc, [320, 200], [400, 300]);
}

#[test]
fn both_engines_agree_about_a_foreign_driver() {
    let Some(pc) = pc(EngineChoice::Lockstep) else {
        return;
    };
    let pages = [5, 6].map(|seed| picture(64, 64, seed));
    pc.draw(0, &pages[0]);
    pc.draw(64 * 64 * 4, &pages[1]);
    pc.board.borrow_mut().watch(true);
    pc.set_mode(64, 64, 32, 64);
    assert!(pc.frame(64, 64).rgb == rgb8888(&pages[0]));
    pc.write16(Y_OFFSET, 64);
    let wanted = rgb8888(&pages[1]);
    let mut frames = (0..3).map(|_| pc.frame(64, 64));
    assert!(frames.any(|frame| frame.rgb == wanted));
    pc.write16(ENABLE, 0);
    pc.pass(500);
}

#[test]
fn the_native_driver_takes_over_from_a_foreign_one() {
    let Some(pc) = pc(EngineChoice::Verilated) else {
        return;
    };
    let [width, height] = [320, 240];
    let (foreign, native) = (picture(width, height, 3), picture(width, height, 4));
    pc.board.borrow_mut().watch(true);
    pc.set_mode(640, 480, 32, 640);
    pc.draw(0, &foreign);
    pc.draw(0x20_0000, &native);
    pc.frame(640, 480);
    let (bus, mut delay) = (&pc, &pc);
    let crtc = Crtc::new(bus);
    let mode = mode::by_name("320x240").expect("a test mode");
    let clock = mode.choose_clock(&crtc.clocks_khz()).expect("it has it");
    // As the miniport does: the mode stops the foreign raster first, then the plane.
    crtc.set_mode(mode, clock, &mut delay, Bound::frame())
        .expect("it starts");
    let pitch = Config::packed_pitch(Format::Xrgb8888, width).expect("it is small");
    let config = Config::new().base(CardAddr::new(0x20_0000)).pitch(pitch);
    Plane::new(bus).apply(&config).expect("it is legal");
    let wanted = rgb8888(&native);
    for _ in 0..LOOKS {
        let frame = pc.frame(width, height);
        if frame.rgb == wanted {
            break;
        }
        assert!(
            frame.rgb.iter().all(|byte| *byte == 0),
            "black until the native plane shows, never the foreign picture"
        );
    }
    assert!(pc.later_frame(width, height).rgb == wanted);
    // The foreign driver's flips and its switching off are nothing to it now.
    pc.write16(Y_OFFSET, 10);
    pc.write16(ENABLE, 0);
    assert!(pc.later_frame(width, height).rgb == wanted);
}
