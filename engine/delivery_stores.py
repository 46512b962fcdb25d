"""What a file delivery asks of the store it goes to, as far as that is known without opening it."""

from __future__ import annotations

import re
from pathlib import Path

from connectors.location import locate
from connectors.problem import ConnectorProblem
from connectors.storage.destination import check_scheme, folder_of
from connectors.storage.kinds import kind_of
from engine.places import report
from ir.diagnostics import Pointer, Problems
from ir.model.file_delivery import FileDelivery

_NOWHERE = Path()
_TOKEN = r"[A-Za-z0-9!#$&^_.+-]{1,127}"
_VALUE = r"""(?:[A-Za-z0-9!#$&'*+.^_`|~-]+|"[\x20-\x21\x23-\x5b\x5d-\x7e]*")"""
_MEDIA_TYPE = re.compile(rf"{_TOKEN}/{_TOKEN}(?:\s?;\s?{_TOKEN}={_VALUE})*")


def check_store(delivery: FileDelivery, at: Pointer, problems: Problems) -> None:
    """A destination that no file system is known for, and options that its store cannot follow.

    Whether the package of a scheme is installed here is asked by the run.
    """
    options, content_type = delivery.options, delivery.options.content_type
    if content_type is not None and not _MEDIA_TYPE.fullmatch(content_type):
        problems.error("IR621", "content_type is no media type", at=(*at, "options", "content_type"),
                       hint="write one such as text/csv, or text/csv; charset=utf-8")  # fmt: skip
    try:
        folder = folder_of(delivery.destination)
        if "{{" in folder.partition("://")[0]:
            return
        check_scheme(folder, installed=False)
        location = locate(folder, base=_NOWHERE)
        kind = None if location.path is not None else kind_of(location.scheme)
    except ConnectorProblem as problem:
        report(problem, problems, at=at)
        return
    if options.public and kind is not None and not kind.can_publish:
        problems.error("IR620", f"files cannot be made public on {kind.name}", at=(*at, "options", "public"),
                       hint="leave public out, or deliver to s3, google-drive or dropbox")  # fmt: skip
    if content_type is not None and (kind is None or not kind.keeps_media_types):
        where = "a local folder" if kind is None else kind.name
        problems.warning("IR622", f"content_type means nothing here: {where} keeps no media types",
                         at=(*at, "options", "content_type"), on_key=True, hint="leave it out")  # fmt: skip
