"""The columns of the rows that a call would give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from connectors.plugins.database_account import in_config
from connectors.plugins.sql.session import READS, SqlSession, operation_of
from ir.types import Schema

if TYPE_CHECKING:
    from connectors.plugins.account import PluginAccount
    from connectors.plugins.plugin import Action


def columns_of_call(action: Action, account: PluginAccount, params: Mapping[str, Any]) -> Schema:
    """What the database says of a query or a table; no row is read.

    Raises:
        ConnectorProblem: what forbids or prevents that.
    """
    from connectors.plugins.session import open_session

    session = open_session(action.plugin, account)
    assert isinstance(session, SqlSession)
    checked = action.checked(params)
    address = session.address_of(checked)
    relation = in_config(lambda: READS[operation_of(action)](address, checked))
    return Schema({each.name: each.type for each in relation.columns})
