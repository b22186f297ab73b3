//! Generated register files against the register map: the same walk over the metadata for every block.

use lumenport_hdl::elaborate;
use lumenport_hdl::regs::{
    CrtcRegs, CursorImageRegs, CursorRegs, DdcRegs, DispiRegs, DmaRegs, ElementsRegs, IdRegs,
    IrqRegs, MemRegs, PaletteRegs, PlaneRegs, RegisterFile, SemRegs, SglRegs,
};
use lumenport_hdl::testbench::{Rng, settle};
use lumenport_regmap::{Access, BlockMeta, FieldMeta, HwAccess, RegMeta, WindowMeta, card};

/// An address that no block answers.
const NOBODY: u32 = 0x0F00;
/// The answer is looked at just before the edge that ends this clock of a held address.
const READ_CLOCKS: u32 = 3;

/// A register file on a bus.
struct Bench<R> {
    uut: R,
    block: &'static BlockMeta,
}

impl<R: RegisterFile> Bench<R> {
    fn new() -> Self {
        let block = card::BLOCKS.iter().find(|b| b.name == R::NAME);
        let mut uut = R::default();
        uut.connect_inputs();
        uut.connect_all();
        settle(&mut uut);
        let mut bench = Self {
            uut,
            block: block.expect("the block is in the map"),
        };
        bench.set("bus_address", NOBODY);
        bench.clock();
        bench
    }

    fn set(&mut self, port: &str, value: u32) {
        assert!(self.uut.drive(port, value), "{}: no input {port}", R::NAME);
    }

    /// Value of an output before the next edge.
    fn get(&mut self, port: &str) -> u32 {
        self.low();
        let value = self.uut.sample(port);
        value.unwrap_or_else(|| panic!("{}: no output {port}", R::NAME))
    }

    fn low(&mut self) {
        self.uut.set_clock(false);
        settle(&mut self.uut);
    }

    fn clock(&mut self) {
        self.low();
        self.uut.set_clock(true);
        settle(&mut self.uut);
    }

    fn reset(&mut self) {
        self.set("reset", 1);
        self.clock();
        self.set("reset", 0);
    }

    /// One write; the bus is idle again in the clock after it.
    fn write_bytes(&mut self, address: u32, value: u32, be: u32) {
        self.set("bus_address", address);
        self.set("bus_wdata", value);
        self.set("bus_be", be);
        self.set("bus_write", 1);
        self.clock();
        self.set("bus_write", 0);
        self.set("bus_address", NOBODY);
        self.set("bus_wdata", 0);
    }

    fn write(&mut self, address: u32, value: u32) {
        self.write_bytes(address, value, 0xF);
    }

    fn read(&mut self, address: u32) -> u32 {
        self.set("bus_address", address);
        for _ in 1..READ_CLOCKS {
            self.clock();
        }
        let value = self.get("bus_rdata");
        self.clock();
        self.set("bus_address", NOBODY);
        self.clock();
        value
    }

    fn address(&self, register: &RegMeta) -> u32 {
        self.block.instance.base | register.offset
    }
}

/// The port that belongs to a field, as the register files name it.
fn port(register: &RegMeta, field: &FieldMeta) -> String {
    let register = register.name.to_lowercase();
    let name = field.name.to_lowercase();
    match (field.access, field.name) {
        (Access::ReadWriteOneClears, _) => format!("{name}_set"),
        (_, "VALUE") => register,
        _ => format!("{register}_{name}"),
    }
}

fn fields(register: &RegMeta, access: Access, hw: HwAccess) -> Vec<&'static FieldMeta> {
    let all = register.fields.iter();
    all.filter(|f| f.access == access && f.hw == hw).collect()
}

/// Bits that read back what was written.
fn kept(register: &RegMeta) -> u32 {
    register.mask_of(Access::ReadWrite) & !register.volatile_mask()
}

fn reset_values<R: RegisterFile>(bench: &mut Bench<R>) {
    for register in bench.block.registers {
        let address = bench.address(register);
        let fixed = register.reset() & !register.volatile_mask();
        assert_eq!(
            bench.read(address),
            fixed,
            "{}.{} from power-up",
            R::NAME,
            register.name
        );
        bench.write(address, u32::MAX);
        bench.write(address, !fixed);
        bench.reset();
        assert_eq!(
            bench.read(address),
            fixed,
            "{}.{} after reset",
            R::NAME,
            register.name
        );
    }
}

