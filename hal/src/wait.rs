//! Bounded waits: the only way this crate waits for hardware.

use embedded_hal::delay::DelayNs;

use crate::error::ErrorKind;

/// How long to poll and how often. Units: microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Bound {
    /// Pause between two looks. Range: 1 or more (0 counts as 1).
    pub step_us: u32,
    /// Total wait after which the answer is [`Timeout`].
    pub limit_us: u32,
}

impl Bound {
    /// Polls every `step_us` for at most `limit_us`.
    pub const fn new(step_us: u32, limit_us: u32) -> Self {
        Self { step_us, limit_us }
    }

    /// For registers that follow within a handful of card clocks: every 1 us, 1 ms at most.
    pub const fn short() -> Self {
        Self::new(1, 1_000)
    }

    /// For things that take a frame: every 50 us, 100 ms at most (two frames of the slowest mode, 24 Hz).
    pub const fn frame() -> Self {
        Self::new(50, 100_000)
    }
}

/// A bounded wait ran out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Timeout {
    /// BAR2 byte offset of the register that was watched.
    pub register: u32,
    /// How long it was watched. Units: microseconds.
    pub waited_us: u32,
}

impl Timeout {
    /// Always [`ErrorKind::Timeout`].
    pub const fn kind(self) -> ErrorKind {
        ErrorKind::Timeout
    }
}

impl core::fmt::Display for Timeout {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "register {:#06x} did not change within {} us",
            self.register, self.waited_us
        )
    }
}

impl core::error::Error for Timeout {}

/// Looks until `ready` gives something or the bound is over; the first look comes before any pause.
///
/// # Errors
/// [`Timeout`] naming `register` when `bound.limit_us` passed.
pub fn poll_until<T>(
    delay: &mut impl DelayNs,
    bound: Bound,
    register: u32,
    mut ready: impl FnMut() -> Option<T>,
) -> Result<T, Timeout> {
    let step_us = bound.step_us.max(1);
    let mut waited_us: u32 = 0;
    loop {
        if let Some(value) = ready() {
            return Ok(value);
        }
        if waited_us >= bound.limit_us {
            return Err(Timeout {
                register,
                waited_us,
            });
        }
        delay.delay_us(step_us);
        waited_us = waited_us.saturating_add(step_us);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting(u64);
    impl DelayNs for Counting {
        fn delay_ns(&mut self, ns: u32) {
            self.0 += u64::from(ns);
        }
    }

    #[test]
    fn first_look_costs_no_delay() {
        let mut delay = Counting(0);
        assert_eq!(poll_until(&mut delay, Bound::short(), 0, || Some(7)), Ok(7));
        assert_eq!(delay.0, 0);
    }

    #[test]
    fn limit_ends_the_wait_and_is_reported() {
        let mut delay = Counting(0);
        let result: Result<(), _> = poll_until(&mut delay, Bound::new(3, 10), 0x1410, || None);
        assert_eq!(
            result,
            Err(Timeout {
                register: 0x1410,
                waited_us: 12
            })
        );
        assert_eq!(delay.0, 12_000);
    }

    #[test]
    fn zero_step_still_ends() {
        let mut delay = Counting(0);
        let result: Result<(), _> = poll_until(&mut delay, Bound::new(0, 2), 4, || None);
        assert_eq!(
            result,
            Err(Timeout {
                register: 4,
                waited_us: 2
            })
        );
    }
}
