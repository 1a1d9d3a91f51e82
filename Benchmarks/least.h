/* What the least programs share: the history, as taskd has made it, and how rows come into it. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#define NOW "'2026-11-24T00:00:00.000Z'"

static sqlite3 *history;

static void require_done(int result, const char *what)
{
    if (result == SQLITE_OK || result == SQLITE_DONE || result == SQLITE_ROW)
        return;
    fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(history));
    exit(70);
}

static void open_history(const char *path)
{
    require_done(sqlite3_open_v2(path, &history, SQLITE_OPEN_READWRITE, NULL), path);
    require_done(sqlite3_exec(history, "PRAGMA synchronous = FULL", NULL, NULL, NULL), "synchronous");
}

static sqlite3_stmt *prepared(const char *sql)
{
    sqlite3_stmt *statement;

    require_done(sqlite3_prepare_v2(history, sql, -1, &statement, NULL), sql);
    return statement;
}

/* Runs a statement to its first row or its end; returns that row's first value, or 0. */
static sqlite3_int64 run(sqlite3_stmt *statement)
{
    const int result = sqlite3_step(statement);
    const sqlite3_int64 value = result == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;

    require_done(result, sqlite3_sql(statement));
    sqlite3_reset(statement);
    return value;
}
