"""The timeline of a case for other tools: Timesketch, OpenTelemetry, Perfetto, Parquet.

Rows stream from the case in the order of its files, so memory does not grow with their number.
Unknown stays unknown: where a format insists on a time, rows without one are left out and counted.
"""
