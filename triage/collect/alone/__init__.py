"""Programs that need no more than a Python of the standard library, 3.7 or newer.

They run as files in child processes here, and as text on machines where `triage` is not installed,
so they import nothing of ours.
"""
