//! The declarative macro behind every block file.
//!
//! ```text
//! registers! {
//!     /// What the block does.
//!     block "dma" at card::DMA, type 5, version 1;          // or: bare "palette" at card::PALETTE;
//!                                                            // or: foreign "dispi" at card::DISPI; registers, no head
//!     interrupts { /** Doc. */ 0 DONE; }                     // makes INTR_STATE, INTR_ENABLE, INTR_TEST
//!     status { /** Doc. */ 0:0 BUSY ro hw=wo = 0; }          // makes STATUS
//!     registers {
//!         /** Doc with range, unit, effect. */
//!         0x18 => Handle / HANDLE { /** Doc. */ 7:0 SLOT rw hw=ro = 0; }
//!         0x30 => ClockSelect / CLOCK_SELECT strobe { … }    // gateware gets a pulse after each write
//!         0x38 => TransferResult / RESULT { /** Doc. */ 7:0 CODE ro hw=wo = 0 enum ResultCode { /** Doc. */ Ok = 1, } }
//!     }
//!     windows {
//!         /** Doc. */
//!         0x40 => SEM [8 x 4] { /** Doc. */ 0x0 => Sem / SEM { … } }
//!     }
//! }
//! ```
//!
//! Fields are `msb:lsb NAME access hw=access = reset;`, lowest bit first.

/// Short access name to [`crate::Access`].
macro_rules! access {
    (ro) => {
        $crate::Access::ReadOnly
    };
    (rw) => {
        $crate::Access::ReadWrite
    };
    (wo) => {
        $crate::Access::WriteOnly
    };
    (rw1c) => {
        $crate::Access::ReadWriteOneClears
    };
    (rw1s) => {
        $crate::Access::ReadWriteOneSets
    };
}

/// Short hardware access name to [`crate::HwAccess`].
macro_rules! hw_access {
    (none) => {
        $crate::HwAccess::None
    };
    (ro) => {
        $crate::HwAccess::Read
    };
    (wo) => {
        $crate::HwAccess::Write
    };
    (rw) => {
        $crate::HwAccess::ReadWrite
    };
}

/// The register marker `strobe`, or nothing, as a bool.
macro_rules! strobe {
    () => {
        false
    };
    (strobe) => {
        true
    };
}

