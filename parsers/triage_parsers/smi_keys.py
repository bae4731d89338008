"""What each form of nvidia-smi calls the fields of `smi_state`: `-q`, `-q -x` and the CSV columns.

Sources: output of drivers 460 to 610, the man page, and `--help-query-gpu` of 590. Names that were
renamed between driver generations stand beside each other.
"""

from __future__ import annotations

QUERY_HEAD = {
    "driver version": "driver",
    "kmd version": "driver",
    "cuda version": "cuda",
    "cuda umd version": "cuda",
}
QUERY_PATHS = {
    "product name": "name",
    "gpu uuid": "gpu_uuid",
    "minor number": "minor",
    "persistence mode": "persistence",
    "performance state": "pstate",
    "compute mode": "compute_mode",
    "fan speed": "fan_pct",
    "gpu recovery action": "recovery_action",
    "gpu reset status/reset required": "reset_required",
    "gpu reset status/drain and reset recommended": "reset_recommended",
    "mig mode/current": "mig",
    "mig mode/pending": "mig_pending",
    "ecc mode/current": "ecc_mode",
    "ecc mode/pending": "ecc_mode_pending",
    "pci/gpu link info/pcie generation/max": "pcie_gen_max",
    "pci/gpu link info/pcie generation/current": "pcie_gen",
    "pci/gpu link info/link width/max": "pcie_width_max",
    "pci/gpu link info/link width/current": "pcie_width",
    "pci/replays since reset": "pcie_replays",
    "fb memory usage/used": "memory_used_mib",
    "fb memory usage/total": "memory_total_mib",
    "utilization/gpu": "util",
    "utilization/memory": "memory_util",
    "temperature/gpu current temp": "temp_c",
    "temperature/gpu t.limit temp": "temp_margin_c",
    "temperature/gpu current t.limit temp": "temp_margin_c",
    "temperature/gpu slowdown temp": "temp_slowdown_c",
    "temperature/memory current temp": "memory_temp_c",
    "power readings/power draw": "power_w",
    "power readings/power limit": "power_cap_w",
    "gpu power readings/power draw": "power_w",
    "gpu power readings/average power draw": "power_w",
    "gpu power readings/instantaneous power draw": "power_w",
    "gpu power readings/current power limit": "power_cap_w",
    "gpu power readings/gpu ceiling power limit/current power limit": "power_cap_w",
    "clocks/sm": "sm_clock_mhz",
    "max clocks/sm": "sm_clock_max_mhz",
    "ecc errors/aggregate/sram threshold exceeded": "ecc_threshold_exceeded",
    "ecc errors/channel repair pending": "channel_repair_pending",
    "ecc errors/tpc repair pending": "tpc_repair_pending",
    "ecc errors/unrepairable memory": "unrepairable_memory",
    "retired pages/single bit ecc": "retired_single_bit",
    "retired pages/double bit ecc": "retired_double_bit",
    "retired pages/pending page blacklist": "retired_pending",
    "retired pages/pending": "retired_pending",
    "remapped rows/correctable error": "remap_correctable",
    "remapped rows/uncorrectable error": "remap_uncorrectable",
    "remapped rows/pending": "remap_pending",
    "remapped rows/remapping failure occurred": "remap_failure",
    "remapped rows/bank remap availability histogram/low": "remap_banks_low",
    "remapped rows/bank remap availability histogram/none": "remap_banks_none",
    "fabric/state": "fabric_state",
    "fabric/status": "fabric_status",
    "fabric/health/summary": "fabric_health",
    "fabric/health/bandwidth": "fabric_bandwidth",
    "fabric/health/route unhealthy": "fabric_route_unhealthy",
    "fabric/health/incorrect configuration": "fabric_configuration",
}
"""Path of section names and key, in lower case, to the canonical name."""
QUERY_REASONS = ("clocks throttle reasons", "clocks event reasons")
QUERY_PROCESS = {
    "gpu instance id": "gi",
    "compute instance id": "ci",
    "process id": "pid",
    "type": "type",
    "name": "process",
    "used gpu memory": "memory_used_mib",
}
QUERY_MIG = {
    "index": "mig_device",
    "gpu instance id": "gi",
    "compute instance id": "ci",
    "shared fb memory usage/used": "memory_used_mib",
    "shared fb memory usage/total": "memory_total_mib",
    "fb memory usage/used": "memory_used_mib",
    "fb memory usage/total": "memory_total_mib",
    "ecc errors/volatile/sram uncorrectable": "ecc_uncorrected",
}
"""Path inside a `MIG Device` section."""

