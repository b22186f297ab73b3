//! How the simulated root complex behaves.

use pcie_tlp::FunctionId;
use thiserror::Error;

use super::credits::CreditGrant;

/// The behaviour of the host side, fixed for one [`super::RootComplex`].
///
/// Units: cycles are clocks of the TLP boundary (`sys`, 62.5 MHz in the simulated card).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RootComplexConfig {
    /// Clocks from the last word of a card's read request to the first word of its completion.
    pub latency_cycles: u64,
    /// Up to this many more clocks for each completion, drawn at random; lets completions of different tags overtake each other.
    pub jitter_cycles: u64,
    /// What decides the random choices.
    pub seed: u64,
    /// Where completions may be cut. Units: bytes. Range: 64 or 128.
    pub read_completion_boundary_bytes: u32,
    /// Largest completion payload of this host; the card's own setting limits it further. Units: bytes. Range: 128, 256, 512 .. 4096.
    pub max_payload_bytes: u32,
    /// Cut completions at every boundary, as many hosts do.
    pub split_on_all_rcb: bool,
    /// Card reads that are served at the same time; more wait. Range: at least 1.
    pub max_in_service: usize,
    /// Largest write burst towards a BAR: 4 or 8 for plain stores, 64 for write combining. Units: bytes, a power of two in 4..=128.
    pub write_burst_bytes: u32,
    /// Clocks after which a request of the host without answer is given up.
    pub completion_timeout_cycles: u64,
    /// Clocks between unplugging and the moment the host's reads come back as all ones.
    pub unplug_detect_cycles: u64,
    /// Requests of the host that may wait for completions at the same time: the card's non-posted header credits. Range: 1..=32.
    pub max_outstanding: usize,
    /// After how many of a hundred packets a stray one follows, which the card must bear without harm. Range: 0..=100.
    pub noise_percent: u8,
    /// Flow control credits that the card gets; `None` for infinite ones.
    pub credits: Option<CreditGrant>,
    /// ID of the root port, as requester and completer.
    pub id: FunctionId,
    /// Where the card sits.
    pub device: FunctionId,
}

impl Default for RootComplexConfig {
    /// One microsecond of latency, 64-byte boundary, 128-byte payload, write combining, one millisecond of timeout.
    fn default() -> Self {
        Self {
            latency_cycles: 62,
            jitter_cycles: 0,
            seed: 1,
            read_completion_boundary_bytes: 64,
            max_payload_bytes: 128,
            split_on_all_rcb: false,
            max_in_service: 32,
            write_burst_bytes: 64,
            completion_timeout_cycles: 62_500,
            unplug_detect_cycles: 1_000,
            max_outstanding: 16,
            noise_percent: 0,
            credits: None,
            id: FunctionId::new(0, 0, 0),
            device: FunctionId::new(1, 0, 0),
        }
    }
}

/// A value of the configuration is outside its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("root complex setting {setting} cannot be {value}")]
pub struct ConfigError {
    /// Name of the setting.
    pub setting: &'static str,
    /// The refused value.
    pub value: u64,
}

impl RootComplexConfig {
    /// A host that makes use of everything it is allowed: completions cut at every 64 bytes, up to two microseconds late, overtaking
    /// and interleaving each other, three servers of memory, stores of four bytes, few credits that come back late, and stray packets.
    ///
    /// Software must notice nothing of it but the time it takes.
    #[must_use]
    pub fn hostile(seed: u64) -> Self {
        Self {
            jitter_cycles: 60,
            seed,
            split_on_all_rcb: true,
            max_payload_bytes: 256,
            max_in_service: 3,
            write_burst_bytes: 4,
            noise_percent: 10,
            credits: Some(CreditGrant {
                posted_headers: 3,
                posted_data: 24,
                nonposted_headers: 2,
                return_cycles: 40,
            }),
            ..Self::default()
        }
    }

    /// Checks every range.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let within = |setting, fine: bool, value: u64| {
            if fine {
                Ok(())
            } else {
                Err(ConfigError { setting, value })
            }
        };
        let rcb = self.read_completion_boundary_bytes;
        within(
            "read_completion_boundary_bytes",
            matches!(rcb, 64 | 128),
            rcb.into(),
        )?;
        let payload = self.max_payload_bytes;
        let payload_fine = payload.is_power_of_two() && (128..=4096).contains(&payload);
        within("max_payload_bytes", payload_fine, payload.into())?;
        let burst = self.write_burst_bytes;
        let burst_fine = burst.is_power_of_two() && (4..=128).contains(&burst);
        within("write_burst_bytes", burst_fine, burst.into())?;
        let noise = self.noise_percent;
        if let Some(grant) = self.credits {
            let headers = grant.posted_headers;
            within(
                "credits.posted_headers",
                (1..=127).contains(&headers),
                headers.into(),
            )?;
            let data = grant.posted_data;
            let least = (payload / 16) as u16;
            within(
                "credits.posted_data",
                (least..=2047).contains(&data),
                data.into(),
            )?;
            let headers = grant.nonposted_headers;
            within(
                "credits.nonposted_headers",
                (1..=127).contains(&headers),
                headers.into(),
            )?;
        }
        within("noise_percent", noise <= 100, noise.into())?;
        within("max_in_service", self.max_in_service > 0, 0)?;
        let outstanding = self.max_outstanding;
        within(
            "max_outstanding",
            (1..=32).contains(&outstanding),
            outstanding as u64,
        )
    }
}
