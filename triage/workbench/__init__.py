"""For people who write signatures: a lint, and a runner for the examples inside the files."""
