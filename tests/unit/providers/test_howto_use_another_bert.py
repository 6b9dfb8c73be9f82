"""What docs/howto/use-another-bert.md shows: both forms of config.json, and code that runs."""

import json
import re

import numpy as np
import pytest

from streams.providers.bert_config import decode_config
from streams.providers.bert_folder import HOWTO
from streams.settings import PROJECT_DIR

TEXT = (PROJECT_DIR / HOWTO).read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def test_the_form_of_ours_is_taken_once_its_digests_are_some() -> None:
    own = json.loads(blocks("json")[0])
    assert set(own["sha256"]) == {"model.onnx", "tokenizer.json"}
    config, complaints = decode_config(json.dumps(own | {"sha256": {}}).encode())
    assert complaints == []
    assert config is not None
    assert (config.version, config.max_length, config.pad_id, len(config.outputs)) == ("bert-v7", 96, 1, 3)


def test_the_other_form_lacks_what_the_page_says_and_nothing_else() -> None:
    form = json.loads(blocks("json")[1])
    config, complaints = decode_config(json.dumps(form).encode())
    assert config is None
    assert complaints == ["id2label: no class has the sentiment neutral: the model could never answer it"], (
        "three classes are too few"
    )
    more = ["neutral|1|equipment", "neutral|0|subscription", "negative|1|customer_service"]
    form["id2label"] |= {str(i): name for i, name in enumerate(more, 3)}
    config, complaints = decode_config(json.dumps(form).encode())
    assert complaints == []
    assert config is not None
    assert (config.version, config.max_length, config.n_positions) == ("camembert-2027-01", 128, 512)


def test_the_code_compiles() -> None:
    assert len(blocks("python")) == 2
    for block in blocks("python"):
        compile(block, HOWTO, "exec")


@pytest.mark.parametrize("temperature", [0.7, 1.0, 2.5])
def test_the_temperature_that_made_the_logits_is_found_again(temperature: float) -> None:
    rng = np.random.default_rng(1)
    honest = rng.normal(size=(4_000, 4)) * 2
    shares = np.exp(honest) / np.exp(honest).sum(axis=1, keepdims=True)
    truth = (shares.cumsum(axis=1) > rng.random((len(shares), 1))).argmax(axis=1)
    namespace: dict[str, object] = {}
    exec(compile(blocks("python")[1], HOWTO, "exec"), namespace)
    find = namespace["best_temperature"]
    assert callable(find)
    assert find(honest * temperature, truth) == pytest.approx(temperature, rel=0.1)
