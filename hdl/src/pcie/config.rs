//! Configuration space of the card: one type 0 function.
//!
//! Purpose: header, BARs and the capability list power management -> MSI -> PCI Express, in the
//! form that an unmodified operating system enumerates. Clock domain: `sys`. The completer reads
//! and writes one DW at a time; the other blocks take what they may do (master, decode, sizes)
//! from the outputs here. What an error sets is decided in [`super::aer`], whose registers are the
//! extended space. Not supported: expansion ROM, function level reset.
//!
//! Source: PCI Local Bus Spec 3.0 ch. 6, PCI Power Management 1.2 ch. 3, PCI Express Base Spec
//! 2.0 ch. 7.

use crate::prelude::*;

/// What distinguishes one card build from another in configuration space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Vendor id. The default is a placeholder convention, not an id assigned to this project.
    pub vendor: u16,
    /// Device id. Placeholder, see `vendor`.
    pub device: u16,
    /// Subsystem vendor id.
    pub subsystem_vendor: u16,
    /// Subsystem id.
    pub subsystem: u16,
    /// 24-bit class code; 0x038000 is "other display controller".
    pub class: u32,
    /// Revision id; display drivers of the bochs layout ask for at least 2.
    pub revision: u8,
    /// Size of BAR0 as a power of two, in bits of byte address; 16..=27.
    pub bar0_address_bits: u32,
    /// Largest payload the card takes and makes: 0 = 128, 1 = 256, 2 = 512 bytes.
    pub max_payload_supported: u8,
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            vendor: 0x1234,
            device: 0x1111,
            subsystem_vendor: 0x1234,
            subsystem: 0x4C50,
            class: 0x03_8000,
            revision: 2,
            bar0_address_bits: 22,
            max_payload_supported: 2,
        }
    }
}

/// Address bits decoded inside BAR2 (64 KiB of registers).
pub const BAR2_ADDRESS_BITS: u32 = 16;

impl Identity {
    /// Writable bits of BAR0.
    pub(crate) fn bar0_mask(&self) -> u64 {
        assert!(
            (16..=27).contains(&self.bar0_address_bits),
            "BAR0 is 64 KiB to 128 MiB: the memory port has 24 bits of 64-bit words"
        );
        0xFFFF_FFFF & !((1u64 << self.bar0_address_bits) - 1)
    }

    /// Writable bits of BAR2.
    pub(crate) fn bar2_mask() -> u64 {
        0xFFFF_FFFF & !((1u64 << BAR2_ADDRESS_BITS) - 1)
    }
}

