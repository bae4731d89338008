"""The rules engine: signatures are data; this room loads, gates, matches and grades them."""
