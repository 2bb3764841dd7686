"""People are searched in a folded text that stands in the indexes of their lists, instead of in indexes of its parts.

The functions that fold and cut texts are copies of the program's at this revision and the one before, so that the
migration gives the same result whatever becomes of them.
"""

import logging
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CHUNK = 5000
NOT_DELETED = sa.text("status != 'deleted'")
TRIGRAMS = "CREATE INDEX ix_users_trigrams ON users USING gin (search_text gin_trgm_ops) WITH (fastupdate = off)"

OLD_INDEXES = {
    "ix_users_status_email": ["status", "email_key", "id"],
    "ix_users_status_name": ["status", "name_key", "id"],
    "ix_users_status_activity": ["status", "activity_key", "id"],
    "ix_users_status_id": ["status", "id"],
    "ix_users_name": ["name_key", "id"],
    "ix_users_activity": ["activity_key", "id"],
}
NEW_INDEXES = {
    "ix_users_status_email": ["status", "email_key", "id", "search_text"],
    "ix_users_status_name": ["status", "name_key", "id", "search_text"],
    "ix_users_status_activity": ["status", "activity_key", "id", "search_text"],
}
NEW_INDEXES_NOT_DELETED = {
    "ix_users_email": ["email_key", "id", "search_text"],
    "ix_users_name": ["name_key", "id", "search_text"],
    "ix_users_activity": ["activity_key", "id", "search_text"],
    "ix_users_listed": ["id", "search_text"],
}

SPACE = 1 << 62
FTS5 = "CREATE VIRTUAL TABLE {name} USING fts5(grams, content='', detail='none', columnsize=0, tokenize='ascii')"
FTS5_TABLES = {"people_search": "by_email", "people_search_by_name": "by_name"}


def upgrade() -> None:
    if is_sqlite():
        for name in (*FTS5_TABLES, "people_search_ranks"):
            op.execute(f"DROP TABLE {name}")
    else:
        op.execute("DROP TABLE people_search")
    for name in OLD_INDEXES:
        op.drop_index(name, "users")
    recompute(new_keys)
    for name, columns in NEW_INDEXES.items():
        op.create_index(name, "users", columns)
    for name, columns in NEW_INDEXES_NOT_DELETED.items():
        op.create_index(name, "users", columns, sqlite_where=NOT_DELETED, postgresql_where=NOT_DELETED)
    if not is_sqlite():
        index_trigrams()


def index_trigrams() -> None:
    """Create the index that finds rare words quickly, if the database's user may create the extension it needs."""
    try:
        with op.get_bind().begin_nested():
            op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            op.execute(TRIGRAMS)
    except sa.exc.DBAPIError as error:
        reason = str(error.orig).partition("\n")[0]
        logging.getLogger("alembic.runtime.migration").warning(
            "PostgreSQL's extension pg_trgm cannot be used (%s). Searching works without it, more slowly among very "
            "many people. To add it later: CREATE EXTENSION pg_trgm; %s;", reason, TRIGRAMS
        )


def downgrade() -> None:
    if not is_sqlite():
        op.execute("DROP INDEX IF EXISTS ix_users_trigrams")
    for name in (*NEW_INDEXES, *NEW_INDEXES_NOT_DELETED):
        op.drop_index(name, "users")
    recompute(old_keys)
    for name, columns in OLD_INDEXES.items():
        op.create_index(name, "users", columns)
    if is_sqlite():
        create_fts5()
    else:
        create_grams()


def is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def recompute(keys: Callable[[str, str, str], dict[str, str]]) -> None:
    """Write what people are sorted and searched by anew."""
    change = sa.text("UPDATE users SET name_key = :name_key, search_text = :search_text WHERE id = :id")
    for rows in chunks("id, email, first_name, last_name", "users"):
        op.get_bind().execute(
            change, [{"id": row.id, **keys(row.email, row.first_name, row.last_name)} for row in rows]
        )


def chunks(columns: str, table: str) -> Iterator[list[Any]]:
    """All rows of a table in the order of ids, some at a time."""
    statement = sa.text(f"SELECT {columns} FROM {table} WHERE id > :last ORDER BY id LIMIT {CHUNK}")
    last = 0
    while rows := op.get_bind().execute(statement, {"last": last}).all():
        yield list(rows)
        last = rows[-1].id


