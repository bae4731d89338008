"""The terminal UI: one screen a file, no diagnosis of its own. Only here is Textual known."""
