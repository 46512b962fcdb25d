"""Accounts of mail: how they are written, and that their passwords stay where they belong."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from connectors.messages.email.account import account_of_parts
from connectors.messages.email.finding import found_account
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from tests.connectors.messages.mails import message, opened
from tests.servers.certificates import certificate
from tests.servers.smtp import MailServer

PASSWORD = "p@ss/wörd"
Started = Callable[..., MailServer]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    """started(encryption, users={…}): a server with a certificate of tmp_path/ca.pem."""
    warnings.filterwarnings("ignore", "Requiring AUTH", UserWarning)
    with ExitStack() as running:

        def start(encryption: str, host: str = "127.0.0.1", **options: Any) -> MailServer:
            found = MailServer(encryption=encryption, certificate=certificate(tmp_path, host=host), **options)  # type: ignore[arg-type]
            return running.enter_context(found.running())

        yield start


def said(monkeypatch: pytest.MonkeyPatch, credential: str | dict[str, Any], **changed: Any) -> str:
    """What is said about an account that does not work."""
    monkeypatch.setenv("WEIRFLOW_EMAIL", credential if isinstance(credential, str) else json.dumps(credential))
    with pytest.raises(ConnectorProblem) as problem:
        opened(**changed)
    return str(problem.value)


@pytest.mark.parametrize("encryption", ["tls", "starttls"])
def test_a_login_goes_over_an_encrypted_connection(
    started: Started, encryption: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = started(encryption, users={"anna": PASSWORD})
    monkeypatch.setenv("WEIRFLOW_EMAIL", json.dumps({
        "host": "127.0.0.1", "port": server.port, "user": "anna", "password": PASSWORD, "encryption": encryption,
        "ca_file": str(tmp_path / "ca.pem"), "from": "Reports <reports@example.com>",
    }))  # fmt: skip
    with closing(opened()) as sender:
        sender.send(message())

    assert server.mails[0].message["From"] == "Reports <reports@example.com>"


def test_a_wrong_password_is_told_without_it(started: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = started("tls", users={"anna": PASSWORD})
    url = f"smtps://anna:not-the-one@127.0.0.1:{server.port}?ca_file={tmp_path / 'ca.pem'}&from=a@example.com"

    text = said(monkeypatch, url)

    assert text.startswith(f"IR683: 127.0.0.1:{server.port} refuses the login: 535")
    assert "not-the-one" not in text


def test_a_certificate_that_nobody_knows_is_refused(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    server = started("tls")

    text = said(monkeypatch, f"{server.url}")

    assert text.startswith(f"IR683: the certificate of 127.0.0.1:{server.port} is not trusted")
    assert "ca_file" in text


def test_a_certificate_of_another_host_is_refused(
    started: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = started("starttls", host="mail.example.com")
    url = f"smtp://127.0.0.1:{server.port}?encryption=starttls&ca_file={tmp_path / 'ca.pem'}&from=a@example.com"

    assert said(monkeypatch, url).startswith("IR683: the certificate of")


def test_a_password_never_goes_over_a_plain_connection(
    mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = f"127.0.0.1:{mail_server.port}?from=a@example.com"

    assert "unencrypted" in said(monkeypatch, f"smtp://anna:s3cretword@{plain}&encryption=none")
    assert "offers no encryption" in said(monkeypatch, f"smtp://anna:s3cretword@{plain}")
    assert mail_server.mails == []


@pytest.mark.parametrize(
    ("credential", "expected"),
    [("https://example.com", "is no URL of a mail server"),
     ("smtps://anna:a/b@example.com", "is no URL"),
     ("smtps://", "names no host"),
     ("smtps://example.com?frm=a@example.com", 'has the unknown parameter "frm"\nhelp: did you mean "from"?'),
     ("smtps://example.com?from=nobody", "has a part from that has no @"),
     ("smtps://example.com?timeout=soon", "has a timeout_s that is no number above 0"),
     ({"host": "example.com", "port": "many"}, "has a port that is no number of one"),
     ({"host": "example.com", "passwort": "x"}, 'has the unknown part "passwort"\nhelp: did you mean "password"'),
     ({"host": "example.com", "encryption": "ssl"}, "has an encryption that there is not"),
     ("{host: example.com", "is no JSON object")],
)  # fmt: skip
def test_an_account_that_is_none_says_what_it_has(
    monkeypatch: pytest.MonkeyPatch, credential: str | dict[str, Any], expected: str
) -> None:
    text = said(monkeypatch, credential)

    assert text.startswith("IR681: the secret email ")
    assert expected in text


@pytest.mark.parametrize(
    ("url", "port", "encryption"),
    [("smtps://example.com", 465, "tls"), ("smtp://example.com", 587, "starttls"), ("smtp://localhost", 25, "none"),
     ("smtp://anna:x@localhost", 587, "starttls"), ("smtp://example.com:465", 465, "tls"),
     ("smtp://example.com?encryption=none", 25, "none")],
)  # fmt: skip
def test_a_url_says_how_its_server_is_reached(url: str, port: int, encryption: str) -> None:
    found = account_of_parts({"url": url}, "it")

    assert (found.port, found.encryption) == (port, encryption)


def test_a_closed_policy_keeps_mail_from_private_servers(mail_server: MailServer) -> None:
    for policy in (Policy(private_networks=False), Policy(hosts=frozenset({"smtp.example.com"}))):
        with pytest.raises(ConnectorProblem) as problem:
            opened(policy=policy)
        assert problem.value.code == "IR502"
    assert mail_server.connections == 0


def configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, mode: int = 0o600) -> None:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path))
    monkeypatch.delenv("WEIRFLOW_EMAIL", raising=False)
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    (tmp_path / "config.toml").chmod(mode)


def test_an_account_may_stand_in_the_home(
    mail_server: MailServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configured(
        monkeypatch, tmp_path, f'[mail]\nhost = "127.0.0.1"\nport = {mail_server.port}\nfrom = "a@example.com"\n'
    )
    with closing(opened()) as sender:
        sender.send(message())
    monkeypatch.setenv("WEIRFLOW_MAIL_FROM", "b@example.com")
    with closing(opened(plugin_key="gmail")) as sender:
        sender.send(message())

    assert [each.sender for each in mail_server.mails] == ["a@example.com", "b@example.com"]


def test_an_account_in_the_home_may_name_its_secrets(
    mail_server: MailServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configured(monkeypatch, tmp_path, '[mail]\ncredentials_ref = "env:OFFICE"\nreply_to = "office@example.com"\n')
    monkeypatch.setenv("OFFICE", mail_server.url)
    with closing(opened()) as sender:
        sender.send(message())

    assert mail_server.mails[0].message["Reply-To"] == "office@example.com"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("[mial]\n", 'has the unknown section [mial]\nhelp: did you mean "mail"?'),
     ('[mail]\npasswrd = "s3cretword"\n', 'has the unknown key "passwrd" in [mail]\nhelp: did you mean "password'),
     ("[mail]\npassword = s3cretword\n", "is no TOML"), ('mail = "s3cretword"\n', "has a mail that is no section")],
)  # fmt: skip
def test_a_config_that_is_none_is_told_without_its_values(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, expected: str
) -> None:
    configured(monkeypatch, tmp_path, text)
    with pytest.raises(ConnectorProblem) as problem:
        opened()

    assert str(problem.value).startswith(f"IR687: {tmp_path}/config.toml ")
    assert expected in str(problem.value)
    assert "s3cretword" not in str(problem.value)


def test_a_password_that_everybody_may_read_is_warned_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = '[mail]\nurl = "smtps://anna:s3cretword@smtp.example.com"\n'
    configured(monkeypatch, tmp_path, text, mode=0o644)

    found = found_account(None, ("email",), policy=Policy.open(), base=tmp_path)

    assert (found.shown, found.user, found.password) == ("smtp.example.com:465", "anna", "s3cretword")
    assert [each.code for each in found.warnings] == ["IR595"]
