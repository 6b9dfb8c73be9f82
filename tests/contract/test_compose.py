"""docker-compose.yml, the Dockerfile and the Prometheus files hold together, and with the settings and the metrics."""

import re
import shutil
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from prometheus_client.metrics import MetricWrapperBase

from agents.cli.worker import LAZY
from schemas import taxonomy
from streams import metrics
from streams.kafka.embedded_config import Node, properties
from streams.settings import Settings, load_settings
from tests.contract.compose_file import DOCKERFILE, PROJECT_DIR, WORKERS, context_files, copied, is_sent, services
from tests.contract.compose_file import interpolate as interpolate
from tests.contract.compose_file import variables as variables

SETTINGS = {f"DALLOSH_{name.upper()}" for name in Settings.model_fields}
KEYS = {"GEMINI_API_KEY", "MISTRAL_API_KEY", "OPENAI_API_KEY", "AZURE_OPENAI_API_KEY"}
OURS = (*WORKERS, "topics")
ALERTS = PROJECT_DIR / "infra" / "prometheus" / "alerts.yml"
SCRAPE = PROJECT_DIR / "infra" / "prometheus" / "prometheus.yml"


def seconds(duration: str) -> float:
    return sum(float(n) * {"s": 1, "m": 60, "h": 3600}[unit] for n, unit in re.findall(r"(\d+)([smh])", duration))


def test_every_stage_is_a_service() -> None:
    assert tuple(one.value for one in taxonomy.WORKERS) == WORKERS
    for name in WORKERS:
        assert services()[name]["command"] == ["dallosh", "worker", name]
    assert services()["topics"]["command"] == ["dallosh", "topics", "create"]


@pytest.mark.parametrize("name", services())
def test_every_image_is_pinned(name: str) -> None:
    assert re.search(r":v?\d+\.\d+\.\d+(-\w+)*$", services()[name]["image"])


def test_the_base_image_is_pinned() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE.read_text(), flags=re.MULTILINE)
    assert bases
    assert all(re.fullmatch(r"python:3\.11\.\d+-slim-bookworm", base) for base in bases)


def test_the_jars_and_the_container_are_the_same_kafka() -> None:
    version = services()["kafka"]["image"].rpartition(":")[2]
    assert f"<version>{version}</version>" in (PROJECT_DIR / "infra" / "embedded" / "pom.xml").read_text()


@pytest.mark.parametrize("name", WORKERS)
def test_a_worker_is_healthy_only_when_ready_and_drains_before_it_is_killed(name: str) -> None:
    service = services()[name]
    assert service["healthcheck"]["test"] == ["CMD", "python", "-m", "agents.healthcheck"]
    assert service["restart"] == "unless-stopped"
    assert seconds(service["stop_grace_period"]) > float(service["environment"]["DALLOSH_EXIT_TIMEOUT_S"])
    conditions = {name: need["condition"] for name, need in service["depends_on"].items()}
    assert conditions == {
        "kafka": "service_healthy",
        "redis": "service_healthy",
        "topics": "service_completed_successfully",
    }


@pytest.mark.parametrize("name", OURS)
def test_our_containers_are_locked_down(name: str) -> None:
    service = services()[name]
    assert service["user"].partition(":")[0] not in ("", "0", "root")
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    written = service["environment"]["DALLOSH_DATA_DIR"]
    assert any(entry.startswith(f"{written}:") and "uid=10001" in entry for entry in service["tmpfs"])


def test_the_image_runs_as_nobody_and_holds_no_tests() -> None:
    assert re.search(r"^USER 10001", DOCKERFILE.read_text(), flags=re.MULTILINE)
    assert not any(path.startswith(("tests", ".", "data")) for path in copied())


def test_only_what_depends_on_a_condition_that_exists_is_waited_for() -> None:
    found = services()
    for service in found.values():
        for name, need in service.get("depends_on", {}).items():
            if need["condition"] == "service_healthy":
                assert "test" in found[name]["healthcheck"]


def test_every_variable_is_a_setting() -> None:
    for name in OURS:
        assert set(services()[name]["environment"]) <= SETTINGS
    read = {name for name in variables() if name.startswith("DALLOSH_") or name.endswith("_API_KEY")}
    assert read - {"DALLOSH_VERSION"} <= SETTINGS | KEYS


