//! What a driver calls and what it is called with, as text: one line per call, indented by depth.
//!
//! A call that calls back (a transfer, a synchronised routine) is printed as a block, every other one on one line:
//!
//! ```text
//! HwVidStartIO(0x7f.., IOCTL_VIDEO_MAP_VIDEO_MEMORY) {
//!   VideoPortMapMemory(0x7f.., 0xe0000000, 0x7f.., 0x7f.., 0x7f..) = NO_ERROR
//! } = 1, NO_ERROR, information 32
//! ```

use std::cell::RefCell;
use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use lumenport_videoport::platform::LogRecord;

/// Takes one line of the trace. Called from any thread; must not call services.
pub type Sink = Arc<dyn Fn(&str) + Send + Sync>;

static ON: AtomicBool = AtomicBool::new(false);
static SINK: RwLock<Option<Sink>> = RwLock::new(None);

/// Switches the trace of all devices on or off.
pub fn set_sink(sink: Option<Sink>) {
    ON.store(sink.is_some(), Ordering::SeqCst);
    *SINK.write().unwrap_or_else(PoisonError::into_inner) = sink;
}

/// Whether anybody listens.
pub(crate) fn is_on() -> bool {
    ON.load(Ordering::Relaxed)
}

/// An argument or a result, for people.
#[derive(Clone, Copy, Debug)]
pub enum Shown {
    /// An address or handle.
    Pointer(usize),
    /// A number.
    Number(u64),
    /// A number below zero.
    Negative(i64),
    /// Nothing.
    Void,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Pointer(0) => f.write_str("NULL"),
            Self::Pointer(address) => write!(f, "{address:#x}"),
            Self::Number(number) if number < 10_000 => write!(f, "{number}"),
            Self::Number(number) => write!(f, "{number:#x}"),
            Self::Negative(number) => write!(f, "{number}"),
            Self::Void => Ok(()),
        }
    }
}

/// What can be shown in a trace.
pub trait Show {
    /// The value as it is printed.
    fn show(&self) -> Shown;
}

impl<T> Show for *mut T {
    fn show(&self) -> Shown {
        Shown::Pointer(self.addr())
    }
}

impl<T> Show for *const T {
    fn show(&self) -> Shown {
        Shown::Pointer(self.addr())
    }
}

macro_rules! show_numbers {
    ($($type:ty)*) => {
        $(impl Show for $type {
            fn show(&self) -> Shown {
                u64::try_from(*self).map_or_else(
                    |_| Shown::Negative(i64::try_from(*self).unwrap_or_default()),
                    Shown::Number,
                )
            }
        })*
    };
}

show_numbers!(u8 u16 u32 u64 i32 i64 usize);

macro_rules! show_routines {
    ($($routine:ident)*) => {
        $(impl Show for Option<crate::abi::$routine> {
            fn show(&self) -> Shown {
                Shown::Pointer(self.map_or(0, |routine| (routine as *const ()).addr()))
            }
        })*
    };
}

show_routines!(DpcRoutine SynchronizeRoutine ExecuteDma RegistryRoutine DeviceDataRoutine BankRoutine BugcheckRoutine);

impl Show for () {
    fn show(&self) -> Shown {
        Shown::Void
    }
}

struct Open {
    head: String,
    printed: bool,
}

thread_local! {
    static OPEN: RefCell<Vec<Open>> = const { RefCell::new(Vec::new()) };
}

fn emit(depth: usize, text: &str) {
    let sink = SINK.read().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(sink) = sink {
        sink(&format!("{:width$}{text}", "", width = 2 * depth));
    }
}

/// Prints the heads of all open calls that were held back.
fn flush() -> usize {
    let heads: Vec<(usize, String)> = OPEN.with_borrow_mut(|open| {
        let held = open
            .iter_mut()
            .enumerate()
            .filter(|(_, call)| !call.printed);
        held.map(|(depth, call)| {
            call.printed = true;
            (depth, format!("{} {{", call.head))
        })
        .collect()
    });
    for (depth, head) in heads {
        emit(depth, &head);
    }
    OPEN.with_borrow(Vec::len)
}

/// Notes the start of a call.
pub(crate) fn enter(name: &str, arguments: &[Shown]) {
    if !is_on() {
        return;
    }
    flush();
    let mut head = format!("{name}(");
    for (idx, argument) in arguments.iter().enumerate() {
        let comma = if idx == 0 { "" } else { ", " };
        // Writing to a string does not fail.
        let _ = write!(head, "{comma}{argument}");
    }
    head.push(')');
    let call = Open {
        head,
        printed: false,
    };
    OPEN.with_borrow_mut(|open| open.push(call));
}

/// Adds to the text of the call that was entered last, for names of codes.
pub(crate) fn annotate(text: &str) {
    if is_on() {
        OPEN.with_borrow_mut(|open| {
            if let Some(call) = open.last_mut() {
                call.head.push_str(" [");
                call.head.push_str(text);
                call.head.push(']');
            }
        });
    }
}

/// Notes the end of the call entered last.
pub(crate) fn leave(result: impl fmt::Display) {
    if !is_on() {
        return;
    }
    let Some((depth, call)) = OPEN.with_borrow_mut(|open| {
        let call = open.pop()?;
        Some((open.len(), call))
    }) else {
        return;
    };
    let result = result.to_string();
    let tail = if result.is_empty() {
        String::new()
    } else {
        format!(" = {result}")
    };
    if call.printed {
        emit(depth, &format!("}}{tail}"));
    } else {
        emit(depth, &format!("{}{tail}", call.head));
    }
}

/// One line of the port's event log, between the calls.
pub(crate) fn log_line(record: &LogRecord<'_>) {
    if is_on() {
        let depth = flush();
        emit(depth, &format!("log: {}", record.message));
    }
}

/// One line about something the C layer refused.
pub(crate) fn note(text: &str) {
    if is_on() {
        let depth = flush();
        emit(depth, &format!("note: {text}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn nested_calls_are_blocks_and_others_lines() {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&lines);
        let mine = std::thread::current().id();
        set_sink(Some(Arc::new(move |line: &str| {
            if std::thread::current().id() == mine {
                seen.lock().unwrap().push(line.to_owned());
            }
        })));
        enter("Outer", &[Shown::Pointer(0), Shown::Number(12)]);
        enter("Inner", &[0x1_0000_u32.show()]);
        leave(Shown::Number(1));
        leave("");
        enter("Alone", &[(-1_i32).show()]);
        annotate("NAME");
        leave(().show());
        set_sink(None);
        let expected = [
            "Outer(NULL, 12) {",
            "  Inner(0x10000) = 1",
            "}",
            "Alone(-1) [NAME]",
        ];
        assert_eq!(*lines.lock().unwrap(), expected);
    }
}
