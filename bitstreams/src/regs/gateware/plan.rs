//! What a register file is made of: ports, storage, constants, intermediate values.

use crate::regs::names::{one_line, upper_camel};
use lumenport_regmap::{Access, BlockMeta, FieldMeta, HwAccess, RegMeta, WindowMeta};

/// Direction of a port, seen from the register file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Into the register file.
    In,
    /// Out of the register file.
    Out,
}

/// A port beside the bus.
pub struct Port {
    /// Name in lower snake case.
    pub name: String,
    /// Direction.
    pub direction: Direction,
    /// Bits, 1..=32; one bit is a `Bit`, more are `Bits<n>`.
    pub width: u32,
    /// One line of documentation.
    pub doc: String,
}

/// Storage behind a register.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// None: every field is driven, constant, or acts within the block.
    None,
    /// A value that keeps until written.
    Value,
    /// A value that lasts one clock.
    Pulse,
    /// INTR_STATE: set by events, cleared by ones.
    Events,
}

/// What the generator knows about one register.
pub struct Register {
    /// The map's entry.
    pub meta: &'static RegMeta,
    /// Name in lower snake case.
    pub name: String,
    /// Storage.
    pub storage: Storage,
}

/// What a register file is made of.
pub struct Plan {
    /// The map's entry.
    pub meta: &'static BlockMeta,
    /// Name of the struct.
    pub type_name: String,
    /// Ports beside the bus, in map order.
    pub ports: Vec<Port>,
    /// Registers, in map order.
    pub registers: Vec<Register>,
}

impl Register {
    fn new(meta: &'static RegMeta) -> Self {
        let has = |access| meta.fields.iter().any(|f| f.access == access);
        let storage = if has(Access::ReadWriteOneClears) {
            Storage::Events
        } else if has(Access::ReadWrite) {
            Storage::Value
        } else if meta
            .fields
            .iter()
            .any(|f| f.access == Access::WriteOnly && f.hw == HwAccess::Read)
        {
            Storage::Pulse
        } else {
            Storage::None
        };
        Self {
            meta,
            name: meta.name.to_lowercase(),
            storage,
        }
    }

    /// Name of the storage.
    pub fn dff(&self) -> String {
        format!("dff_{}", self.name)
    }

    /// Expression for the whole value of the storage.
    pub fn value(&self) -> String {
        if self.has_nonzero_reset() {
            format!("self.value_{}.val()", self.name)
        } else {
            format!("self.{}.q.val()", self.dff())
        }
    }

    /// True when the storage holds the value exclusive-or the reset value, since flip-flops start at zero.
    pub fn has_nonzero_reset(&self) -> bool {
        self.storage == Storage::Value && self.reset() != 0
    }

    /// Reset value of the storage.
    pub fn reset(&self) -> u32 {
        self.meta.reset() & self.stored_mask()
    }

    /// Bits that the storage holds.
    pub fn stored_mask(&self) -> u32 {
        match self.storage {
            Storage::None => 0,
            Storage::Value => self.meta.mask_of(Access::ReadWrite),
            Storage::Pulse => self.meta.mask_of(Access::WriteOnly),
            Storage::Events => self.meta.mask_of(Access::ReadWriteOneClears),
        }
    }

    /// True when a read returns anything but zero.
    pub fn is_readable(&self) -> bool {
        self.meta.fields.iter().any(|f| f.access.is_readable())
    }

    /// Name of a field's port: `<register>_<field>`, or the register's name for a field called VALUE.
    pub fn port(&self, field: &FieldMeta) -> String {
        if field.access == Access::ReadWriteOneClears {
            format!("{}_set", field.name.to_lowercase())
        } else if field.name == "VALUE" {
            self.name.clone()
        } else {
            format!("{}_{}", self.name, field.name.to_lowercase())
        }
    }
}

/// Names of a window's ports.
pub fn window_port(window: &WindowMeta, part: &str) -> String {
    format!("{}_{part}", window.name.to_lowercase())
}

/// Bits of an entry number.
pub fn index_width(window: &WindowMeta) -> u32 {
    window.count.trailing_zeros()
}

/// Bits of a word number within an entry; zero when an entry is one word.
pub fn word_width(window: &WindowMeta) -> u32 {
    (window.stride / 4).trailing_zeros()
}

impl Plan {
    /// Works out the block at `meta`.
    pub fn new(meta: &'static BlockMeta) -> Self {
        let registers: Vec<_> = meta.registers.iter().map(Register::new).collect();
        let mut ports = Vec::new();
        for register in &registers {
            register_ports(&mut ports, register);
        }
        if meta.has_head() {
            ports.push(Port {
                name: "interrupt".to_owned(),
                direction: Direction::Out,
                width: 1,
                doc: "Level: an enabled bit of INTR_STATE is set.".to_owned(),
            });
        }
        for window in meta.windows {
            window_ports(&mut ports, window);
        }
        Self {
            meta,
            type_name: format!("{}Regs", upper_camel(meta.name)),
            ports,
            registers,
        }
    }
}

