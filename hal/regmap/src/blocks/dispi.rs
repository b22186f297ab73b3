//! Display interface (DISPI) in the layout of the virtual display `bochs-display`.
//!
//! Drivers that know nothing else of the card show a picture through it: Linux `bochs-drm`, UEFI's and SeaBIOS's drivers for
//! that display. Registers are 16 bits wide, two in a word; a write of one leaves the other. Source: the interface as
//! QEMU's documentation of `bochs-display` and "standard VGA" describes it; the drivers' accesses, observed.

use crate::card;
use crate::macros::{access, hw_access, register, registers, strobe};

registers! {
    /// The display interface of `bochs-display`. It owns the display from a write of ENABLE.ON one until a write of zero or
    /// until `crtc.COMMIT`, whichever comes first; `crtc` and `plane` own it otherwise. Palette, bank switching and big-endian
    /// pixels are not there: their writes are ignored.
    foreign "dispi" at card::DISPI;
    registers {
        /// VGA attribute controller, port 0x3C0.
        0x400 => VgaAttribute / VGA_ATTRIBUTE strobe {
            /// Show the picture; else black. Bit "palette address source" of the index. Effect: next frame.
            5:5 SHOW rw hw=ro = 1;
        }
        /// VGA input status 1, port 0x3DA, in the third byte.
        0x418 => VgaStatus / VGA_STATUS {
            /// In vertical blanking.
            16:16 BLANK ro hw=wo = 0;
            /// In vertical blanking.
            19:19 RETRACE ro hw=wo = 0;
        }
        /// Interface version and horizontal size.
        0x500 => Width / WIDTH {
            /// Version of the interface: 0xB0C5.
            15:0 ID ro hw=none = 0xB0C5;
            /// Visible pixels a line, 64..=1920, taken over by ENABLE. Reads give the largest while ENABLE.GETCAPS is set.
            31:16 XRES rw hw=rw = 0;
        }
        /// Vertical size and pixel format.
        0x504 => Height / HEIGHT {
            /// Visible lines, 64..=1200, taken over by ENABLE. Reads give the largest while ENABLE.GETCAPS is set.
            15:0 YRES rw hw=rw = 0;
            /// Bits a pixel: 32 (XRGB8888) or 16 (RGB565), taken over by ENABLE. Reads give 32 while ENABLE.GETCAPS is set.
            31:16 BPP rw hw=rw = 0;
        }
        /// Switches the display on or off. Any write of this word, BANK included, acts.
        0x508 => Enable / ENABLE strobe {
            /// Written one: the card shows XRES by YRES pixels. Written zero: the display is switched off, if the interface owns it.
            0:0 ON rw hw=ro = 0;
            /// Reads of XRES, YRES and BPP give the largest.
            1:1 GETCAPS rw hw=ro = 0;
            /// Stored, no effect.
            5:5 DAC8 rw hw=none = 0;
            /// Linear framebuffer; stored, no effect: it always is.
            6:6 LINEAR rw hw=none = 0;
            /// Do not clear the framebuffer; stored, no effect: it never is cleared.
            7:7 NOCLEAR rw hw=none = 0;
            /// Window number of banked access; stored, no effect.
            31:16 BANK rw hw=none = 0;
        }
        /// Size of the virtual screen.
        0x50C => Virtual / VIRTUAL strobe {
            /// Pixels from line to line, if more than XRES. Effect: next frame. The line must take a multiple of 8 bytes.
            15:0 WIDTH rw hw=ro = 0;
            /// Stored, no effect.
            31:16 HEIGHT rw hw=none = 0;
        }
        /// First visible pixel of the virtual screen. Effect: next frame.
        0x510 => Offset / OFFSET strobe {
            /// Pixels from the left; rounded down to a multiple of 8 bytes.
            15:0 X rw hw=ro = 0;
            /// Lines from the top.
            31:16 Y rw hw=ro = 0;
        }
        /// Card memory.
        0x514 => Memory / MEMORY {
            /// Units of 64 KiB.
            15:0 UNITS ro hw=wo = 0;
        }
        /// Extension block.
        0x600 => ExtensionSize / EXTENSION_SIZE {
            /// Bytes of the extension block, this word included.
            31:0 VALUE ro hw=none = 8;
        }
        /// Byte order of the framebuffer.
        0x604 => Endian / ENDIAN {
            /// Always little endian (0x1E1E1E1E): a driver that wants the other order finds that it did not get it.
            31:0 VALUE ro hw=none = 0x1E1E1E1E;
        }
    }
    windows {
        /// EDID of the monitor, blocks of 128 bytes. After reset one built-in block that prefers 1024x768; a driver that has
        /// read the monitor's own may put it here. Write whole words only.
        0x000 => EDID [256 x 4] {
            /// Four bytes of the EDID, the first in bits 7:0.
            0x0 => EdidWord / EDID {
                /// The bytes.
                31:0 VALUE rw hw=rw = 0;
            }
        }
    }
}
