"""Whether a database can call the columns of a statement what the plan calls them."""

from __future__ import annotations

from connectors.databases.registry import target_database
from engine.pushdown.refusal import NotPushed
from engine.pushdown.rows import Rows


def check_names(rows: Rows) -> None:
    """Look at every name that the statement gives: PostgreSQL cuts a long one without an error.

    Raises:
        NotPushed: one is longer than the database takes, or of letters that it does not.
    """
    database = rows.relation.database
    can_name = target_database(database.dialect).can_name
    for column in rows.relation.columns:
        if not can_name(column.name):
            raise NotPushed(f'no column of {database.dialect} can be called "{column.name}"')
