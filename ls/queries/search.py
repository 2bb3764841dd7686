"""Finds people by parts of their email and name: every word of a query, in any order."""

from typing import Any

from sqlalchemy import ColumnElement

from ls.folding import folded

QUERY_LENGTH = 1000
MOST_WORDS = 10


def matching(search_text: Any, query: str) -> list[ColumnElement[bool]]:
    """Conditions for `where` that this column of a user holds every word of the query; none for a blank query."""
    return [search_text.contains(word, autoescape=True) for word in words(query)]


def words(query: str) -> list[str]:
    """The first words of a query, folded like the text they are looked for in, and safe to send to a database."""
    safe = query[:QUERY_LENGTH].encode("utf-8", "replace").decode().replace("\0", "?")
    found = folded(safe)[:QUERY_LENGTH].split()
    return list(dict.fromkeys(found))[:MOST_WORDS]
