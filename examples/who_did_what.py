#!/usr/bin/env python3
"""Write as CSV how many annotations everybody made in each project this month.

Needs Python only. Skipped annotations do not count, as on the page People.

    python examples/who_did_what.py > month.csv
    python examples/who_did_what.py --month 2026-05 > may.csv
"""

import argparse
import csv
import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

PAGE = 1000
DANGEROUS = (*"=+-@＝＋－＠", "\t", "\r", "\n")


def main() -> int:
    arguments = parse_arguments()
    api = Api(arguments.url, arguments.token)
    try:
        people = {user["id"]: user for user in api.get("/api/users/")}
        write(api, people, arguments.month)
    except urllib.error.HTTPError as error:
        print(f"{error.url}: {error.code} {error.read().decode(errors='replace').strip()[:200]}", file=sys.stderr)
        return 1
    except (OSError, ValueError) as error:
        print(f"{arguments.url}: {error}", file=sys.stderr)
        return 1
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--month", default=f"{datetime.now(UTC):%Y-%m}", help="as 2026-05, in UTC; default: this one")
    parser.add_argument("--url", default=os.environ.get("ROSTER_URL", "http://127.0.0.1:8080"))
    parser.add_argument("--token", default=os.environ.get("ROSTER_TOKEN"), help="default: ROSTER_TOKEN")
    arguments = parser.parse_args()
    if not arguments.token:
        parser.error("give --token or set ROSTER_TOKEN to the token under Account & Settings")
    if not re.fullmatch(r"\d{4}-\d\d", arguments.month):
        parser.error("write the month as 2026-05")
    if not arguments.url.startswith(("http://", "https://")):
        parser.error("the URL begins with http:// or https://")
    return arguments


class Api:
    """Reads JSON with an API token."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.headers = url.rstrip("/"), {"Authorization": f"Token {token}"}

    def get(self, path: str, **query: Any) -> Any:
        parameters = urllib.parse.urlencode(query)
        request = urllib.request.Request(f"{self.url}{path}?{parameters}", headers=self.headers)  # noqa: S310  # http(s), checked
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  # as above
            return json.load(answer)

    def pages(self, path: str, items: str, **query: Any) -> Iterator[Any]:
        """Every item of a list; the page after the last is empty."""
        number = 1
        while found := self.get(path, page=number, page_size=PAGE, **query)[items]:
            yield from found
            number += 1


def write(api: Api, people: dict[int, Any], month: str) -> None:
    """One line for each user in each project, the most annotations first."""
    sys.stdout.reconfigure(encoding="utf-8-sig", newline="")  # a spreadsheet knows UTF-8 by its mark
    out = csv.writer(sys.stdout)
    out.writerow(["project", "email", "first_name", "last_name", "annotations"])
    for project in api.pages("/api/projects/", "results", ordering="title"):
        for author, count in count_annotations(api, project["id"], month).most_common():
            person = people.get(author, {"email": "", "first_name": "Deleted", "last_name": "User"})
            names = (person["email"], person["first_name"], person["last_name"])
            out.writerow([*map(escape_formula, (project["title"], *names)), count])


def count_annotations(api: Api, project: int, month: str) -> Counter[int]:
    """The number of annotations of each author in that month."""
    tasks = api.pages("/api/tasks/", "tasks", project=project, fields="all", only_annotated=True)
    submitted = (annotation for task in tasks for annotation in task["annotations"] if not annotation["was_cancelled"])
    return Counter(one["completed_by"] for one in submitted if one["created_at"].startswith(month))


def escape_formula(cell: str) -> str:
    """The cell, escaped so that no spreadsheet runs it as a formula (CWE-1236)."""
    return f"'{cell}" if cell.startswith(DANGEROUS) else cell


if __name__ == "__main__":
    sys.exit(main())
