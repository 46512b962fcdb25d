"""What MySQL and MariaDB and their drivers say when something goes wrong, in plain words."""

from __future__ import annotations

import re

from connectors.databases.address import Address
from connectors.problem import ConnectorProblem
from ir.reasons import RetryReason

_CREDENTIALS = ("credentials_ref",)
_WHAT = ("database_config",)
_NAMED = "the credential's URL ends with the database's name"
_ENDING = frozenset({1053, 1077})
"""The server is about to end."""
_LOST = frozenset({1053, 1077, 1152, 1159, 1161, 1927, 2006, 2013, 2055})
_UNREACHED: tuple[tuple[tuple[str, ...], str, str, RetryReason], ...] = (
    (("name or service not known", "name resolution", "nodename nor servname", "no address associated"),
     "its host is not known", "check the host of the credential", "network_error"),
    (("refused",), "nothing answers at its port", "check host and port, and that the server runs", "network_error"),
    (("timed out",), "no answer came in time", "check host, port and the firewalls in between", "timeout"),
    (("unreachable", "no route to host"), "no way leads there", "check the network, or a VPN", "network_error"),
)  # fmt: skip


def problem_of(error: BaseException, address: Address) -> ConnectorProblem:
    """The error as a problem of a source; no driver quotes a password."""
    number, said = _taken_apart(error)
    return _of_connecting(number, said, address) or _of_statement(number, said, address)


def _of_connecting(number: int | None, said: str, address: Address) -> ConnectorProblem | None:
    where = address.shown
    if number in {1045, 1698, 3118, 4151}:
        return ConnectorProblem("IR561", f"{where} refuses the user or the password", key=_CREDENTIALS,
                                notes=[f"the server says: {said}"], hint="weirflow connections test tries a credential",
                                )  # fmt: skip
    if number == 3159:
        return ConnectorProblem("IR561", f"{where} lets this user in only over TLS", key=_CREDENTIALS,
                                hint="add ssl_mode=required to the credential")  # fmt: skip
    if number in {1044, 1049}:
        return ConnectorProblem("IR562", f"there is no database {where}, or this user may not see it",
                                key=_CREDENTIALS, hint=_NAMED)  # fmt: skip
    if number == 1046:
        return ConnectorProblem("IR562", "the credential names no database", key=_CREDENTIALS, hint=_NAMED)
    if number in {1040, 1203, 1226}:
        return ConnectorProblem("IR560", f"{where} has no connection left", key=_CREDENTIALS,
                                notes=[f"the server says: {said}"], hint="try again later",
                                reason="temporary_failure")  # fmt: skip
    if "certificate" in said.lower():
        return ConnectorProblem("IR560", f"the certificate of {where} is not trusted", key=_CREDENTIALS, notes=[said],
                                hint="ssl_ca in the credential names the authority's file")  # fmt: skip
    if number in {2002, 2003, 2005}:
        text = said.lower()
        for words, what, hint, reason in _UNREACHED:
            if any(each in text for each in words):
                return ConnectorProblem("IR560", f"{where} cannot be reached: {what}", key=_CREDENTIALS, hint=hint,
                                        reason=reason)  # fmt: skip
        return ConnectorProblem("IR560", f"{where} cannot be reached", key=_CREDENTIALS, notes=[said],
                                reason="network_error")  # fmt: skip
    if number == 2026:
        return ConnectorProblem("IR560", f"{where} speaks no TLS, which the credential asks for", key=_CREDENTIALS,
                                notes=[said], hint="ssl_mode=preferred or disabled in the credential does without",
                                )  # fmt: skip
    return None


def _of_statement(number: int | None, said: str, address: Address) -> ConnectorProblem:
    where = address.shown
    if number in {1142, 1143, 1227, 1370}:
        return ConnectorProblem("IR566", f"the user of the credential may not read there: {said}", key=_WHAT,
                                hint="grant select on it to that user")  # fmt: skip
    if number in {1969, 3024}:
        return ConnectorProblem("IR567", f"the statement took longer than {where} lets it", key=_WHAT,
                                hint="read less at once", reason="timeout")  # fmt: skip
    if number in {1205, 1213}:
        return ConnectorProblem("IR567", f"{where} waited too long for a lock that others hold", key=_WHAT,
                                hint="try again later", reason="temporary_failure")  # fmt: skip
    if number == 1317:
        return ConnectorProblem("IR568", f"the statement was cancelled on {where}", key=_WHAT)
    if number is not None and number not in _LOST:
        return ConnectorProblem("IR565", f"the server refuses the statement: {said}", key=_WHAT)
    return ConnectorProblem("IR568", f"the connection to {where} ended before all rows were read", key=_WHAT,
                            notes=[said], hint="run it again",
                            reason="temporary_failure" if number in _ENDING else "network_error")  # fmt: skip


def _taken_apart(error: BaseException) -> tuple[int | None, str]:
    """The server's number of an error, if it has one, and its text."""
    if len(error.args) > 1 and isinstance(error.args[0], int):
        return error.args[0], str(error.args[1])
    text = str(error)
    found = re.search(r"ERROR (\d+) \(\w+\): (.*?)(?: \}|$)", text, re.DOTALL)
    if found:
        return int(found[1]), found[2]
    return None, re.sub(r"\s+", " ", text)[:200]
