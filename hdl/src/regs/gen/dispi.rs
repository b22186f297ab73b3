//! Made by `cargo xtask regs` from hal/regmap/src/blocks. Do not edit.
//!
//! Register file of block `dispi`.

use super::super::RegisterFile;
use crate::prelude::*;

/// The display interface of `bochs-display`. It owns the display from a write of ENABLE.ON one until a write of zero or until `crtc.COMMIT`, whichever comes first; `crtc` and `plane` own it otherwise. Palette, bank switching and big-endian pixels are not there: their writes are ignored.
///
/// Answers at 0x0000, 4096 bytes. Clock domain `sys`. Bus and timing: [`crate::regs`].
#[derive(LogicBlock)]
pub struct DispiRegs {
    /// System clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset, active high.
    pub reset: Signal<In, Bit>,
    /// Byte address in BAR2; held until the answer is taken.
    pub bus_address: Signal<In, Bits<16>>,
    /// Value to write, valid with `bus_write`.
    pub bus_wdata: Signal<In, Bits<32>>,
    /// Byte enables of the write, bit 0 for bits 7:0.
    pub bus_be: Signal<In, Bits<4>>,
    /// Write now, one clock.
    pub bus_write: Signal<In, Bit>,
    /// Value read, in the third clock of a held address; zero unless addressed.
    pub bus_rdata: Signal<Out, Bits<32>>,
    /// Show the picture; else black. Bit "palette address source" of the index. Effect: next frame (present value).
    pub vga_attribute_show: Signal<Out, Bit>,
    /// VGA_ATTRIBUTE was written (one clock).
    pub vga_attribute_strobe: Signal<Out, Bit>,
    /// In vertical blanking (read by software).
    pub vga_status_blank: Signal<In, Bit>,
    /// In vertical blanking (read by software).
    pub vga_status_retrace: Signal<In, Bit>,
    /// Visible pixels a line, 64..=1920, taken over by ENABLE. Reads give the largest while ENABLE.GETCAPS is set (present value).
    pub width_xres: Signal<Out, Bits<16>>,
    /// What a read of XRES returns.
    pub width_xres_read: Signal<In, Bits<16>>,
    /// Visible lines, 64..=1200, taken over by ENABLE. Reads give the largest while ENABLE.GETCAPS is set (present value).
    pub height_yres: Signal<Out, Bits<16>>,
    /// What a read of YRES returns.
    pub height_yres_read: Signal<In, Bits<16>>,
    /// Bits a pixel: 32 (XRGB8888) or 16 (RGB565), taken over by ENABLE. Reads give 32 while ENABLE.GETCAPS is set (present value).
    pub height_bpp: Signal<Out, Bits<16>>,
    /// What a read of BPP returns.
    pub height_bpp_read: Signal<In, Bits<16>>,
    /// Written one: the card shows XRES by YRES pixels. Written zero: the display is switched off, if the interface owns it (present value).
    pub enable_on: Signal<Out, Bit>,
    /// Reads of XRES, YRES and BPP give the largest (present value).
    pub enable_getcaps: Signal<Out, Bit>,
    /// ENABLE was written (one clock).
    pub enable_strobe: Signal<Out, Bit>,
    /// Pixels from line to line, if more than XRES. Effect: next frame. The line must take a multiple of 8 bytes (present value).
    pub virtual_width: Signal<Out, Bits<16>>,
    /// VIRTUAL was written (one clock).
    pub virtual_strobe: Signal<Out, Bit>,
    /// Pixels from the left; rounded down to a multiple of 8 bytes (present value).
    pub offset_x: Signal<Out, Bits<16>>,
    /// Lines from the top (present value).
    pub offset_y: Signal<Out, Bits<16>>,
    /// OFFSET was written (one clock).
    pub offset_strobe: Signal<Out, Bit>,
    /// Units of 64 KiB (read by software).
    pub memory_units: Signal<In, Bits<16>>,
    /// Window EDID: entry number, of a read or a write.
    pub edid_index: Signal<Out, Bits<8>>,
    /// Window EDID: write now, same clock as index, word and wdata (whole words only).
    pub edid_write: Signal<Out, Bit>,
    /// Window EDID: value to write.
    pub edid_wdata: Signal<Out, Bits<32>>,
    /// Window EDID: value of the word, one clock after index and word.
    pub edid_rdata: Signal<In, Bits<32>>,
    selected: Signal<Local, Bit>,
    write: Signal<Local, Bit>,
    word: Signal<Local, Bits<10>>,
    mask: Signal<Local, Bits<32>>,
    written: Signal<Local, Bits<32>>,
    value_vga_attribute: Signal<Local, Bits<32>>,
    edid_selected: Signal<Local, Bit>,
    dff_rdata: DFF<Bits<32>>,
    dff_vga_attribute: DFF<Bits<32>>,
    dff_vga_attribute_strobe: DFF<Bit>,
    dff_width: DFF<Bits<32>>,
    dff_height: DFF<Bits<32>>,
    dff_enable: DFF<Bits<32>>,
    dff_enable_strobe: DFF<Bit>,
    dff_virtual: DFF<Bits<32>>,
    dff_virtual_strobe: DFF<Bit>,
    dff_offset: DFF<Bits<32>>,
    dff_offset_strobe: DFF<Bit>,
    implemented_vga_attribute: Constant<Bits<32>>,
    reset_vga_attribute: Constant<Bits<32>>,
    implemented_width: Constant<Bits<32>>,
    implemented_height: Constant<Bits<32>>,
    implemented_enable: Constant<Bits<32>>,
    implemented_virtual: Constant<Bits<32>>,
    implemented_offset: Constant<Bits<32>>,
    constant_width_id: Constant<Bits<32>>,
    constant_extension_size_value: Constant<Bits<32>>,
    constant_endian_value: Constant<Bits<32>>,
}

