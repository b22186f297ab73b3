//! The flows, one file per part of the card or driver, and their table.

mod cursor;
mod display;
mod edid;
mod errors;
mod hotplug;
mod identity;
mod lock;
mod memory;
mod modes;
mod packet;
mod power;
mod rectangle;
mod requests;
mod unplug;

pub use cursor::Arrow;

use crate::error::FlowOutcome;
use crate::target::Target;

/// One flow.
pub struct FlowSpec<T: Target> {
    /// Unique short name.
    pub name: &'static str,
    /// What it shows, one sentence.
    pub about: &'static str,
    /// Runs it on a target.
    pub run: fn(&T) -> FlowOutcome,
}

/// Every flow, in the order in which reading the results makes sense.
#[rustfmt::skip]
pub fn all<T: Target>() -> Vec<FlowSpec<T>> {
    vec![
        FlowSpec { name: "identity", about: "the driver finds the card, reads who it is, and lets it go", run: identity::identity },
        FlowSpec { name: "registers", about: "the register suite passes on the card after reset", run: identity::registers },
        FlowSpec { name: "digest_mismatch", about: "a card of another register map is refused and untouched", run: identity::digest_mismatch },
        FlowSpec { name: "pool", about: "pool blocks are aligned, apart, writable, and all come back", run: memory::pool },
        FlowSpec { name: "buffers", about: "buffers stop at the quota with its own code and work again below it", run: memory::buffers },
        FlowSpec { name: "common_buffer", about: "a common buffer is seen by both sides without a flush", run: memory::common_buffer },
        FlowSpec { name: "dma_lock", about: "a lock writes the card's table, an unlock withdraws it", run: lock::dma_lock },
        FlowSpec { name: "lock_limits", about: "locks beyond the tables or over no memory fail and leak nothing", run: lock::lock_limits },
        FlowSpec { name: "packet_dma", about: "bytes go to the card and back unchanged, any length and alignment", run: packet::packet_dma },
        FlowSpec { name: "two_dimensional_dma", about: "rows with different pitches land where they should, gaps stay", run: packet::two_dimensional_dma },
        FlowSpec { name: "rectangle", about: "rectangles of the caller's buffer appear on the monitor and read back", run: rectangle::rectangle },
        FlowSpec { name: "clear_frame", about: "a mode set clears the frame by DMA unless told to keep it", run: rectangle::clear_frame },
        FlowSpec { name: "map_memory", about: "the frame buffer mapped for the processor is the one DMA and monitor see", run: rectangle::map_memory },
        FlowSpec { name: "mode_set", about: "every mode that fits is shown with its exact timing", run: modes::mode_set },
        FlowSpec { name: "pixel_formats", about: "16-bit pixels are widened to full range", run: display::pixel_formats },
        FlowSpec { name: "palette", about: "8-bit pixels take their colours from the palette", run: display::palette },
        FlowSpec { name: "page_flip", about: "two frames alternate at vertical blanking", run: display::page_flip },
        FlowSpec { name: "cursor", about: "colour and monochrome pointers lie over the picture, move, are cut off, go and come", run: cursor::cursor },
        FlowSpec { name: "vblank", about: "vertical blanking interrupts, once a frame, and not while the raster is off", run: display::vblank },
        FlowSpec { name: "underrun", about: "a starved frame is counted and the next ones are whole", run: display::underrun },
        FlowSpec { name: "device_lock", about: "threads exclude each other and the hardware semaphore is held meanwhile", run: lock::device_lock },
        FlowSpec { name: "semaphore", about: "another agent keeps the device lock out, bounded, until it lets go or its lease ends", run: lock::semaphore },
        FlowSpec { name: "edid", about: "the monitor's EDID, damaged or not, becomes its child descriptor and prunes the mode list", run: edid::edid },
        FlowSpec { name: "hotplug", about: "monitors that come, bounce and go interrupt once, and child and mode list follow", run: hotplug::hotplug },
        FlowSpec { name: "requests", about: "malformed and out-of-range requests are refused with the documented codes", run: requests::requests },
        FlowSpec { name: "power", about: "adapter and monitor sleep dark and wake with the same picture", run: power::power },
        FlowSpec { name: "sharing", about: "registers and parts of the frame buffer are mapped for others and taken back", run: power::sharing },
        FlowSpec { name: "reset", about: "device reset and crash reset leave a dark, quiet card that starts again", run: requests::reset },
        FlowSpec { name: "stale_handle", about: "the card refuses a handle whose buffer was unlocked, and moves nothing", run: errors::stale_handle },
        FlowSpec { name: "no_right", about: "the card refuses a direction that was not locked, and a range outside", run: errors::no_right },
        FlowSpec { name: "host_refuses", about: "Unsupported Request from the host ends the request with a reason", run: errors::host_refuses },
        FlowSpec { name: "host_silent", about: "a host that never answers ends the request in bounded time", run: errors::host_silent },
        FlowSpec { name: "unlock_in_flight", about: "an unlock during a transfer waits until nothing is in flight", run: errors::unlock_in_flight },
        FlowSpec { name: "interrupt_lost", about: "a lost interrupt ends the request in bounded time and the next one works", run: errors::interrupt_lost },
        FlowSpec { name: "hot_unplug", about: "without the card every request fails at once and removal is clean", run: unplug::hot_unplug },
        FlowSpec { name: "hot_unplug_in_flight", about: "the card leaves during a transfer: bounded, and clean", run: unplug::hot_unplug_in_flight },
    ]
}
