//! Further views of one card: `VideoPortCreateSecondaryDisplay`.
//!
//! A secondary display is a device extension of its own behind the same card, interrupt and device lock. It is opened
//! and gets requests like the primary; [`RequestPacket::display`](crate::RequestPacket::display) says which view a
//! request is for.
//!
//! Source: `VideoPortCreateSecondaryDisplay`.

use crate::address::VirtAddr;
use crate::guarded::Guarded;
use crate::limits::SECONDARY_DISPLAYS;
use crate::miniport::{DisplayIdx, RequestPacket, StatusBlock};
use crate::platform::Platform;
use crate::port::{Phase, VideoPort};
use crate::services::Service;
use crate::status::VpStatus;
use crate::strict::FindingKind;

/// `VIDEO_DUALVIEW_REMOVABLE`: the view may go away. The only flag a miniport may pass.
pub const DUALVIEW_REMOVABLE: u32 = 1;

/// A secondary display.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SecondaryDisplay {
    /// Its number, from 1.
    pub display: DisplayIdx,
    /// Its zeroed device extension; null when none was asked for at registration.
    pub extension: VirtAddr,
    /// It may go away.
    pub removable: bool,
}

#[derive(Clone, Copy)]
struct Entry {
    view: SecondaryDisplay,
    opened: bool,
}

/// All secondary displays of a device.
pub(crate) struct SecondaryState {
    entries: heapless::Vec<Entry, SECONDARY_DISPLAYS>,
}

impl SecondaryState {
    pub(crate) const fn new() -> Guarded<Self> {
        Guarded::new(Self {
            entries: heapless::Vec::new(),
        })
    }

    fn get_mut(&mut self, display: DisplayIdx) -> Option<&mut Entry> {
        self.entries
            .iter_mut()
            .find(|entry| entry.view.display == display)
    }
}

impl<P: Platform> VideoPort<'_, P> {
    /// `VideoPortCreateSecondaryDisplay`: one more view of the card. PASSIVE, while the device starts or later.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` for flags other than 0 and [`DUALVIEW_REMOVABLE`],
    /// `ERROR_NOT_ENOUGH_MEMORY` when there are three already or the extension cannot be allocated,
    /// `ERROR_DEV_NOT_EXIST` after removal.
    pub fn create_secondary_display(&self, flags: u32) -> Result<SecondaryDisplay, VpStatus> {
        let service = Service::CreateSecondaryDisplay;
        let entered = self.enter(service);
        if self.phase() == Phase::Removed {
            return Err(VpStatus::ERROR_DEV_NOT_EXIST);
        }
        if !entered {
            return Err(VpStatus::ERROR_INVALID_PARAMETER);
        }
        if flags & !DUALVIEW_REMOVABLE != 0 {
            self.note(service, FindingKind::WrongArguments, u64::from(flags));
            return Err(VpStatus::ERROR_INVALID_PARAMETER);
        }
        let no_room = VpStatus::ERROR_NOT_ENOUGH_MEMORY;
        let extension = self
            .allocate_extension(self.device_extension_bytes())
            .ok_or(no_room)?;
        let entered = self.secondary.with(|state| {
            let number = u8::try_from(state.entries.len() + 1).ok()?;
            let view = SecondaryDisplay {
                display: DisplayIdx(number),
                extension,
                removable: flags & DUALVIEW_REMOVABLE != 0,
            };
            let entry = Entry {
                view,
                opened: false,
            };
            state.entries.push(entry).ok().map(|()| view)
        });
        entered.ok_or_else(|| {
            self.free_extension_block(extension);
            no_room
        })
    }

    /// A secondary display by its number.
    pub fn secondary_display(&self, display: DisplayIdx) -> Option<SecondaryDisplay> {
        self.secondary
            .with(|state| state.get_mut(display).map(|entry| entry.view))
    }

    /// How many secondary displays there are.
    pub fn secondary_display_count(&self) -> usize {
        self.secondary.with(|state| state.entries.len())
    }

    /// The device extension behind a view: the device's own for the primary. Null for a view that does not exist.
    pub fn display_extension(&self, display: DisplayIdx) -> VirtAddr {
        if display == DisplayIdx::PRIMARY {
            self.device_extension()
        } else {
            self.secondary_display(display)
                .map_or(VirtAddr::NULL, |view| view.extension)
        }
    }

    /// Opens a view: [`VideoPort::open`] for the primary; the miniport's `HwVidInitialize` for a secondary one, once.
    ///
    /// `ERROR_DEV_NOT_EXIST` for a view that does not exist, before the primary was opened, or when the miniport fails.
    pub fn open_display(&self, display: DisplayIdx) -> VpStatus {
        if display == DisplayIdx::PRIMARY {
            return self.open();
        }
        if self.phase() != Phase::Opened {
            return VpStatus::ERROR_DEV_NOT_EXIST;
        }
        let status = self.under_lock(Service::Initialize, || {
            let state = self
                .secondary
                .with(|state| state.get_mut(display).map(|entry| entry.opened));
            match state {
                Some(true) => VpStatus::NO_ERROR,
                Some(false)
                    if self.call_initialize(|| self.miniport.initialize_display(self, display)) =>
                {
                    self.secondary.with(|state| {
                        if let Some(entry) = state.get_mut(display) {
                            entry.opened = true;
                        }
                    });
                    VpStatus::NO_ERROR
                }
                Some(false) | None => VpStatus::ERROR_DEV_NOT_EXIST,
            }
        });
        self.deliver();
        self.passive_work();
        status
    }

    /// Sends one request to a view, as [`VideoPort::io_control`] does to the primary.
    pub fn io_control_on(
        &self,
        display: DisplayIdx,
        io_control_code: u32,
        buffer: &mut [u8],
        input_length_bytes: usize,
    ) -> StatusBlock {
        let mut packet = RequestPacket::new(io_control_code, buffer, input_length_bytes);
        packet.display = display;
        self.submit(&mut packet);
        packet.status_block
    }

    /// Whether requests for a view are served.
    pub(crate) fn display_is_open(&self, display: DisplayIdx) -> bool {
        self.phase() == Phase::Opened
            && (display == DisplayIdx::PRIMARY
                || self
                    .secondary
                    .with(|state| state.get_mut(display).is_some_and(|entry| entry.opened)))
    }

    pub(crate) fn tear_down_secondary_displays(&self) {
        while let Some(entry) = self.secondary.with(|state| state.entries.pop()) {
            self.free_extension_block(entry.view.extension);
        }
    }
}
