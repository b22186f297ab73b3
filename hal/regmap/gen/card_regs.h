/* Made by `cargo xtask regs` from hal/regmap/src/blocks. Do not edit. */
/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef LUMENPORT_CARD_REGS_H
#define LUMENPORT_CARD_REGS_H

/* Offsets are bytes in BAR2. A field's value is (register & MASK) >> SHIFT. */

#define LP_MAP_DIGEST 0x6DD91991u

/* The display interface of `bochs-display`. It owns the display from a write of ENABLE.ON one until a write of zero or until `crtc.COMMIT`, whichever comes first; `crtc` and `plane` own it otherwise. Palette, bank switching and big-endian pixels are not there: their writes are ignored. */
#define LP_DISPI_BLOCK_OFFSET 0x0000u
#define LP_DISPI_BLOCK_BYTES 0x1000u

/* VGA attribute controller, port 0x3C0. */
#define LP_DISPI_VGA_ATTRIBUTE 0x0400u
#define LP_DISPI_VGA_ATTRIBUTE_SHOW_SHIFT 5u /* rw: Show the picture; else black. Bit "palette address source" of the index. Effect: next frame. */
#define LP_DISPI_VGA_ATTRIBUTE_SHOW_MASK 0x00000020u
#define LP_DISPI_VGA_ATTRIBUTE_SHOW_RESET 0x1u

/* VGA input status 1, port 0x3DA, in the third byte. */
#define LP_DISPI_VGA_STATUS 0x0418u
#define LP_DISPI_VGA_STATUS_BLANK_SHIFT 16u /* ro: In vertical blanking. */
#define LP_DISPI_VGA_STATUS_BLANK_MASK 0x00010000u
#define LP_DISPI_VGA_STATUS_RETRACE_SHIFT 19u /* ro: In vertical blanking. */
#define LP_DISPI_VGA_STATUS_RETRACE_MASK 0x00080000u

/* Interface version and horizontal size. */
#define LP_DISPI_WIDTH 0x0500u
#define LP_DISPI_WIDTH_ID_SHIFT 0u /* ro: Version of the interface: 0xB0C5. */
#define LP_DISPI_WIDTH_ID_MASK 0x0000FFFFu
#define LP_DISPI_WIDTH_ID_RESET 0xB0C5u
#define LP_DISPI_WIDTH_XRES_SHIFT 16u /* rw: Visible pixels a line, 64..=1920, taken over by ENABLE. Reads give the largest while ENABLE.GETCAPS is set. */
#define LP_DISPI_WIDTH_XRES_MASK 0xFFFF0000u

/* Vertical size and pixel format. */
#define LP_DISPI_HEIGHT 0x0504u
#define LP_DISPI_HEIGHT_YRES_SHIFT 0u /* rw: Visible lines, 64..=1200, taken over by ENABLE. Reads give the largest while ENABLE.GETCAPS is set. */
#define LP_DISPI_HEIGHT_YRES_MASK 0x0000FFFFu
#define LP_DISPI_HEIGHT_BPP_SHIFT 16u /* rw: Bits a pixel: 32 (XRGB8888) or 16 (RGB565), taken over by ENABLE. Reads give 32 while ENABLE.GETCAPS is set. */
#define LP_DISPI_HEIGHT_BPP_MASK 0xFFFF0000u

/* Switches the display on or off. Any write of this word, BANK included, acts. */
#define LP_DISPI_ENABLE 0x0508u
#define LP_DISPI_ENABLE_ON_SHIFT 0u /* rw: Written one: the card shows XRES by YRES pixels. Written zero: the display is switched off, if the interface owns it. */
#define LP_DISPI_ENABLE_ON_MASK 0x00000001u
#define LP_DISPI_ENABLE_GETCAPS_SHIFT 1u /* rw: Reads of XRES, YRES and BPP give the largest. */
#define LP_DISPI_ENABLE_GETCAPS_MASK 0x00000002u
#define LP_DISPI_ENABLE_DAC8_SHIFT 5u /* rw: Stored, no effect. */
#define LP_DISPI_ENABLE_DAC8_MASK 0x00000020u
#define LP_DISPI_ENABLE_LINEAR_SHIFT 6u /* rw: Linear framebuffer; stored, no effect: it always is. */
#define LP_DISPI_ENABLE_LINEAR_MASK 0x00000040u
#define LP_DISPI_ENABLE_NOCLEAR_SHIFT 7u /* rw: Do not clear the framebuffer; stored, no effect: it never is cleared. */
#define LP_DISPI_ENABLE_NOCLEAR_MASK 0x00000080u
#define LP_DISPI_ENABLE_BANK_SHIFT 16u /* rw: Window number of banked access; stored, no effect. */
#define LP_DISPI_ENABLE_BANK_MASK 0xFFFF0000u

/* Size of the virtual screen. */
#define LP_DISPI_VIRTUAL 0x050Cu
#define LP_DISPI_VIRTUAL_WIDTH_SHIFT 0u /* rw: Pixels from line to line, if more than XRES. Effect: next frame. The line must take a multiple of 8 bytes. */
#define LP_DISPI_VIRTUAL_WIDTH_MASK 0x0000FFFFu
#define LP_DISPI_VIRTUAL_HEIGHT_SHIFT 16u /* rw: Stored, no effect. */
#define LP_DISPI_VIRTUAL_HEIGHT_MASK 0xFFFF0000u

/* First visible pixel of the virtual screen. Effect: next frame. */
#define LP_DISPI_OFFSET 0x0510u
#define LP_DISPI_OFFSET_X_SHIFT 0u /* rw: Pixels from the left; rounded down to a multiple of 8 bytes. */
#define LP_DISPI_OFFSET_X_MASK 0x0000FFFFu
#define LP_DISPI_OFFSET_Y_SHIFT 16u /* rw: Lines from the top. */
#define LP_DISPI_OFFSET_Y_MASK 0xFFFF0000u

/* Card memory. */
#define LP_DISPI_MEMORY 0x0514u
#define LP_DISPI_MEMORY_UNITS_SHIFT 0u /* ro: Units of 64 KiB. */
#define LP_DISPI_MEMORY_UNITS_MASK 0x0000FFFFu

/* Extension block. */
#define LP_DISPI_EXTENSION_SIZE 0x0600u
#define LP_DISPI_EXTENSION_SIZE_VALUE_SHIFT 0u /* ro: Bytes of the extension block, this word included. */
#define LP_DISPI_EXTENSION_SIZE_VALUE_MASK 0xFFFFFFFFu
#define LP_DISPI_EXTENSION_SIZE_VALUE_RESET 0x8u

/* Byte order of the framebuffer. */
#define LP_DISPI_ENDIAN 0x0604u
#define LP_DISPI_ENDIAN_VALUE_SHIFT 0u /* ro: Always little endian (0x1E1E1E1E): a driver that wants the other order finds that it did not get it. */
#define LP_DISPI_ENDIAN_VALUE_MASK 0xFFFFFFFFu
#define LP_DISPI_ENDIAN_VALUE_RESET 0x1E1E1E1Eu

/* EDID of the monitor, blocks of 128 bytes. After reset one built-in block that prefers 1024x768; a driver that has read the monitor's own may put it here. Write whole words only. */
#define LP_DISPI_EDID_COUNT 256u

/* Four bytes of the EDID, the first in bits 7:0. */
#define LP_DISPI_EDID(i) (0x0000u + 4u * (i))
#define LP_DISPI_EDID_VALUE_SHIFT 0u /* rw: The bytes. */
#define LP_DISPI_EDID_VALUE_MASK 0xFFFFFFFFu

/* Identity of the card. A driver reads MAGIC first (all ones: no card answers), then MAP_DIGEST, and refuses a card whose digest differs from its own. */
#define LP_ID_BLOCK_OFFSET 0x1000u
#define LP_ID_BLOCK_BYTES 0x100u

/* Identity of the block. */
#define LP_ID_ID 0x1000u
#define LP_ID_ID_VERSION_SHIFT 0u /* ro: Block version; rises with every change of a released register. */
#define LP_ID_ID_VERSION_MASK 0x0000FFFFu
#define LP_ID_ID_VERSION_RESET 0x1u
#define LP_ID_ID_TYPE_SHIFT 16u /* ro: Block type, unique within the map. */
#define LP_ID_ID_TYPE_MASK 0xFFFF0000u
#define LP_ID_ID_TYPE_RESET 0x1u

/* Events that happened and were not cleared yet. Write one to clear; an event in the clearing clock stays set. */
#define LP_ID_INTR_STATE 0x1004u

/* Which events of INTR_STATE raise the block's interrupt. */
#define LP_ID_INTR_ENABLE 0x1008u

/* Sets bits of INTR_STATE as if the event had happened, for tests of the interrupt path. */
#define LP_ID_INTR_TEST 0x100Cu

/* Present state of the block. Bits follow hardware. */
#define LP_ID_STATUS 0x1010u

/* Constant that marks the card. */
#define LP_ID_MAGIC 0x1014u
#define LP_ID_MAGIC_VALUE_SHIFT 0u /* ro: The letters "LMPT", first letter in the highest byte. */
#define LP_ID_MAGIC_VALUE_MASK 0xFFFFFFFFu
#define LP_ID_MAGIC_VALUE_RESET 0x4C4D5054u

/* Digest of the register map that the gateware was built from. */
#define LP_ID_MAP_DIGEST 0x1018u
#define LP_ID_MAP_DIGEST_VALUE_SHIFT 0u /* ro: The crate constant `MAP_DIGEST` at build time. */
#define LP_ID_MAP_DIGEST_VALUE_MASK 0xFFFFFFFFu

/* Source revision of the gateware. */
#define LP_ID_BUILD_COMMIT 0x101Cu
#define LP_ID_BUILD_COMMIT_VALUE_SHIFT 0u /* ro: First 32 bits of the commit hash; zero when unknown. */
#define LP_ID_BUILD_COMMIT_VALUE_MASK 0xFFFFFFFFu

/* How the gateware was built. */
#define LP_ID_BUILD_FLAGS 0x1020u
#define LP_ID_BUILD_FLAGS_DIRTY_SHIFT 0u /* ro: Built from a tree with changes that are in no commit. */
#define LP_ID_BUILD_FLAGS_DIRTY_MASK 0x00000001u

