"""Register addresses and field values, from the generated map. No test writes an offset of its own."""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

BAR_MEMORY = 0
BAR_REGISTERS = 2


@lru_cache(maxsize=1)
def _blocks() -> dict[str, Any]:
    here = Path(__file__).resolve().parents[3] / "hal/regmap/gen/regmap.json"
    text = Path(os.environ.get("LUMENPORT_REGMAP", here)).read_text(encoding="utf-8")
    return {block["name"]: block for block in json.loads(text)["blocks"]}


def _field_values(word: dict[str, Any], field: str) -> dict[str, int]:
    fields = {f["name"]: f for f in word["fields"]}
    return {v["name"]: v["value"] for v in fields[field].get("values", [])}


def exists(block: str, name: str | None = None) -> bool:
    """Whether this card has the block, and in it the register."""
    known = _blocks().get(block)
    return known is not None and (name is None or any(r["name"] == name for r in known["registers"]))


def _register(block: str, name: str) -> dict[str, Any]:
    return next(r for r in _blocks()[block]["registers"] if r["name"] == name)


def _word(block: str, window: str, word: str) -> tuple[dict[str, Any], dict[str, Any]]:
    found = next(w for w in _blocks()[block]["windows"] if w["name"] == window)
    return found, next(w for w in found["words"] if w["name"] == word)


@lru_cache(maxsize=None)
def address(block: str, name: str) -> int:
    """Offset of a register in its BAR, in bytes."""
    return int(_blocks()[block]["base"] + _register(block, name)["offset"])


@lru_cache(maxsize=None)
def entry(block: str, window: str, word: str, index: int) -> int:
    """Offset of one word of a window's entry."""
    found, inner = _word(block, window, word)
    return int(_blocks()[block]["base"] + found["offset"] + found["stride"] * index + inner["offset"])


@lru_cache(maxsize=None)
def bit(block: str, name: str, field: str) -> int:
    """Number of a field's lowest bit."""
    return int(next(f["lsb"] for f in _register(block, name)["fields"] if f["name"] == field))


@lru_cache(maxsize=None)
def window_bit(block: str, window: str, word: str, field: str) -> int:
    """As `bit`, in a window."""
    return int(next(f["lsb"] for f in _word(block, window, word)[1]["fields"] if f["name"] == field))


@lru_cache(maxsize=None)
def values(block: str, name: str, field: str) -> dict[str, int]:
    """Named values of a field."""
    return _field_values(_register(block, name), field)
