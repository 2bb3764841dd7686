"""Filters, selection and order of tasks, for lists and for deletion."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from label_studio_sdk.data_manager import Column, Filters, Operator, Type

from tests.api.conftest import NOT_FOUND, Script, each

LIST, ACTIONS = "/api/tasks/", "/api/dm/actions"
ALL: dict[str, Any] = {"all": True, "excluded": []}


def item(column: str, operator: str, value: Any) -> dict[str, Any]:
    """One filter, as the SDK makes it."""
    made: dict[str, Any] = Filters.item(column, operator, Type.Number, value)
    return made


def filters(*items: dict[str, Any], join: str = Filters.AND) -> dict[str, Any]:
    """Several filters."""
    return {"filters": Filters.create(join, list(items))}


def path(query: Any, more: str = "") -> str:
    """The list with this query."""
    return f"{LIST}?query={quote(json.dumps(query))}{more}"


@pytest.fixture
def five(alice_api: Script, task: dict[str, Any]) -> dict[str, Any]:
    """Five tasks of project 1, the second with two annotations, and one of project 2."""
    project = alice_api.send("POST", "/api/projects/", {"title": "Other"}, 201)["id"]
    for where in (1, 1, 1, 1, project):
        alice_api.send("POST", LIST, {"project": where, "data": {"text": "b"}}, 201)
    for _ in range(2):
        alice_api.send("POST", f"{LIST}2/annotations/", {"result": []}, 201)
    return task


def found(alice_api: Script, query: Any, more: str = "") -> list[int]:
    """The ids of the tasks that it finds; the totals have to agree."""
    page = alice_api.get(path(query, more))
    ids = [task["id"] for task in page["tasks"]]
    assert (page["total"], page["total_annotations"]) == (len(ids), 2 if 2 in ids else 0)
    return ids


EARLY, LATE = "2000-01-01T00:00:00.000000Z", "2100-01-01T00:00:00.000000Z"
FOUND: list[tuple[dict[str, Any], list[int]]] = [
    (filters(item(Column.id, Operator.EQUAL, 3)), [3]),
    (filters(item(Column.inner_id, Operator.NOT_EQUAL, 3)), [1, 2, 4, 5, 6]),
    (filters(item(Column.id, Operator.LESS, 2)), [1]),
    (filters(item(Column.id, Operator.LESS_OR_EQUAL, 2)), [1, 2]),
    (filters(item(Column.id, Operator.GREATER, 4)), [5, 6]),
    (filters(item(Column.id, Operator.GREATER_OR_EQUAL, 4)), [4, 5, 6]),
    (filters(item(Column.id, Operator.IN, Filters.value(2, 4))), [2, 3, 4]),
    (filters(item(Column.id, Operator.NOT_IN, Filters.value(2, 4))), [1, 5, 6]),
    (filters(item(Column.id, Operator.IN_LIST, [1, 4, 99])), [1, 4]),
    (filters(item(Column.id, Operator.NOT_IN_LIST, [1, 4])), [2, 3, 5, 6]),
    (filters(item(Column.id, Operator.IN_LIST, [])), []),
    (filters(item(Column.total_annotations, Operator.EQUAL, 2)), [2]),
    (filters(item(Column.completed_at, Operator.EMPTY, False)), [2]),
    (filters(item(Column.completed_at, Operator.EMPTY, True)), [1, 3, 4, 5, 6]),
    (filters(item(Column.created_at, Operator.GREATER, LATE)), []),
    (filters(item(Column.updated_at, Operator.IN, Filters.value(EARLY, LATE))), [1, 2, 3, 4, 5, 6]),
    (filters(item(Column.id, Operator.LESS, 3), item(Column.id, Operator.GREATER, 1)), [2]),
    (filters(item(Column.id, Operator.EQUAL, 1), item(Column.id, Operator.EQUAL, 5), join=Filters.OR), [1, 5]),
    (filters(), [1, 2, 3, 4, 5, 6]),
    ({"filters": None, "ordering": [], "selectedItems": ALL}, [1, 2, 3, 4, 5, 6]),
    ({"selectedItems": {"all": True, "excluded": [1, 2]}}, [3, 4, 5, 6]),
    ({"selectedItems": {"all": False, "included": [2, 6]}}, [2, 6]),
    ({"selectedItems": {"all": False, "included": []}}, []),
    ({"ordering": ["-tasks:id"], "selectedItems": {"all": False, "included": [2, 6]}}, [6, 2]),
    ({"ordering": ["-" + Column.total_annotations]}, [2, 1, 3, 4, 5, 6]),
    ({"ordering": ["created_at"]}, [1, 2, 3, 4, 5, 6]),
]


@each("query,ids", FOUND)
def test_what_is_understood_is_obeyed(
    alice_api: Script, five: dict[str, Any], query: dict[str, Any], ids: list[int]
) -> None:
    assert found(alice_api, query) == ids
    assert found(alice_api, query, "&project=1") == [task_id for task_id in ids if task_id != 6]
    assert found(alice_api, query, "&only_annotated=true") == [task_id for task_id in ids if task_id == 2]


REFUSED: list[Any] = [
    filters(item(Column.agreement, Operator.EQUAL, 1)),
    filters(item(Column.data("text"), Operator.EQUAL, "b")),
    filters(item(Column.id, Operator.REGEX, "1")),
    filters(item(Column.id, Operator.EMPTY, True)),
    filters(item(Column.completed_at, Operator.GREATER, EARLY)),
    filters(item(Column.id, Operator.EQUAL, True)),
    filters(item(Column.id, Operator.EQUAL, None)),
    filters(item(Column.id, Operator.EQUAL, 2**70)),
    filters(item(Column.id, Operator.IN, {"min": 1})),
    filters(item(Column.id, Operator.IN_LIST, list(range(1001)))),
    filters(item(Column.created_at, Operator.EQUAL, "yesterday")),
    filters(*[item(Column.id, Operator.EQUAL, 1)] * 21),
    filters({**item(Column.id, Operator.EQUAL, 1), "child_filter": {}}),
    {"filters": {"conjunction": "xor", "items": []}},
    {"filter": {}},
    {"ordering": ["data.text"]},
    {"ordering": ["id", "created_at"]},
    {"selectedItems": {"all": False}},
    {"selectedItems": {"all": True, "included": [1]}},
    {"selectedItems": {"all": False, "included": [1], "excluded": [2]}},
    [],
    1,
]


@each("query", REFUSED)
def test_what_is_not_understood_is_refused(alice_api: Script, five: dict[str, Any], query: Any) -> None:
    assert list(alice_api.get(path(query), 400)["validation_errors"]) == ["query"]


@each("query", ["x", "{", "[" * 5000, '{"filters": NaN}', "%00"])
def test_what_is_not_json_is_refused(alice_api: Script, query: str) -> None:
    assert list(alice_api.get(f"{LIST}?query={query}", 400)["validation_errors"]) == ["query"]


def test_the_message_names_column_and_operator(alice_api: Script) -> None:
    refused = alice_api.get(path(filters(item(Column.agreement, Operator.EQUAL, 1))), 400)
    assert "filter:tasks:agreement equal: This filter is not understood." in refused["validation_errors"]["query"][0]


def test_only_the_last_page_ends_the_pagination(alice_api: Script, five: dict[str, Any]) -> None:
    ends = [alice_api.get(f"{LIST}?page_size=4&page={page}")["end_pagination"] for page in (1, 2, 3)]
    assert ends == [False, True, True]


def delete(alice_api: Script, body: Any, query: str = "id=delete_tasks&project=1", status: int = 200) -> Any:
    return alice_api.send("POST", f"{ACTIONS}?{query}", body, status)


def left(alice_api: Script) -> list[int]:
    return [task["id"] for task in alice_api.get(LIST)["tasks"]]


def test_selected_tasks_of_the_project_are_deleted(alice_api: Script, five: dict[str, Any]) -> None:
    done = delete(alice_api, {"selectedItems": {"all": False, "included": [2, 3, 6, 99]}, "project": 1})
    assert done == {"processed_items": 2, "detail": "Deleted 2 tasks"}
    assert left(alice_api) == [1, 4, 5, 6]
    project = alice_api.get("/api/projects/1/")
    assert (project["task_number"], project["total_annotations_number"]) == (3, 0)
    only = filters(item(Column.id, Operator.LESS, 5))
    assert delete(alice_api, {**only, "selectedItems": {"all": True, "excluded": [1]}})["processed_items"] == 1
    assert left(alice_api) == [1, 5, 6]
    assert delete(alice_api, {"selectedItems": ALL})["processed_items"] == 2
    assert delete(alice_api, {"selectedItems": ALL})["processed_items"] == 0
    assert left(alice_api) == [6]


@each(
    "body,query",
    [
        ({}, "id=delete_tasks&project=1"),
        ({"selectedItems": ALL, "filter": {}}, "id=delete_tasks&project=1"),
        ({"selectedItems": ALL, **filters(item(Column.agreement, "equal", 1))}, "id=delete_tasks&project=1"),
        ({"selectedItems": ALL, "project": 2}, "id=delete_tasks&project=1"),
        ({"selectedItems": ALL}, "id=delete_tasks&project=1&view=3"),
        ({"selectedItems": ALL}, "id=delete_tasks&project=1&project=2"),
        ({"selectedItems": ALL}, "id=delete_annotations&project=1"),
        ({"selectedItems": ALL}, "id=delete_tasks"),
        ({"selectedItems": {"all": "false", "included": [1]}}, "id=delete_tasks&project=1"),
    ],
)
def test_a_deletion_that_is_not_understood_deletes_nothing(
    alice_api: Script, five: dict[str, Any], body: dict[str, Any], query: str
) -> None:
    assert delete(alice_api, body, query, 400)["validation_errors"]
    assert left(alice_api) == [1, 2, 3, 4, 5, 6]


def test_tasks_of_an_unknown_project_are_not_found(alice_api: Script) -> None:
    assert delete(alice_api, {"selectedItems": ALL}, "id=delete_tasks&project=9", 404) == NOT_FOUND
