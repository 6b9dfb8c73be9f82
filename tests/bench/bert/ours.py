"""Our side of `make bench-bert`: the model as the BERT worker calls it. `python -m tests.bench.bert.ours PLAN`."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from agents.bert_worker import BertModels
from schemas.classification import Labels
from schemas.tweet import ScrubbedTweet
from streams.settings import load_settings
from tests.bench.bert.task import play, read_plan

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def scrubbed(texts: Sequence[str]) -> list[ScrubbedTweet]:
    """Returns tweets with these texts, as the worker's topic holds them; level 3 reads `text`."""
    return [
        ScrubbedTweet(id=f"bench-{i}", created_at=EPOCH, text=text, author=f"author-{i}", scrubbed=text)
        for i, text in enumerate(texts)
    ]


def named(labels: Labels) -> list[str]:
    """Returns the three classes as text."""
    return [labels.sentiment, str(labels.priority), labels.main_topic]


async def classify(models: BertModels, tweets: Sequence[ScrubbedTweet]) -> list[list[str]]:
    """Classifies every window that the worker's batches would be; as many at once as there are sessions."""
    size = models.limits().max_items
    windows = [tweets[start : start + size] for start in range(0, len(tweets), size)]
    results = await asyncio.gather(*map(models.classify, windows))
    return [named(result.answers[i].labels) for result in results for i in range(len(result.answers))]


def main() -> None:
    """Loads the model by the settings and plays the plan."""
    plan = read_plan()
    models = BertModels(load_settings())
    with asyncio.Runner() as runner:
        runner.run(models.start())
        play(scrubbed(plan.texts), plan.n_warm, lambda tweets: runner.run(classify(models, tweets)))
        runner.run(models.close())


if __name__ == "__main__":
    main()
