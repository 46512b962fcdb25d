"""What tells itself by its form: e-mail addresses, web addresses, telephone numbers, bank accounts, tax numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])")
URL = re.compile(r"(?:https?://|www\.)[^\s<>\"')\]]{2,500}[^\s<>\"')\].,;:!?]")
_PHONE = re.compile(r"(?<![\w.,/-])(?:\+|00)\d{1,3}[\s./()-]{0,2}(?:\(0\)\s?)?\d[\d\s./()-]{5,18}\d(?![\w])")
_LOCAL_PHONE = re.compile(r"(?<![\w.,/-])(?:\(\d{2,5}\)\s?|0\d{1,4}[\s/.-]|\d{3}[-.])\d[\d\s./-]{4,14}\d(?![\w])")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{1,4}){3,9}(?![a-z])")
_VAT = re.compile(
    r"(?<![A-Za-z0-9])(?:ATU\d{8}|BE ?[01]\d{3}[ .]?\d{3}[ .]?\d{3}|CHE-?\d{3}\.?\d{3}\.?\d{3}(?: (?:MWST|TVA|IVA))?|"
    r"CZ\d{8,10}|DE ?\d{9}|DK ?\d{8}|EL\d{9}|ES ?[A-Z]\d{7}[A-Z0-9]|FI ?\d{8}|FR ?[0-9A-Z]{2} ?\d{3} ?\d{3} ?\d{3}|"
    r"GB ?\d{3} ?\d{4} ?\d{2}|HU\d{8}|IE\d[A-Z0-9]\d{5}[A-Z]{1,2}|IT ?\d{11}|LU\d{8}|NL ?\d{9}B\d{2}|NO ?\d{9} ?MVA|"
    r"PL ?\d{10}|PT ?\d{9}|RO\d{2,10}|SE ?\d{12}|SI\d{8}|SK\d{10})(?![A-Za-z0-9])"
)
BIC = re.compile(r"(?<![A-Za-z0-9])[A-Z]{6}[A-Z2-9][A-NP-Z0-9](?:[A-Z0-9]{3})?(?![A-Za-z0-9])")
_LENGTHS = {
    "AD": 24, "AE": 23, "AT": 20, "BE": 16, "BG": 22, "BR": 29, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18,
    "EE": 20,
    "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IS": 26, "IT": 27,
    "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24,
    "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TR": 26, "UA": 29,
}  # fmt: skip


def ibans(text: str) -> Iterator[str]:
    """Account numbers whose check digits are right, without blanks."""
    for match in _IBAN.finditer(text):
        written = match[0].replace(" ", "")
        length = _LENGTHS.get(written[:2])
        if length is not None and len(written) >= length and _is_checked(written[:length]):
            yield written[:length]


def _is_checked(iban: str) -> bool:
    """ISO 13616: the number modulo 97, letters being 10 to 35, is 1."""
    turned = iban[4:] + iban[:4]
    return int("".join(str(int(each, 36)) for each in turned)) % 97 == 1


def phones(text: str, *, is_labelled: bool = False) -> Iterator[str]:
    """Telephone numbers: with a country's code, beside a label also without."""
    patterns = (_PHONE, _LOCAL_PHONE) if is_labelled else (_PHONE,)
    for pattern in patterns:
        for match in pattern.finditer(text):
            if 7 <= sum(each.isdigit() for each in match[0]) <= 15:
                yield " ".join(match[0].split())


def tax_numbers(text: str) -> Iterator[str]:
    """Numbers for value added tax of European countries, without blanks."""
    for match in _VAT.finditer(text):
        yield re.sub(r"[ ]", "", match[0]) if not match[0].startswith("CHE") else match[0]
