"""What sending costs: mails against smtplib by hand, posts against bare aiohttp, each in a process of its own.

    python -m benchmarks.messages [--messages 10000]

The servers run in a process beside, so that what is measured is the sending side alone. Each side sends the same
messages, one after the other: a subject, a text, an HTML table of some rows; then with an attachment of 200 kB.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import ROOT, Cost, cost_of

_SERVERS = """
import sys, time
from tests.servers.http_receiver import HttpReceiver
from tests.servers.smtp import MailServer
import logging; logging.getLogger("mail.log").setLevel(logging.ERROR)
mails, posts = MailServer(keeps=False), HttpReceiver()
class Forgetful(list):
    def append(self, each): pass
posts.posts, posts.requests = Forgetful(), Forgetful()
with mails.running(), posts.running():
    print(mails.port, posts.url, flush=True)
    sys.stdin.read()
"""
_COMMON = """
import hashlib, json
from datetime import datetime, timezone
from pathlib import Path
N, PORT, URL, FILE = {count}, {port}, {url!r}, Path({file!r})
HTML = "<table>" + "".join(f"<tr><td>Größe {{n}}</td><td>{{n * 3}}.50</td></tr>" for n in range(40)) + "</table>"
ROW = {{f"column_{{n}}": f"value {{n}}" for n in range(12)}}
NOW = datetime(2026, 1, 31, tzinfo=timezone.utc)
"""
_OURS_MAIL = """
from connectors.messages.message import Attachment, Message
from connectors.messages.registry import sending_kind
from connectors.messages.sender import SendingAccount
from connectors.policy import Policy
import os
os.environ["WEIRFLOW_EMAIL"] = f"smtp://127.0.0.1:{PORT}?from=reports@example.com"
account = SendingAccount(plugin_key="email", credentials_ref=None, config={}, base=Path(), policy=Policy.open())
files = (Attachment(path=FILE, name="report.xlsx", media_type="application/octet-stream",
                    sha256=hashlib.sha256(FILE.read_bytes()).hexdigest()),) if ATTACHED else ()
sender = sending_kind("email").open(account)
for n in range(N):
    sender.send(Message(key=str(n), to=(f"r{n}@example.com",), subject=f"Invoice {n}", text="Two are open.",
                        html=HTML, date=NOW, attachments=files))
sender.close()
"""
_SMTPLIB = """
import smtplib
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
content = FILE.read_bytes()
with smtplib.SMTP("127.0.0.1", PORT, local_hostname="localhost") as server:
    for n in range(N):
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "reports@example.com", f"r{n}@example.com", f"Invoice {n}"
        mail["Date"], mail["Message-ID"] = format_datetime(NOW), f"<{n}@example.com>"
        mail.set_content("Two are open.")
        mail.add_alternative(HTML, subtype="html")
        if ATTACHED:
            mail.add_attachment(content, maintype="application", subtype="octet-stream", filename="report.xlsx")
        server.send_message(mail)
"""
_OURS_POSTS = """
from connectors.messages.message import Message
from connectors.messages.registry import sending_kind
from connectors.messages.sender import SendingAccount
from connectors.policy import Policy
config = {"url": URL + "/hooks"}
account = SendingAccount(plugin_key="http", credentials_ref=None, config=config, base=Path(), policy=Policy.open())
sender = sending_kind("http").open(account)
for n in range(N):
    sender.send(Message(key=str(n), to=(), payload=ROW, config=config))
sender.close()
"""
_AIOHTTP = """
import aiohttp, asyncio
async def main():
    async with aiohttp.ClientSession() as session:
        for n in range(N):
            async with session.post(URL + "/hooks", json=ROW, headers={"Idempotency-Key": str(n)}) as answer:
                answer.raise_for_status()
                await answer.read()
asyncio.run(main())
"""
_OURS_CORE = """
import asyncio
from connectors.http.client import HttpClient, Request
from connectors.policy import Policy
async def main():
    client, queue = HttpClient(Policy.open()), iter(range(N))
    async def work():
        for n in queue:
            await client.ask(Request(method="POST", url=URL + "/hooks", body=json.dumps(ROW).encode(),
                                     headers={"Content-Type": "application/json", "Idempotency-Key": str(n)}))
    await asyncio.gather(*(work() for _ in range(20)))
    await client.close()
asyncio.run(main())
"""
_AIOHTTP_MANY = """
import aiohttp, asyncio
async def main():
    queue = iter(range(N))
    async with aiohttp.ClientSession() as session:
        async def work():
            for n in queue:
                async with session.post(URL + "/hooks", json=ROW, headers={"Idempotency-Key": str(n)}) as answer:
                    answer.raise_for_status()
                    await answer.read()
        await asyncio.gather(*(work() for _ in range(20)))
asyncio.run(main())
"""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--messages", type=int, default=10_000)
    count = parser.parse_args(arguments).messages
    with TemporaryDirectory() as folder:
        file = Path(folder) / "report.xlsx"
        file.write_bytes(os.urandom(200_000))
        servers = subprocess.Popen([sys.executable, "-c", _SERVERS], cwd=ROOT, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)  # fmt: skip
        assert servers.stdout is not None
        port, url = servers.stdout.readline().split()
        try:
            _print_head(count)
            for words, ours, theirs, attached, share in (
                ("mails / smtplib", _OURS_MAIL, _SMTPLIB, False, 1),
                ("mails with 200 kB / smtplib", _OURS_MAIL, _SMTPLIB, True, 10),
                ("posts one by one / aiohttp", _OURS_POSTS, _AIOHTTP, False, 1),
                ("requests 20 at once / aiohttp", _OURS_CORE, _AIOHTTP_MANY, False, 1),
            ):
                number = count // share
                common = _COMMON.format(count=number, port=port, url=url, file=str(file)) + f"ATTACHED = {attached}\n"
                _print_row(words, number, cost_of(common + ours), cost_of(common + theirs))
        finally:
            servers.terminate()
            servers.wait(10)
    return 0


def _print_head(count: int) -> None:
    print(f"{count:,} messages, {os.cpu_count()} cores; the servers in another process")
    print(f"{'':32}{'messages':>10}{'seconds':>16}{'CPU seconds':>16}{'peak MB':>14}{'messages a second':>22}")


def _print_row(words: str, number: int, ours: Cost, theirs: Cost) -> None:
    pairs = ((ours.wall_s, theirs.wall_s), (ours.cpu_s, theirs.cpu_s), (ours.peak_mb, theirs.peak_mb))
    cells = "".join(f"{f'{one:.1f} / {other:.1f}':>16}" for one, other in pairs)
    speed = f"{number / ours.wall_s:,.0f} = {theirs.wall_s / ours.wall_s:.2f}x"
    print(f"{words:32}{number:>10,}{cells}{speed:>20}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
