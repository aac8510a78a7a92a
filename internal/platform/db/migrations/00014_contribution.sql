-- +goose Up

-- What people say to the town, over every channel. See package contribution.

-- The last public number of each year.
create table contribution_number (
  tenant_id uuid not null references tenant (tenant_id),
  year      integer not null,
  last      integer not null,
  primary key (tenant_id, year)
);

create table contribution (
  tenant_id    uuid not null references tenant (tenant_id),
  id           uuid not null,
  number       text not null,             -- B-2026-00017
  process      text not null,             -- key; empty: to the town outside of any process
  module       text not null,             -- key of the module within the process
  channel      text not null,
  lang         text not null,             -- BCP 47 of the public text
  title        text not null,
  body         text not null,             -- the public text
  plain        text not null,             -- in Leichte Sprache; empty: none
  category     text not null,
  topics       text not null,             -- JSON
  geometry     text not null,             -- GeoJSON in WGS 84; empty: none
  lon          double precision,          -- a place on or in the geometry, for the map
  lat          double precision,
  areas        text not null,             -- JSON, as in contribution_area
  account_id   uuid,                      -- the author's; null: a guest
  pseudonym    text not null,             -- shown; empty: without a name
  state        text not null,
  status       text not null,             -- of the answer
  office       text not null,             -- key of the office that answers; empty: not routed
  due_on       text not null,             -- day the answer is promised for; empty: none
  merged_in    uuid,
  split_from   uuid,
  source       text not null,             -- of imports, unique within the process; empty: none
  said_on      text not null,
  received_at  timestamptz not null,
  changed_at   timestamptz not null,
  published_at timestamptz,
  supports     integer not null,
  comments     integer not null,
  edit         integer not null,
  entered_by   uuid,                      -- account of the staff who wrote it down
  search       text not null,             -- folded
  primary key (tenant_id, id),
  unique (tenant_id, number)
);
create unique index contribution_source on contribution (tenant_id, process, module, source) where source <> '';
create index contribution_process on contribution (tenant_id, process, module, id);
create index contribution_state on contribution (tenant_id, state, id);
create index contribution_status on contribution (tenant_id, status, id);
create index contribution_office on contribution (tenant_id, office, due_on);
create index contribution_account on contribution (tenant_id, account_id) where account_id is not null;
create index contribution_merged on contribution (tenant_id, merged_in) where merged_in is not null;
create index contribution_split on contribution (tenant_id, split_from) where split_from is not null;

-- Where it lies, one row for each level.
create table contribution_area (
  tenant_id    uuid not null,
  contribution uuid not null,
  area         text not null,             -- quartier/0101
  primary key (tenant_id, contribution, area),
  foreign key (tenant_id, contribution) references contribution (tenant_id, id)
);
create index contribution_area_area on contribution_area (tenant_id, area, contribution);

-- The words as they came. Written once; nothing in the program changes them.
create table contribution_original (
  tenant_id    uuid not null,
  contribution uuid not null,
  lang         text not null,
  title        text not null,
  body         text not null,
  at           timestamptz not null,
  primary key (tenant_id, contribution),
  foreign key (tenant_id, contribution) references contribution (tenant_id, id)
);

-- The public text as it was, one row for each edit.
create table contribution_version (
  tenant_id    uuid not null,
  contribution uuid not null,
  version      integer not null,          -- from 1
  lang         text not null,
  title        text not null,
  body         text not null,
  author       boolean not null,          -- changed by the author, not by the town
  written_by   uuid,                      -- account; null: a guest with the receipt code
  reason       text not null,
  at           timestamptz not null,
  primary key (tenant_id, contribution, version),
  foreign key (tenant_id, contribution) references contribution (tenant_id, id)
);

