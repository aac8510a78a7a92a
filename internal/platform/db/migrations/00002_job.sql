-- +goose Up
-- Work that follows from an act (mail, recomputation, a report), enqueued in the act's transaction. See package job.
create table job (
  tenant_id text not null,
  id text not null,
  kind text not null,
  args jsonb not null,
  state text not null check (state in ('waiting', 'running', 'done', 'failed', 'cancelled')),
  attempt bigint not null,
  max_attempt bigint not null,
  run_at timestamptz not null,
  lease_until timestamptz,
  unique_key text,
  error text not null,
  done bigint not null,
  total bigint not null,
  progress text not null,
  result jsonb,
  created_at timestamptz not null,
  ended_at timestamptz,
  primary key (tenant_id, id)
);
create index job_due on job (tenant_id, run_at) where state = 'waiting';
create index job_running on job (tenant_id, lease_until) where state = 'running';
create index job_ended on job (tenant_id, ended_at) where ended_at is not null;
-- One unfinished or finished job an idempotency key, until it is deleted by the keeper of old jobs.
create unique index job_unique on job (tenant_id, kind, unique_key) where unique_key is not null;
