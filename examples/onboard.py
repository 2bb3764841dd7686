#!/usr/bin/env python3
"""Create an account for everybody in a CSV file, and write the links for setting their passwords.

The file has a column `email`, and may have `first_name`, `last_name` and `phone`. People who have an account are
skipped, so the same file can be used again; new links are added at the end of the second file. A link works once,
for 72 hours.

    python examples/onboard.py people.csv links.csv
"""

import argparse
import csv
import os
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
from label_studio_sdk import LabelStudio
from label_studio_sdk.core.api_error import ApiError

COLUMNS = ("first_name", "last_name", "phone")
DANGEROUS = (*"=+-@＝＋－＠", "\t", "\r", "\n")


def main() -> int:
    arguments = parse_arguments()
    try:
        people = read(arguments.people)
        client = LabelStudio(base_url=arguments.url, api_key=arguments.token)
        known = {(user.email or "").casefold() for user in client.users.list()}
        Path(arguments.links).touch(mode=0o600)  # a link opens an account
        with Path(arguments.links).open("a", newline="", encoding="utf-8-sig") as file:
            out = csv.writer(file)
            if file.tell() == 0:
                out.writerow(["email", "set_password_url"])
            return onboard(client, people, known, out)
    except (ApiError, httpx.HTTPError, OSError, ValueError) as error:
        print(f"{type(error).__name__}: {message_of(error)}", file=sys.stderr)
        return 1


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("people", help="CSV file with the column email")
    parser.add_argument("links", help="CSV file to add the links to")
    parser.add_argument("--url", default=os.environ.get("ROSTER_URL", "http://127.0.0.1:8080"))
    parser.add_argument("--token", default=os.environ.get("ROSTER_TOKEN"), help="default: ROSTER_TOKEN")
    arguments = parser.parse_args()
    if not arguments.token:
        parser.error("give --token or set ROSTER_TOKEN to the token under Account & Settings")
    return arguments


def read(name: str) -> list[dict[str, str]]:
    """The rows of the file, as spreadsheets write it: UTF-8 or UTF-16, with commas, semicolons or tabs."""
    content = Path(name).read_bytes()
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise ValueError(f"{name} is not UTF-8. In the spreadsheet, save it as CSV UTF-8") from None
    lines = StringIO(text, newline=None)  # any line ends
    head = lines.readline().casefold().strip("\n")
    delimiter = max(",;\t", key=head.count)
    names = next(csv.reader([head], delimiter=delimiter), [])
    if "email" not in names:
        raise ValueError(f"{name} has no column email")
    reader = csv.DictReader(lines, names, delimiter=delimiter)
    return [{key: (value or "").strip() for key, value in row.items() if key} for row in reader]


def onboard(client: LabelStudio, people: list[dict[str, str]], known: set[str], out: Any) -> int:
    """Create the missing accounts; returns 1 if one could not be created."""
    failed = False
    for person in people:
        email = person["email"]
        if not email or email.casefold() in known:
            print(f"{email or '(no email)'}: skipped", file=sys.stderr)
            continue
        try:
            profile = {name: person[name] for name in COLUMNS if person.get(name)}
            user = client.users.create(email=email, username=email.partition("@")[0], **profile)
        except ApiError as error:
            print(f"{email}: {message_of(error)}", file=sys.stderr)
            failed = True
            continue
        known.add(email.casefold())
        out.writerow([escape_formula(email), (user.model_extra or {})["set_password_url"]])
    return int(failed)


def escape_formula(cell: str) -> str:
    """The cell, escaped so that no spreadsheet runs it as a formula (CWE-1236)."""
    return f"'{cell}" if cell.startswith(DANGEROUS) else cell


def message_of(error: Exception) -> str:
    """What went wrong, in one line."""
    body = error.body if isinstance(error, ApiError) else None
    if not isinstance(body, dict):
        return str(error)
    errors = body.get("validation_errors") or {}
    return "; ".join(f"{field}: {' '.join(messages)}" for field, messages in errors.items()) or str(body.get("detail"))


if __name__ == "__main__":
    sys.exit(main())
