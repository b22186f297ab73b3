"""The card as the far end of a cocotbext-pcie link: what a data link layer would do between model and streams.

Packets pass in both directions through the strict monitor. Messages, which the model cannot parse, are taken out and
kept. Credits that the model grants go to the card's limit pins and back from its allocation pins; every packet of the
card is held against the limit that the card knew when it began to send.
"""

from __future__ import annotations

from collections import Counter, deque
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
# A packet that was not covered so long before it began has waited.
WAITED_CLOCKS = 16
# Data credits that do not make a payload of 128 bytes.
LITTLE_DATA = 8
Limits = dict[str, tuple[int, int, bool, bool]]
"""By kind: header and data credit limit, and whether each is infinite."""
TYPES = {"posted": FcType.P, "nonposted": FcType.NP, "completion": FcType.CPL}


def credit_class(p: Packet) -> str:
    """Which of the three kinds of credit a packet uses."""
    return "nonposted" if p.kind in NON_POSTED else "completion" if p.kind in COMPLETIONS else "posted"


def cost(data: bytes) -> tuple[str, int]:
    """Kind and data units of a packet, from its first DW alone, so that broken ones count too."""
    length = (data[2] & 3) << 8 | data[3]
    units = ((length or 1024) + 3) // 4 if data[0] & 0x40 else 0
    kind = data[0] & 0x1F
    if kind >> 3 == 2 or kind == 0 and units:
        return "posted", units
    return ("completion" if kind in (0x0A, 0x0B) else "nonposted"), units


class Ledger:
    """Credits of one class that the card used, and the limits it was told, with the clock of each."""

    def __init__(self) -> None:
        self.headers = 0
        self.data = 0
        self.limits: deque[tuple[int, int, int, bool, bool]] = deque(maxlen=256)
        self.situations: Counter[str] = Counter()
        """How scarce credits were when packets left; the cells of `coverage.CREDITS`."""

    def use(self, p: Packet, first_clock: int) -> None:
        """Books a packet; raises when it was not covered as it began."""
        self.headers += 1
        self.data += p.data_credits
        known = [limit for limit in self.limits if limit[0] <= first_clock] or [(0, 0, 0, False, False)]
        covered = known[-1]
        _, headers, data, headers_infinite, data_infinite = covered
        if not self._header_covered(covered):
            raise RuleBroken(f"no header credit ({self.headers} used, limit {headers} of 256): {p}")
        if not self._data_covered(covered, p):
            raise RuleBroken(f"no data credit ({self.data} used, limit {data} of 4096): {p}")
        before = [limit for limit in known if limit[0] < first_clock - WAITED_CLOCKS]
        found = {
            "waited": bool(before) and not (self._header_covered(before[-1]) and self._data_covered(before[-1], p)),
            "last header": not headers_infinite and (headers - self.headers) & 0xFF == 0,
            "little data": bool(p.data_credits) and not data_infinite and (data - self.data) & 0xFFF < LITTLE_DATA,
        }
        self.situations.update([name for name, true in found.items() if true] or ["plenty"])

    def _header_covered(self, limit: tuple[int, int, int, bool, bool]) -> bool:
        _, headers, _, infinite, _ = limit
        return infinite or (headers - self.headers) & 0xFF <= 0x80

    def _data_covered(self, limit: tuple[int, int, int, bool, bool], p: Packet) -> bool:
        _, _, data, _, infinite = limit
        return not p.data_credits or infinite or (data - self.data) & 0xFFF <= 0x800