impl Default for DispiRegs {
    fn default() -> Self {
        Self {
            clock: Signal::default(),
            reset: Signal::default(),
            bus_address: Signal::default(),
            bus_wdata: Signal::default(),
            bus_be: Signal::default(),
            bus_write: Signal::default(),
            bus_rdata: Signal::default(),
            vga_attribute_show: Signal::default(),
            vga_attribute_strobe: Signal::default(),
            vga_status_blank: Signal::default(),
            vga_status_retrace: Signal::default(),
            width_xres: Signal::default(),
            width_xres_read: Signal::default(),
            height_yres: Signal::default(),
            height_yres_read: Signal::default(),
            height_bpp: Signal::default(),
            height_bpp_read: Signal::default(),
            enable_on: Signal::default(),
            enable_getcaps: Signal::default(),
            enable_strobe: Signal::default(),
            virtual_width: Signal::default(),
            virtual_strobe: Signal::default(),
            offset_x: Signal::default(),
            offset_y: Signal::default(),
            offset_strobe: Signal::default(),
            memory_units: Signal::default(),
            edid_index: Signal::default(),
            edid_write: Signal::default(),
            edid_wdata: Signal::default(),
            edid_rdata: Signal::default(),
            selected: Signal::default(),
            write: Signal::default(),
            word: Signal::default(),
            mask: Signal::default(),
            written: Signal::default(),
            value_vga_attribute: Signal::default(),
            edid_selected: Signal::default(),
            dff_rdata: DFF::default(),
            dff_vga_attribute: DFF::default(),
            dff_vga_attribute_strobe: DFF::default(),
            dff_width: DFF::default(),
            dff_height: DFF::default(),
            dff_enable: DFF::default(),
            dff_enable_strobe: DFF::default(),
            dff_virtual: DFF::default(),
            dff_virtual_strobe: DFF::default(),
            dff_offset: DFF::default(),
            dff_offset_strobe: DFF::default(),
            implemented_vga_attribute: Constant::new(0x20.into()),
            reset_vga_attribute: Constant::new(0x20.into()),
            implemented_width: Constant::new(0xFFFF0000.into()),
            implemented_height: Constant::new(0xFFFFFFFF.into()),
            implemented_enable: Constant::new(0xFFFF00E3.into()),
            implemented_virtual: Constant::new(0xFFFFFFFF.into()),
            implemented_offset: Constant::new(0xFFFFFFFF.into()),
            constant_width_id: Constant::new(0xB0C5.into()),
            constant_extension_size_value: Constant::new(0x8.into()),
            constant_endian_value: Constant::new(0x1E1E1E1E.into()),
        }
    }
}

