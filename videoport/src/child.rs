//! Children: what hangs on the card (monitors), as the miniport describes it.
//!
//! The port walks `HwVidGetVideoChildDescriptor` once after the device was started and again after every
//! `VideoPortEnumerateChildren`: indices 1, 2, … until the miniport says that there are no more. A child keeps its
//! [`Child`] handle and its device extension as long as it is found at the same index with the same type and id; one
//! that is not found any more is gone, its handle is stale.
//!
//! `VideoPortEnumerateChildren` may come from a DPC (hot plug), so it only asks; the walk runs under the device lock at
//! PASSIVE, at the end of the next request or [`VideoPort::poll`]. Index 0 (children named by ACPI) is never asked for:
//! the port knows no ACPI.
//!
//! Source: `HwVidGetVideoChildDescriptor`, `VIDEO_CHILD_ENUM_INFO`, `VideoPortEnumerateChildren`,
//! `VideoPortGetAssociatedDeviceExtension`, `VideoPortGetAssociatedDeviceID`.

use crate::address::VirtAddr;
use crate::guarded::Guarded;
use crate::handle::{Table, handle};
use crate::irql::PASSIVE_LEVEL;
use crate::limits::{CHILD_DESCRIPTOR_BYTES, CHILD_WALK, CHILDREN};
use crate::miniport::EntryPoints;
use crate::platform::{LogLevel, LogRecord, Platform};
use crate::port::VideoPort;
use crate::services::Service;
use crate::status::VpStatus;
use crate::strict::FindingKind;
use crate::types::DISPLAY_ADAPTER_HW_ID;

handle!(
    /// A child device (its `DeviceObject` in the contract).
    Child,
    6
);

/// `VIDEO_INVALID_CHILD_ID`: the id of what is no child.
pub const INVALID_CHILD_ID: u32 = 0xFFFF_FFFF;

/// What a child is (`VIDEO_CHILD_TYPE`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub enum ChildType {
    /// A monitor; the descriptor is its EDID.
    Monitor = 1,
    /// Another chip behind this one.
    NonPrimaryChip = 2,
    /// The adapter itself; no descriptor.
    VideoChip = 3,
    /// Anything else; the descriptor is a wide plug-and-play id.
    Other = 4,
}

impl ChildType {
    /// The type for a number, `None` for numbers the contract does not define.
    pub const fn from_raw(raw: u32) -> Option<Self> {
        Some(match raw {
            1 => Self::Monitor,
            2 => Self::NonPrimaryChip,
            3 => Self::VideoChip,
            4 => Self::Other,
            _ => return None,
        })
    }
}

/// What the miniport is asked (`VIDEO_CHILD_ENUM_INFO`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ChildQuery {
    /// Bytes the descriptor may take: [`CHILD_DESCRIPTOR_BYTES`].
    pub child_descriptor_size: u32,
    /// Which child: 1, 2, … until the miniport says stop.
    pub child_index: u32,
    /// The id ACPI gave it: always 0 here.
    pub acpi_hw_id: u32,
    /// The child's zeroed device extension; null when none was asked for at registration.
    pub child_hw_device_extension: VirtAddr,
}

/// What the miniport answers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ChildAnswer {
    /// Kind of child.
    pub child_type: ChildType,
    /// The miniport's number for it, unique among its children.
    pub uid: u32,
    /// EDID or wide plug-and-play id; zeroed before the call, meaning depends on the type.
    pub descriptor: [u8; CHILD_DESCRIPTOR_BYTES],
}

impl ChildAnswer {
    const EMPTY: Self = Self {
        child_type: ChildType::Other,
        uid: INVALID_CHILD_ID,
        descriptor: [0; CHILD_DESCRIPTOR_BYTES],
    };
}

/// One child, without its descriptor.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ChildInfo {
    /// Its handle.
    pub child: Child,
    /// Kind of child.
    pub child_type: ChildType,
    /// The miniport's number for it.
    pub uid: u32,
    /// Where the walk found it.
    pub child_index: u32,
    /// Its device extension, null without one.
    pub extension: VirtAddr,
}

struct ChildEntry {
    child_type: ChildType,
    uid: u32,
    child_index: u32,
    extension: VirtAddr,
    descriptor: [u8; CHILD_DESCRIPTOR_BYTES],
    /// Seen by the walk that runs.
    seen: bool,
}

