//! Identity block.

mod bus_bench;

use bus_bench::{clock, read, start, write};
use lumenport_hdl::elaborate;
use lumenport_hdl::id::{CardIdentity, CardInfo};
use lumenport_hdl::prelude::*;

on_bus!(CardIdentity);

const BASE: u16 = 0x1000;

fn card(info: &CardInfo) -> CardIdentity {
    let mut uut = CardIdentity::new(info);
    uut.clock.connect();
    uut.reset.connect();
    uut.bus_address.connect();
    uut.bus_wdata.connect();
    uut.bus_be.connect();
    uut.bus_write.connect();
    start(uut)
}

#[test]
fn constants_are_the_ones_given() {
    let info = CardInfo {
        map_digest: 0x1234_5678,
        build_commit: 0xCAFE_F00D,
        dirty: true,
        board: 3,
        has_dma: true,
        has_crtc: false,
        has_sem: true,
        has_tmds: false,
        has_rgb: true,
        memory_bytes: 8 << 20,
        sys_clock_khz: 75_000,
    };
    let mut uut = card(&info);
    assert_eq!(read(&mut uut, BASE + 0x14), 0x4C4D_5054);
    assert_eq!(read(&mut uut, BASE + 0x18), 0x1234_5678);
    assert_eq!(read(&mut uut, BASE + 0x1C), 0xCAFE_F00D);
    assert_eq!(read(&mut uut, BASE + 0x20), 1);
    assert_eq!(read(&mut uut, BASE + 0x24), 3);
    assert_eq!(read(&mut uut, BASE + 0x28), 0b10101);
    assert_eq!(read(&mut uut, BASE + 0x30), 8 << 20);
    assert_eq!(read(&mut uut, BASE + 0x34), 75_000);
}

#[test]
fn default_is_the_simulated_card_with_this_map() {
    let mut uut = card(&CardInfo::default());
    assert_eq!(read(&mut uut, BASE + 0x18), lumenport_regmap::MAP_DIGEST);
    assert_eq!(read(&mut uut, BASE + 0x24), 0);
    assert_eq!(read(&mut uut, BASE + 0x30), 4 << 20);
}

#[test]
fn heartbeat_counts_every_clock_and_restarts_at_reset() {
    let mut uut = card(&CardInfo::default());
    let first = read(&mut uut, BASE + 0x38);
    for _ in 0..100 {
        clock(&mut uut);
    }
    let clocks_of_a_read = 2;
    assert_eq!(read(&mut uut, BASE + 0x38), first + 100 + clocks_of_a_read);
    uut.reset.next = true;
    clock(&mut uut);
    uut.reset.next = false;
    assert!(read(&mut uut, BASE + 0x38) < 4);
}

#[test]
fn scratch_keeps_a_value_and_constants_do_not_change() {
    let mut uut = card(&CardInfo::default());
    for address in (0x14..0x3C).step_by(4) {
        write(&mut uut, BASE + address, 0xA5A5_5A5A);
    }
    assert_eq!(read(&mut uut, BASE + 0x2C), 0xA5A5_5A5A);
    assert_eq!(read(&mut uut, BASE + 0x14), 0x4C4D_5054);
    assert_eq!(read(&mut uut, BASE + 0x24), 0);
}

#[test]
fn identity_block_elaborates() {
    elaborate::check("id", &card(&CardInfo::default()));
}
