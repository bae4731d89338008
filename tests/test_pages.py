"""A case page by page: the same rows in the same order as its view, whatever is asked of them."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.answer import Answer, Evidence, Finding
from triage.errors import CaseError
from triage.events import Event
from triage.patterns import PatternError, compiled
from triage.testing import plain_answer
from triage.timeline import pages as pages_module
from triage.timeline.order import ERROR, LEVELS, NO_TIME, edges_of, following
from triage.timeline.pages import SHOWN, Hits, Pages
from triage.timeline.query import OpenCase, open_case
from triage.timeline.wanted import About, Equal, Wanted, quoted
from triage.timeline.writer import CaseWriter, write_case

START = 1_772_424_306_000_000_000
SECOND = 10**9
COUNT = 300
WORDS = ("probe ok", "Xid 79", "loss=nan", "ECC error", "a.b(c)", "line\nof two", "")


def event(random_: random.Random, line: int) -> Event:
    fields = {
        "host": random_.choice(("node-1", "node-2", None)),
        "pid": random_.choice((4711, 29401, None)),
        "gpu": random_.choice(("0000:31:00", None)),
        "level": random_.choice(("info", "warning", "error", None)),
        "rank": random_.randrange(3),
    }
    ts = None if random_.random() < 0.2 else START + random_.randrange(40) * SECOND
    message = random_.choice(WORDS) + random_.choice(("", " of pid 29401", " x294017", " GPU"))
    return Event(
        kind=random_.choice(("log.line", "gpu.xid")), line=line, line_end=line, offset=line * 10,
        text="", message=message,
        fields={name: value for name, value in fields.items() if value is not None},
        time_ns=ts, time_quality="none" if ts is None else "exact",
    )  # fmt: skip


def answer() -> Answer:
    base = plain_answer()
    finding = Finding(
        id="xid_79", title="A GPU fell off the bus", severity="critical", role="cause", rank=1,
        confidence=0.9, count=2, first_seen=None, last_seen=None, time_quality="none",
        entities={}, because=[],
        evidence=[
            Evidence(source, line, line, 0, None, "none", "Xid 79")
            for source in ("app.log", "dir/kern.log")
            for line in (7, 90)
        ],
    )  # fmt: skip
    other = msgspec.structs.replace(base.sources[0], name="dir/kern.log")
    return msgspec.structs.replace(base, findings=[finding], sources=[*base.sources, other])


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sources, written side by side: the rows do not lie in the order of the view."""
    file = tmp_path_factory.mktemp("pages") / "case.triage"
    random_ = random.Random(7)
    made = [(random_.choice((1, 2)), event(random_, line)) for line in range(1, COUNT + 1)]
    random_.shuffle(made)

    def fill(case: CaseWriter) -> None:
        for source, one in made:
            case.add_event(source, one)

    write_case(file, answer(), fill)
    return file


@pytest.fixture(scope="module")
def case(path: Path) -> Iterator[OpenCase]:
    with open_case(path) as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(case: OpenCase) -> Iterator[Pages]:
    with Pages(case) as opened:
        yield opened


def ids(pages: Pages, order: pages_module.Order) -> list[int]:
    return [row.event_id for row in pages.rows(order, 0, len(order))]


def test_the_rows_stand_in_the_order_of_the_view(case: OpenCase, pages: Pages) -> None:
    view = case.rows("SELECT event_id, epoch_ns(ts) FROM timeline")

    assert ids(pages, pages.order) == [row[0] for row in view]
    assert [pages.order.time(at) for at in range(COUNT)] == [row[1] for row in view]
    assert pages.order.dated == sum(row[1] is not None for row in view)


def test_a_row_says_what_the_view_says(case: OpenCase, pages: Pages) -> None:
    view = case.rows(
        "SELECT path, line, kind, host, pid, gpu, level, message FROM timeline LIMIT 40"
    )

    rows = pages.rows(pages.order, 0, 40)

    assert [
        (row.path, row.line, row.kind, row.host, row.pid, row.gpu, row.level, row.message)
        for row in rows
    ] == view


def test_pages_beyond_the_ends_are_short_or_empty(pages: Pages) -> None:
    assert len(pages.rows(pages.order, COUNT - 3, COUNT + 9)) == 3
    assert pages.rows(pages.order, COUNT, COUNT + 9) == []
    assert len(pages.rows(pages.order, -5, 2)) == 2


def test_rows_are_kept_no_longer_than_there_is_room(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages_module, "KEPT_ROWS", 10)
    with pages.another() as beside:
        first = beside.rows(beside.order, 0, 8)
        beside.rows(beside.order, 100, 108)

        assert len(beside._kept) == 10
        assert beside.rows(beside.order, 0, 8) == first


