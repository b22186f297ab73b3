//! Card memory: arbiter in front of the block-RAM model, three random clients against a plain array.

use lumenport_hdl::elaborate;
use lumenport_hdl::mem::{Arbiter, BlockRam, DualClockRam, SyncRam};
use lumenport_hdl::prelude::*;
use lumenport_hdl::testbench::{Rng, connected, cycle};
use std::collections::VecDeque;

const ADDRESS_BITS: usize = 6;

/// Arbiter and memory wired together, as in the card.
#[derive(LogicBlock, Default)]
struct Memory {
    clock: Signal<In, Clock>,
    arbiter: Arbiter,
    ram: BlockRam<ADDRESS_BITS>,
}

impl Logic for Memory {
    #[hdl_gen]
    fn update(&mut self) {
        self.arbiter.clock.next = self.clock.val();
        self.ram.clock.next = self.clock.val();
        self.arbiter.mem_cmd_ready.next = self.ram.cmd_ready.val();
        self.ram.cmd_valid.next = self.arbiter.mem_cmd_valid.val();
        self.ram.cmd_write.next = self.arbiter.mem_cmd_write.val();
        self.ram.cmd_address.next = self.arbiter.mem_cmd_address.val();
        self.ram.wdata_lo.next = self.arbiter.mem_wdata_lo.val();
        self.ram.wdata_hi.next = self.arbiter.mem_wdata_hi.val();
        self.ram.be.next = self.arbiter.mem_be.val();
        self.arbiter.mem_rvalid.next = self.ram.rvalid.val();
        self.arbiter.mem_rdata_lo.next = self.ram.rdata_lo.val();
        self.arbiter.mem_rdata_hi.next = self.ram.rdata_hi.val();
    }
}

fn memory() -> Memory {
    let mut uut = Memory::default();
    uut.connect_all();
    uut.arbiter.reset.connect();
    connected(uut)
}

#[derive(Clone, Copy, Default)]
struct Command {
    valid: bool,
    write: bool,
    address: u32,
    data: u64,
    be: u8,
}

fn random_command(rng: &mut Rng, may_write: bool) -> Command {
    Command {
        valid: rng.percent(60),
        write: may_write && rng.percent(50),
        address: rng.below(1 << ADDRESS_BITS),
        data: u64::from(rng.next_u32()) << 32 | u64::from(rng.next_u32()),
        be: rng.next_u32() as u8,
    }
}

fn merge(old: u64, command: &Command) -> u64 {
    (0..8).fold(old, |word, byte| {
        let mask = 0xFF << (8 * byte);
        if command.be >> byte & 1 == 1 {
            word & !mask | command.data & mask
        } else {
            word
        }
    })
}

fn lanes(word: u64) -> (Bits<32>, Bits<32>) {
    ((word & 0xFFFF_FFFF).into(), (word >> 32).into())
}

#[test]
fn random_clients_read_what_was_written_in_order() {
    for (seed, latency) in [(1, 1_u64), (2, 4), (3, 30), (4, 200)] {
        println!("seed {seed}, latency {latency}");
        run_clients(seed, latency);
    }
}

fn run_clients(seed: u64, latency: u64) {
    let mut rng = Rng::new(seed);
    let mut uut = memory();
    let mut model = vec![0_u64; 1 << ADDRESS_BITS];
    let mut expected: [VecDeque<u64>; 3] = Default::default();
    let mut answered = [0_u32; 3];
    let mut current = [Command::default(); 3];
    for _ in 0..4000 {
        for (client, command) in current.iter_mut().enumerate() {
            if !command.valid {
                *command = random_command(&mut rng, client != 0);
            }
        }
        let urgent = rng.percent(30);
        let [scan, dma, target] = current;
        let (ready, rvalid, rdata) = cycle(
            &mut uut,
            |u, level| u.clock.next = level.into(),
            |u| {
                u.ram.latency_cycles.next = latency.into();
                let a = &mut u.arbiter;
                a.reset.next = false;
                a.scan_cmd_valid.next = scan.valid;
                a.scan_cmd_address.next = u64::from(scan.address).into();
                a.scan_urgent.next = urgent;
                a.dma_cmd_valid.next = dma.valid;
                a.dma_cmd_write.next = dma.write;
                a.dma_cmd_address.next = u64::from(dma.address).into();
                (a.dma_wdata_lo.next, a.dma_wdata_hi.next) = lanes(dma.data);
                a.dma_be.next = u64::from(dma.be).into();
                a.target_cmd_valid.next = target.valid;
                a.target_cmd_write.next = target.write;
                a.target_cmd_address.next = u64::from(target.address).into();
                (a.target_wdata_lo.next, a.target_wdata_hi.next) = lanes(target.data);
                a.target_be.next = u64::from(target.be).into();
            },
            |u| {
                let a = &u.arbiter;
                (
                    [
                        a.scan_cmd_ready.val(),
                        a.dma_cmd_ready.val(),
                        a.target_cmd_ready.val(),
                    ],
                    [
                        a.scan_rvalid.val(),
                        a.dma_rvalid.val(),
                        a.target_rvalid.val(),
                    ],
                    a.rdata_lo.val().index() as u64 | (a.rdata_hi.val().index() as u64) << 32,
                )
            },
        );
        assert!(
            ready.iter().filter(|taken| **taken).count() <= 1,
            "one command a clock"
        );
        for client in 0..3 {
            if rvalid[client] {
                let word = expected[client]
                    .pop_front()
                    .expect("an answer belongs to a read");
                assert_eq!(rdata, word, "client {client}");
                answered[client] += 1;
            }
            if ready[client] {
                let command = current[client];
                let word = &mut model[command.address as usize];
                if command.write {
                    *word = merge(*word, &command);
                } else {
                    expected[client].push_back(*word);
                }
                current[client].valid = false;
            }
        }
    }
    assert!(
        answered.iter().all(|count| *count > 50),
        "every client was served: {answered:?}"
    );
}

#[test]
fn generated_verilog_elaborates() {
    elaborate::check("mem_arbiter", &connected(Arbiter::default()));
    elaborate::check(
        "mem_block_ram",
        &connected(BlockRam::<ADDRESS_BITS>::default()),
    );
    elaborate::check("mem_sync_ram", &connected(SyncRam::<32, 5>::default()));
    elaborate::check(
        "mem_dual_clock_ram",
        &connected(DualClockRam::<24, 8>::default()),
    );
}
