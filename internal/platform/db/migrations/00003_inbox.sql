-- +goose Up

-- Files a planner handed in and has not decided on yet. See package inbox.
create table inbox_file (
  tenant_id   uuid not null references tenant (tenant_id),
  id          uuid not null,
  kind        text not null,              -- areas, figures
  name        text not null,
  sha256      text not null,
  size        bigint not null,
  draft       text not null,              -- what was filled in so far, as the form sends it
  uploaded_at timestamptz not null,
  uploaded_by text not null,
  primary key (tenant_id, id)
);
create unique index inbox_file_once on inbox_file (tenant_id, kind, sha256, name);
