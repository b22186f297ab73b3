//! Bench of the whole display: register bus, a memory with random stalls, and a monitor.
#![allow(dead_code, reason = "each test binary uses a part of the bench")]

use lumenport_hdl::prelude::*;
use lumenport_hdl::scanout::Display;
use lumenport_hdl::scanout::crtc::Crtc;
use lumenport_hdl::scanout::cursor::Cursor;
use lumenport_hdl::scanout::cursor_stage::CursorStage;
use lumenport_hdl::scanout::fetch::FetchEngine;
use lumenport_hdl::scanout::pixel::Pixel;
use lumenport_hdl::testbench::{Rng, connected, settle};
use lumenport_regmap::blocks::{crtc, cursor, cursor_image, palette, plane};
use std::collections::VecDeque;

/// Pixel clocks of the imaginary board, kilohertz.
pub const CLOCKS_KHZ: [u32; 3] = [25_000, 40_000, 74_250];
/// Words of the imaginary card memory.
pub const MEMORY_WORDS: usize = 1 << 13;

/// A raster: active, front porch, sync, back porch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Raster {
    pub h: [u32; 4],
    pub v: [u32; 4],
}

/// 36 x 5 active in 48 x 9.
pub const TINY: Raster = Raster {
    h: [36, 3, 5, 4],
    v: [5, 1, 2, 1],
};
/// 50 x 12 active in 70 x 16: lines that do not fill their last word in any format.
pub const WIDER: Raster = Raster {
    h: [53, 4, 8, 5],
    v: [12, 1, 2, 1],
};

impl Raster {
    pub fn clocks_per_frame(&self) -> u32 {
        self.h.iter().sum::<u32>() * self.v.iter().sum::<u32>()
    }
}

/// Pixel formats with the numbers of the register map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Format {
    Xrgb8888,
    Rgb565,
    C8,
}

pub const FORMATS: [Format; 3] = [Format::Xrgb8888, Format::Rgb565, Format::C8];

impl Format {
    pub fn bytes(self) -> u32 {
        [4, 2, 1][self as usize]
    }
}

/// A picture in card memory.
#[derive(Clone, Copy, Debug)]
pub struct Picture {
    pub format: Format,
    pub base: u32,
    pub pitch: u32,
}

/// How the memory behaves.
#[derive(Clone, Copy, Debug)]
pub struct MemoryPace {
    /// Chance that a command is taken in a clock.
    pub ready_percent: u32,
    /// Clocks from command to answer, at least 1.
    pub latency: u32,
    /// Chance that a due answer is given in a clock.
    pub answer_percent: u32,
}

pub const FAST: MemoryPace = MemoryPace {
    ready_percent: 100,
    latency: 3,
    answer_percent: 100,
};

/// One frame that the monitor saw: lines of pixels.
pub type Frame = Vec<Vec<u32>>;

pub struct Bench<const A: usize, const P: usize> {
    pub uut: Display<A, P>,
    pub rng: Rng,
    pub memory: Vec<u64>,
    pub palette: [u32; 256],
    pub pace: MemoryPace,
    /// While true the memory neither takes commands nor answers.
    pub frozen: bool,
    /// Frames that ended (their vertical sync began), oldest first.
    pub frames: VecDeque<Frame>,
    /// Byte addresses read since last cleared.
    pub reads: Vec<u32>,
    pub urgent_seen: bool,
    periods: [u32; 2],
    next_edge: [u32; 2],
    answers: VecDeque<(u32, u64)>,
    now: u32,
    frame: Frame,
    was_de: bool,
    was_vsync: bool,
    waiting_command: Option<u32>,
}

impl<const A: usize, const P: usize> Bench<A, P> {
    /// A display whose clocks have the periods `[sys, pix]` in any unit, and random memory contents.
    pub fn new(seed: u64, periods: [u32; 2]) -> Self {
        println!("seed {seed}, periods {periods:?}, FIFO {} words", 1 << A);
        let mut rng = Rng::new(seed);
        let memory = (0..MEMORY_WORDS)
            .map(|_| u64::from(rng.next_u32()) << 32 | u64::from(rng.next_u32()))
            .collect();
        Self {
            uut: connected_display(),
            rng,
            memory,
            palette: [0; 256],
            pace: FAST,
            frozen: false,
            frames: VecDeque::new(),
            reads: vec![],
            urgent_seen: false,
            periods,
            next_edge: [0; 2],
            answers: VecDeque::new(),
            now: 0,
            frame: vec![],
            was_de: false,
            was_vsync: false,
            waiting_command: None,
        }
    }

