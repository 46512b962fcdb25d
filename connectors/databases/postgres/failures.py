"""What PostgreSQL and its drivers say when something goes wrong, in plain words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.databases.address import Address
from connectors.problem import ConnectorProblem
from ir.reasons import RetryReason

_CREDENTIALS = ("credentials_ref",)
_WHAT = ("database_config",)


class Said:
    """What an error of psycopg or ADBC says: its SQLSTATE ("" where none came through), message, detail and hint."""

    def __init__(self, error: BaseException) -> None:
        self.whole = str(error).strip()
        found = _fields(error)
        self.state: str = getattr(error, "sqlstate", None) or found.get("SQLSTATE", "")
        self.message = found.get("MESSAGE_PRIMARY") or _last_words(self.whole)
        self.state = self.state or _state_by_words(self.whole)
        self.hint = found.get("MESSAGE_HINT")
        self.detail = found.get("MESSAGE_DETAIL")


def reason_of(state: str) -> RetryReason | None:
    """The kind of failure that an SQLSTATE is; without one the connection broke."""
    if state in {"57014", "25P03", "57P05"}:
        return "timeout"
    if state in {"40001", "40P01", "55P03", "57P01", "57P02", "57P03"} or state[:2] == "53":
        return "temporary_failure"
    if state[:2] in {"58", "XX"}:
        return "server_error"
    return "network_error" if not state or state[:2] == "08" else None


def _state_by_words(whole: str) -> str:
    """What an error in the middle of the rows is: nothing but its text comes through to Arrow."""
    if "] failed" in whole or "failed: " in whole or "ERROR:" not in whole:
        return ""
    known = {"statement timeout": "57014", "lock timeout": "55P03", "user request": "57014",
             "permission denied": "42501", "read-only transaction": "25006"}  # fmt: skip
    return next((state for words, state in known.items() if words in whole), "22000")


def _fields(error: BaseException) -> Mapping[str, str]:
    details = getattr(error, "details", None)
    if details:
        return {_text(name).removeprefix("PG_DIAG_"): _text(value) for name, value in details}
    diagnosis: Any = getattr(error, "diag", None)
    if diagnosis is None:
        return {}
    names = {"MESSAGE_PRIMARY": "message_primary", "MESSAGE_HINT": "message_hint", "MESSAGE_DETAIL": "message_detail",
             "SQLSTATE": "sqlstate"}  # fmt: skip
    return {key: found for key, name in names.items() if (found := getattr(diagnosis, name, None))}


def _text(found: bytes | str) -> str:
    return found.decode(errors="replace") if isinstance(found, bytes) else found


def _last_words(whole: str) -> str:
    """The server's or libpq's own words: what stands behind the last FATAL or ERROR, else the last line."""
    found = re.findall(r"(?:FATAL|ERROR|PANIC):\s*([^\n]+)", whole)
    lines = [line.strip() for line in whole.splitlines() if line.strip()]
    return found[-1].strip() if found else (lines[0] if lines else "no reason was given")


def problem_of(error: BaseException, address: Address) -> ConnectorProblem:
    """The error as a problem of a source."""
    said = Said(error)
    return _of_connecting(said, address) or _of_statement(said, address)


def _of_connecting(said: Said, address: Address) -> ConnectorProblem | None:
    where = address.shown
    text = said.whole.lower()
    if "no pg_hba.conf entry" in text or "ssl connection is required" in text or "requires ssl" in text:
        needs = "ssl off" in text or "no encryption" in text or "required" in text or "requires ssl" in text
        return ConnectorProblem(
            "IR561", f"{where} lets this user in only {'over TLS' if needs else 'from other places'}",
            key=_CREDENTIALS, notes=[f"the server says: {said.message}"],
            hint="add sslmode=require to the credential" if needs else "the server's pg_hba.conf says who may come in",
        )  # fmt: skip
    if "does not support ssl" in text:
        return ConnectorProblem("IR560", f"{where} speaks no TLS, which the credential asks for", key=_CREDENTIALS,
                                hint="sslmode=prefer or disable in the credential does without")  # fmt: skip
    if "certificate" in text and not said.state:
        return ConnectorProblem("IR560", f"the certificate of {where} is not trusted", key=_CREDENTIALS,
                                notes=[said.message], hint="sslrootcert in the credential names the authority's file",
                                )  # fmt: skip
    if not said.state and (found := _OPTION.search(said.whole)):
        return ConnectorProblem("IR591", f"the credential has an option that PostgreSQL does not know: {found[0]}",
                                key=_CREDENTIALS, hint="the options are those of libpq, such as sslmode=require",
                                )  # fmt: skip
    if said.state in {"28P01", "28000"} or "password authentication failed" in text or "no password supplied" in text:
        return ConnectorProblem("IR561", f"{where} refuses the user or the password", key=_CREDENTIALS,
                                notes=[f"the server says: {said.message}"],
                                hint="weirflow connections test tries a credential")  # fmt: skip
    if said.state == "3D000" or re.search(r'database ".*" does not exist', said.message):
        return ConnectorProblem("IR562", f"there is no database {address.shown}", key=_CREDENTIALS,
                                hint="the credential's URL ends with the database's name")  # fmt: skip
    if said.state == "53300":
        return ConnectorProblem("IR560", f"{where} has no connection left", key=_CREDENTIALS,
                                notes=[f"the server says: {said.message}"], hint="try again later",
                                reason="temporary_failure")  # fmt: skip
    if said.state:
        return None
    for words, what, hint, reason in _UNREACHED:
        if any(each in text for each in words):
            return ConnectorProblem("IR560", f"{where} cannot be reached: {what}", key=_CREDENTIALS, hint=hint,
                                    reason=reason)  # fmt: skip
    if "connection to server" in text and "failed" in text:
        return ConnectorProblem("IR560", f"{where} cannot be reached", key=_CREDENTIALS, notes=[said.message],
                                reason=reason_of(said.state))  # fmt: skip
    return None


_OPTION = re.compile(r'invalid (?:URI query parameter|connection option|\w+ value|integer value) ?:? ?"[^"]*"'
                     r'(?: for connection option "[^"]*")?')  # fmt: skip
_UNREACHED: tuple[tuple[tuple[str, ...], str, str, RetryReason | None], ...] = (
    (("could not translate host name", "name or service not known", "temporary failure in name resolution",
      "nodename nor servname", "failed to resolve host", "no address associated"),
     "its host is not known", "check the host of the credential", "network_error"),
    (("invalid response to ssl negotiation", "unsupported frontend protocol"),
     "another program than PostgreSQL answers at its port", "check host and port", None),
    (("connection refused",), "nothing answers at its port", "check host and port, and that the server runs",
     "network_error"),
    (("timeout expired", "timed out"), "no answer came in time", "check host, port and the firewalls in between",
     "timeout"),
    (("network is unreachable", "no route to host"), "no way leads there", "check the network, or a VPN",
     "network_error"),
)  # fmt: skip


def _of_statement(said: Said, address: Address) -> ConnectorProblem:
    where = address.shown
    if said.state in {"57014", "55P03", "25P03", "57P05"}:
        if "lock" in said.message:
            return ConnectorProblem(
                "IR567", f"{where} waited too long for a lock that others hold", key=_WHAT,
                hint="try again later; lock_timeout in the credential's options waits longer, in milliseconds",
                reason="temporary_failure",
            )  # fmt: skip
        if "user request" in said.message:
            return ConnectorProblem("IR568", f"the statement was cancelled on {where}", key=_WHAT)
        return ConnectorProblem(
            "IR567", f"the statement took longer than {where} lets it", key=_WHAT,
            hint="read less at once; statement_timeout in the credential's options allows more, in milliseconds",
            reason="timeout",
        )  # fmt: skip
    if said.state == "42501":
        return ConnectorProblem("IR566", f"the user of the credential may not read there: {said.message}", key=_WHAT,
                                hint="grant select on it to that user")  # fmt: skip
    if said.state == "25006":
        return ConnectorProblem("IR564", f"reading it would change something: {said.message}", key=(*_WHAT, "query"),
                                hint="a workflow only reads there")  # fmt: skip
    if said.state and said.state[:2] not in {"08", "57", "53", "58", "XX", "40"}:
        return ConnectorProblem("IR565", f"PostgreSQL refuses the statement: {said.message}", key=_WHAT,
                                hint=_lower(said.hint), notes=[said.detail] if said.detail else [])  # fmt: skip
    return ConnectorProblem("IR568", f"the connection to {where} ended before all rows were read", key=_WHAT,
                            notes=[said.message], hint="run it again", reason=reason_of(said.state))  # fmt: skip


def _lower(hint: str | None) -> str | None:
    return None if not hint else (hint[0].lower() + hint[1:]).rstrip(".")
