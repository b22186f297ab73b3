//! What a miniport says: event log, debug prints, error reports.
//!
//! Everything ends in [`Platform::log`] as one line; the data of an error report goes to [`Platform::debug_report`].
//!
//! Source: `VideoPortLogError`, `VideoPortDebugPrint`, `VIDEO_PORT_DEBUG_REPORT_INTERFACE`.

use core::fmt;

use crate::address::VirtAddr;
use crate::guarded::Guarded;
use crate::handle::{Table, handle};
use crate::limits::DEBUG_REPORTS;
use crate::miniport::RequestPacket;
use crate::platform::{LogLevel, LogRecord, Platform};
use crate::port::VideoPort;
use crate::services::Service;
use crate::status::VpStatus;
use crate::strict::FindingKind;

handle!(
    /// An error report between create and complete (`PVIDEO_DEBUG_REPORT`).
    DebugReport,
    7
);

/// `VIDEO_DEBUG_REPORT_MAX_SIZE`: most bytes of secondary data.
pub const DEBUG_REPORT_MAX_BYTES: usize = 0x8000;

/// How loud a debug print is (`VIDEO_DEBUG_LEVEL`).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[repr(u32)]
pub enum DebugLevel {
    /// Something failed.
    Error = 0,
    /// Something is off.
    Warn = 1,
    /// Where the driver is.
    Trace = 2,
    /// Everything else.
    Info = 3,
}

impl DebugLevel {
    /// The level for a number; numbers above the last are the quietest.
    pub const fn from_raw(raw: u32) -> Self {
        match raw {
            0 => Self::Error,
            1 => Self::Warn,
            2 => Self::Trace,
            _ => Self::Info,
        }
    }

    const fn log_level(self) -> LogLevel {
        match self {
            Self::Error => LogLevel::Error,
            Self::Warn => LogLevel::Warning,
            Self::Trace | Self::Info => LogLevel::Info,
        }
    }
}

/// A finished error report, for the platform.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DebugReportRecord {
    /// The code.
    pub code: u32,
    /// Its four arguments.
    pub arguments: [usize; 4],
    /// Where the secondary data lies; null without any. Valid during the call only.
    pub data: VirtAddr,
    /// Bytes of it.
    pub data_bytes: usize,
}

/// All reports of a device.
pub(crate) type DebugReportTable = Table<DebugReport, DebugReportRecord, DEBUG_REPORTS>;

pub(crate) fn report_table() -> Guarded<DebugReportTable> {
    Guarded::new(Table::new())
}

/// How severe a status is in the event log: success is information, what merely has not ended a warning.
const fn severity(code: VpStatus) -> LogLevel {
    match code {
        VpStatus::NO_ERROR => LogLevel::Info,
        VpStatus::ERROR_MORE_DATA
        | VpStatus::WAIT_TIMEOUT
        | VpStatus::ERROR_IO_PENDING
        | VpStatus::ERROR_DEVICE_REINITIALIZATION_NEEDED
        | VpStatus::ERROR_CONTINUE
        | VpStatus::ERROR_NO_MORE_DEVICES => LogLevel::Warning,
        _ => LogLevel::Error,
    }
}

impl<P: Platform> VideoPort<'_, P> {
    /// `VideoPortLogError` without a request packet: one entry in the event log; allowed in the interrupt routine. Any
    /// IRQL.
    pub fn log_error(&self, code: VpStatus, unique_id: u32) {
        self.log_error_for(None, code, unique_id);
    }

    /// `VideoPortLogError`: one entry in the event log, about a request if one is given. Any IRQL.
    pub fn log_error_for(
        &self,
        packet: Option<&RequestPacket<'_>>,
        code: VpStatus,
        unique_id: u32,
    ) {
        let _ = self.enter(Service::LogError);
        let record = |message| LogRecord {
            level: severity(code),
            code: code.0,
            unique_id,
            message,
        };
        let slot = self.slot;
        match packet {
            None => self.platform.log(&record(format_args!(
                "{slot}: miniport reports {code} at {unique_id:#x}"
            ))),
            Some(packet) => self.platform.log(&record(format_args!(
                "{slot}: miniport reports {code} at {unique_id:#x} in request {:#010x}",
                packet.io_control_code
            ))),
        }
    }

    /// `VideoPortDebugPrint`: one line for the developer, if its level is not above [`crate::Options::debug_level`].
    /// Any IRQL.
    pub fn debug_print(&self, level: DebugLevel, message: fmt::Arguments<'_>) {
        let _ = self.enter(Service::DebugPrint);
        if level <= self.options.debug_level {
            self.platform.log(&LogRecord {
                level: level.log_level(),
                code: 0,
                unique_id: 0,
                message,
            });
        }
    }

    /// `DbgReportCreate`: opens an error report. PASSIVE. `None` when two are open already.
    pub fn dbg_report_create(&self, code: u32, arguments: [usize; 4]) -> Option<DebugReport> {
        if !self.enter(Service::DbgReportCreate) {
            return None;
        }
        let record = DebugReportRecord {
            code,
            arguments,
            data: VirtAddr::NULL,
            data_bytes: 0,
        };
        self.debug_reports.with(|table| table.insert(record)).ok()
    }

    /// `DbgReportSecondaryData`: attaches a copy of `data`, replacing what was attached before. PASSIVE.
    ///
    /// False for no report, more than [`DEBUG_REPORT_MAX_BYTES`], or no memory; what was attached before then stays.
    pub fn dbg_report_secondary_data(&self, report: DebugReport, data: &[u8]) -> bool {
        let service = Service::DbgReportSecondaryData;
        if !self.enter(service) {
            return false;
        }
        let Ok(length) = u32::try_from(data.len()) else {
            return false;
        };
        if data.len() > DEBUG_REPORT_MAX_BYTES {
            self.note(service, FindingKind::WrongArguments, u64::from(length));
            return false;
        }
        let Some(copy) = self.allocate_extension(length) else {
            return false;
        };
        if !data.is_empty() && self.platform.write_memory(copy, data).is_err() {
            self.free_extension_block(copy);
            return false;
        }
        let replaced = self.debug_reports.with(|table| {
            table.get_mut(report).map(|record| {
                record.data_bytes = data.len();
                core::mem::replace(&mut record.data, copy)
            })
        });
        match replaced {
            Ok(old) => {
                self.free_extension_block(old);
                true
            }
            Err(error) => {
                self.free_extension_block(copy);
                self.bad_handle(service, error, report.raw());
                false
            }
        }
    }

    /// `DbgReportComplete`: hands the report to the platform and closes it. PASSIVE.
    pub fn dbg_report_complete(&self, report: DebugReport) {
        let service = Service::DbgReportComplete;
        if !self.enter(service) {
            return;
        }
        match self.debug_reports.with(|table| table.remove(report)) {
            Ok(record) => {
                let [first, second, third, fourth] = record.arguments;
                self.platform.log(&LogRecord {
                    level: LogLevel::Error,
                    code: record.code,
                    unique_id: 0,
                    message: format_args!(
                        "{}: error report {:#x} ({first:#x}, {second:#x}, {third:#x}, {fourth:#x}), {} bytes of data",
                        self.slot, record.code, record.data_bytes
                    ),
                });
                self.platform.debug_report(self.slot, &record);
                self.free_extension_block(record.data);
            }
            Err(error) => self.bad_handle(service, error, report.raw()),
        }
    }

    pub(crate) fn tear_down_debug_reports(&self) {
        while let Some(record) = self.debug_reports.with(|table| {
            let report = table.any()?;
            table.remove(report).ok()
        }) {
            self.free_extension_block(record.data);
        }
    }
}
