"""`make` in a folder that was moved after its first start."""

from pathlib import Path

from tests.test_command import copy_project, install, make_venv, run


def test_commands_work_in_a_folder_that_was_moved(tmp_path: Path) -> None:
    first, second = tmp_path / "one", tmp_path / "two folders on"
    programs = make_venv(copy_project(first) / ".venv")
    install(programs, "--editable", first)
    script = programs / "flask"
    script.write_text(
        f"#!/bin/sh\n'''exec' \"{programs}/python\" \"$0\" \"$@\"\n' '''\nimport flask.cli as c\nc.main()\n"
    )
    script.chmod(0o755)
    (first / ".venv" / "runs").touch()
    first.rename(second)
    settings = {"LABEL_STUDIO_LISTEN": "192.0.2.1"}
    for command in (["make", "start"], [".venv/bin/roster", "start"], [".venv/bin/flask", "start", "--no-browser"]):
        done = run(*command, cwd=second, **settings)
        assert "Cannot listen on 192.0.2.1:8080" in done.stderr
    assert (second / "instance" / "roster.sqlite3").exists()
    elsewhere = run(second / ".venv/bin/roster", "check", "--verbose", cwd=tmp_path)
    assert f"Data folder: {second}/instance," in elsewhere.stderr
    scripts = [second / ".venv" / "bin" / "activate", *second.glob(".venv/lib/*/site-packages/*.pth")]
    assert not [path for path in scripts if str(first) in path.read_text()]
