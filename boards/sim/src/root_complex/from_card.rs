//! What happens to packets from the card: checks first, then their effect.

use pcie_tlp::{
    Attributes, CompletionHeader, FunctionId, Header, MemoryRequest, MessageHeader, Tlp, payload,
};

use super::host::{Answer, Outcome, Purpose, value_or_ones};
use super::messages::ASSERT_INTA;
use super::violation::ViolationKind;
use super::{INTERRUPT_WINDOW_END, INTERRUPT_WINDOW_START, Interrupt, RootComplex};
use crate::host_memory::AccessError;

impl RootComplex {
    /// Sorts a packet that ended at `cycle`.
    pub(super) fn on_packet(&mut self, cycle: u64, words: &[u32]) {
        let parsed = Tlp::parse(words);
        self.stats
            .from_card
            .count(cycle, words.len(), parsed.as_ref().ok());
        let tlp = match parsed {
            Ok(tlp) => tlp,
            Err(error) => return self.violations.add(cycle, ViolationKind::Malformed(error)),
        };
        if let Err(violation) = self.credits.take(cycle, &tlp) {
            self.violations.add(cycle, violation);
        }
        if tlp.attributes.traffic_class != 0 {
            let class = tlp.attributes.traffic_class;
            self.violations
                .add(cycle, ViolationKind::TrafficClass { class });
        }
        match tlp.header {
            Header::MemoryRead(request) => self.on_read(cycle, &request, tlp.attributes),
            Header::MemoryWrite(request) => self.on_write(cycle, &request, &tlp),
            Header::Completion(header) => self.on_completion(cycle, &header, &tlp),
            Header::Message(message) => self.on_message(cycle, &message, &tlp, words),
            Header::IoRead(_)
            | Header::IoWrite(_)
            | Header::ConfigRead(_)
            | Header::ConfigWrite(_) => {
                let name = tlp.kind().short_name();
                self.violations
                    .add(cycle, ViolationKind::NotForEndpoint { name });
            }
        }
    }

    fn on_message(&mut self, cycle: u64, message: &MessageHeader, tlp: &Tlp<'_>, words: &[u32]) {
        self.check_requester(cycle, words);
        let msi_enabled = self.device.msi().is_some_and(|msi| msi.enabled);
        let outcome = self.messages.take(message, tlp.payload.len(), msi_enabled);
        if let Err(violation) = outcome {
            self.violations.add(cycle, violation);
        } else if message.code == ASSERT_INTA {
            self.overheard.interrupted(cycle, None);
        }
    }

    fn check_requester(&mut self, cycle: u64, words: &[u32]) {
        let got = FunctionId::from_bits((words[1] >> 16) as u16);
        self.check_id(cycle, got);
    }

    fn check_id(&mut self, cycle: u64, got: FunctionId) {
        let expected = self.device.id.unwrap_or(self.config.device);
        if got != expected {
            self.violations
                .add(cycle, ViolationKind::WrongRequester { got, expected });
        }
    }

    fn check_payload(&mut self, cycle: u64, words: usize) {
        let (bytes, limit_bytes) = (words as u32 * 4, self.device.max_payload_bytes());
        if bytes > limit_bytes {
            self.violations
                .add(cycle, ViolationKind::PayloadTooLong { bytes, limit_bytes });
        }
    }

    fn on_read(&mut self, cycle: u64, request: &MemoryRequest, attributes: Attributes) {
        self.check_id(cycle, request.requester);
        if !self.device.bus_master() {
            self.violations
                .add(cycle, ViolationKind::BusMasterOff { name: "MRd" });
        }
        let (bytes, limit_bytes) = (
            u32::from(request.length_dw) * 4,
            self.device.max_read_request_bytes(),
        );
        if bytes > limit_bytes {
            self.violations
                .add(cycle, ViolationKind::ReadTooLong { bytes, limit_bytes });
        }
        let tag = request.tag;
        if tag > 31 && !self.device.extended_tags() {
            self.violations
                .add(cycle, ViolationKind::TagTooLarge { tag });
        }
        if !self.completer.is_free(tag, cycle) {
            self.violations.add(cycle, ViolationKind::TagInUse { tag });
        }
        let fault = self.faults.strike(request.first_byte_address());
        let limit = self
            .config
            .max_payload_bytes
            .min(self.device.settled_payload_bytes());
        let served = self.completer.serve(
            cycle,
            request,
            attributes,
            fault,
            &*self.memory,
            &self.config,
            limit,
            &mut self.outbox,
        );
        self.stats.injected_faults += u64::from(served.faulted);
        self.stats.failed_reads += u64::from(served.failed);
        self.disturb(cycle);
    }

