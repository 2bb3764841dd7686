"""The messages in the outbox of an installation that sends mail, and the links in them."""

import re
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import delete, select

from ls.db.extensions import db
from ls.models import OutgoingMail
from ls.models.outgoing_mail import Content

MAIL: dict[str, Any] = {"MAIL_HOST": "127.0.0.1", "MAIL_PORT": 1025, "MAIL_FROM": "roster@example.org"}


def letters(app: Flask, *, keep: bool = False) -> list[Content]:
    """The messages in the outbox, the oldest first, which are taken out of it."""
    with app.app_context():
        found = [message.content for message in db.session.scalars(select(OutgoingMail).order_by(OutgoingMail.id))]
        if not keep:
            db.session.execute(delete(OutgoingMail))
            db.session.commit()
    return found


def link_in(text: str, part: str) -> str:
    """The path of the link with this part."""
    [link] = re.findall(rf"https?://\S*{part}\S*", text)
    return urlsplit(link).path
