"""One command a module: its options, and the call that runs it. Modules here hold no logic.

Each has `add(commands)`, which is cheap (`triage --help` calls them all), and a function that
imports what it needs when it runs and returns the exit status.
"""
