"""Tests of workflows: rows in place of sources, and what came out beside what was expected."""
