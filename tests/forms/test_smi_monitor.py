"""`nvidia-smi dmon` and `pmon`: each table is summed up by GPU, each process row is told."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want, read

NOTE = "# gpu pwr and temp are in the dashboard, sm and mem too\n"
CONFIG = "# gpu settings\n# Idx of the card\ngpu: 0\npower: 300\n"

FORMS = (
    Form(
        row="dmon of 590: two temperatures, jpg and ofa",
        text=(
            "# gpu    pwr  gtemp  mtemp     sm    mem    enc    dec    jpg    ofa   mclk   pclk \n"
            "# Idx      W      C      C      %      %      %      %      %      %    MHz    MHz \n"
            "    0    644     71     88    100     62      0      0      0      0   3201   1980 \n"
            "    1    101     40     49      0      0      0      0      0      0   3201    345 \n"
            "    0    310     86     95     37     20      0      0      0      0   3201    990 \n"
            "    1    103     41     50      2      0      0      0      0      0   3201    345 \n"
        ),
        wants=(
            Want("gpu.dmon", {"gpus": 2, "samples": 4}, (1, 6)),
            Want(
                "gpu.load",
                {
                    "gpu_index": 0, "samples": 2, "power_w_min": 310, "power_w_max": 644,
                    "power_w_last": 310, "temp_c_min": 71, "temp_c_max": 86, "temp_c_last": 86,
                    "memory_temp_c_max": 95, "util_min": 37, "util_max": 100, "util_last": 37,
                    "memory_util_max": 62, "sm_clock_mhz_min": 990, "sm_clock_mhz_last": 990,
                },
                (1, 6),
            ),
            Want("gpu.load", {"gpu_index": 1, "samples": 2, "util_max": 2}, (1, 6)),
        ),
        near_miss=NOTE,
        parser="smi_monitor",
        unclaimed=0,
    ),
    Form(
        row="dmon of older drivers: one temperature",
        text=(
            "# gpu   pwr  temp    sm   mem   enc   dec  mclk  pclk\n"
            "# Idx     W     C     %     %     %     %   MHz   MHz\n"
            "    3   249    83    99    40     0     0  5705  1531\n"
        ),
        wants=(
            Want("gpu.dmon", {"gpus": 1, "samples": 1}, (1, 3)),
            Want("gpu.load", {"gpu_index": 3, "temp_c_last": 83, "power_w_min": 249}, (1, 3)),
        ),
        near_miss=CONFIG,
        parser="smi_monitor",
        unclaimed=0,
    ),
    Form(
        row="dmon in MIG mode: dashes are no values",
        text=(
            "# gpu    pwr  gtemp  mtemp     sm    mem    enc    dec    jpg    ofa   mclk   pclk\n"
            "# Idx      W      C      C      %      %      %      %      %      %    MHz    MHz\n"
            "    0     99     45     51      -      -      -      -      -      -   2619    345\n"
        ),
        wants=(Want("gpu.load", {"gpu_index": 0, "power_w_last": 99, "temp_c_max": 45}, (1, 3)),),
        near_miss="0 99 45 51 - - - - - - 2619 345\n",
        parser="smi_monitor",
        unclaimed=0,
    ),
    Form(
        row="dmon -s pucvmet: violations, memory, ECC and replays",
        text=(
            "# gpu    pwr  gtemp  mtemp     sm    mem   mclk   pclk  pviol  tviol     fb   bar1"
            "  sbecc  dbecc    pci  rxpci  txpci\n"
            "# Idx      W      C      C      %      %    MHz    MHz      %   bool     MB     MB"
            "   errs   errs   errs   MB/s   MB/s\n"
            "    0    700     88     97     99     71   2619   1200     42      1  79000      6"
            "      3      1      7      0      0\n"
            "    0    690     87     97     98     70   2619   1230     11      0  79100      6"
            "      3      2      7      0      0\n"
        ),
        wants=(
            Want(
                "gpu.load",
                {
                    "gpu_index": 0, "power_violation_pct": 42, "thermal_violation": 1,
                    "ecc_corrected": 3, "ecc_uncorrected": 2, "pcie_replays": 7,
                    "memory_used_mib_last": 79100, "util_min": 98,
                },
                (1, 4),
            ),
        ),
        near_miss="pviol tviol sbecc dbecc pci are the columns of -s vet\n",
        parser="smi_monitor",
        unclaimed=0,
    ),
    Form(
        row="dmon -o DT: date and time before the GPU",
        text=(
            "#Date       Time        gpu    pwr  gtemp  mtemp     sm    mem   mclk   pclk\n"
            "#YYYYMMDD   HH:MM:SS    Idx      W      C      C      %      %    MHz    MHz\n"
            " 20250916   08:30:01      0    120     50     60     10      4   2619   1980\n"
            " 20250916   08:30:02      0    400     55     61     90     40   2619   1980\n"
        ),
        wants=(
            Want("gpu.dmon", {"gpus": 1, "samples": 2}, (1, 4)),
            Want("gpu.load", {"gpu_index": 0, "power_w_last": 400, "util_min": 10}, (1, 4)),
        ),
        near_miss="#Date Time gpu was added to the report\n",
        parser="smi_monitor",
        unclaimed=0,
    ),
    Form(
        row="dmon --format csv",
        text=(
            "#gpu, pwr, gtemp, mtemp, sm, mem, enc, dec, mclk, pclk\n"
            "#Idx, W, C, C, %, %, %, %, MHz, MHz\n"
            "2, 300, 60, -, 80, 30, 0, 0, 1593, 1410\n"
        ),
        wants=(Want("gpu.load", {"gpu_index": 2, "power_w_max": 300, "util_last": 80}, (1, 3)),),
        near_miss="#gpu, pwr, gtemp, mtemp, sm\n",
        parser="smi_monitor",
        unclaimed=0,
    ),
    Form(
        row="dmon for long: the heading comes again",
        text="".join(
            "# gpu   pwr  temp    sm   mem   enc   dec  mclk  pclk\n"
            "# Idx     W     C     %     %     %     %   MHz   MHz\n"
            + f"    0    {50 + n}    40     {n}     1     0     0  5705  1531\n" * 3
            for n in (1, 2)
        ),
        wants=(
            Want("gpu.dmon", {"gpus": 1, "samples": 6}, (1, 10)),
            Want("gpu.load", {"gpu_index": 0, "util_min": 1, "util_max": 2}, (1, 10)),
        ),
        near_miss=NOTE,
        parser="smi_monitor",
        unclaimed=0,
    ),
    Form(
        row="pmon: processes by kind, an idle card has dashes",
        text=(
            "# gpu         pid   type     sm    mem    enc    dec    jpg    ofa    command \n"
            "# Idx           #    C/G      %      %      %      %      %      %    name \n"
            "    0       3390     G      1      0      -      -      -      -    Xorg           \n"
            "    0      77121     C     96     60      -      -      -      -    python3 -m fit \n"
            "    1          -     -      -      -      -      -      -      -    -              \n"
        ),
        wants=(
            Want("gpu.pmon", {"gpus": 2, "processes": 2, "samples": 3}, (1, 5)),
            Want(
                "gpu.process",
                {"gpu_index": 0, "pid": 3390, "type": "G", "process": "Xorg", "util": 1},
                (3, 3),
            ),
            Want(
                "gpu.process",
                {
                    "gpu_index": 0, "pid": 77121, "type": "C", "process": "python3 -m fit",
                    "util": 96, "memory_util": 60,
                },
                (4, 4),
            ),
        ),
        near_miss="# gpu pid type command\n0 is idle\n",
        parser="smi_monitor",
        unclaimed=0,
    ),
    Form(
        row="pmon -s um: memory in MB",
        text=(
            "# gpu        pid  type    sm   mem   enc   dec    fb   command\n"
            "# Idx          #   C/G     %     %     %     %    MB   name\n"
            "    5      81230     C    77    44     -     - 38112   vllm\n"
        ),
        wants=(
            Want(
                "gpu.process",
                {"gpu_index": 5, "pid": 81230, "process": "vllm", "memory_used_mib": 38112},
                (3, 3),
            ),
        ),
        near_miss=CONFIG,
        parser="smi_monitor",
        unclaimed=0,
    ),
    Form(
        row="pmon of older drivers: no jpg and ofa, narrow",
        text=(
            "# gpu     pid  type    sm   mem   enc   dec   command\n"
            "# Idx       #   C/G     %     %     %     %   name\n"
            "    0    1834   C+G    12     8     -     -   Isaac\n"
        ),
        wants=(Want("gpu.process", {"pid": 1834, "type": "C+G", "process": "Isaac"}, (3, 3)),),
        near_miss="0 1834 C+G 12 8 - - Isaac\n",
        parser="smi_monitor",
        unclaimed=0,
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def test_a_column_of_dashes_gives_no_field() -> None:
    events, _ = read(FORMS[2].text)
    (load,) = [event for event in events if event.kind == "gpu.load"]

    assert "util_max" not in load.fields


def test_rows_with_a_date_have_their_time() -> None:
    events, _ = read(FORMS[4].text)
    (table,) = [event for event in events if event.kind == "gpu.dmon"]

    assert table.stamp is not None
    assert table.stamp.text == "2025-09-16 08:30:02"


def test_an_idle_row_of_pmon_is_no_process() -> None:
    events, _ = read(FORMS[7].text)

    assert [e.line for e in events if e.kind == "gpu.process"] == [3, 4]
