"""The locales that reports can be shown in, and how each writes numbers.

The facts are those of Unicode's CLDR, for Western digits. Two of its habits are left out, since they would make the
numbers of one column differ: groups are of three digits everywhere, and stand from 1,000 on.
"""

from __future__ import annotations

from typing import Literal

from ir.records import dataclass

SPACE, NARROW = "\u00a0", "\u202f"


@dataclass(frozen=True, slots=True)
class Punctuation:
    """How a locale writes numbers: `currency` and `percent` say where the sign stands beside n, and with what space."""

    group: str = ","
    point: str = "."
    currency: Literal["¤n", "¤ n", "n ¤", "n¤"] = "¤n"
    percent: Literal["n%", "n %", "%n", "% n"] = "n%"
    negative: Literal["", "¤-n", "¤ -n"] = ""
    """Where the minus stands that is between a currency and its number; else it is before both."""

    @property
    def currency_after(self) -> bool:
        return self.currency.startswith("n")


def _each(words: str, *facts: str) -> dict[str, Punctuation]:
    return dict.fromkeys(words.split(), Punctuation(*facts))  # type: ignore[arg-type]


_LANGUAGES = {
    **_each("am cy en fil ga gu hi ja kn ko ml mr ms pa si ta te th ur zh zu es-mx es-us es-gt es-hn es-ni es-pa es-sv"
            " es-do es-pr", ",", ".", "¤n", "n%"),
    **_each("bn km", ",", ".", "n¤", "n%"),
    **_each("fa mn ne sw es-pe", ",", ".", "¤ n", "n%"),
    **_each("ar he my", ",", ".", "n ¤", "n%"),
    **_each("ca da de es gl hr mk ro sl en-de", ".", ",", "n ¤", "n %"),
    **_each("az bs el is it sr vi", ".", ",", "n ¤", "n%"),
    **_each("eu", ".", ",", "n ¤", "% n"),
    **_each("pt ps", ".", ",", "¤ n", "n%"),
    **_each("de-at", ".", ",", "¤ n", "n %"),
    **_each("nl", ".", ",", "¤ n", "n%", "¤ -n"),
    **_each("id es-ar es-co", ".", ",", "¤n", "n%"),
    **_each("lo es-cl", ".", ",", "¤n", "n%", "¤-n"),
    **_each("tr", ".", ",", "¤n", "%n"),
    **_each("be cs fi lt nb nn no ru sk sv fr-ca", SPACE, ",", "n ¤", "n %"),
    **_each("bg et hu hy ka kk ky lv pl sq uk uz pt-pt", SPACE, ",", "n ¤", "n%"),
    **_each("fr", NARROW, ",", "n ¤", "n %"),
    **_each("fr-ch", NARROW, ",", "n ¤", "n%"),
    **_each("af en-za", SPACE, ",", "¤n", "n%"),
    **_each("de-ch de-li it-ch en-ch", "’", ".", "¤ n", "n%", "¤-n"),
}  # fmt: skip
LANGUAGES = frozenset(each for each in _LANGUAGES if "-" not in each)
_REGIONS = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
    FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
    JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
    MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
    PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
    TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
"""
"""ISO 3166, and Kosovo's XK."""


def language_tag(locale: str) -> str:
    """`de-DE` for what a system calls `de_DE.UTF-8`."""
    return locale.partition(".")[0].partition("@")[0].replace("_", "-")


def punctuation(locale: str) -> Punctuation:
    """The marks of `de-CH`, `de_CH.UTF-8` or `de`; English ones for a language not in the table."""
    language, _, region = _parts(locale)
    return _LANGUAGES.get(f"{language}-{region}".lower()) or _LANGUAGES.get(language) or Punctuation()


def locale_problem(locale: str) -> str | None:
    """What is wrong with it: nothing where it is a language known here, with a script and a region or without."""
    language, script, region = _parts(locale)
    rest = language_tag(locale).split("-")[1:]
    if language not in LANGUAGES:
        return f'"{language or locale}" is no language that reports can be shown in'
    if len(rest) != bool(script) + bool(region):
        return f'"{locale}" is no language and region'
    if region and not region.isdigit() and region not in _REGIONS.split():
        return f'"{region}" is no region'
    return None


def _parts(locale: str) -> tuple[str, str, str]:
    """Language, script and region; empty where it has none."""
    language, *rest = language_tag(locale).split("-")
    script = rest.pop(0).title() if rest and len(rest[0]) == 4 and rest[0].isalpha() else ""
    is_region = bool(rest) and ((len(rest[0]) == 2 and rest[0].isalpha()) or (len(rest[0]) == 3 and rest[0].isdigit()))
    return language.lower(), script, rest[0].upper() if is_region else ""
