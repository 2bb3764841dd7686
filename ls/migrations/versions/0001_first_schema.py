"""The first schema."""

import secrets
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY_SQLITE = """
CREATE TRIGGER events_{verb} BEFORE {verb} ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END
"""

APPEND_ONLY_POSTGRESQL = """
CREATE FUNCTION events_are_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'events are append-only'; END $$
"""


def upgrade() -> None:
    op.create_table('attempts',
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('key', name='pk_attempts')
    )
    op.create_index('ix_attempts_expires_at', 'attempts', ['expires_at'], unique=False)
    op.create_table('organizations',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=1000), nullable=False),
    sa.Column('contact_info', sa.String(length=254), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.Column('invite_nonce', sa.LargeBinary(length=32), nullable=False),
    sa.Column('active_members', sa.Integer(), nullable=False),
    sa.Column('deactivated_members', sa.Integer(), nullable=False),
    sa.Column('session_max_age', sa.Integer(), nullable=True),
    sa.Column('session_max_idle', sa.Integer(), nullable=True),
    sa.Column('personal_tokens_enabled', sa.Boolean(), nullable=False),
    sa.Column('personal_token_days', sa.Integer(), nullable=False),
    sa.Column('api_tokens_enabled', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_organizations')
    )
    op.create_table('users',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('email_key', sa.String(length=254).with_variant(sa.String(length=254, collation='C'), 'postgresql'), nullable=True),
    sa.Column('username', sa.String(length=256), nullable=False),
    sa.Column('first_name', sa.String(length=256), nullable=False),
    sa.Column('last_name', sa.String(length=256), nullable=False),
    sa.Column('phone', sa.String(length=256), nullable=False),
    sa.Column('password_hash', sa.String(length=512), nullable=True),
    sa.Column('status', sa.String(length=16), nullable=False),
    sa.Column('date_joined', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_activity', sa.DateTime(timezone=True), nullable=True),
    sa.Column('allow_newsletters', sa.Boolean(), nullable=True),
    sa.Column('custom_hotkeys', sa.JSON(), nullable=False),
    sa.Column('language', sa.String(length=16), nullable=True),
    sa.Column('appearance', sa.String(length=8), nullable=False),
    sa.Column('avatar_name', sa.String(length=80), nullable=True),
    sa.Column('name_key', sa.String(length=200).with_variant(sa.String(length=200, collation='C'), 'postgresql'), nullable=False),
    sa.Column('activity_key', sa.DateTime(timezone=True), nullable=False),
    sa.Column('search_text', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_users'),
    sa.UniqueConstraint('email_key', name='uq_users_email_key')
    )
    op.create_index('ix_users_status_activity', 'users', ['status', 'activity_key', 'id'], unique=False)
    op.create_index('ix_users_status_email', 'users', ['status', 'email_key', 'id'], unique=False)
    op.create_index('ix_users_name', 'users', ['name_key', 'id'], unique=False)
    op.create_index('ix_users_activity', 'users', ['activity_key', 'id'], unique=False)
    op.create_index('ix_users_status_id', 'users', ['status', 'id'], unique=False)
    op.create_index('ix_users_status_name', 'users', ['status', 'name_key', 'id'], unique=False)
    op.create_table('api_tokens',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('lookup', sa.LargeBinary(length=32), nullable=False),
    sa.Column('cipher', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name='fk_api_tokens_user_id_users', ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', name='pk_api_tokens'),
    sa.UniqueConstraint('lookup', name='uq_api_tokens_lookup')
    )
    op.create_table('avatars',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('media_type', sa.String(length=40), nullable=False),
    sa.Column('data', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name='fk_avatars_user_id_users', ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', name='pk_avatars')
    )
    op.create_index('ix_avatars_name', 'avatars', ['name'], unique=False)
    op.create_table('events',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('target_id', sa.Integer(), nullable=True),
    sa.Column('address', sa.String(length=64), nullable=False),
    sa.Column('agent', sa.String(length=300), nullable=False),
    sa.Column('request_id', sa.String(length=64), nullable=False),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['users.id'], name='fk_events_actor_id_users'),
    sa.ForeignKeyConstraint(['target_id'], ['users.id'], name='fk_events_target_id_users'),
    sa.PrimaryKeyConstraint('id', name='pk_events')
    )
    op.create_index('ix_events_actor_id', 'events', ['actor_id', 'id'], unique=False)
    op.create_index('ix_events_kind', 'events', ['kind', 'id'], unique=False)
    op.create_index('ix_events_target_id', 'events', ['target_id', 'id'], unique=False)
    op.create_table('login_sessions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_seen', sa.DateTime(timezone=True), nullable=False),
    sa.Column('address', sa.String(length=64), nullable=False),
    sa.Column('agent', sa.String(length=300), nullable=False),
    sa.Column('persistent', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name='fk_login_sessions_user_id_users', ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name='pk_login_sessions'),
    sa.UniqueConstraint('digest', name='uq_login_sessions_digest'),
    sqlite_autoincrement=True
    )
    op.create_index('ix_login_sessions_user_id', 'login_sessions', ['user_id', 'last_seen'], unique=False)
    op.create_table('one_time_codes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name='fk_one_time_codes_user_id_users', ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name='pk_one_time_codes'),
    sa.UniqueConstraint('digest', name='uq_one_time_codes_digest')
    )
    op.create_index('ix_one_time_codes_user_id', 'one_time_codes', ['user_id'], unique=False)
    op.create_table('personal_tokens',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('unsigned', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('blacklisted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by', sa.String(length=16), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name='fk_personal_tokens_user_id_users', ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name='pk_personal_tokens'),
    sa.UniqueConstraint('digest', name='uq_personal_tokens_digest'),
    sqlite_autoincrement=True
    )
    op.create_index('ix_personal_tokens_user_id', 'personal_tokens', ['user_id'], unique=False)
    op.create_table('projects',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=255), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('label_config', sa.Text(), nullable=False),
    sa.Column('options', sa.JSON(), nullable=False),
    sa.Column('tasks_count', sa.Integer(), nullable=False),
    sa.Column('annotations_count', sa.Integer(), nullable=False),
    sa.Column('form_key', sa.String(length=64), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name='fk_projects_created_by_id_users'),
    sa.PrimaryKeyConstraint('id', name='pk_projects'),
    sa.UniqueConstraint('form_key', name='uq_projects_form_key'),
    sqlite_autoincrement=True
    )
    op.create_index('ix_projects_created_by_id', 'projects', ['created_by_id', 'id'], unique=False)
    op.create_table('contributions',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('annotations_count', sa.Integer(), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['project_id'], ['projects.id'], name='fk_contributions_project_id_projects', ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name='fk_contributions_user_id_users'),
    sa.PrimaryKeyConstraint('user_id', 'project_id', name='pk_contributions')
    )
    op.create_index('ix_contributions_project_id', 'contributions', ['project_id'], unique=False)
    op.create_table('tasks',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('data', sa.JSON(), nullable=False),
    sa.Column('meta', sa.JSON(), nullable=True),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('annotations_count', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name='fk_tasks_created_by_id_users'),
    sa.ForeignKeyConstraint(['project_id'], ['projects.id'], name='fk_tasks_project_id_projects', ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name='pk_tasks'),
    sqlite_autoincrement=True
    )
    op.create_index('ix_tasks_project_id', 'tasks', ['project_id', 'id'], unique=False)
    op.create_table('annotations',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('task_id', sa.Integer(), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('completed_by_id', sa.Integer(), nullable=False),
    sa.Column('result', sa.JSON(), nullable=False),
    sa.Column('was_cancelled', sa.Boolean(), nullable=False),
    sa.Column('ground_truth', sa.Boolean(), nullable=False),
    sa.Column('lead_time', sa.Double(), nullable=True),
    sa.Column('unique_id', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['completed_by_id'], ['users.id'], name='fk_annotations_completed_by_id_users'),
    sa.ForeignKeyConstraint(['project_id'], ['projects.id'], name='fk_annotations_project_id_projects', ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['task_id'], ['tasks.id'], name='fk_annotations_task_id_tasks', ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['updated_by_id'], ['users.id'], name='fk_annotations_updated_by_id_users'),
    sa.PrimaryKeyConstraint('id', name='pk_annotations'),
    sqlite_autoincrement=True
    )
    op.create_index('ix_annotations_author', 'annotations', ['completed_by_id'], unique=False)
    op.create_index('ix_annotations_project_author', 'annotations', ['project_id', 'completed_by_id', 'created_at'], unique=False)
    op.create_index('ix_annotations_task_id', 'annotations', ['task_id'], unique=False)

    found_organization()
    index_people()
    protect_events()


def found_organization() -> None:
    organizations = sa.table(
        "organizations",
        *(sa.column(name) for name in ("id", "title", "active_members", "deactivated_members")),
        sa.column("created_at", sa.DateTime(timezone=True)),
        sa.column("invite_nonce", sa.LargeBinary),
        sa.column("personal_tokens_enabled", sa.Boolean),
        sa.column("personal_token_days"),
        sa.column("api_tokens_enabled", sa.Boolean),
    )
    row = {
        "id": 1, "title": "Label Studio", "active_members": 0, "deactivated_members": 0,
        "created_at": datetime.now(UTC), "invite_nonce": secrets.token_bytes(32),
        "personal_tokens_enabled": True, "personal_token_days": 73000, "api_tokens_enabled": True,
    }
    op.bulk_insert(organizations, [row])


def index_people() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE people_search USING fts5"
            "(grams, content='', detail='none', columnsize=0, tokenize='ascii')"
        )
        return
    op.execute(
        "CREATE TABLE people_search (user_id integer PRIMARY KEY REFERENCES users(id), grams text[] NOT NULL)"
    )
    op.execute("CREATE INDEX ix_people_search_grams ON people_search USING gin (grams)")


def protect_events() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(APPEND_ONLY_SQLITE.format(verb=verb))
        return
    op.execute(APPEND_ONLY_POSTGRESQL)
    op.execute(
        "CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events "
        "FOR EACH STATEMENT EXECUTE FUNCTION events_are_append_only()"
    )


def downgrade() -> None:
    op.execute("DROP TABLE people_search")
    op.drop_table('annotations')
    op.drop_table('tasks')
    op.drop_table('contributions')
    op.drop_table('projects')
    op.drop_table('personal_tokens')
    op.drop_table('one_time_codes')
    op.drop_table('login_sessions')
    op.drop_table('events')
    op.drop_table('avatars')
    op.drop_table('api_tokens')
    op.drop_table('users')
    op.drop_table('organizations')
    op.drop_table('attempts')
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION events_are_append_only()")
