-- 0042_drop_legacy_scores: run after the backfill of 0041 has finished.
BEGIN;
CREATE TABLE IF NOT EXISTS scores_v2 (
    id          bigserial PRIMARY KEY,
    member_id   bigint NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    score       double precision NOT NULL CHECK (score <> 'NaN'::float8),
    error_code  integer NOT NULL DEFAULT 0,
    failed_at   timestamptz
);
ALTER TABLE scores_v2 ADD CONSTRAINT score_range CHECK (score BETWEEN 0 AND 1);
CREATE INDEX CONCURRENTLY IF NOT EXISTS scores_v2_member ON scores_v2 (member_id);
INSERT INTO scores_v2 (member_id, score) SELECT member_id, score FROM scores WHERE score IS NOT NULL;
DROP INDEX IF EXISTS scores_legacy_idx;
UPDATE schema_migrations SET version = 42;
COMMIT;
-- INSERT 0 1820331
-- NOTICE:  index "scores_legacy_idx" does not exist, skipping
