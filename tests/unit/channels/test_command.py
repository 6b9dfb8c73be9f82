"""Commands: what they are given, what their end means, and that none outlives its time."""

import json
import sys
from pathlib import Path

import psutil
import pytest

from schemas.notice import AlertMessage
from streams.channels.command import Command
from streams.errors import RejectedError, RetryableError
from tests.integration.notifier_rig import alert
from tests.receivers import until

MESSAGE = AlertMessage(key="a/1", kind="confirmed", seq=1, alert=alert(("open", "national")), procedure="any")


def command(program: str, *arguments: str, timeout_s: float = 30.0) -> Command:
    return Command([sys.executable, "-c", program, *arguments], timeout_s=timeout_s, secrets={"TEAMS_URL"})


async def test_it_is_given_the_message_and_the_key_and_none_of_our_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DALLOSH_KAFKA_PASSWORD", "s3cret")
    monkeypatch.setenv("MISTRAL_API_KEY", "s3cret")
    monkeypatch.setenv("TEAMS_URL", "s3cret")  # of another channel
    monkeypatch.setenv("TEAM", "north")
    out = tmp_path / "out.json"
    program = "import json, os, sys; json.dump([json.load(sys.stdin), dict(os.environ)], open(sys.argv[1], 'w'))"
    assert await command(program, str(out)).tell(MESSAGE) == "exit code 0"
    said, environment = json.loads(out.read_text())
    assert (said["key"], said["alert"]["id"]) == ("a/1", MESSAGE.alert.id)
    assert (environment["IDEMPOTENCY_KEY"], environment["TEAM"]) == ("a/1", "north")
    assert "s3cret" not in str(environment)


@pytest.mark.parametrize(("code", "fails"), [(65, RejectedError), (1, RetryableError), (75, RetryableError)])
async def test_exit_codes(code: int, fails: type[Exception]) -> None:
    with pytest.raises(fails, match=f"exit code {code}"):
        await command(f"raise SystemExit({code})").tell(MESSAGE)


async def test_one_that_is_not_there() -> None:
    with pytest.raises(RetryableError, match="not started: FileNotFoundError"):
        await Command(["/no/such/program"], timeout_s=1, secrets=frozenset()).tell(MESSAGE)


async def test_its_whole_group_ends_with_its_time(tmp_path: Path) -> None:
    program = (
        "import pathlib, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "pathlib.Path(sys.argv[1]).write_text(str(child.pid))\n"
        "time.sleep(60)\n"
    )
    file = tmp_path / "pid"
    with pytest.raises(RetryableError, match=r"not done within 1\.5 s"):
        await command(program, str(file), timeout_s=1.5).tell(MESSAGE)
    child = int(file.read_text())
    await until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE)
