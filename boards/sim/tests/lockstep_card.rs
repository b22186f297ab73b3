//! The whole path on both engines in step: every output pin of the card at every edge.
//!
//! Register accesses, DMA both ways over scattered pages, scanout to the connector and packets that no
//! host should send. The raster is small, so that the native engine needs seconds. Without the tools
//! of the verilated engine these tests print a SKIP line; with `LUMENPORT_REQUIRE_TOOLS=1` they fail.

use std::cell::RefCell;
use std::sync::Arc;

use embedded_hal::delay::DelayNs;
use lumenport_hal::addr::{BusAddr, ByteLen, CardAddr, KiloHertz};
use lumenport_hal::bus::Bus;
use lumenport_hal::crtc::Crtc;
use lumenport_hal::cursor::{self, Cursor};
use lumenport_hal::dma::{Direction, Dma, Transfer};
use lumenport_hal::mode::{Mode, Polarity};
use lumenport_hal::plane::{Config, Format, Plane};
use lumenport_hal::sgl::{Element, Rights, SgTables};
use lumenport_hal::wait::Bound;
use lumenport_sim::engine::{EngineChoice, EngineError};
use lumenport_sim::host_memory::{HostMemory, HostMemoryConfig, PAGE_BYTES};
use lumenport_sim::root_complex::{Enumerated, RootComplexConfig, Windows, enumerate};
use lumenport_sim::{Board, BoardConfig, BoardError};

const WIDTH: u16 = 36;
const HEIGHT: u16 = 5;

const RASTER: Mode = Mode {
    name: "36x5",
    source: "small test raster",
    clock_khz: KiloHertz::new(74_250),
    h_active_px: WIDTH,
    h_front_px: 8,
    h_sync_px: 12,
    h_back_px: 16,
    v_active_lines: HEIGHT,
    v_front_lines: 2,
    v_sync_lines: 2,
    v_back_lines: 3,
    hsync: Polarity::Positive,
    vsync: Polarity::Negative,
    small_test: true,
};

/// A register access, a pause: simulated time passes in both.
struct Pc {
    board: RefCell<Board>,
    memory: Arc<HostMemory>,
    registers: u64,
}

impl Bus for &Pc {
    fn read32(&self, offset: u32) -> u32 {
        let answer = self
            .board
            .borrow_mut()
            .bus_read(self.registers + u64::from(offset), 4);
        self.check();
        let bytes = answer.expect("the card answers");
        u32::from_le_bytes(bytes.try_into().expect("four bytes"))
    }

    fn write32(&self, offset: u32, value: u32) {
        self.board
            .borrow_mut()
            .bus_write(self.registers + u64::from(offset), &value.to_le_bytes());
    }

    fn barrier(&self) {}
}

impl DelayNs for &Pc {
    fn delay_ns(&mut self, ns: u32) {
        self.pass(u64::from(ns / 16 + 1));
    }
}

impl Pc {
    fn pass(&self, sys_clocks: u64) {
        self.board.borrow_mut().advance(sys_clocks);
        self.check();
    }

    fn check(&self) {
        if let Some(difference) = self.board.borrow().failure() {
            panic!("{difference}");
        }
    }
}

/// A PC with the card found and set up; `None` where the tools are missing.
fn pc(root_complex: RootComplexConfig) -> Option<(Pc, Enumerated)> {
    let mut config = BoardConfig {
        root_complex,
        memory: HostMemoryConfig {
            pages: 64,
            contiguous_pages: 1,
            ..HostMemoryConfig::default()
        },
        ..BoardConfig::default()
    };
    config.engine.choice = EngineChoice::Lockstep;
    let memory = Arc::new(HostMemory::new(config.memory).expect("the settings are fine"));
    let mut board = match Board::new(&config, Arc::<HostMemory>::clone(&memory)) {
        Ok(board) => board,
        Err(BoardError::Engine(error @ EngineError::MissingTool { .. }))
            if std::env::var("LUMENPORT_REQUIRE_TOOLS").as_deref() != Ok("1") =>
        {
            eprintln!("SKIP lockstep: {error}");
            return None;
        }
        Err(error) => panic!("{error}"),
    };
    assert!(board.engine_name().starts_with("lockstep"));
    let found = enumerate(&mut board, config.root_complex.device, &Windows::default());
    let found = match (found, board.failure()) {
        (_, Some(difference)) => panic!("{difference}"),
        (found, None) => found.expect("the card is found"),
    };
    found
        .set_bus_master(&mut board, true)
        .expect("it may master the bus");
    let registers = found.bar(2).expect("the register BAR is there").address;
    Some((
        Pc {
            board: RefCell::new(board),
            memory,
            registers,
        },
        found,
    ))
}

