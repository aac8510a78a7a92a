-- +goose Up

-- Events of the town and its pinboard. See package event.

-- What is read only is JSON in content: texts in several languages, place, programme, accessibility. What is asked for or counted is a column.
create table event (
  tenant_id     uuid not null references tenant (tenant_id),
  id            uuid not null,
  key           text not null,               -- of its address
  is_template   boolean not null,            -- others are made from it; never public
  stage         text not null,               -- draft, published, cancelled
  audience      text not null,               -- public; internal: people who were invited or hold a role there
  process       text not null,               -- key of the process it belongs to; empty: none
  group_key     text not null,               -- working group or body; empty: none
  starts_at     timestamptz,
  ends_at       timestamptz,
  content       text not null,               -- JSON
  registration  text not null,               -- none, open
  capacity      bigint not null,             -- places; 0: as many as come
  waiting_list  boolean not null,
  opens_at      timestamptz,                 -- of the registration; null: with the publication
  closes_at     timestamptz,                 -- null: when it begins
  taken         bigint not null,             -- places taken, those kept for somebody of the waiting list included
  waiting       bigint not null,             -- people on the waiting list
  attended      bigint not null,             -- people who were let in
  sequence      bigint not null,             -- counts changes of time and place, and the cancellation
  edit          bigint not null,             -- counts edits, for conflict detection
  created_at    timestamptz not null,
  changed_at    timestamptz not null,
  published_at  timestamptz,
  cancelled_at  timestamptz,
  minutes_at    timestamptz,                 -- when the minutes were published
  primary key (tenant_id, id)
);
create unique index event_key on event (tenant_id, key);
create index event_start on event (tenant_id, starts_at);
create index event_process on event (tenant_id, process);

-- Parallel working groups people choose at registration, each with places of its own.
create table event_part (
  tenant_id uuid not null references tenant (tenant_id),
  event     uuid not null,
  id        uuid not null,
  ord       bigint not null,
  content   text not null,                   -- JSON: title, text, room, role of who leads it
  capacity  bigint not null,                 -- 0: as many as come
  taken     bigint not null,
  primary key (tenant_id, event, id),
  foreign key (tenant_id, event) references event (tenant_id, id)
);

create table event_registration (
  tenant_id    uuid not null references tenant (tenant_id),
  id           uuid not null,
  event        uuid not null,
  state        text not null,                -- registered, offered (a place is kept until offered_until), waiting, cancelled
  part         uuid,                         -- the working group chosen
  account_id   uuid,
  name         text not null,                -- as the organiser asks for it; empty
  email        text not null,                -- empty: registered by staff without one
  email_key    text not null,
  lang         text not null,
  needs        text not null,                -- JSON: what the person needs to take part
  consent      text not null,                -- version of the text agreed to
  photos       boolean not null,             -- may be seen on photos
  code         text not null,                -- for the door
  created_at   timestamptz not null,
  offered_until timestamptz,
  cancelled_at timestamptz,
  reminded_at  timestamptz,
  attended_at  timestamptz,
  over_at      timestamptz,                  -- when the event ends: what is kept counts from here
  primary key (tenant_id, id),
  foreign key (tenant_id, event) references event (tenant_id, id)
);
create unique index event_registration_once on event_registration (tenant_id, event, email_key) where state <> 'cancelled' and email_key <> '';
create unique index event_registration_code on event_registration (tenant_id, event, code);
create index event_registration_queue on event_registration (tenant_id, event, state, created_at);
create index event_registration_over on event_registration (tenant_id, over_at);
create index event_registration_offer on event_registration (tenant_id, offered_until) where state = 'offered';

create table event_invitation (
  tenant_id    uuid not null references tenant (tenant_id),
  id           uuid not null,
  event        uuid not null,
  label        text not null,                -- role or organisation
  email        text not null,
  email_key    text not null,
  lang         text not null,
  created_at   timestamptz not null,
  announced_at timestamptz,                  -- save the date was sent
  invited_at   timestamptz,                  -- the invitation was sent
  over_at      timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, event) references event (tenant_id, id)
);
create unique index event_invitation_once on event_invitation (tenant_id, event, email_key);

create table event_photo (
  tenant_id   uuid not null references tenant (tenant_id),
  event       uuid not null,
  id          uuid not null,
  ord         bigint not null,
  sha256      text not null,
  width       bigint not null,
  height      bigint not null,
  alt         text not null,                 -- JSON
  credit      text not null,
  uploaded_at timestamptz not null,
  uploaded_by uuid,
  primary key (tenant_id, event, id),
  foreign key (tenant_id, event) references event (tenant_id, id)
);
create index event_photo_file on event_photo (tenant_id, sha256);

-- Who came, counted by coarse groups at the door; numbers only.
create table event_attendance (
  tenant_id uuid not null references tenant (tenant_id),
  event     uuid not null,
  dimension text not null,                   -- age, gender, language, area …
  answer    text not null,
  n         bigint not null,
  primary key (tenant_id, event, dimension, answer),
  foreign key (tenant_id, event) references event (tenant_id, id)
);

create table event_minute (
  tenant_id  uuid not null references tenant (tenant_id),
  event      uuid not null,
  id         uuid not null,
  ord        bigint not null,
  kind       text not null,                  -- note, contribution, decision, task
  part       uuid,                           -- the working group it comes from
  title      text not null,
  body       text not null,
  due        text not null,                  -- of a task
  charge     text not null,                  -- who sees to it: a function, not a person
  ref_kind   text not null,                  -- what became of it; empty: nothing yet
  ref_id     text not null,
  ref_path   text not null,
  created_at timestamptz not null,
  primary key (tenant_id, event, id),
  foreign key (tenant_id, event) references event (tenant_id, id)
);

-- The pinboard.
create table post (
  tenant_id    uuid not null references tenant (tenant_id),
  id           uuid not null,
  stage        text not null,                -- draft, published, withdrawn
  category     text not null,
  process      text not null,
  content      text not null,                -- JSON: texts, source, areas, topics, picture
  picture      text not null,                -- SHA-256 of the picture; empty: none
  starts_on    text not null,                -- day it speaks of; empty: none
  ends_on      text not null,
  pinned       boolean not null,
  edit         bigint not null,
  created_at   timestamptz not null,
  changed_at   timestamptz not null,
  published_at timestamptz,
  expires_at   timestamptz,                  -- no longer on the board from here; null: until it is withdrawn
  primary key (tenant_id, id)
);
create index post_published on post (tenant_id, stage, published_at);
create index post_picture on post (tenant_id, picture);
