"""A mailbox of Gmail's, in memory."""

from __future__ import annotations

import base64
import email
import email.policy
import itertools
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

from tests.servers.google_refusal import Refusal, not_found

if TYPE_CHECKING:
    from tests.servers.google import Asked

_TERM = re.compile(r'(?:(\w+):)?(?:"([^"]*)"|(\S+))')


class Mailbox:
    """`messages` {id: entry}, `drafts` {id: id of a message}, `labels` {id: label}."""

    def __init__(self) -> None:
        self.messages: dict[str, dict[str, Any]] = {}
        self.drafts: dict[str, str] = {}
        self.labels: dict[str, dict[str, Any]] = {
            name: {"id": name, "name": name, "type": "system"} for name in ("INBOX", "SENT", "UNREAD", "TRASH", "SPAM")
        }
        self.page_size = 500
        self.inline_bytes = -1
        """Attachments of at most so many bytes come with their mail."""
        self._numbers = itertools.count(1)
        users = "gmail.users."
        self.does: dict[str, Callable[[Asked], Any]] = {
            f"{users}messages.list": self._list,
            f"{users}messages.get": lambda asked: self._shown(self._entry(asked.path["id"]), asked),
            f"{users}messages.attachments.get": self._attachment,
            f"{users}messages.send": lambda asked: self._sent(asked, asked.body),
            f"{users}messages.modify": self._modify,
            f"{users}messages.batchModify": self._batch_modify,
            f"{users}messages.trash": self._trash,
            f"{users}drafts.create": self._create_draft,
            f"{users}drafts.send": self._send_draft,
            f"{users}labels.list": lambda asked: {"labels": list(self.labels.values())},
            f"{users}labels.create": self._create_label,
            f"{users}labels.delete": self._delete_label,
        }

    def add(self, message: EmailMessage | bytes, *, labels: tuple[str, ...] = ("INBOX", "UNREAD"), thread: str = "",
            at: datetime | None = None) -> str:  # fmt: skip
        """A mail that has come; its id."""
        raw = message if isinstance(message, bytes) else message.as_bytes(policy=email.policy.SMTP)
        number = next(self._numbers)
        id_ = f"18f{number:013x}"
        moment = at or datetime(2026, 11, 26, 4, 0, number % 60, tzinfo=UTC)
        self.messages[id_] = {
            "id": id_, "threadId": thread or id_, "labels": list(labels), "raw": raw, "at": moment,
            "parsed": email.message_from_bytes(raw, policy=email.policy.default),
        }  # fmt: skip
        return id_

    def outbox(self) -> list[EmailMessage]:
        """What was sent, in order."""
        return [each["parsed"] for each in self.messages.values() if "SENT" in each["labels"]]

    def _entry(self, id_: str) -> dict[str, Any]:
        if id_ not in self.messages:
            raise not_found(id_)
        return self.messages[id_]

    def _list(self, asked: Asked) -> dict[str, Any]:
        wanted = int(asked.text("maxResults", "100"))
        if not 1 <= wanted <= 500:
            raise Refusal(400, f"Invalid maxResults {wanted}", "invalidArgument")
        labels = set(asked.query.get("labelIds", []))
        hidden = set() if asked.has("includeSpamTrash") else {"SPAM", "TRASH"}
        found = [
            each for each in reversed(self.messages.values())
            if labels <= set(each["labels"]) and not hidden & set(each["labels"]) and _fits(each, asked.text("q"))
        ]  # fmt: skip
        start = int(asked.text("pageToken") or 0)
        end = start + min(wanted, self.page_size)
        page: dict[str, Any] = {"resultSizeEstimate": len(found)}
        if found[start:end]:
            page["messages"] = [{"id": each["id"], "threadId": each["threadId"]} for each in found[start:end]]
        if end < len(found):
            page["nextPageToken"] = str(end)
        return page

    def _shown(self, entry: dict[str, Any], asked: Asked) -> dict[str, Any]:
        shown = {
            "id": entry["id"], "threadId": entry["threadId"], "labelIds": entry["labels"], "historyId": "17",
            "internalDate": str(int(entry["at"].timestamp() * 1000)), "sizeEstimate": len(entry["raw"]),
            "snippet": "",
        }  # fmt: skip
        form = asked.text("format", "full")
        if form == "raw":
            shown["raw"] = _base64url(entry["raw"])
        elif form == "full":
            body = entry["parsed"].get_body(("plain", "html"))
            shown["snippet"] = body.get_content()[:80].strip() if body else ""
            shown["payload"] = _part(entry["parsed"], "", self.inline_bytes)
        elif form == "metadata":
            wanted = {each.lower() for each in asked.query.get("metadataHeaders", [])}
            headers = [each for each in _headers(entry["parsed"]) if not wanted or each["name"].lower() in wanted]
            shown["payload"] = {"mimeType": entry["parsed"].get_content_type(), "headers": headers}
        return shown

    def _attachment(self, asked: Asked) -> dict[str, Any]:
        entry = self._entry(asked.path["messageId"])
        for part, path in _leaves(entry["parsed"], ""):
            if asked.path["id"] == _attachment_id(path):
                content = _content(part)
                return {"size": len(content), "data": _base64url(content)}
        raise not_found(asked.path["id"])

    def _sent(self, asked: Asked, facts: dict[str, Any]) -> dict[str, Any]:
        raw = asked.media[1] if asked.media else base64.urlsafe_b64decode(facts["raw"] + "=" * (-len(facts["raw"]) % 4))
        if asked.media and asked.media[0] != "message/rfc822":
            raise Refusal(400, f"Media type '{asked.media[0]}' is not supported", "badContent")
        parsed = email.message_from_bytes(raw, policy=email.policy.default)
        if not parsed["To"] and not parsed["Cc"] and not parsed["Bcc"]:
            raise Refusal(400, "Recipient address required", "invalidArgument")
        thread = facts.get("threadId", "")
        if thread and thread not in {each["threadId"] for each in self.messages.values()}:
            raise not_found(thread)
        id_ = self.add(raw, labels=("SENT",), thread=thread)
        return {"id": id_, "threadId": self.messages[id_]["threadId"], "labelIds": ["SENT"]}

    def _modify(self, asked: Asked) -> dict[str, Any]:
        entry = self._entry(asked.path["id"])
        self._relabel(entry, asked.body)
        return {"id": entry["id"], "threadId": entry["threadId"], "labelIds": entry["labels"]}

    def _batch_modify(self, asked: Asked) -> None:
        if len(asked.body["ids"]) > 1000:
            raise Refusal(400, "Too many ids", "invalidArgument")
        for id_ in asked.body["ids"]:
            self._relabel(self._entry(id_), asked.body)

    def _relabel(self, entry: dict[str, Any], change: dict[str, Any]) -> None:
        for id_ in (*change.get("addLabelIds", ()), *change.get("removeLabelIds", ())):
            if id_ not in self.labels:
                raise Refusal(400, f"Invalid label: {id_}", "invalidArgument")
        kept = [each for each in entry["labels"] if each not in change.get("removeLabelIds", ())]
        entry["labels"] = [*kept, *(each for each in change.get("addLabelIds", ()) if each not in kept)]

    def _trash(self, asked: Asked) -> dict[str, Any]:
        entry = self._entry(asked.path["id"])
        self._relabel(entry, {"addLabelIds": ["TRASH"], "removeLabelIds": ["INBOX"]})
        return {"id": entry["id"], "threadId": entry["threadId"], "labelIds": entry["labels"]}

    def _create_draft(self, asked: Asked) -> dict[str, Any]:
        facts = asked.body.get("message", {})
        raw = asked.media[1] if asked.media else base64.urlsafe_b64decode(facts["raw"] + "==")
        id_ = self.add(raw, labels=("DRAFT",), thread=facts.get("threadId", ""))
        draft = f"r{len(self.drafts) + 1}"
        self.drafts[draft] = id_
        return {"id": draft, "message": {"id": id_, "threadId": self.messages[id_]["threadId"], "labelIds": ["DRAFT"]}}

    def _send_draft(self, asked: Asked) -> dict[str, Any]:
        if asked.body["id"] not in self.drafts:
            raise not_found(asked.body["id"])
        entry = self.messages[self.drafts.pop(asked.body["id"])]
        entry["labels"] = ["SENT"]
        return {"id": entry["id"], "threadId": entry["threadId"], "labelIds": ["SENT"]}

    def _create_label(self, asked: Asked) -> dict[str, Any]:
        if asked.body["name"].lower() in {each["name"].lower() for each in self.labels.values()}:
            raise Refusal(409, "Label name exists or conflicts", "aborted")
        id_ = f"Label_{len(self.labels)}"
        self.labels[id_] = {"id": id_, **asked.body, "type": "user"}
        return self.labels[id_]

    def _delete_label(self, asked: Asked) -> None:
        if self.labels.pop(asked.path["id"], None) is None:
            raise not_found(asked.path["id"])


