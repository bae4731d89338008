"""dcgmi's boxes and JSON: diagnostic, health, devices, links, topology; dcgm-exporter's metrics.

Each command's output must be named, and what it finds wrong must be an event with the GPU and the
words put together again. The near miss is a healthy output of the same command, or a table of
somebody else.
"""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want

W = 78
UUID = "GPU-5a4b3c2d-1111-2222-3333-444455556666"


def box(*rows: tuple[str, str] | str, left: int = 27, right: int = 48) -> str:
    """A box as dcgmi draws it; a lone text is a section's heading."""
    border = f"+{'-' * left}+{'-' * right}+"
    drawn = [border]
    for row in rows:
        if isinstance(row, str):
            drawn.append(f"+-----  {row}  ".ljust(left + 1, "-") + f"+{'-' * right}+")
        else:
            drawn.append(f"| {row[0]:<{left - 1}}| {row[1]:<{right - 1}}|")
    return "\n".join([*drawn, border]) + "\n"


DIAG = ("Diagnostic", "Result")


def form(row: str, text: str, near_miss: str, wants: tuple[Want, ...], /, **more: str) -> Form:
    """A command's whole output."""
    return Form(
        row=row,
        text=text,
        wants=wants,
        near_miss=near_miss,
        parser=more.get("parser", "dcgm"),
        unclaimed=0,
        name=more.get("name", "paste.txt"),
    )


def failing(first: int, last: int, /, **fields: Value) -> Want:
    """A test of the diagnostic that did not pass."""
    return Want("gpu.dcgm_test", fields, (first, last))


