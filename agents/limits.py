"""The limits of a level: shared through Redis where there is one, else a worker's own."""

import structlog

from streams.core.breaker import BreakerPolicy
from streams.core.limits import LimitRules, Limits
from streams.settings import Settings
from streams.state.local_limits import LocalLimits

log = structlog.get_logger()


def limit_rules(settings: Settings) -> LimitRules:
    """Returns the rules that the settings describe; a probe has as long as a batch."""
    return LimitRules(
        breaker=BreakerPolicy(
            failures=settings.model_breaker_failures,
            open_s=settings.probe_interval_s,
            disabled_s=settings.model_disabled_s,
            probe_s=settings.batch_deadline_s,
        ),
        soft_share=settings.budget_soft_share,
        escalation_share=settings.escalation_share,
        escalation_usd_per_hour=settings.escalation_usd_per_hour,
    )


def open_limits(settings: Settings) -> Limits:
    """Returns the limits of the workers of a namespace; without Redis they are this worker's own, and it says so."""
    log.warning("limits_not_shared", reason="no Redis is configured")
    return LocalLimits(limit_rules(settings))
