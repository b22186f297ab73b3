//! Device lock, events, spin locks, deferred routines.

use lumenport_videoport::{DpcRoutine, EventFlags, Platform, SynchronizePriority, Timeout, limits};

use crate::model::{Signal, Spin, World, at};

impl World<'_> {
    pub fn release_lock(&mut self) {
        let refused = self.too_high();
        self.port.release_device_lock();
        if refused {
            return;
        }
        if self.depth == 0 {
            self.findings += 1;
        } else {
            self.depth -= 1;
        }
    }

    pub fn create_event(&mut self, notification: bool, signaled: bool) {
        let flags = (u32::from(notification) * EventFlags::NOTIFICATION)
            | (u32::from(signaled) * EventFlags::INITIALLY_SIGNALED);
        let refused = self.too_high();
        let event = self.port.create_event(EventFlags(flags));
        let room = self.events.len() < limits::EVENTS;
        assert_eq!(event.is_ok(), !refused && room);
        self.events.extend(event.ok().map(|event| Signal {
            event,
            notification,
            signaled,
        }));
    }

    pub fn poll_event(&mut self, pick: usize) {
        let Some(index) = at(pick, self.events.len()) else {
            return;
        };
        let signal = &mut self.events[index];
        let answer = self
            .port
            .wait_for_single_object(signal.event, Timeout::POLL);
        assert_eq!(answer.is_success(), signal.signaled);
        signal.signaled &= signal.notification;
        self.dropped();
    }

    pub fn create_spin_lock(&mut self) {
        let refused = self.too_high();
        let lock = self.port.create_spin_lock();
        let room = self.spins.len() < limits::SPIN_LOCKS;
        assert_eq!(lock.is_ok(), !refused && room);
        self.spins
            .extend(lock.ok().map(|lock| Spin { lock, held: None }));
    }

    pub fn acquire_spin_lock(&mut self, pick: usize) {
        let Some(index) = at(pick, self.spins.len()) else {
            return;
        };
        let before = self.machine.irql();
        let old = self.port.acquire_spin_lock(self.spins[index].lock);
        assert_eq!(old, before);
        if self.spins[index].held.is_some() {
            self.findings += 1;
            assert_eq!(self.machine.irql(), before);
        } else {
            self.spins[index].held = Some(old);
            assert_eq!(self.machine.irql(), 2);
        }
    }

    /// Only the lock taken last, as levels nest.
    pub fn release_spin_lock(&mut self, pick: usize) {
        let Some(index) = at(pick, self.spins.len()) else {
            return;
        };
        let Some(old) = self.spins[index].held else {
            // At PASSIVE the level alone is wrong; a tolerant port then finds it unheld as well.
            self.findings += 1 + u32::from(!self.at_dispatch() && !self.strict);
            self.port.release_spin_lock(self.spins[index].lock, 0);
            return;
        };
        let others = self.spins.iter().filter(|spin| spin.held.is_some()).count();
        if old == 0 && others > 1 {
            return;
        }
        self.port.release_spin_lock(self.spins[index].lock, old);
        self.spins[index].held = None;
        assert_eq!(self.machine.irql(), old);
        self.dropped();
    }

    pub fn queue_dpc(&mut self, routine: usize, context: usize) {
        let pair = (routine, context);
        self.port
            .synchronize_execution(SynchronizePriority::Low, || {
                let queued = self.port.queue_dpc(DpcRoutine(routine), context);
                assert_eq!(queued, !self.queue.contains(&pair));
                queued
            });
        if !self.queue.contains(&pair) {
            self.queue.push(pair);
        }
        self.dropped();
    }
}
