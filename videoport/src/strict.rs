//! Strict mode: misuse of the services is refused and recorded instead of silently tolerated.
//!
//! A finding says which service, what was wrong with which number, at which level and from which thread. Records
//! have a fixed size and sit in a ring; nothing is allocated and nothing panics. Without strict mode the same checks
//! run where they are needed for safety, findings are counted, and the call goes on as the documents allow.

use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};

use crate::guarded::Guarded;
use crate::handle::HandleError;
use crate::irql::{DEVICE_LEVEL, DISPATCH_LEVEL};
use crate::limits::FINDINGS;
use crate::platform::{LogLevel, LogRecord, Platform, ThreadId};
use crate::port::VideoPort;
use crate::services::{InterruptRule, Service};
use crate::types::PoolTag;

/// What was wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum FindingKind {
    /// Called above the highest level allowed.
    IrqlTooHigh {
        /// The highest.
        limit: u8,
    },
    /// Called below the lowest level allowed.
    IrqlTooLow {
        /// The lowest.
        limit: u8,
    },
    /// Not on the list of services an interrupt routine may call.
    NotInInterrupt,
    /// Not on the list of services `HwVidResetHw` may call.
    NotInReset,
    /// Not allowed inside `HwVidTimer`.
    NotInTimer,
    /// Legal only inside certain callbacks, such as `HwVidFindAdapter` or `DriverEntry`.
    OutsideItsCallback,
    /// Needs a device, in `DriverEntry`, where there is none yet.
    TooEarly,
    /// The device was removed.
    AfterRemoval,
    /// A busy wait longer than the contract allows outside initialisation.
    StallTooLong {
        /// The longest. Units: us.
        limit_us: u32,
    },
    /// A callback came back with locks it had not held before.
    LockKept {
        /// How many.
        count: u32,
    },
    /// A callback came back at another level than it was called at.
    LevelKept {
        /// The level it came back at.
        irql: u8,
    },
    /// A callback answered what the contract does not foresee for it.
    WrongAnswer,
    /// A pointer that was freed already.
    DoubleFree,
    /// A pointer the port never gave out.
    ForeignPointer,
    /// A pointer into the middle of a live block.
    InteriorPointer,
    /// Memory of a block that was freed.
    UseAfterFree,
    /// A range that starts in a block and runs past its end.
    PastEnd,
    /// A freed block was written to before its memory was given out again.
    WrittenAfterFree,
    /// Bytes behind a block were written to.
    WrittenPastEnd,
    /// A null pointer.
    NullPointer,
    /// A length of zero.
    ZeroLength,
    /// A handle the port never gave out.
    UnknownHandle,
    /// A handle whose object is gone.
    StaleHandle,
    /// Memory that is not mapped.
    UnmappedMemory,
    /// An address outside every range the miniport claimed.
    UnclaimedRange,
    /// A register address inside no mapping of the device.
    UnmappedRegister,
    /// A port accessor on mapped memory, or a register accessor on mapped ports.
    WrongSpace,
    /// A register address that is no multiple of the access' width.
    Misaligned,
    /// A range mapped already with another caching.
    CachingConflict,
    /// A release by a thread that does not hold the lock.
    ForeignRelease {
        /// The holder.
        holder: ThreadId,
    },
    /// A release of a lock nobody holds.
    NotHeld,
    /// The thread already holds this lock, which is not recursive.
    SelfDeadlock,
    /// A spin lock released the other way than it was acquired.
    WrongReleaseForm,
    /// Arguments differ from those of the matching earlier call.
    WrongArguments,
    /// The pages were not locked for this direction.
    WrongDirection,
    /// An object was given up with others still alive in it.
    LiveObjects {
        /// How many.
        count: u32,
    },
    /// A wait without end was cut off.
    WaitCutOff {
        /// After this long, in microseconds.
        waited_us: u32,
    },
    /// More bytes reported than the caller's buffer holds.
    InformationTooLarge,
    /// A block was still allocated when the device was removed.
    Leak {
        /// Its tag.
        tag: PoolTag,
    },
    /// Another agent held the hardware semaphore all the time.
    SemaphoreHeld {
        /// That agent's number.
        agent: u8,
    },
    /// The hardware did not finish with a table in time; its pages stay pinned.
    TableStuck,
    /// The card does not answer.
    CardGone,
}

