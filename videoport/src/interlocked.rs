//! The interlocked services: a counter that threads, DPCs and interrupt routines change without tearing it.
//!
//! Built on the critical section, not on atomic instructions: the card's own management core has none.

use core::cell::Cell;

use critical_section::Mutex;

use crate::platform::Platform;
use crate::port::VideoPort;
use crate::services::Service;

/// A 32-bit number for the interlocked services (a `LONG`).
#[derive(Debug)]
pub struct InterlockedLong(Mutex<Cell<i32>>);

impl Default for InterlockedLong {
    fn default() -> Self {
        Self::new(0)
    }
}

impl InterlockedLong {
    /// Starts with `value`.
    pub const fn new(value: i32) -> Self {
        Self(Mutex::new(Cell::new(value)))
    }

    /// The present value.
    pub fn get(&self) -> i32 {
        critical_section::with(|token| self.0.borrow(token).get())
    }

    /// Changes it in one step; answers old and new value.
    fn update(&self, change: impl FnOnce(i32) -> i32) -> (i32, i32) {
        critical_section::with(|token| {
            let cell = self.0.borrow(token);
            let old = cell.get();
            let new = change(old);
            cell.set(new);
            (old, new)
        })
    }
}

impl<P: Platform> VideoPort<'_, P> {
    /// `VideoPortInterlockedIncrement`: adds one, wrapping, and returns the **new** value. Any IRQL.
    pub fn interlocked_increment(&self, addend: &InterlockedLong) -> i32 {
        let _ = self.enter(Service::InterlockedIncrement);
        addend.update(|value| value.wrapping_add(1)).1
    }

    /// `VideoPortInterlockedDecrement`: takes one off, wrapping, and returns the **new** value. Any IRQL.
    pub fn interlocked_decrement(&self, addend: &InterlockedLong) -> i32 {
        let _ = self.enter(Service::InterlockedDecrement);
        addend.update(|value| value.wrapping_sub(1)).1
    }

    /// `VideoPortInterlockedExchange`: stores, and returns the **old** value. Any IRQL.
    pub fn interlocked_exchange(&self, target: &InterlockedLong, value: i32) -> i32 {
        let _ = self.enter(Service::InterlockedExchange);
        target.update(|_| value).0
    }
}
