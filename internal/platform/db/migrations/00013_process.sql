-- +goose Up

-- Participation processes. What people read and what is set lies in content; see package participation.
create table process (
  tenant_id    uuid not null references tenant (tenant_id),
  id           uuid not null,
  key          text not null,             -- of its address
  state        text not null,             -- draft, ready, running, evaluation, feedback, closed, archived
  template     boolean not null,
  office       text not null,             -- key of the office in charge
  content      text not null,             -- JSON
  edit         integer not null,          -- counts edits, for conflict detection
  created_at   timestamptz not null,
  changed_at   timestamptz not null,
  published_at timestamptz,
  closed_at    timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, key)
);
create index process_state on process (tenant_id, state);

-- Sets of minimum standards as the town changed them; without a row the shipped one of that key holds.
create table standard_set (
  tenant_id  uuid not null references tenant (tenant_id),
  key        text not null,
  content    text not null,               -- JSON: names and criteria
  edit       integer not null,
  changed_at timestamptz not null,
  primary key (tenant_id, key)
);

-- What a person says of a criterion that the program cannot compute, or why the town sets one aside.
create table standard_check (
  tenant_id  uuid not null references tenant (tenant_id),
  process    uuid not null,
  criterion  text not null,
  result     text not null,               -- fulfilled, partly, no, waived
  comment    text not null,               -- the statement, or the reason of the waiver
  link       text not null,               -- evidence
  document   uuid,                        -- evidence: a document of the process
  at         timestamptz not null,
  primary key (tenant_id, process, criterion),
  foreign key (tenant_id, process) references process (tenant_id, id)
);

-- Who took part, as people said of themselves: counts only. Nothing tells which answers came from one person, nor when; the shard keeps
-- people who answer at the same time from waiting for each other.
create table process_reach (
  tenant_id uuid not null references tenant (tenant_id),
  process   uuid not null,
  dimension text not null,                -- age, gender, area, …; empty: forms with an answer at all
  value     text not null,
  shard     integer not null,
  n         bigint not null,
  primary key (tenant_id, process, dimension, value, shard),
  foreign key (tenant_id, process) references process (tenant_id, id)
);
