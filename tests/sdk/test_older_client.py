"""The SDK's older client, `from label_studio_sdk import Client`: what works, and what is refused plainly."""

import inspect
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import requests
from label_studio_sdk import Client, LabelStudio
from label_studio_sdk._legacy.project import Project
from label_studio_sdk.core.api_error import ApiError
from label_studio_sdk.data_manager import Column, Filters, Operator, Type

from ls.version import VERSION
from tests.cast import PASSWORD
from tests.server import RunningServer

pytestmark = [
    pytest.mark.sdk,
    pytest.mark.filterwarnings("ignore:The `parse_obj` method is deprecated"),
    pytest.mark.filterwarnings("ignore:Support for class-based `config` is deprecated"),
]

EMAIL, TOKEN = "anna@example.org", "sdk-token-0123456789"
LOCAL = {"get_session", "get_url", "make_request", "log_response_error", "get_files_from_tasks", "parsed_label_config"}
TESTED = {
    *("check_connection", "get_versions", "get_organization", "get_users", "create_user"),
    *("create_project", "start_project", "get_project", "get_projects", "list_projects", "delete_project"),
    *(
        "delete_all_projects",
        "get_params",
        "update_params",
        "set_params",
        "set_published",
        "set_sampling",
        "set_model_version",
    ),
    *("import_tasks", "get_tasks", "get_tasks_ids", "get_paginated_tasks", "get_paginated_tasks_ids", "tasks"),
    *("tasks_ids", "get_labeled_tasks", "get_labeled_tasks_ids", "get_unlabeled_tasks", "get_unlabeled_tasks_ids"),
    *("get_task", "update_task", "delete_task", "delete_tasks", "delete_all_tasks"),
    *("create_annotation", "list_annotations", "get_annotation", "update_annotation", "delete_annotation"),
}
# Storages, predictions, exports, views, assignments and project members, of which there are none here.
MISSING: dict[str, Callable[[Project], object]] = {
    "sync_storage": lambda p: p.sync_storage("s3", 1),
    "connect_azure_export_storage": lambda p: p.connect_azure_export_storage("c", account_name="a", account_key="k"),
    "connect_azure_import_storage": lambda p: p.connect_azure_import_storage("c", account_name="a", account_key="k"),
    "connect_google_export_storage": lambda p: p.connect_google_export_storage(
        "b", google_application_credentials="{}"
    ),
    "connect_google_import_storage": lambda p: p.connect_google_import_storage("b"),
    "connect_local_import_storage": lambda p: p.connect_local_import_storage(str(Path(__file__).parent)),
    "connect_s3_export_storage": lambda p: p.connect_s3_export_storage("b"),
    "connect_s3_import_storage": lambda p: p.connect_s3_import_storage("b"),
    "connect_s3s_iam_import_storage": lambda p: p.connect_s3s_iam_import_storage("arn", "b"),
    "get_export_storages": lambda p: p.get_export_storages(),
    "get_import_storages": lambda p: p.get_import_storages(),
    "sync_export_storage": lambda p: p.sync_export_storage("s3", 1),
    "sync_import_storage": lambda p: p.sync_import_storage("s3", 1),
    "create_prediction": lambda p: p.create_prediction(1, []),
    "create_predictions": lambda p: p.create_predictions([]),
    "get_model_versions": lambda p: p.get_model_versions(),
    "get_predictions_coverage": lambda p: p.get_predictions_coverage(),
    "export": lambda p: p.export(),
    "export_tasks": lambda p: p.export_tasks(),
    "export_snapshot_create": lambda p: p.export_snapshot_create("t"),
    "export_snapshot_delete": lambda p: p.export_snapshot_delete(1),
    "export_snapshot_download": lambda p: p.export_snapshot_download(1),
    "export_snapshot_list": lambda p: p.export_snapshot_list(),
    "export_snapshot_status": lambda p: p.export_snapshot_status(1),
    "create_view": lambda p: p.create_view({}),
    "delete_view": lambda p: p.delete_view(1),
    "get_views": lambda p: p.get_views(),
    "add_member": lambda p: p.add_member(p.get_users()[0]),
    "assign_annotators": lambda p: p.assign_annotators([], [1]),
    "assign_reviewers": lambda p: p.assign_reviewers([], [1]),
    "assign_annotators_by_sampling": lambda p: p.assign_annotators_by_sampling(p.get_users()),
    "assign_reviewers_by_sampling": lambda p: p.assign_reviewers_by_sampling(p.get_users()),
}
# Actions on many tasks: only their deletion is known.
REFUSED: dict[str, Callable[[Project], object]] = {
    "create_annotations_from_predictions": lambda p: p.create_annotations_from_predictions(),
    "delete_annotators_assignment": lambda p: p.delete_annotators_assignment([1]),
    "delete_reviewers_assignment": lambda p: p.delete_reviewers_assignment([1]),
}
# The client itself raises, before or after it asks.
NEVER = {
    "get_members": "of the commercial edition",
    "get_workspaces": "of the commercial edition",
    "get_workspace_by_title": "of the commercial edition",
    "get_predictions_conflict": "not implemented in the client",
    "get_predictions_precision": "not implemented in the client",
    "get_api_key": "posts Label Studio's own login form; log in with the token",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    settings = {"USERNAME": EMAIL, "PASSWORD": PASSWORD, "USER_TOKEN": TOKEN}
    with RunningServer(tmp_path_factory.mktemp("older"), workers=1, **settings) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: RunningServer) -> Iterator[Client]:
    with requests.Session() as session:
        yield Client(url=server.url, api_key=TOKEN, session=session)