/// The configuration registers. Combinational read; a write takes effect at the clock edge.
#[derive(LogicBlock)]
pub struct ConfigSpace {
    /// `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset: every register to its default.
    pub reset: Signal<In, Bit>,
    /// High while `register` is looked at or written; `read_data` is zero otherwise.
    pub access: Signal<In, Bit>,
    /// DW index: extended register number (9:6) and register number (5:0).
    pub register: Signal<In, Bits<10>>,
    /// The register's value, same clock.
    pub read_data: Signal<Out, Bits<32>>,
    /// One clock: write `write_data` where `write_be` is set. Needs `access`.
    pub write_strobe: Signal<In, Bit>,
    /// Value to write, register order (not wire order).
    pub write_data: Signal<In, Bits<32>>,
    /// Byte enables of `write_data`.
    pub write_be: Signal<In, Bits<4>>,
    /// One clock: take `id_value` as the card's bus/device/function number.
    pub id_strobe: Signal<In, Bit>,
    /// Bus (15:8), device (7:3), function (2:0).
    pub id_value: Signal<In, Bits<16>>,
    /// The enabled bytes of `write_data`; the others are zero.
    pub write_ones: Signal<Out, Bits<32>>,
    /// Ones in the enabled bytes.
    pub write_mask: Signal<Out, Bits<32>>,
    /// Device status 3:0 to set: correctable, non-fatal, fatal, unsupported request.
    pub device_set: Signal<In, Bits<4>>,
    /// One clock: ERR_NONFATAL or ERR_FATAL is sent (status: signaled system error, when SERR# is enabled).
    pub system_error_strobe: Signal<In, Bit>,
    /// Device control 3:0: correctable, non-fatal, fatal, unsupported request reporting enable.
    pub report_enable: Signal<Out, Bits<4>>,
    /// SERR# enable of the command register.
    pub serr_enable: Signal<Out, Bit>,
    /// Requests of the card have no completion timeout.
    pub timeout_disable: Signal<Out, Bit>,
    /// Event: a poisoned request was dropped.
    pub poisoned_strobe: Signal<In, Bit>,
    /// Event: a poisoned completion came back.
    pub poisoned_completion_strobe: Signal<In, Bit>,
    /// Event: one of our requests was answered with completer abort.
    pub target_abort_strobe: Signal<In, Bit>,
    /// Event: one of our requests was answered with unsupported request.
    pub master_abort_strobe: Signal<In, Bit>,
    /// Level: requests of the card are waiting for completions (device status bit 5).
    pub transactions_pending: Signal<In, Bit>,
    /// The card answers BAR accesses (memory space enable, and power state D0).
    pub memory_enable: Signal<Out, Bit>,
    /// The card may send requests (bus master enable, and power state D0).
    pub bus_master_enable: Signal<Out, Bit>,
    /// Base address of BAR0; bits below its size are zero.
    pub bar0_base: Signal<Out, Bits<32>>,
    /// Ones in the address bits that select BAR0. Constant.
    pub bar0_select: Signal<Out, Bits<32>>,
    /// Base address of BAR2; bits below its size are zero.
    pub bar2_base: Signal<Out, Bits<32>>,
    /// Largest payload in either direction: 0 = 128, 1 = 256, 2 = 512 bytes.
    pub max_payload: Signal<Out, Bits<3>>,
    /// Largest read request: 0 = 128 ... 5 = 4096 bytes.
    pub max_read_request: Signal<Out, Bits<3>>,
    /// Read completion boundary of the root complex is 128 bytes (else 64).
    pub rcb_128: Signal<Out, Bit>,
    /// Bus, device and function number, for requests and completions.
    pub requester_id: Signal<Out, Bits<16>>,
    /// Message signalled interrupts are switched on.
    pub msi_enable: Signal<Out, Bit>,
    /// Address of the interrupt message, low half; multiple of 4.
    pub msi_address_lo: Signal<Out, Bits<32>>,
    /// High half; zero = a 32-bit write is to be used.
    pub msi_address_hi: Signal<Out, Bits<32>>,
    /// Data of the interrupt message.
    pub msi_data: Signal<Out, Bits<16>>,
    /// Vectors enabled, as a power of two: 0, 1 or 2.
    pub msi_vectors: Signal<Out, Bits<3>>,
    /// INTA may be asserted: MSI is off, INTx is not disabled, power state D0.
    pub intx_enable: Signal<Out, Bit>,
    /// Level: something wants an interrupt (status bit 3 while MSI is off).
    pub intx_level: Signal<In, Bit>,
    /// `requester_id` was told by a configuration write.
    pub id_known: Signal<Out, Bit>,
    /// Level: correctable, non-fatal or fatal error is set in device status.
    pub error_logged: Signal<Out, Bit>,

    command: DFF<Bits<16>>,
    // data parity, target abort, master abort, signaled system error, detected parity
    status_errors: DFF<Bits<5>>,
    no_timeout: DFF<Bit>,
    // cache line size (7:0) and interrupt line (15:8): read/write bytes without effect
    scratch_bytes: DFF<Bits<16>>,
    bar0: DFF<Bits<32>>,
    bar2: DFF<Bits<32>>,
    power_state: DFF<Bits<2>>,
    msi_on: DFF<Bit>,
    msi_multiple: DFF<Bits<3>>,
    id_told: DFF<Bit>,
    msi_lo: DFF<Bits<32>>,
    msi_hi: DFF<Bits<32>>,
    msi_word: DFF<Bits<16>>,
    device_control: DFFWithInit<Bits<16>>,
    device_status: DFF<Bits<4>>,
    link_control: DFF<Bits<16>>,
    id: DFF<Bits<16>>,

