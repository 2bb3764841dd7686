"""Twenty people at once over two worker processes, with one invitation of three uses: three get in, again and again."""

from collections import Counter
from functools import partial
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.cast import PASSWORD
from tests.server import Visitor
from tests.torture.load import ENGINES, Loaded, Member, at_once, loaded
from tests.torture.trial import Outcome, Trial

ROUNDS, PEOPLE, USES = 2, 20, 3


def run(engine: str) -> Outcome:
    """Each round has an invitation of its own."""
    statuses: list[int] = []
    with loaded(engine) as server:
        member = Member.join(server, "inviter")
        for turn in range(ROUNDS):
            page = f"/user/signup/?token={_invitation(server, member)}"
            visitors = [server.client() for _ in range(PEOPLE)]
            forms = [{"email": f"p{turn}.{n}@example.org", "password": PASSWORD} for n in range(PEOPLE)]
            for visitor, form in zip(visitors, forms, strict=True):
                form["csrf_token"] = visitor.csrf(page)
            at_once([partial(_sign_up, *both, page, statuses) for both in zip(visitors, forms, strict=True)])
        joined = len(server.rows("SELECT id FROM users")) - 1
    found = Counter(statuses)
    kept = found == {302: ROUNDS * USES, 410: ROUNDS * (PEOPLE - USES)} and joined == ROUNDS * USES
    return Outcome(kept, f"{ROUNDS} of {USES} uses, {PEOPLE} people each: {joined} joined, {dict(found)}")


def _invitation(server: Loaded, member: Member) -> str:
    made = httpx.post(f"{server.url}/api/invitations/", json={"uses": USES}, headers=member.auth).json()
    return parse_qs(urlsplit(made["invitations"][0]["url"]).query)["token"][0]


def _sign_up(visitor: Visitor, form: dict[str, str], page: str, statuses: list[int]) -> None:
    statuses.append(visitor.http.post(page, data=form).status_code)


TRIALS = tuple(Trial(f"redemptions-{engine}", partial(run, engine)) for engine in ENGINES)
