"""Samples of the traceback parser."""

from triage.events import Sample

SAMPLES: tuple[Sample, ...] = ()
