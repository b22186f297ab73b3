//! A function served by another process over vfio-user: the driver's process is the client, there is no kernel and no machine between.

use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use vfio_bindings::bindings::vfio::{
    VFIO_IRQ_SET_ACTION_TRIGGER, VFIO_IRQ_SET_DATA_EVENTFD, VFIO_IRQ_SET_DATA_NONE,
    VFIO_PCI_CONFIG_REGION_INDEX, VFIO_PCI_MSI_IRQ_INDEX,
};
use vfio_user::Client;
use vmm_sys_util::eventfd::{EFD_NONBLOCK, EventFd};

use crate::arena::Arena;
use crate::error::HostError;
use crate::function::PciFunction;

/// See the module's text.
pub struct SocketFunction {
    path: PathBuf,
    client: Mutex<Client>,
    bars: [u64; 6],
    interrupt: EventFd,
    /// The server went away; nothing is asked of it any more.
    gone: AtomicBool,
}

impl SocketFunction {
    /// Connects to the server at `path`. Waits while another client is being served.
    ///
    /// # Errors
    /// [`HostError::Socket`] or [`HostError::System`].
    pub fn connect(path: &Path) -> Result<Self, HostError> {
        let client = Client::new(path).map_err(|source| HostError::Socket {
            what: "connecting",
            source,
        })?;
        let interrupt = EventFd::new(EFD_NONBLOCK).map_err(|source| HostError::System {
            what: "an eventfd cannot be made",
            source,
        })?;
        let mut bars = [0; 6];
        for (bar, bytes) in bars.iter_mut().enumerate() {
            *bytes = client.region(bar as u32).map_or(0, |region| region.size);
        }
        Ok(Self {
            path: path.to_path_buf(),
            client: Mutex::new(client),
            bars,
            interrupt,
            gone: AtomicBool::new(false),
        })
    }

    fn read(&self, region: u32, offset: u64, into: &mut [u8]) {
        let answered = !self.gone.load(Ordering::SeqCst)
            && self.keep(&self.client.lock().region_read(region, offset, into));
        if !answered {
            into.fill(0xFF);
        }
    }

    fn write(&self, region: u32, offset: u64, bytes: &[u8]) {
        if !self.gone.load(Ordering::SeqCst) {
            self.keep(&self.client.lock().region_write(region, offset, bytes));
        }
    }

    /// Notes a server that went away: the protocol has no way back from a broken stream.
    fn keep(&self, outcome: &Result<(), vfio_user::Error>) -> bool {
        if outcome.is_err() {
            self.gone.store(true, Ordering::SeqCst);
        }
        outcome.is_ok()
    }

    fn ask(
        &self,
        what: &'static str,
        act: impl FnOnce(&mut Client) -> Result<(), vfio_user::Error>,
    ) -> Result<(), HostError> {
        act(&mut self.client.lock()).map_err(|source| HostError::Socket { what, source })
    }
}

impl PciFunction for SocketFunction {
    fn describe(&self) -> String {
        format!("vfio-user at {}", self.path.display())
    }

    fn config_read(&self, offset: u16) -> u32 {
        let mut bytes = [0; 4];
        self.read(VFIO_PCI_CONFIG_REGION_INDEX, offset.into(), &mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn config_write(&self, offset: u16, value: u32) {
        let region = VFIO_PCI_CONFIG_REGION_INDEX;
        self.write(region, offset.into(), &value.to_le_bytes());
    }

    fn bar_bytes(&self, bar: u8) -> u64 {
        self.bars.get(usize::from(bar)).copied().unwrap_or(0)
    }

    fn bar_read(&self, bar: u8, offset: u64, into: &mut [u8]) {
        self.read(bar.into(), offset, into);
    }

    fn bar_write(&self, bar: u8, offset: u64, bytes: &[u8]) {
        self.write(bar.into(), offset, bytes);
    }

    fn is_placed(&self) -> bool {
        false
    }

    fn dma_map(
        &self,
        arena: &Arena,
        offset: u64,
        address: u64,
        len_bytes: u64,
    ) -> Result<(), HostError> {
        let file = arena
            .file()
            .ok_or(HostError::Missing("file behind its memory"))?;
        let file = file.as_raw_fd();
        self.ask("mapping memory for the card", |client| {
            client.dma_map(offset, address, len_bytes, file)
        })
    }

    fn dma_unmap(&self, address: u64, len_bytes: u64) -> Result<(), HostError> {
        self.ask("taking memory from the card", |client| {
            client.dma_unmap(address, len_bytes)
        })
    }

    fn interrupts_on(&self) -> Result<bool, HostError> {
        let flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
        let eventfd = self.interrupt.as_raw_fd();
        self.ask("asking for interrupts", |client| {
            client.set_irqs(VFIO_PCI_MSI_IRQ_INDEX, flags, 0, 1, &[eventfd])
        })?;
        Ok(true)
    }

    fn interrupts_off(&self) {
        let flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER;
        // A server that is gone sends none either.
        let _ = self.ask("declining interrupts", |client| {
            client.set_irqs(VFIO_PCI_MSI_IRQ_INDEX, flags, 0, 0, &[])
        });
        while self.take_interrupt() {}
    }

    fn take_interrupt(&self) -> bool {
        // Reading takes all that came since: the driver looks at the card's pending bits, not at their number.
        self.interrupt.read().is_ok()
    }

    fn reset(&self) -> Result<(), HostError> {
        self.ask("resetting", Client::reset)
    }
}