/// All children of a device.
pub(crate) struct ChildState {
    table: Table<Child, ChildEntry, CHILDREN>,
    asked: bool,
    walking: bool,
    walk_count: u32,
}

impl ChildState {
    pub(crate) fn new() -> Guarded<Self> {
        Guarded::new(Self {
            table: Table::new(),
            asked: false,
            walking: false,
            walk_count: 0,
        })
    }

    fn at_index(&mut self, child_index: u32) -> Option<(Child, &mut ChildEntry)> {
        self.table
            .iter_mut()
            .find(|(_, entry)| entry.child_index == child_index)
    }

    /// Takes out a child the walk did not see.
    fn take_unseen(&mut self) -> Option<ChildEntry> {
        let (child, _) = self.table.iter_mut().find(|(_, entry)| !entry.seen)?;
        self.table.remove(child).ok()
    }
}

impl<P: Platform> VideoPort<'_, P> {
    /// `VideoPortEnumerateChildren`: the children will be asked for anew, every time this is called. `<= DISPATCH`.
    pub fn enumerate_children(&self) -> VpStatus {
        if !self.enter(Service::EnumerateChildren) {
            return VpStatus::ERROR_INVALID_PARAMETER;
        }
        self.children.with(|state| state.asked = true);
        VpStatus::NO_ERROR
    }

    /// How many walks were made: changes when the list of children may have changed.
    pub fn child_walk_count(&self) -> u32 {
        self.children.with(|state| state.walk_count)
    }

    /// The `index`-th child now present, counted from 0.
    pub fn child(&self, index: usize) -> Option<ChildInfo> {
        self.children.with(|state| {
            let (child, entry) = state.table.iter_mut().nth(index)?;
            Some(ChildInfo {
                child,
                child_type: entry.child_type,
                uid: entry.uid,
                child_index: entry.child_index,
                extension: entry.extension,
            })
        })
    }

    /// Copies a child's descriptor (a monitor's EDID) to the front of `into`. False for what is no child.
    pub fn child_descriptor(&self, child: Child, into: &mut [u8]) -> bool {
        self.children.with(|state| {
            let Ok(entry) = state.table.get_mut(child) else {
                return false;
            };
            for (place, byte) in into.iter_mut().zip(entry.descriptor) {
                *place = byte;
            }
            true
        })
    }

    /// `VideoPortGetAssociatedDeviceExtension`: the device extension of the adapter the child hangs on. PASSIVE.
    ///
    /// Null for what is no child of this device.
    pub fn get_associated_device_extension(&self, child: Child) -> VirtAddr {
        let service = Service::GetAssociatedDeviceExtension;
        if !self.enter(service) {
            return VirtAddr::NULL;
        }
        match self
            .children
            .with(|state| state.table.get_mut(child).map(|_| ()))
        {
            Ok(()) => self.device_extension(),
            Err(error) => {
                self.bad_handle(service, error, child.raw());
                VirtAddr::NULL
            }
        }
    }

    /// `VideoPortGetAssociatedDeviceID`: the number the miniport gave the child. PASSIVE.
    ///
    /// [`INVALID_CHILD_ID`] for what is no child of this device.
    pub fn get_associated_device_id(&self, child: Child) -> u32 {
        let service = Service::GetAssociatedDeviceID;
        if !self.enter(service) {
            return INVALID_CHILD_ID;
        }
        match self
            .children
            .with(|state| state.table.get_mut(child).map(|entry| entry.uid))
        {
            Ok(uid) => uid,
            Err(error) => {
                self.bad_handle(service, error, child.raw());
                INVALID_CHILD_ID
            }
        }
    }

    /// Work that waits for PASSIVE and a free device lock: a walk that was asked for.
    pub(crate) fn passive_work(&self) {
        if self.platform.irql() != PASSIVE_LEVEL || self.holds_device_lock() || !self.is_started() {
            return;
        }
        let start = self.children.with(|state| {
            let start = state.asked && !state.walking;
            if start {
                state.asked = false;
                state.walking = true;
            }
            start
        });
        if start {
            self.walk_children();
            self.children.with(|state| {
                state.walking = false;
                state.walk_count = state.walk_count.wrapping_add(1);
            });
        }
    }

    /// Asks for a walk if the miniport can answer one.
    pub(crate) fn ask_for_children(&self) {
        if self.registered().contains(EntryPoints::CHILD_DESCRIPTOR) {
            self.children.with(|state| state.asked = true);
        }
    }

    /// A walk before `FindAdapter`, for a miniport that said it bears one.
    pub(crate) fn walk_children_early(&self) {
        self.walk(true);
        self.children
            .with(|state| state.walk_count = state.walk_count.wrapping_add(1));
    }

    fn walk_children(&self) {
        self.walk(false);
    }

    fn walk(&self, early: bool) {
        if !self.registered().contains(EntryPoints::CHILD_DESCRIPTOR) {
            return;
        }
        let walked = self.with_device_lock(Service::ChildDescriptor, || {
            // The device may have been removed while this thread waited for the lock.
            if !early && !self.is_started() {
                return;
            }
            self.children.with(|state| {
                for (_, entry) in state.table.iter_mut() {
                    entry.seen = false;
                }
            });
            for child_index in 1..=CHILD_WALK {
                if !self.ask_for_child(child_index) {
                    break;
                }
            }
            self.drop_unseen_children();
        });
        if let Err(error) = walked {
            self.platform.log(&LogRecord {
                level: LogLevel::Warning,
                code: VpStatus::from(error).0,
                unique_id: 0,
                message: format_args!("{}: children were not asked for", self.slot),
            });
        }
    }

    /// Asks for one child. False: there are no more.
    fn ask_for_child(&self, child_index: u32) -> bool {
        let known = self.children.with(|state| {
            state
                .at_index(child_index)
                .map(|(_, entry)| entry.extension)
        });
        let extension = match known {
            Some(extension) => extension,
            None => match self.allocate_extension(self.child_extension_bytes()) {
                Some(extension) => extension,
                None => return false,
            },
        };
        let query = ChildQuery {
            child_descriptor_size: CHILD_DESCRIPTOR_BYTES as u32,
            child_index,
            acpi_hw_id: 0,
            child_hw_device_extension: extension,
        };
        let mut answer = ChildAnswer::EMPTY;
        let status = self.call_out(Service::ChildDescriptor, || {
            self.miniport
                .get_video_child_descriptor(self, &query, &mut answer)
        });
        if !matches!(
            status,
            VpStatus::ERROR_CONTINUE
                | VpStatus::ERROR_INVALID_NAME
                | VpStatus::ERROR_NO_MORE_DEVICES
        ) {
            let value = u64::from(status.0);
            self.note(Service::ChildDescriptor, FindingKind::WrongAnswer, value);
        }
        let kept = status == VpStatus::ERROR_CONTINUE
            && answer.child_type != ChildType::VideoChip
            && answer.uid != DISPLAY_ADAPTER_HW_ID
            && self.keep_child(child_index, extension, &answer);
        if !kept && known.is_none() {
            self.free_extension_block(extension);
        }
        matches!(
            status,
            VpStatus::ERROR_CONTINUE | VpStatus::ERROR_INVALID_NAME
        )
    }

    /// Enters a child, or renews the one of this index if it is the same. False: the table is full.
    fn keep_child(&self, child_index: u32, extension: VirtAddr, answer: &ChildAnswer) -> bool {
        self.children.with(|state| {
            if let Some((child, entry)) = state.at_index(child_index) {
                if entry.child_type == answer.child_type && entry.uid == answer.uid {
                    entry.descriptor = answer.descriptor;
                    entry.seen = true;
                    return true;
                }
                // Another device in the same place: a new handle. The extension was handed to the miniport for it.
                let _ = state.table.remove(child);
            }
            let entry = ChildEntry {
                child_type: answer.child_type,
                uid: answer.uid,
                child_index,
                extension,
                descriptor: answer.descriptor,
                seen: true,
            };
            state.table.insert(entry).is_ok()
        })
    }

    fn drop_unseen_children(&self) {
        while let Some(gone) = self.children.with(ChildState::take_unseen) {
            self.free_extension_block(gone.extension);
        }
    }

    /// Forgets all children; for removal.
    pub(crate) fn tear_down_children(&self) {
        self.children.with(|state| {
            state.asked = false;
            for (_, entry) in state.table.iter_mut() {
                entry.seen = false;
            }
        });
        self.drop_unseen_children();
    }
}
