//! When driver code crashes or does not come back: one sentence that says where, then the process ends.
//!
//! The driver runs in this process, so a crash of it is a crash of all; there is nothing to return to. What can be done is to
//! name the routine, the last service, the place in the driver's file, and the usual mistake of following a pointer to
//! device memory.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::loader::Driver;
use crate::machine::device_space;
use crate::{last_service, watch};

/// Exit code after a crash of the driver.
pub const CRASHED: i32 = 70;
/// Exit code when the driver did not come back.
pub const STUCK: i32 = 71;
/// How often the watchdog looks.
const LOOK: Duration = Duration::from_millis(100);

static DRIVER_BASE: AtomicUsize = AtomicUsize::new(0);
static DEVICE_BASE: AtomicUsize = AtomicUsize::new(0);
static DEVICE_BYTES: AtomicUsize = AtomicUsize::new(0);

/// Text without allocation: a signal handler may not allocate.
struct Line {
    bytes: [u8; 400],
    length: usize,
}

impl std::fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for byte in text.bytes() {
            if let Some(place) = self.bytes.get_mut(self.length) {
                *place = byte;
                self.length += 1;
            }
        }
        Ok(())
    }
}

fn describe(signal: &str, address: usize, instruction: usize, routine: &str) -> Line {
    let mut line = Line {
        bytes: [0; 400],
        length: 0,
    };
    // A line that is too long is cut; writing never fails.
    let _ = write!(
        line,
        "lumenport: the driver crashed in {routine}: {signal} at address {address:#x}"
    );
    let base = DRIVER_BASE.load(Ordering::Relaxed);
    if base != 0 && instruction >= base {
        let _ = write!(line, ", instruction {:#x} of its file", instruction - base);
    }
    if let Some(service) = last_service() {
        let _ = write!(line, ", last service {service}");
    }
    let offset = address.wrapping_sub(DEVICE_BASE.load(Ordering::Relaxed));
    if offset < DEVICE_BYTES.load(Ordering::Relaxed) {
        line.write_str("; that is device memory, which only the VideoPort accessors reach")
            .unwrap_or_default();
    } else if address < 0x10000 {
        line.write_str("; that is a null pointer")
            .unwrap_or_default();
    }
    line.write_str("\n").unwrap_or_default();
    line
}

#[cfg(target_arch = "x86_64")]
fn instruction(context: *mut libc::c_void) -> usize {
    let context = context.cast::<libc::ucontext_t>();
    // SAFETY: the kernel passes a valid context to the handler.
    let context = unsafe { &*context };
    context.uc_mcontext.gregs[libc::REG_RIP as usize].cast_unsigned() as usize
}

#[cfg(not(target_arch = "x86_64"))]
fn instruction(_context: *mut libc::c_void) -> usize {
    0
}

extern "C" fn on_signal(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let Some(routine) = watch::running_here() else {
        // Not the driver's doing: as without this handler. Returning runs the instruction again.
        // SAFETY: resetting a signal's action is always allowed.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
        return;
    };
    // SAFETY: the kernel passes valid information to the handler.
    let info = unsafe { &*info };
    // SAFETY: the signals that lead here carry an address.
    let address = unsafe { info.si_addr() }.addr();
    let name = match signal {
        libc::SIGSEGV => "invalid access",
        libc::SIGBUS => "bus error",
        libc::SIGILL => "illegal instruction",
        _ => "arithmetic error",
    };
    let line = describe(name, address, instruction(context), routine);
    // SAFETY: the bytes are initialised and that many; both calls are allowed in a handler.
    unsafe { libc::write(2, line.bytes.as_ptr().cast(), line.length) };
    // SAFETY: as above.
    unsafe { libc::_exit(CRASHED) }
}

/// Watches over a driver from now on: crashes are told, and a routine that takes longer than `limit` ends the process.
pub fn guard(driver: &Driver, limit: Duration) {
    let (base, length) = device_space();
    DRIVER_BASE.store(driver.base(), Ordering::Relaxed);
    DEVICE_BASE.store(base, Ordering::Relaxed);
    DEVICE_BYTES.store(length, Ordering::Relaxed);
    for signal in [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE] {
        // SAFETY: all zeroes is a valid action.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = on_signal as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        // SAFETY: the action is initialised and the handler has the type the flags ask for.
        unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) };
    }
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(LOOK);
            if let Some((routine, time)) = watch::longest_running()
                && time > limit
            {
                let service = last_service().unwrap_or("none");
                eprintln!(
                    "lumenport: the driver does not come back from {routine} after {} s, last service {service}",
                    limit.as_secs()
                );
                std::process::exit(STUCK);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_is_described_without_allocation() {
        let line = describe("invalid access", 0x10, 0, "HwVidStartIO");
        let text = std::str::from_utf8(&line.bytes[..line.length]).expect("ASCII");
        assert!(text.starts_with(
            "lumenport: the driver crashed in HwVidStartIO: invalid access at address 0x10"
        ));
        assert!(text.ends_with("; that is a null pointer\n"), "{text}");
    }
}
