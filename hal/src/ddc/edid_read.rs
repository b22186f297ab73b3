//! Reading a monitor's EDID: segments, retries, recovery.
//!
//! Source: VESA E-DDC 1.2 sections 2.2.5 (segment pointer) and 6.2; the EDID itself is judged by [`crate::edid`].

use embedded_hal::delay::DelayNs;

use crate::bus::Bus;
use crate::ddc::{DdcError, DdcI2c};
use crate::edid::{BLOCK_BYTES, Block, HEADER, checksum, header_score};

/// Address of the EDID.
pub const EDID_ADDRESS: u8 = 0x50;
/// Address of the segment pointer, which chooses 256 bytes until the next stop condition.
pub const SEGMENT_ADDRESS: u8 = 0x30;

/// How stubbornly a block is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ReadPolicy {
    /// Attempts for each block, 1 or more (0 counts as 1).
    pub attempts: u8,
    /// Pause before another attempt: a monitor that wakes up needs it. Units: us.
    pub pause_us: u32,
}

impl Default for ReadPolicy {
    /// Four attempts, 2 ms apart.
    fn default() -> Self {
        Self {
            attempts: 4,
            pause_us: 2_000,
        }
    }
}

/// What reading brought.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct EdidRead {
    /// Bytes at the front of the buffer, a multiple of 128.
    pub length: usize,
    /// Attempts beyond the first, over all blocks.
    pub retries: u32,
    /// Blocks whose checksum stayed wrong; they are in the buffer all the same.
    pub bad_blocks: u32,
}

impl<B: Bus, D: DelayNs> DdcI2c<B, D> {
    /// Reads the EDID to the front of `into`: as many blocks as the base block promises and the buffer holds.
    ///
    /// A block with a wrong checksum is read again and kept as it is when that does not help; an extension that cannot be
    /// read ends the EDID. A data line that a monitor holds is freed first.
    ///
    /// # Errors
    /// That of the last attempt at the base block; [`DdcError::EmptyRead`] when the buffer has no room for it.
    pub fn read_edid(&mut self, into: &mut [u8], policy: ReadPolicy) -> Result<EdidRead, DdcError> {
        let (blocks, _) = into.as_chunks_mut::<BLOCK_BYTES>();
        let Some((base, extensions)) = blocks.split_first_mut() else {
            return Err(DdcError::EmptyRead);
        };
        let mut read = EdidRead::default();
        self.read_block_stubbornly(0, base, policy, &mut read)?;
        let promised = usize::from(base[126]);
        for (index, block) in (1..=u8::MAX).zip(extensions.iter_mut().take(promised)) {
            if self
                .read_block_stubbornly(index, block, policy, &mut read)
                .is_err()
            {
                break;
            }
            // A monitor without segments starts over with its base block.
            if block.starts_with(&HEADER) {
                read.length -= BLOCK_BYTES;
                break;
            }
        }
        Ok(read)
    }

    fn read_block_stubbornly(
        &mut self,
        index: u8,
        into: &mut Block,
        policy: ReadPolicy,
        read: &mut EdidRead,
    ) -> Result<(), DdcError> {
        let mut outcome = Err(DdcError::NoAddress);
        for attempt in 0..policy.attempts.max(1) {
            if attempt != 0 {
                read.retries = read.retries.saturating_add(1);
                self.delay.delay_us(policy.pause_us);
            }
            outcome = self.read_block(index, into);
            match outcome {
                Ok(()) if is_sound(index, into) => break,
                Err(DdcError::Gone) => return outcome,
                // Whether this helped is seen by the next attempt.
                Err(DdcError::ArbitrationLost) => drop(self.recover()),
                _ => {}
            }
        }
        outcome?;
        read.length = read.length.saturating_add(BLOCK_BYTES);
        read.bad_blocks = read
            .bad_blocks
            .saturating_add(u32::from(checksum(into) != 0));
        Ok(())
    }

    /// Reads one block of the EDID once; the segment pointer is sent for blocks from the third on.
    ///
    /// # Errors
    /// [`DdcError`]; the buffer then holds what was read before.
    pub fn read_block(&mut self, index: u8, into: &mut Block) -> Result<(), DdcError> {
        let outcome = self.block_transaction(index, into);
        self.finish(outcome)
    }

    fn block_transaction(&mut self, index: u8, into: &mut Block) -> Result<(), DdcError> {
        let (segment, offset) = (index / 2, (index % 2) << 7);
        if segment != 0 {
            self.start(SEGMENT_ADDRESS, false)?;
            self.write_byte(segment)?;
        }
        self.start(EDID_ADDRESS, false)?;
        self.write_byte(offset)?;
        self.start(EDID_ADDRESS, true)?;
        for (place, index) in into.iter_mut().zip(1..) {
            *place = self.read_byte(index == BLOCK_BYTES)?;
        }
        Ok(())
    }
}

fn is_sound(index: u8, block: &Block) -> bool {
    checksum(block) == 0 && (index != 0 || usize::from(header_score(block)) == HEADER.len())
}
