"""The plugins that there are: those shipped, those of installed packages, and the manifests of a workflow's folders."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from connectors.plugins.plugin import Plugin
from connectors.plugins.reading import read_plugin
from connectors.plugins.versions import parse_range, parse_version
from connectors.problem import ConnectorProblem
from ir.diagnostics import did_you_mean
from ir.records import dataclass

SHIPPED = Path(__file__).parent / "manifests"
_ALIAS = re.compile(r"^aliases:\s*\[([^\]\n]*)\]", re.MULTILINE)
_VERSION = re.compile(r"^version:\s*[\"']?([0-9]+\.[0-9]+\.[0-9]+)", re.MULTILINE)
_KEY = re.compile(r"^key:\s*[\"']?([a-z0-9-]+)", re.MULTILINE)
_TITLE = re.compile(r"^title:\s*(.+?)\s*$", re.MULTILINE)
_DESCRIPTION = re.compile(r"^description:\s*([^>|\s].*?)\s*$", re.MULTILINE)
_HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A manifest's file, of which only the head has been read."""

    key: str
    version: str
    aliases: tuple[str, ...]
    file: Path
    is_shipped: bool
    title: str = ""
    description: str = ""
    is_installed: bool = False
    """Whether a package brings it, which is imported only when it is used."""

    def plugin(self) -> Plugin:
        """The plugin of this file, or of its package."""
        if self.is_installed:
            from connectors.plugins.python.installed import installed_plugin

            found = installed_plugin(self.key)
            assert found is not None
            return found
        return read_plugin(self.file, is_shipped=self.is_shipped)


def plugin_folders(base: Path) -> tuple[Path, ...]:
    """Where the manifests of a workflow in the folder `base` may stand."""
    return base / "plugins", base / ".weirflow" / "plugins"


def find_plugin(key: str, *, wanted: str | None = None, folders: Iterable[Path] = ()) -> Plugin:
    """The newest version of a plugin that is in the range; a folder's manifests come before those shipped.

    Raises:
        ConnectorProblem: IR204 for a key that no manifest has, IR696 where no version is in the range, IR695 for a
            manifest that cannot be used.
    """
    known = entries(folders)
    found = [each for each in known if each.key == key] or [each for each in known if key in each.aliases]
    if not found and key.startswith("mcp:"):
        from connectors.plugins.mcp.tools import open_plugin

        return open_plugin(key)
    if not found:
        from connectors.plugins.python.installed import installed_plugin

        package = installed_plugin(key)
        if package is not None:
            return _in_range(package, wanted)
        names = sorted({name for each in known for name in (each.key, *each.aliases)})
        raise ConnectorProblem("IR204", f'there is no plugin "{key}"', key=("plugin_key",),
                               hint=did_you_mean(key, names) or "weirflow list plugins shows them")  # fmt: skip
    own = [each for each in found if not each.is_shipped]
    found = own or found
    _refuse_twins(found)
    if wanted is None:
        return max(found, key=lambda each: parse_version(each.version)).plugin()
    try:
        best = parse_range(wanted).best([each.version for each in found])
    except ValueError as error:
        raise ConnectorProblem("IR205", str(error), key=("plugins", key)) from None
    if best is None:
        there = ", ".join(sorted((each.version for each in found), key=parse_version))
        raise ConnectorProblem("IR696", f"no version of {key} is in the range {wanted}", key=("plugins", key),
                               hint=f"there is {there}")  # fmt: skip
    return next(each for each in found if each.version == best).plugin()


def _refuse_twins(found: Iterable[Entry]) -> None:
    """
    Raises:
        ConnectorProblem: IR695 where two files of one folder are the same version and say different things.
    """
    seen: dict[tuple[str, str, Path], Path] = {}
    for each in found:
        other = seen.setdefault((each.key, each.version, each.file.parent), each.file)
        if other != each.file and other.read_bytes() != each.file.read_bytes():
            raise ConnectorProblem("IR695", f"{other.name} and {each.file.name} are both {each.key} {each.version}",
                                   hint="give one of them another version")  # fmt: skip


def _in_range(plugin: Plugin, wanted: str | None) -> Plugin:
    if wanted is not None and parse_range(wanted).best([plugin.version]) is None:
        raise ConnectorProblem("IR696", f"no version of {plugin.key} is in the range {wanted}",
                               key=("plugins", plugin.key), hint=f"there is {plugin.version}")  # fmt: skip
    return plugin


def entries(folders: Iterable[Path] = ()) -> list[Entry]:
    """All manifests that there are, by key and version."""
    found = [*(entry for each in folders for entry in _entries(each, is_shipped=False)),
             *_entries(SHIPPED, is_shipped=True)]  # fmt: skip
    return sorted(found, key=lambda each: (each.key, parse_version(each.version), each.is_shipped))


def newest(folders: Iterable[Path] = ()) -> Mapping[str, Entry]:
    """The newest manifest of each key; a folder's own come before those shipped, these before those of packages."""
    ordered = sorted(entries(folders), key=lambda each: (not each.is_shipped, parse_version(each.version)))
    return dict(sorted({each.key: each for each in (*_packages(), *ordered)}.items()))


def _packages() -> Iterator[Entry]:
    from connectors.plugins.python.installed import installed

    for each in installed():
        if each.dist is None:
            continue
        yield Entry(key=each.name, version=each.dist.version, aliases=(), file=Path(each.value), is_shipped=False,
                    title=each.name, description=each.dist.metadata["Summary"] or "",
                    is_installed=True)  # fmt: skip


def _entries(folder: Path, *, is_shipped: bool) -> Iterator[Entry]:
    if folder.is_dir():
        for file in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml"), *folder.glob("*.json")]):
            yield _of_head(file, is_shipped) or _of_whole(file, is_shipped)


def _of_whole(file: Path, is_shipped: bool) -> Entry:
    manifest = read_plugin(file, is_shipped=is_shipped).manifest
    return Entry(key=manifest.key, version=manifest.version, aliases=tuple(manifest.aliases), file=file,
                 is_shipped=is_shipped, title=manifest.title, description=manifest.description or "")  # fmt: skip


def _of_head(file: Path, is_shipped: bool) -> Entry | None:
    """What the head of a YAML file tells; None where it does not, and the whole is to be read."""
    with file.open("rb") as stream:
        head = stream.read(_HEAD_BYTES).decode("utf-8-sig", "replace")
    key, version, title = _KEY.search(head), _VERSION.search(head), _TITLE.search(head)
    aliases, description = _ALIAS.search(head), _DESCRIPTION.search(head)
    if not (key and version and title) or ("\naliases:" in head and not aliases):
        return None
    names = tuple(each.strip().strip("\"'") for each in aliases[1].split(",") if each.strip()) if aliases else ()
    return Entry(key=key[1], version=version[1], aliases=names, file=file, is_shipped=is_shipped,
                 title=title[1].strip("\"'"), description=description[1].strip("\"'") if description else "",
                 )  # fmt: skip
