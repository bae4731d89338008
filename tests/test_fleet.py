"""The answer for a fleet whose truth is known: all that was planted is found, and nothing else."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.fleet import Truth, write_fleet  # noqa: E402  the benchmarks are no installed package
from tests.fleets import scan_here  # noqa: E402
from triage.batch.fleet import fleet_of  # noqa: E402
from triage.batch.fleet_answer import FleetAnswer  # noqa: E402
from triage.batch.storage import open_storage  # noqa: E402
from triage.batch.store import Store  # noqa: E402
from triage.cli import main  # noqa: E402
from triage.errors import UsageError  # noqa: E402

BUNDLES, MACHINES = 210, 30


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    """A store of a week: all days but the last in one run, the last in another."""
    folder = tmp_path_factory.mktemp("fleet")
    truth = write_fleet(folder / "in", BUNDLES, 2_000, machines=MACHINES)
    bundles = sorted((folder / "in").iterdir())
    last = [bundle for bundle in bundles if bundle.name.endswith("03-08")]
    scan_here(folder / "out", [b for b in bundles if b not in last], run="first")
    scan_here(folder / "out", last, run="second")
    return folder / "out", truth


@pytest.fixture(scope="module")
def answer(scanned: tuple[Path, Truth]) -> FleetAnswer:
    """What is said of it."""
    return fleet_of(Store(open_storage(str(scanned[0]))))


def test_every_planted_failure_is_found_and_no_other(
    answer: FleetAnswer, scanned: tuple[Path, Truth]
) -> None:
    planted = {id_: len(bundles) for id_, bundles in scanned[1].failures.items()}

    assert {failure.id: failure.bundles for failure in answer.failures} == planted
    assert answer.counts.bundles == BUNDLES
    assert answer.counts.machines == MACHINES
    assert answer.counts.gpus == 4 * MACHINES
    assert answer.counts.failed == 0


def test_the_card_that_returns_in_three_bundles_is_named_with_its_evidence_in_each(
    answer: FleetAnswer, scanned: tuple[Path, Truth]
) -> None:
    card = scanned[1].card

    guilty = answer.offenders[0]

    assert (guilty.id, guilty.grade) == ("xid_31", "suspect")
    assert guilty.thing.name == card["uuid"]
    assert (guilty.thing.machine, guilty.thing.gpu) == (card["node"], card["gpu"])
    assert guilty.cleared_alone[0] == "gpu_hardware_fault"
    assert [place.bundle for place in guilty.evidence] == [
        f"{card['node']}_2026-03-0{day}" for day in (2, 5, 8)
    ]
    assert all("9d:00): 31" in place.text and place.line for place in guilty.evidence)
    assert card["uuid"] in answer.headline


def test_one_program_on_many_cards_accuses_no_card(answer: FleetAnswer) -> None:
    accused = {one.thing.machine for one in answer.offenders if one.id == "xid_31"}

    assert accused == {"gpu-00-00"}


def test_machine_and_program_are_told_apart_only_where_something_tells(
    answer: FleetAnswer,
) -> None:
    (node,) = [one for one in answer.offenders if one.id == "oom_kill"]

    assert (node.thing.name, node.grade) == ("gpu-00-05", "open")
    assert any("nothing tells them apart" in reason for reason in node.because)


def test_machines_that_fail_within_minutes_are_a_group(
    answer: FleetAnswer, scanned: tuple[Path, Truth]
) -> None:
    (burst,) = answer.bursts

    assert (burst.id, burst.machines) == ("xid_79", scanned[1].burst)
    assert burst.seconds == 180


def test_the_driver_that_the_affected_share_is_named(
    answer: FleetAnswer, scanned: tuple[Path, Truth]
) -> None:
    (trait,) = answer.traits

    assert (trait.id, trait.trait) == ("xid_119", f"driver {scanned[1].driver}")
    assert (trait.affected_with, trait.affected, trait.others_with) == (3, 3, 0)
    assert trait.unit == "machine"


def test_what_comes_and_goes_is_shown_bundle_by_bundle(
    answer: FleetAnswer, scanned: tuple[Path, Truth]
) -> None:
    (flap,) = answer.flapping

    assert (flap.id, flap.thing.name) == ("oom_kill", scanned[1].flapping)
    assert (flap.pattern, flap.returns) == (".X.X.X.", 2)


def test_nothing_that_an_earlier_run_knew_is_new(answer: FleetAnswer) -> None:
    assert answer.compared_with == "first"
    assert answer.new == []


def test_a_failure_at_a_new_place_is_new_and_so_is_a_failure_never_seen(tmp_path: Path) -> None:
    old, new, other = (tmp_path / name for name in ("old", "new", "other"))
    xid = "2026-03-0{day}T01:00:00+00:00 {host} kernel: NVRM: Xid (PCI:0000:3b:00): {number}, GPU"
    for folder, day, host, number in ((old, 1, "a1", 79), (new, 2, "a2", 79), (other, 2, "a1", 48)):
        folder.mkdir()
        (folder / "syslog").write_text(xid.format(day=day, host=host, number=number) + "\n")
    scan_here(tmp_path / "out", [old], run="monday")
    scan_here(tmp_path / "out", [old, new, other], run="tuesday")

    answer = fleet_of(Store(open_storage(str(tmp_path / "out"))))

    assert {(one.id, one.thing.machine if one.thing else None) for one in answer.new} == {
        ("xid_79", "a2"), ("xid_48", None),
    }  # fmt: skip


def test_bad_bundles_are_listed_as_a_scan_sums_them_up(answer: FleetAnswer) -> None:
    assert len(answer.bundles) == answer.counts.critical
    assert answer.bundles[0].name == "gpu-00-00_2026-03-08"
    assert "Xid 31" in answer.bundles[0].headline


def test_the_days_add_up(answer: FleetAnswer) -> None:
    assert answer.days == [f"2026-03-0{day}" for day in range(2, 9)]
    assert sum(map(sum, answer.verdicts.values())) == BUNDLES
    assert all(sum(failure.days) == failure.bundles for failure in answer.failures)


def test_the_fleet_is_cut_along_what_bundles_share(answer: FleetAnswer) -> None:
    worst = answer.by["driver"]
    bad_driver = next(one for one in worst if one.value == "550.54.15")

    assert bad_driver.failures == {"xid_119": 3}
    assert (bad_driver.bad, bad_driver.bundles) == (3, 21)
    assert {one.value: one.bad for one in answer.by["node"]}["gpu-00-00"] == 3


def test_text_and_json_and_sql_come_from_the_command(
    scanned: tuple[Path, Truth], capsys: pytest.CaptureFixture[str]
) -> None:
    out, truth = scanned

    def said(*arguments: str) -> str:
        with pytest.raises(SystemExit) as left:
            main([arguments[0], str(out), *arguments[1:]])
        assert left.value.code == 0
        return capsys.readouterr().out

    document = json.loads(said("fleet", "--format", "json"))

    assert said("fleet").startswith("CRITICAL  GPU 0000:9d:00 of gpu-00-00")
    assert document["schema"] == "triage.fleet/1"
    assert document["offenders"][0]["thing"]["name"] == truth.card["uuid"]
    assert said("query", "SELECT count(*) AS n FROM bundles", "--format", "csv") == "n\n210\n"


def test_a_store_of_failures_alone_is_not_clean(tmp_path: Path) -> None:
    scan_here(tmp_path / "out", [tmp_path / "gone"])

    answer = fleet_of(Store(open_storage(str(tmp_path / "out"))))

    assert answer.status == "unknown"
    assert answer.headline == "no bundle could be scanned"


def test_a_folder_without_results_is_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["fleet", str(tmp_path)])

    assert left.value.code == 2
    assert "no results of `triage batch`" in capsys.readouterr().err
    with pytest.raises(UsageError):
        fleet_of(Store(open_storage(str(tmp_path / "gone"))))
