"""Webhook sources: what is accepted, and how a request proves where it comes from (section 3)."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from ir.model.ai import OutputSchema
from ir.model.base import Section
from ir.model.words import Names, refuse
from ir.templates import TemplateSyntax, parse_template


class WebhookValidation(Section):
    """How a request proves where it comes from."""

    method: Literal["hmac-sha256", "token", "basic-auth", "none"] = Field(
        description="none must be written, never defaulted."
    )
    secret_ref: Names | None = Field(None, description="One reference, or a list while secrets rotate.")
    signature_header: str | None = Field(None, description="The header with the signature or token; by format.")
    signature_format: Literal["generic", "github", "stripe", "slack", "standard-webhooks"] = Field(
        "generic", description="Whose way of signing."
    )
    tolerance_seconds: int = Field(300, ge=0, description="How old a signed time stamp may be.")

    @model_validator(mode="after")
    def _check_secret(self) -> WebhookValidation:
        if self.method != "none" and not self.secret_ref:
            raise refuse(f"{self.method} needs a secret", code="IR202", hint="write secret_ref: env:NAME")
        if self.method == "none" and self.secret_ref:
            raise refuse("a secret is given but method none does not use it", at=("secret_ref",), on_key=True,
                         hint="write method: hmac-sha256, token or basic-auth")  # fmt: skip
        if self.method != "hmac-sha256" and self.signature_format != "generic":
            raise refuse(f"{self.method} signs nothing", at=("signature_format",), on_key=True,
                         hint="write method: hmac-sha256")  # fmt: skip
        if self.method in {"basic-auth", "none"} and self.signature_header is not None:
            raise refuse(f"{self.method} reads no header of its own", at=("signature_header",), on_key=True,
                         hint="leave it out, or write method: hmac-sha256 or token")  # fmt: skip
        if self.signature_header is not None:
            check_header(self.signature_header, "signature_header")
        return self


class WebhookResponse(Section):
    """What an accepted request is answered."""

    status_code: int = Field(202, ge=200, le=599, description="The HTTP status.")
    body: Any = Field(None, description="Text or JSON with templates over `payload` and `run_id`.")


def check_header(name: str, key: str) -> None:
    """Refuse what cannot be the name of a header."""
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name):
        raise refuse(f'"{name}" cannot be the name of a header', at=(key,), hint="write such as X-Signature")


def _kind_of_schema(value: Any) -> str:
    is_output = isinstance(value, OutputSchema) or (isinstance(value, dict) and "fields" in value)
    return "<fields>" if is_output else "<json schema>"


PayloadSchema = Annotated[
    Annotated[OutputSchema, Tag("<fields>")] | Annotated[dict[str, Any], Tag("<json schema>")],
    Discriminator(_kind_of_schema),
]
"""JSON Schema, or an output_schema as AI operations have one, told apart by `fields`."""


class WebhookConfig(Section):
    """What is accepted and how it is checked."""

    event_type: str | None = Field(None, description="Other events are answered 202 and ignored.")
    validation: WebhookValidation = Field(description="How a request proves where it comes from.")
    payload_schema: PayloadSchema | None = Field(None, description="JSON Schema, or an output_schema with `fields`.")
    event_path: str | None = Field(None, description="Where the payload names its event.")
    idempotency_header: str | None = Field(None, description="The header that tells a repeated request.")
    response: WebhookResponse | None = Field(None, description="What an accepted request is answered.")
    batch_rows: int | None = Field(None, ge=1, description="Requests in one run; default: a run a request.")
    batch_seconds: float | None = Field(None, gt=0, description="How long requests are collected.")

    @model_validator(mode="after")
    def _check_header(self) -> WebhookConfig:
        if self.idempotency_header is not None:
            check_header(self.idempotency_header, "idempotency_header")
        if self.event_path is not None:
            try:
                parse_template(self.event_reference)
            except TemplateSyntax as problem:
                raise refuse(f'"{self.event_path}" is no path into a payload: {problem}', at=("event_path",),
                             hint="write such as data.kind or kinds[0]") from None  # fmt: skip
        return self

    @property
    def event_reference(self) -> str:
        """The event_path as a template."""
        path = (self.event_path or "").removeprefix("payload.")
        return f"{{{{payload{'' if path.startswith('[') else '.'}{path}}}}}"

    @property
    def is_batched(self) -> bool:
        """Whether several requests may be one run."""
        return (self.batch_rows or 1) > 1 or self.batch_seconds is not None