def _fits(entry: dict[str, Any], query: str) -> bool:
    return all(_fits_one(entry, key.lower(), quoted or word) for key, quoted, word in _TERM.findall(query))


def _fits_one(entry: dict[str, Any], key: str, value: str) -> bool:
    message: EmailMessage = entry["parsed"]
    match key:
        case "from" | "to" | "subject" | "cc":
            return value.lower() in str(message.get(key, "")).lower()
        case "has":
            return value == "attachment" and any(part.get_filename() for part, _ in _leaves(message, ""))
        case "filename":
            return any(value.lower() in (part.get_filename() or "").lower() for part, _ in _leaves(message, ""))
        case "in" | "label" | "is":
            return value.upper() in entry["labels"]
        case "rfc822msgid":
            return str(message.get("Message-ID", "")).strip("<>") == value.strip("<>")
        case "after" | "before":
            is_epoch = value.isdigit()
            moment = (datetime.fromtimestamp(int(value), UTC) if is_epoch
                      else datetime.strptime(value, "%Y/%m/%d").replace(tzinfo=UTC))  # fmt: skip
            return bool(entry["at"] >= moment if key == "after" else entry["at"] < moment)
        case "":
            return value.lower() in entry["raw"].decode("utf-8", "replace").lower()
    raise Refusal(400, f"the stand-in knows no search term {key}:", "invalidArgument")


