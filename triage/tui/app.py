"""The app: opens what was handed over, grants what screens wish for, and knows the way back."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.notifications import SeverityLevel
from textual.screen import Screen

from triage.bundle.visible import visible
from triage.errors import UsageError
from triage.playbook import find
from triage.tui import clipboard, looks, opening, outputs, places, wishes
from triage.tui.ascii_only import AsciiOnly
from triage.tui.broken_screen import BrokenScreen
from triage.tui.finding_screen import FindingScreen
from triage.tui.frame import Room
from triage.tui.help_screen import HelpScreen
from triage.tui.opening_screen import OpeningScreen
from triage.tui.prompts import Question, Sure
from triage.tui.session import Progress, Session
from triage.tui.sturdy import Sturdy
from triage.tui.terminal import in_browser, shows_ascii_only
from triage.tui.tidying import set_aside, take_back
from triage.tui.verdict_screen import VerdictScreen
from triage.tui.views import view
from triage.tui.walk_screen import WalkScreen

THEMES = {"dark": "textual-dark", "light": "textual-light"}
LIGHT_GROUNDS = {"7", "15"}
COLORED = ("primary", "secondary", "accent", "error", "warning", "success")
TOAST_S, WRONG_S = 4, 8
TOAST_EDGE = 3
"""Cells beside its text."""
MAX_TOAST = 300
END_WAIT_S = 3
ROOT = 2
"""Screens below which nothing lies: Textual's own, then the verdict."""


