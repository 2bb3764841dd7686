"""What a message says: subject, text and HTML of one template, in the reader's language."""

import re
from typing import Any

from flask import current_app, render_template
from flask_babel import force_locale, gettext, ngettext

from ls.models.outgoing_mail import Content


def link_to(path: str) -> str:
    """The absolute URL of a path, which begins with a slash and has no prefix; never made of a request's Host."""
    base = current_app.config["HOST"] or f"http://localhost:{current_app.config['PORT']}"
    return f"{base}{path}"


def render(template: str, to: str, locale: str | None, **context: Any) -> Content:
    """Subject, text and HTML of templates/mail/<template>.txt.

    Its first line is the subject; the text follows in paragraphs, with each link on a line of its own.
    """
    with force_locale(locale or current_app.config["LANGUAGE"]):
        # The templates' own translations escape what is put in, as a plain text must not.
        written = render_template(f"mail/{template}.txt", **context, _=gettext, ngettext=ngettext)
        first, _, rest = written.strip().partition("\n")
        subject, text = " ".join(first.split()), f"{rest.strip()}\n"
        paragraphs = [part.split("\n") for part in re.split(r"\n\s*\n", text.strip())]
        html = render_template("mail/_layout.html", subject=subject, paragraphs=paragraphs, own=link_to("/"))
    return Content(to, subject, text, html)
