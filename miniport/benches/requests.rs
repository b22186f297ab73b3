//! Speed of the reference miniport's requests on the fake card, and the register accesses of each.
//!
//! The times are of this machine and this run, and hold the fake's own work; what costs on real hardware are the accesses:
//! a read of a card behind PCI Express takes about a microsecond. `cargo bench -p lumenport-miniport`
#![expect(missing_docs, reason = "criterion_group! makes a public function")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use lumenport_hal::fake::FakeConfig;
use lumenport_miniport::LumenportMiniport;
use lumenport_miniport::private_ioctl::{FLIP, UPDATE_RECTANGLE, UpdateRectangle};
use lumenport_videoport::ioctl::{
    MAP_VIDEO_MEMORY, QUERY_AVAIL_MODES, QUERY_CURRENT_MODE, QUERY_NUM_AVAIL_MODES,
    SET_COLOR_REGISTERS, SET_CURRENT_MODE, UNMAP_VIDEO_MEMORY,
};
use lumenport_videoport::testing::{CARD_SLOT, TestMachine};
use lumenport_videoport::{Options, StatusBlock, VideoPort};

/// A number of a rectangle's side: small enough that the fake's copying does not hide the dispatch.
const SIDE: u32 = 64;

fn requests(criterion: &mut Criterion) {
    let machine = TestMachine::new(FakeConfig::default());
    let miniport = LumenportMiniport::new();
    let port = VideoPort::new(&machine, &miniport, CARD_SLOT, Options::new());
    assert!(port.load().is_success() && port.start_device().is_success());
    assert!(port.open().is_success());
    let user = machine.memory().map_user((SIDE * SIDE * 4) as usize, 0);
    let user = user.expect("memory is left");
    let send = |code, input: &[u8], room: usize| -> StatusBlock {
        let mut buffer = vec![0; room.max(input.len())];
        buffer[..input.len()].copy_from_slice(input);
        let answer = port.io_control(code, &mut buffer, input.len());
        assert!(answer.status.is_success(), "{code:#x}: {}", answer.status);
        black_box(answer)
    };
    assert!(
        send(SET_CURRENT_MODE, &0_u32.to_le_bytes(), 4)
            .status
            .is_success()
    );
    let rectangle = UpdateRectangle {
        buffer: user,
        buffer_length_bytes: SIDE * SIDE * 4,
        buffer_pitch_bytes: SIDE * 4,
        frame_base_bytes: 0,
        x_px: 3,
        y_lines: 5,
        width_px: SIDE,
        height_lines: SIDE,
        read_back: false,
    };
    let mut clut = [0; 8];
    clut[..2].copy_from_slice(&1_u16.to_le_bytes());
    let map_and_unmap = || {
        let mut buffer = [0; 64];
        let mapped = port.io_control(MAP_VIDEO_MEMORY, &mut buffer, size_of::<usize>());
        assert!(mapped.status.is_success());
        send(UNMAP_VIDEO_MEMORY, &buffer[..size_of::<usize>()], 0)
    };
    let cases: [(&str, &dyn Fn() -> StatusBlock); 8] = [
        ("query number of modes", &|| {
            send(QUERY_NUM_AVAIL_MODES, &[], 8)
        }),
        ("query modes", &|| send(QUERY_AVAIL_MODES, &[], 80 * 256)),
        ("query current mode", &|| send(QUERY_CURRENT_MODE, &[], 80)),
        ("set mode, frame kept", &|| {
            send(SET_CURRENT_MODE, &0x8000_0000_u32.to_le_bytes(), 4)
        }),
        ("one palette entry", &|| send(SET_COLOR_REGISTERS, &clut, 0)),
        ("map and unmap memory", &map_and_unmap),
        ("flip without waiting", &|| send(FLIP, &[0; 8], 0)),
        ("rectangle of 64x64", &|| {
            send(UPDATE_RECTANGLE, &rectangle.emit(), 40)
        }),
    ];
    for (name, work) in cases {
        let before = machine.register_accesses();
        let status = work();
        assert!(status.status.is_success(), "{name}");
        let cost = machine.register_accesses() - before;
        println!(
            "{name}: {} register reads, {} register writes",
            cost.reads, cost.writes
        );
        criterion.bench_function(name, |bencher| bencher.iter(work));
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(std::time::Duration::from_millis(200))
        .measurement_time(std::time::Duration::from_millis(800));
    targets = requests
}
criterion_main!(benches);
