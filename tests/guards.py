"""The guards of the product, each with the code that switches it off and the tests that have to notice."""

from dataclasses import dataclass
from pathlib import Path

AVATAR = "tests/images/test_avatar.py"
BACKUP = "tests/backup/test_backup.py"
CREDENTIALS = "tests/api/test_credentials.py"
CSRF = "tests/web/test_csrf.py"
DEACTIVATION = "tests/accounts/test_deactivation.py"
EVERY_ROUTE = "tests/safety/test_every_route.py"
LOGGED_OUT = f"{EVERY_ROUTE}::test_nobody_comes_in_without_signing_in"
MEANWHILE = "tests/safety/test_late_writes.py::test_who_is_out_between_guard_and_lock_changes_nothing"
OWNERSHIP = f"{EVERY_ROUTE}::test_what_belongs_to_another_is_refused"
INVITATIONS = "tests/accounts/test_invitations.py"
IMPORT_AUTHORS = "tests/projects/test_import_authors.py"
IMPORT_PEOPLE = "tests/accounts/test_import_people.py"
PEOPLE_CSV = "tests/pages/test_people_csv.py"
IMPORTS = "tests/api/test_import.py"
PROFILE = "tests/pages/test_settings_profile.py"
LOGIN = "tests/accounts/test_login.py"
MAIL = "tests/mail/test_sending.py"
MAIL_SERVER = "tests/mail/test_smtp.py"
MOVED_MAIL = "tests/mail/test_moved_data.py"
MEMORY = "tests/test_import_memory.py"
METRICS = "tests/web/test_metrics.py"
MEMBERSHIP = "tests/accounts/test_membership.py"
MEMBERSHIPS = "tests/api/test_memberships.py"
OWN_EMAIL = "tests/pages/test_settings_email.py"
OWN_PASSWORD = "tests/pages/test_settings_password.py"
OWN_TOKEN = "tests/pages/test_settings_personal_token.py"
POLICY = "tests/security/test_password_policy.py"
PROXY = "tests/web/test_proxy.py"
RATE_LIMIT = "tests/accounts/test_rate_limit.py"
RESPONSES = "tests/web/test_responses.py"
SECRETS = "tests/safety/test_secrets.py"
SET_UP = "tests/accounts/test_set_up.py"
SIGN_UP = "tests/accounts/test_sign_up.py"
QUERIES = "tests/api/test_queries.py"
TOKENS = "tests/api/test_tokens.py"
TOKEN_GUESSES = "tests/api/test_token_guesses.py"
ALLOW_LISTS = "tests/safety/test_allow_lists.py"
ANSWERS = "tests/safety/test_every_answer.py"
ACCESS = "tests/safety/test_access.py"
SESSIONS = "tests/safety/test_sessions.py"
PASSWORDS = "tests/safety/test_passwords_everywhere.py"
PAST = "tests/safety/test_past_failures.py"
FORGOTTEN = "tests/accounts/test_forgotten_password.py"
EMAIL_LINKS = "tests/accounts/test_email_links.py"
NOTICES = "tests/accounts/test_notices.py"
CONFIRMATION = "tests/accounts/test_confirmation.py"
HIDDEN = "tests/safety/test_hidden_projects.py"
DOOR, WAY_BACK = "tests/guard/test_check.py", "tests/guard/test_way_back.py"
LABEL_STUDIO = "ls/label_studio"
BAD_SOURCES = "tests/label_studio/test_bad_sources.py"
NOTHING = "tests/label_studio/test_all_or_nothing.py"
SOURCE = "tests/label_studio/test_source.py"
TRAPS = "tests/label_studio/test_traps.py"


@dataclass(frozen=True, slots=True)
class Guard:
    """A text that stands exactly once in a file, and what stands there when the guard is switched off."""

    name: str
    file: str
    text: str
    instead: str
    tests: tuple[str, ...] = (EVERY_ROUTE,)

    def is_there(self, root: Path) -> bool:
        """Does the text stand in the file exactly once?"""
        return (root / self.file).read_text().count(self.text) == 1


