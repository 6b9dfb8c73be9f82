"""The limits of a level: shared through Redis where there is one, else a worker's own."""

import structlog

from schemas.taxonomy import Level
from streams import metrics
from streams.core.limits import Limits
from streams.settings import Settings
from streams.state.limits import RedisLimits, rules_of
from streams.state.local_limits import LocalLimits

log = structlog.get_logger()


def open_limits(settings: Settings, level: Level) -> Limits:
    """Returns the limits of a level's workers; without Redis they are this worker's own, and it says so."""
    if settings.redis_url:
        return RedisLimits(settings, scope=level.value)
    metrics.LIMITS_NOT_SHARED.set(1)
    log.warning("limits_not_shared", level=level, reason="no Redis is configured")
    return LocalLimits(rules_of(settings))
