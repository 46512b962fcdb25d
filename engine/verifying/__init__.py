"""Verifying a run: its files made once more, and compared by their hashes."""
