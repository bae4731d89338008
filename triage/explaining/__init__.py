"""`triage explain`: what an id, a number or a name means, and what became of it in a bundle."""
