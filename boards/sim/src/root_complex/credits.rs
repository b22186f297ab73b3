//! Flow control: what the card may send, and what it did.
//!
//! A credit is one header, or 16 bytes of payload. The host grants a first amount and gives credits back some time after it has taken
//! a packet, as a root port with small buffers would. The counters only ever grow and are compared modulo their field
//! (PCI Express Base Specification 2.0, section 2.6.1).

use std::collections::VecDeque;

use pcie_tlp::{Header, Tlp};

use super::violation::ViolationKind;
use crate::engine::CreditLimits;

/// What a host with finite buffers grants the card. Completions are infinite, as they must be for a root port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreditGrant {
    /// Posted headers. Range: 1..=127.
    pub posted_headers: u8,
    /// Posted data. Units: 16 bytes. Range: the payload limit's worth to 2047.
    pub posted_data: u16,
    /// Non-posted headers. Range: 1..=127.
    pub nonposted_headers: u8,
    /// Clocks from the end of a packet until its credits are back.
    pub return_cycles: u64,
}

/// The kinds of buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreditClass {
    /// Memory writes and messages.
    Posted,
    /// Reads, and requests that an endpoint never sends.
    NonPosted,
    /// Completions.
    Completion,
}

impl CreditClass {
    /// The class of a packet.
    pub(super) const fn of(tlp: &Tlp<'_>) -> Self {
        match tlp.header {
            Header::MemoryWrite(_) | Header::Message(_) => Self::Posted,
            Header::Completion(_) => Self::Completion,
            _ => Self::NonPosted,
        }
    }
}

impl CreditClass {
    /// The class of a packet that may not be legal otherwise, from its format and type.
    pub(super) fn of_words(words: &[u32]) -> Self {
        let first = words.first().copied().unwrap_or_default();
        let (with_data, type_bits) = (first >> 30 & 1 == 1, first >> 24 & 0x1F);
        match type_bits {
            0b0_0000 if with_data => Self::Posted,
            0b1_0000..=0b1_0111 => Self::Posted,
            0b0_1010 | 0b0_1011 => Self::Completion,
            _ => Self::NonPosted,
        }
    }
}

/// What the card's receive buffers take, and what they were sent.
///
/// Until somebody says what the card has allocated, it takes everything.
#[derive(Default)]
pub(super) struct CardRoom {
    allocated: Option<[u32; 2]>,
    sent: [Amount; 2],
}

impl CardRoom {
    /// The card's counters of allocated credits as they are on its pins.
    pub(super) fn set(&mut self, posted: u32, nonposted: u32) {
        self.allocated = Some([posted, nonposted]);
    }

    fn index(words: &[u32]) -> Option<usize> {
        match CreditClass::of_words(words) {
            CreditClass::Posted => Some(0),
            CreditClass::NonPosted => Some(1),
            CreditClass::Completion => None,
        }
    }

    /// Whether the card has granted enough for this packet.
    pub(super) fn takes(&self, words: &[u32]) -> bool {
        let (Some(allocated), Some(index)) = (self.allocated, Self::index(words)) else {
            return true;
        };
        let mut needed = self.sent[index];
        needed.add(Amount::of_words(words));
        let (limit, needed) = (allocated[index], needed.pins());
        let left = |shift: u32, bits: u32| {
            let mask = (1 << bits) - 1;
            (limit >> shift).wrapping_sub(needed >> shift) & mask < 1 << (bits - 1)
        };
        left(12, 8) && left(0, 12)
    }

    /// Books a packet.
    pub(super) fn use_up(&mut self, words: &[u32]) {
        if let Some(index) = Self::index(words) {
            self.sent[index].add(Amount::of_words(words));
        }
    }
}

/// Credits of one packet. Units: headers, 16 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Amount {
    headers: u64,
    data: u64,
}

impl Amount {
    fn of(tlp: &Tlp<'_>) -> Self {
        Self {
            headers: 1,
            data: tlp.payload.len().div_ceil(4) as u64,
        }
    }

    /// From the packet as it is on the wire.
    fn of_words(words: &[u32]) -> Self {
        let first = words.first().copied().unwrap_or_default();
        let with_data = first >> 30 & 1 == 1;
        let header_dw = 3 + (first >> 29 & 1) as usize + (first >> 15 & 1) as usize;
        let payload_dw = words.len().saturating_sub(header_dw);
        Self {
            headers: 1,
            data: if with_data {
                payload_dw.div_ceil(4) as u64
            } else {
                0
            },
        }
    }

    fn add(&mut self, other: Self) {
        self.headers += other.headers;
        self.data += other.data;
    }

    /// As a pin holds it: both counters modulo their fields.
    const fn pins(self) -> u32 {
        ((self.headers as u32 & 0xFF) << 12) | (self.data as u32 & 0xFFF)
    }
}

/// Granted and used so far, of one class.
#[derive(Clone, Copy, Default)]
struct Account {
    granted: Amount,
    used: Amount,
}

/// The host's books.
pub(super) struct Credits {
    grant: Option<CreditGrant>,
    posted: Account,
    nonposted: Account,
    /// When which credits come back, soonest first.
    returning: VecDeque<(u64, CreditClass, Amount)>,
}

