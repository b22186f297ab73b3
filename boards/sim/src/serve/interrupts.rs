//! Interrupts towards the client: its eventfds, signalled by the card's messages.
//!
//! Rules of VFIO's interrupt interface (`linux/vfio.h`, `VFIO_DEVICE_SET_IRQS`): MSI vectors are edges; the INTx wire is a level that
//! masks itself when it is signalled and is signalled again on unmasking while the card still asserts it.

use std::fs::File;
use std::io::{Error, ErrorKind, Result, Write};

use parking_lot::Mutex;
use vfio_bindings::bindings::vfio::{
    VFIO_IRQ_INFO_AUTOMASKED, VFIO_IRQ_INFO_EVENTFD, VFIO_IRQ_INFO_MASKABLE,
    VFIO_IRQ_INFO_NORESIZE, VFIO_IRQ_SET_ACTION_MASK, VFIO_IRQ_SET_ACTION_TRIGGER,
    VFIO_IRQ_SET_ACTION_UNMASK, VFIO_IRQ_SET_DATA_EVENTFD, VFIO_PCI_INTX_IRQ_INDEX,
    VFIO_PCI_MSI_IRQ_INDEX, VFIO_PCI_NUM_IRQS,
};
use vfio_user::IrqInfo;

use crate::board::Board;
use crate::root_complex::{ConfigAccess, Enumerated, RequestError};

/// Most vectors of an MSI capability.
const MSI_VECTORS_MAX: usize = 32;
const CAPABILITY_MSI: u8 = 0x05;

/// Vectors that the card asks for: the Multiple Message Capable field of its MSI capability (PCI Local Bus 3.0, section 6.8.1.3).
pub(super) fn msi_vectors(
    board: &mut Board,
    card: &Enumerated,
) -> std::result::Result<u32, RequestError> {
    let found = card
        .capabilities
        .iter()
        .find(|(id, _)| *id == CAPABILITY_MSI);
    let Some((_, base)) = found else { return Ok(0) };
    let control = ConfigAccess::config_read(board, card.target, *base)? >> 16;
    Ok(1 << (control >> 1 & 7))
}

/// The table of interrupts that a client is told.
pub(super) fn irq_table(msi_vectors: u32) -> Vec<IrqInfo> {
    (0..VFIO_PCI_NUM_IRQS)
        .map(|index| match index {
            VFIO_PCI_INTX_IRQ_INDEX => IrqInfo {
                index,
                flags: VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED,
                count: 1,
            },
            VFIO_PCI_MSI_IRQ_INDEX => IrqInfo {
                index,
                flags: VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE,
                count: msi_vectors,
            },
            _ => IrqInfo {
                index,
                flags: VFIO_IRQ_INFO_EVENTFD,
                count: 0,
            },
        })
        .collect()
}

#[derive(Default)]
struct State {
    msi: Vec<Option<File>>,
    intx: Option<File>,
    intx_masked: bool,
    intx_level: bool,
    /// Messages that nobody had asked for.
    unheard: u64,
}

/// See the module's text.
#[derive(Default)]
pub(super) struct Interrupts {
    state: Mutex<State>,
}

impl Interrupts {
    /// What a client asks for in one request.
    pub(super) fn set(
        &self,
        index: u32,
        flags: u32,
        start: u32,
        count: u32,
        files: Vec<File>,
    ) -> Result<()> {
        let mut state = self.state.lock();
        match index {
            VFIO_PCI_INTX_IRQ_INDEX => state.set_intx(flags, count, files),
            VFIO_PCI_MSI_IRQ_INDEX => state.set_msi(flags, start, count, files),
            // The card raises no other kind; switching one off is fine.
            _ if count == 0 => Ok(()),
            _ => Err(Error::new(ErrorKind::InvalidInput, "no such interrupt")),
        }
    }

    /// An interrupt message of the card arrived for this vector. Whether the client hears it.
    pub(super) fn message(&self, vector: usize) -> bool {
        let mut state = self.state.lock();
        let heard = state.msi.get(vector).and_then(Option::as_ref);
        heard.inspect(|file| signal(file));
        let is_heard = heard.is_some();
        state.unheard += u64::from(!is_heard);
        is_heard
    }

    /// The card's interrupt wire is at this level. Whether the client is told of it now.
    pub(super) fn wire(&self, level: bool) -> bool {
        let mut state = self.state.lock();
        state.intx_level = level;
        state.raise_intx()
    }

    /// The client is gone.
    pub(super) fn forget(&self) {
        *self.state.lock() = State::default();
    }
}

impl State {
    fn set_msi(&mut self, flags: u32, start: u32, count: u32, files: Vec<File>) -> Result<()> {
        let wrong = || {
            Error::new(
                ErrorKind::InvalidInput,
                "vectors that the card does not have",
            )
        };
        if flags & VFIO_IRQ_SET_ACTION_TRIGGER == 0 {
            return Ok(()); // MSI cannot be masked here, and the table says so
        }
        let (start, count) = (start as usize, count as usize);
        let end = start.checked_add(count).ok_or_else(wrong)?;
        if end > MSI_VECTORS_MAX {
            return Err(wrong());
        }
        if count == 0 {
            self.msi.clear();
            return Ok(());
        }
        if flags & VFIO_IRQ_SET_DATA_EVENTFD == 0 {
            // A trigger by hand, as a test of the path.
            let chosen = self.msi.iter().skip(start).take(count).flatten();
            chosen.for_each(signal);
            return Ok(());
        }
        if self.msi.len() < end {
            self.msi.resize_with(end, || None);
        }
        let mut files = files.into_iter();
        for slot in &mut self.msi[start..end] {
            *slot = files.next();
        }
        Ok(())
    }

    fn set_intx(&mut self, flags: u32, count: u32, files: Vec<File>) -> Result<()> {
        if count > 1 {
            return Err(Error::new(ErrorKind::InvalidInput, "there is one wire"));
        }
        if flags & VFIO_IRQ_SET_ACTION_MASK != 0 {
            self.intx_masked = true;
        } else if flags & VFIO_IRQ_SET_ACTION_UNMASK != 0 {
            self.intx_masked = false;
        } else if flags & VFIO_IRQ_SET_DATA_EVENTFD != 0 || count == 0 {
            self.intx = files.into_iter().next();
            self.intx_masked = false;
        } else if let Some(file) = &self.intx {
            signal(file);
        }
        self.raise_intx();
        Ok(())
    }

    fn raise_intx(&mut self) -> bool {
        let due = self.intx_level && !self.intx_masked;
        let Some(file) = self.intx.as_ref().filter(|_| due) else {
            return false;
        };
        signal(file);
        self.intx_masked = true;
        true
    }
}

/// Adds one to an eventfd's counter. A client that closed its end loses interrupts and nothing else.
fn signal(mut file: &File) {
    let _ = file.write_all(&1_u64.to_ne_bytes());
}
