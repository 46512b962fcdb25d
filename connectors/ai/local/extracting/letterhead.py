"""Who wrote a document: the company at its head or foot that is not the one it is addressed to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from connectors.ai.local.extracting.amounts import find_amounts
from connectors.ai.local.extracting.dates import find_dates
from connectors.ai.local.extracting.labels import LABELS
from connectors.ai.local.extracting.marks import EMAIL, URL
from connectors.ai.local.extracting.page import Cell, Page, folded

_FORMS = (
    r"Ltd\. Şti\.|GmbH(?: & Co\.? KG)?|GMBH|mbH|AG|KG|OHG|UG|e\. ?K\.|e\. ?V\.|Ltd\.?|LTD\.?|Limited|LLC|L\.L\.C\.|"
    r"LLP|PLC|plc|Inc\.?|INC\.?|Incorporated|Corp\.?|Corporation|Company|Co\.|CO\.|Pty|S\.A\.(?:S\.|U\.)?|SAS|SASU|"
    r"SARL|S\.à r\.l\.|EURL|SA|S\.L\.(?:U\.)?|SL|SLU|S\.r\.l\.|Srl|SRL|S\.R\.L\.|S\.p\.A\.|SpA|S\.n\.c\.|Lda\.?|"
    r"Ltda\.?|B\.V\.|BV|N\.V\.|NV|VOF|AB|A/S|ApS|AS|ASA|Oy|Oyj|[Ss]p\. ?z ?o\. ?o\.|s\. ?r\. ?o\.|a\. ?s\.|Kft\.?|"
    r"Zrt\.?|d\.o\.o\.|A\.Ş\.|ООО|ОАО|ЗАО|АО|ТОВ|ИП"
)
_FORM = re.compile(rf"(?<![\w])(?:{_FORMS})(?![\w])|株式会社|有限公司|有限会社|주식회사")
_CUT = re.compile(
    r"\s+[·|•–—]\s+|\s+-\s+|\s*[,;]\s+(?=\S*\d)|\s*<|\s+\((?![A-Za-z]{2,8}\))"
    rf"|(?<=\w),\s+(?!(?:{_FORMS})(?!\w))(?=[^\W\d_])"
)
_STREET = re.compile(
    r"(?:str\.|stra(?:ss|ß)e|gasse|platz|weg|allee|street|road|avenue|lane|drive|rue |boulevard|calle|avda|via |viale|"
    r"piazza|rua |straat|laan|gatan|gata|vej|ulica|katu|utca|\b(?:st|rd|ave|blvd|ul)\b|\bp\.?o\.? box|postfach|suite|"
    r"floor)",
    re.IGNORECASE,
)
_TITLES = re.compile(
    r"^(?:(?:tax|proforma|pro forma|commercial|sales|final|customer|your|e-?)\s?)*"
    r"(?:invoice|receipt|bill|statement|quote|credit note|rechnung|gutschrift|beleg|kassenbon|quittung|facture|"
    r"recu|avoir|factura|recibo|fattura|ricevuta|fatura|factuur|kvitto|faktura|lasku|paragon|kuitti|szamla|original|"
    r"copy|kopie|duplicate|page|seite|order|welcome|thank you|danke|merci|gracias|grazie|account|счет|subject|date|to|"
    r"cc|re|fw)\b|^(?:請求書|领収書|发票|發票|収据)$"
)
_ATTACHED = re.compile(r"\[[^\[\]]{1,200}\.\w{2,5}\]")
"""The line above the text of a mail's attachment."""
_LOOKED_AT = 300
_HEAD = 8
_FOOT = 6


