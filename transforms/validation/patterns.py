"""What an e-mail address, a URL and a phone number look like, as RE2 patterns, and which document says so."""

from __future__ import annotations

_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"

EMAIL = rf"^[a-zA-Z0-9.!#$%&'+*/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})*$"
"""A valid e-mail address of the HTML standard, which is what mail servers take of RFC 5322; lengths of RFC 5321."""

EMAIL_LENGTH = 254

_UNICODE = r"\x{a0}-\x{d7ff}\x{f900}-\x{fdcf}\x{fdf0}-\x{ffef}\x{10000}-\x{efffd}"
_PLAIN = rf"[a-zA-Z0-9._~!$&'()+*,;={_UNICODE}-]|%[0-9a-fA-F]{{2}}"
_BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV6 = rf"\[[0-9a-fA-F:]*:[0-9a-fA-F:]*(?::{_BYTE}(?:\.{_BYTE}){{3}})?\]"

URL = (
    rf"^[a-zA-Z][a-zA-Z0-9+.-]*://(?:(?:{_PLAIN}|:)*@)?(?:{_IPV6}|(?:{_PLAIN})+)(?::[0-9]{{0,5}})?"
    rf"(?:/(?:{_PLAIN}|[:@/])*)?(?:\?(?:{_PLAIN}|[:@/?])*)?(?:\#(?:{_PLAIN}|[:@/?])*)?$"
)
"""RFC 3986 (scheme, `://`, host, and what may follow), with the characters beyond ASCII that RFC 3987 allows."""

PHONE = r"^(?:\(?\+[1-9]|\(?[0-9])(?:[ .()-]{0,3}[0-9]){6,14}$"
"""ITU-T E.164: up to 15 digits, with + and a country code or without; separators of RFC 3966 and E.123 between."""
