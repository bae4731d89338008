"""`triage batch`: many bundles, one store of results, one answer for the fleet."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from triage.commands import shared

if TYPE_CHECKING:
    from triage.batch.model import Recipe
    from triage.batch.run import Engine, Plan, Progress
    from triage.batch.store import Store
    from triage.commands.shared import Commands

EPILOG = """\
PATH is a bundle: a folder, a file, an archive, s3://BUCKET/KEY. A PATH that is given alone and
holds only folders and archives is a folder of bundles; --each and --whole settle what is meant.
Patterns may be quoted: 'incidents/2026-*', 's3://logs/*/bundle.tar.zst'.

The same command again goes on where the last one stopped: a bundle that has a result and was not
changed is not scanned again. --shard splits the work over machines that share DIR; `auto` asks
Slurm (array) or Kubernetes (indexed Job).

exit status: 0 done, 1 --fail-on found something, 2 wrong call or no bundle could be read,
3 some bundles could not be read, 130 interrupted (what is done is kept)
"""
TIMEOUT = 900.0


def add(commands: Commands) -> None:
    """Its options."""
    parser = commands.add_parser(
        "batch",
        help="many bundles, one store of results, one answer for the fleet",
        description="Scans bundles one by one into a store, and says what is wrong with the fleet.",
        epilog=EPILOG,
        formatter_class=shared.RAW,
    )
    option = parser.add_argument
    option("paths", metavar="PATH", nargs="*")
    option(
        "--from", dest="list", metavar="FILE", help="more paths, one a line; - is standard input"
    )
    option("--out", metavar="DIR", required=True, help="the store: a folder, or s3://BUCKET/PREFIX")
    layout = parser.add_mutually_exclusive_group()
    layout.add_argument("--each", action="store_true", help="what lies in a PATH are the bundles")
    layout.add_argument("--whole", action="store_true", help="each PATH is one bundle")
    option("--workers", metavar="N", type=_count, help="processes at once (one a core)")
    option("--engine", choices=("local", "ray"), default="local")
    option("--address", metavar="ADDRESS", help="of a Ray cluster: auto, or ray://HOST:10001")
    option("--shard", metavar="I/N", help="only my share: 2/8, or auto")
    option(
        "--run", dest="run_name", metavar="NAME", help="name of the run that the results belong to"
    )
    option("--retry-failed", action="store_true", help="try again what failed before")
    option("--compact", action="store_true", help="then put the small files of the store together")
    option("--cases", action="store_true", help="keep the timeline of each bundle as a case file")
    option(
        "--timeout", metavar="SECONDS", type=float, default=TIMEOUT,
        help=f"for one bundle ({TIMEOUT:g}); 0 for none",
    )  # fmt: skip
    option("--max-memory", metavar="N", type=shared.size, help="of one worker; 0 for no limit")
    option("--format", choices=("text", "json"), default="text")
    option("--json-lines", action="store_true", help="progress as JSON lines on standard output")
    option("--fail-on", choices=shared.SEVERITIES, metavar="SEVERITY",
           help="exit 1 if a bundle is that bad (or worse)")  # fmt: skip
    shared.add_span(parser)
    shared.add_knowledge(parser)
    shared.add_color(parser)
    shared.add_quiet(parser)
    shared.add_limits(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Scan what is to do, answer for the fleet, choose the status."""
    from triage.batch.bundles import find_bundles, read_list
    from triage.batch.compact import compact
    from triage.batch.run import Progress, plan_batch
    from triage.batch.shard import in_array, parse
    from triage.batch.storage import open_storage
    from triage.batch.store import Store

    store = Store(open_storage(_out(arguments)))
    if arguments.compact and not arguments.paths and arguments.list is None:
        return _compacted(store)
    paths = [*arguments.paths, *read_list(_lines(arguments.list))]
    uris = find_bundles(paths, "each" if arguments.each else "whole" if arguments.whole else "auto")
    uris = [uri for uri in uris if uri != _out(arguments)]  # it may lie among its bundles
    shard = parse(arguments.shard, os.environ) if arguments.shard else None
    if shard is None and in_array(os.environ):
        sys.stderr.write(
            "triage: one of many tasks, yet without --shard auto: taking all bundles\n"
        )
    recipe = _recipe(arguments, store)
    plan = plan_batch(store, uris, recipe, shard=shard, retry_failed=arguments.retry_failed)
    engine = _engine(arguments, store, recipe, len(plan.tasks))
    progress = Progress(plan.bundles, len(plan.kept))
    _work(arguments, store, recipe, plan=plan, engine=engine, progress=progress)
    if shard is None and plan.tasks:
        store.finish(recipe.run)
    if arguments.compact:
        compact(store)
    return _answered(arguments, store, plan, progress)


