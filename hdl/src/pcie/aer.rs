//! Advanced error reporting: what went wrong, kept with the header of the first, and told the root.
//!
//! Purpose: takes the error events of the other blocks, sorts them by mask and severity, keeps them in
//! the AER capability at [`AER_OFFSET`], tells which device status bits to set and which error message
//! to send. Clock domain: `sys`. Events of one clock are all kept; the header log and the first error
//! pointer take the most severe of them by the precedence of the specification.
//!
//! Role-based: a non-posted request answered with "unsupported request" and an unexpected completion
//! are advisory non-fatal while their severity is non-fatal: correctable, because another port knows.
//! An unsupported request makes a message only with its own reporting bit (or SERR#).
//! Not supported: ECRC, more than one header in the log, errors of the link layer (their bits exist and
//! stay zero), completer abort (the card never answers so).
//!
//! Source: PCI Express Base Spec 2.0 §6.2, §7.10.

use crate::prelude::*;

/// Byte offset of the capability in extended configuration space.
pub const AER_OFFSET: u16 = 0x100;

/// Uncorrectable errors that the card knows: data link protocol 4, poisoned 12, flow control 13,
/// completion timeout 14, unexpected completion 16, receiver overflow 17, malformed 18, unsupported 20.
pub const UNCORRECTABLE: u32 = 0x0017_7010;
/// Those that are fatal after reset.
pub const FATAL_BY_DEFAULT: u32 = 0x0006_2010;
/// Correctable errors that the card knows; only advisory non-fatal (13) is ever set here.
pub const CORRECTABLE: u32 = 0x0000_31C1;
/// Those that are masked after reset: advisory non-fatal.
pub const CORRECTABLE_MASKED: u32 = 0x0000_2000;

/// The error log. See the module's text.
#[derive(LogicBlock)]
pub struct ErrorLog {
    /// `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset: no error, defaults.
    pub reset: Signal<In, Bit>,

    /// High while `register` is looked at or written; `read_data` is zero otherwise.
    pub access: Signal<In, Bit>,
    /// DW index of a configuration register.
    pub register: Signal<In, Bits<10>>,
    /// Its value, zero unless it is one of this capability; same clock.
    pub read_data: Signal<Out, Bits<32>>,
    /// One clock: write.
    pub write_strobe: Signal<In, Bit>,
    /// Value to write, zero in bytes that are not enabled.
    pub write_ones: Signal<In, Bits<32>>,
    /// Ones in bytes that are enabled.
    pub write_mask: Signal<In, Bits<32>>,

    /// Event: malformed TLP, header `ingress_*`.
    pub malformed_strobe: Signal<In, Bit>,
    /// Event: the host sent more than its credits.
    pub overflow_strobe: Signal<In, Bit>,
    /// Event: the host's credit limits are impossible.
    pub flow_control_strobe: Signal<In, Bit>,
    /// Event: a posted request was not supported, header `posted_*`.
    pub unsupported_posted_strobe: Signal<In, Bit>,
    /// Event: a request was answered with unsupported request, header `request_*`.
    pub unsupported_answered_strobe: Signal<In, Bit>,
    /// Event: a poisoned posted request was dropped, header `posted_*`.
    pub poisoned_strobe: Signal<In, Bit>,
    /// Event: a poisoned completion came, header `completion_*`.
    pub poisoned_completion_strobe: Signal<In, Bit>,
    /// Event: a completion that nobody waits for, header `completion_*`.
    pub unexpected_strobe: Signal<In, Bit>,
    /// Event: a request of the card was not answered in time.
    pub timeout_strobe: Signal<In, Bit>,
    /// First DW of the malformed TLP's header.
    pub ingress_0: Signal<In, Bits<32>>,
    /// Second DW.
    pub ingress_1: Signal<In, Bits<32>>,
    /// Third DW.
    pub ingress_2: Signal<In, Bits<32>>,
    /// Fourth DW.
    pub ingress_3: Signal<In, Bits<32>>,
    /// First DW of the posted request's header.
    pub posted_0: Signal<In, Bits<32>>,
    /// Second DW.
    pub posted_1: Signal<In, Bits<32>>,
    /// Third DW.
    pub posted_2: Signal<In, Bits<32>>,
    /// Fourth DW.
    pub posted_3: Signal<In, Bits<32>>,
    /// First DW of the non-posted request's header.
    pub request_0: Signal<In, Bits<32>>,
    /// Second DW.
    pub request_1: Signal<In, Bits<32>>,
    /// Third DW.
    pub request_2: Signal<In, Bits<32>>,
    /// Fourth DW.
    pub request_3: Signal<In, Bits<32>>,
    /// First DW of the completion's header.
    pub completion_0: Signal<In, Bits<32>>,
    /// Second DW.
    pub completion_1: Signal<In, Bits<32>>,
    /// Third DW.
    pub completion_2: Signal<In, Bits<32>>,

