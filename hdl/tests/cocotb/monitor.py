"""The strict judge: every packet from the card against the rules, whatever the test is about.

Rules: PCI Express Base Specification 2.0, 2.2 (packets), 2.2.9 and 2.3.1.1 (completions), 2.6.1 (credits are judged in
`link`). What a lenient root port would let pass is an error here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from packets import COMPLETIONS, NON_POSTED, Packet, enabled_span

ROOT_MESSAGES = {0x18, 0x1B, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x30, 0x31, 0x33}
LOCAL_MESSAGES = range(0x20, 0x28)


class RuleBroken(AssertionError):
    """The card did what a strict host answers with a fatal error."""


@dataclass
class Asked:
    """A request of the host that waits for completions."""

    packet: Packet
    completers: tuple[int, ...]
    missing: int
    lower: int
    parts: int = 0


class Monitor:
    """Knows what may be outstanding, and complains."""

    def __init__(self) -> None:
        self.max_payload = 128
        self.max_read = 512
        self.boundary = 64
        self.card_id = 0
        self.known = False
        """The card has seen a configuration write, so it knows its number."""
        self.bus_master = False
        self.asked: dict[tuple[int, int], Asked] = {}
        """Requests of the host by (requester, tag)."""
        self.reads: dict[int, Packet] = {}
        """Reads of the card by tag, until their last completion arrived."""
        self.counts: Counter[str] = Counter()
        self.parts: Counter[int] = Counter()
        """Completions a request of the host took."""

    def to_card(self, p: Packet) -> None:
        """A packet that the host sends. Only whole, legal requests may come this way."""
        if p.kind == "CfgWr0":
            self.card_id = p.completer & 0xFFF8
            self.known = True
        if p.kind in NON_POSTED:
            key = (p.requester, p.tag)
            if key in self.asked:
                raise RuleBroken(f"bench: tag {p.tag} of {p.requester:04x} is in use")
            completers = (self.card_id,) if self.known else (0, p.completer & 0xFFF8)
            if p.kind in ("MRd32", "MRd64"):
                skip, count = enabled_span(p.length, p.first_be, p.last_be)
                self.asked[key] = Asked(p, completers, count, (p.address & 0x7C) + skip)
            else:
                self.asked[key] = Asked(p, completers, 4, 0)

    def arrived(self, p: Packet) -> None:
        """The card has taken a packet: the last completion of a read frees its tag."""
        if p.kind in COMPLETIONS and p.requester == self.card_id:
            if p.status or p.byte_count <= 4 * p.length - (p.lower_address & 3):
                self.reads.pop(p.tag, None)

    def from_card(self, p: Packet) -> None:
        """Judges a packet of the card."""
        self.counts[p.kind] += 1
        require = _Require(p)
        require(not p.reserved, f"reserved bits set: {p.reserved}")
        require(not p.digest, "the card announces a digest, which it does not support")
        require(not p.poisoned, "poisoned")
        data = p.kind in ("MWr32", "MWr64", "CplD")
        require(len(p.payload) == (4 * p.length if data else 0), f"{len(p.payload)} bytes behind the header")
        require(len(p.payload) <= self.max_payload, f"payload above {self.max_payload}")
        if p.kind in COMPLETIONS:
            self._completion(p, require)
        elif p.is_message:
            self._message(p, require)
        else:
            require(p.is_memory, "a kind that the card must not send")
            self._memory(p, require)

    def _memory(self, p: Packet, require: _Require) -> None:
        require(self.bus_master, "a request while Bus Master Enable is clear")
        require(p.requester == self.card_id, f"requester {p.requester:04x}, the card is {self.card_id:04x}")
        require(p.address >> 32 != 0 or p.kind.endswith("32"), "64-bit form for an address below 4 GiB")
        require((p.address & 0xFFF) + 4 * p.length <= 4096, "crosses a 4 KiB boundary")
        if p.length == 1:
            require(p.last_be == 0, "last byte enables of a single DW")
            require(_contiguous(p.first_be), "the card's transfers have no holes")
        else:
            require(p.first_be in (0xF, 0xE, 0xC, 0x8), f"first byte enables {p.first_be:04b}")
            require(p.last_be in (0xF, 0x7, 0x3, 0x1), f"last byte enables {p.last_be:04b}")
        require(p.first_be != 0, "nothing enabled")
        if p.kind.startswith("MRd"):
            require(4 * p.length <= self.max_read, f"read above {self.max_read}")
            require(p.tag < 32, "tag above 31 without extended tags")
            require(p.tag not in self.reads, f"tag {p.tag} is outstanding")
            self.reads[p.tag] = p

    def _message(self, p: Packet, require: _Require) -> None:
        require(p.code in ROOT_MESSAGES, f"message {p.code:#x} from an endpoint")
        routing = 4 if p.code in LOCAL_MESSAGES else 5 if p.code == 0x1B else 0
        require(p.routing == routing, f"routing {p.routing} of message {p.code:#x}")
        require(p.kind == "Msg" and p.length == 0, "message with data or length")
        require(p.tc == 0, "traffic class of a message")

    def _completion(self, p: Packet, require: _Require) -> None:
        key = (p.requester, p.tag)
        asked = self.asked.get(key)
        require(asked is not None, "nobody waits for it")
        assert asked is not None
        request = asked.packet
        require(p.tc == request.tc and p.attr == request.attr, "traffic class or attributes not those of the request")
        require(p.completer in asked.completers, f"completer {p.completer:04x}, not {asked.completers}")
        require(p.status in (0, 1, 4), f"status {p.status}")
        asked.parts += 1
        if p.status != 0:
            empty = "CplLk" if request.kind.startswith("MRdLk") else "Cpl"
            require(p.kind == empty and p.length == 0, f"bad status goes in {empty} without data")
            require(p.byte_count == asked.missing, f"byte count {p.byte_count}, missing {asked.missing}")
            del self.asked[key]
            return
        if request.kind not in ("MRd32", "MRd64"):
            reads = request.kind.endswith(("Rd0", "Rd1"))
            require((p.kind == "CplD") == reads, "data where none belongs, or none where it does")
            require(p.length == int(reads), f"length {p.length}")
            require(p.byte_count == 4 and p.lower_address == 0, "byte count is 4 and lower address 0 here")
            del self.asked[key]
            return
        require(p.kind == "CplD", "successful read without data")
        require(p.byte_count == asked.missing, f"byte count {p.byte_count}, missing {asked.missing}")
        require(p.lower_address == asked.lower, f"lower address {p.lower_address:#x}, expected {asked.lower:#x}")
        carried = min(4 * p.length - (p.lower_address & 3), asked.missing)
        rest = asked.missing - carried
        if rest:
            end = p.lower_address + carried
            require(end % self.boundary == 0, f"split at {end:#x}, not at a multiple of {self.boundary}")
            asked.missing, asked.lower = rest, end & 0x7F
            return
        require(4 * p.length == _round_up((p.lower_address & 3) + asked.missing), "more DWs than bytes missing")
        self.parts[asked.parts] += 1
        del self.asked[key]

    def quiet(self) -> None:
        """At the end of a test: nothing is owed."""
        if self.asked:
            raise RuleBroken(f"requests without an answer: {[a.packet for a in self.asked.values()]}")


class _Require:
    """Names the packet in each complaint."""

    def __init__(self, packet: Packet) -> None:
        self.packet = packet

    def __call__(self, good: bool, complaint: str) -> None:
        if not good:
            raise RuleBroken(f"{complaint}: {self.packet}")


def _contiguous(enables: int) -> bool:
    low = enables & -enables
    return enables != 0 and ((enables // low) + 1) & (enables // low) == 0


def _round_up(count: int) -> int:
    return (count + 3) & ~3
