-- +goose Up

-- A tenant is a town, or a region whose members are towns; its settings count versions, so that two people who change them at once are told.
alter table tenant add column kind text not null default 'town'; -- town | region | district
alter table tenant add column version integer not null default 0;

-- A region and a town know of each other by two rows, one in each tenant, written together: neither reads the other's to know where they stand.
create table region_bond (
  tenant_id  uuid not null references tenant (tenant_id),
  other_id   uuid not null,               -- the town, seen from the region; the region, seen from the town
  side       text not null,               -- region | town: which of the two this row belongs to
  state      text not null,               -- invited (by the region) | applied (by the town) | joined | ended
  since      timestamptz not null,
  ended_by   text not null,               -- region | town; empty while it lasts
  primary key (tenant_id, other_id)
);

-- What a region shows is a copy in its own tenant: the released tables of its members, replaced as a whole whenever a member's pages change.
create table region_town (
  tenant_id  uuid not null references tenant (tenant_id),
  town_id    uuid not null,
  key        text not null,
  name       text not null,               -- kernel.Text
  fictional  boolean not null,
  stamp      bigint not null,             -- of the town when the copy was begun; an older copy never replaces a newer one
  copied_at  timestamptz not null,
  left_at    timestamptz,                 -- the town is no member any more; nothing of it is kept but that it was one
  primary key (tenant_id, town_id)
);

create table region_table (
  tenant_id   uuid not null,
  town_id     uuid not null,
  id          uuid not null,
  indicator   text not null,              -- key of the shipped catalogue
  version     integer not null,
  definition  text not null,              -- hash of what the figure means; equal hash, comparable figure
  meta        text not null,              -- name, unit, decimals, office, sources, JSON
  level       text not null,
  level_name  text not null,              -- kernel.Text
  edition     text not null,
  period_from text not null,
  period_to   text not null,
  total       text not null,              -- JSON: the town as a whole
  areas       text not null,              -- JSON: the areas as the public sees them
  primary key (tenant_id, town_id, id),
  foreign key (tenant_id, town_id) references region_town (tenant_id, town_id)
);
create index region_table_indicator on region_table (tenant_id, indicator, period_to);

create table region_page (
  tenant_id    uuid not null references tenant (tenant_id) primary key,
  published_at timestamptz                -- everybody may read the comparison
);
