"""Whether a PostgreSQL server and its database are what the product needs, and what mends it if not."""

import re

from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError

from ls.config.settings import ConfigError
from ls.db.extensions import Base

OLDEST = 130_000  # version 13, the oldest that its makers kept when this was written
OWNER = "The user in LABEL_STUDIO_DATABASE_URL has to own database and tables: ALTER DATABASE ... OWNER TO ..."

# What the server or libpq says, and what mends it.
_CURES = (
    ("Connection refused", "Is PostgreSQL running at that address?"),
    ("timeout expired", "Is PostgreSQL running at that address?"),
    ("resolve host|translate host", "Mend the host in LABEL_STUDIO_DATABASE_URL."),
    ("password authentication failed|no password supplied", "Mend user and password in LABEL_STUDIO_DATABASE_URL."),
    ("role .* does not exist", "Make the user: createuser --pwprompt NAME"),
    ("database .* does not exist", "Make the database, owned by that user: createdb -O USER NAME"),
    ("not permitted to log in", "Let the user in: ALTER ROLE ... LOGIN"),
    ("permission denied for database", "Let the user in: GRANT CONNECT ON DATABASE ... TO ..."),
    ("no pg_hba.conf entry", "Allow user, database and address in the server's pg_hba.conf."),
    ("connection slots|too many (clients|connections)", "Raise max_connections in postgresql.conf."),
    ("permission denied|must be owner", OWNER),
    ("already exists", "The database belongs to another program. Name an empty one in LABEL_STUDIO_DATABASE_URL."),
    ("SSL|sslmode", "Mend the parameter sslmode in LABEL_STUDIO_DATABASE_URL."),
    ("startup parameter|configuration parameter", "Take that parameter out of LABEL_STUDIO_DATABASE_URL."),
    (
        "locking protocol|disk I/O error|unable to open database file",
        "Is the data folder on a network drive? SQLite needs a local disk.",
    ),
)

_FACTS = text("""
    SELECT current_database() AS database, current_user AS role, current_setting('server_encoding') AS encoding,
        current_setting('server_version_num')::int AS version,
        current_setting('transaction_read_only')::boolean AS read_only,
        current_schema() AS schema, current_setting('search_path') AS search_path,
        (SELECT string_agg(c.relname, ', ' ORDER BY c.relname)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = current_schema() AND c.relkind = 'r' AND c.relname = ANY(:tables)
            AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
                AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))) AS closed
""")


def check_server(connection: Connection) -> None:
    """Refuse a server or database that would fail later, in the middle of work. Raises ConfigError."""
    found = connection.execute(_FACTS, {"tables": [*Base.metadata.tables, "alembic_version"]}).one()
    connection.rollback()
    problem = version_problem(found.version)
    if found.encoding != "UTF8":
        problem = (
            f"The database {found.database} has the encoding {found.encoding}, which cannot store every name. "
            "Make one with: createdb -T template0 -E UTF8 -O USER NAME"
        )
    elif found.read_only:
        problem = f"The database {found.database} can only be read. Name the primary server, not a standby."
    elif found.schema is None:
        problem = (
            f"The database {found.database} has no schema to make tables in: its search_path is {found.search_path}. "
            "Make that schema."
        )
    elif found.closed:
        problem = f"The user {found.role} may not read and write these tables: {found.closed}. {OWNER}"
    if problem:
        raise ConfigError(problem)


def version_problem(number: int) -> str | None:
    """What is wrong with a server of this version, None if nothing."""
    if number >= OLDEST:
        return None
    return f"The server is PostgreSQL {number // 10_000}. Version {OLDEST // 10_000} or a newer one is needed."


def reason(error: DatabaseError) -> str:
    """One line: what the driver says, and what mends it where that is known."""
    said = str(error.orig).strip().partition("\n")[0].removeprefix("connection failed: ")
    cure = next((cure for words, cure in _CURES if re.search(words, said)), "")
    return f"{said}. {cure}" if cure else said