/// The picture: every channel differs from pixel to pixel.
fn picture() -> Vec<u8> {
    (0..u32::from(WIDTH) * u32::from(HEIGHT))
        .flat_map(|index| [index * 7, index * 5 + 1, index * 3 + 2, 0].map(|value| value as u8))
        .collect()
}

#[test]
fn picture_travels_from_pages_to_the_connector_alike() {
    let config = RootComplexConfig {
        latency_cycles: 20,
        jitter_cycles: 15,
        split_on_all_rcb: true,
        ..RootComplexConfig::default()
    };
    let Some((pc, _)) = pc(config) else { return };
    let bus = &pc;
    let mut delay = &pc;
    let picture = picture();
    let bytes = ByteLen::new(picture.len() as u32);

    // The picture lies across a page edge at an odd address; a second buffer takes it back.
    let memory = &pc.memory;
    let offset = PAGE_BYTES - 101;
    let source = memory.alloc_pages(2).expect("memory is there");
    let back = memory.alloc_pages(2).expect("memory is there");
    memory
        .copy_in(source.as_ptr().wrapping_add(offset), &picture)
        .expect("it is ours");
    let list = |start: *mut u8| {
        [0, PAGE_BYTES].map(|page| Element {
            address: BusAddr::new(
                memory
                    .bus_address(start.wrapping_add(page))
                    .expect("it is memory"),
            ),
            length: ByteLen::new(PAGE_BYTES as u32),
        })
    };
    let mut tables = SgTables::<32>::attach(&bus).expect("the card has tables");
    let from = tables
        .lock(&bus, list(source.as_ptr()), Rights::CardReads)
        .expect("it locks");
    let to = tables
        .lock(&bus, list(back.as_ptr()), Rights::CardWrites)
        .expect("it locks");
    let dma = Dma::new(bus);
    let base = CardAddr::new(0x1040);
    for (locked, direction) in [(from, Direction::HostToCard), (to, Direction::CardToHost)] {
        let transfer = Transfer::linear(
            locked.handle,
            ByteLen::new(offset as u32),
            bytes,
            base,
            direction,
        );
        dma.submit(&transfer).expect("it is accepted");
        let moved = dma.wait(&mut delay, Bound::short()).expect("it ends well");
        assert_eq!(moved, bytes);
    }
    let mut returned = vec![0; picture.len()];
    memory
        .copy_out(back.as_ptr().wrapping_add(offset), &mut returned)
        .expect("it is ours");
    assert!(returned == picture, "the bytes came back");

    let pitch = Config::packed_pitch(Format::Xrgb8888, WIDTH).expect("it is small");
    Plane::new(bus)
        .apply(&Config::new().base(base).pitch(pitch))
        .expect("it is legal");
    let crtc = Crtc::new(bus);
    let clocks = crtc.clocks_khz();
    let clock = RASTER.choose_clock(&clocks).expect("the board has it");
    crtc.set_mode(&RASTER, clock, &mut delay, Bound::short())
        .expect("it starts");
    // Two frames to settle, one to look at.
    crtc.wait_frames(2, &mut delay, Bound::short())
        .expect("frames pass");
    pc.board.borrow_mut().watch(true);
    pc.pass(2_000);
    let frame = pc
        .board
        .borrow_mut()
        .take_frame()
        .expect("a whole frame passed");
    let expected: Vec<u8> = picture
        .chunks_exact(4)
        .flat_map(|pixel| [pixel[2], pixel[1], pixel[0]])
        .collect();
    assert_eq!((frame.width, frame.height), (WIDTH.into(), HEIGHT.into()));
    assert!(frame.rgb == expected, "the picture arrived");
    pointers_lie_over(&pc, &expected);
    for handle in [from.handle, to.handle] {
        tables
            .unlock(&bus, handle, &mut delay, Bound::short())
            .expect("it unlocks");
    }
}

