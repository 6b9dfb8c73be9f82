"""`dallosh topics` as far as it needs no broker."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from agents.cli.table import cell, print_table
from agents.cli.topics import topics
from agents.documents.fields import FieldRow, field_rows
from agents.drift import drift_text, remedy_of
from schemas.alert import DetectorState
from schemas.classification import ClassifiedTweet
from schemas.topics import TOPICS
from streams.errors import FatalError
from streams.kafka.topic_state import Drift
from streams.settings import Settings


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("command", ["create", "list"])
def test_without_a_broker_the_error_names_the_remedy(command: str) -> None:
    result = CliRunner().invoke(topics, [command])
    assert isinstance(result.exception, FatalError)
    assert "dallosh dev start" in str(result.exception)


def test_an_unknown_topic_is_a_usage_error() -> None:
    result = CliRunner().invoke(topics, ["describe", "tweets.rwa"])
    assert result.exit_code == 2
    assert "tweets.raw" in result.stderr


@pytest.mark.parametrize("name", TOPICS)
def test_describe_tells_the_registry_without_a_broker(name: str) -> None:
    result = CliRunner().invoke(topics, ["describe", name, "--json"])
    assert result.exit_code == 0
    assert "Only what the registry says" in result.stderr
    entry = json.loads(result.stdout)
    spec = TOPICS[name]
    assert entry["live"] is None
    assert entry["readers"] == list(spec.readers)
    assert bool(entry["fields"]) is (spec.value is not None)
    text = CliRunner().invoke(topics, ["describe", name])
    assert text.exit_code == 0
    assert spec.description in text.stdout
    assert ("traceparent" in text.stdout) is (not name.startswith("ops."))


def test_fields_in_words() -> None:
    rows = {row.name: row for row in field_rows(ClassifiedTweet)}
    assert rows["id"] == FieldRow("id", "string", required=True)
    assert rows["created_at"].type == "date-time"
    assert rows["likes"] == FieldRow("likes", "integer or null", required=False)
    assert rows["priority"].type == "0|1|2"
    assert rows["sentiment"].type == "negative|neutral|positive"
    assert rows["places"].type == "list of Place"
    assert rows["places[].insee"].type == "string or null"
    assert rows["context.scrubbed"].required
    state = {row.name: row.type for row in field_rows(DetectorState)}
    assert (state["offsets"], state["payload"]) == ("map to integer", "base64")


def test_drift_in_words() -> None:
    settings = Settings(kafka_bootstrap="h:9", namespace="run7")
    retention = Drift("tweets.raw", "retention.ms", "1", "86400000")
    assert drift_text(retention) == "tweets.raw: retention.ms is 1, the registry says 86400000"
    assert "--bootstrap-server h:9" in remedy_of(retention, settings)
    assert "--entity-name run7.tweets.raw --add-config retention.ms=86400000" in remedy_of(retention, settings)
    assert "DALLOSH_PARTITIONS=3" in remedy_of(Drift("tweets.raw", "partitions", "3", "12"), settings)
    assert "DALLOSH_PARTITIONS" not in remedy_of(Drift("ops.spend", "partitions", "2", "3"), settings)


def test_table_pads_to_the_widest_cell_and_cuts_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("a", "bb"), [("long", "x" * 300), ("s", "")])
    assert capsys.readouterr().out == f"a     bb\nlong  {'x' * 300}\ns\n"
    print_table((), [("k", "v")])
    assert capsys.readouterr().out == "k  v\n"
    print_table((), [])
    assert capsys.readouterr().out == ""
    assert [cell(value) for value in (True, False, None, 0, "x")] == ["yes", "no", "-", "0", "x"]


def bindings_of(principal: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("DALLOSH_NAMESPACE", "test7")
    monkeypatch.setenv("DALLOSH_KAFKA_BOOTSTRAP", "kafka:9092")
    result = CliRunner().invoke(topics, ["acls", "--principal", principal])
    assert result.exit_code == 0
    head = f"kafka-acls.sh --bootstrap-server kafka:9092 --add --allow-principal User:{principal} "
    assert all(line.startswith(head) for line in result.stdout.splitlines())
    return [line.removeprefix(head) for line in result.stdout.splitlines()]


def test_a_team_reads_its_topic_in_groups_of_its_own_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    assert bindings_of("billing", monkeypatch) == [
        "--operation Read --operation Describe --topic test7.service.billing",
        "--operation Read --operation Describe --group test7.billing --resource-pattern-type prefixed",
    ]


def test_the_router_reads_writes_and_opens_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = bindings_of("router", monkeypatch)
    assert "--operation Read --operation Describe --topic test7.tweets.classified" in lines
    assert "--operation Write --operation Describe --topic test7.service.billing" in lines
    assert "--operation Read --operation Describe --group test7.dallosh-router" in lines
    of_lanes = "--transactional-id test7.dallosh-router- --resource-pattern-type prefixed"
    assert lines[-1] == f"--operation Write --operation Describe {of_lanes}"


def test_the_notifier_reads_in_a_group_for_each_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    of_channels = (
        "--operation Read --operation Describe --group test7.dallosh-notifier- --resource-pattern-type prefixed"
    )
    assert of_channels in bindings_of("notifier", monkeypatch)


def test_every_reader_and_writer_of_the_registry_is_bound() -> None:
    result = CliRunner().invoke(topics, ["acls", "--json"])
    *bindings, summary = map(json.loads, result.stdout.splitlines())
    assert summary == {"bindings": len(bindings)}
    of_topics = {
        (one["name"], one["principal"], one["operations"][0]) for one in bindings if one["resource"] == "topic"
    }
    assert of_topics == {
        (spec.name, principal, operation)
        for spec in TOPICS.values()
        for operation, principals in (("Read", spec.readers), ("Write", spec.writers))
        for principal in principals
    }


def test_an_unknown_principal_is_a_usage_error() -> None:
    result = CliRunner().invoke(topics, ["acls", "--principal", "biling"])
    assert result.exit_code == 2
    assert "billing" in result.stderr