fn register_ports(ports: &mut Vec<Port>, register: &Register) {
    for field in register.meta.fields {
        let (direction, timing) = match (field.access, field.hw) {
            (Access::ReadOnly, HwAccess::Write) => (Direction::In, "read by software"),
            (Access::ReadWriteOneClears, HwAccess::Write) => {
                (Direction::In, "each clock at one sets the bit")
            }
            (Access::ReadWrite, HwAccess::Read | HwAccess::ReadWrite) => {
                (Direction::Out, "present value")
            }
            (Access::WriteOnly, HwAccess::Read) => (
                Direction::Out,
                "one clock, the clock after the write; else zero",
            ),
            (_, HwAccess::None) => continue,
            (access, hw) => unsupported(register, field, access, hw),
        };
        let mut doc = format!("{} ({timing}).", one_line(field.doc).trim_end_matches('.'));
        if field.name == "VALUE" {
            doc = format!("{} {doc}", one_line(register.meta.doc));
        }
        ports.push(Port {
            name: register.port(field),
            direction,
            width: field.width(),
            doc,
        });
        if reads_from_outside(field) {
            ports.push(Port {
                name: read_port(register, field),
                direction: Direction::In,
                width: field.width(),
                doc: format!("What a read of {} returns.", field.name),
            });
        }
    }
    if register.meta.strobe {
        ports.push(Port {
            name: format!("{}_strobe", register.name),
            direction: Direction::Out,
            width: 1,
            doc: format!("{} was written (one clock).", register.meta.name),
        });
    }
}

/// True for a field that is stored as written and whose reads gateware answers.
pub fn reads_from_outside(field: &FieldMeta) -> bool {
    field.access == Access::ReadWrite && field.hw == HwAccess::ReadWrite
}

/// Name of the port that answers reads of such a field.
pub fn read_port(register: &Register, field: &FieldMeta) -> String {
    format!("{}_read", register.port(field))
}

/// Stops the generator: the map uses a combination that no gateware exists for.
fn unsupported(register: &Register, field: &FieldMeta, access: Access, hw: HwAccess) -> ! {
    panic!(
        "{}.{}: no gateware for access {} with hw={}",
        register.meta.name,
        field.name,
        access.name(),
        hw.name()
    )
}

fn window_ports(ports: &mut Vec<Port>, window: &WindowMeta) {
    let mut port = |part: &str, direction, width, doc: &str| {
        if width > 0 {
            ports.push(Port {
                name: window_port(window, part),
                direction,
                width,
                doc: format!("Window {}: {doc}", window.name),
            });
        }
    };
    port(
        "index",
        Direction::Out,
        index_width(window),
        "entry number, of a read or a write.",
    );
    port(
        "word",
        Direction::Out,
        word_width(window),
        "word within the entry.",
    );
    if window.is_writable() {
        port(
            "write",
            Direction::Out,
            1,
            "write now, same clock as index, word and wdata (whole words only).",
        );
        port("wdata", Direction::Out, 32, "value to write.");
    }
    port(
        "rdata",
        Direction::In,
        32,
        "value of the word, one clock after index and word.",
    );
}

/// Storage elements: name, is it a single bit.
pub fn flip_flops(plan: &Plan) -> Vec<(String, bool)> {
    let mut dffs = vec![("dff_rdata".to_owned(), false)];
    for register in &plan.registers {
        if register.storage != Storage::None {
            dffs.push((register.dff(), false));
        }
        if register.meta.strobe {
            dffs.push((format!("{}_strobe", register.dff()), true));
        }
    }
    dffs
}

/// Constants of the block: name, value.
pub fn constants(plan: &Plan) -> Vec<(String, u32)> {
    let mut constants = Vec::new();
    for register in plan.registers.iter().filter(|r| r.storage != Storage::None) {
        constants.push((
            format!("implemented_{}", register.name),
            register.stored_mask(),
        ));
        if register.has_nonzero_reset() {
            constants.push((format!("reset_{}", register.name), register.reset()));
        }
    }
    for register in &plan.registers {
        for field in register.meta.fields {
            if is_constant(field.access, field.hw) {
                constants.push((
                    format!("constant_{}_{}", register.name, field.name.to_lowercase()),
                    field.reset,
                ));
            }
        }
    }
    constants
}

/// True for a field whose value is its reset value, always.
pub fn is_constant(access: Access, hw: HwAccess) -> bool {
    access == Access::ReadOnly && hw == HwAccess::None
}

/// Intermediate values: name, type.
pub fn locals(plan: &Plan) -> Vec<(String, String)> {
    let mut locals = Vec::new();
    let mut local = |name: &str, kind: &str| locals.push((name.to_owned(), kind.to_owned()));
    if has_registers(plan.meta) {
        local("selected", "Bit");
        local("write", "Bit");
        local("word", &format!("Bits<{}>", word_bits(plan.meta)));
        local("mask", "Bits<32>");
        local("written", "Bits<32>");
    }
    if plan.registers.iter().any(|r| r.storage == Storage::Events) {
        local("events", "Bits<32>");
        local("cleared", "Bits<32>");
    }
    for register in plan.registers.iter().filter(|r| r.has_nonzero_reset()) {
        local(&format!("value_{}", register.name), "Bits<32>");
    }
    for window in plan.meta.windows {
        local(&window_port(window, "selected"), "Bit");
    }
    locals
}

pub fn has_registers(meta: &BlockMeta) -> bool {
    !meta.registers.is_empty()
}

/// Bits of a register's number within the block.
pub fn word_bits(meta: &BlockMeta) -> u32 {
    (meta.instance.span / 4).trailing_zeros()
}

pub fn port_type(port: &Port) -> String {
    if port.width == 1 {
        "Bit".to_owned()
    } else {
        format!("Bits<{}>", port.width)
    }
}
