"""`dallosh crisis replay`: a file through the crisis detector, as fast as it goes."""

from pathlib import Path

import click
import msgspec

from agents.cli.crisis_input import opened, replay_options, tell_counts
from agents.cli.crisis_text import print_incidents
from agents.cli.file_progress import tell
from agents.cli.scrub_input import name_of
from agents.cli.unread_rows import judge_rows
from agents.printable import escaped
from streams.connectors.file import Format


@click.command("replay")
@replay_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object an alert; a summary on standard error.")
def replay_command(file: str, labels: Path | None, form: Format | None, maps: tuple[str, ...], as_json: bool) -> None:
    """Find the waves of complaints in FILE: where, how far, and after how many minutes they would have been told.

    FILE is CSV or JSON lines, its rows in any order; - reads standard input. Event time, a cold start, no Kafka and no
    Redis. Customers' tweets count: official accounts, retweets and repeats are left out. --labels gives sentiment,
    priority and topic by tweet id, and tweets without are left out; without --labels level 3 classifies. Places always
    come from the text.

    One alert a line, those of departments below the wider one that they lie in. Times are French. Counts and
    places are those of the hour in which it was strongest. Exit 1 when a row could not be read; the others were
    judged. At most 1,000,000 tweets of customers.
    """
    with opened(file, labels, form, maps) as replayer:
        found = replayer.play()
    if as_json:
        for one in found.incidents:
            click.echo(escaped(msgspec.json.encode(one)))
        tell(escaped(msgspec.json.encode(found.summary)))
    else:
        print_incidents(found.incidents)
        tell_counts(found.summary)
    judge_rows(found.summary.refused, name_of(file))
