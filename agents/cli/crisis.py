"""`dallosh crisis`: waves of complaints."""

import click

from agents.cli.crisis_live import ack_command, close_command, ls_command, show_command, status_command
from agents.cli.crisis_notices import notices_command, resend_command
from agents.cli.crisis_plot import plot_command
from agents.cli.crisis_procedures import procedures_command, test_command
from agents.cli.crisis_replay import replay_command
from agents.cli.crisis_shares import shares_command
from agents.cli.crisis_steps import sign_command


@click.group()
def crisis() -> None:
    """Waves of complaints: follow and judge them, whom they are told, replay and draw those of a file."""


for _command in (
    status_command, ls_command, show_command, ack_command, close_command, sign_command, procedures_command,
    test_command, notices_command, resend_command, shares_command, replay_command, plot_command,
):  # fmt: skip
    crisis.add_command(_command)
