"""Every metric, once: base units, bounded labels, and what an operator does when it moves."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_ITEMS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_TOKENS: Final = (50, 100, 250, 500, 1000, 2000, 3000, 4000, 4400, 6000, 8000, 16000, 32000)

# Flat while lag grows: the stage hangs; its watchdog ends it, the supervisor restarts it. Read its last log lines.
RECORDS_IN: Final = Counter("dallosh_records_in", "Records taken from the stage's input topic.", ["stage"])

# Any: read them with `dallosh dlq ls`. A jump: a producer or a deploy went wrong, roll it back, then `dlq replay`.
DEAD_LETTERS: Final = Counter("dallosh_dead_letters", "Records sent to the dead letters.", ["stage"])

# Grows: add workers (up to the partition count), or look for a slow model in `dallosh_deliver_seconds` and the logs.
LAG_RECORDS: Final = Gauge("dallosh_lag_records", "Records that wait in this worker's partitions.", ["stage"])

# Stays high while nothing is finished: the broker or a model does not answer.
IN_FLIGHT_RECORDS: Final = Gauge("dallosh_in_flight_records", "Records taken and not yet finished.", ["stage"])

# High: the broker is slow to acknowledge; look at its disk and its in-sync replicas.
DELIVER_SECONDS: Final = Histogram(
    "dallosh_deliver_seconds", "From the first send of a block to its last acknowledgement.", buckets=_SECONDS
)

# High: the group coordinator is slow or rebalancing.
COMMIT_SECONDS: Final = Histogram("dallosh_commit_seconds", "Time of one offset commit.", buckets=_SECONDS)

# Mostly `age`: traffic is thin, or linger_s is short; calls cost more per tweet than they must.
BATCH_CLOSE: Final = Counter("dallosh_batch_close", "Batches by the limit that closed them.", ["reason"])

# Far below max_batch_tokens under load: the item cap or the age closes first.
BATCH_TOKENS: Final = Histogram("dallosh_batch_tokens", "Tweet tokens of a batch.", buckets=_TOKENS)
BATCH_SIZE: Final = Histogram("dallosh_batch_tweets", "Tweets of a batch.", buckets=_ITEMS)

# `routed` stops while tweets.classified grows: the router is down. `repeat` rises at every restart, and that is well.
ROUTED: Final = Counter("dallosh_router_decisions", "What the router decided.", ["outcome", "service"])

# A jump of `duplicate`: a source sends its past again.
NOISE: Final = Counter("dallosh_noise", "Tweets that need no classification.", ["reason"])

# A type falls to zero for a day: a recogniser broke.
SCRUBBED_SPANS: Final = Counter("dallosh_scrubbed_spans", "Personal data replaced, by type.", ["type"])

# Rises: Redis is down or slow; tweets flow on without duplicate marks and without context, repair it.
STATE_ERRORS: Final = Counter("dallosh_state_errors", "Calls to Redis that failed; the stage went on without.")

# 1: this configured model takes no calls. Its model_disabled log line and `dallosh models` say why and what to do.
MODEL_DISABLED: Final = Gauge("dallosh_model_disabled", "Configured models that take no calls.", ["target", "reason"])
