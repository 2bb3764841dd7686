"""A Label Studio, read by its API. Nothing is written there."""

import json
from collections.abc import Iterator
from http.client import HTTPException
from time import monotonic
from typing import Annotated, Any, TypeVar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from pydantic import AwareDatetime, BaseModel, Field, RootModel, ValidationError

from ls.exceptions import DomainError
from ls.validation import BIGGEST_ID

TIMEOUT = 60  # seconds
ACCESS_FOR = 120  # seconds that an exchanged token is used; it lives for five minutes
HINT = "Are address and token right?"
PAGE_SIZE = 100
MAX_BYTES = 32 * 1024**2  # of an answer: a page of members with all their projects

Answer = TypeVar("Answer", bound=BaseModel)
Id = Annotated[int, Field(ge=1, le=BIGGEST_ID)]
Count = Annotated[int, Field(ge=0, le=BIGGEST_ID)]


class SourceFailed(DomainError):
    """Label Studio does not answer as it should."""


class Project(BaseModel):
    """A project, as lists name it."""

    id: Id
    title: str | None = None
    total_annotations_number: Count | None = None


class Organization(BaseModel):
    """The organization whose members are listed."""

    id: Id


class Organizations(RootModel[list[Organization]]):
    """Those of the token's owner; Label Studio's community edition has one."""

    root: list[Organization] = Field(min_length=1)


class Person(BaseModel):
    """The account of a member."""

    id: Id
    email: str
    last_activity: AwareDatetime | None = None


class Member(BaseModel):
    """A member in the list, with the projects that they created and contributed to."""

    user: Person
    created_projects: list[Project] | None = None
    contributed_to_projects: list[Project] | None = None


class Counted(BaseModel):
    """A member alone."""

    annotations_count: Count


class Page(BaseModel):
    """A page of a list."""

    count: int
    next: str | None
    results: list[Any]


class Access(BaseModel):
    """What a personal access token is exchanged for."""

    access: str


class _NoRedirect(HTTPRedirectHandler):
    """Follows none: a redirect would take the token to another address."""

    def redirect_request(self, *_: Any) -> None:
        """No other request instead."""


_opener = build_opener(_NoRedirect)


class Source:
    """One Label Studio: its address, and a token of it, or of a Roster that guards it."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self._token = url, token
        self._authorization, self._exchange_at = f"Token {token}", 0.0

    def pages(self, path: str, kind: type[Answer], **query: Any) -> Iterator[list[Answer]]:
        """Every page of the list. Raises SourceFailed."""
        number, is_more = 1, True
        while is_more:
            page = self.get(path, Page, page=number, page_size=PAGE_SIZE, **query)
            yield [_checked(kind, one, path) for one in page.results]
            number, is_more = number + 1, page.next is not None

    def members_path(self) -> str:
        """Where the members of the token's organization are listed. Raises SourceFailed."""
        path = "/api/organizations/"
        found = self.get(path, Organizations).root
        return f"{path}{found[0].id}/memberships"

    def members_count(self) -> int:
        """How many members there are. Raises SourceFailed."""
        return self.get(self.members_path(), Page, page_size=1).count

    def get(self, path: str, kind: type[Answer], **query: Any) -> Answer:
        """What a call answers. Raises SourceFailed."""
        if self._token.startswith("eyJ") and monotonic() > self._exchange_at:
            exchanged = self._send("/api/token/refresh", {}, json.dumps({"refresh": self._token}).encode())
            self._authorization = f"Bearer {_checked(Access, exchanged, '/api/token/refresh').access}"
            self._exchange_at = monotonic() + ACCESS_FOR
        return _checked(kind, self._send(path, {"Authorization": self._authorization}, query=query), path)

    def _send(
        self, path: str, headers: dict[str, str], body: bytes | None = None, query: dict[str, Any] | None = None
    ) -> Any:
        address = f"{self.url}{path}?{urlencode(query)}" if query else f"{self.url}{path}"
        headers = {"Accept": "application/json", "Content-Type": "application/json", **headers}
        try:
            with _opener.open(Request(address, body, headers), timeout=TIMEOUT) as answer:  # noqa: S310  # http(s) alone
                return json.loads(answer.read(MAX_BYTES))
        except HTTPError as refused:
            refused.close()
            raise SourceFailed(f"{self.url}{path} answers {refused.code} {refused.reason}. {HINT}") from None
        except (OSError, HTTPException) as error:
            raise SourceFailed(f"{self.url} does not answer: {getattr(error, 'reason', error)}") from None
        except (ValueError, RecursionError):
            raise SourceFailed(f"{self.url}{path} does not answer with JSON. {HINT}") from None


def _checked(kind: type[Answer], answer: Any, path: str) -> Answer:
    try:
        return kind.model_validate(answer)
    except ValidationError as error:
        what = ", ".join(".".join(map(str, each["loc"])) for each in error.errors()[:3])
        raise SourceFailed(f"{path} does not answer as Label Studio does: {what or 'nothing of it'}. {HINT}") from None
