"""A drive of Google's, in memory; see drive.py for the one that the stores of files are tested with."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.servers.google_refusal import Refusal, not_found

if TYPE_CHECKING:
    from tests.servers.google import Asked

FOLDER = "application/vnd.google-apps.folder"
ROOT = "0ARootOfTheDrivePVA"
_TEXT = r"'((?:[^'\\]|\\.)*)'"
_CLAUSES: tuple[tuple[re.Pattern[str], Callable[[dict[str, Any], re.Match[str]], bool]], ...] = (
    (re.compile(rf"{_TEXT} in parents"), lambda file, found: _parent(found[1]) in file["parents"]),
    (re.compile(rf"name = {_TEXT}"), lambda file, found: file["name"].lower() == _unquoted(found[1]).lower()),
    (re.compile(rf"name contains {_TEXT}"), lambda file, found: _unquoted(found[1]).lower() in file["name"].lower()),
    (re.compile(rf"fullText contains {_TEXT}"), lambda file, found: _unquoted(found[1]).encode() in file["content"]),
    (re.compile(rf"mimeType = {_TEXT}"), lambda file, found: file["mimeType"] == found[1]),
    (re.compile(rf"mimeType != {_TEXT}"), lambda file, found: file["mimeType"] != found[1]),
    (re.compile(r"trashed = (true|false)"), lambda file, found: file["trashed"] is (found[1] == "true")),
)  # fmt: skip


class GoogleDrive:
    """`files` {id: entry}, whose content stands beside the facts."""

    def __init__(self) -> None:
        self.files: dict[str, dict[str, Any]] = {}
        self.sessions: dict[str, tuple[dict[str, Any], str, str | None]] = {}
        self.page_size = 1000
        self._numbers = itertools.count(1)
        self.does: dict[str, Callable[[Asked], Any]] = {
            "drive.files.list": self._list,
            "drive.files.create": lambda asked: self._created(asked.body, asked.media),
            "drive.files.get": lambda asked: self._shown(self._entry(asked.path["fileId"]), asked),
            "drive.files.update": self._update,
            "drive.files.copy": self._copy,
            "drive.files.delete": self._delete,
            "drive.files.export": self._export,
            "drive.permissions.create": self._permit,
            "drive.permissions.delete": self._forbid,
            "drive.permissions.list": lambda asked: {"permissions": self._entry(asked.path["fileId"])["permissions"]},
        }

    def add(self, name: str, content: bytes = b"", *, parent: str = ROOT, mime: str = "text/plain") -> str:
        """A file or folder that is there already; its id."""
        return str(self._created({"name": name, "parents": [parent], "mimeType": mime}, (mime, content))["id"])

    def folder(self, name: str, *, parent: str = ROOT) -> str:
        """A folder that is there already; its id."""
        return self.add(name, parent=parent, mime=FOLDER)

    def inside(self, parent: str) -> dict[str, dict[str, Any]]:
        """What stands in a folder, by name."""
        return {each["name"]: each for each in self.files.values() if parent in each["parents"] and not each["trashed"]}

    def begin(self, asked: Asked, mime: str, id_: str | None = None) -> str:
        """A session of an upload whose bytes come later, for a new file or for one that is there."""
        session = f"session-{next(self._numbers)}"
        if id_ is not None:
            self._entry(id_)
        self.sessions[session] = (asked.body, mime or "application/octet-stream", id_)
        return session

    def receive(self, session: str, span: str, content: bytes) -> dict[str, Any]:
        """The bytes of a session, all at once."""
        if session not in self.sessions:
            raise not_found(session)
        if span.startswith("bytes */"):
            raise Refusal(308, "Resume Incomplete", "resumeIncomplete")
        if span and span != f"bytes 0-{len(content) - 1}/{len(content)}":
            raise Refusal(400, f"bad range {span}", "invalid")
        facts, mime, id_ = self.sessions.pop(session)
        if id_ is None:
            made = self._created(facts, (mime, content))
        else:
            made = self._entry(id_)
            made |= {**facts, "content": content, "mimeType": mime, "size": str(len(content))}
        return {key: made[key] for key in ("kind", "id", "name", "mimeType", "webViewLink")}

    def _created(self, facts: dict[str, Any], media: tuple[str, bytes] | None) -> dict[str, Any]:
        for parent in (parents := facts.get("parents", [ROOT])):
            if parent not in {"root", ROOT} and self._entry(parent)["mimeType"] != FOLDER:
                raise Refusal(403, "The specified parent is not a folder.", "parentNotAFolder")
        number = next(self._numbers)
        mime, content = media or ("application/octet-stream", b"")
        entry = {
            "kind": "drive#file", "id": f"1File{number:028d}", "name": "Untitled", "mimeType": mime, **facts,
            "parents": [ROOT if each == "root" else each for each in parents], "trashed": False, "permissions": [],
            "createdTime": f"2026-11-26T04:00:{number % 60:02d}.000Z", "content": content,
        }  # fmt: skip
        entry["modifiedTime"] = entry["createdTime"]
        if len(entry["parents"]) > 1:
            raise Refusal(403, "Increasing the number of parents is not allowed", "cannotAddParent")
        kind = "drive/folders" if entry["mimeType"] == FOLDER else "file/d"
        entry["webViewLink"] = f"https://drive.google.com/{kind}/{entry['id']}{'' if 'folders' in kind else '/view'}"
        if not entry["mimeType"].startswith("application/vnd.google-apps."):
            entry |= {"size": str(len(content)), "md5Checksum": hashlib.md5(content).hexdigest()}
        self.files[entry["id"]] = entry
        return _facts(entry)

    def _entry(self, id_: str) -> dict[str, Any]:
        if id_ in {"root", ROOT}:
            return {"id": ROOT, "name": "My Drive", "mimeType": FOLDER, "trashed": False, "parents": []}
        if id_ not in self.files:
            raise not_found(id_)
        return self.files[id_]

    def _list(self, asked: Asked) -> dict[str, Any]:
        found = [each for each in self.files.values() if _fits(each, asked.text("q"))]
        start = int(asked.text("pageToken") or 0)
        end = start + min(self.page_size, int(asked.text("pageSize", "100")))
        page: dict[str, Any] = {"kind": "drive#fileList", "files": [_facts(each) for each in found[start:end]]}
        if end < len(found):
            page["nextPageToken"] = str(end)
        return page

    def _shown(self, entry: dict[str, Any], asked: Asked) -> Any:
        if asked.text("alt") != "media":
            return _facts(entry)
        if "size" not in entry:
            raise Refusal(403, "Only files with binary content can be downloaded.", "fileNotDownloadable")
        return entry["mimeType"], entry["content"]

    def _update(self, asked: Asked) -> dict[str, Any]:
        entry = self._entry(asked.path["fileId"])
        for id_ in filter(None, asked.text("addParents").split(",")):
            if self._entry(id_)["mimeType"] != FOLDER:
                raise Refusal(403, "The specified parent is not a folder.", "parentNotAFolder")
            entry["parents"] = [*entry["parents"], id_]
        entry["parents"] = [each for each in entry["parents"] if each not in asked.text("removeParents").split(",")]
        if len(entry["parents"]) > 1:
            raise Refusal(403, "A file has one parent: addParents needs removeParents", "cannotAddParent")
        if asked.media:
            entry |= {"content": asked.media[1], "mimeType": asked.media[0], "size": str(len(asked.media[1]))}
        entry |= asked.body
        return _facts(entry)

    def _copy(self, asked: Asked) -> dict[str, Any]:
        entry = self._entry(asked.path["fileId"])
        facts = {"name": f"Copy of {entry['name']}", "parents": entry["parents"], "mimeType": entry["mimeType"]}
        return self._created({**facts, **asked.body}, (entry["mimeType"], entry["content"]))

    def _delete(self, asked: Asked) -> None:
        del self.files[self._entry(asked.path["fileId"])["id"]]

    def _export(self, asked: Asked) -> tuple[str, bytes]:
        entry = self._entry(asked.path["fileId"])
        if not entry["mimeType"].startswith("application/vnd.google-apps."):
            raise Refusal(403, "Export only supports Docs Editors files.", "fileNotExportable")
        return asked.text("mimeType"), entry["content"]

    def _permit(self, asked: Asked) -> dict[str, Any]:
        entry = self._entry(asked.path["fileId"])
        permission = asked.body
        if permission["type"] not in {"user", "group", "domain", "anyone"}:
            raise Refusal(400, "The permission type field is required.", "required")
        if permission["role"] not in {"owner", "organizer", "fileOrganizer", "writer", "commenter", "reader"}:
            raise Refusal(400, "The permission role field is required.", "required")
        if (permission["type"] in {"user", "group"}) is not ("emailAddress" in permission):
            raise Refusal(400, "The emailAddress belongs to users and groups.", "invalidSharingRequest")
        made = {"kind": "drive#permission", "id": f"p{next(self._numbers)}", **permission}
        entry["permissions"].append(made)
        return made

    def _forbid(self, asked: Asked) -> None:
        entry = self._entry(asked.path["fileId"])
        kept = [each for each in entry["permissions"] if each["id"] != asked.path["permissionId"]]
        if len(kept) == len(entry["permissions"]):
            raise not_found(asked.path["permissionId"])
        entry["permissions"] = kept


def _fits(file: dict[str, Any], query: str) -> bool:
    at = 0
    fits = True
    while at < len(query):
        for pattern, holds in _CLAUSES:
            if found := pattern.match(query, at):
                fits = fits and holds(file, found)
                at = found.end()
                break
        else:
            raise Refusal(400, f"Invalid Value: q at {query[at:]!r}", "invalid")
        if at < len(query) and not query.startswith(" and ", at):
            raise Refusal(400, f"Invalid Value: q at {query[at:]!r}", "invalid")
        at += len(" and ")
    return fits


def _facts(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: each for key, each in entry.items() if key != "content"}


def _parent(written: str) -> str:
    id_ = _unquoted(written)
    return ROOT if id_ == "root" else id_


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
