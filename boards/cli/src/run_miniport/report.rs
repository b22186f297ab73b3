//! What is told at the end: calls, interrupts, misuse, what was left behind.

use super::target::Rig;
use lumenport_videoport::LeakReport;
use lumenport_videoport::services::Service;
use videoport::Device;
use videoport::loader::Driver;

/// Widest line of the list of calls.
const WIDTH: usize = 110;

/// How the driver did.
pub struct Verdict {
    /// What makes the command fail.
    pub complaints: Vec<String>,
    /// Misuses of services.
    pub findings: u32,
}

/// Prints the end.
pub fn print(device: &Device, driver: &Driver, rig: &Rig, left: &LeakReport) -> Verdict {
    calls(device, driver);
    let interrupts = device.port().interrupt_counts();
    println!(
        "irq      {} delivered, {} not the driver's",
        interrupts.delivered, interrupts.not_ours
    );
    let unknown = videoport::unknown_names();
    if !unknown.is_empty() {
        println!("unknown  asked for and not there: {}", unknown.join(", "));
    }
    let foreign = videoport::foreign_calls();
    if foreign != 0 {
        println!("unknown  {foreign} calls with something that is no HwDeviceExtension");
    }
    let total = device.port().finding_count();
    let mut told = 0;
    while let Some(finding) = device.port().take_finding() {
        println!("misuse   {finding}");
        told += 1;
    }
    if total > told {
        println!("misuse   and {} before these", total - told);
    }
    let mut complaints = rig.complaints();
    complaints.extend(leaks(left));
    for complaint in &complaints {
        println!("wrong    {complaint}");
    }
    let kept = [
        (left.events, "events"),
        (left.spin_locks, "spin locks"),
        (left.interface_references, "interface references"),
    ];
    for (count, what) in kept.into_iter().filter(|(count, _)| *count != 0) {
        println!("left     {count} {what}, which may live as long as the device");
    }
    if complaints.is_empty() && total == 0 {
        println!("end      nothing left behind, nothing misused");
    }
    Verdict {
        complaints,
        findings: total,
    }
}

fn calls(device: &Device, driver: &Driver) {
    let counted: Vec<(&str, u32)> = Service::ALL
        .iter()
        .map(|service| (service.name(), device.call_count(*service)))
        .filter(|(_, count)| *count != 0)
        .collect();
    let total: u64 = counted.iter().map(|(_, count)| u64::from(*count)).sum();
    println!("calls    {total} of {} services", counted.len());
    let items = counted
        .iter()
        .map(|(name, count)| format!("{name} {count}"));
    for line in wrap(items) {
        println!("         {line}");
    }
    let never: Vec<String> = driver
        .file()
        .services
        .iter()
        .filter(|name| !counted.iter().any(|(called, _)| called == name))
        .cloned()
        .collect();
    if !never.is_empty() {
        println!("         imported and not called:");
        for line in wrap(never.into_iter()) {
            println!("         {line}");
        }
    }
}

/// Joins items to lines.
fn wrap(items: impl Iterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in items {
        match lines.last_mut() {
            Some(line) if line.len() + item.len() + 2 <= WIDTH => {
                line.push_str(", ");
                line.push_str(&item);
            }
            _ => lines.push(item),
        }
    }
    lines
}

/// What a driver must give back, in words.
fn leaks(left: &LeakReport) -> Option<String> {
    if left.is_clean() {
        return None;
    }
    let counted = [
        (left.pool_blocks, "pool blocks"),
        (left.pool_bytes, "bytes of pool"),
        (left.mdls, "locked buffers"),
        (left.dma_lists, "transfers never completed"),
        (left.common_buffers, "common buffers"),
        (left.mappings, "mappings"),
        (left.hardware_slots, "table slots that the card holds"),
    ];
    let parts: Vec<String> = counted
        .into_iter()
        .filter(|(count, _)| *count != 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    Some(format!("the driver left behind {}", parts.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_wrapped_between_items() {
        let items = (0..40).map(|number| format!("VideoPortNumber{number}"));
        let lines = wrap(items);
        assert!(lines.len() > 5 && lines.iter().all(|line| line.len() <= WIDTH));
        assert_eq!(lines.join(", ").matches("VideoPortNumber").count(), 40);
    }

    #[test]
    fn only_what_must_be_returned_is_a_leak() {
        let lasting = LeakReport {
            events: 3,
            ..LeakReport::default()
        };
        assert_eq!(leaks(&lasting), None);
        let leaking = LeakReport {
            pool_blocks: 2,
            pool_bytes: 96,
            mappings: 1,
            ..lasting
        };
        let text = "the driver left behind 2 pool blocks, 96 bytes of pool, 1 mappings";
        assert_eq!(leaks(&leaking).as_deref(), Some(text));
    }
}
