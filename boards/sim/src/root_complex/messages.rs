//! Messages from the card: interrupts by wire, errors, power management.
//!
//! Source: PCI Express Base Specification 2.0, section 2.2.8 and its tables of message codes and routing.

use pcie_tlp::{MessageHeader, Routing};

use super::violation::ViolationKind;

/// Message code of Assert_INTA.
pub(super) const ASSERT_INTA: u8 = 0x20;

/// Messages received, by kind, and the level of the interrupt wire that they emulate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    /// Whether INTA is asserted now.
    pub intx_level: bool,
    /// Assert_INTA.
    pub intx_asserted: u64,
    /// Deassert_INTA.
    pub intx_deasserted: u64,
    /// ERR_COR.
    pub errors_correctable: u64,
    /// ERR_NONFATAL.
    pub errors_nonfatal: u64,
    /// ERR_FATAL.
    pub errors_fatal: u64,
    /// PME_TO_Ack.
    pub power_off_acknowledged: u64,
}

impl Messages {
    /// Takes one message. `msi_enabled`: the card must use messages of the other kind for its interrupts.
    ///
    /// # Errors
    /// The broken rule.
    pub(super) fn take(
        &mut self,
        message: &MessageHeader,
        payload_dw: usize,
        msi_enabled: bool,
    ) -> Result<(), ViolationKind> {
        let (code, routing) = (message.code, message.routing);
        let (expected, counter) = match code {
            ASSERT_INTA => (Routing::Local, &mut self.intx_asserted),
            0x24 => (Routing::Local, &mut self.intx_deasserted),
            0x30 => (Routing::ToRoot, &mut self.errors_correctable),
            0x31 => (Routing::ToRoot, &mut self.errors_nonfatal),
            0x33 => (Routing::ToRoot, &mut self.errors_fatal),
            0x1B => (Routing::Gather, &mut self.power_off_acknowledged),
            _ => return Err(ViolationKind::NoSuchMessage { code }),
        };
        if routing != expected || payload_dw != 0 {
            return Err(ViolationKind::MalformedMessage { code });
        }
        *counter += 1;
        match code {
            ASSERT_INTA if msi_enabled => return Err(ViolationKind::IntxWithMsi),
            ASSERT_INTA => self.intx_level = true,
            0x24 => self.intx_level = false,
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pcie_tlp::FunctionId;

    fn message(code: u8, routing: Routing) -> MessageHeader {
        MessageHeader {
            requester: FunctionId::new(1, 0, 0),
            tag: 0,
            code,
            routing,
            body: [0, 0],
        }
    }

    #[test]
    fn wire_goes_up_and_down() {
        let mut seen = Messages::default();
        seen.take(&message(0x20, Routing::Local), 0, false)
            .expect("legal");
        assert!(seen.intx_level);
        seen.take(&message(0x24, Routing::Local), 0, true)
            .expect("legal");
        assert!(!seen.intx_level);
        assert_eq!((seen.intx_asserted, seen.intx_deasserted), (1, 1));
    }

    #[test]
    fn broken_rules_are_named() {
        let mut seen = Messages::default();
        let mut take = |code, routing, payload, msi| {
            seen.take(&message(code, routing), payload, msi)
                .expect_err("illegal")
        };
        assert_eq!(
            take(0x20, Routing::Local, 0, true),
            ViolationKind::IntxWithMsi
        );
        assert_eq!(
            take(0x21, Routing::Local, 0, false),
            ViolationKind::NoSuchMessage { code: 0x21 }
        );
        assert_eq!(
            take(0x30, Routing::Local, 0, false),
            ViolationKind::MalformedMessage { code: 0x30 }
        );
        assert_eq!(
            take(0x31, Routing::ToRoot, 1, false),
            ViolationKind::MalformedMessage { code: 0x31 }
        );
    }
}