/* Kind of board. */
#define LP_ID_BOARD_ID 0x1024u
#define LP_ID_BOARD_ID_VALUE_SHIFT 0u /* ro: Board number; 0 is the simulated board. */
#define LP_ID_BOARD_ID_VALUE_MASK 0xFFFFFFFFu

/* What this card was built with. */
#define LP_ID_FEATURES 0x1028u
#define LP_ID_FEATURES_DMA_SHIFT 0u /* ro: DMA engine, table slots and elements are present. */
#define LP_ID_FEATURES_DMA_MASK 0x00000001u
#define LP_ID_FEATURES_CRTC_SHIFT 1u /* ro: Timing generator and plane are present. */
#define LP_ID_FEATURES_CRTC_MASK 0x00000002u
#define LP_ID_FEATURES_SEM_SHIFT 2u /* ro: Hardware semaphores are present. */
#define LP_ID_FEATURES_SEM_MASK 0x00000004u
#define LP_ID_FEATURES_TMDS_SHIFT 3u /* ro: The picture leaves as TMDS (transition-minimised differential signalling) symbols. */
#define LP_ID_FEATURES_TMDS_MASK 0x00000008u
#define LP_ID_FEATURES_RGB_SHIFT 4u /* ro: The picture leaves as parallel 24-bit RGB. */
#define LP_ID_FEATURES_RGB_MASK 0x00000010u

/* Free for software; a test of the bus that disturbs nothing. */
#define LP_ID_SCRATCH 0x102Cu
#define LP_ID_SCRATCH_VALUE_SHIFT 0u /* rw: Any value. Effect: none. */
#define LP_ID_SCRATCH_VALUE_MASK 0xFFFFFFFFu

/* Size of card memory as BAR0 shows it. */
#define LP_ID_MEMORY_BYTES 0x1030u
#define LP_ID_MEMORY_BYTES_VALUE_SHIFT 0u /* ro: Bytes, a power of two. */
#define LP_ID_MEMORY_BYTES_VALUE_MASK 0xFFFFFFFFu

/* Frequency of the clock behind HEARTBEAT and all `_CYCLES` registers. */
#define LP_ID_SYS_CLOCK_KHZ 0x1034u
#define LP_ID_SYS_CLOCK_KHZ_VALUE_SHIFT 0u /* ro: Kilohertz. */
#define LP_ID_SYS_CLOCK_KHZ_VALUE_MASK 0xFFFFFFFFu

/* Free-running counter of the system clock. */
#define LP_ID_HEARTBEAT 0x1038u
#define LP_ID_HEARTBEAT_VALUE_SHIFT 0u /* ro: Clocks since reset, wraps at 2^32. */
#define LP_ID_HEARTBEAT_VALUE_MASK 0xFFFFFFFFu

/* Collects the interrupt of every block into at most four MSIs. VECTOR_MAP gives each block a vector; the one used is that number modulo the number of vectors which software enabled in configuration space. When a vector is armed, and MSI is enabled, and PENDING & ENABLE is not zero in one of its blocks, the card sends that vector's MSI and disarms it. The interrupt routine reads PENDING, serves and clears the blocks, then writes REARM; if something is still pending the card sends again at once, so that no event is lost. All vectors are armed after reset. Without MSI the level PENDING & ENABLE drives the INTA messages, unless configuration space disables them; arming does not matter then. */
#define LP_IRQ_BLOCK_OFFSET 0x1100u
#define LP_IRQ_BLOCK_BYTES 0x100u

/* Identity of the block. */
#define LP_IRQ_ID 0x1100u
#define LP_IRQ_ID_VERSION_SHIFT 0u /* ro: Block version; rises with every change of a released register. */
#define LP_IRQ_ID_VERSION_MASK 0x0000FFFFu
#define LP_IRQ_ID_VERSION_RESET 0x2u
#define LP_IRQ_ID_TYPE_SHIFT 16u /* ro: Block type, unique within the map. */
#define LP_IRQ_ID_TYPE_MASK 0xFFFF0000u
#define LP_IRQ_ID_TYPE_RESET 0x2u

/* Events that happened and were not cleared yet. Write one to clear; an event in the clearing clock stays set. */
#define LP_IRQ_INTR_STATE 0x1104u

/* Which events of INTR_STATE raise the block's interrupt. */
#define LP_IRQ_INTR_ENABLE 0x1108u

/* Sets bits of INTR_STATE as if the event had happened, for tests of the interrupt path. */
#define LP_IRQ_INTR_TEST 0x110Cu

/* Present state of the block. Bits follow hardware. */
#define LP_IRQ_STATUS 0x1110u
#define LP_IRQ_STATUS_ARMED_SHIFT 0u /* ro: Bit v: the next pending and enabled interrupt of vector v sends a message. */
#define LP_IRQ_STATUS_ARMED_MASK 0x0000000Fu
#define LP_IRQ_STATUS_ARMED_RESET 0xFu

/* Live interrupt level of each block: INTR_STATE & INTR_ENABLE is not zero. Cleared in the block itself. */
#define LP_IRQ_PENDING 0x1114u
#define LP_IRQ_PENDING_DMA_SHIFT 0u /* ro: DMA engine. */
#define LP_IRQ_PENDING_DMA_MASK 0x00000001u
#define LP_IRQ_PENDING_CRTC_SHIFT 1u /* ro: Timing generator. */
#define LP_IRQ_PENDING_CRTC_MASK 0x00000002u
#define LP_IRQ_PENDING_PLANE_SHIFT 2u /* ro: Scanout plane and hardware pointer. */
#define LP_IRQ_PENDING_PLANE_MASK 0x00000004u
#define LP_IRQ_PENDING_SEM_SHIFT 3u /* ro: Hardware semaphores. */
#define LP_IRQ_PENDING_SEM_MASK 0x00000008u
#define LP_IRQ_PENDING_MEM_SHIFT 4u /* ro: Card memory. */
#define LP_IRQ_PENDING_MEM_MASK 0x00000010u
#define LP_IRQ_PENDING_DDC_SHIFT 5u /* ro: Display data channel. */
#define LP_IRQ_PENDING_DDC_MASK 0x00000020u
#define LP_IRQ_PENDING_PCIE_SHIFT 6u /* ro: PCI Express endpoint: an error was logged in its configuration space. */
#define LP_IRQ_PENDING_PCIE_MASK 0x00000040u

/* Which blocks may send a message. Effect: at once. */
#define LP_IRQ_ENABLE 0x1118u
#define LP_IRQ_ENABLE_DMA_SHIFT 0u /* rw: DMA engine. */
#define LP_IRQ_ENABLE_DMA_MASK 0x00000001u
#define LP_IRQ_ENABLE_CRTC_SHIFT 1u /* rw: Timing generator. */
#define LP_IRQ_ENABLE_CRTC_MASK 0x00000002u
#define LP_IRQ_ENABLE_PLANE_SHIFT 2u /* rw: Scanout plane and hardware pointer. */
#define LP_IRQ_ENABLE_PLANE_MASK 0x00000004u
#define LP_IRQ_ENABLE_SEM_SHIFT 3u /* rw: Hardware semaphores. */
#define LP_IRQ_ENABLE_SEM_MASK 0x00000008u
#define LP_IRQ_ENABLE_MEM_SHIFT 4u /* rw: Card memory. */
#define LP_IRQ_ENABLE_MEM_MASK 0x00000010u
#define LP_IRQ_ENABLE_DDC_SHIFT 5u /* rw: Display data channel. */
#define LP_IRQ_ENABLE_DDC_MASK 0x00000020u
#define LP_IRQ_ENABLE_PCIE_SHIFT 6u /* rw: PCI Express endpoint: an error was logged in its configuration space. */
#define LP_IRQ_ENABLE_PCIE_MASK 0x00000040u

/* Arms the next message of each vector. */
#define LP_IRQ_REARM 0x111Cu
#define LP_IRQ_REARM_VECTORS_SHIFT 0u /* wo: Bit v: write one to arm vector v. */
#define LP_IRQ_REARM_VECTORS_MASK 0x0000000Fu

/* Messages sent since reset. */
#define LP_IRQ_MSI_COUNT 0x1120u
#define LP_IRQ_MSI_COUNT_VALUE_SHIFT 0u /* ro: Count, wraps at 2^32. */
#define LP_IRQ_MSI_COUNT_VALUE_MASK 0xFFFFFFFFu

/* Which vector each block uses, 0..=3. Effect: at once. */
#define LP_IRQ_VECTOR_MAP 0x1124u
#define LP_IRQ_VECTOR_MAP_DMA_SHIFT 0u /* rw: DMA engine. */
#define LP_IRQ_VECTOR_MAP_DMA_MASK 0x00000003u
#define LP_IRQ_VECTOR_MAP_CRTC_SHIFT 2u /* rw: Timing generator. */
#define LP_IRQ_VECTOR_MAP_CRTC_MASK 0x0000000Cu
#define LP_IRQ_VECTOR_MAP_PLANE_SHIFT 4u /* rw: Scanout plane and hardware pointer. */
#define LP_IRQ_VECTOR_MAP_PLANE_MASK 0x00000030u
#define LP_IRQ_VECTOR_MAP_SEM_SHIFT 6u /* rw: Hardware semaphores. */
#define LP_IRQ_VECTOR_MAP_SEM_MASK 0x000000C0u
#define LP_IRQ_VECTOR_MAP_MEM_SHIFT 8u /* rw: Card memory. */
#define LP_IRQ_VECTOR_MAP_MEM_MASK 0x00000300u
#define LP_IRQ_VECTOR_MAP_DDC_SHIFT 10u /* rw: Display data channel. */
#define LP_IRQ_VECTOR_MAP_DDC_MASK 0x00000C00u
#define LP_IRQ_VECTOR_MAP_PCIE_SHIFT 12u /* rw: PCI Express endpoint. */
#define LP_IRQ_VECTOR_MAP_PCIE_MASK 0x00003000u

