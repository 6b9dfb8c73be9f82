"""The notifier on a real broker, with receivers that speak HTTP and SMTP: down, wrong, slow, and killed in between."""

import asyncio
import json
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from click.testing import CliRunner
from msgspec.structs import replace
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from agents.cli.main import dallosh
from agents.notifier import Notifying
from agents.telling import POLL_MS, Telling
from schemas.alert import Transition
from schemas.codec import encode
from streams.kafka.delivery import Delivery
from streams.settings import Settings, load_settings
from tests.e2e.command import environment
from tests.e2e.process import DALLOSH, Running
from tests.integration.notifier_rig import (
    EVER_S,
    OF_THE_NOTIFIER,
    alert,
    life,
    notices,
    outcomes,
    publish,
    resend,
    told,
    write_file,
)
from tests.integration.router_rig import create
from tests.integration.sole_work import at_work
from tests.receivers import Receiver, mail_server, receiver, until

WEBHOOK = '[[channel]]\nname = "{0}"\nkind = "webhook"\nurl_env = "{0}_URL"\ntimeout_s = 5\n{1}\n'
WAVE = life(("suspected", "unknown"), ("open", "unknown"), ("open", "national"), ("easing", "national"),
            ("closed", "national"))  # fmt: skip
ID = WAVE[0].id
KEYS = [f"{ID}/2", f"{ID}/3", f"{ID}/5"]
OTHER = alert(("open", "local"), id_="billing-18-20260302T1100Z", topic="billing")


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.core.crisis.patience.FIRST_WAIT_S", 0.2)


@pytest.fixture
async def settings(kafka: str, namespace: str, tmp_path: Path) -> Settings:
    settings = load_settings(
        kafka_bootstrap=kafka, namespace=namespace, data_dir=tmp_path, procedures_file=tmp_path / "procedures.toml"
    )
    await create(settings, OF_THE_NOTIFIER)
    return settings


def webhooks(
    folder: Path, monkeypatch: pytest.MonkeyPatch, more: str = "", *, event_stale_after_s: float = EVER_S,
    **receivers: Receiver,
) -> None:  # fmt: skip
    """Writes a file with a webhook for each receiver."""
    for name, one in receivers.items():
        monkeypatch.setenv(f"{name.upper()}_URL", one.url)
    channels = "".join(WEBHOOK.format(name, more).replace(f"{name}_URL", f"{name.upper()}_URL") for name in receivers)
    write_file(folder, channels, *receivers, event_stale_after_s=event_stale_after_s)


