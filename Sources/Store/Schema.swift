import GRDB

/// The tables, indexes and views of the history file. Migrations are append-only and never call current code.
enum Schema {
    /// The migrations in order.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1") { db in
            for statement in [tasks, supplements, indexes, views] { try db.execute(sql: statement) }
        }
        migrator.registerMigration("v2") { db in try db.execute(sql: labels) }
        migrator.registerMigration("v3") { db in
            for statement in [owners, runningView] { try db.execute(sql: statement) }
        }
        migrator.registerMigration("v4") { db in try db.execute(sql: measures) }
        return migrator
    }

    private static let tasks = """
        CREATE TABLE tasks (
            id              INTEGER PRIMARY KEY AUTOINCREMENT,
            name            TEXT NOT NULL CHECK (name <> ''),
            kind            TEXT NOT NULL CHECK (kind <> ''),
            state           TEXT NOT NULL
                            CHECK (state IN ('held', 'queued', 'running', 'succeeded', 'failed', 'cancelled')),
            parent_id       INTEGER REFERENCES tasks (id) ON DELETE CASCADE,
            parent_attempt  INTEGER CHECK ((parent_attempt IS NULL) = (parent_id IS NULL)),
            is_composite    INTEGER NOT NULL CHECK (is_composite IN (0, 1)),
            job             TEXT NOT NULL CHECK (json_valid(job)),
            directory       TEXT,
            result          TEXT CHECK (result IS NULL OR json_valid(result)),
            exception       TEXT CHECK (exception IS NULL OR json_valid(exception)),
            cancel_requests INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requests >= 0),
            cancel_message  TEXT,
            timed_out       INTEGER NOT NULL DEFAULT 0 CHECK (timed_out IN (0, 1)),
            shield          INTEGER NOT NULL CHECK (shield IN (0, 1)),
            paused          INTEGER NOT NULL DEFAULT 0 CHECK (paused = 0 OR paused = 1 AND state = 'running'),
            progress        TEXT CHECK (progress IS NULL OR json_valid(progress)),
            queue           TEXT NOT NULL REFERENCES queues (name),
            priority        INTEGER NOT NULL,
            attempt         INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
            max_attempts    INTEGER NOT NULL CHECK (max_attempts >= 1),
            timeout         REAL CHECK (timeout IS NULL OR timeout >= 0),
            waiting_for     TEXT CHECK (waiting_for IS NULL OR json_valid(waiting_for)),
            wake_at         TEXT,
            key             TEXT CHECK (key IS NULL OR key <> ''),
            labels          TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(labels)),
            submitted_at    TEXT NOT NULL,
            started_at      TEXT,
            finished_at     TEXT,
            submitted_uid   INTEGER,
            submitted_gid   INTEGER,
            submitted_pid   INTEGER,
            done_seq        INTEGER,
            detail          TEXT CHECK (detail IS NULL OR json_valid(detail)),
            CHECK ((state IN ('succeeded', 'failed', 'cancelled')) = (finished_at IS NOT NULL)),
            CHECK ((finished_at IS NULL) = (done_seq IS NULL)),
            CHECK (state <> 'running' OR started_at IS NOT NULL),
            CHECK ((state IN ('failed', 'cancelled')) = (exception IS NOT NULL)),
            CHECK (waiting_for IS NULL OR state IN ('held', 'queued'))
        ) STRICT;
        """

    private static let supplements = """
        CREATE TABLE queues (
            name        TEXT PRIMARY KEY CHECK (name <> ''),
            max_running INTEGER CHECK (max_running IS NULL OR max_running >= 1),
            paused      INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1))
        ) STRICT, WITHOUT ROWID;
        INSERT INTO queues (name) VALUES ('default');

        -- What a task still waits for: a row goes when the task it names has succeeded.
        CREATE TABLE dependencies (
            task_id  INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
            after_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
            PRIMARY KEY (task_id, after_id)
        ) STRICT, WITHOUT ROWID;

        -- The tries before a task's latest one.
        CREATE TABLE attempts (
            task_id     INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
            attempt     INTEGER NOT NULL CHECK (attempt >= 1),
            started_at  TEXT NOT NULL,
            finished_at TEXT NOT NULL,
            exception   TEXT NOT NULL CHECK (json_valid(exception)),
            detail      TEXT CHECK (detail IS NULL OR json_valid(detail)),
            PRIMARY KEY (task_id, attempt)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE events (
            seq     INTEGER PRIMARY KEY AUTOINCREMENT,
            task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
            at      TEXT NOT NULL,
            type    TEXT NOT NULL CHECK (type <> ''),
            data    TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(data))
        ) STRICT;

        -- on_done commands that are still to be run; written with the outcome, removed when run.
        CREATE TABLE hooks (
            task_id INTEGER PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE
        ) STRICT;
        """

    private static let labels = """
        -- The labels of the tasks once more, to find tasks by them.
        CREATE TABLE labels (
            key     TEXT NOT NULL,
            value   TEXT NOT NULL,
            task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
            PRIMARY KEY (key, value, task_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX labels_task ON labels (task_id);
        INSERT INTO labels (key, value, task_id)
            SELECT label.key, label.value, tasks.id FROM tasks, json_each(tasks.labels) AS label
            WHERE tasks.labels <> '{}';
        """

    private static let owners = """
        -- Whose tasks they are: to find them, to count those that are not done, and to pass over those that have to wait.
        CREATE INDEX tasks_owner ON tasks (submitted_uid, id);
        DROP INDEX tasks_state;
        CREATE INDEX tasks_state ON tasks (state, id, submitted_uid);
        DROP INDEX tasks_ready;
        CREATE INDEX tasks_ready ON tasks (queue, priority DESC, id, submitted_uid)
            WHERE state = 'queued' AND waiting_for IS NULL AND is_composite = 0;
        -- One user's key is nothing to another.
        DROP INDEX tasks_key;
        CREATE UNIQUE INDEX tasks_key ON tasks (key, coalesce(submitted_uid, -1)) WHERE key IS NOT NULL;
        """

    private static let runningView = """
        -- With the columns of `history`, so that one question serves both.
        DROP VIEW running;
        CREATE VIEW running AS
            SELECT id, name, kind, state, result, exception ->> '$.type' AS exception_type,
                   exception ->> '$.message' AS exception_message, submitted_at, started_at, finished_at,
                   round((julianday('now') - julianday(started_at)) * 86400.0, 3) AS duration_s,
                   queue, parent_id, attempt, submitted_uid,
                   progress ->> '$.fraction' AS fraction, progress ->> '$.message' AS progress_message
            FROM tasks WHERE state = 'running';
        """

    private static let measures = """
        -- What inventories are measured against: by what was asked, the last one that was answered well.
        CREATE TABLE measures (
            question TEXT PRIMARY KEY CHECK (json_valid(question)),
            task_id  INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX measures_task ON measures (task_id);
        """

    private static let indexes = """
        CREATE INDEX tasks_ready ON tasks (queue, priority DESC, id)
            WHERE state = 'queued' AND waiting_for IS NULL AND is_composite = 0;
        CREATE INDEX tasks_ready_composites ON tasks (id)
            WHERE state = 'queued' AND waiting_for IS NULL AND is_composite = 1;
        CREATE INDEX tasks_asleep ON tasks (wake_at) WHERE state = 'queued' AND wake_at IS NOT NULL;
        CREATE INDEX tasks_members ON tasks (parent_id, parent_attempt, id) WHERE parent_id IS NOT NULL;
        CREATE INDEX tasks_state ON tasks (state, id);
        CREATE INDEX tasks_name ON tasks (name, id);
        CREATE INDEX tasks_kind ON tasks (kind, id);
        CREATE INDEX tasks_queue ON tasks (queue, id);
        CREATE INDEX tasks_submitted ON tasks (submitted_at, id);
        CREATE UNIQUE INDEX tasks_key ON tasks (key) WHERE key IS NOT NULL;
        CREATE UNIQUE INDEX tasks_done ON tasks (done_seq) WHERE done_seq IS NOT NULL;
        CREATE INDEX dependencies_after ON dependencies (after_id);
        CREATE INDEX events_task ON events (task_id, seq);
        """

    private static let views = """
        CREATE VIEW history AS
            SELECT id, name, kind, state, result, exception ->> '$.type' AS exception_type,
                   exception ->> '$.message' AS exception_message, submitted_at, started_at, finished_at,
                   round((julianday(finished_at) - julianday(started_at)) * 86400.0, 3) AS duration_s,
                   queue, parent_id, attempt, submitted_uid
            FROM tasks WHERE state IN ('succeeded', 'failed', 'cancelled');
        CREATE VIEW running AS
            SELECT id, name, kind, state, progress ->> '$.fraction' AS fraction,
                   progress ->> '$.message' AS progress_message, submitted_at, started_at,
                   round((julianday('now') - julianday(started_at)) * 86400.0, 3) AS duration_s,
                   queue, parent_id, attempt, submitted_uid
            FROM tasks WHERE state = 'running';
        """
}
