//! The I2C master in software and the EDID helper on it, against a monitor on two open-drain lines.

mod common;

use common::*;
use lumenport_videoport::ddc::EDID_SEGMENT_BYTES;
use lumenport_videoport::strict::FindingKind;
use lumenport_videoport::testing::{EdidTarget, Flaws, Rig};
use lumenport_videoport::{DdcControl, I2cLines, Options, Platform, PortService, ReadEnd};

/// A monitor with four segments of EDID.
fn monitor(flaws: Flaws) -> EdidTarget {
    EdidTarget::new(pattern(4 * EDID_SEGMENT_BYTES), flaws)
}

/// One call of the helper: its answer and the buffer.
fn helped(rig: &Rig, target: &mut EdidTarget, segment: u8, length: usize) -> (bool, Vec<u8>) {
    let mut edid = vec![0xEE; length];
    let answer = rig
        .port
        .ddc_monitor_helper(&mut DdcControl::new(target, segment), &mut edid);
    assert!(target.is_idle(), "both lines are released");
    (answer, edid)
}

#[test]
fn ddc_helper_reads_a_whole_256_byte_segment() {
    let rig = strict();
    let mut target = monitor(Flaws::default());
    let (answer, edid) = helped(&rig, &mut target, 0, 256);
    assert!(answer);
    assert_eq!(edid, &pattern(1024)[..256]);
    assert_eq!((target.starts, target.stops), (2, 1));
    assert_eq!(target.segments_written, [], "segment 0 needs no pointer");
    assert_eq!(findings(&rig), []);
}

#[test]
fn ddc_helper_honours_the_segment() {
    let rig = strict();
    let mut target = monitor(Flaws::default());
    for segment in [3, 1, 2, 0] {
        let (answer, edid) = helped(&rig, &mut target, segment, 256);
        assert!(answer);
        let start = usize::from(segment) * 256;
        assert_eq!(edid, &pattern(1024)[start..start + 256], "{segment}");
    }
    assert_eq!(target.segments_written, [3, 1, 2]);
    let mut old = monitor(Flaws {
        no_segments: true,
        ..Flaws::default()
    });
    assert!(helped(&rig, &mut old, 0, 256).0);
    assert!(!helped(&rig, &mut old, 1, 256).0, "no such segment");
}

#[test]
fn ddc_helper_reads_no_more_than_a_segment_and_no_more_than_asked() {
    let rig = strict();
    let mut target = monitor(Flaws::default());
    let (answer, edid) = helped(&rig, &mut target, 0, 128);
    assert!(answer);
    assert_eq!(edid, &pattern(1024)[..128]);
    let (answer, edid) = helped(&rig, &mut target, 0, 300);
    assert!(answer);
    assert_eq!(edid[..256], pattern(1024)[..256]);
    assert_eq!(edid[256..], [0xEE; 44], "the rest is the caller's");
    assert!(!helped(&rig, &mut target, 0, 0).0);
    assert_eq!(findings(&rig), [FindingKind::ZeroLength]);
}

#[test]
fn ddc_helper_accepts_only_the_structures_own_size() {
    let rig = strict();
    let mut target = monitor(Flaws::default());
    // The size of the whole structure is right; that of a pointer is what a careless port compares it with.
    assert_eq!(DdcControl::SIZE as usize, 6 * size_of::<usize>());
    for wrong in [0, size_of::<usize>() as u32, DdcControl::SIZE + 1] {
        let mut control = DdcControl::new(&mut target, 0);
        control.size = wrong;
        let mut edid = [0; 256];
        assert!(!rig.port.ddc_monitor_helper(&mut control, &mut edid));
    }
    assert_eq!(findings(&rig), [FindingKind::WrongArguments; 3]);
    assert_eq!(target.starts, 0, "the lines were not touched");
}

#[test]
fn ddc_helper_bears_slow_and_deaf_monitors() {
    let rig = strict();
    for flaws in [
        Flaws {
            stretch_looks: 40,
            ..Flaws::default()
        },
        Flaws {
            deaf_transfers: 2,
            ..Flaws::default()
        },
        Flaws {
            data_stuck_pulses: 7,
            ..Flaws::default()
        },
    ] {
        let (answer, edid) = helped(&rig, &mut monitor(flaws), 0, 256);
        assert!(answer, "{flaws:?}");
        assert_eq!(edid, &pattern(1024)[..256], "{flaws:?}");
    }
}

