"""`nvidia-smi mig`: profiles, instances and refusals are read row by row."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want

PROFILES_79 = """\
+-----------------------------------------------------------------------------+
| GPU instance profiles:                                                      |
| GPU   Name             ID    Instances   Memory     P2P    SM    DEC   ENC  |
|                              Free/Total   GiB              CE    JPEG  OFA  |
|=============================================================================|
|   2  MIG 1g.5gb        19     0/7        4.75       No     14     0     0   |
|                                                             1     0     0   |
+-----------------------------------------------------------------------------+
|   2  MIG 1g.5gb+me     20     1/1        4.75       No     14     1     0   |
|                                                             1     1     1   |
+-----------------------------------------------------------------------------+
|   2  MIG 7g.40gb        0     0/1        39.25      No     98     5     0   |
|                                                             7     1     1   |
+-----------------------------------------------------------------------------+
"""
PROFILES_91 = """\
+-------------------------------------------------------------------------------+
| GPU instance profiles:                                                        |
| GPU   Name               ID    Instances   Memory     P2P    SM    DEC   ENC  |
|                                Free/Total   GiB              CE    JPEG  OFA  |
|===============================================================================|
|   0  MIG 1g.18gb         19     5/7        16.00      No     16     1     0   |
|                                                               1     1     0   |
+-------------------------------------------------------------------------------+
|   0  MIG 3g.71gb          9     1/2        69.75      No     60     3     0   |
|                                                               3     3     0   |
+-------------------------------------------------------------------------------+
"""
INSTANCES = """\
+-------------------------------------------------------+
| GPU instances:                                        |
| GPU   Name             Profile  Instance   Placement  |
|                          ID       ID       Start:Size |
|=======================================================|
|   0  MIG 1g.18gb         19        7          0:1     |
+-------------------------------------------------------+
|   0  MIG 3g.71gb          9        2          4:4     |
+-------------------------------------------------------+
"""
COMPUTE = """\
+--------------------------------------------------------------------+
| Compute instances:                                                 |
| GPU     GPU       Name             Profile   Instance   Placement  |
|       Instance                       ID        ID       Start:Size |
|         ID                                                         |
|====================================================================|
|   0      2       MIG 1c.3g.71gb       0         1          0:1     |
+--------------------------------------------------------------------+
"""
COMPUTE_PROFILES = """\
+--------------------------------------------------------------------------------------+
| Compute instance profiles:                                                           |
| GPU     GPU       Name             Profile  Instances   Exclusive       Shared       |
|       Instance                       ID     Free/Total     SM       DEC   ENC   OFA  |
|         ID                                                          CE    JPEG       |
|======================================================================================|
|   0      2       MIG 1c.3g.71gb       0      2/3           16        3     0     0   |
|                                                                      3     3         |
+--------------------------------------------------------------------------------------+
|   0      2       MIG 3g.71gb          2*     0/1           60        3     0     0   |
|                                                                      3     3         |
+--------------------------------------------------------------------------------------+
"""
PROSE = "GPU instances: cut card 0 into 1g.18gb and 3g.71gb, see Compute instances\n"

FORMS = (
    Form(
        row="mig -lgip of 450 to 530",
        text=PROFILES_79,
        wants=(
            Want("gpu.report", {"form": "gpu_instance_profiles", "rows": 3, "gpus": 1}, (1, 14)),
            Want(
                "gpu.mig_profile",
                {
                    "gpu_index": 2, "mig_profile": "1g.5gb", "profile_id": 19, "free": 0,
                    "total": 7, "memory_gib": 4.75,
                },
                (6, 6),
            ),
            Want("gpu.mig_profile", {"mig_profile": "1g.5gb+me", "free": 1, "total": 1}, (9, 9)),
            Want("gpu.mig_profile", {"mig_profile": "7g.40gb", "profile_id": 0}, (12, 12)),
        ),
        near_miss="profile MIG 1g.5gb 19 has 0/7 instances free\n",
        parser="smi_mig",
        unclaimed=0,
    ),
    Form(
        row="mig -lgip of later drivers: wider",
        text=PROFILES_91,
        wants=(
            Want(
                "gpu.mig_profile",
                {"gpu_index": 0, "mig_profile": "3g.71gb", "free": 1, "total": 2},
                (9, 9),
            ),
        ),
        near_miss="| GPU instance profiles: | see the manual |\n",
        parser="smi_mig",
        unclaimed=0,
    ),
    Form(
        row="mig -lgi",
        text=INSTANCES,
        wants=(
            Want("gpu.report", {"form": "gpu_instances", "rows": 2}, (1, 9)),
            Want(
                "gpu.mig",
                {
                    "gpu_index": 0, "mig_profile": "1g.18gb", "profile_id": 19, "gi": "7",
                    "placement": "0:1",
                },
                (6, 6),
            ),
            Want("gpu.mig", {"mig_profile": "3g.71gb", "gi": "2", "placement": "4:4"}, (8, 8)),
        ),
        near_miss=PROSE,
        parser="smi_mig",
        unclaimed=0,
    ),
    Form(
        row="mig -lci",
        text=COMPUTE,
        wants=(
            Want(
                "gpu.mig",
                {
                    "gpu_index": 0, "gi": "2", "ci": "1", "mig_profile": "1c.3g.71gb",
                    "profile_id": 0, "placement": "0:1",
                },
                (7, 7),
            ),
        ),
        near_miss=PROSE,
        parser="smi_mig",
        unclaimed=0,
    ),
    Form(
        row="mig -lcip: a star marks the default",
        text=COMPUTE_PROFILES,
        wants=(
            Want("gpu.report", {"form": "compute_instance_profiles", "rows": 2}, (1, 12)),
            Want(
                "gpu.mig_profile",
                {"gpu_index": 0, "gi": "2", "mig_profile": "3g.71gb", "free": 0, "total": 1},
                (10, 10),
            ),
        ),
        near_miss="Compute instance profiles: 2 of them\n",
        parser="smi_mig",
        unclaimed=0,
    ),
    Form(
        row="mig -lgi where there is none",
        text="No GPU instances found: Not Found\n",
        wants=(Want("gpu.report", {"form": "mig", "rows": 0}, (1, 1)),),
        near_miss="warning: No GPU instances found: Not Found in the cluster cache\n",
        parser="smi_mig",
        unclaimed=0,
    ),
    Form(
        row="mig without MIG mode",
        text="No MIG-enabled devices found.\n",
        wants=(Want("gpu.report", {"form": "mig", "rows": 0}, (1, 1)),),
        near_miss="the plugin said: No MIG-enabled devices found, so it exits\n",
        parser="smi_mig",
        unclaimed=0,
    ),
    Form(
        row="mig -dgi of an instance in use",
        text=(
            "Unable to destroy GPU instance ID  7 from GPU  3: In use by another client\n"
            "Failed to destroy GPU instances: In use by another client\n"
        ),
        wants=(
            Want(
                "gpu.smi_error",
                {
                    "what": "mig_in_use", "gpu_index": 3, "doing": "destroy",
                    "detail": "In use by another client",
                },
                (1, 1),
            ),
        ),
        near_miss="Successfully destroyed GPU instance ID  7 from GPU  3\n",
        parser="smi_mig",
        unclaimed=0,
    ),
    Form(
        row="mig -cgi without room",
        text="Unable to create a GPU instance on GPU  0 using profile 9: Insufficient Resources\n",
        wants=(Want("gpu.smi_error", {"what": "mig_no_room", "gpu_index": 0}, (1, 1)),),
        near_miss="Successfully created GPU instance ID  2 on GPU  0 using profile MIG 3g.71gb\n",
        parser="smi_mig",
        unclaimed=0,
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
