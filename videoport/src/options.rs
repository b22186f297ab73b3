//! How a port behaves.

use lumenport_hal::sem::Agent;

use crate::debug::DebugLevel;

/// Choices for one device. `Default` is valid; setters chain.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Options {
    pub(crate) strict: bool,
    pub(crate) fill_patterns: bool,
    pub(crate) hardware: bool,
    pub(crate) agent: Agent,
    pub(crate) semaphore_owner: u16,
    pub(crate) semaphore_wait_us: u32,
    pub(crate) buffer_quota_bytes: u64,
    pub(crate) map_register_count: u32,
    pub(crate) endless_wait_us: Option<u32>,
    pub(crate) i2c_half_period_ns: u32,
    pub(crate) debug_level: DebugLevel,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            strict: false,
            fill_patterns: false,
            hardware: true,
            agent: Agent::Host,
            semaphore_owner: 1,
            semaphore_wait_us: 20_000,
            buffer_quota_bytes: 16 << 20,
            map_register_count: 256,
            endless_wait_us: Some(30_000_000),
            i2c_half_period_ns: 5_000,
            debug_level: DebugLevel::Warn,
        }
    }
}

impl Options {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Refuses and records misuse, and fills fresh and freed pool with patterns. Default: off.
    #[must_use]
    pub const fn strict(mut self, on: bool) -> Self {
        self.strict = on;
        self.fill_patterns = on;
        self
    }

    /// Backs locks and SG tables by the card when it is one the port knows. Default: on.
    #[must_use]
    pub const fn hardware(mut self, on: bool) -> Self {
        self.hardware = on;
        self
    }

    /// Which agent of the card this machine is. Default: the host.
    #[must_use]
    pub const fn agent(mut self, agent: Agent) -> Self {
        self.agent = agent;
        self
    }

    /// Owner id written into the hardware semaphore, 1..=65535. Default: 1.
    #[must_use]
    pub const fn semaphore_owner(mut self, owner: u16) -> Self {
        self.semaphore_owner = owner;
        self
    }

    /// How long the device lock waits for another agent's hardware semaphore. Units: us. Default: 20 ms.
    #[must_use]
    pub const fn semaphore_wait_us(mut self, wait_us: u32) -> Self {
        self.semaphore_wait_us = wait_us;
        self
    }

    /// Most live bytes of `VideoPortAllocateBuffer`. Default: 16 MiB.
    #[must_use]
    pub const fn buffer_quota_bytes(mut self, quota_bytes: u64) -> Self {
        self.buffer_quota_bytes = quota_bytes;
        self
    }

    /// Pages one DMA operation may bounce through memory the device reaches. Default: 256 (1 MiB).
    #[must_use]
    pub const fn map_register_count(mut self, count: u32) -> Self {
        self.map_register_count = count;
        self
    }

    /// Cuts off waits that have no timeout, with a finding: a deadlock then ends in a message, not in a hang.
    /// `None` waits for ever. Units: us. Default: 30 s.
    #[must_use]
    pub const fn endless_wait_us(mut self, bound_us: Option<u32>) -> Self {
        self.endless_wait_us = bound_us;
        self
    }

    /// Half a clock period of the I2C the port drives over the miniport's line callbacks. Units: ns. Default: 5 us, the
    /// 100 kHz every monitor bears.
    #[must_use]
    pub const fn i2c_half_period_ns(mut self, half_period_ns: u32) -> Self {
        self.i2c_half_period_ns = half_period_ns;
        self
    }

    /// The quietest debug prints that are let through. Default: warnings.
    #[must_use]
    pub const fn debug_level(mut self, level: DebugLevel) -> Self {
        self.debug_level = level;
        self
    }

    /// Whether an endless wait of this length is to be cut off.
    pub(crate) const fn is_over(&self, waited_ns: u64) -> bool {
        match self.endless_wait_us {
            Some(bound_us) => waited_ns >= bound_us as u64 * 1000,
            None => false,
        }
    }
}
