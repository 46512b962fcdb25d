"""The stores files can lie in: a new one is a module of its own and a line here."""

from __future__ import annotations

from pathlib import Path

from connectors.location import locate
from connectors.problem import ConnectorProblem
from ir.diagnostics import did_you_mean
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreKind:
    """A kind of store: how it is named, what opens it ("module:class", loaded when needed), and what it can do."""

    name: str
    """In words."""
    schemes: tuple[str, ...]
    opens: str
    plugin_key: str | None = None
    extra: str | None = None
    """The extra of weirflow that installs what it needs."""
    needs: str | None = None
    """The module of that extra."""
    can_publish: bool = False
    """Whether a file there can be made readable for anyone."""
    keeps_media_types: bool = False
    """Whether a file there has a media type of its own."""

    @property
    def is_installed(self) -> bool:
        """Whether what it needs is here."""
        from importlib.util import find_spec

        if self.needs is not None:
            return find_spec(self.needs) is not None
        import fsspec

        try:
            fsspec.get_filesystem_class(self.schemes[0])
        except ImportError:
            return False
        return True


_KINDS = (
    StoreKind(name="S3", plugin_key="s3", schemes=("s3", "s3a"), opens="connectors.storage.s3.store:S3Store",
              extra="s3", needs="s3fs", can_publish=True, keeps_media_types=True),
    StoreKind(name="Google Drive", plugin_key="google-drive", schemes=("gdrive",),
              opens="connectors.storage.drive.store:DriveStore", extra="google-drive", needs="aiohttp",
              can_publish=True, keeps_media_types=True),
    StoreKind(name="Dropbox", plugin_key="dropbox", schemes=("dropbox",),
              opens="connectors.storage.dropbox.store:DropboxStore", extra="dropbox", needs="aiohttp",
              can_publish=True),
    StoreKind(name="Google Cloud Storage", schemes=("gs", "gcs"), opens="connectors.storage.gcs.store:GcsStore",
              extra="gcs", needs="aiohttp", keeps_media_types=True),
    StoreKind(name="Azure Blob Storage", schemes=("az", "abfs", "abfss"),
              opens="connectors.storage.azure.store:AzureStore", extra="azure", needs="aiohttp",
              keeps_media_types=True),
)  # fmt: skip
_BY_SCHEME = {scheme: each for each in _KINDS for scheme in each.schemes}
_BY_PLUGIN = {each.plugin_key: each for each in _KINDS if each.plugin_key is not None}
_NOWHERE = Path()
_OTHER = "connectors.storage.store:Store"
_PACKAGES = {
    "http": "'weirflow[http]'",
    "https": "'weirflow[http]'",
    "sftp": "paramiko",
    "ssh": "paramiko",
    "smb": "smbprotocol",
}


def kind_of(scheme: str) -> StoreKind:
    """The store of a URL's scheme: one of ours, else whatever fsspec has for it.

    Raises:
        ConnectorProblem: IR506 for a scheme that nothing is known of.
    """
    known = _BY_SCHEME.get(scheme)
    if known is not None:
        return known
    import fsspec

    try:
        fsspec.get_filesystem_class(scheme)
    except ImportError:
        pass  # a package that this machine lacks; what opens the location says so
    except ValueError as error:
        raise no_file_system(scheme) from error
    return StoreKind(name=f"{scheme}://", schemes=(scheme,), opens=_OTHER)


def no_file_system(scheme: str, *, verb: str = "opened") -> ConnectorProblem:
    """IR506 for a scheme that nothing here opens."""
    key = ("destination", "path") if verb == "written" else ("location",)
    known, package = _BY_SCHEME.get(scheme), _PACKAGES.get(scheme)
    if known is not None:
        package = f"'weirflow[{known.extra}]'"
    return ConnectorProblem(
        "IR506", f"{scheme}:// locations cannot be {verb} here", key=key,
        hint=f"pip install {package}" if package else "write a local path or a URL of a scheme fsspec knows",
    )  # fmt: skip


def plugin_of(scheme: str) -> str | None:
    """The plugin key of a scheme's store, whose bare name is looked up where no credentials_ref is given."""
    known = _BY_SCHEME.get(scheme)
    return None if known is None else known.plugin_key


def url_of(plugin_key: str | None, path: str) -> str:
    """The folder of a destination as a URL; what is local stays a path.

    Raises:
        ConnectorProblem: IR204 for a plugin key that is no store's, or a URL that is of another one.
    """
    if plugin_key in {None, "local"}:
        return path
    kind = _BY_PLUGIN.get(plugin_key)
    if kind is None:
        keys = ["local", *(each.plugin_key for each in _KINDS if each.plugin_key)]
        raise ConnectorProblem("IR204", f'"{plugin_key}" is not one of {", ".join(keys)}',
                               key=("destination", "plugin_key"), hint=did_you_mean(str(plugin_key), keys))  # fmt: skip
    if "://" not in path:
        bare = path.removeprefix("./").lstrip("/")
        return f"{kind.schemes[0]}://{'' if bare == '.' else bare}"
    scheme = locate(path, base=_NOWHERE).scheme
    if scheme not in kind.schemes:
        raise ConnectorProblem("IR204", f"{scheme}:// is no place of {kind.name}", key=("destination", "plugin_key"),
                               hint="leave plugin_key out: the URL tells the store")  # fmt: skip
    return path
