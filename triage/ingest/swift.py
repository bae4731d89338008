"""Peels plain lines of syslog by the column, many at once.

A line is peeled here where its head decides alone how it is peeled, and in what follows the head no
further wrapper can begin (`triage.envelope.quiet`). One line of each head is then peeled by the
peeler itself, without what follows, and speaks for all of them. The forms, in ASCII:

    Nov 18 00:00:01 gpu-017 sshd[70875]: text
    Nov 18 00:00:01 gpu-017 kernel: [11304.385795] text
    Nov 18 00:00:01 gpu-017 kubelet[1873]: I1118 13:25:27.585196    1873 prober.go:107] text
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from triage.envelope import peel
from triage.envelope.quiet import may_begin, steps_at
from triage.events import Fields, Peeled, Stamp

if TYPE_CHECKING:
    import polars as pl
    from numpy import int64
    from numpy.typing import NDArray

    from triage.envelope.model import Place

STAMP_LENGTH = 15
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HEAD = (
    rf"^((?:{'|'.join(MONTHS)}) [ 0-9][0-9] [0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}})"
    r"( [A-Za-z0-9._-]{1,64} [A-Za-z0-9._/-]{1,64}(?:\[[0-9]{1,9}\])?: )"
)
"""The stamp; the host and the tag."""
_PID = re.compile(r"\[([0-9]{1,9})\]: ")
_KERNEL = " kernel: "
_UPTIME = r"^(\[ *([0-9]{1,10}\.[0-9]{3,9})\] )[^ \[<]"
_KLOG = (
    r"^([DIWEFC][0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6})"
    r"( +[0-9]{1,20} [A-Za-z0-9._/-]{1,64}:[0-9]{1,6}\] )"
)
_ANY_DAY = "Jan  1 00:00:00"
_ANY_UPTIME = "[    1.000000] "
_ANY_MOMENT = "0101 00:00:00.000000"
"""Of the moment klog writes, nothing is kept: the stamp before it says as much."""
_WRAPPERS = (("syslog",), ("syslog", "dmesg"), ("syslog", "klog"))
_REWRITTEN = r"&(?:#|[A-Za-z]{2,8};)|#0|\\x"
"""A body with one of these (entities, what was spelled out) is not what the line says."""
_LONGEST = 4096
FEW = 500
"""Fewer lines are peeled one by one in less time than this takes to begin."""
FORM = "syslog"
"""Of the stamps."""


@dataclass(frozen=True, slots=True)
class Swift:
    """Lines that were peeled by the column."""

    rows: pl.DataFrame
    """`at` (index in the block), `stamp` (as written), `body`, `uptime`, `head`."""
    heads: dict[str, Peeled]
    """What each head says, but for the times."""


def swiftly(lines: list[str], first: int) -> Swift | None:
    """Those of some lines that can be peeled so; None if none. `first`: index of the first."""
    if len(lines) < FEW or not _is_known():
        return None
    rows = _headed(lines, first)
    if not len(rows):
        return None
    rows = rows.filter(_is_quiet(rows["place"], rows["body"]))
    heads = rows["head"].unique().to_list()
    good = {head: said for head in heads if _speaks(said := _said(head))}
    if len(good) < len(heads):
        rows = rows.filter(rows["head"].is_in(list(good)))
    return Swift(rows, good) if len(rows) else None


def coded(texts: pl.Series, codes: Mapping[str, int]) -> NDArray[int64]:
    """The code of each text."""
    import polars as pl  # noqa: PLC0415

    found = texts.replace_strict(list(codes), list(codes.values()), return_dtype=pl.Int64)
    return found.to_numpy()


def _said(head: str) -> Peeled:
    """What a head says. Processes come and go, so heads that differ in the pid alone are one."""
    found = _PID.search(head)
    if found is None:
        return _peeled(head)
    said = _peeled(f"{head[: found.start(1)]}1{head[found.end(1) :]}")
    fields: Fields = {**said.fields, "pid": int(found[1])}
    return Peeled(said.body, said.stamp, said.uptime, fields, said.wrappers)


@lru_cache(maxsize=1 << 14)
def _peeled(head: str) -> Peeled:
    return peel(f"{_ANY_DAY}{head}")


@cache
def _is_known() -> bool:
    """The wrappers that stand for a head are the first that are tried there."""
    starts: list[tuple[Place, str, str]] = [("start", month, "syslog") for month in MONTHS]
    starts += [("start", f"{level}{day}", "klog") for level in "DIWEFC" for day in ("01", "12")]
    starts += [("kernel", head, "dmesg") for head in ("[  ", "[ 1", "[12", "[1.")]
    return all(steps_at(place, head)[0].name == name for place, head, name in starts)


def _speaks(peeled: Peeled) -> bool:
    """The head was peeled to its end, as lines with it are, and their stamp is the syslog's."""
    return (
        peeled.wrappers in _WRAPPERS and not peeled.body and peeled.stamp == Stamp(_ANY_DAY, FORM)
    )


