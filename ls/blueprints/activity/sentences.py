"""The sentences of events, in the language of the page."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from babel import Locale
from flask_babel import format_decimal, get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ls.blueprints.activity.changes import changes
from ls.names import isolated
from ls.queries.audit_log import Actor, Entry

# The sentence if the actor is the target, or there is no target.
OWN = {
    "sign_up": _l("%(actor)s signed up"),
    "user_created": _l("%(actor)s created an account"),
    "login": _l("%(actor)s logged in"),
    "login_failed": _l("%(actor)s entered a wrong password"),
    "logout": _l("%(actor)s logged out"),
    "password_changed": _l("%(actor)s changed their password"),
    "password_reset": _l("%(actor)s reset their password"),
    "password_set": _l("%(actor)s set their password with a link"),
    "password_forgotten": _l("%(actor)s asked for a link to set their password"),
    "password_link_sent": _l("%(actor)s sent themselves a link to set their password"),
    "email_change_requested": _l("%(actor)s asked to change their email to %(new_email)s"),
    "email_change_canceled": _l("%(actor)s canceled the change of their email"),
    "email_confirmed": _l("%(actor)s confirmed their email"),
    "confirmation_sent": _l("%(actor)s was sent a link to confirm their email"),
    "email_changed": _l("%(actor)s changed their email from %(old_email)s to %(new_email)s"),
    "email_restored": _l("%(actor)s took the change of their email from %(new_email)s to %(old_email)s back"),
    "session_ended": _l("%(actor)s logged out a device"),
    "sessions_ended": _l("%(actor)s logged out all other devices"),
    "profile_changed": _l("%(actor)s changed their profile"),
    "avatar_saved": _l("%(actor)s saved a picture"),
    "avatar_removed": _l("%(actor)s removed their picture"),
    "token_reset": _l("%(actor)s reset their API token"),
    "personal_token_created": _l("%(actor)s created a personal token"),
    "personal_token_rotated": _l("%(actor)s rotated their personal token"),
    "personal_token_blacklisted": _l("%(actor)s ended their personal token"),
    "token_settings_changed": _l("%(actor)s changed the token settings"),
    "session_policy_changed": _l("%(actor)s changed the session policy"),
    "organization_changed": _l("%(actor)s changed the organization"),
    "first_steps_hidden": _l("%(actor)s hid the first steps"),
    "invite_reset": _l("%(actor)s reset the invite link"),
    "invitation_created": _l("%(actor)s made the invitation %(invitation)s"),
    "invitation_sent": _l("%(actor)s sent the invitation %(invitation)s again"),
    "invitation_revoked": _l("%(actor)s revoked the invitation %(invitation)s"),
    "project_created": _l("%(actor)s created the project %(title)s"),
    "project_changed": _l("%(actor)s changed the project %(title)s"),
    "project_deleted": _l("%(actor)s deleted the project %(title)s: tasks %(tasks)s, annotations %(annotations)s"),
    "project_restored": _l("%(actor)s restored the project %(title)s"),
    "project_purged": _l("The project %(title)s is gone for good, 30 days after its deletion"),
    "tasks_imported": _l("%(actor)s imported into %(title)s: tasks %(tasks)s, annotations %(annotations)s"),
    "tasks_deleted": _l("%(actor)s deleted from %(title)s: tasks %(tasks)s, annotations %(annotations)s"),
    "annotations_deleted": _l("%(actor)s deleted from %(title)s: annotations %(annotations)s"),
    "mail_sent_again": _l("%(actor)s let a message be sent again"),
    "label_studio_read": _l("%(actor)s read from Label Studio who did what there"),
    "activity_exported": _l("%(actor)s exported the activity as CSV"),
    "people_exported": _l("%(actor)s exported people as CSV"),
    "backup_written": _l("%(actor)s wrote a backup of everything"),
    "database_copied": _l("%(actor)s copied everything into another database"),
    "exported_for_label_studio": _l("%(actor)s exported everything for Label Studio"),
    "moved_in": _l(
        "%(actor)s moved the team in from Label Studio: people %(people)s, projects %(projects)s, tasks %(tasks)s, "
        "annotations %(annotations)s"
    ),
}

# The sentence if the target is somebody else.
OTHERS = {
    "sign_up": _l("%(target)s signed up"),
    "user_created": _l("%(actor)s created an account for %(target)s"),
    "login": _l("%(target)s logged in"),
    "login_failed": _l("Somebody tried to log in as %(target)s and failed"),
    "logout": _l("%(target)s logged out"),
    "password_reset": _l("%(actor)s reset the password of %(target)s"),
    "password_forgotten": _l("Somebody asked for a link to set the password of %(target)s"),
    "password_link_sent": _l("%(actor)s sent %(target)s a link to set a password"),
    "password_link_made": _l("%(actor)s made a link to set the password of %(target)s"),
    "email_changed": _l("%(actor)s changed the email of %(target)s from %(old_email)s to %(new_email)s"),
    "token_reset": _l("%(actor)s reset the API token of %(target)s"),
    "avatar_saved": _l("%(actor)s saved a picture for %(target)s"),
    "avatar_removed": _l("%(actor)s removed the picture of %(target)s"),
    "profile_changed": _l("%(actor)s changed the profile of %(target)s"),
    "deactivated": _l("%(actor)s deactivated %(target)s"),
    "reactivated": _l("%(actor)s reactivated %(target)s"),
    "deleted": _l("%(actor)s deleted %(target)s"),
}

RENAMED = _l("%(actor)s renamed the project %(old_title)s to %(title)s")
TEXTS = ("old_title", "old_email", "new_email", "invitation")
COUNTS = ("people", "projects", "tasks", "annotations")
INVITED = _l("%(target)s signed up with the invitation %(invitation)s")
UNKNOWN = {
    "login_failed": _l("Somebody tried to log in with an email that has no account"),
    "password_forgotten": _l("Somebody asked for a link to set a password, with an email that has no account"),
}


@dataclass(frozen=True, slots=True)
class Writing:
    """How a sentence is written: as plain text, or as Markup with links; no name or title may turn it round."""

    text: type[str]
    person: Callable[[Actor | None], str]
    project: Callable[[dict[str, Any]], str]
    value: Callable[[str], str]


def name(actor: Actor | None) -> str:
    """The display name; without an account it was the command line."""
    if actor is None:
        return str(_("The command line"))
    return str(_("Deleted User")) if actor.is_deleted else actor.name


PLAIN = Writing(str, name, lambda detail: isolated(detail["title"]), isolated)


def sentence(entry: Entry, writing: Writing = PLAIN) -> str:
    """The sentence of an event, such as `Alice deactivated Bob`, with what was changed."""
    if entry.kind in UNKNOWN and entry.target is None:
        return str(UNKNOWN[entry.kind])
    is_other = entry.target is not None and entry.target != entry.actor
    text = _text(entry, is_other)
    people = {"actor": writing.person(entry.actor), "target": writing.person(entry.target)}
    said = writing.text(text) % {**_details(entry.detail, writing), **people, "kind": entry.kind}
    if changed := changes(entry.detail, writing.text, writing.value):
        return writing.text(_("%(sentence)s: %(changes)s")) % {"sentence": said, "changes": changed}
    return said


def _details(detail: dict[str, Any], writing: Writing) -> dict[str, str]:
    """What else the event says: titles, emails and counts."""
    words = {"title": writing.project(detail)} if "title" in detail else {}
    words |= {key: writing.value(str(detail[key])) for key in TEXTS if key in detail}
    return words | {key: format_decimal(detail[key]) for key in COUNTS if key in detail}


def _text(entry: Entry, is_other: bool) -> str:
    if "old_title" in entry.detail:
        return str(RENAMED)
    if entry.kind == "sign_up" and "invitation" in entry.detail:
        return str(INVITED)
    return _usual_text(entry.kind, is_other, get_locale())


@lru_cache(maxsize=256)
def _usual_text(kind: str, is_other: bool, _locale: Locale) -> str:
    known = (OTHERS if is_other else OWN).get(kind) or (OWN if is_other else OTHERS).get(kind)
    return str(known or "%(actor)s: %(kind)s")
