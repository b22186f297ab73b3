"""Transaction layer packets as fields (PCI Express Base Specification 2.0, chapter 2.2).

Written apart from cocotbext-pcie, whose `Tlp` knows neither messages nor broken packets: the strict monitor judges
with this decoder, the injected packets are made with `pack`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

# (format, type) of each kind that the tests use; format bit 0 = 4 DW header, bit 1 = data.
KINDS: dict[tuple[int, int], str] = {
    (0, 0x00): "MRd32",
    (1, 0x00): "MRd64",
    (2, 0x00): "MWr32",
    (3, 0x00): "MWr64",
    (0, 0x01): "MRdLk32",
    (1, 0x01): "MRdLk64",
    (0, 0x02): "IORd",
    (2, 0x02): "IOWr",
    (0, 0x04): "CfgRd0",
    (2, 0x04): "CfgWr0",
    (0, 0x05): "CfgRd1",
    (2, 0x05): "CfgWr1",
    (0, 0x0A): "Cpl",
    (2, 0x0A): "CplD",
    (0, 0x0B): "CplLk",
    (2, 0x0B): "CplDLk",
    (2, 0x0C): "FetchAdd32",
    (3, 0x0C): "FetchAdd64",
    (2, 0x0D): "Swap32",
    (2, 0x0E): "CAS32",
}
CODES = {name: code for code, name in KINDS.items()}
STATUS = {0: "SC", 1: "UR", 2: "CRS", 4: "CA"}

# Message codes.
UNLOCK = 0x00
PME_TURN_OFF = 0x19
PME_TO_ACK = 0x1B
ASSERT_INTA = 0x20
DEASSERT_INTA = 0x24
ERR_COR = 0x30
ERR_NONFATAL = 0x31
ERR_FATAL = 0x33
SET_SLOT_POWER_LIMIT = 0x50
VENDOR_0 = 0x7E
VENDOR_1 = 0x7F

NON_POSTED = frozenset(
    ["MRd32", "MRd64", "MRdLk32", "MRdLk64", "IORd", "IOWr", "CfgRd0", "CfgWr0", "CfgRd1", "CfgWr1"]
    + ["FetchAdd32", "FetchAdd64", "Swap32", "CAS32"]
)
COMPLETIONS = frozenset(["Cpl", "CplD", "CplLk", "CplDLk"])


@dataclass
class Packet:
    """One TLP. Fields that its kind does not have stay zero."""

    kind: str = "MRd32"
    tc: int = 0
    attr: int = 0
    digest: bool = False
    poisoned: bool = False
    length: int = 0
    """DWs as the header says; 1024 for an encoded zero, except in packets without length."""
    requester: int = 0
    tag: int = 0
    first_be: int = 0
    last_be: int = 0
    address: int = 0
    """Byte address; register number of configuration requests."""
    completer: int = 0
    """Completer of a completion, target of a configuration request."""
    status: int = 0
    byte_count: int = 0
    lower_address: int = 0
    code: int = 0
    """Message code."""
    routing: int = 0
    """Message routing, type bits 2:0."""
    payload: bytes = b""
    reserved: list[str] = field(default_factory=list)
    """Reserved header bits that were not zero."""

    @property
    def is_memory(self) -> bool:
        return self.kind in ("MRd32", "MRd64", "MWr32", "MWr64")

    @property
    def is_message(self) -> bool:
        return self.kind in ("Msg", "MsgD")

    @property
    def is_posted(self) -> bool:
        return self.kind not in NON_POSTED and self.kind not in COMPLETIONS

    @property
    def data_credits(self) -> int:
        """Units of 16 bytes."""
        return (len(self.payload) + 15) // 16


def enabled_span(length: int, first_be: int, last_be: int) -> tuple[int, int]:
    """Offset of the first enabled byte, and bytes from there to the last one; (0, 1) when none is enabled."""
    if length == 1:
        last_be = first_be
        if not first_be:
            return 0, 1
    skip = (first_be & -first_be).bit_length() - 1 if first_be else 0
    tail = 4 - last_be.bit_length() if last_be else 3
    return skip, 4 * length - skip - tail


def enabled_bytes(packet: Packet) -> list[int]:
    """Offsets from the packet's address of the bytes that a memory request touches."""
    if packet.length == 1:
        return [k for k in range(4) if packet.first_be >> k & 1]
    last = 4 * (packet.length - 1)
    return (
        [k for k in range(4) if packet.first_be >> k & 1]
        + list(range(4, last))
        + [last + k for k in range(4) if packet.last_be >> k & 1]
    )