    fn on_write(&mut self, cycle: u64, request: &MemoryRequest, tlp: &Tlp<'_>) {
        self.check_id(cycle, request.requester);
        self.check_payload(cycle, tlp.payload.len());
        if !self.device.bus_master() {
            self.violations
                .add(cycle, ViolationKind::BusMasterOff { name: "MWr" });
        }
        if (INTERRUPT_WINDOW_START..INTERRUPT_WINDOW_END).contains(&request.address) {
            return self.on_interrupt(cycle, request, tlp.payload);
        }
        if tlp.attributes.poisoned {
            self.stats.poisoned_writes += 1;
            return;
        }
        if request.is_zero_length() {
            return;
        }
        if self.store(request, tlp.payload).is_err() {
            self.stats.dropped_writes += 1;
        }
    }

    /// Puts a write's bytes into memory.
    fn store(&self, request: &MemoryRequest, words: &[u32]) -> Result<(), AccessError> {
        // Only requests of one or two words may have holes between their enabled bytes.
        let enabled = request.first_be.count_ones() + request.last_be.count_ones();
        if request.length_dw <= 2 && enabled != u32::from(request.byte_count()) {
            for (index, word) in words.iter().enumerate() {
                let address = request.address + index as u64 * 4;
                let enables = request.word_be(index as u16);
                self.memory
                    .write_enabled(address, word.to_be_bytes(), enables)?;
            }
            return Ok(());
        }
        let mut bytes = [0; 4096];
        let start = (request.first_byte_address() - request.address) as usize;
        let len = usize::from(request.byte_count());
        payload::unpack(words, start, &mut bytes[..len]);
        self.memory
            .write(request.first_byte_address(), &bytes[..len])
    }

    fn on_interrupt(&mut self, cycle: u64, request: &MemoryRequest, words: &[u32]) {
        let address = request.address;
        let data = words.first().map_or(0, |word| word.swap_bytes());
        let well_formed = request.length_dw == 1 && request.first_be == 0xF && data >> 16 == 0;
        match self.device.msi() {
            Some(msi) if !msi.enabled => self.violations.add(cycle, ViolationKind::MsiDisabled),
            Some(msi) => {
                let matches =
                    msi.address == address && (data ^ u32::from(msi.data)) & !msi.vector_bits == 0;
                if !(matches && well_formed) {
                    self.violations
                        .add(cycle, ViolationKind::WrongMsi { address, data });
                }
            }
            None if !well_formed => self
                .violations
                .add(cycle, ViolationKind::WrongMsi { address, data }),
            None => {}
        }
        let bits = self.device.msi().map_or(0, |msi| msi.vector_bits);
        self.stats.interrupts += 1;
        let vector = (data & bits) as u8;
        self.overheard.interrupted(cycle, Some(vector));
        self.interrupts.push_back(Interrupt {
            cycle,
            address,
            data,
            vector,
        });
    }

    fn on_completion(&mut self, cycle: u64, header: &CompletionHeader, tlp: &Tlp<'_>) {
        self.check_payload(cycle, tlp.payload.len());
        let (requester, tag) = (header.requester, header.tag);
        if requester != self.config.id {
            return self.violations.add(
                cycle,
                ViolationKind::UnexpectedCompletion { requester, tag },
            );
        }
        self.overheard.answered(header, tlp.payload);
        match self.host.complete(header, tlp.attributes, tlp.payload) {
            Ok(Outcome::Partial) => {}
            Ok(Outcome::Done(purpose, answer)) => self.learn(cycle, header, purpose, &answer),
            Err(violation) => self.violations.add(cycle, violation),
        }
    }

    /// Draws conclusions from an answered configuration request of the card.
    fn learn(&mut self, cycle: u64, header: &CompletionHeader, purpose: Purpose, answer: &Answer) {
        match purpose {
            Purpose::ConfigRead { target, offset } if target == self.config.device => {
                if answer.is_ok() {
                    self.device.saw_read(offset, value_or_ones(answer));
                }
            }
            Purpose::ConfigWrite {
                target,
                offset,
                value,
                enables,
            } if target == self.config.device => {
                if answer.is_ok() {
                    self.device.write_done(offset, value, enables);
                }
            }
            _ => return,
        }
        if let Some(expected) = self.device.id.filter(|id| *id != header.completer) {
            let (got, expected) = (header.completer.bits().into(), expected.bits().into());
            let tag = header.tag;
            let kind = ViolationKind::WrongCompletion {
                tag,
                field: "completer",
                got,
                expected,
            };
            self.violations.add(cycle, kind);
        }
    }
}
