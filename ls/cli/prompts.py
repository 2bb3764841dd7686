"""Asking for what no option said: at the terminal, or through a pipe, a line each."""

import select
import sys
from getpass import getpass

import click

from ls.cli.base import Failure

AGAIN = "Repeat for confirmation"
DIFFER = "The two entered values do not match"


def ask(prompt: str, given: str | None) -> str:
    """What was given, else the answer to the prompt. Raises Failure where nobody answers."""
    if given is not None:
        return given
    return str(click.prompt(prompt, err=True)) if _at_terminal() else _line(prompt)


def ask_password(prompt: str, given: str | None) -> str:
    """What was given, else what is typed unseen, twice alike; nothing is an answer too."""
    while given is None:
        typed = _hidden(prompt)
        if not typed or _hidden(AGAIN) == typed:
            return typed
        if not _at_terminal():
            raise Failure(DIFFER)
        click.echo(f"{DIFFER}. Once more:", err=True)
    return given


def _at_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _hidden(prompt: str) -> str:
    if not _at_terminal():
        return _line(prompt)
    return getpass(f"{prompt}: ")  # click's own drops what is typed as soon as the prompt is there


def _line(prompt: str) -> str:
    if not _is_waiting():  # a script that has its answers ready is not asked aloud
        click.echo(f"{prompt}:", err=True)
    answer = sys.stdin.readline() if sys.stdin is not None else ""
    if not answer:
        raise Failure(f"{prompt} is missing")
    return answer.rstrip("\r\n")


def _is_waiting() -> bool:
    try:
        return bool(select.select([sys.stdin], [], [], 0)[0])
    except (OSError, TypeError, ValueError):  # closed, or no file at all
        return True
