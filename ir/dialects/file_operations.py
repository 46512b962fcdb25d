"""file_operations[]: generate_* become file deliveries, upload_file an action of the store's plugin."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError

from ir.dialects.pieces import Made, Piece, elements, member, members, plain, with_member, without
from ir.dialects.saying import Saying
from ir.dialects.sources import Sources
from ir.model.originals import FileOperation
from ir.references import frame_reference
from ir.structure import report_structure

Parts = dict[str, Piece]
_FORMATS = {
    "generate_pdf": ("pdf",),
    "generate_csv": ("csv", "txt"),
    "generate_excel": ("xlsx",),
    "generate_json": ("json",),
}
_STORES = {"aws-s3": "s3", "s3": "s3", "google-drive": "google-drive", "dropbox": "dropbox"}
_FOLDERS = {"location": "folder", "filename": "name"}
_UPLOADS = {
    "google-drive": {"location": "subfolder_name", "subfolder": "create_subfolder", "filename": "filename",
                     "public": "public"},
}  # fmt: skip
"""What the original's words are in the stores' actions; others have folders that are paths."""
_OVERWRITING = {"dropbox": ("mode", "overwrite", "add"), "onedrive": ("conflict", "replace", "fail")}
"""The parameter that says what is done with a file that is there, and its words; Google Drive keeps both files."""
_DATE_WORDS = (
    ("YYYY", "%Y"),
    ("yyyy", "%Y"),
    ("YY", "%y"),
    ("MM", "%m"),
    ("DD", "%d"),
    ("dd", "%d"),
    ("HH", "%H"),
    ("mm", "%M"),
    ("ss", "%S"),
)


def with_file_deliveries(root: Parts, saying: Saying) -> Parts:
    """The document with a file delivery or a plugin's action for each file operation."""
    written = root.get("file_operations")
    if written is None or not isinstance(written.value, list):
        return root
    rest = without(root, "file_operations")
    files: list[Piece] = []
    uploads: list[Piece] = []
    sources = Sources.of(root)
    for index, each in enumerate(elements(written)):
        value = plain(each)
        try:
            operation = FileOperation.model_validate(value)
        except ValidationError as error:
            report_structure(error, value, saying.problems, model=FileOperation, below=each.at)
            continue
        if operation.type == "upload_file":
            uploads.append(_upload(each, operation, index, saying))
        else:
            made = _delivery(each, operation, sources, saying)
            files += [made] if made is not None else []
    if files:
        rules = rest.get("delivery_rules") or Made({}, written.at)
        before = member(rules, "file_delivery")
        own = elements(before) if before is not None and isinstance(before.value, list) else [before] if before else []
        rest["delivery_rules"] = with_member(
            rules, "file_delivery", Made([*own, *files], before.at if before else written.at)
        )
    if uploads:
        steps = rest.get("plugin_operations") or Made([], written.at)
        rest["plugin_operations"] = Made([*elements(steps), *uploads], steps.at)
    return rest


def _delivery(written: Piece, operation: FileOperation, sources: Sources, saying: Saying) -> Piece | None:
    parts = members(written)
    output = members(parts["output_config"]) if "output_config" in parts else {}
    kind = _format(written, operation, output, saying)
    frame = _frame(parts.get("source_data"), written, sources, saying)
    destination = _destination(parts.get("upload_destination"), saying)
    if kind is None or frame is None or destination is None:
        return None
    found: dict[str, Any] = {key: parts[key] for key in ("id", "description", "depends_on") if key in parts}
    if frame.value != "data":
        found["input_source"] = frame
    found["format"] = kind
    if "columns" in output:
        found["columns"] = output["columns"]
    place, options = destination
    if place:
        found["destination"] = Made(place, parts["upload_destination"].at)
    if "filename" in output:
        found["filename_template"] = _filename(output["filename"], saying)
    for key, name in (("encoding", "encoding"), ("include_headers", "header")):
        if key in output and not (kind.value in ("pdf", "xlsx", "json") and key == "include_headers"):
            options[name] = output[key]
        elif key in output and plain(output[key]) is False:
            saying.refuse(
                output[key], f"the headers of {kind.value} are always written", hint="leave include_headers out"
            )
    if "date_format" in output:
        options["date_format"] = _date_format(output["date_format"])
    if "template" in output:
        saying.refuse(
            output["template"],
            "a file delivery has no text of its own",
            hint="write rendering: {title: …, sections: [{heading, text}]}",
        )
    if options:
        found["options"] = Made(options, parts.get("output_config", written).at)
    saying.read_as(parts["type"], f"{operation.type} is read as a file_delivery of format {kind.value}")
    return Made(found, written.at)


def _format(step: Piece, operation: FileOperation, output: Parts, saying: Saying) -> Piece | None:
    allowed = _FORMATS[operation.type]
    written = output.get("format")
    if written is None:
        return Made(allowed[0], step.at)
    name = {"excel": "xlsx"}.get(str(written.value), str(written.value))
    if name not in allowed:
        wanted = next(kind for kind, names in _FORMATS.items() if name in names)
        saying.problems.error(
            "IR206",
            f"{operation.type} with format {written.value}",
            at=written.at,
            hint=f"write type: {wanted}, or leave format out",
        )
        return None
    return Made(name, written.at)


