"""A task's data as one short line of text."""

import json
from typing import Any

LENGTH = 160


def preview(data: dict[str, Any]) -> str:
    """The values of the data with their names; a single value without its name."""
    parts: list[str] = []
    for name, value in data.items():
        parts.append(_text(value) if len(data) == 1 else f"{name[:LENGTH]}: {_text(value)}")
        if sum(map(len, parts)) > LENGTH:
            break
    line = " · ".join(parts)
    return line if len(line) <= LENGTH else line[: LENGTH - 1] + "…"


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    # Cut before the white space is collapsed, because a task may hold a very long text.
    return " ".join(text[: LENGTH * 4].split())[: LENGTH + 1]