class TriageApp(Sturdy):
    """Returns why it could not show anything, or nothing."""

    TITLE = "triage"
    CSS_PATH = "app.tcss"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall")]  # noqa: RUF012  declared so by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit at once", show=False, system=True),
    ]

    def __init__(
        self,
        paths: Sequence[str],
        case: Path,
        process: subprocess.Popen[bytes] | None,
        *,
        plain: bool = False,
        theme: str | None = None,
    ) -> None:
        super().__init__()
        self.animation_level = "none"
        self._paths = tuple(paths)
        self._case = case
        self._process = process
        self._plain = plain
        self._ascii = AsciiOnly()
        self._wanted_theme = theme
        self._progress = Progress()
        self.session: Session | None = None

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own, and ours where the terminal shows ASCII only."""
        filters = super().get_line_filters()
        return [*filters, self._ascii] if self._plain else filters

    def on_mount(self) -> None:
        """Paint the shell, then begin to read."""
        self._choose_theme()
        self.push_screen(OpeningScreen(self._paths, self._progress))
        self._open()

    def _choose_theme(self) -> None:
        wanted = self._wanted_theme or _usual_theme()
        theme = self.get_theme(THEMES.get(wanted, wanted)) or self.get_theme(THEMES["dark"])
        assert theme is not None
        if self.no_color:  # gray is no color either, but it is hard to read
            ink = theme.to_color_system().generate()["foreground"]
            inks = {f"text-{role}": ink for role in COLORED}
            theme = replace(theme, name=f"{theme.name}-no-color", variables=inks)
            self.register_theme(theme)
        self.theme = theme.name

    @work(thread=True, exclusive=True, group="opening")
    def _open(self) -> None:
        if self._process is None:
            opening.open_finished(self._case, self.post_message)
        else:
            opening.follow(self._process, self._case, self.post_message)

    @on(opening.Progressed)
    def _came_further(self, event: opening.Progressed) -> None:
        self._progress.what, self._progress.name = event.what, visible(event.name, 200)
        self._progress.done, self._progress.total = event.done, event.total

    @on(opening.Answered)
    def _answer_stands(self, event: opening.Answered) -> None:
        session = Session(
            self._paths,
            event.answer,
            event.responder,
            progress=self._progress,
            plain=self._plain,
            place=places.place_of(self._case),
        )
        self.session = session
        self.switch_screen(VerdictScreen(session))
        if session.read_only:
            self._toast(f"read-only: {session.read_only}", wrong=True)
        self.call_after_refresh(self._return_to_place)
        set_aside()

    def _return_to_place(self) -> None:
        """Where the responder was when the session ended."""
        place = self._session.place
        if place.get("screen") == "walk" and "playbook" in place:
            rank = place.get("rank", "")
            self._walk(place["playbook"], int(rank) if rank.isdecimal() else None)
            self._toast("back where you were; q goes to the verdict")

    @on(opening.Ready)
    def _case_ready(self, event: opening.Ready) -> None:
        self._session.case_written(event.case)
        set_aside()

    @on(opening.Failed)
    def _reading_failed(self, event: opening.Failed) -> None:
        if self.session is None:
            self.exit(event.why, return_code=2)
            return
        self.session.failed = event.why
        self._toast(f"no timeline: {event.why}", wrong=True)

    def instead_of(self, said: str, file: str) -> BrokenScreen | None:
        """What stands in the place of a view that broke, once there is a verdict."""
        return None if self.session is None else BrokenScreen(self.session, said, file)

    @property
    def _session(self) -> Session:
        assert self.session is not None
        return self.session

    @on(wishes.OpenFinding)
    def _open_finding(self, wish: wishes.OpenFinding) -> None:
        with contextlib.suppress(LookupError):
            self._enter(FindingScreen(self._session, self._session.finding(wish.rank)))

    @on(wishes.OpenPlaybook)
    def _open_playbook(self, wish: wishes.OpenPlaybook) -> None:
        self._walk(wish.name, wish.finding)

    def _walk(self, name: str, rank: int | None) -> None:
        page = find(name)
        if page is None:
            self._toast(f"there is no playbook {name}", wrong=True)
            return
        finding = None
        with contextlib.suppress(LookupError):
            finding = None if rank is None else self._session.finding(rank)
        self._enter(WalkScreen(self._session, page, finding))

    @on(wishes.OpenTimeline)
    def _open_timeline(self, wish: wishes.OpenTimeline) -> None:
        self._enter(view("timeline", self._session, wish.follow, wish.at_ns))

    @on(wishes.OpenView)
    def _open_view(self, wish: wishes.OpenView) -> None:
        self._enter(view(wish.name, self._session))

    def _enter(self, screen: Screen[None]) -> None:
        self.push_screen(screen)
        self.call_after_refresh(self._keep_place)

    @on(wishes.Copy)
    def _copy(self, wish: wishes.Copy) -> None:
        where = clipboard.copy(self, wish.text)
        first = wish.text.split("\n", 1)[0]
        what = f" ({wish.what})" if wish.what else ""
        said = looks.text(f"copied{what} to {where}: {first}")
        self._toast(said.truncate(self.size.width - TOAST_EDGE, ellipsis=True).plain)

    @on(wishes.Say)
    def _say(self, wish: wishes.Say) -> None:
        self._toast(wish.text, wrong=wish.wrong)

    def _toast(self, text: str, *, wrong: bool = False) -> None:
        """Say it, in the place of what was said before."""
        self.clear_notifications()
        self.screen.query("ToastHolder").remove()  # Textual leaves it behind, and room for it
        kind: SeverityLevel = "warning" if wrong else "information"
        said = visible(text.replace("\n", " "), MAX_TOAST)
        self.notify(said, severity=kind, timeout=WRONG_S if wrong else TOAST_S, markup=False)

    def action_help(self) -> None:
        """All keys of this screen."""
        self.push_screen(HelpScreen(list(self.screen.active_bindings.values())))

    def action_up(self) -> bool:
        """One level up, where there is one."""
        if len(self.screen_stack) <= ROOT:
            return False
        self.pop_screen()
        self._keep_place()
        return True

    async def action_back(self) -> None:
        """One level up; at the root leave, and ask first where work would be lost."""
        if self.action_up():
            return
        session = self.session
        written = session is None or session.case is not None or session.failed
        if written or self._process is None:
            self.exit()
            return
        self.push_screen(
            Sure("The timeline is still being written.", "q leaves all the same; n stays"),
            lambda yes: self.exit() if yes else None,
        )

    def action_report(self) -> None:
        """Ask where to, then write the report of the case."""
        self._ask_target("report to", outputs.REPORTS, "-report.md", outputs.report_command)

    def action_export(self) -> None:
        """Ask where to, then write the timeline for another tool."""
        self._ask_target(
            "export to", ", ".join(outputs.ENDINGS), ".parquet", outputs.export_command
        )

    def _ask_target(
        self, what: str, hint: str, ending: str, command: Callable[[Path, Path], list[str] | None]
    ) -> None:
        session = self.session
        if session is None or session.case is None:
            self._toast("the timeline is still being written; ask again when it is ready")
            return

        def write(name: str | None) -> None:
            if name is None:
                return
            target = Path(name).expanduser()
            words = command(self._case, target)
            if words is None:
                self._toast(f"the name must end in {hint}", wrong=True)
            else:
                self._write(words, target)

        name = f"{outputs.name_of(session.answer)}{ending}"
        self.push_screen(Question(what, hint, name), write)

    @work(thread=True, group="outputs")
    def _write(self, command: list[str], target: Path) -> None:
        wrong = outputs.run(command)
        said = f"not written: {wrong}" if wrong else f"written to {target.absolute()}"
        self.post_message(wishes.Say(said, wrong=wrong is not None))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What the screen's keys do, so that nobody must know the keys."""
        for one in screen.active_bindings.values():
            binding = one.binding
            if binding.description and one.enabled and not binding.system:
                yield SystemCommand(
                    binding.description,
                    f"key {self.get_key_display(binding)}",
                    lambda action=binding.action, node=one.node: self.call_later(
                        self.run_action, action, node
                    ),
                )
        yield SystemCommand("Theme", "dark, light and others", self.action_change_theme)
        yield SystemCommand("Quit", "leave at once; nothing that was noted is lost", self.exit)

    def _keep_place(self) -> None:
        if self.session is not None and isinstance(self.screen, Room):
            self.session.place = self.session.place | {"screen": ""} | self.screen.place
            places.keep_place(self._case, self.session.place)

    def leave(self) -> None:
        """Everything is put away; the terminal is the user's again."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(END_WAIT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
        if self.session is not None:
            self.session.close()
        take_back()

    async def action_quit(self) -> None:
        """Leave at once; what was noted is kept."""
        self._keep_place()
        self.exit()


def _usual_theme() -> str:
    """What the environment says of the terminal's background."""
    ground = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    return os.environ.get("TRIAGE_THEME") or ("light" if ground in LIGHT_GROUNDS else "dark")


def show(
    paths: Sequence[str],
    case: Path,
    process: subprocess.Popen[bytes] | None,
    *,
    plain: bool,
    theme: str | None,
) -> int:
    """Run the app in this terminal. Raises `UsageError` when there was nothing to show."""
    plain = plain or shows_ascii_only(os.environ)
    app = TriageApp(paths, case, process, plain=plain, theme=theme)
    try:
        why = app.run()
    finally:
        app.leave()
    if why is not None:
        raise UsageError(why)
    session = app.session
    if session and (session.responder.notes or session.responder.ticks) and not in_browser():
        sys.stdout.write(f"your notes and ticks are kept in {case}\n")
    return app.return_code or 0