fn written_values_read_back<R: RegisterFile>(bench: &mut Bench<R>) {
    let mut patterns = vec![0, u32::MAX, 0x5555_5555, 0xAAAA_AAAA];
    patterns.extend((0..32).map(|bit| 1 << bit));
    for register in bench.block.registers {
        let address = bench.address(register);
        let mask = kept(register);
        let constant = register.reset() & register.mask_of(Access::ReadOnly);
        for pattern in &patterns {
            bench.write(address, *pattern);
            let expected = (pattern & mask) | (constant & !register.volatile_mask());
            assert_eq!(
                bench.read(address),
                expected,
                "{}.{} <- {pattern:#X}",
                R::NAME,
                register.name
            );
            for field in fields(register, Access::ReadWrite, HwAccess::Read) {
                let value = (pattern & field.mask()) >> field.lsb;
                assert_eq!(
                    bench.get(&port(register, field)),
                    value,
                    "{}.{}.{}",
                    R::NAME,
                    register.name,
                    field.name
                );
            }
        }
    }
    bench.reset();
}

fn byte_enables_select_bytes<R: RegisterFile>(bench: &mut Bench<R>) {
    for register in bench.block.registers {
        let address = bench.address(register);
        let mask = kept(register);
        if mask == 0 {
            continue;
        }
        for be in 0..16 {
            bench.write(address, 0x1122_3344);
            bench.write_bytes(address, 0xCCDD_EEFF, be);
            let bytes = (0..4).filter(|lane| be >> lane & 1 != 0);
            let selected = bytes.fold(0, |sum, lane| sum | 0xFF << (8 * lane));
            let expected = (0x1122_3344 & !selected | 0xCCDD_EEFF & selected) & mask;
            assert_eq!(
                bench.read(address) & mask,
                expected,
                "{}.{} be {be:04b}",
                R::NAME,
                register.name
            );
        }
    }
    bench.reset();
}

fn no_write_reaches_another_register<R: RegisterFile>(bench: &mut Bench<R>) {
    let stored: Vec<_> = bench
        .block
        .registers
        .iter()
        .filter(|r| kept(r) != 0)
        .collect();
    for (number, register) in stored.iter().enumerate() {
        let address = bench.address(register);
        bench.write(address, 0x0101_0101u32.wrapping_mul(number as u32 + 1));
    }
    for (number, register) in stored.iter().enumerate() {
        let expected = 0x0101_0101u32.wrapping_mul(number as u32 + 1) & kept(register);
        let address = bench.address(register);
        assert_eq!(
            bench.read(address) & kept(register),
            expected,
            "{}.{}",
            R::NAME,
            register.name
        );
    }
    bench.reset();
}

fn driven_fields_are_read_live<R: RegisterFile>(bench: &mut Bench<R>) {
    for register in bench.block.registers {
        let address = bench.address(register);
        for field in fields(register, Access::ReadOnly, HwAccess::Write) {
            for value in [field.mask() >> field.lsb, 1, 0] {
                bench.set(&port(register, field), value);
                let expected = (value << field.lsb) & field.mask();
                assert_eq!(
                    bench.read(address) & field.mask(),
                    expected,
                    "{}.{}.{}",
                    R::NAME,
                    register.name,
                    field.name
                );
            }
        }
    }
}

/// Fields that are stored as written and answered by gateware when read.
fn answered_fields_go_out_as_written_and_read_as_answered<R: RegisterFile>(bench: &mut Bench<R>) {
    for register in bench.block.registers {
        let address = bench.address(register);
        for field in fields(register, Access::ReadWrite, HwAccess::ReadWrite) {
            let name = port(register, field);
            let largest = field.mask() >> field.lsb;
            for (written, answered) in [(largest, 0), (1, largest), (0, 1)] {
                bench.write(address, written << field.lsb);
                bench.set(&format!("{name}_read"), answered);
                assert_eq!(bench.get(&name), written, "{}.{name} out", R::NAME);
                assert_eq!(
                    (bench.read(address) & field.mask()) >> field.lsb,
                    answered,
                    "{}.{name} read",
                    R::NAME
                );
            }
            bench.write(address, u32::MAX);
            bench.write_bytes(address, 0, 0xF & !byte_lanes(field));
            assert_eq!(bench.get(&name), largest, "{}.{name} kept", R::NAME);
            bench.set(&format!("{name}_read"), 0);
        }
    }
    bench.reset();
}

/// Byte enables of the bytes that a field touches.
fn byte_lanes(field: &FieldMeta) -> u32 {
    (field.lsb / 8..=field.msb / 8).fold(0, |lanes, lane| lanes | 1 << lane)
}

