"""The hook on commits sees one that runs ahead of its outputs."""

from aiokafka import TopicPartition

from schemas.headers import ORIGIN
from schemas.taxonomy import Stage
from schemas.topics import NOISE, RAW, SCRUBBED
from streams.settings import load_settings
from tests.chaos.commits import Sample, past_unfinished
from tests.unit.chaos.test_oracle import Record

RAW_0 = TopicPartition(f"x.{RAW}", 0)
SCRUBBED_0 = TopicPartition(f"x.{SCRUBBED}", 0)
NOISE_0 = TopicPartition(f"x.{NOISE}", 0)


def passed(*samples: Sample) -> list[str]:
    """Three records in; the first and the third are scrubbed, the second is noise."""
    records = [Record(RAW_0.topic, offset) for offset in range(3)]
    records += [
        Record(SCRUBBED_0.topic, 0, headers=((ORIGIN, b"0:0"),)),
        Record(SCRUBBED_0.topic, 1, headers=((ORIGIN, b"0:2"),)),
        Record(NOISE_0.topic, 0, headers=((ORIGIN, b"0:1"),)),
    ]
    return past_unfinished(samples, records, load_settings(namespace="x", partitions=1))


def sample(committed: int, *, scrubbed: int, noise: int) -> Sample:
    return Sample(Stage.SCRUBBER, {RAW_0: committed}, {SCRUBBED_0: scrubbed, NOISE_0: noise})


def test_a_commit_behind_its_outputs_is_right() -> None:
    assert passed(sample(1, scrubbed=1, noise=0), sample(3, scrubbed=2, noise=1)) == []


def test_a_commit_ahead_of_an_output_is_found() -> None:
    assert passed(sample(2, scrubbed=1, noise=0)) == ["scrubber 0:1"]


def test_an_output_that_came_later_does_not_excuse_it() -> None:
    early, late = sample(3, scrubbed=1, noise=1), sample(3, scrubbed=2, noise=1)
    assert passed(early, late) == ["scrubber 0:2"]


def test_a_record_without_an_origin_is_nobodys_output() -> None:
    records = [Record(RAW_0.topic, 0), Record(SCRUBBED_0.topic, 0)]
    settings = load_settings(namespace="x", partitions=1)
    assert past_unfinished([sample(1, scrubbed=9, noise=9)], records, settings) == ["scrubber 0:0"]
