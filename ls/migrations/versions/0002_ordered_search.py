"""The search index of SQLite is numbered in the order of People: by e-mail, and once more by name."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SPACE = 1 << 62
INDEX = "CREATE VIRTUAL TABLE {name} USING fts5(grams, content='', detail='none', columnsize=0, tokenize='ascii')"
INDEXES = {"people_search": "by_email", "people_search_by_name": "by_name"}


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute("DROP TABLE people_search")
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
    for name, rank in INDEXES.items():
        op.execute(INDEX.format(name=name))
        everybody = (
            f"SELECT {rank} AS number, search_text, status FROM people_search_ranks"
            f" JOIN users ON users.id = user_id ORDER BY {rank}"
        )
        fill(name, everybody, with_status=True)
        op.execute(f"INSERT INTO {name} ({name}) VALUES ('optimize')")


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for name in (*INDEXES, "people_search_ranks"):
        op.execute(f"DROP TABLE {name}")
    op.execute(INDEX.format(name="people_search"))
    living = "SELECT id AS number, search_text, status FROM users WHERE status != 'deleted' ORDER BY id"
    fill("people_search", living, with_status=False)


def fill(index: str, people: str, *, with_status: bool) -> None:
    writing = sa.text(f"INSERT INTO {index} (rowid, grams) VALUES (:number, :words)")
    for rows in op.get_bind().execute(sa.text(people)).partitions(5000):
        words = [[*runs(row.search_text), row.status] if with_status else runs(row.search_text) for row in rows]
        op.get_bind().execute(
            writing,
            [{"number": row.number, "words": " ".join(some)} for row, some in zip(rows, words, strict=True)],
        )


def runs(searched: str) -> list[str]:
    """Every run of one to three characters, as this revision spells them."""
    return sorted({"x".join(f"{ord(letter):x}" for letter in run) for run in cut(searched)})


def cut(searched: str) -> Iterator[str]:
    for line in searched.split("\n"):
        for start in range(len(line)):
            yield from (line[start : start + length] for length in (1, 2, 3) if start + length <= len(line))