/* How interrupts leave the card, as configuration space says. */
#define LP_IRQ_MODE 0x1128u
#define LP_IRQ_MODE_MSI_ENABLED_SHIFT 0u /* ro: Messages (MSI) are enabled. */
#define LP_IRQ_MODE_MSI_ENABLED_MASK 0x00000001u
#define LP_IRQ_MODE_INTX_ENABLED_SHIFT 1u /* ro: INTA may be asserted: MSI is off and INTx not disabled. */
#define LP_IRQ_MODE_INTX_ENABLED_MASK 0x00000002u
#define LP_IRQ_MODE_VECTORS_SHIFT 4u /* ro: Vectors enabled, as a power of two: 0, 1 or 2 for one, two or four. */
#define LP_IRQ_MODE_VECTORS_MASK 0x00000070u

/* Hardware semaphores shared by agents: 1 host, 2 management core, 3 debug (0 is none). The hardware knows the agent from the path the access came by. Claim: write a non-zero owner number to SEM, read back; the semaphore is held when owner and agent match. Release: the holding agent writes zero. Reads have no side effects. */
#define LP_SEM_BLOCK_OFFSET 0x1200u
#define LP_SEM_BLOCK_BYTES 0x100u

/* Identity of the block. */
#define LP_SEM_ID 0x1200u
#define LP_SEM_ID_VERSION_SHIFT 0u /* ro: Block version; rises with every change of a released register. */
#define LP_SEM_ID_VERSION_MASK 0x0000FFFFu
#define LP_SEM_ID_VERSION_RESET 0x1u
#define LP_SEM_ID_TYPE_SHIFT 16u /* ro: Block type, unique within the map. */
#define LP_SEM_ID_TYPE_MASK 0xFFFF0000u
#define LP_SEM_ID_TYPE_RESET 0x3u

/* Events that happened and were not cleared yet. Write one to clear; an event in the clearing clock stays set. */
#define LP_SEM_INTR_STATE 0x1204u
#define LP_SEM_INTR_STATE_BROKEN_SHIFT 0u /* rw1c: A semaphore was broken; BREAK_LOG tells which. */
#define LP_SEM_INTR_STATE_BROKEN_MASK 0x00000001u

/* Which events of INTR_STATE raise the block's interrupt. */
#define LP_SEM_INTR_ENABLE 0x1208u
#define LP_SEM_INTR_ENABLE_BROKEN_SHIFT 0u /* rw: A semaphore was broken; BREAK_LOG tells which. */
#define LP_SEM_INTR_ENABLE_BROKEN_MASK 0x00000001u

/* Sets bits of INTR_STATE as if the event had happened, for tests of the interrupt path. */
#define LP_SEM_INTR_TEST 0x120Cu
#define LP_SEM_INTR_TEST_BROKEN_SHIFT 0u /* wo: A semaphore was broken; BREAK_LOG tells which. */
#define LP_SEM_INTR_TEST_BROKEN_MASK 0x00000001u

/* Present state of the block. Bits follow hardware. */
#define LP_SEM_STATUS 0x1210u

/* How many semaphores there are. */
#define LP_SEM_COUNT 0x1214u
#define LP_SEM_COUNT_VALUE_SHIFT 0u /* ro: Semaphores, numbered from zero. */
#define LP_SEM_COUNT_VALUE_MASK 0xFFFFFFFFu
#define LP_SEM_COUNT_VALUE_RESET 0x8u

/* Time after a claim or refresh from which a semaphore may be broken. */
#define LP_SEM_LEASE_CYCLES 0x1218u
#define LP_SEM_LEASE_CYCLES_VALUE_SHIFT 0u /* rw: System clocks. Effect: at once, for running leases too. */
#define LP_SEM_LEASE_CYCLES_VALUE_MASK 0xFFFFFFFFu
#define LP_SEM_LEASE_CYCLES_VALUE_RESET 0x3B9ACA0u

/* Frees a semaphore whose holder is gone. Ignored when the key is wrong or the lease still runs. */
#define LP_SEM_BREAK 0x121Cu
#define LP_SEM_BREAK_INDEX_SHIFT 0u /* wo: Semaphore number, 0..=7. */
#define LP_SEM_BREAK_INDEX_MASK 0x00000007u
#define LP_SEM_BREAK_KEY_SHIFT 16u /* wo: Must be `BreakKey::Break`, so that no stray write frees a lock. */
#define LP_SEM_BREAK_KEY_MASK 0xFFFF0000u
#define LP_SEM_BREAK_KEY_IS_BREAK 46314u /* The one key that works. */

/* The last broken semaphore, for the report. */
#define LP_SEM_BREAK_LOG 0x1220u
#define LP_SEM_BREAK_LOG_OWNER_SHIFT 0u /* ro: Owner number that held it. */
#define LP_SEM_BREAK_LOG_OWNER_MASK 0x0000FFFFu
#define LP_SEM_BREAK_LOG_AGENT_SHIFT 18u /* ro: Agent that held it. */
#define LP_SEM_BREAK_LOG_AGENT_MASK 0x000C0000u
#define LP_SEM_BREAK_LOG_INDEX_SHIFT 20u /* ro: Semaphore number. */
#define LP_SEM_BREAK_LOG_INDEX_MASK 0x00700000u
#define LP_SEM_BREAK_LOG_COUNT_SHIFT 24u /* ro: Semaphores broken since reset, stays at 255. */
#define LP_SEM_BREAK_LOG_COUNT_MASK 0xFF000000u

/* The semaphores. */
#define LP_SEM_SEM_COUNT 8u

/* One semaphore. Writing a non-zero OWNER claims a free one; by the holder it refreshes the lease; otherwise it counts as contention. Writing zero by the holding agent releases; a foreign release is ignored. */
#define LP_SEM_SEM(i) (0x1240u + 4u * (i))
#define LP_SEM_SEM_OWNER_SHIFT 0u /* rw: Owner number chosen by software, 0 = free. */
#define LP_SEM_SEM_OWNER_MASK 0x0000FFFFu
#define LP_SEM_SEM_AGENT_SHIFT 16u /* ro: Agent that holds it, 0 = free. */
#define LP_SEM_SEM_AGENT_MASK 0x00030000u
#define LP_SEM_SEM_AGENT_IS_NONE 0u /* Nobody. */
#define LP_SEM_SEM_AGENT_IS_HOST 1u /* The host, over PCIe. */
#define LP_SEM_SEM_AGENT_IS_MANAGEMENT 2u /* The management core on the card. */
#define LP_SEM_SEM_AGENT_IS_DEBUG 3u /* A debugger, over JTAG. */

/* Failed claims of each semaphore. */
#define LP_SEM_CONTENTION_COUNT 8u

/* Failed claims of one semaphore since reset. */
#define LP_SEM_CONTENTION(i) (0x1260u + 4u * (i))
#define LP_SEM_CONTENTION_VALUE_SHIFT 0u /* ro: Count, stays at the largest value. */
#define LP_SEM_CONTENTION_VALUE_MASK 0xFFFFFFFFu

/* Card memory, shown to the host as BAR0. */
#define LP_MEM_BLOCK_OFFSET 0x1300u
#define LP_MEM_BLOCK_BYTES 0x100u

/* Identity of the block. */
#define LP_MEM_ID 0x1300u
#define LP_MEM_ID_VERSION_SHIFT 0u /* ro: Block version; rises with every change of a released register. */
#define LP_MEM_ID_VERSION_MASK 0x0000FFFFu
#define LP_MEM_ID_VERSION_RESET 0x1u
#define LP_MEM_ID_TYPE_SHIFT 16u /* ro: Block type, unique within the map. */
#define LP_MEM_ID_TYPE_MASK 0xFFFF0000u
#define LP_MEM_ID_TYPE_RESET 0x4u

/* Events that happened and were not cleared yet. Write one to clear; an event in the clearing clock stays set. */
#define LP_MEM_INTR_STATE 0x1304u

/* Which events of INTR_STATE raise the block's interrupt. */
#define LP_MEM_INTR_ENABLE 0x1308u

/* Sets bits of INTR_STATE as if the event had happened, for tests of the interrupt path. */
#define LP_MEM_INTR_TEST 0x130Cu

/* Present state of the block. Bits follow hardware. */
#define LP_MEM_STATUS 0x1310u

/* Size of card memory. */
#define LP_MEM_SIZE_BYTES 0x1314u
#define LP_MEM_SIZE_BYTES_VALUE_SHIFT 0u /* ro: Bytes, a power of two. */
#define LP_MEM_SIZE_BYTES_VALUE_MASK 0xFFFFFFFFu

/* Extra read latency of the simulated memory; a real controller ignores it. */
#define LP_MEM_MODEL_LATENCY 0x1318u
#define LP_MEM_MODEL_LATENCY_CYCLES_SHIFT 0u /* rw: System clocks added to each read, 0..=255. Effect: next read. */
#define LP_MEM_MODEL_LATENCY_CYCLES_MASK 0x000000FFu
#define LP_MEM_MODEL_LATENCY_CYCLES_RESET 0x4u

/* DMA (direct memory access) engine. One transfer at a time: fill HANDLE to CARD_PITCH, write CONTROL.SUBMIT, wait for INTR_STATE.DONE or ERROR, read RESULT. The registers of a transfer are taken over by SUBMIT as one; writing them while BUSY prepares the next transfer. The host side is addressed as {table slot, byte offset}: the engine refuses, before anything moves, a stale generation, a missing right, a range outside the table. It never crosses a 4 KiB host boundary with one request and never exceeds the configured payload and read-request sizes. */
#define LP_DMA_BLOCK_OFFSET 0x1400u
#define LP_DMA_BLOCK_BYTES 0x100u

/* Identity of the block. */
#define LP_DMA_ID 0x1400u
#define LP_DMA_ID_VERSION_SHIFT 0u /* ro: Block version; rises with every change of a released register. */
#define LP_DMA_ID_VERSION_MASK 0x0000FFFFu
#define LP_DMA_ID_VERSION_RESET 0x2u
#define LP_DMA_ID_TYPE_SHIFT 16u /* ro: Block type, unique within the map. */
#define LP_DMA_ID_TYPE_MASK 0xFFFF0000u
#define LP_DMA_ID_TYPE_RESET 0x5u

/* Events that happened and were not cleared yet. Write one to clear; an event in the clearing clock stays set. */
#define LP_DMA_INTR_STATE 0x1404u
#define LP_DMA_INTR_STATE_DONE_SHIFT 0u /* rw1c: A transfer ended with RESULT ok; its last byte is delivered. */
#define LP_DMA_INTR_STATE_DONE_MASK 0x00000001u
#define LP_DMA_INTR_STATE_ERROR_SHIFT 1u /* rw1c: A transfer ended with any other RESULT. */
#define LP_DMA_INTR_STATE_ERROR_MASK 0x00000002u

