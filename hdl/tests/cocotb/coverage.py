"""What the random run has hit, as a table of counters that names its empty cells."""

from __future__ import annotations

from completer import ILLEGAL_FAULTS, LEGAL_FAULTS
from packets import COMPLETIONS, STATUS, Packet, enabled_span

FROM_CARD = ("MRd32", "MRd64", "MWr32", "MWr64", "Cpl", "CplD", "MSI")
TO_CARD = (
    "MRd32 MRd64 MWr32 MWr64 IORd IOWr MRdLk32 CfgRd0 CfgWr0 CfgRd1 Cpl CplD Msg MsgD FetchAdd32".split()
)
BAD_PACKETS = (
    "poisoned write",
    "write across 4 KiB",
    "read across 4 KiB",
    "payload above the limit",
    "unknown message",
    "stray completion",
)
CREDITS = ("waited", "last header", "little data", "plenty")
KINDS = ("posted", "nonposted", "completion")
RESULTS = (
    "Ok StaleHandle NoRight Range Parameter UnsupportedRequest CompleterAbort Timeout Aborted Poisoned BadCompletion "
    "SlotReleased"
).split()
FIRST_ENABLES = (0xF, 0xE, 0xC, 0x8)
LAST_ENABLES = (0xF, 0x7, 0x3, 0x1)


class Coverage:
    """Rows of named cells. A cell is expected, and counts."""

    def __init__(self, payloads: tuple[int, ...]) -> None:
        """`payloads`: those that the card offers."""
        self.rows: dict[str, dict[str, int]] = {}
        self._expect("from card", FROM_CARD)
        self._expect("to card", TO_CARD)
        self._expect("status to card", ("SC", "UR", "CA", "CRS"))
        self._expect("status from card", ("SC", "UR"))
        for name in ("card read", "card write"):
            self._expect(f"{name}: first enables", [f"{e:04b}" for e in FIRST_ENABLES])
            self._expect(f"{name}: last enables", [f"{e:04b}" for e in LAST_ENABLES])
            self._expect(f"{name}: one DW", [f"{e:04b}" for e in range(1, 16) if _run(e)])
            self._expect(f"{name}: place in 64 bytes", [str(k) for k in range(16)])
            self._expect(f"{name}: DWs", ("1", "2", "3-8", "9-31", "32-63", "64-"))
        for name in ("host read", "host write"):
            self._expect(f"{name}: first enables", [f"{e:04b}" for e in range(16)])
            self._expect(f"{name}: last enables", [f"{e:04b}" for e in LAST_ENABLES])
            self._expect(f"{name}: place in 64 bytes", [str(k) for k in range(16)])
            self._expect(f"{name}: DWs", ("1", "2", "3-8", "9-31", "32-"))
        self._expect("completions a host read took", ("1", "2", "3-"))
        self._expect("completions a card read got", ("1", "2", "3-"))
        self._expect("answers spoiled", (*LEGAL_FAULTS, *ILLEGAL_FAULTS))
        self._expect("results", RESULTS)
        self._expect("direction", ("to card", "to host"))
        self._expect("host address in 8 bytes", [str(k) for k in range(8)])
        self._expect("card address in 8 bytes", [str(k) for k in range(8)])
        self._expect("tags", [str(k) for k in range(32)])
        self._expect("limits", [f"{p}/{r}" for p in payloads for r in (128, 256, 512)])
        self._expect("boundary", ("64", "128", "64 all", "128 all"))
        self._expect("stalls", ("none", "to card", "from card", "both"))
        self._expect("bad packets to card", BAD_PACKETS)
        self._expect("digest", ("write", "read"))
        for kind in KINDS:
            # Reads carry no data, so they use no data credits.
            cells = [cell for cell in CREDITS if kind != "nonposted" or cell != "little data"]
            self._expect(f"{kind} credits", cells)

    def _expect(self, row: str, cells: tuple[str, ...] | list[str]) -> None:
        self.rows[row] = dict.fromkeys(cells, 0)

    def hit(self, row: str, cell: str, count: int = 1) -> None:
        """Counts a cell; one that nobody expects is shown too."""
        cells = self.rows[row]
        cells[cell] = cells.get(cell, 0) + count

    def from_card(self, p: Packet, is_msi: bool) -> None:
        """Counts a packet of the card."""
        self.hit("from card", "MSI" if is_msi else p.kind)
        if p.kind in COMPLETIONS:
            self.hit("status from card", STATUS[p.status])
        elif p.is_memory and not is_msi:
            self._request("card read" if p.kind.startswith("MRd") else "card write", p)
            if p.kind.startswith("MRd"):
                self.hit("tags", str(p.tag))

    def to_card(self, p: Packet) -> None:
        """Counts a packet of the host."""
        self.hit("to card", p.kind)
        if p.kind in COMPLETIONS:
            self.hit("status to card", STATUS.get(p.status, str(p.status)))
        elif p.kind in ("MRd32", "MWr32"):
            self._request("host read" if p.kind == "MRd32" else "host write", p)

    def _request(self, name: str, p: Packet) -> None:
        if p.length == 1 and name.startswith("card"):
            self.hit(f"{name}: one DW", f"{p.first_be:04b}")
        else:
            self.hit(f"{name}: first enables", f"{p.first_be:04b}")
        if p.length > 1:
            self.hit(f"{name}: last enables", f"{p.last_be:04b}")
        skip, _ = enabled_span(p.length, p.first_be, p.last_be)
        self.hit(f"{name}: place in 64 bytes", str((p.address + skip) % 64 // 4))
        for cell in self.rows[f"{name}: DWs"]:
            low, _, high = cell.partition("-")
            if int(low) <= p.length <= (int(high) if high else 1024 if cell.endswith("-") else int(low)):
                self.hit(f"{name}: DWs", cell)

    def parts(self, row: str, count: int, times: int) -> None:
        """Counts answers in so many completions."""
        self.hit(row, str(count) if count < 3 else "3-", times)

    def empty(self) -> list[str]:
        """Cells that were never hit."""
        return [f"{row}: {cell}" for row, cells in self.rows.items() for cell, count in cells.items() if not count]

    def table(self) -> str:
        """All cells, one row a line."""
        width = max(map(len, self.rows))
        lines = []
        for row, cells in self.rows.items():
            text = "  ".join(f"{cell}:{count or 'EMPTY'}" for cell, count in cells.items())
            lines.append(f"{row:<{width}} | {text}")
        return "\n".join(lines)


def _run(enables: int) -> bool:
    low = enables & -enables
    return (enables // low & (enables // low + 1)) == 0