CSRF_OFF = "current_app.config['WTF_CSRF_ENABLED'] = False\n    "
CSRF_PY, AUTH, PROXY_PY = "ls/web/csrf.py", "ls/web/auth.py", "ls/web/proxy.py"
LIMITS, JWT, ORGANIZATION = "ls/accounts/rate_limit.py", "ls/accounts/jwt_tokens.py", "ls/models/organization.py"
INVITATION = "ls/models/invitation.py"
ARCHIVE = "ls/backup/archive_rows.py"
CHANGE_EMAIL, LINKS, CODES = (
    "ls/accounts/change_email.py",
    "ls/accounts/password_links.py",
    "ls/models/one_time_code.py",
)
NOT_UNDO = "        OneTimeCode.delete_for(user, OneTimeCode.purpose != UNDO"
PICTURES, POLICY_PY = "ls/images/avatar.py", "ls/security/password_policy.py"
SPREADSHEET = "ls/spreadsheet.py"
METRICS_PY = "ls/blueprints/metrics/views.py"
PROJECT = "ls/models/project.py"
RECENT = "ls/blueprints/guard/recent.py"

GUARDS = (
    # Who sends a request
    Guard("CSRF token, everywhere", CSRF_PY, "try:\n        csrf.protect()", CSRF_OFF + "try:\n        pass"),
    Guard("CSRF token, where no form checks it", CSRF_PY, "csrf.protect()", "pass"),
    Guard("cross-origin check", CSRF_PY, "not _is_this_site(seen)", "False", (CSRF,)),
    Guard("sign-in guard", AUTH, "return login_manager.unauthorized()", "return None", (LOGGED_OUT,)),
    Guard(
        "closed by default",
        AUTH,
        'getattr(view, "is_public", False), ',
        'getattr(view, "is_public", True), ',
        (LOGGED_OUT,),
    ),
    Guard("status read again in the write", AUTH, "    .where(User.status == ACTIVE)\n", "", (MEANWHILE,)),
    Guard(
        "session looked up by its digest",
        AUTH,
        'LoginSession.digest == bindparam("key")',
        "LoginSession.id > 0",
        (SESSIONS,),
    ),
    Guard(
        "API token looked up by its hash",
        AUTH,
        'ApiToken.lookup == bindparam("key")',
        "User.id > 0",
        (CREDENTIALS,),
    ),
    Guard(
        "API tokens switched off",
        AUTH,
        "found is not None and found.organization.api_tokens_enabled",
        "found",
        (TOKENS,),
    ),
    Guard(
        "login read again in the write",
        AUTH,
        "        user = authenticate(lock=True)",
        "        user = current_user._get_current_object()",
        (MEANWHILE,),
    ),
    Guard(
        "credential read again under the lock (PostgreSQL)",
        AUTH,
        "_authenticate(lock=True) if found is not None and lock else found",
        "found",
        (MEANWHILE,),
    ),
    Guard(
        "options merged under the lock (PostgreSQL)",
        "ls/blueprints/api/projects.py",
        "project = Project.lock_for_update(project_id)",
        "project = Project.find(project_id)",
        ("tests/safety/test_lost_updates.py",),
    ),
    Guard(
        "deadlocks tried once more",
        "ls/web/retry.py",
        "not lost_to_another(error)",
        "True",
        ("tests/db/test_deadlock.py",),
    ),
    Guard("sessions end when idle", ORGANIZATION, " or moment - login.last_seen >= self.max_idle", "", (SESSIONS,)),
    Guard(
        "sessions end when old", ORGANIZATION, "moment - login.created_at >= self.max_session_age or ", "", (SESSIONS,)
    ),
    Guard("a new cookie at log-in", AUTH, "    session.clear()\n", "", (SESSIONS,)),
    # What belongs to one member
    Guard(
        "own profile and picture only",
        "ls/blueprints/api/users.py",
        "if user_id != current_user.id:",
        "if False:",
        (OWNERSHIP,),
    ),
    Guard("own sessions only", "ls/models/login_session.py", "cls.user_id == user.id, ", "", (OWNERSHIP,)),
    Guard(
        "own personal token only: rotate",
        JWT,
        "row.user_id != user.id:\n        raise DomainError",
        "False:\n        raise DomainError",
        (OWNERSHIP,),
    ),
    Guard(
        "own personal token only: end",
        JWT,
        "row.user_id != user.id:\n        raise NotFound",
        "False:\n        raise NotFound",
        (OWNERSHIP,),
    ),
    Guard(
        "last active member stays",
        "ls/accounts/deletion.py",
        "if others.first() is None:",
        "if False:",
        (MEMBERSHIP,),
    ),
    Guard(
        "not oneself",
        "ls/accounts/deletion.py",
        "if audit_context().actor_id == user.id:",
        "if False:",
        (DEACTIVATION,),
    ),
    Guard(
        "sessions end with the account",
        "ls/accounts/deletion.py",
        "    LoginSession.delete_for(user)\n",
        "",
        (SESSIONS,),
    ),
    Guard(
        "sessions end with the password",
        "ls/accounts/change_password.py",
        "    LoginSession.delete_for(",
        "    (",
        (SESSIONS,),
    ),
    # Passwords, tokens and links
    Guard(
        "current password asked for",
        "ls/accounts/change_password.py",
        "not passwords.verify(old_hash, current)",
        "False",
        (OWN_PASSWORD,),
    ),
    Guard(
        "password not changed meanwhile",
        "ls/accounts/change_password.py",
        "user.password_hash != self.old_hash",
        "False",
        (OWN_PASSWORD,),
    ),
    Guard(
        "email: password not changed meanwhile",
        CHANGE_EMAIL,
        "user.password_hash != self.old_hash",
        "False",
        (OWN_EMAIL,),
    ),
    Guard("email: taken", CHANGE_EMAIL, "check_available(key, to=user)", "pass", (OWN_EMAIL,)),
    Guard(
        "email: links that went to the old one",
        CHANGE_EMAIL,
        f"{NOT_UNDO})\n        Event",
        "        Event",
        (OWN_EMAIL,),
    ),
    Guard(
        "email: confirmed before it counts", CHANGE_EMAIL, "mail_is_set_up() and self", "False and self", (EMAIL_LINKS,)
    ),
    Guard("email: undo ends sessions", CHANGE_EMAIL, "(PersonalToken, LoginSession)", "()", (EMAIL_LINKS,)),
    Guard("email: undo ends the API token", CHANGE_EMAIL, "    ApiToken.issue(user)\n", "", (EMAIL_LINKS,)),
    Guard(
        "email: held for who may take it back",
        CODES,
        "if (key := email_key(email))}",
        "if (key := None)}",
        (EMAIL_LINKS,),
    ),
    Guard(
        "invitations end with who made them",
        "ls/accounts/deletion.py",
        "        invitation.revoke()",
        "        pass",
        (DEACTIVATION,),
    ),
    Guard("email: undo ends the password", CHANGE_EMAIL, ", password_hash=None", "", (EMAIL_LINKS,)),
    Guard("email: undo ends newer undos", CHANGE_EMAIL, ", OneTimeCode.id > row.id", "", (EMAIL_LINKS,)),
    Guard("email: undo outlives other changes", CODES, ", cls.purpose != UNDO)", ")", (EMAIL_LINKS,)),
    Guard("links: each for its purpose", CODES, ", cls.purpose.in_(purposes)", "", (EMAIL_LINKS,)),
    Guard(
        "links: only to active members",
        CODES,
        "row.is_expired or not row.user.is_active",
        "row.is_expired",
        (FORGOTTEN,),
    ),
    Guard(
        "links: never on a request's host",
        "ls/config/address.py",
        "{base_url()}",
        "{__import__('flask').request.host_url}",
        (FORGOTTEN,),
    ),
    Guard("forgotten password: same work", LINKS, "    OneTimeCode.delete_for(NOBODY)\n", "", (FORGOTTEN,)),
    Guard(
        "forgotten password: to the address kept",
        LINKS,
        "_mail(found.email, OneTimeCode",
        "_mail(email, OneTimeCode",
        (FORGOTTEN,),
    ),
    Guard(
        "forgotten password: active accounts",
        LINKS,
        "found is not None and found.is_active",
        "found is not None",
        (FORGOTTEN,),
    ),
    Guard(
        "forgotten password: limit by account", LINKS, '"links to account", 5', '"links to account", 500', (FORGOTTEN,)
    ),
    Guard(
        "forgotten password: limit by address",
        LINKS,
        '"links from address", 30',
        '"links from address", 3000',
        (FORGOTTEN,),
    ),
    Guard(
        "sign-up: confirmed email",
        "ls/accounts/sign_in.py",
        " and (last := confirmation.waiting_since(user))",
        " and False",
        (CONFIRMATION,),
    ),
    Guard("notices: to the former address", CHANGE_EMAIL, '"email_changed", to=old,', '"email_changed",', (NOTICES,)),
    Guard("personal token: revoked by its owner", JWT, "PersonalToken.user_id == user.id,", "", (OWN_TOKEN,)),
    Guard("password policy: length", POLICY_PY, "len(plain) < minimum", "False", (POLICY,)),
    Guard(
        "password policy: well known", POLICY_PY, "_folded(plain) in _known_passwords()", "False", (POLICY, PASSWORDS)
    ),
    Guard("password policy: email", POLICY_PY, "(_is_email(plain, email), IS_EMAIL)", "(False, IS_EMAIL)", (POLICY,)),
    Guard("password policy: name", POLICY_PY, "(_is_name(plain, names), IS_NAME)", "(False, IS_NAME)", (POLICY,)),
    Guard(
        "equal work for unknown accounts",
        "ls/security/passwords.py",
        "return _verify_argon2(stored or _DUMMY, plain)",
        "return bool(stored) and _verify_argon2(stored or _DUMMY, plain)",
        (PASSWORDS,),
    ),
    Guard("personal token: expiry", JWT, ' or claims.get("exp", 0) <= utcnow().timestamp()', "", (TOKENS,)),
    Guard("personal token: kind", JWT, ' or claims.get("token_type") != "access"', "", (TOKENS,)),
    Guard(
        "personal token: ended",
        JWT,
        'PersonalToken.id == claims.get("refresh_id"), PersonalToken.blacklisted_at.is_(None)',
        'PersonalToken.id == claims.get("refresh_id")',
        (TOKENS,),
    ),
    Guard("invite token", ORGANIZATION, "not self.is_invite_token(token)", "False", (SIGN_UP,)),
    Guard("invitation: its signature", INVITATION, " and is_same_token(token, found.token)", "", (INVITATIONS,)),
    Guard(
        "invitation: time in the signature", INVITATION, "{self.id} {iso(self.created_at)}", "{self.id}", (INVITATIONS,)
    ),
    Guard("invitation: its end", INVITATION, "if why := self.ended:", "if False:", (INVITATIONS,)),
    Guard("invitation: its address", INVITATION, "if self.email_key not in {None, key}:", "if False:", (INVITATIONS,)),
    Guard(
        "invitation: in one statement",
        INVITATION,
        "Invitation.id == self.id, *self.is_pending()",
        "Invitation.id == self.id",
        (INVITATIONS,),
    ),
    Guard(
        "invitation: its address goes with the account",
        "ls/accounts/deletion.py",
        "Invitation.delete_for(user)",
        "pass",
        (INVITATIONS,),
    ),
    Guard("set-up link: its code", ORGANIZATION, "not is_same_token(code, self.setup_code)", "False", (SET_UP,)),
    Guard(
        "set-up link: until there is an account",
        ORGANIZATION,
        "if self.is_founded:\n            raise AlreadySetUp",
        "if False:\n            pass",
        (SET_UP,),
    ),
    Guard(
        "set-up link: of twenty at once one founds",
        "ls/blueprints/auth/views.py",
        "account, invitation=_check_link(code))",
        "account, invitation=None)",
        (SET_UP,),
    ),
    Guard("closed sign-up", ORGANIZATION, "token is None and self.signup_is_closed", "False", (SIGN_UP,)),
    Guard(
        "set-password link: age",
        "ls/models/one_time_code.py",
        " or row.is_expired",
        "",
        (FORGOTTEN,),
    ),
    Guard(
        "set-password link: once",
        "ls/models/one_time_code.py",
        "not cls.delete_for(row.user, cls.id == row.id)",
        "False",
        (EMAIL_LINKS,),
    ),
    # Guessing
    Guard(
        "limit: account from an address",
        LIMITS,
        '"account from address", 10,',
        '"account from address", 30,',
        (RATE_LIMIT,),
    ),
    Guard("limit: address", LIMITS, '"address", 60,', '"address", 180,', (RATE_LIMIT,)),
    Guard(
        "limit: account under attack",
        LIMITS,
        '"account under attack", 3,',
        '"account under attack", 9,',
        (RATE_LIMIT,),
    ),
    Guard("limit: token", LIMITS, '"token", 50,', '"token", 150,', (TOKEN_GUESSES,)),
    Guard(
        "a right guess is slowed too",
        "ls/accounts/token_guesses.py",
        "            raise\n",
        "            pass\n",
        (TOKEN_GUESSES,),
    ),
    Guard("limit: sign-up", LIMITS, '"sign-up", 100,', '"sign-up", 300,', (RATE_LIMIT,)),
    Guard("limit: own password", LIMITS, '"own password", 10,', '"own password", 30,', (OWN_PASSWORD,)),
    Guard(
        "limit: IPv6 networks",
        LIMITS,
        'ip_network((address.partition("%")[0], 64), strict=False)',
        "parsed",
        (RATE_LIMIT,),
    ),
    # What is read from a request
    Guard("next is a path of this site", "ls/web/htmx.py", ' or target.startswith(("//", "/\\\\"))', "", (LOGIN,)),
    Guard(
        "no control characters in next",
        "ls/web/htmx.py",
        "if any(ord(letter)",
        "if False and any(ord(letter)",
        (LOGIN,),
    ),
    Guard(
        "host of the settings only",
        PROXY_PY,
        "if any(_canonical(host",
        "if True or any(_canonical(host",
        (ANSWERS, PROXY),
    ),
    Guard("own names only, without HOST", PROXY_PY, "or is_own_name(seen[0], self", "or True or (self", (PROXY,)),
    Guard(
        "loopback names only, on loopback",
        "ls/web/own_names.py",
        "if listener is not None and listener.is_loopback:",
        "if False:",
        (PROXY,),
    ),
    Guard(
        "a claimed proxy does not lift the limits of an account",
        LIMITS,
        "if bucket.limit.of_address and audit_context().is_shared:",
        "if audit_context().is_shared:",
        (RATE_LIMIT,),
    ),
    Guard(
        "only a proxy inside of the network is shared",
        PROXY_PY,
        "parsed is None or parsed.is_global or is_in(address, self._trusted)",
        "False",
        (PROXY, RATE_LIMIT),
    ),
    Guard(
        "a cookie name of one's own",
        "ls/security/secret_key.py",
        "_{cookie_suffix(key, config['HOST'])}",
        "",
        ("tests/test_side_by_side.py",),
    ),
    Guard("named proxies only", PROXY_PY, '(peer == "" or is_in(peer, self._trusted))', "True", (PROXY,)),
    Guard("picture: pixels", PICTURES, "_check_size(image.size, side)", "pass", (AVATAR,)),
    Guard("picture: bytes", PICTURES, "if len(data) > MAX_BYTES:", "if False:", (AVATAR,)),
    Guard("picture: formats", PICTURES, ", formats=FORMATS", "", (AVATAR,)),
    Guard(
        "sort of people: allow-list",
        "ls/blueprints/people/filter.py",
        'sort.removeprefix("-") in SORTS',
        "sort",
        (PAST,),
    ),
    Guard(
        "sort of members: allow-list",
        "ls/blueprints/api/memberships.py",
        'value.removeprefix("-") not in members.ORDERINGS',
        "False",
        (MEMBERSHIPS,),
    ),
    Guard(
        "fields of the API: allow-list",
        "ls/blueprints/api/operation.py",
        'extra="ignore"',
        'extra="allow"',
        (ALLOW_LISTS,),
    ),
    Guard(
        "query strings of the API: allow-list",
        "ls/blueprints/api/operation.py",
        'strict=False, extra="forbid"',
        'strict=False, extra="ignore"',
        (QUERIES,),
    ),
    # What is answered
    Guard(
        "escaping in templates",
        "ls/web/templates.py",
        "app.jinja_env.trim_blocks = True",
        "app.jinja_env.autoescape = False",
        (PAST,),
    ),
    Guard("formulas in CSV", SPREADSHEET, '_FORMULA.sub("\'", cell)', "cell", ("tests/pages/test_activity.py",)),
    Guard(
        "names isolated in sentences",
        "ls/names.py",
        "if _RIGHT_TO_LEFT.search(text) else text",
        "if False else text",
        ("tests/pages/test_names_on_pages.py",),
    ),
    Guard("UTF-8 in forms", CSRF_PY, "    check_text()\n", "", ("tests/web/test_broken_text.py",)),
    Guard(
        "UTF-8 in queries",
        PROXY_PY,
        "    app.before_request(refuse_broken_query)\n",
        "",
        ("tests/web/test_broken_text.py",),
    ),
    Guard(
        "full-width formulas",
        SPREADSHEET,
        '_FORMULA = re.compile(r"^(?=[=+\\-@＝＋－＠',
        '_FORMULA = re.compile(r"^(?=[=+\\-@',
        ("tests/test_spreadsheet.py",),
    ),
    Guard("security headers", "ls/web/responses.py", "if name.lower() not in present)", "if not name)", (ANSWERS,)),
    Guard(
        "pictures in a sandbox",
        "ls/blueprints/system/views.py",
        'response.headers["Content-Security-Policy"] = ',
        "_ = ",
        (PAST,),
    ),
    Guard("padding against BREACH", "ls/web/responses.py", "secrets.randbelow(100)", "0", (RESPONSES,)),
    Guard(
        "cookies for HTTP only",
        "ls/config/settings.py",
        '"SESSION_COOKIE_HTTPONLY": True',
        '"SESSION_COOKIE_HTTPONLY": False',
        (SESSIONS,),
    ),
    Guard(
        "cookies of this site only",
        "ls/config/settings.py",
        '"SESSION_COOKIE_SAMESITE": "Lax"',
        '"SESSION_COOKIE_SAMESITE": "None"',
        (SESSIONS,),
    ),
    Guard(
        "no secret in the log: names",
        "ls/web/request_log.py",
        "HIDDEN if _SECRET_NAME.search(name) else value",
        "value",
        (SECRETS, "tests/web/test_request_log.py"),
    ),
    Guard(
        "no secret in the log: paths",
        "ls/web/request_log.py",
        '_SECRET_SEGMENT = re.compile(r"[^/]{24,}")',
        '_SECRET_SEGMENT = re.compile(r"\\0")',
        (SECRETS,),
    ),
    # Other tools that a proxy guards
    Guard("a session's end at the door", RECENT, "return is_young and", "return", (DOOR,)),
    Guard("short idle limits at the door", RECENT, ">= 2 * NOTE_ACTIVITY_EVERY", "", (DOOR,)),
    Guard("API tokens switched off at the door", RECENT, ", Organization.api_tokens_enabled", "", (DOOR,)),
    Guard("dot segments in next", "ls/web/htmx.py", ' or not {".", ".."}.isdisjoint(path.split("/"))', "", (WAY_BACK,)),
    Guard("guarded paths only", "ls/web/htmx.py", 'f"{path}/".startswith(places)', "True", (WAY_BACK,)),
    # What is kept
    Guard("archives: ordinary tables only", ARCHIVE, "    if missing:\n", "    if False:\n", (BACKUP,)),
    Guard(
        "archives: stored columns only",
        ARCHIVE,
        "if reading.execute(GENERATED",
        "if False and reading.execute(GENERATED",
        (BACKUP,),
    ),
    Guard("archives: every value is checked", ARCHIVE, " and not _fits(value, column.type)", " and False", (BACKUP,)),
    Guard(
        "events are only added",
        "ls/migrations/versions/0001_first_schema.py",
        "RAISE(ABORT, 'events are append-only')",
        "1",
        ("tests/db/test_migrate.py",),
    ),
    Guard(
        "API tokens are encrypted",
        "ls/models/api_token.py",
        "keyring().encrypt(PURPOSE, token)",
        "token.encode()",
        (SECRETS,),
    ),
    Guard(
        "session tokens are hashed",
        "ls/accounts/sign_in.py",
        "digest=sha256(token.encode()).digest()",
        "digest=token.encode()",
        (SECRETS,),
    ),
    Guard(
        "deleted projects in no list",
        PROJECT,
        "VISIBLE = Project.deleted_at.is_(None)",
        "VISIBLE = Project.id > 0",
        (HIDDEN,),
    ),
    Guard("deleted projects' rows in no list", PROJECT, "owner.deleted_at.is_(None)", "owner.id > 0", (HIDDEN,)),
    Guard("deleted projects not found", PROJECT, "if project.deleted_at is not None:", "if False:", (HIDDEN,)),
    Guard(
        "deleted projects not locked", PROJECT, "statement if also_deleted else ", "statement if True else ", (HIDDEN,)
    ),
    Guard(
        "deleted projects restorable for 30 days",
        "ls/projects/deletion.py",
        "if project.deleted_at <= utcnow() - KEPT:",
        "if False:",
        ("tests/projects/test_deletion.py",),
    ),
    Guard(
        "exports are events",
        "ls/blueprints/activity/views.py",
        'Event.record("activity_exported")',
        "pass",
        ("tests/safety/test_every_answer.py",),
    ),
    Guard(
        "deletions of tasks are events",
        "ls/projects/tasks.py",
        'Event.record("tasks_deleted", **project.named, tasks=len(ids), annotations=annotated)',
        "pass",
        ("tests/safety/test_events.py",),
    ),
    Guard(
        "exports of people are events",
        "ls/blueprints/people/export.py",
        'Event.record("people_exported")',
        "pass",
        ("tests/safety/test_every_answer.py",),
    ),
    Guard(
        "an export whose filter is not understood",
        "ls/web/csv_download.py",
        "if value.strip() and name not in known:",
        "if False:",
        (PEOPLE_CSV, "tests/pages/test_activity.py"),
    ),
    Guard("an export of nobody", "ls/blueprints/people/export.py", "if ids == []:", "if False:", (PEOPLE_CSV,)),
    Guard(
        "people selected at once",
        "ls/blueprints/people/filter.py",
        "if len(ids) > MOST_SELECTED:",
        "if False:",
        ("tests/pages/test_people_selection.py",),
    ),
    Guard(
        "old and new names of deleted users in Activity",
        "ls/queries/audit_log.py",
        "if target.is_deleted else",
        "if False else",
        ("tests/pages/test_activity.py",),
    ),
    Guard(
        "old and new names of deleted users in the API",
        "ls/queries/numbered_pages.py",
        'without_changes(columns["detail"]) if is_deleted',
        'columns["detail"] if is_deleted',
        ("tests/pages/test_activity.py",),
    ),
    Guard("phone numbers in no event", "ls/models/user.py", "if name in TOLD", "if name", (PROFILE,)),
    Guard(
        "nobody calls themselves the command line",
        "ls/queries/audit_log.py",
        " and not self.address",
        "",
        ("tests/pages/test_activity.py",),
    ),
    # Imports
    Guard(
        "people imported at once",
        "ls/accounts/import_people.py",
        "if len(rows) > MOST_PEOPLE:",
        "if False:",
        (IMPORT_PEOPLE,),
    ),
    Guard(
        "people to import are the ones that were checked",
        "ls/blueprints/people/importing.py",
        "_serializer().loads(sealed)",
        "_serializer().loads_unsafe(sealed)[1]",
        (PEOPLE_CSV,),
    ),
    Guard(
        "who signed up during an import",
        "ls/accounts/import_people.py",
        " if account.email_key not in known",
        "",
        (IMPORT_PEOPLE,),
    ),
    Guard(
        "authors are no numbers of another server",
        "ls/projects/import_authors.py",
        "email = self._people.get(number, self._author)",
        "return number\n        email = self._people.get(number, self._author)",
        (IMPORT_AUTHORS,),
    ),
    Guard(
        "authors who are not found",
        "ls/projects/import_tasks.py",
        "        authors.check()\n",
        "",
        (IMPORT_AUTHORS,),
    ),
    Guard(
        "size of an imported item", "ls/projects/import_reader.py", "self._check_size(number)\n", "pass\n", (MEMORY,)
    ),
    Guard("number of imported tasks", "ls/projects/import_tasks.py", "number > at_most", "False", (IMPORTS,)),
    Guard(
        "one large import at a time",
        "ls/web/uploads.py",
        "not turn.acquire(blocking=False)",
        "turn.acquire(blocking=False) == 2",
        (IMPORTS,),
    ),
    # Mail
    Guard(
        "certificate of the mail server, STARTTLS",
        "ls/mail/smtp.py",
        "smtp.starttls(context=ssl.create_default_context())",
        "smtp.starttls()",
        (MAIL_SERVER,),
    ),
    Guard(
        "certificate of the mail server, TLS",
        "ls/mail/smtp.py",
        'options["context"] = ssl.create_default_context()',
        "pass",
        (MAIL_SERVER,),
    ),
    Guard(
        "secrets in what a mail server answers",
        "ls/mail/smtp.py",
        "for secret in (",
        "for secret in () and (",
        (MAIL_SERVER,),
    ),
    Guard(
        "mail dialogue without the password",
        "ls/mail/smtp.py",
        "note, self._note = self._note, lambda _line: None",
        "note = self._note",
        ("tests/cli/test_mail.py",),
    ),
    Guard(
        "mail password over a plain connection",
        "ls/config/mail.py",
        """kind == "none" and found["MAIL_USERNAME"]""",
        "False",
        ("tests/config/test_mail_settings.py",),
    ),
    Guard(
        "polling for mail reads first",
        "ls/mail/sender.py",
        "_NEXT.with_only_columns(OutgoingMail.id), now) is None",
        "_NEXT, now) is False",
        (MAIL,),
    ),
    Guard("mail claimed by one sender", "ls/mail/sender.py", "            mail.claim()\n", "", (MAIL,)),
    Guard("mail that has expired", "ls/mail/sender.py", "if mail.is_expired:", "if False:", (MAIL,)),
    Guard(
        "mail in a restore",
        "ls/backup/archive_check.py",
        "writing.execute(delete(OutgoingMail))",
        "pass",
        (MOVED_MAIL,),
    ),
    Guard("mail in a copy", "ls/backup/copy.py", " if each != OutgoingMail.__table__", "", (MOVED_MAIL,)),
    Guard(
        "links in mail that can be clicked",
        "ls/templates/mail/_layout.html",
        "line.startswith(own)",
        '"://" in line',
        ("tests/mail/test_messages.py",),
    ),
    # Numbers for monitoring
    Guard(
        "token of the metrics",
        METRICS_PY,
        "if token and not compare_digest",
        "if token and False and compare_digest",
        (METRICS,),
    ),
    Guard(
        "metrics without a token", METRICS_PY, "if not token and not _is_from_this_machine()", "if False", (METRICS,)
    ),
    Guard("metrics behind a proxy", METRICS_PY, "not has_proxy and ", "", (METRICS,)),
    Guard("metrics that a proxy passed on", METRICS_PY, "not is_passed_on and ", "", (METRICS,)),
    Guard("metrics under another's name", METRICS_PY, "is_own_name and ", "", (METRICS,)),
    Guard("metrics for another machine", METRICS_PY, 'is_in(request.remote_addr or "", _LOOPBACK)', "True", (METRICS,)),
    Guard("an unnamed proxy and the metrics", METRICS_PY, " or request.environ[UNNAMED_PROXY]", "", (METRICS,)),
    # The move from Label Studio
    Guard("pictures from elsewhere", f"{LABEL_STUDIO}/pictures.py", "file.is_relative_to(folder) and ", "", (TRAPS,)),
    Guard("the source is only read", f"{LABEL_STUDIO}/source.py", "?mode=ro", "?mode=rw", (SOURCE,)),
    Guard("a log without its index", f"{LABEL_STUDIO}/source.py", "_has_log(file) and not", "False and not", (SOURCE,)),
    Guard("a damaged file", f"{LABEL_STUDIO}/source.py", "not line.startswith(MENDED)", "False", (BAD_SOURCES,)),
    Guard("half a dump", f"{LABEL_STUDIO}/scope.py", 'source.keys[name] != ["id"]', "False", (BAD_SOURCES,)),
    Guard("a move to where somebody is", f"{LABEL_STUDIO}/move_in.py", "if any(db", "if 0 and any(db", (BAD_SOURCES,)),
    Guard("counts after a move", f"{LABEL_STUDIO}/move_in.py", "found != move.counts", "0 and move.counts", (NOTHING,)),
    Guard("an expired token", f"{LABEL_STUDIO}/tokens.py", " or expires <= utcnow()", "", (SOURCE,)),
    Guard("a dry run", "ls/cli/label_studio.py", "            session.rollback()", "            pass", (NOTHING,)),
)