/* Which events of INTR_STATE raise the block's interrupt. */
#define LP_DMA_INTR_ENABLE 0x1408u
#define LP_DMA_INTR_ENABLE_DONE_SHIFT 0u /* rw: A transfer ended with RESULT ok; its last byte is delivered. */
#define LP_DMA_INTR_ENABLE_DONE_MASK 0x00000001u
#define LP_DMA_INTR_ENABLE_ERROR_SHIFT 1u /* rw: A transfer ended with any other RESULT. */
#define LP_DMA_INTR_ENABLE_ERROR_MASK 0x00000002u

/* Sets bits of INTR_STATE as if the event had happened, for tests of the interrupt path. */
#define LP_DMA_INTR_TEST 0x140Cu
#define LP_DMA_INTR_TEST_DONE_SHIFT 0u /* wo: A transfer ended with RESULT ok; its last byte is delivered. */
#define LP_DMA_INTR_TEST_DONE_MASK 0x00000001u
#define LP_DMA_INTR_TEST_ERROR_SHIFT 1u /* wo: A transfer ended with any other RESULT. */
#define LP_DMA_INTR_TEST_ERROR_MASK 0x00000002u

/* Present state of the block. Bits follow hardware. */
#define LP_DMA_STATUS 0x1410u
#define LP_DMA_STATUS_BUSY_SHIFT 0u /* ro: A transfer runs. */
#define LP_DMA_STATUS_BUSY_MASK 0x00000001u
#define LP_DMA_STATUS_DRAINING_SHIFT 1u /* ro: The transfer failed or was aborted and waits for answers in flight. */
#define LP_DMA_STATUS_DRAINING_MASK 0x00000002u

/* What this engine was built with. */
#define LP_DMA_CAPS 0x1414u
#define LP_DMA_CAPS_TAGS_SHIFT 0u /* ro: Read requests in flight at most, 1..=32. */
#define LP_DMA_CAPS_TAGS_MASK 0x0000003Fu
#define LP_DMA_CAPS_SLOTS_SHIFT 6u /* ro: Table slots in block `sgl`. */
#define LP_DMA_CAPS_SLOTS_MASK 0x00003FC0u
#define LP_DMA_CAPS_ELEMENTS_SHIFT 16u /* ro: Table elements in block `elements`. */
#define LP_DMA_CAPS_ELEMENTS_MASK 0xFFFF0000u

/* The scatter-gather table to use. */
#define LP_DMA_HANDLE 0x1418u
#define LP_DMA_HANDLE_SLOT_SHIFT 0u /* rw: Slot number, 0..CAPS.SLOTS. */
#define LP_DMA_HANDLE_SLOT_MASK 0x000000FFu
#define LP_DMA_HANDLE_GENERATION_SHIFT 16u /* rw: Generation the slot must have, else RESULT is stale_handle. */
#define LP_DMA_HANDLE_GENERATION_MASK 0xFFFF0000u

/* Start within the table. */
#define LP_DMA_OFFSET 0x141Cu
#define LP_DMA_OFFSET_VALUE_SHIFT 0u /* rw: Bytes from the first byte of the table; any alignment. */
#define LP_DMA_OFFSET_VALUE_MASK 0xFFFFFFFFu

/* Length of one row. */
#define LP_DMA_LENGTH 0x1420u
#define LP_DMA_LENGTH_VALUE_SHIFT 0u /* rw: Bytes, at least 1; any alignment. */
#define LP_DMA_LENGTH_VALUE_MASK 0xFFFFFFFFu

/* Number of rows. */
#define LP_DMA_ROWS 0x1424u
#define LP_DMA_ROWS_VALUE_SHIFT 0u /* rw: Rows, 1..=65535. */
#define LP_DMA_ROWS_VALUE_MASK 0x0000FFFFu

/* Distance between rows on the host side. */
#define LP_DMA_HOST_PITCH 0x1428u
#define LP_DMA_HOST_PITCH_VALUE_SHIFT 0u /* rw: Bytes from the start of one row to the next; at least LENGTH when ROWS > 1. */
#define LP_DMA_HOST_PITCH_VALUE_MASK 0xFFFFFFFFu

/* Start in card memory. */
#define LP_DMA_CARD_ADDRESS 0x142Cu
#define LP_DMA_CARD_ADDRESS_VALUE_SHIFT 0u /* rw: Bytes from the start of card memory; any alignment. */
#define LP_DMA_CARD_ADDRESS_VALUE_MASK 0xFFFFFFFFu

/* Distance between rows on the card side. */
#define LP_DMA_CARD_PITCH 0x1430u
#define LP_DMA_CARD_PITCH_VALUE_SHIFT 0u /* rw: Bytes from the start of one row to the next. */
#define LP_DMA_CARD_PITCH_VALUE_MASK 0xFFFFFFFFu

/* Commands. One write carries SUBMIT with its DIRECTION, or ABORT. */
#define LP_DMA_CONTROL 0x1434u
#define LP_DMA_CONTROL_SUBMIT_SHIFT 0u /* wo: Starts a transfer. Ignored and counted in SUBMIT_REJECTED while BUSY. */
#define LP_DMA_CONTROL_SUBMIT_MASK 0x00000001u
#define LP_DMA_CONTROL_ABORT_SHIFT 1u /* wo: Ends the running transfer with RESULT aborted once nothing is in flight. */
#define LP_DMA_CONTROL_ABORT_MASK 0x00000002u
#define LP_DMA_CONTROL_DIRECTION_SHIFT 2u /* wo: Direction of the submitted transfer. */
#define LP_DMA_CONTROL_DIRECTION_MASK 0x00000004u
#define LP_DMA_CONTROL_DIRECTION_IS_HOST_TO_CARD 0u /* The card reads host memory and writes card memory. */
#define LP_DMA_CONTROL_DIRECTION_IS_CARD_TO_HOST 1u /* The card reads card memory and writes host memory. */

/* How the last transfer ended. Valid from DONE or ERROR to the next SUBMIT. */
#define LP_DMA_RESULT 0x1438u
#define LP_DMA_RESULT_CODE_SHIFT 0u /* ro: Result code. */
#define LP_DMA_RESULT_CODE_MASK 0x000000FFu
#define LP_DMA_RESULT_CODE_IS_NONE 0u /* No transfer ended since reset or since SUBMIT. */
#define LP_DMA_RESULT_CODE_IS_OK 1u /* Every byte was delivered. */
#define LP_DMA_RESULT_CODE_IS_STALE_HANDLE 2u /* The slot is not valid or has another generation. */
#define LP_DMA_RESULT_CODE_IS_NO_RIGHT 3u /* The table does not grant this direction. */
#define LP_DMA_RESULT_CODE_IS_RANGE 4u /* The rows reach beyond the table or beyond card memory. */
#define LP_DMA_RESULT_CODE_IS_PARAMETER 5u /* LENGTH or ROWS is zero, or HOST_PITCH is less than LENGTH. */
#define LP_DMA_RESULT_CODE_IS_UNSUPPORTED_REQUEST 6u /* The host answered Unsupported Request. */
#define LP_DMA_RESULT_CODE_IS_COMPLETER_ABORT 7u /* The host answered Completer Abort. */
#define LP_DMA_RESULT_CODE_IS_TIMEOUT 8u /* A read was not answered in full within TIMEOUT_CYCLES, or nothing moved for that time. */
#define LP_DMA_RESULT_CODE_IS_ABORTED 9u /* CONTROL.ABORT. */
#define LP_DMA_RESULT_CODE_IS_POISONED 10u /* The host sent data marked as poisoned. */
#define LP_DMA_RESULT_CODE_IS_BUS_MASTER_OFF 11u /* Bus mastering is off in configuration space. */
#define LP_DMA_RESULT_CODE_IS_BAD_COMPLETION 12u /* A completion did not match its request. */
#define LP_DMA_RESULT_CODE_IS_SLOT_RELEASED 13u /* The slot was released while the transfer ran. */
#define LP_DMA_RESULT_CODE_IS_NO_TAG 14u /* Host to card only: every tag within TAG_LIMIT is in QUARANTINE, or TAG_LIMIT is zero. Nothing moved. */

/* Transfers ended since reset, good or bad. */
#define LP_DMA_COMPLETED 0x143Cu
#define LP_DMA_COMPLETED_VALUE_SHIFT 0u /* ro: Count, wraps at 2^32. */
#define LP_DMA_COMPLETED_VALUE_MASK 0xFFFFFFFFu

/* Progress of the running or last transfer. */
#define LP_DMA_BYTES_DONE 0x1440u
#define LP_DMA_BYTES_DONE_VALUE_SHIFT 0u /* ro: Bytes delivered. */
#define LP_DMA_BYTES_DONE_VALUE_MASK 0xFFFFFFFFu

/* Bus address of the request that failed, low half. Valid together with FAULT_ADDRESS_HI after ERROR. */
#define LP_DMA_FAULT_ADDRESS_LO 0x1444u
#define LP_DMA_FAULT_ADDRESS_LO_VALUE_SHIFT 0u /* ro: Bits 31:0. */
#define LP_DMA_FAULT_ADDRESS_LO_VALUE_MASK 0xFFFFFFFFu

/* Bus address of the request that failed, high half. */
#define LP_DMA_FAULT_ADDRESS_HI 0x1448u
#define LP_DMA_FAULT_ADDRESS_HI_VALUE_SHIFT 0u /* ro: Bits 63:32. */
#define LP_DMA_FAULT_ADDRESS_HI_VALUE_MASK 0xFFFFFFFFu

/* Completion timeout: time from the last word of a read request to its last completion. A request that takes longer fails its transfer and its tag goes into QUARANTINE. Also the longest time without any progress while no read waits for an answer: a link that takes no request. */
#define LP_DMA_TIMEOUT_CYCLES 0x144Cu
#define LP_DMA_TIMEOUT_CYCLES_VALUE_SHIFT 0u /* rw: System clocks; noticed at most 66 clocks late. Effect: at once. */
#define LP_DMA_TIMEOUT_CYCLES_VALUE_MASK 0xFFFFFFFFu
#define LP_DMA_TIMEOUT_CYCLES_VALUE_RESET 0x98968u

