"""Secrets in files: one key of a JSON, YAML, TOML or .env file, or all of any file."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connectors.handed import file_key, handed
from connectors.problem import ConnectorProblem
from connectors.secrets.dotenv import read_dotenv
from connectors.secrets.lookup import Found, Lookup

_FORMATS = {".json": "json", ".yaml": "yaml", ".yml": "yaml", ".toml": "toml", ".env": "env"}
_MOUNTS = (Path("/run/secrets"), Path("/var/run/secrets"))
"""Where containers mount secrets, readable by everyone inside."""
_MOST_BYTES = 1_000_000


def in_file(lookup: Lookup) -> Found:
    """path#key: the key of the file; path: the file's text, or the object that it holds."""
    written, _, key = lookup.name.partition("#")
    if lookup.policy.secret_names is None:
        lookup.policy.check_read(Path(written).expanduser(), base=lookup.base)
    path = lookup.base / Path(written).expanduser()
    instead = handed()
    if instead is not None and (known := instead.secrets.get(file_key(path, key))) is not None:
        return Found(value=known, warnings=warnings_of(path, lookup, shown=written))
    kind = _FORMATS.get(".env" if path.name.startswith(".env") else path.suffix.lower(), "")
    if key and not kind:
        raise lookup.problem("IR593", f"{written} has no keys that could be read, such as {key}",
                             "a file with keys ends in .json, .yaml, .toml or .env")  # fmt: skip
    found = read_file(path, lookup, kind, shown=written)
    value = value_at(found, key) if key else found
    if value is None:
        raise lookup.missing(f"{written} has no {key}")
    return Found(value=value, warnings=warnings_of(path, lookup, shown=written))


def read_file(path: Path, lookup: Lookup, kind: str, *, shown: str = "") -> Any:
    """What a file holds: an object, or its text without the line end.

    Raises:
        ConnectorProblem: IR593; what a parser says is not told, as it may quote the file.
    """
    shown = shown or str(path)
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise lookup.problem("IR593", f"{shown} is too large for a file of secrets")
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise lookup.problem("IR593", f"{shown} does not exist", f"looked at {path.absolute()}") from error
    except UnicodeDecodeError:
        raise lookup.problem("IR593", f"{shown} is no text in UTF-8") from None
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise lookup.problem("IR593", f"{shown} cannot be read: {reason}") from error
    try:
        return _parsed(text, kind)
    except Exception as error:  # each parser has errors of its own, all of which may quote the line
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        at = getattr(error, "lineno", None) or (line + 1 if line is not None else None)
        where = f" at line {at}" if at else ""
        raise lookup.problem("IR593", f"{shown} is no {kind.upper()}{where}") from None


def _parsed(text: str, kind: str) -> Any:
    match kind:
        case "json":
            return json.loads(text)
        case "yaml":
            import yaml

            return yaml.safe_load(text)
        case "toml":
            import tomllib

            return tomllib.loads(text)
        case "env":
            return read_dotenv(text)
        case _:
            return text.rstrip("\r\n")


def value_at(found: Any, key: str) -> Any:
    """The value of a key, or of a path of keys with points between them; None where there is none."""
    if isinstance(found, Mapping) and key in found:
        return found[key]
    for part in key.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return None
        found = found[part]
    return found


def warnings_of(path: Path, lookup: Lookup, *, shown: str = "") -> tuple[ConnectorProblem, ...]:
    """A warning where everybody on the machine may read the file."""
    real = path.resolve()
    if os.name != "posix" or any(real.is_relative_to(each) for each in _MOUNTS):
        return ()
    if not real.stat().st_mode & stat.S_IROTH:
        return ()
    return (lookup.problem("IR595", f"everybody on this machine may read the secrets in {shown or path}",
                           f"chmod 600 {shown or path}"),)  # fmt: skip
