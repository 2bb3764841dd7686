"""The settings of a small Django project, at the place and with the names of Label Studio's."""

import os
from pathlib import Path

if os.environ["DJANGO_SETTINGS_MODULE"] != __name__:
    raise ImportError("Label Studio's settings read themselves by this name while they are imported")

SECRET_KEY = "of a project for tests"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "tests.guard.tool"
AUTH_USER_MODEL = "organizations.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "organizations"]
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": Path(os.environ["TOOL"]) / "tool.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
