"""The card's TLP streams as whole packets: the Python side of `bench.v`.

A packet is `bytes` in wire order, header first. Clocks are those of the card's system clock, 16 ns each, so that one
DW a clock is the 250 MB/s of a Gen1 lane.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any, Callable

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import Event, Timer

CLOCK_NS = 16
SLOTS = 8
LONGEST_DWS = 160


Taken = Callable[[], None]
"""Called when the card has taken the last DW of a packet."""


@dataclass(frozen=True)
class Received:
    """A packet from the card."""

    data: bytes
    first_clock: int
    last_clock: int


class Wire:
    """Sends packets to the card and takes packets from it."""

    def __init__(self, dut: Any, seed: int = 1) -> None:
        self.dut = dut
        self.received: deque[Received] = deque()
        self.arrived = Event()
        self._waiting: deque[tuple[bytes, int, Taken | None]] = deque()
        self._under_way: deque[Taken | None] = deque()
        self._pushed = 0
        self._popped = 0
        self._slots = [dut.slot[index] for index in range(SLOTS)]
        self._infos = [dut.slot_info[index] for index in range(SLOTS)]
        self._held = False
        for name in ("rx_stall", "rx_burst", "rx_gap", "tx_stall", "tx_burst", "tx_gap", "tx_hold", "pushed"):
            getattr(dut, name).value = 0
        self.limits(0, 0, 0, 0x3F)
        dut.seed.value = (seed & 0xFFFFFFFF) or 1
        dut.pix_run.value = 0
        dut.reset.value = 1

    async def start(self) -> None:
        """Starts the clock and takes the card out of reset."""
        cocotb.start_soon(Clock(self.dut.clock, CLOCK_NS, "ns").start())
        await self.clocks(8)
        self.dut.reset.value = 0
        await self.clocks(2)
        cocotb.start_soon(self._watch_tx())
        cocotb.start_soon(self._watch_rx())

    async def clocks(self, count: int) -> None:
        """Lets `count` clocks pass, at least one."""
        await Timer(max(count, 1) * CLOCK_NS, "ns")

    def cycle(self) -> int:
        """Number of the present clock."""
        return read(self.dut.cycle)

    def beats(self) -> int:
        """DWs moved so far on both streams together."""
        return read(self.dut.rx_beats) + read(self.dut.tx_beats)

    def stall(self, rx: int = 0, tx: int = 0, burst: int = 0) -> None:
        """Random idle clocks on each stream: chance in 1/256 before a DW, each up to `burst` clocks longer."""
        self.dut.rx_stall.value = rx
        self.dut.tx_stall.value = tx
        self.dut.rx_burst.value = burst
        self.dut.tx_burst.value = burst

    def gap(self, clocks: int) -> None:
        """Idle clocks after each packet, both ways: the time that framing takes on a real link."""
        self.dut.rx_gap.value = clocks
        self.dut.tx_gap.value = clocks

    def limits(self, posted: int, nonposted: int, completion: int, infinite: int) -> None:
        """Credit limits as the card's link layer received them, {header 19:12, data 11:0} each; see `bench.v`."""
        self.dut.limit_posted.value = posted
        self.dut.limit_nonposted.value = nonposted
        self.dut.limit_completion.value = completion
        self.dut.limit_infinite.value = infinite

    def hold(self, held: bool) -> None:
        """Stops and resumes the stream from the card."""
        if held != self._held:
            self._held = held
            self.dut.tx_hold.value = int(held)

    def send(self, packet: bytes, after: int = 0, taken: Taken | None = None) -> None:
        """Queues a packet to the card; its first DW is offered at clock `after` at the earliest (0: at once)."""
        if not 0 < len(packet) <= 4 * LONGEST_DWS or len(packet) % 4:
            raise ValueError(f"a packet of {len(packet)} bytes")
        self._waiting.append((packet, after or self.cycle(), taken))
        self._fill()

    @property
    def backlog(self) -> int:
        """Packets not yet taken by the card."""
        return len(self._waiting) + self._pushed - self._popped

    def _fill(self) -> None:
        before = self._pushed
        while self._waiting and self._pushed - self._popped < SLOTS:
            packet, after, taken = self._waiting.popleft()
            index = self._pushed % SLOTS
            self._slots[index].value = int.from_bytes(packet, "little")
            self._infos[index].value = (after & 0xFFFFFFFF) << 8 | len(packet) // 4
            self._under_way.append(taken)
            self._pushed += 1
        if self._pushed != before:
            self.dut.pushed.value = self._pushed & 0xFFFFFFFF

    async def _watch_rx(self) -> None:
        change = self.dut.popped.value_change
        while True:
            await change
            while self._popped & 0xFFFFFFFF != read(self.dut.popped):
                self._popped += 1
                taken = self._under_way.popleft()
                if taken:
                    taken()
            if self._waiting:
                self._fill()

    async def _watch_tx(self) -> None:
        dut = self.dut
        change = dut.tx_done.value_change
        while True:
            await change
            info = read(dut.tx_info)
            count = info & 0xFF
            assert count <= LONGEST_DWS, f"the card sent a packet of {count} DWs or more"
            data = (read(dut.tx_packet) & ((1 << (32 * count)) - 1)).to_bytes(4 * count, "little")
            self.received.append(Received(data, (info >> 8) & 0xFFFFFFFF, info >> 40))
            self.arrived.set()

    def check(self) -> None:
        """Raises when the card broke the rules of its stream."""
        assert read(self.dut.tx_violations) == 0, "the card changed a DW that it had offered"


def read(handle: Any) -> int:
    """A signal as a number. Goes past cocotb's `Logic` types: this is the hot path."""
    return int(handle._handle.get_signal_val_binstr(), 2)
