"""The card's DMA engine as a driver programs it, with a model of what each transfer must do."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import registers
from host import ARENA_BYTES, HIGH_BASE, Host

TO_CARD, TO_HOST = 0, 1
SLOT = ("sgl", "SLOT")
CODES = registers.values("dma", "RESULT", "CODE")
NAMES = {value: name for name, value in CODES.items()}


@dataclass
class Table:
    """Runs of host memory behind one slot."""

    slot: int
    generation: int
    elements: list[tuple[int, int]]
    """(bus address, bytes)."""
    rights: int = 3
    """Bit 0: the card may read, bit 1: it may write."""

    @property
    def total(self) -> int:
        return sum(length for _, length in self.elements)

    def byte_addresses(self, offset: int, count: int) -> list[tuple[int, int]]:
        """Runs (bus address, bytes) that cover `count` bytes from `offset` of the table."""
        runs = []
        for address, length in self.elements:
            if offset < length and count:
                here = min(length - offset, count)
                runs.append((address + offset, here))
                count -= here
                offset = 0
            else:
                offset -= length
        return runs


@dataclass
class Transfer:
    """What goes into the registers."""

    table: Table
    direction: int
    card_address: int
    length: int
    offset: int = 0
    rows: int = 1
    host_pitch: int = 0
    card_pitch: int = 0
    generation: int | None = None
    """Instead of the table's."""


@dataclass
class Outcome:
    """What the registers say at the end."""

    code: str
    bytes_done: int
    fault_address: int
    clocks: int


