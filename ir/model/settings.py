"""Settings of the whole workflow and the inputs it is started with (section 2)."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from ir.addresses import address_problem
from ir.model.base import Section
from ir.model.words import Name, Scalars, refuse
from ir.redaction import redact
from ir.types import Boolean, DataType, Date, Number, String

_MOST_SHOWN = 80
_MEMORY = re.compile(r"\d+(\.\d+)?\s*([KMGT]i?B|B)", re.IGNORECASE)


def _timezone(name: str) -> str:
    # zoneinfo costs 5 ms and most workflows name no zone.
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise refuse(f'"{name}" is no time zone', hint="write an IANA name such as Europe/Berlin or UTC") from error
    return name


def _locale(text: str) -> str:
    from ir.locales import locale_problem

    if problem := locale_problem(text):
        raise refuse(problem, hint="write a language and a region such as de-DE, en-US, fr-FR or ja-JP")
    return text


def _memory(text: str) -> str:
    if not _MEMORY.fullmatch(text.strip()):
        raise refuse(f'"{text}" is no amount of memory', hint='write "4GB" or "512MB"')
    return text


def _cluster(address: str) -> str:
    if not address.startswith("sc://"):
        raise refuse(f'"{address}" is no Spark Connect address', hint="write sc://host:15002")
    return address


TimeZone = Annotated[str, AfterValidator(_timezone)]


class Settings(Section):
    """Engine, time zone, locale and limits of the whole run."""

    engine: Literal["auto", "polars", "duckdb", "spark"] = Field("auto", description="What executes the plan.")
    timezone: TimeZone = Field("UTC", description="An IANA name; of date words and of how instants are shown.")
    locale: Annotated[str, AfterValidator(_locale)] | None = Field(
        None, description="How numbers and dates are shown in reports, such as de-DE."
    )
    batch_rows: int = Field(10_000, ge=1, description="Rows of a batch between effects.")
    memory_limit: Annotated[str, AfterValidator(_memory)] | None = Field(None, description='Such as "4GB".')
    pushdown: bool = Field(
        True, description="Whether databases do what they can of the steps; false reads their tables as they are."
    )
    cluster: Annotated[str, AfterValidator(_cluster)] | None = Field(None, description="A sc:// address; engine spark.")


Option = Annotated[Any, Scalars()]
"""Text, a number or a boolean; what else stands there is refused where the options are looked at."""


class RuntimeInput(Section):
    """A value the person who starts the run gives: --input name=value, read as {{inputs.name}}."""

    name: Name = Field(description="Read as {{inputs.name}}.")
    type: Literal["text", "number", "email", "date", "select"] = Field("text", description="What it must be.")
    label: str | None = Field(None, description="Shown to the person.")
    required: bool = Field(False, description="Whether a run without it is refused (a default_value counts).")
    placeholder: str | None = Field(None, description="Shown while it is empty.")
    options: list[Option] | None = Field(None, description="What a select may be.")
    default_value: Any = Field(None, description="Taken when none is given.")

    @model_validator(mode="after")
    def _check_default(self) -> RuntimeInput:
        if self.type == "select" and not self.options:
            raise refuse(f'the select input "{self.name}" has no options', code="IR202", hint="write options: [a, b]")
        if self.type != "select" and self.options is not None:
            raise refuse(f"options stand only with type select, not with {self.type}", at=("options",), on_key=True)
        for index, each in enumerate(self.options or []):
            if isinstance(each, (dict, list)) or each is None:
                raise refuse("an option is a text, number or boolean", at=("options", index), code="IR203")
        if self.default_value is not None:
            problem = self.misfit(self.default_value)
            if problem:
                raise refuse(problem, at=("default_value",), code="IR208")
        return self

    @property
    def data_type(self) -> DataType:
        """The type of the value in expressions."""
        if self.type == "number":
            return Number()
        if self.type == "date":
            return Date()
        if self.type == "select" and self.options and all(isinstance(each, bool) for each in self.options):
            return Boolean()
        return String()

    def misfit(self, value: object) -> str | None:
        """What is wrong with `value` for this input, or None; text from the command line is read by its type."""
        text = str(value)
        match self.type:
            case "number":
                fits = not isinstance(value, bool) and _is_number(text)
            case "date":
                fits = _is_date(text)
            case "email":
                fits = address_problem(text) is None
            case "select":
                options = [str(each) for each in self.options or []]
                if text in options:
                    return None
                return f'"{_shown(text)}" is none of the options of input "{self.name}": {", ".join(options)}'
            case _:
                fits = isinstance(value, (str, int, float)) and not isinstance(value, bool)
        shape = {"date": "date such as 2026-01-31", "email": "e-mail address"}.get(self.type, self.type)
        return None if fits else f'"{_shown(text)}" is no {shape}, the type of input "{self.name}"'


def _shown(text: str) -> str:
    """As much of a value as a message shows; a secret is hidden first, for half of one would be known no more."""
    text = redact(text)
    return text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"


def _is_number(text: str) -> bool:
    try:
        return float(text) == float(text)
    except ValueError:
        return False


def _is_date(text: str) -> bool:
    if text in {"today", "now"} or re.fullmatch(r"today[+-]\d+d", text):
        return True
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10
