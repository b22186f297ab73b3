//! Errors over the whole card: what the host does wrong, what the card writes down and tells the root.
//!
//! On the verilated engine; without its tools these tests print a SKIP line, with `LUMENPORT_REQUIRE_TOOLS=1` they fail.

use std::cell::RefCell;

use embedded_hal::delay::DelayNs;
use lumenport_hal::addr::{BusAddr, ByteLen, CardAddr};
use lumenport_hal::bus::Bus;
use lumenport_hal::dma::{Direction, Dma, DmaError, Transfer};
use lumenport_hal::regmap::blocks::id;
use lumenport_hal::sgl::{Element, Rights, SgTables};
use lumenport_hal::wait::Bound;
use lumenport_hdl::testbench::Rng;
use lumenport_sim::engine::{EngineChoice, EngineError};
use lumenport_sim::host_memory::PinRights;
use lumenport_sim::machine::{CARD_SLOT, SimMachine};
use lumenport_sim::root_complex::{FaultAction, FaultRule, FaultWhen};
use lumenport_sim::{BoardConfig, BoardError};
use lumenport_videoport::Platform;

/// Where the BARs are put.
const MEMORY: u32 = 0xE000_0000;
const REGISTERS: u32 = 0xE100_0000;
/// Uncorrectable status, correctable mask.
const STATUS: u16 = 0x104;
const CORRECTABLE_MASK: u16 = 0x114;
const UNEXPECTED: u32 = 1 << 16;
const TIMEOUT: u32 = 1 << 14;

struct Pc(RefCell<SimMachine>);

impl Bus for &Pc {
    fn read32(&self, offset: u32) -> u32 {
        let machine = self.0.borrow();
        let answer = machine.board().bus_read(u64::from(REGISTERS + offset), 4);
        answer.map_or(u32::MAX, |bytes| {
            u32::from_le_bytes(bytes.try_into().expect("four bytes"))
        })
    }

    fn write32(&self, offset: u32, value: u32) {
        self.0
            .borrow()
            .board()
            .bus_write(u64::from(REGISTERS + offset), &value.to_le_bytes());
    }

    fn barrier(&self) {}
}

impl DelayNs for &Pc {
    fn delay_ns(&mut self, ns: u32) {
        self.0.borrow().stall_ns(u64::from(ns));
    }
}

impl Pc {
    /// A PC whose card tells every error; `None` where the tools are missing.
    fn new() -> Option<Self> {
        let mut config = BoardConfig::default();
        config.engine.choice = EngineChoice::Verilated;
        let machine = match SimMachine::new(&config) {
            Ok(machine) => machine,
            Err(BoardError::Engine(error @ EngineError::MissingTool { .. }))
                if std::env::var("LUMENPORT_REQUIRE_TOOLS").as_deref() != Ok("1") =>
            {
                eprintln!("SKIP errors on the verilated engine: {error}");
                return None;
            }
            Err(error) => panic!("{error}"),
        };
        let pc = Self(RefCell::new(machine));
        pc.configure();
        Some(pc)
    }

    fn configure(&self) {
        let machine = self.0.borrow();
        machine.config_write(CARD_SLOT, 0x10, MEMORY);
        machine.config_write(CARD_SLOT, 0x18, REGISTERS);
        machine.config_write(CARD_SLOT, 0x04, 6);
        machine.config_write(CARD_SLOT, 0x68, 0x281F);
        machine.config_write(CARD_SLOT, CORRECTABLE_MASK, 0);
    }

    fn send(&self, words: &[u32]) {
        let machine = self.0.borrow();
        let mut board = machine.board();
        let now = board.sys_cycles();
        board.root_mut().send_raw(now, words);
    }

    fn advance(&self, clocks: u64) {
        self.0.borrow().board().advance(clocks);
    }

    fn magic(&self) -> u32 {
        self.read32_at(id::Magic::OFFSET)
    }

    fn read32_at(&self, offset: u32) -> u32 {
        let bus: &Self = self;
        bus.read32(offset)
    }
}

/// A packet that is wrong or useless, of a kind whose credits the host can book.
fn garbage(rng: &mut Rng) -> Vec<u32> {
    const KINDS: [u32; 10] = [0x00, 0x20, 0x40, 0x60, 0x01, 0x02, 0x42, 0x0A, 0x4A, 0x34];
    let kind = KINDS[rng.below(10) as usize];
    let length = 1 + rng.below(12);
    let poison = if rng.percent(20) { 1 << 14 } else { 0 };
    let mut words = vec![kind << 24 | poison | length, rng.next_u32() >> 8 << 8];
    if kind >> 5 & 1 == 1 {
        words.push(rng.below(2));
    }
    // never a whole write into a window: registers would change
    words.push(0x5000_0000 | rng.next_u32() >> 4 & !3);
    if kind >> 6 & 1 == 1 {
        words.extend((0..length).map(|_| rng.next_u32()));
    }
    if rng.percent(30) {
        words.truncate(2 + rng.below(words.len() as u32 - 1) as usize);
    } else if rng.percent(20) {
        words.push(rng.next_u32());
    }
    words
}

