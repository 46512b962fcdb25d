"""Manifests drafted from OpenAPI documents: they are sound, and call a service as its document says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.plugins.files import FileStore
from connectors.plugins.plugin import Plugin
from connectors.plugins.reading import read_plugin
from engine.cli.main import run_command_line
from tests.connectors.plugins.calling import called, opened
from tests.servers.http_receiver import HttpReceiver

TASKS = """\
openapi: 3.0.3
info: {title: Acme Tasks API v2, description: Tasks of teams. And more of it.}
servers: [{url: "https://{region}.acme.example/v2", variables: {region: {default: eu, enum: [eu, us]}}}]
security: [{token: []}]
paths:
  /lists/{list_id}/tasks:
    parameters: [{name: list_id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: listTasks
      summary: List the tasks of a list
      parameters:
        - {name: status, in: query, explode: false, schema: {type: array, items: {type: string, enum: [open, done]}}}
        - {name: limit, in: query, schema: {type: integer, default: 20, maximum: 2}}
        - {name: cursor, in: query, schema: {type: string}}
        - {name: X-Team, in: header, schema: {type: string}}
      responses:
        "200":
          description: the tasks
          content:
            application/json:
              schema:
                type: object
                properties:
                  tasks: {type: array, items: {$ref: "#/components/schemas/Task"}}
                  next_cursor: {type: string, nullable: true}
        default: {$ref: "#/components/responses/Error"}
    post:
      operationId: createTask
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: "#/components/schemas/Task"}}}
      responses:
        "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Task"}}}}
  /files:
    post:
      operationId: files.upload
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema:
              type: object
              required: [file]
              properties: {file: {type: string, format: binary}, title: {type: string}}
      responses: {"204": {description: done}}
components:
  securitySchemes: {token: {type: http, scheme: bearer}}
  responses:
    Error:
      description: what was wrong
      content:
        application/json:
          schema: {type: object, properties: {error: {type: object, properties: {message: {type: string}}}}}
  schemas:
    Task:
      type: object
      required: [id, title]
      properties:
        id: {type: string, readOnly: true}
        title: {type: string, maxLength: 20}
        due: {type: string, format: date, nullable: true}
        priority: {type: integer, minimum: 0, exclusiveMinimum: true}
        parent: {$ref: "#/components/schemas/Task"}
