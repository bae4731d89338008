"""The chain: boxes from cause on the left to effect on the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from triage.report.model import Causes, Edge, Node
from triage.report.pictures.drawing import box, linked, number, picture, shape, text, wrapped
from triage.report.wording import duration, shown_time

BOX_W, BOX_H = 252.0, 102.0
GAP_X, GAP_Y = 84.0, 16.0
LETTERS, ROWS = 29, 3
MAX_BOXES = 16
MAX_DEPTH = 4
AT_ONCE_S = 0.001
ABREAST = 3
"""Boxes without an arrow that stand in one row."""


@dataclass(frozen=True, slots=True)
class _Spot:
    x: float
    y: float


def draw(causes: Causes) -> str:
    """The picture; empty without a finding above `info`."""
    nodes = [node for node in causes.nodes if node.severity != "info"][:MAX_BOXES]
    if not nodes:
        return ""
    ranks = {node.finding for node in nodes}
    edges = [edge for edge in causes.edges if edge.best and {edge.cause, edge.effect} <= ranks]
    spots = _spots(nodes, edges)
    width = max(spot.x for spot in spots.values()) + BOX_W + 8
    height = max(spot.y for spot in spots.values()) + BOX_H + 8
    parts = [_arrow(edge, spots) for edge in edges]
    parts += [_lag(edge, spots) for edge in edges]
    parts += [_box(node, spots[node.finding]) for node in nodes]
    return picture("What explains what", width, height, parts)


def _spots(nodes: Sequence[Node], edges: Sequence[Edge]) -> Mapping[int, _Spot]:
    """Trees: a cause stands beside its first effect, further effects below; loners below all."""
    effects: dict[int, list[int]] = {}
    for edge in edges:
        effects.setdefault(edge.cause, []).append(edge.effect)
    explained = {edge.effect for edge in edges}
    spots: dict[int, _Spot] = {}
    row = 0

    def place(rank: int, depth: int) -> None:
        nonlocal row
        if rank in spots:
            return
        column = min(depth, MAX_DEPTH)
        spots[rank] = _spot(column, row)
        below = [effect for effect in effects.get(rank, []) if effect not in spots]
        for effect in below:
            place(effect, depth + 1)
        if not below or depth >= MAX_DEPTH:
            row += 1

    tied = [node.finding for node in nodes if node.finding in explained | effects.keys()]
    for rank in (*(rank for rank in tied if rank not in explained), *tied):
        place(rank, 0)
    loners = [node.finding for node in nodes if node.finding not in spots]
    for place_of, rank in enumerate(loners):
        spots[rank] = _spot(place_of % ABREAST, row + place_of // ABREAST)
    return spots


def _spot(column: int, row: int) -> _Spot:
    return _Spot(4 + column * (BOX_W + GAP_X), 4 + row * (BOX_H + GAP_Y))


def _box(node: Node, spot: _Spot) -> str:
    parts = [box(spot.x, spot.y, BOX_W, BOX_H, f"node {node.severity}", radius=6)]
    parts.append(shape(node.severity, spot.x + 15, spot.y + 17))
    for row, words in enumerate(wrapped(node.title, LETTERS, ROWS)):
        parts.append(text(spot.x + 30, spot.y + 21 + 17 * row, words, "title"))
    time = f"{shown_time(node.time, date=False)} UTC" if node.time else "time unknown"
    foot = f"{node.id[:26]} · {node.confidence:.0%}"
    parts.append(text(spot.x + 12, spot.y + BOX_H - 22, foot, "id"))
    parts.append(text(spot.x + 12, spot.y + BOX_H - 8, time, "id"))
    refs = node.fact.refs
    return linked(refs[0] if refs else "", node.fact.text, parts)


def _lag(edge: Edge, spots: Mapping[int, _Spot]) -> str:
    """How much later, beside the head of the arrow."""
    cause, effect = spots[edge.cause], spots[edge.effect]
    if edge.seconds is None:
        return ""
    way = "+" if edge.seconds > 0 else "-"
    words = f"{way}{duration(edge.seconds)}" if abs(edge.seconds) >= AT_ONCE_S else "at once"
    y = effect.y + BOX_H / 2
    return text(effect.x - 15, y - 7 if cause.y == effect.y else y + 16, words, "lag", "end")


def _arrow(edge: Edge, spots: Mapping[int, _Spot]) -> str:
    cause, effect = spots[edge.cause], spots[edge.effect]
    x1, y1 = cause.x + BOX_W, cause.y + BOX_H / 2
    x2, y2 = effect.x - 3, effect.y + BOX_H / 2
    kind = "edge" if edge.certain else "edge hedged"
    middle = (x1 + x2) / 2
    if effect.x <= cause.x:
        x1, y1, x2, y2 = cause.x + 40, cause.y + BOX_H, effect.x + 40, effect.y
        middle = x1
    path = " ".join(
        ("M", number(x1), number(y1), "C", number(middle), number(y1), number(middle), number(y2),
         number(x2 - 6), number(y2))
    )  # fmt: skip
    back = number(x2 - 9)
    head = f"{number(x2)},{number(y2)} {back},{number(y2 - 5)} {back},{number(y2 + 5)}"
    parts = [f'<path d="{path}" class="{kind}"/>', f'<polygon points="{head}" class="head"/>']
    refs = edge.fact.refs
    return linked(refs[-1] if refs else "", edge.fact.text, parts)
