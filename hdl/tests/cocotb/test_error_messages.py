"""ERR_COR, ERR_NONFATAL and ERR_FATAL at the root port (PCI Express Base Specification 2.0, 2.2.8.3 and 6.2)."""

from __future__ import annotations

from typing import Any, Awaitable, Callable

import cocotb

from host import EXPRESS, Host
from packets import ERR_COR, ERR_FATAL, ERR_NONFATAL, Packet, pack
import registers
from test_errors import NOWHERE
from test_windows import Outsider
from watchdog import DIRECTED

DEVICE_CONTROL = 8
COMMAND, SERR = 4, 1 << 8
# Advanced error reporting.
UNCORRECTABLE_STATUS, UNCORRECTABLE_MASK, SEVERITY = 0x104, 0x108, 0x10C
CORRECTABLE_STATUS, CORRECTABLE_MASK = 0x110, 0x114
ADVISORY, POISONED, UNEXPECTED, MALFORMED, UNSUPPORTED = 13, 12, 16, 18, 20
# Reporting bits of device control.
COR, NONFATAL, FATAL, REQUEST = 1, 2, 4, 8
SETTLED_CLOCKS = 200

Cause = Callable[[Host, Outsider], Awaitable[None]]


async def _read_nowhere(host: Host, outsider: Outsider) -> None:
    (answer,) = await outsider.ask(Packet("MRd32", length=1, first_be=0xF, address=NOWHERE))
    assert answer.status == 1


async def _write_nowhere(host: Host, outsider: Outsider) -> None:
    await host.card.inject(Packet("MWr32", length=1, first_be=0xF, address=NOWHERE, payload=bytes(4)))


async def _poisoned_write(host: Host, outsider: Outsider) -> None:
    bar = host.bar(registers.BAR_MEMORY)
    await host.card.inject(Packet("MWr32", length=1, first_be=0xF, address=bar, payload=bytes(4), poisoned=True))


async def _unexpected_completion(host: Host, outsider: Outsider) -> None:
    p = Packet("CplD", length=1, byte_count=4, requester=host.monitor.card_id, tag=5, payload=bytes(4))
    host.card.force(pack(p))


async def _malformed(host: Host, outsider: Outsider) -> None:
    bar = host.bar(registers.BAR_MEMORY)
    host.card.force(pack(Packet("MWr32", length=2, first_be=0xF, last_be=0xF, address=bar, payload=bytes(4))))


CAUSES: dict[str, tuple[Cause, int]] = {
    "read of nowhere": (_read_nowhere, UNSUPPORTED),
    "unexpected completion": (_unexpected_completion, UNEXPECTED),
    "write to nowhere": (_write_nowhere, UNSUPPORTED),
    "poisoned write": (_poisoned_write, POISONED),
    "malformed write": (_malformed, MALFORMED),
}


async def _start(dut: Any, name: str, switch: bool = False) -> tuple[Host, Outsider]:
    """A machine whose card reports advisory errors too, which reset masks."""
    host = await Host(dut, name).start(switch=switch)
    await host.device.config_write_dword(CORRECTABLE_MASK, 0)
    return host, Outsider(host)


async def _enable(host: Host, reporting: int, serr: bool = False) -> None:
    control = await host.device.capability_read_word(EXPRESS, DEVICE_CONTROL)
    await host.device.capability_write_word(EXPRESS, DEVICE_CONTROL, control & ~0xF | reporting)
    command = await host.device.config_read_word(COMMAND)
    await host.device.config_write_word(COMMAND, command & ~SERR | (SERR if serr else 0))


async def _strike(host: Host, outsider: Outsider, what: str, logged: bool = True) -> list[int]:
    """Codes of the messages that one error brings; its bit must be set, or not when not `logged`, and is cleared."""
    cause, bit = CAUSES[what]
    host.card.messages.clear()
    await cause(host, outsider)
    await host.wire.clocks(SETTLED_CLOCKS)
    status = await host.device.config_read_dword(UNCORRECTABLE_STATUS)
    assert status == logged << bit, f"{what}: status {status:08x}"
    await host.device.config_write_dword(UNCORRECTABLE_STATUS, 0xFFFF_FFFF)
    await host.device.config_write_dword(CORRECTABLE_STATUS, 0xFFFF_FFFF)
    await host.clear_status()
    for message in host.card.messages:
        assert message.requester == host.monitor.card_id, f"{what}: requester {message.requester:04x}"
        # Routed to the root complex; the rest of the header is the monitor's.
        assert message.routing == 0, message
    return [message.code for message in host.card.messages]


