"""Every metric, once: base units, bounded labels, and what an operator does when it moves."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_SHARES: Final = (0.5, 0.8, 0.9, 0.95, 0.96, 0.97, 0.98, 0.99, 1)
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

# Mostly `linger` of the bulk: traffic is thin, or linger_s is short; calls cost more per tweet than they must.
BATCH_CLOSE_REASON: Final = Counter(
    "dallosh_batch_close_reason", "Batches by the limit that closed them, and by lane.", ["reason", "lane"]
)

# Below 0.98 under load: tweets are long against the limit, which means many small calls; raise max_batch_tokens.
BATCH_FILL: Final = Histogram(
    "dallosh_batch_fill", "Tweet tokens of a batch that tokens closed, over its limit.", ["lane"], buckets=_SHARES
)

# Far below max_batch_tokens under load: the item cap or the age closes first.
BATCH_TOKENS: Final = Histogram("dallosh_batch_tokens", "Tweet tokens of a batch.", buckets=_TOKENS)
BATCH_SIZE: Final = Histogram("dallosh_batch_tweets", "Tweets of a batch.", buckets=_ITEMS)

# `reused` rises after a worker died: so many tweets were not paid for twice. `unreadable`, `changed` beyond an edit, a
# repair or an update of the prompt: something else writes to our keys in Redis.
KEPT_ANSWERS: Final = Counter("dallosh_kept_answers", "Paid answers kept for a repeat of their tweet.", ["outcome"])

# Rises against dallosh_records_in: the tweets are of another kind than the model learnt. Look at them, and repair them
# with `dallosh repair --unsure` when level 1 is back.
UNSURE: Final = Counter("dallosh_unsure", "Tweets with a label below the confidence that level 3 is asked for.")

# `given_up` rises: level 1 is not back yet; the first labels stand, run `dallosh repair` again later.
REPAIRS: Final = Counter("dallosh_repairs", "Tweets that a repair sent to level 1 again, by how it ended.", ["outcome"])

# `routed` stops while tweets.classified grows: the router is down. `repeat` rises at every restart, and that is well.
ROUTED: Final = Counter("dallosh_router_decisions", "What the router decided.", ["outcome", "service"])

# A jump of `duplicate`: a source sends its past again.
NOISE: Final = Counter("dallosh_noise", "Tweets that need no classification.", ["reason"])

# A type falls to zero for a day: a recogniser broke.
SCRUBBED_SPANS: Final = Counter("dallosh_scrubbed_spans", "Personal data replaced, by type.", ["type"])

# Stands still while official accounts answer: the auditor is down, or the tweets that they answer are not classified.
AUDITED: Final = Counter("dallosh_audited", "Replies measured, those that a later tweet completes once more.")

# Any: what two stages write and read does not fit; compare their versions. The reply audit goes on without these.
AUDIT_UNREADABLE: Final = Counter("dallosh_audit_unreadable", "Records that the auditor could not read.")

# Rises: Redis is down or slow; tweets flow on without duplicate marks, context and kept answers, repair it.
STATE_ERRORS: Final = Counter("dallosh_state_errors", "Calls to Redis that failed; the stage went on without.")

# 1: Redis is down, each worker keeps breakers, rates and budgets of its own; repair it: together they may overspend.
LIMITS_NOT_SHARED: Final = Gauge("dallosh_limits_not_shared", "Whether a worker keeps the limits of models alone.")

# Any: most of a day's budget is spent; at its end the next target takes the calls. Raise it, or look why it costs more.
BUDGETS_SOFT: Final = Counter("dallosh_budgets_soft", "Budgets whose soft share was reached, once a day.", ["budget"])

# 1: this configured model takes no calls. Its model_disabled log line and `dallosh models` say why and what to do.
MODEL_DISABLED: Final = Gauge("dallosh_model_disabled", "Configured models that take no calls.", ["target", "reason"])

# `failed` of one target rises: its provider has trouble; the breaker keeps calls away, `dallosh models` shows it.
MODEL_CALLS: Final = Counter("dallosh_model_calls", "Calls to models.", ["target", "outcome"])

# High for one target: its provider is slow; the deadline of a batch moves the rest to the next target.
MODEL_SECONDS: Final = Histogram("dallosh_model_seconds", "Time of one call to a model.", ["target"], buckets=_SECONDS)

# `rpm`, `tpm`: ask for a higher rate. `budget`: raise it, or let the cheaper level work. `open`: see its failures.
MODEL_REFUSALS: Final = Counter("dallosh_model_refusals", "Calls that a limit held back.", ["target", "reason"])

# Faster than planned: `dallosh spend --by model` says where it goes.
SPEND_USD: Final = Counter("dallosh_spend_usd", "Cost of the calls whose price is known.", ["target"])

# Much `contradiction` or `confidence`: the cheapest model is not sufficient; compare with `dallosh cascade whatif`.
ESCALATIONS: Final = Counter("dallosh_escalations", "Tweets asked of a better model.", ["evidence"])

# Any: the caps of escalation hold doubtful tweets back; their first answer stands.
ESCALATIONS_CAPPED: Final = Counter("dallosh_escalations_capped", "Doubtful tweets that the caps held back.")

# Any: a model thinks, or rambles, against its settings, and that is paid for.
OUTPUT_ALARMS: Final = Counter("dallosh_output_alarms", "Answers over twice as long as expected.", ["target"])

# `refresh` grows: `dallosh prices refresh` says why the list is not believed; the old prices count until then.
# `override`: the file of own prices is damaged; the log names table and key, the last good prices count.
PRICES_REFUSED: Final = Counter("dallosh_prices_refused", "Prices that were read and not believed.", ["source"])

# `open` or `escalated` rises: look with `dallosh crisis ls`, and start the procedure of its topic and scope.
ALERTS: Final = Counter("dallosh_alerts", "Records of crisis alerts.", ["state", "scope"])

# Stands still while tweets flow: a source is dead or the pipe is behind; the detector waits rather than count zero.
DETECTOR_COVERED: Final = Gauge(
    "dallosh_detector_covered_timestamp_seconds", "Event time up to which the sources were read, as the detector knows."
)

# `failed`: a channel was not told; `dallosh crisis notices --failed` says why, `resend` tries again. `skipped`: too
# old when the notifier read it, because it was down or the channel is new.
NOTICES: Final = Counter("dallosh_notices", "Transitions of alerts by what became of them.", ["channel", "outcome"])

# `again` rises: the receiver is down or asks for patience; look at it before the channel gives up.
NOTICE_ATTEMPTS: Final = Counter("dallosh_notice_attempts", "Calls to a channel, by their end.", ["channel", "result"])

# Grows: the channel cannot be reached, `dallosh crisis test` tells why; the other channels are told meanwhile.
NOTICE_PENDING_SECONDS: Final = Gauge(
    "dallosh_notice_pending_seconds",
    "Age of the oldest record that a channel is still to be told.",
    ["channel"],
)

# 1: nobody is told by this channel, for a variable or a program is missing; the log line channel_broken and
# `dallosh crisis procedures --check` say which. Set it and start the notifier again: it goes on where it was.
CHANNEL_BROKEN: Final = Gauge("dallosh_channel_broken", "Whether a channel lacks what it needs.", ["channel"])

# Any: something else writes to ops.alerts or ops.commands; compare versions. The failed notices hold the alerts' bytes.
NOTIFIER_UNREADABLE: Final = Counter("dallosh_notifier_unreadable", "Records that the notifier could not read.")

# Grows: the pipe takes longer than the two minutes that a minute is waited for; alerts come from fewer complaints.
DETECTOR_LATE: Final = Gauge("dallosh_detector_late", "Classified tweets that came after their minute was judged.")

# Dates of a source are wrong: these tweets are classified and routed, but no alert counts them. Look at the source.
DETECTOR_AHEAD: Final = Counter("dallosh_detector_ahead", "Classified tweets dated after their record; left out.")

# Any: the router has sent the same records to the dead letters; read those.
DETECTOR_UNREADABLE: Final = Counter("dallosh_detector_unreadable", "Classified records that are no classified tweets.")