@pytest.mark.parametrize(
    ("wanted", "condition"),
    [
        (Wanted(equal=(Equal("host", ("node-1",)),)), "host = 'node-1'"),
        (Wanted(equal=(Equal("host", ("node-1", None)),)), "host = 'node-1' OR host IS NULL"),
        (Wanted(equal=(Equal("path", ("dir/kern.log",)),)), "path = 'dir/kern.log'"),
        (Wanted(equal=(Equal("pid", (4711,)), Equal("gpu", (None,)))),
         "pid = 4711 AND gpu IS NULL"),
        (Wanted(about=About("gpu", "0000:31:00")), "gpu = '0000:31:00'"),
        (Wanted(about=About("rank", "2")), "attrs->>'rank' = '2'"),
        (Wanted(text="xid"), "message ILIKE '%xid%' OR kind ILIKE '%xid%'"),
        (Wanted(text="Xid"), "message LIKE '%Xid%'"),
        (Wanted(text=r"a\.b\(c\)"), "message LIKE '%a.b(c)%'"),
        (Wanted(text="^of two"), "message LIKE '%' || chr(10) || 'of two%'"),
        (Wanted(text="node-2"), "host = 'node-2'"),
        (Wanted(text="4711"), "pid = 4711"),
        (Wanted(text="nan", equal=(Equal("kind", ("gpu.xid",)),)),
         "kind = 'gpu.xid' AND message LIKE '%nan%'"),
    ],
)  # fmt: skip
def test_the_rows_that_are_wanted_are_those_that_sql_finds(
    case: OpenCase, pages: Pages, wanted: Wanted, condition: str
) -> None:
    expected = case.rows(f"SELECT event_id FROM timeline WHERE {condition}")

    found = pages.select(wanted)

    assert 0 < len(found) < COUNT
    assert ids(pages, found) == [row[0] for row in expected]
    assert np.all(np.diff(found.times) >= 0)


def test_everything_about_a_pid_is_what_names_it_in_a_field_or_as_a_word(pages: Pages) -> None:
    rows = pages.rows(pages.order, 0, COUNT)
    expected = [
        row.event_id for row in rows if row.pid == 29401 or re.search(r"\b29401\b", row.message)
    ]

    assert ids(pages, pages.select(Wanted(about=About("pid", "29401")))) == expected
    assert any("x294017" in row.message and row.pid is None for row in rows)


def test_a_level_keeps_what_is_worse_and_what_a_finding_cites(pages: Pages) -> None:
    found = pages.select(Wanted(level=LEVELS.index("warning")))

    rows = pages.rows(found, 0, len(found))
    cited = [row for row in rows if row.line in {7, 90}]
    assert {row.level for row in rows if row not in cited} == {"warning", "error"}
    assert sorted(row.row for row in cited) == sorted(found.findings)
    assert len(cited) == 2


def test_errors_and_cited_rows_are_told_apart(pages: Pages) -> None:
    order = pages.order
    rows = pages.rows(order, 0, COUNT)

    cited = [at for at, row in enumerate(rows) if row.row in order.findings]
    bad = [at for at, row in enumerate(rows) if row.level == "error"]
    assert order.cited.tolist() == cited
    assert order.errors.tolist() == sorted({*cited, *bad})
    assert [int(order.levels[at]) >= ERROR for at in bad] == [True] * len(bad)


@pytest.mark.parametrize("start", [0, 1, 150, COUNT - 1])
@pytest.mark.parametrize("text", ["xid", "Xid 79|nan", "of two$", "29401", "no such words"])
@pytest.mark.parametrize("only", [Wanted(), Wanted(equal=(Equal("host", ("node-1",)),))])
def test_a_search_finds_all_and_knows_the_first(
    pages: Pages, monkeypatch: pytest.MonkeyPatch, start: int, text: str, only: Wanted
) -> None:
    monkeypatch.setattr(pages_module, "CHUNK", 11)
    monkeypatch.setattr(pages_module, "NEAR", 5)
    order = pages.select(only)
    wanted = set(pages.select(Wanted(text=text)).rows.tolist())
    expected = [at for at, row in enumerate(order.rows.tolist()) if row in wanted]

    told: list[Hits] = list(pages.search(order, text, start))

    assert told[-1].done
    assert told[-1].positions.tolist() == expected
    first = next((at for at in expected if at >= start), None)
    for hits in told:
        assert set(hits.positions.tolist()) <= set(expected)
        behind = [at for at in hits.positions.tolist() if at >= start]
        if hits.sure:
            assert next(iter(behind), None) == first
    assert told[-1].sure


def test_a_wrong_pattern_is_said_to_be_wrong(pages: Pages) -> None:
    with pytest.raises(PatternError):
        pages.select(Wanted(text="(open"))


