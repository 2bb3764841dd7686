"""Lets in whom Roster vouches for: a middleware and a backend for Label Studio, which roster_settings.py puts in place.

The proxy in front says who sends a request (X-Roster-User, -Email, -Name) and proves by X-Roster-Secret that it is the
proxy. Without that proof nothing is answered.
"""

import hmac
import logging
import re
from time import time
from urllib.parse import unquote

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.backends import RemoteUserBackend
from django.contrib.auth.middleware import RemoteUserMiddleware
from django.http import HttpResponse, HttpResponseRedirect
from organizations.models import Organization

EMAIL, NAME = "HTTP_X_ROSTER_EMAIL", "HTTP_X_ROSTER_NAME"
# A header that came twice is one value with a comma, which none of these has.
FORMS = {"HTTP_X_ROSTER_USER": r"[0-9]+", EMAIL: r"[^\s,@]+@[^\s,@]+", NAME: r"[\w.~%-]*"}
AT_ROSTER = {"/user/login", "/user/signup", "/logout"}

logger = logging.getLogger("roster_guard")


class RosterMiddleware(RemoteUserMiddleware):
    """Logs in whom the proxy names, and logs out whom it does not name any more."""

    async_capable = False
    header = EMAIL

    def __call__(self, request):
        """Refuse what did not come through the proxy, and send log-in, sign-up and log-out to Roster."""
        if problem := problem_of(request.META):
            address = request.META.get("REMOTE_ADDR")
            logger.warning("refused: %s, from %s: %s %r", problem, address, request.method, request.path[:200])
            return HttpResponse(status=401)
        self.process_request(request)
        if (path := request.path_info.rstrip("/")) in AT_ROSTER:
            query = request.META.get("QUERY_STRING")
            return HttpResponseRedirect(f"{settings.ROSTER_URL}{path}{'?' if query else ''}{query}")
        if EMAIL in request.META and not request.user.is_authenticated:
            return HttpResponse("This account is deactivated in Label Studio.", status=403, content_type="text/plain")
        return self.get_response(request)

    def process_request(self, request):
        """Log in or out; how old a session may be is Roster's to say."""
        super().process_request(request)
        if request.user.is_authenticated:
            request.session["last_login"] = time()


def problem_of(headers):
    """Why these headers are not the proxy's, or None."""
    secret = headers.get("HTTP_X_ROSTER_SECRET", "")
    if not hmac.compare_digest(secret.encode(), settings.ROSTER_SECRET.encode()):
        return "X-Roster-Secret is wrong" if secret else "X-Roster-Secret is missing"
    present = {name: headers[name] for name in FORMS if name in headers}
    if present and not {EMAIL, "HTTP_X_ROSTER_USER"} <= present.keys():
        return "X-Roster-User or X-Roster-Email is missing"
    wrong = [name for name, value in present.items() if not re.fullmatch(FORMS[name], value, re.ASCII)]
    return f"{wrong[0][5:]} is malformed" if wrong else None


class RosterBackend(RemoteUserBackend):
    """Finds the account with that email, or makes it and joins it to the organization."""

    def clean_username(self, username):
        """The email as the account here spells it: exactly so, or else in another case.

        The database finds more than that: PostgreSQL takes a dotless i for an i (as in CVE-2019-19844).
        """
        email = unquote(username)
        known = auth.get_user_model().objects.filter(email__iexact=email).order_by("id")
        spelled = [found for found in known.values_list("email", flat=True) if found.casefold() == email.casefold()]
        return email if email in spelled or not spelled else spelled[0]

    def configure_user(self, request, user, created=True):
        """Complete a new account. Whoever was a member once is not joined again."""
        if created:
            user.username, user.first_name = user.email.partition("@")[0], unquote(request.META.get(NAME, ""))[:256]
            user.set_unusable_password()
        if not user.organizations.exists():
            organization = Organization.objects.first() or Organization.create_organization(user, "Label Studio")
            organization.add_user(user)
            user.active_organization = organization
        user.save()
        return user
