"""What a manifest may say: one system, how it is reached, and its actions."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from connectors.plugins.requests import Errors, Items, Pagination, RequestManifest, ResponseManifest, Step
from ir.model.base import Section

Driver = Literal["http", "sql", "mongo", "files", "smtp", "imap", "mcp", "python"]
KEY_PATTERN = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
VERSION_PATTERN = r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$"


class Spec(Section):
    """The machine-readable specification by which the actions are tested."""

    name: str = Field(description="What it is called where it comes from.")
    format: Literal["openapi", "discovery", "botocore"] = Field(description="In what form it is written.")
    source: Literal["official", "other"] = Field(description="Whether the vendor wrote it.")


class ApiKey(Section):
    """A key of the connection in a header or a query parameter."""

    place: Literal["header", "query"] = Field(alias="in", description="Where it goes.")
    name: str = Field(description="What the header or the parameter is called.")
    value: Any = Field(description="A template of the connection.")


class Auth(Section):
    """How requests say who asks; templates of {{connection}}."""

    type: Literal["none", "bearer", "basic", "api_key", "oauth2", "aws_sigv4", "hmac"] = Field(description="How.")
    token: Any = Field(None, description="bearer: the token.")
    user: Any = Field(None, description="basic: the user.")
    password: Any = Field(None, description="basic: the password.")
    keys: list[ApiKey] = Field(default_factory=list, description="api_key: one or several keys.")
    query: Any = Field(
        None, description="none, oauth2: query parameters of the connection's own, an object by their names."
    )
    token_url: str | None = Field(None, description="oauth2: where tokens come from.")
    grant: Literal["refresh_token", "client_credentials", "service_account"] | None = Field(
        None, description="oauth2: what a token is asked for with; absent: as the connection's parts say."
    )
    scopes: list[str] = Field(default_factory=list, description="oauth2: what the token is for.")
    audience: str | None = Field(None, description="oauth2: for which API, where client credentials have to say so.")
    client_auth: Literal["body", "basic"] = Field("body", description="oauth2: how the client names itself.")
    is_optional: bool = Field(
        False, description="oauth2: whether requests go out without a token where the connection has nothing for one."
    )
    token_type: str = Field("Bearer", description="What stands before the token.")
    service: Any = Field(None, description="aws_sigv4: the service, such as s3.")
    region: Any = Field(None, description="aws_sigv4: the region.")
    header: str | None = Field(None, description="hmac: the header of the signature.")
    format: Literal["standard-webhooks", "github", "generic"] | None = Field(None, description="hmac: how it is made.")
    secret: Any = Field(None, description="hmac: the secret.")

    @property
    def needs_token(self) -> bool:
        """Whether nothing goes without an access token."""
        return self.type == "oauth2" and not self.is_optional


class Defaults(Section):
    """What holds for every request that says nothing else."""

    headers: dict[str, Any] = Field(default_factory=dict, description="Headers.")
    query: dict[str, Any] = Field(default_factory=dict, description="Query parameters.")
    timeout_s: float = Field(30, gt=0, le=3600, description="So long an answer may take.")


class Limit(Section):
    """How much of a service may be used: requests in a time, or at once."""

    name: str = Field(description="What it is called; limits of the same name share one count.")
    rate: float | None = Field(None, gt=0, description="So many units …")
    per_s: float = Field(1, gt=0, description="… in so many seconds.")
    key: str | None = Field(None, description="A template: each value has a count of its own; absent: the connection.")
    weight: float = Field(1, gt=0, description="So many units one request costs.")
    concurrency: int | None = Field(None, gt=0, description="So many requests at the same time.")


class Idempotency(Section):
    """How a service tells a request that it has seen."""

    style: Literal["none", "header", "body", "natural"] = Field(description="Where the key goes; natural: in the data.")
    name: str | None = Field(None, description="The header, or the key of the body.")
    lasts_h: float | None = Field(None, gt=0, description="So many hours it knows a key at least; absent: for good.")


class Rows(Section):
    """An action that takes rows."""

    parameter: str = Field(description="The parameter that takes them.")
    shape: Literal["objects", "lists"] = Field(description="What one row is.")
    max_items: int | None = Field(None, gt=0, description="So many in one call.")
    header_when_empty: Step | None = Field(None, description="The step that tells whether the target is empty.")


class Batch(Section):
    """Calls of single items that may be packed into one; results come back in their order."""

    parameter: str = Field(description="The list parameter.")
    max_items: int = Field(gt=0, description="So many in one call.")


class MessageParts(Section):
    """Which parameter each part of a message is, for an action that deliveries may use."""

    recipient: str | None = Field(None, description="To whom.")
    text: str | None = Field(None, description="The text.")
    html: str | None = Field(None, description="The text as HTML.")
    subject: str | None = Field(None, description="The subject.")
    attachments: str | None = Field(None, description="A list of file values.")
    cc: str | None = Field(None, description="To whom as well.")
    bcc: str | None = Field(None, description="To whom as well, unseen.")
    is_marked_up: bool = Field(False, description="Whether <…> in the text means something: values are escaped then.")


class Example(Section):
    """A call with the requests that it makes and what comes of their answers."""

    name: str = Field(description="What it shows.")
    connection: dict[str, Any] = Field(default_factory=dict, description="Instead of made-up credentials.")
    parameters: dict[str, Any] = Field(default_factory=dict, description="The call's parameters.")
    requests: list[dict[str, Any]] | None = Field(None, description="What is sent: method, url, body.")
    responses: list[dict[str, Any]] = Field(default_factory=list, description="What the service answers.")
    output: Any = Field(None, description="What the action gives.")


class ActionManifest(Section):
    """One action: what it takes, what it does, what it gives."""

    title: str | None = Field(None, description="What it is called.")
    aliases: list[str] = Field(default_factory=list, description="Other names of it.")
    kind: Literal["read", "write", "delete"] = Field(description="What it does to the system.")
    is_idempotent: bool = Field(False, description="Whether it may be sent twice without harm.")
    repeatable_when: dict[str, Any] | None = Field(
        None, description="A condition of the parameters, without which it is not sent twice after all."
    )
    spec_operation: str | None = Field(None, description="What the specification calls it.")
    parameters: dict[str, Any] = Field(default_factory=lambda: {"type": "object"}, description="A JSON Schema.")
    output_schema: dict[str, Any] | None = Field(None, description="A JSON Schema of the result.")
    request: RequestManifest | None = Field(None, description="The request.")
    response: ResponseManifest = Field(default_factory=ResponseManifest, description="Its answer.")
    pagination: Pagination | None = Field(None, description="Further pages.")
    steps: list[Step] = Field(default_factory=list, description="Several requests, instead of one.")
    output: Any = Field(None, description="With steps: a template of the result.")
    errors: Errors | None = Field(None, description="Beside the plugin's, asked first.")
    idempotency: Idempotency = Field(
        default_factory=lambda: Idempotency(style="none"), description="How a second attempt is told."
    )
    items: Items | None = Field(None, description="Where its answer tells of several things what became of each.")
    rows: Rows | None = Field(None, description="Where it takes rows.")
    batch: Batch | None = Field(None, description="Where calls may be packed.")
    message: MessageParts | None = Field(None, description="Where it sends messages.")
    limits: list[Limit] = Field(default_factory=list, description="Beside the plugin's.")
    weight: float | None = Field(None, gt=0, description="What it costs of each of the plugin's limits.")
    examples: list[Example] = Field(default_factory=list, description="At least one; they are tests as well.")
    deprecated: bool | str = Field(False, description="Whether there is a better one, and why.")
    replaced_by: str | None = Field(None, description="The better one.")


class Manifest(Section):
    """One system."""

    manifest_version: Literal[1] = Field(description="The version of this form.")
    key: str = Field(pattern=KEY_PATTERN, description="The plugin_key.")
    title: str = Field(description="What the system is called.")
    version: str = Field(pattern=VERSION_PATTERN, description="Of this manifest: major.minor.patch.")
    aliases: list[str] = Field(default_factory=list, description="Other plugin_keys.")
    docs: str | None = Field(None, description="The vendor's page.")
    driver: Driver = Field("http", description="What carries the actions out.")
    base_url: str | None = Field(None, description="Where its paths begin; {{connection.x}} may stand.")
    hosts: list[str] = Field(default_factory=list, description="Hosts beside base_url's that answers may lead to.")
    spec: Spec | None = Field(None, description="Its machine-readable specification.")
    connection: dict[str, Any] = Field(default_factory=lambda: {"type": "object"}, description="A JSON Schema.")
    auth: Auth = Field(default_factory=lambda: Auth(type="none"), description="How requests say who asks.")
    defaults: Defaults = Field(default_factory=Defaults, description="What holds for every request.")
    limits: list[Limit] = Field(default_factory=list, description="How much may be used.")
    errors: Errors = Field(default_factory=Errors, description="How it says no.")
    actions: dict[str, ActionManifest] = Field(min_length=1, description="What it can do.")