def _part(message: Any, path: str, inline_bytes: int) -> dict[str, Any]:
    made: dict[str, Any] = {
        "partId": path, "mimeType": message.get_content_type(), "filename": message.get_filename() or "",
        "headers": _headers(message),
    }  # fmt: skip
    if message.is_multipart() and message.get_content_maintype() == "multipart":
        made["body"] = {"size": 0}
        made["parts"] = [
            _part(each, f"{path}.{number}" if path else str(number), inline_bytes)
            for number, each in enumerate(message.iter_parts())
        ]
        return made
    content = _content(message)
    made["body"] = {"size": len(content)}
    if made["filename"] and len(content) > inline_bytes:
        made["body"]["attachmentId"] = _attachment_id(path)
    elif content:
        made["body"]["data"] = _base64url(content)
    return made


def _leaves(message: Any, path: str) -> list[tuple[Any, str]]:
    if not (message.is_multipart() and message.get_content_maintype() == "multipart"):
        return [(message, path)]
    return [
        leaf for number, each in enumerate(message.iter_parts())
        for leaf in _leaves(each, f"{path}.{number}" if path else str(number))
    ]  # fmt: skip


def _headers(message: Any) -> list[dict[str, str]]:
    return [{"name": name, "value": str(value)} for name, value in message.items()]


def _content(part: Any) -> bytes:
    if part.get_content_type() == "message/rfc822":
        return bytes(part.get_content())
    content = part.get_payload(decode=True)
    if part.get_content_maintype() == "text":  # Gmail gives texts in UTF-8, whatever they were written in.
        return str(content.decode(part.get_content_charset("utf-8"), "replace")).encode()
    return bytes(content)


def _attachment_id(path: str) -> str:
    return f"ANGjdJ-{path}"


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode()
