"""Findings weighed: what explains what, what ranks first, what was ruled out, what stays open."""