    /// Steps to the next instant at which a clock rises; true when that was `sys`.
    fn step(&mut self) -> bool {
        let now = self.next_edge[0].min(self.next_edge[1]);
        let rise = self.next_edge.map(|edge| edge == now);
        for ((next, period), rises) in self.next_edge.iter_mut().zip(self.periods).zip(rise) {
            *next = if rises { period } else { *next - now };
        }
        if rise[0] {
            self.uut.clock.next = false.into();
            self.drive_memory();
        }
        if rise[1] {
            self.uut.pix_clock.next = false.into();
        }
        settle(&mut self.uut);
        if rise[0] {
            self.sample_memory();
        }
        if rise[1] {
            self.sample_monitor();
        }
        if rise[0] {
            self.uut.clock.next = true.into();
        }
        if rise[1] {
            self.uut.pix_clock.next = true.into();
        }
        settle(&mut self.uut);
        rise[0]
    }

    fn drive_memory(&mut self) {
        self.now += 1;
        let due = self
            .answers
            .front()
            .is_some_and(|&(when, _)| when <= self.now);
        let answer = !self.frozen && due && self.rng.percent(self.pace.answer_percent);
        let word = if answer {
            self.answers.pop_front().map_or(0, |(_, word)| word)
        } else {
            0xDEAD_BEEF
        };
        self.uut.mem_rvalid.next = answer;
        self.uut.mem_rdata_lo.next = (word & 0xFFFF_FFFF).into();
        self.uut.mem_rdata_hi.next = (word >> 32).into();
        self.uut.mem_cmd_ready.next = !self.frozen && self.rng.percent(self.pace.ready_percent);
    }

    fn sample_memory(&mut self) {
        self.urgent_seen |= self.uut.mem_urgent.val();
        let address = self.uut.mem_cmd_address.val().to_u32();
        let valid = self.uut.mem_cmd_valid.val();
        if let Some(waiting) = self.waiting_command {
            assert!(
                valid && address == waiting,
                "a command stays until it is taken"
            );
        }
        let taken = valid && self.uut.mem_cmd_ready.val();
        self.waiting_command = (valid && !taken).then_some(address);
        if taken {
            self.reads.push(8 * address);
            let word = self.memory[address as usize % MEMORY_WORDS];
            self.answers.push_back((self.now + self.pace.latency, word));
            assert!(
                self.answers.len() <= 1 << A,
                "never more under way than the FIFO holds"
            );
        }
    }

    fn sample_monitor(&mut self) {
        let (de, vsync) = (self.uut.de.val(), self.uut.vsync.val());
        let rgb = self.uut.rgb.val().to_u32();
        if vsync && !self.was_vsync {
            self.frames.push_back(std::mem::take(&mut self.frame));
        }
        if de {
            if !self.was_de {
                self.frame.push(vec![]);
            }
            self.frame.last_mut().expect("a line was begun").push(rgb);
        } else {
            assert_eq!(rgb, 0, "black outside the active picture");
        }
        (self.was_de, self.was_vsync) = (de, vsync);
    }

    /// One `sys` clock.
    pub fn sys(&mut self) {
        while !self.step() {}
    }

    pub fn write(&mut self, offset: u32, value: u32) {
        self.uut.bus_address.next = u64::from(offset).into();
        self.uut.bus_wdata.next = u64::from(value).into();
        self.uut.bus_be.next = 0xF.into();
        self.uut.bus_write.next = true;
        self.sys();
        self.uut.bus_write.next = false;
    }

    pub fn read(&mut self, offset: u32) -> u32 {
        self.uut.bus_address.next = u64::from(offset).into();
        for _ in 0..3 {
            self.sys();
        }
        self.uut.bus_rdata.val().to_u32()
    }

    /// Clocks until `done`, for at most `limit` `sys` clocks.
    pub fn until(&mut self, what: &str, limit: u32, mut done: impl FnMut(&mut Self) -> bool) {
        for _ in 0..limit {
            if done(self) {
                return;
            }
            self.sys();
        }
        panic!("{what}: not within {limit} clocks");
    }