impl Credits {
    pub(super) fn new(grant: Option<CreditGrant>) -> Self {
        let mut credits = Self {
            grant,
            posted: Account::default(),
            nonposted: Account::default(),
            returning: VecDeque::new(),
        };
        if let Some(grant) = grant {
            credits.posted.granted = Amount {
                headers: grant.posted_headers.into(),
                data: grant.posted_data.into(),
            };
            // An endpoint sends no non-posted request with data, but the counter must not be zero for it to be finite.
            credits.nonposted.granted = Amount {
                headers: grant.nonposted_headers.into(),
                data: 1,
            };
        }
        credits
    }

    /// What the card's link layer knows now.
    pub(super) fn limits(&self) -> CreditLimits {
        if self.grant.is_none() {
            return CreditLimits::default();
        }
        CreditLimits {
            posted: self.posted.granted.pins(),
            nonposted: self.nonposted.granted.pins(),
            completion: 0,
            infinite: 0x30,
        }
    }

    /// Books a packet from the card that ended at `cycle`.
    ///
    /// # Errors
    /// The card had no credit for it.
    pub(super) fn take(&mut self, cycle: u64, tlp: &Tlp<'_>) -> Result<(), ViolationKind> {
        let Some(grant) = self.grant else {
            return Ok(());
        };
        let class = CreditClass::of(tlp);
        let account = match class {
            CreditClass::Posted => &mut self.posted,
            CreditClass::NonPosted => &mut self.nonposted,
            CreditClass::Completion => return Ok(()),
        };
        let amount = Amount::of(tlp);
        account.used.add(amount);
        self.returning
            .push_back((cycle + grant.return_cycles, class, amount));
        let overdrawn = account.used.headers > account.granted.headers
            || account.used.data > account.granted.data;
        if overdrawn {
            return Err(ViolationKind::CreditOverdrawn { class });
        }
        Ok(())
    }

    /// Gives back what is due at `now`.
    pub(super) fn refresh(&mut self, now: u64) {
        while let Some(&(due, class, amount)) = self.returning.front() {
            if due > now {
                break;
            }
            self.returning.pop_front();
            match class {
                CreditClass::Posted => self.posted.granted.add(amount),
                CreditClass::NonPosted => self.nonposted.granted.add(amount),
                CreditClass::Completion => {}
            }
        }
    }

    /// When the next credits come back.
    pub(super) fn next_return(&self) -> Option<u64> {
        self.returning.front().map(|(due, ..)| *due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pcie_tlp::{FunctionId, MemoryRequest};

    const GRANT: CreditGrant = CreditGrant {
        posted_headers: 2,
        posted_data: 8,
        nonposted_headers: 1,
        return_cycles: 10,
    };

    fn write(bytes: usize) -> (MemoryRequest, Vec<u32>) {
        let request = MemoryRequest::bytes(FunctionId::new(1, 0, 0), 0, 0x1000, bytes).unwrap();
        (request, vec![0; bytes.div_ceil(4)])
    }

    #[test]
    fn packets_within_the_grant_pass_and_the_next_is_overdrawn() {
        let mut credits = Credits::new(Some(GRANT));
        let (request, words) = write(64);
        let tlp = Tlp::memory_write(request, &words);
        assert_eq!(credits.take(0, &tlp), Ok(()));
        assert_eq!(credits.take(1, &tlp), Ok(()));
        let class = CreditClass::Posted;
        let overdrawn = Err(ViolationKind::CreditOverdrawn { class });
        assert_eq!(credits.take(2, &tlp), overdrawn);
    }

    #[test]
    fn data_runs_out_before_headers() {
        let mut credits = Credits::new(Some(GRANT));
        let (request, words) = write(132); // nine credits of data
        let class = CreditClass::Posted;
        assert_eq!(
            credits.take(0, &Tlp::memory_write(request, &words)),
            Err(ViolationKind::CreditOverdrawn { class })
        );
    }

    #[test]
    fn credits_come_back_after_their_time() {
        let mut credits = Credits::new(Some(GRANT));
        let read = MemoryRequest::bytes(FunctionId::new(1, 0, 0), 0, 0x1000, 64).unwrap();
        let tlp = Tlp::memory_read(read);
        assert_eq!(credits.limits().nonposted, 1 << 12 | 1);
        assert_eq!(credits.take(5, &tlp), Ok(()));
        assert_eq!(credits.next_return(), Some(15));
        credits.refresh(14);
        assert_eq!(credits.limits().nonposted, 1 << 12 | 1);
        credits.refresh(15);
        assert_eq!(credits.limits().nonposted, 2 << 12 | 1);
        assert_eq!(credits.take(16, &tlp), Ok(()));
    }

    #[test]
    fn counters_wrap_at_their_fields() {
        let amount = Amount {
            headers: 0x101,
            data: 0x1002,
        };
        assert_eq!(amount.pins(), 1 << 12 | 2);
    }

    #[test]
    fn without_a_grant_everything_is_infinite() {
        let mut credits = Credits::new(None);
        let (request, words) = write(128);
        let tlp = Tlp::memory_write(request, &words);
        assert!((0..1_000).all(|cycle| credits.take(cycle, &tlp).is_ok()));
        assert_eq!(credits.limits(), CreditLimits::default());
    }
}
