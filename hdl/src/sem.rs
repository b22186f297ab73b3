//! Hardware semaphores: eight locks between the host, the management core and a debugger.
//!
//! Purpose: claim by one write and one read back, without locked bus cycles and without side
//! effects of reads. The hardware knows the agent from the path of the access, so nobody can
//! release what another agent holds. Clock domain: `sys`. A write is done in its own clock; writes
//! may follow each other without a gap.
//!
//! | write to SEM | free | held by (same agent, same owner) | held by same agent | held by another agent |
//! |---|---|---|---|---|
//! | owner number | claimed | lease starts again | contention + 1 | contention + 1 |
//! | zero | nothing | released | released | nothing |
//!
//! A holder that vanished can be broken once its lease (time since claim or refresh) is over, with
//! a key; the event is logged and raises an interrupt. The lease is looked at every eight clocks,
//! so it may seem up to nine clocks longer. Contention counts stay at 16383.
//! Not supported: waiting queues, priorities; software polls.

use crate::mem::SyncRam;
use crate::prelude::*;
use crate::regs::SemRegs;

/// Number of semaphores.
pub const SEMAPHORES: usize = 8;

/// Largest contention count; the register stays there.
pub const CONTENTION_LIMIT: u32 = 0x3FFF;

/// The key that makes a break count.
pub const BREAK_KEY: u16 = lumenport_regmap::blocks::sem::BreakKey::Break as u16;

/// The semaphore block.
#[derive(LogicBlock)]
pub struct Semaphores {
    /// `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset: all free, counts zero.
    pub reset: Signal<In, Bit>,
    /// Register bus, see [`crate::regs`].
    pub bus_address: Signal<In, Bits<16>>,
    /// Value to write.
    pub bus_wdata: Signal<In, Bits<32>>,
    /// Byte enables of the write.
    pub bus_be: Signal<In, Bits<4>>,
    /// Write now.
    pub bus_write: Signal<In, Bit>,
    /// Who writes: 1 host, 2 management core, 3 debug. Valid with `bus_write`.
    pub bus_agent: Signal<In, Bits<2>>,
    /// Value read, zero unless addressed.
    pub bus_rdata: Signal<Out, Bits<32>>,
    /// Level: an enabled event is pending.
    pub interrupt: Signal<Out, Bit>,

    regs: SemRegs,
    // clock value of the last claim or refresh
    stamps: SyncRam<32, 3>,

    // contention (31:18), agent (17:16), owner (15:0; 0 = free)
    locks: [DFF<Bits<32>>; 8],
    now: DFF<Bits<32>>,
    // lease over, one bit a semaphore; means nothing while it is free
    expired: DFF<Bits<8>>,
    scanned: DFF<Bits<3>>,
    touched: DFF<Bit>,
    touched_index: DFF<Bits<3>>,
    read_lock: DFF<Bits<32>>,
    read_contention: DFF<Bits<32>>,
    // as BREAK_LOG: count (31:24), index (22:20), agent (19:18), owner (15:0)
    log: DFF<Bits<32>>,

    lock: Signal<Local, Bits<32>>,
    counted: Signal<Local, Bits<32>>,
    changed: Signal<Local, Bits<32>>,
    contended: Signal<Local, Bits<32>>,
    broken_lock: Signal<Local, Bits<32>>,
    owner: Signal<Local, Bits<16>>,
    mine: Signal<Local, Bit>,
    touch: Signal<Local, Bit>,
    breaks: Signal<Local, Bit>,
    age: Signal<Local, Bits<32>>,
    flags: Signal<Local, Bits<8>>,
    log_count: Signal<Local, Bits<8>>,

    one_contention: Constant<Bits<32>>,
    contention_mask: Constant<Bits<32>>,
    holder_mask: Constant<Bits<32>>,
    key: Constant<Bits<16>>,
}

impl Default for Semaphores {
    fn default() -> Self {
        Self {
            clock: Signal::default(),
            reset: Signal::default(),
            bus_address: Signal::default(),
            bus_wdata: Signal::default(),
            bus_be: Signal::default(),
            bus_write: Signal::default(),
            bus_agent: Signal::default(),
            bus_rdata: Signal::default(),
            interrupt: Signal::default(),
            regs: SemRegs::default(),
            stamps: SyncRam::default(),
            locks: std::array::from_fn(|_| DFF::default()),
            now: DFF::default(),
            expired: DFF::default(),
            scanned: DFF::default(),
            touched: DFF::default(),
            touched_index: DFF::default(),
            read_lock: DFF::default(),
            read_contention: DFF::default(),
            log: DFF::default(),
            lock: Signal::default(),
            counted: Signal::default(),
            changed: Signal::default(),
            contended: Signal::default(),
            broken_lock: Signal::default(),
            owner: Signal::default(),
            mine: Signal::default(),
            touch: Signal::default(),
            breaks: Signal::default(),
            age: Signal::default(),
            flags: Signal::default(),
            log_count: Signal::default(),
            one_contention: Constant::new((1u64 << 18).into()),
            contention_mask: Constant::new((u64::from(CONTENTION_LIMIT) << 18).into()),
            holder_mask: Constant::new(0x3_FFFFu64.into()),
            key: Constant::new(u64::from(BREAK_KEY).into()),
        }
    }
}