def _headed(lines: list[str], first: int) -> pl.DataFrame:
    """Lines with a head of the forms: `place` is where what follows it stands."""
    import polars as pl  # noqa: PLC0415  only a timeline pays for it

    text, body, head = pl.col("text"), pl.col("body"), pl.col("head")
    rows = pl.DataFrame({"text": lines}).with_row_index("at", first)
    rows = (
        rows.with_columns(found=text.str.extract_groups(_HEAD))
        .with_columns(
            stamp=pl.col("found").struct[0].cast(pl.String), head=pl.col("found").struct[1]
        )
        .filter(
            head.is_not_null(),
            text.str.len_bytes() == text.str.len_chars(),
            text.str.len_bytes() <= _LONGEST,
            ~text.str.contains(_REWRITTEN),
        )
        .with_columns(
            body=text.str.slice(STAMP_LENGTH + head.str.len_bytes()),
            kernel=head.str.ends_with(_KERNEL),
        )
        .filter(~body.str.starts_with("segfault"))
        .with_columns(
            uptime=pl.when("kernel").then(body.str.extract(_UPTIME, 2)),
            cut=pl.when("kernel").then(body.str.extract(_UPTIME, 1)),
            klog=pl.when(~pl.col("kernel")).then(body.str.extract_groups(_KLOG)),
        )
    )
    moment, place_in_code = pl.col("klog").struct[0], pl.col("klog").struct[1]
    return rows.select(
        "at",
        "stamp",
        uptime=pl.col("uptime").cast(pl.Float64),
        place=pl.when("kernel").then(pl.lit("kernel")).otherwise(pl.lit("start")),
        body=body.str.slice(
            pl.col("cut").str.len_bytes().fill_null(0)
            + moment.str.len_bytes().fill_null(0)
            + place_in_code.str.len_bytes().fill_null(0)
        ),
        head=pl.concat_str(
            head,
            pl.when(pl.col("cut").is_not_null()).then(pl.lit(_ANY_UPTIME)).otherwise(pl.lit("")),
            pl.when(moment.is_not_null())
            .then(pl.concat_str(moment.str.slice(0, 1), pl.lit(_ANY_MOMENT), place_in_code))
            .otherwise(pl.lit("")),
        ),
    )


def _is_quiet(places: pl.Series, bodies: pl.Series) -> pl.Series:
    """Whether no wrapper can begin where the body stands."""
    import polars as pl  # noqa: PLC0415

    heads = pl.DataFrame({"place": places, "head": bodies.str.slice(0, 3)})
    known = {key: steps_at(*key) for key in heads.unique().rows()}
    kinds = {steps: number for number, steps in enumerate(dict.fromkeys(known.values()))}
    table = pl.DataFrame(
        [(place, head, kinds[steps]) for (place, head), steps in known.items()],
        {"place": pl.String, "head": pl.String, "kind": pl.Int32},
        orient="row",
    )
    rows = heads.with_row_index().join(table, on=["place", "head"], maintain_order="left")
    rows = rows.with_columns(bodies.alias("body"))
    loud: list[pl.Series] = []
    for steps, kind in kinds.items():
        some = rows.filter(pl.col("kind") == kind)
        for guard, pattern in may_begin(steps):
            near = some if guard is None else some.filter(pl.col("body").str.contains(guard))
            if len(near):
                loud.append(near.filter(pl.col("body").str.contains(pattern))["index"])
    if not loud:
        return pl.repeat(value=True, n=len(rows), eager=True)
    return ~rows["index"].is_in(pl.concat(loud).implode())
