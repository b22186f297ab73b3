//! The format of `VideoPortDebugPrint`, as the Windows runtime reads it.
//!
//! `%[flags][width][.precision][size]type`, where size `l` and none mean 32 bits (a `long` has 32 bits there), `ll` and `I64`
//! 64, `I`, `z` and `p` a pointer's width, `h` 16; `%ws`, `%ls` and `%S` are 16-bit strings, `%wc` a 16-bit character.
//! Strings are read through the kernel: a bad pointer prints as `(bad pointer)`.
//!
//! Not supported: `%n` (ignored on purpose), `%wZ` counted strings, `%a`.

use std::ffi::c_void;
use std::fmt::Write as _;

use crate::process;

/// The C side's list of arguments.
#[repr(C)]
pub(crate) struct Arguments {
    _opaque: [u8; 0],
}

unsafe extern "C" {
    fn lumenport_argument_u32(arguments: *mut Arguments) -> u32;
    fn lumenport_argument_u64(arguments: *mut Arguments) -> u64;
    fn lumenport_argument_pointer(arguments: *mut Arguments) -> *mut c_void;
    fn lumenport_argument_double(arguments: *mut Arguments) -> f64;
}

/// Where arguments come from: a C list, or a test.
trait Source {
    fn word(&mut self) -> u32;
    fn wide(&mut self) -> u64;
    fn pointer(&mut self) -> usize;
    fn double(&mut self) -> f64;
}

struct List(*mut Arguments);

impl Source for List {
    fn word(&mut self) -> u32 {
        // SAFETY: `format` was promised a list that fits.
        unsafe { lumenport_argument_u32(self.0) }
    }

    fn wide(&mut self) -> u64 {
        // SAFETY: as above.
        unsafe { lumenport_argument_u64(self.0) }
    }

    fn pointer(&mut self) -> usize {
        // SAFETY: as above.
        unsafe { lumenport_argument_pointer(self.0) }.expose_provenance()
    }

    fn double(&mut self) -> f64 {
        // SAFETY: as above.
        unsafe { lumenport_argument_double(self.0) }
    }
}

/// Most characters of padding or precision that are honoured.
const WIDTH_LIMIT: usize = 256;

#[derive(Clone, Copy, Default)]
struct Spec {
    left: bool,
    zero: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
    size: Size,
    wide_text: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Size {
    Half,
    #[default]
    Word,
    Wide,
    Pointer,
}

/// Formats a message.
///
/// # Safety
/// `arguments` comes from `debug_print.c` and fits the format.
pub(crate) unsafe fn format(message: &[u8], arguments: *mut Arguments) -> String {
    render(message, &mut List(arguments))
}

fn render(message: &[u8], source: &mut impl Source) -> String {
    let mut out = String::new();
    let mut rest = message;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == b'%' {
            let (spec, kind, after) = parse(rest, source);
            rest = after;
            convert(&mut out, spec, kind, source);
        } else {
            out.push(char::from(byte));
        }
    }
    out
}

