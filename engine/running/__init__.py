"""One run on its way: what it has, what it does in which order, and what stops it."""
