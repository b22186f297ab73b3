"""Reads that the host answers with an error, with nonsense or not at all: exactly that transfer fails."""

from __future__ import annotations

from typing import Any

import cocotb
from cocotbext.pcie.core.tlp import Tlp

import registers
from completer import ILLEGAL_FAULTS, Switches
from dma import TO_CARD, TO_HOST, Dma, Table, Transfer
from host import Host
from watchdog import DIRECTED

TIMEOUT_CLOCKS = 3000
BYTES = 4000
LOWER_BITS = 7
# Result codes that each fault may end in.
RESULTS = {
    "UR": {"UnsupportedRequest"},
    "CA": {"CompleterAbort"},
    "poison": {"Poisoned"},
    "drop": {"Timeout"},
    "late": {"Timeout"},
    # What does not belong to any request is dropped, so the request stays without an answer.
    "CRS": {"UnsupportedRequest", "BadCompletion"},
    "tag": {"Timeout"},
    "requester": {"Timeout"},
    "twice": {"Ok", "BadCompletion"},
}
OTHER_RESULTS = {"BadCompletion", "Timeout"}


class OneFault:
    """Spoils the answer of the `number`-th read."""

    def __init__(self, fault: str, number: int) -> None:
        self.fault, self.left, self.victim = fault, number, None

    def __call__(self, tlp: Tlp) -> str | None:
        self.left -= 1
        if self.left != -1:
            return None
        self.victim = tlp
        return self.fault


async def _ready(dut: Any, name: str) -> tuple[Host, Dma, Table]:
    host = await Host(dut, name).start()
    dma = Dma(host, bytearray(host.rng.randbytes(0x2000)))
    dma.fill_host()
    await host.write_card(0, bytes(dma.card_image))
    await host.write32(registers.address("dma", "TIMEOUT_CYCLES"), TIMEOUT_CLOCKS)
    table = dma.random_table(3, 2 * BYTES)
    await dma.load(table)
    return host, dma, table


async def _still_works(host: Host, dma: Dma, table: Table) -> None:
    """The next transfers are as good as ever."""
    host.rc.switches = Switches()
    for direction in (TO_CARD, TO_HOST):
        t = Transfer(table, direction, 0, 0x1000, 0)
        outcome = await dma.run(t)
        assert outcome.code == "Ok", f"after the fault: {outcome}"
        dma.expect(t)
    await dma.check_card(0, 0x1000)
    dma.check_host()


@cocotb.test(**DIRECTED)
@cocotb.parametrize(fault=["UR", "CA", "poison", "drop", "late", *ILLEGAL_FAULTS])
async def one_bad_answer(dut: Any, fault: str) -> None:
    """The transfer ends with the right code; each byte in the card is old or right; a late answer is dropped."""
    host, dma, table = await _ready(dut, fault)
    # Each bit of Lower Address, in the last part: a wrong one before it also shows where it ends, or leaves the rest unanswered.
    rounds = LOWER_BITS if fault == "lower" else 3
    for number in range(rounds):
        plan = OneFault(fault, host.rng.randrange(8))
        bits = 1 << number if fault == "lower" else 0
        host.rc.switches = Switches(reorder=True, interleave=True, delay_clocks=100, fault=plan, lower_bits=bits)
        before = bytes(dma.card_image)
        t = Transfer(table, TO_CARD, host.rng.randrange(64), BYTES, host.rng.randrange(BYTES))
        dropped = await _dropped(host)
        outcome = await dma.run(t)
        assert plan.victim is not None
        assert outcome.code in RESULTS.get(fault, OTHER_RESULTS), f"{fault}: {outcome}"
        dma.expect(t)
        if outcome.code != "Ok":
            await _old_or_right(host, dma, before, outcome.bytes_done, fault)
            if fault in ("UR", "CA", "poison", "drop"):
                victim = plan.victim
                start = victim.address
                assert start <= outcome.fault_address < start + 4 * victim.length, f"{outcome} for {victim!r}"
        late = host.rc.send_late()
        await host.wire.clocks(400)
        counted = await _dropped(host) - dropped
        assert counted >= late, f"{late} late packets, {counted} counted"
        # A read that was never answered stays in quarantine; the bench must not take its next life for a reuse.
        dma.card_image[:] = await host.read_card(0, len(dma.card_image))
        await _still_works(host, dma, table)
    await host.finish()


