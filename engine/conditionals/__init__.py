"""Branches of rows and of runs: which rows each has, and what it does with them."""
