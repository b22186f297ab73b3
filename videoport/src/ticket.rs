//! A lock that serves its waiters in order of arrival: the state behind the device lock, spin locks and the interrupt.
//!
//! Pure state, changed inside a [`Guarded`](crate::guarded::Guarded); how to wait is the user's affair. Each waiter
//! draws a ticket and is served when its number comes up; one that gives up is skipped. Without the order a busy thread
//! can keep others out for ever, as an interrupt storm did in a test.

use crate::limits::ABANDONED_WAITERS;
use crate::platform::ThreadId;

/// The lock's state.
#[derive(Default)]
pub(crate) struct TicketLock {
    owner: Option<ThreadId>,
    next_ticket: u32,
    serving: u32,
    abandoned: heapless::Vec<u32, ABANDONED_WAITERS>,
}

/// What an attempt to enter found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Entry {
    /// The thread owns it already.
    Mine,
    /// It was free and is the thread's now.
    Taken,
    /// Somebody else owns it: try [`TicketLock::take`] with this ticket.
    Wait(u32),
}

impl TicketLock {
    pub(crate) const fn new() -> Self {
        Self {
            owner: None,
            next_ticket: 0,
            serving: 0,
            abandoned: heapless::Vec::new(),
        }
    }

    /// The owning thread.
    pub(crate) const fn owner(&self) -> Option<ThreadId> {
        self.owner
    }

    /// Enters, or draws a ticket.
    pub(crate) fn enter(&mut self, thread: ThreadId) -> Entry {
        if self.owner == Some(thread) {
            return Entry::Mine;
        }
        let ticket = self.next_ticket;
        self.next_ticket = ticket.wrapping_add(1);
        if self.take(thread, ticket) {
            Entry::Taken
        } else {
            Entry::Wait(ticket)
        }
    }

    /// Enters if the ticket's turn has come.
    pub(crate) fn take(&mut self, thread: ThreadId, ticket: u32) -> bool {
        let free = self.owner.is_none() && self.serving == ticket;
        if free {
            self.owner = Some(thread);
        }
        free
    }

    /// A waiter goes away. False: too many did at once, it must keep waiting.
    pub(crate) fn abandon(&mut self, ticket: u32) -> bool {
        if self.owner.is_none() && self.serving == ticket {
            self.advance();
            return true;
        }
        self.abandoned.push(ticket).is_ok()
    }

    /// The owner leaves; the next waiter's turn comes.
    pub(crate) fn release(&mut self) {
        if self.owner.take().is_some() {
            self.advance();
        }
    }

    fn advance(&mut self) {
        self.serving = self.serving.wrapping_add(1);
        while let Some(index) = self
            .abandoned
            .iter()
            .position(|ticket| *ticket == self.serving)
        {
            self.abandoned.swap_remove(index);
            self.serving = self.serving.wrapping_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ThreadId = ThreadId(1);
    const B: ThreadId = ThreadId(2);
    const C: ThreadId = ThreadId(3);

    #[test]
    fn waiters_are_served_in_order_of_arrival() {
        let mut lock = TicketLock::new();
        assert_eq!(lock.enter(A), Entry::Taken);
        assert_eq!(lock.enter(A), Entry::Mine);
        assert_eq!(lock.enter(B), Entry::Wait(1));
        assert_eq!(lock.enter(C), Entry::Wait(2));
        lock.release();
        assert!(!lock.take(C, 2));
        assert!(lock.take(B, 1));
        lock.release();
        assert!(lock.take(C, 2));
    }

    #[test]
    fn a_waiter_that_gave_up_is_skipped() {
        let mut lock = TicketLock::new();
        assert_eq!(lock.enter(A), Entry::Taken);
        assert_eq!(lock.enter(B), Entry::Wait(1));
        assert_eq!(lock.enter(C), Entry::Wait(2));
        assert!(lock.abandon(1));
        lock.release();
        assert!(lock.take(C, 2));
    }

    #[test]
    fn giving_up_at_the_last_moment_passes_the_turn_on() {
        let mut lock = TicketLock::new();
        assert_eq!(lock.enter(A), Entry::Taken);
        assert_eq!(lock.enter(B), Entry::Wait(1));
        lock.release();
        assert!(lock.abandon(1));
        assert_eq!(lock.enter(C), Entry::Taken);
    }

    #[test]
    fn tickets_wrap_around() {
        let mut lock = TicketLock {
            next_ticket: u32::MAX,
            serving: u32::MAX,
            ..TicketLock::new()
        };
        assert_eq!(lock.enter(A), Entry::Taken);
        assert_eq!(lock.enter(B), Entry::Wait(0));
        lock.release();
        assert!(lock.take(B, 0));
    }
}
