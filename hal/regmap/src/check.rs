//! Checks of the map that run while it compiles: a wrong declaration is a build error, not a test failure.
//!
//! The assertions sit in constant evaluation only; no function of this module is called at run time.

use crate::field::low_mask;
use crate::meta::{Access, BlockMeta, FieldMeta, HwAccess, RegMeta, WindowMeta};

/// Asserts that one field lies within 31:0, that its reset and named values fit, and that its accesses make sense.
const fn field(field: &FieldMeta) {
    assert!(field.lsb <= field.msb, "field: lsb above msb");
    assert!(field.msb <= 31, "field: beyond bit 31");
    assert!(
        field.reset <= low_mask(field.width()),
        "field: reset value does not fit"
    );
    assert!(
        !matches!(field.access, Access::WriteOnly) || field.reset == 0,
        "field: wo reads zero, so its reset is zero"
    );
    assert!(
        !matches!(field.access, Access::ReadOnly) || !matches!(field.hw, HwAccess::Read),
        "field: ro that hardware reads would be a constant nobody writes"
    );
    let mut values = field.values;
    while let Some((value, tail)) = values.split_first() {
        assert!(
            value.value <= low_mask(field.width()),
            "field: a named value does not fit"
        );
        values = tail;
    }
}

/// Asserts that the fields are in order and do not overlap.
const fn register(reg: &RegMeta) {
    assert!(
        reg.offset.is_multiple_of(4),
        "register: offset not a multiple of 4"
    );
    let mut next_bit = 0;
    let mut fields = reg.fields;
    while let Some((first, tail)) = fields.split_first() {
        field(first);
        assert!(
            first.lsb >= next_bit,
            "register: fields overlap or are out of order"
        );
        next_bit = first.msb + 1;
        fields = tail;
    }
}

/// Asserts that a window can be decoded by masking and that its words fit one entry.
const fn window(win: &WindowMeta) {
    assert!(
        win.count.is_power_of_two(),
        "window: count not a power of two"
    );
    assert!(
        win.stride.is_power_of_two() && win.stride >= 4,
        "window: stride not a power of two of at least 4"
    );
    assert!(
        win.offset.is_multiple_of(win.span()),
        "window: not aligned to its size"
    );
    let mut next = 0;
    let mut words = win.words;
    while let Some((word, tail)) = words.split_first() {
        register(word);
        assert!(word.offset >= next, "window: words out of order");
        next = word.offset + 4;
        words = tail;
    }
    assert!(next <= win.stride, "window: words beyond the entry");
}

/// Asserts offset order, overlap, width and reset of a whole block.
pub(crate) const fn block(block: &BlockMeta) {
    let span = block.instance.span;
    assert!(
        span.is_power_of_two() && block.instance.base.is_multiple_of(span),
        "block: span not a power of two or base not a multiple of it"
    );
    let mut next = 0;
    let mut registers = block.registers;
    while let Some((reg, tail)) = registers.split_first() {
        register(reg);
        assert!(
            reg.offset >= next,
            "block: register offsets overlap or are out of order"
        );
        next = reg.offset + 4;
        let mut windows = block.windows;
        while let Some((win, more)) = windows.split_first() {
            assert!(
                reg.offset < win.offset || reg.offset >= win.offset + win.span(),
                "block: a register lies inside a window"
            );
            windows = more;
        }
        registers = tail;
    }
    assert!(next <= span, "block: registers beyond the span");
    let mut next = 0;
    let mut windows = block.windows;
    while let Some((win, tail)) = windows.split_first() {
        window(win);
        assert!(
            win.offset >= next,
            "block: windows overlap or are out of order"
        );
        next = win.offset + win.span();
        windows = tail;
    }
    assert!(next <= span, "block: windows beyond the span");
}

/// Asserts that the blocks are in order, do not overlap and fit the register BAR of `bar_bytes`.
pub(crate) const fn card(blocks: &[BlockMeta], bar_bytes: u32) {
    let mut next = 0;
    let mut rest = blocks;
    while let Some((first, tail)) = rest.split_first() {
        assert!(
            first.instance.base >= next,
            "card: blocks overlap or are out of order"
        );
        next = first.instance.base + first.instance.span;
        rest = tail;
    }
    assert!(next <= bar_bytes, "card: blocks beyond the BAR");
}
