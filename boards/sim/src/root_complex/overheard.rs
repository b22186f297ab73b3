//! What the host's end of the link learns of the card's registers by listening, for somebody who watches.
//!
//! Nothing is asked of the card: reads of the register BAR, their answers, and writes to it pass by anyway. So watching costs no simulated
//! time and cannot disturb a driver. The price: what nobody reads is not known. An agent on the card (a management core, a
//! debugger) that takes a semaphore shows when the host next reads it.

use lumenport_hal::regmap::blocks::{dma, sem};
use lumenport_hal::regmap::{Entry, card};
use pcie_tlp::{CompletionHeader, CompletionStatus, Header, MemoryRequest, Tlp};

/// Semaphores of the card.
pub const SEMAPHORES: usize = 8;

/// One semaphore, as last heard of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SemaphoreSeen {
    /// Owner number, 0 for a free one.
    pub owner: u16,
    /// Agent: 0 nobody, 1 host, 2 management core, 3 debugger.
    pub agent: u8,
    /// Claims heard.
    pub claims: u64,
    /// Claims that hit a held semaphore; the card's own count once somebody has read it.
    pub contention: u64,
}

/// The transfer engine, as heard of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DmaSeen {
    /// Transfers that software started.
    pub submitted: u64,
    /// Transfers whose good end software has acknowledged.
    pub done: u64,
    /// Transfers whose bad end software has acknowledged.
    pub failed: u64,
    /// The result code last read that names a fault: anything but none and ok.
    pub last_fault: Option<u8>,
}

/// The last interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InterruptSeen {
    /// `sys` clock.
    pub cycle: u64,
    /// Its vector when it was a message; `None` when the wire was asserted.
    pub vector: Option<u8>,
}

/// Everything learned since the card's reset.
#[derive(Clone, Debug, Default)]
pub struct Overheard {
    /// Semaphores by number.
    pub semaphores: [SemaphoreSeen; SEMAPHORES],
    /// The transfer engine.
    pub dma: DmaSeen,
    /// The last interrupt.
    pub last_interrupt: Option<InterruptSeen>,
    /// Reads of registers on their way, by tag: offset of the next word in the BAR.
    reads: [Option<u32>; 32],
    /// The event bits that software saw at its last look.
    dma_events: u32,
}

impl Overheard {
    /// A packet leaves for the card. `registers`: where its register BAR lies, `None` while it decodes nothing.
    pub(super) fn requested(&mut self, tlp: &Tlp<'_>, registers: Option<u64>) {
        let offset = |request: &MemoryRequest| {
            let offset = request.address.checked_sub(registers?)?;
            let offset = u32::try_from(offset).ok()?;
            (offset < card::REGISTER_BAR_BYTES).then_some(offset)
        };
        match &tlp.header {
            Header::MemoryRead(request) => {
                if let Some(slot) = self.reads.get_mut(usize::from(request.tag)) {
                    *slot = offset(request);
                }
            }
            Header::MemoryWrite(request) => {
                let Some(first) = offset(request) else { return };
                for (index, word) in tlp.payload.iter().enumerate() {
                    let enables = request.word_be(index as u16);
                    self.written(first + index as u32 * 4, word.swap_bytes(), enables);
                }
            }
            _ => {}
        }
    }

    /// An answer of the card arrived.
    pub(super) fn answered(&mut self, header: &CompletionHeader, payload: &[u32]) {
        let Some(slot) = self.reads.get_mut(usize::from(header.tag)) else {
            return;
        };
        let Some(first) = slot.take() else { return };
        if header.status != CompletionStatus::Successful {
            return;
        }
        let words = payload.len() as u32;
        if usize::from(header.byte_count) > payload.len() * 4 {
            *slot = Some(first + words * 4);
        }
        for (index, word) in payload.iter().enumerate() {
            self.read(first + index as u32 * 4, word.swap_bytes());
        }
    }

    /// The card raised an interrupt.
    pub(super) fn interrupted(&mut self, cycle: u64, vector: Option<u8>) {
        self.last_interrupt = Some(InterruptSeen { cycle, vector });
    }

    fn written(&mut self, offset: u32, value: u32, enables: u8) {
        if let Some(semaphore) = semaphore_at::<sem::Sem>(offset) {
            // The owner fills the lower half.
            if enables & 3 == 3 {
                self.semaphores[semaphore].write(sem::Sem::from_bits(value));
            }
        } else if offset == dma::Control::OFFSET {
            let submit = dma::Control::from_bits(value).is_set(dma::Control::SUBMIT);
            self.dma.submitted += u64::from(submit && enables & 1 != 0);
        } else if offset == dma::IntrState::OFFSET && enables & 1 != 0 {
            let cleared = dma::IntrState::from_bits(self.dma_events & value);
            self.dma.done += u64::from(cleared.is_set(dma::IntrState::DONE));
            self.dma.failed += u64::from(cleared.is_set(dma::IntrState::ERROR));
            self.dma_events &= !value;
        }
    }

    fn read(&mut self, offset: u32, value: u32) {
        if let Some(semaphore) = semaphore_at::<sem::Sem>(offset) {
            let state = sem::Sem::from_bits(value);
            let seen = &mut self.semaphores[semaphore];
            seen.owner = state.get(sem::Sem::OWNER) as u16;
            seen.agent = state.get(sem::Sem::AGENT) as u8;
        } else if let Some(semaphore) = semaphore_at::<sem::Contention>(offset) {
            self.semaphores[semaphore].contention = value.into();
        } else if offset == dma::IntrState::OFFSET {
            self.dma_events = value;
        } else if offset == dma::TransferResult::OFFSET {
            let code = dma::TransferResult::from_bits(value).get(dma::TransferResult::CODE);
            let good = [dma::ResultCode::None, dma::ResultCode::Ok];
            if !good.iter().any(|good| good.bits() == code) {
                self.dma.last_fault = Some(code as u8);
            }
        }
    }
}