    mask: Signal<Local, Bits<32>>,
    // the addressed register with the enabled bytes replaced
    merged: Signal<Local, Bits<32>>,
    // ones written into enabled bytes, for the bits that a one clears
    ones: Signal<Local, Bits<32>>,
    status_set: Signal<Local, Bits<5>>,
    status_clear: Signal<Local, Bits<5>>,
    device_clear: Signal<Local, Bits<4>>,
    in_d0: Signal<Local, Bit>,

    id_word: Constant<Bits<32>>,
    class_word: Constant<Bits<32>>,
    subsystem_word: Constant<Bits<32>>,
    byte_3: Constant<Bits<32>>,
    bar0_mask: Constant<Bits<32>>,
    bar2_mask: Constant<Bits<32>>,
    device_capabilities: Constant<Bits<32>>,
    supported_payload: Constant<Bits<3>>,
    device_control_default: Constant<Bits<16>>,
}

/// Device control after reset: relaxed ordering and no-snoop allowed, read requests up to 512 bytes.
const DEVICE_CONTROL_DEFAULT: u64 = 0x2810;

impl ConfigSpace {
    /// A configuration space that shows `identity`.
    ///
    /// # Panics
    /// When `identity` has a BAR0 size or payload size outside its stated range.
    #[must_use]
    pub fn new(identity: &Identity) -> Self {
        assert!(
            identity.max_payload_supported <= 2,
            "the card supports payloads up to 512 bytes"
        );
        let word = |high: u16, low: u16| bits::<32>(u64::from(high) << 16 | u64::from(low));
        Self {
            clock: Signal::default(),
            reset: Signal::default(),
            access: Signal::default(),
            register: Signal::default(),
            read_data: Signal::default(),
            write_strobe: Signal::default(),
            write_data: Signal::default(),
            write_be: Signal::default(),
            id_strobe: Signal::default(),
            id_value: Signal::default(),
            write_ones: Signal::default(),
            write_mask: Signal::default(),
            system_error_strobe: Signal::default(),
            report_enable: Signal::default(),
            serr_enable: Signal::default(),
            timeout_disable: Signal::default(),
            poisoned_strobe: Signal::default(),
            poisoned_completion_strobe: Signal::default(),
            target_abort_strobe: Signal::default(),
            master_abort_strobe: Signal::default(),
            transactions_pending: Signal::default(),
            memory_enable: Signal::default(),
            bus_master_enable: Signal::default(),
            bar0_base: Signal::default(),
            bar0_select: Signal::default(),
            bar2_base: Signal::default(),
            max_payload: Signal::default(),
            max_read_request: Signal::default(),
            rcb_128: Signal::default(),
            requester_id: Signal::default(),
            msi_enable: Signal::default(),
            msi_address_lo: Signal::default(),
            msi_address_hi: Signal::default(),
            msi_data: Signal::default(),
            msi_vectors: Signal::default(),
            intx_enable: Signal::default(),
            intx_level: Signal::default(),
            id_known: Signal::default(),
            error_logged: Signal::default(),
            command: DFF::default(),
            status_errors: DFF::default(),
            no_timeout: DFF::default(),
            scratch_bytes: DFF::default(),
            bar0: DFF::default(),
            bar2: DFF::default(),
            power_state: DFF::default(),
            msi_on: DFF::default(),
            msi_multiple: DFF::default(),
            id_told: DFF::default(),
            msi_lo: DFF::default(),
            msi_hi: DFF::default(),
            msi_word: DFF::default(),
            device_control: DFFWithInit::new(DEVICE_CONTROL_DEFAULT.into()),
            device_status: DFF::default(),
            link_control: DFF::default(),
            id: DFF::default(),
            mask: Signal::default(),
            merged: Signal::default(),
            ones: Signal::default(),
            status_set: Signal::default(),
            status_clear: Signal::default(),
            device_set: Signal::default(),
            device_clear: Signal::default(),
            in_d0: Signal::default(),
            id_word: Constant::new(word(identity.device, identity.vendor)),
            class_word: Constant::new(
                (u64::from(identity.class) << 8 | u64::from(identity.revision)).into(),
            ),
            subsystem_word: Constant::new(word(identity.subsystem, identity.subsystem_vendor)),
            byte_3: Constant::new(0xFF00_0000u64.into()),
            bar0_mask: Constant::new(identity.bar0_mask().into()),
            bar2_mask: Constant::new(Identity::bar2_mask().into()),
            // role-based error reporting, and the payload size
            device_capabilities: Constant::new(
                (0x8000 | u64::from(identity.max_payload_supported)).into(),
            ),
            supported_payload: Constant::new(u64::from(identity.max_payload_supported).into()),
            device_control_default: Constant::new(DEVICE_CONTROL_DEFAULT.into()),
        }
    }
}

