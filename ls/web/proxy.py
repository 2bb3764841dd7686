"""Which host, scheme, prefix and address a request has: what HOST says, and what trusted proxies say.

`X-Forwarded-*` is believed only from a peer in TRUSTED_PROXIES and removed from the request either way,
so nothing behind this reads a forged one. `Forwarded` is always removed: one way to say it is enough.
A peer on a Unix socket has no address; it is trusted as soon as TRUSTED_PROXIES names anything, because
the socket's file mode already says who may connect.

An address inside of the network that passes others on without being trusted is probably a proxy that nobody named.
"""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes, urlsplit

from flask import Config, Flask, request
from werkzeug.sansio.utils import host_is_trusted

from ls.config.parsers import Network, is_prefix, shown
from ls.exceptions import BrokenText, DomainError
from ls.web.own_names import is_own_name
from ls.web.request_log import TRUSTED_PEER
from ls.web.unnamed_proxy import note_unnamed_proxy

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REFUSED = "roster.refused"  # in the environ: why the host of this request is refused
UNNAMED_PROXY = "roster.unnamed_proxy"  # in the environ: whether the address is probably that of such a proxy

# Whoever reads these sets the server up, so they are in English as all settings are.
_UNEXPECTED = (
    "This request came for the host {seen}, but this server answers only for {expected}. "
    "Use that address, or set LABEL_STUDIO_HOST to the address people use."
)
_FORWARDED_HINT = " Behind a proxy, name it in LABEL_STUDIO_TRUSTED_PROXIES or let it pass the Host on."
_FOREIGN = (
    "This request came for the host {seen}, which is not a name of this machine. "
    "If it is the address people use, set LABEL_STUDIO_HOST={scheme}://{seen}"
)
_INVALID = "The host {seen} is not a valid name. Use another, or set LABEL_STUDIO_HOST to the right one."


def init_app(app: Flask) -> None:
    """Put the middleware around the application, and refuse requests for other hosts before any view."""
    app.wsgi_app = Proxy(app.wsgi_app, app.config)  # type: ignore[method-assign]  # the documented way
    app.before_request(refuse_other_hosts)
    app.before_request(refuse_broken_query)


def refuse_other_hosts() -> None:
    """Raises DomainError (400) for a host that is not this server's; monitoring is answered under any."""
    reason = request.environ.get(REFUSED)
    if reason and request.path.rstrip("/") not in {"/health", "/metrics"}:
        raise DomainError(reason)


def refuse_broken_query() -> None:
    """Raises BrokenText (400) for a query string that is not UTF-8."""
    try:
        unquote_to_bytes(request.query_string).decode()
    except UnicodeDecodeError:
        raise BrokenText from None


