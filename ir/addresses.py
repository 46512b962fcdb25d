"""Addresses of e-mail: the one place that says what is one."""

from __future__ import annotations

import re

from ir.records import dataclass

_NAMED = re.compile(r'(?P<name>"(?:[^"\\]|\\.)*"|[^<>"]*?)\s*<(?P<address>[^<>]*)>')
_ATOM = r"[^\s\"(),:;<>@\[\\\].\x00-\x1f\x7f]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters, line ends of any kind, and marks that turn the direction in which a name is read."""
_LONGEST_LOCAL, _LONGEST = 64, 254


class NoAddress(ValueError):
    """Why a text is no address, in words that follow "it"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailAddress:
    """One address. `domain` is as servers know it: in lower case, and names beyond ASCII in the form of IDNA."""

    local: str
    domain: str
    name: str = ""
    """Of the person, without quotes."""

    @property
    def text(self) -> str:
        """The address alone, as it goes into an envelope."""
        return f"{self.local}@{self.domain}"

    @property
    def needs_utf8(self) -> bool:
        """Whether only servers that speak SMTPUTF8 take it."""
        return not self.local.isascii()


def read_address(text: str) -> MailAddress:
    """`anna@example.com` or `Anna Berg <anna@example.com>` taken apart.

    Raises:
        NoAddress: it is none, or more than one.
    """
    text = text.strip()
    if _UNSEEN.search(text):
        raise NoAddress("holds a line break or another character that nobody sees")
    if not text:
        raise NoAddress("is empty")
    named = _NAMED.fullmatch(text)
    if named is None and "<" in text:
        raise NoAddress("is neither an address nor a name and an address in <>")
    name = named["name"].strip() if named else ""
    written = named["address"].strip() if named else text
    if name.startswith('"'):
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    elif "," in name or ";" in name or "@" in name:
        raise NoAddress("has a name that needs quotes, or is more than one address")
    local, at, domain = written.rpartition("@")
    if not at:
        raise NoAddress("has no @")
    if not _LOCAL.fullmatch(local):
        raise NoAddress("is more than one address" if "@" in local else "has a part before the @ that cannot be")
    if len(local.encode()) > _LONGEST_LOCAL:
        raise NoAddress(f"has more than {_LONGEST_LOCAL} characters before the @")
    found = MailAddress(local=local, domain=_domain(domain), name=" ".join(name.split()))
    if len(found.text.encode()) > _LONGEST:
        raise NoAddress(f"has more than {_LONGEST} characters")
    return found


def address_problem(text: str) -> str | None:
    """Why a text is no address, in words that follow "it"; None for one that is."""
    try:
        read_address(text)
    except NoAddress as problem:
        return str(problem)
    return None


def _domain(written: str) -> str:
    domain = written.removesuffix(".")
    if not domain.isascii():
        import idna

        try:
            domain = idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            raise NoAddress("has no domain that could be one after the @") from None
    labels = domain.split(".")
    if len(labels) < 2 and domain.lower() != "localhost":
        raise NoAddress("has no domain such as example.com after the @")
    if not all(map(_LABEL.fullmatch, labels)) or len(domain) > 253 or labels[-1].isdigit():
        raise NoAddress("has no domain that could be one after the @")
    return domain.lower()
