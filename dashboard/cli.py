"""The command line: every command's words and flags, and how errors reach the caller.

A command imports its machinery only when it runs, so that `loyalty --help` answers at once.
"""

from __future__ import annotations

import sys
from importlib import import_module

import typer

from loyalty_core.errors import InputError

app = typer.Typer(
    name="loyalty",
    help="A membership programme, watched every morning and tried out before rollout.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

COMMANDS = ("demo", "import_", "check", "kpi", "programme", "simulate", "dashboard")

for _name in COMMANDS:
    import_module(f"dashboard.commands.{_name}").register(app)


def main() -> None:
    """Run the command line; a mendable error is one line on standard error and exit code 2."""
    try:
        app()
    except InputError as error:
        sys.stderr.write(f"loyalty: {error}\n")
        raise SystemExit(2) from None
