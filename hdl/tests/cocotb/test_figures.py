"""How fast the DMA engine is behind this model's Gen1 x1 link, and how long a register read takes.

The model's link carries each packet with its 20 bytes of framing and header, its own acknowledgements and credit
updates besides: what is left for payload cannot exceed payload / (payload + 20). LUMENPORT_FIGURES names a file for
the results.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Callable

import cocotb

import registers
from completer import Switches
from dma import TO_CARD, TO_HOST, Dma, Table, Transfer
from host import Host
from link import Received
from packets import COMPLETIONS, Packet
from test_windows import Outsider
from watchdog import DIRECTED
from wire import CLOCK_NS, read

BYTES = 32768
ELEMENT = 4096
ROUND_TRIPS_US = (0, 1, 4)
SIZES = (64, 128, 256)
# Share of the ceiling: without delay for payloads of 128 and 256 bytes, and after 1 us in completions of 64 bytes.
BARS = {(128, 0): 0.95, (256, 0): 0.95, (64, 1): 0.90}
LIMIT_CLOCKS = 100_000


class Meter:
    """Clocks from the first DW of a transfer's first request until its last byte arrived, in the card or in the host."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.first = 0
        self.last = 0
        self.left = 0
        host.card.observers.append(self._from_card)
        host.monitor.arrived = self._arrived
        host.rc.written = lambda count: self._count(count, host.wire.cycle())

    def start(self) -> None:
        """Waits for the next transfer."""
        self.first, self.left = 0, BYTES

    def _from_card(self, p: Packet, received: Received) -> None:
        if p.is_memory:
            self.first = self.first or received.first_clock

    def _arrived(self, p: Packet) -> None:
        type(self.host.monitor).arrived(self.host.monitor, p)
        if p.kind in COMPLETIONS:
            self._count(len(p.payload), read(self.host.dut.rx_last_cycle))

    def _count(self, count: int, clock: int) -> None:
        self.left -= count
        self.last = clock

    async def rate(self) -> float:
        """Payload of the transfer by what the lane could carry, which is 4 bytes a clock."""
        for _ in range(LIMIT_CLOCKS // 100):
            await self.host.wire.clocks(100)
            if self.left <= 0:
                return BYTES / (4 * (self.last - self.first + 1))
        raise AssertionError(f"{self.left} of {BYTES} bytes are missing after {LIMIT_CLOCKS} clocks")


def _save(change: Callable[[dict[str, Any]], None]) -> None:
    path = os.environ.get("LUMENPORT_FIGURES")
    if path:
        known = json.loads(Path(path).read_text()) if Path(path).exists() else {"rates": [], "latency": {}}
        change(known)
        Path(path).write_text(json.dumps(known, indent=1))


@cocotb.test(**DIRECTED)
@cocotb.parametrize(size=SIZES)
async def dma_rates(dut: Any, size: int) -> None:
    """Transfers of 32 KiB both ways in packets of one size, after each round trip; the bars are held."""
    host = await Host(dut, "rates").start(payload=max(size, 128))
    await host.configure(read=512)
    dma = Dma(host, bytearray(BYTES))
    dma.fill_host()
    meter = Meter(host)
    table = Table(1, 1, [(host.low_base + 2 * at, ELEMENT) for at in range(0, BYTES, ELEMENT)])
    await dma.load(table)
    rows = []
    for micros in ROUND_TRIPS_US:
        clocks = micros * 1000 // CLOCK_NS
        host.rc.switches = Switches(round_trip_clocks=clocks, completion_bytes=size)
        host.card.credit_delay = clocks
        row: dict[str, float] = {"size": size, "round_trip_us": micros, "ceiling": size / (size + 20)}
        for direction, name in ((TO_CARD, "read"), (TO_HOST, "write")):
            # The limit of a write cannot be set below 128 bytes.
            if direction == TO_HOST and size < 128:
                continue
            meter.start()
            t = Transfer(table, direction, 0, BYTES)
            await dma.submit(t)
            row[name] = await meter.rate() / row["ceiling"]
            assert (await dma.wait()).code == "Ok"
            dma.expect(t)
        rows.append(row)
    dut._log.info("rates: %s", rows)
    _save(lambda known: known["rates"].extend(rows))
    await dma.check_card()
    dma.check_host()
    await host.finish()
    missed = [r for r in rows if min(r["read"], r.get("write", 1)) < BARS.get((size, r["round_trip_us"]), 0)]
    assert not missed, f"below the bar: {missed}"


@cocotb.test(**DIRECTED)
async def read_latency(dut: Any) -> None:
    """Clocks from the last DW of a read to the first and the last DW of its completion, with nothing else going on."""
    host = await Host(dut, "latency").start()
    outsider = Outsider(host)
    answers: list[Received] = []
    host.card.observers.append(lambda p, received: answers.append(received))
    found = {}
    for name, bar, dws in (
        ("register", registers.BAR_REGISTERS, 1),
        ("card memory", registers.BAR_MEMORY, 1),
        ("card memory, 64 bytes", registers.BAR_MEMORY, 16),
    ):
        answers.clear()
        p = Packet("MRd32", length=dws, first_be=0xF, last_be=0xF if dws > 1 else 0, address=host.bar(bar))
        await outsider.ask(p)
        asked = read(dut.rx_last_cycle)
        (answer,) = answers
        found[name] = {"first": answer.first_clock - asked, "last": answer.last_clock - asked}
    dut._log.info("latency in clocks: %s", found)
    _save(lambda known: known.update(latency=found))
    # As the block's README states it.
    assert found["register"]["last"] <= 16, found
    await host.finish()