/// A pointer of many alphas, cut off at two edges; then one that keeps, paints and inverts.
fn pointers_lie_over(pc: &Pc, below: &[u8]) {
    const SIDE: (u32, u32) = (20, 4);
    let pointer = Cursor::new(pc);
    let mut delay = pc;
    for (format, x_px, y_lines) in [
        (cursor::Format::Argb8888, -3, 2),
        (cursor::Format::AndXor, 30, -1),
    ] {
        let words: Vec<u32> = (0..SIDE.0 * SIDE.1)
            .map(|idx| match format {
                cursor::Format::Argb8888 => {
                    let alpha = (idx * 13) & 0xFF;
                    u32::from_be_bytes([alpha, alpha, alpha / 2, alpha / 3].map(|part| part as u8))
                }
                cursor::Format::AndXor => (idx & 1) << 24 | ((idx * 0x03_2F07) & 0xFF_FFFF),
            })
            .collect();
        pointer
            .write_image(SIDE.0, words.iter().copied())
            .expect("nothing is pending");
        let config = cursor::Config {
            enabled: true,
            format,
            width_px: SIDE.0,
            height_lines: SIDE.1,
            x_px,
            y_lines,
        };
        pointer.commit(&config, true).expect("it is small");
        pointer
            .wait(&mut delay, Bound::short())
            .expect("a frame begins");
        pc.pass(1_000);
        while pc.board.borrow_mut().take_frame().is_some() {}
        pc.pass(2_000);
        let frame = pc.board.borrow_mut().take_frame();
        let frame = frame.expect("a whole frame passed");
        let mut expected = below.to_vec();
        for (idx, word) in (0..).zip(&words) {
            let x = i64::from(idx % SIDE.0) + i64::from(x_px);
            let y = i64::from(idx / SIDE.0) + i64::from(y_lines);
            if !(0..i64::from(WIDTH)).contains(&x) || !(0..i64::from(HEIGHT)).contains(&y) {
                continue;
            }
            let pixel = usize::try_from(y * i64::from(WIDTH) + x).expect("it is on the screen");
            let at = pixel * 3;
            let [alpha, ink @ ..] = word.to_be_bytes();
            for (place, ink) in expected[at..at + 3].iter_mut().zip(ink) {
                *place = match format {
                    cursor::Format::Argb8888 => {
                        // The quotient to the nearest; a half cannot come out, 255 is odd.
                        let kept = (u32::from(*place) * u32::from(255 - alpha) + 127) / 255;
                        ink + kept as u8
                    }
                    cursor::Format::AndXor => (*place * (alpha & 1)) ^ ink,
                };
            }
        }
        assert!(frame.rgb == expected, "{format:?} pointer");
    }
}

/// Small generator of reproducible stimulus (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 16) % limit
    }
}

#[test]
fn any_packet_has_the_same_effect() {
    let seed = 0x5EED_0003;
    println!("seed {seed:#x}");
    let mut random = Random(seed);
    let Some((pc, found)) = pc(RootComplexConfig::default()) else {
        return;
    };
    let memory_bar = found.bar(0).expect("the memory BAR is there").address as u32;
    let register_bar = found.bar(2).expect("the register BAR is there").address as u32;
    for _ in 0..250 {
        let address = match random.below(4) {
            0 => memory_bar + (random.below(0x4000) as u32 & !3),
            1 => random.next() as u32 & !3,
            _ => register_bar + (random.below(0x4000) as u32 & !3),
        };
        let length = 1 + random.below(4) as u32;
        let writes = random.below(2) == 0;
        // Mostly memory requests; now and then any format and type, and any other field.
        let format_type = match random.below(8) {
            0 => (random.next() as u32) & 0x7F,
            _ if writes => 0x40,
            _ => 0x00,
        };
        let spoil = if random.below(8) == 0 {
            random.next() as u32 & 0x00F0_F400
        } else {
            0
        };
        let last_enables = if length == 1 {
            0
        } else {
            random.below(16) as u32
        };
        let mut words = vec![
            format_type << 24 | spoil | length,
            (random.below(32) as u32) << 8 | last_enables << 4 | random.below(16) as u32,
            address,
        ];
        if format_type & 0x20 != 0 {
            words.insert(2, random.below(2) as u32);
        }
        if format_type & 0x40 != 0 {
            let payload = match random.below(16) {
                0 => random.below(8) as u32, // a length that lies
                _ => length,
            };
            words.extend((0..payload).map(|_| random.next() as u32));
        }
        {
            let mut board = pc.board.borrow_mut();
            let now = board.sys_cycles();
            board.root_mut().send_raw(now, &words);
        }
        pc.pass(random.below(60));
    }
    pc.pass(500);
}
