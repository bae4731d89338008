"""The same batch on Ray: a real cluster on this machine, with nodes that come and go."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fleets import FAULTS, findings, outcomes, rows, scan_here, write_faulty, write_good
from triage.batch.messages import Task
from triage.batch.on_ray import RayEngine
from triage.batch.recipe import recipe_of
from triage.batch.storage import open_storage
from triage.batch.store import Store
from triage.reading import Options

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # Ray leaves sockets and subprocesses open
]
ray = pytest.importorskip("ray")
cluster_utils = pytest.importorskip("ray.cluster_utils")


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """A head without cores and one node with one."""
    path = [str(FAULTS), str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, path)))
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    made = cluster_utils.Cluster(
        initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}
    )
    made.add_node(num_cpus=1)
    ray.init(address=made.address, log_to_driver=False, logging_level=logging.ERROR)
    yield made
    ray.shutdown()
    made.shutdown()


def engine(out: Path, *, seconds: float = 0, memory: int = 0) -> RayEngine:
    store = Store(open_storage(str(out)))
    store.begin("one")
    recipe = recipe_of(Options(), "one", seconds=seconds, memory=memory, cases=False)
    return RayEngine(store, str(out), recipe, workers=1, address="connected")


def test_findings_are_those_of_this_machine_and_faults_have_their_reasons(
    tmp_path: Path, cluster: object
) -> None:
    good = write_good(tmp_path / "in", 5)
    write_faulty(tmp_path / "in", "raise", "hang", "kill", "hog")
    scan_here(tmp_path / "here", good)
    tasks = [Task(str(path)) for path in sorted((tmp_path / "in").iterdir())]

    told = [
        status
        for status in engine(tmp_path / "out", seconds=5, memory=400 << 20).run(tasks)
        if status is not None
    ]

    assert cluster is not None
    assert outcomes(tmp_path / "out") == {
        **{f"good-{number}": ("ok", None) for number in range(5)},
        "bad-raise": ("failed", "raised"),
        "bad-hang": ("failed", "timeout"),
        "bad-kill": ("failed", "crashed"),
        "bad-hog": ("failed", "memory"),
    }
    assert findings(tmp_path / "out") == findings(tmp_path / "here")
    assert len(told) == len(tasks)


def test_a_node_that_goes_away_in_the_middle_costs_nothing(tmp_path: Path, cluster: object) -> None:
    assert isinstance(cluster, cluster_utils.Cluster)
    leaving = cluster.add_node(num_cpus=2)
    cluster.wait_for_nodes()
    good = write_good(tmp_path / "in", 20)
    for bundle in good:
        (bundle / "slow-me").write_text("each takes a moment\n")
    done = 0
    for status in engine(tmp_path / "out").run(Task(str(bundle)) for bundle in good):
        done += status is not None
        if done == 4 and leaving is not None:
            cluster.remove_node(leaving, allow_graceful=False)
            leaving = None

    assert outcomes(tmp_path / "out") == {f"good-{n}": ("ok", None) for n in range(20)}
    assert len(findings(tmp_path / "out")) == 20
    assert len(rows(tmp_path / "out", "FROM history")) == 20
