//! The served card against clients that are slow, wrong or gone, and a card that hangs.
//!
//! The native engine runs the card, so that nothing needs to be installed, but for the mapped memory, which the verilated one has.

mod served;

use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use lumenport_hal::addr::{BusAddr, ByteLen, CardAddr};
use lumenport_hal::dma::{Direction, Dma, DmaError, Transfer};
use lumenport_hal::regmap::blocks::irq;
use lumenport_hal::regmap::card as map;
use lumenport_hal::sgl::{Element, Rights, SgTables};
use lumenport_hdl::testbench::Rng;
use lumenport_sim::BoardError;
use lumenport_sim::engine::{EngineChoice, EngineError};
use lumenport_sim::serve::{CardServer, ServeError};
use served::{COMMAND, CONFIG, Card, IDENTITY, MEMORY_BAR, REGISTERS_BAR, Served};
use vfio_bindings::bindings::vfio::{
    VFIO_IRQ_SET_ACTION_TRIGGER, VFIO_IRQ_SET_ACTION_UNMASK, VFIO_IRQ_SET_DATA_EVENTFD,
    VFIO_IRQ_SET_DATA_NONE, VFIO_PCI_INTX_IRQ_INDEX, VFIO_REGION_INFO_FLAG_MMAP,
};
use vmm_sys_util::eventfd::{EFD_NONBLOCK, EventFd};
use vmm_sys_util::tempfile::TempFile;

/// Where the client's memory is for the card.
const PAGES_AT: u64 = 0x4_0000_0000;
const PAGE: u64 = 4096;
/// `INTR_ENABLE` and `INTR_TEST` of every block.
const INTR_STATE: u32 = 0x04;
const INTR_ENABLE: u32 = 0x08;
const INTR_TEST: u32 = 0x0C;

fn write_register(card: &Card, offset: u32, value: u32) {
    card.write(REGISTERS_BAR, offset.into(), value);
}

/// A file of `pages` pages, mapped for the card.
fn pages(card: &Card, pages: u64) -> TempFile {
    let file = TempFile::new().expect("a file can be made");
    file.as_file().set_len(pages * PAGE).expect("it can grow");
    let descriptor = file.as_file().as_raw_fd();
    let mapped = card
        .0
        .borrow_mut()
        .dma_map(0, PAGES_AT, pages * PAGE, descriptor);
    mapped.expect("the memory can be mapped");
    file
}

/// Starts a transfer of a page.
fn submit(card: &Card, direction: Direction) {
    let element = Element {
        address: BusAddr::new(PAGES_AT),
        length: ByteLen::new(PAGE as u32),
    };
    let mut tables = SgTables::<32>::attach(&card).expect("a card");
    let rights = Rights::CardReadsAndWrites;
    let locked = tables.lock(&card, [element], rights).expect("a slot");
    let transfer = Transfer::linear(
        locked.handle,
        ByteLen::new(0),
        ByteLen::new(PAGE as u32),
        CardAddr::new(0),
        direction,
    );
    Dma::new(card)
        .submit(&transfer)
        .expect("the engine is free");
}