@pytest.mark.parametrize("name", OURS)
def test_the_defaults_are_those_of_the_settings(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    fixed = {"kafka_bootstrap", "redis_url", "health_host", "health_port", "data_dir", "log_format"}
    plain = load_settings().model_dump(exclude=fixed)
    for variable, value in services()[name]["environment"].items():
        monkeypatch.setenv(variable, str(value))
    assert load_settings().model_dump(exclude=fixed) == plain


def test_keys_reach_the_stage_that_needs_them_and_no_other() -> None:
    given = services({"GEMINI_API_KEY": "g-secret", "DALLOSH_OPENAI_API_KEY": "o-secret"})
    assert given["classifier"]["environment"]["DALLOSH_GEMINI_API_KEY"] == "g-secret"
    assert given["classifier"]["environment"]["DALLOSH_OPENAI_API_KEY"] == "o-secret"
    for name in set(OURS) - {"classifier"}:
        assert "secret" not in str(given[name]["environment"])


def test_the_redis_password_reaches_everybody_who_needs_it() -> None:
    given = services({"DALLOSH_REDIS_PASSWORD": "hidden"})
    assert given["redis"]["command"][-2:] == ["--requirepass", "hidden"]
    assert given["redis"]["environment"]["REDISCLI_AUTH"] == "hidden"
    for name in WORKERS:
        assert given[name]["environment"]["DALLOSH_REDIS_PASSWORD"] == "hidden"


def test_nested_defaults_are_filled_in() -> None:
    text = "${A:-${B:-c}} ${D} ${E:-}"
    assert interpolate(text, {}) == "c  "
    assert interpolate(text, {"B": "b", "D": "d"}) == "b d "
    assert interpolate(text, {"A": "a", "B": "b", "E": "e"}) == "a  e"


def test_kafka_in_the_container_behaves_as_the_embedded_one() -> None:
    node = Node(node_id=1, port=9092, controller_port=9093)
    embedded = dict(line.split("=", 1) for line in properties(node, [node], Path("/data")).splitlines())
    container = {
        name.removeprefix("KAFKA_").lower().replace("_", "."): str(value)
        for name, value in services()["kafka"]["environment"].items()
        if name.startswith("KAFKA_")
    }
    same = (
        "auto.create.topics.enable", "default.replication.factor", "min.insync.replicas", "message.max.bytes",
        "replica.fetch.max.bytes", "replica.fetch.response.max.bytes", "offsets.topic.replication.factor",
        "transaction.state.log.replication.factor", "transaction.state.log.min.isr", "process.roles",
        "group.initial.rebalance.delay.ms",
    )  # fmt: skip
    assert {name: container[name] for name in same} == {name: embedded[name] for name in same}


def test_every_mounted_path_and_volume_exists() -> None:
    volumes = yaml.safe_load((PROJECT_DIR / "docker-compose.yml").read_text())["volumes"]
    for service in services().values():
        for mount in service.get("volumes", ()):
            source = mount.partition(":")[0]
            assert (PROJECT_DIR / source).exists() if source.startswith(".") else source in volumes


def test_ports_are_open_to_this_machine_only() -> None:
    published = [port for service in services().values() for port in service.get("ports", ())]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


# --- the image


@pytest.mark.parametrize("source", copied())
def test_every_copied_path_exists_and_reaches_the_builder(source: str) -> None:
    path = PROJECT_DIR / source
    assert path.exists()
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    sent = [file for file in files if is_sent(file.relative_to(PROJECT_DIR).as_posix())]
    assert sent
    assert all(file in sent for file in files if "__pycache__" not in file.parts)


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        (".env", False), (".git/config", False), (".venv/bin/python", False), ("tests/conftest.py", False),
        ("models/train.py", False), ("models/bert-v1/model.onnx", True), ("streams/core/acks.py", True),
        ("streams/core/__pycache__/acks.cpython-311.pyc", False), ("infra/requirements/run.txt", True),
        ("infra/requirements/train.txt", False), ("infra/embedded/libs/kafka.jar", False),
    ],
)  # fmt: skip
def test_the_builder_gets_only_what_the_image_is_made_of(path: str, sent: bool) -> None:
    assert is_sent(path) is sent


