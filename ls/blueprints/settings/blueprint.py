"""The blueprint, by itself so that every module of it can import it."""

from flask import Blueprint

settings = Blueprint("settings", __name__, url_prefix="/user/account")
