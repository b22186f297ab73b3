//! Memory of this process, touched only where it is mapped.
//!
//! A driver hands in pointers of its own: its stack, its statics, garbage. The kernel copies on our behalf and answers
//! when nothing is mapped there, so a bad pointer becomes an error instead of a crash. Where the kernel forbids that call
//! (some sandboxes), the copy is made directly and a bad pointer crashes, as it would under Windows.
//!
//! Not supported: pointers that are unmapped by another thread between check and use elsewhere.

use std::ffi::c_void;
use std::mem::MaybeUninit;

/// Longest string read from a driver. Units: characters.
const STRING_LIMIT: usize = 4096;
/// Strings are read in pieces that never cross a page needlessly. Such a piece may reach beyond the string's own object,
/// which the kernel does not mind but Miri does.
const PIECE_BYTES: usize = if cfg!(miri) { 1 } else { 64 };

/// Types whose every bit pattern is a value, so that they may be read from anywhere.
///
/// # Safety
/// All bit patterns are valid, and there is no padding whose reading matters.
pub unsafe trait Plain: Copy {}

// SAFETY: integers take every bit pattern.
unsafe impl Plain for u8 {}
// SAFETY: as above.
unsafe impl Plain for u16 {}
// SAFETY: as above.
unsafe impl Plain for u32 {}
// SAFETY: as above.
unsafe impl Plain for i32 {}
// SAFETY: as above.
unsafe impl Plain for u64 {}
// SAFETY: as above.
unsafe impl Plain for i64 {}
// SAFETY: as above.
unsafe impl Plain for usize {}

#[derive(Clone, Copy)]
enum Direction {
    Read,
    Write,
}

/// Moves `length` bytes between `local` (valid) and `remote` (anything). False when some of `remote` is not mapped.
fn transfer(local: *mut u8, remote: usize, length: usize, direction: Direction) -> bool {
    if length == 0 {
        return true;
    }
    if remote == 0 || remote.checked_add(length).is_none() {
        return false;
    }
    if cfg!(miri) {
        // Miri knows no such system call, but checks the copy itself.
        copy_directly(local, remote, length, direction);
        return true;
    }
    let here = libc::iovec {
        iov_base: local.cast(),
        iov_len: length,
    };
    let there = libc::iovec {
        iov_base: std::ptr::with_exposed_provenance_mut::<c_void>(remote),
        iov_len: length,
    };
    let me = i32::try_from(std::process::id()).unwrap_or(0);
    let (local_part, remote_part) = (&raw const here, &raw const there);
    let moved = match direction {
        // SAFETY: both vectors live across the call; the kernel checks the remote one, the local one is valid.
        Direction::Read => unsafe { libc::process_vm_readv(me, local_part, 1, remote_part, 1, 0) },
        // SAFETY: as above.
        Direction::Write => unsafe {
            libc::process_vm_writev(me, local_part, 1, remote_part, 1, 0)
        },
    };
    if moved >= 0 {
        return usize::try_from(moved) == Ok(length);
    }
    let error = std::io::Error::last_os_error().raw_os_error();
    if error != Some(libc::EPERM) && error != Some(libc::ENOSYS) {
        return false;
    }
    copy_directly(local, remote, length, direction);
    true
}

/// The copy where the kernel does not do it.
fn copy_directly(local: *mut u8, remote: usize, length: usize, direction: Direction) {
    let remote = std::ptr::with_exposed_provenance_mut::<u8>(remote);
    match direction {
        // SAFETY: the kernel does not check for us here; the driver's word must do, see the module's text.
        Direction::Read => unsafe { std::ptr::copy(remote, local, length) },
        // SAFETY: as above.
        Direction::Write => unsafe { std::ptr::copy(local, remote, length) },
    }
}

/// Copies memory into `into`. False when not all of it is mapped.
pub fn read(address: usize, into: &mut [u8]) -> bool {
    transfer(into.as_mut_ptr(), address, into.len(), Direction::Read)
}

/// Copies `bytes` into memory. False when not all of it is mapped and writable.
pub fn write(address: usize, bytes: &[u8]) -> bool {
    transfer(
        bytes.as_ptr().cast_mut(),
        address,
        bytes.len(),
        Direction::Write,
    )
}

/// Reads a value through a driver's pointer; it needs no alignment.
pub fn get<T: Plain>(pointer: *const T) -> Option<T> {
    let mut value = MaybeUninit::<T>::zeroed();
    let address = pointer.expose_provenance();
    let moved = transfer(
        value.as_mut_ptr().cast(),
        address,
        size_of::<T>(),
        Direction::Read,
    );
    // SAFETY: zeroed, then overwritten; every bit pattern of a plain type is a value.
    moved.then(|| unsafe { value.assume_init() })
}

/// Writes a value through a driver's pointer; it needs no alignment. False when it cannot be written.
pub fn put<T: Plain>(pointer: *mut T, value: T) -> bool {
    transfer(
        std::ptr::from_ref(&value).cast::<u8>().cast_mut(),
        pointer.expose_provenance(),
        size_of::<T>(),
        Direction::Write,
    )
}

