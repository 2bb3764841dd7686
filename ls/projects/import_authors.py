"""Who the authors of imported annotations are here: by email, or by a number that the importer explains."""

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import IO, Any

from ls.exceptions import NotFound
from ls.models import User
from ls.projects.import_reader import ImportRefused
from ls.spreadsheet import TableRefused, read_csv
from ls.validation import BIGGEST_ID

QUOTED_LENGTH = 80  # letters of a wrong value that a message repeats
NAMED, COUNTED = 20, 1000  # of the authors that are not found
MAX_PEOPLE_BYTES = 2 * 1024 * 1024
LONGEST_EMAIL = 254
REMEMBERED = 50_000  # emails
UNKNOWN = "Authors who are no members here: {}."
BY_NUMBER = (
    "Authors given by number alone: {}. Numbers of another server are other people here. Say who they are: "
    "a CSV file with the columns id and email (--people FILE; in the API the file people), "
    "or one member for all of them (--author EMAIL; in the API the parameter author)."
)


def quoted(value: Any) -> str:
    """The value as a message repeats it."""
    text = json.dumps(value, default=str)
    return text if len(text) <= QUOTED_LENGTH else text[:QUOTED_LENGTH] + "..."


class Authors:
    """Finds each author once, and remembers who is not found, so that all are told together."""

    def __init__(self, creator: User, people: dict[int, str] | None = None, author: str | None = None) -> None:
        """Annotations without an author are the creator's; `people` and `author` say who bare numbers are."""
        self._creator_id, self._people, self._author = creator.id, people or {}, author or None
        self._member_id = lru_cache(REMEMBERED)(_member_id)
        self._unknown: dict[str, None] = {}
        self._numbers: dict[int, None] = {}
        if self._author:
            self._by_email(self._author)
            self.check()

    def id_of(self, completed_by: Any) -> int | None:
        """The id of the author; None if not found. Raises ValueError for what can be no author."""
        if completed_by is None:
            return self._creator_id
        given = completed_by
        if isinstance(given, dict):  # the email first: on another server the id belongs to another user
            given = given.get("email") or given.get("id")
        if isinstance(given, bool) or not isinstance(given, (str, int)):
            raise ValueError('"completed_by" is neither an id nor an email address')
        found = self._by_email(given) if isinstance(given, str) else self._by_number(given)
        if len(self._unknown) + len(self._numbers) > COUNTED:
            self.check()
        return found

    def check(self) -> None:
        """Raise ImportRefused, naming everybody who was not found."""
        told = []
        if self._unknown:
            told.append(UNKNOWN.format(_list(self._unknown)))
        if self._numbers:
            told.append(BY_NUMBER.format(_list(map(_number_here, list(self._numbers)[:NAMED]), len(self._numbers))))
        if told:
            raise ImportRefused(" ".join(told))

    def _by_number(self, number: int) -> int | None:
        email = self._people.get(number, self._author)
        if email is None:
            self._numbers[number] = None
            return None
        return self._by_email(email)

    def _by_email(self, email: str) -> int | None:
        found = self._member_id(email) if len(email) <= LONGEST_EMAIL else None
        if found is None:
            self._unknown[quoted(email)] = None
        return found


def _member_id(email: str) -> int | None:
    """The id of a member; None also for a deleted account, which gets no new work."""
    user = User.by_email(email)
    return user.id if user else None


def _list(names: Iterable[str], count: int = 0) -> str:
    listed = list(names)
    more = (count or len(listed)) - NAMED
    return ", ".join(listed[:NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _number_here(number: int) -> str:
    """The number, and whom it would be credited to."""
    try:
        return f"{quoted(number)} (here {User.find(number).email})" if 0 < number <= BIGGEST_ID else quoted(number)
    except NotFound:
        return quoted(number)


def read_people(file: IO[bytes]) -> dict[int, str]:
    """Emails by id, from a CSV file as spreadsheets of any country write it. Raises ImportRefused."""
    content = file.read(MAX_PEOPLE_BYTES + 1)
    if len(content) > MAX_PEOPLE_BYTES:
        raise ImportRefused("people: the file is larger than 2 MiB")
    try:
        rows = read_csv(content, "id", "email")
    except TableRefused as refused:
        raise ImportRefused(f"people: {refused}") from None
    people: dict[int, str] = {}
    for line, row in enumerate(rows, 2):
        number, email = row["id"], row["email"]
        if (number or email) and not (number.isdecimal() and len(number) < 20 and "@" in email):
            raise ImportRefused(f"people: row {line} is no number and email: {quoted([number, email])}")
        if number and people.setdefault(int(number), email) != email:
            raise ImportRefused(f"people: {number} has two emails: {people[int(number)]} and {email}")
    return people
