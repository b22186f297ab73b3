//! Every documented code by name.

use super::code;

/// State of the adapter's power: in `VIDEO_POWER_MANAGEMENT`.
pub const SET_POWER_MANAGEMENT: u32 = code(0x11B);
/// The same: out `VIDEO_POWER_MANAGEMENT`.
pub const GET_POWER_MANAGEMENT: u32 = code(0x11C);
/// What the monitor's colours are: out [`ColorCapabilities`](super::ColorCapabilities).
pub const QUERY_COLOR_CAPABILITIES: u32 = code(0x11A);
/// Show the hardware pointer.
pub const ENABLE_POINTER: u32 = code(0x10E);
/// Hide the hardware pointer.
pub const DISABLE_POINTER: u32 = code(0x10F);
/// Set the pointer's shape: in `VIDEO_POINTER_ATTRIBUTES`, see [`PointerShape`](super::PointerShape).
pub const SET_POINTER_ATTR: u32 = code(0x110);
/// What was set: out `VIDEO_POINTER_ATTRIBUTES` without pixels.
pub const QUERY_POINTER_ATTR: u32 = code(0x111);
/// Move the pointer: in [`PointerPosition`](super::PointerPosition).
pub const SET_POINTER_POSITION: u32 = code(0x112);
/// Where it is: out [`PointerPosition`](super::PointerPosition).
pub const QUERY_POINTER_POSITION: u32 = code(0x113);
/// What pointers the card can show: out [`PointerCapabilities`](super::PointerCapabilities).
pub const QUERY_POINTER_CAPABILITIES: u32 = code(0x114);

/// The documented codes: function number, name after `IOCTL_VIDEO_`.
///
/// Source: `ntddvdeo.h`.
#[rustfmt::skip]
pub const DOCUMENTED: [(u32, &str); 54] = [
    (0x000, "ENABLE_VDM"), (0x001, "DISABLE_VDM"), (0x002, "REGISTER_VDM"),
    (0x003, "SET_OUTPUT_DEVICE_POWER_STATE"), (0x004, "GET_OUTPUT_DEVICE_POWER_STATE"),
    (0x005, "MONITOR_DEVICE"), (0x006, "ENUM_MONITOR_PDO"), (0x007, "INIT_WIN32K_CALLBACKS"),
    (0x008, "HANDLE_VIDEOPARAMETERS"), (0x009, "IS_VGA_DEVICE"), (0x00A, "USE_DEVICE_IN_SESSION"),
    (0x00B, "PREPARE_FOR_EARECOVERY"),
    (0x080, "SAVE_HARDWARE_STATE"), (0x081, "RESTORE_HARDWARE_STATE"),
    (0x100, "QUERY_AVAIL_MODES"), (0x101, "QUERY_NUM_AVAIL_MODES"), (0x102, "QUERY_CURRENT_MODE"),
    (0x103, "SET_CURRENT_MODE"), (0x104, "RESET_DEVICE"), (0x105, "LOAD_AND_SET_FONT"),
    (0x106, "SET_PALETTE_REGISTERS"), (0x107, "SET_COLOR_REGISTERS"), (0x108, "ENABLE_CURSOR"),
    (0x109, "DISABLE_CURSOR"), (0x10A, "SET_CURSOR_ATTR"), (0x10B, "QUERY_CURSOR_ATTR"),
    (0x10C, "SET_CURSOR_POSITION"), (0x10D, "QUERY_CURSOR_POSITION"), (0x10E, "ENABLE_POINTER"),
    (0x10F, "DISABLE_POINTER"), (0x110, "SET_POINTER_ATTR"), (0x111, "QUERY_POINTER_ATTR"),
    (0x112, "SET_POINTER_POSITION"), (0x113, "QUERY_POINTER_POSITION"),
    (0x114, "QUERY_POINTER_CAPABILITIES"), (0x115, "GET_BANK_SELECT_CODE"),
    (0x116, "MAP_VIDEO_MEMORY"), (0x117, "UNMAP_VIDEO_MEMORY"),
    (0x118, "QUERY_PUBLIC_ACCESS_RANGES"), (0x119, "FREE_PUBLIC_ACCESS_RANGES"),
    (0x11A, "QUERY_COLOR_CAPABILITIES"), (0x11B, "SET_POWER_MANAGEMENT"),
    (0x11C, "GET_POWER_MANAGEMENT"), (0x11D, "SHARE_VIDEO_MEMORY"), (0x11E, "UNSHARE_VIDEO_MEMORY"),
    (0x11F, "SET_COLOR_LUT_DATA"), (0x120, "GET_CHILD_STATE"),
    (0x121, "VALIDATE_CHILD_STATE_CONFIGURATION"), (0x122, "SET_CHILD_STATE_CONFIGURATION"),
    (0x123, "SWITCH_DUALVIEW"), (0x124, "SET_BANK_POSITION"),
    (0x125, "QUERY_SUPPORTED_BRIGHTNESS"), (0x126, "QUERY_DISPLAY_BRIGHTNESS"),
    (0x127, "SET_DISPLAY_BRIGHTNESS"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ioctl;

    #[test]
    fn constants_stand_in_the_list_under_their_names() {
        let function = |name| {
            let entry = DOCUMENTED.iter().find(|(_, known)| *known == name);
            entry.map(|(function, _)| code(*function))
        };
        for (name, value) in [
            ("QUERY_AVAIL_MODES", ioctl::QUERY_AVAIL_MODES),
            ("RESET_DEVICE", ioctl::RESET_DEVICE),
            ("SET_COLOR_REGISTERS", ioctl::SET_COLOR_REGISTERS),
            ("ENABLE_POINTER", ENABLE_POINTER),
            ("DISABLE_POINTER", DISABLE_POINTER),
            ("SET_POINTER_ATTR", SET_POINTER_ATTR),
            ("QUERY_POINTER_ATTR", QUERY_POINTER_ATTR),
            ("SET_POINTER_POSITION", SET_POINTER_POSITION),
            ("QUERY_POINTER_POSITION", QUERY_POINTER_POSITION),
            ("QUERY_POINTER_CAPABILITIES", QUERY_POINTER_CAPABILITIES),
            ("MAP_VIDEO_MEMORY", ioctl::MAP_VIDEO_MEMORY),
            ("QUERY_COLOR_CAPABILITIES", QUERY_COLOR_CAPABILITIES),
            ("SET_POWER_MANAGEMENT", SET_POWER_MANAGEMENT),
            ("GET_POWER_MANAGEMENT", GET_POWER_MANAGEMENT),
            ("SHARE_VIDEO_MEMORY", ioctl::SHARE_VIDEO_MEMORY),
            ("UNSHARE_VIDEO_MEMORY", ioctl::UNSHARE_VIDEO_MEMORY),
        ] {
            assert_eq!(function(name), Some(value), "{name}");
        }
        assert!(DOCUMENTED.is_sorted_by(|a, b| a.0 < b.0), "each once");
    }
}
