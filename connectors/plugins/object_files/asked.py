"""What is asked of an S3 store for a call: operations and their parameters by Amazon's names for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Asked = tuple[str, dict[str, Any]]
Params = Mapping[str, Any]
_PAGE = 1000


def _place(params: Params) -> dict[str, Any]:
    return {"Bucket": params["bucket"], "Key": params["path"]}


def _list(params: Params) -> Asked:
    folder = params.get("folder") or ""
    prefix = f"{folder}/" if folder and not folder.endswith("/") else folder
    asked = {"Bucket": params["bucket"], "Prefix": prefix, "MaxKeys": min(params.get("limit") or _PAGE, _PAGE)}
    if not params.get("recursive", True):
        asked["Delimiter"] = "/"
    if params.get("after"):
        asked["StartAfter"] = params["after"]
    return "ListObjectsV2", asked


def _upload(params: Params) -> Asked:
    file = params["file"]
    asked = {**_place({**params, "path": path_of(params)}), "ContentType": file.get("mime"),
             "ContentLength": file.get("size")}  # fmt: skip
    if not params.get("overwrite", True):
        asked["IfNoneMatch"] = "*"
    if params.get("public"):
        asked["ACL"] = "public-read"
    return "PutObject", asked


def _copy(params: Params) -> Asked:
    target = {"Bucket": params.get("to_bucket") or params["bucket"], "Key": params["to_path"]}
    return "CopyObject", {**target, "CopySource": _place(params)}


def _delete_many(params: Params) -> Asked:
    objects = [{"Key": each} for each in params["paths"]]
    return "DeleteObjects", {"Bucket": params["bucket"], "Delete": {"Objects": objects, "Quiet": True}}


def path_of(params: Params) -> str:
    """Where an uploaded file is put: its folder, then its own name or the one that is given."""
    name = params.get("name") or params["file"]["name"]
    folder = (params.get("folder") or "").strip("/")
    return f"{folder}/{name}" if folder else str(name)


ASKED: Mapping[str, Callable[[Params], Asked]] = {
    "list": _list,
    "upload": _upload,
    "download": lambda params: ("GetObject", _place(params)),
    "metadata": lambda params: ("HeadObject", _place(params)),
    "delete": lambda params: ("DeleteObject", _place(params)),
    "delete_many": _delete_many,
    "copy": _copy,
    "link": lambda params: ("GetObject", _place(params)),
}
"""By the driver's word for what an action does."""
