"""What figures and checks read from the database: one statement each, set-based, read-only."""

from __future__ import annotations

from sqlalchemy import text

SIZE = text("SELECT pg_database_size(current_database())")

QUEUE = text(
    """
    SELECT task_name AS kind, status::text AS state, count(*) AS jobs
    FROM procrastinate_jobs WHERE status IN ('todo', 'doing', 'failed') GROUP BY 1, 2 ORDER BY 1, 2
    """
)
# The time at which a job became due; without a plan of its own that is when it was deferred.
OLDEST_JOB = text(
    """
    SELECT extract(epoch FROM now() - min(coalesce(j.scheduled_at, r.created, e.at)))
    FROM procrastinate_jobs j
    LEFT JOIN run r ON r.id = (j.args ->> 'run_id')::bigint
    LEFT JOIN LATERAL (
        SELECT max(at) AS at FROM procrastinate_events e WHERE e.job_id = j.id
    ) e ON true
    WHERE j.status = 'todo' AND (j.scheduled_at IS NULL OR j.scheduled_at <= now())
    """
)
RUNS = text("SELECT kind, state, count(*) AS runs FROM run GROUP BY 1, 2 ORDER BY 1, 2")

# width_bucket counts values at a limit to the bucket above; Prometheus to the one below.
DURATIONS = text(
    """
    SELECT kind, state,
           width_bucket(seconds - 0.0000005::float8, CAST(:buckets AS float8[])) AS bucket,
           count(*) AS runs, sum(seconds) AS seconds
    FROM (
        SELECT kind, state, extract(epoch FROM finished - started)::float8 AS seconds
        FROM run WHERE finished IS NOT NULL AND started IS NOT NULL
    ) AS ended
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    """
)

FEEDS = text(
    """
    SELECT f.code, extract(epoch FROM now() - coalesce(p.at, f.created))
               AS publication_age_seconds,
           p.items, p.errors, p.warnings,
           coalesce(n.state = 'held', false)::int AS held,
           coalesce(n.state = 'failed', false)::int AS failed
    FROM feed f
    LEFT JOIN LATERAL (
        SELECT at, items, errors, warnings FROM publication
        WHERE feed_id = f.id AND state = 'published' AND kind <> 'as_of'
        ORDER BY id DESC LIMIT 1
    ) p ON true
    LEFT JOIN LATERAL (
        SELECT state FROM publication
        WHERE feed_id = f.id AND state <> 'running' AND kind <> 'as_of'
        ORDER BY id DESC LIMIT 1
    ) n ON true
    ORDER BY f.code
    """
)

WORKERS = text(
    """
    SELECT count(*) FILTER (WHERE last_heartbeat > now() - interval '30 s') AS alive,
           extract(epoch FROM now() - max(last_heartbeat)) AS age
    FROM procrastinate_workers
    """
)

# A projection of another cluster (after a restore) knows nothing of this one's changes.
LAG = text(
    """
    SELECT coalesce(extract(epoch FROM now() - min(at)), 0) AS age,
           coalesce(sum(greatest(cardinality(ids), 1)), 0) AS changes
    FROM change_log
    WHERE NOT (
        (SELECT system_identifier::text FROM pg_control_system()) = :system
        AND (SELECT oid::bigint FROM pg_database WHERE datname = current_database()) = :database
    ) OR (
        xid >= pg_snapshot_xmin(CAST(:snapshot AS pg_snapshot))
        AND NOT pg_visible_in_snapshot(xid, CAST(:snapshot AS pg_snapshot))
    )
    """
)