/// Whether a number in memory may be changed: aligned, mapped, writable. The kernel tries with an atomic "or 0", so that no
/// other change at the same time is lost.
pub fn is_writable_word(number: *mut i32) -> bool {
    // FUTEX_OP(FUTEX_OP_OR, 0, FUTEX_OP_CMP_EQ, 0): see futex(2), FUTEX_WAKE_OP. Nobody waits there, so nobody is woken.
    const OR_NOTHING: libc::c_long = 2 << 28;
    const NOBODY: libc::c_long = 0;
    if number.is_null() || !number.is_aligned() || get(number.cast_const()).is_none() {
        return false;
    }
    let own = 0_u32;
    let operation = libc::FUTEX_WAKE_OP | libc::FUTEX_PRIVATE_FLAG;
    // SAFETY: the first word is ours; the kernel checks the second one and answers EFAULT.
    let done = unsafe {
        libc::syscall(
            libc::SYS_futex,
            &raw const own,
            operation,
            NOBODY,
            NOBODY,
            number,
            OR_NOTHING,
        )
    };
    let error = std::io::Error::last_os_error().raw_os_error();
    // Where the kernel has no such operation, being readable must do.
    done >= 0 || error == Some(libc::ENOSYS) || error == Some(libc::EPERM)
}

/// Reads `count` values from a driver's array.
pub fn get_array<T: Plain + Default>(pointer: *const T, count: usize) -> Option<Vec<T>> {
    let mut values = vec![T::default(); count];
    let length = count.checked_mul(size_of::<T>())?;
    let address = pointer.expose_provenance();
    transfer(values.as_mut_ptr().cast(), address, length, Direction::Read).then_some(values)
}

/// Writes values into a driver's array.
pub fn put_array<T: Plain>(pointer: *mut T, values: &[T]) -> bool {
    transfer(
        values.as_ptr().cast::<u8>().cast_mut(),
        pointer.expose_provenance(),
        size_of_val(values),
        Direction::Write,
    )
}

/// Reads a string up to its zero, which is left out. `None` when it is not mapped or has no end.
pub fn get_string<T: Plain + Default + PartialEq>(pointer: *const T) -> Option<Vec<T>> {
    let mut text = Vec::new();
    let mut at = pointer.expose_provenance();
    while at != 0 && text.len() < STRING_LIMIT {
        // Up to the next boundary, so that the byte after the string's page is never asked for.
        let piece = PIECE_BYTES - at % PIECE_BYTES;
        let count = (piece / size_of::<T>()).max(1);
        let units = get_array::<T>(std::ptr::with_exposed_provenance(at), count)?;
        if let Some(end) = units.iter().position(|unit| *unit == T::default()) {
            text.extend_from_slice(&units[..end]);
            return Some(text);
        }
        text.extend(units);
        at = at.checked_add(count * size_of::<T>())?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_travel() {
        let mut value = 7_u32;
        assert_eq!(get(&raw const value), Some(7));
        assert!(put(&raw mut value, 9));
        assert_eq!(value, 9);
        assert_eq!(get::<u32>(std::ptr::null()), None);
    }

    #[test]
    #[cfg_attr(miri, ignore = "bad pointers are for the kernel to refuse")]
    fn bad_pointers_are_errors() {
        static CONSTANT: u32 = 5;
        assert_eq!(get::<u32>(std::ptr::without_provenance(0x10)), None);
        assert!(!put::<u32>(
            std::ptr::without_provenance_mut(usize::MAX - 1),
            1
        ));
        assert!(
            !put((&raw const CONSTANT).cast_mut(), 6),
            "read-only memory"
        );
    }

    #[test]
    fn only_writable_words_are_changed() {
        static CONSTANT: i32 = 5;
        let mut words = [7_i32, 8];
        let first: *mut i32 = &raw mut words[0];
        assert!(is_writable_word(first));
        assert!(!is_writable_word(first.wrapping_byte_add(2)));
        assert!(!is_writable_word((&raw const CONSTANT).cast_mut()));
        assert!(!is_writable_word(std::ptr::null_mut()));
        assert!(!is_writable_word(std::ptr::without_provenance_mut(0x10)));
        assert_eq!(words, [7, 8]);
    }

    #[test]
    fn strings_end_at_their_zero() {
        let text = b"\0abc\0def\0";
        assert_eq!(get_string(text[1..].as_ptr()), Some(b"abc".to_vec()));
        assert_eq!(get_string(text.as_ptr()), Some(Vec::new()));
        let wide: Vec<u16> = "Sub\\Value\0".encode_utf16().collect();
        assert_eq!(get_string(wide.as_ptr()), Some(wide[..9].to_vec()));
        assert_eq!(get_string::<u8>(std::ptr::null()), None);
        let endless = vec![b'x'; 3 * STRING_LIMIT];
        assert_eq!(get_string(endless.as_ptr()), None);
    }
}
