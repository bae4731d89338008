"""Lines of real GPU incidents, as they were collected: kind, code, card and process of each.

The collection is not part of the repository; without it these tests are skipped. The numbers are
those of its list of lines.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from triage.events import Event, Value
from triage.testing_forms import read

SHARED = Path(__file__).parents[3] / "shared"
MESSAGES = SHARED / "knowledge" / "messages.md"
DECODING = SHARED / "knowledge" / "nvlink5_decode.json"
pytestmark = pytest.mark.skipif(not MESSAGES.is_file(), reason="the knowledge files are not here")

XIDS: dict[int, tuple[int, str | None, int | None, str | None]] = {
    1: (31, "0000:01:00", None, None),
    2: (31, "0000:01:00", None, None),
    3: (32, "0000:01:00", None, None),
    4: (43, "0000:01:00", None, None),
    5: (31, "0000:01:00", None, None),
    6: (13, "0000:01:00", None, None),
    7: (13, "0000:01:00", None, None),
    8: (13, "0000:01:00", None, None),
    9: (32, "0000:01:00", None, None),
    10: (13, "0000:01:00", None, None),
    11: (79, "0000:06:00", None, None),
    12: (48, "0000:8a:00", None, None),
    13: (31, "0000:c1:00", 12890, None),
    14: (31, "0000:0c:00", 11461, None),
    15: (62, "0000:01:00", 2763, None),
    16: (62, "0000:02:00", 1300, None),
    17: (63, "0000:10:1c", 1896, None),
    18: (95, "0000:37:00", 5171, None),
    19: (13, "0000:00:0b", None, None),
    20: (109, "0000:00:0b", 188145, "MetroExodus.exe"),
    21: (109, "0000:26:00", 55914, "re8.exe"),
    22: (13, "0000:cb:00", None, None),
    23: (13, "0000:cb:00", None, None),
    24: (109, "0000:cb:00", 1797828, "pt_main_thread"),
    25: (13, "0002:00:00", 2519562, "python3"),
    26: (43, "0000:00:05", 1045242, "pt_main_thread"),
    27: (31, "0000:00:07", 2512125, "python3.10"),
    28: (94, "0000:00:08", None, None),
    29: (94, "0000:0f:00", 2503421, "python3"),
    30: (64, "0000:0f:00", None, None),
    31: (48, "0000:07:00", None, None),
    32: (79, "0000:91:00", None, None),
    33: (79, "0000:a1:00", None, None),
    34: (79, "0004:01:00", None, None),
    35: (119, "0004:01:00", 430, "nv_queue"),
    36: (119, "0002:00:00", 67769, "nvidia-smi"),
    37: (119, "0000:00:16", 36055, "dcgm-exporter"),
    38: (119, "0000:9b:00", 2024380, "nvidia-smi"),
    39: (32, "0000:66:00", 2280636, "train.3"),
    40: (69, "0001:ab:cd", 1310987, "train.3"),
    41: (74, "0003:00:00", None, None),
    42: (74, "0000:b9:00", None, None),
    43: (31, "0000:2b:00", 1942, "llama-bench"),
    44: (31, "0000:01:00", 72964, "GameThread"),
    45: (38, "0000:07:00", 326, "modprobe"),
    46: (109, "0000:02:00", 8494, "RenderThread"),
    47: (109, "0000:01:00", 5045, "forzahorizon6.e"),
    48: (109, "0000:01:00", 15349, "Main"),
    49: (43, "0009:01:00", 3188489, "trigger_xid"),
    50: (45, "0000:dc:00", 1818990, "python3"),
    51: (145, "0018:01:00", 876767, "ray::WorkerDict"),
    52: (94, "0000:01:00", 7194, None),
    53: (154, "0009:01:00", None, None),
    54: (154, "0018:01:00", None, None),
    55: (13, "0009:01:00", None, None),
    56: (145, "0018:01:00", None, None),
    57: (149, "0019:01:00", None, None),
    58: (149, "0018:01:00", None, None),
    59: (145, "0000:5f:00", None, None),
    60: (145, "0008:01:00", 11436, "cache_mgr_main"),
}
OTHERS: dict[int, tuple[str, dict[str, Value]] | None] = {
    61: ("gpu.identity", {"gpu": "0000:91:00"}),
    62: None,
    63: ("gpu.driver", {"what": "fell_off_bus", "gpu": "0000:91:00.0"}),
    64: ("gpu.identity", {"gpu": "0000:91:00.0", "serial": "1653723052734"}),
    65: ("gpu.driver", {"what": "crash_dump"}),
    66: ("gpu.driver", {"what": "rm_init_failed", "status_name": "NV_ERR_INSUFFICIENT_RESOURCES"}),
    67: ("gpu.driver", {"what": "rm_init_failed", "minor": 0}),
    68: ("gpu.driver", {"what": "rm_init_failed", "status_name": "NV_ERR_NOT_SUPPORTED"}),
    69: ("gpu.driver", {"what": "cannot_attach", "host": "fedora"}),
    70: ("gpu.driver", {"what": "gsp_heartbeat", "diff_ms": 6070, "timeout_ms": 5200}),
    71: ("gpu.driver", {"what": "memory_subsystem"}),
    72: ("gpu.driver", {"what": "gsp_dump"}),
    73: ("gpu.driver", {"what": "gsp_dump", "host": "192.168.11.119"}),
    74: ("gpu.driver", {"what": "assertion", "place": "mem.c:178"}),
    75: ("gpu.driver_loaded", {"driver": "595.71.05"}),
    76: ("gpu.driver_loaded", {"driver": "535.161.07"}),
    77: ("gpu.driver", {"what": "nouveau", "devices": 3}),
    78: ("gpu.driver", {"what": "no_device"}),
    79: ("gpu.driver", {"what": "peermem_invalid_context"}),
    80: ("gpu.sxid", {"sxid": 20034, "fatality": "fatal", "link": 48}),
    81: ("gpu.sxid", {"sxid": 20034, "severity_level": 1, "engine_instance": 60}),
    82: ("gpu.sxid", {"sxid": 20034, "switch": "0000:05:00.0"}),
    83: ("gpu.sxid", {"sxid": 20009, "fatality": "nonfatal", "link": 4}),
    84: ("gpu.sxid", {"sxid": 24007, "fatality": "fatal", "link": 28, "first": True}),
    85: ("gpu.sxid", {"sxid": 28006, "fatality": "nonfatal", "link": 46}),
    86: ("gpu.sxid", {"sxid": 26006, "detail": "SOE HALTED"}),
    87: ("gpu.sxid", {"sxid": 26006}),
    88: ("gpu.sxid", {"sxid": 20034, "fatality": "fatal", "link": 33, "physical_id": 3}),
    89: ("gpu.sxid", {"sxid": 12028, "fatality": "nonfatal", "link": 61}),
    90: ("gpu.service", {"what": "multicast_failed", "handle": "10187860174420860981"}),
    91: None,
}
"""What each line is; None: healthy, or nothing that can be told from it alone."""


def lines() -> dict[int, str]:
    """The collected lines by their numbers."""
    text = MESSAGES.read_text(encoding="utf-8")
    return {int(number): said for number, said in re.findall(r"(?m)^(\d{1,2})\. `(.*)`", text)}


def of_a_gpu(events: list[Event]) -> list[Event]:
    """The events that a parser made."""
    return [event for event in events if event.kind.startswith("gpu.")]


@pytest.mark.parametrize("number", XIDS)
def test_a_collected_xid_is_read(number: int) -> None:
    code, gpu, pid, process = XIDS[number]

    events, _ = read(lines()[number] + "\n")

    (event,) = of_a_gpu(events)
    told = {key: event.fields.get(key) for key in ("xid", "gpu", "pid", "process")}
    assert event.kind == "gpu.xid"
    assert told == {"xid": code, "gpu": gpu, "pid": pid, "process": process}


@pytest.mark.parametrize("number", OTHERS)
def test_a_collected_message_is_read(number: int) -> None:
    wanted = OTHERS[number]

    events, _ = read(lines()[number] + "\n")

    found = [(event.kind, event.fields) for event in of_a_gpu(events)]
    if wanted is None:
        assert found == []
        return
    kind, fields = wanted
    assert [one for one, _ in found] == [kind]
    assert fields.items() <= found[0][1].items()


@pytest.mark.skipif(not DECODING.is_file(), reason="the knowledge files are not here")
def test_every_row_of_the_decoding_table_is_decoded_as_it_says() -> None:
    wrong: list[str] = []
    for row in json.loads(DECODING.read_text(encoding="utf-8"))["rows"]:
        if row["unit_names"][0] == "MSE Degraded":
            continue
        for layout, name in (("v1", row["unit_names"][0]), ("v2", row["unit_names"][-1])):
            status = row["error_status"] or "0x00000000"
            text = (
                f"NVRM: Xid (PCI:0008:01:00): {row['xid']}, {name} Fatal XC0 i0 Link 01 "
                f"({row[layout]['value']} {status} 0x00000000)"
            )
            fields = read(text)[0][0].fields
            told = (fields.get("catalog_action"), fields.get("catalog_next"))
            if told != (row["immediate"], row["investigatory"]):
                wrong.append(f"{text}: {told}")

    assert wrong == []
