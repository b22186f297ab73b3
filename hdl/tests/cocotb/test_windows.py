"""The card's windows: memory (BAR0) and registers (BAR2), at every alignment and length."""

from __future__ import annotations

from typing import Any

import cocotb

import registers
from host import Host
from packets import Packet, byte_enables, enabled_bytes
from watchdog import DIRECTED

PAYLOADS = (128, 256, 512)
OUTSIDE_REQUESTER = 0x0008


class Outsider:
    """Requests that the model does not make: any byte enables, any length, a requester of its own."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.answers: dict[int, list[Packet]] = {}
        self.complete: set[int] = set()
        host.card.takeover = self._take

    def _take(self, p: Packet, _: Any) -> bool:
        if p.requester != OUTSIDE_REQUESTER:
            return False
        self.answers.setdefault(p.tag, []).append(p)
        if (p.requester, p.tag) not in self.host.monitor.asked:
            self.complete.add(p.tag)
        return True

    async def ask(self, p: Packet, limit: int = 400_000) -> list[Packet]:
        """Sends a request and returns its completions, in order."""
        p.requester = OUTSIDE_REQUESTER
        self.answers[p.tag] = []
        self.complete.discard(p.tag)
        await self.host.card.inject(p)
        for _ in range(limit // 4):
            await self.host.wire.clocks(4)
            self.host.check()
            if p.tag in self.complete:
                return self.answers[p.tag]
        raise AssertionError(f"no answer: {p}")

    async def read(self, address: int, count: int, tag: int = 0) -> bytes:
        """Memory, in one request."""
        length, first, last = byte_enables(address, count)
        parts = await self.ask(Packet("MRd32", length=length, first_be=first, last_be=last, address=address & ~3, tag=tag))
        return payload(parts)[:count]


def payload(parts: list[Packet]) -> bytes:
    """Enabled bytes of a read's completions."""
    data = b"".join(part.payload[part.lower_address & 3 :] for part in parts)
    return data[: parts[0].byte_count]


@cocotb.test(**DIRECTED)
@cocotb.parametrize(payload_limit=PAYLOADS)
async def memory_every_alignment_and_length(dut: Any, payload_limit: int) -> None:
    """BAR0: each length 1 to 64 at each offset of a 64-bit word; neighbours unharmed; read back the same way."""
    host = await Host(dut, "bar0").start(payload=payload_limit)
    host.wire.stall(rx=30, tx=30, burst=2)
    image = bytearray(host.rng.randbytes(160))
    base = 0x4000 - 80
    await host.write_card(base, bytes(image))
    for offset in range(8):
        for length in range(1, 65):
            data = host.rng.randbytes(length)
            at = 64 + offset
            image[at : at + length] = data
            await host.write_card(base + at, data)
            assert await host.read_card(base + at, length) == data, f"offset {offset} length {length}"
        assert await host.read_card(base, len(image)) == image, f"offset {offset}"
    await host.finish()


@cocotb.test(**DIRECTED)
async def registers_every_alignment_and_length(dut: Any) -> None:
    """BAR2: reads of 1 to 64 bytes at each offset of a DW, byte writes of SCRATCH, a burst over a window."""
    host = await Host(dut, "bar2").start()
    window = host.device.bar_window[registers.BAR_REGISTERS]
    base = registers.entry("palette", "ENTRY", "ENTRY", 0)
    colours = [host.rng.getrandbits(24) for _ in range(64)]
    await window.write(base, b"".join(c.to_bytes(4, "little") for c in colours))
    image = b"".join(c.to_bytes(4, "little") for c in colours)
    assert bytes(await window.read(base, 256)) == image
    for offset in range(4):
        for length in range(1, 65):
            assert bytes(await window.read(base + 32 + offset, length)) == image[32 + offset : 32 + offset + length]
    scratch = registers.address("id", "SCRATCH")
    value = bytearray(4)
    for offset in range(4):
        for length in range(1, 5 - offset):
            data = host.rng.randbytes(length)
            value[offset : offset + length] = data
            await window.write(scratch + offset, data)
            assert bytes(await window.read(scratch, 4)) == value, f"offset {offset} length {length}"
    await host.finish()


