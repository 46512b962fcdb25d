"""Names of months in the languages whose letters, invoices and forms are read."""

from __future__ import annotations

from functools import lru_cache

from connectors.ai.local.extracting.page import folded

_NAMES = """
january february march april may june july august september october november december
januar februar märz april mai juni juli august september oktober november dezember
jänner feber maerz april mai juni juli august sept okt nov dez
janvier février mars avril mai juin juillet août septembre octobre novembre décembre
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
januari februari maart april mei juni juli augustus september oktober november december
januari februari mars april maj juni juli augusti september oktober november december
januar februar marts april maj juni juli august september oktober november december
stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia
styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień
ledna února března dubna května června července srpna září října listopadu prosince
tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta marraskuuta joulukuuta
január február március április május június július augusztus szeptember október november december
ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie
ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık
января февраля марта апреля мая июня июля августа сентября октября ноября декабря
січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня
"""  # noqa: E501
_SHORT = {
    "jan": 1, "ene": 1, "gen": 1, "janv": 1, "feb": 2, "fev": 2, "fevr": 2, "mar": 3, "mrt": 3, "mrz": 3, "apr": 4,
    "abr": 4, "avr": 4, "may": 5, "mai": 5, "mag": 5, "maj": 5, "jun": 6, "giu": 6, "cvn": 6, "jul": 7, "juil": 7,
    "lug": 7, "cvc": 7, "aug": 8, "ago": 8, "sep": 9, "set": 9, "oct": 10, "okt": 10, "ott": 10, "out": 10, "nov": 11,
    "dec": 12, "dez": 12, "dic": 12,
}  # fmt: skip
"""Where the first letters of a month in one language are those of another in the next."""
_WORDS: list[tuple[str, int]] = [
    (folded(name), index % 12 + 1)
    for line in _NAMES.strip().splitlines()
    for index, name in enumerate(line.split())
]  # fmt: skip


@lru_cache(maxsize=1024)
def month_of(word: str) -> int | None:
    """The month that a word or its first three letters and more name; None where it could be two, or none."""
    name = folded(word).strip(".")
    if name in _SHORT:
        return _SHORT[name]
    if len(name) < 3:
        return None
    whole = {month for each, month in _WORDS if each == name}
    found = whole or {month for each, month in _WORDS if each.startswith(name)}
    return found.pop() if len(found) == 1 else None
