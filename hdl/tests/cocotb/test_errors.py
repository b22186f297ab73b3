"""What a card must refuse, drop or log (PCI Express Base Specification 2.0, 2.3.1 and 6.2)."""

from __future__ import annotations

from typing import Any

import cocotb

import packets
import registers
from host import Host
from packets import Packet, pack
from test_windows import OUTSIDE_REQUESTER, Outsider
from watchdog import DIRECTED

CORRECTABLE, NON_FATAL, FATAL, UNSUPPORTED = 1, 2, 4, 8
NOWHERE = 0x0000_1000


def _unsupported(bar: int) -> list[Packet]:
    """Non-posted requests that the card does not serve."""
    word = b"\x11\x22\x33\x44"
    return [
        Packet("MRd32", length=1, first_be=0xF, address=NOWHERE),
        Packet("MRd64", length=4, first_be=0xF, last_be=0xF, address=1 << 40),
        Packet("IORd", length=1, first_be=0xF, address=0x100),
        Packet("IOWr", length=1, first_be=0xF, address=0x100, payload=word),
        Packet("MRdLk32", length=1, first_be=0xF, address=bar),
        Packet("MRdLk64", length=1, first_be=0xF, address=1 << 40),
        Packet("CfgRd1", length=1, first_be=0xF, completer=0x0100),
        Packet("CfgWr1", length=1, first_be=0xF, completer=0x0100, payload=word),
        Packet("FetchAdd32", length=1, address=bar, payload=word),
        Packet("Swap32", length=1, address=bar, payload=word),
        Packet("CAS32", length=2, address=bar, payload=word + word),
    ]


@cocotb.test(**DIRECTED)
async def unsupported_requests_are_answered(dut: Any) -> None:
    """Each kind of request that the card does not know: Unsupported Request, and logged as an advisory error."""
    host = await Host(dut, "unsupported").start()
    outsider = Outsider(host)
    for tag, p in enumerate(_unsupported(host.bar(registers.BAR_MEMORY))):
        await host.clear_status()
        p.tag = tag
        (answer,) = await outsider.ask(p)
        assert answer.status == 1, f"{answer} to {p}"
        status = await host.device_status()
        assert status & UNSUPPORTED and not status & FATAL, f"status {status:04b} after {p}"
    await host.finish()


@cocotb.test(**DIRECTED)
async def other_functions_do_not_exist(dut: Any) -> None:
    """Configuration requests to functions 1 to 7: Unsupported Request; the card keeps its own number."""
    host = await Host(dut, "functions").start()
    outsider = Outsider(host)
    for function in range(1, 8):
        p = Packet("CfgRd0", length=1, first_be=0xF, completer=host.monitor.card_id | function, tag=function)
        (answer,) = await outsider.ask(p)
        assert answer.status == 1, answer
    assert await host.read32(registers.address("id", "MAGIC")) == 0x4C4D_5054
    await host.finish()


@cocotb.test(**DIRECTED)
async def posted_requests_to_nowhere_are_dropped(dut: Any) -> None:
    """Writes outside the windows change nothing, get no answer, and are logged."""
    host = await Host(dut, "dropped").start()
    await host.clear_status()
    word = b"\x55" * 4
    before = await host.read_card(0, 64)
    for p in (
        Packet("MWr32", length=1, first_be=0xF, address=NOWHERE, payload=word),
        Packet("MWr64", length=1, first_be=0xF, address=(1 << 40) + host.bar(registers.BAR_MEMORY), payload=word),
    ):
        await host.clear_status()
        await host.card.inject(p)
        await host.wire.clocks(100)
        status = await host.device_status()
        assert status & UNSUPPORTED and not status & FATAL, f"status {status:04b} after {p}"
    assert await host.read_card(0, 64) == before
    await host.finish()


@cocotb.test(**DIRECTED)
async def space_enable_bits_close_the_windows(dut: Any) -> None:
    """Memory Space Enable off: reads are refused, writes dropped; on again: as before."""
    host = await Host(dut, "closed").start()
    outsider = Outsider(host)
    await host.write_card(0x10, b"\x77" * 4)
    bar = host.bar(registers.BAR_MEMORY)
    command = await host.device.config_read_word(4)
    await host.device.config_write_word(4, command & ~2)
    for index in (registers.BAR_MEMORY, registers.BAR_REGISTERS):
        (answer,) = await outsider.ask(Packet("MRd32", length=1, first_be=0xF, address=host.bar(index), tag=index))
        assert answer.status == 1
    await host.card.inject(Packet("MWr32", length=1, first_be=0xF, address=bar + 0x10, payload=b"\x88" * 4))
    await host.device.config_write_word(4, command)
    assert await host.read_card(0x10, 4) == b"\x77" * 4
    await host.finish()


@cocotb.test(**DIRECTED)
async def poisoned_writes_are_not_used(dut: Any) -> None:
    """Poisoned memory write: dropped and logged. Poisoned configuration write: refused, register unchanged."""
    host = await Host(dut, "poisoned").start()
    outsider = Outsider(host)
    await host.write_card(0x20, b"\x01" * 8)
    await host.clear_status()
    bar = host.bar(registers.BAR_MEMORY)
    await host.card.inject(
        Packet("MWr32", length=2, first_be=0xF, last_be=0xF, address=bar + 0x20, payload=b"\xee" * 8, poisoned=True)
    )
    assert await host.read_card(0x20, 8) == b"\x01" * 8
    assert await host.device_status() & (CORRECTABLE | NON_FATAL)
    line = await host.device.config_read_dword(0x3C)
    p = Packet("CfgWr0", length=1, first_be=1, completer=host.monitor.card_id, address=0x3C, payload=b"\x5a" * 4, poisoned=True)
    (answer,) = await outsider.ask(p)
    assert answer.status == 1
    assert await host.device.config_read_dword(0x3C) == line
    await host.finish()


