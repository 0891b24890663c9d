"""Rows to pass over: where they come from, and what one look at them shows."""
