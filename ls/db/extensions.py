"""The extension objects, which app.py binds to an application."""

from typing import Any, Self

from flask_babel import Babel
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from ls.exceptions import NotFound
from ls.validation import BIGGEST_ID


class Base(DeclarativeBase):
    """The base class of the models. Constraints have fixed names, so that migrations can refer to them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )

    @classmethod
    def find(cls, row_id: int) -> Self:
        """The row of that id. Raises NotFound, also for an id that is too large for the column."""
        found = db.session.get(cls, row_id) if 0 < row_id <= BIGGEST_ID else None
        if found is None:
            raise NotFound
        return found

    def set_values(self, **values: Any) -> dict[str, list[Any]]:
        """Set these columns, which the caller has named and checked; returns old and new of those that changed."""
        pairs = {name: [getattr(self, name), value] for name, value in values.items()}
        changed = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
        for name, (_old, new) in changed.items():
            setattr(self, name, new)
        return changed


db = SQLAlchemy(model_class=Base)
login_manager = LoginManager()
csrf = CSRFProtect()
babel = Babel()
