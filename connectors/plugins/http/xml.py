"""Answers in XML, as nested values."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree


def read_xml(body: bytes) -> Any:
    """An element is its text, or a mapping of its children; children of the same name are a list.

    Raises:
        ValueError: it is no XML, or declares entities, by which a small text could grow without end.
    """
    if b"<!DOCTYPE" in body[:1000].upper() or b"<!ENTITY" in body:
        raise ValueError("a declaration of entities")
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from None
    return {_name(root): _value(root)}


def _value(element: ElementTree.Element) -> Any:
    if not len(element):
        return element.text or ""
    found: dict[str, Any] = {}
    for each in element:
        name, value = _name(each), _value(each)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