impl Logic for DispiRegs {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            dff_rdata,
            dff_vga_attribute,
            dff_vga_attribute_strobe,
            dff_width,
            dff_height,
            dff_enable,
            dff_enable_strobe,
            dff_virtual,
            dff_virtual_strobe,
            dff_offset,
            dff_offset_strobe
        );
        self.dff_rdata.d.next = 0.into();
        self.bus_rdata.next = self.dff_rdata.q.val();
        self.value_vga_attribute.next =
            self.dff_vga_attribute.q.val() ^ self.reset_vga_attribute.val();
        self.vga_attribute_strobe.next = self.dff_vga_attribute_strobe.q.val();
        self.dff_vga_attribute_strobe.d.next = false;
        self.enable_strobe.next = self.dff_enable_strobe.q.val();
        self.dff_enable_strobe.d.next = false;
        self.virtual_strobe.next = self.dff_virtual_strobe.q.val();
        self.dff_virtual_strobe.d.next = false;
        self.offset_strobe.next = self.dff_offset_strobe.q.val();
        self.dff_offset_strobe.d.next = false;
        self.vga_attribute_show.next = self.value_vga_attribute.val().get_bit(5);
        self.width_xres.next = self.dff_width.q.val().get_bits::<16>(16);
        self.height_yres.next = self.dff_height.q.val().get_bits::<16>(0);
        self.height_bpp.next = self.dff_height.q.val().get_bits::<16>(16);
        self.enable_on.next = self.dff_enable.q.val().get_bit(0);
        self.enable_getcaps.next = self.dff_enable.q.val().get_bit(1);
        self.virtual_width.next = self.dff_virtual.q.val().get_bits::<16>(0);
        self.offset_x.next = self.dff_offset.q.val().get_bits::<16>(0);
        self.offset_y.next = self.dff_offset.q.val().get_bits::<16>(16);
        self.selected.next = self.bus_address.val().get_bits::<4>(12) == 0;
        self.word.next = self.bus_address.val().get_bits::<10>(2);
        self.write.next = self.selected.val() && self.bus_write.val();
        self.mask.next = 0.into();
        self.written.next = 0.into();
        if self.write.val() {
            if self.bus_be.val().get_bit(0) {
                self.mask.next = self.mask.val() | 0xFF;
            }
            if self.bus_be.val().get_bit(1) {
                self.mask.next = self.mask.val() | 0xFF00;
            }
            if self.bus_be.val().get_bit(2) {
                self.mask.next = self.mask.val() | 0xFF_0000;
            }
            if self.bus_be.val().get_bit(3) {
                self.mask.next = self.mask.val() | (bit_cast::<32, 8>(255.into()) << 24);
            }
            self.written.next = self.bus_wdata.val() & self.mask.val();
            match self.word.val().index() {
                256 => {
                    self.dff_vga_attribute.d.next = (((self.value_vga_attribute.val()
                        & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_vga_attribute.val())
                        ^ self.reset_vga_attribute.val();
                    self.dff_vga_attribute_strobe.d.next = true;
                }
                320 => {
                    self.dff_width.d.next = ((self.dff_width.q.val() & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_width.val();
                }
                321 => {
                    self.dff_height.d.next = ((self.dff_height.q.val() & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_height.val();
                }
                322 => {
                    self.dff_enable.d.next = ((self.dff_enable.q.val() & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_enable.val();
                    self.dff_enable_strobe.d.next = true;
                }
                323 => {
                    self.dff_virtual.d.next = ((self.dff_virtual.q.val() & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_virtual.val();
                    self.dff_virtual_strobe.d.next = true;
                }
                324 => {
                    self.dff_offset.d.next = ((self.dff_offset.q.val() & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_offset.val();
                    self.dff_offset_strobe.d.next = true;
                }
                _ => {}
            }
        }
        if self.selected.val() {
            match self.word.val().index() {
                256 => {
                    self.dff_rdata.d.next = self.value_vga_attribute.val();
                }
                262 => {
                    self.dff_rdata.d.next = (bit_cast::<32, 1>(self.vga_status_blank.val().into())
                        << 16)
                        | (bit_cast::<32, 1>(self.vga_status_retrace.val().into()) << 19);
                }
                320 => {
                    self.dff_rdata.d.next = self.constant_width_id.val()
                        | (bit_cast::<32, 16>(self.width_xres_read.val()) << 16);
                }
                321 => {
                    self.dff_rdata.d.next = bit_cast::<32, 16>(self.height_yres_read.val())
                        | (bit_cast::<32, 16>(self.height_bpp_read.val()) << 16);
                }
                322 => {
                    self.dff_rdata.d.next = self.dff_enable.q.val();
                }
                323 => {
                    self.dff_rdata.d.next = self.dff_virtual.q.val();
                }
                324 => {
                    self.dff_rdata.d.next = self.dff_offset.q.val();
                }
                325 => {
                    self.dff_rdata.d.next = bit_cast::<32, 16>(self.memory_units.val());
                }
                384 => {
                    self.dff_rdata.d.next = self.constant_extension_size_value.val();
                }
                385 => {
                    self.dff_rdata.d.next = self.constant_endian_value.val();
                }
                _ => {}
            }
        }
        self.edid_selected.next = self.bus_address.val().get_bits::<6>(10) == 0;
        self.edid_index.next = self.bus_address.val().get_bits::<8>(2);
        self.edid_write.next =
            (self.edid_selected.val() && self.bus_write.val()) && self.bus_be.val().all();
        self.edid_wdata.next = self.bus_wdata.val();
        if self.edid_selected.val() {
            self.dff_rdata.d.next = self.edid_rdata.val();
        }
        if self.reset.val() {
            self.dff_rdata.d.next = 0.into();
            self.dff_vga_attribute.d.next = 0.into();
            self.dff_vga_attribute_strobe.d.next = false;
            self.dff_width.d.next = 0.into();
            self.dff_height.d.next = 0.into();
            self.dff_enable.d.next = 0.into();
            self.dff_enable_strobe.d.next = false;
            self.dff_virtual.d.next = 0.into();
            self.dff_virtual_strobe.d.next = false;
            self.dff_offset.d.next = 0.into();
            self.dff_offset_strobe.d.next = false;
        }
    }
}

impl RegisterFile for DispiRegs {
    const NAME: &'static str = "dispi";
    fn set_clock(&mut self, high: bool) {
        self.clock.next = high.into();
    }
    fn drive(&mut self, port: &str, value: u32) -> bool {
        match port {
            "reset" => self.reset.next = value & 1 != 0,
            "bus_address" => self.bus_address.next = u64::from(value & 0xFFFF).into(),
            "bus_wdata" => self.bus_wdata.next = u64::from(value).into(),
            "bus_be" => self.bus_be.next = u64::from(value & 0xF).into(),
            "bus_write" => self.bus_write.next = value & 1 != 0,
            "vga_status_blank" => self.vga_status_blank.next = value & 1 != 0,
            "vga_status_retrace" => self.vga_status_retrace.next = value & 1 != 0,
            "width_xres_read" => self.width_xres_read.next = u64::from(value & 0xFFFF).into(),
            "height_yres_read" => self.height_yres_read.next = u64::from(value & 0xFFFF).into(),
            "height_bpp_read" => self.height_bpp_read.next = u64::from(value & 0xFFFF).into(),
            "memory_units" => self.memory_units.next = u64::from(value & 0xFFFF).into(),
            "edid_rdata" => self.edid_rdata.next = u64::from(value).into(),
            _ => return false,
        }
        true
    }
    fn sample(&self, port: &str) -> Option<u32> {
        Some(match port {
            "bus_rdata" => self.bus_rdata.val().to_u32(),
            "vga_attribute_show" => self.vga_attribute_show.val().into(),
            "vga_attribute_strobe" => self.vga_attribute_strobe.val().into(),
            "width_xres" => self.width_xres.val().to_u32(),
            "height_yres" => self.height_yres.val().to_u32(),
            "height_bpp" => self.height_bpp.val().to_u32(),
            "enable_on" => self.enable_on.val().into(),
            "enable_getcaps" => self.enable_getcaps.val().into(),
            "enable_strobe" => self.enable_strobe.val().into(),
            "virtual_width" => self.virtual_width.val().to_u32(),
            "virtual_strobe" => self.virtual_strobe.val().into(),
            "offset_x" => self.offset_x.val().to_u32(),
            "offset_y" => self.offset_y.val().to_u32(),
            "offset_strobe" => self.offset_strobe.val().into(),
            "edid_index" => self.edid_index.val().to_u32(),
            "edid_write" => self.edid_write.val().into(),
            "edid_wdata" => self.edid_wdata.val().to_u32(),
            _ => return None,
        })
    }
    fn connect_inputs(&mut self) {
        self.clock.connect();
        self.reset.connect();
        self.bus_address.connect();
        self.bus_wdata.connect();
        self.bus_be.connect();
        self.bus_write.connect();
        self.vga_status_blank.connect();
        self.vga_status_retrace.connect();
        self.width_xres_read.connect();
        self.height_yres_read.connect();
        self.height_bpp_read.connect();
        self.memory_units.connect();
        self.edid_rdata.connect();
    }
}