def test_what_builds_the_package_is_locked() -> None:
    names = re.search(r"keep = /\^\((.*)\)==/", DOCKERFILE.read_text())
    assert names is not None
    lock = (PROJECT_DIR / "infra" / "requirements" / "dev.txt").read_text()
    kept = set(names[1].split("|"))
    assert {"hatchling", "editables"} <= kept
    for name in kept:
        assert re.search(rf"^{name}==", lock, flags=re.MULTILINE), name
        needs = [Requirement(need) for need in requires(name) or ()]
        assert {need.name for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})} <= kept


def test_the_copied_files_alone_hold_every_worker(tmp_path: Path) -> None:
    for file in context_files():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(PROJECT_DIR / file, tmp_path / file)
    modules = ["agents.cli.main", "agents.cli.worker", "agents.cli.topics", "agents.healthcheck", *LAZY.values()]
    program = (
        "import importlib, sys\n"
        f"for name in {modules}:\n"
        "    assert importlib.import_module(name).__file__.startswith(sys.argv[1]), name\n"
        "from streams.settings import load_settings\n"
        "assert (load_settings().bert_dir / 'model.onnx').is_file()\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr


# --- Prometheus


def exported() -> set[str]:
    """The names of our series, as Prometheus sees them."""
    found = set()
    for metric in vars(metrics).values():
        if isinstance(metric, MetricWrapperBase):
            family = next(iter(metric.collect()))
            ends = {"counter": ["_total"], "gauge": [""], "histogram": ["_bucket", "_sum", "_count"]}[family.type]
            found |= {f"{family.name}{end}" for end in ends}
    return found


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def test_every_alert_says_what_happened_and_what_to_do() -> None:
    assert len(rules()) == len({rule["alert"] for rule in rules()})
    for rule in rules():
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert set(rule["annotations"]) == {"summary", "action"}
        assert rule["expr"].count("(") == rule["expr"].count(")")


def test_every_metric_of_the_alerts_exists() -> None:
    named = {name for rule in rules() for name in re.findall(r"\b(?:dallosh|process)_\w+", rule["expr"])}
    assert len(named) > 4
    assert named - exported() == {"process_start_time_seconds"}


def test_every_label_of_the_alerts_exists() -> None:
    given = {label for metric in vars(metrics).values() if isinstance(metric, MetricWrapperBase)
             for label in metric._labelnames}  # fmt: skip
    named = {
        label.strip()
        for rule in rules()
        for labels in re.findall(r"by \(([^)]*)\)", rule["expr"])
        for label in labels.split(",")
    }
    assert named <= given | {"le", "worker", "job"}


def test_a_detector_that_sees_too_little_is_told() -> None:
    named = {name for rule in rules() for name in re.findall(r"\bdallosh_detector_\w+", rule["expr"])}
    assert named == {name for name in exported() if name.startswith("dallosh_detector_")}


def test_an_increase_from_nothing_is_seen() -> None:
    """A counter without labels is there from the start, at 0; one with labels from the first use of its labels."""
    plain = {
        f"{family.name}_total"
        for metric in vars(metrics).values()
        if isinstance(metric, MetricWrapperBase) and not metric._labelnames
        for family in metric.collect()
        if family.type == "counter" and any(sample.name == f"{family.name}_total" for sample in family.samples)
    }
    counted = {name for rule in rules() for name in re.findall(r"increase\((dallosh_detector_\w+)\[", rule["expr"])}
    assert counted
    assert counted <= plain


def test_prometheus_scrapes_every_worker_where_it_listens() -> None:
    config = yaml.safe_load(SCRAPE.read_text())
    job = config["scrape_configs"][0]
    target = job["dns_sd_configs"][0]
    assert job["job_name"] == "dallosh"
    assert tuple(target["names"]) == WORKERS
    for name in WORKERS:
        assert services()[name]["environment"]["DALLOSH_HEALTH_PORT"] == target["port"]
        assert services()[name]["expose"] == [str(target["port"])]
        assert f'absent(up{{job="dallosh", worker="{name}"}})' in ALERTS.read_text()
    mounted = services()["prometheus"]["volumes"][0].split(":")
    assert [f"{mounted[1]}/{ALERTS.name}"] == config["rule_files"]
    assert (PROJECT_DIR / mounted[0]).resolve() == ALERTS.parent
