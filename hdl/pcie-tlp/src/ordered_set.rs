//! Ordered sets: training sequences, skip, electrical idle, fast training.
//!
//! Source: section 4.2.4 (TS1, TS2: tables 4-2 and 4-3), 4.2.4.2 (electrical idle), 4.2.4.5 (fast training), 4.2.7 (skip).

use core::fmt;

use crate::Symbol;

/// TS1 or TS2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrainingKind {
    /// Training sequence 1, identifier D10.2.
    Ts1,
    /// Training sequence 2, identifier D5.2.
    Ts2,
}

/// The training control symbol of a training sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrainingControl {
    /// Bit 0.
    pub hot_reset: bool,
    /// Bit 1.
    pub disable_link: bool,
    /// Bit 2.
    pub loopback: bool,
    /// Bit 3.
    pub disable_scrambling: bool,
    /// Bit 4.
    pub compliance_receive: bool,
}

impl TrainingControl {
    const fn bits(self) -> u8 {
        self.hot_reset as u8
            | (self.disable_link as u8) << 1
            | (self.loopback as u8) << 2
            | (self.disable_scrambling as u8) << 3
            | (self.compliance_receive as u8) << 4
    }

    const fn from_bits(bits: u8) -> Self {
        Self {
            hot_reset: bits & 1 != 0,
            disable_link: bits & 2 != 0,
            loopback: bits & 4 != 0,
            disable_scrambling: bits & 8 != 0,
            compliance_receive: bits & 16 != 0,
        }
    }
}

/// A training sequence: 16 symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrainingSequence {
    /// TS1 or TS2.
    pub kind: TrainingKind,
    /// Link number; `None` is PAD.
    pub link: Option<u8>,
    /// Lane number; `None` is PAD.
    pub lane: Option<u8>,
    /// Fast training sets that the sender needs to leave L0s.
    pub fast_training_count: u8,
    /// Data rate identifier as sent: bit 1 for 2.5 GT/s, bit 2 for 5 GT/s.
    pub rates: u8,
    /// Training control.
    pub control: TrainingControl,
    /// Whether the identifiers arrived with every bit inverted, so that the receiver must swap its pair. Never emitted.
    pub inverted: bool,
}

/// An ordered set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderedSet {
    /// TS1 or TS2.
    Training(TrainingSequence),
    /// COM and this many SKP. Range: 1..=5 received, 3 sent.
    Skip(u8),
    /// COM and three IDL.
    ElectricalIdle,
    /// COM and three FTS.
    FastTraining,
}

/// Why symbols are no ordered set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderedSetError {
    /// The symbols end before the set does.
    Truncated {
        /// Symbols present.
        got: usize,
        /// Symbols needed at least.
        needed: usize,
    },
    /// The symbol at this position does not fit.
    Unexpected {
        /// Position, the COM being 0.
        position: usize,
        /// The symbol there.
        symbol: Symbol,
    },
    /// The output slice is too short.
    BufferTooSmall {
        /// Symbols needed.
        needed: usize,
        /// Symbols offered.
        got: usize,
    },
    /// A skip set must have 1 to 5 SKP.
    IllegalSkipCount {
        /// The refused count.
        count: u8,
    },
}

impl fmt::Display for OrderedSetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Truncated { got, needed } => {
                write!(f, "ordered set ends after {got} symbols, needs {needed}")
            }
            Self::Unexpected { position, symbol } => {
                write!(
                    f,
                    "unexpected {symbol} at position {position} of an ordered set"
                )
            }
            Self::BufferTooSmall { needed, got } => {
                write!(
                    f,
                    "ordered set needs {needed} symbols, the buffer has {got}"
                )
            }
            Self::IllegalSkipCount { count } => write!(f, "skip set with {count} SKP symbols"),
        }
    }
}

impl core::error::Error for OrderedSetError {}

const TS1_ID: Symbol = Symbol::data(0x4A);
const TS2_ID: Symbol = Symbol::data(0x45);