fn pulses_last_one_clock<R: RegisterFile>(bench: &mut Bench<R>) {
    for register in bench.block.registers {
        let address = bench.address(register);
        for field in fields(register, Access::WriteOnly, HwAccess::Read) {
            let name = port(register, field);
            assert_eq!(bench.get(&name), 0, "{}.{name} at rest", R::NAME);
            bench.write(address, u32::MAX);
            assert_eq!(
                bench.get(&name),
                field.mask() >> field.lsb,
                "{}.{name} in the clock after",
                R::NAME
            );
            bench.clock();
            assert_eq!(bench.get(&name), 0, "{}.{name} one clock later", R::NAME);
            bench.write_bytes(address, u32::MAX, 0);
            assert_eq!(bench.get(&name), 0, "{}.{name} without bytes", R::NAME);
        }
        if register.mask_of(Access::WriteOnly) != 0 {
            assert_eq!(
                bench.read(address),
                0,
                "{}.{} reads zero",
                R::NAME,
                register.name
            );
        }
        if register.strobe {
            let name = format!("{}_strobe", register.name.to_lowercase());
            bench.write(address, 1);
            assert_eq!(bench.get(&name), 1, "{}.{name}", R::NAME);
            bench.clock();
            assert_eq!(bench.get(&name), 0, "{}.{name} one clock later", R::NAME);
        }
    }
}

fn events_stay_until_cleared<R: RegisterFile>(bench: &mut Bench<R>) {
    let (Some(state), Some(enable), Some(test)) = (
        bench.block.register("INTR_STATE"),
        bench.block.register("INTR_ENABLE"),
        bench.block.register("INTR_TEST"),
    ) else {
        return;
    };
    let (state_at, enable_at, test_at) = (
        bench.address(state),
        bench.address(enable),
        bench.address(test),
    );
    assert_eq!(bench.get("interrupt"), 0);
    for field in state.fields {
        let set = port(state, field);
        let bit = field.mask();
        bench.set(&set, 1);
        bench.clock();
        bench.set(&set, 0);
        bench.clock();
        assert_eq!(bench.read(state_at), bit, "{}: {set} stays", R::NAME);
        assert_eq!(bench.get("interrupt"), 0, "{}: not enabled", R::NAME);
        bench.write(enable_at, bit);
        assert_eq!(bench.get("interrupt"), 1, "{}: {set} enabled", R::NAME);
        bench.write(state_at, !bit);
        assert_eq!(
            bench.read(state_at),
            bit,
            "{}: zero does not clear",
            R::NAME
        );
        // The event and the clearing write in the same clock: the event wins.
        bench.set(&set, 1);
        bench.write(state_at, bit);
        bench.set(&set, 0);
        assert_eq!(bench.read(state_at), bit, "{}: set beats clear", R::NAME);
        bench.write(state_at, bit);
        assert_eq!(bench.read(state_at), 0, "{}: one clears", R::NAME);
        assert_eq!(bench.get("interrupt"), 0);
        bench.write(test_at, bit);
        assert_eq!(bench.read(state_at), bit, "{}: test sets", R::NAME);
        bench.reset();
        assert_eq!(bench.read(state_at), 0, "{}: reset clears", R::NAME);
    }
    bench.write(test_at, u32::MAX);
    let all = state.mask_of(Access::ReadWriteOneClears);
    assert_eq!(bench.read(state_at), all, "{}: test sets all", R::NAME);
    bench.reset();
}

fn other_addresses_read_zero_and_write_nothing<R: RegisterFile>(bench: &mut Bench<R>) {
    let BlockMeta { instance, .. } = *bench.block;
    let known = |address: u32| {
        let offset = address.wrapping_sub(instance.base);
        let in_window = |w: &WindowMeta| offset.wrapping_sub(w.offset) < w.span();
        register_offsets(bench.block).any(|r| r == offset)
            || bench.block.windows.iter().any(in_window)
    };
    let mut rng = Rng::new(1);
    let mut addresses: Vec<u32> = (0..instance.span.min(0x400))
        .step_by(4)
        .map(|o| instance.base + o)
        .collect();
    addresses.extend((0..200).map(|_| rng.next_u32() & 0xFFFC));
    // One address bit away from a register: finds a decoder that leaves a bit out.
    for offset in register_offsets(bench.block) {
        addresses.extend((2..16).map(|bit| (instance.base | offset) ^ 1 << bit));
    }
    addresses.retain(|address| !known(*address));
    let before: Vec<_> = register_offsets(bench.block)
        .map(|o| bench.read(instance.base | o))
        .collect();
    for address in addresses {
        bench.write(address, u32::MAX);
        assert_eq!(bench.read(address), 0, "{}: {address:#X}", R::NAME);
    }
    let after: Vec<_> = register_offsets(bench.block)
        .map(|o| bench.read(instance.base | o))
        .collect();
    assert_eq!(before, after, "{}", R::NAME);
}

