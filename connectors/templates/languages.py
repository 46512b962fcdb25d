"""The languages that a body's template may be written in."""

from __future__ import annotations

from typing import Literal

from connectors.templates.language import BodyTemplate
from connectors.templates.places import Medium
from connectors.templates.plain import plain_template

Engine = Literal["jinja", "mustache", "handlebars", "none"]


def body_template(text: str, engine: Engine, medium: Medium) -> BodyTemplate:
    """The template, read in its language; what a language needs is loaded where it is used.

    Raises:
        TemplateProblem: it cannot be read, or a value stands where none may.
    """
    match engine:
        case "none":
            return plain_template(text, medium)
        case "jinja":
            from connectors.templates.jinja import JinjaTemplate

            return JinjaTemplate(text, medium)
        case "mustache" | "handlebars":
            from connectors.templates.mustache import MustacheTemplate

            return MustacheTemplate(text, medium, is_handlebars=engine == "handlebars")