"""
OPERATIONS = ["listTasks", "createTask", "files.upload"]
SWAGGER: dict[str, Any] = {
    "swagger": "2.0", "info": {"title": "Old shop", "version": "1"}, "host": "shop.example", "basePath": "/api",
    "schemes": ["https"], "security": [{"key": []}],
    "securityDefinitions": {"key": {"type": "apiKey", "in": "query", "name": "api_key"}},
    "paths": {"/orders": {
        "get": {"operationId": "findOrders", "parameters": [
            {"name": "state", "in": "query", "type": "array", "items": {"type": "string"}, "collectionFormat": "pipes"},
            {"name": "page", "in": "query", "type": "integer"}, {"name": "per_page", "in": "query", "type": "integer"},
        ], "responses": {"200": {"schema": {"type": "array", "items": {"$ref": "#/definitions/Order"}}}}},
        "post": {"operationId": "addOrder", "parameters": [
            {"name": "order", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Order"}},
        ], "responses": {"200": {"schema": {"$ref": "#/definitions/Order"}}}},
    }},
    "definitions": {"Order": {"type": "object", "required": ["total"], "properties": {
        "total": {"type": "number"}, "note": {"type": "string"}}}},
}  # fmt: skip


def drafted(folder: Path, document: str, *operations: str) -> Plugin:
    """The plugin of the manifest that the command line drafts."""
    (folder / "api.yaml").write_text(document)
    wanted = [part for each in operations for part in ("--operation", each)]
    file = folder / "draft.yaml"
    assert run_command_line(["plugins", "import", str(folder / "api.yaml"), *wanted, "-o", str(file)]) == 0
    assert run_command_line(["plugins", "check", str(file)]) == 0
    return read_plugin(file)


def test_a_draft_says_where_the_service_is_and_who_asks(tmp_path: Path) -> None:
    manifest = drafted(tmp_path, TASKS, *OPERATIONS).manifest
    assert (manifest.key, manifest.title) == ("draft", "Acme Tasks API v2")
    assert manifest.base_url == "https://{{connection.region}}.acme.example/v2"
    assert (manifest.auth.type, manifest.auth.token) == ("bearer", "{{connection.token}}")
    assert manifest.connection["required"] == ["token", "region"]
    assert manifest.connection["properties"]["region"]["description"] == "The region."
    assert manifest.connection["properties"]["region"]["enum"] == ["eu", "us"]
    assert manifest.errors.message_path == ["error.message"]
    assert {name: each.kind for name, each in manifest.actions.items()} == {
        "list_tasks": "read", "create_task": "write", "files_upload": "write",
    }  # fmt: skip


def test_what_a_service_would_refuse_is_refused_before_it_is_asked(tmp_path: Path) -> None:
    create = drafted(tmp_path, TASKS, "createTask").action("create_task")
    assert create.problems({"list_id": "7", "title": "Pay", "due": None, "priority": 1}) == []
    told = [tuple(each)[1] for each in create.problems({"title": "x" * 21, "priority": 0, "id": "9", "due": 5})]
    assert '"list_id" is missing' in told
    assert 'unknown key "id"' in told
    assert len(told) == 5
    assert create.columns is not None
    assert {name: str(kind) for name, kind in create.columns.items()} == {
        "id": "string", "title": "string", "due": "date", "priority": "integer", "parent": "json",
    }  # fmt: skip


def test_the_calls_of_a_draft_are_those_of_its_document(tmp_path: Path, receiver: HttpReceiver) -> None:
    plugin = drafted(tmp_path, TASKS, *OPERATIONS)
    tasks = [{"id": str(each), "title": f"Task {each}"} for each in range(3)]
    receiver.fail("GET", "/lists/a%20b/tasks", status=200, body=json.dumps({"tasks": tasks[:2], "next_cursor": "n2"}))
    receiver.fail("GET", "/lists/a%20b/tasks", status=200, body=json.dumps({"tasks": tasks[2:], "next_cursor": None}))
    store = FileStore(tmp_path / "files")
    with opened(plugin, receiver.url, folder=store.folder, token="t-0123456789", region="eu") as session:
        found = called(session, plugin, "list_tasks", {"list_id": "a b", "status": ["open", "done"], "X_Team": "red"})
        called(session, plugin, "create_task", {"list_id": "7", "title": "Pay", "priority": 2})
        called(session, plugin, "files_upload", {"file": store.put("a.txt", b"bytes"), "title": "A"})
    assert found.output == tasks
    assert receiver.requests == [
        "GET /v2/lists/a%20b/tasks?status=open%2Cdone&limit=2",
        "GET /v2/lists/a%20b/tasks?status=open%2Cdone&cursor=n2&limit=2",
        "POST /v2/lists/7/tasks",
        "POST /v2/files",
    ]
    created, uploaded = receiver.posts
    assert json.loads(created.body) == {"title": "Pay", "priority": 2}
    assert created.headers["Authorization"] == "Bearer t-0123456789"
    assert uploaded.headers["Content-Type"].startswith("multipart/form-data")
    assert b'name="file"; filename="a.txt"' in uploaded.body


def test_a_document_of_version_2_is_drafted_as_well(tmp_path: Path, receiver: HttpReceiver) -> None:
    plugin = drafted(tmp_path, json.dumps(SWAGGER), "findOrders", "POST /orders")
    receiver.fail("GET", "/orders", status=200, body='[{"total": 5}]')
    with opened(plugin, receiver.url, api_key="k-0123456789") as session:
        found = called(session, plugin, "find_orders", {"state": ["new", "paid"]})
        called(session, plugin, "add_order", {"total": 7.5})
    assert plugin.manifest.base_url == "https://shop.example/api"
    assert found.output == [{"total": 5}]
    assert receiver.requests == [
        "GET /api/orders?state=new%7Cpaid&per_page=100&api_key=k-0123456789",
        "POST /api/orders?api_key=k-0123456789",
    ]
    assert json.loads(receiver.posts[0].body) == {"total": 7.5}


def test_a_draft_without_a_file_is_called_as_its_title_suggests(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "api.yaml").write_text(TASKS)
    assert run_command_line(["plugins", "import", str(tmp_path / "api.yaml"), "--all", "--format", "json"]) == 0
    manifest = json.loads(capsys.readouterr().out)
    assert (manifest["key"], list(manifest["actions"])) == ("acme-tasks", ["list_tasks", "create_task", "files_upload"])


def test_without_operations_they_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "api.yaml").write_text(TASKS)
    assert run_command_line(["plugins", "import", str(tmp_path / "api.yaml")]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [" ".join(each.split()) for each in shown] == [
        "listTasks GET /lists/{list_id}/tasks List the tasks of a list", "createTask POST /lists/{list_id}/tasks",
        "files.upload POST /files",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("document", "operation", "said"),
    [
        (TASKS, "lstTasks", 'has no operation "lstTasks"; did you mean "listTasks"?'),
        ("goal: none", "x", "is no OpenAPI document; such a document has the keys openapi and paths"),
        (TASKS.replace("3.0.3", "4.0.0"), "x", "is of OpenAPI 4.0.0; drafts are made of versions 2 and 3"),
        ("a: [", "x", "is no YAML"),
        (TASKS.replace('"#/components/schemas/Task"}}}}\n', '"task.yaml"}}}}\n', 1), "createTask",
         'refers to another document, "task.yaml"; bundle it into one file first'),
        (TASKS.replace("schemas/Task", "schemas/Tsak"), "listTasks",
         'the reference "#/components/schemas/Tsak" of'),
    ],
)  # fmt: skip
def test_what_gives_no_draft_says_why(
    tmp_path: Path, document: str, operation: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "api.yaml").write_text(document)
    assert run_command_line(["plugins", "import", str(tmp_path / "api.yaml"), "--operation", operation]) == 2
    assert said in capsys.readouterr().err


def test_what_a_document_does_not_tell_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = TASKS.replace("{type: http, scheme: bearer}", "{type: openIdConnect, openIdConnectUrl: x}")
    assert drafted(tmp_path, document, "createTask").manifest.auth.type == "none"
    assert capsys.readouterr().err.splitlines()[1:4] == [
        "look at: the document asks for credentials of a kind that has to be written by hand: see auth",
        "look at: create_task: its schemas are very large or hold themselves: they are left open from there on",
        "look at: limits are in no such document: add those that the service promises",
    ]