    /// Writes the mode registers and commits.
    pub fn commit_mode(&mut self, raster: &Raster, enable: bool, test_pattern: bool) {
        let size = |axis: [u32; 4]| (axis[0], axis.iter().sum::<u32>());
        let sync = |axis: [u32; 4]| (axis[0] + axis[1], axis[0] + axis[1] + axis[2]);
        let (h, v) = (size(raster.h), size(raster.v));
        self.write(
            crtc::HSize::OFFSET,
            crtc::HSize::new()
                .with(crtc::HSize::ACTIVE, h.0)
                .with(crtc::HSize::TOTAL, h.1)
                .bits(),
        );
        self.write(
            crtc::VSize::OFFSET,
            crtc::VSize::new()
                .with(crtc::VSize::ACTIVE, v.0)
                .with(crtc::VSize::TOTAL, v.1)
                .bits(),
        );
        let (h, v) = (sync(raster.h), sync(raster.v));
        self.write(
            crtc::HSync::OFFSET,
            crtc::HSync::new()
                .with(crtc::HSync::START, h.0)
                .with(crtc::HSync::END, h.1)
                .bits(),
        );
        self.write(
            crtc::VSync::OFFSET,
            crtc::VSync::new()
                .with(crtc::VSync::START, v.0)
                .with(crtc::VSync::END, v.1)
                .bits(),
        );
        self.write(
            crtc::Polarity::OFFSET,
            crtc::Polarity::new()
                .with_flag(crtc::Polarity::HSYNC, true)
                .with_flag(crtc::Polarity::VSYNC, true)
                .bits(),
        );
        self.write(
            crtc::Control::OFFSET,
            crtc::Control::new()
                .with_flag(crtc::Control::ENABLE, enable)
                .with_flag(crtc::Control::TEST_PATTERN, test_pattern)
                .bits(),
        );
        self.write(crtc::Commit::OFFSET, crtc::Commit::COMMIT.mask());
    }

    /// Writes the plane registers and commits.
    pub fn commit_plane(&mut self, picture: Option<Picture>) {
        let mut control = plane::Control::new();
        if let Some(picture) = picture {
            control = control
                .with_flag(plane::Control::ENABLE, true)
                .with(plane::Control::FORMAT, picture.format as u32);
            self.write(plane::Base::OFFSET, picture.base);
            self.write(plane::Pitch::OFFSET, picture.pitch);
        }
        self.write(plane::Control::OFFSET, control.bits());
        self.write(plane::Commit::OFFSET, plane::Commit::COMMIT.mask());
    }

    /// Forgets the answers under way, as a reset of the whole card does.
    pub fn reset_memory(&mut self) {
        self.answers.clear();
        self.waiting_command = None;
    }

    pub fn write_palette(&mut self) {
        for entry in 0..256_u32 {
            let colour = self.rng.next_u32() & 0xFF_FFFF;
            self.palette[entry as usize] = colour;
            self.write(palette_offset(entry), colour);
        }
    }

    /// The mode is on and the monitor has begun a new frame.
    pub fn wait_mode(&mut self) {
        self.until("mode", 200_000, |b| {
            b.read(crtc::Status::OFFSET) & crtc::Status::COMMIT_PENDING.mask() == 0
        });
    }

    pub fn next_frame(&mut self) -> Frame {
        self.until("frame", 400_000, |b| !b.frames.is_empty());
        self.frames.pop_front().expect("there is a frame")
    }

    /// Drops the frames seen so far and the one that is being shown.
    pub fn skip_to_whole_frame(&mut self) {
        self.frames.clear();
        self.next_frame();
        self.frames.clear();
    }

    /// What the monitor must show, worked out from memory without any of the gateware's means.
    pub fn expected(&self, raster: &Raster, picture: &Picture) -> Frame {
        (0..raster.v[0])
            .map(|y| {
                (0..raster.h[0])
                    .map(|x| {
                        let at = picture.base + y * picture.pitch + x * picture.format.bytes();
                        self.colour(picture.format, at)
                    })
                    .collect()
            })
            .collect()
    }

    fn byte(&self, at: u32) -> u32 {
        let word = self.memory[(at / 8) as usize % MEMORY_WORDS];
        u32::from(word.to_le_bytes()[at as usize % 8])
    }

    fn colour(&self, format: Format, at: u32) -> u32 {
        match format {
            Format::Xrgb8888 => self.byte(at + 2) << 16 | self.byte(at + 1) << 8 | self.byte(at),
            Format::Rgb565 => {
                let pixel = self.byte(at + 1) << 8 | self.byte(at);
                let (r, g, b) = (pixel >> 11, pixel >> 5 & 0x3F, pixel & 0x1F);
                (r << 3 | r >> 2) << 16 | (g << 2 | g >> 4) << 8 | (b << 3 | b >> 2)
            }
            Format::C8 => self.palette[self.byte(at) as usize],
        }
    }
}

pub fn palette_offset(entry: u32) -> u32 {
    <palette::Colour as lumenport_regmap::Entry>::offset_of(entry).expect("256 entries")
}

