"""What a manifest says of one request and its answer."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from ir.model.base import Section

Encoding = Literal["json", "form", "multipart", "multipart_related", "raw", "none"]


class Part(Section):
    """One part of a multipart body: a value, or the bytes of a file."""

    value: Any = Field(None, description="A template; what is no text is written as JSON.")
    file: Any = Field(None, description="A template that gives a file value.")
    filename: Any = Field(None, description="The name that goes along; by default that of the file value.")
    content_type: Any = Field(None, description="By default that of the file value.")


class RequestManifest(Section):
    """One request: every text may hold {{references}}."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "{{params.method}}"] = Field(
        "GET", description="The method, or that of a parameter of this name."
    )
    path: str | list[Any] | None = Field(None, description="Below base_url; values in it are percent-encoded.")
    base_url: str | None = Field(None, description="Instead of the plugin's base_url, for this request.")
    url: str | None = Field(None, description="A whole address out of an answer; only to hosts of the manifest.")
    query: dict[str, Any] | str = Field(default_factory=dict, description="Query parameters; lists repeat the name.")
    headers: dict[str, Any] = Field(default_factory=dict, description="Headers of this request, or a filter.")
    body: Any = Field(
        None,
        description="The body's template; raw: text, bytes or a file value; multipart without parts: {values, files}.",
    )
    encoding: Encoding | None = Field(None, description="How the body is written; json where there is one.")
    parts: dict[str, Part] = Field(default_factory=dict, description="With encoding multipart: its parts.")
    metadata: Any = Field(None, description="With encoding multipart_related: the JSON of the first part.")
    media: Any = Field(None, description="With encoding multipart_related: the file of the second part.")
    media_type: Any = Field(None, description="The media's type, where it is no file value.")
    is_repeatable: bool = Field(False, description="Whether it may be sent again where nobody knows what it did.")
    is_authenticated: bool = Field(True, description="false: the connection's secrets are not sent.")
    timeout_s: float | None = Field(None, gt=0, le=3600, description="Instead of the plugin's.")
    driver: dict[str, Any] = Field(default_factory=dict, description="What drivers other than http ask for.")


class ResponseManifest(Section):
    """What becomes of an answer."""

    decode: Literal["json", "ndjson", "text", "xml", "file", "none", "any"] = Field(
        "json", description="What a body is; any: JSON where its Content-Type says so or it reads as such, else a text."
    )
    select: str | None = Field(None, description="The path of the result in the answer.")
    output: Any = Field(None, description="A template of the result, instead of select.")
    total: str | None = Field(None, description="The path of how many items there are in all.")
    filename: Any = Field(None, description="With decode file: its name, where no header tells it.")
    content_type: Any = Field(None, description="With decode file: its media type, where no header tells it.")
    base64_key: str | None = Field(
        None, description="With decode file: the key of a JSON answer whose text is the file in base64."
    )
    max_bytes: int | None = Field(
        None, gt=0, description="A larger answer is refused; absent: 32 MB, much more of files."
    )


class RetryAfter(Section):
    """How long a service wants to be left alone."""

    header: str | None = Field(None, description="A header: seconds, or a moment.")
    epoch_header: str | None = Field(None, description="A header with a moment in seconds since 1970.")
    path: str | None = Field(None, description="A path in the answer: seconds.")
    fixed_s: float | None = Field(None, ge=0, description="Always so many seconds.")


class Condition(Section):
    """What holds of an answer; all the keys that are given hold together."""

    status: int | list[int] | None = Field(None, description="The status, or one of them.")
    header: str | None = Field(None, description="A header, compared in place of a path.")
    path: str | None = Field(None, description="A path in the answer.")
    equals: Any = Field(None, description="It has this value.")
    one_of: list[Any] | None = Field(None, alias="in", description="It has one of these values.")
    contains: str | None = Field(None, description="Its text holds this, in upper or lower case.")
    exists: bool | None = Field(None, description="It is there, or is not.")
    retry_after: RetryAfter | None = Field(None, description="How long to wait then.")


class Errors(Section):
    """How a service says no."""

    success_when: Condition | None = Field(None, description="What holds of a 2xx that did succeed.")
    message_path: str | list[str] | None = Field(None, description="Where its words are; the first that is there.")
    rate_limit: list[Condition] = Field(default_factory=list, description="Too many requests; nothing was done.")
    retry: list[Condition] = Field(default_factory=list, description="Passes by itself, beside 5xx and timeouts.")
    not_found: list[Condition] = Field(default_factory=list, description="There is no such thing.")
    already_exists: list[Condition] = Field(default_factory=list, description="There is one already.")