/// One misuse.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Finding {
    /// The service called.
    pub service: Service,
    /// What was wrong.
    pub kind: FindingKind,
    /// The pointer, handle or length it was about.
    pub value: u64,
    /// The level of the call.
    pub irql: u8,
    /// The calling thread.
    pub thread: ThreadId,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value;
        write!(
            f,
            "{} (thread {}, IRQL {}): ",
            self.service, self.thread.0, self.irql
        )?;
        match self.kind {
            FindingKind::IrqlTooHigh { limit } => write!(f, "called above IRQL {limit}"),
            FindingKind::IrqlTooLow { limit } => write!(f, "called below IRQL {limit}"),
            FindingKind::NotInInterrupt => f.write_str("not allowed in an interrupt routine"),
            FindingKind::NotInReset => f.write_str("not allowed in HwVidResetHw"),
            FindingKind::NotInTimer => f.write_str("not allowed in HwVidTimer"),
            FindingKind::OutsideItsCallback => f.write_str("only legal inside certain callbacks"),
            FindingKind::TooEarly => f.write_str("there is no device yet"),
            FindingKind::AfterRemoval => f.write_str("the device was removed"),
            FindingKind::StallTooLong { limit_us } => {
                write!(f, "{value} us exceed the limit of {limit_us} us")
            }
            FindingKind::LockKept { count } => {
                write!(f, "came back with {count} locks it did not hold before")
            }
            FindingKind::LevelKept { irql } => write!(f, "came back at IRQL {irql}"),
            FindingKind::WrongAnswer => write!(f, "answered {value}"),
            FindingKind::DoubleFree => write!(f, "block {value:#x} was freed already"),
            FindingKind::ForeignPointer => write!(f, "{value:#x} was never allocated here"),
            FindingKind::InteriorPointer => {
                write!(f, "{value:#x} lies inside a block, it is not its start")
            }
            FindingKind::UseAfterFree => write!(f, "{value:#x} lies in memory that was freed"),
            FindingKind::PastEnd => write!(f, "the range at {value:#x} runs past its block"),
            FindingKind::WrittenAfterFree => {
                write!(f, "memory at {value:#x} was written to after it was freed")
            }
            FindingKind::WrittenPastEnd => {
                write!(f, "bytes behind the block at {value:#x} were written to")
            }
            FindingKind::NullPointer => f.write_str("null pointer"),
            FindingKind::ZeroLength => f.write_str("length 0"),
            FindingKind::UnknownHandle => write!(f, "{value:#x} is no handle of that kind"),
            FindingKind::StaleHandle => write!(f, "the object of handle {value:#x} is gone"),
            FindingKind::UnmappedMemory => write!(f, "nothing is mapped at {value:#x}"),
            FindingKind::UnclaimedRange => write!(f, "{value:#x} is outside the claimed ranges"),
            FindingKind::UnmappedRegister => write!(f, "no register is mapped at {value:#x}"),
            FindingKind::WrongSpace => {
                write!(
                    f,
                    "{value:#x} is mapped in the other of memory and I/O space"
                )
            }
            FindingKind::Misaligned => write!(f, "{value:#x} is not naturally aligned"),
            FindingKind::CachingConflict => {
                write!(f, "{value:#x} is mapped already with another caching")
            }
            FindingKind::ForeignRelease { holder } => {
                write!(f, "the lock belongs to thread {}", holder.0)
            }
            FindingKind::NotHeld => f.write_str("the lock is not held"),
            FindingKind::SelfDeadlock => f.write_str("the thread holds this lock already"),
            FindingKind::WrongReleaseForm => f.write_str("the release does not match the acquire"),
            FindingKind::WrongArguments => {
                write!(f, "arguments differ from the allocation's (got {value:#x})")
            }
            FindingKind::WrongDirection => {
                f.write_str("the pages were not locked for that direction")
            }
            FindingKind::LiveObjects { count } => write!(f, "{count} objects are still alive"),
            FindingKind::WaitCutOff { waited_us } => write!(f, "cut off after {waited_us} us"),
            FindingKind::InformationTooLarge => write!(f, "Information {value} exceeds the buffer"),
            FindingKind::Leak { tag } => write!(f, "{value} bytes tagged {tag} were never freed"),
            FindingKind::SemaphoreHeld { agent } => {
                write!(f, "agent {agent} kept hardware semaphore {value}")
            }
            FindingKind::TableStuck => write!(f, "the card still uses SG table {value:#x}"),
            FindingKind::CardGone => f.write_str("the card does not answer"),
        }
    }
}

/// The ring of findings and their count.
pub(crate) struct Findings {
    ring: heapless::Deque<Finding, FINDINGS>,
    total: u32,
}

impl Findings {
    pub(crate) const fn new() -> Self {
        Self {
            ring: heapless::Deque::new(),
            total: 0,
        }
    }

    fn push(&mut self, finding: Finding) {
        self.total = self.total.saturating_add(1);
        if self.ring.is_full() {
            let _ = self.ring.pop_front();
        }
        let _ = self.ring.push_back(finding);
    }
}

