"""How each GET route is asked for; a route without a recipe fails the run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from flask import Flask

# LIST: a full list of 50 rows. PAGE: any other HTML. ONE: a call that answers one thing. MANY: a page of 30.
# ALL: everybody at once, as Label Studio's clients want it; it grows with the installation and has no reach.
Kind = Literal["list", "page", "one", "many", "all"]
Who = Literal["session", "token", "nobody"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """A request: `{shown}` and the like in the path are filled in by the installation."""

    endpoint: str
    path: str
    kind: Kind = "page"
    who: Who = "session"
    fragment: bool = False
    lists_people: bool = False  # with fewer rows at twenty people than at twenty thousand
    refused: bool = False  # the same, not signed in

    @property
    def name(self) -> str:
        """As the table has it."""
        return f"{self.path}{' fragment' if self.fragment else ''}{'' if self.who == 'session' else f' ({self.who})'}"


def _both(endpoint: str, path: str, kind: Kind = "page", *, lists_people: bool = False) -> Iterator[Recipe]:
    page = Recipe(endpoint, path, kind, lists_people=lists_people)
    yield from (page, replace(page, fragment=True))


def _call(endpoint: str, path: str, kind: Kind = "one", *, lists_people: bool = False) -> Recipe:
    return Recipe(endpoint, path, kind, "token", lists_people=lists_people)


def _open(endpoint: str, path: str, kind: Kind = "page") -> Iterator[Recipe]:
    """What everybody may see, signed in or not."""
    yield from (Recipe(endpoint, path, kind, who) for who in ("session", "nobody"))


MEMBERS = "/api/organizations/1/memberships?page_size=30&contributed_to_projects=1"

RECIPES = (
    *_both("people.index", "/people/", "list", lists_people=True),
    Recipe("people.index", "/people/?sort=name&status=all", "list", lists_people=True),
    Recipe("people.index", "/people/?sort=-last_activity", "list", lists_people=True),
    *_both("people.person", "/people/7"),
    Recipe("people.person", "/people/7?open=0", fragment=True),
    *_both("people.invite", "/people/invite"),
    *_both("people.invitations", "/people/invitations/"),
    Recipe("people.keyboard", "/people/keyboard"),
    Recipe("people.export", "/people/export", "all"),
    Recipe("people.import_page", "/people/import"),
    Recipe("people.several_deactivation_page", "/people/deactivation?person=7&person=8"),
    *_both("projects.index", "/projects/", "list"),
    *_both("projects.project", "/projects/1", "list"),
    *_both("projects.deleted", "/projects/deleted"),
    *_both("activity.index", "/activity/", "list"),
    Recipe("activity.events", "/events/"),
    *_both("organization.settings", "/organization/settings"),
    *_both("settings.account", "/user/account/"),
    *_both("settings.sessions", "/user/account/sessions/"),
    *_open("auth.login_page", "/user/login/"),
    *_open("auth.signup_page", "/user/signup/"),
    *_open("auth.logout_page", "/logout"),
    *_open("auth.forgot_password_page", "/user/forgot-password/"),
    *_open("auth.set_password_page", "/user/set-password/{shown}"),
    *_open("settings.email_confirm_page", "/user/account/email/confirm/{confirm}"),
    *_open("settings.email_sign_up_page", "/user/account/email/sign-up/{sign-up}"),
    *_open("settings.email_undo_page", "/user/account/email/undo/{undo}"),
    *_open("system.home", "/"),
    *_open("people.organization", "/organization"),
    *_open("system.health", "/health", "one"),
    *_open("system.version", "/version", "one"),
    *_open("api.get_version", "/api/version", "one"),
    *_open("api.docs", "/docs/api"),
    *_open("api.docs_json", "/docs/api.json"),
    *_open("static", "/static/app.css"),
    Recipe("system.avatar", "/data/avatars/{avatar}"),
    _call("api.whoami", "/api/current-user/whoami"),
    _call("api.get_current_user", "/api/current-user"),
    _call("api.get_token", "/api/current-user/token"),
    _call("api.get_hotkeys", "/api/current-user/hotkeys/"),
    _call("api.list_tokens", "/api/token/"),
    _call("api.get_jwt_settings", "/api/jwt/settings"),
    _call("api.get_policy", "/api/session-policy/"),
    _call("api.get_invite", "/api/invite"),
    _call("api.list_invitations", "/api/invitations/"),
    _call("api.list_organizations", "/api/organizations/"),
    _call("api.get_organization", "/api/organizations/1", "all"),
    _call("api.list_members", MEMBERS, "many", lists_people=True),
    _call("api.get_member", "/api/organizations/1/memberships/7/"),
    _call("api.list_users", "/api/users/", "all"),
    _call("api.get_user", "/api/users/7/"),
    _call("api.list_projects", "/api/projects/?page_size=30", "many"),
    _call("api.list_deleted_projects", "/api/deleted-projects/"),
    _call("api.get_project", "/api/projects/1/"),
    _call("api.list_tasks", "/api/tasks/?project=1&page_size=30", "many"),
    _call("api.get_task", "/api/tasks/1/"),
    _call("api.list_annotations", "/api/tasks/1/annotations/"),
    _call("api.get_annotation", "/api/annotations/1/"),
    _call("api.list_activity", "/api/activity-logs/?page_size=30", "many"),
)


def recipes(app: Flask) -> list[Recipe]:
    """Every GET route as its recipes have it, and each closed one refused. Raises SystemExit if one has none."""
    known = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    if missing := known ^ {recipe.endpoint for recipe in RECIPES}:
        raise SystemExit(f"bench/recipes.py and the route table differ: {', '.join(sorted(missing))}")
    return [*RECIPES, *_refused(app)]


def _refused(app: Flask) -> Iterator[Recipe]:
    seen = set()
    for recipe in RECIPES:
        is_public = recipe.endpoint == "static" or getattr(app.view_functions[recipe.endpoint], "is_public", False)
        if not is_public and recipe.endpoint not in seen:
            seen.add(recipe.endpoint)
            kind: Kind = "one" if recipe.who == "token" else "page"
            yield replace(recipe, who="nobody", kind=kind, refused=True, lists_people=False)
