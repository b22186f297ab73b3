"""DMA in both directions against the model's completions and the hostile ones."""

from __future__ import annotations

from typing import Any

import cocotb

from completer import Switches
from dma import TO_CARD, TO_HOST, Dma, Table, Transfer
from host import HIGH_BASE, Host
from watchdog import DIRECTED

WINDOW = 0x8000


async def _ready(host: Host) -> Dma:
    dma = Dma(host, bytearray(host.rng.randbytes(WINDOW)))
    dma.fill_host()
    for at in range(0, WINDOW, 4096):
        await host.write_card(at, bytes(dma.card_image[at : at + 4096]))
    return dma


async def _some_transfers(host: Host, dma: Dma, count: int, total: int) -> None:
    for k in range(count):
        table = dma.random_table(k % 32, host.rng.randint(1, total))
        await dma.load(table, host.rng.randrange(1024))
        for _ in range(2):
            t = dma.random_transfer(table, 0, WINDOW)
            outcome = await dma.run(t)
            assert outcome.code == "Ok" and outcome.bytes_done == t.length * t.rows, f"{outcome} {t}"
            dma.expect(t)
    await dma.check_card()
    dma.check_host()


@cocotb.test(**DIRECTED)
@cocotb.parametrize(payload=[128, 256, 512], read=[128, 256, 512])
async def random_lists(dut: Any, payload: int, read: int) -> None:
    """Random tables, both ways, for each payload and read limit; the model completes as it likes."""
    host = await Host(dut, f"lists {payload} {read}").start(payload=payload)
    await host.configure(read=read, boundary=host.rng.choice([64, 128]))
    dma = await _ready(host)
    await _some_transfers(host, dma, 5, 12000)
    await host.finish()


@cocotb.test(**DIRECTED)
@cocotb.parametrize(boundary=[64, 128], all_boundaries=[False, True])
async def completion_boundaries(dut: Any, boundary: int, all_boundaries: bool) -> None:
    """Completions split at each boundary setting, at every multiple of it or as rarely as possible."""
    host = await Host(dut, "boundaries").start(payload=256)
    await host.configure(read=512, boundary=boundary, all_boundaries=all_boundaries)
    dma = await _ready(host)
    await _some_transfers(host, dma, 5, 12000)
    await host.finish()


@cocotb.test(**DIRECTED)
@cocotb.parametrize(payload=[128, 512], boundary=[64, 128])
async def hostile_completions(dut: Any, payload: int, boundary: int) -> None:
    """Reordered between tags, interleaved, randomly split, delayed; stalls on both streams."""
    host = await Host(dut, "hostile").start(payload=payload)
    await host.configure(read=512, boundary=boundary)
    host.rc.switches = Switches(reorder=True, interleave=True, random_split=True, delay_clocks=400)
    host.wire.stall(rx=50, tx=50, burst=5)
    dma = await _ready(host)
    await _some_transfers(host, dma, 8, 12000)
    assert max(host.rc.splits) > 1, "no read was answered in parts"
    await host.finish()


@cocotb.test(**DIRECTED)
async def every_alignment(dut: Any) -> None:
    """Host and card addresses at each offset of a 64-bit word, short and page-crossing, below and above 4 GiB."""
    host = await Host(dut, "alignments").start()
    dma = await _ready(host)
    slot = 0
    for host_offset in range(8):
        for card_offset in range(8):
            high = (host_offset + card_offset) % 2 == 1
            base = (HIGH_BASE if high else host.low_base) + 0x2000 - 16 + host_offset
            table = Table(slot, 1 + slot, [(base, 40)])
            await dma.load(table)
            for direction in (TO_CARD, TO_HOST):
                t = Transfer(table, direction, 0x100 + card_offset, host.rng.randint(1, 32), host.rng.randint(0, 8))
                outcome = await dma.run(t)
                assert outcome.code == "Ok", f"{outcome} {t}"
                dma.expect(t)
            slot = (slot + 1) % 32
    await dma.check_card(0, 0x200)
    dma.check_host()
    await host.finish()


@cocotb.test(**DIRECTED)
async def scarce_credits(dut: Any) -> None:
    """A root port with room for little: two posted headers and one payload, two reads; and slow to tell that there is room."""
    host = await Host(dut, "credits").start(credits=(2, 10, 2, 2, 4, 64))
    host.rc.switches = Switches(delay_clocks=200)
    dma = await _ready(host)
    host.card.credit_delay = 50
    await _some_transfers(host, dma, 4, 4000)
    for kind in ("posted", "nonposted"):
        assert host.card.ledgers[kind].situations["waited"] > 10, f"{kind} requests never waited"
    await host.finish()