    /// Device control 3:0: correctable, non-fatal, fatal, unsupported request reporting enable.
    pub report_enable: Signal<In, Bits<4>>,
    /// SERR# enable of the command register.
    pub serr_enable: Signal<In, Bit>,
    /// Device status 3:0 to set: correctable, non-fatal, fatal, unsupported request.
    pub device_set: Signal<Out, Bits<4>>,
    /// One clock: send ERR_COR.
    pub send_correctable: Signal<Out, Bit>,
    /// One clock: send ERR_NONFATAL.
    pub send_nonfatal: Signal<Out, Bit>,
    /// One clock: send ERR_FATAL.
    pub send_fatal: Signal<Out, Bit>,

    status: DFF<Bits<32>>,
    mask: DFF<Bits<32>>,
    severity: DFFWithInit<Bits<32>>,
    advisory: DFF<Bit>,
    correctable_mask: DFFWithInit<Bits<32>>,
    // the bit that the pointer and the header log belong to, and the pointer
    first: DFF<Bits<32>>,
    pointer: DFF<Bits<5>>,
    log_0: DFF<Bits<32>>,
    log_1: DFF<Bits<32>>,
    log_2: DFF<Bits<32>>,
    log_3: DFF<Bits<32>>,

    // events that are advisory when non-fatal, and the others
    soft_events: Signal<Local, Bits<32>>,
    hard_events: Signal<Local, Bits<32>>,
    soft: Signal<Local, Bits<32>>,
    hard: Signal<Local, Bits<32>>,
    recorded: Signal<Local, Bits<32>>,
    loggable: Signal<Local, Bits<32>>,
    cleared: Signal<Local, Bits<32>>,
    advisory_clear: Signal<Local, Bit>,
    take: Signal<Local, Bits<32>>,
    free: Signal<Local, Bit>,
    told: Signal<Local, Bits<32>>,
    unsupported: Signal<Local, Bits<32>>,
    unsupported_reported: Signal<Local, Bit>,

    known: Constant<Bits<32>>,
    known_correctable: Constant<Bits<32>>,
    severity_default: Constant<Bits<32>>,
    correctable_default: Constant<Bits<32>>,
    unsupported_bit: Constant<Bits<32>>,
}