fn number(rest: &mut &[u8], source: &mut impl Source) -> Option<i64> {
    if let Some(tail) = rest.strip_prefix(b"*") {
        *rest = tail;
        return Some(i64::from(source.word().cast_signed()));
    }
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (text, tail) = rest.split_at(digits);
    *rest = tail;
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Size prefixes: text, size, whether strings are wide then. The longer ones first.
const SIZES: [(&[u8], Size, bool); 8] = [
    (b"I64", Size::Wide, false),
    (b"I32", Size::Word, false),
    (b"I", Size::Pointer, false),
    (b"ll", Size::Wide, false),
    (b"l", Size::Word, true),
    (b"w", Size::Word, true),
    (b"z", Size::Pointer, false),
    (b"h", Size::Half, false),
];

/// Reads one conversion after its `%`: how, which, and what follows.
fn parse<'m>(message: &'m [u8], source: &mut impl Source) -> (Spec, u8, &'m [u8]) {
    let mut spec = Spec::default();
    let mut rest = message;
    while let Some((&flag, tail)) = rest.split_first() {
        match flag {
            b'-' => spec.left = true,
            b'0' => spec.zero = true,
            b'+' => spec.plus = true,
            b' ' => spec.space = true,
            b'#' => spec.alternate = true,
            _ => break,
        }
        rest = tail;
    }
    if let Some(width) = number(&mut rest, source) {
        spec.left |= width < 0;
        spec.width = (width.unsigned_abs() as usize).min(WIDTH_LIMIT);
    }
    if let Some(tail) = rest.strip_prefix(b".") {
        rest = tail;
        let precision = number(&mut rest, source).unwrap_or(0);
        spec.precision = usize::try_from(precision).ok();
    }
    for (text, size, wide_text) in SIZES {
        if let Some(tail) = rest.strip_prefix(text) {
            (rest, spec.size, spec.wide_text) = (tail, size, wide_text);
            break;
        }
    }
    match rest.split_first() {
        Some((&kind, tail)) => (spec, kind, tail),
        None => (spec, b'%', rest),
    }
}

fn unsigned(size: Size, source: &mut impl Source) -> u64 {
    match size {
        Size::Half => u64::from(source.word() as u16),
        Size::Word => u64::from(source.word()),
        Size::Wide => source.wide(),
        Size::Pointer => source.pointer() as u64,
    }
}

fn signed(size: Size, source: &mut impl Source) -> i64 {
    match size {
        Size::Half => i64::from((source.word() as u16).cast_signed()),
        Size::Word => i64::from(source.word().cast_signed()),
        Size::Wide => source.wide().cast_signed(),
        Size::Pointer => source.pointer().cast_signed() as i64,
    }
}

fn narrow_text(at: usize) -> Option<String> {
    let bytes = process::get_string(std::ptr::with_exposed_provenance::<u8>(at))?;
    Some(bytes.into_iter().map(char::from).collect())
}

fn wide_text(at: usize) -> Option<String> {
    let units = process::get_string(std::ptr::with_exposed_provenance::<u16>(at))?;
    Some(String::from_utf16_lossy(&units))
}

fn convert(out: &mut String, mut spec: Spec, kind: u8, source: &mut impl Source) {
    let (sign, body) = match kind {
        b'%' => {
            out.push('%');
            return;
        }
        b'd' | b'i' => {
            let value = signed(spec.size, source);
            let sign = match (value < 0, spec.plus, spec.space) {
                (true, ..) => "-",
                (_, true, _) => "+",
                (.., true) => " ",
                _ => "",
            };
            (sign, digits(&value.unsigned_abs().to_string(), spec))
        }
        b'u' => ("", digits(&unsigned(spec.size, source).to_string(), spec)),
        b'o' => (
            "",
            digits(&format!("{:o}", unsigned(spec.size, source)), spec),
        ),
        b'x' | b'X' => {
            let value = unsigned(spec.size, source);
            let text = if kind == b'x' {
                format!("{value:x}")
            } else {
                format!("{value:X}")
            };
            let prefix = match (spec.alternate && value != 0, kind) {
                (true, b'x') => "0x",
                (true, _) => "0X",
                _ => "",
            };
            (prefix, digits(&text, spec))
        }
        b'p' => ("", format!("{:016X}", source.pointer())),
        b'c' | b'C' => {
            let unit = source.word();
            spec.zero = false;
            ("", char::from_u32(unit & 0xFFFF).unwrap_or('?').to_string())
        }
        b's' | b'S' => {
            let at = source.pointer();
            let wide = spec.wide_text || kind == b'S';
            let text = match (at, wide) {
                (0, _) => Some("(null)".to_owned()),
                (_, true) => wide_text(at),
                (_, false) => narrow_text(at),
            };
            let text = text.unwrap_or_else(|| "(bad pointer)".to_owned());
            let limit = spec.precision.unwrap_or(usize::MAX);
            spec.zero = false;
            ("", text.chars().take(limit).collect())
        }
        b'f' | b'F' | b'g' | b'G' | b'e' | b'E' => {
            let value = source.double();
            let precision = spec.precision.unwrap_or(6).min(WIDTH_LIMIT);
            let sign = if value.is_sign_negative() { "-" } else { "" };
            (sign, format!("{:.precision$}", value.abs()))
        }
        b'n' => {
            // Writing through a format is a door for attackers; the argument is taken and nothing is written.
            source.pointer();
            return;
        }
        other => {
            out.push('%');
            out.push(char::from(other));
            return;
        }
    };
    pad(out, spec, sign, &body);
}