def _frame(written: Piece | None, step: Piece, sources: Sources, saying: Saying) -> Piece | None:
    """The frame of `source_data`: data, a name, or the first source by its step."""
    if written is None:
        return Made("data", step.at)
    text = str(written.value).strip().strip("{}").strip()
    if re.fullmatch(r"step1(?:\.data)?", text):
        return Made(sources.names[0] if sources.names else "data", written.at)
    if re.fullmatch(r"step\d+(?:\.\w+)*", text):
        saying.refuse(
            written,
            f'"{written.value}" counts steps, and steps have names here',
            on_key=False,
            hint="write the output_variable of the step, or data",
        )
        return None
    name = frame_reference(text) or frame_reference(text.removesuffix(".data"))
    if name is None:
        saying.ask(
            written,
            f'"{written.value}" names no frame',
            on_key=False,
            hint="which rows are written? write data, a source's alias or an output_variable",
        )
        return None
    return Made(sources.find(name) or name, written.at)


def _destination(written: Piece | None, saying: Saying) -> tuple[Parts, dict[str, Any]] | None:
    """Where the file goes, and the options that follow from it."""
    if written is None:
        return {}, {}
    parts = members(written)
    store = parts["plugin_key"]
    if store.value not in _STORES:
        saying.refuse(
            store,
            f"files are not delivered to {store.value}",
            on_key=False,
            hint="deliver to google-drive, s3, dropbox or local, or write a plugin_operation",
        )
        return None
    place: Parts = {"plugin_key": Made(_STORES[str(store.value)], store.at)}
    if "location" in parts:
        place["path"] = parts["location"]
    if "credentials_ref" in parts:
        place["credentials_ref"] = parts["credentials_ref"]
    options: dict[str, Any] = {}
    if "overwrite" in parts:
        options["overwrite"] = parts["overwrite"]
    elif plain(parts.get("operation_type")) == "update":
        options["overwrite"] = Made(True, parts["operation_type"].at)
    public = _is_public(parts.get("permissions"), saying)
    if public:
        options["public"] = Made(True, parts["permissions"].at)
    return place, options


def _is_public(permissions: Piece | None, saying: Saying) -> bool:
    if permissions is None:
        return False
    value = plain(permissions)
    visibility = value.get("visibility") if isinstance(value, dict) else value
    if visibility == "public":
        return True
    if visibility == "shared" or (isinstance(value, dict) and value.get("shared_with")):
        saying.refuse(
            permissions,
            "a file delivery is shared with nobody in particular",
            hint="write a plugin_operation such as share_file after it",
        )
    elif visibility not in ("private", None):
        saying.ask(
            permissions, f'"{visibility}" is no permission', hint="may anyone read the file? write public or private"
        )
    return False


def _filename(written: Piece, saying: Saying) -> Piece:
    text = str(written.value)
    new = re.sub(r"(?<!\{)\{(\w+)\}(?!\})", r"{{\1}}", text)
    if new == text:
        return written
    saying.read_as(written, f"{text} is read as {new}", on_key=False)
    return Made(new, written.at)


def _date_format(written: Piece) -> Piece:
    text = str(written.value)
    if "%" in text:
        return written
    for letters, directive in _DATE_WORDS:
        text = text.replace(letters, directive)
    return Made(text, written.at)


def _upload(written: Piece, operation: FileOperation, index: int, saying: Saying) -> Piece:
    """Existing files moved: an action of the store's plugin, a row at a time where the files are the rows'."""
    parts = members(written)
    target = members(parts["upload_destination"])
    config: dict[str, Any] = {}
    names = _UPLOADS.get(str(target["plugin_key"].value), _FOLDERS)
    if "location" in target:
        folder = target["location"]
        text = str(folder.value)
        config[names["location"]] = Made(f"/{text.strip('/')}", folder.at) if names is _FOLDERS else folder
        if "subfolder" in names:
            config[names["subfolder"]] = Made(True, folder.at)
    if "overwrite" in target and (words := _OVERWRITING.get(str(target["plugin_key"].value))):
        parameter, replacing, failing = words
        config[parameter] = Made(replacing if target["overwrite"].value else failing, target["overwrite"].at)
    if "permissions" in target and "public" in names:
        config[names["public"]] = Made("public" in str(target["permissions"].value), target["permissions"].at)
    if "output_config" in parts and (filename := member(parts["output_config"], "filename")) is not None:
        config[names["filename"]] = filename
    found: dict[str, Any] = {
        "id": parts.get("id", Made(f"upload_{index + 1}", written.at)),
        "plugin_key": target["plugin_key"],
        "operation_type": Made("upload", target.get("operation_type", written).at),
        "config": Made(config, written.at),
    }
    found |= {key: parts[key] for key in ("description", "depends_on") if key in parts}
    if "source_data" in parts:
        found["input_source"] = parts["source_data"]
    if "credentials_ref" in target:
        found["credentials_ref"] = target["credentials_ref"]
    saying.read_as(parts["type"], f"upload_file is read as an action of {target['plugin_key'].value}")
    return Made(found, written.at)
