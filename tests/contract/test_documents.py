"""The generated files: complete, up to date, and noticed when they are not."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from agents.cli.schemas import schemas
from agents.documents.env_example import env_example
from agents.documents.export import Stale, generated_files, stale_files, write_files
from agents.documents.json_schemas import schema_files, value_types
from agents.documents.settings_rows import GROUPS, as_written, setting_rows
from agents.documents.tables import MissingMarkerError, kept, settings_table, topics_table, with_tables
from schemas.topics import TOPICS
from streams.errors import FatalError
from streams.settings import PROJECT_DIR, Settings

README = """# Title
<!-- generated:topics -->
an old table
<!-- /generated:topics -->
between
<!-- generated:settings --><!-- /generated:settings -->
end
"""


def test_the_checkout_is_up_to_date() -> None:
    assert stale_files(PROJECT_DIR) == []


def test_every_value_type_has_one_self_contained_schema() -> None:
    assert set(schema_files()) == {f"{kind.__name__}.schema.json" for kind in value_types()}
    assert {spec.value for spec in TOPICS.values()} - {None} == set(value_types())
    for text in schema_files().values():
        schema = json.loads(text)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        for reference in re.findall(r'"\$ref": "([^"]+)"', text):
            assert reference.startswith("#/$defs/")
            assert reference.removeprefix("#/$defs/") in schema["$defs"]


def test_every_file_that_is_changed_or_missing_is_stale(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(README)
    written = write_files(tmp_path)
    assert set(written) == set(generated_files(tmp_path))
    assert stale_files(tmp_path) == []
    assert write_files(tmp_path) == []
    for path in set(written) - {Path("README.md")}:
        good = (tmp_path / path).read_text("utf-8")
        (tmp_path / path).write_text(f"{good}\n")
        assert stale_files(tmp_path) == [Stale(path, "has changed")]
        (tmp_path / path).unlink()
        assert stale_files(tmp_path) == [Stale(path, "is missing")]
        (tmp_path / path).write_text(good)


def test_a_readme_with_another_table_is_stale(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(README)
    write_files(tmp_path)
    (tmp_path / "README.md").write_text(README)
    assert stale_files(tmp_path) == [Stale(Path("README.md"), "has changed")]


def test_a_left_over_schema_is_stale_and_removed(tmp_path: Path) -> None:
    write_files(tmp_path)
    left = tmp_path / "schemas" / "generated" / "Gone.schema.json"
    left.write_text("{}")
    assert [stale.why for stale in stale_files(tmp_path)] == ["is left over"]
    assert write_files(tmp_path) == [Path("schemas/generated/Gone.schema.json")]
    assert not left.exists()


def test_readme_keeps_what_stands_around_the_tables() -> None:
    text = with_tables(README)
    assert text.startswith("# Title\n<!-- generated:topics -->\n| Topic |")
    assert "an old table" not in text
    assert "\nbetween\n" in text
    assert text.endswith("<!-- /generated:settings -->\nend\n")
    assert with_tables(text) == text


@pytest.mark.parametrize("section", ["topics", "settings"])
def test_readme_with_text_and_without_a_marker_is_an_error(tmp_path: Path, section: str) -> None:
    text = README.replace(f"<!-- /generated:{section} -->", "")
    with pytest.raises(MissingMarkerError, match=section):
        with_tables(text)
    (tmp_path / "README.md").write_text(text)
    assert section in stale_files(tmp_path)[0].why
    with pytest.raises(FatalError, match="Put both markers"):
        write_files(tmp_path)
    assert not (tmp_path / ".env.example").exists()


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_readme_needs_no_marker(tmp_path: Path, text: str) -> None:
    (tmp_path / "README.md").write_text(text)
    write_files(tmp_path)
    assert stale_files(tmp_path) == []


def test_check_names_each_file_and_the_remedy_and_writes_nothing(tmp_path: Path) -> None:
    result = CliRunner().invoke(schemas, ["export", "--check", "--json", "--dir", str(tmp_path)])
    assert result.exit_code == 1
    for path in generated_files(tmp_path):
        assert f"stale: {path.as_posix()}: is missing" in result.stderr
    assert "dallosh schemas export" in result.stderr
    assert len(json.loads(result.stdout)["stale"]) == len(generated_files(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_export_says_what_it_wrote(tmp_path: Path) -> None:
    result = CliRunner().invoke(schemas, ["export", "--json", "--dir", str(tmp_path)])
    assert result.exit_code == 0
    assert "wrote schemas/generated/asyncapi.yaml" in result.stderr
    assert len(json.loads(result.stdout)["written"]) == len(generated_files(tmp_path))
    assert CliRunner().invoke(schemas, ["export", "--check", "--dir", str(tmp_path)]).exit_code == 0


def test_topics_table_has_every_topic() -> None:
    rows = topics_table().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == list(TOPICS)
    assert {row.count(" | ") for row in rows} == {9}
    assert kept(TOPICS["tweets.raw"]) == "1 day"
    assert kept(TOPICS["service.billing"]) == "7 days"
    assert kept(TOPICS["ops.alerts"]) == "the last of each key"


def test_settings_table_has_every_setting_and_no_secret() -> None:
    rows = settings_table().splitlines()[2:]
    assert len(rows) == len(Settings.model_fields)
    assert sum("| secret |" in row for row in rows) == sum(row.secret for row in setting_rows()) >= 6


def test_every_setting_is_described_and_grouped_as_in_the_source() -> None:
    source = (PROJECT_DIR / "streams" / "settings.py").read_text("utf-8")
    body = source[source.index("class Settings") :]
    headings = re.findall(r"^    # (.+)\n    (\w+): ", body, re.MULTILINE)
    assert {name: heading for heading, name in headings} == GROUPS
    assert all(row.group and row.description for row in setting_rows())


def test_env_example_uncommented_changes_nothing(tmp_path: Path) -> None:
    text = env_example()
    lines = [line.removeprefix("#") for line in text.splitlines() if line.startswith("#DALLOSH_")]
    assert len(lines) == len(Settings.model_fields)
    assert all(line.startswith("#") or not line for line in text.splitlines())
    (tmp_path / "env").write_text("\n".join(lines))
    assert Settings(_env_file=tmp_path / "env") == Settings(_env_file=None)


def test_env_example_carries_no_secret() -> None:
    secrets = [row for row in setting_rows() if row.secret]
    assert secrets
    for row in secrets:
        assert f"#{row.variables[0]}=\n" in env_example()


def test_values_are_written_as_env_takes_them() -> None:
    assert as_written(frozenset({"b", "a"})) == "a,b"
    assert as_written(("x", "y")) == "x,y"
    assert as_written(None) == ""
    assert as_written(20.0) == "20.0"
