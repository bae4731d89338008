"""One source in, its events out: gate, parsers, records."""