@cocotb.test(**DIRECTED)
@cocotb.parametrize(switch=[False, True])
async def each_error_sends_its_message_with_the_cards_number(dut: Any, switch: bool) -> None:
    """All reporting on: one message an error, of its kind, from the card's requester id, behind a root port and a switch."""
    host, outsider = await _start(dut, "err messages", switch)
    await _enable(host, COR | NONFATAL | FATAL | REQUEST)
    numbers = set()
    for what, code in (
        ("read of nowhere", ERR_COR),
        ("unexpected completion", ERR_COR),
        ("write to nowhere", ERR_NONFATAL),
        ("poisoned write", ERR_NONFATAL),
        ("malformed write", ERR_FATAL),
    ):
        assert await _strike(host, outsider, what) == [code], what
        numbers.add(host.card.messages[0].requester)
    assert len(numbers) == 1 and numbers != {0}, numbers
    await host.finish()


@cocotb.test(**DIRECTED)
async def each_enable_lets_its_messages_through_and_no_other(dut: Any) -> None:
    """No message with all enables off; each reporting bit and SERR# alone; the error's bit is set every time."""
    host, outsider = await _start(dut, "err enables")
    # Device control 3:0, SERR#, and the messages of each cause, in their order above.
    cases: list[tuple[int, bool, list[list[int]]]] = [
        (0, False, [[], [], [], [], []]),
        (0, True, [[], [], [ERR_NONFATAL], [ERR_NONFATAL], [ERR_FATAL]]),
        (REQUEST, False, [[], [], [], [], []]),
        (COR, False, [[], [ERR_COR], [], [], []]),
        (COR | REQUEST, False, [[ERR_COR], [ERR_COR], [], [], []]),
        (NONFATAL, False, [[], [], [], [ERR_NONFATAL], []]),
        (NONFATAL | REQUEST, False, [[], [], [ERR_NONFATAL], [ERR_NONFATAL], []]),
        (FATAL, False, [[], [], [], [], [ERR_FATAL]]),
    ]
    for reporting, serr, expected in cases:
        await _enable(host, reporting, serr)
        for what, codes in zip(CAUSES, expected, strict=True):
            got = await _strike(host, outsider, what)
            assert got == codes, f"{what} with {reporting:04b}, SERR# {serr}: {got}"
    await host.finish()


@cocotb.test(**DIRECTED)
async def severity_and_mask_choose_the_message(dut: Any) -> None:
    """Severity turned round turns ERR_NONFATAL and ERR_FATAL round, and an advisory error into a fatal one; masked: none."""
    host, outsider = await _start(dut, "err severity")
    await _enable(host, COR | NONFATAL | FATAL | REQUEST)
    usual = await host.device.config_read_dword(SEVERITY)
    await host.device.config_write_dword(SEVERITY, 1 << POISONED | 1 << UNEXPECTED | 1 << UNSUPPORTED)
    turned = [[ERR_FATAL], [ERR_FATAL], [ERR_FATAL], [ERR_FATAL], [ERR_NONFATAL]]
    for what, codes in zip(CAUSES, turned, strict=True):
        assert await _strike(host, outsider, what) == codes, what
    await host.device.config_write_dword(SEVERITY, usual)
    # The mask of an advisory error is its own (6.2.3.2.4); the uncorrectable one keeps only its header out of the log.
    masked = [[ERR_COR], [ERR_COR], [], [], []]
    for (what, (_, bit)), codes in zip(CAUSES.items(), masked, strict=True):
        await host.device.config_write_dword(UNCORRECTABLE_MASK, 1 << bit)
        assert await _strike(host, outsider, what) == codes, f"{what}, masked"
    await host.device.config_write_dword(UNCORRECTABLE_MASK, 0)
    await host.device.config_write_dword(CORRECTABLE_MASK, 1 << ADVISORY)
    for what in ("read of nowhere", "unexpected completion"):
        assert await _strike(host, outsider, what, logged=False) == [], f"{what}, advisory errors masked"
    await host.finish()
