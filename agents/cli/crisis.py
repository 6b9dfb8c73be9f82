"""`dallosh crisis`: waves of complaints."""

import click

from agents.cli.crisis_live import ack_command, close_command, ls_command, show_command, status_command
from agents.cli.crisis_plot import plot_command
from agents.cli.crisis_replay import replay_command


@click.group()
def crisis() -> None:
    """Waves of complaints: follow them, judge them, replay and draw those of a file."""


for _command in (
    status_command, ls_command, show_command, ack_command, close_command, replay_command, plot_command
):  # fmt: skip
    crisis.add_command(_command)
