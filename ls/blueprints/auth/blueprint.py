"""The blueprint, by itself so that every module of it can import it."""

from flask import Blueprint

auth = Blueprint("auth", __name__)