async def test_a_receiver_that_is_down_is_told_once_it_is_up_and_holds_up_no_other(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiver() as up, receiver(started=False) as down:
        webhooks(tmp_path, monkeypatch, up=up, down=down)
        await publish(settings, *WAVE)
        async with at_work(Notifying(settings)):
            await until(lambda: len(up.came) == 3)
            assert down.came == []
            await down.start()
            found = await told(settings, 6)
        assert (up.keys, down.keys) == (KEYS, KEYS)
        assert {one.outcome for one in found} == {"delivered"}
        assert max(one.attempts for one in found if one.channel == "down") > 1
        assert [one["kind"] for _, one in up.came] == ["confirmed", "widened", "closed"]
        first = up.came[0][1]
        assert (first["procedure"], first["steps"][0]) == ("any", {"id": "look", "text": "Look at it"})
        assert first["alert"] == json.loads(encode(WAVE[1]))
        async with at_work(Notifying(settings)):  # nothing is left to do, from the committed offsets on
            await publish(settings, OTHER)
            await told(settings, 8)
        assert len(up.keys) == len(down.keys) == 4


async def test_what_is_refused_is_kept_byte_for_byte_and_goes_again_when_asked(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiver() as one:
        webhooks(tmp_path, monkeypatch, hook=one)
        elsewhere = {"Location": f"http://127.0.0.1:{one.port}/other"}
        one.answers = {
            KEYS[0]: [web.Response(status=400), web.Response(status=200)],
            KEYS[1]: [web.Response(status=302, headers=elsewhere)],
            KEYS[2]: [web.Response(status=429, headers={"Retry-After": "1"}), web.Response(status=503),
                      web.Response(status=202)],
        }  # fmt: skip
        await publish(settings, WAVE[1], b'{"broken', *WAVE[2:])
        async with at_work(Notifying(settings)):
            found = await told(settings, 4)
            assert outcomes(found) == [
                ("broken", 0, "hook", "failed"), (ID, 2, "hook", "failed"), (ID, 3, "hook", "failed"),
                (ID, 5, "hook", "delivered"),
            ]  # fmt: skip
            by_seq = {notice.seq: notice for notice in found}
            assert (by_seq[2].record, by_seq[2].reason) == (encode(WAVE[1]), "HTTP 400")
            assert (by_seq[3].record, by_seq[3].reason, by_seq[3].attempts) == (encode(WAVE[2]), "HTTP 302", 1)
            assert (by_seq[5].record, by_seq[5].reason, by_seq[5].attempts) == (None, "HTTP 202", 3)
            assert by_seq[0].record == b'{"broken'
            await publish(settings, resend(ID, 2, "hook"), resend(ID, 2, "another"), resend(ID, 77, "hook"))
            last = (await told(settings, 5))[-1]
        assert (last.seq, last.outcome, last.command_id) == (2, "delivered", f"r-{ID}-2")
        assert one.keys == [KEYS[0], KEYS[1], *[KEYS[2]] * 3, KEYS[0]]
        assert one.came[-1][1] == one.came[0][1]
        assert all("secret" not in notice.reason for notice in found)
        async with at_work(Notifying(settings)):  # a command is carried out once
            await publish(settings, OTHER)
            await told(settings, 6)
        assert len(one.came) == 7


async def test_a_new_channel_is_not_told_what_is_old(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiver() as one:
        webhooks(tmp_path, monkeypatch, "stale_after_s = 3600", hook=one)
        await publish(settings, *WAVE, at=datetime.now(UTC) - timedelta(hours=2))
        await publish(settings, OTHER)
        async with at_work(Notifying(settings)):
            found = await told(settings, 4)
        assert one.keys == [f"{OTHER.id}/1"]
        assert [(n.seq, n.outcome, n.attempts) for n in found if n.alert_id == ID] == [
            (2, "skipped", 0), (3, "skipped", 0), (5, "skipped", 0),
        ]  # fmt: skip
        assert {n.reason for n in found if n.outcome == "skipped"} == {"published over 3600 s before it was read"}


async def test_a_wave_of_long_ago_that_is_published_anew_pages_nobody(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a detector that starts cold on days of backlog."""
    now = datetime.now(UTC)
    today = replace(OTHER, history=(Transition(at=now - timedelta(minutes=50), state="open", scope="local"),))
    async with receiver() as one:
        webhooks(tmp_path, monkeypatch, hook=one, event_stale_after_s=3600)
        await publish(settings, *WAVE, today)
        async with at_work(Notifying(settings)):
            found = await told(settings, 4)
        assert one.keys == [f"{OTHER.id}/1"]
        assert [(n.seq, n.outcome, n.reason) for n in found if n.alert_id == ID] == [
            (seq, "skipped", "happened over 3600 s before it was read") for seq in (2, 3, 5)
        ]


async def test_a_channel_that_lacks_something_is_left_out_and_told(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiver() as one, receiver() as other:
        webhooks(tmp_path, monkeypatch, hook=one, lacking=other)
        monkeypatch.delenv("LACKING_URL")
        await publish(settings, WAVE[1])
        with capture_logs() as logs:
            async with at_work(Notifying(settings)):
                assert outcomes(await told(settings, 1)) == [(ID, 2, "hook", "delivered")]
                assert [broken(name) for name in ("hook", "lacking")] == [0, 1]
        (line,) = [line for line in logs if line["event"] == "channel_broken"]
        assert (line["log_level"], line["channel"]) == ("error", "lacking")
        assert "LACKING_URL is not set. Set it, or" in line["reason"]
        monkeypatch.setenv("LACKING_URL", other.url)
        async with at_work(Notifying(settings)):  # it goes on where it was
            assert len(await told(settings, 2)) == 2
            assert broken("lacking") == 0
        assert (one.keys, other.keys) == ([KEYS[0]], [KEYS[0]])


def broken(channel: str) -> float | None:
    return REGISTRY.get_sample_value("dallosh_channel_broken", {"channel": channel})


async def test_a_tombstone_tells_nothing_and_an_id_is_logged_in_part(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiver() as one:
        webhooks(tmp_path, monkeypatch, hook=one)
        with capture_logs() as logs:
            await publish(settings, None, resend("x" * 5_000, 1, "hook"))
            async with at_work(Notifying(settings)):
                await until(lambda: any(line["event"] == "no_such_transition" for line in logs))
                await publish(settings, OTHER)
                found = await told(settings, 1)
    assert outcomes(found) == [(OTHER.id, 1, "hook", "delivered")]
    assert max(len(str(value)) for line in logs for value in line.values()) < 500
    assert not [line for line in logs if line["event"] in ("unreadable", "record_left")]


async def test_killed_before_the_outcome_is_published_it_tells_again_under_the_same_key(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(*_: Any) -> None:
        raise RuntimeError("killed")

    async with receiver() as one:
        webhooks(tmp_path, monkeypatch, hook=one)
        await publish(settings, WAVE[1])
        with monkeypatch.context() as patch:
            patch.setattr(Delivery, "deliver", killed)
            with pytest.raises(RuntimeError, match="killed"):
                await notifying_until_it_fails(settings)
        assert (one.keys, await notices(settings)) == ([KEYS[0]], [])
        with monkeypatch.context() as patch:  # published this time, and killed before the commit
            patch.setattr(Telling, "_commit", killed_after(1, Telling._commit))
            with pytest.raises(RuntimeError, match="killed"):
                await notifying_until_it_fails(settings)
        assert one.keys == [KEYS[0]] * 2
        async with at_work(Notifying(settings)):
            await publish(settings, OTHER)
            found = await told(settings, 2)
        assert one.keys == [KEYS[0], KEYS[0], f"{OTHER.id}/1"]
        assert outcomes(found) == [(OTHER.id, 1, "hook", "delivered"), (ID, 2, "hook", "delivered")]


async def notifying_until_it_fails(settings: Settings) -> None:
    async with asyncio.timeout(30):
        await Notifying(settings).run()


def killed_after(n_notices: int, commit: Any) -> Any:
    """A commit that fails as soon as there is something to commit."""

    async def committing(self: Telling, consumer: Any) -> None:
        if len(self._known) >= n_notices and self._ledger.committable():
            raise RuntimeError("killed")

    return committing


async def test_mail_and_command(settings: Settings, tmp_path: Path) -> None:
    script = tmp_path / "told.py"
    script.write_text(
        "import json, os, sys\n"
        "line = {'key': os.environ['IDEMPOTENCY_KEY'], 'said': json.load(sys.stdin), 'arg': sys.argv[1]}\n"
        f"open({str(tmp_path / 'told.jsonl')!r}, 'a').write(json.dumps(line) + '\\n')\n"
    )
    async with mail_server() as server:
        write_file(
            tmp_path,
            f'''[[channel]]
name = "mail"
kind = "email"
server = "127.0.0.1"
port = {server.port}
security = "none"
sender = "dallosh@example.org"
to = ["duty@example.org", "boss@example.org"]
[[channel]]
name = "script"
kind = "command"
argv = ["{sys.executable}", "{script}", "$HOME; echo"]
''',
            "mail", "script",
        )  # fmt: skip
        await publish(settings, *WAVE)
        async with at_work(Notifying(settings)):
            found = await told(settings, 6)
    assert {one.outcome for one in found} == {"delivered"}
    lines = [json.loads(line) for line in (tmp_path / "told.jsonl").read_text().splitlines()]
    assert [(one["key"], one["said"]["kind"], one["arg"]) for one in lines] == [
        (KEYS[0], "confirmed", "$HOME; echo"), (KEYS[1], "widened", "$HOME; echo"), (KEYS[2], "closed", "$HOME; echo"),
    ]  # fmt: skip
    assert len(server.mails) == 3
    assert f"Message-ID: <{ID}.2@example.org>" in server.mails[0]
    assert "Look at it" in server.mails[0]


async def test_killed_while_a_receiver_reads_it_begins_again_there(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real thing: a worker's process, kill -9 between the request and the answer."""
    async with receiver() as one:
        webhooks(tmp_path, monkeypatch, hook=one)
        env = environment(
            tmp_path, DALLOSH_KAFKA_BOOTSTRAP=settings.kafka_bootstrap, DALLOSH_NAMESPACE=settings.namespace,
            DALLOSH_PROCEDURES_FILE=str(settings.procedures_file), HOOK_URL=one.url,
        )  # fmt: skip
        await publish(settings, *WAVE[:3])
        with Running([*DALLOSH, "worker", "notifier"], env, tmp_path) as worker:
            one.held = {KEYS[1]: asyncio.Event()}
            await until(lambda: KEYS[1] in one.keys)
            await asyncio.sleep(3 * POLL_MS / 1000)  # it commits what is done meanwhile, and no more
            await asyncio.to_thread(worker.stop, signal.SIGKILL)
        one.held.pop(KEYS[1]).set()
        async with at_work(Notifying(settings)):
            await told(settings, 2)
    assert worker.event("notice")
    assert "secret-path" not in worker.stderr()
    assert one.keys == [KEYS[0], KEYS[1], KEYS[1]]
    assert outcomes(await notices(settings)) == [(ID, 2, "hook", "delivered"), (ID, 3, "hook", "delivered")]


async def test_a_channel_is_counted_from_nought(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a counter that begins at 1, Prometheus sees no increase: the first failure would page nobody."""
    async with receiver() as one:
        webhooks(tmp_path, monkeypatch, untold=one)
        async with at_work(Notifying(settings)) as work:
            await until(lambda: work.is_ready)
    for outcome in ("delivered", "failed", "skipped"):
        found = REGISTRY.get_sample_value("dallosh_notices_total", {"channel": "untold", "outcome": outcome})
        assert found == 0


async def test_commands_of_an_operator(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DALLOSH_KAFKA_BOOTSTRAP", settings.kafka_bootstrap)
    monkeypatch.setenv("DALLOSH_NAMESPACE", settings.namespace)
    monkeypatch.setenv("DALLOSH_PROCEDURES_FILE", str(settings.procedures_file))

    async def run(*arguments: str, code: int = 0) -> Any:
        result = await asyncio.to_thread(CliRunner().invoke, dallosh, ["crisis", *arguments, "--json"])
        assert result.exit_code == code, result.output
        assert "generator" not in result.stderr, "a reader was left open"
        return [json.loads(line) for line in result.stdout.splitlines()]

    async with receiver() as one:
        webhooks(tmp_path, monkeypatch, hook=one)
        one.answers = {KEYS[0]: [web.Response(status=404), web.Response(status=200)]}
        await run("notices", code=3)
        await run("sign", ID, "look", code=3)
        await publish(settings, *WAVE[:3])
        async with at_work(Notifying(settings)):
            await told(settings, 2)
            (failed,) = await run("notices", "--failed")
            assert (failed["seq"], failed["outcome"], failed["reason"]) == (2, "failed", "HTTP 404")
            await run("resend", ID, "--seq", "2", "--channel", "nobody", code=3)
            await run("resend", ID, "--seq", "9", "--channel", "hook", code=3)
            (again,) = await run("resend", ID, "--seq", "2", "--channel", "hook", "--why", "mended")
            assert (again["outcome"], again["attempts"]) == ("delivered", 1)
            await run("notices", "--failed", code=3)
            assert len(await run("notices")) == 3
        await run("sign", ID, "nonsense", code=3)
        await run("sign", ID, "look", "--why", "seen")
        (shown,) = await run("show", ID)
    assert shown["procedure"] == "any"
    assert [(step["id"], bool(step["by"]), step["why"]) for step in shown["steps"]] == [
        ("look", True, "seen"), ("tell", False, ""),
    ]  # fmt: skip