impl SemaphoreSeen {
    /// What the card does with a write of the host.
    fn write(&mut self, value: sem::Sem) {
        let host = sem::Agent::Host.bits() as u8;
        let wanted = value.get(sem::Sem::OWNER) as u16;
        let held_by_host = self.agent == host;
        if wanted == 0 {
            if held_by_host {
                (self.owner, self.agent) = (0, 0);
            }
            return;
        }
        self.claims += 1;
        if self.owner == 0 {
            (self.owner, self.agent) = (wanted, host);
        } else if !(held_by_host && self.owner == wanted) {
            self.contention += 1;
        }
    }
}

/// Which entry of a window of semaphores lies at `offset`.
fn semaphore_at<R: Entry>(offset: u32) -> Option<usize> {
    (0..SEMAPHORES).find(|idx| R::offset_of(*idx as u32) == Some(offset))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pcie_tlp::{FunctionId, payload};

    const HOST: FunctionId = FunctionId::new(0, 0, 0);
    const CARD: FunctionId = FunctionId::new(1, 0, 0);
    const BASE: u64 = 0x8000_0000;
    const SEM_2: u32 = 0x1248;

    fn write(seen: &mut Overheard, offset: u32, value: u32) {
        let request = MemoryRequest::bytes(HOST, 0, BASE + u64::from(offset), 4).expect("legal");
        let words = [payload::from_register(value)];
        seen.requested(&Tlp::memory_write(request, &words), Some(BASE));
    }

    fn read(seen: &mut Overheard, offset: u32, values: &[u32]) {
        let address = BASE + u64::from(offset);
        let request = MemoryRequest::bytes(HOST, 7, address, values.len() * 4).expect("legal");
        seen.requested(&Tlp::memory_read(request), Some(BASE));
        for (index, value) in values.iter().enumerate() {
            let header = CompletionHeader {
                completer: CARD,
                status: CompletionStatus::Successful,
                byte_count_modified: false,
                byte_count: (values.len() - index) as u16 * 4,
                requester: HOST,
                tag: 7,
                lower_address: 0,
            };
            seen.answered(&header, &[payload::from_register(*value)]);
        }
    }

    #[test]
    fn semaphore_is_followed_through_claim_contention_and_release() {
        let mut seen = Overheard::default();
        write(&mut seen, SEM_2, 0x77);
        write(&mut seen, SEM_2, 0x88);
        write(&mut seen, SEM_2, 0x77);
        let expected = SemaphoreSeen {
            owner: 0x77,
            agent: 1,
            claims: 3,
            contention: 1,
        };
        assert_eq!(seen.semaphores[2], expected);
        write(&mut seen, SEM_2, 0);
        assert_eq!((seen.semaphores[2].owner, seen.semaphores[2].agent), (0, 0));
    }

    #[test]
    fn what_is_read_wins_over_what_was_inferred() {
        let mut seen = Overheard::default();
        write(&mut seen, SEM_2, 0x77);
        // Answered in two pieces: semaphores 1 and 2, the latter held by the management core.
        read(&mut seen, SEM_2 - 4, &[0, 0x2_0011]);
        assert_eq!(seen.semaphores[1], SemaphoreSeen::default());
        assert_eq!(
            (seen.semaphores[2].owner, seen.semaphores[2].agent),
            (0x11, 2)
        );
        write(&mut seen, SEM_2, 0);
        assert_eq!(seen.semaphores[2].owner, 0x11, "a foreign release");
        read(&mut seen, 0x1268, &[9]);
        assert_eq!(seen.semaphores[2].contention, 9);
    }

    #[test]
    fn transfers_count_when_started_and_when_their_end_is_acknowledged() {
        let mut seen = Overheard::default();
        write(&mut seen, dma::IntrState::OFFSET, 3);
        assert_eq!(seen.dma, DmaSeen::default(), "nothing had been seen");
        write(&mut seen, dma::Control::OFFSET, 1);
        read(&mut seen, dma::IntrState::OFFSET, &[1]);
        write(&mut seen, dma::IntrState::OFFSET, 1);
        write(&mut seen, dma::IntrState::OFFSET, 1);
        write(&mut seen, dma::Control::OFFSET, 1);
        read(&mut seen, dma::IntrState::OFFSET, &[2]);
        write(&mut seen, dma::IntrState::OFFSET, 2);
        read(&mut seen, dma::TransferResult::OFFSET, &[6]);
        let expected = DmaSeen {
            submitted: 2,
            done: 1,
            failed: 1,
            last_fault: Some(6),
        };
        assert_eq!(seen.dma, expected);
    }

    #[test]
    fn memory_outside_the_bar_and_a_card_without_bar_say_nothing() {
        let mut seen = Overheard::default();
        let request = MemoryRequest::bytes(HOST, 0, BASE + 0x1240, 4).expect("legal");
        let words = [payload::from_register(5)];
        for registers in [None, Some(BASE + 0x10_0000), Some(BASE - 0x10_0000)] {
            seen.requested(&Tlp::memory_write(request, &words), registers);
        }
        assert_eq!(seen.semaphores, [SemaphoreSeen::default(); SEMAPHORES]);
    }
}
