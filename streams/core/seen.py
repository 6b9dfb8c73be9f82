"""What was routed lately: tweet id -> revision, origin and service, in bounded memory.

Changes stand in a draft until the transaction that writes them is committed, so that an aborted one leaves no trace.
Ids and origins are kept as 64-bit hashes: about 180 bytes an id, and a chance of 3e-15 per tweet to take one of 50,000
for another (it would become noise `duplicate`, never lost).
"""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from schemas.taxonomy import Service

_SERVICES: Final[tuple[Service, ...]] = tuple(Service)
_INDEX: Final[dict[Service, int]] = {service: index for index, service in enumerate(_SERVICES)}
_ENDED: Final = -1


@dataclass(frozen=True, slots=True)
class Mark:
    """The last place of a tweet: its highest revision, whose record it was, and who owns it."""

    revision: int
    origin: int
    service: Service


def fingerprint(text: bytes) -> int:
    """Hashes an id or an origin to 64 bits."""
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "little")


class SeenIds:
    """Remembers at least the last `n_recent` ids (and at most twice as many), and the origins that ended as noise.

    Two generations of a plain dictionary: when the young one is full the old one is dropped whole.
    """

    def __init__(self, n_recent: int) -> None:
        if n_recent < 1:
            raise ValueError("n_recent must be at least 1")
        self._n_recent = n_recent
        self._young: dict[int, int] = {}
        self._old: dict[int, int] = {}
        self._draft: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def find(self, tweet_id: bytes) -> Mark | None:
        """Returns what is known of a tweet, the draft included."""
        packed = self._get(fingerprint(tweet_id))
        return None if packed is None or packed == _ENDED else _unpacked(packed)

    def has_ended(self, tweet_id: bytes, origin: int) -> bool:
        """Tells whether this origin of the tweet has already reached its end as noise, or under an older revision."""
        return self._get(_pair(tweet_id, origin)) is not None

    def note(self, tweet_id: bytes, mark: Mark) -> None:
        """Drafts the new place of a tweet; an older mark of another origin stays known as ended."""
        before = self.find(tweet_id)
        if before is not None and before.origin != mark.origin:
            self.note_ended(tweet_id, before.origin)
        self._draft[fingerprint(tweet_id)] = _packed(mark)

    def note_ended(self, tweet_id: bytes, origin: int) -> None:
        """Drafts that this origin of the tweet has reached its end."""
        self._draft[_pair(tweet_id, origin)] = _ENDED

    def commit(self) -> None:
        """Keeps the draft: its transaction was committed."""
        for key, packed in self._draft.items():
            self._young[key] = packed
            if len(self._young) >= self._n_recent:
                self._old, self._young = self._young, {}
        self._draft = {}

    def rollback(self) -> None:
        """Drops the draft: its transaction was aborted."""
        self._draft = {}

    def _get(self, key: int) -> int | None:
        for generation in (self._draft, self._young, self._old):
            packed = generation.get(key)
            if packed is not None:
                return packed
        return None


def _pair(tweet_id: bytes, origin: int) -> int:
    return fingerprint(tweet_id + b"\0" + origin.to_bytes(8, "little"))


def _packed(mark: Mark) -> int:
    return mark.origin << 32 | (mark.revision & 0x1FFF_FFFF) << 3 | _INDEX[mark.service]


def _unpacked(packed: int) -> Mark:
    return Mark(packed >> 3 & 0x1FFF_FFFF, packed >> 32, _SERVICES[packed & 7])