/* Requests sent since reset, reads and writes. */
#define LP_DMA_REQUESTS 0x1450u
#define LP_DMA_REQUESTS_VALUE_SHIFT 0u /* ro: Count, wraps at 2^32. */
#define LP_DMA_REQUESTS_VALUE_MASK 0xFFFFFFFFu

/* Completions for a running transfer since reset, good or bad. */
#define LP_DMA_COMPLETIONS 0x1454u
#define LP_DMA_COMPLETIONS_VALUE_SHIFT 0u /* ro: Count, wraps at 2^32. */
#define LP_DMA_COMPLETIONS_VALUE_MASK 0xFFFFFFFFu

/* Completions dropped since reset because no request of ours is outstanding with their requester id and tag. */
#define LP_DMA_UNEXPECTED 0x1458u
#define LP_DMA_UNEXPECTED_VALUE_SHIFT 0u /* ro: Count, wraps at 2^32. */
#define LP_DMA_UNEXPECTED_VALUE_MASK 0xFFFFFFFFu

/* Submits ignored since reset because a transfer ran. */
#define LP_DMA_SUBMIT_REJECTED 0x145Cu
#define LP_DMA_SUBMIT_REJECTED_VALUE_SHIFT 0u /* ro: Count, wraps at 2^32. */
#define LP_DMA_SUBMIT_REJECTED_VALUE_MASK 0xFFFFFFFFu

/* Completions dropped since reset because their request was given up: its transfer had failed or was aborted, or its tag is in QUARANTINE. */
#define LP_DMA_LATE 0x1460u
#define LP_DMA_LATE_VALUE_SHIFT 0u /* ro: Count, wraps at 2^32. */
#define LP_DMA_LATE_VALUE_MASK 0xFFFFFFFFu

/* Read requests since reset that were not answered within TIMEOUT_CYCLES. */
#define LP_DMA_TIMEOUTS 0x1464u
#define LP_DMA_TIMEOUTS_VALUE_SHIFT 0u /* ro: Count, wraps at 2^32. */
#define LP_DMA_TIMEOUTS_VALUE_MASK 0xFFFFFFFFu

/* Tags that wait for late completions. A tag leaves when its request has been answered in full or with an error status, or after QUARANTINE_CYCLES. Transfers run with the remaining tags meanwhile. */
#define LP_DMA_QUARANTINE 0x1468u
#define LP_DMA_QUARANTINE_TAGS_SHIFT 0u /* ro: One bit a tag, tag 0 in bit 0. */
#define LP_DMA_QUARANTINE_TAGS_MASK 0xFFFFFFFFu

/* Longest time of a tag in QUARANTINE. An answer that is later still could be taken for that of a new request, if it fits; so make it longer than the host can hold an answer back. */
#define LP_DMA_QUARANTINE_CYCLES 0x146Cu
#define LP_DMA_QUARANTINE_CYCLES_VALUE_SHIFT 0u /* rw: System clocks, counted from the timeout; noticed at most 66 clocks late. Effect: at once. */
#define LP_DMA_QUARANTINE_CYCLES_VALUE_MASK 0xFFFFFFFFu
#define LP_DMA_QUARANTINE_CYCLES_VALUE_RESET 0x3B9ACA0u

/* Tags that read requests use. */
#define LP_DMA_TAG_LIMIT 0x1470u
#define LP_DMA_TAG_LIMIT_VALUE_SHIFT 0u /* rw: Tags 0..VALUE are used; more than CAPS.TAGS means all. Taken over by SUBMIT. */
#define LP_DMA_TAG_LIMIT_VALUE_MASK 0x0000003Fu
#define LP_DMA_TAG_LIMIT_VALUE_RESET 0x20u

/* I2C master towards the monitor, one byte a command, and the hot-plug input. A command is any of start condition, one byte, stop condition, in this order; between commands without a stop the card holds the clock line low. Each command ends in bounded time, with INTR_STATE.DONE and, when something went wrong, with a second bit that stays until it is cleared. After ARBITRATION_LOST and TIMEOUT both lines are released. */
#define LP_DDC_BLOCK_OFFSET 0x1500u
#define LP_DDC_BLOCK_BYTES 0x100u

/* Identity of the block. */
#define LP_DDC_ID 0x1500u
#define LP_DDC_ID_VERSION_SHIFT 0u /* ro: Block version; rises with every change of a released register. */
#define LP_DDC_ID_VERSION_MASK 0x0000FFFFu
#define LP_DDC_ID_VERSION_RESET 0x1u
#define LP_DDC_ID_TYPE_SHIFT 16u /* ro: Block type, unique within the map. */
#define LP_DDC_ID_TYPE_MASK 0xFFFF0000u
#define LP_DDC_ID_TYPE_RESET 0x8u

/* Events that happened and were not cleared yet. Write one to clear; an event in the clearing clock stays set. */
#define LP_DDC_INTR_STATE 0x1504u
#define LP_DDC_INTR_STATE_DONE_SHIFT 0u /* rw1c: A command ended, well or badly. */
#define LP_DDC_INTR_STATE_DONE_MASK 0x00000001u
#define LP_DDC_INTR_STATE_HOTPLUG_SHIFT 1u /* rw1c: The debounced hot-plug level changed; STATUS.HOTPLUG tells to what. */
#define LP_DDC_INTR_STATE_HOTPLUG_MASK 0x00000002u
#define LP_DDC_INTR_STATE_NACK_SHIFT 2u /* rw1c: A written byte was not acknowledged; a stop asked for in the same command was still sent. */
#define LP_DDC_INTR_STATE_NACK_MASK 0x00000004u
#define LP_DDC_INTR_STATE_ARBITRATION_LOST_SHIFT 3u /* rw1c: The data line was low where this master had released it: another master, or a target that holds it. */
#define LP_DDC_INTR_STATE_ARBITRATION_LOST_MASK 0x00000008u
#define LP_DDC_INTR_STATE_TIMEOUT_SHIFT 4u /* rw1c: The clock line was held low for longer than STRETCH_LIMIT in one command. */
#define LP_DDC_INTR_STATE_TIMEOUT_MASK 0x00000010u
#define LP_DDC_INTR_STATE_REJECTED_SHIFT 5u /* rw1c: A command was written while another ran, or a byte or stop without a start before it. Nothing happened. */
#define LP_DDC_INTR_STATE_REJECTED_MASK 0x00000020u

/* Which events of INTR_STATE raise the block's interrupt. */
#define LP_DDC_INTR_ENABLE 0x1508u
#define LP_DDC_INTR_ENABLE_DONE_SHIFT 0u /* rw: A command ended, well or badly. */
#define LP_DDC_INTR_ENABLE_DONE_MASK 0x00000001u
#define LP_DDC_INTR_ENABLE_HOTPLUG_SHIFT 1u /* rw: The debounced hot-plug level changed; STATUS.HOTPLUG tells to what. */
#define LP_DDC_INTR_ENABLE_HOTPLUG_MASK 0x00000002u
#define LP_DDC_INTR_ENABLE_NACK_SHIFT 2u /* rw: A written byte was not acknowledged; a stop asked for in the same command was still sent. */
#define LP_DDC_INTR_ENABLE_NACK_MASK 0x00000004u
#define LP_DDC_INTR_ENABLE_ARBITRATION_LOST_SHIFT 3u /* rw: The data line was low where this master had released it: another master, or a target that holds it. */
#define LP_DDC_INTR_ENABLE_ARBITRATION_LOST_MASK 0x00000008u
#define LP_DDC_INTR_ENABLE_TIMEOUT_SHIFT 4u /* rw: The clock line was held low for longer than STRETCH_LIMIT in one command. */
#define LP_DDC_INTR_ENABLE_TIMEOUT_MASK 0x00000010u
#define LP_DDC_INTR_ENABLE_REJECTED_SHIFT 5u /* rw: A command was written while another ran, or a byte or stop without a start before it. Nothing happened. */
#define LP_DDC_INTR_ENABLE_REJECTED_MASK 0x00000020u

/* Sets bits of INTR_STATE as if the event had happened, for tests of the interrupt path. */
#define LP_DDC_INTR_TEST 0x150Cu
#define LP_DDC_INTR_TEST_DONE_SHIFT 0u /* wo: A command ended, well or badly. */
#define LP_DDC_INTR_TEST_DONE_MASK 0x00000001u
#define LP_DDC_INTR_TEST_HOTPLUG_SHIFT 1u /* wo: The debounced hot-plug level changed; STATUS.HOTPLUG tells to what. */
#define LP_DDC_INTR_TEST_HOTPLUG_MASK 0x00000002u
#define LP_DDC_INTR_TEST_NACK_SHIFT 2u /* wo: A written byte was not acknowledged; a stop asked for in the same command was still sent. */
#define LP_DDC_INTR_TEST_NACK_MASK 0x00000004u
#define LP_DDC_INTR_TEST_ARBITRATION_LOST_SHIFT 3u /* wo: The data line was low where this master had released it: another master, or a target that holds it. */
#define LP_DDC_INTR_TEST_ARBITRATION_LOST_MASK 0x00000008u
#define LP_DDC_INTR_TEST_TIMEOUT_SHIFT 4u /* wo: The clock line was held low for longer than STRETCH_LIMIT in one command. */
#define LP_DDC_INTR_TEST_TIMEOUT_MASK 0x00000010u
#define LP_DDC_INTR_TEST_REJECTED_SHIFT 5u /* wo: A command was written while another ran, or a byte or stop without a start before it. Nothing happened. */
#define LP_DDC_INTR_TEST_REJECTED_MASK 0x00000020u

/* Present state of the block. Bits follow hardware. */
#define LP_DDC_STATUS 0x1510u
#define LP_DDC_STATUS_BUSY_SHIFT 0u /* ro: A command runs. */
#define LP_DDC_STATUS_BUSY_MASK 0x00000001u
#define LP_DDC_STATUS_ACTIVE_SHIFT 1u /* ro: A start was sent and no stop since: the card holds the bus. */
#define LP_DDC_STATUS_ACTIVE_MASK 0x00000002u
#define LP_DDC_STATUS_HOTPLUG_SHIFT 2u /* ro: A monitor is there, debounced. Right after reset the level is taken as it is. */
#define LP_DDC_STATUS_HOTPLUG_MASK 0x00000004u
#define LP_DDC_STATUS_HOTPLUG_RAW_SHIFT 3u /* ro: The hot-plug input as it is now. */
#define LP_DDC_STATUS_HOTPLUG_RAW_MASK 0x00000008u