-- Receipt codes: only a keyed hash is kept.
create table contribution_receipt (
  tenant_id    uuid not null,
  code         text not null,
  contribution uuid not null,
  at           timestamptz not null,
  primary key (tenant_id, code),
  foreign key (tenant_id, contribution) references contribution (tenant_id, id)
);
create index contribution_receipt_of on contribution_receipt (tenant_id, contribution);

-- Photos, shown with the contribution, and scans of letters and cards, kept inside.
create table contribution_file (
  tenant_id    uuid not null,
  id           uuid not null,
  contribution uuid not null,
  kind         text not null,             -- photo, scan
  sha256       text not null,
  small        text not null,             -- SHA-256 of a photo's small form
  type         text not null,             -- MIME
  width        integer not null,
  height       integer not null,
  bytes        bigint not null,
  alt          text not null,
  at           timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, contribution) references contribution (tenant_id, id)
);
create index contribution_file_of on contribution_file (tenant_id, contribution, id);
create index contribution_file_sha on contribution_file (tenant_id, sha256);
create index contribution_file_small on contribution_file (tenant_id, small);

create table contribution_comment (
  tenant_id    uuid not null,
  id           uuid not null,
  contribution uuid not null,
  parent       uuid,                      -- comment it answers
  depth        integer not null,          -- from 0
  account_id   uuid,
  pseudonym    text not null,
  official     text not null,             -- office that speaks; empty: a citizen
  lang         text not null,
  body         text not null,
  state        text not null,
  received_at  timestamptz not null,
  changed_at   timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, contribution) references contribution (tenant_id, id)
);
create index contribution_comment_of on contribution_comment (tenant_id, contribution, id);
create index contribution_comment_state on contribution_comment (tenant_id, state, id);
create index contribution_comment_account on contribution_comment (tenant_id, account_id) where account_id is not null;

-- Once for each person or code.
create table contribution_support (
  tenant_id    uuid not null,
  contribution uuid not null,
  voter        text not null,             -- keyed hash of the account or the code
  account_id   uuid,
  at           timestamptz not null,
  primary key (tenant_id, contribution, voter),
  foreign key (tenant_id, contribution) references contribution (tenant_id, id)
);
create index contribution_support_account on contribution_support (tenant_id, account_id) where account_id is not null;

-- Teilaussagen: what a part of a contribution says of something else.
create table contribution_statement (
  tenant_id    uuid not null,
  id           uuid not null,
  contribution uuid not null,
  from_rune    integer not null,
  to_rune      integer not null,
  quote        text not null,
  topic        text not null,
  stance       text not null,
  about_kind   text not null,
  about_id     text not null,
  at           timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, contribution) references contribution (tenant_id, id)
);
create index contribution_statement_of on contribution_statement (tenant_id, contribution);
create index contribution_statement_about on contribution_statement (tenant_id, about_kind, about_id);

-- Files of contributions that were taken in, and how their columns were read.
create table contribution_import (
  tenant_id   uuid not null references tenant (tenant_id),
  id          uuid not null,
  file        text not null,
  sha256      text not null,
  process     text not null,
  module      text not null,
  mapping     text not null,              -- JSON
  taken       integer not null,
  repeated    integer not null,
  left_out    integer not null,
  at          timestamptz not null,
  imported_by uuid,                       -- account
  primary key (tenant_id, id)
);

create table contribution_mapping (
  tenant_id  uuid not null references tenant (tenant_id),
  name       text not null,
  mapping    text not null,               -- JSON
  changed_at timestamptz not null,
  primary key (tenant_id, name)
);

-- +engine sqlite
-- +goose StatementBegin
create trigger contribution_original_stays before update on contribution_original
begin
  select raise(abort, 'the original of a contribution is never changed');
end;
-- +goose StatementEnd
-- +engine postgres
-- +goose StatementBegin
create function contribution_original_stays() returns trigger language plpgsql as $$
begin
  raise exception 'the original of a contribution is never changed';
end $$;
-- +goose StatementEnd
create trigger contribution_original_stays before update on contribution_original
for each row execute function contribution_original_stays();
