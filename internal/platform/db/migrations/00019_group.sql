-- +goose Up

-- Working groups and bodies, their meetings, papers, tasks and shared texts; which public texts are out of
-- date in another language. See package group. Dates are ISO text, texts in several languages JSON.

create table working_group (
  tenant_id   uuid not null references tenant (tenant_id),
  id          uuid not null,
  key         text not null,              -- of its address, and of roles held in it
  kind        text not null,
  name        text not null,
  mandate     text not null,
  composition text not null,
  power       text not null,              -- what it may decide
  set_up      text not null,              -- by whom, with which resolution
  rhythm      text not null,
  contact     text not null,
  closing     text not null,              -- why it ended
  process     text not null,              -- key of the participation process it belongs to, '' for none
  topics      text not null,
  areas       text not null,
  term_from   text not null,
  term_to     text not null,
  sign        text not null,              -- address of a video in sign language
  public      boolean not null,
  edit        integer not null,
  created_at  timestamptz not null,
  changed_at  timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, key)
);

create table group_member (
  tenant_id    uuid not null references tenant (tenant_id),
  id           uuid not null,
  group_id     uuid not null,
  account_id   uuid,                      -- a person with an account
  body_ref     text not null,             -- id of an organisation among the actors
  organisation text not null,             -- its name where it is not among them
  label        text not null,             -- function or role, in place of a name
  email        text not null,             -- for invitations of those without an account
  role         text not null,
  from_date    text not null,
  to_date      text not null,
  consent      boolean not null,          -- may be shown to everybody
  created_at   timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, group_id) references working_group (tenant_id, id)
);
create index group_member_group on group_member (tenant_id, group_id);
create index group_member_account on group_member (tenant_id, account_id);

create table group_meeting (
  tenant_id    uuid not null references tenant (tenant_id),
  id           uuid not null,
  group_id     uuid not null,
  number       integer not null,          -- 1 is its first
  title        text not null,
  starts_at    timestamptz not null,
  ends_at      timestamptz not null,
  place        text not null,
  online       text not null,
  intro        text not null,
  state        text not null,             -- planned, invited, held, published, cancelled
  minutes      text not null,             -- what does not belong to an item
  guests       integer not null,
  sequence     integer not null,          -- of the calendar entry
  invited_at   timestamptz,
  published_at timestamptz,
  edit         integer not null,
  created_at   timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, group_id, number),
  foreign key (tenant_id, group_id) references working_group (tenant_id, id)
);

create table group_item (
  tenant_id  uuid not null references tenant (tenant_id),
  id         uuid not null,
  meeting_id uuid not null,
  number     integer not null,
  title      text not null,
  body       text not null,
  minutes    text not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, meeting_id) references group_meeting (tenant_id, id)
);
create index group_item_meeting on group_item (tenant_id, meeting_id);

create table group_attendance (
  tenant_id  uuid not null references tenant (tenant_id),
  meeting_id uuid not null,
  member_id  uuid not null,
  presence   text not null,               -- present, excused, absent
  primary key (tenant_id, meeting_id, member_id),
  foreign key (tenant_id, meeting_id) references group_meeting (tenant_id, id),
  foreign key (tenant_id, member_id) references group_member (tenant_id, id)
);

-- What a meeting led to, item by item.
create table group_outcome (
  tenant_id  uuid not null references tenant (tenant_id),
  id         uuid not null,
  meeting_id uuid not null,
  item_id    uuid,
  kind       text not null,               -- decision, task, contribution
  body       text not null,
  ayes       integer not null,
  noes       integer not null,
  abstained  integer not null,
  ref_kind   text not null,
  ref_id     text not null,
  at         timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, meeting_id) references group_meeting (tenant_id, id)
);
create index group_outcome_meeting on group_outcome (tenant_id, meeting_id);

create table group_paper (
  tenant_id  uuid not null references tenant (tenant_id),
  id         uuid not null,
  group_id   uuid not null,
  meeting_id uuid,
  title      text not null,
  name       text not null,
  sha256     text not null,
  size       bigint not null,
  public     boolean not null,
  added_at   timestamptz not null,
  added_by   uuid,
  primary key (tenant_id, id),
  foreign key (tenant_id, group_id) references working_group (tenant_id, id)
);
create index group_paper_group on group_paper (tenant_id, group_id);
create index group_paper_file on group_paper (tenant_id, sha256);

-- Tasks of groups and of other minutes, which name where they come from.
create table group_task (
  tenant_id   uuid not null references tenant (tenant_id),
  id          uuid not null,
  group_id    uuid,
  about_kind  text not null,
  about_id    text not null,
  title       text not null,
  body        text not null,
  owner       uuid,                       -- account
  owner_label text not null,              -- function or organisation
  due         text not null,
  state       text not null,              -- open, doing, done, dropped
  reminded    text not null,              -- the day it was due when somebody was reminded, '' for nobody
  alarmed     text not null,              -- the same once it was overdue
  edit        integer not null,
  created_at  timestamptz not null,
  ended_at    timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, group_id) references working_group (tenant_id, id)
);
create index group_task_group on group_task (tenant_id, group_id);
create index group_task_due on group_task (tenant_id, state, due);
create index group_task_owner on group_task (tenant_id, owner);

-- Shared texts: each saving is a version.
create table group_draft (
  tenant_id  uuid not null references tenant (tenant_id),
  id         uuid not null,
  group_id   uuid not null,
  title      text not null,
  lang       text not null,
  version    integer not null,
  changed_at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, group_id) references working_group (tenant_id, id)
);
create index group_draft_group on group_draft (tenant_id, group_id);

create table group_draft_version (
  tenant_id  uuid not null references tenant (tenant_id),
  draft_id   uuid not null,
  number     integer not null,
  body       text not null,
  note       text not null,
  written_by uuid,
  at         timestamptz not null,
  primary key (tenant_id, draft_id, number),
  foreign key (tenant_id, draft_id) references group_draft (tenant_id, id)
);

-- What a text and its source looked like when the text was last seen to change, to tell what is out of date.
create table text_seen (
  tenant_id   uuid not null references tenant (tenant_id),
  kind        text not null,
  item        text not null,
  tag         text not null,
  source_hash text not null,
  text_hash   text not null,
  seen_at     timestamptz not null,
  primary key (tenant_id, kind, item, tag)
);
