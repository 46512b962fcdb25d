"""Amounts of money and other numbers as they are written in many countries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from ir.records import dataclass

_CODES = ("EUR USD GBP CHF JPY CNY INR AUD CAD NZD SEK NOK DKK PLN CZK HUF RON BGN TRY RUB UAH ILS ZAR BRL MXN ARS CLP "
          "COP PEN SGD HKD KRW TWD THB MYR IDR PHP VND AED SAR EGP NGN KES ISK")  # fmt: skip
_SYMBOLS = {
    "€": "EUR", "US$": "USD", "U$": "USD", "C$": "CAD", "CA$": "CAD", "A$": "AUD", "AU$": "AUD", "NZ$": "NZD",
    "HK$": "HKD", "S$": "SGD", "R$": "BRL", "$": "USD", "£": "GBP", "¥": "JPY", "￥": "JPY", "円": "JPY", "₹": "INR",
    "Rs.": "INR", "Rs": "INR", "zł": "PLN", "zl": "PLN", "Kč": "CZK", "Ft": "HUF", "lei": "RON", "₽": "RUB",
    "₺": "TRY", "TL": "TRY", "₪": "ILS", "₴": "UAH", "₩": "KRW", "元": "CNY", "Fr.": "CHF", "SFr.": "CHF", "kr.": "",
    "kr": "", "Euro": "EUR", "euros": "EUR", "euro": "EUR", "dollars": "USD", "Mex$": "MXN",
}  # fmt: skip
"""What is written beside an amount; of `kr` the text tells which one it is, or nothing does."""
_WORDS = sorted({**dict.fromkeys(_CODES.split()), **_SYMBOLS}, key=len, reverse=True)
_CURRENCY = "|".join(
    (rf"(?<![^\W\d_]){re.escape(each)}" if each[0].isalpha() else re.escape(each))
    + (r"(?![^\W\d_])" if each[-1].isalpha() else "")
    for each in _WORDS
)
_SPACE = "\u00a0\u202f\u2009 "
_DIGITS = (
    rf"\d{{1,3}}(?:[{_SPACE}]\d{{3}})+(?!\d)(?:[.,]\d{{1,4}})?"  # 1 234,50
    r"|\d{1,3}(?:['’]\d{3})+(?:[.,]\d{1,4})?"  # 1'234.50
    r"|\d{1,3}(?:,\d{2})+,\d{3}(?:\.\d{1,4})?"  # 12,34,567.00
    r"|\d{1,3}(?:\.\d{3})+(?:,\d{1,4})?"  # 1.234,50
    r"|\d{1,3}(?:,\d{3})+(?:\.\d{1,4})?"  # 1,234.50
    r"|\d+(?:[.,]\d{1,6})?"
    r"|[.,]\d{1,2}"
)
_AMOUNT = re.compile(
    rf"(?P<open>\()?(?P<rate>%\s?)?(?P<sign>[-−–+])?\s?(?P<before>{_CURRENCY})?[{_SPACE}]?(?P<sign2>[-−–])?"
    rf"(?<![\w])(?<!\d[.,/:-])(?<![A-Za-z][-/.#])(?P<digits>{_DIGITS})(?P<none>[.,][-–—]{{1,2}}(?!\d))?"
    rf"(?:[{_SPACE}]?(?P<after>{_CURRENCY}))?(?P<minus>-(?![\d\w]))?(?P<close>\))?"
    rf"(?P<percent>[{_SPACE}]?%)?(?![\d])(?![.,/:-]\d)(?!['’]\d)"
)


_LONGEST = 30
"""Characters of a number; what is longer is no amount, nor is there a column for it."""
_DOLLARS = ("AUD", "CAD", "NZD", "SGD", "HKD", "MXN", "TWD")
_CROWNS = ("SEK", "NOK", "DKK", "CZK", "ISK")


@dataclass(frozen=True, slots=True)
class Amount:
    """A number and the part of the text that says it."""

    start: int
    end: int
    value: Decimal
    currency: str | None = None
    """Its code; "" for one that the text names without saying which."""
    has_cents: bool = False
    is_percent: bool = False

    @property
    def looks_like_money(self) -> bool:
        return not self.is_percent and (self.currency is not None or self.has_cents)


def decimal_mark(text: str) -> str | None:
    """The mark before cents where the numbers of a text agree on one."""
    comma = len(re.findall(r"(?<!\d)(?:\d{1,3}(?:[. \u00a0']\d{3})+|\d+),\d\d(?![\d,.])", text))
    point = len(re.findall(r"(?<!\d)(?:\d{1,3}(?:[, \u00a0'’]\d{3})+|\d+)\.\d\d(?![\d.,])", text))
    if comma == point:
        return None
    return "," if comma > point else "."


def currency_of(text: str, currency: str | None) -> str | None:
    """The currency of an amount, where its sign is that of several and the text names one of them."""
    rivals = {"USD": _DOLLARS, "": _CROWNS, "JPY": ("CNY",)}.get(currency if currency is not None else "-", ())
    named = [each for each in rivals if re.search(rf"(?<![A-Z]){each}(?![A-Z])", text)]
    if currency == "JPY" and re.search(r"[元币发号额总]", text) and not re.search(r"[\u3040-\u30ff円]", text):
        return "CNY"
    if len(named) == 1 and not re.search(r"US\$|(?<![A-Z])USD(?![A-Z])", text):
        return named[0]
    return currency or None


def find_amounts(text: str, *, mark: str | None = None, taken: set[int] | None = None) -> list[Amount]:
    """All numbers of a text in its order, but for those at places that are `taken` (dates, say)."""
    return [each for each in _all(text, mark) if not taken or not taken.intersection(range(each.start, each.end))]


def _all(text: str, mark: str | None) -> Iterator[Amount]:
    for match in _AMOUNT.finditer(text):
        digits = match["digits"]
        if len(digits) > _LONGEST:
            continue
        before, after = match["before"], match["after"]
        if re.search(rf"[{_SPACE}]", digits) and not _is_one_number(match):
            # Two numbers beside each other: the last of them is the one that a currency stands at.
            first = re.split(rf"[{_SPACE}]", digits)
            start = match.start("digits")
            for part in first:
                yield Amount(start, start + len(part), _value(part, mark))
                start += len(part) + 1
            continue
        value = _value(digits, mark)
        is_negative = match["sign"] in ("-", "−", "–") or match["sign2"] or match["minus"] or (
            match["open"] and match["close"])  # fmt: skip
        word = before or after
        currency = None if word is None else _SYMBOLS.get(word, word)
        start = match.start("sign") if match["sign"] else match.start("before" if before else "digits")
        yield Amount(start, match.end("after") if after else match.end("digits"), -value if is_negative else value,
                     currency=currency, has_cents=_cents(digits, mark) == 2 or match["none"] is not None,
                     is_percent=match["percent"] is not None or match["rate"] is not None)  # fmt: skip


def _is_one_number(match: re.Match[str]) -> bool:
    digits = match["digits"]
    return bool(match["before"] or match["after"]) or bool(re.search(r"[.,]\d\d$", digits)) or " " not in digits


def _value(digits: str, mark: str | None) -> Decimal:
    plain = re.sub(rf"[{_SPACE}'’]", "", digits)
    cents = _cents(digits, mark)
    whole = re.sub(r"[.,]", "", plain)
    return Decimal(whole).scaleb(-cents) if cents else Decimal(whole or "0")


def _cents(digits: str, mark: str | None) -> int:
    """How many digits stand behind the decimal mark."""
    plain = re.sub(rf"[{_SPACE}'’]", "", digits)
    place = max(plain.rfind("."), plain.rfind(","))
    if place < 0:
        return 0
    behind = len(plain) - place - 1
    marks = [each for each in plain if each in ".,"]
    if len(set(marks)) == 2:
        return behind
    if len(marks) > 1:
        return 0
    if behind != 3:
        return behind
    # 1.234 or 1,234: a thousand, unless the other numbers say that this is the mark before cents.
    return 3 if plain[place] == mark or plain.startswith("0") else 0
