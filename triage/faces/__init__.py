"""Faces show an answer and hold no logic: what one shows, all can show."""