/// The display, ready to be clocked or emitted.
pub fn connected_display<const A: usize, const P: usize>() -> Display<A, P> {
    let mut uut = Display::new(&CLOCKS_KHZ, 8 * MEMORY_WORDS as u32);
    uut.clock.connect();
    uut.reset.connect();
    uut.pix_clock.connect();
    uut.bus_address.connect();
    uut.bus_wdata.connect();
    uut.bus_be.connect();
    uut.bus_write.connect();
    uut.mem_cmd_ready.connect();
    uut.mem_rvalid.connect();
    uut.mem_rdata_lo.connect();
    uut.mem_rdata_hi.connect();
    connected(uut)
}

/// Marks every input of the block as driven, for use as a top block.
pub fn connect_fetch(uut: &mut FetchEngine<11>) {
    uut.connect_all();
    uut.clock.connect();
    uut.reset.connect();
    uut.h_active_px.connect();
    uut.v_active_lines.connect();
    uut.test_pattern.connect();
    uut.running.connect();
    uut.plane_commit_strobe.connect();
    uut.plane_enable.connect();
    uut.plane_format.connect();
    uut.plane_base.connect();
    uut.plane_pitch.connect();
    uut.flush.connect();
    uut.fifo_level.connect();
    uut.cmd_ready.connect();
    uut.rvalid.connect();
    uut.rdata_lo.connect();
    uut.rdata_hi.connect();
}

/// Marks every input of the block as driven, for use as a top block.
pub fn connect_pixel(uut: &mut Pixel) {
    uut.connect_all();
    uut.pix_clock.connect();
    uut.running.connect();
    uut.test_pattern.connect();
    uut.h_active_px.connect();
    uut.de.connect();
    uut.hsync.connect();
    uut.vsync.connect();
    uut.border.connect();
    uut.line_start_strobe.connect();
    uut.frame_start_strobe.connect();
    uut.word_valid.connect();
    uut.word_lo.connect();
    uut.word_hi.connect();
    uut.flushed.connect();
    uut.palette_clock.connect();
    uut.palette_write.connect();
    uut.palette_index.connect();
    uut.palette_colour.connect();
}

/// Marks every input of the block as driven, for use as a top block.
pub fn connect_crtc(uut: &mut Crtc) {
    uut.connect_all();
    uut.clock.connect();
    uut.reset.connect();
    uut.control_enable.connect();
    uut.control_test_pattern.connect();
    uut.h_size_total.connect();
    uut.h_size_active.connect();
    uut.h_sync_end.connect();
    uut.h_sync_start.connect();
    uut.v_size_total.connect();
    uut.v_size_active.connect();
    uut.v_sync_end.connect();
    uut.v_sync_start.connect();
    uut.polarity_hsync.connect();
    uut.polarity_vsync.connect();
    uut.commit_strobe.connect();
    uut.staged_ready.connect();
    uut.taken_strobe.connect();
    uut.taken_word0.connect();
    uut.taken_word2.connect();
    uut.frame_strobe.connect();
    uut.underrun_strobe.connect();
}

/// A pointer as the tests think of it.
#[derive(Clone, Debug)]
pub struct Pointer {
    pub and_xor: bool,
    pub width: u32,
    pub height: u32,
    pub x: i32,
    pub y: i32,
    /// Rows of `width` words.
    pub words: Vec<u32>,
}

impl Pointer {
    /// Random words; ARGB ones premultiplied.
    pub fn random(rng: &mut Rng, and_xor: bool, width: u32, height: u32) -> Self {
        let words = (0..width * height)
            .map(|_| {
                let raw = rng.next_u32();
                if and_xor {
                    return raw & 0x01FF_FFFF;
                }
                let alpha = [0, 255, raw >> 24][rng.below(3) as usize];
                let part = |shift: u32| ((raw >> shift & 0xFF) % (alpha + 1)) << shift;
                alpha << 24 | part(16) | part(8) | part(0)
            })
            .collect();
        Self {
            and_xor,
            width,
            height,
            x: 0,
            y: 0,
            words,
        }
    }

    pub fn at(&self, x: i32, y: i32) -> Self {
        Self {
            x,
            y,
            ..self.clone()
        }
    }

