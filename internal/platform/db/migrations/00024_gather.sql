-- +goose Up

-- One registration can be for several people. See package event.
alter table event_registration add column heads bigint not null default 1;       -- people it is for, who registered included
alter table event_registration add column companions text not null default '';   -- names of the others, a line each, as far as they were given
alter table event_registration add column came bigint not null default 0;        -- people of it who were let in
alter table event_registration add column passed_at timestamptz;                 -- when it was told that places became free, and not enough for all of them

-- Videos in sign language beside public texts. See package desk.
create table sign_video (
  tenant_id   uuid not null references tenant (tenant_id),
  path        text not null,               -- of the public page, "/beteiligung/park"
  id          uuid not null,               -- of its address; a new one with every file
  sha256      text not null,
  type        text not null,               -- video/mp4, video/webm, as the content says
  size        bigint not null,
  uploaded_at timestamptz not null,
  uploaded_by uuid,
  primary key (tenant_id, path)
);
create unique index sign_video_id on sign_video (tenant_id, id);
create index sign_video_file on sign_video (tenant_id, sha256);