/// One register: value type, field constants, enumerations, metadata.
macro_rules! register {
    (
        $(#[doc = $doc:literal])*
        $offset:literal => $Type:ident / $NAME:ident $($strobe:ident)? {
            $(
                $(#[doc = $fdoc:literal])*
                $msb:literal : $lsb:literal $FIELD:ident $access:ident hw = $hw:ident = $reset:literal
                $(enum $Enum:ident { $( $(#[doc = $vdoc:literal])* $Variant:ident = $value:literal ),+ $(,)? })? ;
            )*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $Type(u32);

        impl $Type {
            $(
                $(#[doc = $fdoc])*
                pub const $FIELD: $crate::Field<$Type> = $crate::Field::new($msb, $lsb);
            )*

            /// What the map says about this register.
            pub const META: $crate::RegMeta = $crate::RegMeta {
                name: stringify!($NAME),
                type_name: stringify!($Type),
                offset: $offset,
                strobe: strobe!($($strobe)?),
                doc: concat!($($doc, "\n"),*),
                fields: &[$($crate::FieldMeta {
                    name: stringify!($FIELD),
                    msb: $msb,
                    lsb: $lsb,
                    access: access!($access),
                    hw: hw_access!($hw),
                    reset: $reset,
                    doc: concat!($($fdoc, "\n"),*),
                    values: &[$($($crate::ValueMeta {
                        name: stringify!($Variant),
                        value: $value,
                        doc: concat!($($vdoc, "\n"),*),
                    }),+)?],
                }),*],
            };

            /// Value after reset.
            pub const RESET: Self = Self(Self::META.reset());

            /// All fields zero.
            #[must_use]
            pub const fn new() -> Self {
                Self(0)
            }

            /// Register from its 32 bits.
            #[must_use]
            pub const fn from_bits(bits: u32) -> Self {
                Self(bits)
            }

            /// The 32 bits.
            #[must_use]
            pub const fn bits(self) -> u32 {
                self.0
            }

            /// Value of `field`, shifted down.
            #[must_use]
            pub const fn get(self, field: $crate::Field<Self>) -> u32 {
                field.extract(self.0)
            }

            /// True when any bit of `field` is set.
            #[must_use]
            pub const fn is_set(self, field: $crate::Field<Self>) -> bool {
                field.extract(self.0) != 0
            }

            /// This value with `field` replaced. Bits of `value` beyond the field's width are dropped; see `try_with`.
            #[must_use]
            pub const fn with(self, field: $crate::Field<Self>, value: u32) -> Self {
                Self(field.insert(self.0, value))
            }

            /// This value with the one-bit `field` set or cleared.
            #[must_use]
            pub const fn with_flag(self, field: $crate::Field<Self>, on: bool) -> Self {
                Self(field.insert(self.0, on as u32))
            }

            /// This value with `field` replaced, or `None` when `value` is larger than the field holds.
            #[must_use]
            pub const fn try_with(self, field: $crate::Field<Self>, value: u32) -> Option<Self> {
                if value <= field.max() {
                    Some(Self(field.insert(self.0, value)))
                } else {
                    None
                }
            }
        }

        impl Default for $Type {
            /// All fields zero, as `new`.
            fn default() -> Self {
                Self::new()
            }
        }

        impl $crate::Register for $Type {
            const META: &'static $crate::RegMeta = &<$Type>::META;
            const RESET: Self = <$Type>::RESET;
            fn from_bits(bits: u32) -> Self {
                Self(bits)
            }
            fn bits(self) -> u32 {
                self.0
            }
        }

        $($(
            #[doc = concat!(" Named values of [`", stringify!($Type), "::", stringify!($FIELD), "`].")]
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            #[repr(u32)]
            pub enum $Enum {
                $( $(#[doc = $vdoc])* $Variant = $value ),+
            }

            impl $Enum {
                /// Every value, in declaration order.
                pub const ALL: &'static [Self] = &[$(Self::$Variant),+];

                /// The field's value.
                #[must_use]
                pub const fn bits(self) -> u32 {
                    self as u32
                }

                /// Meaning of a field's value; `None` when the map does not name it.
                #[must_use]
                pub const fn from_bits(bits: u32) -> Option<Self> {
                    match bits {
                        $( $value => Some(Self::$Variant), )+
                        _ => None,
                    }
                }
            }
        )?)*
    };
}

/// Declares one block; the form is at the head of this file.
macro_rules! registers {
    // A block with the common head.
    (
        $(#[doc = $doc:literal])*
        block $name:literal at $instance:expr, type $type_id:literal, version $version:literal;
        interrupts { $( $(#[doc = $idoc:literal])* $bit:literal $INTR:ident; )* }
        status { $($status:tt)* }
        registers { $($registers:tt)* }
        windows { $($windows:tt)* }
    ) => {
        registers! { @body
            [ $(#[doc = $doc])* ] $name, $instance, $type_id, $version;
            registers {
                /// Identity of the block.
                0x00 => Id / ID {
                    /// Block version; rises with every change of a released register.
                    15:0 VERSION ro hw=none = $version;
                    /// Block type, unique within the map.
                    31:16 TYPE ro hw=none = $type_id;
                }
                /// Events that happened and were not cleared yet. Write one to clear; an event in the clearing clock stays set.
                0x04 => IntrState / INTR_STATE {
                    $( $(#[doc = $idoc])* $bit : $bit $INTR rw1c hw=wo = 0; )*
                }
                /// Which events of INTR_STATE raise the block's interrupt.
                0x08 => IntrEnable / INTR_ENABLE {
                    $( $(#[doc = $idoc])* $bit : $bit $INTR rw hw=none = 0; )*
                }
                /// Sets bits of INTR_STATE as if the event had happened, for tests of the interrupt path.
                0x0C => IntrTest / INTR_TEST {
                    $( $(#[doc = $idoc])* $bit : $bit $INTR wo hw=none = 0; )*
                }
                /// Present state of the block. Bits follow hardware.
                0x10 => Status / STATUS { $($status)* }
                $($registers)*
            }
            windows { $($windows)* }
        }
    };
    // Windows only, no head.
    (
        $(#[doc = $doc:literal])*
        bare $name:literal at $instance:expr;
        windows { $($windows:tt)* }
    ) => {
        registers! { @body
            [ $(#[doc = $doc])* ] $name, $instance, 0, 0;
            registers {}
            windows { $($windows)* }
        }
    };
    // Registers in a layout that others fixed, no head.
    (
        $(#[doc = $doc:literal])*
        foreign $name:literal at $instance:expr;
        registers { $($registers:tt)* }
        windows { $($windows:tt)* }
    ) => {
        registers! { @body
            [ $(#[doc = $doc])* ] $name, $instance, 0, 0;
            registers { $($registers)* }
            windows { $($windows)* }
        }
    };
    // Everything after the head is known.
    ( @body
        [ $(#[doc = $doc:literal])* ] $name:literal, $instance:expr, $type_id:literal, $version:literal;
        registers { $(
            $(#[doc = $rdoc:literal])*
            $offset:literal => $Type:ident / $NAME:ident $($strobe:ident)? { $($fields:tt)* }
        )* }
        windows { $(
            $(#[doc = $wdoc:literal])*
            $woffset:literal => $WINDOW:ident [ $count:literal x $stride:literal ] { $(
                $(#[doc = $edoc:literal])*
                $eoffset:literal => $Entry:ident / $ENAME:ident { $($efields:tt)* }
            )+ }
        )* }
    ) => {
        $(
            register! {
                $(#[doc = $rdoc])*
                $offset => $Type / $NAME $($strobe)? { $($fields)* }
            }

            impl $Type {
                /// Bytes from the start of BAR2.
                pub const OFFSET: u32 = INSTANCE.base | $offset;
            }

            impl $crate::Addressed for $Type {
                const OFFSET: u32 = <$Type>::OFFSET;
            }
        )*
        $(
            $(#[doc = $wdoc])*
            pub const $WINDOW: $crate::Window = $crate::Window::new(INSTANCE, $woffset, $count, $stride);

            $(
                register! {
                    $(#[doc = $edoc])*
                    $eoffset => $Entry / $ENAME { $($efields)* }
                }

                impl $Entry {
                    /// Bytes from the start of BAR2 to this word of entry `idx`; `None` when there is no such entry.
                    #[must_use]
                    pub const fn offset_of(idx: u32) -> Option<u32> {
                        match $WINDOW.entry_offset(idx) {
                            Some(entry) => Some(entry | $eoffset),
                            None => None,
                        }
                    }
                }

                impl $crate::Entry for $Entry {
                    const WINDOW: $crate::Window = $WINDOW;
                }
            )+
        )*

        /// Where the block lies in BAR2.
        pub const INSTANCE: $crate::Instance = $instance;

        /// Everything the map says about this block.
        pub const BLOCK: $crate::BlockMeta = $crate::BlockMeta {
            name: $name,
            instance: INSTANCE,
            type_id: $type_id,
            version: $version,
            doc: concat!($($doc, "\n"),*),
            registers: &[$($Type::META),*],
            windows: &[$($crate::WindowMeta {
                name: stringify!($WINDOW),
                offset: $woffset,
                count: $count,
                stride: $stride,
                doc: concat!($($wdoc, "\n"),*),
                words: &[$($Entry::META),+],
            }),*],
        };

        const _: () = $crate::check::block(&BLOCK);
    };
}

pub(crate) use {access, hw_access, register, registers, strobe};