@cocotb.test(**DIRECTED)
async def every_byte_enable(dut: Any) -> None:
    """All 16 enables of one DW and all legal pairs of two and three DWs, holes included, written and read."""
    host = await Host(dut, "enables").start()
    outsider = Outsider(host)
    bar = host.bar(registers.BAR_MEMORY)
    image = bytearray(host.rng.randbytes(32))
    await host.write_card(0x100, bytes(image))
    cases = [(1, first, 0) for first in range(16)]
    # Two DWs may have holes when they make an aligned quadword; more DWs may not.
    cases += [(2, first, last) for first in range(1, 16) for last in range(1, 16)]
    cases += [(3, first, last) for first in (0xF, 0xE, 0xC, 0x8) for last in (0xF, 0x7, 0x3, 0x1)]
    for tag, (length, first, last) in enumerate(cases):
        fields = {"length": length, "first_be": first, "last_be": last, "address": bar + 0x108}
        data = host.rng.randbytes(4 * length)
        await host.card.inject(Packet("MWr32", requester=OUTSIDE_REQUESTER, payload=data, **fields))
        for k in enabled_bytes(Packet(length=length, first_be=first, last_be=last)):
            image[8 + k] = data[k]
        answer = await outsider.ask(Packet("MRd32", tag=tag & 0x1F, **fields))
        joined = payload(answer)
        start = answer[0].lower_address & 3
        touched = enabled_bytes(Packet(length=length, first_be=first, last_be=last))
        assert all(joined[k - start] == image[8 + k] for k in touched), f"enables {first:04b} {last:04b}"
    assert await host.read_card(0x100, 32) == image
    await host.finish()


@cocotb.test(**DIRECTED)
@cocotb.parametrize(payload_limit=PAYLOADS, boundary=[64, 128])
async def long_reads_split(dut: Any, payload_limit: int, boundary: int) -> None:
    """Reads up to 4 KiB in one request, at odd places: the monitor judges counts, addresses and split points."""
    host = await Host(dut, "long").start(payload=payload_limit)
    await host.configure(boundary=boundary)
    outsider = Outsider(host)
    image = host.rng.randbytes(8192)
    for at in range(0, 8192, 512):
        await host.write_card(at, image[at : at + 512])
    bar = host.bar(registers.BAR_MEMORY)
    host.wire.stall(tx=60, burst=3)
    for case in range(40):
        start = host.rng.choice([0, 1, 60, 63, 64, 65, 124, 127, host.rng.randrange(4096)])
        count = host.rng.choice([4096 - start, host.rng.randint(1, 4096 - start)])
        # One request, so it must not cross 4 KiB.
        assert await outsider.read(bar + start, count, case & 31) == image[start : start + count], f"{start} {count}"
    await host.finish()


@cocotb.test(**DIRECTED)
async def completions_wait_for_credits(dut: Any) -> None:
    """A host with room for four completions, and slow to tell that there is room again."""
    host = await Host(dut, "room").start(credits=(64, 1024, 64, 64, 4, 64))
    outsider = Outsider(host)
    image = host.rng.randbytes(4096)
    for at in range(0, 4096, 512):
        await host.write_card(at, image[at : at + 512])
    # The model lets a read pass writes that wait for credits, so those must be through.
    await host.wire.clocks(2000)
    host.card.credit_delay = 200
    for case in range(10):
        start = host.rng.randrange(4096)
        count = host.rng.randint(1, 4096 - start)
        assert await outsider.read(host.bar(registers.BAR_MEMORY) + start, count, case) == image[start : start + count]
    situations = host.card.ledgers["completion"].situations
    assert situations["waited"] > 10, situations
    await host.finish()


@cocotb.test(**DIRECTED)
async def zero_length_read_flushes(dut: Any) -> None:
    """A read without byte enables is answered with one DW after the writes before it; a write changes nothing."""
    host = await Host(dut, "flush").start()
    outsider = Outsider(host)
    bar = host.bar(registers.BAR_MEMORY)
    await host.write_card(0x40, b"\xa5" * 8)
    await host.card.inject(Packet("MWr32", requester=OUTSIDE_REQUESTER, length=1, address=bar + 0x40, payload=b"\xff" * 4))
    (answer,) = await outsider.ask(Packet("MRd32", length=1, address=bar + 0x40, tag=3))
    assert (answer.kind, answer.length, answer.byte_count, answer.lower_address) == ("CplD", 1, 1, 0x40)
    assert await host.read_card(0x40, 8) == b"\xa5" * 8
    await host.finish()
