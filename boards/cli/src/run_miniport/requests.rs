//! Requests that not every miniport knows, those of the user, and one that none knows.

use anyhow::{Result, anyhow, bail};
use lumenport_videoport::{VpStatus, ioctl};
use videoport::{Device, REQUEST_NAMES, request_name};

/// Output space of a request, as a display driver would offer.
const OUTPUT_BYTES: usize = 4096;
/// Output bytes printed.
const SHOWN_BYTES: usize = 32;
/// A function number in the private range that no driver here uses.
const NOBODY_KNOWS: u32 = 0xFED;

/// Makes the optional requests and prints which the driver knows.
pub fn optional(device: &Device) {
    for function in [0x114, 0x11A] {
        tell(device, ioctl::code(function), &[]);
    }
    tell(device, ioctl::code(0x120), &0_u32.to_ne_bytes());
    public_ranges(device);
    let code = ioctl::code(NOBODY_KNOWS);
    let block = device.io_control(code, &mut [0; 64], 0);
    if block.status != VpStatus::ERROR_INVALID_FUNCTION || block.information != 0 {
        println!(
            "warning  {} should end with ERROR_INVALID_FUNCTION and Information 0, not {} and {}",
            request_name(code),
            block.status,
            block.information
        );
    }
}

/// The registers for a display driver: mapped and unmapped again.
fn public_ranges(device: &Device) {
    let mut bytes = [0; 16];
    let block = device.io_control(ioctl::QUERY_PUBLIC_ACCESS_RANGES, &mut bytes, 0);
    println!(
        "request  IOCTL_VIDEO_QUERY_PUBLIC_ACCESS_RANGES: {}",
        block.status
    );
    if block.status == VpStatus::NO_ERROR {
        let mut address = [0; 8];
        address.copy_from_slice(&bytes[8..]);
        let block = device.io_control(ioctl::FREE_PUBLIC_ACCESS_RANGES, &mut address, 8);
        println!(
            "request  IOCTL_VIDEO_FREE_PUBLIC_ACCESS_RANGES: {}",
            block.status
        );
    }
}

fn tell(device: &Device, code: u32, input: &[u8]) {
    let mut buffer = vec![0; OUTPUT_BYTES.max(input.len())];
    buffer[..input.len()].copy_from_slice(input);
    let block = device.io_control(code, &mut buffer, input.len());
    let returned = match block.status {
        VpStatus::NO_ERROR | VpStatus::ERROR_MORE_DATA => block.information.min(buffer.len()),
        _ => 0,
    };
    let bytes: Vec<String> = buffer[..returned.min(SHOWN_BYTES)]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let dots = if returned > SHOWN_BYTES { " ..." } else { "" };
    let tail = match returned {
        0 => String::new(),
        _ => format!(", {returned} bytes: {}{dots}", bytes.join(" ")),
    };
    println!("request  {}: {}{tail}", request_name(code), block.status);
}

/// A request of the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extra {
    code: u32,
    input: Vec<u8>,
}

impl Extra {
    /// Reads `CODE` or `CODE=HEX`, where the code is a name or a number.
    ///
    /// # Errors
    /// One sentence.
    pub fn parse(text: &str) -> Result<Self> {
        let (code, hex) = text.split_once('=').unwrap_or((text, ""));
        let named = REQUEST_NAMES.iter().find(|(_, name)| *name == code);
        let number = code
            .strip_prefix("0x")
            .and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let code = named
            .map(|(function, _)| ioctl::code(*function))
            .or(number)
            .ok_or_else(|| {
                anyhow!("{code} is neither the name of a request nor a number like 0x00230404")
            })?;
        if !hex.is_ascii() || hex.len() % 2 != 0 {
            bail!("{hex} is not pairs of hexadecimal digits");
        }
        let bytes = (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16));
        let input = bytes
            .collect::<Result<_, _>>()
            .map_err(|_| anyhow!("{hex} is not hexadecimal"))?;
        Ok(Self { code, input })
    }

    /// Sends it and prints the answer.
    pub fn send(&self, device: &Device) {
        tell(device, self.code, &self.input);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_by_name_and_number() {
        let parsed = Extra::parse("IOCTL_VIDEO_GET_CHILD_STATE=0100ff00").unwrap();
        assert_eq!(
            (parsed.code, parsed.input),
            (0x0023_0480, vec![1, 0, 0xFF, 0])
        );
        let parsed = Extra::parse("0x00232004").unwrap();
        assert_eq!((parsed.code, parsed.input), (0x0023_2004, vec![]));
        for bad in ["", "IOCTL_VIDEO_FLY", "12", "0x1=1", "0x1=zz", "0x1=é1"] {
            assert!(Extra::parse(bad).is_err(), "{bad}");
        }
    }
}
