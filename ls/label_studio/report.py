"""What a move brought, what it changed and why, and what stays in Label Studio: as text and as JSON."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from ls.names import isolated

NAMED = 20  # rows that a report names of each change
LINK = "Without a password they cannot log in. A link to set one: roster user password-link --username EMAIL"
FILES = "Tasks whose files stay with Label Studio or in the bucket; keep it running, or copy them, to see them"


@dataclass
class Change:
    """Why rows were changed, how many, and the first of them."""

    why: str
    count: int = 0
    rows: list[str] = field(default_factory=list)


@dataclass
class Report:
    """Everything that is told at the end."""

    source: str
    organization: str = ""
    is_dry_run: bool = False
    came: Counter[str] = field(default_factory=Counter)
    changed: list[Change] = field(default_factory=list)
    without_password: list[dict[str, Any]] = field(default_factory=list)
    counted_otherwise: list[dict[str, Any]] = field(default_factory=list)
    tasks_with_files_elsewhere: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    invite_link: str = "a new one: roster invite"

    def change(self, row: str, why: str) -> None:
        """Note that a row was changed."""
        found = next((each for each in self.changed if each.why == why), None)
        if found is None:
            self.changed.append(found := Change(why))
        found.count += 1
        if len(found.rows) < NAMED:
            found.rows.append(row)

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        return {**vars(self), "changed": [asdict(change) for change in self.changed], "left": +self.left}

    def lines(self) -> Iterator[str]:
        """All of it, for a terminal."""
        verb = "Would move in" if self.is_dry_run else "Moved in"
        yield f"{verb} from {self.source}, organization {isolated(self.organization)}:"
        yield from _counts(self.came)
        if self.changed:
            yield "Changed on the way:"
        for change in self.changed:
            more = f" and {change.count - len(change.rows):,} more" if change.count > len(change.rows) else ""
            yield f"  {change.why}: {', '.join(change.rows)}{more}"
        yield from _people(LINK, self.without_password, "{id} {email}")
        yield from _people(
            "Label Studio counts skipped annotations for people, which are not counted here:",
            self.counted_otherwise,
            "{id} {email}: {label_studio:,} there, {here:,} here",
        )
        if self.tasks_with_files_elsewhere:
            yield f"{FILES}:"
            yield from _counts(self.tasks_with_files_elsewhere)
        if +self.left:
            yield "Left in Label Studio; other people and work are of other organizations, deleted, or of nothing:"
            yield from _counts(self.left)
        yield f"The invite link is {self.invite_link}"


def _counts(counts: Counter[str]) -> Iterator[str]:
    return (f"  {name.replace('_', ' ')}: {count:,}" for name, count in counts.items() if count)


def _people(title: str, people: list[dict[str, Any]], form: str) -> Iterator[str]:
    if people:
        yield title
    for person in people:
        yield "  " + form.format(**{**person, "email": isolated(person["email"])})
