"""The card as the far end of a cocotbext-pcie link: what a data link layer would do between model and streams.

Packets pass in both directions through the strict monitor. Messages, which the model cannot parse, are taken out and
kept. Credits that the model grants go to the card's limit pins and back from its allocation pins; every packet of the
card is held against the limit that the card knew when it began to send.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Callable

import cocotb
from cocotb.triggers import Event
from cocotbext.pcie.core.dllp import FcType
from cocotbext.pcie.core.port import SimPort
from cocotbext.pcie.core.tlp import Tlp

from monitor import Monitor, RuleBroken
from packets import COMPLETIONS, NON_POSTED, Packet, pack, unpack
from wire import Received, Wire, read

# Packets from the card that may wait for the model before the stream is stopped.
TX_BACKLOG = 4
TYPES = {"posted": FcType.P, "nonposted": FcType.NP, "completion": FcType.CPL}


def credit_class(p: Packet) -> str:
    """Which of the three kinds of credit a packet uses."""
    return "nonposted" if p.kind in NON_POSTED else "completion" if p.kind in COMPLETIONS else "posted"


class Ledger:
    """Credits of one class that the card used, and the limits it was told, with the clock of each."""

    def __init__(self) -> None:
        self.headers = 0
        self.data = 0
        self.limits: deque[tuple[int, int, int, bool, bool]] = deque(maxlen=64)

    def use(self, p: Packet, first_clock: int) -> None:
        """Books a packet; raises when it was not covered as it began."""
        self.headers += 1
        self.data += p.data_credits
        known = [limit for limit in self.limits if limit[0] <= first_clock]
        _, headers, data, headers_infinite, data_infinite = known[-1] if known else (0, 0, 0, False, False)
        if not headers_infinite and (headers - self.headers) & 0xFF > 0x80:
            raise RuleBroken(f"no header credit ({self.headers} used, limit {headers} of 256): {p}")
        if p.data_credits and not data_infinite and (data - self.data) & 0xFFF > 0x800:
            raise RuleBroken(f"no data credit ({self.data} used, limit {data} of 4096): {p}")


async def first_grant(wire: Wire) -> tuple[int, int] | None:
    """Posted and non-posted credits that the card grants at first; nothing when it does not count them.

    A card that counts grants one more after it has taken a request, so one configuration read tells.
    """
    before = read(wire.dut.allocated_posted), read(wire.dut.allocated_nonposted)
    wire.send(pack(Packet("CfgRd0", length=1, first_be=0xF)))
    await wire.clocks(60)
    wire.received.clear()
    return before if read(wire.dut.allocated_nonposted) != before[1] else None


class CardPort(SimPort):
    """The link partner of a root port, with the card behind it."""

    def __init__(self, wire: Wire, monitor: Monitor, granted: tuple[int, int] | None) -> None:
        """`granted`: what `first_grant` found."""
        self.has_credits = granted is not None
        posted, nonposted = granted or (32 << 12 | 256, 16 << 12 | 16)
        super().__init__(fc_init=[[posted >> 12, posted & 0xFFF, nonposted >> 12, nonposted & 0xFFF, 0, 0]] * 8)
        self.wire = wire
        self.monitor = monitor
        self.messages: list[Packet] = []
        self.message = Event()
        self.observers: list[Callable[[Packet, Received], None]] = []
        """Called with every packet of the card."""
        self.host_observers: list[Callable[[Packet], None]] = []
        """Called with every legal packet of the host."""
        self._raw: dict[int, tuple[bytes, bool]] = {}
        self.takeover: Callable[[Packet, Received], bool] | None = None
        """Takes packets of the card away from the model when it returns true."""
        self.failure: BaseException | None = None
        """First broken rule; a test fails with it at its end."""
        self.ledgers = {name: Ledger() for name in TYPES}
        self.parent = self
        self.max_link_speed = 1
        self.max_link_width = 1
        self.rx_handler = self._to_card
        self._allocated = {name: read(getattr(wire.dut, f"allocated_{name}")) for name in ("posted", "nonposted")}
        if self.has_credits:
            wire.limits(0, 0, 0, 0)
            cocotb.start_soon(self._watch_allocated("posted", wire.dut.allocated_posted))
            cocotb.start_soon(self._watch_allocated("nonposted", wire.dut.allocated_nonposted))
        cocotb.start_soon(self._from_card())

    async def ext_recv(self, pkt: Any) -> None:
        # The model copies what it passes on, and with that drops what it does not know.
        if hasattr(pkt, "raw"):
            self._raw[pkt.seq] = (pkt.raw, pkt.legal)
        await super().ext_recv(pkt)

    async def _to_card(self, tlp: Tlp) -> None:
        data, legal = self._raw.pop(tlp.seq, None) or (bytes(tlp.pack()), True)
        if legal:
            self.deliver(data)
        else:
            self.force(data)
        if not self.has_credits:
            while self.wire.backlog > 4:
                await self.wire.clocks(8)
            tlp.release_fc()

    def deliver(self, data: bytes, after: int = 0) -> None:
        """Hands a legal packet to the card, past the model's link."""
        p = unpack(data)
        self.monitor.to_card(p)
        for observer in self.host_observers:
            observer(p)
        self.wire.send(data, after, lambda: self.monitor.arrived(p))

    async def inject(self, p: Packet) -> None:
        """Sends a legal packet that the model cannot make, behind what the model has sent and with its credits."""
        await self._send_raw(p, True)

    async def lie(self, p: Packet) -> None:
        """The same for a completion that is not legal: the monitor does not see it."""
        await self._send_raw(p, False)

    async def _send_raw(self, p: Packet, legal: bool) -> None:
        raw = pack(p)
        tlp = Tlp()
        tlp.fmt, tlp.type = raw[0] >> 5, raw[0] & 0x1F
        tlp.length = p.length
        tlp.data = bytearray(p.payload)
        tlp.raw, tlp.legal = raw, legal
        await self.other.send(tlp)

    def force(self, data: bytes) -> None:
        """Sends bytes past the model and the monitor: for what no legal host sends."""
        self.wire.send(data)

    async def _from_card(self) -> None:
        wire = self.wire
        while True:
            if not wire.received:
                wire.arrived.clear()
                wire.hold(False)
                await wire.arrived.wait()
            wire.hold(len(wire.received) > TX_BACKLOG)
            received = wire.received.popleft()
            try:
                p = unpack(received.data)
                self.monitor.from_card(p)
                if self.has_credits:
                    self.ledgers[credit_class(p)].use(p, received.first_clock)
            except (ValueError, RuleBroken) as broken:
                self.failure = self.failure or broken
                wire.dut._log.error("%s", broken)
                continue
            for observer in self.observers:
                observer(p, received)
            if self.takeover and self.takeover(p, received):
                self._book(p)
            elif p.is_message:
                self.messages.append(p)
                self.message.set()
                self._book(p)
            else:
                await self.send(Tlp.unpack(bytearray(received.data)))

    def _book(self, p: Packet) -> None:
        """Uses and frees the model's credits for a packet that it does not see."""
        kind = TYPES[credit_class(p)]
        self.fc_state[0].tx_consume_fc(kind, p.data_credits)
        peer = self.other.fc_state[0]
        peer.rx_consume_fc(kind, p.data_credits)
        peer.rx_release_fc(kind, p.data_credits)

    def handle_dllp(self, dllp: Any) -> None:
        super().handle_dllp(dllp)
        fc = self.fc_state[0]
        if not self.has_credits or not fc.fi1:
            return
        channels = {"posted": (fc.ph, fc.pd), "nonposted": (fc.nph, fc.npd), "completion": (fc.cplh, fc.cpld)}
        # The pins move before the next rising edge, so the card may know them one clock later.
        clock = self.wire.cycle()
        pins, infinite, changed = [], 0, False
        for index, (name, (header, data)) in enumerate(channels.items()):
            limit = (header.tx_credit_limit & 0xFF, data.tx_credit_limit & 0xFFF)
            flags = (header.tx_is_infinite(), data.tx_is_infinite())
            limits = self.ledgers[name].limits
            if not limits or limits[-1][1:] != limit + flags:
                limits.append((clock, *limit, *flags))
                changed = True
            pins.append(limit[0] << 12 | limit[1])
            infinite |= flags[0] << 2 * index | flags[1] << 2 * index + 1
        if changed:
            self.wire.limits(*pins, infinite)

    async def _watch_allocated(self, name: str, pin: Any) -> None:
        kind = TYPES[name]
        while True:
            await pin.value_change
            now, before = read(pin), self._allocated[name]
            headers = ((now >> 12) - (before >> 12)) & 0xFF
            data = ((now & 0xFFF) - (before & 0xFFF)) & 0xFFF
            self._allocated[name] = now
            fc = self.fc_state[0]
            header_state, data_state = (fc.ph, fc.pd) if kind is FcType.P else (fc.nph, fc.npd)
            header_state.rx_release_fc(headers)
            data_state.rx_release_fc(data)
            # As the model's own release does: an update is due at once.
            fc.next_fc_p_tx = fc.next_fc_np_tx = 0
            self.start_fc_update_timer()
