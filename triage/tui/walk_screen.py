"""Walk a playbook: what it means, steps in order with commands filled in, where to go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import OptionList, Static

from triage.answer import Finding
from triage.errors import CaseError
from triage.playbook import Playbook, filled
from triage.timeline.responder import Tick
from triage.timeline.words import State
from triage.tui import looks, page
from triage.tui.details import WHERE
from triage.tui.frame import Parted
from triage.tui.page import Doing, Going, Part, Reading
from triage.tui.prompts import Question
from triage.tui.rows import Row, Rows
from triage.tui.session import Session
from triage.tui.wishes import Copy, OpenPlaybook, Say


class WalkScreen(Parted):
    """The steps above, the chosen one with its commands below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "Copy"),
        Binding("space", "tick", "Done"),
        Binding("x", "skip", "Skip"),
        Binding("r", "result", "Result", show=False),
        Binding("a", "note", "Note"),
        Binding("l", "follow", "Follow the link", show=False),
        Binding("v", "other_value", "Another value", show=False),
    ]

    def __init__(self, session: Session, playbook: Playbook, finding: Finding | None) -> None:
        super().__init__(session)
        self.playbook = playbook
        self.finding = finding
        self._entities = dict(finding.entities) if finding is not None else {}
        self._copied: tuple[int, int] = (0, -1)
        """Number of the step, and which of its commands was copied last."""

    def body(self) -> Iterable[Widget]:
        """Title, steps, the chosen step."""
        yield Static(self._head(), id="headline", markup=False)
        yield Rows(list(self._rows()), id="steps")
        with VerticalScroll(id="detail", classes="below", can_focus=False):
            yield Static("", id="told", markup=False)

    def on_mount(self) -> None:
        """Begin where the responder was, or at the first step that is open."""
        rows = self._list()
        place = self.session.place
        wanted = place.get("step") if place.get("playbook") == self.playbook.name else None
        if not (wanted and rows.choose(lambda p: isinstance(p, Doing) and str(p.number) == wanted)):
            self._to_next_open()
        rows.focus()

    @property
    def place(self) -> dict[str, str]:
        """This page, this finding, the chosen step."""
        place = {"screen": "walk", "playbook": self.playbook.name}
        if self.finding is not None:
            place["rank"] = str(self.finding.rank)
        chosen = self._list().chosen
        return place | ({"step": str(chosen.number)} if isinstance(chosen, Doing) else {})

    def _list(self) -> Rows[Part]:
        return self.query_one("#steps", Rows)

    def _tick(self, part: Doing) -> Tick | None:
        rank = None if self.finding is None else self.finding.rank
        return self.session.responder.ticks.get((self.playbook.name, part.number, rank))

    def _head(self) -> Content:
        title = page.inline(self.playbook.title, self._entities, "bold")
        told = [looks.text(self.playbook.name, looks.DIM)]
        if self.finding is not None:
            place = looks.where(self.finding, WHERE)
            told.append(looks.text(f"  for: {place or self.finding.title}", looks.DIM))
        return looks.lines([title, Content.assemble(*told)])

    def _rows(self) -> Iterator[Row[Part]]:
        for title, parts in page.sections(self.playbook):
            yield Row(Content.styled(title.upper(), looks.HEAD))
            for part in parts:
                yield Row(self._shown(part), part)

    def _shown(self, part: Part) -> Content:
        match part:
            case Reading(text=text):
                first = text.split("\n", 1)[0].removeprefix("- ")
                return Content.assemble("    ", page.inline(first, self._entities, looks.DIM))
            case Going(title=title, name=name):
                return Content.assemble(
                    "    ", page.inline(title, {}), looks.text(f"  {name}", looks.DIM)
                )
            case Doing():
                return self._step_row(part)

    def _step_row(self, part: Doing) -> Content:
        drawn = self.glyphs
        tick = self._tick(part)
        if tick is None:
            sign, style = drawn.todo, ""
        elif tick.state == "done":
            sign, style = drawn.done, looks.DIM
        else:
            sign, style = drawn.skipped, looks.DIM
        said = f"[{sign}] "
        told = ""
        if tick is not None:
            told = f"  {tick.state} {_clock(tick.done_at)}"
            told += f": {tick.result}" if tick.result else ""
        return Content.assemble(
            (said, "bold $text-success" if tick else looks.DIM),
            looks.text(told.strip() + "  " if told else "", looks.DIM),
            page.inline(part.step.say, self._entities, style),
        )

    def on_option_list_option_highlighted(self, _: OptionList.OptionHighlighted) -> None:
        """Show the whole step."""
        self.words_changed()
        self.query_one("#detail").scroll_home(animate=False)

    def words_changed(self) -> None:
        """Show the chosen part, with what was noted."""
        chosen = self._list().chosen
        if chosen is not None:
            self.query_one("#told", Static).update(looks.lines(self._told(chosen)))

    def _told(self, part: Part) -> Iterator[Content]:
        match part:
            case Reading(title=title, text=text):
                yield Content.styled(title, "bold")
                for row in text.split("\n"):
                    yield page.inline(row, self._entities)
            case Going(name=name, title=title):
                yield page.inline(title, {}, "bold")
                yield looks.text(f"enter goes to {name}; q comes back", looks.DIM)
            case Doing():
                yield from self._told_step(part)

    def _told_step(self, part: Doing) -> Iterator[Content]:
        yield page.inline(part.step.say, self._entities)
        for command in part.step.run:
            yield Content.assemble("  ", page.command(command, self._entities))
        unknown = [name for run in part.step.run for name in page.missing(run, self._entities)]
        if unknown:
            said = f"not known from the logs, fill it in: {', '.join(dict.fromkeys(unknown))}"
            yield looks.text(said, "$text-warning")
        several = [key for key, values in self._entities.items() if len(values) > 1]
        used = [key for key in several if any(f"{{{key}}}" in run for run in part.step.run)]
        if used:
            counts = ", ".join(f"{len(self._entities[key])} {key} values" for key in used)
            yield looks.text(f"v: the next of {counts}", looks.DIM)
        for going in page.links(self.playbook, part.step.say):
            yield Content.assemble(("l  ", looks.HEAD), page.inline(going.title, {}))
        tick = self._tick(part)
        if tick is not None:
            result = f": {tick.result}" if tick.result else ""
            said = f"{tick.state} {_clock(tick.done_at)} by {tick.author}{result}"
            yield looks.text(said, "$text-success")
        for note in self.session.responder.notes:
            if self.finding is not None and note.finding == self.finding.rank:
                yield Content.assemble(("note  ", looks.HEAD), looks.text(note.text))

    def on_option_list_option_selected(self, _: OptionList.OptionSelected) -> None:
        """Enter, or a click: of a page, go there."""
        chosen = self._list().chosen
        if isinstance(chosen, Going):
            self._open(chosen)

    def action_follow(self) -> None:
        """Go to the page that the chosen row links to."""
        chosen = self._list().chosen
        text = chosen.step.say if isinstance(chosen, Doing) else getattr(chosen, "text", "")
        going = chosen if isinstance(chosen, Going) else None
        going = going or next(page.links(self.playbook, text), None)
        if going is None:
            self.post_message(Say("this row links to no page; SEE ALSO below lists them"))
        else:
            self._open(going)

    def _open(self, going: Going) -> None:
        self.post_message(
            OpenPlaybook(going.name, None if self.finding is None else self.finding.rank)
        )

    def action_copy(self) -> None:
        """The command of the chosen step; again, the next one of several."""
        chosen = self._list().chosen
        if not isinstance(chosen, Doing) or not chosen.step.run:
            self.post_message(Say("there is no command in this row", wrong=True))
            return
        run = chosen.step.run
        number, last = self._copied
        index = (last + 1) % len(run) if number == chosen.number else 0
        self._copied = (chosen.number, index)
        told = f"{index + 1} of {len(run)} commands" if len(run) > 1 else ""
        unknown = page.missing(run[index], self._entities)
        if unknown:
            told += f"{', ' if told else ''}fill in {', '.join(f'<{name}>' for name in unknown)}"
        self.post_message(Copy(page.command_text(run[index], self._entities), told))

    def action_tick(self) -> None:
        """Done; or, if it was ticked, not done after all."""
        chosen = self._list().chosen
        if not isinstance(chosen, Doing):
            return
        if self._tick(chosen) is not None:
            self._say(lambda: self._untick(chosen))
        elif self._say(lambda: self._take(chosen, "done", None)):
            self._to_next_open()

    def action_skip(self) -> None:
        """Skip it, and say why."""
        self._ask("skip, because", "skipped")

    def action_result(self) -> None:
        """Done, and say what came of it."""
        self._ask("result", "done")

    def _ask(self, what: str, state: State) -> None:
        chosen = self._list().chosen
        if not isinstance(chosen, Doing):
            return
        if self.session.read_only:
            self.post_message(Say(f"read-only: {self.session.read_only}", wrong=True))
            return
        tick = self._tick(chosen)
        before = tick.result or "" if tick is not None and tick.state == state else ""

        def keep(text: str | None) -> None:
            if text is not None and self._say(lambda: self._take(chosen, state, text)):
                self._to_next_open()

        about = filled(chosen.step.say, self._entities)
        self.app.push_screen(Question(what, about, before), keep)

    def _take(self, part: Doing, state: State, result: str | None) -> None:
        self.session.responder.tick(
            self.playbook.name,
            part.number,
            filled(part.step.say, self._entities),
            finding=self.finding,
            state=state,
            result=result,
        )

    def _untick(self, part: Doing) -> None:
        self.session.responder.untick(self.playbook.name, part.number, self.finding)

    def _say(self, write: Callable[[], None]) -> bool:
        try:
            write()
        except CaseError as error:
            self.post_message(Say(str(error), wrong=True))
            return False
        self._list().show_rows(list(self._rows()))
        self.words_changed()
        return True

    def _to_next_open(self) -> None:
        """The next step that is neither done nor skipped, of those that one does."""
        rows = self._list()
        chosen = rows.chosen
        after = chosen.number if isinstance(chosen, Doing) else 0

        def is_open(part: Part, after: int = 0) -> bool:
            return isinstance(part, Doing) and part.number > after and self._tick(part) is None

        if not rows.choose(lambda part: is_open(part, after)) and not rows.choose(is_open):
            rows.action_first()

    def action_note(self) -> None:
        """Note something about the finding."""
        self.ask_note(self.finding)

    def action_other_value(self) -> None:
        """Fill in the next value of what the finding names more than once."""
        self._entities = {
            key: [*values[1:], values[0]] if len(values) > 1 else list(values)
            for key, values in self._entities.items()
        }
        self._list().show_rows(list(self._rows()))
        self.words_changed()


def _clock(time_ns: int) -> str:
    """`03:14Z`."""
    return datetime.fromtimestamp(time_ns // 10**9, UTC).strftime("%H:%MZ")