def byte_enables(address: int, count: int) -> tuple[int, int, int]:
    """Length in DWs, first and last byte enables of `count` bytes from `address`; none enabled when count is zero."""
    skip = address & 3
    if count == 0:
        return 1, 0, 0
    length = (skip + count + 3) // 4
    first = 0xF << skip & 0xF
    last = 0xF >> (-(skip + count) & 3)
    return (1, first & last, 0) if length == 1 else (length, first, last)


def pack(p: Packet) -> bytes:
    """The packet on the wire. The length field is `p.length`, whatever the payload is."""
    if p.is_message:
        fmt, kind = (3 if p.kind == "MsgD" else 1), 0x10 | p.routing
    else:
        fmt, kind = CODES[p.kind]
    dw0 = fmt << 29 | kind << 24 | p.tc << 20 | p.digest << 15 | p.poisoned << 14 | p.attr << 12 | p.length & 0x3FF
    if p.kind in COMPLETIONS:
        dws = [
            dw0,
            p.completer << 16 | p.status << 13 | p.byte_count & 0xFFF,
            p.requester << 16 | p.tag << 8 | p.lower_address,
        ]
    elif p.is_message:
        dws = [dw0, p.requester << 16 | p.tag << 8 | p.code, 0, 0]
    else:
        dws = [dw0, p.requester << 16 | p.tag << 8 | p.last_be << 4 | p.first_be]
        if p.kind.startswith("Cfg"):
            dws.append(p.completer << 16 | p.address & 0xFFC)
        elif fmt & 1:
            dws += [p.address >> 32, p.address & 0xFFFF_FFFC]
        else:
            dws.append(p.address & 0xFFFF_FFFC)
    digest = b"\xde\xad\xbe\xef" if p.digest else b""
    return struct.pack(f">{len(dws)}L", *dws) + p.payload + digest


def unpack(data: bytes) -> Packet:
    """Reads a packet; raises ValueError when it is too short for its header or of no known kind."""
    (dw0,) = struct.unpack_from(">L", data)
    fmt, kind = dw0 >> 29, dw0 >> 24 & 0x1F
    header = 16 if fmt & 1 else 12
    if len(data) < header:
        raise ValueError(f"{len(data)} bytes are no packet with a header of {header}: {data.hex()}")
    message = fmt in (1, 3) and kind & 0x18 == 0x10
    name = ("MsgD" if fmt & 2 else "Msg") if message else KINDS.get((fmt, kind))
    if name is None:
        raise ValueError(f"unknown format {fmt} type {kind:#x}: {data.hex()}")
    p = Packet(
        kind=name,
        tc=dw0 >> 20 & 7,
        attr=dw0 >> 12 & 3,
        digest=bool(dw0 >> 15 & 1),
        poisoned=bool(dw0 >> 14 & 1),
        length=dw0 & 0x3FF,
        payload=data[header:],
    )
    if dw0 >> 23 & 1 or dw0 >> 16 & 0xF or dw0 >> 10 & 3:
        p.reserved.append(f"DW 0 is {dw0:#010x}")
    dw1, dw2 = struct.unpack_from(">LL", data, 4)
    if name in COMPLETIONS:
        p.completer, p.status, p.byte_count = dw1 >> 16, dw1 >> 13 & 7, dw1 & 0xFFF or 4096
        p.requester, p.tag, p.lower_address = dw2 >> 16, dw2 >> 8 & 0xFF, dw2 & 0x7F
        if dw1 >> 12 & 1 or dw2 >> 7 & 1:
            p.reserved.append(f"completion DWs {dw1:#010x} {dw2:#010x}")
        if name == "CplD" and p.length == 0:
            p.length = 1024
        return p
    p.requester, p.tag = dw1 >> 16, dw1 >> 8 & 0xFF
    if message:
        p.code, p.routing = dw1 & 0xFF, kind & 7
        return p
    p.last_be, p.first_be = dw1 >> 4 & 0xF, dw1 & 0xF
    if name.startswith("Cfg"):
        p.completer, p.address = dw2 >> 16, dw2 & 0xFFC
    elif fmt & 1:
        (low,) = struct.unpack_from(">L", data, 12)
        p.address = dw2 << 32 | low & 0xFFFF_FFFC
        if low & 3:
            p.reserved.append(f"address {low:#010x}")
    else:
        p.address = dw2 & 0xFFFF_FFFC
        if dw2 & 3:
            p.reserved.append(f"address {dw2:#010x}")
    p.length = p.length or 1024
    return p