class Items(Section):
    """An answer that tells of each thing of the list that was sent whether it was done, in the order of the list."""

    of: str | None = Field(None, description="The path of that list in the answer; absent: the answer itself.")
    success_when: Condition = Field(description="What holds of a thing that was done; paths begin at it.")
    message_path: str | list[str] | None = Field(None, description="Where its words are; the first that is there.")
    undone: Condition | None = Field(
        None, description="What holds of one that failed for the sake of another alone: nothing was done then."
    )


class PageSize(Section):
    """How many items a page holds."""

    name: str = Field(description="The parameter's name.")
    value: Any = Field(description="How many; a template may stand.")


class Place(Section):
    """Where a page's token goes in the next request."""

    query: str | None = Field(None, description="A query parameter.")
    body: str | None = Field(None, description="A key of the body; dots go into objects.")
    header: str | None = Field(None, description="A header.")


class Pagination(Section):
    """How further pages of a result are asked for."""

    style: Literal["cursor", "offset", "page", "by_id", "link_header", "next_url", "continue", "none", "asked"] = Field(
        description="How; by_id: behind the last ID; none: there is one page; asked: as the call's own paging says."
    )
    order: Literal["falling", "rising"] = Field(
        "falling", description="With by_id: whether further pages have smaller IDs or larger ones."
    )
    items: str | None = Field(None, description="The path of a page's items; absent: the answer itself.")
    token: str | None = Field(
        None, description="The path of the next page's token, or of its address; by_id: in an item."
    )
    to: Place | None = Field(None, description="Where the token, the offset or the page's number goes.")
    page_size: PageSize | None = Field(None, description="How many items a page holds.")
    more: str | None = Field(None, description="The path of whether there are more pages.")
    start: int | None = Field(None, ge=0, description="The first page's number (1) or offset (0).")
    request: RequestManifest | None = Field(None, description="With style continue: how further pages are asked for.")
    max_pages: int = Field(1000, gt=0, description="After so many pages the result is refused as endless.")
    max_items: Any = Field(None, description="A template: no more items than this.")


class Upload(Section):
    """How a file goes up in parts. The step's request sends one: {{part.file}} is its body, and {{part.start}},
    {{part.end}}, {{part.last}}, {{part.size}}, {{part.total}} and {{part.is_last}} say which bytes these are."""

    file: Any = Field(description="A template that gives the file value.")
    part_bytes: int = Field(gt=0, le=256 * 1024**2, description="So many bytes of it are one part.")
    incomplete: Condition | None = Field(
        None, description="What holds of an answer that wants more. Without it every part is answered alike."
    )
    position: Any = Field(None, description="A template of such an answer: from which byte more is wanted; else 0.")
    wrong_position: Condition | None = Field(
        None, description="What holds of a refusal that only tells the position from which more is wanted."
    )
    ask: RequestManifest | None = Field(
        None, description="Asks how far the upload is, after a failure. Without it the same part is sent again."
    )
    begin: str | None = Field(
        None, description="The earlier step that begins the upload: carried out anew, once, where not_found is met."
    )


class Found(Section):
    """What is looked for after a request of which nobody knows whether it took effect, before it is sent again."""

    request: RequestManifest = Field(description="Looks for what the step would have made; not_found says: not there.")
    when: dict[str, Any] = Field(description="A condition: its answer shows what the step would have made.")


class Step(Section):
    """One of several requests that make an action."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="Its result is {{steps.<id>}}.")
    when: dict[str, Any] | None = Field(
        None, description="is_empty, is_set, equals, more_than, not …: else the step is left out."
    )
    for_each: Any = Field(None, description="A list: one request for each {{item}}.")
    at_once: int = Field(8, gt=0, le=64, description="With for_each: so many requests at the same time.")
    request: RequestManifest | None = Field(None, description="The request.")
    response: ResponseManifest = Field(default_factory=ResponseManifest, description="Its answer.")
    pagination: Pagination | None = Field(None, description="Further pages.")
    upload: Upload | None = Field(None, description="The request is sent for each part of a file.")
    found: Found | None = Field(
        None, description="Looks for the result where an answer was lost, and takes the place of that answer."
    )
    is_streamed: bool = Field(False, description="With pages: the later steps are carried out for each page by itself.")
    value: Any = Field(None, description="A template instead of a request: something worked out.")
    fail: str | None = Field(None, description="A template instead of a request: why the call ends here.")
    action: str | None = Field(None, description="Another action of this plugin, instead of a request …")
    parameters: dict[str, Any] = Field(default_factory=dict, description="… and its parameters.")
    once: Any = Field(None, description="A template: steps for which it is the same are carried out once in a run.")
    on: dict[str, Literal["continue", "fail"]] = Field(default_factory=dict, description="{not_found: continue}.")
