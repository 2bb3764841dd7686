"""The original's routes and JSON, so that its SDK works unchanged; one file per resource."""

from flask import Blueprint

api = Blueprint("api", __name__)