impl OrderedSet {
    /// Symbols of the set, COM included.
    pub const fn encoded_len(&self) -> usize {
        match self {
            Self::Training(_) => 16,
            Self::Skip(count) => 1 + *count as usize,
            Self::ElectricalIdle | Self::FastTraining => 4,
        }
    }

    /// Reads the set at the start of `symbols`; [`Self::encoded_len`] of the result tells where it ends. Training sequences must
    /// already be descrambled (they are never scrambled). Extra SKP beyond five are left over.
    ///
    /// # Errors
    /// [`OrderedSetError::Truncated`] or [`OrderedSetError::Unexpected`].
    pub fn parse(symbols: &[Symbol]) -> Result<Self, OrderedSetError> {
        let at = |position: usize, needed: usize| {
            symbols
                .get(position)
                .copied()
                .ok_or(OrderedSetError::Truncated {
                    got: symbols.len(),
                    needed,
                })
        };
        let expect = |position: usize, needed: usize, wanted: Symbol| match at(position, needed)? {
            symbol if symbol == wanted => Ok(()),
            symbol => Err(OrderedSetError::Unexpected { position, symbol }),
        };
        expect(0, 2, Symbol::COM)?;
        match at(1, 2)? {
            Symbol::SKP => {
                let count = symbols[1..]
                    .iter()
                    .take(5)
                    .take_while(|s| **s == Symbol::SKP)
                    .count();
                Ok(Self::Skip(count as u8))
            }
            Symbol::IDL => {
                expect(2, 4, Symbol::IDL)?;
                expect(3, 4, Symbol::IDL)?;
                Ok(Self::ElectricalIdle)
            }
            Symbol::FTS => {
                expect(2, 4, Symbol::FTS)?;
                expect(3, 4, Symbol::FTS)?;
                Ok(Self::FastTraining)
            }
            _ => {
                at(15, 16)?;
                training(symbols).map(Self::Training)
            }
        }
    }

    /// Writes the set into `symbols` and returns how many it took.
    ///
    /// # Errors
    /// [`OrderedSetError::BufferTooSmall`] or [`OrderedSetError::IllegalSkipCount`].
    pub fn emit(&self, symbols: &mut [Symbol]) -> Result<usize, OrderedSetError> {
        if let Self::Skip(count @ (0 | 6..)) = *self {
            return Err(OrderedSetError::IllegalSkipCount { count });
        }
        let needed = self.encoded_len();
        let got = symbols.len();
        let Some(symbols) = symbols.get_mut(..needed) else {
            return Err(OrderedSetError::BufferTooSmall { needed, got });
        };
        match *self {
            Self::Skip(_) => symbols.fill(Symbol::SKP),
            Self::ElectricalIdle => symbols.fill(Symbol::IDL),
            Self::FastTraining => symbols.fill(Symbol::FTS),
            Self::Training(ts) => {
                let number = |value: Option<u8>| value.map_or(Symbol::PAD, Symbol::data);
                symbols.fill(if ts.kind == TrainingKind::Ts1 {
                    TS1_ID
                } else {
                    TS2_ID
                });
                symbols[1] = number(ts.link);
                symbols[2] = number(ts.lane);
                symbols[3] = Symbol::data(ts.fast_training_count);
                symbols[4] = Symbol::data(ts.rates);
                symbols[5] = Symbol::data(ts.control.bits());
            }
        }
        symbols[0] = Symbol::COM;
        Ok(needed)
    }
}

