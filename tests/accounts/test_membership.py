"""Who can be deactivated or deleted, who stays, and what a deleted account keeps."""

import pytest
from flask import Flask
from sqlalchemy import select

from ls.accounts import deletion
from ls.db.extensions import db
from ls.db.transaction import write
from ls.exceptions import LastActiveMember, NotFound, OneselfForbidden
from ls.models import ApiToken, Event, LoginSession, Organization, User
from ls.models.event import AuditContext, set_audit_context
from tests.cast import Cast, Person
from tests.db.test_transaction import in_threads


def do(app: Flask, verb: str, person: Person, *, by: Person | None = None) -> None:
    with app.app_context():
        set_audit_context(AuditContext(actor_id=by.id if by else None))
        with write():
            getattr(deletion, verb)(db.session.get_one(User, person.id))


def test_the_first_account_founds_the_organization(app: Flask, cast: Cast) -> None:
    alice, _bob = cast.alice(sign_in=False), cast.bob(sign_in=False)
    with app.app_context():
        organization = Organization.get()
        assert (organization.created_by_id, organization.active_members) == (alice.id, 2)


def test_a_deactivated_person_is_out_everywhere_and_can_come_back(app: Flask, cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob()
    do(app, "deactivate", bob, by=alice)
    with app.app_context():
        assert cast.reread(bob).status == "deactivated"
        assert db.session.scalar(select(LoginSession).where(LoginSession.user_id == bob.id)) is None
        assert (Organization.get().active_members, Organization.get().deactivated_members) == (1, 1)
    do(app, "reactivate", bob, by=alice)
    with app.app_context():
        assert cast.reread(bob).is_active
        assert (Organization.get().active_members, Organization.get().deactivated_members) == (2, 0)


@pytest.mark.parametrize("verb", ["deactivate", "delete"])
def test_nobody_ends_their_own_membership(app: Flask, cast: Cast, verb: str) -> None:
    alice, _bob = cast.alice(sign_in=False), cast.bob(sign_in=False)
    with pytest.raises(OneselfForbidden):
        do(app, verb, alice, by=alice)


@pytest.mark.parametrize("verb", ["deactivate", "delete"])
def test_the_last_active_member_stays(app: Flask, cast: Cast, verb: str) -> None:
    alice, bob = cast.alice(sign_in=False), cast.bob(sign_in=False)
    do(app, "deactivate", bob)
    with pytest.raises(LastActiveMember):
        do(app, verb, alice)
    with app.app_context():
        assert cast.reread(alice).is_active


def test_of_two_who_deactivate_each_other_at_once_one_stays(app: Flask, cast: Cast) -> None:
    people = [cast.alice(sign_in=False), cast.bob(sign_in=False)]

    def race() -> None:
        mine = people.pop()
        other = alice if mine is bob else bob
        try:
            do(app, "deactivate", other)
        except LastActiveMember:
            refused.append(mine)

    bob, alice = people[1], people[0]
    refused: list[Person] = []
    in_threads(2, race)
    with app.app_context():
        assert [cast.reread(person).is_active for person in (alice, bob)].count(True) == 1
    assert len(refused) == 1


def test_a_deleted_person_leaves_a_tombstone_and_frees_the_email(app: Flask, cast: Cast) -> None:
    alice, bob = cast.alice(sign_in=False), cast.bob(first_name="Bob", last_name="Stone")
    do(app, "delete", bob, by=alice)
    with app.app_context():
        stone = cast.reread(bob)
        assert (stone.display_name, stone.initials, stone.email, stone.status) == ("Deleted User", "DU", "", "deleted")
        assert stone.password_hash is None
        assert "bob" not in f"{stone.search_text}{stone.username}{stone.name_key}"
        assert db.session.get(ApiToken, bob.id) is None
        with pytest.raises(NotFound):
            User.find(bob.id)
    again = cast.bob(sign_in=False)
    assert again.id != bob.id


def test_each_verb_leaves_exactly_one_event(app: Flask, cast: Cast) -> None:
    alice, bob = cast.alice(sign_in=False), cast.bob(sign_in=False)
    for verb in ("deactivate", "deactivate", "reactivate", "delete"):
        do(app, verb, bob, by=alice)
    with app.app_context():
        events = db.session.execute(select(Event.kind, Event.actor_id, Event.target_id).order_by(Event.id)).all()
    assert [tuple(event) for event in events] == [
        ("sign_up", alice.id, alice.id),
        ("sign_up", bob.id, bob.id),
        ("deactivated", alice.id, bob.id),
        ("reactivated", alice.id, bob.id),
        ("deleted", alice.id, bob.id),
    ]