impl Default for ErrorLog {
    fn default() -> Self {
        let word = |value: u32| bits::<32>(u64::from(value));
        Self {
            clock: Signal::default(),
            reset: Signal::default(),
            access: Signal::default(),
            register: Signal::default(),
            read_data: Signal::default(),
            write_strobe: Signal::default(),
            write_ones: Signal::default(),
            write_mask: Signal::default(),
            malformed_strobe: Signal::default(),
            overflow_strobe: Signal::default(),
            flow_control_strobe: Signal::default(),
            unsupported_posted_strobe: Signal::default(),
            unsupported_answered_strobe: Signal::default(),
            poisoned_strobe: Signal::default(),
            poisoned_completion_strobe: Signal::default(),
            unexpected_strobe: Signal::default(),
            timeout_strobe: Signal::default(),
            ingress_0: Signal::default(),
            ingress_1: Signal::default(),
            ingress_2: Signal::default(),
            ingress_3: Signal::default(),
            posted_0: Signal::default(),
            posted_1: Signal::default(),
            posted_2: Signal::default(),
            posted_3: Signal::default(),
            request_0: Signal::default(),
            request_1: Signal::default(),
            request_2: Signal::default(),
            request_3: Signal::default(),
            completion_0: Signal::default(),
            completion_1: Signal::default(),
            completion_2: Signal::default(),
            report_enable: Signal::default(),
            serr_enable: Signal::default(),
            device_set: Signal::default(),
            send_correctable: Signal::default(),
            send_nonfatal: Signal::default(),
            send_fatal: Signal::default(),
            status: DFF::default(),
            mask: DFF::default(),
            severity: DFFWithInit::new(word(FATAL_BY_DEFAULT)),
            advisory: DFF::default(),
            correctable_mask: DFFWithInit::new(word(CORRECTABLE_MASKED)),
            first: DFF::default(),
            pointer: DFF::default(),
            log_0: DFF::default(),
            log_1: DFF::default(),
            log_2: DFF::default(),
            log_3: DFF::default(),
            soft_events: Signal::default(),
            hard_events: Signal::default(),
            soft: Signal::default(),
            hard: Signal::default(),
            recorded: Signal::default(),
            loggable: Signal::default(),
            cleared: Signal::default(),
            advisory_clear: Signal::default(),
            take: Signal::default(),
            free: Signal::default(),
            told: Signal::default(),
            unsupported: Signal::default(),
            unsupported_reported: Signal::default(),
            known: Constant::new(word(UNCORRECTABLE)),
            known_correctable: Constant::new(word(CORRECTABLE)),
            severity_default: Constant::new(word(FATAL_BY_DEFAULT)),
            correctable_default: Constant::new(word(CORRECTABLE_MASKED)),
            unsupported_bit: Constant::new(word(1 << 20)),
        }
    }
}