@pytest.fixture(scope="module")
def newer(server: RunningServer) -> Iterator[LabelStudio]:
    with httpx.Client(timeout=30) as http:
        yield LabelStudio(base_url=server.url, api_key=TOKEN, httpx_client=http)


@pytest.fixture
def project(client: Client) -> Iterator[Project]:
    made = client.start_project(title="Street scenes", label_config="<View></View>")
    yield made
    client.delete_project(made.id)


def test_every_method_is_in_one_table() -> None:
    names = {
        name
        for of in (Client, Project)
        for name, _ in inspect.getmembers(of, lambda member: inspect.isfunction(member) or isinstance(member, property))
        if not name.startswith("_")
    }
    tables = [LOCAL, TESTED, set(MISSING), set(REFUSED), set(NEVER)]
    assert set().union(*tables) == names
    assert sum(map(len, tables)) == len(names)


def test_it_connects(client: Client) -> None:
    assert client.check_connection() == {"status": "UP"}
    assert client.get_versions()["release"] == VERSION
    assert not client.is_enterprise
    assert client.get_organization()["id"] == 1


def test_people(client: Client) -> None:
    made = client.create_user({"email": "bob@example.org", "username": "bob"})
    assert made.email == "bob@example.org"
    assert client.create_user(made) is None
    assert [user.email for user in client.get_users()] == [EMAIL, "bob@example.org"]


def test_projects(client: Client) -> None:
    made = client.create_project(title="First")
    client.start_project(title="Second")
    assert client.get_project(made.id).get_params()["title"] == "First"
    assert {project.title for project in client.get_projects()} == {"First", "Second"}
    assert [project.title for project in client.list_projects(title="fir")] == ["First"]
    made.set_params(title="Third")
    made.set_published(True)
    made.update_params()
    assert (made.title, made.is_published) == ("Third", True)
    client.delete_project(made.id)
    assert [project.title for project in client.list_projects()] == ["Second"]
    client.delete_all_projects()
    assert client.list_projects() == []


def test_options_of_a_project(project: Project) -> None:
    project.set_sampling(type("Sampling", (), {"value": "Uniform sampling"}))
    project.set_model_version("m")
    changed = project.get_params()
    assert (changed["sampling"], changed["model_version"]) == ("Uniform sampling", "m")


@pytest.mark.parametrize("number", [0, 2, 100, 250])
def test_the_loop_over_tasks_ends_with_all_of_them(project: Project, number: int) -> None:
    ids = project.import_tasks([{"text": str(n)} for n in range(number)]) if number else []
    assert [task["id"] for task in project.get_tasks()] == ids
    assert project.get_tasks_ids() == project.tasks_ids == ids
    assert len(project.tasks) == number
    assert project.get_paginated_tasks(page=9)["tasks"] == []
    assert project.get_paginated_tasks_ids(page_size=10_000_000)["tasks"] == ids


