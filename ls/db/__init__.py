"""The database: extensions, engine settings, transactions, column types, migrations."""
