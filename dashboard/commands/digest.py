"""`loyalty digest`: the morning's figures and alerts as text, printed, posted to a webhook or mailed."""

from __future__ import annotations

import base64
import hmac
import json as json_format
import logging
import os
import smtplib
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import localtime
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import unquote, urlencode, urlsplit

import typer

from dashboard.commands import WORKSPACE, JsonOption, LanguageOption, WorkspaceOption, answers, print_json
from loyalty_core.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from dashboard.digest import News
    from dashboard.readings import Reading
    from dashboard.spans import Span

SMTP = "LOYALTY_SMTP"
TIMEOUT_S = 20
LONGEST_ANSWER = 10_000  # bytes of what a webhook answers
WECOM_TAKES = 2_048  # bytes of a text
CUT_HERE = "…"
DINGTALK_SECRET = "LOYALTY_DINGTALK_SECRET"
Shape = Literal["text", "wecom", "dingtalk"]
WebhookOption = Annotated[str | None, typer.Option("--webhook", metavar="URL", help="Post it there.")]
ShapeOption = Annotated[
    Shape, typer.Option("--shape", help="How the webhook wants it: wecom is 企业微信, dingtalk 钉钉.")
]
MailOption = Annotated[
    str | None,
    typer.Option("--mail", metavar="ADDRESS", help=f"Mail it through {SMTP} (smtp://user:pw@host)."),
]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("digest")(digest)


def digest(
    language: LanguageOption = "en",
    webhook: WebhookOption = None,
    shape: ShapeOption = "text",
    mail: MailOption = None,
    workspace: WorkspaceOption = WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Tell the last month's figures and what deserves a look: missed targets, unusual movements, rules."""
    with _without_warnings():
        from dashboard import digest as news
        from dashboard.i18n import speaking

        with speaking(language):
            readings, found, provenance, span = _read(workspace)
            text = news.digest(readings, found, provenance, span)
    if webhook:
        post(webhook, text, shape)
    if mail:
        send(mail, provenance, text)
    if json:
        rows = [
            {"metric": one.alert.metric.name, "ground": one.alert.ground.value, "value": one.alert.value,
             "expected": one.alert.expected, "verdict": one.alert.verdict, "sentence": one.sentence}
            for one in found
        ]  # fmt: skip
        print_json({"of": provenance, "alerts": rows})
    else:
        answers().print(text, markup=False, soft_wrap=True)


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Streamlit warns that no server runs, which is as it should be."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _read(workspace: Path) -> tuple[dict[str, Reading], list[News], str, Span]:
    """The figures of the Overview for the month that ends with the data, the alerts that nobody dismissed,
    where they come from, and that month."""
    from dashboard import frame, live
    from dashboard.digest import news
    from dashboard.filters import View
    from dashboard.spans import span_of_months
    from dashboard.watch_page import WATCHED_DAILY, WatchPage
    from data.workspace import Workspace

    Workspace.open(workspace, create=False)  # one that is not there is refused, not made
    shown = live.of(workspace)
    if shown is None:
        raise InputError(f"{workspace}: nothing has happened yet; run loyalty import or loyalty demo first")
    page = WatchPage(shown, View(span_of_months("month", shown.as_of), {}))
    readings = page.readings(WATCHED_DAILY)
    waiting = [one for one in news(page, readings) if one.is_waiting]
    return readings, waiting, frame.provenance(shown), page.view.span


def post(url: str, text: str, shape: Shape) -> None:
    """Post the digest to a webhook; InputError where it cannot be delivered.

    What goes to 企业微信 is cut to what it takes, 2,048 bytes (developer.work.weixin.qq.com); what goes
    to 钉钉 is signed where LOYALTY_DINGTALK_SECRET says with what (open.dingtalk.com, custom robots).
    """
    body = {"text": text}
    if shape != "text":
        content = cut(text, WECOM_TAKES) if shape == "wecom" else text
        body = {"msgtype": "text", "text": {"content": content}}
    secret = os.environ.get(DINGTALK_SECRET, "") if shape == "dingtalk" else ""
    request = urllib.request.Request(
        signed(url, secret, time.time_ns() // 10**6),
        json_format.dumps(body).encode(),
        {"Content-Type": "application/json; charset=utf-8"},
    )
    if urlsplit(url).scheme not in ("http", "https"):
        raise InputError(f"--webhook {url}: give an address that begins with https://")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
            refusal = _refusal(response.read(LONGEST_ANSWER))
    except (urllib.error.URLError, OSError) as error:
        raise InputError(f"--webhook {url}: the digest was not delivered ({error})") from error
    if refusal:
        raise InputError(f"--webhook {url}: the digest was not delivered ({refusal})")


def cut(text: str, most_bytes: int) -> str:
    """As many whole lines of the text as fit, and a line that says so where not all do."""
    if len(text.encode()) <= most_bytes:
        return text
    kept, room = [], most_bytes - len(CUT_HERE.encode())
    for line in text.splitlines(keepends=True):
        room -= len(line.encode())
        if room < 0:
            break
        kept.append(line)
    return "".join([*kept, CUT_HERE])


def signed(url: str, secret: str, at_ms: int) -> str:
    """The address of a 钉钉 robot with its signature of that moment; as it is where there is no secret."""
    if not secret:
        return url
    digest = hmac.digest(secret.encode(), f"{at_ms}\n{secret}".encode(), "sha256")
    return f"{url}&{urlencode({'timestamp': at_ms, 'sign': base64.b64encode(digest).decode()})}"


def _refusal(answer: bytes) -> str:
    """Why a webhook refused; "" where it did not: 企业微信 and 钉钉 answer 200 and say so in `errcode`."""
    try:
        said = json_format.loads(answer)
    except ValueError:
        return ""
    is_refused = isinstance(said, dict) and said.get("errcode", 0) != 0
    return f"{said.get('errmsg', '')} {said['errcode']}".strip() if is_refused else ""


def send(address: str, subject: str, text: str) -> None:
    """Mail the digest through the server that LOYALTY_SMTP names; InputError where it cannot be."""
    server = urlsplit(os.environ.get(SMTP, ""))
    if server.scheme not in ("smtp", "smtps") or not server.hostname:
        raise InputError(f"--mail: set {SMTP} to the mail server, like smtp://user:password@host:587")
    message = EmailMessage()
    message["Subject"], message["To"] = subject, address
    message["From"] = unquote(server.username or "") or address
    message["Date"] = localtime()
    message.set_content(text)
    try:
        with _opened(server.scheme, server.hostname, server.port or 0) as smtp:
            if server.password:
                if server.scheme == "smtp":
                    smtp.starttls(context=ssl.create_default_context())
                smtp.login(unquote(server.username or ""), unquote(server.password))
            smtp.send_message(message)
    except (smtplib.SMTPException, OSError) as error:
        raise InputError(f"--mail {address}: the digest was not sent ({error})") from error


def _opened(scheme: str, host: str, port: int) -> smtplib.SMTP:
    """A connection to the mail server, whose certificate must be that of the host."""
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=ssl.create_default_context())
    return smtplib.SMTP(host, port, timeout=TIMEOUT_S)
