//! State shared by threads and the interrupt routine.

use core::cell::RefCell;

use critical_section::Mutex;

/// A value reachable only inside a critical section.
///
/// # Invariants
/// Closures given to [`Guarded::with`] are leaves: they touch only the value, never the platform, the miniport or
/// another `Guarded`. So the inner `RefCell` is never borrowed twice, and an interrupt is held back only for the
/// few instructions of one table update.
pub(crate) struct Guarded<T>(Mutex<RefCell<T>>);

impl<T> Guarded<T> {
    /// Wraps a value.
    pub(crate) const fn new(value: T) -> Self {
        Self(Mutex::new(RefCell::new(value)))
    }

    /// Runs `body` on the value, alone.
    pub(crate) fn with<R>(&self, body: impl FnOnce(&mut T) -> R) -> R {
        critical_section::with(|token| body(&mut self.0.borrow_ref_mut(token)))
    }
}
