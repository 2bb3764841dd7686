"""Label Studio's own settings, behind Roster: DJANGO_SETTINGS_MODULE=roster_settings, this folder in PYTHONPATH."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "label_studio.core.settings.label_studio"  # they read themselves while imported
from label_studio.core.settings.label_studio import *  # noqa: F403
from label_studio.core.settings.label_studio import AUTHENTICATION_BACKENDS, MIDDLEWARE

os.environ["DJANGO_SETTINGS_MODULE"] = __name__

ROSTER_URL = os.environ.get("ROSTER_URL", "/roster").rstrip("/")
ROSTER_SECRET = os.environ["ROSTER_SECRET"]
if len(ROSTER_SECRET) < 32:
    raise ValueError("ROSTER_SECRET has less than 32 characters; make one with: openssl rand -hex 32")

PASSWORDS, SESSIONS = (
    "django.contrib.auth.backends.ModelBackend",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
)
AUTHENTICATION_BACKENDS[AUTHENTICATION_BACKENDS.index(PASSWORDS)] = "roster_guard.RosterBackend"
MIDDLEWARE.insert(MIDDLEWARE.index(SESSIONS) + 1, "roster_guard.RosterMiddleware")
LOGIN_URL = f"{ROSTER_URL}/user/login/"
