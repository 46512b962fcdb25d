"""Calls of an S3 store carried out, each in the thread that asks for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from connectors.plugins.files import FileStore
from connectors.plugins.object_files.asked import ASKED, path_of
from connectors.problem import ConnectorProblem
from connectors.storage.s3.problems import code_of
from connectors.storage.s3.store import S3Store
from connectors.storage.store import Upload
from ir.records import dataclass

_MISSING = frozenset({"NoSuchKey", "404", "NotFound"})
_MOST_BYTES = 512 * 1024**2
_HOUR_S = 3600
Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """The operations of one store. Each raises a ConnectorProblem and nothing else."""

    store: S3Store
    files: FileStore | None

    def pages(self, params: Params) -> Iterator[list[dict[str, Any]]]:
        """The files of a folder, a thousand at a time."""
        shown, left = f"s3://{params['bucket']}/{params.get('folder') or ''}", params.get("limit")
        more: dict[str, Any] = {}
        while left is None or left > 0:
            operation, asked = ASKED["list"](params)
            answer = self._ask(operation, {**asked, **more}, shown, "read")
            page = [*map(_folder, answer.get("CommonPrefixes", ())), *map(_listed, answer.get("Contents", ()))]
            page = page if left is None else page[:left]
            yield page
            left = None if left is None else left - len(page)
            if not answer.get("IsTruncated"):
                return
            more = {"ContinuationToken": answer["NextContinuationToken"]}

    def upload(self, params: Params, key: str) -> dict[str, Any]:
        """Puts a file in its place, in parts where it is large. `key` tells a second attempt from another file."""
        path = self._files.path(params["file"])
        bucket, name = params["bucket"], path_of(params)
        upload = Upload(
            overwrite=params.get("overwrite", True), public=bool(params.get("public")),
            media_type=str(params["file"].get("mime") or "application/octet-stream"),
            token=hashlib.sha256(key.encode()).hexdigest()[:32],
        )  # fmt: skip
        shown = f"s3://{bucket}/{name}"
        try:
            link = self.store.put(path, f"{bucket}/{name}", upload)
        except FileExistsError as error:
            raise ConnectorProblem("IR605", f"{shown} is there already", key=("config", "overwrite"),
                                   hint="write overwrite: true, or another name") from error  # fmt: skip
        except Exception as error:
            raise self._told(error, shown, "written") from error
        return {"bucket": bucket, "path": name, "size": params["file"].get("size"), "url": link or shown}

    def download(self, params: Params) -> dict[str, Any]:
        """A file with its bytes."""
        shown = _shown(params)
        operation, asked = ASKED["download"](params)

        async def read() -> tuple[bytes, str | None]:
            client = await self.store.system.set_session()
            answer = await getattr(client, _METHODS[operation])(**asked)
            if answer["ContentLength"] > _MOST_BYTES:
                raise ConnectorProblem("IR694", f"{shown} has more than {_MOST_BYTES:,} bytes", key=("config", "path"))
            async with answer["Body"] as body:
                return await body.read(), answer.get("ContentType")

        content, mime = self._wait(read(), shown, "read")
        return self._files.put(params.get("name") or params["path"], content, mime=mime)

    def metadata(self, params: Params) -> dict[str, Any]:
        """What the store knows of a file."""
        operation, asked = ASKED["metadata"](params)
        answer = self._ask(operation, asked, _shown(params), "read")
        return {
            "path": params["path"], "name": params["path"].rpartition("/")[2], "size": answer.get("ContentLength"),
            "modified": _moment(answer.get("LastModified")), "etag": _etag(answer),
            "mime": answer.get("ContentType"), "metadata": answer.get("Metadata") or {},
        }  # fmt: skip

    def delete(self, params: Params) -> dict[str, Any]:
        """Deletes a file; one that is not there is no error, as it is none to the store."""
        operation, asked = ASKED["delete"](params)
        self._ask(operation, asked, _shown(params), "deleted")
        return {"path": params["path"]}

    def delete_many(self, params: Params) -> dict[str, Any]:
        """Deletes files.

        Raises:
            ConnectorProblem: IR608 where the store refuses some; the others are deleted.
        """
        operation, asked = ASKED["delete_many"](params)
        answer = self._ask(operation, asked, f"s3://{params['bucket']}", "deleted")
        errors = answer.get("Errors") or []
        if errors:
            raise ConnectorProblem("IR608", f"{len(errors)} of {len(params['paths'])} files could not be deleted: "
                                   f"{errors[0].get('Key')}: {errors[0].get('Code')}",
                                   key=("config", "paths"))  # fmt: skip
        return {"deleted": len(params["paths"])}

    def copy(self, params: Params) -> dict[str, Any]:
        """Copies a file within the store."""
        operation, asked = ASKED["copy"](params)
        self._ask(operation, asked, _shown(params), "copied")
        return {"bucket": asked["Bucket"], "path": asked["Key"]}

    def link(self, params: Params) -> dict[str, Any]:
        """A link that works for some time; it is made here, and the store is not asked."""
        operation, asked = ASKED["link"](params)
        expires_s = params.get("expires_in_s") or _HOUR_S

        async def sign() -> str:
            client = await self.store.system.set_session()
            return str(await client.generate_presigned_url(_METHODS[operation], Params=asked, ExpiresIn=expires_s))

        return {"url": self._wait(sign(), _shown(params), "shared")}

    @property
    def _files(self) -> FileStore:
        if self.files is None:
            raise ConnectorProblem("IR694", "there is no place for files here")
        return self.files

    def _ask(self, operation: str, asked: Mapping[str, Any], shown: str, verb: str) -> dict[str, Any]:
        async def ask() -> dict[str, Any]:
            client = await self.store.system.set_session()
            found: dict[str, Any] = await getattr(client, _METHODS[operation])(**asked)
            return found

        found: dict[str, Any] = self._wait(ask(), shown, verb)
        return found

    def _wait(self, work: Any, shown: str, verb: str) -> Any:
        try:
            return self.store.waited_for(work)
        except ConnectorProblem:
            raise
        except Exception as error:
            raise self._told(error, shown, verb) from error

    def _told(self, error: Exception, shown: str, verb: str) -> ConnectorProblem:
        if code_of(error) in _MISSING and verb != "written":
            return ConnectorProblem("IR505", f"there is no file {shown}", key=("config", "path"))
        problem = self.store.problem(error, shown, verb=verb)
        if problem.key[:1] != ("credentials_ref",):
            problem.key = ("config", "bucket" if problem.code == "IR587" else "path")
        return problem


_METHODS = {
    "ListObjectsV2": "list_objects_v2", "GetObject": "get_object", "HeadObject": "head_object",
    "DeleteObject": "delete_object", "DeleteObjects": "delete_objects", "CopyObject": "copy_object",
}  # fmt: skip
"""What botocore calls them."""


def _shown(params: Params) -> str:
    return f"s3://{params['bucket']}/{params['path']}"


def _listed(found: Mapping[str, Any]) -> dict[str, Any]:
    return {"path": found["Key"], "name": found["Key"].rpartition("/")[2], "size": found.get("Size"),
            "modified": _moment(found.get("LastModified")), "etag": _etag(found), "is_folder": False}  # fmt: skip


def _folder(found: Mapping[str, Any]) -> dict[str, Any]:
    path = str(found["Prefix"]).rstrip("/")
    return {"path": path, "name": path.rpartition("/")[2], "size": None, "modified": None, "etag": None,
            "is_folder": True}  # fmt: skip


def _etag(found: Mapping[str, Any]) -> str | None:
    etag = found.get("ETag")
    return None if etag is None else str(etag).strip('"')


def _moment(value: Any) -> str | None:
    return None if value is None else value.isoformat().replace("+00:00", "Z")
