"""The reply audit as one page: HTML that loads nothing, with charts in SVG and every number in a table."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from agents.cli.audit_cells import (
    AFTER,
    TONE,
    WAITING,
    Column,
    age_names,
    backlog_cells,
    cells,
    duration,
    heads,
    share,
)
from agents.cli.audit_charts import Bar, Line, bars, columns, lines
from agents.cli.audit_charts import Column as Drawn
from agents.cli.audit_style import STYLE
from agents.cli.audit_svg import Markup, element, joined
from streams.core.audit.figures import DAY_S, HOUR_S
from streams.core.audit.report import Dimension, Group, Report
from streams.core.crisis.calendar import ZONE

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
"""A browser loads nothing for this page and runs no script, whatever stands in it."""
_HEADING: Final[dict[Dimension, str]] = {
    Dimension.PRIORITY: "By priority",
    Dimension.TOPIC: "By topic",
    Dimension.MONTH: "By month",
    Dimension.WEEKDAY: "By weekday",
    Dimension.HOUR: "By hour of the day",
    Dimension.ACCOUNT: "By account",
}
_X_TITLE: Final[dict[Dimension, str]] = {
    Dimension.PRIORITY: "priority of the tweet",
    Dimension.TOPIC: "topic of the tweet",
    Dimension.MONTH: "month in which the tweet came",
    Dimension.WEEKDAY: "weekday on which the tweet came",
    Dimension.HOUR: "hour in which the tweet came (France)",
    Dimension.ACCOUNT: "account that answered first",
}
_TOLD: Final = ("median of the answered", "up to their p90", "median of all (Kaplan-Meier)")
_TONE_ROWS: Final = (
    ("opens with a template", "template"), ("apologises", "apology"), ("thanks", "thanks"),
    ("sends to private", "redirection"), ("calls by name", "personalised"), ("carries a link", "link"),
    ("says « vous »", "vous"), ("says « tu »", "tu"),
)  # fmt: skip


def page(report: Report, source: str) -> str:
    """Returns the whole page.

    Args:
        report: what it tells.
        source: where the figures come from, as the reader knows it; shown as text.
    """
    head = element(
        "head",
        Markup('<meta charset="utf-8">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        element("title", f"Reply audit: {source}"),
        Markup(f"<style>{STYLE}</style>"),
    )
    body = element(
        "body",
        element("h1", "Reply audit"),
        element("p", f"{source}. {_period(report)}", class_="lead"),
        _cards(report),
        _waiting(report),
        _backlog(report),
        _tone(report),
        _after(report),
        _reading(report),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _period(report: Report) -> str:
    begin = "the beginning" if report.since is None else _day(report.since)
    return f"From {begin} to {_day(report.until)}, times of France."


def _day(at: datetime) -> str:
    return f"{at.astimezone(ZONE):%Y-%m-%d %H:%M}"


def _cards(report: Report) -> Markup:
    waiting, tone = report.total.waiting, report.total.tone
    told = (
        (f"{waiting.n_tweets:,}", "tweets of customers"),
        (f"{tone.n_replies:,}", "replies"),
        (share(waiting.answered_share), "of the tweets answered"),
        (duration(waiting.median_s), "median of the answered"),
        (duration(waiting.km_median_s), "median of all (Kaplan-Meier)"),
        (duration(waiting.p90_s), "p90 of the answered"),
        (share(waiting.sla_share), "answered within the SLA"),
        (f"{sum(row.n for row in report.backlog):,}", "wait for an answer"),
        (share(tone.template), "of the replies open with a template"),
    )
    cards = [element("div", element("b", value), element("span", words), class_="card") for value, words in told]
    return element("div", *cards, class_="cards")


def _waiting(report: Report) -> Markup:
    days = [(step.seconds / DAY_S) for curve in report.curves[:1] for step in curve.steps]
    curves = [Line(curve.name, [(step.seconds / DAY_S, step.share) for step in curve.steps]) for curve in report.curves]
    table = _table(
        "Share of the tweets that still wait",
        ["after", *(curve.name for curve in report.curves)],
        [
            [duration(at * DAY_S), *(share(curve.steps[place].share) for curve in report.curves)]
            for place, at in enumerate(days)
        ],
    )
    limits = ", ".join(f"priority {name}: {duration(seconds)}" for name, seconds in report.sla_s.items())
    return joined([
        element("h2", "How long customers wait"),
        element("p", "Tweets that nobody has answered count as far as they have waited: the curve is Kaplan and "
                "Meier's, and so is the median of all; the median of the answered alone is too short.", class_="note"),
        element("h3", "Share that still waits"),
        _figure(lines("Share of the tweets that still wait, by age and priority", curves,
                      unit="share still waiting", x_title="days since the tweet"), table),
        element("p", f"The SLA: {limits}. It is kept by tweets that were answered in time; a tweet without an answer "
                "counts when its time is over.", class_="note"),
        *(_by(report, dimension) for dimension in _HEADING),
    ])  # fmt: skip


def _by(report: Report, dimension: Dimension) -> Markup:
    """Returns the waiting times by one dimension, in the unit that suits them; one group alone needs no chart."""
    groups = [one for one in report.by[dimension] if one.waiting.n_tweets]
    far = max((one.waiting.p90_s or 0.0 for one in groups), default=0.0)
    unit, size = ("days", DAY_S) if far >= 2 * DAY_S else ("hours", HOUR_S)
    drawn = [
        Drawn(
            one.name.removesuffix(" h"),
            _in(one.waiting.median_s, size),
            _in(one.waiting.p90_s, size),
            _in(one.waiting.km_median_s, size),
        )
        for one in groups
    ]
    title = f"Waiting time, {_HEADING[dimension].lower()}"
    chart = columns(title, drawn, unit=f"{unit} until the first reply", x_title=_X_TITLE[dimension], told=_TOLD)
    table = _groups(title, dimension.value, groups, WAITING)
    return joined([element("h3", _HEADING[dimension]), _figure(chart, table) if len(groups) > 1 else table])


def _backlog(report: Report) -> Markup:
    rows = [Bar(row.priority, [float(n) for n in row.by_age], f"{row.n:,}") for row in report.backlog]
    top = max((float(row.n) for row in report.backlog), default=1.0)
    title = "Tweets without an answer, by priority and age"
    return joined([
        element("h2", "What still waits"),
        _figure(
            bars(title, rows, top=top, x_title="tweets without an answer", classes=age_names()),
            _table(title, ["priority", *age_names(), "all", "beyond the SLA"],
                   [[row.priority, *backlog_cells(row)] for row in report.backlog]),
        ),
    ])  # fmt: skip


def _tone(report: Report) -> Markup:
    tone = report.total.tone
    found = [(words, getattr(tone, name) or 0.0) for words, name in _TONE_ROWS]
    chart = bars("Form of the replies", [Bar(words, [value], share(value)) for words, value in found], top=1.0,
                 x_title="share of the replies")  # fmt: skip
    parts = [
        element("h2", "How the replies are written"),
        element("p", _templates(report), class_="note"),
        _figure(chart, _groups("Form of the replies", "replies of", [report.total], TONE)),
    ]
    for dimension in _HEADING:
        groups = [one for one in report.by[dimension] if one.tone.n_replies]
        parts.append(element("h3", _HEADING[dimension]))
        parts.append(_groups(f"Form of the replies, {_HEADING[dimension].lower()}", dimension.value, groups, TONE))
    return joined(parts)


def _templates(report: Report) -> str:
    what = "A template is an opening that the account has written at least five times, behind mentions and greeting."
    if not report.openings:
        return what
    n = report.total.tone.n_replies
    first = ", ".join(share(one / n) for one in report.openings[:5])
    return f"{what} The most frequent ones open {first} of the replies."


def _after(report: Report) -> Markup:
    tone = report.total.tone
    title = "Feeling of the customer's next tweet in the conversation"
    shares = (("negative", tone.after_negative), ("neutral", tone.after_neutral), ("positive", tone.after_positive))
    chart = bars(title, [Bar(name, [value or 0.0], share(value)) for name, value in shares], top=1.0,
                 x_title="share of the next tweets")  # fmt: skip
    return joined([
        element("h2", "What customers say next"),
        element("p", f"Of {tone.n_after:,} replies the same customer's next tweet in the conversation is known. "
                "Calmer: negative before the reply and not after it; angrier: the other way round.", class_="note"),
        _figure(chart, _groups(title, "replies of", [report.total], AFTER)),
    ])  # fmt: skip


def _reading(report: Report) -> Markup:
    return joined([
        element("h2", "How to read it"),
        element("p", "Times of waiting belong to the hour, day and month in which the tweet came; forms to those in "
                "which the reply was written. A tweet is answered by the first reply of any account; later ones count "
                "for their form. An account has the tweets that it answered: those that nobody answered are nobody's."),
        element("p", f"{report.n_without_tweet:,} replies answer tweets that are not at hand: they count for their "
                "form alone, and their topic and priority are unknown."),
        element("p", "An opening, an apology or a link says nothing of one reply's tone; shares of many do. "
                "« vous » and « tu » are told by pronouns: an imperative alone counts as neither."),
    ])  # fmt: skip


def _groups(title: str, head: str, groups: Sequence[Group], chosen: Sequence[Column]) -> Markup:
    return _table(title, [head, *heads(chosen)], [[one.name, *cells(one, chosen)] for one in groups])


def _table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Markup:
    titles = element("tr", *(element("th", one, scope="col") for one in head))
    lines_ = [
        element("tr", element("th", row[0], scope="row"), *(element("td", one) for one in row[1:])) for row in rows
    ]
    table = element("table", element("caption", caption), element("thead", titles), element("tbody", *lines_))
    return element("div", table, class_="scroll")


def _figure(chart: Markup, table: Markup) -> Markup:
    return joined([element("figure", chart), table])


def _in(seconds: float | None, size: float) -> float | None:
    return None if seconds is None else seconds / size