class Proxy:
    """WSGI middleware that sets host, scheme, prefix and address before the application reads them."""

    def __init__(self, app: "WSGIApplication", config: Config) -> None:
        parts = urlsplit(config["HOST"])
        self._app, self._config = app, config
        self._trusted: tuple[Network, ...] = tuple(config["TRUSTED_PROXIES"])
        self._scheme, self._host, self._prefix = parts.scheme, parts.netloc, parts.path
        self._expected = _canonical(parts.netloc, parts.scheme)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Complete the environ and pass the request on."""
        passed_on = _addresses_passed_on(environ)
        forwarded, hops = self._forwarded(environ)
        seen = [host for host in (forwarded.get("HOST"), environ.get("HTTP_HOST")) if host]
        _strip_prefix(environ, self._prefix or _forwarded_prefix(forwarded))
        if self._host:
            environ[REFUSED] = self._set_configured(environ, seen)
        else:
            environ[REFUSED] = self._set_plain(environ, seen, is_vouched_for=bool(forwarded.get("HOST")))
        if not self._host and forwarded.get("PROTO", "").lower() in {"http", "https"}:
            environ["wsgi.url_scheme"] = forwarded["PROTO"].lower()
        if hops:
            environ["REMOTE_ADDR"] = hops[-1]
        environ[UNNAMED_PROXY] = passed_on > len(hops) and self._is_unnamed_proxy(environ.get("REMOTE_ADDR", ""))
        return self._app(environ, start_response)

    def _forwarded(self, environ: "WSGIEnvironment") -> tuple[dict[str, str], list[str]]:
        """What a trusted peer says, by name, and the addresses passed on the way to the client."""
        said = _take_forwarded(environ)
        peer = environ.get("REMOTE_ADDR", "")
        environ[TRUSTED_PEER] = bool(self._trusted) and (peer == "" or is_in(peer, self._trusted))
        if not environ[TRUSTED_PEER]:
            return {}, []
        hops = self._hops(said.pop("FOR", ""))
        return {name: _pick(value, len(hops)) for name, value in said.items()}, hops

    def _hops(self, chain: str) -> list[str]:
        """From the nearest hop outward, past trusted ones; the last is the client, as far as known."""
        hops: list[str] = []
        for part in reversed(chain.split(",")):
            address = _address(part)
            if address is None:
                break
            hops.append(str(address))
            if not is_in(hops[-1], self._trusted):
                break
        return hops

    def _is_unnamed_proxy(self, address: str) -> bool:
        """Whether somebody inside of the network who passes addresses on is a proxy that nobody named."""
        parsed, is_socket = _address(address), address == "" and not self._trusted
        if not is_socket and (parsed is None or parsed.is_global or is_in(address, self._trusted)):
            return False
        # What is named does not matter to a Unix socket.
        note_unnamed_proxy(self._config["BASE_DATA_DIR"], str(parsed or "127.0.0.1"))
        return True

    def _set_configured(self, environ: "WSGIEnvironment", seen: list[str]) -> str | None:
        environ["wsgi.url_scheme"], environ["HTTP_HOST"] = self._scheme, self._host
        if any(_canonical(host, self._scheme) == self._expected for host in seen):
            return None
        message = _UNEXPECTED.format(
            seen=shown(seen[0]) if seen else "(none)", expected=f"{self._scheme}://{self._host}{self._prefix}"
        )
        return message + ("" if environ[TRUSTED_PEER] else _FORWARDED_HINT)

    def _set_plain(self, environ: "WSGIEnvironment", seen: list[str], *, is_vouched_for: bool) -> str | None:
        if not seen:
            return None
        environ["HTTP_HOST"] = seen[0]
        is_host = host_is_trusted(seen[0])  # Werkzeug's check of the form of a host
        if is_host and (is_vouched_for or is_own_name(seen[0], self._config.get("LISTENING_ON"))):
            return None
        del environ["HTTP_HOST"]
        return (_FOREIGN if is_host else _INVALID).format(seen=shown(seen[0]), scheme=environ["wsgi.url_scheme"])


def _addresses_passed_on(environ: "WSGIEnvironment") -> int:
    chain = environ.get("HTTP_X_FORWARDED_FOR") or environ.get("HTTP_FORWARDED", "")
    return chain.count(",") + 1 if chain else 0


def _take_forwarded(environ: "WSGIEnvironment") -> dict[str, str]:
    environ.pop("HTTP_FORWARDED", None)
    names = [name for name in environ if name.startswith("HTTP_X_FORWARDED")]
    return {name.removeprefix("HTTP_X_FORWARDED_"): environ.pop(name) for name in names}


def _pick(value: str, hops: int) -> str:
    """The value that the outermost trusted proxy added: each proxy appends to the right."""
    values = [part.strip() for part in value.split(",")]
    return values[-min(max(hops, 1), len(values))]


def _forwarded_prefix(forwarded: dict[str, str]) -> str:
    prefix = forwarded.get("PREFIX", "").rstrip("/")
    return prefix if prefix and is_prefix(prefix) else ""


def _strip_prefix(environ: "WSGIEnvironment", prefix: str) -> None:
    """Move the prefix to SCRIPT_NAME, whether the proxy removed it from the path or passed it on."""
    if not prefix:
        return
    environ["SCRIPT_NAME"] = prefix
    path = environ.get("PATH_INFO", "")
    if path == prefix or path.startswith(f"{prefix}/"):
        environ["PATH_INFO"] = path[len(prefix) :] or "/"


def is_in(address: str, networks: tuple[Network, ...]) -> bool:
    """Whether the address belongs to one of the networks."""
    parsed = _address(address)
    return parsed is not None and any(parsed in network for network in networks)


@lru_cache(maxsize=1024)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    """The address in one part of X-Forwarded-For, which may carry a port or brackets."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


@lru_cache(maxsize=256)
def _canonical(host: str, scheme: str) -> str:
    return host.lower().removesuffix(":443" if scheme == "https" else ":80")
