"""Which names a Jinja template takes from outside, and where they stand in its text."""

from __future__ import annotations

import re
from collections.abc import Container

from jinja2 import nodes
from jinja2.meta import find_undeclared_variables

from ir.templates import Reference, Segment

Path = tuple[Segment, ...]


def outside_names(tree: nodes.Template, text: str, known: Container[str]) -> list[Reference]:
    """Every path that begins with a name the template does not make itself.

    The elements of a loop over such a path count as its own: in `{% for order in rows %}{{ order.total }}{% endfor %}`
    stands `rows[0].total`.
    """
    outside = {each for each in find_undeclared_variables(tree) if each not in known}
    found: list[Reference] = []
    _Walk(outside, text, found).node(tree, {})
    return list({(each.path, each.span): each for each in found}.values())


class _Walk:
    def __init__(self, outside: set[str], text: str, found: list[Reference]) -> None:
        self._outside, self._text, self._found = outside, text, found
        self._offsets = [0]
        for line in text.splitlines(keepends=True):
            self._offsets.append(self._offsets[-1] + len(line))

    def node(self, node: nodes.Node, loops: dict[str, Path]) -> None:
        """`loops` {name: the path whose elements it stands for}."""
        if isinstance(node, nodes.For):
            self._loop(node, loops)
            return
        path = self._path(node, loops)
        if path is not None:
            self._note(path, node)
            return
        for each in node.iter_child_nodes():
            self.node(each, loops)

    def _loop(self, loop: nodes.For, loops: dict[str, Path]) -> None:
        self.node(loop.iter, loops)
        inside = dict(loops)
        over = self._path(loop.iter, loops)
        if isinstance(loop.target, nodes.Name):
            inside.pop(loop.target.name, None)
            if over is not None:
                inside[loop.target.name] = (*over, 0)
        else:
            for name in loop.target.find_all(nodes.Name):
                inside.pop(name.name, None)
        for each in (*loop.body, *([loop.test] if loop.test is not None else [])):
            self.node(each, inside)
        for each in loop.else_:
            self.node(each, loops)

    def _path(self, node: nodes.Node, loops: dict[str, Path]) -> Path | None:
        """The path that the node is, of names, attributes and constant keys."""
        match node:
            case nodes.Name(name=name, ctx="load"):
                return loops.get(name) or ((name,) if name in self._outside else None)
            case nodes.Getattr(node=inside, attr=name):
                before = self._path(inside, loops)
                return None if before is None else (*before, name)
            case nodes.Getitem(node=inside, arg=nodes.Const(value=str() | int() as key)):
                before = self._path(inside, loops)
                return None if before is None else (*before, key)
        return None

    def _note(self, path: Path, node: nodes.Node) -> None:
        word = str(node.attr if isinstance(node, nodes.Getattr) else node.name if isinstance(node, nodes.Name)
                   else path[-1])  # fmt: skip
        start = self._offsets[min(node.lineno, len(self._offsets)) - 1]
        pattern = (
            rf"\.\s*({re.escape(word)})\b" if isinstance(node, nodes.Getattr) else rf"(?<![\w.])({re.escape(word)})\b"
        )
        # the line number is that of the tag's beginning, so the word may stand below it
        spans = [each.span(1) for each in re.finditer(pattern, self._text) if each.start(1) >= start]
        taken = {each.span for each in self._found}
        span = next((each for each in spans if each not in taken), spans[0] if spans else (start, start + 1))
        self._found.append(Reference(path, span))
