-- +goose Up

-- Vision and guidelines (Leitbild, Leitlinien). See package vision.
create table vision_text (
  tenant_id    uuid not null references tenant (tenant_id),
  id           uuid not null,
  key          text not null,
  kind         text not null,             -- vision, guidelines, other
  title        text not null,             -- kernel.Text
  lead         text not null,             -- kernel.Text
  process      text not null,             -- key of the process whose phases govern it; empty: the two dates below do
  module       text not null,
  team         text not null,             -- key of the working group that writes it; empty: none
  opens_at     timestamptz,
  closes_at    timestamptz,
  headline     text not null,             -- JSON: the vote on its headline
  amendments   integer not null,          -- the last number given
  versions     integer not null,          -- the last number given
  edit         integer not null,
  created_at   timestamptz not null,
  changed_at   timestamptz not null,
  published_at timestamptz,               -- null: a draft
  primary key (tenant_id, id),
  unique (tenant_id, key)
);

-- A paragraph keeps its id through all wordings and versions. One that was merged into another says where it lives on.
create table vision_paragraph (
  tenant_id  uuid not null,
  id         uuid not null,
  text_id    uuid not null,
  place      integer not null,
  kind       text not null,               -- heading, paragraph, item
  level      integer not null,            -- of a heading or item
  body       text not null,               -- kernel.Text
  cites      text not null,               -- JSON
  parent     uuid,                        -- the paragraph it was split from
  parent_edit integer not null,           -- the wording of the parent that was split
  edit       integer not null,
  changed_at timestamptz not null,
  removed_at timestamptz,
  into_id    uuid,                        -- the paragraph it was merged into
  into_edit  integer not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, text_id) references vision_text (tenant_id, id)
);
create index vision_paragraph_text on vision_paragraph (tenant_id, text_id, place);

-- Every wording a paragraph ever had.
create table vision_wording (
  tenant_id    uuid not null,
  paragraph_id uuid not null,
  edit         integer not null,
  body         text not null,             -- kernel.Text
  reason       text not null,
  at           timestamptz not null,
  primary key (tenant_id, paragraph_id, edit),
  foreign key (tenant_id, paragraph_id) references vision_paragraph (tenant_id, id)
);

-- Versions are written once and stay as they are; triggers see to it.
create table vision_version (
  tenant_id  uuid not null,
  text_id    uuid not null,
  number     integer not null,
  kind       text not null,               -- draft, adopted
  title      text not null,               -- kernel.Text
  reason     text not null,
  body       text not null,               -- who adopted it
  decided_on text not null,
  reference  text not null,               -- of the resolution
  ref_kind   text not null,
  ref_id     text not null,
  content    text not null,               -- JSON: the paragraphs
  hash       text not null,               -- SHA-256 of content
  at         timestamptz not null,
  primary key (tenant_id, text_id, number),
  foreign key (tenant_id, text_id) references vision_text (tenant_id, id)
);

create table vision_amendment (
  tenant_id      uuid not null,
  id             uuid not null,
  text_id        uuid not null,
  number         integer not null,
  paragraph_id   uuid,                    -- null: insert at the begin
  base_edit      integer not null,        -- the wording it was made against
  kind           text not null,           -- replace, insert, delete, editorial
  lang           text not null,
  line_from      integer not null,
  line_to        integer not null,
  base           text not null,
  want           text not null,
  reason         text not null,
  account_id     uuid,
  pseudonym      text not null,
  team           text not null,           -- the working group that submitted it
  code_hash      text not null,
  state          text not null,
  rule           text not null,           -- that a hidden one broke
  advice         text not null,           -- accept, reject; empty: none yet
  advice_reason  text not null,
  outcome        text not null,           -- the wording that was decided where that is not the wording proposed
  outcome_base   text not null,
  decision       text not null,           -- the reason given
  decider        text not null,           -- the body that decided
  decided_on     text not null,
  applied_at     timestamptz,             -- made part of the text
  supports       integer not null,
  edit           integer not null,
  created_at     timestamptz not null,
  changed_at     timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, text_id, number),
  unique (tenant_id, code_hash),
  foreign key (tenant_id, text_id) references vision_text (tenant_id, id)
);
create index vision_amendment_paragraph on vision_amendment (tenant_id, text_id, paragraph_id);
create index vision_amendment_account on vision_amendment (tenant_id, account_id);

create table vision_support (
  tenant_id    uuid not null,
  amendment_id uuid not null,
  voter        text not null,             -- mark of the account or the code
  account_id   uuid,
  at           timestamptz not null,
  primary key (tenant_id, amendment_id, voter),
  foreign key (tenant_id, amendment_id) references vision_amendment (tenant_id, id)
);
create index vision_support_account on vision_support (tenant_id, account_id);

-- +engine sqlite

-- +goose StatementBegin
create trigger vision_version_fixed before update on vision_version begin
  select raise(abort, 'a version of a text is never changed');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger vision_version_kept before delete on vision_version begin
  select raise(abort, 'a version of a text is never removed');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger vision_wording_fixed before update on vision_wording begin
  select raise(abort, 'a wording is never changed');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger vision_wording_kept before delete on vision_wording begin
  select raise(abort, 'a wording is never removed');
end;
-- +goose StatementEnd

-- +engine postgres

-- +goose StatementBegin
create function vision_guard() returns trigger language plpgsql as $$
begin
  raise exception '% on % is never done', lower(tg_op), tg_table_name;
end $$;
-- +goose StatementEnd
create trigger vision_version_guard before update or delete on vision_version for each row execute function vision_guard();
create trigger vision_wording_guard before update or delete on vision_wording for each row execute function vision_guard();
create trigger vision_version_whole before truncate on vision_version for each statement execute function vision_guard();
create trigger vision_wording_whole before truncate on vision_wording for each statement execute function vision_guard();
