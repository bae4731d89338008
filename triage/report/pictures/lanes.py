"""Marks in lanes over time: what happened where, and how well its time is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from triage.events import Severity
from triage.report.figure_model import LANES, Lane, Point
from triage.report.pictures.drawing import box, line, linked, picture, shape, text
from triage.report.pictures.scale import Scale
from triage.report.wording import iso_of, shown_time

WIDTH, LEFT, RIGHT = 1000.0, 112.0, 976.0
LANE, TOP, FOOT = 60.0, 8.0, 44.0
MERGED = 13.0
"""Marks of one kind that stand closer are drawn as one."""
LETTER_WIDTH = 6.2
ANCHORED_S = 1.0
LEAST_DOUBT = 12.0
TAIL = 15.0
NAMES: Mapping[Lane, str] = {
    "kernel": "kernel", "gpu": "GPU", "k8s": "Kubernetes", "app": "application",
    "env": "environment", "response": "response",
}  # fmt: skip
MAX_TITLES = 6


def draw(points: Sequence[Point]) -> str:
    """The picture; empty where there is one moment at most: a table says that better."""
    if len({point.time_ns for point in points}) <= 1:
        return ""
    used = [lane for lane in LANES if any(point.lane == lane for point in points)]
    scale = Scale([point.time_ns for point in points], LEFT + 20, RIGHT - 14)
    height = TOP + LANE * len(used) + FOOT
    parts = _ground(used, scale)
    for number, lane in enumerate(used):
        middle = TOP + LANE * number + LANE / 2 + 5
        parts += _marks([point for point in points if point.lane == lane], scale, middle)
    return picture("Timeline in lanes", WIDTH, height, parts)


def _ground(used: Sequence[Lane], scale: Scale) -> list[str]:
    """Lanes, their names, breaks and the line of time."""
    bottom = TOP + LANE * len(used)
    parts = []
    for number, lane in enumerate(used):
        y = TOP + LANE * number
        parts.append(box(LEFT, y, RIGHT - LEFT, LANE, "lane odd" if number % 2 else "lane"))
        parts.append(text(LEFT - 10, y + LANE / 2 + 4, NAMES[lane], "name", "end"))
    for tick in scale.ticks:
        parts.append(line(tick.x, TOP, tick.x, bottom + 5, "tick"))
        parts.append(text(tick.x, bottom + 18, tick.clock, "clock", "middle"))
        if tick.date:
            parts.append(text(tick.x, bottom + 33, tick.date, "date", "middle"))
    for x in scale.breaks:
        parts.append(box(x - 7, TOP, 14, bottom - TOP, "break"))
        parts += [line(x + dx, bottom + 8, x + dx + 5, bottom - 4, "axis") for dx in (-6, 0)]
    parts.append(line(LEFT, bottom, RIGHT, bottom, "axis"))
    return parts


def _marks(points: Sequence[Point], scale: Scale, y: float) -> list[str]:
    """The gravest on top: they are drawn last."""
    groups = _merged(points, scale)
    order: Mapping[Severity | None, int] = {None: 0, "info": 1, "warning": 2, "critical": 3}
    ends = {True: float("-inf"), False: float("-inf")}
    labels = []
    for group in groups:
        point, x = group[0], scale.x(group[0].time_ns)
        label = (point.refs[0] if point.refs else "") + (f"+{len(group) - 1}" * (len(group) > 1))
        half = LETTER_WIDTH * len(label) / 2 + 2
        above = x - half >= ends[True] or x - half < ends[False]
        if label and x - half >= ends[above]:
            ends[above] = x + half
            labels.append(text(x, y - 13 if above else y + 21, label, "e", "middle"))
    ordered = sorted(groups, key=lambda one: order[one[0].severity])
    return [*(_mark(group, scale, y) for group in ordered), *labels]


def _merged(points: Sequence[Point], scale: Scale) -> list[list[Point]]:
    groups: list[list[Point]] = []
    last: dict[Severity | None, list[Point]] = {}
    for point in points:
        group = last.get(point.severity)
        if group is not None and scale.x(point.time_ns) - scale.x(group[0].time_ns) < MERGED:
            group.append(point)
        else:
            last[point.severity] = [point]
            groups.append(last[point.severity])
    return groups


def _mark(group: Sequence[Point], scale: Scale, y: float) -> str:
    point = group[0]
    x = scale.x(point.time_ns)
    exact = point.time_quality == "exact"
    parts = [] if exact else [_doubt(point, scale, x, y)]
    parts.append(shape(point.severity, x, y, "" if exact else "inferred"))
    titles = [
        f"{shown_time(iso_of(one.time_ns))} UTC ({one.time_quality}): {one.label}"
        for one in group[:MAX_TITLES]
    ]
    if len(group) > MAX_TITLES:
        titles.append(f"and {len(group) - MAX_TITLES} more")
    return linked(point.refs[0] if point.refs else "", "\n".join(titles), parts)


def _doubt(point: Point, scale: Scale, x: float, y: float) -> str:
    """A bar as wide as the doubt where that is known, else open ends."""
    if point.time_quality == "anchored":
        first, last = scale.around(point.time_ns, ANCHORED_S, LEAST_DOUBT)
        ends = [line(end, y - 4, end, y + 4, "doubt") for end in (first, last)]
        return "".join([line(first, y, last, y, "doubt"), *ends])
    return line(x - TAIL, y, x + TAIL, y, "doubt open")
