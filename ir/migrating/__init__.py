"""Workflows of the original written in this language's own words, with an account of every element."""

from __future__ import annotations

from ir.migrating.account import Element, Migration
from ir.migrating.migration import migrated
from ir.migrating.reading import read

__all__ = ["Element", "Migration", "migrated", "read"]
