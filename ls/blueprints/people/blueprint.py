"""The blueprint, by itself so that every module of it can import it."""

from flask import Blueprint

people = Blueprint("people", __name__)
