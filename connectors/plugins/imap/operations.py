"""What is done in a mailbox, each call in the thread that asks for it."""

from __future__ import annotations

import imaplib
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from connectors.plugins.files import FileStore
from connectors.plugins.imap.account import Mailbox
from connectors.plugins.imap.connecting import Client, connected
from connectors.plugins.imap.mails import mail_row, written
from connectors.plugins.imap.searching import criteria, folder_name, shown_name
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from ir.records import dataclass

_AT_ONCE = 20
_PAGE_BYTES = 16 * 1024**2
"""Mails are read so many at a time, and fewer where they are large."""
_ID = re.compile(r"(\d+)-(\d+)")
_LISTED = re.compile(rb'\((?P<flags>[^)]*)\) (?:"(?P<delimiter>[^"]*)"|NIL) (?P<name>.*)')
_FLAGS = {"read": "\\Seen", "flagged": "\\Flagged", "answered": "\\Answered"}
Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """The operations of one mailbox. Each raises a ConnectorProblem and nothing else."""

    mailbox: Mailbox
    policy: Policy
    files: FileStore | None

    def folders(self, params: Params) -> list[dict[str, Any]]:
        """The folders, by their names."""
        with connected(self.mailbox, self.policy) as client:
            found = _taken(client.list())
        rows = [_folder(each) for each in found if isinstance(each, bytes)]
        return sorted((each for each in rows if each is not None), key=lambda each: str(each["name"]))

    def pages(self, params: Params) -> Iterator[list[dict[str, Any]]]:
        """The mails of a search, the newest first."""
        with connected(self.mailbox, self.policy) as client:
            validity = _opened(client, params["folder"], is_read_only=True)
            found = _taken(client.uid("SEARCH", "CHARSET", "UTF-8", *_sent(criteria(params))))
            numbers = sorted((int(each) for each in (found[0] or b"").split()), reverse=True)
            if params.get("after_uid") is not None:  # n:* is the last mail where none is newer
                numbers = [each for each in numbers if each > int(params["after_uid"])]
            if params.get("max_results") is not None:
                numbers = numbers[: params["max_results"]]
            for each in _bundles(client, numbers):
                yield self._read(client, each, validity, params)

    def get(self, params: Params) -> dict[str, Any]:
        """One mail."""
        validity, number = _numbers(params["id"])
        with connected(self.mailbox, self.policy) as client:
            _same(_opened(client, params["folder"], is_read_only=True), validity, params["id"])
            found = self._read(client, [number], validity, params)
        if not found:
            raise _gone(params)
        return found[0]

    def mark(self, params: Params) -> dict[str, Any]:
        """Marks a mail as read, flagged or answered, or takes the mark away."""
        validity, number = _numbers(params["id"])
        with connected(self.mailbox, self.policy) as client:
            _same(_opened(client, params["folder"]), validity, params["id"])
            _there(client, number, params)
            for name, flag in _FLAGS.items():
                if params.get(name) is not None:
                    _taken(client.uid("STORE", str(number), "+FLAGS" if params[name] else "-FLAGS", f"({flag})"))
        return {"id": params["id"], "folder": params["folder"]}

    def move(self, params: Params) -> dict[str, Any]:
        """Moves a mail to another folder, which gives it another id."""
        validity, number = _numbers(params["id"])
        with connected(self.mailbox, self.policy) as client:
            _same(_opened(client, params["folder"]), validity, params["id"])
            _there(client, number, params)
            target = folder_name(params["to_folder"], "to_folder")
            if params.get("create_folder"):
                client.create(target)  # one that is there already is fine
            if "MOVE" in client.capabilities:
                _taken(client.uid("MOVE", str(number), target))
            else:
                _taken(client.uid("COPY", str(number), target))
                _remove(client, number)
        return {"folder": params["to_folder"]}

    def delete(self, params: Params) -> dict[str, Any]:
        """Deletes a mail for good; one that is not there is no error."""
        validity, number = _numbers(params["id"])
        with connected(self.mailbox, self.policy) as client:
            _same(_opened(client, params["folder"]), validity, params["id"])
            _remove(client, number)
        return {"id": params["id"]}

    def _read(self, client: Client, numbers: list[int], validity: int, params: Params) -> list[dict[str, Any]]:
        found = _taken(client.uid("FETCH", ",".join(map(str, numbers)), "(UID FLAGS INTERNALDATE BODY.PEEK[])"))
        files = self.files if params.get("include_attachments", True) else None
        rows: dict[int, dict[str, Any]] = {}
        for about, content in _literals(found):
            number = int((re.search(rb"UID (\d+)", about) or [b"", b"0"])[1])
            flags = [flag.decode("ascii", "replace") for flag in imaplib.ParseFlags(about)]
            rows[number] = mail_row(content, id=f"{validity}-{number}", folder=params["folder"], flags=flags,
                                    received=_received(about), files=files)  # fmt: skip
        return [rows[each] for each in numbers if each in rows]


