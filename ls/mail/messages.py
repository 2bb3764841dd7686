"""What a message says: subject, text and HTML of one template, in the reader's language."""

import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid
from typing import Any

import idna
from flask import current_app, render_template
from flask_babel import force_locale, get_locale, gettext, ngettext

from ls.config.address import link_to
from ls.models.event import audit_context
from ls.models.outgoing_mail import Content


def render(template: str, to: str, locale: str | None, **context: Any) -> Content:
    """Subject, text and HTML of templates/mail/<template>.txt.

    Its first line is the subject; the text follows in paragraphs, with each link on a line of its own.
    """
    usual = str(get_locale()) if audit_context().is_page else current_app.config["LANGUAGE"]
    with force_locale(locale or usual):
        # The templates' own translations escape what is put in, as a plain text must not.
        written = render_template(f"mail/{template}.txt", **context, _=gettext, ngettext=ngettext)
        first, _, rest = written.strip().partition("\n")
        subject, text = " ".join(first.split()), f"{rest.strip()}\n"
        return Content(to, subject, text, html_of(subject, text))


def html_of(subject: str, text: str) -> str:
    """The same text as HTML, in which the links of this server can be clicked."""
    paragraphs = [part.split("\n") for part in re.split(r"\n\s*\n", text.strip())]
    return render_template("mail/_layout.html", subject=subject, paragraphs=paragraphs, own=link_to("/"))


def new_message_id() -> str:
    """A Message-ID, with the domain that messages come from."""
    return make_msgid(domain=current_app.config["MAIL_FROM"].domain)


def message_of(content: Content, message_id: str, created_at: datetime) -> EmailMessage:
    """The message as it is sent. Raises ValueError for an address or a subject that no header can hold."""
    message = EmailMessage(SMTP.clone(cte_type="7bit"))
    message["From"] = current_app.config["MAIL_FROM"]
    message["To"] = _address(content.to)
    message["Subject"] = content.subject
    message["Date"] = created_at
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answers it
    message.set_content(content.text)
    message.add_alternative(content.html, subtype="html")
    return message


def _address(email: str) -> Address:
    """The address with its domain in ASCII, so that only a name in other letters needs SMTPUTF8."""
    name, _, domain = email.rpartition("@")
    return Address("", name, domain if domain.isascii() else idna.encode(domain, uts46=True).decode())
