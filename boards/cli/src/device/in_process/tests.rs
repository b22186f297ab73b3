//! The function's interface on the simulated card, and a driver that finds a card which a dead one left behind.

use super::*;
use crate::bench_link::BenchLink;
use crate::device::board::DeviceBoard;
use crate::driver_session;
use lumenport_flows::{Board as _, Fault, Session, noise};
use lumenport_hal::addr::{ByteLen, CardAddr};
use lumenport_hal::dma::{Direction, Dma, Transfer};
use lumenport_hal::sgl::Handle;
use lumenport_host::HostMachine;
use lumenport_miniport::LumenportMiniport;
use lumenport_sim::engine::EngineChoice;
use lumenport_videoport::{
    DeviceDescription, LockOperation, Platform, PoolTag, PoolType, ScatterGatherList, VideoPort,
};

const PAGES: usize = 1024;

fn function() -> InProcessFunction {
    let mut config = BoardConfig::default();
    config.engine.choice = EngineChoice::Native;
    InProcessFunction::new(&config).unwrap()
}

/// The same card again, for another driver.
fn again(function: &InProcessFunction) -> InProcessFunction {
    InProcessFunction {
        board: Arc::clone(&function.board),
        card: function.card.clone(),
        reach: Arc::clone(&function.reach),
        bases: Mutex::default(),
    }
}

fn board(function: InProcessFunction) -> DeviceBoard {
    let link = BenchLink::here(Arc::clone(function.board()));
    let time = OwnTime(Arc::clone(function.board()));
    let machine = HostMachine::new(Box::new(function), PAGES, 1).unwrap();
    DeviceBoard::of(machine.with_time(time), Some(Arc::new(link)))
}

/// A whole small frame to the card, shown, and back.
fn works(board: &DeviceBoard, seed: u32) {
    let outcome = driver_session::with_driver(board, None, |session| {
        let mode = session.smallest_mode(32).unwrap();
        session.set_mode(&mode).unwrap();
        let (width, height) = (mode.vis_screen_width_px, mode.vis_screen_height_lines);
        let pixels = noise(seed, (width * height * 4) as usize);
        session.upload(&mode, 0, &pixels).unwrap();
        session.show(0).unwrap();
        let shown = session.capture().unwrap();
        assert_eq!((shown.width_px, shown.height_lines), (width, height));
        for (pixel, sent) in shown.rgb.chunks(3).zip(pixels.chunks(4)) {
            assert_eq!(pixel, [sent[2], sent[1], sent[0]]);
        }
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn a_frame_travels_through_the_functions_interface() {
    let board = board(function());
    works(&board, 1);
    let started = board.platform().now_ns();
    board.platform().stall_ns(1_000_000);
    let passed = board.platform().now_ns() - started;
    assert!((1_000_000..1_000_100).contains(&passed), "{passed} ns");
}

#[test]
fn a_card_that_a_dead_driver_left_in_mid_transfer_starts_again() {
    let card = function();
    // Leaked, so that nothing is taken back: the process was killed.
    let first = Box::leak(Box::new(board(again(&card))));
    let miniport = Box::leak(Box::new(LumenportMiniport::new()));
    let port = VideoPort::new(first.platform(), miniport, first.slot(), first.options());
    let port = Box::leak(Box::new(port));
    let session = Session {
        board: first,
        port,
        miniport,
    };
    session.start().unwrap();
    let mode = session.smallest_mode(32).unwrap();
    session.set_mode(&mode).unwrap();
    let at = port.allocate_pool(PoolType::NonPaged, 8192, PoolTag::new(*b"dead"));
    let mdl = port.lock_buffer(at.unwrap(), 8192, LockOperation::Read);
    let description = DeviceDescription {
        scatter_gather: true,
        dma_32bit_addresses: true,
        dma_64bit_addresses: true,
        maximum_length_bytes: u32::MAX,
    };
    let adapter = port.get_dma_adapter(&description).unwrap();
    let (mut length, mut handle) = (u32::MAX, None);
    let take = |_: &_, _, list: &ScatterGatherList| {
        handle = Some(Handle::from_raw(list.hardware_handle()));
    };
    let started = port.start_dma(adapter, mdl.unwrap(), 0, &mut length, true, take);
    assert!(started.is_success());
    let engine = Dma::new(session.registers().unwrap());
    first.inject(Fault::HostSilent(true)).unwrap();
    let transfer = Transfer::linear(
        handle.unwrap(),
        ByteLen::new(0),
        ByteLen::new(8192),
        CardAddr::new(0),
        Direction::HostToCard,
    );
    std::mem::forget(port.device_lock().unwrap());
    engine.submit(&transfer).unwrap();
    first.inject(Fault::HostSilent(false)).unwrap();
    assert!(
        engine.is_busy().unwrap(),
        "the transfer waits for its answers"
    );
    works(&board(again(&card)), 2);
}
