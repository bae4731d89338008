"""What is left open in a report, and words that blame, are found where they stand."""

from __future__ import annotations

import pytest

from triage.errors import UsageError
from triage.report.check import check_text


def wordings(text: str, name: str = "a.md") -> list[str]:
    return [one.text for one in check_text(name, text) if one.sort == "wording"]


@pytest.mark.parametrize(
    "text",
    [
        "The outage was human error.",
        "The operator error came first.",
        "They should have looked at the graph.",
        "If only the alert had fired.",
        "The engineer failed to read the page.",
        "A careless change.",
        "The on-call ignored the page.",
        "Written by Kim Larsen.",
        "Ask kim.larsen@corp.example about it.",
        "Thanks to @kimlarsen for the fix.",
        "Dr. Larsen found it.",
    ],
)
def test_blame_and_names_are_warned_of(text: str) -> None:
    assert len(wordings(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "The request failed to reach the proxy.",
        "The kubelet failed to pull the image.",
        "Human error budgets are spent.".replace("Human error budgets", "Error budgets"),
        "Caused by the Linux kernel.",
        "The image name@sha256:1234 was rolled back.",
        "Package torch @ git+https://host/torch was installed.",
        "The alert ought to fire first.",
        "`he should have` is code.",
        "He should have. <!-- wording: fine -->",
        "```text\nwe should have known\n```",
        "````\n```\nhuman error\n```\n````",
        "~~~\nhuman error\n~~~",
    ],
)
def test_descriptions_quotations_and_code_are_not(text: str) -> None:
    assert wordings(text) == []


def test_open_points_are_listed_with_their_line() -> None:
    text = "# Title\n\nTODO(service owner): users hit\n- [ ] **TODO(lead)** now and TODO(a): b\n"

    found = check_text("final.md", text)

    assert [(one.place, one.text.split(":")[0]) for one in found] == [
        ("final.md:3", "TODO(service owner)"),
        ("final.md:4", "TODO(lead)"),
        ("final.md:4", "TODO(a)"),
    ]


def test_a_page_of_html_is_judged_by_its_words_alone() -> None:
    text = (
        "<style>mark{}</style>\n<p>He should have.</p>\n<pre>human error</pre>\n"
        "<p><mark>TODO(lead): when</mark></p><code>TODO(x): y</code>\n"
        "<p>They forgot it.<!-- wording: fine --></p>\n<svg><title>human error</title></svg>"
    )

    found = check_text("final.html", text)

    assert [(one.place, one.sort) for one in found] == [
        ("final.html:2", "wording"),
        ("final.html:4", "todo"),
    ]


def test_json_that_is_no_report_is_refused() -> None:
    with pytest.raises(UsageError, match=r"a\.json is no report of ours"):
        check_text("a.json", '{"schema": 1}')
