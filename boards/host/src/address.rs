//! Where a PCI function sits: segment, bus, device, function.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use crate::error::HostError;

/// An address as the kernel writes it: `0000:01:00.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PciAddress {
    segment: u16,
    bus: u8,
    device: u8,
    function: u8,
}

impl FromStr for PciAddress {
    type Err = HostError;

    /// Reads `0000:01:00.0` or, in segment 0, `01:00.0`.
    fn from_str(text: &str) -> Result<Self, HostError> {
        let parsed = || {
            let (rest, function) = text.rsplit_once('.')?;
            let (rest, device) = rest.rsplit_once(':')?;
            let (segment, bus) = rest.rsplit_once(':').unwrap_or(("0", rest));
            Some(Self {
                segment: hex(segment, 4, 0xFFFF)?,
                bus: hex(bus, 2, 0xFF)? as u8,
                device: hex(device, 2, 0x1F)? as u8,
                function: hex(function, 1, 7)? as u8,
            })
        };
        parsed().ok_or_else(|| HostError::Address(text.to_owned()))
    }
}

/// At most `digits` hexadecimal digits, no more than `max`.
fn hex(text: &str, digits: usize, max: u16) -> Option<u16> {
    let plain = text.len() <= digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let value = plain.then(|| u16::from_str_radix(text, 16).ok())??;
    (value <= max).then_some(value)
}

impl Display for PciAddress {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            segment,
            bus,
            device,
            function,
        } = self;
        write!(to, "{segment:04x}:{bus:02x}:{device:02x}.{function}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_the_kernel_writes_them() {
        for text in ["0000:01:00.0", "1234:ff:1f.7"] {
            assert_eq!(text.parse::<PciAddress>().unwrap().to_string(), text);
        }
        assert_eq!(
            "1:0.0".parse::<PciAddress>().unwrap().to_string(),
            "0000:01:00.0"
        );
        for text in [
            "",
            "0.0",
            "01:00",
            "01:20.0",
            "01:00.8",
            "+1:00.0",
            "10000:01:00.0",
            "a:b:c:d.0",
        ] {
            let error = text.parse::<PciAddress>().unwrap_err();
            assert!(error.to_string().contains(text), "{text}");
        }
    }
}
