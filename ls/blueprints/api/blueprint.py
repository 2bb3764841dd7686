"""The blueprint that the routes of all resources are registered on."""

from flask import Blueprint

api = Blueprint("api", __name__)