# The folding of this revision.

ACCENTS = dict.fromkeys(range(0x300, 0x370))
LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe"})


def new_keys(email: str, first_name: str, last_name: str) -> dict[str, str]:
    first, last = ("".join(new_folded(name).split()) for name in (first_name, last_name))
    lines = dict.fromkeys((new_folded(email), first + last, last + first))
    text = "\n".join(filter(None, lines))
    return {
        "name_key": new_folded(f"{first_name} {last_name}".strip() or email)[:200],
        "search_text": text.encode()[:1500].decode(errors="ignore"),
    }


def new_folded(text: str) -> str:
    lower = unicodedata.normalize("NFKC", text).casefold()
    plain = unicodedata.normalize("NFKD", lower).translate(ACCENTS).translate(LETTERS)
    return " ".join(unicodedata.normalize("NFC", plain).split())


# The folding and the indexes of the revision before.


def old_keys(email: str, first_name: str, last_name: str) -> dict[str, str]:
    name = f"{first_name} {last_name}".strip()
    text = "\n".join(old_folded(part) for part in (email, name) if part)
    return {"name_key": (name or email).casefold()[:200], "search_text": text}


def old_folded(text: str) -> str:
    wide = unicodedata.normalize("NFKC", " ".join(text.split()))
    same = unicodedata.normalize("NFKC", wide.casefold())
    return " ".join(same.replace("i\u0307", "i").replace("ı", "i").split())


def create_fts5() -> None:
    op.create_table(
        "people_search_ranks",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("by_email", sa.BigInteger(), nullable=False),
        sa.Column("by_name", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_people_search_ranks_user_id_users"),
        sa.PrimaryKeyConstraint("user_id", name="pk_people_search_ranks"),
        sa.UniqueConstraint("by_email", name="uq_people_search_ranks_by_email"),
        sa.UniqueConstraint("by_name", name="uq_people_search_ranks_by_name"),
    )
    people = op.get_bind().scalar(sa.text("SELECT count(*) FROM users WHERE status != 'deleted'"))
    number = f"{SPACE // 4} + {SPACE // 2 // (people + 1)} * row_number() OVER (ORDER BY {{key}}, id)"
    op.execute(
        "INSERT INTO people_search_ranks (user_id, by_email, by_name) "
        f"SELECT id, {number.format(key='email_key')}, {number.format(key='name_key')} "
        "FROM users WHERE status != 'deleted'"
    )
    for name, rank in FTS5_TABLES.items():
        op.execute(FTS5.format(name=name))
        fill_fts5(name, rank)
        op.execute(f"INSERT INTO {name} ({name}) VALUES ('optimize')")


def fill_fts5(name: str, rank: str) -> None:
    people = f"(SELECT {rank} AS id, search_text, status FROM people_search_ranks JOIN users ON users.id = user_id)"
    writing = sa.text(f"INSERT INTO {name} (rowid, grams) VALUES (:number, :words)")
    for rows in chunks("id, search_text, status", people):
        words = [" ".join([*old_grams(row.search_text), row.status]) for row in rows]
        values = [{"number": row.id, "words": some} for row, some in zip(rows, words, strict=True)]
        op.get_bind().execute(writing, values)


def create_grams() -> None:
    op.execute(
        "CREATE TABLE people_search (user_id integer PRIMARY KEY REFERENCES users(id), grams text[] NOT NULL)"
    )
    op.execute("CREATE INDEX ix_people_search_grams ON people_search USING gin (grams)")
    writing = sa.text("INSERT INTO people_search (user_id, grams) VALUES (:id, CAST(:grams AS text[]))")
    for rows in chunks("id, search_text", "(SELECT * FROM users WHERE status != 'deleted') AS people"):
        op.get_bind().execute(writing, [{"id": row.id, "grams": old_grams(row.search_text)} for row in rows])


def old_grams(searched: str) -> list[str]:
    """Every run of one to three characters within a line, as the revision before spells them."""
    runs = {
        line[start : start + length]
        for line in searched.split("\n")
        for length in (1, 2, 3)
        for start in range(len(line) - length + 1)
    }
    return sorted("x".join(f"{ord(letter):x}" for letter in run) for run in runs)