@cocotb.test(**DIRECTED)
async def digests_are_stripped(dut: Any) -> None:
    """Packets with an end-to-end CRC, which the card does not check, are served as without."""
    host = await Host(dut, "digest").start()
    outsider = Outsider(host)
    bar = host.bar(registers.BAR_MEMORY)
    await host.clear_status()
    p = Packet("MWr32", length=2, first_be=0xF, last_be=0xF, address=bar + 0x30, payload=b"\x12\x34\x56\x78" * 2, digest=True)
    await host.card.inject(p)
    (answer,) = await outsider.ask(Packet("MRd32", length=2, first_be=0xF, last_be=0xF, address=bar + 0x30, digest=True))
    assert answer.payload == p.payload
    assert await host.device_status() == 0
    await host.finish()


@cocotb.test(**DIRECTED)
async def messages(dut: Any) -> None:
    """Known messages are taken in silence, unknown ones logged; PME_Turn_Off may be acknowledged, nothing else is."""
    host = await Host(dut, "messages").start()
    cases = [
        (Packet("Msg", code=packets.UNLOCK, routing=3), False),
        (Packet("Msg", code=packets.VENDOR_1, routing=4), False),
        (Packet("MsgD", code=packets.SET_SLOT_POWER_LIMIT, routing=4, length=1, payload=b"\x19\0\0\0"), False),
        (Packet("Msg", code=packets.VENDOR_0, routing=4), True),
        (Packet("Msg", code=0x3F, routing=4), True),
    ]
    for p, logged in cases:
        await host.clear_status()
        await host.card.inject(p)
        await host.wire.clocks(60)
        status = await host.device_status()
        assert bool(status & UNSUPPORTED) == logged, f"status {status:04b} after {p}"
        assert not status & FATAL
    assert not host.card.messages
    await host.card.inject(Packet("Msg", code=packets.PME_TURN_OFF, routing=3))
    await host.wire.clocks(200)
    codes = [m.code for m in host.card.messages]
    assert codes in ([], [packets.PME_TO_ACK]), codes
    await host.finish()


def _malformed(bar: int) -> list[tuple[str, bytes]]:
    good = Packet("MWr32", length=4, first_be=0xF, last_be=0xF, address=bar + 0x80, payload=bytes(16))
    short = pack(Packet(**{**vars(good), "payload": bytes(12)}))
    long = pack(Packet(**{**vars(good), "payload": bytes(20)}))
    crossing = pack(Packet(**{**vars(good), "address": bar + 0x1000 - 8}))
    reading = Packet("MRd32", length=4, first_be=0xF, last_be=0xF, address=bar + 0x1000 - 8)
    big = pack(Packet(**{**vars(good), "length": 150, "payload": bytes(600)}))
    prefix = bytes([0x80]) + pack(good)[1:]
    kind = bytes([0x5F]) + pack(good)[1:]
    return [
        ("fewer DWs than announced", short),
        ("more DWs than announced", long),
        ("write across 4 KiB", crossing),
        ("read across 4 KiB", pack(reading)),
        ("payload above the limit", big),
        ("prefix", prefix),
        ("unknown type", kind),
        ("header alone of a write", pack(good)[:12]),
    ]


@cocotb.test(**DIRECTED)
async def malformed_packets_are_dropped(dut: Any) -> None:
    """Each malformed packet: fatal error logged, no answer, and the next request is served."""
    host = await Host(dut, "malformed").start()
    bar = host.bar(registers.BAR_MEMORY)
    for what, data in _malformed(bar):
        await host.clear_status()
        await host.wire.clocks(300)
        host.card.force(data)
        await host.wire.clocks(200)
        status = await host.device_status()
        assert status & FATAL, f"{what}: status {status:04b}"
        mark = host.rng.randbytes(4)
        await host.write_card(0x200, mark)
        assert await host.read_card(0x200, 4) == mark, what
    await host.finish()


@cocotb.test(**DIRECTED)
async def unexpected_completions_are_dropped(dut: Any) -> None:
    """Completions that nobody asked for: no memory changes, nothing wedges."""
    host = await Host(dut, "unexpected").start()
    before = await host.read_card(0, 256)
    for tag in range(32):
        answer = Packet(
            "CplD", length=4, byte_count=16, requester=host.monitor.card_id, tag=tag, payload=b"\xbb" * 16, lower_address=0
        )
        host.card.force(pack(answer))
    await host.wire.clocks(400)
    assert await host.read_card(0, 256) == before
    assert await host.read32(registers.address("dma", "UNEXPECTED")) == 32
    await host.finish()


@cocotb.test(**DIRECTED)
async def low_power_state_closes_the_card(dut: Any) -> None:
    """D3hot: memory refused, configuration served; D0: served again."""
    host = await Host(dut, "power").start()
    outsider = Outsider(host)
    bar = host.bar(registers.BAR_MEMORY)
    control = dict(host.device.capabilities)[1] + 4
    await host.device.config_write_word(control, 3)
    (answer,) = await outsider.ask(Packet("MRd32", length=1, first_be=0xF, address=bar, tag=1))
    assert answer.status == 1
    assert await host.device.config_read_word(0) == host.device.vendor_id
    await host.device.config_write_word(control, 0)
    await host.wire.clocks(100)
    command = await host.device.config_read_word(4)
    if not command & 2:
        # No_Soft_Reset is clear: the card lost its configuration, as the specification allows.
        return
    (answer,) = await outsider.ask(Packet("MRd32", length=1, first_be=0xF, address=bar, tag=2))
    assert answer.status == 0
    assert OUTSIDE_REQUESTER == answer.requester
    await host.finish()
