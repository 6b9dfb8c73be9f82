"""A real vLLM server on the processor, with a model made on the spot; its environment is `make test-vllm`'s."""

import json
import os
import shlex
import signal
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from streams.core.sample import labelled
from streams.settings import PROJECT_DIR, Settings, load_settings
from tests.integration.gpu_rig import free_port

PYTHON: Final = PROJECT_DIR / ".dallosh" / "vllm-env" / "bin" / "python"
MAKER: Final = PROJECT_DIR / "infra" / "vllm" / "tiny_mistral.py"
MODEL: Final = "tiny-mistral"
MODEL_LEN: Final = 4_096
N_TEXTS: Final = 3_000
START_S: Final = 240.0
"""Seen: 26 s on 2 idle cores."""

QUIET: Final = {
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "HF_HUB_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_CONFIGURE_LOGGING": "1",
}


def texts(n: int, seed: int = 1) -> list[str]:
    """Invented tweets, one line each."""
    return [" ".join(one.tweet.text.split()) for one in labelled(n, seed)]


def make_model(folder: Path) -> Path:
    """Trains the tokenizer on invented tweets and draws the weights."""
    corpus = folder / "texts.txt"
    corpus.write_text("\n".join(texts(N_TEXTS)), encoding="utf-8")
    subprocess.run([PYTHON, MAKER, corpus, folder / "model"], check=True, capture_output=True)
    return folder / "model"


@dataclass(frozen=True, slots=True)
class RealServer:
    """Where a server is, and the command that starts it."""

    model: Path
    port: int
    data_dir: Path

    @classmethod
    def at(cls, model: Path, folder: Path) -> "RealServer":
        return cls(model, free_port(), folder / "data")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self, model_len: int = MODEL_LEN) -> str:
        """What an operator would configure as DALLOSH_GPU_START_COMMAND."""
        env = [f"{name}={value}" for name, value in QUIET.items()]
        server = [
            str(PYTHON), "-m", "vllm.entrypoints.openai.api_server", "--model", str(self.model),
            "--served-model-name", MODEL, "--dtype", "bfloat16", "--enforce-eager", "--max-model-len", str(model_len),
            "--host", "127.0.0.1", "--port", str(self.port),
        ]  # fmt: skip
        return shlex.join(["env", *env, *server])

    def settings(self, *, model_len: int = MODEL_LEN, **changes: object) -> Settings:
        given: dict[str, object] = {
            "vllm_base_url": f"{self.url}/v1",
            "data_dir": self.data_dir,
            "gpu_start_command": self.command(model_len),
            "gpu_start_timeout_s": START_S,
            "watchdog_timeout_s": START_S + 120,
            "batch_deadline_s": 30.0,
        }
        return load_settings(**{**given, **changes})

    def health(self) -> int:
        """The status of /health; 0 when nobody answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return 0

    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Asks for a chat completion without any code of ours."""
        request = urllib.request.Request(
            f"{self.url}/v1/chat/completions",
            data=json.dumps({"model": MODEL, **body}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            said: dict[str, Any] = json.load(answer)
            return said

    def processes(self) -> dict[str, list[psutil.Process]]:
        """The server's processes by name: `api` (the one that listens) and `engine`."""
        found: dict[str, list[psutil.Process]] = {"api": [], "engine": []}
        for process in psutil.process_iter():
            try:
                line = process.cmdline()
                if str(self.port) in line and "vllm.entrypoints.openai.api_server" in line:
                    found["api"].append(process)
                    found["engine"] += [one for one in process.children() if "EngineCore" in " ".join(one.cmdline())]
            except psutil.Error:
                continue
        return found

    def kill(self, name: str) -> list[psutil.Process]:
        """Kills a part with SIGKILL and returns all processes that the server had."""
        found = self.processes()
        assert found[name], f"no {name} runs"
        for process in found[name]:
            process.send_signal(signal.SIGKILL)
        return [*found["api"], *found["engine"]]

    def end(self) -> None:
        """Kills everything that was started from this data directory."""
        state = self.data_dir / "gpu-server.json"
        if state.exists():
            session = int(json.loads(state.read_bytes())["process"]["pid"])
            for process in psutil.process_iter():
                try:
                    if os.getsid(process.pid) == session:
                        process.kill()
                except (psutil.Error, OSError):
                    continue


def gone(processes: list[psutil.Process], timeout_s: float = 30.0) -> bool:
    """Whether the processes end within the time."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes):
            return True
        time.sleep(0.1)
    return False
