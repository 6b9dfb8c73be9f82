"""`dallosh dlq`: what stands in the dead letters and why, and what is decided of them."""

import click

from agents.cli.dlq_act import discard_command, park_command, plan_command, replay_command, unpark_command
from agents.cli.dlq_edit import edit_command
from agents.cli.dlq_look import ls_command, show_command, stats_command


@click.group()
def dlq() -> None:
    """List, count, show, replay, correct, park and discard dead letters.

    Exit 0 ok, 1 failed, 2 usage, 3 nothing matched, 4 partly done: some were left, or the canary failed.
    """


for _command in (
    ls_command, stats_command, show_command, plan_command, replay_command, edit_command, park_command, unpark_command,
    discard_command,
):  # fmt: skip
    dlq.add_command(_command)
