"""What a MongoDB server says of itself and of whom it let in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.databases.address import Address
from connectors.databases.database import Server
from connectors.databases.mongodb.client import database_of

_ACTIONS = {"read": "find", "write": "insert", "create": "createCollection"}
_ALL = frozenset(_ACTIONS)
_ROLES: dict[str, frozenset[str]] = {
    "read": frozenset({"read"}),
    "readAnyDatabase": frozenset({"read"}),
    **dict.fromkeys(("readWrite", "readWriteAnyDatabase", "dbOwner", "root"), _ALL),
}
"""What the server's own roles allow."""


def server(address: Address) -> Server:
    """What answers there, and what its user may do in the database.

    Raises:
        ConnectorProblem: IR580.
    """
    with database_of(address, key=("credentials_ref",)) as database:
        version = str(database.command("buildInfo")["version"])
        told = database.command("connectionStatus", showPrivileges=True)["authInfo"]
    users = [str(each["user"]) for each in told.get("authenticatedUsers", ())]
    return Server(product="MongoDB", version=version, user=users[0] if users else None, database=address.database,
                  abilities=_abilities(told, address.database) if users else dict.fromkeys(_ACTIONS, True),
                  )  # fmt: skip


def _abilities(told: Mapping[str, Any], database: str) -> dict[str, bool]:
    """What the user's privileges allow in the database; by the roles where the server tells of no privileges.

    A server that asks nobody who they are lets everybody do everything.
    """
    actions = {
        action for each in told.get("authenticatedUserPrivileges", ())
        if each["resource"].get("db") in {"", database} or each["resource"].get("anyResource")
        for action in each["actions"]
    }  # fmt: skip
    if actions:
        return {word: action in actions for word, action in _ACTIONS.items()}
    roles = [each["role"] for each in told.get("authenticatedUserRoles", ()) if each["db"] in {database, "admin"}]
    allowed = frozenset[str]().union(*(_ROLES.get(each, frozenset()) for each in roles))
    return {word: word in allowed for word in _ACTIONS} if allowed else {}
