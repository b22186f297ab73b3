//! What a person may write after `--device`.

use lumenport_host::PciAddress;
use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;
use std::str::FromStr;

/// A card, by the way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceSpec {
    /// The simulated one in this process.
    Simulated,
    /// The same behind the interface of a PCI function, as a real card is.
    #[cfg(feature = "sim")]
    InProcess,
    /// A PCI function of this machine, through the kernel's VFIO.
    Vfio(PciAddress),
    /// A PCI function of this machine, through `uio_pci_generic`.
    Uio(PciAddress),
    /// One that another process serves over vfio-user.
    Socket(PathBuf),
}

impl DeviceSpec {
    /// Short name of the way.
    pub const fn way(&self) -> &'static str {
        match self {
            Self::Simulated => "sim",
            #[cfg(feature = "sim")]
            Self::InProcess => "in-process",
            Self::Vfio(_) => "vfio",
            Self::Uio(_) => "uio",
            Self::Socket(_) => "socket",
        }
    }
}

impl FromStr for DeviceSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let address = |rest: &str| {
            rest.parse()
                .map_err(|error| format!("{error}; write {text:?} like vfio:0000:01:00.0"))
        };
        match text.split_once(':') {
            None if text == "sim" => Ok(Self::Simulated),
            #[cfg(feature = "sim")]
            None if text == "in-process" => Ok(Self::InProcess),
            Some(("vfio", rest)) => address(rest).map(Self::Vfio),
            Some(("uio", rest)) => address(rest).map(Self::Uio),
            Some(("socket", "")) => Err("socket: needs a path after it".to_owned()),
            Some(("socket", path)) => Ok(Self::Socket(PathBuf::from(path))),
            _ => Err(
                "there are sim, vfio:ADDRESS, uio:ADDRESS (like 0000:01:00.0) and socket:PATH"
                    .to_owned(),
            ),
        }
    }
}

impl Display for DeviceSpec {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Simulated => write!(to, "sim"),
            #[cfg(feature = "sim")]
            Self::InProcess => write!(to, "in-process"),
            Self::Vfio(address) | Self::Uio(address) => write!(to, "{}:{address}", self.way()),
            Self::Socket(path) => write!(to, "socket:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_is_written_as_it_is_read() {
        for text in [
            "sim",
            "vfio:0000:01:00.0",
            "uio:00ff:7f:1f.7",
            "socket:/tmp/a:b",
        ] {
            let spec: DeviceSpec = text.parse().unwrap();
            assert_eq!(spec.to_string(), text);
        }
        let short: DeviceSpec = "vfio:01:00.0".parse().unwrap();
        assert_eq!(short.to_string(), "vfio:0000:01:00.0");
    }

    #[test]
    fn what_is_malformed_is_told_with_an_example() {
        let told = |text: &str| text.parse::<DeviceSpec>().unwrap_err();
        for text in [
            "",
            "simm",
            "sim:",
            "pci:0000:01:00.0",
            "vfio",
            "0000:01:00.0",
        ] {
            assert!(told(text).contains("vfio:ADDRESS"), "{text}");
        }
        for text in [
            "vfio:",
            "vfio:0000:01:00",
            "uio:0000:01:20.0",
            "uio:0000:01:00.8",
            "vfio:0:1:0.0 ",
            "vfio:g000:01:00.0",
        ] {
            assert!(
                told(text).contains("0000:01:00.0"),
                "{text}: {}",
                told(text)
            );
        }
        assert!(told("socket:").contains("path"));
    }
}
