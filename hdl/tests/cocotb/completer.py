"""A root complex that answers the card's reads as badly as the specification allows, and on request worse.

cocotbext-pcie completes in order, at once, and never with an error. `HostileRootComplex` keeps that behaviour while
no switch is set, so that the model's own completions are judged too.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from dataclasses import dataclass
from typing import Callable

import cocotb
from cocotb.triggers import Event
from cocotbext.pcie.core.rc import RootComplex
from cocotbext.pcie.core.tlp import CplStatus, Tlp
from cocotbext.pcie.core.utils import PcieId

from link import CardPort
from packets import Packet, unpack

# Sent by a legal host, at least once in its life.
LEGAL_FAULTS = ("UR", "CA", "poison", "drop", "late")
# Sent by no legal host; the card drops and logs.
ILLEGAL_FAULTS = ("CRS", "short_count", "long_count", "lower", "requester", "tag", "twice", "no_data", "long")


@dataclass
class Switches:
    """How reads are answered."""

    reorder: bool = False
    """Between tags."""
    interleave: bool = False
    """Parts of several answers mixed."""
    random_split: bool = False
    """At random multiples of the boundary, instead of as rarely or as often as possible."""
    delay_clocks: int = 0
    """Longest random delay of an answer."""
    round_trip_clocks: int = 0
    """Delay of every answer, besides."""
    completion_bytes: int = 0
    """Each completion ends at a multiple of this; 0: at the payload limit, or as the other switches say."""
    fault: Callable[[Tlp], str | None] = lambda tlp: None
    """Name of the fault for this request, one of the lists above."""
    lower_bits: int = 0
    """What the fault `lower` turns round in Lower Address of the last part; 0: one bit of any part, at random."""

    @property
    def hostile(self) -> bool:
        orderly = self.delay_clocks == self.round_trip_clocks == self.completion_bytes == 0
        return self.reorder or self.interleave or self.random_split or not orderly


@dataclass
class Answer:
    """What is still to be sent for one request."""

    parts: deque[Tlp | Packet]
    due: int


class HostileRootComplex(RootComplex):
    """The model's root complex with `switches`."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__(mem_address_space=None)
        self.rng = rng
        self.switches = Switches()
        self.card: CardPort | None = None
        self.faults: Counter[str] = Counter()
        self.splits: Counter[int] = Counter()
        """Completions that a read of the card got."""
        self.given: list[tuple[int, int]] = []
        """Memory that the card may use: (bus address, bytes)."""
        self.stray: list[str] = []
        """Requests of the card to memory that was not given to it."""
        self.late: list[bytes] = []
        """Completions held back for good or until `send_late`."""
        self.written: Callable[[int], None] = lambda count: None
        """Called when bytes of the card have arrived."""
        self._answers: list[Answer] = []
        self._work = Event()
        cocotb.start_soon(self._pump())

    async def handle_mem_read_tlp(self, tlp: Tlp) -> None:
        fault = self.switches.fault(tlp)
        known = self._known("read", tlp)
        if fault is None and not self.switches.hostile:
            await super().handle_mem_read_tlp(tlp)
            return
        data = await self.mem_address_space.read(tlp.address, tlp.length * 4) if known else bytes(4 * tlp.length)
        parts: deque[Tlp | Packet] = deque(self.split(tlp, data))
        if fault is None:
            self.splits[len(parts)] += 1
        else:
            self.faults[fault] += 1
            parts = self._spoil(fault, tlp, parts)
        assert self.card is not None
        delay = self.switches.round_trip_clocks + self.rng.randint(0, self.switches.delay_clocks)
        if parts:
            self._answers.append(Answer(parts, self.card.wire.cycle() + delay))
            self._work.set()

    async def handle_mem_write_tlp(self, tlp: Tlp) -> None:
        self._known("write", tlp)
        await super().handle_mem_write_tlp(tlp)
        self.written(4 * tlp.length)

    def _known(self, what: str, tlp: Tlp) -> bool:
        """Whether the request lies in memory that was given to the card; else it is noted."""
        known = any(start <= tlp.address and tlp.address + 4 * tlp.length <= start + size for start, size in self.given)
        if not known:
            self.stray.append(f"{what} of {tlp.length} DWs at {tlp.address:#x}")
        return known

    def split(self, tlp: Tlp, data: bytes) -> list[Tlp]:
        """Legal completions of a read: each ends at a multiple of the boundary."""
        boundary = 128 if self.read_completion_boundary else 64
        limit = 128 << self.max_payload_size
        parts, at = [], tlp.address
        end = tlp.address + 4 * tlp.length
        missing = tlp.get_be_byte_count()
        lower = tlp.address + tlp.get_first_be_offset()
        while at < end:
            last = min(end, at + limit)
            if last < end:
                last &= -boundary
            first = (at // boundary + 1) * boundary
            if self.switches.completion_bytes:
                last = min(last, (at // self.switches.completion_bytes + 1) * self.switches.completion_bytes)
            elif self.split_on_all_rcb:
                last = min(last, first)
            elif self.switches.random_split and first < last:
                last = min(last, self.rng.randrange(first, last + boundary, boundary))
            part = Tlp.create_completion_data_for_tlp(tlp, PcieId(0, 0, 0))
            part.byte_count = missing
            part.lower_address = lower & 0x7F
            part.set_data(data[at - tlp.address : last - tlp.address])
            missing -= last - max(at, lower)
            at = lower = last
            parts.append(part)
        return parts

    def _spoil(self, fault: str, tlp: Tlp, parts: deque[Tlp | Packet]) -> deque[Tlp | Packet]:
        """The same answer with a fault in one of its parts."""
        if fault == "drop":
            return deque()
        if fault == "late":
            self.late += [bytes(part.pack()) for part in parts if isinstance(part, Tlp)]
            return deque()
        # Too much data shows only in the last part: before it, it could be the next part's.
        last = fault == "long" or self.switches.lower_bits
        at = len(parts) - 1 if last else self.rng.randrange(len(parts))
        good = list(parts)[:at]
        victim = list(parts)[at]
        assert isinstance(victim, Tlp)
        if fault in ("UR", "CA", "CRS"):
            code = {"UR": CplStatus.UR, "CA": CplStatus.CA, "CRS": CplStatus.CRS}[fault]
            end = Tlp.create_completion_for_tlp(tlp, PcieId(0, 0, 0), False, code)
            end.byte_count, end.lower_address = victim.byte_count, victim.lower_address
            return deque([*good, end])
        if fault == "poison":
            victim.ep = True
            return parts
        p = unpack(bytes(victim.pack()))
        tail = list(parts)[at + 1 :]
        if fault == "twice":
            return deque([*good, victim, *tail, p])
        self._lie(fault, p)
        return deque([*good, p])

    def _lie(self, fault: str, p: Packet) -> None:
        if fault == "short_count":
            p.byte_count = max(1, p.byte_count - self.rng.randint(1, 64))
        elif fault == "long_count":
            p.byte_count = p.byte_count + self.rng.randint(1, 64)
        elif fault == "lower":
            p.lower_address ^= self.switches.lower_bits or 1 << self.rng.randrange(7)
        elif fault == "requester":
            p.requester ^= 1 << self.rng.randrange(16)
        elif fault == "tag":
            p.tag |= 0x80
        elif fault == "no_data":
            p.kind, p.length, p.payload = "Cpl", 0, b""
        elif fault == "long":
            p.payload += bytes(64)
            p.length += 16

    async def _pump(self) -> None:
        while True:
            if not self._answers:
                self._work.clear()
                await self._work.wait()
            assert self.card is not None
            now = self.card.wire.cycle()
            ready = [answer for answer in self._answers if answer.due <= now]
            if not ready:
                await self.card.wire.clocks(max(1, min(answer.due for answer in self._answers) - now))
                continue
            answer = self.rng.choice(ready) if self.switches.reorder else ready[0]
            while True:
                part = answer.parts.popleft()
                if isinstance(part, Tlp):
                    await self.send(part)
                else:
                    await self.card.lie(part)
                if not answer.parts or self.switches.interleave:
                    break
            if not answer.parts:
                self._answers.remove(answer)

    def send_late(self) -> int:
        """Sends what was held back, past the model; returns how many packets."""
        assert self.card is not None
        count = len(self.late)
        for data in self.late:
            self.card.deliver(data)
        self.late.clear()
        return count

    def idle(self) -> bool:
        """No answer is owed."""
        return not self._answers

