"""The nouns of the product. Importing this package registers every table."""

from ls.models import search_index  # noqa: F401  # follows what happens to people
from ls.models.annotation import Annotation
from ls.models.attempt import Attempt
from ls.models.avatar import Avatar
from ls.models.contribution import Contribution
from ls.models.event import Event
from ls.models.login_session import LoginSession
from ls.models.one_time_code import OneTimeCode
from ls.models.organization import Organization
from ls.models.project import Project
from ls.models.task import Task
from ls.models.token import ApiToken, PersonalToken
from ls.models.user import User

__all__ = [
    "Annotation",
    "ApiToken",
    "Attempt",
    "Avatar",
    "Contribution",
    "Event",
    "LoginSession",
    "OneTimeCode",
    "Organization",
    "PersonalToken",
    "Project",
    "Task",
    "User",
]
