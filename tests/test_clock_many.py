"""Many lines that are dated at once have the times that each of them has alone."""

from __future__ import annotations

import random

import numpy as np
import pytest

from triage.clock import BundleClock, SourceClock
from triage.clock.civil import UNKNOWN
from triage.clock.forms import recognize
from triage.clock.many import Dating, Written
from triage.envelope import peel
from triage.events import QUALITY_ORDER, Stamp

SOURCE = "kern.log"
MINUTES = (
    "Dec 31 23:59", "Jan  1 00:00", "Jul  4 10:00", "Mar 30 01:59", "Oct 26 02:30", "Feb 29 12:00",
    "2024-12-31T23:59", "2025-01-01 00:00", "2025-10-26T02:30", "2025-03-30T02:15", "03:14",
    "23:59", "2025-13-31T23:59",
)  # fmt: skip
BOOTS = (
    "Dec 31 23:58:00 n1 kernel: [    0.000000] Linux version 6.1.0",
    "Dec 31 23:58:30 n1 kernel: [   30.500000] cni0: port 7(veth7) entered the learning state",
    "Jan  1 00:00:10 n1 kernel: [  130.250000] audit: type=1400 audit(1735689610.250:24): x",
    "Jan  1 01:00:00 n1 kernel: [    0.000000] Linux version 6.1.0",
    "Jan  1 01:02:00 n1 kernel: [  120.750000] cni0: port 9(veth9) entered the learning state",
)
AUDIT = "Jan  1 01:02:01 n1 kernel: [  121.000000] audit: type=1400 audit(1735693321.000:25): x"
OTHERS = (
    "2025-01-01T00:00:20Z the backup has begun",
    "23:59:10 late",
    "00:00:10 early",
    "2025-10-26T02:59:59 n1 x",
    "2025-10-26T02:00:00 n1 x",
)
SILENT = 0.15
"""Of the lines, how many have no stamp."""
TELLING = {
    "nothing": (),
    "a year": (*OTHERS[:1], *BOOTS[:1]),
    "two boots": BOOTS,
    "a kernel that dates itself": (*OTHERS[:1], *BOOTS, AUDIT),
    "a day": OTHERS,
}


def clock_of(lines: tuple[str, ...], zone: str | None, moved: dict[str, int]) -> BundleClock:
    source = SourceClock()
    for number, line in enumerate(lines):
        source.see(number * 100 + 1, peel(line))
    clock = BundleClock(zone, moved)
    clock.add(SOURCE, source)
    return clock


def stamps(chance: random.Random, count: int) -> list[tuple[Stamp | None, Stamp | None, int]]:
    """A stamp, the first second of its minute, and the nanoseconds between."""
    found: list[tuple[Stamp | None, Stamp | None, int]] = []
    for _ in range(count):
        minute, second = chance.choice(MINUTES), chance.randrange(60)
        zone = chance.choice(("", "Z", "+02:00")) if "T" in minute else ""
        form = "syslog" if minute[:1].isalpha() else "iso" if "-" in minute else "time"
        fraction = chance.choice(("", f".{chance.randrange(10**6):06d}")) if form == "iso" else ""
        late = second * 10**9 + int((fraction[1:] or "0").ljust(9, "0"))
        stamp = Stamp(f"{minute}:{second:02d}{fraction}{zone}", form)
        found.append((stamp, Stamp(f"{minute}:00{zone}", form), late))
    return [(None, None, 0) if chance.random() < SILENT else one for one in found]


@pytest.mark.parametrize("moved", [{}, {"kern*": 3_000_000_000}], ids=["", "corrected"])
@pytest.mark.parametrize("zone", [None, "Europe/Oslo"])
@pytest.mark.parametrize("telling", TELLING)
def test_many_lines_have_the_times_of_each(
    telling: str, zone: str | None, moved: dict[str, int]
) -> None:
    chance = random.Random(7)
    clock = clock_of(TELLING[telling], zone, moved)
    written = stamps(chance, 1500)
    lines = sorted(chance.randrange(1, 700) for _ in written)
    uptimes = [chance.choice((None, chance.uniform(0, 200), 9.1e9)) for _ in written]
    moments = list(dict.fromkeys(minute for _, minute, _ in written))

    dates = Dating(clock, SOURCE).dates(
        Written(
            np.array(lines),
            moments,
            np.array([moments.index(minute) for _, minute, _ in written]),
            np.array([late for _, _, late in written]),
            np.array(uptimes, np.float64),
        )
    )

    for at, ((stamp, _, _), line, uptime) in enumerate(zip(written, lines, uptimes, strict=True)):
        time_ns, quality = clock.resolve(SOURCE, line, stamp, uptime)
        told = None if dates.times[at] == UNKNOWN else int(dates.times[at])
        held = time_ns if time_ns is not None and abs(time_ns) < 2**63 - 2**12 else None
        assert (told, QUALITY_ORDER[dates.quality[at]]) == (held, quality)
        assert dates.boots[at] == clock.boot(SOURCE, line, uptime)


def test_the_stamps_here_are_of_the_forms_that_are_said() -> None:
    assert all(
        recognize(stamp.text) in (None, stamp)
        for stamp, _, _ in stamps(random.Random(1), 300)
        if stamp is not None
    )