HEALTHY = box(("Denylist", "Pass"), ("NVML Library", "Pass"))
DIAGNOSTICS = (
    form(
        "diag, all passed",
        "Successfully ran diagnostic for group.\n"
        + box(
            DIAG,
            "Metadata",
            ("DCGM Version", "3.3.8"),
            ("Driver Version Detected", "535.216.03"),
            "Deployment",
            ("Denylist", "Pass"),
            ("Page Retirement/Row Remap", "Pass"),
            "Hardware",
            ("GPU Memory", "Pass - All"),
            "Stress",
            ("Targeted Power", "Skip - All"),
        ),
        "| Diagnostic | Result |\n|---|---|\n| Denylist | Pass |\n",
        (
            Want(
                "gpu.dcgm_diag",
                {
                    "result": "pass",
                    "tests": 4,
                    "failed": 0,
                    "skipped": 1,
                    "dcgm_version": "3.3.8",
                    "driver": "535.216.03",
                },
                (1, 14),
            ),
        ),
    ),
    form(
        "diag, one GPU failed, text chopped in mid-word",
        box(
            "Hardware",
            ("GPU Memory", "Pass - GPUs: 0, 1, 2"),
            ("", "Fail - GPU: 3"),
            ("Warning", "GPU 3 Thermal violations totaling 17.2 second"),
            ("", "s started at 6.1 seconds into the test for GP"),
            ("", "U 3 Verify that the cooling is functional."),
        ),
        HEALTHY,
        (
            failing(
                3,
                7,
                test="GPU Memory",
                category="hardware",
                status="fail",
                gpus="3",
                gpu_index=3,
                detail="GPU 3 Thermal violations totaling 17.2 seconds started at 6.1 seconds into "
                "the test for GPU 3 Verify that the cooling is functional.",
            ),
        ),
    ),
    form(
        "diag, deployment failed with an error row",
        box(
            "Deployment",
            ("Persistence Mode", "Fail"),
            ("Error", "Persistence mode for GPU 1 is currently disab"),
            ("", "led."),
            ("Inforom", "Pass"),
        ),
        box("Deployment", ("Persistence Mode", "Pass")).replace("Pass", "On  "),
        (
            failing(
                3, 5, test="Persistence Mode", category="deployment", status="fail", gpu_index=1
            ),
            Want("gpu.dcgm_diag", {"result": "fail", "tests": 2, "failed": 1}, (1, 7)),
        ),
    ),
    form(
        "diag, row remapping pending",
        box(
            ("Page Retirement/Row Remap", "Fail"),
            ("Error", "GPU 3 has uncorrectable memory errors and row"),
            ("", " remappings are pending"),
        ),
        HEALTHY,
        (
            failing(
                2,
                4,
                gpu_index=3,
                detail="GPU 3 has uncorrectable memory errors and row remappings are pending",
            ),
        ),
    ),
    form(
        "diag of DCGM 4, a row a GPU",
        box(
            "Hardware",
            ("memory", "Fail"),
            ("", "GPU0: Pass"),
            ("", "GPU5: Fail"),
            ("Warning: GPU5", "Error using CUDA API cudaMalloc"),
        ),
        HEALTHY,
        (failing(3, 6, test="memory", status="fail", gpus="5", gpu_index=5),),
    ),
    form(
        "diag, two GPUs failed",
        box("Stress", ("Targeted Stress", "Fail - GPUs: 2, 6")),
        HEALTHY,
        (failing(3, 3, test="Targeted Stress", status="fail", gpus="2,6", gpu_index=None),),
    ),
    form(
        "diag, a fragment without its test",
        "| Warning                   | GPU 6 had a row remap failure                  |\n",
        "| Warning | GPU 6 had a row remap failure |\n",
        (failing(1, 1, gpu_index=6, detail="GPU 6 had a row remap failure"),),
    ),
    form(
        "diag as JSON, DCGM 3",
        '{\n  "DCGM GPU Diagnostic": {\n    "Driver Version Detected": "535.216.03",\n'
        '    "version": "3.3.8",\n    "test_categories": [\n      {\n        "category": '
        '"Hardware",\n        "tests": [\n          {\n            "name": "GPU Memory",\n'
        '            "results": [\n              {"gpu_id": "0", "status": "PASS"},\n'
        '              {"gpu_id": "4", "status": "FAIL", "warnings": ["GPU 4 memory error"]}\n'
        "            ]\n          }\n        ]\n"
        "      }\n    ]\n  }\n}\n",
        '{\n  "DCGM GPU Diagnostic": {}\n}\n',
        (
            Want("gpu.dcgm_diag", {"result": "fail", "driver": "535.216.03"}, (1, 20)),
            Want("gpu.dcgm_test", {"gpu_index": 4, "detail": "GPU 4 memory error"}),
        ),
        parser="dcgm_json",
        name="diag.json",
    ),
    form(
        "diag as JSON, DCGM 4, on one line",
        '{"DCGM Diagnostic":{"test_categories":[{"category":"Deployment","tests":[{"name":'
        '"software","results":[{"entity_group":"GPU","entity_id":2,"status":"Fail","warnings":[{"error_id":29,'
        '"warning":"Persistence Mode: off"}]}],"test_summary":{"status":"Fail"}}]}]},"metadata":{'
        '"version":"4.4.2"}}\n',
        '{"DCGM Diagnostic":null}\n',
        (
            Want("gpu.dcgm_diag", {"result": "fail", "dcgm_version": "4.4.2"}, (1, 1)),
            Want("gpu.dcgm_test", {"test": "software", "gpu_index": 2}),
        ),
        parser="dcgm_json",
        name="diag.json",
    ),
    form(
        "diag as JSON, the run failed",
        '{"DCGM GPU Diagnostic": {"runtime_error": "The NVVS binary was not found"}}\n',
        '{"DCGM GPU Diagnostic": {"test_categories": []}}\n',
        (
            Want(
                "gpu.dcgm_test",
                {"status": "fail", "detail": "The NVVS binary was not found"},
            ),
        ),
        parser="dcgm_json",
        name="diag.json",
    ),
)


@pytest.mark.parametrize("form", DIAGNOSTICS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
