# The two commands: `make start` and `make test`. The rest is for those who work on the product.
# `make start PORT=9000`, `make start ARGS="--workers 4"`, `make unit ARGS="tests/test_signup.py -x"`.
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
SIDE_BY_SIDE ?= --numprocesses=4
PORT ?=

.PHONY: start test lint unit test-postgres bench walks torture mutation messages extract routes clean

start: .venv/runs
	@$(BIN)/python $(BIN)/roster start $(if $(PORT),--port $(PORT)) $(ARGS)

# Scripts in .venv name its folder: one that was moved gives them its new name, and `roster` is made anew, as is what does
# not run any more.
MADE_IN := $(shell sed -n 's/^command = .* -m venv \(--[a-z-]* \)*//p' .venv/pyvenv.cfg 2>/dev/null)
IS_IN := $(realpath .venv)
ifneq ($(MADE_IN),$(if $(MADE_IN),$(IS_IN)))
$(shell grep -rlIF "$(MADE_IN)" .venv/bin .venv/pyvenv.cfg | xargs -r sed -i "s|$(MADE_IN)|$(IS_IN)|g")
$(shell rm -f .venv/runs)
endif
$(shell test ! -e .venv/runs || $(BIN)/python -c "import flask" 2>/dev/null || rm -rf .venv)

.venv/bin/python:
	@$(PYTHON) -m venv .venv || { echo "Python's venv module is missing. On Debian: apt-get install python3-venv"; rm -rf .venv; exit 1; }

# The second line makes the command `roster`, with nothing from the network.
.venv/runs: .venv/bin/python requirements.txt pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/tests: .venv/runs requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

# Debian's packages that tests drive: a browser, a database server, a proxy, a pooler, a mail server.
.PHONY: tools
tools:
	@sh tests/tools.sh chromium:chromium nginx:nginx initdb:postgresql pgbouncer:pgbouncer
	@sh tests/tools.sh exim4:exim4-daemon-light || echo "exim4 is not installed: another mail server would have to go."
	@sh tests/tools.sh caddy:caddy || echo "Caddy is not installed: its sample is not tested."

lint: .venv/tests
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/djlint --lint --quiet ls/templates

test: .venv/tests tools lint unit

# Four processes, which wait for servers much of the time; the tests of a file stay together, as they share a server.
unit: .venv/tests
	$(BIN)/pytest $(SIDE_BY_SIDE) $(ARGS)

# What asks no database, or one of its own, is tested once, with SQLite.
ONCE := config images security guard/test_forgeries.py mail/test_exim.py mail/test_smtp.py \
	$(addprefix web/test_,$(addsuffix .py,errors i18n proxy request_log responses security_headers translations)) \
	$(addprefix cli/test_,$(addsuffix .py,env_file prompts stopping warnings)) \
	$(addprefix safety/test_,$(addsuffix .py,allow_lists every_route schemathesis)) \
	label_studio/test_bad_sources.py label_studio/test_source.py label_studio/test_traps.py \
	$(addprefix test_,$(addsuffix .py,architecture command container deploy documentation examples folding \
	import_memory makefile names side_by_side slow_clients spreadsheet walks worker))

test-postgres: .venv/tests tools
	$(BIN)/python tests/with_postgres.py $(BIN)/pytest $(SIDE_BY_SIDE) -m "not browser and not sdk and not sqlite" \
		$(addprefix --ignore=tests/,$(ONCE)) $(ARGS)

bench: .venv/tests
	@sh tests/tools.sh wrk:wrk
	$(BIN)/python -m bench $(ARGS)

# The files of ours that four requests pass.
walks: .venv/tests
	$(BIN)/python -m bench.walks $(ARGS)

# Switches each guard off, and shows which tests notice.
mutation: .venv/tests
	$(BIN)/python -m tests.mutation $(ARGS)

torture: .venv/tests tools
	$(BIN)/python -m tests.torture $(ARGS)

# An unmodified Label Studio behind nginx and Roster, in Chromium; pictures are kept in GUARD_STORY/pictures.
GUARD_STORY ?= build/guard-story
.PHONY: guard-story
guard-story: .venv/tests tools $(GUARD_STORY)/venv/bin/label-studio
	$(BIN)/python -m tests.guard.story $(GUARD_STORY)

$(GUARD_STORY)/venv/bin/label-studio:
	@$(PYTHON) -m venv $(GUARD_STORY)/venv
	@$(GUARD_STORY)/venv/bin/pip install --quiet --disable-pip-version-check label-studio==1.23.2

# Collects the strings of code and templates into the catalogue, and compiles it.
messages: .venv/tests extract
	$(BIN)/pybabel --quiet update --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date -w 110 -l zh_Hans -i $(POT) -d ls/translations
	$(BIN)/pybabel --quiet compile -l zh_Hans -d ls/translations
	@rm $(POT)

POT ?= messages.pot
extract:
	@$(BIN)/pybabel --quiet extract -F babel.cfg -k _l -k lazy_gettext -k N_ --no-location -o $(POT) .

# Writes tests/routes.txt anew, the list of every route and of those open to everybody.
routes: .venv/tests
	WRITE_ROUTES=1 $(BIN)/pytest -q tests/test_architecture.py -k route_table

# The container's image; deploy/compose.yaml runs it behind Caddy.
.PHONY: image
image:
	@command -v docker >/dev/null || { echo "Docker is not installed here: https://docs.docker.com/engine/install/" >&2; exit 1; }
	docker build -f deploy/Dockerfile -t roster .

clean:
	rm -rf .venv instance .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