/// Offsets of a block's registers.
fn register_offsets(block: &'static BlockMeta) -> impl Iterator<Item = u32> {
    block.registers.iter().map(|r| r.offset)
}

/// Walks a window with a memory behind it that answers one clock late, as the register files expect.
fn windows_reach_their_entries<R: RegisterFile>(bench: &mut Bench<R>) {
    let mut rng = Rng::new(7);
    for window in bench.block.windows {
        let name = window.name.to_lowercase();
        let words = window.stride / 4;
        let base = bench.block.instance.base | window.offset;
        let mut picks: Vec<_> = (0..16).map(|_| rng.below(window.count * words)).collect();
        picks.extend([0, 1, window.count * words - 1]);
        for flat in picks {
            let (index, word) = (flat / words, flat % words);
            let address = base + 4 * flat;
            let value = rng.next_u32();
            bench.set("bus_address", address);
            assert_eq!(bench.get(&format!("{name}_index")), index);
            if words > 1 {
                assert_eq!(bench.get(&format!("{name}_word")), word);
            }
            bench.clock();
            bench.set(&format!("{name}_rdata"), value);
            bench.clock();
            assert_eq!(bench.get("bus_rdata"), value, "{}.{name}[{flat}]", R::NAME);
            if window.is_writable() {
                let write = format!("{name}_write");
                bench.set("bus_wdata", value);
                for (strobe, be, expected) in [(0, 0xF, 0), (1, 0xF, 1), (1, 0x7, 0), (1, 0, 0)] {
                    bench.set("bus_write", strobe);
                    bench.set("bus_be", be);
                    assert_eq!(bench.get(&write), expected, "{}.{name} be {be:X}", R::NAME);
                }
                bench.set("bus_be", 0xF);
                assert_eq!(bench.get(&format!("{name}_wdata")), value);
                bench.set("bus_address", NOBODY);
                assert_eq!(bench.get(&write), 0, "{}.{name} not addressed", R::NAME);
                bench.set("bus_write", 0);
            }
            bench.set("bus_address", NOBODY);
            bench.clock();
        }
        bench.set(&format!("{name}_rdata"), 0);
    }
}

fn suite<R: RegisterFile>() {
    let bench = &mut Bench::<R>::new();
    reset_values(bench);
    written_values_read_back(bench);
    byte_enables_select_bytes(bench);
    no_write_reaches_another_register(bench);
    driven_fields_are_read_live(bench);
    answered_fields_go_out_as_written_and_read_as_answered(bench);
    pulses_last_one_clock(bench);
    events_stay_until_cleared(bench);
    other_addresses_read_zero_and_write_nothing(bench);
    windows_reach_their_entries(bench);
    elaborate::check(&format!("regs_{}", R::NAME), &bench.uut);
}

macro_rules! suites {
    ($($name:ident: $regs:ty),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                suite::<$regs>();
            }
        )*

        #[test]
        fn every_block_of_the_map_has_a_suite() {
            let tested = [$(<$regs>::NAME),*];
            for block in card::BLOCKS {
                assert!(tested.contains(&block.name), "{} is not tested", block.name);
            }
        }
    };
}

suites! {
    dispi_follows_the_map: DispiRegs,
    id_follows_the_map: IdRegs,
    irq_follows_the_map: IrqRegs,
    sem_follows_the_map: SemRegs,
    ddc_follows_the_map: DdcRegs,
    mem_follows_the_map: MemRegs,
    dma_follows_the_map: DmaRegs,
    sgl_follows_the_map: SglRegs,
    crtc_follows_the_map: CrtcRegs,
    plane_follows_the_map: PlaneRegs,
    cursor_follows_the_map: CursorRegs,
    cursor_image_follows_the_map: CursorImageRegs,
    palette_follows_the_map: PaletteRegs,
    elements_follows_the_map: ElementsRegs,
}

#[test]
fn answer_comes_in_the_third_clock_and_not_after_the_address_left() {
    let mut bench = Bench::<IdRegs>::new();
    let magic = bench.block.register("MAGIC").expect("id has MAGIC");
    bench.set("bus_address", bench.block.instance.base | magic.offset);
    bench.clock();
    bench.clock();
    assert_eq!(bench.get("bus_rdata"), 0x4C4D_5054);
    bench.set("bus_address", NOBODY);
    bench.clock();
    bench.clock();
    assert_eq!(bench.get("bus_rdata"), 0);
}
