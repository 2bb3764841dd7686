"""The list of invitations, and who used them."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from ls.db.extensions import db
from ls.models import Invitation, User
from ls.models.user import UserSummary
from ls.queries.pagination import Page, paginate
from ls.queries.people import SHOWN

_LISTED = select(Invitation).options(joinedload(Invitation.created_by))


def list_invitations(*, after: str | None = None, before: str | None = None) -> Page[Invitation]:
    """The newest first, with those who made them."""
    return paginate(_LISTED, (Invitation.id,), lambda row: row, descending=True, after=after, before=before)


def numbered_invitations(offset: int, limit: int) -> tuple[Sequence[Invitation], int]:
    """The same by page number, and how many there are in all."""
    page = _LISTED.order_by(Invitation.id.desc()).offset(offset).limit(limit)
    return db.session.scalars(page).all(), db.session.scalar(select(func.count(Invitation.id))) or 0


def all_invitations() -> Sequence[Invitation]:
    """All of them, the newest first."""
    return db.session.scalars(_LISTED.order_by(Invitation.id.desc())).all()


def used_by(invitations: Sequence[Invitation], most: int) -> dict[int, list[UserSummary]]:
    """The first who signed up with each of these invitations, which follow one another in the list."""
    ids = [invitation.id for invitation in invitations if invitation.uses]
    if not ids:
        return {}
    rank = func.row_number().over(partition_by=User.invitation_id, order_by=User.id).label("rank")
    found = select(*SHOWN, User.invitation_id, rank).where(User.invitation_id.between(min(ids), max(ids))).subquery()
    users: dict[int, list[UserSummary]] = {}
    for *columns, invitation_id, _rank in db.session.execute(select(found).where(found.c.rank <= most)):
        users.setdefault(invitation_id, []).append(UserSummary(*columns))
    return users
