"""The rules engine: signatures are data, and this room loads, checks, gates, matches, grades them."""
