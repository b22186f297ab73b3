//! The pool: blocks keep their bytes, share no memory, and wrong frees change nothing.

use lumenport_videoport::{PoolType, VirtAddr, VpStatus};

use crate::model::{Block, QUOTA_BYTES, TAG, World, at};

impl World<'_> {
    pub fn allocate_pool(&mut self, paged: bool, bytes: usize) {
        let refused = paged && self.too_high();
        let kind = if paged {
            PoolType::Paged
        } else {
            PoolType::NonPaged
        };
        if refused {
            assert_eq!(self.port.allocate_pool(kind, bytes, TAG), None);
            return;
        }
        let base = self.port.allocate_pool(kind, bytes, TAG).expect("memory");
        self.keep(base, bytes, paged, false);
    }

    pub fn allocate_buffer(&mut self, bytes: u32) {
        let refused = self.too_high();
        let answer = self.port.allocate_buffer(bytes);
        let live: u64 = self
            .blocks
            .iter()
            .filter(|block| block.counted)
            .map(|block| block.bytes as u64)
            .sum();
        if refused {
            assert!(answer.is_err());
        } else if live + u64::from(bytes) > QUOTA_BYTES {
            assert_eq!(answer, Err(VpStatus::ERROR_INSUFFICIENT_BUFFER));
        } else {
            self.keep(answer.expect("memory"), bytes as usize, true, true);
        }
    }

    pub fn keep(&mut self, base: VirtAddr, bytes: usize, paged: bool, counted: bool) {
        let overlaps = self.blocks.iter().any(|other| {
            base.raw() < other.base.raw() + other.bytes && other.base.raw() < base.raw() + bytes
        });
        assert!(!overlaps, "two blocks share memory");
        self.counter = self.counter.wrapping_add(1);
        let byte = self.counter;
        self.port
            .write_memory(base, &vec![byte; bytes])
            .expect("mapped");
        self.freed.retain(|freed| *freed != base);
        self.blocks.push(Block {
            base,
            bytes,
            paged,
            counted,
            byte,
        });
    }

    pub fn free(&mut self, pick: usize, other_pair: bool) {
        let Some(index) = at(pick, self.blocks.len()) else {
            return;
        };
        let (base, paged, by_buffer) = {
            let block = &self.blocks[index];
            (block.base, block.paged, block.counted != other_pair)
        };
        let mut bytes = vec![0; self.blocks[index].bytes];
        self.port.read_memory(base, &mut bytes).expect("mapped");
        let expected = self.blocks[index].byte;
        assert!(bytes.iter().all(|byte| *byte == expected), "damaged");
        let high = self.at_dispatch();
        let refused = if by_buffer {
            // PASSIVE only, and on a tolerant port the paged block is told about as well.
            self.findings += u32::from(high) + u32::from(high && paged && !self.strict);
            self.port.release_buffer(base);
            high && self.strict
        } else {
            self.findings += u32::from(high && paged);
            self.port.free_pool(base);
            high && paged && self.strict
        };
        if !refused {
            self.blocks.swap_remove(index);
            self.freed.push(base);
        }
    }

    pub fn free_again(&mut self, pick: usize) {
        if let Some(index) = at(pick, self.freed.len()) {
            // May lie inside a block that took its place.
            self.port.free_pool(self.freed[index]);
            self.findings += 1;
        }
    }

    pub fn free_inside(&mut self, pick: usize) {
        if let Some(index) = at(pick, self.blocks.len()) {
            let block = &self.blocks[index];
            if block.bytes > 1 {
                self.port
                    .free_pool(block.base.checked_add(1).expect("inside"));
                self.findings += 1;
            }
        }
    }
}
