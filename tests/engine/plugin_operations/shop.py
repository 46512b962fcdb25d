"""A small service with a manifest, and workflows that call it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.servers.service import Service
from tests.workflows import inline, workflow

MANIFEST: dict[str, Any] = {
    "manifest_version": 1, "key": "shop", "title": "Shop", "version": "1.2.0", "base_url": "https://shop.example",
    "connection": {"type": "object", "required": ["token"],
                   "properties": {"token": {"type": "string", "writeOnly": True}}},
    "auth": {"type": "bearer", "token": "{{connection.token}}"},
    "errors": {"message_path": "error"},
    "actions": {
        "create_order": {
            "aliases": ["new_order"], "kind": "write",
            "parameters": {"type": "object", "required": ["customer"], "properties": {
                "customer": {"type": "string"}, "amount": {"type": "number"}, "note": {"type": "string"},
                "day": {"type": "string"}, "at": {"type": "string", "format": "date-time"},
                "tags": {"type": "array", "items": {"type": "string"}},
            }},
            "output_schema": {"type": "object", "properties": {"id": {"type": "string"}, "total": {"type": "number"}}},
            "request": {"method": "POST", "path": "/orders", "body": {
                "customer": "{{params.customer}}", "amount": "{{params.amount}}", "note": "{{params.note}}",
                "day": "{{params.day}}", "tags": "{{params.tags}}", "at": "{{params.at}}",
            }},
        },
        "get_customer": {
            "kind": "read", "parameters": {"type": "object", "required": ["id"],
                                           "properties": {"id": {"type": "string"}}},
            "output_schema": {"type": "object", "properties": {
                "name": {"type": "string"}, "since": {"type": "string", "format": "date"},
            }},
            "request": {"path": "/customers/{{params.id}}"},
        },
        "list_orders": {
            "kind": "read", "parameters": {"type": "object", "properties": {"status": {"type": "string"}}},
            "output_schema": {"type": "array", "items": {"type": "object", "properties": {
                "id": {"type": "string"}, "total": {"type": "number"},
            }}},
            "request": {"path": "/orders", "query": {"status": "{{params.status}}"}},
            "response": {"select": "orders"},
            "pagination": {"style": "cursor", "items": "orders", "token": "next", "to": {"query": "cursor"}},
        },
        "append_lines": {
            "kind": "write", "parameters": {"type": "object", "required": ["sheet", "lines"], "properties": {
                "sheet": {"type": "string"}, "lines": {"type": "array", "items": {"type": "array"}},
            }},
            "rows": {"parameter": "lines", "shape": "lists", "max_items": 2, "header_when_empty": {
                "id": "there", "request": {"path": "/sheets/{{params.sheet}}"}, "response": {"select": "lines"},
            }},
            "output_schema": {"type": "object", "properties": {"updated": {"type": "integer"}}},
            "request": {"method": "POST", "path": "/sheets/{{params.sheet}}", "body": {"lines": "{{params.lines}}"}},
        },
        "create_orders": {
            "kind": "write",
            "parameters": {"type": "object", "required": ["shop", "orders"], "properties": {
                "shop": {"type": "string"}, "orders": {"type": "array", "items": {"type": "object"}, "maxItems": 2},
            }},
            "output_schema": {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}}},
            "request": {"method": "POST", "path": "/shops/{{params.shop}}", "body": "{{params.orders}}"},
            "batch": {"parameter": "orders", "max_items": 2},
        },
        "put_order": {
            "kind": "write", "is_idempotent": True,
            "parameters": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
            "output_schema": {"type": "string"},
            "request": {"method": "PUT", "path": "/orders/{{params.id}}"}, "response": {"select": "link"},
        },
    },
}  # fmt: skip


class Shop(Service):
    """Takes orders, and notes what was asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: list[dict[str, Any]] = []
        self.lines: list[Any] = []
        self.refuses: set[str] = set()
        """Cells for which it takes in none of the lines that come along with them."""
        self.tokens: set[str] = set()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/orders", self._create), web.get("/orders", self._list), web.put("/orders/{id}", self._put),
            web.get("/customers/{id}", self._customer), web.post("/sheets/{sheet}", self._append),
            web.get("/sheets/{sheet}", self._sheet), web.post("/shops/{shop}", self._create_many),
        ]  # fmt: skip

    async def _create(self, request: web.Request) -> web.Response:
        self.tokens.add(request.headers.get("Authorization", ""))
        order = await request.json()
        if order["customer"] == "nobody":
            return web.json_response({"error": "there is no such customer"}, status=422)
        self.orders.append(order)
        return web.json_response({"id": f"o{len(self.orders)}", "total": order.get("amount"), "more": {"x": 1}})

    async def _create_many(self, request: web.Request) -> web.Response:
        orders = await request.json()
        self.lines.append((request.match_info["shop"], orders))
        if any(each["customer"] == "nobody" for each in orders):
            return web.json_response({"error": "there is no such customer"}, status=422)
        return web.json_response([{"id": f"{request.match_info['shop']}-{each['customer']}"} for each in orders])

    async def _list(self, request: web.Request) -> web.Response:
        start = int(request.query.get("cursor", "0"))
        rows = [{"id": f"o{index}", "total": index * 1.5} for index in range(start, min(start + 2, 5))]
        return web.json_response({"orders": rows, "next": str(start + 2) if start + 2 < 5 else None})

    async def _put(self, request: web.Request) -> web.Response:
        return web.json_response({"link": f"https://shop.example/o/{request.match_info['id']}"})

    async def _customer(self, request: web.Request) -> web.Response:
        name = request.match_info["id"]
        return web.json_response({"name": name.title(), "since": "2024-05-06"})

    async def _append(self, request: web.Request) -> web.Response:
        lines = (await request.json())["lines"]
        if any(cell in self.refuses for line in lines for cell in line):
            return web.json_response({"error": "a line is not taken"}, status=422)
        self.lines.append((request.match_info["sheet"], lines))
        return web.json_response({"updated": len(lines)})

    async def _sheet(self, request: web.Request) -> web.Response:
        found = [line for sheet, lines in self.lines for line in lines if sheet == request.match_info["sheet"]]
        return web.json_response({"lines": found})


def with_shop(folder: Path, shop: Shop, monkeypatch: pytest.MonkeyPatch,
              manifest: Mapping[str, Any] = MANIFEST) -> None:  # fmt: skip
    """Let workflows in the folder have the manifest, and credentials for the service."""
    (folder / "plugins").mkdir(exist_ok=True)
    (folder / "plugins" / "shop.yaml").write_text(json.dumps(manifest))
    monkeypatch.setenv("WEIRFLOW_SHOP", json.dumps({"token": "s3cret-token-1234", "api_base": shop.url}))


def document(rows: Sequence[Mapping[str, Any]], *operations: Mapping[str, Any], schema: Mapping[str, str] | None = None,
             **sections: Any) -> dict[str, Any]:  # fmt: skip
    """A workflow of these rows and operations that writes `data` to made.csv."""
    named = [{"id": f"op_{index}", "plugin_key": "shop", **each} for index, each in enumerate(operations)]
    delivery = {"file_delivery": {"format": "csv", "filename_template": "made.csv"}}
    return workflow([inline("main", rows, schema)], plugin_operations=named,
                    **{"delivery_rules": delivery, **sections})  # fmt: skip
