"""When jars are fetched, and what is said when Java or Maven is missing."""

from pathlib import Path

import pytest

from streams.errors import FatalError, MissingToolError
from streams.kafka.embedded_jars import EMBEDDED_DIR, ensure_jars, java, java_version, kafka_version, maven, stamp_of
from streams.kafka.embedded_node import ARCHIVE


@pytest.fixture
def embedded_dir(tmp_path: Path) -> Path:
    (tmp_path / "pom.xml").write_text("<project/>")
    return tmp_path


def fake_mvn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = tmp_path / "bin" / "mvn"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")


MAKES_A_JAR = (
    'for a in "$@"; do case "$a" in -Djars.dir=*) d="${a#*=}";; esac; done; mkdir "$d"; echo > "$d/kafka_1.jar"'
)


def test_the_pom_pins_the_versions_that_were_verified() -> None:
    text = (EMBEDDED_DIR / "pom.xml").read_text()
    assert kafka_version() == "4.3.0"
    assert "<artifactId>log4j-slf4j-impl</artifactId>" in text
    assert "<repositor" not in text


def test_jars_that_fit_are_not_fetched_again(
    embedded_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_mvn(tmp_path, monkeypatch, MAKES_A_JAR)
    said: list[str] = []
    libs = ensure_jars(embedded_dir, say=said.append)
    ensure_jars(embedded_dir, say=said.append)
    assert [path.name for path in libs.glob("*.jar")] == ["kafka_1.jar"]
    assert len(said) == 1


def test_another_pom_replaces_the_jars(embedded_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_mvn(tmp_path, monkeypatch, MAKES_A_JAR)
    libs = ensure_jars(embedded_dir)
    (libs / "old.jar").touch()
    (libs / ARCHIVE).touch()
    (embedded_dir / "pom.xml").write_text("<project>2</project>")
    ensure_jars(embedded_dir)
    assert [path.name for path in libs.glob("*.j*")] == ["kafka_1.jar"]
    assert (libs / ".pom.sha256").read_text().strip() == stamp_of(embedded_dir)


def test_a_failure_of_maven_shows_its_words(
    embedded_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_mvn(tmp_path, monkeypatch, "echo no route to the repository; exit 1")
    with pytest.raises(FatalError, match="no route to the repository"):
        ensure_jars(embedded_dir)


def test_missing_tools_are_named_with_their_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(MissingToolError, match="apt-get install default-jre-headless"):
        java()
    with pytest.raises(MissingToolError, match="apt-get install maven"):
        maven()


def test_an_old_java_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "java"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    program.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(MissingToolError, match="Java 11, too old"):
        java()


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_392"', 8),
        ('openjdk version "21" 2023-09-19', 21),
        ("no", 0),
    ],
)
def test_the_version_of_java(answer: str, version: int) -> None:
    assert java_version(answer) == version
