"""Runs that are killed at seeded moments and gone on with: what must hold then, over every kind of step.

`python -m tests.faults --seed N --kills N` kills as often as asked and prints what it injected and what survived.
"""
