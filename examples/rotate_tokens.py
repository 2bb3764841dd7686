#!/usr/bin/env python3
"""Rotate every personal token (JWT refresh token) in a file that is older than 90 days.

A token can be rotated only by its owner, and is its owner's credential: so the file, one token a line, is all that
is needed, and nobody else's token is touched. The file is rewritten after each rotation, because the old token is
dead at once. Lines that begin with # stay. Account API tokens have no age; their owners reset them on
Account & Settings.

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
    arguments = parsed()
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


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("tokens", help="file with a refresh token a line; it is rewritten")
    parser.add_argument("--days", type=int, default=90, help="rotate what is at least this old")
    parser.add_argument("--url", default=os.environ.get("LABELLING_URL", "http://127.0.0.1:8080"))
    return parser.parse_args()


def age(token: str) -> int:
    """Days since the token was made, as it says itself."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return int(time.time() - claims["iat"]) // DAY
    except (IndexError, KeyError, TypeError, ValueError):
        raise ValueError("not a personal token") from None


def rotate(http: httpx.Client, token: str) -> str:
    """The new token; the old one is dead."""
    access = sent(http, "/api/token/refresh/", token, {})["access"]
    return sent(http, "/api/token/rotate/", token, {"Authorization": f"Bearer {access}"})["refresh"]


def sent(http: httpx.Client, path: str, token: str, headers: dict[str, str]) -> dict[str, str]:
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