/* Starts a command; writing no flag does nothing. */
#define LP_DDC_COMMAND 0x1514u
#define LP_DDC_COMMAND_DATA_SHIFT 0u /* wo: Byte to write. */
#define LP_DDC_COMMAND_DATA_MASK 0x000000FFu
#define LP_DDC_COMMAND_START_SHIFT 8u /* wo: Send a start condition first, a repeated one when the bus is held. */
#define LP_DDC_COMMAND_START_MASK 0x00000100u
#define LP_DDC_COMMAND_WRITE_SHIFT 9u /* wo: Write DATA and take the acknowledge bit. Wins over READ. */
#define LP_DDC_COMMAND_WRITE_MASK 0x00000200u
#define LP_DDC_COMMAND_READ_SHIFT 10u /* wo: Read a byte to RESULT and answer with an acknowledge bit. */
#define LP_DDC_COMMAND_READ_MASK 0x00000400u
#define LP_DDC_COMMAND_LAST_SHIFT 11u /* wo: Answer a read byte with "not acknowledged": it was the last one. */
#define LP_DDC_COMMAND_LAST_MASK 0x00000800u
#define LP_DDC_COMMAND_STOP_SHIFT 12u /* wo: Send a stop condition at the end. */
#define LP_DDC_COMMAND_STOP_MASK 0x00001000u
#define LP_DDC_COMMAND_RECOVER_SHIFT 13u /* wo: Free a bus whose data line a target holds: up to nine clocks until it lets go, then a stop. Other flags are ignored. ARBITRATION_LOST when the line is still low after that. */
#define LP_DDC_COMMAND_RECOVER_MASK 0x00002000u

/* What the last command brought. Valid when STATUS.BUSY is zero. */
#define LP_DDC_RESULT 0x1518u
#define LP_DDC_RESULT_DATA_SHIFT 0u /* ro: Byte read. */
#define LP_DDC_RESULT_DATA_MASK 0x000000FFu
#define LP_DDC_RESULT_ACK_SHIFT 8u /* ro: The last written byte was acknowledged. */
#define LP_DDC_RESULT_ACK_MASK 0x00000100u

/* Speed: a bit takes four quarters and seven clocks. */
#define LP_DDC_QUARTER 0x151Cu
#define LP_DDC_QUARTER_VALUE_SHIFT 0u /* rw: System clocks in a quarter bit, at least 4 (less counts as 4). Reset: 100 kHz from 62.5 MHz. Effect: from the next quarter on. */
#define LP_DDC_QUARTER_VALUE_MASK 0x0000FFFFu
#define LP_DDC_QUARTER_VALUE_RESET 0x9Bu

/* How long targets may hold the clock line low in one command. */
#define LP_DDC_STRETCH_LIMIT 0x1520u
#define LP_DDC_STRETCH_LIMIT_VALUE_SHIFT 0u /* rw: System clocks. Reset: 25 ms at 62.5 MHz. */
#define LP_DDC_STRETCH_LIMIT_VALUE_MASK 0xFFFFFFFFu
#define LP_DDC_STRETCH_LIMIT_VALUE_RESET 0x17D784u

/* How long the hot-plug input must be steady to count. */
#define LP_DDC_DEBOUNCE 0x1524u
#define LP_DDC_DEBOUNCE_VALUE_SHIFT 0u /* rw: System clocks. Reset: 10 ms at 62.5 MHz. */
#define LP_DDC_DEBOUNCE_VALUE_MASK 0xFFFFFFFFu
#define LP_DDC_DEBOUNCE_VALUE_RESET 0x98968u

/* The two lines, for software that makes the waveform itself. Leave both pulls zero for commands. */
#define LP_DDC_LINES 0x1528u
#define LP_DDC_LINES_SCL_LOW_SHIFT 0u /* rw: Pull the clock line low. */
#define LP_DDC_LINES_SCL_LOW_MASK 0x00000001u
#define LP_DDC_LINES_SDA_LOW_SHIFT 1u /* rw: Pull the data line low. */
#define LP_DDC_LINES_SDA_LOW_MASK 0x00000002u
#define LP_DDC_LINES_SCL_SHIFT 8u /* ro: Level of the clock line. */
#define LP_DDC_LINES_SCL_MASK 0x00000100u
#define LP_DDC_LINES_SDA_SHIFT 9u /* ro: Level of the data line. */
#define LP_DDC_LINES_SDA_MASK 0x00000200u

/* Slots of locked host memory. A slot names a run of elements in block `elements`, its length in bytes, and rights. Lock: fill the elements, TABLE, TOTAL, then CONTROL with VALID, the rights and a generation that differs from the slot's last one. Unlock: clear VALID, wait until BUSY is clear; a running transfer of this slot fails with slot_released at its next request. Write whole words only. */
#define LP_SGL_BLOCK_OFFSET 0x1800u
#define LP_SGL_BLOCK_BYTES 0x200u

/* The slots. */
#define LP_SGL_SLOT_COUNT 32u

/* The slot's elements. Write while VALID is clear. */
#define LP_SGL_SLOT_TABLE(i) (0x1800u + 16u * (i))
#define LP_SGL_SLOT_TABLE_FIRST_SHIFT 0u /* rw: First element. */
#define LP_SGL_SLOT_TABLE_FIRST_MASK 0x0000FFFFu
#define LP_SGL_SLOT_TABLE_COUNT_SHIFT 16u /* rw: Number of elements, at least 1. */
#define LP_SGL_SLOT_TABLE_COUNT_MASK 0xFFFF0000u

/* Length of the table. Write while VALID is clear. */
#define LP_SGL_SLOT_TOTAL(i) (0x1804u + 16u * (i))
#define LP_SGL_SLOT_TOTAL_VALUE_SHIFT 0u /* rw: Bytes, the sum of the elements' lengths. */
#define LP_SGL_SLOT_TOTAL_VALUE_MASK 0xFFFFFFFFu

/* Validity, rights and generation, as one. */
#define LP_SGL_SLOT_CONTROL(i) (0x1808u + 16u * (i))
#define LP_SGL_SLOT_CONTROL_VALID_SHIFT 0u /* rw: The slot may be used. Clearing it releases. */
#define LP_SGL_SLOT_CONTROL_VALID_MASK 0x00000001u
#define LP_SGL_SLOT_CONTROL_CARD_READ_SHIFT 1u /* rw: The card may read this host memory. */
#define LP_SGL_SLOT_CONTROL_CARD_READ_MASK 0x00000002u
#define LP_SGL_SLOT_CONTROL_CARD_WRITE_SHIFT 2u /* rw: The card may write this host memory. */
#define LP_SGL_SLOT_CONTROL_CARD_WRITE_MASK 0x00000004u
#define LP_SGL_SLOT_CONTROL_GENERATION_SHIFT 16u /* rw: Number that a transfer's handle must repeat. */
#define LP_SGL_SLOT_CONTROL_GENERATION_MASK 0xFFFF0000u

/* Use of the slot. */
#define LP_SGL_SLOT_STATE(i) (0x180Cu + 16u * (i))
#define LP_SGL_SLOT_STATE_BUSY_SHIFT 0u /* ro: Requests of a transfer through this slot may still be in flight. */
#define LP_SGL_SLOT_STATE_BUSY_MASK 0x00000001u

/* Timing generator. Counts pixels and lines from the first active one, which is 0; sync START and END are counts from there, END exclusive. Vertical sync changes at the horizontal count H_SYNC.START. CONTROL, H_SIZE, H_SYNC, V_SIZE, V_SYNC and POLARITY are prepared by writes and taken over as one by COMMIT, at the next frame start, or at once while the generator is off. */
#define LP_CRTC_BLOCK_OFFSET 0x2000u
#define LP_CRTC_BLOCK_BYTES 0x100u

/* Identity of the block. */
#define LP_CRTC_ID 0x2000u
#define LP_CRTC_ID_VERSION_SHIFT 0u /* ro: Block version; rises with every change of a released register. */
#define LP_CRTC_ID_VERSION_MASK 0x0000FFFFu
#define LP_CRTC_ID_VERSION_RESET 0x1u
#define LP_CRTC_ID_TYPE_SHIFT 16u /* ro: Block type, unique within the map. */
#define LP_CRTC_ID_TYPE_MASK 0xFFFF0000u
#define LP_CRTC_ID_TYPE_RESET 0x6u

/* Events that happened and were not cleared yet. Write one to clear; an event in the clearing clock stays set. */
#define LP_CRTC_INTR_STATE 0x2004u
#define LP_CRTC_INTR_STATE_VBLANK_SHIFT 0u /* rw1c: Vertical blanking began. */
#define LP_CRTC_INTR_STATE_VBLANK_MASK 0x00000001u
#define LP_CRTC_INTR_STATE_UNDERRUN_SHIFT 1u /* rw1c: Scanout had no pixel when one was due; at most once a frame. */
#define LP_CRTC_INTR_STATE_UNDERRUN_MASK 0x00000002u

/* Which events of INTR_STATE raise the block's interrupt. */
#define LP_CRTC_INTR_ENABLE 0x2008u
#define LP_CRTC_INTR_ENABLE_VBLANK_SHIFT 0u /* rw: Vertical blanking began. */
#define LP_CRTC_INTR_ENABLE_VBLANK_MASK 0x00000001u
#define LP_CRTC_INTR_ENABLE_UNDERRUN_SHIFT 1u /* rw: Scanout had no pixel when one was due; at most once a frame. */
#define LP_CRTC_INTR_ENABLE_UNDERRUN_MASK 0x00000002u

/* Sets bits of INTR_STATE as if the event had happened, for tests of the interrupt path. */
#define LP_CRTC_INTR_TEST 0x200Cu
#define LP_CRTC_INTR_TEST_VBLANK_SHIFT 0u /* wo: Vertical blanking began. */
#define LP_CRTC_INTR_TEST_VBLANK_MASK 0x00000001u
#define LP_CRTC_INTR_TEST_UNDERRUN_SHIFT 1u /* wo: Scanout had no pixel when one was due; at most once a frame. */
#define LP_CRTC_INTR_TEST_UNDERRUN_MASK 0x00000002u

