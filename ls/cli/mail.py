"""`roster mail`: send one message, list what waits or failed, and show what messages say."""

import json

import click

from ls.accounts.emails import check_email
from ls.cli.base import CommandError, command
from ls.db.transaction import write
from ls.db.types import iso, utcnow
from ls.mail.messages import message_of, new_message_id, render
from ls.mail.outbox import mail_is_set_up, send_again
from ls.mail.previews import PREVIEWS
from ls.mail.smtp import connected, reason
from ls.models import Organization, OutgoingMail
from ls.names import isolated
from ls.queries.mail import list_mail
from ls.web.i18n import HTML_LANG

LOCALES = {tag: name for name, tag in HTML_LANG.items()}


@click.group()
def mail() -> None:
    """Send a test message, list what waits."""


@mail.command("test", short_help="Send one message, and show the dialogue.")
@click.option("--to", "email", required=True, metavar="EMAIL", help="Whom to send it to.")
@command
def test_command(email: str) -> None:
    """Send one message, and show the dialogue with the mail server, without user name and password."""
    if not mail_is_set_up():
        raise CommandError("Mail is not set up: LABEL_STUDIO_MAIL_HOST is not set.")
    email, _key = check_email(email)
    organization = Organization.get()
    content = render("test", email, None, organization=organization.title if organization.has_title else None)
    message = message_of(content, new_message_id(), utcnow())
    try:
        with connected(click.echo) as smtp:
            smtp.send_message(message)
    except OSError as error:
        raise CommandError(f"Not sent: {reason(error)}") from None
    click.echo(f"Sent to {isolated(email)}")


@mail.command(short_help="List messages that wait or have failed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON alone.")
@click.option("--send-again", "mail_id", type=int, metavar="ID", help="Try one that has failed anew.")
@command
def queue(as_json: bool, mail_id: int | None) -> None:
    """List messages that wait or have failed, and why: id, status, address, subject, next attempt, problem."""
    if mail_id is not None:
        with write():
            send_again(mail_id)
    rows = [_shown(each) for each in list_mail()]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        click.echo("\t".join(isolated(str(value)) for value in row.values()))


def _shown(mail: OutgoingMail) -> dict[str, int | str]:
    return {
        "id": mail.id,
        "status": "failed" if mail.next_attempt_at is None else "waiting",
        "to": mail.content.to,
        "subject": mail.content.subject,
        "attempts": mail.attempts,
        "next_attempt_at": iso(mail.next_attempt_at),
        "expires_at": iso(mail.expires_at),
        "error": mail.error,
    }


@mail.command(short_help="Show what a message says.")
@click.argument("name", type=click.Choice(sorted(PREVIEWS)))
@click.option("--language", type=click.Choice(list(LOCALES), case_sensitive=False), default="en", help="Its language.")
@command
def preview(name: str, language: str) -> None:
    """Show what the message NAME says, with made-up people."""
    content = render(name, "anna@example.org", LOCALES[language], **PREVIEWS[name])
    click.echo(f"{content.subject}\n\n{content.text}", nl=False)
