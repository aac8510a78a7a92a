-- +goose Up

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