/* Present state of the block. Bits follow hardware. */
#define LP_CRTC_STATUS 0x2010u
#define LP_CRTC_STATUS_ENABLED_SHIFT 0u /* ro: The generator runs. */
#define LP_CRTC_STATUS_ENABLED_MASK 0x00000001u
#define LP_CRTC_STATUS_VBLANK_SHIFT 1u /* ro: The raster is in vertical blanking. */
#define LP_CRTC_STATUS_VBLANK_MASK 0x00000002u
#define LP_CRTC_STATUS_COMMIT_PENDING_SHIFT 2u /* ro: A COMMIT waits for the next frame start. */
#define LP_CRTC_STATUS_COMMIT_PENDING_MASK 0x00000004u

/* What the generator does. Effect: COMMIT. */
#define LP_CRTC_CONTROL 0x2014u
#define LP_CRTC_CONTROL_ENABLE_SHIFT 0u /* rw: Run. */
#define LP_CRTC_CONTROL_ENABLE_MASK 0x00000001u
#define LP_CRTC_CONTROL_TEST_PATTERN_SHIFT 1u /* rw: Show the built-in test pattern instead of the plane. */
#define LP_CRTC_CONTROL_TEST_PATTERN_MASK 0x00000002u

/* Horizontal size. Effect: COMMIT. */
#define LP_CRTC_H_SIZE 0x2018u
#define LP_CRTC_H_SIZE_ACTIVE_SHIFT 0u /* rw: Active pixels of a line. */
#define LP_CRTC_H_SIZE_ACTIVE_MASK 0x00001FFFu
#define LP_CRTC_H_SIZE_TOTAL_SHIFT 16u /* rw: Pixels of a line, blanking included. */
#define LP_CRTC_H_SIZE_TOTAL_MASK 0x1FFF0000u

/* Horizontal sync pulse. Effect: COMMIT. */
#define LP_CRTC_H_SYNC 0x201Cu
#define LP_CRTC_H_SYNC_START_SHIFT 0u /* rw: First pixel of the pulse, counted from the first active one. */
#define LP_CRTC_H_SYNC_START_MASK 0x00001FFFu
#define LP_CRTC_H_SYNC_END_SHIFT 16u /* rw: First pixel after the pulse. */
#define LP_CRTC_H_SYNC_END_MASK 0x1FFF0000u

/* Vertical size. Effect: COMMIT. */
#define LP_CRTC_V_SIZE 0x2020u
#define LP_CRTC_V_SIZE_ACTIVE_SHIFT 0u /* rw: Active lines of a frame. */
#define LP_CRTC_V_SIZE_ACTIVE_MASK 0x00001FFFu
#define LP_CRTC_V_SIZE_TOTAL_SHIFT 16u /* rw: Lines of a frame, blanking included. */
#define LP_CRTC_V_SIZE_TOTAL_MASK 0x1FFF0000u

/* Vertical sync pulse. Effect: COMMIT. */
#define LP_CRTC_V_SYNC 0x2024u
#define LP_CRTC_V_SYNC_START_SHIFT 0u /* rw: First line of the pulse, counted from the first active one. */
#define LP_CRTC_V_SYNC_START_MASK 0x00001FFFu
#define LP_CRTC_V_SYNC_END_SHIFT 16u /* rw: First line after the pulse. */
#define LP_CRTC_V_SYNC_END_MASK 0x1FFF0000u

/* Sync polarities. Effect: COMMIT. */
#define LP_CRTC_POLARITY 0x2028u
#define LP_CRTC_POLARITY_HSYNC_SHIFT 0u /* rw: Horizontal sync is high during its pulse; else low. */
#define LP_CRTC_POLARITY_HSYNC_MASK 0x00000001u
#define LP_CRTC_POLARITY_VSYNC_SHIFT 1u /* rw: Vertical sync is high during its pulse; else low. */
#define LP_CRTC_POLARITY_VSYNC_MASK 0x00000002u

/* Takes the prepared registers over. */
#define LP_CRTC_COMMIT 0x202Cu
#define LP_CRTC_COMMIT_COMMIT_SHIFT 0u /* wo: Write one. STATUS.COMMIT_PENDING falls when the new mode runs. */
#define LP_CRTC_COMMIT_COMMIT_MASK 0x00000001u

/* Pixel clock of the board. Change it while the generator is off. Effect: at once. */
#define LP_CRTC_CLOCK_SELECT 0x2030u
#define LP_CRTC_CLOCK_SELECT_INDEX_SHIFT 0u /* rw: Clock number, 0..CLOCK_COUNT; its frequency is CLOCK_KHZ of the same number. */
#define LP_CRTC_CLOCK_SELECT_INDEX_MASK 0x00000007u

/* Frames started since reset. */
#define LP_CRTC_FRAME_COUNT 0x2034u
#define LP_CRTC_FRAME_COUNT_VALUE_SHIFT 0u /* ro: Count, wraps at 2^32. */
#define LP_CRTC_FRAME_COUNT_VALUE_MASK 0xFFFFFFFFu

/* Frames with an underrun since reset. */
#define LP_CRTC_UNDERRUN_COUNT 0x2038u
#define LP_CRTC_UNDERRUN_COUNT_VALUE_SHIFT 0u /* ro: Count, wraps at 2^32. */
#define LP_CRTC_UNDERRUN_COUNT_VALUE_MASK 0xFFFFFFFFu

/* Pixel clocks that the board can make. */
#define LP_CRTC_CLOCK_COUNT 0x203Cu
#define LP_CRTC_CLOCK_COUNT_VALUE_SHIFT 0u /* ro: Clocks, 1..=8. */
#define LP_CRTC_CLOCK_COUNT_VALUE_MASK 0xFFFFFFFFu

/* Frequencies of the board's pixel clocks. */
#define LP_CRTC_CLOCK_KHZ_COUNT 8u

/* Frequency of one pixel clock. */
#define LP_CRTC_CLOCK_KHZ(i) (0x2040u + 4u * (i))
#define LP_CRTC_CLOCK_KHZ_VALUE_SHIFT 0u /* ro: Kilohertz; zero for a clock that does not exist. */
#define LP_CRTC_CLOCK_KHZ_VALUE_MASK 0xFFFFFFFFu

/* The scanout plane. CONTROL, BASE and PITCH are prepared by writes and taken over as one by COMMIT at the next start of vertical blanking. */
#define LP_PLANE_BLOCK_OFFSET 0x2100u
#define LP_PLANE_BLOCK_BYTES 0x100u

/* Identity of the block. */
#define LP_PLANE_ID 0x2100u
#define LP_PLANE_ID_VERSION_SHIFT 0u /* ro: Block version; rises with every change of a released register. */
#define LP_PLANE_ID_VERSION_MASK 0x0000FFFFu
#define LP_PLANE_ID_VERSION_RESET 0x1u
#define LP_PLANE_ID_TYPE_SHIFT 16u /* ro: Block type, unique within the map. */
#define LP_PLANE_ID_TYPE_MASK 0xFFFF0000u
#define LP_PLANE_ID_TYPE_RESET 0x7u

/* Events that happened and were not cleared yet. Write one to clear; an event in the clearing clock stays set. */
#define LP_PLANE_INTR_STATE 0x2104u
#define LP_PLANE_INTR_STATE_FLIP_DONE_SHIFT 0u /* rw1c: A COMMIT took effect: the former framebuffer is no longer read. */
#define LP_PLANE_INTR_STATE_FLIP_DONE_MASK 0x00000001u

/* Which events of INTR_STATE raise the block's interrupt. */
#define LP_PLANE_INTR_ENABLE 0x2108u
#define LP_PLANE_INTR_ENABLE_FLIP_DONE_SHIFT 0u /* rw: A COMMIT took effect: the former framebuffer is no longer read. */
#define LP_PLANE_INTR_ENABLE_FLIP_DONE_MASK 0x00000001u

/* Sets bits of INTR_STATE as if the event had happened, for tests of the interrupt path. */
#define LP_PLANE_INTR_TEST 0x210Cu
#define LP_PLANE_INTR_TEST_FLIP_DONE_SHIFT 0u /* wo: A COMMIT took effect: the former framebuffer is no longer read. */
#define LP_PLANE_INTR_TEST_FLIP_DONE_MASK 0x00000001u

/* Present state of the block. Bits follow hardware. */
#define LP_PLANE_STATUS 0x2110u
#define LP_PLANE_STATUS_FLIP_PENDING_SHIFT 0u /* ro: A COMMIT waits for vertical blanking. */
#define LP_PLANE_STATUS_FLIP_PENDING_MASK 0x00000001u

/* What the plane shows. Effect: COMMIT. */
#define LP_PLANE_CONTROL 0x2114u
#define LP_PLANE_CONTROL_ENABLE_SHIFT 0u /* rw: Read and show the framebuffer; else black. */
#define LP_PLANE_CONTROL_ENABLE_MASK 0x00000001u
#define LP_PLANE_CONTROL_FORMAT_SHIFT 1u /* rw: How a pixel is stored. */
#define LP_PLANE_CONTROL_FORMAT_MASK 0x00000006u
#define LP_PLANE_CONTROL_FORMAT_IS_XRGB8888 0u /* Four bytes: blue, green, red, unused. */
#define LP_PLANE_CONTROL_FORMAT_IS_RGB565 1u /* Two bytes, little endian: red 15:11, green 10:5, blue 4:0. */
#define LP_PLANE_CONTROL_FORMAT_IS_C8 2u /* One byte: index into the palette. */

/* First pixel of the framebuffer. Effect: COMMIT. */
#define LP_PLANE_BASE 0x2118u
#define LP_PLANE_BASE_VALUE_SHIFT 0u /* rw: Bytes from the start of card memory, a multiple of 64. */
#define LP_PLANE_BASE_VALUE_MASK 0xFFFFFFFFu

/* Distance between lines. Effect: COMMIT. */
#define LP_PLANE_PITCH 0x211Cu
#define LP_PLANE_PITCH_VALUE_SHIFT 0u /* rw: Bytes from one line to the next, a multiple of 8. */
#define LP_PLANE_PITCH_VALUE_MASK 0xFFFFFFFFu