impl Logic for ErrorLog {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            status,
            mask,
            severity,
            advisory,
            correctable_mask,
            first,
            pointer,
            log_0,
            log_1,
            log_2,
            log_3
        );

        // What happened. Advisory as long as the host did not make it fatal.
        self.soft_events.next = 0.into();
        if self.unsupported_answered_strobe.val() {
            self.soft_events.next = self.unsupported_bit.val();
        }
        if self.unexpected_strobe.val() {
            self.soft_events.next = self.soft_events.val() | 0x0001_0000;
        }
        self.hard_events.next = 0.into();
        if self.unsupported_posted_strobe.val() {
            self.hard_events.next = self.unsupported_bit.val();
        }
        if self.malformed_strobe.val() {
            self.hard_events.next = self.hard_events.val() | 0x0004_0000;
        }
        if self.overflow_strobe.val() {
            self.hard_events.next = self.hard_events.val() | 0x0002_0000;
        }
        if self.timeout_strobe.val() {
            self.hard_events.next = self.hard_events.val() | 0x4000;
        }
        if self.flow_control_strobe.val() {
            self.hard_events.next = self.hard_events.val() | 0x2000;
        }
        if self.poisoned_strobe.val() || self.poisoned_completion_strobe.val() {
            self.hard_events.next = self.hard_events.val() | 0x1000;
        }
        self.soft.next = self.soft_events.val() & (!self.severity.q.val());
        self.hard.next = self.hard_events.val() | (self.soft_events.val() & self.severity.q.val());

        // Device status: whatever the masks say.
        self.device_set.next = 0.into();
        if self.soft.val().any() {
            self.device_set.next = 0x1.into();
        }
        if (self.hard.val() & (!self.severity.q.val())).any() {
            self.device_set.next = self.device_set.val() | 0x2;
        }
        if (self.hard.val() & self.severity.q.val()).any() {
            self.device_set.next = self.device_set.val() | 0x4;
        }
        if self.unsupported_answered_strobe.val() || self.unsupported_posted_strobe.val() {
            self.device_set.next = self.device_set.val() | 0x8;
        }

        // Messages: unmasked errors, unsupported requests apart.
        self.unsupported_reported.next = self.report_enable.val().get_bit(3);
        self.told.next = self.hard.val() & (!self.mask.q.val()) & (!self.unsupported_bit.val());
        self.unsupported.next = self.hard.val() & (!self.mask.q.val()) & self.unsupported_bit.val();
        self.send_fatal.next = ((self.told.val() & self.severity.q.val()).any()
            && (self.serr_enable.val() || self.report_enable.val().get_bit(2)))
            || ((self.unsupported.val() & self.severity.q.val()).any()
                && (self.serr_enable.val()
                    || (self.unsupported_reported.val() && self.report_enable.val().get_bit(2))));
        self.send_nonfatal.next = ((self.told.val() & (!self.severity.q.val())).any()
            && (self.serr_enable.val() || self.report_enable.val().get_bit(1)))
            || ((self.unsupported.val() & (!self.severity.q.val())).any()
                && (self.serr_enable.val()
                    || (self.unsupported_reported.val() && self.report_enable.val().get_bit(1))));
        self.send_correctable.next = self.report_enable.val().get_bit(0)
            && (!self.correctable_mask.q.val().get_bit(13))
            && ((self.soft.val() & (!self.unsupported_bit.val())).any()
                || ((self.soft.val() & self.unsupported_bit.val()).any()
                    && self.unsupported_reported.val()));

        // Read.
        self.read_data.next = 0.into();
        if self.access.val() {
            if self.register.val() == 0x40 {
                // AER, version 1, last of the list
                self.read_data.next = 0x0001_0001.into();
            } else if self.register.val() == 0x41 {
                self.read_data.next = self.status.q.val();
            } else if self.register.val() == 0x42 {
                self.read_data.next = self.mask.q.val();
            } else if self.register.val() == 0x43 {
                self.read_data.next = self.severity.q.val();
            } else if self.register.val() == 0x44 {
                if self.advisory.q.val() {
                    self.read_data.next = 0x2000.into();
                }
            } else if self.register.val() == 0x45 {
                self.read_data.next = self.correctable_mask.q.val();
            } else if self.register.val() == 0x46 {
                self.read_data.next = bit_cast::<32, 5>(self.pointer.q.val());
            } else if self.register.val() == 0x47 {
                self.read_data.next = self.log_0.q.val();
            } else if self.register.val() == 0x48 {
                self.read_data.next = self.log_1.q.val();
            } else if self.register.val() == 0x49 {
                self.read_data.next = self.log_2.q.val();
            } else if self.register.val() == 0x4A {
                self.read_data.next = self.log_3.q.val();
            }
        }

        // Write. The masks and the severity take the enabled bytes.
        self.cleared.next = 0.into();
        self.advisory_clear.next = false;
        if self.write_strobe.val() {
            if self.register.val() == 0x41 {
                self.cleared.next = self.write_ones.val();
            } else if self.register.val() == 0x42 {
                self.mask.d.next = ((self.mask.q.val() & (!self.write_mask.val()))
                    | self.write_ones.val())
                    & self.known.val();
            } else if self.register.val() == 0x43 {
                self.severity.d.next = ((self.severity.q.val() & (!self.write_mask.val()))
                    | self.write_ones.val())
                    & self.known.val();
            } else if self.register.val() == 0x44 {
                self.advisory_clear.next = self.write_ones.val().get_bit(13);
            } else if self.register.val() == 0x45 {
                self.correctable_mask.d.next = ((self.correctable_mask.q.val()
                    & (!self.write_mask.val()))
                    | self.write_ones.val())
                    & self.known_correctable.val();
            }
        }

        // Status: an event in the clock of its clearing stays. A masked advisory error leaves no
        // trace among the uncorrectable ones.
        self.recorded.next = self.hard.val();
        if !self.correctable_mask.q.val().get_bit(13) {
            self.recorded.next = self.hard.val() | self.soft.val();
        }
        self.status.d.next = (self.status.q.val() & (!self.cleared.val())) | self.recorded.val();
        self.advisory.d.next =
            (self.advisory.q.val() && (!self.advisory_clear.val())) || self.soft.val().any();

        // First error pointer and header log: free when the error they belong to was cleared.
        self.free.next = !(self.first.q.val() & self.status.q.val() & (!self.cleared.val())).any();
        self.loggable.next = self.recorded.val() & (!self.mask.q.val());
        self.take.next = 0.into();
        if self.free.val() && self.loggable.val().any() {
            self.log_0.d.next = 0.into();
            self.log_1.d.next = 0.into();
            self.log_2.d.next = 0.into();
            self.log_3.d.next = 0.into();
            if self.loggable.val().get_bit(17) {
                self.take.next = 0x0002_0000.into();
                self.pointer.d.next = 17.into();
            } else if self.loggable.val().get_bit(13) {
                self.take.next = 0x2000.into();
                self.pointer.d.next = 13.into();
            } else if self.loggable.val().get_bit(18) {
                self.take.next = 0x0004_0000.into();
                self.pointer.d.next = 18.into();
                self.log_0.d.next = self.ingress_0.val();
                self.log_1.d.next = self.ingress_1.val();
                self.log_2.d.next = self.ingress_2.val();
                self.log_3.d.next = self.ingress_3.val();
            } else if self.loggable.val().get_bit(20) {
                self.take.next = self.unsupported_bit.val();
                self.pointer.d.next = 20.into();
                self.log_0.d.next = self.request_0.val();
                self.log_1.d.next = self.request_1.val();
                self.log_2.d.next = self.request_2.val();
                self.log_3.d.next = self.request_3.val();
                if self.unsupported_posted_strobe.val() {
                    self.log_0.d.next = self.posted_0.val();
                    self.log_1.d.next = self.posted_1.val();
                    self.log_2.d.next = self.posted_2.val();
                    self.log_3.d.next = self.posted_3.val();
                }
            } else if self.loggable.val().get_bit(16) {
                self.take.next = 0x0001_0000.into();
                self.pointer.d.next = 16.into();
                self.log_0.d.next = self.completion_0.val();
                self.log_1.d.next = self.completion_1.val();
                self.log_2.d.next = self.completion_2.val();
            } else if self.loggable.val().get_bit(12) {
                self.take.next = 0x1000.into();
                self.pointer.d.next = 12.into();
                self.log_0.d.next = self.completion_0.val();
                self.log_1.d.next = self.completion_1.val();
                self.log_2.d.next = self.completion_2.val();
                if self.poisoned_strobe.val() {
                    self.log_0.d.next = self.posted_0.val();
                    self.log_1.d.next = self.posted_1.val();
                    self.log_2.d.next = self.posted_2.val();
                    self.log_3.d.next = self.posted_3.val();
                }
            } else {
                self.take.next = 0x4000.into();
                self.pointer.d.next = 14.into();
            }
            self.first.d.next = self.take.val();
        }

        if self.reset.val() {
            self.status.d.next = 0.into();
            self.mask.d.next = 0.into();
            self.severity.d.next = self.severity_default.val();
            self.advisory.d.next = false;
            self.correctable_mask.d.next = self.correctable_default.val();
            self.first.d.next = 0.into();
            self.pointer.d.next = 0.into();
            self.log_0.d.next = 0.into();
            self.log_1.d.next = 0.into();
            self.log_2.d.next = 0.into();
            self.log_3.d.next = 0.into();
        }
    }
}
