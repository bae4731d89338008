"""Tables of facts: what Xids, SXids, exit codes, signals, reasons and exceptions mean.

The data are TOML files in `triage_playbooks/tables/`, each row with its sources. What a parser
needs to read a line (NVLink 5 words, `NV_STATUS` numbers) stays with the parsers.
"""
