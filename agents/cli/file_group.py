"""A group of commands of which one works on a file, and needs not be named."""

import click


class FileGroup(click.Group):
    """A group whose command is `file` where none is named, so that `dallosh scrub FILE` is enough."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts the name before the arguments of a file."""
        if not args or args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["file", *args]
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the options of `file`, which take effect without its name, before the commands."""
        command = self.commands["file"]
        inner = click.Context(command, info_name="file", parent=ctx)
        rows = [row for one in command.get_params(inner) if (row := one.get_help_record(inner)) is not None]
        with formatter.section("Options"):
            formatter.write_dl(rows)
        self.format_commands(ctx, formatter)