fn training(symbols: &[Symbol]) -> Result<TrainingSequence, OrderedSetError> {
    let unexpected = |position: usize| OrderedSetError::Unexpected {
        position,
        symbol: symbols[position],
    };
    let number = |position: usize| match symbols[position] {
        Symbol::PAD => Ok(None),
        symbol if symbol.is_control() => Err(unexpected(position)),
        symbol => Ok(Some(symbol.byte())),
    };
    let byte = |position: usize| {
        let symbol = symbols[position];
        if symbol.is_control() {
            Err(unexpected(position))
        } else {
            Ok(symbol.byte())
        }
    };
    let (kind, inverted) = match byte(6)? {
        0x4A => (TrainingKind::Ts1, false),
        0x45 => (TrainingKind::Ts2, false),
        0xB5 => (TrainingKind::Ts1, true),
        0xBA => (TrainingKind::Ts2, true),
        _ => return Err(unexpected(6)),
    };
    if let Some(position) = (7..16).find(|position| symbols[*position] != symbols[6]) {
        return Err(unexpected(position));
    }
    Ok(TrainingSequence {
        kind,
        link: number(1)?,
        lane: number(2)?,
        fast_training_count: byte(3)?,
        rates: byte(4)?,
        control: TrainingControl::from_bits(byte(5)?),
        inverted,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ts(kind: TrainingKind, link: Option<u8>, lane: Option<u8>) -> OrderedSet {
        OrderedSet::Training(TrainingSequence {
            kind,
            link,
            lane,
            fast_training_count: 0x80,
            rates: 2,
            control: TrainingControl {
                disable_scrambling: true,
                ..TrainingControl::default()
            },
            inverted: false,
        })
    }

    #[test]
    fn every_set_round_trips() {
        let sets = [
            ts(TrainingKind::Ts1, None, None),
            ts(TrainingKind::Ts2, Some(1), Some(0)),
            OrderedSet::Skip(1),
            OrderedSet::Skip(3),
            OrderedSet::Skip(5),
            OrderedSet::ElectricalIdle,
            OrderedSet::FastTraining,
        ];
        for set in sets {
            let mut symbols = [Symbol::default(); 20];
            let used = set.emit(&mut symbols).unwrap();
            assert_eq!(used, set.encoded_len());
            assert_eq!(OrderedSet::parse(&symbols[..used]), Ok(set));
            assert!(set.emit(&mut symbols[..used - 1]).is_err());
        }
    }

    #[test]
    fn training_sequence_has_the_layout_of_table_4_2() {
        let mut symbols = [Symbol::default(); 16];
        ts(TrainingKind::Ts1, Some(0), None)
            .emit(&mut symbols)
            .unwrap();
        let expected = [0x1BC, 0x000, 0x1F7, 0x080, 0x002, 0x008];
        let head: std::vec::Vec<u16> = symbols[..6].iter().map(|s| s.bits()).collect();
        assert_eq!(head, expected);
        assert!(symbols[6..].iter().all(|s| s.bits() == 0x04A));
    }

    #[test]
    fn inverted_identifiers_are_recognised() {
        let mut symbols = [Symbol::default(); 16];
        ts(TrainingKind::Ts2, None, None)
            .emit(&mut symbols)
            .unwrap();
        symbols[6..].fill(Symbol::data(0xBA));
        assert!(matches!(
            OrderedSet::parse(&symbols),
            Ok(OrderedSet::Training(TrainingSequence {
                kind: TrainingKind::Ts2,
                inverted: true,
                ..
            }))
        ));
    }

    #[test]
    fn damaged_sets_are_refused_at_the_right_place() {
        let mut symbols = [Symbol::default(); 16];
        ts(TrainingKind::Ts1, None, None)
            .emit(&mut symbols)
            .unwrap();
        symbols[9] = Symbol::data(0x45);
        let error = OrderedSetError::Unexpected {
            position: 9,
            symbol: Symbol::data(0x45),
        };
        assert_eq!(OrderedSet::parse(&symbols), Err(error));
        assert_eq!(
            OrderedSet::parse(&symbols[..15]),
            Err(OrderedSetError::Truncated {
                got: 15,
                needed: 16
            })
        );
        assert!(OrderedSet::Skip(6).emit(&mut symbols).is_err());
        assert!(OrderedSet::parse(&[]).is_err());
    }
}
