"""A made-up team with its work, so that pages have something to show."""

import json
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from flask import Flask
from PIL import Image, ImageDraw

from app import create_app
from ls.accounts import deletion, sign_up
from ls.backup.restore import prepare_database
from ls.db.extensions import db
from ls.db.transaction import write
from ls.db.types import utcnow
from ls.images.avatar import read_picture
from ls.models import Project, User
from ls.projects.import_authors import Authors
from ls.projects.import_tasks import checked, save
from tests.cast import PASSWORD

TOKEN = "a" * 40  # Anna's
MINUTE, HOUR, DAY = 1, 60, 24 * 60


class Member(NamedTuple):
    """A member: name, email, minutes since the last activity, days since joining, colours of the picture."""

    first_name: str
    last_name: str
    email: str
    active: int | None
    joined: int
    picture: tuple[str, str, str] | None = None
    is_out: bool = False


ANNA, BOB, CHIARA, WANG, LI, DIEGO = "anna", "bob", "chiara", "xiaoming.wang", "na.li", "diego"
TEAM = [
    Member("Anna", "Kim", ANNA, 2 * MINUTE, 204, ("#f3d9b1", "#6b3f2a", "#2f6f73")),
    Member("", "", BOB, DAY + HOUR, 198),
    Member("Chiara", "Rossi", CHIARA, 26 * MINUTE, 190, ("#cfe3f5", "#2b2118", "#a3432f")),
    Member("王小明", "", WANG, 4 * HOUR, 166, ("#e4d7f0", "#1d1a1c", "#3e4f9e")),
    Member("李娜", "", LI, 3 * DAY, 160),
    Member("Diego", "Fernández", DIEGO, 9 * HOUR, 121),
    Member("Emre", "Yıldız", "emre", 12 * DAY, 99, ("#d5ecd2", "#4a4a4a", "#8a6d1f")),
    Member("Fatima", "El Amrani", "fatima", 51 * MINUTE, 88),
    Member("Jonas", "Lindqvist-Oberhauser", "jonas.lindqvist-oberhauser", 45 * DAY, 76),
    Member("张伟", "", "wei.zhang", 2 * DAY, 60),
    Member("Mei", "Tanaka", "mei", 7 * HOUR, 31, ("#f6d3dc", "#20202a", "#4c7f4f")),
    Member("", "", "new.colleague", None, 1),
    Member("Oleh", "Kovalenko", "oleh", 130 * DAY, 190, None, is_out=True),
    Member("Petra", "Novak", "petra", 200 * DAY, 201, ("#dddddd", "#7a5230", "#555566"), is_out=True),
]

# Title, description, creator, and for each contributor: annotations, minutes since the last one.
WORK = [
    ("Product photos", "Is the product in focus, and alone in the picture?", ANNA, {ANNA: (104, 5), CHIARA: (61, 30)}),
    ("Support tickets", "What does the customer want?", ANNA, {BOB: (38, 2 * DAY), LI: (72, 3 * DAY)}),
    ("Street scenes", "", WANG, {ANNA: (88, 22 * DAY), WANG: (140, 4 * HOUR), DIEGO: (57, 9 * HOUR)}),
    ("商品评论情感分析", "标注每条评论的情感：正面、负面或中性。", LI, {WANG: (33, 2 * DAY), LI: (95, 4 * DAY)}),
    ("Call transcripts", "Speakers, turns and topics.", CHIARA, {CHIARA: (19, DAY), DIEGO: (7, 5 * DAY)}),
    ("Pilot", "", ANNA, {}),
]


def build(folder: Path, *, crowd: int = 0) -> Flask:
    """Make the team's installation in that data folder, with this many more members who did nothing."""
    app = create_app({"BASE_DATA_DIR": str(folder)})
    prepare_database(app)
    with app.app_context():
        _hire([*TEAM, *(Member("Member", f"{number:03}", f"member{number:03}", DAY, 9) for number in range(crowd))])
        for title, description, creator, shares in WORK:
            _work(title, description, creator, shares)
        _pass_time()
        db.session.remove()
        db.engine.dispose()
    return app


def email(name: str) -> str:
    """The address of that member."""
    return f"{name}@example.org"


def _hire(people: list[Member]) -> None:
    first = sign_up.prepare(email(ANNA), PASSWORD)  # one hash serves all
    with write():
        for one in people:
            address, profile = email(one.email), {"first_name": one.first_name, "last_name": one.last_name}
            token = TOKEN if one.email == ANNA else None
            sign_up.create_account(replace(first, email=address, email_key=address, profile=profile, token=token))
    for one in people:
        if one.picture:
            picture = read_picture(portrait(*one.picture))
            with write():
                _user(one.email).change_avatar(picture)


def _user(name: str) -> User:
    found = User.by_email(email(name))
    assert found is not None
    return found


def _work(title: str, description: str, creator: str, shares: dict[str, tuple[int, int]]) -> None:
    items = [
        {
            "data": {"text": f"{title}, item {number + 1}"},
            "annotations": [
                {
                    "result": [],
                    "completed_by": email(name),
                    "created_at": (utcnow() - timedelta(minutes=last + number)).isoformat(),
                }
                for name, (count, last) in shares.items()
                if number < count
            ],
        }
        for number in range(max((count for count, _ in shares.values()), default=0))
    ]
    with write():
        project = Project.create(title, _user(creator), description=description)
        if items:
            with checked(BytesIO(json.dumps(items).encode()), Authors(_user(creator))) as found:
                save(project, found, _user(creator))


def _pass_time() -> None:
    with write():
        for one in TEAM:
            user = _user(one.email)
            user.date_joined = utcnow() - timedelta(days=one.joined)
            if one.active is not None:
                user.last_activity = utcnow() - timedelta(minutes=one.active)
            if one.is_out:
                deletion.deactivate(user)


def portrait(ground: str, hair: str, dress: str) -> bytes:
    """A drawn head with shoulders, as a PNG."""
    image = Image.new("RGB", (256, 256), ground)
    draw = ImageDraw.Draw(image)
    draw.ellipse((72, 44, 184, 176), fill=hair)
    draw.ellipse((44, 176, 212, 352), fill=dress)
    draw.rectangle((112, 150, 144, 196), fill="#d9a583")
    draw.ellipse((88, 68, 168, 168), fill="#e8b794")
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
