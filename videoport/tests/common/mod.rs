//! Shared by the tests: patterns in memory, the card's engine driven from inside a DMA callback.
#![allow(dead_code, reason = "each test file uses its own part of the helpers")]

use std::sync::atomic::{AtomicU32, Ordering};

use lumenport_hal::addr::{ByteLen, CardAddr};
use lumenport_hal::dma::{Direction, Dma, Events, Transfer};
use lumenport_hal::irq::{Irq, Sources};
use lumenport_hal::sgl::Handle;
use lumenport_videoport::strict::FindingKind;
use lumenport_videoport::testing::{Rig, TestMachine};
use lumenport_videoport::{
    DeviceDescription, DmaAdapter, DpcRoutine, Mdl, Options, PAGE_SIZE, PoolTag, ScatterGatherList,
    VideoPort, VirtAddr, VpStatus,
};

pub type Port<'a> = VideoPort<'a, TestMachine>;

pub const TAG: PoolTag = PoolTag::new(*b"Dtst");
pub const PAGE: u32 = PAGE_SIZE as u32;

/// A device that reaches everything.
pub const REACHES_ALL: DeviceDescription = DeviceDescription {
    scatter_gather: true,
    dma_32bit_addresses: true,
    dma_64bit_addresses: true,
    maximum_length_bytes: u32::MAX,
};

/// A device that reaches the first 4 GiB.
pub const REACHES_4G: DeviceDescription = DeviceDescription {
    dma_64bit_addresses: false,
    ..REACHES_ALL
};

/// A strict rig.
pub fn strict() -> Rig {
    Rig::opened(Options::new().strict(true))
}

/// A tolerant rig.
pub fn lenient() -> Rig {
    Rig::opened(Options::new())
}

/// Bytes that differ from their neighbours and from page to page.
pub fn pattern(length: usize) -> Vec<u8> {
    (0..length)
        .map(|index| (index * 7 + index / 251 * 13 + 1) as u8)
        .collect()
}

/// Reads memory of the machine.
pub fn read(rig: &Rig, at: VirtAddr, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rig.port
        .read_memory(at, &mut bytes)
        .expect("memory is mapped");
    bytes
}

/// Writes memory of the machine.
pub fn write(rig: &Rig, at: VirtAddr, bytes: &[u8]) {
    rig.port.write_memory(at, bytes).expect("memory is mapped");
}

/// All findings so far, oldest first.
pub fn findings(rig: &Rig) -> Vec<FindingKind> {
    std::iter::from_fn(|| rig.port.take_finding())
        .map(|finding| finding.kind)
        .collect()
}

/// Programs the card's engine for the whole of a list.
pub fn submit(rig: &Rig, list: &ScatterGatherList, card: u32, direction: Direction) {
    let bus = rig.port.register_bus(rig.miniport.registers());
    let transfer = Transfer::linear(
        Handle::from_raw(list.hardware_handle()),
        ByteLen::new(list.hardware_offset()),
        ByteLen::new(list.length_bytes()),
        CardAddr::new(card),
        direction,
    );
    Dma::new(bus).submit(&transfer).expect("the engine is idle");
}

/// Waits for the engine and gives its verdict.
pub fn engine_result(rig: &Rig) -> Result<u32, lumenport_hal::dma::DmaError> {
    let bus = rig.port.register_bus(rig.miniport.registers());
    let bound = lumenport_hal::wait::Bound::new(10, 200_000);
    Dma::new(bus)
        .wait(&mut rig.port.delay(), bound)
        .map(ByteLen::raw)
}

/// One direction of a whole buffer through the port's loop, polling the engine. Returns the number of `StartDma` calls.
pub fn transfer_all(
    rig: &Rig,
    adapter: DmaAdapter,
    mdl: Mdl,
    total: u32,
    card: u32,
    to_device: bool,
) -> u32 {
    let direction = if to_device {
        Direction::HostToCard
    } else {
        Direction::CardToHost
    };
    let (mut offset, mut calls) = (0, 0);
    while offset < total {
        let mut length = total - offset;
        let mut kept = None;
        let status = rig.port.start_dma(
            adapter,
            mdl,
            offset,
            &mut length,
            to_device,
            |_, _, list| {
                submit(rig, list, card + offset, direction);
                kept = Some(*list);
            },
        );
        assert_eq!(status, VpStatus::NO_ERROR);
        let list = kept.expect("the callback ran");
        assert_eq!(engine_result(rig), Ok(length));
        assert_eq!(
            rig.port.complete_dma(adapter, &list, to_device),
            VpStatus::NO_ERROR
        );
        offset += length;
        calls += 1;
    }
    calls
}

/// Card memory.
pub fn card_bytes(rig: &Rig, at: u32, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rig.machine.card().read_memory(at, &mut bytes);
    bytes
}

/// Lets the card send interrupts for finished transfers; the interrupt routine queues `DpcRoutine(1)`.
pub fn enable_dma_interrupts(rig: &Rig) {
    let bus = rig.port.register_bus(rig.miniport.registers());
    let both = Events {
        done: true,
        error: true,
    };
    Dma::new(bus).enable_interrupts(both);
    Irq::new(bus).enable(Sources {
        dma: true,
        ..Sources::NONE
    });
    let registers = rig.miniport.registers();
    rig.miniport.on_interrupt(move |port| {
        let bus = port.register_bus(registers);
        let irq = Irq::new(bus);
        if irq.pending().is_none_or(Sources::is_empty) {
            return false;
        }
        let dma = Dma::new(bus);
        dma.clear(dma.events());
        irq.rearm();
        port.queue_dpc(DpcRoutine(1), 0);
        true
    });
}

/// A counter tests can capture.
pub fn counter() -> &'static AtomicU32 {
    Box::leak(Box::new(AtomicU32::new(0)))
}

/// Adds one.
pub fn bump(counter: &AtomicU32) {
    counter.fetch_add(1, Ordering::SeqCst);
}

/// Reads a counter.
pub fn count(counter: &AtomicU32) -> u32 {
    counter.load(Ordering::SeqCst)
}

/// Completes a transfer; the answer is always success.
pub fn complete(rig: &Rig, adapter: DmaAdapter, list: &ScatterGatherList, to_device: bool) {
    assert_eq!(
        rig.port.complete_dma(adapter, list, to_device),
        VpStatus::NO_ERROR
    );
}
