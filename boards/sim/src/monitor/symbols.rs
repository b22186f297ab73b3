//! What a TMDS symbol means to a receiver, as one table look-up.
//!
//! Written from the Digital Visual Interface specification, revision 1.0, section 3.2 (encoding: figure 3-5) and 3.3 (decoding: figure
//! 3-6), without knowledge of any encoder in this project.
//!
//! A receiver that only decodes would accept all 1024 words. This one also knows which symbol a correct transmitter must send for a
//! byte, given its running disparity, and so notices any other choice.

use std::sync::LazyLock;

/// Flag of a control token; the low byte then holds C1 C0.
pub(super) const CONTROL: u16 = 0x1000;
/// Flag of a word that no transmitter sends.
pub(super) const ILLEGAL: u16 = 0x2000;
/// Flag of a data symbol that is wrong for the running disparity; the byte is still good.
pub(super) const DISPARITY: u16 = 0x4000;
/// Any of the flags.
pub(super) const NOT_PLAIN_DATA: u16 = CONTROL | ILLEGAL | DISPARITY;

/// Receiver state in which the running disparity is 0, as after every control token.
pub(super) const BALANCED: u16 = 4;
/// Receiver state after an error: the disparity is not known before the next control token.
const UNKNOWN: u16 = 9;
/// Entries of the table: 16 states of 1024 symbols.
const SLOTS: usize = 16 * 1024;

/// Control tokens for C1 C0 = 0..=3 (figure 3-5).
const TOKENS: [u16; 4] = [
    0b11_0101_0100,
    0b00_1010_1011,
    0b01_0101_0100,
    0b10_1010_1011,
];

/// For each state and symbol: byte in 7:0, next state in 11:8, flags in 15:12.
///
/// The size is a power of two so that a masked index needs no check; states 10..=15 are never entered.
pub(super) struct SymbolTable(Box<[u16; SLOTS]>);

impl SymbolTable {
    /// The table, built at first use.
    pub(super) fn shared() -> &'static Self {
        static TABLE: LazyLock<SymbolTable> = LazyLock::new(SymbolTable::new);
        &TABLE
    }

    /// Builds the table by trying every byte in every state.
    fn new() -> Self {
        let mut sendable = [false; 1024];
        for state in 0..UNKNOWN {
            for byte in 0..=255 {
                sendable[usize::from(encode(disparity_of(state), byte).0)] = true;
            }
        }
        let mut entries = vec![0; SLOTS].into_boxed_slice();
        for state in 0..=UNKNOWN {
            for symbol in 0..1024 {
                entries[usize::from(state << 10 | symbol)] =
                    Self::entry(state, symbol, sendable[usize::from(symbol)]);
            }
        }
        let Ok(entries) = entries.try_into() else {
            unreachable!("the slice was made with that length");
        };
        Self(entries)
    }

    /// Looks a symbol up. Only bits 9:0 of `symbol` and 3:0 of `state` count.
    #[inline]
    pub(super) fn get(&self, state: u16, symbol: u32) -> u16 {
        self.0[usize::from(state & 0xF) << 10 | (symbol & 0x3FF) as usize]
    }

    fn entry(state: u16, symbol: u16, sendable: bool) -> u16 {
        if let Some(control) = TOKENS.iter().position(|token| *token == symbol) {
            return CONTROL | BALANCED << 8 | control as u16;
        }
        let byte = decode(symbol);
        let (flags, next) = if !sendable {
            (ILLEGAL, UNKNOWN)
        } else if state == UNKNOWN {
            (0, UNKNOWN)
        } else {
            match encode(disparity_of(state), byte) {
                (expected, next) if expected == symbol => (0, state_of(next)),
                _ => (DISPARITY, UNKNOWN),
            }
        };
        flags | next << 8 | u16::from(byte)
    }
}

/// The running disparity that a known state stands for.
fn disparity_of(state: u16) -> i32 {
    i32::from(state) * 2 - 8
}

/// The state that stands for a running disparity.
fn state_of(disparity: i32) -> u16 {
    (0..UNKNOWN)
        .find(|state| disparity_of(*state) == disparity)
        .unwrap_or(UNKNOWN)
}

