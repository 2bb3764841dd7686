"""Deactivating, reactivating and deleting an account. All three lock the organization, then the account."""

from collections.abc import Sequence

from sqlalchemy import select

from ls.db.extensions import db
from ls.exceptions import LastActiveMember, NotFound, OneselfForbidden
from ls.models import (
    ApiToken,
    Event,
    Invitation,
    LoginSession,
    OneTimeCode,
    Organization,
    OutgoingMail,
    PersonalToken,
    User,
)
from ls.models.event import audit_context
from ls.models.user import ACTIVE, DEACTIVATED, DELETED


def deactivate_all(user_ids: Sequence[int]) -> list[int]:
    """Deactivate these users, or none of them if one is refused; the ids of those who were active."""
    return [user.id for user in _in_order(user_ids) if deactivate(user)]


def reactivate_all(user_ids: Sequence[int]) -> list[int]:
    """Reactivate these users; the ids of those who were deactivated."""
    return [user.id for user in _in_order(user_ids) if reactivate(user)]


def _in_order(user_ids: Sequence[int]) -> Sequence[User]:
    """The users in the order in which they are locked; deleted ones are left out."""
    Organization.lock_for_update()
    return db.session.scalars(select(User).where(User.id.in_(user_ids), User.status != DELETED).order_by(User.id)).all()


def deactivate(user: User) -> bool:
    """Log the user out everywhere and let them in no more; their work keeps its author. False if they were out before.

    Raises OneselfForbidden, LastActiveMember, NotFound.
    """
    organization = _lock(user)
    if user.status != ACTIVE:
        return False
    _end_membership(user, organization, DEACTIVATED)
    organization.deactivated_members += 1
    Event.record("deactivated", user)
    return True


def reactivate(user: User) -> bool:
    """Let a deactivated user log in again; False if they were in. Raises NotFound for a deleted one."""
    organization = Organization.lock_for_update()
    user.lock_for_update()
    if user.status == DELETED:
        raise NotFound
    if user.status != DEACTIVATED:
        return False
    user.status = ACTIVE
    organization.deactivated_members -= 1
    organization.active_members += 1
    Event.record("reactivated", user)
    return True


def delete(user: User) -> None:
    """Delete name, email, picture and credentials; the row stays, so that the work keeps its author.

    Raises OneselfForbidden, LastActiveMember, NotFound.
    """
    organization = _lock(user)
    if user.status == ACTIVE:
        _end_membership(user, organization, DELETED)
    else:
        organization.deactivated_members -= 1
        user.status = DELETED
    _delete_personal_data(user)
    Event.record("deleted", user)


def _lock(user: User) -> Organization:
    organization = Organization.lock_for_update()
    user.lock_for_update()
    if user.status == DELETED:
        raise NotFound
    if audit_context().actor_id == user.id:
        raise OneselfForbidden
    return organization


def _end_membership(user: User, organization: Organization, status: str) -> None:
    others = db.session.query(User.id).filter(User.status == ACTIVE, User.id != user.id)
    if others.first() is None:
        raise LastActiveMember
    user.status = status
    organization.active_members -= 1
    LoginSession.delete_for(user)
    for invitation in Invitation.locked(Invitation.created_by_id == user.id, *Invitation.is_pending()):
        invitation.revoke()


def _delete_personal_data(user: User) -> None:
    Invitation.delete_for(user)
    OutgoingMail.delete_to(user.email)
    for credential in (ApiToken, PersonalToken, OneTimeCode, LoginSession):
        credential.delete_for(user)
    user.email = user.first_name = user.last_name = user.phone = ""
    user.username = f"deleted-{user.id}"
    user.email_key = user.password_hash = user.avatar = user.avatar_name = user.language = None
    user.allow_newsletters = user.last_login = user.invitation_id = None
    user.custom_hotkeys = {}
