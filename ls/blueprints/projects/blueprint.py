"""The blueprint, by itself so that every module of it can import it."""

from flask import Blueprint

from ls.blueprints.projects.preview import preview

projects = Blueprint("projects", __name__, url_prefix="/projects")
projects.add_app_template_filter(preview)