def letterheads(page: Page) -> Iterator[tuple[str, float]]:
    """Names that may be the sender's, each with how likely it is."""
    addressed = _addressed(page)
    domains = {_plain(match[0].partition("@")[2].rpartition(".")[0]) for match in EMAIL.finditer(page.text)}
    domains |= {_plain(re.sub(r"^(?:https?://)?(?:www\.)?|/.*$|\.\w+(?:/.*)?$", "", match[0]))
                for match in URL.finditer(page.text)}  # fmt: skip
    has_guess = False
    filled = [number for number, line in enumerate(page.lines) if any(each.text for each in line)]
    head, foot = set(filled[:_HEAD]), set(filled[-_FOOT:])
    for place, number in enumerate(filled):
        if _ATTACHED.fullmatch(page.lines[number][0].text):
            head.update(filled[place + 1 : place + 1 + _HEAD])
    for cell in page.cells():
        name = company_name(cell.text)
        if name is None or (cell.line, cell.index) in addressed:
            continue
        has_form = _FORM.search(name) is not None
        known = _plain(re.sub(_FORM, "", name))
        is_domain = len(known) >= 3 and any(known.startswith(each) or each.startswith(known) or each in known
                                            for each in domains if len(each) >= 3)  # fmt: skip
        weight = 0.0
        if cell.line in head:
            weight = 0.72 if has_form else (0.3 if has_guess else 0.5)
            has_guess = True
        elif has_form:
            weight = 0.6 if cell.line in foot else 0.42
        if weight:
            yield name, min(0.9, weight + (0.15 if is_domain else 0.0))


def company_name(text: str) -> str | None:
    """The name that a cell is or begins with; None for a title, an address, a label, a number."""
    name = _CUT.split(text[:_LOOKED_AT].strip(" *#_=-·|•"))[0].strip(" ,;:")
    form = list(_FORM.finditer(name))
    if _FORM.fullmatch(name):
        return None
    if form and form[-1].start() > 0 and form[-1].end() < len(name):
        name = name[: form[-1].end()]
    letters = sum(each.isalpha() for each in name)
    if not 2 <= len(name) <= 60 or letters < 2 or letters < len(name.replace(" ", "")) / 2:
        return None
    small = folded(name)
    if small.rstrip(":") in _all_labels() or _TITLES.match(small) or text.rstrip().endswith(":"):
        return None
    if EMAIL.search(name) or URL.search(name) or find_dates(name) or (not form and _STREET.search(name)):
        return None
    if re.search(r"[:：=]", name) or re.match(r"^[\w-]{0,3}\d{4,}\b", name) or any(
            each.looks_like_money for each in find_amounts(name)):  # fmt: skip
        return None
    if not form and (
        name[0].isdigit() or len(name.split()) > 6 or name.endswith((".", "!", "?")) or re.search(r"\b\d{4,6}\b", name)
    ):
        return None
    return name


def _addressed(page: Page) -> set[tuple[int, int]]:
    """The cells of the block below and beside labels such as "Bill to"."""
    found: set[tuple[int, int]] = set()
    labels = {each for each in LABELS["customer"] if len(each) > 3}
    for cell in page.cells():
        small = folded(cell.text[:80]).strip(" :")
        if small.partition(":")[0].rstrip() not in labels:
            continue
        found.add((cell.line, cell.index))
        beside = page.after(cell)
        if beside is not None and small in labels:
            has_own_block = folded(beside.text).strip(" :") in _all_labels()
            if not has_own_block:
                found.add((beside.line, beside.index))
        for line in page.lines[cell.line + 1 : cell.line + 6]:
            under: list[Cell] = [each for each in line if each.overlap(cell) >= -1]
            if not under:
                break
            found.update((each.line, each.index) for each in under)
    return found


@cache
def _all_labels() -> frozenset[str]:
    return frozenset(each for labels in LABELS.values() for each in labels)


def is_label(text: str) -> bool:
    """Whether a text is nothing but a label."""
    return folded(text).strip(" :：#.") in _all_labels() or folded(text).strip(" :：") in _all_labels()


def _plain(text: str) -> str:
    return re.sub(r"[\W_]", "", folded(text))
