"""Why something is not pushed into a database."""

from __future__ import annotations


class NotPushed(Exception):
    """The database would not do it as docs/semantics.md says; the message says what, for the plan."""
