"""`dallosh crisis`: waves of complaints."""

import click

from agents.cli.crisis_plot import plot_command
from agents.cli.crisis_replay import replay_command


@click.group()
def crisis() -> None:
    """Replay and draw waves of complaints."""


for _command in (replay_command, plot_command):
    crisis.add_command(_command)
