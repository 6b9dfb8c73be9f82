"""The broker's jars: fetched by Maven as `infra/embedded/pom.xml` pins them, and fetched again when that file changes.

`python -m streams.kafka.embedded_jars` fetches them ahead of the first start.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from streams.disk import locked, remedy_of, write_whole
from streams.errors import FatalError, MissingToolError

EMBEDDED_DIR: Final = Path(__file__).resolve().parents[2] / "infra" / "embedded"
MIN_JAVA: Final = 17
FETCH_TIMEOUT_S: Final = 900.0

Say = Callable[[str], None]


def stamp_of(embedded_dir: Path) -> str:
    """Returns what the stamp of fitting jars says: the SHA-256 of pom.xml, in hexadecimal.

    Raises:
        MissingToolError: there is no pom.xml.
    """
    try:
        return hashlib.sha256((embedded_dir / "pom.xml").read_bytes()).hexdigest()
    except OSError as error:
        raise MissingToolError(
            f"cannot read {embedded_dir / 'pom.xml'}: {error.strerror}",
            remedy="The embedded broker needs a checkout of the project; else set DALLOSH_KAFKA_BOOTSTRAP",
        ) from error


def kafka_version(embedded_dir: Path = EMBEDDED_DIR) -> str:
    """Returns the version of Kafka that pom.xml pins, such as `4.3.0`."""
    text = (embedded_dir / "pom.xml").read_text(encoding="utf-8")
    found = re.search(r"<artifactId>kafka_[\d.]+</artifactId>\s*<version>([^<]+)</version>", text)
    return found.group(1) if found else "unknown"


def ensure_jars(embedded_dir: Path = EMBEDDED_DIR, *, say: Say = lambda _: None) -> Path:
    """Returns the folder of the jars, after fetching them when they are missing or do not fit pom.xml.

    Raises:
        MissingToolError: they must be fetched and there is no Maven.
        FatalError: Maven failed; the message carries the end of its output.
    """
    libs = embedded_dir / "libs"
    stamp = stamp_of(embedded_dir)
    if _fit(libs, stamp):
        return libs
    with locked(libs / ".lock", timeout_s=FETCH_TIMEOUT_S):
        if not _fit(libs, stamp):
            say("fetching the jars of the embedded Kafka (45 MB, once)")
            _replace(libs, _fetch(embedded_dir, maven()))
            write_whole(libs / ".pom.sha256", f"{stamp}\n".encode())
    return libs


def java() -> str:
    """Returns the path of a Java that can run the broker: `$JAVA_HOME/bin/java`, else `java` on the PATH.

    Raises:
        MissingToolError: there is none, or it is too old.
    """
    remedy = f"On Debian: apt-get install default-jre-headless; elsewhere install a JRE {MIN_JAVA} or newer"
    at_home = Path(os.environ.get("JAVA_HOME", "/nonexistent")) / "bin" / "java"
    program = str(at_home) if at_home.is_file() else shutil.which("java")
    if program is None:
        raise MissingToolError(f"Java {MIN_JAVA} or newer is missing", remedy=remedy)
    try:
        answer = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MissingToolError(f"{program} does not run: {error}", remedy=remedy) from error
    version = java_version(answer.stderr + answer.stdout)
    if version < MIN_JAVA:
        raise MissingToolError(f"{program} is Java {version or 'of unknown version'}, too old", remedy=remedy)
    return program


def java_version(answer: str) -> int:
    """Returns the major version in what `java -version` prints, 0 when there is none; `"1.8.0_392"` gives 8."""
    found = re.search(r'version "(?:1\.)?(\d+)', answer)
    return int(found.group(1)) if found else 0


def maven() -> str:
    """Returns the path of `mvn`.

    Raises:
        MissingToolError: it is not on the PATH.
    """
    program = shutil.which("mvn")
    if program is None:
        raise MissingToolError(
            "Maven is missing, and the jars of the embedded Kafka are not there yet",
            remedy="On Debian: apt-get install maven; elsewhere put mvn on the PATH",
        )
    return program


def _fit(libs: Path, stamp: str) -> bool:
    try:
        return (libs / ".pom.sha256").read_text(encoding="ascii").strip() == stamp
    except OSError:
        return False


def _fetch(embedded_dir: Path, mvn: str) -> Path:
    incoming = embedded_dir / "libs" / ".incoming"
    shutil.rmtree(incoming, ignore_errors=True)
    argv = [mvn, "-q", "-B", "-f", str(embedded_dir / "pom.xml"), "dependency:copy-dependencies"]
    try:
        answer = subprocess.run(
            [*argv, f"-Djars.dir={incoming}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=FETCH_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FatalError(
            f"Maven did not fetch the jars: {error}", remedy=f"Try it by hand: {' '.join(argv)}"
        ) from error
    if answer.returncode != 0 or not any(incoming.glob("kafka_*.jar")):
        end = "\n".join(answer.stdout.splitlines()[-15:])
        raise FatalError(f"Maven failed to fetch the jars:\n{end}\n", remedy=f"Try it by hand: {' '.join(argv)}")
    return incoming


def _replace(libs: Path, incoming: Path) -> None:
    try:
        for old in (*libs.glob("*.jar"), *libs.glob("*.jsa")):
            old.unlink()
        for jar in incoming.iterdir():
            jar.replace(libs / jar.name)
        incoming.rmdir()
    except OSError as error:
        raise FatalError(f"cannot write {libs}: {error}", remedy=remedy_of(error)) from error


def _main() -> int:
    try:
        java()
        ensure_jars(say=lambda text: print(text, file=sys.stderr))  # noqa: T201 - a script of the set-up
    except FatalError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a script of the set-up
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
