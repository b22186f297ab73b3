//! A card in Rust: configuration space only, answering through real packets.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use pcie_tlp::{CompletionHeader, CompletionStatus, FunctionId, Header, Tlp};

use super::super::{ConfigAccess, RequestError, RootComplex, RootComplexConfig, Token};
use super::CARD;
use crate::host_memory::{HostMemory, HostMemoryConfig};

pub(super) struct FakeCard {
    pub(super) root: RootComplex,
    rx: VecDeque<crate::engine::RxBeat>,
    /// Value and writable bits of each register.
    registers: BTreeMap<u16, (u32, u32)>,
    cycle: u64,
}

impl FakeCard {
    pub(super) fn new() -> Self {
        let memory = HostMemory::new(HostMemoryConfig {
            pages: 1,
            ..Default::default()
        })
        .unwrap();
        let root = RootComplex::new(RootComplexConfig::default(), Arc::new(memory)).unwrap();
        let registers = [
            (0x00, 0x1111_1234, 0),
            (0x04, 0x0010_0000, 0x0000_0406),
            (0x08, 0x0380_0002, 0),
            (0x10, 0x0000_0008, 0xFFC0_0000),
            (0x18, 0x0000_0000, 0xFFFF_0000),
            (0x34, 0x0000_0040, 0),
            (0x40, 0x0003_4801, 0),
            (0x48, 0x0080_5805, 0x0001_0000),
            (0x4C, 0, 0xFFFF_FFFC),
            (0x50, 0, 0xFFFF_FFFF),
            (0x54, 0, 0x0000_FFFF),
            (0x58, 0x0002_0010, 0),
            (0x5C, 0x0000_8001, 0),
            (0x60, 0x0000_2810, 0x0000_70E0),
        ];
        let registers = registers
            .into_iter()
            .map(|(at, value, mask)| (at, (value, mask)))
            .collect();
        Self {
            root,
            rx: VecDeque::new(),
            registers,
            cycle: 0,
        }
    }

    pub(super) fn register(&self, offset: u16) -> u32 {
        self.registers.get(&offset).map_or(0, |(value, _)| *value)
    }

    /// Sends a packet from the card.
    pub(super) fn send(&mut self, tlp: &Tlp<'_>) {
        let mut words = vec![0; tlp.encoded_len()];
        tlp.emit(&mut words).unwrap();
        for (index, word) in words.iter().enumerate() {
            self.cycle += 1;
            self.root.on_tx(self.cycle, *word, index + 1 == words.len());
        }
    }

    fn wait(&mut self, token: Token) -> Result<Vec<u8>, RequestError> {
        loop {
            let step = self.root.pump(self.cycle, &mut self.rx);
            let words: Vec<u32> = self.rx.drain(..).map(|beat| beat.data).collect();
            if words.is_empty() {
                self.cycle = self.cycle.saturating_add(step);
            } else {
                self.answer(&words);
            }
            if let Some(answer) = self.root.poll(self.cycle, token) {
                return answer;
            }
        }
    }

    fn answer(&mut self, words: &[u32]) {
        let tlp = Tlp::parse(words).unwrap();
        let (request, data) = match tlp.header {
            Header::ConfigRead(request) => {
                (request, Some(self.register(request.offset).swap_bytes()))
            }
            Header::ConfigWrite(request) => {
                let mut mask = 0;
                for byte in 0..4 {
                    mask |= if request.first_be >> byte & 1 != 0 {
                        0xFF << (byte * 8)
                    } else {
                        0
                    };
                }
                if let Some((value, writable)) = self.registers.get_mut(&request.offset) {
                    let mask = mask & *writable;
                    *value = *value & !mask | tlp.payload[0].swap_bytes() & mask;
                }
                (request, None)
            }
            other => panic!("{other:?}"),
        };
        let known = request.target == CARD;
        let header = CompletionHeader {
            completer: request.target,
            status: if known {
                CompletionStatus::Successful
            } else {
                CompletionStatus::UnsupportedRequest
            },
            byte_count_modified: false,
            byte_count: 4,
            requester: request.requester,
            tag: request.tag,
            lower_address: 0,
        };
        let data: Vec<u32> = data.filter(|_| known).into_iter().collect();
        self.send(&Tlp::completion(header, &data));
    }
}

impl ConfigAccess for FakeCard {
    type Error = RequestError;

    fn config_read(&mut self, target: FunctionId, offset: u16) -> Result<u32, RequestError> {
        let token = self.root.config_read(self.cycle, target, offset)?;
        let bytes = self.wait(token)?;
        Ok(u32::from_le_bytes(bytes.try_into().unwrap()))
    }

    fn config_write(
        &mut self,
        target: FunctionId,
        offset: u16,
        value: u32,
        enables: u8,
    ) -> Result<(), RequestError> {
        let token = self
            .root
            .config_write(self.cycle, target, offset, value, enables)?;
        self.wait(token).map(|_| ())
    }
}
