"""What the table of nvidia-smi says, and that no form of its output claims the lines of another."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.smi import needs_samples, of_kind, shared
from triage.events import Context, Parser, Sample
from triage.testing import events_of, hits_of, lines_of
from triage_parsers import smi_csv, smi_list, smi_message, smi_query, smi_table, smi_xml

PARSERS: tuple[Parser, ...] = (
    smi_table.PARSER,
    smi_query.PARSER,
    smi_xml.PARSER,
    smi_csv.PARSER,
    smi_list.PARSER,
    smi_message.PARSER,
)

CASES = [
    pytest.param(p, s, id=f"{p.name}-{i}")
    for p in PARSERS
    for i, s in enumerate(p.samples)
    if s.kind is not None
]


@pytest.mark.parametrize(("parser", "sample"), CASES)
def test_no_other_form_claims_the_same_lines(parser: Parser, sample: Sample) -> None:
    others = [p for p in PARSERS if p is not parser]

    assert not [e for p in others for e in events_of(p, sample.text, sample.name)]


WIDE_ROWS = """\
|   0  NVIDIA A10G                    On  |   00000000:00:1E.0 Off |                    0 |
|  0%   31C    P8              9W /  300W |       4MiB /  23028MiB |      0%      Default |
|                                         |                        |                  N/A |
"""


def test_a_table_covers_its_borders_and_a_gpu_its_rows() -> None:
    events = events_of(smi_table.PARSER, smi_table.SAMPLES[0].text)

    assert [(e.kind, e.line, e.line_end) for e in events] == [
        ("gpu.table", 1, 19),
        ("gpu.state", 8, 10),
        ("gpu.process", 18, 18),
    ]


def test_a_gpu_of_the_table_has_typed_fields() -> None:
    state = events_of(smi_table.PARSER, smi_table.SAMPLES[0].text)[1]

    assert state.fields == {
        "driver": "580.95.05",
        "cuda": "13.0",
        "gpu": "0000:1b:00.0",
        "gpu_index": 0,
        "name": "NVIDIA H100 80GB HBM3",
        "persistence": "On",
        "mig": "Disabled",
        "pstate": "P0",
        "temp_c": 61,
        "power_w": 512.0,
        "power_cap_w": 700.0,
        "memory_used_mib": 71022,
        "memory_total_mib": 81559,
        "memory_used_pct": 87.1,
        "util": 97,
        "ecc_uncorrected": 2,
        "processes": 1,
    }


def test_a_process_row_knows_the_address_of_its_gpu() -> None:
    process = events_of(smi_table.PARSER, smi_table.SAMPLES[0].text)[2]

    assert process.fields == {
        "gpu_index": 0,
        "gpu": "0000:1b:00.0",
        "pid": 77120,
        "process": "/opt/venv/bin/python3.11",
        "type": "C",
        "memory_used_mib": 71008,
    }


def test_err_cells_are_counted_and_never_read_as_values() -> None:
    state = events_of(smi_table.PARSER, smi_table.SAMPLES[1].text)[1]

    assert state.fields["err_cells"] == 9
    assert not {"name", "temp_c", "power_w", "util", "ecc_uncorrected", "mig"} & set(state.fields)
    assert state.fields["memory_used_mib"] == 11812


def test_a_single_err_cell_leaves_the_rest_of_the_gpu_readable() -> None:
    text = WIDE_ROWS.replace("     9W", "   ERR!")
    state = events_of(smi_table.PARSER, text)[1]

    assert state.fields["err_cells"] == 1
    assert "power_w" not in state.fields
    assert (state.fields["power_cap_w"], state.fields["temp_c"]) == (300.0, 31)


@pytest.mark.parametrize(
    ("cell", "expected"), [("0", 0), ("14", 14), ("N/A", None), ("Off", None), ("On", None)]
)
def test_the_ecc_cell_is_a_number_or_unknown(cell: str, expected: int | None) -> None:
    text = WIDE_ROWS.replace("                    0 |", f"{cell:>21} |", 1)
    state = events_of(smi_table.PARSER, text)[1]

    assert state.fields.get("ecc_uncorrected") == expected


def test_a_table_carries_the_time_printed_above_it() -> None:
    text = f"Tue Mar  5 04:05:06 2024       \n{smi_table.SAMPLES[0].text}"
    stamps = {e.stamp.text if e.stamp else None for e in events_of(smi_table.PARSER, text)}

    assert stamps == {"Tue Mar  5 04:05:06 2024"}


def test_two_tables_in_a_row_stay_two() -> None:
    table = smi_table.SAMPLES[0].text
    events = events_of(smi_table.PARSER, f"{table}\n{table}\n")

    assert [(e.line, e.line_end) for e in of_kind(events, "gpu.table")] == [(1, 19), (20, 38)]


def test_shell_traces_below_a_table_are_not_part_of_it() -> None:
    text = f"{smi_table.SAMPLES[0].text}\n+ cd /srv/train\n+ python train.py\n"

    assert events_of(smi_table.PARSER, text)[0].line_end == 19


@pytest.mark.parametrize("prefix", ["", "> ", "    ", "| "])
@pytest.mark.parametrize("suffix", ["", "   ", "\r"])
def test_quoting_and_indentation_do_not_change_a_gpu(prefix: str, suffix: str) -> None:
    rows = [prefix + row + suffix for row in WIDE_ROWS.splitlines()]
    state = events_of(smi_table.PARSER, "\n".join(rows))[1]

    assert state.fields == events_of(smi_table.PARSER, WIDE_ROWS)[1].fields


def test_rows_without_their_outer_borders_are_read() -> None:
    rows = [row.strip("|").strip() for row in WIDE_ROWS.splitlines()]
    state = events_of(smi_table.PARSER, "\n".join(rows))[1]

    assert state.fields["gpu"] == "0000:00:1e.0"
    assert state.fields["memory_total_mib"] == 23028


def test_a_table_without_a_process_section_does_not_say_that_nothing_runs() -> None:
    events = events_of(smi_table.PARSER, WIDE_ROWS)

    assert all("processes" not in event.fields for event in events)


@needs_samples
@pytest.mark.parametrize(
    ("name", "driver", "cuda", "gpus", "processes"),
    [
        ("bigscience-v100-460__idle-table.txt", "460.32.03", "11.2", 4, 0),
        ("m4-a100-525__hang-table.txt", "525.60.13", "12.0", 8, 10),
        ("h100-590__idle-table.txt", "590.48.01", "13.1", 1, 0),
        ("h200-590__load-table.txt", "590.48.01", "13.1", 1, 3),
        ("l40s-595__load-table.txt", "595.80", "13.2", 1, 2),
        ("win-rtx2080s-610__load-table.txt", "610.62", "13.3", 1, 21),
    ],
)
def test_tables_of_real_machines_are_read_whole(
    name: str, driver: str, cuda: str, gpus: int, processes: int
) -> None:
    events = shared(smi_table.PARSER, name)
    table = events[0].fields

    assert (table["driver"], table["cuda"], table["gpus"]) == (driver, cuda, gpus)
    assert len(of_kind(events, "gpu.state")) == gpus
    assert len(of_kind(events, "gpu.process")) == processes == table["processes"]


@needs_samples
def test_mig_devices_of_a_real_table_belong_to_their_gpu() -> None:
    migs = of_kind(shared(smi_table.PARSER, "h100-mig-590__load-table.txt"), "gpu.mig")

    assert [
        (m.fields["mig_device"], m.fields["gi"], m.fields["memory_used_mib"]) for m in migs
    ] == [
        (0, "2", 11091),
        (1, "3", 17),
        (2, "9", 9),
        (3, "10", 9),
    ]
    assert {m.fields["gpu"] for m in migs} == {"0000:00:09.0"}


ALPHABET = st.sampled_from(
    [
        "| NVIDIA-SMI 535.1 Driver Version: 535.1 CUDA Version: 12.2 |", WIDE_ROWS, "MiB / 5MiB |",
        "Volatile Uncorr. ECC", "+" + "-" * 40 + "+", "| Processes: |",
        "\n", "GPU 00000000:01:00.0",
        "NVSMI LOG", "    ECC Errors", "        Volatile", "            DRAM Uncorrectable : 3",
        "Remapping Failure Occurred : Yes", "<nvidia_smi_log>", "<gpu id='1'>", "</gpu>", "&#0;",
        "memory.used [MiB], index", "5 MiB, 0", "(UUID: GPU-00)", "GPU 0: x (UUID: GPU-0a)",
        "Failed to initialize NVML: x", "No devices were found", "N/A", "ERR!", "\x00", "\ufeff",
        "│",
    ]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("parser", PARSERS, ids=lambda p: p.name)
@given(text=st.lists(ALPHABET | st.text(max_size=30), max_size=25).map("\n".join))
def test_no_text_raises_and_every_event_stands_on_its_own_lines(parser: Parser, text: str) -> None:
    lines = lines_of(text)
    events = list(parser.parse(lines, hits_of(parser, lines), Context("x.log")))

    for event in events:
        assert event.kind in parser.kinds
        assert 1 <= event.line <= event.line_end <= len(lines)
        assert event.text == "\n".join(line.text for line in lines[event.line - 1 : event.line_end])
        assert all(key and value is not None for key, value in event.fields.items())


@settings(max_examples=60, deadline=None)
@given(
    used=st.integers(0, 99_999),
    total=st.integers(1, 99_999),
    util=st.integers(0, 100),
    bus=st.integers(0, 255),
    narrow=st.booleans(),
    squeezed=st.booleans(),
)
def test_numbers_survive_both_widths_and_lost_blanks(
    used: int, total: int, util: int, bus: int, *, narrow: bool, squeezed: bool
) -> None:
    pad = 31 if narrow else 41
    rows = [
        f"|{'   3  NVIDIA X         On':<{pad}}| 00000000:{bus:02X}:00.0 Off |{'0':>21} |",
        f"|{' N/A   40C    P0    68W / 400W':<{pad}}|{used:>7}MiB / {total:>6}MiB |{util:>7}% E |",
    ]
    text = "\n".join(" ".join(row.split()) if squeezed else row for row in rows)
    state = events_of(smi_table.PARSER, text)[1].fields

    assert (state["memory_used_mib"], state["memory_total_mib"]) == (used, total)
    assert (state["util"], state["gpu"]) == (util, f"0000:{bus:02x}:00.0")