/// Figure 3-6: undoes the optional inversion, then the transition minimisation.
fn decode(symbol: u16) -> u8 {
    let q = if symbol & 0x200 != 0 { !symbol } else { symbol } & 0xFF;
    let transitions = (q ^ q << 1) & 0xFE;
    let byte = if symbol & 0x100 != 0 {
        transitions
    } else {
        !transitions & 0xFE
    };
    (byte | q & 1) as u8
}

/// Figure 3-5: the symbol that a transmitter with running disparity `count` sends for `byte`, and its disparity afterwards.
fn encode(count: i32, byte: u8) -> (u16, i32) {
    let byte = u16::from(byte);
    let ones = byte.count_ones();
    let xnor = ones > 4 || (ones == 4 && byte.is_multiple_of(2));
    let mut q = byte & 1;
    for bit in 1..8 {
        let next = (q >> (bit - 1) ^ byte >> bit ^ u16::from(xnor)) & 1;
        q |= next << bit;
    }
    let q8 = u16::from(!xnor);
    let surplus = surplus_of_ones(q, 8);
    let plain = q8 << 8 | q;
    let inverted = 0x200 | q8 << 8 | !q & 0xFF;
    if count == 0 || surplus == 0 {
        if q8 == 1 {
            (plain, count + surplus)
        } else {
            (inverted, count - surplus)
        }
    } else if (count > 0) == (surplus > 0) {
        (inverted, count + 2 * i32::from(q8) - surplus)
    } else {
        (plain, count - 2 * i32::from(1 - q8) + surplus)
    }
}

/// Ones minus zeros among the low `bits` bits, which are the only ones that may be set.
fn surplus_of_ones(word: u16, bits: i32) -> i32 {
    word.count_ones().cast_signed() * 2 - bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_undoes_encoding_for_every_byte_and_disparity() {
        for half in -4..=4 {
            for byte in 0..=255 {
                let (symbol, next) = encode(half * 2, byte);
                assert_eq!(decode(symbol), byte);
                assert!(
                    next % 2 == 0 && (-8..=8).contains(&next),
                    "{half} {byte} -> {next}"
                );
            }
        }
    }

    #[test]
    fn disparity_is_the_true_surplus_of_ones() {
        for half in -4..=4 {
            for byte in 0..=255 {
                let (symbol, next) = encode(half * 2, byte);
                assert_eq!(next - half * 2, surplus_of_ones(symbol, 10));
            }
        }
    }

    #[test]
    fn census_of_symbols_is_that_of_the_specification() {
        let table = SymbolTable::shared();
        let of_class = |class: u16| {
            (0..1024)
                .filter(|symbol| table.get(UNKNOWN, *symbol) & NOT_PLAIN_DATA == class)
                .count()
        };
        assert_eq!(
            (of_class(0), of_class(CONTROL), of_class(ILLEGAL)),
            (460, 4, 560)
        );
    }

    #[test]
    fn data_symbols_have_few_transitions_and_tokens_many() {
        let table = SymbolTable::shared();
        for symbol in 0..1024_u32 {
            let transitions = (symbol ^ symbol >> 1) & 0x1FF;
            match table.get(BALANCED, symbol) & (CONTROL | ILLEGAL) {
                CONTROL => assert!(transitions.count_ones() >= 7),
                0 => assert!(transitions.count_ones() <= 5),
                _ => {}
            }
        }
    }

    #[test]
    fn some_bytes_have_two_symbols_and_the_wrong_one_is_noticed() {
        let table = SymbolTable::shared();
        let (right, _) = encode(8, 0);
        let (other, _) = encode(-8, 0);
        assert_ne!(right, other);
        let state = 8; // disparity 8
        assert_eq!(table.get(state, right.into()) & NOT_PLAIN_DATA, 0);
        let entry = table.get(state, other.into());
        assert_eq!((entry & NOT_PLAIN_DATA, entry & 0xFF), (DISPARITY, 0));
    }
}
