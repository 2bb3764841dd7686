"""Asks for what no option gave: at the terminal, or one line each through a pipe."""

import select
import sys
from getpass import getpass

import click

from ls.cli.base import CommandError

AGAIN = "Repeat for confirmation"
DIFFER = "The two entered values do not match"


def ask(prompt: str, given: str | None) -> str:
    """What was given, else the answer to the prompt. Raises CommandError if there is none."""
    if given is not None:
        return given
    return str(click.prompt(prompt, err=True)) if _is_terminal() else _line(prompt)


def ask_password(prompt: str, given: str | None) -> str:
    """What was given, else what is typed twice and not shown; it may be empty."""
    while given is None:
        typed = _hidden(prompt)
        if not typed or _hidden(AGAIN) == typed:
            return typed
        if not _is_terminal():
            raise CommandError(DIFFER)
        click.echo(f"{DIFFER}. Once more:", err=True)
    return given


def _is_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _hidden(prompt: str) -> str:
    if not _is_terminal():
        return _line(prompt)
    return getpass(f"{prompt}: ")  # click's own prompt loses what is typed before it is shown


def _line(prompt: str) -> str:
    if not _is_waiting():  # a script that has sent its answers already needs no prompt
        click.echo(f"{prompt}:", err=True)
    answer = sys.stdin.readline() if sys.stdin is not None else ""
    if not answer:
        raise CommandError(f"{prompt} is missing")
    return answer.rstrip("\r\n")


def _is_waiting() -> bool:
    try:
        return bool(select.select([sys.stdin], [], [], 0)[0])
    except (OSError, TypeError, ValueError):  # closed, or no file
        return True