/// Applies a number's precision: at least that many digits.
fn digits(text: &str, spec: Spec) -> String {
    let wanted = spec.precision.unwrap_or(1).min(WIDTH_LIMIT);
    let missing = wanted.saturating_sub(text.len());
    format!("{}{text}", "0".repeat(missing))
}

fn pad(out: &mut String, spec: Spec, sign: &str, body: &str) {
    let length = sign.len() + body.chars().count();
    let missing = spec.width.saturating_sub(length);
    // Writing to a string cannot fail.
    let _ = if spec.left {
        write!(out, "{sign}{body}{:missing$}", "")
    } else if spec.zero && spec.precision.is_none() {
        write!(out, "{sign}{}{body}", "0".repeat(missing))
    } else {
        write!(out, "{:missing$}{sign}{body}", "")
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Given(Vec<u64>);

    impl Source for Given {
        fn word(&mut self) -> u32 {
            self.wide() as u32
        }

        fn wide(&mut self) -> u64 {
            if self.0.is_empty() {
                0
            } else {
                self.0.remove(0)
            }
        }

        fn pointer(&mut self) -> usize {
            self.wide() as usize
        }

        fn double(&mut self) -> f64 {
            f64::from_bits(self.wide())
        }
    }

    fn made(message: &str, arguments: &[u64]) -> String {
        render(message.as_bytes(), &mut Given(arguments.to_vec()))
    }

    #[test]
    fn a_long_has_32_bits() {
        assert_eq!(
            made("%lx %lu", &[0xFFFF_FFFF_0000_0001, u64::MAX]),
            "1 4294967295"
        );
        assert_eq!(made("%d %i", &[u64::MAX, 5]), "-1 5");
        assert_eq!(
            made("%I64x %lld", &[0x1_0000_0002, u64::MAX]),
            "100000002 -1"
        );
        assert_eq!(made("%hd %hx", &[0x1_8000, 0xF_1234]), "-32768 1234");
    }

    #[test]
    fn width_precision_and_flags() {
        assert_eq!(
            made("[%5d][%-5d][%05d][%+d]", &[7, 7, 7, 7]),
            "[    7][7    ][00007][+7]"
        );
        assert_eq!(
            made("[%08lx][%#x][%.3u][%*u]", &[0xBEEF, 16, 5, 4, 9]),
            "[0000beef][0x10][005][   9]"
        );
        assert_eq!(made("%c%% %q", &[65]), "A% %q");
        assert_eq!(made("%.2f", &[1.5_f64.to_bits()]), "1.50");
        assert_eq!(made("tail %", &[]), "tail %");
    }

    #[test]
    #[cfg_attr(miri, ignore = "bad pointers are for the kernel to refuse")]
    fn strings_of_both_widths_and_bad_ones() {
        let narrow = b"abc\0";
        let wide: Vec<u16> = "wide\0".encode_utf16().collect();
        let (narrow, wide) = (
            narrow.as_ptr().addr() as u64,
            wide.as_ptr().expose_provenance() as u64,
        );
        let _ = std::hint::black_box(b"abc\0").as_ptr().expose_provenance();
        assert_eq!(
            made("%s %.2s %ws %S %ls", &[narrow, narrow, wide, wide, wide]),
            "abc ab wide wide wide"
        );
        assert_eq!(made("%s %s", &[0, 0x10]), "(null) (bad pointer)");
        assert_eq!(made("%n|", &[0x10]), "|");
    }
}
