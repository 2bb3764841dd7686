"""Twenty at once over two worker processes with one mailed link of each kind: one of them does what it is for."""

import time
from collections import Counter
from functools import partial
from urllib.parse import urlsplit

from tests.smtp import SmtpServer, link_in
from tests.torture.load import ENGINES, Loaded, Member, at_once, loaded
from tests.torture.trial import Outcome, Trial

PEOPLE, WITHIN = 20, 30.0
NEW, ONE = "owner@example.net", [303] + [404] * (PEOPLE - 1)
WORDS = [f"a new password, number {number}" for number in range(PEOPLE)]


def run(engine: str) -> Outcome:
    """A forgotten password, a new email, and its way back."""
    with SmtpServer() as smtp, loaded(engine, **smtp.settings) as server:
        owner = Member.join(server, "owner")
        owner.visitor.post("/user/forgot-password/", {"email": owner.email}, "/user/forgot-password/")
        passwords = _use(server, _path(smtp, "/user/set-password/"))
        word = WORDS[passwords.index(303)]
        is_right = owner.visitor.sign_in(owner.email, word).status_code == 302
        form = {"email": NEW, "current_password": word}
        owner.visitor.post("/user/account/email", form, "/user/account/")
        confirmed = _use(server, _path(smtp, "/email/confirm/"))
        undone = _use(server, _path(smtp, "/email/undo/"))
        email = server.rows("SELECT email FROM users")
    all_once = all(sorted(statuses) == ONE for statuses in (passwords, confirmed, undone))
    figures = f"password {Counter(passwords)}, new email {Counter(confirmed)}, undone {Counter(undone)}"
    return Outcome(all_once and is_right and email == [(owner.email,)], figures.replace("Counter", ""))


def _path(smtp: SmtpServer, part: str) -> str:
    """The path of the link with this part, once it has arrived."""
    until = time.monotonic() + WITHIN
    while time.monotonic() < until:
        for message in smtp.messages:
            if part in (link := link_in(message)):
                return urlsplit(link).path
        time.sleep(0.05)
    raise RuntimeError(f"no link with {part} was sent")


def _use(server: Loaded, path: str) -> list[int]:
    """The status that each of them got."""
    visitors, statuses = [server.client() for _ in range(PEOPLE)], [0] * PEOPLE
    tokens = [visitor.csrf(path) for visitor in visitors]

    def send(number: int) -> None:
        form = {"csrf_token": tokens[number], "password": WORDS[number]}
        statuses[number] = visitors[number].http.post(path, data=form).status_code

    at_once([partial(send, number) for number in range(PEOPLE)])
    return statuses


TRIALS = tuple(Trial(f"mailed-links-{engine}", partial(run, engine)) for engine in ENGINES)
