"""What a refused record is said to be, without a value of it."""

import msgspec
import pytest

from schemas.complaints import complaint
from streams.core.whatif import Recorded, Truth

TRUTH = b'"id":"1","sentiment":"neutral","priority":1,"main_topic":"other"'


@pytest.mark.parametrize(
    ("kind", "raw", "said"),
    [
        (Truth, b'{"id":"1","sentiment":"SECRET - at `$.x`"}', "sentiment is not one of negative, neutral, positive"),
        (Truth, b"{" + TRUTH.replace(b"1,", b"7,") + b"}", "priority is not one of 0, 1, 2"),
        (Truth, b"{" + TRUTH.replace(b"1,", b'"1",') + b"}", "priority is not one of 0, 1, 2"),
        (Truth, b'{"id":7}', "id: Expected str, got int"),
        (Truth, b"{}", "id is missing"),
        (Truth, b"[1]", "Expected object, got array"),
        (Truth, b'{"id":"SECRET', "Input data was truncated"),
        (Truth, b"SECRET", "JSON is malformed: invalid character (byte 0)"),
        (Truth, b'{"id":"\xff"}', "it is not UTF-8 at byte 0"),
        (Recorded, b'{"id":"1","target":"t","labels":{}}', "labels.sentiment is missing"),
        (Recorded, b'{"labels":{"sentiment":"SECRET"}}', "labels.sentiment is not one of negative, neutral, positive"),
        (Recorded, b'{"labels":{"confidence_sentiment":4}}', "labels.confidence_sentiment: Expected float <= 1.0"),
    ],
)
def test_the_field_and_what_it_may_be(kind: type[msgspec.Struct], raw: bytes, said: str) -> None:
    with pytest.raises((msgspec.MsgspecError, UnicodeDecodeError)) as caught:
        msgspec.json.decode(raw, type=kind)
    assert complaint(caught.value, kind) == said
