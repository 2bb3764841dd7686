"""Moves a team in from Label Studio: people, tokens, pictures, projects, tasks and annotations, all or nothing.

`source` reads the other database, `check` refuses what cannot come before anything is written, `move_in` writes all of
it in one transaction, and `report` says what came. Releases are told apart by their columns, never by their number.
"""
