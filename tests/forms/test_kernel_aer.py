"""PCIe errors in every vocabulary: a report with its decode and recovery is one event."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want, read

FATAL = """\
[ 812.1] pcieport 0000:80:03.1: AER: Multiple Uncorrected (Fatal) error received: 0000:80:03.1
[ 812.2] pcieport 0000:80:03.1: PCIe Bus Error: severity=Uncorrected (Fatal), type=Transaction \
Layer, (Requester ID)
[ 812.3] pcieport 0000:80:03.1:   device [1022:14ab] error status/mask=00004020/04400000
[ 812.4] pcieport 0000:80:03.1:    [ 5] SDES \n\
[ 812.5] pcieport 0000:80:03.1:    [14] CmpltTO                (First)
[ 812.6] pcieport 0000:80:03.1:   TLP Header: 60000001 0000000f 00000019 f0001000
[ 812.7] pcieport 0000:80:03.1: AER: broadcast error_detected message
[ 812.8] nvidia 0000:81:00.0: AER: can't recover (no error_detected callback)
[ 812.9] pcieport 0000:80:03.1: AER: Root Port link has been reset (0)
[ 813.0] pcieport 0000:80:03.1: AER: device recovery failed
"""

DPC = """\
[ 90.1] pcieport 0000:40:01.1: DPC: containment event, status:0x1f01 source:0x0000
[ 90.2] pcieport 0000:40:01.1: DPC: unmasked uncorrectable error detected
[ 90.3] pcieport 0000:40:01.1: PCIe Bus Error: severity=Uncorrected (Fatal), type=Transaction \
Layer, (Receiver ID)
[ 90.4] pcieport 0000:40:01.1:   device [1022:1483] error status/mask=00000020/04400000
[ 90.5] pcieport 0000:40:01.1:    [ 5] SDES                   (First)
[ 90.6] nvme nvme2: frozen state error detected, reset controller
"""

CPER = """\
[ 77.1] pcieport 0000:00:03.0: AER: aer_status: 0x00004000, aer_mask: 0x00100000
[ 77.2] pcieport 0000:00:03.0:    [14] CmpltTO                (First)
[ 77.3] pcieport 0000:00:03.0: AER: aer_layer=Transaction Layer, aer_agent=Requester ID
[ 77.4] pcieport 0000:00:03.0: AER: aer_uncor_severity: 0x00463030
"""

FORMS = (
    Form(
        row="4.x: corrected, with ids and long names",
        text=(
            "[ 1.1] pcieport 0000:3a:02.0: AER: Corrected error received: id=0010\n"
            "[ 1.2] pcieport 0000:3a:02.0: PCIe Bus Error: severity=Corrected, type=Data Link "
            "Layer, id=0010(Transmitter ID)\n"
            "[ 1.3] pcieport 0000:3a:02.0:   device [8086:2032] error "
            "status/mask=00001100/00002000\n"
            "[ 1.4] pcieport 0000:3a:02.0:    [ 8] RELAY_NUM Rollover    \n"
            "[ 1.5] pcieport 0000:3a:02.0:    [12] Replay Timer Timeout   (First)\n"
        ),
        wants=(
            Want(
                "kernel.aer",
                {
                    "severity": "corrected", "device": "0000:3a:02.0", "layer": "Data Link Layer",
                    "agent": "Transmitter ID", "error_name": "Replay Timer Timeout",
                    "status": "00001100", "driver": "pcieport",
                },
                (1, 5),
            ),
        ),
        near_miss="[ 1.1] pcieport 0000:3a:02.0: AER: enabled with IRQ 34\n",
        parser="aer",
        unclaimed=0,
    ),
    Form(
        row="5.x: fatal, with TLP header and failed recovery of a GPU",
        text=FATAL,
        wants=(
            Want(
                "kernel.aer",
                {
                    "severity": "fatal", "device": "0000:80:03.1", "error_name": "CmpltTO",
                    "recovery": "failed", "gpu": "0000:81:00.0", "agent": "Requester ID",
                },
                (1, 10),
            ),
        ),
        near_miss="[ 812.1] pcieport 0000:80:03.1: PME: Signaling with IRQ 36\n",
        parser="aer",
        unclaimed=0,
    ),
    Form(
        row="6.5 and later: correctable, message received from",
        text=(
            "[ 1.1] pcieport 0000:60:01.1: AER: Correctable error message received from "
            "0000:61:00.0\n"
            "[ 1.2] mlx5_core 0000:61:00.0: PCIe Bus Error: severity=Correctable, type=Physical "
            "Layer, (Receiver ID)\n"
            "[ 1.3] mlx5_core 0000:61:00.0:   device [15b3:1021] error "
            "status/mask=00000001/0000e000\n"
            "[ 1.4] mlx5_core 0000:61:00.0:    [ 0] RxErr                  (First)\n"
        ),
        wants=(
            Want(
                "kernel.aer",
                {
                    "severity": "corrected", "device": "0000:61:00.0", "port": "0000:60:01.1",
                    "driver": "mlx5_core", "error_name": "RxErr",
                },
                (1, 4),
            ),
        ),
        near_miss="[ 1.1] pcieport 0000:60:01.1: AER: correctable errors are masked\n",
        parser="aer",
        unclaimed=0,
    ),
    Form(
        row="6.5 and later: uncorrectable, recovered",
        text=(
            "[ 1.1] pcieport 0000:60:01.1: AER: Uncorrectable (Non-Fatal) error message received "
            "from 0000:61:00.0\n"
            "[ 1.2] nvme 0000:61:00.0: PCIe Bus Error: severity=Uncorrectable (Non-Fatal), "
            "type=Transaction Layer, (Completer ID)\n"
            "[ 1.3] nvme 0000:61:00.0:   device [144d:a80a] error status/mask=00008000/00000000\n"
            "[ 1.4] nvme 0000:61:00.0:    [15] CmpltAbrt              (First)\n"
            "[ 1.5] nvme 0000:61:00.0: AER:   TLP Header: 0x04000001 0x0000220f 0x01070000 "
            "0x00000000\n"
            "[ 1.6] pcieport 0000:60:01.1: AER: device recovery successful\n"
        ),
        wants=(
            Want(
                "kernel.aer",
                {
                    "severity": "nonfatal", "driver": "nvme", "error_name": "CmpltAbrt",
                    "recovery": "done",
                },
                (1, 6),
            ),
        ),
        near_miss="AER: Uncorrectable errors raise a message to the root port\n",
        parser="aer",
        unclaimed=0,
    ),
    Form(
        row="no details, and an agent that cannot be asked",
        text=(
            "[ 1.1] pcieport 0000:00:1c.0: AER: Corrected error message received from 0000:01:00.0 "
            "(no details found)\n"
            "[ 2.1] pcieport 0000:00:01.0: PCIe Bus Error: severity=Uncorrected (Fatal), "
            "type=Inaccessible, (Unregistered Agent ID)\n"
        ),
        wants=(
            Want("kernel.aer", {"severity": "corrected", "device": "0000:01:00.0"}, (1, 1)),
            Want(
                "kernel.aer",
                {
                    "severity": "fatal", "layer": "Inaccessible",
                    "agent": "Unregistered Agent ID", "device": "0000:00:01.0",
                },
                (2, 2),
            ),
        ),
        near_miss="the type=Inaccessible agent is unregistered\n",
        parser="aer",
        unclaimed=0,
    ),
    Form(
        row="who was first",
        text=(
            "[ 1.1] pcieport 0000:00:02.0: AER: Uncorrected (Non-Fatal) error received: id=0010\n"
            "[ 1.2] pcieport 0000:00:02.0: PCIe Bus Error: severity=Uncorrected (Non-Fatal), "
            "type=Transaction Layer, id=0010(Requester ID)\n"
            "[ 1.3] pcieport 0000:00:02.0:   device [8086:2f04] error "
            "status/mask=00100000/00000000\n"
            "[ 1.4] pcieport 0000:00:02.0:    [20] Unsupported Request    (First)\n"
            "[ 1.5] pcieport 0000:00:02.0:   TLP Header: 34000000 0b000010 00000000 f2f0f2f0\n"
            "[ 1.6] pcieport 0000:00:02.0:   Error of this Agent(0010) is reported first\n"
        ),
        wants=(
            Want(
                "kernel.aer",
                {"severity": "nonfatal", "error_name": "Unsupported Request"},
                (1, 6),
            ),
        ),
        near_miss="the error of this agent is reported first in the weekly mail\n",
        parser="aer",
        unclaimed=0,
    ),
    Form(
        row="firmware first: aer_status",
        text=CPER,
        wants=(
            Want(
                "kernel.aer",
                {"device": "0000:00:03.0", "error_name": "CmpltTO", "status": "00004000"},
                (1, 4),
            ),
        ),
        near_miss="[ 77.1] acpi PNP0A08:00: _OSC: OS now controls [PCIeHotplug PME AER]\n",
        parser="aer",
        unclaimed=0,
    ),
    Form(
        row="DPC: containment, its reason and the decode",
        text=DPC,
        wants=(
            Want(
                "kernel.aer",
                {
                    "severity": "fatal", "contained": True, "device": "0000:40:01.1",
                    "error_name": "SDES", "layer": "Transaction Layer",
                },
                (1, 5),
            ),
        ),
        near_miss="[ 0.1] pcieport 0000:40:01.1: DPC: error containment capabilities: Int Msg #0\n",
        unclaimed=0,
    ),
    Form(
        row="DPC of 4.x, and its newest wording",
        text=(
            "[ 90.1] dpc 0000:00:1c.0:pcie010: DPC containment event, status:0x1f00 source:0x0000\n"
            "[ 90.2] dpc 0000:00:1c.0:pcie010: DPC unmasked uncorrectable error detected, remove "
            "downstream devices\n"
            "[ 95.1] pcieport 0000:c0:01.1: DPC: containment event, status:0x1f05, ERR_NONFATAL "
            "received from 0000:c1:00.0\n"
        ),
        wants=(
            Want(
                "kernel.aer",
                {"contained": True, "device": "0000:00:1c.0", "severity": "fatal"},
                (1, 2),
            ),
            Want(
                "kernel.aer",
                {"contained": True, "device": "0000:c0:01.1", "severity": "nonfatal"},
                (3, 3),
            ),
        ),
        near_miss="DPC containment is on for all ports\n",
        parser="aer",
        unclaimed=0,
    ),
    Form(
        row="recovery without its report",
        text=(
            "[ 1.1] nvidia 0000:0b:00.0: AER: can't recover (no error_detected callback)\n"
            "[ 1.2] pcieport 0000:00:03.0: AER: device recovery failed\n"
        ),
        wants=(
            Want(
                "kernel.aer",
                {"recovery": "failed", "gpu": "0000:0b:00.0", "severity": None},
                (1, 2),
            ),
        ),
        near_miss="ops: can't recover the array, device recovery failed\n",
        parser="aer",
        unclaimed=0,
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def test_reports_of_two_ports_in_each_other_keep_their_own_errors() -> None:
    one = FATAL.splitlines()[:5]
    other = [row.replace("80:03.1", "c0:01.1").replace("CmpltTO", "MalfTLP") for row in one]
    text = "\n".join([*one[:2], *other[:2], *one[2:], *other[2:]])

    reports = [event.fields for event in read(text)[0] if event.kind == "kernel.aer"]
    names = {fields["device"]: fields.get("error_name") for fields in reports}
    assert names.keys() == {"0000:80:03.1", "0000:c0:01.1"}
    assert names["0000:80:03.1"] in {None, "CmpltTO"}
    assert names["0000:c0:01.1"] in {None, "MalfTLP"}