XML_HEAD = {
    "driver_version": "driver",
    "kmd_version": "driver",
    "cuda_version": "cuda",
    "cuda_umd_version": "cuda",
}
XML_PATHS = {
    "product_name": "name",
    "uuid": "gpu_uuid",
    "minor_number": "minor",
    "persistence_mode": "persistence",
    "performance_state": "pstate",
    "compute_mode": "compute_mode",
    "fan_speed": "fan_pct",
    "gpu_recovery_action": "recovery_action",
    "gpu_reset_status/reset_required": "reset_required",
    "gpu_reset_status/drain_and_reset_recommended": "reset_recommended",
    "mig_mode/current_mig": "mig",
    "mig_mode/pending_mig": "mig_pending",
    "ecc_mode/current_ecc": "ecc_mode",
    "ecc_mode/pending_ecc": "ecc_mode_pending",
    "pci/pci_gpu_link_info/pcie_gen/max_link_gen": "pcie_gen_max",
    "pci/pci_gpu_link_info/pcie_gen/current_link_gen": "pcie_gen",
    "pci/pci_gpu_link_info/link_widths/max_link_width": "pcie_width_max",
    "pci/pci_gpu_link_info/link_widths/current_link_width": "pcie_width",
    "pci/replay_counter": "pcie_replays",
    "fb_memory_usage/used": "memory_used_mib",
    "fb_memory_usage/total": "memory_total_mib",
    "utilization/gpu_util": "util",
    "utilization/memory_util": "memory_util",
    "temperature/gpu_temp": "temp_c",
    "temperature/gpu_temp_tlimit": "temp_margin_c",
    "temperature/gpu_temp_slow_threshold": "temp_slowdown_c",
    "temperature/memory_temp": "memory_temp_c",
    "power_readings/power_draw": "power_w",
    "power_readings/power_limit": "power_cap_w",
    "gpu_power_readings/power_draw": "power_w",
    "gpu_power_readings/average_power_draw": "power_w",
    "gpu_power_readings/instant_power_draw": "power_w",
    "gpu_power_readings/current_power_limit": "power_cap_w",
    "gpu_power_readings/gpu_ceiling_power_limit/current_power_limit": "power_cap_w",
    "clocks/sm_clock": "sm_clock_mhz",
    "max_clocks/sm_clock": "sm_clock_max_mhz",
    "ecc_errors/aggregate/sram_threshold_exceeded": "ecc_threshold_exceeded",
    "ecc_errors/channel_repair_pending": "channel_repair_pending",
    "ecc_errors/tpc_repair_pending": "tpc_repair_pending",
    "ecc_errors/unrepairable_memory": "unrepairable_memory",
    "retired_pages/multiple_single_bit_retirement/retired_count": "retired_single_bit",
    "retired_pages/double_bit_retirement/retired_count": "retired_double_bit",
    "retired_pages/pending_blacklist": "retired_pending",
    "retired_pages/pending_retirement": "retired_pending",
    "remapped_rows/remapped_row_corr": "remap_correctable",
    "remapped_rows/remapped_row_unc": "remap_uncorrectable",
    "remapped_rows/remapped_row_pending": "remap_pending",
    "remapped_rows/remapped_row_failure": "remap_failure",
    "remapped_rows/row_remapper_histogram/row_remapper_histogram_low": "remap_banks_low",
    "remapped_rows/row_remapper_histogram/row_remapper_histogram_none": "remap_banks_none",
    "fabric/state": "fabric_state",
    "fabric/status": "fabric_status",
    "fabric/health/summary": "fabric_health",
    "fabric/health/bandwidth": "fabric_bandwidth",
    "fabric/health/route_unhealthy": "fabric_route_unhealthy",
    "fabric/health/incorrect_configuration": "fabric_configuration",
}
"""Path inside `<gpu>` to the canonical name."""
XML_MIG = {
    "index": "mig_device",
    "gpu_instance_id": "gi",
    "compute_instance_id": "ci",
    "fb_memory_usage/used": "memory_used_mib",
    "fb_memory_usage/total": "memory_total_mib",
    "ecc_error_count/volatile_count/sram_uncorrectable": "ecc_uncorrected",
}
XML_PROCESS = {
    "gpu_instance_id": "gi",
    "compute_instance_id": "ci",
    "pid": "pid",
    "type": "type",
    "process_name": "process",
    "used_memory": "memory_used_mib",
}