    /// The frame with the pointer, in fractions instead of the gateware's shifts.
    pub fn over(&self, frame: &Frame) -> Frame {
        let mut out = frame.clone();
        for (y, line) in (0..).zip(&mut out) {
            for (x, pixel) in (0..).zip(line) {
                let (column, row) = (x - self.x, y - self.y);
                if (0..self.width.cast_signed()).contains(&column)
                    && (0..self.height.cast_signed()).contains(&row)
                {
                    let at = row.cast_unsigned() * self.width + column.cast_unsigned();
                    let word = self.words[at as usize];
                    *pixel = if self.and_xor {
                        (if word >> 24 & 1 == 1 { *pixel } else { 0 }) ^ (word & 0xFF_FFFF)
                    } else {
                        over(*pixel, word)
                    };
                }
            }
        }
        out
    }
}

/// Pointer word over pixel: `s + d * (255 - a) / 255`, rounded to nearest, at most 255.
fn over(pixel: u32, word: u32) -> u32 {
    let clear = 255 - (word >> 24);
    let channel = |shift: u32| {
        let (below, above) = (pixel >> shift & 0xFF, word >> shift & 0xFF);
        let rounded = (2 * below * clear + 255) / (2 * 255);
        (above + rounded).min(255) << shift
    };
    channel(16) | channel(8) | channel(0)
}

impl<const A: usize, const P: usize> Bench<A, P> {
    /// Writes the image that is not shown.
    pub fn write_cursor_image(&mut self, pointer: &Pointer) {
        for (idx, word) in (0..).zip(&pointer.words) {
            let (row, column) = (idx / pointer.width, idx % pointer.width);
            let entry = 64 * row + column;
            let offset = <cursor_image::Pixel as lumenport_regmap::Entry>::offset_of(entry);
            self.write(offset.expect("4096 entries"), *word);
        }
    }

    /// Writes the pointer's registers, without a commit.
    pub fn prepare_cursor(&mut self, pointer: &Pointer, enable: bool) {
        let mut control = cursor::Control::new().with_flag(cursor::Control::ENABLE, enable);
        if pointer.and_xor {
            control = control.with(cursor::Control::FORMAT, cursor::Format::AndXor.bits());
        }
        self.write(cursor::Control::OFFSET, control.bits());
        let size = cursor::Size::new()
            .with(cursor::Size::WIDTH, pointer.width)
            .with(cursor::Size::HEIGHT, pointer.height);
        self.write(cursor::Size::OFFSET, size.bits());
        let position = cursor::Position::new()
            .with(cursor::Position::X, pointer.x.cast_unsigned() & 0xFFFF)
            .with(cursor::Position::Y, pointer.y.cast_unsigned() & 0xFFFF);
        self.write(cursor::Position::OFFSET, position.bits());
    }

    /// Writes the pointer's registers and commits.
    pub fn commit_cursor(&mut self, pointer: &Pointer, new_image: bool) {
        self.prepare_cursor(pointer, true);
        let mut commit = cursor::Commit::COMMIT.mask();
        if new_image {
            commit |= cursor::Commit::IMAGE.mask();
        }
        self.write(cursor::Commit::OFFSET, commit);
    }

    pub fn cursor_pending(&mut self) -> bool {
        self.read(cursor::Status::OFFSET) & cursor::Status::PENDING.mask() != 0
    }

    /// Waits until the last commit of the pointer has taken effect.
    pub fn wait_cursor(&mut self) {
        self.until("pointer", 200_000, |b| !b.cursor_pending());
    }
}

/// Marks every input of the block as driven, for use as a top block.
pub fn connect_cursor(uut: &mut Cursor) {
    uut.connect_all();
    uut.pix_clock.connect();
    uut.config_valid.connect();
    uut.config_word0.connect();
    uut.config_word1.connect();
    uut.running.connect();
    uut.vblank.connect();
    uut.raster_de.connect();
    uut.raster_x_px.connect();
    uut.raster_y_lines.connect();
    uut.pixel_rgb.connect();
    uut.pixel_de.connect();
    uut.pixel_hsync.connect();
    uut.pixel_vsync.connect();
    uut.image_clock.connect();
    uut.image_write.connect();
    uut.image_address.connect();
    uut.image_data.connect();
}

/// Marks every input of the block as driven, for use as a top block.
pub fn connect_cursor_stage(uut: &mut CursorStage) {
    uut.connect_all();
    uut.clock.connect();
    uut.reset.connect();
    uut.control_enable.connect();
    uut.control_format.connect();
    uut.size_width.connect();
    uut.size_height.connect();
    uut.position_x.connect();
    uut.position_y.connect();
    uut.commit_strobe.connect();
    uut.commit_image.connect();
    uut.frame_strobe.connect();
    uut.running.connect();
    uut.staged_ready.connect();
    uut.taken_strobe.connect();
}
