//! What can go wrong between this process and the card.

use std::path::PathBuf;

use thiserror::Error;

use crate::address::PciAddress;

/// Why something with a PCI function did not work.
#[derive(Debug, Error)]
pub enum HostError {
    /// The other end of the socket.
    #[error("{what}: the process that serves the card does not do it")]
    Socket {
        /// What was tried.
        what: &'static str,
        /// Why not.
        source: vfio_user::Error,
    },
    /// A system call.
    #[error("{what}")]
    System {
        /// What was tried.
        what: &'static str,
        /// Why not.
        source: std::io::Error,
    },
    /// A file of the kernel.
    #[error("{path} cannot be {what}{hint}")]
    File {
        /// The file.
        path: PathBuf,
        /// What was tried, as a participle.
        what: &'static str,
        /// What a person can do.
        hint: &'static str,
        /// Why not.
        source: std::io::Error,
    },
    /// Not an address of a PCI function.
    #[error("{0:?} is not the address of a PCI function, like 0000:01:00.0")]
    Address(String),
    /// Nothing is there.
    #[error("this machine has no PCI function {0}; lspci lists them")]
    NoFunction(PciAddress),
    /// The kernel's part is not there.
    #[error("the kernel has no driver {driver}: load it with `modprobe {module}`")]
    NoModule {
        /// The driver.
        driver: String,
        /// Its module.
        module: String,
    },
    /// Without an IOMMU VFIO gives nobody a function.
    #[error(
        "{0} has no IOMMU group: switch the IOMMU on in the firmware and with intel_iommu=on or amd_iommu=on, or use uio:"
    )]
    NoGroup(PciAddress),
    /// Others of the group are in the kernel's hands.
    #[error(
        "IOMMU group {group} cannot be used while a kernel driver has a part of it: {}",
        members.join(", ")
    )]
    NotViable {
        /// The group.
        group: u32,
        /// Functions with their drivers.
        members: Vec<String>,
    },
    /// Without VFIO the card's addresses are physical ones.
    #[error(
        "an IOMMU translates the addresses of {0}, so the card cannot reach memory through uio: use vfio:, or start the kernel with iommu=pt"
    )]
    Translated(PciAddress),
    /// Anything else that the kernel told.
    #[error("{0}")]
    Kernel(String),
    /// The function does not have it.
    #[error("the card has no {0}")]
    Missing(&'static str),
}