async def _dropped(host: Host) -> int:
    """Completions that the engine dropped and counted."""
    counters = [name for name in ("UNEXPECTED", "LATE") if registers.exists("dma", name)]
    return sum([await host.read32(registers.address("dma", name)) for name in counters])


async def _old_or_right(host: Host, dma: Dma, before: bytes, done: int, fault: str) -> None:
    found = await host.read_card(0, len(before))
    right = bytes(dma.card_image)
    wrong = [k for k, byte in enumerate(found) if byte not in (before[k], right[k])]
    assert not wrong, f"{fault}: foreign bytes at {wrong[:8]}, {done} delivered"


@cocotb.test(**DIRECTED)
async def unknown_memory_is_refused_by_the_host(dut: Any) -> None:
    """The model itself answers Unsupported Request for memory that does not exist."""
    host, dma, _ = await _ready(dut, "nowhere")
    host.rc.given.append((0xA000_0000, 512))
    table = Table(5, 77, [(0xA000_0000, 512)])
    await dma.load(table, 600)
    outcome = await dma.run(Transfer(table, TO_CARD, 0, 512))
    assert outcome.code == "UnsupportedRequest" and outcome.fault_address == 0xA000_0000, outcome
    await host.finish()


@cocotb.test(**DIRECTED)
async def abort_leaves_a_usable_engine(dut: Any) -> None:
    """Aborted at many moments, with answers under way in every state."""
    host, dma, table = await _ready(dut, "abort")
    for k in range(60):
        host.rc.switches = Switches(reorder=True, interleave=True, delay_clocks=300)
        direction = k % 2
        t = Transfer(table, direction, 0, BYTES, host.rng.randrange(BYTES))
        await dma.submit(t)
        await host.wire.clocks(host.rng.randrange(1, 1500))
        await dma.abort()
        outcome = await dma.wait()
        assert outcome.code in ("Aborted", "Ok"), outcome
        assert outcome.bytes_done <= BYTES
        await _resync(host, dma)
    await _still_works(host, dma, table)
    await host.finish()


async def _resync(host: Host, dma: Dma) -> None:
    """Takes what an aborted transfer left as the new truth."""
    while not host.rc.idle():
        await host.wire.clocks(50)
    await host.wire.clocks(100)
    dma.low_image[:] = host.low[0 : len(dma.low_image)]
    dma.high_image[:] = host.high[0 : len(dma.high_image)]


@cocotb.test(**DIRECTED)
async def refusals(dut: Any) -> None:
    """Stale handle, missing right, range, parameters, bus mastering off: the code, and not one packet."""
    host, dma, table = await _ready(dut, "refusals")
    narrow = Table(6, 9, [(host.low_base, 100)], rights=1)
    await dma.load(narrow, 700)
    cases = [
        ("StaleHandle", Transfer(table, TO_CARD, 0, 16, generation=table.generation ^ 1)),
        ("StaleHandle", Transfer(Table(30, 1, []), TO_CARD, 0, 16)),
        ("NoRight", Transfer(narrow, TO_HOST, 0, 16)),
        ("Range", Transfer(narrow, TO_CARD, 0, 101)),
        ("Range", Transfer(narrow, TO_CARD, 0x40_0000 - 8, 16)),
        ("Parameter", Transfer(narrow, TO_CARD, 0, 0)),
        ("Parameter", Transfer(narrow, TO_CARD, 0, 8, rows=2, host_pitch=4)),
    ]
    requests = registers.address("dma", "REQUESTS")
    before = await host.read32(requests)
    for code, t in cases:
        outcome = await dma.run(t)
        assert outcome.code == code, f"{outcome} for {t}"
    await host.device.clear_master()
    host.monitor.bus_master = False
    outcome = await dma.run(Transfer(table, TO_HOST, 0, 16))
    assert outcome.code == "BusMasterOff", outcome
    assert await host.read32(requests) == before
    await host.finish()
