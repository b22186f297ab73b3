"""A whole machine for one test: root complex, card, memory, and what a driver would do with them."""

from __future__ import annotations

import logging
import os
import random
from typing import Any

import cocotb
from cocotbext.axi import MemoryRegion
from cocotbext.pcie.core import Switch
from cocotbext.pcie.core.caps import PciCapId
from cocotbext.pcie.core.pci import PciDevice
from cocotbext.pcie.core.port import SimPort
from cocotbext.pcie.core.utils import PcieId

import registers
from completer import HostileRootComplex
from link import CardPort
from monitor import Monitor
from watchdog import watch
from wire import Wire

EXPRESS = PciCapId.EXP
MSI = PciCapId.MSI
ARENA_BYTES = 1 << 20
HIGH_BASE = 0x2_4000_0000
CARD_BYTES = 1 << 22
# Credits of the root port as the model has them: posted headers and data, non-posted, completions.
FULL_CREDITS = (64, 1024, 64, 64, 64, 1024)


def seed() -> int:
    """Seed of the run: the environment variable LUMENPORT_SEED."""
    return int(os.environ.get("LUMENPORT_SEED", "1"))


class Host:
    """Everything that one test needs."""

    def __init__(self, dut: Any, name: str = "") -> None:
        self.dut = dut
        self.rng = random.Random(f"{seed()} {name}")
        self.wire = Wire(dut, self.rng.getrandbits(32))
        self.monitor = Monitor()
        self.rc: HostileRootComplex
        self.card: CardPort
        self.device: PciDevice
        self.low: MemoryRegion
        self.low_base = 0
        self.high = MemoryRegion(ARENA_BYTES)

    async def start(
        self, switch: bool = False, credits: tuple[int, ...] = FULL_CREDITS, payload: int = 128, enumerate_bus: bool = True
    ) -> Host:
        """Powers the machine up; the card is enumerated, enabled and master of the bus."""
        await self.wire.start()
        logging.getLogger("cocotb.pcie").setLevel(logging.ERROR)
        self.rc = HostileRootComplex(self.rng)
        self.rc.max_payload_size = (payload // 128).bit_length() - 1
        self.rc.max_payload_size_supported = 2
        self.low_base, low = self.rc.alloc_region(ARENA_BYTES)
        self.low = low
        self.rc.mem_address_space.register_region(self.high, HIGH_BASE, ARENA_BYTES)
        message = self.rc.msi_region.get_absolute_address(0)
        self.rc.given = [(self.low_base, ARENA_BYTES), (HIGH_BASE, ARENA_BYTES), (message, 16)]
        self.card = CardPort(self.wire, self.monitor)
        cocotb.start_soon(watch(self))
        self.rc.card = self.card
        parent: Any = self.rc
        if switch:
            parent = Switch()
            self.rc.make_port().connect(parent)
        bridge = parent.make_port()
        _set_credits(bridge.downstream_port, credits)
        bridge.connect(self.card)
        if enumerate_bus:
            await self.enumerate()
        return self

    async def enumerate(self) -> None:
        """Finds the card and turns it on."""
        await self.rc.enumerate()
        self.device = self._find()
        await self.set_payload(128 << self.rc.max_payload_size)
        await self.device.enable_device()
        self.monitor.bus_master = True
        await self.device.set_master()

    async def set_payload(self, limit: int) -> None:
        """Sets the largest payload on both sides; nothing may be under way."""
        assert limit <= 128 << self.device.pcie_mpss, f"the card offers payloads of {128 << self.device.pcie_mpss} bytes"
        self.rc.max_payload_size = (limit // 128).bit_length() - 1
        await self.device.set_mps(self.rc.max_payload_size)
        self.monitor.max_payload = limit

    def _find(self) -> PciDevice:
        for bus in range(1, 8):
            found = self.rc.find_device(PcieId(bus, 0, 0))
            if found and not found.is_bridge():
                return found
        raise AssertionError("enumeration found no endpoint")

    async def configure(self, read: int = 512, boundary: int = 64, all_boundaries: bool = False) -> None:
        """Sets the card's read request limit and the host's completion boundary, on both sides."""
        await self.device.set_readrq((read // 128).bit_length() - 1)
        link_control = await self.device.capability_read_word(EXPRESS, 0x10)
        await self.device.capability_write_word(EXPRESS, 0x10, link_control & ~8 | (8 if boundary == 128 else 0))
        self.monitor.max_read = read
        self.monitor.boundary = boundary
        self.rc.read_completion_boundary = boundary == 128
        self.rc.split_on_all_rcb = all_boundaries

    async def read32(self, address: int) -> int:
        """A register."""
        return int.from_bytes(await self.device.bar_window[registers.BAR_REGISTERS].read(address, 4), "little")

    async def write32(self, address: int, value: int) -> None:
        """Writes a register; posted."""
        await self.device.bar_window[registers.BAR_REGISTERS].write(address, value.to_bytes(4, "little"))

    async def read_card(self, address: int, count: int) -> bytes:
        """Card memory through its window."""
        return bytes(await self.device.bar_window[registers.BAR_MEMORY].read(address, count))

    async def write_card(self, address: int, data: bytes) -> None:
        """Writes card memory; posted."""
        await self.device.bar_window[registers.BAR_MEMORY].write(address, data)

    def bar(self, index: int) -> int:
        """Bus address of a window."""
        return int(self.device.bar_addr[index])

    async def device_status(self) -> int:
        """Device Status of the PCI Express capability: correctable 0, non-fatal 1, fatal 2, unsupported 3."""
        return int(await self.device.capability_read_word(EXPRESS, 0x0A)) & 0xF

    async def clear_status(self) -> None:
        """Clears the error bits of Device Status."""
        await self.device.capability_write_word(EXPRESS, 0x0A, 0xF)

    async def finish(self) -> None:
        """Lets everything settle, then judges the whole test."""
        for _ in range(200):
            await self.wire.clocks(50)
            if not self.wire.backlog and not self.wire.received and not self.monitor.asked and self.rc.idle():
                break
        await self.wire.clocks(200)
        self.check()
        self.monitor.quiet()
        self.card.check_credits(quiet=True)

    def check(self) -> None:
        """Raises the first broken rule of the card."""
        if self.card.failure:
            raise self.card.failure
        self.card.check_credits(quiet=False)
        self.wire.check()
        assert not self.rc.stray, f"the card used memory that is not its own: {self.rc.stray[:3]}"


def _set_credits(port: SimPort, credits: tuple[int, ...]) -> None:
    """Changes what a port will advertise. A port of one's own in its place would leave the default one talking to nobody."""
    fc = port.fc_state[0]
    for state, value in zip((fc.ph, fc.pd, fc.nph, fc.npd, fc.cplh, fc.cpld), credits, strict=True):
        state.rx_initial_allocation = state.rx_credits_allocated = value