@dataclass
class Dma:
    """Driver and scoreboard. `host_image` and `card_image` are what memory must hold."""

    host: Host
    card_image: bytearray
    low_image: bytearray = field(default_factory=lambda: bytearray(ARENA_BYTES))
    high_image: bytearray = field(default_factory=lambda: bytearray(ARENA_BYTES))
    generation: int = 0
    window: int = 0
    """Card memory that `card_image` describes starts here."""

    def fill_host(self) -> None:
        """Random bytes in all host memory that the card may get."""
        self.low_image[:] = self.host.rng.randbytes(ARENA_BYTES)
        self.high_image[:] = self.host.rng.randbytes(ARENA_BYTES)
        self.host.low[0:ARENA_BYTES] = bytes(self.low_image)
        self.host.high[0:ARENA_BYTES] = bytes(self.high_image)

    def check_host(self) -> None:
        """Compares all of it with what the transfers should have left."""
        assert bytes(self.host.low[0:ARENA_BYTES]) == bytes(self.low_image), _first(self.host.low, self.low_image)
        assert bytes(self.host.high[0:ARENA_BYTES]) == bytes(self.high_image), _first(self.host.high, self.high_image)

    async def check_card(self, start: int = 0, count: int | None = None) -> None:
        """Compares card memory, read through its window."""
        count = len(self.card_image) - start if count is None else count
        found = await self.host.read_card(self.window + start, count)
        expected = bytes(self.card_image[start : start + count])
        assert found == expected, _first(found, expected)

    def place(self, address: int) -> tuple[bytearray, int]:
        """Image and index of a bus address."""
        if address >= HIGH_BASE:
            return self.high_image, address - HIGH_BASE
        return self.low_image, address - self.host.low_base

    async def load(self, table: Table, first: int = 0) -> None:
        """Writes a table into the card and makes its slot valid."""
        host = self.host
        await self.release(table)
        words = b"".join(struct.pack("<QLL", address, length, 0) for address, length in table.elements)
        window = host.device.bar_window[registers.BAR_REGISTERS]
        await window.write(registers.entry("elements", "ELEMENT", "ADDRESS_LO", first), words)
        await host.write32(registers.entry(*SLOT, "TABLE", table.slot), len(table.elements) << 16 | first)
        await host.write32(registers.entry(*SLOT, "TOTAL", table.slot), table.total)
        control = 1 << registers.window_bit(*SLOT, "CONTROL", "VALID")
        control |= table.rights << registers.window_bit(*SLOT, "CONTROL", "CARD_READ")
        control |= table.generation << registers.window_bit(*SLOT, "CONTROL", "GENERATION")
        await host.write32(registers.entry(*SLOT, "CONTROL", table.slot), control)

    async def release(self, table: Table) -> None:
        """Makes the slot invalid."""
        await self.host.write32(registers.entry(*SLOT, "CONTROL", table.slot), 0)

    async def submit(self, t: Transfer) -> None:
        """Starts a transfer."""
        host = self.host
        generation = t.table.generation if t.generation is None else t.generation
        state = registers.address("dma", "INTR_STATE")
        await host.write32(state, 3)
        first = registers.address("dma", "HANDLE")
        values = [generation << 16 | t.table.slot, t.offset, t.length, t.rows, t.host_pitch, t.card_address, t.card_pitch]
        assert registers.address("dma", "CARD_PITCH") == first + 4 * (len(values) - 1)
        values.append(1 << registers.bit("dma", "CONTROL", "SUBMIT") | t.direction << registers.bit("dma", "CONTROL", "DIRECTION"))
        # One posted burst: the registers lie in a row and CONTROL is the last.
        await host.device.bar_window[registers.BAR_REGISTERS].write(first, struct.pack(f"<{len(values)}L", *values))

    async def abort(self) -> None:
        """Asks the engine to stop."""
        await self.host.write32(registers.address("dma", "CONTROL"), 1 << registers.bit("dma", "CONTROL", "ABORT"))

    async def wait(self, limit_clocks: int = 1_000_000) -> Outcome:
        """Polls until the transfer ended."""
        host = self.host
        start = host.wire.cycle()
        status = registers.address("dma", "STATUS")
        pause = 40
        while True:
            state = await host.read32(status)
            host.check()
            if not state & 1:
                break
            assert host.wire.cycle() - start < limit_clocks, "the engine hangs"
            await host.wire.clocks(pause)
            pause = min(400, pause + 20)
        code = await host.read32(registers.address("dma", "RESULT"))
        done = await host.read32(registers.address("dma", "BYTES_DONE"))
        low = await host.read32(registers.address("dma", "FAULT_ADDRESS_LO"))
        high = await host.read32(registers.address("dma", "FAULT_ADDRESS_HI"))
        return Outcome(NAMES.get(code & 0xFF, str(code)), done, high << 32 | low, host.wire.cycle() - start)

    async def run(self, t: Transfer) -> Outcome:
        """Submit and wait."""
        await self.submit(t)
        return await self.wait()

    def expect(self, t: Transfer) -> None:
        """Applies a transfer to the images."""
        for row in range(t.rows):
            at = t.card_address + row * t.card_pitch - self.window
            for address, count in t.table.byte_addresses(t.offset + row * t.host_pitch, t.length):
                image, index = self.place(address)
                if t.direction == TO_CARD:
                    self.card_image[at : at + count] = image[index : index + count]
                else:
                    image[index : index + count] = self.card_image[at : at + count]
                at += count

    def random_table(self, slot: int, total: int, high: bool | None = None, biggest: int = 5000) -> Table:
        """Elements of random size and place that do not overlap; about `total` bytes."""
        rng = self.host.rng
        self.generation = self.generation % 0xFFFF + 1
        elements: list[tuple[int, int]] = []
        cursors = [rng.randrange(64), rng.randrange(64)]
        left = total
        while left > 0:
            which = rng.randrange(2) if high is None else int(high)
            length = min(left, rng.choice([rng.randint(1, 8), rng.randint(1, 200), rng.randint(1, biggest)]))
            if cursors[which] + length + 64 > ARENA_BYTES or len(elements) >= 500:
                break
            elements.append(((HIGH_BASE if which else self.host.low_base) + cursors[which], length))
            cursors[which] += length + rng.choice([0, 1, 2, 3, rng.randint(4, 300)])
            left -= length
        rng.shuffle(elements)
        return Table(slot, self.generation, elements)

    def random_transfer(self, table: Table, window: int, window_bytes: int) -> Transfer:
        """A legal transfer between `table` and `window_bytes` of card memory from `window`."""
        rng = self.host.rng
        direction = rng.randrange(2)
        if rng.random() < 0.3 and table.total > 64:
            length = rng.randint(1, min(300, table.total // 2))
            rows = rng.randint(1, min(20, table.total // (length + 8) or 1))
            host_pitch = length + rng.randint(0, 7)
            # Rows that overlap in the card are written in no fixed order.
            card_pitch = length + rng.randint(0, 20)
            span = host_pitch * (rows - 1) + length
            card_span = card_pitch * (rows - 1) + length
            if span <= table.total and card_span <= window_bytes:
                offset = rng.randint(0, table.total - span)
                at = window + rng.randint(0, window_bytes - card_span)
                return Transfer(table, direction, at, length, offset, rows, host_pitch, card_pitch)
        length = rng.randint(1, min(table.total, window_bytes))
        return Transfer(
            table, direction, window + rng.randint(0, window_bytes - length), length, rng.randint(0, table.total - length)
        )


def _first(found: bytes, expected: bytes) -> str:
    at = next((k for k, (a, b) in enumerate(zip(found, expected)) if a != b), min(len(found), len(expected)))
    return f"differs at {at:#x}: {bytes(found[at : at + 16]).hex()} instead of {bytes(expected[at : at + 16]).hex()}"