/// Whether the transfer that runs ends well.
fn ends_well(card: &Card) -> bool {
    // Each look lets the card run a little; a page takes a few thousand clocks.
    for _ in 0..2_000 {
        match Dma::new(card).outcome() {
            Ok(ended) => return ended.is_ok(),
            Err(DmaError::NotFinished) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("the transfer does not end");
}

#[test]
fn the_wire_is_signalled_once_and_again_on_unmasking_while_it_is_high() {
    let served = Served::new("wire");
    let card = served.started();
    let wire = EventFd::new(EFD_NONBLOCK).expect("an eventfd can be made");
    let set = |flags, count, files: &[i32]| {
        let asked = card
            .0
            .borrow_mut()
            .set_irqs(VFIO_PCI_INTX_IRQ_INDEX, flags, 0, count, files);
        asked.expect("it can be set");
    };
    let trigger = VFIO_IRQ_SET_ACTION_TRIGGER;
    set(trigger | VFIO_IRQ_SET_DATA_EVENTFD, 1, &[wire.as_raw_fd()]);
    let unmask = || set(VFIO_IRQ_SET_ACTION_UNMASK | VFIO_IRQ_SET_DATA_NONE, 1, &[]);
    // Each access brings the messages that the card has sent by then.
    let look = || card.read(REGISTERS_BAR, map::IRQ.base.into());
    assert!(wire.read().is_err(), "nothing is pending");

    write_register(&card, irq::Enable::OFFSET, 1);
    write_register(&card, map::DMA.base + INTR_ENABLE, 1);
    write_register(&card, map::DMA.base + INTR_TEST, 1);
    look();
    look();
    assert_eq!(wire.read().ok(), Some(1), "once");
    assert!(wire.read().is_err(), "it masks itself");
    assert_eq!(card.read(CONFIG, COMMAND) >> 19 & 1, 1, "Interrupt Status");
    unmask();
    assert_eq!(wire.read().ok(), Some(1), "still high");

    // The disable bit takes the wire down (PCI Local Bus 3.0, 6.2.2), its clearing brings it back: how UIO's handler works.
    card.write(CONFIG, COMMAND, 6 | 1 << 10);
    look();
    look();
    unmask();
    assert!(wire.read().is_err(), "disabled");
    card.write(CONFIG, COMMAND, 6);
    look();
    look();
    assert_eq!(wire.read().ok(), Some(1), "enabled again");

    write_register(&card, map::DMA.base + INTR_STATE, 1);
    look();
    look();
    unmask();
    assert!(wire.read().is_err(), "served");
}

#[test]
fn reset_clears_the_function_and_keeps_memory_and_eventfds() {
    let served = Served::new("reset");
    let card = served.started();
    let _memory = pages(&card, 1);
    let wire = EventFd::new(EFD_NONBLOCK).expect("an eventfd can be made");
    let flags = VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_EVENTFD;
    let set =
        card.0
            .borrow_mut()
            .set_irqs(VFIO_PCI_INTX_IRQ_INDEX, flags, 0, 1, &[wire.as_raw_fd()]);
    set.expect("it can be set");
    card.0.borrow_mut().reset().expect("it can be reset");
    assert_eq!(card.read(CONFIG, COMMAND) & 6, 0);
    card.start();
    submit(&card, Direction::HostToCard);
    assert!(ends_well(&card), "still mapped");
    write_register(&card, irq::Enable::OFFSET, 1);
    write_register(&card, map::DMA.base + INTR_ENABLE, 3);
    let _ = card.read(REGISTERS_BAR, map::IRQ.base.into());
    let _ = card.read(REGISTERS_BAR, map::IRQ.base.into());
    assert_eq!(wire.read().ok(), Some(1), "the eventfd is still known");
}

#[test]
fn memory_is_out_of_reach_when_unmapping_is_answered() {
    let served = Served::new("unmap");
    let card = served.started();
    let memory = pages(&card, 4);
    let unmap = |address, size| {
        let done = card.0.borrow_mut().dma_unmap(address, size);
        done.expect("unmapping is answered");
    };
    // What was never mapped, twice; sweeps up to the whole address space; a part of the mapping.
    unmap(0, 1 << 30);
    unmap(0, 1 << 30);
    unmap(1 << 63, (1 << 63) - 1);
    unmap(PAGES_AT + PAGE, u64::MAX - PAGES_AT - PAGE);
    submit(&card, Direction::HostToCard);
    assert!(ends_well(&card), "the first page is left");

    submit(&card, Direction::CardToHost);
    unmap(PAGES_AT, PAGE);
    // From the answer on the file is ours alone, whatever the card had on its way.
    memory
        .as_file()
        .write_all(&[0x5A; PAGE as usize])
        .expect("it can be written");
    let _ = ends_well(&card);
    let mut bytes = Vec::new();
    let mut reader = std::fs::File::open(memory.as_path()).expect("it is there");
    reader.read_to_end(&mut bytes).expect("it can be read");
    assert!(bytes[..PAGE as usize].iter().all(|byte| *byte == 0x5A));
    submit(&card, Direction::HostToCard);
    assert!(!ends_well(&card));
    unmap(0, u64::MAX);
    assert_eq!(card.read(CONFIG, 0), IDENTITY, "the card is well");
}

#[test]
fn a_client_that_vanishes_in_a_transfer_leaves_a_card_for_the_next() {
    let served = Served::new("vanish");
    let card = served.started();
    let memory = pages(&card, 1);
    submit(&card, Direction::CardToHost);
    drop(card);
    drop(memory);
    assert_eq!(served.end(), None);
    let next = served.started();
    assert_ne!(next.read(REGISTERS_BAR, map::ID.base.into()), u32::MAX);
    submit(&next, Direction::HostToCard);
    assert!(!ends_well(&next), "the memory went with its owner");
}

#[test]
fn a_second_client_waits_for_the_first() {
    let served = Served::new("second");
    let first = served.started();
    let path = served.path.clone();
    let second = std::thread::spawn(move || Card::new(&path).read(CONFIG, COMMAND) & 7);
    assert_eq!(first.read(CONFIG, COMMAND) & 7, 6);
    assert!(!second.is_finished(), "there is one card");
    drop(first);
    assert_eq!(served.end(), None);
    assert_eq!(second.join().expect("it was served"), 0, "a fresh card");
}

#[test]
fn a_card_that_hangs_reads_as_ones_within_a_bounded_time_and_is_told() {
    const TIMEOUT_CYCLES: u64 = 2_000;
    let (mut config, options) = served::native();
    config.root_complex.completion_timeout_cycles = TIMEOUT_CYCLES;
    let linger = options.linger_clocks;
    let path = served::socket("hangs");
    let server = CardServer::new(&config, &options, &path).expect("the card can be served");
    let served = Served::of(server, path);
    let card = served.started();
    served.board.lock().wedge(true);
    let before = served.board.lock().sys_cycles();
    assert_eq!(card.read(CONFIG, 0), u32::MAX);
    // More than the link holds.
    for index in 0..200 {
        card.write(REGISTERS_BAR, 0, index);
    }
    let took = served.board.lock().sys_cycles() - before;
    // Each request waits no longer than the timeout; meanwhile the clock lingers.
    assert!(took < 210 * (TIMEOUT_CYCLES + 2 * linger), "{took} clocks");
    served.board.lock().wedge(false);
    card.0.borrow_mut().reset().expect("it can be reset");
    assert_eq!(card.read(CONFIG, 0), IDENTITY, "well again");
    drop(card);
    let told = served.end().expect("the operator is told");
    assert!(told.contains("did not answer"), "{told}");
}

#[test]
fn an_idle_cards_clock_stands_still() {
    let served = Served::new("idle");
    let card = served.started();
    let before = served.board.lock().sys_cycles();
    assert_eq!(card.read(CONFIG, 0), IDENTITY);
    while !served.time.is_idle() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let after = served.board.lock().sys_cycles();
    let linger = served::native().1.linger_clocks;
    assert!(after - before <= 4 * linger, "{} clocks", after - before);
    // Time for the driver goes on, clocks do not.
    let now = served.time.now_ns();
    std::thread::sleep(Duration::from_millis(20));
    assert!(served.time.now_ns() > now);
    assert_eq!(served.board.lock().sys_cycles(), after);
}

/// A message's header: number, command, length, flags, error.
fn message(command: u16, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![1, 0];
    bytes.extend(command.to_le_bytes());
    bytes.extend((16 + body.len() as u32).to_le_bytes());
    bytes.extend([0; 8]);
    bytes.extend(body);
    bytes
}

/// The body of a region access.
fn access(offset: u64, region: u32, count: u32) -> Vec<u8> {
    let mut body = offset.to_le_bytes().to_vec();
    body.extend(region.to_le_bytes());
    body.extend(count.to_le_bytes());
    body
}

/// Sends bytes as a client would that then leaves.
fn throw(served: &Served, bytes: &[u8]) {
    let mut stream = UnixStream::connect(&served.path).expect("the server listens");
    // It may close before it has read everything.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let mut answer = [0; 4096];
    while stream.read(&mut answer).is_ok_and(|count| count != 0) {}
    drop(stream);
    let _ = served.end();
}

#[test]
fn oversized_and_truncated_requests_end_at_most_a_session() {
    const READ: u16 = 9;
    const WRITE: u16 = 10;
    let served = Served::new("oversized");
    throw(&served, &message(READ, &access(0, 7, u32::MAX)));
    throw(&served, &message(READ, &access(u64::MAX, 0, u32::MAX)));
    throw(&served, &message(READ, &access(0, u32::MAX, 4)));
    throw(&served, &message(WRITE, &access(0, 2, u32::MAX)));
    throw(&served, &message(WRITE, &access(0, 2, 64)));
    throw(&served, &message(READ, &[0; 5]));
    let version = message(1, &[0, 0, 1, 0]);
    throw(
        &served,
        &[&version[..4], &u32::MAX.to_le_bytes(), &version[8..]].concat(),
    );
    throw(
        &served,
        &[&version[..4], &3_u32.to_le_bytes(), &version[8..]].concat(),
    );
    assert_eq!(served.connect().read(CONFIG, 0), IDENTITY);
}

#[test]
fn any_stream_of_requests_leaves_a_server() {
    let served = Served::new("any");
    for seed in 1..=40_u64 {
        println!("seed {seed}");
        let mut rng = Rng::new(seed);
        let mut bytes = Vec::new();
        for _ in 0..=rng.below(6) {
            let command = if rng.percent(90) {
                rng.below(16)
            } else {
                rng.next_u32()
            };
            // Small numbers find regions, interrupts and flags; others find the checks.
            let mut body: Vec<u8> = (0..rng.below(12))
                .flat_map(|_| {
                    let value = if rng.percent(70) {
                        rng.below(9)
                    } else {
                        rng.next_u32()
                    };
                    value.to_le_bytes()
                })
                .collect();
            if rng.percent(20) {
                body.truncate(rng.below(1 + body.len() as u32) as usize);
            }
            let mut one = message(command as u16, &body);
            if rng.percent(20) {
                let at = rng.below(16) as usize;
                one[at] = rng.next_u32() as u8;
            }
            bytes.extend(one);
        }
        throw(&served, &bytes);
    }
    assert_eq!(served.connect().read(CONFIG, 0), IDENTITY);
}

#[test]
fn mapped_memory_is_the_cards_memory() {
    let (mut config, options) = served::native();
    config.engine.choice = EngineChoice::Verilated;
    let path = served::socket("mapped");
    let server = match CardServer::new(&config, &options, &path) {
        Ok(server) => server,
        Err(ServeError::Board(BoardError::Engine(error @ EngineError::MissingTool { .. })))
            if std::env::var("LUMENPORT_REQUIRE_TOOLS").as_deref() != Ok("1") =>
        {
            eprintln!("SKIP mapped memory: {error}");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let served = Served::of(server, path);
    let card = served.started();
    let file = {
        let client = card.0.borrow();
        let region = client.region(MEMORY_BAR).expect("it is there");
        assert_ne!(region.flags & VFIO_REGION_INFO_FLAG_MMAP, 0);
        assert_eq!(region.sparse_areas.len(), 1);
        assert_eq!(
            (region.sparse_areas[0].offset, region.sparse_areas[0].size),
            (0, region.size)
        );
        let backing = region.file_offset.as_ref().expect("a file came with it");
        assert_eq!(backing.start(), 0);
        backing.file().try_clone().expect("a descriptor")
    };
    file.write_all_at(&0x1234_5678_u32.to_le_bytes(), 0x1_0004)
        .expect("it is memory");
    assert_eq!(
        card.read(MEMORY_BAR, 0x1_0004),
        0x1234_5678,
        "stores are seen through the RTL"
    );
    card.write(MEMORY_BAR, 0x3F_FFFC, 0x9ABC_DEF0);
    // A read flushes the write that was posted before it.
    let _ = card.read(MEMORY_BAR, 0);
    let mut bytes = [0; 4];
    file.read_exact_at(&mut bytes, 0x3F_FFFC)
        .expect("it is memory");
    assert_eq!(
        u32::from_le_bytes(bytes),
        0x9ABC_DEF0,
        "writes through the RTL are seen"
    );

    let memory = pages(&card, 1);
    memory
        .as_file()
        .write_all_at(&[0xC3; PAGE as usize], 0)
        .expect("it can be written");
    submit(&card, Direction::HostToCard);
    assert!(ends_well(&card));
    file.read_exact_at(&mut bytes, PAGE - 4)
        .expect("it is memory");
    assert_eq!(bytes, [0xC3; 4], "and what DMA brought");
    drop(card);
    assert_eq!(served.end(), None);
    file.read_exact_at(&mut bytes, 0).expect("it is memory");
    assert_eq!(bytes, [0; 4], "nothing of it is left to the next client");
}