class CardPort(SimPort):
    """The link partner of a root port, with the card behind it."""

    def __init__(self, wire: Wire, monitor: Monitor) -> None:
        self.credit_delay = 0
        """Clocks from the host's update of its limits until the card knows it."""
        self._limits: Limits = {}
        self._updates: deque[tuple[int, Limits]] = deque()
        self._due = Event()
        posted, nonposted = read(wire.dut.allocated_posted), read(wire.dut.allocated_nonposted)
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
        self.owed = {"posted": [0, 0], "nonposted": [0, 0]}
        """Credits (headers, data) of packets that the card has taken and did not give back yet."""
        self.forced = False
        """Packets went past the model, whose credits it never had."""
        self._allocated = {name: read(getattr(wire.dut, f"allocated_{name}")) for name in ("posted", "nonposted")}
        wire.limits(0, 0, 0, 0)
        cocotb.start_soon(self._grant_late())
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
            self._pass(data)

    def deliver(self, data: bytes, after: int = 0) -> None:
        """Hands a legal packet to the card, past the model's link."""
        p = unpack(data)
        self.monitor.to_card(p)
        for observer in self.host_observers:
            observer(p)
        self.wire.send(data, after, lambda: self._taken(data, p))

    def _taken(self, data: bytes, p: Packet | None) -> None:
        kind, units = cost(data)
        if kind in self.owed:
            self.owed[kind][0] += 1
            self.owed[kind][1] += units
        if p is not None:
            self.monitor.arrived(p)

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
        self.forced = True
        self._pass(data)

    def _pass(self, data: bytes) -> None:
        self.wire.send(data, taken=lambda: self._taken(data, None))

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
        if not fc.fi1:
            return
        channels = {"posted": (fc.ph, fc.pd), "nonposted": (fc.nph, fc.npd), "completion": (fc.cplh, fc.cpld)}
        limits = {}
        for name, (header, data) in channels.items():
            limit = (header.tx_credit_limit & 0xFF, data.tx_credit_limit & 0xFFF)
            limits[name] = (*limit, header.tx_is_infinite(), data.tx_is_infinite())
        if limits != self._limits:
            self._limits = limits
            if self.credit_delay or self._updates:
                self._updates.append((self.wire.cycle() + self.credit_delay, limits))
                self._due.set()
            else:
                self._grant(limits)

    async def _grant_late(self) -> None:
        while True:
            if not self._updates:
                self._due.clear()
                await self._due.wait()
            due, limits = self._updates[0]
            if due > self.wire.cycle():
                await self.wire.clocks(due - self.wire.cycle())
            self._updates.popleft()
            self._grant(limits)

    def _grant(self, limits: Limits) -> None:
        """Tells the card. The pins move before the next rising edge, so the card may know them one clock later."""
        clock = self.wire.cycle()
        pins, infinite = [], 0
        for index, (name, (header, data, no_headers, no_data)) in enumerate(limits.items()):
            self.ledgers[name].limits.append((clock, header, data, no_headers, no_data))
            pins.append(header << 12 | data)
            infinite |= no_headers << 2 * index | no_data << 2 * index + 1
        self.wire.limits(*pins, infinite)

    def check_credits(self, quiet: bool) -> None:
        """Raises when the card gave more credits back than were used, or at the end of a test fewer."""
        for kind, owed in self.owed.items():
            if min(owed) < 0:
                raise RuleBroken(f"{kind} credits were given back that nobody used: {owed}")
            if quiet and not self.forced and any(owed):
                raise RuleBroken(f"{kind} credits did not come back: {owed[0]} headers, {owed[1]} data")

    async def _watch_allocated(self, name: str, pin: Any) -> None:
        kind = TYPES[name]
        while True:
            await pin.value_change
            now, before = read(pin), self._allocated[name]
            headers = ((now >> 12) - (before >> 12)) & 0xFF
            data = ((now & 0xFFF) - (before & 0xFFF)) & 0xFFF
            self._allocated[name] = now
            self.owed[name][0] -= headers
            self.owed[name][1] -= data
            fc = self.fc_state[0]
            header_state, data_state = (fc.ph, fc.pd) if kind is FcType.P else (fc.nph, fc.npd)
            header_state.rx_release_fc(headers)
            data_state.rx_release_fc(data)
            # As the model's own release does: an update is due at once.
            fc.next_fc_p_tx = fc.next_fc_np_tx = 0
            self.start_fc_update_timer()
