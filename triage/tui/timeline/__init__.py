"""The timeline: all events of a case in one list, millions of them, read from the file by page.

`screen` holds it together; `log` paints rows, `density` the span; `prompt` asks, `choose` offers.
"""