/* Takes the prepared registers over. */
#define LP_PLANE_COMMIT 0x2120u
#define LP_PLANE_COMMIT_COMMIT_SHIFT 0u /* wo: Write one. STATUS.FLIP_PENDING falls when the new framebuffer is shown. */
#define LP_PLANE_COMMIT_COMMIT_MASK 0x00000001u

/* Framebuffer that scanout reads now. */
#define LP_PLANE_BASE_ACTIVE 0x2124u
#define LP_PLANE_BASE_ACTIVE_VALUE_SHIFT 0u /* ro: Bytes from the start of card memory. */
#define LP_PLANE_BASE_ACTIVE_VALUE_MASK 0xFFFFFFFFu

/* The hardware pointer. CONTROL, SIZE and POSITION are prepared by writes and taken over as one by COMMIT at the next start of vertical blanking, the image too when COMMIT says so. Its interrupt is part of `irq`'s source PLANE. */
#define LP_CURSOR_BLOCK_OFFSET 0x2200u
#define LP_CURSOR_BLOCK_BYTES 0x100u

/* Identity of the block. */
#define LP_CURSOR_ID 0x2200u
#define LP_CURSOR_ID_VERSION_SHIFT 0u /* ro: Block version; rises with every change of a released register. */
#define LP_CURSOR_ID_VERSION_MASK 0x0000FFFFu
#define LP_CURSOR_ID_VERSION_RESET 0x1u
#define LP_CURSOR_ID_TYPE_SHIFT 16u /* ro: Block type, unique within the map. */
#define LP_CURSOR_ID_TYPE_MASK 0xFFFF0000u
#define LP_CURSOR_ID_TYPE_RESET 0x9u

/* Events that happened and were not cleared yet. Write one to clear; an event in the clearing clock stays set. */
#define LP_CURSOR_INTR_STATE 0x2204u
#define LP_CURSOR_INTR_STATE_TAKEN_SHIFT 0u /* rw1c: A COMMIT took effect: the former image is no longer shown and may be written. */
#define LP_CURSOR_INTR_STATE_TAKEN_MASK 0x00000001u

/* Which events of INTR_STATE raise the block's interrupt. */
#define LP_CURSOR_INTR_ENABLE 0x2208u
#define LP_CURSOR_INTR_ENABLE_TAKEN_SHIFT 0u /* rw: A COMMIT took effect: the former image is no longer shown and may be written. */
#define LP_CURSOR_INTR_ENABLE_TAKEN_MASK 0x00000001u

/* Sets bits of INTR_STATE as if the event had happened, for tests of the interrupt path. */
#define LP_CURSOR_INTR_TEST 0x220Cu
#define LP_CURSOR_INTR_TEST_TAKEN_SHIFT 0u /* wo: A COMMIT took effect: the former image is no longer shown and may be written. */
#define LP_CURSOR_INTR_TEST_TAKEN_MASK 0x00000001u

/* Present state of the block. Bits follow hardware. */
#define LP_CURSOR_STATUS 0x2210u
#define LP_CURSOR_STATUS_PENDING_SHIFT 0u /* ro: A COMMIT waits for vertical blanking. Do not write the image meanwhile. */
#define LP_CURSOR_STATUS_PENDING_MASK 0x00000001u
#define LP_CURSOR_STATUS_BANK_SHIFT 1u /* ro: Which of the two images is shown; the image window writes the other one. */
#define LP_CURSOR_STATUS_BANK_MASK 0x00000002u

/* What the pointer does to the picture. Effect: COMMIT. */
#define LP_CURSOR_CONTROL 0x2214u
#define LP_CURSOR_CONTROL_ENABLE_SHIFT 0u /* rw: The pointer is shown. */
#define LP_CURSOR_CONTROL_ENABLE_MASK 0x00000001u
#define LP_CURSOR_CONTROL_FORMAT_SHIFT 1u /* rw: What a word of the image means. */
#define LP_CURSOR_CONTROL_FORMAT_MASK 0x00000002u
#define LP_CURSOR_CONTROL_FORMAT_IS_ARGB8888 0u /* Alpha 31:24, red 23:16, green 15:8, blue 7:0, colours premultiplied: pointer over picture. */
#define LP_CURSOR_CONTROL_FORMAT_IS_AND_XOR 1u /* Bit 24 AND, colour 23:0 XOR: keep the picture's pixel if AND is one, else black, then XOR the colour. */

/* Part of the image that is shown, from its upper left corner. Effect: COMMIT. */
#define LP_CURSOR_SIZE 0x2218u
#define LP_CURSOR_SIZE_WIDTH_SHIFT 0u /* rw: Pixels in a row, 0..=64. */
#define LP_CURSOR_SIZE_WIDTH_MASK 0x0000007Fu
#define LP_CURSOR_SIZE_WIDTH_RESET 0x40u
#define LP_CURSOR_SIZE_HEIGHT_SHIFT 16u /* rw: Rows, 0..=64. */
#define LP_CURSOR_SIZE_HEIGHT_MASK 0x007F0000u
#define LP_CURSOR_SIZE_HEIGHT_RESET 0x40u

/* Upper left corner of the image on the screen, two's complement: parts outside are cut off. Effect: COMMIT. */
#define LP_CURSOR_POSITION 0x221Cu
#define LP_CURSOR_POSITION_X_SHIFT 0u /* rw: Pixels from the left edge. */
#define LP_CURSOR_POSITION_X_MASK 0x0000FFFFu
#define LP_CURSOR_POSITION_Y_SHIFT 16u /* rw: Lines from the upper edge. */
#define LP_CURSOR_POSITION_Y_MASK 0xFFFF0000u

/* Takes the prepared registers over. */
#define LP_CURSOR_COMMIT 0x2220u
#define LP_CURSOR_COMMIT_COMMIT_SHIFT 0u /* wo: Write one. STATUS.PENDING falls when it has taken effect. At once while the raster is off. */
#define LP_CURSOR_COMMIT_COMMIT_MASK 0x00000001u
#define LP_CURSOR_COMMIT_IMAGE_SHIFT 1u /* wo: With COMMIT: show the image that was written, and open the former one for writing. */
#define LP_CURSOR_COMMIT_IMAGE_MASK 0x00000002u

/* Colours of the 8-bit indexed format. Write whole words only. */
#define LP_PALETTE_BLOCK_OFFSET 0x3000u
#define LP_PALETTE_BLOCK_BYTES 0x400u

/* The colours. */
#define LP_PALETTE_ENTRY_COUNT 256u

/* One colour. Effect: next pixel. */
#define LP_PALETTE_ENTRY(i) (0x3000u + 4u * (i))
#define LP_PALETTE_ENTRY_B_SHIFT 0u /* rw: Blue, 0..=255. */
#define LP_PALETTE_ENTRY_B_MASK 0x000000FFu
#define LP_PALETTE_ENTRY_G_SHIFT 8u /* rw: Green, 0..=255. */
#define LP_PALETTE_ENTRY_G_MASK 0x0000FF00u
#define LP_PALETTE_ENTRY_R_SHIFT 16u /* rw: Red, 0..=255. */
#define LP_PALETTE_ENTRY_R_MASK 0x00FF0000u

/* Image of the hardware pointer: 64 rows of 64 words. Writes go to the image that is not shown; COMMIT with IMAGE of block `cursor` shows it. Write whole words only; write every word that SIZE shows, as the image still holds an older one. */
#define LP_CURSOR_IMAGE_BLOCK_OFFSET 0x4000u
#define LP_CURSOR_IMAGE_BLOCK_BYTES 0x4000u

/* The words; word 64 * row + column. */
#define LP_CURSOR_IMAGE_PIXEL_COUNT 4096u

/* One pixel, in the format of `cursor` CONTROL.FORMAT. Reads zero. */
#define LP_CURSOR_IMAGE_PIXEL(i) (0x4000u + 4u * (i))
#define LP_CURSOR_IMAGE_PIXEL_VALUE_SHIFT 0u /* wo: The word. */
#define LP_CURSOR_IMAGE_PIXEL_VALUE_MASK 0xFFFFFFFFu

/* Element memory of all table slots. An element is a run of bytes that is contiguous on the bus. Write whole words only, and only elements of no valid slot. */
#define LP_ELEMENTS_BLOCK_OFFSET 0x8000u
#define LP_ELEMENTS_BLOCK_BYTES 0x8000u

/* The elements. */
#define LP_ELEMENTS_ELEMENT_COUNT 2048u

/* Bus address, low half. */
#define LP_ELEMENTS_ELEMENT_ADDRESS_LO(i) (0x8000u + 16u * (i))
#define LP_ELEMENTS_ELEMENT_ADDRESS_LO_VALUE_SHIFT 0u /* rw: Bits 31:0 of the first byte's bus address; any alignment. */
#define LP_ELEMENTS_ELEMENT_ADDRESS_LO_VALUE_MASK 0xFFFFFFFFu

/* Bus address, high half. */
#define LP_ELEMENTS_ELEMENT_ADDRESS_HI(i) (0x8004u + 16u * (i))
#define LP_ELEMENTS_ELEMENT_ADDRESS_HI_VALUE_SHIFT 0u /* rw: Bits 63:32. */
#define LP_ELEMENTS_ELEMENT_ADDRESS_HI_VALUE_MASK 0xFFFFFFFFu

/* Length of the run. */
#define LP_ELEMENTS_ELEMENT_LENGTH(i) (0x8008u + 16u * (i))
#define LP_ELEMENTS_ELEMENT_LENGTH_VALUE_SHIFT 0u /* rw: Bytes, at least 1. */
#define LP_ELEMENTS_ELEMENT_LENGTH_VALUE_MASK 0xFFFFFFFFu

/* Reserved for later use. */
#define LP_ELEMENTS_ELEMENT_FLAGS(i) (0x800Cu + 16u * (i))
#define LP_ELEMENTS_ELEMENT_FLAGS_VALUE_SHIFT 0u /* ro: Write zero; reads zero, and what is written is ignored. */
#define LP_ELEMENTS_ELEMENT_FLAGS_VALUE_MASK 0xFFFFFFFFu

#endif /* LUMENPORT_CARD_REGS_H */
