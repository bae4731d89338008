"""The version, in a module that imports nothing: the command line answers with it at once."""

from __future__ import annotations

__version__ = "0.1.0"
