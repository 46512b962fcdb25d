"""References to secrets and what they stand for (section 16 of the IR)."""
