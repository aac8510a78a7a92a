-- +goose Up

-- Work that follows from an act (mail, recomputation, a report), enqueued in the act's transaction. See package job.
create table job (
  tenant_id   uuid not null references tenant (tenant_id),
  id          uuid not null,
  kind        text not null,
  args        text not null,              -- JSON
  state       text not null,              -- waiting, running, done, failed, cancelled
  attempt     bigint not null,            -- counts claims; also the fence against a worker whose lease ran out
  max_attempt bigint not null,
  run_at      timestamptz not null,
  lease_until timestamptz,                -- while running
  unique_key  text,
  merge       boolean not null,           -- the key is free again once the job has begun
  error       text not null,
  done        bigint not null,            -- progress: done of total (0: unknown), with a text
  total       bigint not null,
  progress    text not null,
  result      text not null,              -- JSON, empty until there is one
  created_at  timestamptz not null,
  ended_at    timestamptz,
  primary key (tenant_id, id)
);
create index job_due on job (tenant_id, run_at) where state = 'waiting';
create index job_running on job (tenant_id, lease_until) where state = 'running';
create unique index job_unique on job (tenant_id, kind, unique_key) where unique_key is not null;
