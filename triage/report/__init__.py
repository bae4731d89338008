"""The post-mortem draft: what a machine can fill in, sourced; what only people know, asked for.

    report = build(case)                       # triage.report.building: one typed model
    page(report, "html", "srebook")            # triage.report.pages: that model as a page
    check_text("report.md", text)              # triage.report.check: what is still open in it

The model (`triage.report/1`) stands behind all formats; a page adds no fact to it.
"""
