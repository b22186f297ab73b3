"""Bounds in simulated time: what is never answered fails a test with its name, instead of hanging it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor import Asked

if TYPE_CHECKING:
    from host import Host

DIRECTED = {"timeout_time": 80, "timeout_unit": "ms"}
"""Limit of a directed test, for the cases that the watchdog cannot see; the longest needs 2 ms."""
REQUEST_CLOCKS = 200_000
"""A request of the host without a further completion."""
SILENCE_CLOCKS = 200_000
"""No DW on either stream. Tests poll, so that a sound card never rests that long."""
INTERVAL_CLOCKS = 1_000


def random_limit(beats: int) -> dict[str, int | str]:
    """Limit of a random run: some ten times what the DWs take."""
    return {"timeout_time": max(80, beats // 4000), "timeout_unit": "ms"}


async def watch(host: Host) -> None:
    """Runs beside a test and raises what it finds: a broken rule, or an answer that is owed for too long."""
    wire = host.wire
    seen: dict[tuple[int, int], tuple[Asked, int, int]] = {}
    beats, moved_at = wire.beats(), wire.cycle()
    while True:
        await wire.clocks(INTERVAL_CLOCKS)
        host.check()
        now = wire.cycle()
        for key in [key for key in seen if key not in host.monitor.asked]:
            del seen[key]
        for key, asked in host.monitor.asked.items():
            known = seen.get(key)
            if known is None or known[0] is not asked or known[1] != asked.parts:
                seen[key] = (asked, asked.parts, now)
            elif now - known[2] > REQUEST_CLOCKS:
                raise AssertionError(
                    f"no answer in {now - known[2]} clocks, {asked.parts} completions came, "
                    f"{asked.missing} bytes are missing: {asked.packet}"
                )
        if wire.beats() != beats:
            beats, moved_at = wire.beats(), now
        elif now - moved_at > SILENCE_CLOCKS:
            raise AssertionError(
                f"no DW moved in {now - moved_at} clocks: {wire.backlog} packets wait for the card, "
                f"{len(host.monitor.reads)} reads of the card are open, the host waits for {len(host.monitor.asked)} answers"
            )