@given(st.text(min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_a_quoted_text_matches_itself_alone(text: str) -> None:
    assert compiled(quoted(text)).fullmatch(text) is not None


def test_values_are_counted_within_what_is_wanted(case: OpenCase, pages: Pages) -> None:
    expected = case.rows(
        "SELECT host, count(*) FROM timeline WHERE kind = 'gpu.xid' GROUP BY 1 ORDER BY 2 DESC, 1"
    )

    assert pages.values("host", Wanted(equal=(Equal("kind", ("gpu.xid",)),))) == expected
    with pytest.raises(ValueError, match="attrs"):
        pages.values("attrs", Wanted())


def test_a_value_is_no_sql(pages: Pages) -> None:
    hostile = "x' OR 1=1 --"

    assert len(pages.select(Wanted(equal=(Equal("host", (hostile,)),)))) == 0
    assert len(pages.select(Wanted(about=About(f'"{hostile}', hostile)))) == 0
    with pytest.raises(ValueError, match="1=1"):
        pages.select(Wanted(equal=(Equal(hostile, ("x",)),)))


def test_a_time_leads_to_the_first_row_at_or_after_it(pages: Pages) -> None:
    order = pages.order
    times = [time for at in range(COUNT) if (time := order.time(at)) is not None]

    for asked in (START - 1, START, START + 7 * SECOND + 1, START + 90 * SECOND):
        found = order.at_time(asked)
        expected = next((at for at, time in enumerate(times) if time >= asked), len(times) - 1)
        assert found == expected
    assert order.span() == (times[0], times[-1])


def test_density_counts_every_dated_row_once(pages: Pages) -> None:
    order = pages.order
    edges = edges_of(order.span() or (0, 0), 11)

    assert order.density(edges).sum() == order.dated
    assert edges[[0, -1]].tolist() == [order.time(0), order.times[order.dated - 1] + 1]
    assert order.density(edges, order.cited).sum() == sum(
        order.time(int(at)) is not None for at in order.cited
    )


@given(st.lists(st.integers(0, 50), unique=True), st.integers(0, 50))
def test_the_next_and_the_one_before_are_strictly_so(numbers: list[int], at: int) -> None:
    positions = np.array(sorted(numbers), np.int32)

    assert following(positions, at, 1) == min((n for n in numbers if n > at), default=None)
    assert following(positions, at, -1) == max((n for n in numbers if n < at), default=None)


def test_a_case_without_events_has_no_rows_and_no_span(tmp_path: Path) -> None:
    write_case(tmp_path / "empty.triage", plain_answer(), lambda _: None)

    with open_case(tmp_path / "empty.triage") as case, Pages(case) as pages:
        assert len(pages.order) == 0
        assert pages.order.span() is None
        assert list(pages.search(pages.order, "x", 0))[-1].done
        assert len(pages.select(Wanted(text="x"))) == 0


def test_a_long_message_is_cut_in_rows_and_whole_on_demand(tmp_path: Path) -> None:
    long = "x" * (SHOWN + 5)
    one = Event("log.line", 1, 1, 0, "", long, {"rank": 3}, time_ns=START)
    write_case(tmp_path / "long.triage", plain_answer(), lambda case: case.add_event(1, one))

    with open_case(tmp_path / "long.triage") as case, Pages(case) as pages:
        row = pages.row(pages.order, 0)

        assert (len(row.message), row.length) == (SHOWN, SHOWN + 5)
        assert pages.whole(row.row) == (long, '{"rank":3}')


def test_lines_and_events_are_found_again(pages: Pages) -> None:
    row = pages.row(pages.order, 17)

    assert pages.row_at(row.path, row.line) == row.row
    assert pages.rows_of_events([row.event_id, 1]).tolist() == [row.row]
    assert pages.row_at(row.path, 0) is None


def test_a_closed_case_says_so(path: Path) -> None:
    case = open_case(path)
    pages = Pages(case)
    case.close()

    with pytest.raises(CaseError):
        pages.another()
    with pytest.raises(CaseError):
        pages.rows(pages.order, 0, 9)
    assert pages.order.time(0) != NO_TIME


def test_many_threads_may_ask_one_case_at_once(case: OpenCase) -> None:
    def ask(_: int) -> int:
        return len(case.rows("SELECT event_id FROM events"))

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(200))) == {COUNT}


@pytest.mark.parametrize("text", ["node-1", "^node", "NODE", "gpu.xid", "31:0", "error|node-2"])
def test_a_column_of_too_many_values_to_try_is_searched_by_rows(
    pages: Pages, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(pages_module, "MAX_KNOWN", 0)

    found = Pages(pages.case).select(Wanted(text=text))

    assert pages.known["host"]
    assert ids(pages, found) == ids(pages, pages.select(Wanted(text=text)))


def test_rows_apart_and_side_by_side_are_searched_alike(pages: Pages) -> None:
    rows = pages.order.rows

    for near in (rows[:40], rows[::7]):
        found = pages._near(near, "contains(message, ?)", ["Xid 79"])

        told = pages.rows(pages.order, 0, COUNT)
        wanted = {r for r, row in zip(rows.tolist(), told, strict=True) if "Xid 79" in row.message}
        assert set(found.tolist()) == wanted & set(near.tolist())