COLUMNS = {
    "index": "gpu_index",
    "uuid": "gpu_uuid",
    "gpu_uuid": "gpu_uuid",
    "name": "name",
    "gpu_name": "name",
    "pci.bus_id": "gpu",
    "gpu_bus_id": "gpu",
    "driver_version": "driver",
    "kmd_version": "driver",
    "pstate": "pstate",
    "persistence_mode": "persistence",
    "compute_mode": "compute_mode",
    "fan.speed": "fan_pct",
    "mig.mode.current": "mig",
    "mig.mode.pending": "mig_pending",
    "ecc.mode.current": "ecc_mode",
    "ecc.mode.pending": "ecc_mode_pending",
    "gpu_recovery_action": "recovery_action",
    "reset_status.reset_required": "reset_required",
    "reset_status.drain_and_reset_recommended": "reset_recommended",
    "pcie.link.gen.current": "pcie_gen",
    "pcie.link.gen.max": "pcie_gen_max",
    "pcie.link.width.current": "pcie_width",
    "pcie.link.width.max": "pcie_width_max",
    "memory.used": "memory_used_mib",
    "memory.total": "memory_total_mib",
    "utilization.gpu": "util",
    "utilization.memory": "memory_util",
    "temperature.gpu": "temp_c",
    "temperature.gpu.tlimit": "temp_margin_c",
    "temperature.memory": "memory_temp_c",
    "power.draw": "power_w",
    "power.draw.average": "power_w",
    "gpu.power.draw.average": "power_w",
    "power.draw.instant": "power_w",
    "gpu.power.draw.instant": "power_w",
    "power.limit": "power_cap_w",
    "gpu.power.requested_limit": "power_cap_w",
    "enforced.power.limit": "power_cap_w",
    "gpu.power.current_limit": "power_cap_w",
    "clocks.current.sm": "sm_clock_mhz",
    "clocks.sm": "sm_clock_mhz",
    "clocks.max.sm": "sm_clock_max_mhz",
    "ecc.errors.uncorrected.aggregate.sram": "ecc_sram_uncorrected_aggregate",
    "ecc.errors.uncorrected.aggregate.dram": "ecc_dram_uncorrected_aggregate",
    "ecc.errors.uncorrected.aggregate.sram.thresholdExceeded": "ecc_threshold_exceeded",
    "retired_pages.single_bit_ecc.count": "retired_single_bit",
    "retired_pages.sbe": "retired_single_bit",
    "retired_pages.double_bit.count": "retired_double_bit",
    "retired_pages.dbe": "retired_double_bit",
    "retired_pages.pending": "retired_pending",
    "remapped_rows.correctable": "remap_correctable",
    "remapped_rows.sbe": "remap_correctable",
    "remapped_rows.uncorrectable": "remap_uncorrectable",
    "remapped_rows.dbe": "remap_uncorrectable",
    "remapped_rows.pending": "remap_pending",
    "remapped_rows.failure": "remap_failure",
    "remapped_rows.histogram.low": "remap_banks_low",
    "remapped_rows.histogram.none": "remap_banks_none",
    "fabric.state": "fabric_state",
    "fabric.status": "fabric_status",
    "fabric.health.summary": "fabric_health",
    "fabric.health.bandwidth": "fabric_bandwidth",
    "fabric.health.route_unhealthy": "fabric_route_unhealthy",
    "fabric.health.incorrect_configuration": "fabric_configuration",
    "retired_pages.address": "address",
    "retired_pages.cause": "cause",
    "pid": "pid",
    "process_name": "process",
    "used_gpu_memory": "memory_used_mib",
    "used_memory": "memory_used_mib",
}
"""CSV column without its unit to the canonical name."""
COLUMN_REASONS = ("clocks_throttle_reasons.", "clocks_event_reasons.")

ECC_SCOPES = {"volatile": "", "aggregate": "_aggregate"}


def ecc_names(parts: list[str]) -> tuple[str, ...]:
    """Fields that a counter adds to: `volatile/dram uncorrectable`, `volatile/double bit/total`.

    By location (SRAM parity, SRAM SEC-DED, DRAM) since Ampere, by kind of error with a total
    before. Over the life of the card the location matters: worn SRAM is not remapped.
    """
    scope, rest = ECC_SCOPES.get(parts[0]), [part.replace("_", " ") for part in parts[1:]]
    if scope is None or not rest:
        return ()
    if rest == ["double bit", "total"]:
        return (f"ecc_uncorrected{scope}",)
    if rest == ["single bit", "total"]:
        return (f"ecc_corrected{scope}",)
    if len(rest) > 1:
        return ()
    where, _, kind = rest[0].partition(" ")
    if kind.startswith("uncorrectable"):
        lasting = (f"ecc_{where}_uncorrected_aggregate",) if scope else ()
        return (f"ecc_uncorrected{scope}", *lasting)
    return (f"ecc_corrected{scope}",) if kind == "correctable" else ()
