"""Interrupts: MSI with one and several vectors, and INTx messages where the card has them."""

from __future__ import annotations

from typing import Any

import cocotb
from cocotb.triggers import First, Timer

import packets
import registers
from dma import TO_HOST, Dma, Transfer
from host import MSI, Host
from watchdog import DIRECTED

TEST_BITS = {
    # Block: bit of its first event, bit in the `irq` block.
    "dma": (0, "DMA"),
    "crtc": (0, "CRTC"),
    "plane": (0, "PLANE"),
    "sem": (0, "SEM"),
}


async def _raise(host: Host, block: str) -> None:
    """Raises one block's event through its test register."""
    await host.write32(registers.address(block, "INTR_ENABLE"), 1)
    await host.write32(registers.address(block, "INTR_TEST"), 1)


async def _lower(host: Host, block: str) -> None:
    await host.write32(registers.address(block, "INTR_STATE"), 1)


async def _message(host: Host, vector: int, limit_ns: int = 20_000) -> bool:
    """Whether the vector's message comes in time."""
    event = host.device.msi_vectors[vector].event
    await First(event.wait(), Timer(limit_ns, "ns"))
    came = event.is_set()
    event.clear()
    return bool(came)


async def _enable(host: Host, block: str) -> None:
    await host.write32(registers.address("irq", "ENABLE"), 1 << registers.bit("irq", "ENABLE", TEST_BITS[block][1]))


@cocotb.test(**DIRECTED)
async def one_vector(dut: Any) -> None:
    """Each block's event sends one message; no second one until re-armed; one at once when still pending."""
    host = await Host(dut, "msi").start()
    assert await host.device.alloc_irq_vectors(1, 1) == 1
    sent = 0
    for block in TEST_BITS:
        await _enable(host, block)
        await _raise(host, block)
        assert await _message(host, 0), f"no message of {block}"
        assert not await _message(host, 0, 5_000), "a second message without re-arming"
        await host.write32(registers.address("irq", "REARM"), 1)
        assert await _message(host, 0), "still pending, so re-arming sends at once"
        await _lower(host, block)
        await host.write32(registers.address("irq", "REARM"), 1)
        assert not await _message(host, 0, 5_000), "nothing is pending"
        sent += 2
    assert await host.read32(registers.address("irq", "MSI_COUNT")) == sent
    await host.finish()


@cocotb.test(**DIRECTED)
async def message_behind_data(dut: Any) -> None:
    """A finished transfer to the host: its data is in memory when its message arrives."""
    host = await Host(dut, "order").start()
    assert await host.device.alloc_irq_vectors(1, 1) == 1
    dma = Dma(host, bytearray(host.rng.randbytes(0x1000)))
    dma.fill_host()
    await host.write_card(0, bytes(dma.card_image))
    await _enable(host, "dma")
    await host.write32(registers.address("dma", "INTR_ENABLE"), 3)
    host.wire.stall(tx=100, burst=8)
    for k in range(20):
        table = dma.random_table(k, 3000)
        await dma.load(table)
        t = Transfer(table, TO_HOST, host.rng.randrange(64), min(2000, table.total))
        await dma.submit(t)
        assert await _message(host, 0, 400_000), "no message"
        dma.expect(t)
        dma.check_host()
        await host.write32(registers.address("dma", "INTR_STATE"), 3)
        await host.write32(registers.address("irq", "REARM"), 1)
    await host.finish()


@cocotb.test(**DIRECTED)
async def no_message_without_permission(dut: Any) -> None:
    """Bus mastering off, or MSI off, holds the message back; it is not lost."""
    host = await Host(dut, "permission").start()
    assert await host.device.alloc_irq_vectors(1, 1) == 1
    await _enable(host, "sem")
    await host.device.clear_master()
    host.monitor.bus_master = False
    await _raise(host, "sem")
    assert not await _message(host, 0, 5_000)
    host.monitor.bus_master = True
    await host.device.set_master()
    assert await _message(host, 0), "held back, then sent"
    await host.finish()


@cocotb.test(**DIRECTED)
async def several_vectors(dut: Any) -> None:
    """Four messages allowed: each block on the vector that VECTOR_MAP gives it; two allowed: modulo two."""
    host = await Host(dut, "vectors").start()
    control = dict(host.device.capabilities)[MSI] + 2
    assert (await host.device.config_read_word(control)) >> 1 & 7 == 2, "the capability offers four messages"
    await host.device.alloc_irq_vectors(4, 4)
    mapping = {"dma": 1, "crtc": 2, "plane": 3, "sem": 0}
    value = sum(v << registers.bit("irq", "VECTOR_MAP", TEST_BITS[block][1]) for block, v in mapping.items())
    await host.write32(registers.address("irq", "VECTOR_MAP"), value)
    for log2 in (2, 1, 0):
        word = await host.device.config_read_word(control)
        await host.device.config_write_word(control, word & ~0x70 | log2 << 4)
        for block, vector in mapping.items():
            await _enable(host, block)
            await _raise(host, block)
            expected = vector % (1 << log2)
            assert await _message(host, expected), f"no message of {block} on {expected}, {1 << log2} allowed"
            others = [v for v in range(4) if v != expected and host.device.msi_vectors[v].event.is_set()]
            assert not others, f"{block} also on {others}"
            await _lower(host, block)
            await host.write32(registers.address("irq", "REARM"), 0xF)
    await host.finish()


@cocotb.test(**DIRECTED)
async def legacy_messages(dut: Any) -> None:
    """Without MSI: Assert_INTA when an event rises, Deassert_INTA when it is cleared, none while disabled."""
    host = await Host(dut, "intx").start()
    pin = await host.device.config_read_byte(0x3D)
    assert pin == 1, "interrupt pin A"

    async def expect(codes: list[int]) -> None:
        await host.wire.clocks(200)
        assert [m.code for m in host.card.messages] == codes, host.card.messages
        host.card.messages.clear()

    await _enable(host, "sem")
    await expect([])
    await _raise(host, "sem")
    await expect([packets.ASSERT_INTA])
    assert await host.device.config_read_word(6) & 8, "interrupt status"
    await _lower(host, "sem")
    await expect([packets.DEASSERT_INTA])
    assert not await host.device.config_read_word(6) & 8
    # Interrupt Disable takes an asserted interrupt back.
    await _raise(host, "sem")
    await expect([packets.ASSERT_INTA])
    command = await host.device.config_read_word(4)
    await host.device.config_write_word(4, command | 1 << 10)
    await expect([packets.DEASSERT_INTA])
    await host.device.config_write_word(4, command)
    await expect([packets.ASSERT_INTA])
    await host.finish()