#[test]
fn ddc_helper_gives_up_in_bounded_time() {
    let rig = strict();
    for flaws in [
        Flaws {
            absent: true,
            ..Flaws::default()
        },
        Flaws {
            deaf_transfers: 100,
            ..Flaws::default()
        },
        Flaws {
            clock_stuck: true,
            ..Flaws::default()
        },
        Flaws {
            stretch_looks: 100_000,
            ..Flaws::default()
        },
        Flaws {
            intruder_at_bit: 5,
            ..Flaws::default()
        },
    ] {
        let mut edid = [0; 256];
        let mut target = monitor(flaws);
        let before_ns = rig.machine.now_ns();
        assert!(
            !rig.port
                .ddc_monitor_helper(&mut DdcControl::new(&mut target, 0), &mut edid),
            "{flaws:?}"
        );
        // Three attempts of at most a few stretches of 2 ms each.
        assert!(
            rig.machine.now_ns() - before_ns < 60_000_000,
            "{flaws:?}: {} ns",
            rig.machine.now_ns() - before_ns
        );
    }
}

#[test]
fn ddc_helper_paces_the_clock() {
    let time = |half_period_ns| {
        let options = Options::new()
            .strict(true)
            .i2c_half_period_ns(half_period_ns);
        let rig = Rig::opened(options);
        let before_ns = rig.machine.now_ns();
        assert!(helped(&rig, &mut monitor(Flaws::default()), 0, 256).0);
        rig.machine.now_ns() - before_ns
    };
    let standard = time(5_000);
    // 258 bytes and an address of nine bits each, at 100 kHz at most.
    assert!(standard >= 259 * 9 * 10_000, "{standard} ns");
    assert!(time(50_000) > 9 * standard);
}

#[test]
fn i2c_interface_writes_and_reads_a_device() {
    let rig = strict();
    let mut target = monitor(Flaws::default());
    let port = rig.port;
    let interface = port
        .query_services(PortService::I2c, 8 * size_of::<usize>() as u16, 1)
        .unwrap();
    assert!(port.i2c_start(&mut target, None));
    assert!(port.i2c_write(&mut target, None, &[0xA0, 0x10]));
    assert!(port.i2c_start(&mut target, None));
    assert!(port.i2c_write(&mut target, None, &[0xA1]));
    let mut bytes = [0; 6];
    assert!(port.i2c_read(&mut target, None, &mut bytes, ReadEnd::Last));
    assert!(port.i2c_stop(&mut target, None));
    assert_eq!(bytes, pattern(64)[0x10..0x16]);
    assert!(target.is_idle());
    assert!(port.i2c_start(&mut target, None));
    assert!(
        !port.i2c_write(&mut target, None, &[0x50]),
        "no such device"
    );
    assert!(port.i2c_stop(&mut target, None));
    port.interface_dereference(interface.service);
    assert_eq!(findings(&rig), []);
}

#[test]
fn i2c_interface_version_2_reads_in_parts_at_its_own_pace() {
    let rig = strict();
    let mut target = monitor(Flaws::default());
    let port = rig.port;
    // 100 us half a period.
    let delay = Some(1_000);
    assert!(port.i2c_start(&mut target, delay));
    assert!(port.i2c_write(&mut target, delay, &[0xA0, 0]));
    assert!(port.i2c_start(&mut target, delay));
    assert!(port.i2c_write(&mut target, delay, &[0xA1]));
    let (mut first, mut second) = ([0; 3], [0; 3]);
    let before_ns = rig.machine.now_ns();
    assert!(port.i2c_read(&mut target, delay, &mut first, ReadEnd::More));
    assert!(rig.machine.now_ns() - before_ns >= 3 * 9 * 200_000);
    assert!(port.i2c_read(&mut target, delay, &mut second, ReadEnd::Last));
    assert!(port.i2c_stop(&mut target, delay));
    assert_eq!([first, second].concat(), &pattern(6)[..]);
}

/// A clock line nobody can raise.
struct Shorted;

impl I2cLines for Shorted {
    fn write_clock(&mut self, _high: bool) {}
    fn write_data(&mut self, _high: bool) {}
    fn read_clock(&mut self) -> bool {
        false
    }
    fn read_data(&mut self) -> bool {
        false
    }
}

#[test]
fn i2c_interface_on_shorted_lines_fails_everywhere() {
    let rig = strict();
    let port = rig.port;
    assert!(!port.i2c_start(&mut Shorted, None));
    assert!(!port.i2c_write(&mut Shorted, None, &[0xA0]));
    assert!(!port.i2c_read(&mut Shorted, None, &mut [0; 2], ReadEnd::Last));
    assert!(!port.i2c_stop(&mut Shorted, None));
}
