"""The kept answers of a level's workers: in Redis, where there is one and the settings keep any."""

from schemas.taxonomy import Level
from streams.settings import Settings
from streams.state.kept import KeptStore


def open_kept(settings: Settings, level: Level) -> KeptStore | None:
    """Returns where a level's answers are kept; None where they are not."""
    return KeptStore(settings, level) if settings.redis_url and settings.answer_ttl_s else None
