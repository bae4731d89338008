"""What a screen may wish for; the app grants it, so that no screen knows another."""

from __future__ import annotations

from textual.message import Message

from triage.events import Value


class OpenFinding(Message):
    """Show a finding."""

    def __init__(self, rank: int) -> None:
        self.rank = rank
        super().__init__()


class OpenPlaybook(Message):
    """Walk through a playbook, with what a finding knows filled in."""

    def __init__(self, name: str, finding: int | None) -> None:
        self.name = name
        self.finding = finding
        super().__init__()


class OpenTimeline(Message):
    """Show all events: those of one thing, or round a moment."""

    def __init__(self, follow: tuple[str, Value] | None = None, at_ns: int | None = None) -> None:
        self.follow = follow
        self.at_ns = at_ns
        super().__init__()


class OpenView(Message):
    """Show one of the tables: `environments`, `gpus`, `pods`, `sql`."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__()


class Copy(Message):
    """Put text on the clipboard."""

    def __init__(self, text: str, what: str = "") -> None:
        self.text = text
        self.what = what
        """Added to the toast: `2 of 3 commands`."""
        super().__init__()


class Say(Message):
    """Tell the responder something in a toast; never as markup."""

    def __init__(self, text: str, *, wrong: bool = False) -> None:
        self.text = text
        self.wrong = wrong
        super().__init__()
