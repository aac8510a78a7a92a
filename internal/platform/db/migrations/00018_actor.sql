-- SPDX-License-Identifier: EUPL-1.2
-- +goose Up

-- The inventory of actors: organisations, offers, resources, networks, projects and structures of participation, which are kept, changed,
-- confirmed, brought in and taken away alike. See package actor.
create table actor_record (
  tenant_id    uuid not null references tenant (tenant_id),
  id           uuid not null,
  kind         text not null,             -- actor | offer | resource | network | project | structure
  key          text not null,             -- of its address, /angebote/{key}
  actor_id     uuid,                      -- the organisation that keeps it; null: the town
  name         text not null,
  public       boolean not null,          -- everybody may read it; else staff and its own organisation
  content      text not null,             -- the fields of the kind, JSON
  edit         integer not null,          -- counts edits, for conflict detection
  created_at   timestamptz not null,
  changed_at   timestamptz not null,
  confirmed_at timestamptz,               -- the last time somebody said that it still holds
  archived_at  timestamptz,               -- ended; shown nowhere but to staff
  primary key (tenant_id, id),
  unique (tenant_id, kind, key),
  foreign key (tenant_id, actor_id) references actor_record (tenant_id, id)
);
create index actor_record_actor on actor_record (tenant_id, actor_id);

-- Who works with whom: organisation and organisation, organisation and network (then role is the function it sends, never a person).
create table actor_relation (
  tenant_id uuid not null references tenant (tenant_id),
  id        uuid not null,
  from_id   uuid not null,                -- an organisation
  to_id     uuid not null,                -- an organisation or a network
  role      text not null,
  strength  integer not null,             -- 1 now and then, 2 regularly, 3 closely
  formal    boolean not null,             -- by contract, statute or resolution
  from_date text not null,
  to_date   text not null,                -- empty: lasts
  note      text not null,
  primary key (tenant_id, id),
  unique (tenant_id, from_id, to_id),
  foreign key (tenant_id, from_id) references actor_record (tenant_id, id),
  foreign key (tenant_id, to_id) references actor_record (tenant_id, id)
);

-- People who can be asked. Without consent staff and the own organisation alone see them.
create table actor_contact (
  tenant_id  uuid not null references tenant (tenant_id),
  id         uuid not null,
  record_id  uuid not null,
  role       text not null,               -- function, "Leitung"
  person     text not null,
  email      text not null,
  phone      text not null,
  consent_at timestamptz,                 -- the person agreed to be shown to everybody; null: not
  consent_by uuid,                        -- account that noted it
  changed_at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, record_id) references actor_record (tenant_id, id)
);
create index actor_contact_record on actor_contact (tenant_id, record_id);

-- The town's words for types of offers, target groups, ages …; what is not here is as shipped.
create table actor_term (
  tenant_id uuid not null references tenant (tenant_id),
  grp       text not null,                -- offer_type, target_group, age, …
  key       text not null,
  position  integer not null,
  content   text not null,                -- JSON
  primary key (tenant_id, grp, key)
);

-- The town's rules for the inventory, and a count of changes by which readers know that theirs is current.
create table actor_rule (
  tenant_id uuid not null references tenant (tenant_id) primary key,
  content   text not null,                -- JSON
  stamp     bigint not null
);

-- What organisations changed by themselves: done at once, or waiting for staff.
create table actor_change (
  tenant_id  uuid not null references tenant (tenant_id),
  id         uuid not null,
  record_id  uuid not null,
  patch      text not null,               -- field, before, after; JSON
  state      text not null,               -- applied | waiting | accepted | refused
  changed_by uuid,                        -- account
  changed_at timestamptz not null,
  decided_by uuid,                        -- account
  decided_at timestamptz,
  reason     text not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, record_id) references actor_record (tenant_id, id)
);
create index actor_change_state on actor_change (tenant_id, state, changed_at);

-- Ends of funding that staff were told of, so that nobody is told twice.
create table actor_alarm (
  tenant_id uuid not null references tenant (tenant_id),
  record_id uuid not null,
  ends      text not null,
  told_at   timestamptz not null,
  primary key (tenant_id, record_id, ends)
);

-- What staff decided on proposals to share; a proposal is known by what it is about.
create table actor_pooling (
  tenant_id  uuid not null references tenant (tenant_id),
  key        text not null,
  state      text not null,               -- accepted | dismissed
  reason     text not null,
  decided_by uuid,                        -- account
  decided_at timestamptz not null,
  primary key (tenant_id, key)
);