def _compacted(store: Store) -> int:
    from triage.batch.compact import compact

    before, after = compact(store)
    sys.stdout.write(f"{before:,} files became {after:,}\n")
    return shared.DONE


def _work(
    arguments: argparse.Namespace,
    store: Store,
    recipe: Recipe,
    *,
    plan: Plan,
    engine: Engine,
    progress: Progress,
) -> None:
    from contextlib import closing

    from triage.batch.model import key_of
    from triage.batch.run import follow
    from triage.faces.fleet_progress import telling

    if plan.tasks:
        store.begin(recipe.run, shared=arguments.shard is not None)
        store.reopen(recipe.run)
        store.clear(recipe.run, (key_of(task.uri) for task in plan.tasks))
    former = signal.signal(signal.SIGTERM, _stop)
    finished = False
    try:
        with telling(quiet=arguments.quiet, json_lines=arguments.json_lines) as teller:
            try:
                teller.start(recipe.run, plan)
                with closing(follow(plan, engine, progress)) as statuses:
                    for status in statuses:
                        teller.tell(status, progress)
                finished = True
            finally:
                teller.end(progress, interrupted=not finished)
    finally:
        signal.signal(signal.SIGTERM, former)


def _answered(arguments: argparse.Namespace, store: Store, plan: Plan, progress: Progress) -> int:
    """Print the fleet's answer; the exit status speaks of the bundles of this call."""
    from triage.batch.fleet import fleet_of
    from triage.faces import fleet as face

    if not arguments.json_lines:
        face.write(fleet_of(store), arguments.format, sys.stdout, color=arguments.color)
    failed = progress.outcomes["failed"] + sum(not status.done for status in plan.kept)
    partly = progress.outcomes["partly"] + sum(s.outcome == "partly" for s in plan.kept)
    verdicts = [verdict for verdict, n in progress.verdicts.items() if n]
    verdicts += [status.verdict or "" for status in plan.kept]
    if plan.bundles and failed == plan.bundles:
        return shared.WRONG
    if arguments.fail_on and shared.severe(arguments.fail_on, verdicts):
        return shared.FOUND
    return shared.PARTLY if failed or partly else shared.DONE


def _recipe(arguments: argparse.Namespace, store: Store) -> Recipe:
    from triage.batch.recipe import recipe_of
    from triage.batch.shard import array_run
    from triage.batch.store import choose_run

    named = arguments.run_name or (array_run(os.environ) if arguments.shard else None)
    name = choose_run(store, named=named, shared=arguments.shard is not None)
    return recipe_of(
        shared.options_of(arguments), name,
        seconds=arguments.timeout, memory=_memory(arguments), cases=arguments.cases,
    )  # fmt: skip


def _engine(arguments: argparse.Namespace, store: Store, recipe: Recipe, tasks: int) -> Engine:
    if arguments.engine == "ray":
        from triage.batch.on_ray import RayEngine

        return RayEngine(
            store, _out(arguments), recipe,
            workers=_workers(arguments), address=arguments.address,
        )  # fmt: skip
    from triage.batch.local import LocalEngine

    return LocalEngine(store, _out(arguments), recipe, min(_workers(arguments), max(1, tasks)))


def _out(arguments: argparse.Namespace) -> str:
    """The store, as workers elsewhere find it."""
    out: str = arguments.out
    return out if "://" in out else os.path.abspath(out)  # noqa: PTH100  links stay as they are


def _workers(arguments: argparse.Namespace) -> int:
    from triage.batch.local import default_workers

    return arguments.workers or default_workers()


def _memory(arguments: argparse.Namespace) -> int:
    from triage.batch.local import default_memory

    given: int | None = arguments.max_memory
    return default_memory(_workers(arguments)) if given is None else given


def _lines(name: str | None) -> list[str]:
    from triage.errors import UsageError

    if name is None:
        return []
    if name == "-":
        return sys.stdin.read().splitlines()
    try:
        return Path(name).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError as error:
        raise UsageError(f"{name}: the system says {error.strerror or error}") from error


def _stop(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of workers; write 1 or more")
    return int(text)
