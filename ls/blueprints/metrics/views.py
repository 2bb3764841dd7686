"""`/metrics`, in Prometheus' text format.

Most numbers come from the database. Requests are counted by prometheus_client's multiprocess mode, in one file for each
worker: so every worker answers for all of them, and one that is killed holds no lock that others need.
"""

from contextlib import suppress
from hmac import compare_digest
from pathlib import Path
from time import perf_counter

from flask import Blueprint, Response, abort, current_app, g, request
from prometheus_client import CollectorRegistry, Summary, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from ls.config.environment import counts_folder
from ls.config.parsers import networks
from ls.queries.metrics import Number, numbers
from ls.web.auth import public
from ls.web.proxy import REFUSED, UNNAMED_PROXY, is_in

metrics = Blueprint("metrics", __name__)

_LOOPBACK = networks("127.0.0.0/8 ::1")
_SENT_BY_PROXIES = ("Via", "X-Real-Ip")
_FAMILIES: dict[str, type[CounterMetricFamily | GaugeMetricFamily]] = {
    "counter": CounterMetricFamily,
    "gauge": GaugeMetricFamily,
}
_requests = Summary(
    "roster_http_request_seconds", "Requests, and the seconds they took.", ["endpoint", "status"], registry=None
)


@metrics.get("/metrics")
@public
def show() -> Response:
    """Show the numbers, to whoever has the token; without one, to this machine alone."""
    token = current_app.config["METRICS_TOKEN"]
    if token and not compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()):
        return Response("Send the token: Authorization: Bearer ...\n", 401, {"WWW-Authenticate": "Bearer"})
    if not token and not _is_from_this_machine():
        abort(404)
    registry = CollectorRegistry()
    registry.register(_Database())
    MultiProcessCollector(registry, str(_folder()))  # type: ignore[no-untyped-call]  # it has no types
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _is_from_this_machine() -> bool:
    """Whether no proxy is in between, which would make everybody look like this machine."""
    has_proxy = current_app.config["HOST"] or current_app.config["TRUSTED_PROXIES"] or request.environ[UNNAMED_PROXY]
    is_passed_on = any(name in request.headers for name in _SENT_BY_PROXIES)
    is_own_name = not request.environ[REFUSED]  # else a page of another site could read it in a browser
    return not has_proxy and not is_passed_on and is_own_name and is_in(request.remote_addr or "", _LOOPBACK)


@metrics.after_app_request
def count(response: Response) -> Response:
    """Count the request; one that cannot be counted, as on a full disk, is answered all the same."""
    with suppress(OSError):
        _folder()
        _requests.labels(request.endpoint or "none", response.status_code).observe(perf_counter() - g.began)
    return response


def _folder() -> Path:
    folder = counts_folder(current_app.config["BASE_DATA_DIR"])
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


class _Database(Collector):
    """What the database says at this moment."""

    def collect(self) -> list[CounterMetricFamily | GaugeMetricFamily]:
        """Every number of the database as the library wants it."""
        return [_family(number) for number in numbers()]


def _family(number: Number) -> CounterMetricFamily | GaugeMetricFamily:
    family = _FAMILIES[number.kind](number.name, number.meaning, labels=[number.label] if number.label else [])
    for label, value in number.values.items():
        family.add_metric([label] if number.label else [], value)
    return family
