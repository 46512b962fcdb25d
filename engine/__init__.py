"""Compiling a workflow into a plan, and running it."""
