#!/usr/bin/env python3
"""Rotate every personal token (JWT refresh token) in a file that is older than 90 days.

The file has one token per line. A token is all that is needed to rotate it, and no other token changes. The file is
rewritten after each rotation, because the old token stops working at once. Lines that begin with # are kept. API
tokens of accounts have no age; their owners reset them on Account & Settings.

    python examples/rotate_tokens.py tokens.txt --days 90
"""

import argparse
import base64
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import httpx

DAY = 24 * 60 * 60


def main() -> int:
    arguments = parse_arguments()
    path = Path(arguments.tokens)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 1
    failed = False
    with httpx.Client(base_url=arguments.url, timeout=30) as http:
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith("#"):
                continue
            try:
                days = age(line.strip())
                if days < arguments.days:
                    print(f"line {number}: {days} days old, kept")
                    continue
                lines[number - 1] = rotate(http, line.strip())
                replace(path, lines)
                print(f"line {number}: {days} days old, rotated")
            except (httpx.HTTPError, OSError, ValueError) as error:
                print(f"line {number}: {error}", file=sys.stderr)
                failed = True
    return int(failed)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("tokens", help="file with a refresh token a line; it is rewritten")
    parser.add_argument("--days", type=int, default=90, help="rotate what is at least this old")
    parser.add_argument("--url", default=os.environ.get("ROSTER_URL", "http://127.0.0.1:8080"))
    return parser.parse_args()


def age(token: str) -> int:
    """Days since the token was made, which it contains."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return int(time.time() - claims["iat"]) // DAY
    except (IndexError, KeyError, TypeError, ValueError):
        raise ValueError("not a personal token") from None


def rotate(http: httpx.Client, token: str) -> str:
    """The new token; the old one has stopped working."""
    access = post(http, "/api/token/refresh/", token, {})["access"]
    return post(http, "/api/token/rotate/", token, {"Authorization": f"Bearer {access}"})["refresh"]


def post(http: httpx.Client, path: str, token: str, headers: dict[str, str]) -> dict[str, str]:
    answer = http.post(path, json={"refresh": token}, headers=headers)
    if answer.status_code != 200:
        raise ValueError(f"{answer.status_code} {answer.text.strip()[:200]}")
    found: dict[str, str] = answer.json()
    return found


def replace(path: Path, lines: list[str]) -> None:
    """Rewrite the file as a whole, readable by its owner only."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    Path(name).replace(path)


if __name__ == "__main__":
    sys.exit(main())