#[test]
fn the_card_answers_after_thousands_of_garbage_packets() {
    let Some(pc) = Pc::new() else { return };
    let right = pc.magic();
    assert_ne!(right, u32::MAX);
    for seed in 1..=3u64 {
        println!("seed {seed}");
        let mut rng = Rng::new(seed);
        for _ in 0..1_000 {
            pc.send(&garbage(&mut rng));
            pc.advance(u64::from(rng.below(40)));
        }
        pc.advance(20_000);
        assert_eq!(pc.magic(), right, "seed {seed}");
    }
    let machine = pc.0.borrow();
    let board = machine.board();
    let told = board.root().messages();
    assert!(told.errors_correctable > 0, "{told:?}");
    assert!(
        told.errors_nonfatal > 0 && told.errors_fatal > 0,
        "{told:?}"
    );
}

#[test]
fn unexpected_completion_is_told_once_and_logged() {
    let Some(pc) = Pc::new() else { return };
    let before = pc.0.borrow().config_read(CARD_SLOT, STATUS);
    assert_eq!(before, 0);
    pc.send(&[0x4A00_0001, 0x0000_0004, 0x0100_0500, 0xBAD0_BAD0]);
    pc.advance(200);
    let machine = pc.0.borrow();
    assert_eq!(machine.config_read(CARD_SLOT, STATUS), UNEXPECTED);
    assert_eq!(machine.config_read(CARD_SLOT, 0x11C), 0x4A00_0001);
    assert_eq!(machine.config_read(CARD_SLOT, 0x124), 0x0100_0500);
    let told = *machine.board().root().messages();
    assert_eq!((told.errors_correctable, told.errors_nonfatal), (1, 0));
}

#[test]
fn completion_timeout_is_told_and_can_be_switched_off() {
    const CLOCKS: u32 = 2_000;
    let Some(pc) = Pc::new() else { return };
    let mut delay = &pc;
    let memory = pc.0.borrow().memory().clone();
    let page = memory.alloc_pages(1).expect("a page");
    memory
        .pin(page.as_ptr(), 4096, PinRights::DeviceReads)
        .expect("our page");
    let address = memory.bus_address(page.as_ptr()).expect("our page");
    let element = Element {
        address: BusAddr::new(address),
        length: ByteLen::new(4096),
    };
    let mut tables = SgTables::<32>::attach(&&pc).expect("a card");
    let locked = tables
        .lock(&&pc, [element], Rights::CardReads)
        .expect("a slot");
    let dma = Dma::new(&pc);
    dma.set_timeout_cycles(CLOCKS);
    let transfer = Transfer::linear(
        locked.handle,
        ByteLen::new(0),
        ByteLen::new(64),
        CardAddr::new(0),
        Direction::HostToCard,
    );
    let rule = |action| FaultRule {
        when: FaultWhen::Always,
        action,
        times: 1,
    };
    pc.0.borrow()
        .board()
        .root_mut()
        .inject(rule(FaultAction::Drop));
    dma.submit(&transfer).expect("taken");
    let outcome = dma.wait(&mut delay, Bound::new(10, 10_000));
    assert!(matches!(outcome, Err(DmaError::Fault(_))), "{outcome:?}");
    {
        let machine = pc.0.borrow();
        assert_eq!(machine.config_read(CARD_SLOT, STATUS), TIMEOUT);
        assert_eq!(machine.board().root().messages().errors_nonfatal, 1);
        machine.config_write(CARD_SLOT, STATUS, TIMEOUT);
        // Device Control 2: no completion timeout
        machine.config_write(CARD_SLOT, 0x88, 0x10);
        let late = FaultAction::Delay(u64::from(CLOCKS) * 4);
        machine.board().root_mut().inject(rule(late));
    }
    dma.submit(&transfer).expect("taken");
    dma.wait(&mut delay, Bound::new(10, 10_000))
        .expect("late, and fine");
    let machine = pc.0.borrow();
    assert_eq!(machine.config_read(CARD_SLOT, STATUS), 0);
    assert_eq!(machine.board().root().messages().errors_nonfatal, 1);
}