@pytest.mark.parametrize("number", [0, 2, 100, 101])
def test_the_newer_clients_loop_ends_with_all_of_them(newer: LabelStudio, project: Project, number: int) -> None:
    ids = project.import_tasks([{"text": str(n)} for n in range(number)]) if number else []
    listed = newer.tasks.list(project=project.id, page_size=100)
    assert [task.id for task in listed] == ids
    assert [task.id for page in listed.iter_pages() for task in page.items or []] == ids
    assert [task.id for task in newer.tasks.list(project=project.id, page_size=10_000_000)] == ids


def test_a_page_of_ten_million_is_one_of_a_thousand(newer: LabelStudio, project: Project) -> None:
    ids = project.import_tasks([{"text": str(n)} for n in range(1001)])
    pages = [project.get_paginated_tasks_ids(page=page, page_size=10_000_000) for page in (1, 2)]
    assert [page["tasks"] for page in pages] == [ids[:1000], ids[1000:]]
    assert [page["end_pagination"] for page in pages] == [False, True]
    assert [task.id for task in newer.tasks.list(project=project.id, page_size=10_000_000)] == ids


def test_filters_selection_and_order(project: Project) -> None:
    ids = project.import_tasks([{"text": str(n)} for n in range(4)])
    project.create_annotation(ids[1], result=[])
    third = Filters.create(Filters.AND, [Filters.item(Column.id, Operator.EQUAL, Type.Number, ids[2])])
    assert [task["id"] for task in project.get_tasks(filters=third)] == [ids[2]]
    assert project.get_tasks(selected_ids=ids[:2], ordering=["-tasks:id"], only_ids=True) == [ids[1], ids[0]]
    assert project.get_labeled_tasks_ids() == [task["id"] for task in project.get_labeled_tasks()] == [ids[1]]
    assert project.get_unlabeled_tasks_ids() == [task["id"] for task in project.get_unlabeled_tasks()]
    assert ids[1] not in project.get_unlabeled_tasks_ids()
    assert project.get_tasks(view_id=1) == []  # the loop takes a refusal for the end


def test_a_task_and_its_annotations(project: Project) -> None:
    first, *rest = project.import_tasks([{"text": str(n)} for n in range(6)])
    assert project.update_task(first, data={"text": "x"})["data"] == project.get_task(first)["data"] == {"text": "x"}
    made = project.create_annotation(first, result=[{"value": 1}])
    assert project.list_annotations(first) == [project.get_annotation(made["id"])]
    assert project.update_annotation(made["id"], was_cancelled=True)["was_cancelled"]
    assert project.delete_annotation(made["id"]) == 204
    project.delete_task(first)
    project.delete_tasks(rest[:2])
    project.delete_tasks([])
    assert project.get_tasks_ids() == rest[2:]
    project.delete_all_tasks(excluded_ids=[rest[-1]])
    assert project.get_tasks_ids() == [rest[-1]]


@pytest.mark.parametrize(("name", "status"), [*((name, 404) for name in MISSING), *((name, 400) for name in REFUSED)])
def test_what_this_server_lacks_is_said(
    project: Project, monkeypatch: pytest.MonkeyPatch, name: str, status: int
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT", str(Path(__file__).parent.parent))
    project.import_tasks([{"text": "a"}])
    with pytest.raises(requests.HTTPError) as refused:
        {**MISSING, **REFUSED}[name](project)
    assert refused.value.response.status_code == status
    answer = json.loads(refused.value.response.text)
    assert answer == {"detail": "Not found."} if status == 404 else list(answer["validation_errors"]) == ["id"]


def test_the_newer_client_is_told_of_a_filter_that_is_not_understood(newer: LabelStudio, project: Project) -> None:
    assert newer.versions.get().release == VERSION
    for call in (
        lambda: newer.tasks.list(project=project.id, view=1),
        lambda: newer.projects.list(state="x"),
        lambda: newer.organizations.members.list(id=1, role=["AN"]),
    ):
        with pytest.raises(ApiError) as refused:
            list(call())
        assert refused.value.status_code == 400
    assert [found.id for found in newer.projects.list(ids=str(project.id))] == [project.id]
