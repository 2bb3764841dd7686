"""Only named fields are ever written, whatever a body holds beside them (mass assignment, CWE-915)."""

import pytest
from sqlalchemy import select

from ls.db.extensions import Base, db
from tests.safety.recipes import DONE, RECIPES, World, Write, nothing, token_of

# Values that can be found again wherever they are written.
SECRETS = ("password_hash", "token_digest", "email_key", "status", "avatar_name")
MOMENTS = ("date_joined", "created_at", "updated_at", "last_activity")
NUMBERS = ("id", "user_id", "created_by", "created_by_id", "completed_by", "updated_by", "active_organization")
PLANTED = {
    **dict.fromkeys(SECRETS, "planted"),
    **dict.fromkeys(MOMENTS, "2001-02-03T04:05:06Z"),
    **dict.fromkeys(NUMBERS, 987654),
    "is_active": False,
    "is_deleted": True,
}
TRACE = ("planted", "2001-02-03", "987654")


TAKING = [name for name, recipe in RECIPES.items() if recipe.body is not nothing and not recipe.is_strict]


@pytest.mark.parametrize("endpoint", TAKING)
def test_fields_that_are_not_the_clients_are_never_written(world: World, endpoint: str) -> None:
    write = Write.of(world, endpoint).prepared()
    answer = write.send(token_of(write.client), more=PLANTED)
    assert answer.status_code in DONE, answer.text
    with world.app.app_context():
        rows = [row for table in Base.metadata.sorted_tables for row in db.session.execute(select(table))]
    assert [value for row in rows for value in row if str(value).startswith(TRACE)] == []
