"""The name of a device, from its User-Agent header."""

import pytest
from flask import Flask

from ls.web.user_agents import device

MOZILLA = "Mozilla/5.0"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (f"{MOZILLA} (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Windows"),
        (
            f"{MOZILLA} (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML) Version/17.4 Safari/605.1.15",
            "Safari on macOS",
        ),
        (f"{MOZILLA} (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36", "Chrome on Linux"),
        (f"{MOZILLA} (X11; CrOS x86_64 14541) AppleWebKit/537.36 Chrome/126.0 Safari/537.36", "Chrome on ChromeOS"),
        (f"{MOZILLA} (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0", "Edge on Windows"),
        (f"{MOZILLA} (Linux; Android 14) Chrome/126.0 Mobile Safari/537.36", "Chrome on Android"),
        (f"{MOZILLA} (iPhone; CPU iPhone OS 17_5 like Mac OS X) CriOS/126 Mobile Safari/604.1", "Chrome on iPhone"),
        (f"{MOZILLA} (iPad; CPU OS 17_5 like Mac OS X) Version/17.5 Mobile Safari/604.1", "Safari on iPad"),
        (f"{MOZILLA} (Windows NT 10.0) Chrome/126.0 Safari/537.36 OPR/112.0", "Opera on Windows"),
        ("curl/8.5.0", "API (curl)"),
        ("python-requests/2.32.3", "API (python-requests)"),
        ("label-studio-sdk x", "API (label-studio-sdk)"),
        (f"{'x' * 299}", f"API ({'x' * 40})"),
        ("\u202eabc/1", "Unknown device"),
        ("abc\u202e/1", "API (abc)"),
        (MOZILLA, "Unknown device"),
        ("(Windows NT 10.0)", "Windows"),
        ("<script>alert(1)</script>", "Unknown device"),
        ("", "Unknown device"),
    ],
)
def test_the_name(app: Flask, agent: str, name: str) -> None:
    with app.test_request_context():
        assert device(agent) == name
