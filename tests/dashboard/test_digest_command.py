"""`loyalty digest`: the morning's figures as text, told to whoever is to have them."""

from __future__ import annotations

import json
import shutil
import smtplib
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest
from typer.testing import CliRunner

from dashboard import digest
from dashboard.cli import app
from dashboard.commands.digest import cut, signed
from dashboard.digest import News
from dashboard.figures import unmarked
from data.workspace import Workspace
from loyalty_core.metrics.dictionary import METRICS, target_of
from loyalty_core.rules.programme import programme_to_yaml
from tests.dashboard.reader import opened


def loyalty(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.parametrize(
    ("verdicts", "told"),
    [
        ([-1], "1 alert: Rate is low."),
        ([-1, -1], "2 alerts: bad news"),
        ([-1, 1], "2 alerts, 1 of them bad news"),
        ([0, 1], "2 alerts"),
    ],
)
def test_alerts_are_counted_and_one_alone_is_told(verdicts: list[int], told: str) -> None:
    alerts = [SimpleNamespace(verdict=verdict) for verdict in verdicts]
    assert digest.count([News("rate", alert, "Rate is low.") for alert in alerts]) == told


class Webhook(BaseHTTPRequestHandler):
    """Keeps what it is sent."""

    kept: ClassVar[list[dict]] = []

    def do_POST(self) -> None:
        self.kept.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(503 if self.path == "/elsewhere" else 200)
        self.end_headers()
        self.wfile.write(self.answers.get(self.path, b"ok"))

    # As 企业微信 answers: with 200 in any case.
    answers: ClassVar[dict[str, bytes]] = {
        "/hook": b'{"errcode": 0, "errmsg": "ok"}',
        "/revoked": b'{"errcode": 93000, "errmsg": "invalid webhook url"}',
    }

    def log_message(self, *_arguments: object) -> None:
        """Nothing."""


@pytest.fixture
def webhook() -> Iterator[str]:
    Webhook.kept.clear()
    server = HTTPServer(("127.0.0.1", 0), Webhook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_the_digest_tells_the_figures_and_what_deserves_a_look(demo: Path, webhook: str) -> None:
    told = loyalty("digest", "--workspace", demo, "--webhook", f"{webhook}/hook", "--shape", "wecom")
    assert told.exit_code == 0
    assert "1–31 Oct 2026, compared with 1–30 Sept 2026" in told.stdout
    assert "Active members:" in told.stdout and "the target is" in told.stdout
    assert Webhook.kept == [{"msgtype": "text", "text": {"content": told.stdout.rstrip("\n")}}]
    chinese = loyalty("digest", "--workspace", demo, "--lang", "zh", "--json")
    alerts = json.loads(chinese.stdout)["alerts"]
    assert alerts and all("目标为" in one["sentence"] for one in alerts if one["ground"] == "target")
    assert [one["verdict"] for one in alerts] == sorted(one["verdict"] for one in alerts)


@pytest.fixture
def aiming(demo: Path, tmp_path: Path) -> Path:
    """The demo programme with targets for what the Overview does not show: two that are missed, one met."""
    own = Path(shutil.copytree(demo, tmp_path / "own"))
    programme = Workspace.open(own).programme
    further = {
        "purchase_frequency": Decimal(9),
        "churn_rate": Decimal("0.01"),
        "average_order_value": Decimal(1),
    }
    document = programme_to_yaml(programme.model_copy(update={"targets": {**programme.targets, **further}}))
    (tmp_path / "aims.yaml").write_text(document, encoding="utf-8")
    assert loyalty("programme", "apply", tmp_path / "aims.yaml", "--workspace", own).exit_code == 0
    return own


def test_every_target_that_is_missed_is_told_and_no_other(aiming: Path) -> None:
    programme = Workspace.open(aiming).programme
    aims = {name: target_of(metric, programme) for name, metric in METRICS.items() if metric.per is None}
    aims = {name: target for name, target in aims.items() if target is not None}
    held = {name: METRICS[name].proved_by for name in aims}
    asked = ["--metrics", ",".join(held.values()), "--from", "2026-10-01", "--json"]
    [row] = json.loads(loyalty("kpi", *asked, "--workspace", aiming).stdout)["rows"]
    missed = {
        name
        for name, target in aims.items()
        if (value := row[held[name]]) is not None
        and (value > target if METRICS[name].direction < 0 else value < target)
    }
    found = json.loads(loyalty("digest", "--workspace", aiming, "--json").stdout)["alerts"]
    assert {one["metric"] for one in found if one["ground"] == "target"} == missed
    assert missed > {"purchase_frequency", "churn_rate"} and "average_order_value" not in missed
    [accuracy] = [one["sentence"] for one in found if one["metric"] == "data_accuracy"]
    proved = f"{row['data_accuracy_low']:.1%}"
    assert accuracy == f"Data accuracy: the sample proves {proved} or more; the target is 95.0%."


def test_further_targets_are_told_of_everybody_whoever_is_looked_at(
    aiming: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = json.loads(loyalty("digest", "--workspace", aiming, "--json").stdout)["alerts"]
    [sentence] = [one["sentence"] for one in told if one["metric"] == "purchase_frequency"]
    page = opened("views/overview.py", aiming, monkeypatch, region="East")
    assert not page.exception
    assert f"▼ {unmarked(sentence)}" in [one.value for one in page.markdown]


def test_what_does_not_fit_into_a_message_is_cut_between_lines() -> None:
    text = "\n".join(f"{number}：积分消耗率为 63.7%，目标为 65.0%。" for number in range(100))
    kept = cut(text, 2_048)
    assert 1_900 < len(kept.encode()) <= 2_048
    assert text.startswith(kept.removesuffix("…")) and kept.endswith("。\n…")
    assert cut("short", 2_048) == "short"


def test_a_dingtalk_robot_is_asked_with_its_signature() -> None:
    # `printf '1700000000000\nSEC1' | openssl dgst -sha256 -hmac SEC1 -binary | base64`
    address = signed("https://x/send?access_token=1", "SEC1", 1_700_000_000_000)
    assert (
        address
        == "https://x/send?access_token=1&timestamp=1700000000000&sign=ukR4%2BWoOOBTGaOauYqugxVrMSFyr92q4hPxJxuOkiio%3D"
    )
    assert signed("https://x/send?access_token=1", "", 1) == "https://x/send?access_token=1"


def test_what_cannot_be_delivered_is_said_in_one_line(small: Path, webhook: str, monkeypatch) -> None:
    refused = loyalty("digest", "--workspace", small, "--webhook", f"{webhook}/elsewhere")
    assert "was not delivered" in str(refused.exception)
    revoked = loyalty("digest", "--workspace", small, "--webhook", f"{webhook}/revoked", "--shape", "wecom")
    assert "was not delivered (invalid webhook url 93000)" in str(revoked.exception)
    assert "begins with https" in str(
        loyalty("digest", "--workspace", small, "--webhook", "ftp://127.0.0.1/x").exception
    )
    monkeypatch.delenv("LOYALTY_SMTP", raising=False)
    assert "set LOYALTY_SMTP" in str(loyalty("digest", "--workspace", small, "--mail", "a@b.c").exception)
    monkeypatch.setenv("LOYALTY_SMTP", "smtp://127.0.0.1:9")
    assert "was not sent" in str(loyalty("digest", "--workspace", small, "--mail", "a@b.c").exception)


def test_the_digest_is_mailed(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = []

    class Mailbox:
        """An SMTP connection that keeps what is sent."""

        def __init__(self, host: str, port: int, timeout: float) -> None:
            assert (host, port) == ("mail.example", 25)

        def __enter__(self):
            return self

        def __exit__(self, *_arguments: object) -> None:
            """Nothing."""

        def send_message(self, message) -> None:
            sent.append(message)

    monkeypatch.setattr(smtplib, "SMTP", Mailbox)
    monkeypatch.setenv("LOYALTY_SMTP", "smtp://mail.example:25")
    assert loyalty("digest", "--workspace", small, "--mail", "boss@example.org").exit_code == 0
    (message,) = sent
    assert message["To"] == "boss@example.org" and "Active members: " in message.get_content()
