"""Everything at once, at random, until enough DWs have moved; then what was hit is shown, and nothing may be missing.

The run repeats exactly for a seed. LUMENPORT_SEED gives it, LUMENPORT_BEATS the number of DWs on both streams together;
LUMENPORT_COVERAGE=0 lets a short run end with empty cells.
"""

from __future__ import annotations

import os
from itertools import cycle, product
from typing import Any

import cocotb
from cocotb.task import Task

import registers
from completer import ILLEGAL_FAULTS, LEGAL_FAULTS, Switches
from coverage import BAD_PACKETS, KINDS, Coverage
from dma import TO_CARD, TO_HOST, Dma, Table, Transfer
from host import Host, seed
from packets import SET_SLOT_POWER_LIMIT, VENDOR_1, Packet, byte_enables, enabled_bytes, enabled_span
from test_windows import OUTSIDE_REQUESTER, Outsider, payload
from watchdog import random_limit

# Card memory: the engine's part and the host's part, so that both can be known to the byte.
ENGINE_BYTES = 0x6000
HOST_AT = 0x10000
HOST_BYTES = 0x2000
# Written and read with digests; nobody else is there.
DIGEST_AT = HOST_AT + HOST_BYTES
# From a request to its last byte: all 32 tags of 512 bytes over a stream that is stalled most of the time.
TIMEOUT_CLOCKS = 40_000
PHASE_BEATS = 40_000
PAYLOADS = (128, 256, 512)
ODDITIES = "MRd64 IORd IOWr MRdLk32 CfgRd1 FetchAdd32 MWr64 Msg MsgD long scratch config digest bad".split()
# Credits of the root port: enough to go on, few enough that the card waits for each kind now and then.
CREDITS = (8, 40, 8, 8, 8, 64)
BEATS = int(os.environ.get("LUMENPORT_BEATS", "2000000"))