def _opened(client: Client, folder: str, *, is_read_only: bool = False) -> int:
    """Open a folder; what its mails' numbers are valid for."""
    status, found = client.select(folder_name(folder), readonly=is_read_only)
    if status != "OK":
        raise ConnectorProblem("IR691", f'there is no folder "{folder}": {_first(found)}', key=("config", "folder"),
                               hint="list_folders names them")  # fmt: skip
    _, validity = client.response("UIDVALIDITY")
    return int(validity[0]) if validity and validity[0] else 0


def _bundles(client: Client, numbers: list[int]) -> Iterator[list[int]]:
    """The mails in bundles that are no more than what is read at once."""
    for start in range(0, len(numbers), 500):
        some = numbers[start : start + 500]
        sizes = _sizes(client, some)
        bundle: list[int] = []
        taken = 0
        for each in some:
            if bundle and (len(bundle) == _AT_ONCE or taken + sizes.get(each, 0) > _PAGE_BYTES):
                yield bundle
                bundle, taken = [], 0
            bundle.append(each)
            taken += sizes.get(each, 0)
        if bundle:
            yield bundle


def _sizes(client: Client, numbers: list[int]) -> dict[int, int]:
    told = _taken(client.uid("FETCH", ",".join(map(str, numbers)), "(UID RFC822.SIZE)"))
    sizes = {}
    for each in told:
        line = each if isinstance(each, bytes) else b""
        uid, size = re.search(rb"UID (\d+)", line), re.search(rb"RFC822.SIZE (\d+)", line)
        if uid and size:
            sizes[int(uid[1])] = int(size[1])
    return sizes


def _literals(found: list[Any]) -> Iterator[tuple[bytes, bytes]]:
    """What stands around each literal of an answer, and the literal; what is asked for besides may stand behind it."""
    for number, each in enumerate(found):
        if isinstance(each, tuple):
            behind = found[number + 1] if number + 1 < len(found) else b""
            yield each[0] + (behind if isinstance(behind, bytes) else b""), each[1]


def _sent(words: list[str]) -> list[Any]:
    return [each.encode() if not each.isascii() else each for each in words]


def _there(client: Client, number: int, params: Params) -> None:
    found = _taken(client.uid("FETCH", str(number), "(UID)"))
    if not any(each for each in found):
        raise _gone(params)


def _remove(client: Client, number: int) -> None:
    _taken(client.uid("STORE", str(number), "+FLAGS", "(\\Deleted)"))
    if "UIDPLUS" in client.capabilities:
        _taken(client.uid("EXPUNGE", str(number)))
    else:
        client.expunge()


def _taken(answer: tuple[str, list[Any]]) -> list[Any]:
    """What the server answers.

    Raises:
        ConnectorProblem: IR691 where it refuses.
    """
    status, found = answer
    if status != "OK":
        raise ConnectorProblem("IR691", f"the mail server refuses it: {_first(found)}")
    return found


def _first(found: list[Any]) -> str:
    first = found[0] if found else b""
    return first.decode("utf-8", "replace")[:200] if isinstance(first, bytes) else ""


def _numbers(id: str) -> tuple[int, int]:
    found = _ID.fullmatch(id)
    if found is None:
        raise ConnectorProblem("IR693", f'"{id}" is no id of a mail', key=("config", "id"),
                               hint="search_emails gives ids, such as 1700000000-17")  # fmt: skip
    return int(found[1]), int(found[2])


def _same(now: int, then: int, id: str) -> None:
    if now != then:
        raise ConnectorProblem("IR691", f"the server counts its mails anew, so that the id {id} is another's by now",
                               key=("config", "id"), hint="search again")  # fmt: skip


def _gone(params: Params) -> ConnectorProblem:
    return ConnectorProblem("IR691", f'there is no mail {params["id"]} in "{params["folder"]}" any more',
                            key=("config", "id"))  # fmt: skip


def _received(about: bytes) -> str | None:
    found = re.search(rb'INTERNALDATE "([^"]+)"', about)
    if found is None:
        return None
    try:
        return written(datetime.strptime(found[1].decode("ascii", "replace").strip(), "%d-%b-%Y %H:%M:%S %z"))
    except ValueError:
        return None


def _folder(line: bytes) -> dict[str, Any] | None:
    found = _LISTED.match(line)
    if found is None:
        return None
    name = found["name"].strip()
    if name.startswith(b'"'):
        name = re.sub(rb"\\(.)", rb"\1", name[1:-1])
    delimiter = (found["delimiter"] or b"").replace(b"\\\\", b"\\").decode()
    return {"name": shown_name(name), "delimiter": delimiter or None,
            "flags": found["flags"].decode("ascii", "replace").split()}  # fmt: skip
