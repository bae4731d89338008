"""NVLink 5: sub-unit, severity, link, and what the first two words mean by NVIDIA's table.

Every unit of the table is read in one of the two layouts (up to driver 570, and from 575). A line
whose words do not fit its unit's number keeps what it says and is not decoded.
"""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want, read


def link5(row: str, xid: int, said: str, /, **fields: Value) -> Form:
    """A report on a GB200; its body alone is no report."""
    return Form(
        row=row,
        text=f"NVRM: Xid (PCI:0008:01:00): {xid}, {said}\n",
        wants=(Want("gpu.xid", {"xid": xid, "gpu": "0008:01:00", **fields}, (1, 1)),),
        near_miss=f"nvlsm: {said}\n",
        parser="xid",
        unclaimed=0,
    )


REST = "0x00000000 0x00000000 0x00000000 0x00000000"
FORMS = (
    link5(
        "SAW, layout 1",
        144,
        f"SAW_MVB Fatal XC0 i0 Link 02 (0x00000021 0x00000002 {REST})",
        sub="SAW_MVB",
        fatality="fatal",
        link=2,
        sub_code="144.SAW_MVB",
        layout="v1",
        intr_info="0x00000021",
        error_status="0x00000002",
        catalog_action="RESET_GPU",
        catalog_next="CONTACT_SUPPORT",
        cause_class="HW",
    ),
    link5(
        "RLW control, layout 2",
        145,
        f"RLW_CTRL Nonfatal XC0 i1 Link 01 (0x00000003 0x80000000 {REST})",
        injected=True,
        layout="v2",
        sub_code="145.RLW_CTRL",
        catalog_action="IGNORE",
        cause_class="SW",
    ),
    link5(
        "RLW remap, cut by the poster",
        145,
        "RLW_REMAP Nonfatal XC0 i0 Link 04",
        sub="RLW_REMAP",
        fatality="nonfatal",
        link=4,
        cross_contained=False,
        sub_code=None,
    ),
    link5(
        "RLW remap, parity",
        145,
        f"RLW_REMAP Fatal XC1 i0 Link 05 (0x04080082 0x00000040 {REST})",
        cross_contained=True,
        catalog_action="RESET_GPU",
        cause_class="HW",
    ),
    link5(
        "RLW responses",
        145,
        f"RLW_RSPCOL Fatal XC0 i0 Link 06 (0x000000a2 0x00000002 {REST})",
        sub_code="145.RLW_RSPCOL",
        catalog_action="RESET_GPU",
    ),
    link5(
        "RLW receive pipe, late packet",
        145,
        "RLW_RXPIPE Nonfatal XC0 i0 Link 12 (0x0409b0c2 0x00000008 0x00000001 0x00000000 "
        "0x00100000 0x00000004)",
        sub_code="145.RLW_RXPIPE",
        layout="v1",
        link=12,
        catalog_action="IGNORE",
        cause_class="HW/SW",
    ),
    link5(
        "RLW receive pipe, promoted to fatal",
        145,
        f"RLW_RXPIPE Fatal XC0 i0 Link 12 (0x000004c2 0x00000002 {REST})",
        catalog_action="RESET_GPU",
        catalog_next="CONTACT_SUPPORT",
    ),
    link5(
        "RLW source tracker, packet lost",
        145,
        f"RLW_SRC_TRACK Nonfatal XC1 i0 Link 04 (0x040868e2 0x00000008 {REST})",
        sub_code="145.RLW_SRC_TRACK",
        cross_contained=True,
        catalog_action="XID_154_EVAL",
    ),
    link5(
        "RLW source tracker, layout 2",
        145,
        f"RLW_SRC_TRACK Nonfatal XC1 i0 Link 11 (0x04082907 0x00000008 {REST})",
        layout="v2",
        catalog_action="XID_154_EVAL",
    ),
    link5(
        "RLW tag state",
        145,
        f"RLW_TAGSTATE Fatal XC0 i0 Link 03 (0x00000102 0x00020000 {REST})",
        sub_code="145.RLW_TAGSTATE",
        catalog_action="RESET_GPU",
    ),
    link5(
        "TLW control",
        146,
        f"TLW_CTRL Nonfatal XC0 i0 Link 00 (0x00000123 0x00000002 {REST})",
        sub_code="146.TLW_CTRL",
        link=0,
        catalog_action="IGNORE",
        catalog_next="CONTACT_SUPPORT",
    ),
    link5(
        "TLW receive, layout 1",
        146,
        f"TLW_RX Fatal XC0 i0 Link 07 (0x00000143 0x00000004 {REST})",
        sub_code="146.TLW_RX",
        catalog_action="RESET_GPU",
    ),
    link5(
        "TLW receive pipe 1, layout 2",
        146,
        f"TLW_RX_PIPE1 Fatal XC0 i0 Link 07 (0x0000000b 0x00000004 {REST})",
        sub_code="146.TLW_RX_PIPE1",
        layout="v2",
    ),
    link5(
        "TLW send pipe 0, layout 2",
        146,
        f"TLW_TX_PIPE0 Nonfatal XC0 i0 Link 08 (0x0000000c 0x00000001 {REST})",
        sub_code="146.TLW_TX_PIPE0",
        catalog_action="IGNORE",
        catalog_next="IGNORE",
    ),
    link5(
        "TLW send pipe 1, layout 2",
        146,
        f"TLW_TX_PIPE1 Nonfatal XC0 i0 Link 08 (0x0000000d 0x80000000 {REST})",
        sub_code="146.TLW_TX_PIPE1",
        cause_class="SW",
    ),
    link5(
        "TREX",
        147,
        f"TREX Nonfatal XC0 i0 Link 09 (0x00000184 0x00000001 {REST})",
        sub_code="147.TREX",
        catalog_action="IGNORE",
    ),
    link5(
        "low power control",
        148,
        f"NVLPW_CTRL Nonfatal XC0 i0 Link 10 (0x00000005 0x80000000 {REST})",
        sub_code="148.NVLPW_CTRL",
    ),
    link5(
        "NETIR without a link",
        149,
        f"NETIR Fatal XC0 i0 Link -1 (0x000fd406 0x00000000 {REST})",
        link=-1,
        sub_code="149.NETIR",
        catalog_action="RESET_GPU",
        catalog_next="SYMPATHETIC_REPORT_SOLO",
    ),
    link5(
        "link down, peer disabled",
        149,
        f"NETIR_LINK_EVT  Fatal   XC0 i0 Link 01 (0x021415c6 0x00000000 {REST})",
        sub="NETIR_LINK_EVT",
        link=1,
        link_reason=33,
        link_reason_text="peer side: disabled",
        catalog_next="INVESTIGATE_PEER_DEVICE",
    ),
    link5(
        "link down, peer reset",
        149,
        f"NETIR_LINK_EVT  Fatal   XC0 i0 Link 09 (0x025525c6 0x00000000 {REST})",
        link_reason=37,
        link_reason_text="peer side: reset",
    ),
    link5(
        "link down, bit errors, layout 2",
        149,
        f"NETIR_LINK_DOWN Fatal XC0 i0 Link 14 (0x00200011 0x00000000 {REST})",
        sub_code="149.NETIR_LINK_DOWN",
        layout="v2",
        link_reason=2,
        link_reason_text="high bit error rate",
        catalog_next="INVESTIGATE_LINK_SI",
    ),
    link5(
        "link down for an unnamed reason",
        149,
        f"NETIR_LINK_EVT Fatal XC0 i0 Link 15 (0x02a001c6 0x00000000 {REST})",
        link_reason=42,
        link_reason_text=None,
        catalog_next="INVESTIGATE_LINK_SI_AND_CABLES",
    ),
    link5(
        "bit error rate",
        149,
        f"NETIR_BER_EVENT Nonfatal XC0 i0 Link 02 (0x00083226 0x00000001 {REST})",
        sub_code="149.NETIR_BER_EVENT",
        catalog_action="IGNORE",
        catalog_next="INVESTIGATE_LINK_SI_AND_CABLES",
    ),
    link5(
        "firmware event",
        149,
        f"NETIR_MFDE_EVENT Fatal XC0 i0 Link 02 (0x00000246 0x00000005 {REST})",
        sub_code="149.NETIR_MFDE_EVENT",
        catalog_action="RESET_GPU",
        cause_class="HW/SW",
    ),
    link5(
        "watchdog of the management engine",
        150,
        f"MSE_WATCHDOG Fatal XC0 i0 Link -1 (0x00000000 0x00000000 {REST})",
        sub_code="150.MSE_WATCHDOG",
        catalog_action="RESET_GPU",
        cause_class="FW",
    ),
    link5(
        "with pid and name",
        145,
        f"pid=21436, name=cache_mgr_main, RLW_SRC_TRACK Nonfatal XC1 i0 Link 03 (0x040868e2 "
        f"0x00000004 {REST})",
        pid=21436,
        process="cache_mgr_main",
        catalog_action="XID_154_EVAL",
    ),
    link5(
        "words of another unit",
        149,
        f"NETIR_LINK_EVT Fatal XC0 i0 Link 08 (0x0045069b 0x00000000 {REST})",
        sub="NETIR_LINK_EVT",
        link=8,
        sub_code=None,
        link_reason=None,
    ),
    link5(
        "a unit that the table does not know",
        147,
        f"TREX_NEW Fatal XC0 i0 Link 08 (0x00000184 0x00000001 {REST})",
        sub="TREX_NEW",
        fatality="fatal",
        sub_code=None,
    ),
    link5(
        "a status that the table does not know",
        144,
        f"SAW_MVB Fatal XC0 i0 Link 02 (0x00000021 0x00000400 {REST})",
        sub_code="144.SAW_MVB",
        catalog_action=None,
    ),
    link5(
        "recovery to drain and reset",
        154,
        "GPU recovery action changed from 0x0 (None) to 0x4 (Drain and Reset)",
        recovery_action="Drain and Reset",
    ),
    link5(
        "recovery from drain to reset",
        154,
        "GPU recovery action changed from 0x4 (Drain and Reset) to 0x1 (GPU Reset Required)",
        recovery_from="Drain and Reset",
        recovery_action="GPU Reset Required",
    ),
    link5(
        "no pid since 570",
        13,
        "Graphics SM Warp Exception on (GPC 3, TPC 2, SM 1): Out Of Range Address",
        gpc=3,
        sm=1,
        pid=None,
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def test_the_number_144_of_the_550_branch_is_no_link_error() -> None:
    events, _ = read("NVRM: Xid (PCI:0000:0b:00): 144, CC key rotation failed\n")

    assert [event.kind for event in events] == ["gpu.xid"]
    assert "sub_code" not in events[0].fields
    assert events[0].fields["detail"] == "CC key rotation failed"
