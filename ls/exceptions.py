"""What a rule can refuse; ls/web/errors.py maps each exception to a response once."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

Text = Any  # a str, or flask-babel's lazy string, which has no common type with it


class DomainError(Exception):
    """A rule refused the request: with an HTTP status, and a message for the user."""

    status = 400
    api_status: int | None = None  # where the API answers with another one than a page
    title: Text = None  # of the page, where that of the status does not say it
    message: Text = _l("That did not work.")
    button: Text = None  # the label of the page's button to the start page, if another than the usual one

    def __init__(self, message: Text | None = None) -> None:
        if message is not None:
            self.message = message
        super().__init__(self.message)

    def __str__(self) -> str:
        return str(self.message)


class InvalidFields(DomainError):
    """Some fields are invalid: a mapping of field name to its messages."""

    message = _l("Some of what you entered needs another look.")

    def __init__(self, errors: Mapping[str, Sequence[Text]]) -> None:
        self.errors = {name: list(messages) for name, messages in errors.items()}
        super().__init__()

    def __str__(self) -> str:
        return " ".join(str(message) for messages in self.errors.values() for message in messages)


class BrokenText(DomainError):
    """Bytes that are no text arrived where text belongs."""

    message = _l("A part of what was sent is not UTF-8, so nothing was done. Type it again.")


class NotFound(DomainError):
    """It does not exist, or no longer."""

    status = 404
    message = _l("There is nothing here.")


class LinkGone(NotFound):
    """The code of a one-time link is none, was used, or is too old."""

    title = _l("This link does not work any more")
    message = _l("It has been used already, a newer one has replaced it, or it is too old.")


class Forbidden(DomainError):
    """The user may not do this."""

    status = 403
    message = _l("You cannot do this.")


class NotAllowed(DomainError):
    """This action does not exist for this object, for example deleting oneself."""

    status = 405
    message = _l("This cannot be done here.")


class Conflict(DomainError):
    """The current state does not allow it."""

    status = 409
    message = _l("This cannot be done right now.")


class LastActiveMember(Conflict):
    """The last active member stays; otherwise nobody could log in."""

    message = _l("The last active member has to stay.")


class OneselfForbidden(Conflict):
    """Members end the membership of others, never their own."""

    api_status = 405  # as Label Studio
    message = _l("You cannot do this to your own account.")


class SignupClosed(DomainError):
    """Sign-up needs the invite link."""

    status = 403
    message = _l(
        "This server accepts new members by invitation only. Ask a member for the invite link. "
        "Whoever runs the server gets it with the command: roster invite"
    )


class InviteWrong(SignupClosed):
    """An invite token was given that is not the current one."""

    message = _l("This invite link does not work any more. Ask a member for the present one.")


class InvitationEnded(DomainError):
    """The invitation is used up, expired or revoked."""

    status = 410
    title = _l("This invitation has ended")
    message = _l("This invitation does not work any more. Ask a member for a new one.")
    button = _l("Log in")


class NotSetUp(SignupClosed):
    """Sign-up is closed, and there is nobody yet who could invite."""

    title = _l("This server is not set up yet")
    message = _l(
        "Nobody has an account here. The person who started the server finds the set-up link in the terminal, "
        "or gets it with: roster setup-link"
    )
    button = _l("Try again")  # the start page is this one, until somebody has an account


class SetupLinkWrong(NotFound):
    """This is not the set-up link of this server."""

    message = _l(
        "This set-up link does not work. The person who started the server gets the present one with: roster setup-link"
    )


class AlreadySetUp(DomainError):
    """The first account exists, so the set-up link is used up."""

    status = 410
    title = _l("This server is set up already")
    message = _l("The set-up link has done its work. Log in, or ask a member for the invite link.")
    button = _l("Log in")


class SignupOpen(Conflict):
    """The invite link can be reset only while it is what opens sign-up."""

    message = _l(
        "Sign-up is open to everybody, so resetting the link would change nothing. "
        "Set LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK=true to close it."
    )


class CredentialsWrong(DomainError):
    """The one answer to every failed login, so that it does not tell whether an account exists."""

    status = 422
    message = _l("The email and password you entered don't match.")


class EmailUnconfirmed(DomainError):
    """The password is right, but the email of the sign-up is still to be confirmed."""

    status = 422
    message = _l("Confirm your email first: a link to do so is on its way to you. After that you can log in.")


class CredentialRefused(DomainError):
    """The credential that was sent is not valid, or no longer."""

    status = 401
    message = _l("Invalid token.")


class Throttled(DomainError):
    """Too many attempts; `retry_after` in seconds."""

    status = 429
    message = _l("Too many attempts. Wait a little, then try again.")

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__()
