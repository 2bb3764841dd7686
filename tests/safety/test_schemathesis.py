"""The OpenAPI document is true: every call is fuzzed from it, and answers only as it says, never with a 5xx."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from schemathesis.config import SchemathesisConfig

from app import create_app
from ls.accounts import sign_up
from ls.blueprints.api.openapi import openapi_document
from ls.db.extensions import db
from ls.db.migrate import ensure_current
from ls.db.transaction import write
from ls.models import ApiToken, Organization, User
from tests.cast import PASSWORD
from tests.conftest import SECRET_KEY

CONFIG = {
    "generation": {"deterministic": True, "max-examples": 12, "mode": "all", "database": "none"},
    # Every check is on. What no schema can tell, such as which ids there are, may still refuse what fits it.
    "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "400", "401", "403", "404", "405", "409"]}},
}


_installed: list[Flask] = []


def _answer(environ: Any, start_response: Any) -> Any:
    return _installed[0](environ, start_response)


def _schema() -> schemathesis.BaseSchema:
    app = create_app({"TESTING": True, "SECRET_KEY": SECRET_KEY})
    with app.test_request_context():
        described = openapi_document(app, "")
    found = schemathesis.openapi.from_dict(described, config=SchemathesisConfig.from_dict(CONFIG))
    found.app = _answer  # tests are made of the document while they are collected, before there is an installation
    return found


schema = _schema()


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One installation for all calls, so that they meet what the others left."""
    folder: Path = tmp_path_factory.mktemp("fuzzed")
    app = create_app({"TESTING": True, "BASE_DATA_DIR": str(folder), "SECRET_KEY": SECRET_KEY})
    app.config["PROPAGATE_EXCEPTIONS"] = False
    ensure_current(app)
    with app.app_context():
        candidates = [sign_up.prepare(f"{name}@example.org", PASSWORD) for name in ("alice", "bob")]
        for candidate in candidates:
            with write():
                sign_up.create_account(candidate)
    _installed[:] = [app]
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def credential(app: Flask) -> dict[str, str]:
    """Alice's present token, accepted again if a call switched tokens off."""
    with app.app_context():
        with write():
            Organization.lock_for_update().api_tokens_enabled = True
        # The fuzzer's own client does not unpack.
        return {"Authorization": f"Token {ApiToken.of(db.session.get_one(User, 1))}", "Accept-Encoding": "identity"}


@schema.parametrize()
def test_every_call_keeps_to_the_document(case: schemathesis.Case, installation: Flask) -> None:
    case.call_and_validate(headers=credential(installation))