/// Which special callbacks are running, and in which thread.
#[derive(Default)]
pub(crate) struct Contexts {
    pub(crate) reset: Option<ThreadId>,
    pub(crate) timer: Option<ThreadId>,
    pub(crate) find_adapter: Option<ThreadId>,
    pub(crate) initialize: Option<ThreadId>,
    pub(crate) start_io: Option<ThreadId>,
    pub(crate) driver_entry: Option<ThreadId>,
}

/// The state strict mode keeps.
pub(crate) struct Strict {
    pub(crate) findings: Guarded<Findings>,
    pub(crate) contexts: Guarded<Contexts>,
    /// The device was taken apart: services that need it are refused.
    pub(crate) dismantled: AtomicBool,
}

impl Strict {
    pub(crate) fn new() -> Self {
        Self {
            findings: Guarded::new(Findings::new()),
            contexts: Guarded::new(Contexts::default()),
            dismantled: AtomicBool::new(false),
        }
    }
}

impl<P: Platform> VideoPort<'_, P> {
    /// Takes the oldest finding out of the ring. The ring keeps the newest 32.
    pub fn take_finding(&self) -> Option<Finding> {
        self.strict
            .findings
            .with(|findings| findings.ring.pop_front())
    }

    /// How many findings there were since the start, those that fell out of the ring included.
    pub fn finding_count(&self) -> u32 {
        self.strict.findings.with(|findings| findings.total)
    }

    /// Records a misuse and says whether the call may go on: always without strict mode, never with it.
    pub(crate) fn misuse(&self, service: Service, kind: FindingKind, value: u64) -> bool {
        self.note(service, kind, value);
        !self.options.strict
    }

    /// Records something that does not stop the call.
    pub(crate) fn note(&self, service: Service, kind: FindingKind, value: u64) {
        let finding = Finding {
            service,
            kind,
            value,
            irql: self.platform.irql(),
            thread: self.platform.thread(),
        };
        self.strict.findings.with(|findings| findings.push(finding));
        if self.options.strict {
            self.platform.log(&LogRecord {
                level: LogLevel::Warning,
                code: 0,
                unique_id: 0,
                message: format_args!("{finding}"),
            });
        }
    }

    /// The finding for a handle that does not resolve.
    pub(crate) fn bad_handle(&self, service: Service, error: HandleError, raw: usize) {
        let kind = match error {
            HandleError::Unknown => FindingKind::UnknownHandle,
            HandleError::Stale => FindingKind::StaleHandle,
        };
        self.note(service, kind, raw as u64);
    }

    /// Checks a service's IRQL rule on entry. False: refuse the call.
    pub(crate) fn enter(&self, service: Service) -> bool {
        if service.takes_device() && self.strict.dismantled.load(Ordering::Acquire) {
            // Refused in any mode: nobody would ever free what the call takes.
            self.note(service, FindingKind::AfterRemoval, 0);
            return false;
        }
        let rule = service.rule();
        let irql = self.platform.irql();
        if irql >= DEVICE_LEVEL {
            match rule.interrupt {
                InterruptRule::Allowed => {}
                InterruptRule::Warned => self.note(service, FindingKind::NotInInterrupt, 0),
                InterruptRule::Forbidden => {
                    return self.misuse(service, FindingKind::NotInInterrupt, 0);
                }
            }
        }
        if irql > rule.max {
            return self.misuse(service, FindingKind::IrqlTooHigh { limit: rule.max }, 0);
        }
        if irql < rule.min {
            return self.misuse(service, FindingKind::IrqlTooLow { limit: rule.min }, 0);
        }
        if rule.reset {
            return true;
        }
        let thread = Some(self.platform.thread());
        let (reset, too_early) = self.strict.contexts.with(|contexts| {
            let too_early = service.takes_device() && service != Service::Initialize;
            (
                contexts.reset == thread,
                too_early && contexts.driver_entry == thread,
            )
        });
        if reset {
            return self.misuse(service, FindingKind::NotInReset, 0);
        }
        if too_early {
            return self.misuse(service, FindingKind::TooEarly, 0);
        }
        true
    }

    /// Checks that paged memory is touched below `DISPATCH_LEVEL`.
    pub(crate) fn enter_paged(&self, service: Service) -> bool {
        self.platform.irql() < DISPATCH_LEVEL
            || self.misuse(
                service,
                FindingKind::IrqlTooHigh {
                    limit: DISPATCH_LEVEL - 1,
                },
                0,
            )
    }

    /// Whether the calling thread is inside the callback that `which` selects.
    pub(crate) fn in_context(&self, which: impl FnOnce(&Contexts) -> Option<ThreadId>) -> bool {
        self.strict.contexts.with(|contexts| which(contexts)) == Some(self.platform.thread())
    }
}
