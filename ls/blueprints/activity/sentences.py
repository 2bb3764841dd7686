"""What an event says, in the reader's language."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ls.queries.audit_log import Entry, Party

# What a kind is called in the filter.
KINDS = {
    "sign_up": _l("Sign-up"),
    "user_created": _l("Account created"),
    "login": _l("Login"),
    "login_failed": _l("Failed login"),
    "logout": _l("Logout"),
    "password_changed": _l("Password changed"),
    "password_reset": _l("Password reset"),
    "password_set": _l("Password set"),
    "session_ended": _l("Session ended"),
    "sessions_ended": _l("Other sessions ended"),
    "profile_changed": _l("Profile changed"),
    "avatar_saved": _l("Picture saved"),
    "avatar_removed": _l("Picture removed"),
    "token_reset": _l("API token reset"),
    "personal_token_created": _l("Personal token created"),
    "personal_token_rotated": _l("Personal token rotated"),
    "personal_token_blacklisted": _l("Personal token ended"),
    "token_settings_changed": _l("Token settings changed"),
    "session_policy_changed": _l("Session policy changed"),
    "organization_changed": _l("Organization changed"),
    "invite_reset": _l("Invite link reset"),
    "deactivated": _l("Deactivation"),
    "reactivated": _l("Reactivation"),
    "deleted": _l("Deletion"),
}

# Done to oneself, or to nobody.
OWN = {
    "sign_up": _l("%(actor)s signed up"),
    "user_created": _l("%(actor)s made an account"),
    "login": _l("%(actor)s logged in"),
    "login_failed": _l("%(actor)s entered a wrong password"),
    "logout": _l("%(actor)s logged out"),
    "password_changed": _l("%(actor)s changed their password"),
    "password_reset": _l("%(actor)s reset their password"),
    "password_set": _l("%(actor)s set their first password"),
    "session_ended": _l("%(actor)s signed out a device"),
    "sessions_ended": _l("%(actor)s signed out all other devices"),
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
    "invite_reset": _l("%(actor)s reset the invite link"),
}

# Done to somebody else.
OTHERS = {
    "sign_up": _l("%(target)s signed up"),
    "user_created": _l("%(actor)s made an account for %(target)s"),
    "login": _l("%(target)s logged in"),
    "login_failed": _l("Somebody tried to log in as %(target)s and failed"),
    "logout": _l("%(target)s logged out"),
    "password_reset": _l("%(actor)s reset the password of %(target)s"),
    "token_reset": _l("%(actor)s reset the API token of %(target)s"),
    "avatar_saved": _l("%(actor)s saved a picture for %(target)s"),
    "avatar_removed": _l("%(actor)s removed the picture of %(target)s"),
    "profile_changed": _l("%(actor)s changed the profile of %(target)s"),
    "deactivated": _l("%(actor)s deactivated %(target)s"),
    "reactivated": _l("%(actor)s reactivated %(target)s"),
    "deleted": _l("%(actor)s deleted %(target)s"),
}

UNKNOWN = _l("Somebody tried to log in with an e-mail that has no account")


def sentence(entry: Entry) -> str:
    """For example `Alice deactivated Bob`."""
    if entry.kind == "login_failed" and entry.target is None:
        return str(UNKNOWN)
    of_others = entry.target is not None and entry.target != entry.actor
    known = (OTHERS if of_others else OWN).get(entry.kind) or (OWN if of_others else OTHERS).get(entry.kind)
    names = {"actor": name(entry.actor), "target": name(entry.target)}
    return str(known) % names if known else f"{names['actor']}: {entry.kind}"


def name(party: Party | None) -> str:
    """What the person is called; the command line has no account."""
    if party is None:
        return str(_("The command line"))
    return str(_("Deleted User")) if party.is_deleted else party.name
