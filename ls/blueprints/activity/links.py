"""The sentences of events as a page shows them: people and projects are links."""

from collections.abc import Iterable
from typing import Any

from flask import url_for
from markupsafe import Markup

from ls.blueprints.activity.sentences import Writing, name
from ls.queries.audit_log import Actor, Entry
from ls.queries.projects import visible_ids

LINK, BARE = Markup('<a href="%s%d"><bdi>%s</bdi></a>'), Markup("<bdi>%s</bdi>")


def linked(entries: Iterable[Entry]) -> Writing:
    """How the sentences of these events are written; a project is linked while it is there."""
    people_url, projects_url = url_for("people.index"), url_for("projects.index")
    visible = visible_ids({entry.detail["project"] for entry in entries if "project" in entry.detail})

    def person(actor: Actor | None) -> str:
        return name(actor) if actor is None or actor.is_deleted else LINK % (people_url, actor.id, actor.name)

    def project(detail: dict[str, Any]) -> str:
        known, title = detail.get("project"), detail["title"]
        return LINK % (projects_url, known, title) if known in visible else BARE % title

    return Writing(Markup, person, project, BARE.__mod__)
