"""The database: extensions, connection settings, transactions, column types, migrations."""

from ls.db import sqlite, transaction  # noqa: F401  # they register listeners that every engine needs