class Run:
    """State of one random run."""

    def __init__(self, host: Host) -> None:
        self.host = host
        payloads = tuple(p for p in PAYLOADS if p <= 128 << host.device.pcie_mpss)
        self.coverage = coverage = Coverage(payloads)
        self.dma = Dma(host, bytearray(host.rng.randbytes(ENGINE_BYTES)))
        self.outsider = Outsider(host)
        self.image = bytearray(host.rng.randbytes(HOST_BYTES))
        self.stop = False
        self.transfers = 0
        self.spoil = False
        self.faults = cycle([*LEGAL_FAULTS, *ILLEGAL_FAULTS])
        self.limits = cycle((p, r) for p in payloads for r in (512, 128, 256))
        self.boundaries = cycle(product((False, True), (64, 128)))
        self.stalls = cycle(product((0, 20, 0, 120), (0, 20, 120)))
        self.bad = cycle(BAD_PACKETS)
        self.credit_delays = cycle((0, 400, 60))
        host.rc.switches = Switches(
            reorder=True, interleave=True, random_split=True, delay_clocks=200, fault=self._fault
        )
        host.card.observers.append(lambda p, _: coverage.from_card(p, self._is_msi(p)))
        host.card.host_observers.append(coverage.to_card)

    def _is_msi(self, p: Packet) -> bool:
        return p.kind.startswith("MWr") and p.address == self.host.rc.msi_region.get_absolute_address(0)

    def _fault(self, _: Any) -> str | None:
        if not self.spoil or self.host.rng.random() > 0.3:
            return None
        self.spoil = False
        return next(self.faults)

    async def prepare(self) -> None:
        """Known contents everywhere."""
        self.dma.fill_host()
        await self.host.write_card(0, bytes(self.dma.card_image))
        await self.host.write_card(HOST_AT, bytes(self.image))
        await self.host.write32(registers.address("dma", "TIMEOUT_CYCLES"), TIMEOUT_CLOCKS)
        assert await self.host.device.alloc_irq_vectors(1, 1) == 1
        await self.host.write32(registers.address("irq", "ENABLE"), 1 << registers.bit("irq", "ENABLE", "DMA"))
        await self.host.write32(registers.address("dma", "INTR_ENABLE"), 3)

    async def engine(self) -> None:
        """Transfers: most right, some refused, some spoiled, some stopped."""
        host, dma, rng = self.host, self.dma, self.host.rng
        while not self.stop:
            table = dma.random_table(rng.randrange(32), rng.choice([40, 600, 4000, 16000]))
            await dma.load(table, rng.randrange(1024))
            for _ in range(rng.randint(1, 4)):
                t = dma.random_transfer(table, 0, ENGINE_BYTES)
                if rng.random() < 0.2:
                    t.length, t.rows = rng.randint(1, 4), 1
                action = rng.choices(["good", "refuse", "spoil", "abort", "release"], [60, 10, 14, 5, 6])[0]
                if action == "refuse":
                    await self._refused(table, t)
                elif action == "good":
                    await self._good(t)
                else:
                    if action == "spoil":
                        t.direction = TO_CARD
                    await self._disturbed(table, t, action)
                await host.write32(registers.address("dma", "INTR_STATE"), 3)
                await host.write32(registers.address("irq", "REARM"), 1)
                self.transfers += 1
                host.check()
                if action == "release":
                    break

    def _count(self, t: Transfer, code: str) -> None:
        self.coverage.hit("results", code)
        if code == "Ok":
            self.coverage.hit("direction", "to card" if t.direction == TO_CARD else "to host")
            self.coverage.hit("card address in 8 bytes", str(t.card_address % 8))
            address, _ = t.table.byte_addresses(t.offset, 1)[0]
            self.coverage.hit("host address in 8 bytes", str(address % 8))

    async def _good(self, t: Transfer) -> None:
        outcome = await self.dma.run(t)
        assert outcome.code == "Ok" and outcome.bytes_done == t.length * t.rows, f"{outcome} for {t}"
        self.dma.expect(t)
        self._count(t, outcome.code)

    async def _refused(self, table: Table, t: Transfer) -> None:
        code = self.host.rng.choice(["StaleHandle", "NoRight", "Range", "Parameter"])
        if code == "StaleHandle":
            t.generation = table.generation ^ 0x8000
        elif code == "NoRight":
            self.dma.generation += 1
            narrow = Table(table.slot, self.dma.generation, table.elements, rights=2 - t.direction)
            await self.dma.load(narrow, self.host.rng.randrange(1024))
            t.table = narrow
        elif code == "Range":
            t.offset += t.table.total
        else:
            t.rows = 0
        outcome = await self.dma.run(t)
        assert outcome.code == code, f"{outcome} instead of {code} for {t}"
        self._count(t, code)
        if code == "NoRight":
            await self.dma.load(table, self.host.rng.randrange(1024))

    async def _disturbed(self, table: Table, t: Transfer, action: str) -> None:
        """A transfer that may end badly: bytes at its destination are old or right, all others untouched."""
        host, dma = self.host, self.dma
        before = bytes(dma.card_image)
        low, high = bytes(dma.low_image), bytes(dma.high_image)
        self.spoil = action == "spoil"
        await dma.submit(t)
        if action != "spoil":
            await host.wire.clocks(host.rng.randrange(1, 600))
            await (dma.abort() if action == "abort" else dma.release(table))
        outcome = await dma.wait()
        self.spoil = False
        self._count(t, outcome.code)
        dma.expect(t)
        await self._settle()
        if outcome.code == "Ok":
            return
        if t.direction == TO_CARD:
            await self._take_card(before)
        else:
            self._take_host(low, dma.low_image, host.low)
            self._take_host(high, dma.high_image, host.high)

    async def _settle(self) -> None:
        """Every answer is out, the late ones too, so that no tag stays lost."""
        host = self.host
        while not host.rc.idle():
            await host.wire.clocks(40)
        host.rc.send_late()
        await host.wire.clocks(60)
        # Answers that never came: their tags are the engine's loss, not its fault.
        while host.wire.backlog:
            await host.wire.clocks(40)
        for tag, p in list(host.monitor.reads.items()):
            await self._forgive(tag, p)

    async def _forgive(self, tag: int, p: Packet) -> None:
        """Refuses a read that was dropped or answered wrongly, as a host would do at the very last."""
        _, count = enabled_span(p.length, p.first_be, p.last_be)
        await self.host.card.inject(Packet("Cpl", requester=p.requester, tag=tag, status=1, byte_count=count))
        await self.host.wire.clocks(40)

    async def _take_card(self, before: bytes) -> None:
        found = await self.host.read_card(0, ENGINE_BYTES)
        right = bytes(self.dma.card_image)
        if found != right:
            wrong = [k for k in range(ENGINE_BYTES) if found[k] not in (before[k], right[k])]
            assert not wrong, f"foreign bytes in the card at {wrong[:8]}"
        self.dma.card_image[:] = found

    def _take_host(self, before: bytes, image: bytearray, memory: Any) -> None:
        found = bytes(memory[0 : len(image)])
        if found != bytes(image):
            wrong = [k for k in range(len(image)) if found[k] not in (before[k], image[k])]
            assert not wrong, f"foreign bytes in the host at {wrong[:8]}"
        image[:] = found

    async def windows(self) -> None:
        """Single requests to the host's part of card memory, every kind of enables, checked at once."""
        host, rng = self.host, self.host.rng
        bar = host.bar(registers.BAR_MEMORY) + HOST_AT
        limit = host.monitor.max_payload // 4
        while not self.stop:
            at = rng.randrange(0, HOST_BYTES - 512)
            count = rng.choice([rng.randint(0, 4), rng.randint(1, 40), rng.randint(1, 4 * limit - 4)])
            count = min(count, 4096 - at % 4096)
            length, first, last = byte_enables(at, count)
            if length == 1:
                first = rng.randrange(16)
            fields = {"length": length, "first_be": first, "last_be": last, "address": bar + (at & ~3)}
            p = Packet(**fields)
            if rng.random() < 0.5:
                data = rng.randbytes(4 * length)
                await host.card.inject(Packet("MWr32", requester=OUTSIDE_REQUESTER, payload=data, **fields))
                for k in enabled_bytes(p):
                    self.image[(at & ~3) + k] = data[k]
            parts = await self.outsider.ask(Packet("MRd32", tag=rng.randrange(16), **fields), 400_000)
            data = payload(parts)
            touched = enabled_bytes(p)
            start = parts[0].lower_address & 3
            wrong = [k for k in touched if data[k - start] != self.image[(at & ~3) + k]]
            assert not wrong, f"window: bytes {wrong[:8]} of {p}"
            await host.wire.clocks(rng.randrange(60))

    async def oddities(self) -> None:
        """What a card must refuse or ignore, and long reads, between everything else."""
        host, rng = self.host, self.host.rng
        tag = 0
        word = b"\x11\x22\x33\x44"
        while not self.stop:
            tag = 16 + (tag + 1) % 16
            bar = host.bar(registers.BAR_MEMORY)
            kind = rng.choice(ODDITIES)
            if kind == "long":
                at = rng.randrange(HOST_BYTES // 2)
                data = await self.outsider.read(bar + HOST_AT + at, rng.randint(1, 4096 - at % 4096), tag)
                assert data
            elif kind == "scratch":
                value = rng.getrandbits(32)
                await host.write32(registers.address("id", "SCRATCH"), value)
                assert await host.read32(registers.address("id", "SCRATCH")) == value
            elif kind == "config":
                line = rng.getrandbits(8)
                await host.device.config_write_byte(0x3C, line)
                assert await host.device.config_read_byte(0x3C) == line
            elif kind == "digest":
                await self._digest(bar + DIGEST_AT + 4 * rng.randrange(64), tag)
            elif kind == "bad":
                await self._bad(bar + HOST_AT, next(self.bad))
            elif kind == "Msg":
                await host.card.inject(Packet("Msg", code=VENDOR_1, routing=4))
            elif kind == "MsgD":
                await host.card.inject(Packet("MsgD", code=SET_SLOT_POWER_LIMIT, routing=4, length=1, payload=word))
            elif kind == "MWr64":
                p = Packet("MWr64", length=1, first_be=0xF, address=1 << 40, payload=word, requester=OUTSIDE_REQUESTER)
                await host.card.inject(p)
            else:
                data = word if kind in ("IOWr", "FetchAdd32") else b""
                address = 1 << 40 if kind == "MRd64" else 0x100
                p = Packet(kind, length=1, first_be=0xF, address=address, tag=tag, payload=data, completer=0x0100)
                (answer,) = await self.outsider.ask(p, 400_000)
                assert answer.status == 1, answer
            await host.wire.clocks(rng.randrange(100, 500))

    async def _digest(self, address: int, tag: int) -> None:
        """Writes and reads with the digest that the card strips."""
        word = self.host.rng.randbytes(4)
        fields = {"length": 1, "first_be": 0xF, "address": address, "digest": True}
        await self.host.card.inject(Packet("MWr32", requester=OUTSIDE_REQUESTER, payload=word, **fields))
        parts = await self.outsider.ask(Packet("MRd32", tag=tag, **fields), 400_000)
        assert payload(parts) == word, parts
        self.coverage.hit("digest", "write")
        self.coverage.hit("digest", "read")

    async def _bad(self, memory: int, what: str) -> None:
        """A packet that must change nothing; memory is compared all the time."""
        host, limit = self.host, self.host.monitor.max_payload
        p = Packet("MWr32", length=4, first_be=0xF, last_be=0xF, address=memory, payload=bytes(16))
        p.requester = OUTSIDE_REQUESTER
        if what == "poisoned write":
            p.poisoned = True
        elif what == "write across 4 KiB":
            p.address += 0x1000 - 8
        elif what == "read across 4 KiB":
            p.kind, p.payload, p.address, p.tag = "MRd32", b"", memory + 0x1000 - 8, 0x40
        elif what == "payload above the limit":
            p.length, p.payload = limit // 4 + 1, bytes(limit + 4)
        elif what == "unknown message":
            p = Packet("Msg", code=0x3F, routing=4)
        elif what == "stray completion":
            requester, tag = host.monitor.card_id, 0x80 | host.rng.randrange(32)
            p = Packet("CplD", length=4, byte_count=16, requester=requester, tag=tag, payload=bytes(16))
        await host.card.lie(p)
        self.coverage.hit("bad packets to card", what)

    async def phase(self, beats: int) -> None:
        """All of it for a while, then everything compared."""
        host, rng = self.host, self.host.rng
        payload_limit, read = next(self.limits)
        await host.set_payload(payload_limit)
        all_boundaries, boundary = next(self.boundaries)
        await host.configure(read=read, boundary=boundary, all_boundaries=all_boundaries)
        host.rc.switches.delay_clocks = rng.choice([0, 50, 300])
        host.card.credit_delay = next(self.credit_delays)
        rx, tx = next(self.stalls)
        host.wire.stall(rx, tx, rng.choice([0, 3, 15]))
        self.coverage.hit("limits", f"{payload_limit}/{read}")
        self.coverage.hit("boundary", f"{boundary} all" if all_boundaries else str(boundary))
        self.coverage.hit("stalls", "both" if rx and tx else "to card" if rx else "from card" if tx else "none")
        self.stop = False
        tasks: list[Task[None]] = [cocotb.start_soon(job()) for job in (self.engine, self.windows, self.oddities)]
        end = host.wire.beats() + beats
        while host.wire.beats() < end:
            await host.wire.clocks(500)
            host.check()
            for task in tasks:
                if task.done():
                    task.result()
        self.stop = True
        for task in tasks:
            await task
        await self._settle()
        await self.dma.check_card()
        self.dma.check_host()
        assert await host.read_card(HOST_AT, HOST_BYTES) == self.image
        # Illegal completions are logged as they should; nothing that we sent was malformed.
        await host.clear_status()


@cocotb.test(**random_limit(BEATS))
async def random_traffic(dut: Any) -> None:
    """DMA, windows, registers, configuration, refusals, messages, interrupts, errors: until the DWs are through."""
    dut._log.info("seed %d, %d DWs", seed(), BEATS)
    host = await Host(dut, "random").start(credits=CREDITS)
    run = Run(host)
    coverage = run.coverage
    await run.prepare()
    while host.wire.beats() < BEATS:
        await run.phase(min(PHASE_BEATS, BEATS - host.wire.beats()))
        dut._log.info("%d DWs moved, %d transfers", host.wire.beats(), run.transfers)
    await host.finish()
    for count, times in host.monitor.parts.items():
        coverage.parts("completions a host read took", count, times)
    for count, times in host.rc.splits.items():
        coverage.parts("completions a card read got", count, times)
    for fault, times in host.rc.faults.items():
        coverage.hit("answers spoiled", fault, times)
    for kind in KINDS:
        for situation, times in host.card.ledgers[kind].situations.items():
            coverage.hit(f"{kind} credits", situation, times)
    dut._log.info("coverage of %d DWs, seed %d\n%s", host.wire.beats(), seed(), coverage.table())
    if os.environ.get("LUMENPORT_COVERAGE", "1") != "0":
        assert not coverage.empty(), f"never hit: {coverage.empty()}"
