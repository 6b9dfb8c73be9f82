"""The file of procedures and channels: what it takes, and what it says of what it does not take."""

import re
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from agents.environment import secret_names
from schemas.notice import AlertMessage
from streams.channels.opening import kind_of, open_channel, open_channels, place_of
from streams.channels.procedures_file import SHIPPED, load_procedures, secrets_of
from streams.core.crisis.procedures import procedure_of
from streams.errors import SettingsError
from streams.settings import PROJECT_DIR, load_settings
from tests.integration.notifier_rig import alert

HOOK: Final = '[[channel]]\nname = "hook"\nkind = "webhook"\nurl_env = "HOOK_URL"\n'
MAIL: Final = '[[channel]]\nname = "mail"\nkind = "email"\nserver = "mail.example.org"\nsender = "d@example.org"\n'
TO: Final = 'to = ["a@example.org"]\n'
ANY: Final = '[[procedure]]\nname = "any"\ntopic = "*"\nscope = "*"\n'


def load(folder: Path, text: str) -> None:
    path = folder / "p.toml"
    path.write_text(text)
    load_procedures(path)


def test_the_shipped_one_has_steps_for_everything_and_tells_nobody() -> None:
    found = load_procedures(None)
    assert found == load_procedures(SHIPPED)
    assert (found.channel, secrets_of(found)) == ((), set())
    names = [(topic, scope, getattr(procedure_of(found.procedure, topic, scope), "name", None)) for topic, scope in (
        ("network", "national"), ("network", "local"), ("network", "unknown"), ("billing", "local"), ("all", "unknown"),
    )]  # fmt: skip
    assert [name for *_, name in names] == ["network-national", "network-local", "network", "billing", "any"]
    assert all(one.steps for one in found.procedure)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense", "is no toml: at end of document"),
        ('[[chanel]]\nname = "x"\n', "unknown field chanel"),
        (
            HOOK.replace("HOOK_URL", "https://x.example/s3cret"),
            "number 1 (hook): key url_env: expected str of another",
        ),
        (f"a = {'9' * 5_000}\n", "is no toml: it cannot be parsed"),
        (f"a = {'[' * 5_000}\n", "is no toml: it cannot be parsed"),
        (HOOK.replace('"hook"', '"https://x.example/s3cret"'), "number 1: key name: expected str of another"),
        (HOOK.replace("url_env", "url"), "number 1 (hook): it contains unknown field url"),
        (HOOK + 'password = "s3cret"\n', "unknown field password"),
        (HOOK.replace("webhook", "s3cret"), "key kind: expected one of webhook, slack, teams, email, command"),
        (HOOK.replace('kind = "webhook"\n', ""), "number 1 (hook): it missing required field kind"),
        (HOOK.replace('"hook"', '"Hook 1"'), "key name: expected"),
        (HOOK + "timeout_s = 0\n", "key timeout_s: expected"),
        (HOOK + HOOK, "number 1 (hook): key name: another channel has the same"),
        (MAIL + "to = []\n", "key to: expected"),
        (MAIL + 'to = ["a@b\\nBcc: c@d"]\n', "key to: expected"),
        (MAIL + TO + 'user = "u"\n', "keys user and password_env go together"),
        (MAIL + TO + 'user = "u"\npassword_env = "P"\nsecurity = "none"\n', "a password goes out encrypted only"),
        (MAIL + TO + 'security = "s3cret"\n', "key security: expected one of starttls, tls, none"),
        ('[[channel]]\nname = "c"\nkind = "command"\nargv = []\n', "key argv: expected"),
        (ANY + 'channels = ["hook"]\n', "number 1 (any): key channels: there is no [[channel]] hook"),
        (ANY.replace('topic = "*"', 'topic = "equipment"'), "key topic: expected one of network, billing"),
        (ANY.replace('scope = "*"', 'scope = "world"'), "key scope: expected one of local, regional"),
        (ANY + 'tells = ["suspected"]\n', "key tells: expected one of confirmed"),
        (ANY + ANY, "number 2 (any): key name: another procedure has the same"),
        (
            ANY + ANY.replace('"any"', '"late"'),
            "number 2 (late): it never comes into play: any, which stands before it",
        ),
        (
            ANY.replace('"any"', '"far"').replace('scope = "*"', 'scope = "national"')
            + ANY.replace('"any"', '"net"').replace('topic = "*"', 'topic = "network"')
            + "".join(
                ANY.replace('"any"', f'"{one}"')
                .replace('"*"\n', f'"{one}"\n')
                .replace(f'topic = "{one}"', 'topic = "*"')
                for one in ("local", "regional", "unknown")
            )
            + ANY.replace('"any"', '"late"').replace('topic = "*"', 'topic = "billing"'),
            "number 6 (late): it never comes into play: local, regional, far, unknown, which stand before it, take",
        ),
        (ANY + 'steps = [{ id = "a", text = "A" }, { id = "a", text = "B" }]\n', "key steps: two have the same id"),
        (ANY + 'steps = [{ id = "a" }]\n', "key steps: it missing required field text"),
    ],
)
def test_what_is_wrong_is_told_by_table_and_key_and_never_quoted(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text)
    said = str(caught.value)
    assert words in said.lower()
    assert "s3cret" not in said
    assert "docs/howto/crisis.md" in said or "environment variable" in said


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text(ANY, encoding="utf-8-sig")
    assert [one.name for one in load_procedures(tmp_path / "p.toml").procedure] == ["any"]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: FileNotFoundError"):
        load_procedures(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "HOOK_URL is not set"),
        ("ftp://s3cret", "HOOK_URL is no http"),
        ("https://x/s3 cret", "HOOK_URL is no http"),
        ("http://s3cret..example/", "HOOK_URL is no http"),
        ("http://.../", "HOOK_URL is no http"),
        (f"http://{'s3' * 40}.example/", "HOOK_URL is no http"),
        ("http://x:99999/s3cret", "HOOK_URL is no http"),
        ("http://s3cret@/", "HOOK_URL is no http"),
        ("http://u:s3cret@x.example/", "HOOK_URL is no https:// address: an Authorization goes out encrypted only"),
    ],
)
def test_a_secret_of_another_form_names_the_variable_alone(value: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text(HOOK)
    (table,) = load_procedures(tmp_path / "p.toml").channel
    with pytest.raises(SettingsError, match=f"channel hook: {words}") as caught:
        open_channel(table, set, read=lambda name: value)
    assert "s3" not in str(caught.value)
    assert place_of(table) == "$HOOK_URL"


def test_a_header_and_a_program_are_checked(tmp_path: Path) -> None:
    text = HOOK + 'authorization_env = "TOKEN"\n[[channel]]\nname = "c"\nkind = "command"\nargv = ["no-such-program"]\n'
    (tmp_path / "p.toml").write_text(text)
    found = load_procedures(tmp_path / "p.toml")
    assert secrets_of(found) == {"HOOK_URL", "TOKEN"}
    with pytest.raises(SettingsError, match="TOKEN holds what a header cannot carry"):
        open_channel(found.channel[0], set, read={"HOOK_URL": "https://x.example", "TOKEN": "a\nb"}.__getitem__)
    with pytest.raises(SettingsError, match="there is no program no-such-program"):
        open_channel(found.channel[1], set)


def test_the_example_of_the_docs_is_taken(tmp_path: Path) -> None:
    page = (PROJECT_DIR / "docs" / "howto" / "crisis.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```toml\n(.*?)^```$", page, re.M | re.S)
    (tmp_path / "p.toml").write_text(example)
    found = load_procedures(tmp_path / "p.toml")
    assert {kind_of(one) for one in found.channel} == {"webhook", "slack", "teams", "email", "command"}
    assert {name for one in found.procedure for name in one.channels} == {one.name for one in found.channel}
    assert secrets_of(found) == set(re.findall(r'_env = "(\w+)"', example))


AUTHORIZED: Final = HOOK + 'authorization_env = "TOKEN"\n'


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://u:s3cret@x.example/", "HOOK_URL holds a user or a password, and authorization_env is the same"),
        ("https://s3cret@x.example/", "HOOK_URL holds a user or a password"),
        ("http://u:s3cret@127.0.0.1/", "HOOK_URL holds a user or a password"),
        ("http://x.example/s3cret", "HOOK_URL is no https:// address: an Authorization goes out encrypted only"),
        ("http://127.s3cret.example/", "HOOK_URL is no https:// address"),
        ("http://localhost.s3cret.example/", "HOOK_URL is no https:// address"),
    ],
)
def test_an_authorization_stands_once_and_goes_out_encrypted(url: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text(AUTHORIZED)
    (table,) = load_procedures(tmp_path / "p.toml").channel
    with pytest.raises(SettingsError, match=f"channel hook: {words}") as caught:
        open_channel(table, set, read={"HOOK_URL": url, "TOKEN": "Bearer s3cret"}.__getitem__)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("url", ["https://x.example/", "http://127.0.0.1:9/", "http://localhost/", "http://[::1]:9/"])
def test_encrypted_or_to_this_machine_an_authorization_may_go(url: str, tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text(AUTHORIZED)
    (table,) = load_procedures(tmp_path / "p.toml").channel
    open_channel(table, set, read={"HOOK_URL": url, "TOKEN": "Bearer s3cret"}.__getitem__)


def test_a_channel_that_lacks_something_leaves_the_others_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text(HOOK + MAIL + TO)
    opened = open_channels(load_procedures(tmp_path / "p.toml"), set, read=lambda name: "")
    assert [table.name for table in opened.channels] == ["mail"]
    assert [(table.name, "HOOK_URL is not set" in str(error)) for table, error in opened.broken.items()] == [
        ("hook", True)
    ]
    (mail,) = opened.channels
    assert place_of(mail) == "mail.example.org:587, 1 recipient"


async def test_a_command_gets_no_secret_of_a_channel_or_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, models, file = (tmp_path / name for name in ("environment", "models.toml", "p.toml"))
    argv = f'argv = ["sh", "-c", "env > {out}"]\n'
    file.write_text(AUTHORIZED + '[[channel]]\nname = "c"\nkind = "command"\n' + argv)
    models.write_text(
        '[[deployment]]\nname = "eu"\nprovider = "openai"\nmodel = "gpt-4o"\napi_key_env = "PAID_MODELS"\n'
    )
    settings = load_settings(models_file=models, procedures_file=file)
    monkeypatch.setenv("HOOK_URL", "https://x.example/s3cret")
    for name in ("TOKEN", "PAID_MODELS", "mistral_api_key", "dallosh_redis_password"):
        monkeypatch.setenv(name, "Bearer s3cret")
    found = load_procedures(file)
    command = open_channels(found, partial(secret_names, settings, found)).channels[found.channel[1]]
    message = AlertMessage(key="a/1", kind="confirmed", seq=1, alert=alert(("open", "national")), procedure="any")
    assert await command.tell(message) == "exit code 0"
    assert "IDEMPOTENCY_KEY=a/1" in out.read_text()
    assert "s3cret" not in out.read_text()
    models.write_text("nonsense")
    opened = open_channels(found, partial(secret_names, settings, found))
    assert [table.name for table in opened.broken] == ["c"], "what it must not see is not known"
    assert [table.name for table in opened.channels] == ["hook"]
