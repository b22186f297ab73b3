"""Finding the card: behind a root port, behind a switch; what its configuration space says."""

from __future__ import annotations

from typing import Any

import cocotb

import registers
from host import CARD_BYTES, EXPRESS, MSI, Host
from watchdog import DIRECTED

# Offset, mask, value: what a host must find. Identity as the card's README and `pcie::Identity` give it.
HEADER = [
    ("revision and class: other display controller", 0x08, 0xFFFF_FF00, 0x0380_0000),
    ("header type 0, one function", 0x0C, 0x00FF_0000, 0),
    ("capability list present", 0x04, 1 << 20, 1 << 20),
    ("no expansion ROM", 0x30, 0xFFFF_FFFF, 0),
]


async def _walk(host: Host) -> None:
    """Header, base registers and every capability."""
    device = host.device
    assert device.vendor_id not in (0, 0xFFFF) and device.device_id not in (0, 0xFFFF)
    for what, offset, mask, value in HEADER:
        found = await device.config_read_dword(offset)
        assert found & mask == value, f"{what}: {found:#010x}"
    assert device.bar_size[registers.BAR_MEMORY] == CARD_BYTES
    assert device.bar_raw[registers.BAR_MEMORY] & 0xF in (0x8, 0xC), "prefetchable memory"
    assert device.bar_size[registers.BAR_REGISTERS] == 1 << 16
    assert device.bar_raw[registers.BAR_REGISTERS] & 0xF == 0, "32 bits, not prefetchable"
    assert not any(device.bar_size[k] for k in (4, 5))
    found = dict(device.capabilities)
    assert {0x01, MSI, EXPRESS} <= set(found), f"capabilities {device.capabilities}"
    assert len(found) == len(device.capabilities), "each capability once"
    assert all(offset % 4 == 0 and 0x40 <= offset <= 0xFC for offset in found.values())
    express = await device.config_read_dword(found[EXPRESS])
    assert express >> 16 & 0xF == 2 and express >> 20 & 0xF == 0, "version 2, endpoint"
    link = await device.config_read_dword(found[EXPRESS] + 0x0C)
    assert link & 0x3FF == 0x011, f"2.5 GT/s by 1: {link:#x}"
    devcap = await device.config_read_dword(found[EXPRESS] + 4)
    assert devcap & 7 == 2, "payloads of up to 512 bytes"
    assert devcap >> 15 & 1, "role-based error reporting"


async def _extended(host: Host) -> dict[int, int]:
    """The extended list: known ids, forward pointers, the end reached."""
    device = host.device
    found: dict[int, int] = {}
    at = 0x100
    while at:
        head = await device.config_read_dword(at)
        if head == 0:
            break
        assert head != 0xFFFF_FFFF and at % 4 == 0 and at >= 0x100
        number, following = head & 0xFFFF, head >> 20
        assert number not in found and head >> 16 & 0xF in (1, 2)
        found[number] = at
        at = following & 0xFFC
        assert at not in found.values(), "the list is a loop"
    assert set(found) <= {0x0001, 0x0003}, f"unexpected extended capabilities {found}"
    return found


@cocotb.test(**DIRECTED)
async def behind_a_root_port(dut: Any) -> None:
    """A root port finds the card, sizes and places its windows; header and capabilities are as documented."""
    host = await Host(dut, "root").start()
    await _walk(host)
    dut._log.info("extended capabilities: %s", await _extended(host))
    assert await host.read32(registers.address("id", "MAGIC")) == 0x4C4D_5054
    await host.finish()


@cocotb.test(**DIRECTED)
async def behind_a_switch(dut: Any) -> None:
    """The same with two more buses in between; the card answers as the number it was given there."""
    host = await Host(dut, "switch").start(switch=True)
    assert host.device.pcie_id.bus == 3
    await _walk(host)
    await host.write_card(0x1000, bytes(range(200)))
    assert await host.read_card(0x1000, 200) == bytes(range(200))
    assert host.monitor.card_id == 3 << 8
    await host.finish()


@cocotb.test(**DIRECTED)
async def every_configuration_register_reads(dut: Any) -> None:
    """All 1024 DWs answer with success; bytes and words give the same as the DW."""
    host = await Host(dut, "all").start()
    whole = [await host.device.config_read_dword(4 * k) for k in range(0x40)]
    for k in range(0x40):
        by_bytes = [await host.device.config_read_byte(4 * k + b) for b in range(4)]
        assert int.from_bytes(bytes(by_bytes), "little") == whole[k], f"offset {4 * k:#x}"
    for k in range(0x40, 0x400):
        value = await host.device.config_read_dword(4 * k)
        assert value != 0xFFFF_FFFF, f"offset {4 * k:#x}"
    await host.finish()
