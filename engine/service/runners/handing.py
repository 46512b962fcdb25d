"""What a run is handed in place of files that its process cannot read: its secrets, and config.toml without others'."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from connectors.configuration import FILE, everything
from connectors.handed import Handed, file_key
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.secrets.environment import SECRETS
from connectors.secrets.files import in_file, read_file
from connectors.secrets.lookup import Lookup
from connectors.secrets.owning import is_own
from engine.service.settings import ServiceSettings

_WITHHELD = "withheld"
_CONFIDENTIAL: Mapping[str, tuple[str, ...]] = {"mail": ("url", "password"), "ai": ("api_key",)}
_REFERENCES: Mapping[str, tuple[str, ...]] = {"mail": ("credentials_ref", "password_ref"), "ai": ("api_key_ref",)}


def handed_over(settings: ServiceSettings, *, workflow: str, others: Collection[str], base: Path,
                place: Path) -> Handed:  # fmt: skip
    """What a run of the workflow in the folder `base` may see of those in the home, which is `place`."""
    config, config_problem = _config(settings, place)
    named = {*settings.secrets, *_references(config, settings)}
    secrets, problem = _of_home(named, place, workflow=workflow, others=others)
    return Handed(secrets={**secrets, **dict(_of_files(named, (base, place)))}, config=config, secrets_problem=problem,
                  config_problem=config_problem)  # fmt: skip


def _config(settings: ServiceSettings, place: Path) -> tuple[Mapping[str, Any], str | None]:
    try:
        found = {name: part for name, part in everything(place).items() if name != "service"}
    except ConnectorProblem as problem:
        return {}, problem.message.removeprefix(f"{place / FILE} ")
    for name, keys in _CONFIDENTIAL.items():
        part = found.get(name)
        if name not in settings.secrets and isinstance(part, dict):
            found[name] = {key: _WITHHELD if key in keys else value for key, value in part.items()}
    return found, None


def _references(config: Mapping[str, Any], settings: ServiceSettings) -> Iterator[str]:
    """Secrets that the sections name which workflows may use."""
    for name, keys in _REFERENCES.items():
        part = config.get(name)
        if name in settings.secrets and isinstance(part, dict):
            yield from (str(part[key]) for key in keys if key in part)
    servers = config.get("mcp")
    for name, part in servers.items() if isinstance(servers, dict) else ():
        if f"mcp:{name}" in settings.secrets and isinstance(part, dict):
            yield from (str(part["token_ref"]),) if "token_ref" in part else ()
            variables = part.get("secret_env")
            yield from map(str, variables.values() if isinstance(variables, dict) else ())


def _of_home(
    named: Collection[str], place: Path, *, workflow: str, others: Collection[str]
) -> tuple[dict[str, Any], str | None]:
    path = place / SECRETS
    if not path.exists():
        return {}, None
    try:
        found = read_file(path, Lookup(name="", reference="", base=place, policy=Policy.open()), "toml")
    except ConnectorProblem as problem:
        return {}, problem.message
    return {name: value for name, value in _every(found)
            if name in named or f"name:{name}" in named
            or is_own("name", name, workflow=workflow, others=others)}, None  # fmt: skip


def _every(found: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Every name that a reference may have, with points between the parts of a path; shorter paths come first."""
    for key, value in found.items():
        yield f"{before}{key}", value
    for key, value in found.items():
        if isinstance(value, Mapping):
            yield from ((name, each) for name, each in _every(value, f"{before}{key}.") if name not in found)


def _of_files(named: Collection[str], folders: Sequence[Path]) -> Iterator[tuple[str, Any]]:
    """Secrets in files of their own. One that cannot be read is told of by the run that asks for it."""
    for reference in named:
        word, colon, name = reference.partition(":")
        if word != "file" and (colon or "/" not in reference):
            continue
        written, _, key = (name if colon else reference).partition("#")
        for folder in folders:
            lookup = Lookup(name=name if colon else reference, reference=reference, base=folder, policy=Policy.open())
            try:
                yield file_key(folder / Path(written).expanduser(), key), in_file(lookup).value
            except ConnectorProblem:
                continue
