//! The display interface alone: modes and pages against plain integers.

mod bus_bench;

use bus_bench::{clock, start, write};
use lumenport_hdl::dispi::Dispi;
use lumenport_hdl::elaborate;
use lumenport_hdl::prelude::*;
use lumenport_hdl::testbench::Rng;
use lumenport_regmap::blocks::dispi;

const CLOCKS_KHZ: [u32; 7] = [25_175, 27_000, 36_000, 40_000, 65_000, 74_250, 108_000];
const MEMORY_BYTES: u32 = 4 << 20;
/// More clocks than any setting takes.
const PATIENCE: u32 = 200;

on_bus!(Dispi);

fn block() -> Dispi {
    let mut uut = Dispi::new(&CLOCKS_KHZ, MEMORY_BYTES);
    uut.clock.connect();
    uut.reset.connect();
    uut.bus_address.connect();
    uut.bus_wdata.connect();
    uut.bus_be.connect();
    uut.bus_write.connect();
    uut.running.connect();
    uut.vblank.connect();
    uut.mode_pending.connect();
    uut.taken_strobe.connect();
    uut.flip_done_strobe.connect();
    uut.flip_pending.connect();
    uut.native_mode_strobe.connect();
    uut.native_plane_strobe.connect();
    uut.native_clock.connect();
    start(uut)
}

#[derive(Debug)]
struct Setting {
    size: [u32; 2],
    bpp: u32,
    virt_width: u32,
    offset: [u32; 2],
}

impl Setting {
    fn random(rng: &mut Rng) -> Self {
        let narrow = rng.percent(50);
        let size = [64 + rng.below(1857), 64 + rng.below(1137)];
        Self {
            size: if rng.percent(80) {
                [size[0] & !3, size[1]]
            } else {
                size
            },
            bpp: match rng.below(10) {
                0 => rng.below(64),
                _ if narrow => 16,
                _ => 32,
            },
            virt_width: match rng.below(4) {
                0 => 0,
                1 => rng.next_u32() & 0xFFFC,
                _ => size[0] & !3,
            },
            offset: [
                rng.below(16),
                [rng.below(100), rng.next_u32() & 0xFFFF][rng.below(2) as usize],
            ],
        }
    }

    fn pitch(&self) -> u32 {
        self.virt_width.max(self.size[0]) * self.bytes()
    }

    fn bytes(&self) -> u32 {
        if self.bpp == 16 { 2 } else { 4 }
    }

    /// First byte, and the byte behind the last pixel.
    fn span(&self) -> [u64; 2] {
        let at = |x: u32, y: u32| {
            u64::from(y) * u64::from(self.pitch()) + u64::from(x) * u64::from(self.bytes())
        };
        let [x, y] = self.offset;
        [at(x, y), at(x + self.size[0], y + self.size[1] - 1)]
    }

    fn legible(&self) -> bool {
        (self.bpp == 16 || self.bpp == 32)
            && self.pitch().is_multiple_of(8)
            && self.span()[1] <= u64::from(MEMORY_BYTES)
    }

    fn v_blank(&self) -> u32 {
        (self.size[1] / 32 + 1).max(15)
    }

    /// Index of the clock nearest to 60 frames a second; the first of equals.
    fn clock(&self) -> usize {
        let wanted = (self.size[0] + 160) * (self.size[1] + self.v_blank());
        let gap = |khz: u32| (khz * 50 / 3).abs_diff(wanted);
        let nearest = CLOCKS_KHZ.iter().map(|khz| gap(*khz)).min();
        let found = CLOCKS_KHZ.iter().position(|khz| Some(gap(*khz)) == nearest);
        found.expect("there are clocks")
    }

    fn write(&self, uut: &mut Dispi) {
        let at = |offset: u32| offset as u16;
        write(uut, at(dispi::Width::OFFSET), self.size[0] << 16);
        let height = self.size[1] | self.bpp << 16;
        write(uut, at(dispi::Height::OFFSET), height);
        write(uut, at(dispi::Virtual::OFFSET), self.virt_width);
        let offset = self.offset[0] | self.offset[1] << 16;
        write(uut, at(dispi::Offset::OFFSET), offset);
        write(uut, at(dispi::Enable::OFFSET), 0x41);
    }
}

#[test]
fn pages_and_timings_are_those_of_plain_arithmetic() {
    let mut uut = block();
    elaborate::check("dispi", &uut);
    let mut rng = Rng::new(21);
    let mut shown = 0;
    for _ in 0..400 {
        let setting = Setting::random(&mut rng);
        setting.write(&mut uut);
        let mut clocks = 0;
        while !(uut.mode_strobe.val() && uut.mode_enable.val()) {
            assert!(clocks < PATIENCE, "{setting:?}: not within {PATIENCE}");
            clock(&mut uut);
            clocks += 1;
        }
        assert!(uut.select.val() && uut.plane_strobe.val(), "{setting:?}");
        let [width, height] = setting.size;
        let horizontal = [
            uut.h_active.val(),
            uut.h_sync_start.val(),
            uut.h_sync_end.val(),
            uut.h_total.val(),
        ];
        assert_eq!(
            horizontal.map(Bits::to_u32),
            [width, width + 48, width + 80, width + 160]
        );
        let vertical = [
            uut.v_active.val(),
            uut.v_sync_start.val(),
            uut.v_sync_end.val(),
            uut.v_total.val(),
        ];
        let total = height + setting.v_blank();
        assert_eq!(
            vertical.map(Bits::to_u32),
            [height, height + 2, height + 8, total]
        );
        assert_eq!(uut.plane_enable.val(), setting.legible(), "{setting:?}");
        if setting.legible() {
            shown += 1;
            let base = u64::from(uut.plane_base.val().to_u32());
            assert_eq!(base, setting.span()[0] & !7, "{setting:?}");
            assert_eq!(uut.plane_pitch.val().to_u32(), setting.pitch());
            assert_eq!(uut.plane_rgb565.val(), setting.bpp == 16);
        }
        clock(&mut uut);
        let chosen = uut.clock_select.val().to_u32() as usize;
        assert_eq!(chosen, setting.clock(), "{setting:?}");
    }
    assert!(shown > 100, "{shown} settings were legible");
}
