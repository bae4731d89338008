"""`nvidia-smi -q -x` of every document type, v10 to v13, gives the fields of the other forms."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want, read

PROSE = "telegraf parses nvidia_smi_log, the root of the XML, and its fb_memory_usage\n"
OTHER = '<?xml version="1.0"?>\n<report><gpu id="1"><uuid>GPU-1</uuid></gpu></report>\n'


def document(dtd: str, head: str, gpu: str, address: str) -> str:
    return (
        '<?xml version="1.0" ?>\n'
        f'<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_{dtd}.dtd">\n'
        "<nvidia_smi_log>\n"
        f"{head}"
        f'\t<gpu id="{address}">\n{gpu}\t</gpu>\n\n</nvidia_smi_log>\n'
    )


def head(time: str, driver: str, cuda: str, gpus: int) -> str:
    return (
        f"\t<timestamp>{time}</timestamp>\n\t<driver_version>{driver}</driver_version>\n"
        f"\t<cuda_version>{cuda}</cuda_version>\n\t<attached_gpus>{gpus}</attached_gpus>\n"
    )


V10 = """\
\t\t<product_name>Tesla V100-SXM2-32GB</product_name>
\t\t<uuid>GPU-27182818-2845-9045-2353-602874713527</uuid>
\t\t<minor_number>6</minor_number>
\t\t<clocks_throttle_reasons>
\t\t\t<clocks_throttle_reason_hw_slowdown>Active</clocks_throttle_reason_hw_slowdown>
\t\t\t<clocks_throttle_reason_gpu_idle>Not Active</clocks_throttle_reason_gpu_idle>
\t\t\t<clocks_throttle_reason_sw_power_cap>Active</clocks_throttle_reason_sw_power_cap>
\t\t</clocks_throttle_reasons>
\t\t<fb_memory_usage>
\t\t\t<total>32510 MiB</total>
\t\t\t<used>31999 MiB</used>
\t\t</fb_memory_usage>
\t\t<utilization>
\t\t\t<gpu_util>77 %</gpu_util>
\t\t</utilization>
\t\t<ecc_errors>
\t\t\t<volatile>
\t\t\t\t<single_bit>
\t\t\t\t\t<device_memory>5</device_memory>
\t\t\t\t\t<total>5</total>
\t\t\t\t</single_bit>
\t\t\t\t<double_bit>
\t\t\t\t\t<device_memory>1</device_memory>
\t\t\t\t\t<total>1</total>
\t\t\t\t</double_bit>
\t\t\t</volatile>
\t\t\t<aggregate>
\t\t\t\t<single_bit><total>70</total></single_bit>
\t\t\t\t<double_bit><total>8</total></double_bit>
\t\t\t</aggregate>
\t\t</ecc_errors>
\t\t<retired_pages>
\t\t\t<multiple_single_bit_retirement>
\t\t\t\t<retired_count>2</retired_count>
\t\t\t</multiple_single_bit_retirement>
\t\t\t<double_bit_retirement>
\t\t\t\t<retired_count>8</retired_count>
\t\t\t</double_bit_retirement>
\t\t\t<pending_retirement>Yes</pending_retirement>
\t\t</retired_pages>
\t\t<temperature><gpu_temp>66 C</gpu_temp></temperature>
\t\t<power_readings>
\t\t\t<power_draw>203.11 W</power_draw>
\t\t\t<power_limit>300.00 W</power_limit>
\t\t</power_readings>
\t\t<processes>
\t\t\t<process_info>
\t\t\t\t<pid>2210</pid>
\t\t\t\t<type>C</type>
\t\t\t\t<process_name>python</process_name>
\t\t\t\t<used_memory>31987 MiB</used_memory>
\t\t\t</process_info>
\t\t</processes>
"""
V11 = """\
\t\t<product_name>NVIDIA A100-SXM4-80GB</product_name>
\t\t<mig_mode>
\t\t\t<current_mig>Enabled</current_mig>
\t\t\t<pending_mig>Disabled</pending_mig>
\t\t</mig_mode>
\t\t<mig_devices>
\t\t\t<mig_device>
\t\t\t\t<index>1</index>
\t\t\t\t<gpu_instance_id>5</gpu_instance_id>
\t\t\t\t<compute_instance_id>0</compute_instance_id>
\t\t\t\t<ecc_error_count>
\t\t\t\t\t<volatile_count><sram_uncorrectable>2</sram_uncorrectable></volatile_count>
\t\t\t\t</ecc_error_count>
\t\t\t\t<fb_memory_usage>
\t\t\t\t\t<total>19968 MiB</total>
\t\t\t\t\t<used>19001 MiB</used>
\t\t\t\t</fb_memory_usage>
\t\t\t</mig_device>
\t\t</mig_devices>
\t\t<uuid>GPU-16180339-8874-9894-8482-045868343656</uuid>
\t\t<remapped_rows>
\t\t\t<remapped_row_corr>0</remapped_row_corr>
\t\t\t<remapped_row_unc>3</remapped_row_unc>
\t\t\t<remapped_row_pending>Yes</remapped_row_pending>
\t\t\t<remapped_row_failure>No</remapped_row_failure>
\t\t\t<row_remapper_histogram>
\t\t\t\t<row_remapper_histogram_low>1 bank(s)</row_remapper_histogram_low>
\t\t\t\t<row_remapper_histogram_none>0 bank(s)</row_remapper_histogram_none>
\t\t\t</row_remapper_histogram>
\t\t</remapped_rows>
\t\t<processes>
\t\t\t<process_info>
\t\t\t\t<gpu_instance_id>5</gpu_instance_id>
\t\t\t\t<compute_instance_id>0</compute_instance_id>
\t\t\t\t<pid>70031</pid>
\t\t\t\t<type>C</type>
\t\t\t\t<process_name>/opt/a &amp; b/serve</process_name>
\t\t\t\t<used_memory>18990 MiB</used_memory>
\t\t\t</process_info>
\t\t</processes>
"""
V12 = """\
\t\t<product_name>NVIDIA H100 80GB HBM3</product_name>
\t\t<uuid>GPU-14142135-6237-3095-0488-016887242096</uuid>
\t\t<gpu_reset_status>
\t\t\t<reset_required>Yes</reset_required>
\t\t\t<drain_and_reset_recommended>No</drain_and_reset_recommended>
\t\t</gpu_reset_status>
\t\t<clocks_event_reasons>
\t\t\t<clocks_event_reason_gpu_idle>Not Active</clocks_event_reason_gpu_idle>
\t\t\t<clocks_event_reason_hw_power_brake_slowdown>Active</clocks_event_reason_hw_power_brake_slowdown>
\t\t</clocks_event_reasons>
\t\t<ecc_errors>
\t\t\t<volatile>
\t\t\t\t<sram_correctable>0</sram_correctable>
\t\t\t\t<sram_uncorrectable_parity>1</sram_uncorrectable_parity>
\t\t\t\t<sram_uncorrectable_secded>2</sram_uncorrectable_secded>
\t\t\t\t<dram_correctable>9</dram_correctable>
\t\t\t\t<dram_uncorrectable>0</dram_uncorrectable>
\t\t\t</volatile>
\t\t\t<aggregate>
\t\t\t\t<sram_uncorrectable_parity>6</sram_uncorrectable_parity>
\t\t\t\t<dram_uncorrectable>1</dram_uncorrectable>
\t\t\t\t<sram_threshold_exceeded>Yes</sram_threshold_exceeded>
\t\t\t</aggregate>
\t\t\t<aggregate_uncorrectable_sram_sources>
\t\t\t\t<sram_l2>6</sram_l2>
\t\t\t</aggregate_uncorrectable_sram_sources>
\t\t</ecc_errors>
\t\t<temperature>
\t\t\t<gpu_temp>85 C</gpu_temp>
\t\t\t<gpu_temp_tlimit>2 C</gpu_temp_tlimit>
\t\t</temperature>
\t\t<gpu_power_readings>
\t\t\t<power_draw>310.00 W</power_draw>
\t\t\t<current_power_limit>700.00 W</current_power_limit>
\t\t</gpu_power_readings>
\t\t<module_power_readings><power_draw>500.00 W</power_draw></module_power_readings>
"""
V13 = """\
\t\t<product_name>NVIDIA GB200</product_name>
\t\t<uuid>GPU-17320508-0756-8877-2935-274463415058</uuid>
\t\t<gpu_recovery_action>Reboot</gpu_recovery_action>
\t\t<clocks_event_reasons_counters>
\t\t\t<clocks_event_reasons_counters_sync_boost>9 us</clocks_event_reasons_counters_sync_boost>
\t\t</clocks_event_reasons_counters>
\t\t<ecc_errors>
\t\t\t<volatile><dram_uncorrectable>0</dram_uncorrectable></volatile>
\t\t\t<channel_repair_pending>No</channel_repair_pending>
\t\t\t<tpc_repair_pending>Yes</tpc_repair_pending>
\t\t\t<unrepairable_memory>No</unrepairable_memory>
\t\t</ecc_errors>
\t\t<gpu_power_readings>
\t\t\t<average_power_draw>N/A</average_power_draw>
\t\t\t<instant_power_draw>455.50 W</instant_power_draw>
\t\t\t<current_power_limit>1200.00 W</current_power_limit>
\t\t</gpu_power_readings>
\t\t<fabric>
\t\t\t<state>Completed</state>
\t\t\t<status>Success</status>
\t\t\t<health>
\t\t\t\t<summary>Limited Capacity</summary>
\t\t\t\t<bandwidth>Degraded</bandwidth>
\t\t\t\t<route_unhealthy>False</route_unhealthy>
\t\t\t</health>
\t\t</fabric>
"""
LOST = """\
\t\t<product_name>NVIDIA A40</product_name>
\t\t<uuid>GPU-22360679-7749-9789-6964-091736687312</uuid>
\t\t<fb_memory_usage>
\t\t\t<total>GPU is lost</total>
\t\t\t<used>GPU is lost</used>
\t\t</fb_memory_usage>
"""
UNKNOWN = """\
\t\t<uuid>GPU-22360679-7749-9789-6964-091736687312</uuid>
\t\t<ecc_mode><current_ecc>Unknown Error</current_ecc></ecc_mode>
\t\t<voltage><graphics_volt>Unknown Error</graphics_volt></voltage>
"""

DOCUMENT_10 = document(
    "v10", head("Mon Aug 24 02:03:04 2020", "440.33.01", "10.2", 8), V10, "00000000:B3:00.0"
)
DOCUMENT_11 = document(
    "v11", head("Tue Nov  8 17:18:19 2022", "525.60.13", "12.0", 1), V11, "00000000:41:00.0"
)
DOCUMENT_12 = document(
    "v12", head("Wed May 15 09:10:11 2024", "550.54.15", "12.4", 8), V12, "00000000:DB:00.0"
)
DOCUMENT_13 = document(
    "v13", head("Thu Jan 15 20:21:22 2026", "580.95.05", "13.0", 4), V13, "00000009:01:00.0"
)
DOCUMENT_LOST = document(
    "v12", head("Thu May 16 01:01:01 2024", "550.54.15", "12.4", 2), LOST, "00000000:21:00.0"
)

FORMS = (
    Form(
        row="v10, drivers 4xx: throttle reasons, single and double bit, retired pages",
        text=DOCUMENT_10,
        wants=(
            Want("gpu.report", {"driver": "440.33.01", "cuda": "10.2", "gpus": 8}, (1, 7)),
            Want(
                "gpu.state",
                {
                    "gpu": "0000:b3:00.0", "gpu_uuid": "GPU-27182818-2845-9045-2353-602874713527",
                    "name": "Tesla V100-SXM2-32GB", "minor": 6, "slowdown_active": "hw_slowdown",
                    "memory_used_mib": 31999, "util": 77, "ecc_corrected": 5, "ecc_uncorrected": 1,
                    "ecc_corrected_aggregate": 70, "ecc_uncorrected_aggregate": 8,
                    "retired_single_bit": 2, "retired_double_bit": 8, "retired_pending": True,
                    "temp_c": 66, "power_w": 203.11, "power_cap_w": 300.0,
                },
                (8, 64),
            ),
            Want("gpu.process", {"pid": 2210, "memory_used_mib": 31987}, (55, 60)),
        ),
        near_miss=PROSE,
        parser="smi_xml",
        unclaimed=0,
    ),
    Form(
        row="v11, up to 530: MIG devices, remapped rows, processes of an instance",
        text=DOCUMENT_11,
        wants=(
            Want(
                "gpu.state",
                {
                    "gpu": "0000:41:00.0", "mig": "Enabled", "mig_pending": "Disabled",
                    "remap_uncorrectable": 3, "remap_pending": True, "remap_failure": False,
                    "remap_banks_low": 1, "remap_banks_none": 0,
                },
                (8, 51),
            ),
            Want(
                "gpu.mig",
                {
                    "gpu": "0000:41:00.0", "mig_device": 1, "gi": "5", "ci": "0",
                    "ecc_uncorrected": 2, "memory_used_mib": 19001, "memory_total_mib": 19968,
                },
                (15, 26),
            ),
            Want("gpu.process", {"pid": 70031, "gi": "5", "process": "/opt/a & b/serve"}, (40, 47)),
        ),
        near_miss=OTHER,
        parser="smi_xml",
        unclaimed=0,
    ),
    Form(
        row="v12, 535 to 570: event reasons, SRAM parity and SEC-DED, reset status",
        text=DOCUMENT_12,
        wants=(
            Want(
                "gpu.state",
                {
                    "gpu": "0000:db:00.0", "slowdown_active": "power_brake", "ecc_uncorrected": 3,
                    "ecc_corrected": 9, "ecc_sram_uncorrected_aggregate": 6,
                    "ecc_dram_uncorrected_aggregate": 1, "ecc_uncorrected_aggregate": 7,
                    "ecc_threshold_exceeded": True, "temp_c": 85, "temp_margin_c": 2,
                    "power_w": 310.0, "power_cap_w": 700.0, "reset_required": True,
                },
            ),
        ),
        near_miss=PROSE,
        parser="smi_xml",
        unclaimed=0,
    ),
    Form(
        row="v13, 580 on: recovery action, repairs, fabric health, instantaneous draw",
        text=DOCUMENT_13,
        wants=(
            Want(
                "gpu.state",
                {
                    "gpu": "0009:01:00.0", "recovery_action": "Reboot", "tpc_repair_pending": True,
                    "channel_repair_pending": False, "unrepairable_memory": False,
                    "power_w": 455.5, "power_cap_w": 1200.0, "fabric_state": "Completed",
                    "fabric_health": "Limited Capacity", "fabric_bandwidth": "Degraded",
                    "fabric_route_unhealthy": False,
                },
            ),
        ),
        near_miss=OTHER,
        parser="smi_xml",
        unclaimed=0,
    ),
    Form(
        row="a lost GPU inside the document",
        text=DOCUMENT_LOST,
        wants=(
            Want("gpu.state", {"gpu": "0000:21:00.0", "lost": True, "name": "NVIDIA A40"}),
            Want("gpu.smi_error", {"what": "gpu_lost", "gpu": "0000:21:00.0"}, (12, 12)),
        ),
        near_miss="<alert><text>GPU is lost</text></alert>\n",
        parser="smi_xml",
        unclaimed=0,
    ),
    Form(
        row="Unknown Error is counted wherever it stands",
        text=document("v12", "", UNKNOWN, "00000000:22:00.0"),
        wants=(Want("gpu.state", {"gpu": "0000:22:00.0", "unknown_errors": 2}),),
        near_miss="<status>Unknown Error</status>\n",
        parser="smi_xml",
        unclaimed=0,
    ),
    Form(
        row="broken off in the middle",
        text=DOCUMENT_13[:900] + "\n",
        wants=(
            Want("gpu.report", {"driver": "580.95.05", "gpus": 4}, (1, 7)),
            Want("gpu.state", {"gpu": "0009:01:00.0", "recovery_action": "Reboot"}),
        ),
        near_miss=PROSE,
        parser="smi_xml",
    ),
    Form(
        row="under the command, in a console log",
        text="+ nvidia-smi -q -x\n"
        + DOCUMENT_11
        + "+ echo done\n",
        wants=(Want("gpu.state", {"gpu": "0000:41:00.0", "driver": "525.60.13"}, (9, 52)),),
        near_miss="+ nvidia-smi -q -x | grep nvidia_smi_log\n",
        parser="smi_xml",
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


@pytest.mark.parametrize("form", FORMS[:6], ids=lambda form: form.row)
def test_a_document_without_a_final_newline_is_read(form: Form) -> None:
    events, _ = read(form.text.removesuffix("\n"))

    assert [want for want in form.wants if not any(want.met_by(event) for event in events)] == []


def test_a_lost_gpu_has_no_readings() -> None:
    events, _ = read(FORMS[4].text)
    (state,) = [event for event in events if event.kind == "gpu.state"]

    assert not {"memory_used_mib", "memory_total_mib"} & set(state.fields)


def test_the_time_of_the_document_is_the_time_of_its_events() -> None:
    events, _ = read(FORMS[0].text)

    assert {e.stamp.text if e.stamp else None for e in events} == {"Mon Aug 24 02:03:04 2020"}
