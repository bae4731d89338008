"""Each key that a screen offers reaches what it is for, and none is defined that nothing offers.

What the actions then do is what the other tests are about.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

import triage.tui
from triage.tui.app import TriageApp
from triage.tui.testing import at_rest, opened

Named = tuple[str, str]
"""Name of the class that defines a binding, and its action."""
PLACES: dict[str, Sequence[str]] = {
    "verdict": (),
    "finding": ("enter",),
    "lines": ("enter", "tab"),
    "walk": ("p",),
    "timeline": ("t",),
    "prompt": ("t", "slash"),
    "details": ("t", "enter", "tab"),
    "choice": ("t", "o"),
    "table": ("u",),
    "sql": ("s",),
    "answer": ("s", "tab"),
    "help": ("question_mark",),
    "question": ("a",),
}
ELSEWHERE: dict[Named, str] = {
    ("OpeningScreen", "app.quit"): "nothing is open yet",
    ("Sure", "answer(True)"): "test_leaving_while_the_timeline_is_written_asks_first",
    ("Sure", "answer(False)"): "test_leaving_while_the_timeline_is_written_asks_first",
}
"""Those of screens that come before the verdict or need a reading under way."""
SPELLED = {"space", "slash", "question_mark", "colon", "ampersand", "plus", "minus"} | {
    f"{side}_{kind}_bracket" for side in ("left", "right") for kind in ("square", "curly")
}
"""Letters by their names."""


def defined() -> Iterator[Named]:
    """All bindings of all classes of ours."""
    for module in pkgutil.walk_packages(triage.tui.__path__, f"{triage.tui.__name__}."):
        for one in vars(importlib.import_module(module.name)).values():
            if inspect.isclass(one) and one.__module__ == module.name and issubclass(one, DOMNode):
                for binding in one.__dict__.get("BINDINGS", ()):
                    yield one.__name__, binding.action


OURS = {action for _, action in defined()}


class Recorder(TriageApp):
    """Writes down which actions keys reach, instead of what they do."""

    CSS_PATH = str(Path(triage.tui.__path__[0]) / "app.tcss")
    reached: list[str] | None = None

    async def run_action(self, action: object, *arguments: object, **named: object) -> bool:
        done = True
        # Scrolling gives way to keys of ours where there is nothing to scroll.
        if (
            self.reached is None
            or action not in OURS
            or str(action).startswith(("scroll_", "page_"))
        ):
            done = await super().run_action(action, *arguments, **named)  # type: ignore[arg-type]
        if done and self.reached is not None and action in OURS:
            self.reached.append(str(action))
        return done


def definer(node: DOMNode, action: str) -> str | None:
    """The class of ours that binds the action."""
    for one in type(node).__mro__:
        bindings = one.__dict__.get("BINDINGS", ())
        if one.__module__.startswith(triage.tui.__name__) and any(
            each.action == action for each in bindings if isinstance(each, Binding)
        ):
            return one.__name__
    return None


def offered(app: TriageApp) -> dict[str, Named]:
    """The keys of ours that do something now: letters belong to the line that is typed in."""
    found = {}
    typed_in = isinstance(app.focused, Input | TextArea)
    for node, bindings in app.screen._modal_binding_chain:
        for key, binding in bindings:
            name = definer(node, binding.action)
            printable = len(key) == 1 or key in SPELLED
            if name is not None and key not in found and not (typed_in and printable):
                found[key] = (name, binding.action)
    return found


async def reached(pilot: Pilot[str], key: str) -> list[str]:
    assert isinstance(pilot.app, Recorder)
    pilot.app.reached = []
    await pilot.press(key)
    return pilot.app.reached


@pytest.mark.slow
@pytest.mark.asyncio
async def test_each_key_reaches_its_action_and_each_binding_is_offered_somewhere(
    written_timeline: Path, tmp_path: Path
) -> None:
    pressed: set[tuple[str, Named]] = set()
    for place, keys in PLACES.items():
        case = Path(shutil.copy(written_timeline, tmp_path / f"{place}.triage"))
        app = Recorder([str(case)], case, None, theme="dark")
        async with opened(app) as pilot:
            await pilot.press(*keys)
            await at_rest(pilot)
            for key, named in offered(app).items():
                if (key, named) not in pressed:
                    assert await reached(pilot, key) == [named[1]], (place, key)
                    pressed.add((key, named))

    assert set(defined()) - {named for _, named in pressed} == set(ELSEWHERE)
