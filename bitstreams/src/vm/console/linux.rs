//! Debian's kernel, its `bochs-drm` and its framebuffer console.

use super::font::Font;
use super::{Bench, read_screen, screen};
use crate::vm::fetch::Flavour;
use crate::vm::initramfs::{self, Contents};
use crate::vm::qemu::{Guest, Iommu, Plan, QUICK};
use anyhow::{Context, Result, bail};

/// The driver: not ours.
const MODULES: [&str; 1] = ["bochs"];
/// First line of the screen.
const BANNER: &str = "Lumenport: this console is drawn by the kernel's own bochs-drm";
/// What is written to the console below it: what the kernel says of the card, and every character.
const SCREEN: &str = "uname -srvm; echo; echo 'framebuffer:' $(cat /proc/fb); lspci -nn -s 01:00.0; echo; \
     dmesg | grep -E 'drm.*bochs|bochs-drm|fbcon:|0000:01:00.0' | tail -n 24; echo; \
     i=32; while [ $i -lt 127 ]; do printf \"\\\\$(printf %o $i)\"; i=$((i+1)); done; echo";
/// Seconds until the driver has a framebuffer; its modules' loading included.
const DRIVER_SECONDS: u32 = 120;
/// The guest's memory.
const MEMORY_MIB: u32 = 512;

/// The kernel chooses the mode: its driver asks for room for two framebuffers, so a card of 4 MiB gets 800x600 although the
/// built-in EDID prefers 1024x768.
///
/// Boots, writes a screen, and reads it from the picture: every cell must be what the kernel's text buffer has.
pub fn check(bench: &Bench) -> Result<((), String)> {
    let kernel = bench.cache.kernel(Flavour::Full)?;
    let font = Font::of_kernel(&kernel.image)?;
    let root = bench.folder.path().join("console-initramfs");
    let contents = Contents {
        modules: &MODULES,
        lumenport: None,
    };
    initramfs::write(&root, &bench.cache, &kernel, &contents)?;
    let (card, mut link) = bench.serve("console")?;
    let plan = Plan {
        qemu: bench.cache.qemu(),
        kernel: &kernel.image,
        initramfs: &root,
        card: Some(&card.socket),
        bench: None,
        iommu: Iommu::None,
        kvm: false,
        memory_mib: MEMORY_MIB,
        append: "",
        extra: &[],
    };
    let mut guest = Guest::boot(&plan, bench.folder.path(), &bench.logs, "console")?;
    guest
        .wait_until("grep -q bochs /proc/fb", DRIVER_SECONDS)
        .context("bochs-drm has no framebuffer")?;
    // No cursor, an empty screen, then the text.
    let write = format!(
        "{{ printf '\\033[?25l\\033[2J\\033[H'; echo \"{BANNER}\"; {SCREEN}; }} >/dev/tty1"
    );
    guest.expect(&write, QUICK)?;
    let buffer = guest.expect("cat /dev/vcs1", QUICK)?;
    if !buffer.starts_with(BANNER) {
        bail!("the kernel's text buffer has another text:\n{buffer}");
    }
    let path = bench.picture("console");
    let read = read_screen(&mut link, &path, |picture| {
        let lines = screen::read(picture, &font);
        let read = compare(&lines, &buffer)?;
        Ok((read, picture.width, picture.height))
    })?;
    let (read, width, height) = read;
    drop(link);
    guest.shut_down().context("the guest does not end")?;
    Ok((
        (),
        format!(
            "{width}x{height}, {read} characters read; {}",
            path.display()
        ),
    ))
}

/// Whether the screen has the text of the kernel's buffer, cell for cell; how many characters that are, blanks aside.
fn compare(screen: &[String], buffer: &str) -> Result<usize> {
    let columns = screen.first().map_or(0, |line| line.chars().count());
    let buffer: Vec<char> = buffer.chars().collect();
    if columns == 0 || buffer.len() != columns * screen.len() {
        bail!(
            "the buffer has {} cells, the picture {columns} by {}",
            buffer.len(),
            screen.len()
        );
    }
    for (line, (shown, expected)) in screen.iter().zip(buffer.chunks(columns)).enumerate() {
        let expected: String = expected.iter().collect();
        if *shown != expected {
            bail!(
                "line {line} shows {:?} instead of {:?}",
                shown.trim_end(),
                expected.trim_end()
            );
        }
    }
    Ok(buffer.iter().filter(|c| **c != ' ').count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wrong_cell_is_found() {
        let blank = || " ".repeat(128);
        let screen = vec![format!("{:128}", "ab"), blank()];
        let buffer = screen.concat();
        assert_eq!(compare(&screen, &buffer).ok(), Some(2));
        assert!(compare(&screen, &buffer.replace('b', "c")).is_err());
        assert!(compare(&screen, &buffer[1..]).is_err());
    }

    #[test]
    fn request_is_one_line_that_a_terminal_takes() {
        assert!(SCREEN.len() + BANNER.len() < 1900 && !SCREEN.contains('\n'));
    }
}
