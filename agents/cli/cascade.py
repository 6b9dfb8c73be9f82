"""`dallosh cascade`: why a tweet would go where, and what another cascade would cost and be worth."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from agents.cli.cascade_text import HEAD, explanation_lines, played_cells
from agents.cli.json_lines import write_json_lines
from agents.cli.table import print_table
from agents.embedded import connected
from agents.model_status import ModelStatus, model_status
from agents.printable import escaped, printable
from agents.whatif import BERT, Sample, ask, ask_bert, bert_target, read_lines, read_sample
from schemas.spend import Spend
from schemas.taxonomy import DataPolicy
from schemas.tweet import ScrubbedTweet
from streams.core.explanation import Explanation, explain
from streams.core.pricing import Price, PriceTable, check_price
from streams.core.profiles import Target
from streams.core.prompt import SYSTEM
from streams.core.redaction import redact
from streams.core.tokens import tweet_tokens
from streams.core.whatif import Cascade, Played, Recorded, play
from streams.errors import FatalError
from streams.kafka.records import record_spend
from streams.logging import configure
from streams.providers.levels import api_targets
from streams.providers.price_list import canonical
from streams.providers.prices import open_prices
from streams.providers.ranks import o200k_counter
from streams.settings import Settings, load_settings
from streams.tables import tables

_READABLE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def cascade() -> None:
    """Explain where a tweet goes, and play other cascades on a labelled sample."""


@cascade.command("explain")
@click.option("--tweet", "text", required=True, help="The tweet, as written.")
@click.option("--vip", is_flag=True, help="As if a VIP had written it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def explain_command(text: str, vip: bool, as_json: bool) -> None:
    """Tell who would classify a tweet now, at what cost, seeing what, and who comes next. No call is made."""
    settings = _settings()
    now = datetime.now(UTC)
    scrubbed = redact(text, tables(), settings.kept_handles).scrubbed.text
    tweet = ScrubbedTweet(id="0", created_at=now, author="", text=text, scrubbed=scrubbed, vip=vip)
    n_tokens = tweet_tokens(tweet, o200k_counter(), policies=tuple(DataPolicy))
    status = asyncio.run(model_status(settings))
    found = explain(tweet, status.standings, n_tokens=n_tokens, gpu=bool(settings.vllm_base_url))
    if as_json:
        click.echo(escaped(msgspec.json.encode(asdict(found) | {"missing": status.missing})))
    else:
        _print_explanation(found, status)


@cascade.command("whatif")
@click.argument("file", type=_READABLE)
@click.option("--labels", required=True, type=_READABLE, help="JSON lines: id, sentiment, priority, main_topic.")
@click.option("--answers", multiple=True, type=_READABLE, help="Recorded answers (--record wrote them); repeatable.")
@click.option("--record", type=click.Path(dir_okay=False, path_type=Path), help="Write all answers to this file.")
@click.option("--ask", "asked", multiple=True, metavar="MODEL", help="Ask this configured model now: paid calls.")
@click.option("--yes", is_flag=True, help="Make the paid calls; without it they are only told.")
@click.option("--without", multiple=True, metavar="MODEL", help="Change: leave a model out.")
@click.option("--price", "prices", multiple=True, metavar="REF=IN:OUT", help="Change: USD per million tokens.")
@click.option("--escalation-share", type=click.FloatRange(0, 1), help="Change: share of tweets that may climb.")
@click.option("--confidence-below", type=click.FloatRange(0, 1), help="Change: stated confidence that is doubt.")
@click.option("--max-batch-tokens", type=click.IntRange(100), help="Change: tweet tokens of a call (its cost alone).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a cascade, a summary last.")
def whatif_command(
    file: Path, labels: Path, answers: tuple[Path, ...], record: Path | None, asked: tuple[str, ...], yes: bool,
    without: tuple[str, ...], prices: tuple[str, ...], escalation_share: float | None, confidence_below: float | None,
    max_batch_tokens: int | None, as_json: bool,
) -> None:  # fmt: skip
    """Play the present cascade and a changed one on a labelled sample: cost against quality.

    Answers come from --answers, from level 3 (always), and from the models of --ask. Each known model is played alone,
    too. Nothing is asked twice: what is recorded is not asked again.
    """
    settings = _settings()
    sample = asyncio.run(_sample(file, labels, answers, settings))
    table = open_prices(settings, keeps_history=False).table()
    spend = asyncio.run(_ask(sample, asked, settings, table, yes=yes))
    if record is not None:
        write_json_lines(record, _recorded(sample))
    targets = [one.target for one in api_targets(settings)]
    present = Cascade(
        name="present",
        targets=(*targets, bert_target(settings)) if not _known(targets, sample) else tuple(targets),
        max_batch_tokens=settings.max_batch_tokens,
        escalation_share=settings.escalation_share,
    )
    changed = _changed(present, without, escalation_share, confidence_below, max_batch_tokens)
    other = PriceTable({**table.prices, **_prices(prices, present)}, f"{table.version} changed")
    results = [_played(present, sample, table)]
    if changed != present or prices:
        results.append(_played(replace(changed, name="changed"), sample, other))
    results += [
        _played(Cascade(name=f"only {one.name}", targets=(one,)), sample, table)
        for one in (*targets, bert_target(settings))
        if one.name in sample.answers
    ]
    _show(results, sample, spend, as_json=as_json)


def _settings() -> Settings:
    settings = load_settings()
    configure(settings)
    return settings


async def _sample(file: Path, labels: Path, answers: Sequence[Path], settings: Settings) -> Sample:
    sample = await read_sample(file, labels, settings)
    for path in answers:
        sample.take(read_lines(path, Recorded))
    if BERT not in sample.answers:
        sample.take(await ask_bert(settings, sample))
    return sample


async def _ask(
    sample: Sample, names: Sequence[str], settings: Settings, prices: PriceTable, *, yes: bool
) -> list[Spend]:
    """Asks the named models for what is not recorded, once the operator has agreed to the cost."""
    deployed = {one.target.name: one for one in api_targets(settings)}
    if unknown := [name for name in names if name not in deployed]:
        raise FatalError(
            f"no model {', '.join(unknown)} is configured", remedy=f"One of: {', '.join(deployed) or 'none'}"
        )
    wanted = [deployed[name] for name in names if name not in sample.answers]
    if wanted and not yes:
        told = ", ".join(f"{one.target.name} {len(sample.tweets):,} tweets" for one in wanted)
        raise FatalError(f"this would ask, and pay for: {told}", remedy="Agree with --yes; dallosh models tells prices")
    spend: list[Spend] = []
    try:
        for one in wanted:
            found, events = await ask(one, settings, sample, prices)
            sample.take(found)
            spend += events
    finally:
        for one in deployed.values():
            await one.provider.close()
        await _account_for(spend, settings)
    return spend


async def _account_for(spend: Sequence[Spend], settings: Settings) -> None:
    """Writes the paid calls to `ops.spend`, or says that they stand nowhere."""
    if not spend:
        return
    try:
        await record_spend(connected(settings, ("kafka",)), spend)
    except FatalError as error:
        click.echo(f"{len(spend)} paid calls are not in ops.spend: {error}", err=True)


def _recorded(sample: Sample) -> Iterator[Recorded]:
    for target, answers in sample.answers.items():
        for tweet_id, labels in answers.items():
            yield Recorded(id=tweet_id, target=target, labels=labels)


def _known(targets: Sequence[Target], sample: Sample) -> bool:
    return any(one.name in sample.answers for one in targets)


def _changed(
    present: Cascade, without: Sequence[str], share: float | None, below: float | None, max_tokens: int | None
) -> Cascade:
    if unknown := set(without) - {one.name for one in present.targets}:
        raise click.UsageError(f"--without: the cascade has no model {', '.join(sorted(unknown))}")
    changes: dict[str, Any] = {
        "escalation_share": share,
        "confidence_below": below,
        "max_batch_tokens": max_tokens,
        "targets": tuple(one for one in present.targets if one.name not in without),
    }
    return replace(present, **{name: value for name, value in changes.items() if value is not None})


def _prices(texts: Sequence[str], present: Cascade) -> dict[str, Price]:
    """Reads the prices that are to be tried; each must be one by which the cascade is billed."""
    refs = {canonical(ref): ref for one in present.targets if (ref := one.profile.price_ref) is not None}
    found = dict(map(_price, texts))
    if unknown := sorted(found.keys() - refs.keys()):
        known = ", ".join(sorted(refs)) or "none"
        raise click.UsageError(f"--price: no model of the cascade is billed by {', '.join(unknown)}, but by: {known}")
    return {refs[ref]: price for ref, price in found.items()}


def _price(text: str) -> tuple[str, Price]:
    ref, _, amounts = text.partition("=")
    try:
        into, out = map(Decimal, amounts.split(":"))
    except (InvalidOperation, ValueError):
        raise click.UsageError(f"--price: {text} is not REF=IN:OUT, as in openai/gpt-4o-mini=0.15:0.60") from None
    price = Price(input_usd_per_mtok=into, output_usd_per_mtok=out)
    if words := check_price(price):
        raise click.UsageError(f"--price: {text}: {words}")
    return canonical(ref), price


def _played(cascade_: Cascade, sample: Sample, table: PriceTable) -> Played:
    try:
        return play(cascade_, sample.sampled, sample.answers, table, prompt_tokens=o200k_counter()(SYSTEM))
    except ValueError as error:
        raise FatalError(
            str(error), remedy="Record answers with --ask MODEL --record FILE, or give --answers"
        ) from None


def _show(results: Sequence[Played], sample: Sample, spend: Sequence[Spend], *, as_json: bool) -> None:
    if as_json:
        for one in results:
            click.echo(escaped(msgspec.json.encode(asdict(one))))
        summary = {
            "tweets": len(sample.tweets),
            "unread": sample.n_unread,
            "cascades": len(results),
            "calls": len(spend),
            **_asked(spend),
        }
        click.echo(msgspec.json.encode(summary))
        return
    print_table(HEAD, map(played_cells, results))
    click.echo(f"{len(sample.tweets)} labelled tweets; own machines cost no API money", err=True)
    if sample.n_unread:
        click.echo(f"{sample.n_unread} rows of the file are no tweets and are left out", err=True)
    if spend:
        asked = _asked(spend)
        usd = "unknown" if asked["asked_usd"] is None else f"{asked['asked_usd']:.4f} USD"
        click.echo(f"asked in {len(spend)} calls: {usd}, {asked['calls_unpriced']} of unknown cost", err=True)


def _asked(spend: Sequence[Spend]) -> dict[str, Any]:
    """Sums what asking cost: the known costs, None where none of the calls has one, and how many have none."""
    known = [event.cost_usd for event in spend if event.cost_usd is not None]
    return {
        "asked_usd": sum(known, Decimal(0)) if known or not spend else None,
        "calls_unpriced": len(spend) - len(known),
    }


def _print_explanation(found: Explanation, status: ModelStatus) -> None:
    for line in explanation_lines(found):
        click.echo(printable(line))
    for words in status.missing:
        click.echo(printable(words), err=True)
