"""References to secrets: where each form looks, what it says when nothing is there, and that no value is ever shown."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import keyring
import keyring.backend
import pytest

import weirflow as wf
from connectors.databases.address import address_of
from connectors.problem import ConnectorProblem
from connectors.secrets import registry
from connectors.secrets.resolving import resolve
from connectors.secrets.secret import Secret
from ir.redaction import redact, seal
from tests.connectors.vault_server import TOKEN, vault_server

VALUE = "tr0ub4dor&3/x y"


def resolved(reference: str, base: Path = Path("."), policy: wf.Policy | None = None) -> str:
    return resolve(reference, policy=policy or wf.Policy.open(), base=base).text


def problem(reference: str, base: Path = Path("."), policy: wf.Policy | None = None) -> ConnectorProblem:
    with pytest.raises(ConnectorProblem) as failure:
        resolve(reference, policy=policy or wf.Policy.open(), base=base)
    return failure.value


def test_a_variable_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_URL", VALUE)
    assert resolved("env:PG_URL") == VALUE


def test_json_in_a_variable_is_an_object(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG", '{"host": "db", "password": "x"}')
    assert resolve("env:PG", policy=wf.Policy.open(), base=Path(".")).parts() == {"host": "db", "password": "x"}


def test_a_bare_name_is_a_variable_of_weirflow_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIRFLOW_SALES_DB_2", VALUE)
    assert resolved("sales-db.2") == VALUE


def test_a_bare_name_is_looked_up_in_the_home_after_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path))
    (tmp_path / "secrets.toml").write_text(
        'shop = "from the file"\n"my shop" = "quoted"\n[sales]\nhost = "db"\nport = 5432\n'
    )
    (tmp_path / "secrets.toml").chmod(0o600)
    assert resolved("shop") == "from the file"
    assert resolved("my shop") == "quoted"
    assert json.loads(resolved("sales")) == {"host": "db", "port": 5432}
    monkeypatch.setenv("WEIRFLOW_SHOP", "from the environment")
    assert resolved("shop") == "from the environment"


@pytest.mark.parametrize(
    ("name", "text", "key", "value"),
    [
        ("a.json", '{"db": {"url": "u"}}', "db.url", "u"),
        ("a.json", '{"db.url": "whole", "db": {"url": "u"}}', "db.url", "whole"),
        ("a.yaml", "db:\n  url: u\n", "db.url", "u"),
        ("a.toml", '[db]\nurl = "u"\n', "db.url", "u"),
        (".env", "URL=u\n", "URL", "u"),
        ("prod.env", "export URL='u # not a comment'  # one\n", "URL", "u # not a comment"),
        (".env.local", 'URL="a\\nb \\"c\\""\n', "URL", 'a\nb "c"'),
        (".env", "# old\nURL=a\n\nURL=b#c  # new\n", "URL", "b#c"),
        (".env", "URL=postgresql://u:p@h/d?x=1\r\n", "URL", "postgresql://u:p@h/d?x=1"),
        ("a.yaml", "pin: 1234\n", "pin", "1234"),
    ],
)
def test_a_key_of_a_file(tmp_path: Path, name: str, text: str, key: str, value: str) -> None:
    (tmp_path / name).write_text(text)
    assert resolved(f"file:{name}#{key}", tmp_path) == value


def test_a_file_without_a_key_is_its_text_without_the_line_end(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{VALUE}\n")
    assert resolved("file:token", tmp_path) == VALUE
    assert resolved(f"file:{tmp_path}/token", Path("/")) == VALUE


def test_an_object_of_a_file_is_one(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[db]\nhost = "h"\n')
    assert resolve("file:a.toml#db", policy=wf.Policy.open(), base=tmp_path).parts() == {"host": "h"}


@pytest.mark.parametrize(
    ("name", "text", "key", "code"),
    [
        ("a.json", '{"a": "s3cret-value" oops', "a", "IR593"),
        ("a.yaml", "a: [s3cret-value\n", "a", "IR593"),
        ("a.toml", "a = s3cret-value\n", "a", "IR593"),
        (".env", "s3cret-value\n", "a", "IR593"),
        (".env", 'A="s3cret-value\n', "A", "IR593"),
        ("a.txt", "s3cret-value", "a", "IR593"),
        ("a.json", '{"a": ["s3cret-value"]}', "a", "IR591"),
        ("a.json", '{"a": true}', "a", "IR591"),
        ("a.yaml", "a: 2026-01-31\n", "a", "IR591"),
        ("a.json", '{"b": "s3cret-value"}', "a", "IR590"),
        ("a.json", '{"a": " "}', "a", "IR592"),
        ("a.json", '{"a": {}}', "a", "IR592"),
        ("a.json", '{"a": null}', "a", "IR590"),
    ],
)
def test_a_file_that_gives_no_secret_is_told_without_quoting_it(
    tmp_path: Path, name: str, text: str, key: str, code: str
) -> None:
    (tmp_path / name).write_text(text)
    found = problem(f"file:{name}#{key}", tmp_path)
    assert found.code == code
    assert "s3cret" not in str(found)
    assert found.__cause__ is None


def test_a_file_that_may_not_be_read_or_is_none(tmp_path: Path) -> None:
    assert problem("file:no#x.json", tmp_path).code == "IR593"
    assert "does not exist" in problem("file:no.json#x", tmp_path).message
    (tmp_path / "folder.json").mkdir()
    assert problem("file:folder.json#x", tmp_path).message == "folder.json cannot be read: is a directory"


def test_a_file_that_everybody_may_read_is_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(VALUE)
    codes = {}
    for mode in (0o600, 0o640, 0o644):
        path.chmod(mode)
        codes[mode] = [each.code for each in resolve("file:token", policy=wf.Policy.open(), base=tmp_path).warnings]
    assert codes == {0o600: [], 0o640: [], 0o644: ["IR595"]}


def test_a_policy_says_which_secrets_a_run_may_see(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A", "1")
    (tmp_path / "a.json").write_text('{"a": "x"}')
    named = wf.Policy(secret_resolvers=frozenset({"env", "file"}), secret_names=frozenset({"A", "a.json#a"}))
    assert resolved("env:A", tmp_path, named) == "1"
    assert resolved("file:a.json#a", tmp_path, named) == "x"
    assert problem("env:B", tmp_path, named).code == "IR504"
    assert problem("file:a.json#b", tmp_path, named).code == "IR504"
    assert problem("a", tmp_path, named).code == "IR504"
    assert problem("env:A", tmp_path, wf.Policy.closed(tmp_path)).code == "IR504"
    folder = tmp_path / "open"
    assert problem("file:a.json#a", tmp_path, wf.Policy(read_folders=(folder,))).code == "IR503"


class _Keys(keyring.backend.KeyringBackend):
    """A keyring that holds one password."""

    priority = 1  # type: ignore[assignment]

    def get_password(self, service: str, username: str) -> str | None:
        if service == "locked":
            raise RuntimeError(VALUE)
        return VALUE if (service, username) == ("shop", "app/ro") else None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError

    def delete_password(self, service: str, username: str) -> None:
        raise NotImplementedError


@pytest.fixture
def keys() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(_Keys())
    yield
    keyring.set_keyring(before)


@pytest.mark.usefixtures("keys")
def test_a_password_of_the_keyring() -> None:
    assert resolved("keyring:shop/app/ro") == VALUE
    missing = problem("keyring:shop/other")
    assert (missing.code, missing.hint) == ("IR590", "keyring set shop other")
    locked = problem("keyring:locked/app")
    assert (locked.code, locked.message) == ("IR593", "the keyring did not answer: RuntimeError")


def test_a_machine_without_a_keyring_says_so() -> None:
    from keyring.backends.fail import Keyring

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())
    try:
        assert problem("keyring:shop/app").code == "IR594"
    finally:
        keyring.set_keyring(before)


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with vault_server() as address:
        monkeypatch.setenv("VAULT_ADDR", address)
        monkeypatch.setenv("VAULT_TOKEN", TOKEN)
        yield


@pytest.mark.usefixtures("vault")
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("secret/team/shop#url", "sqlite:///from-vault.db"),
        ("secret/data/team/shop#url", "sqlite:///from-vault.db"),
        ("secret/team/shop#parts", '{"path": "parts.db"}'),
        ("old/team/shop#url", "sqlite:///from-version-1.db"),
    ],
)
def test_a_key_of_vault_in_both_versions_of_its_engine(path: str, value: str) -> None:
    assert resolved(f"vault:{path}") == value


@pytest.mark.parametrize("path", ["secret/team/shop#url", "old/team/shop#url"])
def test_a_token_that_may_not_ask_for_mounts_reads_its_secrets_all_the_same(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with vault_server(tells_mounts=False) as address:
        monkeypatch.setenv("VAULT_ADDR", address)
        monkeypatch.setenv("VAULT_TOKEN", TOKEN)
        assert resolved(f"vault:{path}").startswith("sqlite:///")


@pytest.mark.usefixtures("vault")
@pytest.mark.parametrize(
    ("path", "code", "message"),
    [
        ("secret/team/none#url", "IR590", "Vault has no secret secret/team/none"),
        ("secret/team/shop#uri", "IR590", "the secret secret/team/shop of Vault has no key uri"),
        ("secret/closed#url", "IR593", "Vault does not let this token read secret/closed"),
        ("secret/broken#url", "IR593", "Vault could not answer for secret/broken: InternalServerError"),
    ],
)
def test_what_vault_refuses_is_told(path: str, code: str, message: str) -> None:
    found = problem(f"vault:{path}")
    assert (found.code, found.message) == (code, message)


@pytest.mark.usefixtures("vault")
def test_a_token_that_vault_does_not_know_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_TOKEN", "hvs.expired")
    assert "hvs.expired" not in str(problem("vault:secret/team/shop#url"))
    assert redact("token hvs.expired") == "token ***"


def test_a_vault_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:9")
    monkeypatch.setenv("VAULT_TOKEN", TOKEN)
    assert problem("vault:secret/team/shop#url").message == "Vault does not answer: ConnectionError"


def test_a_resolver_of_one_s_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(registry, "_RESOLVERS", dict(registry._RESOLVERS))
    held: dict[str, object] = {"shop": "sqlite:///s.db", "parts": {"path": "p.db"}, "list": ["x"]}

    def look(name: str) -> object:
        if name == "broken":
            raise KeyError(VALUE)
        return held.get(name)

    wf.register_secret_resolver("cloud", look)  # type: ignore[arg-type]
    assert resolved("cloud:shop") == "sqlite:///s.db"
    assert json.loads(resolved("cloud:parts")) == {"path": "p.db"}
    assert problem("cloud:none").message == "cloud has no secret none"
    assert problem("cloud:list").code == "IR591"
    assert problem("cloud:broken").message == "the resolver cloud has failed on broken: KeyError"
    source = {"type": "database", "database_config": {"table": "t", "connection": {
        "plugin_key": "sqlite", "credentials_ref": "cloud:shop"}}}  # fmt: skip
    document = {"ir_version": "3.1", "goal": "g", "data_sources": [source]}
    assert [each.code for each in wf.validate(document, base=tmp_path)] == ["IR508"]


@pytest.mark.parametrize("word", ["env", "name", "vault", "Cloud", "a:b", ""])
def test_a_word_that_is_taken_or_none_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="is"):
        wf.register_secret_resolver(word, lambda name: name)


def upper(name: str) -> str:
    return name.upper()


def test_a_resolver_of_an_installed_package(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint(name="pack", value=f"{__name__}:upper", group="weirflow.secret_resolvers")
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **wanted: [entry] if wanted["name"] == "pack" else [])
    monkeypatch.setattr(EntryPoint, "load", lambda self: upper)
    monkeypatch.setattr(registry, "_RESOLVERS", dict(registry._RESOLVERS))
    assert resolved("pack:shop") == "SHOP"
    assert problem("other:shop").message == 'there is no resolver "other" here'


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret("env:PG", VALUE)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>60}", f"{[secret]}", "%s" % secret]  # noqa: UP031
    assert all("env:PG" in each and VALUE not in each for each in shown)
    for attempt in (pickle.dumps, copy.deepcopy, copy.copy, json.dumps):
        with pytest.raises(TypeError):
            attempt(secret)


@pytest.mark.parametrize(
    ("text", "said", "read"),
    [
        ("p@ss word/1", "wrong: p@ss word/1", "wrong: ***"),
        ("p@ss word/1", "GET /?token=p%40ss%20word%2F1", "GET /?token=***"),
        ("p@ss word/1", "p%40ss%20word/1 p%40ss+word%2F1", "*** ***"),
        ('a"b\\c-d', 'said {"x": "a\\"b\\\\c-d"}', 'said {"x": "***"}'),
        ("postgresql://app:s%40crets@db:5432/sales", "s@crets, s%40crets for app on db:5432/sales",
         "***, *** for app on db:5432/sales"),
        ("postgresql://app:s%40crets@db:5432/sales?sslpassword=k3ystone", "open k3ystone", "open ***"),
        ('{"host": "db1", "user": "app1", "password": "hunter22"}', "app1 with hunter22 at db1",
         "app1 with *** at db1"),
        ('{"endpoint_url": "http://s3.local", "aws_secret_access_key": "abc/def"}', "http://s3.local abc%2Fdef",
         "http://s3.local ***"),
        ('{"port": 5432, "pin": 9876}', "5432 9876", "5432 ***"),
        ("https://hooks.example.com/services/T0/B0/xyz", "/services/T0/B0/xyz of hooks.example.com",
         "*** of hooks.example.com"),
        ("con", "con a connection", "*** a connection"),
        ("on", "on a connection", "on a connection"),
        ('{"user": "shop", "password": "Shop", "database": "x"}', "the shop's table", "the shop's table"),
        ("postgres://postgres:postgres@localhost/shop", "postgres table", "postgres table"),
        ("-----BEGIN KEY-----\nMIIBVQIBADANBg\n-----END KEY-----", "near MIIBVQIBADANBg", "near ***"),
    ],
)  # fmt: skip
def test_what_is_secret_in_a_value_is_hidden_wherever_it_is_told(text: str, said: str, read: str) -> None:
    Secret("env:X", text)
    assert redact(said) == read
    assert wf.Diagnostic(code="IR490", message=said, hint=said, notes=(said,)).message == read
    assert ConnectorProblem("IR506", said).message == read
    assert wf.Event(kind="warning", text=said).text == read


def test_an_error_is_sealed_with_all_that_led_to_it() -> None:
    class Telling(Exception):
        def __str__(self) -> str:
            return f"cannot log in with {VALUE}"

    Secret("env:X", VALUE)
    first, second, third = Telling(), ValueError(f"no: {VALUE}"), KeyError("fine")
    third.__cause__, second.__cause__ = second, first
    seal(third)
    assert third.__cause__ is second
    assert str(second) == "no: ***"
    assert second.__cause__ is None


def test_an_error_that_leaves_the_engine_is_sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP", f"sqlite:///{VALUE}.db")
    monkeypatch.setattr("connectors.databases.sqlite.database.Sqlite.describe_table", _failing)
    source = {"type": "database", "database_config": {"table": "t", "connection": {
        "plugin_key": "sqlite", "credentials_ref": "env:SHOP"}}}  # fmt: skip
    with pytest.raises(RuntimeError) as failure:
        wf.compile({"ir_version": "3.1", "goal": "g", "data_sources": [source]}, base=tmp_path)
    assert str(failure.value) == "cannot open ***"


def _failing(self: object, address: object, table: object) -> None:
    raise RuntimeError(f"cannot open sqlite:///{VALUE}.db")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('{"host": "db", "password": "p"', "is no JSON object, though it begins as one"),
        ("db:5432/shop", "is no URL of a postgres database"),
    ],
)
def test_a_credential_that_is_neither_url_nor_object_is_told_as_what_it_begins(value: str, said: str) -> None:
    with pytest.raises(ConnectorProblem, match=said):
        address_of("postgres", Secret("env:SHOP", value), base=Path())
