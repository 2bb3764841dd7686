"""Accounts from a table of people: what each line of it is, and making those who are new."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from ls.accounts.sign_up import NewAccount, create_accounts, prepare
from ls.db.extensions import db
from ls.exceptions import InvalidFields, Text
from ls.models import OneTimeCode, Organization, User
from ls.models.user import DEACTIVATED
from ls.names import full_name
from ls.spreadsheet import TableRefused, read_csv, unescape_formula

COLUMNS = ("email", "first_name", "last_name")
MOST_PEOPLE = 5000
NEW, EXISTS, WRONG = "new", "exists", "wrong"

TOO_MANY: Text = _l("The file has more than %(number)s people. Split it.", number=MOST_PEOPLE)
NOBODY: Text = _l("The file has a header, but nobody in it.")
TWICE: Text = _l("This email stands further up already.")
DEACTIVATED_ALREADY: Text = _l("The account is deactivated.")


@dataclass(frozen=True, slots=True)
class Line:
    """A person of the table: NEW, EXISTS, or WRONG and why; the account to be made, if they are new."""

    email: str
    first_name: str
    last_name: str
    status: str = NEW
    why: str = ""
    account: NewAccount | None = None

    @property
    def full_name(self) -> str:
        """First and last name in the order of their language."""
        return full_name(self.first_name, self.last_name)


def read_people(content: bytes) -> list[Line]:
    """What each person in this CSV file is. Raises TableRefused."""
    rows = [{name: unescape_formula(row.get(name, "")) for name in COLUMNS} for row in read_csv(content, "email")]
    if len(rows) > MOST_PEOPLE:
        raise TableRefused(TOO_MANY)
    if not rows:
        raise TableRefused(NOBODY)
    return check_people(rows)


def check_people(rows: Iterable[Mapping[str, str]]) -> list[Line]:
    """What each of these people, with COLUMNS, is; emails and names have the rules of the sign-up."""
    checked = [(row, _prepared(row)) for row in rows]
    seen = known_accounts([found.email_key for _, found in checked if isinstance(found, NewAccount)])
    return [_line(row, found, seen) for row, found in checked]


def _prepared(row: Mapping[str, str]) -> NewAccount | str:
    """The account to be made, or what is wrong."""
    try:
        return prepare(row["email"], None, first_name=row["first_name"], last_name=row["last_name"])
    except InvalidFields as refused:
        return str(refused)


def known_accounts(keys: Sequence[str]) -> dict[str, Text]:
    """Which of these email keys have an account, and what is to be said of it."""
    rows = db.session.execute(select(User.email_key, User.status).where(User.email_key.in_(keys)))
    known = {key: DEACTIVATED_ALREADY if status == DEACTIVATED else "" for key, status in rows if key}
    return dict.fromkeys(OneTimeCode.held_keys().intersection(keys), "") | known


def _line(row: Mapping[str, str], found: NewAccount | str, seen: dict[str, Text]) -> Line:
    """What that person is; notes in `seen` that the email was met."""
    line = Line(row["email"], row["first_name"], row["last_name"])
    if isinstance(found, str):
        return replace(line, status=WRONG, why=found)
    if (why := seen.get(found.email_key)) is not None:
        return replace(line, status=WRONG if why is TWICE else EXISTS, why=str(why))
    seen[found.email_key] = TWICE
    return replace(line, account=found)


def import_people(lines: Iterable[Line]) -> list[tuple[str, str]]:
    """Make the accounts of those who are new, inside `write()`; the email and set-password code of each.

    Who signed up meanwhile is left out.
    """
    organization = Organization.lock_for_update()
    accounts = [line.account for line in lines if line.account is not None]
    known = known_accounts([account.email_key for account in accounts])
    free = [account for account in accounts if account.email_key not in known]
    users = create_accounts(organization, free, kind="user_created")
    with db.session.no_autoflush:
        return [(user.email, OneTimeCode.issue(user, is_first=True)) for user in users]