impl Logic for Semaphores {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            now,
            expired,
            scanned,
            touched,
            touched_index,
            read_lock,
            read_contention,
            log
        );
        clock!(self, clock, regs, stamps);
        self.regs.reset.next = self.reset.val();
        self.regs.bus_address.next = self.bus_address.val();
        self.regs.bus_wdata.next = self.bus_wdata.val();
        self.regs.bus_be.next = self.bus_be.val();
        self.regs.bus_write.next = self.bus_write.val();
        self.bus_rdata.next = self.regs.bus_rdata.val();
        self.interrupt.next = self.regs.interrupt.val();

        // The addressed semaphores.
        self.lock.next = 0.into();
        self.counted.next = 0.into();
        self.broken_lock.next = 0.into();
        for i in 0..8 {
            self.locks[i].clock.next = self.clock.val();
            self.locks[i].d.next = self.locks[i].q.val();
            if self.regs.sem_index.val().index() == i {
                self.lock.next = self.locks[i].q.val();
            }
            if self.regs.contention_index.val().index() == i {
                self.counted.next = self.locks[i].q.val();
            }
            if self.regs.break_index.val().index() == i {
                self.broken_lock.next = self.locks[i].q.val();
            }
        }
        self.read_lock.d.next = self.lock.val() & self.holder_mask.val();
        self.regs.sem_rdata.next = self.read_lock.q.val();
        self.read_contention.d.next = bit_cast::<32, 14>(self.counted.val().get_bits::<14>(18));
        self.regs.contention_rdata.next = self.read_contention.q.val();

        // A write to a semaphore.
        self.owner.next = self.regs.sem_wdata.val().get_bits::<16>(0);
        self.mine.next = self.lock.val().get_bits::<2>(16) == self.bus_agent.val();
        self.contended.next = self.lock.val();
        if (self.lock.val() & self.contention_mask.val()) != self.contention_mask.val() {
            self.contended.next = self.lock.val() + self.one_contention.val();
        }
        self.changed.next = self.lock.val();
        self.touch.next = false;
        if !self.lock.val().get_bits::<16>(0).any() {
            if self.owner.val().any() {
                self.changed.next = (self.lock.val() & self.contention_mask.val())
                    | (bit_cast::<32, 2>(self.bus_agent.val()) << 16)
                    | bit_cast::<32, 16>(self.owner.val());
                self.touch.next = self.regs.sem_write.val();
            }
        } else if !self.owner.val().any() {
            if self.mine.val() {
                self.changed.next = self.lock.val() & self.contention_mask.val();
            }
        } else if self.mine.val() && (self.lock.val().get_bits::<16>(0) == self.owner.val()) {
            self.touch.next = self.regs.sem_write.val();
        } else {
            self.changed.next = self.contended.val();
        }

        // A break: right key, held, lease over, and no write to the semaphore in the same clock.
        self.breaks.next = (self.regs.break_key.val() == self.key.val())
            && self.broken_lock.val().get_bits::<16>(0).any()
            && self
                .expired
                .q
                .val()
                .get_bit(self.regs.break_index.val().index())
            && (!(self.regs.sem_write.val()
                && (self.regs.sem_index.val() == self.regs.break_index.val())));
        self.regs.broken_set.next = self.breaks.val();
        for i in 0..8 {
            if self.regs.sem_write.val() && (self.regs.sem_index.val().index() == i) {
                self.locks[i].d.next = self.changed.val();
            }
            if self.breaks.val() && (self.regs.break_index.val().index() == i) {
                self.locks[i].d.next = self.broken_lock.val() & self.contention_mask.val();
            }
        }
        self.log_count.next = self.log.q.val().get_bits::<8>(24);
        if !self.log_count.val().all() {
            self.log_count.next = self.log_count.val() + 1;
        }
        if self.breaks.val() {
            self.log.d.next = bit_cast::<32, 16>(self.broken_lock.val().get_bits::<16>(0))
                | (bit_cast::<32, 2>(self.broken_lock.val().get_bits::<2>(16)) << 18)
                | (bit_cast::<32, 3>(self.regs.break_index.val()) << 20)
                | (bit_cast::<32, 8>(self.log_count.val()) << 24);
        }
        self.regs.break_log_owner.next = self.log.q.val().get_bits::<16>(0);
        self.regs.break_log_agent.next = self.log.q.val().get_bits::<2>(18);
        self.regs.break_log_index.next = self.log.q.val().get_bits::<3>(20);
        self.regs.break_log_count.next = self.log.q.val().get_bits::<8>(24);

        // Leases: one stamp a clock is compared with the lease time, in turn. A stamp that was
        // replaced while it was read does not count.
        self.now.d.next = self.now.q.val() + 1;
        self.stamps.write_enable.next = self.touch.val();
        self.stamps.write_address.next = self.regs.sem_index.val();
        self.stamps.write_data.next = self.now.q.val();
        self.stamps.read_address.next = self.now.q.val().get_bits::<3>(0);
        self.scanned.d.next = self.now.q.val().get_bits::<3>(0);
        self.touched.d.next = self.touch.val();
        self.touched_index.d.next = self.regs.sem_index.val();
        self.age.next = self.now.q.val() - self.stamps.read_data.val();
        self.flags.next = self.expired.q.val();
        if (self.age.val() >= self.regs.lease_cycles.val())
            && (!(self.touched.q.val() && (self.touched_index.q.val() == self.scanned.q.val())))
        {
            self.flags.next = self
                .flags
                .val()
                .replace_bit(self.scanned.q.val().index(), true);
        }
        if self.touch.val() {
            self.flags.next = self
                .flags
                .val()
                .replace_bit(self.regs.sem_index.val().index(), false);
        }
        self.expired.d.next = self.flags.val();

        if self.reset.val() {
            self.now.d.next = 0.into();
            self.expired.d.next = 0.into();
            self.touched.d.next = false;
            self.log.d.next = 0.into();
            for i in 0..8 {
                self.locks[i].d.next = 0.into();
            }
        }
    }
}