impl Logic for ConfigSpace {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            command,
            status_errors,
            no_timeout,
            scratch_bytes,
            bar0,
            bar2,
            power_state,
            msi_on,
            msi_multiple,
            id_told,
            msi_lo,
            msi_hi,
            msi_word,
            device_control,
            device_status,
            link_control,
            id
        );

        // What the rest of the card sees.
        self.in_d0.next = self.power_state.q.val() == 0;
        self.memory_enable.next = self.command.q.val().get_bit(1) && self.in_d0.val();
        self.bus_master_enable.next = self.command.q.val().get_bit(2) && self.in_d0.val();
        self.bar0_base.next = self.bar0.q.val();
        self.bar0_select.next = self.bar0_mask.val();
        self.bar2_base.next = self.bar2.q.val();
        self.max_payload.next = self.device_control.q.val().get_bits::<3>(5);
        if self.device_control.q.val().get_bits::<3>(5) > self.supported_payload.val() {
            self.max_payload.next = self.supported_payload.val();
        }
        self.max_read_request.next = self.device_control.q.val().get_bits::<3>(12);
        self.rcb_128.next = self.link_control.q.val().get_bit(3);
        self.requester_id.next = self.id.q.val();
        self.msi_enable.next = self.msi_on.q.val();
        self.msi_address_lo.next = self.msi_lo.q.val();
        self.msi_address_hi.next = self.msi_hi.q.val();
        self.msi_data.next = self.msi_word.q.val();
        self.msi_vectors.next = self.msi_multiple.q.val();
        if self.msi_multiple.q.val() > 2 {
            self.msi_vectors.next = 2.into();
        }
        self.intx_enable.next =
            (!self.msi_on.q.val()) && (!self.command.q.val().get_bit(10)) && self.in_d0.val();
        self.id_known.next = self.id_told.q.val();
        self.error_logged.next = self.device_status.q.val().get_bits::<3>(0).any();

        // Read.
        self.read_data.next = 0.into();
        if self.access.val() {
            if self.register.val() == 0x00 {
                self.read_data.next = self.id_word.val();
            } else if self.register.val() == 0x01 {
                // status: capability list, and the sticky error bits
                self.read_data.next = bit_cast::<32, 16>(self.command.q.val())
                    | 0x0010_0000
                    | (bit_cast::<32, 1>(self.status_errors.q.val().get_bits::<1>(0)) << 24)
                    | (bit_cast::<32, 4>(self.status_errors.q.val().get_bits::<4>(1)) << 28);
                if self.intx_level.val() && (!self.msi_on.q.val()) {
                    self.read_data.next = self.read_data.val() | 0x0008_0000;
                }
            } else if self.register.val() == 0x02 {
                self.read_data.next = self.class_word.val();
            } else if self.register.val() == 0x03 {
                self.read_data.next =
                    bit_cast::<32, 8>(self.scratch_bytes.q.val().get_bits::<8>(0));
            } else if self.register.val() == 0x04 {
                // memory, 32-bit, prefetchable
                self.read_data.next = self.bar0.q.val() | 0x8;
            } else if self.register.val() == 0x06 {
                // memory, 32-bit, not prefetchable
                self.read_data.next = self.bar2.q.val();
            } else if self.register.val() == 0x0B {
                self.read_data.next = self.subsystem_word.val();
            } else if self.register.val() == 0x0D {
                self.read_data.next = 0x40.into();
            } else if self.register.val() == 0x0F {
                self.read_data.next =
                    bit_cast::<32, 8>(self.scratch_bytes.q.val().get_bits::<8>(8)) | 0x100;
            } else if self.register.val() == 0x10 {
                // power management, version 3, no PME, next at 0x48
                self.read_data.next = 0x0003_4801.into();
            } else if self.register.val() == 0x11 {
                // no soft reset: D3hot -> D0 keeps the configuration
                self.read_data.next = bit_cast::<32, 2>(self.power_state.q.val()) | 0x8;
            } else if self.register.val() == 0x12 {
                // MSI, 64-bit address, up to four vectors, next at 0x60
                self.read_data.next =
                    0x0084_6005 | (bit_cast::<32, 3>(self.msi_multiple.q.val()) << 20);
                if self.msi_on.q.val() {
                    self.read_data.next = self.read_data.val() | 0x0001_0000;
                }
            } else if self.register.val() == 0x13 {
                self.read_data.next = self.msi_lo.q.val();
            } else if self.register.val() == 0x14 {
                self.read_data.next = self.msi_hi.q.val();
            } else if self.register.val() == 0x15 {
                self.read_data.next = bit_cast::<32, 16>(self.msi_word.q.val());
            } else if self.register.val() == 0x18 {
                // PCI Express, version 2, endpoint, last of the list
                self.read_data.next = 0x0002_0010.into();
            } else if self.register.val() == 0x19 {
                self.read_data.next = self.device_capabilities.val();
            } else if self.register.val() == 0x1A {
                self.read_data.next = bit_cast::<32, 16>(self.device_control.q.val())
                    | (bit_cast::<32, 4>(self.device_status.q.val()) << 16);
                if self.transactions_pending.val() {
                    self.read_data.next = bit_cast::<32, 16>(self.device_control.q.val())
                        | (bit_cast::<32, 4>(self.device_status.q.val()) << 16)
                        | 0x0020_0000;
                }
            } else if self.register.val() == 0x1B {
                // 2.5 GT/s, one lane, no active state power management
                self.read_data.next = 0x0040_0011.into();
            } else if self.register.val() == 0x1C {
                // at 2.5 GT/s, one lane, slot clock
                self.read_data.next = bit_cast::<32, 16>(self.link_control.q.val()) | 0x1011_0000;
            } else if self.register.val() == 0x21 {
                // completion timeout can be switched off; its one range is 50 us to 50 ms
                self.read_data.next = 0x10.into();
            } else if (self.register.val() == 0x22) && self.no_timeout.q.val() {
                self.read_data.next = 0x10.into();
            }
        }

        // Write.
        self.mask.next = 0.into();
        if self.write_be.val().get_bit(0) {
            self.mask.next = self.mask.val() | 0xFF;
        }
        if self.write_be.val().get_bit(1) {
            self.mask.next = self.mask.val() | 0xFF00;
        }
        if self.write_be.val().get_bit(2) {
            self.mask.next = self.mask.val() | 0x00FF_0000;
        }
        if self.write_be.val().get_bit(3) {
            self.mask.next = self.mask.val() | self.byte_3.val();
        }
        self.ones.next = self.write_data.val() & self.mask.val();
        self.merged.next = (self.read_data.val() & (!self.mask.val())) | self.ones.val();
        self.write_ones.next = self.ones.val();
        self.write_mask.next = self.mask.val();
        self.report_enable.next = self.device_control.q.val().get_bits::<4>(0);
        self.serr_enable.next = self.command.q.val().get_bit(8);
        self.timeout_disable.next = self.no_timeout.q.val();
        self.status_clear.next = 0.into();
        self.device_clear.next = 0.into();
        if self.write_strobe.val() {
            if self.register.val() == 0x01 {
                // memory space, bus master, parity response, SERR, INTx disable
                self.command.d.next = self.merged.val().get_bits::<16>(0) & 0x0546;
                self.status_clear.next = bit_cast::<5, 1>(self.ones.val().get_bits::<1>(24))
                    | (bit_cast::<5, 4>(self.ones.val().get_bits::<4>(28)) << 1);
            } else if self.register.val() == 0x03 {
                self.scratch_bytes.d.next = (self.scratch_bytes.q.val() & 0xFF00)
                    | bit_cast::<16, 8>(self.merged.val().get_bits::<8>(0));
            } else if self.register.val() == 0x04 {
                self.bar0.d.next = self.merged.val() & self.bar0_mask.val();
            } else if self.register.val() == 0x06 {
                self.bar2.d.next = self.merged.val() & self.bar2_mask.val();
            } else if self.register.val() == 0x0F {
                self.scratch_bytes.d.next = (self.scratch_bytes.q.val() & 0x00FF)
                    | (bit_cast::<16, 8>(self.merged.val().get_bits::<8>(0)) << 8);
            } else if self.register.val() == 0x11 {
                // only D0 and D3hot exist: a write of another state changes nothing
                if self.merged.val().get_bit(0) == self.merged.val().get_bit(1) {
                    self.power_state.d.next = self.merged.val().get_bits::<2>(0);
                }
            } else if self.register.val() == 0x12 {
                self.msi_on.d.next = self.merged.val().get_bit(16);
                self.msi_multiple.d.next = self.merged.val().get_bits::<3>(20);
            } else if self.register.val() == 0x13 {
                self.msi_lo.d.next = bit_cast::<32, 30>(self.merged.val().get_bits::<30>(2)) << 2;
            } else if self.register.val() == 0x14 {
                self.msi_hi.d.next = self.merged.val();
            } else if self.register.val() == 0x15 {
                self.msi_word.d.next = self.merged.val().get_bits::<16>(0);
            } else if self.register.val() == 0x1A {
                self.device_control.d.next = self.merged.val().get_bits::<16>(0) & 0x78FF;
                self.device_clear.next = self.ones.val().get_bits::<4>(16);
            } else if self.register.val() == 0x1C {
                self.link_control.d.next = self.merged.val().get_bits::<16>(0) & 0x00CB;
            } else if self.register.val() == 0x22 {
                self.no_timeout.d.next = self.merged.val().get_bit(4);
            }
        }

        // Sticky errors: an event in the clock of a clear stays. The parity bit of a completion
        // counts only when parity error response is on.
        self.status_set.next = 0.into();
        if self.poisoned_strobe.val() || self.poisoned_completion_strobe.val() {
            self.status_set.next = 0x10.into();
        }
        if self.poisoned_completion_strobe.val() && self.command.q.val().get_bit(6) {
            self.status_set.next = self.status_set.val() | 0x1;
        }
        if self.target_abort_strobe.val() {
            self.status_set.next = self.status_set.val() | 0x2;
        }
        if self.master_abort_strobe.val() {
            self.status_set.next = self.status_set.val() | 0x4;
        }
        if self.system_error_strobe.val() && self.command.q.val().get_bit(8) {
            self.status_set.next = self.status_set.val() | 0x8;
        }
        self.status_errors.d.next =
            (self.status_errors.q.val() & (!self.status_clear.val())) | self.status_set.val();
        self.device_status.d.next =
            (self.device_status.q.val() & (!self.device_clear.val())) | self.device_set.val();

        if self.id_strobe.val() {
            self.id.d.next = self.id_value.val();
            self.id_told.d.next = true;
        }

        if self.reset.val() {
            self.command.d.next = 0.into();
            self.status_errors.d.next = 0.into();
            self.no_timeout.d.next = false;
            self.scratch_bytes.d.next = 0.into();
            self.bar0.d.next = 0.into();
            self.bar2.d.next = 0.into();
            self.power_state.d.next = 0.into();
            self.msi_on.d.next = false;
            self.msi_multiple.d.next = 0.into();
            self.id_told.d.next = false;
            self.msi_lo.d.next = 0.into();
            self.msi_hi.d.next = 0.into();
            self.msi_word.d.next = 0.into();
            self.device_control.d.next = self.device_control_default.val();
            self.device_status.d.next = 0.into();
            self.link_control.d.next = 0.into();
            self.id.d.next = 0.into();
        }
    }
}
