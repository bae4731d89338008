"""Log text inside the strings of JSON documents."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.embedded import expand

PAGE = (
    "<p>We saw<br />\n[ 11.5] Out of memory: Killed process 7 (python3)<br />\n"
    "[ 11.6] oom_reaper: reaped process 7</p>\n<pre><code>  File &quot;a.py&quot;, line 3, in"
    " &lt;module&gt;\n    go()\n</code></pre>\n<script>var a = 1;\nvar b;</script>"
    "<p>Kernel panic &#8211; not <b>syncing</b><!-- a\nb --></p>"
) + " " * 80


def test_the_rows_of_a_page_are_what_its_reader_sees() -> None:
    text = json.dumps({"id": 4, "content": {"rendered": PAGE}}).replace("/", "\\/")

    rows = expand(text)

    assert rows is not None
    assert [row for _, row in rows] == [
        "We saw",
        "[ 11.5] Out of memory: Killed process 7 (python3)",
        "[ 11.6] oom_reaper: reaped process 7",
        '  File "a.py", line 3, in <module>',
        "    go()",
        "Kernel panic – not syncing",
    ]
    assert all(text[place:].startswith(row[:6].replace('"', "&")) for place, row in rows[:3])


def test_text_without_html_keeps_its_angle_brackets() -> None:
    inner = "\n".join(["Traceback", '  File "a.py", line 3, in <module>', "&amp; x < y"] * 9)

    rows = expand(json.dumps([{"stack": inner}]))

    assert rows is not None
    assert [row for _, row in rows] == inner.split("\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain text",
        '[2024-10-14 03:14:22] ERROR "a\nb\nc" ' + "x" * 300,
        '{"a": "short\\n\\n\\n"}',
        json.dumps({"log": "x" * 300 + "\n", "stream": "stderr", "time": "2024"}),
        json.dumps({"level": "error", "ts": 1.5, "msg": "a\nb\nc\n" + "x" * 300}),
        '{"a": "raw\nnewlines\nin\na\nstring' + "x" * 300 + '"}',
    ],
)
def test_other_texts_are_not_expanded(text: str) -> None:
    assert expand(text) is None


@settings(max_examples=200, deadline=None)
@given(
    st.text(max_size=300),
    st.lists(st.sampled_from(("\n", "<br />", "<p>", "x", "&lt;", "<!--")), max_size=40),
)
def test_offsets_point_into_the_text_and_grow(noise: str, pieces: list[str]) -> None:
    text = json.dumps({"a": "".join(pieces) + noise + "y" * 200, "b": noise})

    rows = expand(text) or []

    places = [place for place, _ in rows]
    assert places == sorted(places)
    assert all(0 <= place < len(text) for place in places)
    assert all(row.strip() and "\n" not in row for _, row in rows)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='{["\\u0d8nN<>p/!-:,} \n', max_size=400))
def test_broken_documents_never_raise(text: str) -> None:
    for place, row in expand('{"a":"' + "\\n" * 3 + "z" * 200 + text) or []:
        assert row
        assert place >= 0
