//! Tests of the typed registers and of the map as a whole.

use crate::blocks::{crtc, dma, elements, sem, sgl};
use crate::{Access, Addressed, Entry, HwAccess, Register, card};
extern crate std;
use std::collections::BTreeSet;

#[test]
fn with_replaces_only_its_field() {
    let before = dma::Handle::from_bits(0xFFFF_FFFF);
    let after = before.with(dma::Handle::SLOT, 0x12);
    assert_eq!(after.bits(), 0xFFFF_FF12);
    assert_eq!(after.get(dma::Handle::GENERATION), 0xFFFF);
}

#[test]
fn with_drops_bits_beyond_the_field_and_try_with_refuses_them() {
    let slot = dma::Handle::new().with(dma::Handle::SLOT, 0x1FF);
    assert_eq!(slot.bits(), 0xFF);
    assert_eq!(dma::Handle::new().try_with(dma::Handle::SLOT, 0x100), None);
    assert_eq!(
        dma::Handle::new()
            .try_with(dma::Handle::SLOT, 0xFF)
            .map(dma::Handle::bits),
        Some(0xFF)
    );
}

#[test]
fn full_width_field_holds_all_ones() {
    let length = dma::Length::new().with(dma::Length::VALUE, u32::MAX);
    assert_eq!(length.get(dma::Length::VALUE), u32::MAX);
    assert_eq!(dma::Length::VALUE.width(), 32);
}

#[test]
fn offsets_are_absolute_in_the_register_bar() {
    assert_eq!(dma::Id::OFFSET, 0x1400);
    assert_eq!(dma::SubmitRejected::OFFSET, 0x145C);
    assert_eq!(crtc::ClockSelect::OFFSET, 0x2030);
    assert_eq!(<dma::Handle as Addressed>::OFFSET, 0x1418);
}

#[test]
fn window_entries_are_bounded() {
    assert_eq!(sem::SEM.entry_offset(7), Some(0x125C));
    assert_eq!(sem::SEM.entry_offset(8), None);
    assert_eq!(sgl::Control::offset_of(31), Some(0x19F8));
    assert_eq!(sgl::Control::offset_of(32), None);
    assert_eq!(<elements::Length as Entry>::offset_of(2047), Some(0xFFF8));
    assert_eq!(elements::Length::offset_of(2048), None);
}

#[test]
fn reset_values_come_from_the_declaration() {
    assert_eq!(dma::TimeoutCycles::RESET.bits(), 625_000);
    assert_eq!(sem::LeaseCycles::RESET.bits(), 62_500_000);
    assert_eq!(dma::Id::RESET.get(dma::Id::TYPE), 5);
    assert_eq!(dma::Id::RESET.get(dma::Id::VERSION), 2);
}

#[test]
fn named_values_convert_both_ways() {
    for code in dma::ResultCode::ALL {
        assert_eq!(dma::ResultCode::from_bits(code.bits()), Some(*code));
    }
    assert_eq!(dma::ResultCode::from_bits(15), None);
}

#[test]
fn metadata_agrees_with_the_typed_registers() {
    let meta = <dma::Handle as Register>::META;
    assert_eq!(meta.name, "HANDLE");
    assert_eq!(
        meta.fields.first().map(crate::FieldMeta::mask),
        Some(dma::Handle::SLOT.mask())
    );
    assert_eq!(meta.mask_of(Access::ReadWrite), 0xFFFF_00FF);
    assert_eq!(dma::BLOCK.register("HANDLE"), Some(meta));
    assert_eq!(dma::IntrState::META.volatile_mask(), 3);
}

#[test]
fn every_headed_block_has_the_same_head() {
    for block in card::BLOCKS.iter().filter(|b| b.has_head()) {
        let head: std::vec::Vec<_> = block
            .registers
            .iter()
            .take(5)
            .map(|r| (r.offset, r.name))
            .collect();
        assert_eq!(
            head,
            [
                (0x00, "ID"),
                (0x04, "INTR_STATE"),
                (0x08, "INTR_ENABLE"),
                (0x0C, "INTR_TEST"),
                (0x10, "STATUS")
            ],
            "{}",
            block.name
        );
    }
}

#[test]
fn block_types_and_names_are_unique() {
    let mut types = BTreeSet::new();
    let mut names = BTreeSet::new();
    for block in card::BLOCKS {
        assert!(names.insert(block.name), "{}", block.name);
        assert!(!block.has_head() || types.insert(block.type_id));
        let mut registers = BTreeSet::new();
        for register in block.registers {
            assert!(registers.insert(register.name), "{}", register.name);
        }
    }
}

#[test]
fn everything_is_documented() {
    for block in card::BLOCKS {
        assert!(!block.doc.trim().is_empty(), "{}", block.name);
        let words = block.windows.iter().flat_map(|w| w.words);
        for register in block.registers.iter().chain(words) {
            assert!(!register.doc.trim().is_empty(), "{}", register.name);
            for field in register.fields {
                assert!(!field.doc.trim().is_empty(), "{}", field.name);
            }
        }
    }
}

#[test]
fn no_register_of_our_own_layout_reads_otherwise_than_stored() {
    for block in card::BLOCKS.iter().filter(|b| b.has_head()) {
        for register in block.registers {
            for field in register.fields {
                assert_ne!(field.hw, HwAccess::ReadWrite, "{}", register.name);
            }
        }
    }
}

#[test]
fn block_lookup_covers_exactly_the_spans() {
    let name = |offset| card::block_at(offset).map(|b| b.name);
    assert_eq!(name(0x0000), Some("dispi"));
    assert_eq!(name(0x0FFC), Some("dispi"));
    assert_eq!(name(0x1000), Some("id"));
    assert_eq!(name(0x10FC), Some("id"));
    assert_eq!(name(0x1600), None);
    assert_eq!(name(0x19FC), Some("sgl"));
    assert_eq!(name(0xFFFC), Some("elements"));
}
