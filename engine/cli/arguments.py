"""Arguments that several commands share, and the reading of `--input`, `--now` and `--out`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

ENGINES = ("auto", "polars", "duckdb")


def workflow_file(command: Command) -> Command:
    """The argument FILE. Whether it can be read is told by the loader, as every other finding is."""
    return click.argument("file", type=click.Path(path_type=Path))(command)


def compile_options(command: Command) -> Command:
    """--input, --engine and --now: what a plan depends on beside its file."""
    for option in (
        click.option("--now", metavar="ISO", callback=read_now,
                     help="The instant that every date word reads, e.g. 2026-01-31T06:00 (default: the clock)."),
        click.option("--engine", type=click.Choice(ENGINES), help="Instead of the workflow's settings.engine."),
        click.option("--input", "inputs", metavar="NAME=VALUE", multiple=True, callback=read_inputs,
                     help="A runtime input; may be repeated."),
    ):  # fmt: skip
        command = option(command)
    return command


def full_refresh_option(command: Command) -> Command:
    """--full-refresh: what incremental sources start from."""
    return click.option("--full-refresh", is_flag=True,
                        help="Read incremental sources from their start, whatever earlier runs have read.")(
        command
    )  # fmt: skip


def payload_option(command: Command) -> Command:
    """--payload: what a webhook is sent."""
    return click.option("--payload", metavar="FILE",
                        help="A JSON file in place of a webhook's request (.ndjson: one payload a line; -: stdin).")(
        command
    )  # fmt: skip


def log_format_option(command: Command) -> Command:
    """--log-format: lines for people, or for programs that collect them."""
    return click.option("--log-format", type=click.Choice(("text", "json")), default="text", show_default=True,
                        envvar="WEIRFLOW_LOG_FORMAT", show_envvar=True,
                        help="What stderr says: words for people, or one JSON object a line.")(command)  # fmt: skip


def format_option(*formats: str) -> Callable[[Command], Command]:
    """--format with `formats`, the first of which is the default."""
    return click.option(
        "--format", "output_format", type=click.Choice(formats), default=formats[0], show_default=True,
        help="How the result is printed.",
    )  # fmt: skip


def read_inputs(ctx: click.Context, parameter: click.Parameter, given: Iterable[str]) -> dict[str, str]:
    inputs: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f'"{each}" names no value; write --input name=value', ctx, parameter)
        if name.strip() in inputs:
            raise click.BadParameter(f'"{name.strip()}" is given twice', ctx, parameter)
        inputs[name.strip()] = value
    return inputs


def read_now(ctx: click.Context, parameter: click.Parameter, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(
            f'"{text}" is no ISO date or datetime; write e.g. 2026-01-31 or 2026-01-31T06:00:00+01:00', ctx, parameter
        ) from error


def read_folder(ctx: click.Context, parameter: click.Parameter, folder: Path | None) -> Path | None:
    """A folder that exists or can be made; a file in its place is the user's slip."""
    if folder is not None:
        for each in (folder, *folder.parents):
            if each.exists():
                if not each.is_dir():
                    raise click.BadParameter(f"{each} is a file, not a folder", ctx, parameter)
                break
    return folder
