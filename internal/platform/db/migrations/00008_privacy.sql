-- +goose Up

-- What the town owes the people it keeps data about. See package privacy.

-- Texts people agree to. A text is never changed: a change is a further version.
create table consent_text (
  tenant_id    uuid not null references tenant (tenant_id),
  kind         text not null,             -- registration, subscription, …
  lang         text not null,
  version      integer not null,
  body         text not null,             -- Markdown
  valid_from   timestamptz not null,
  published_by uuid,                      -- account; null: shipped with the program, or at the command line
  primary key (tenant_id, kind, lang, version)
);

create table consent (
  tenant_id    uuid not null references tenant (tenant_id),
  id           uuid not null,
  account_id   uuid not null,
  kind         text not null,
  lang         text not null,
  version      integer not null,          -- of consent_text
  given_at     timestamptz not null,
  withdrawn_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, kind, lang, version) references consent_text (tenant_id, kind, lang, version)
);
create index consent_account on consent (tenant_id, account_id);

-- Imprint, privacy notice, accessibility statement, contact, help, security.txt: what is being written, and what was published.
create table legal_draft (
  tenant_id  uuid not null references tenant (tenant_id),
  page       text not null,
  edits      integer not null,            -- counts edits, for conflict detection
  content    text not null,               -- fields and texts, JSON
  edited_at  timestamptz not null,
  edited_by  uuid,                        -- account
  primary key (tenant_id, page)
);

create table legal_version (
  tenant_id    uuid not null references tenant (tenant_id),
  page         text not null,
  version      integer not null,
  content      text not null,             -- JSON
  published_at timestamptz not null,
  published_by uuid,                      -- account
  primary key (tenant_id, page, version)
);

-- The record of processing (Art. 30 GDPR) as it was, one version for each change.
create table processing_record (
  tenant_id uuid not null references tenant (tenant_id),
  version   integer not null,
  hash      text not null,                -- SHA-256 of content
  content   text not null,                -- JSON, with its words as they were
  at        timestamptz not null,
  primary key (tenant_id, version)
);

-- Proof of what was deleted because its time was over: numbers only.
create table retention_proof (
  tenant_id  uuid not null references tenant (tenant_id),
  kind       text not null,
  run        text not null,               -- day of the run, so that a run that was broken off goes on
  before     timestamptz not null,        -- what was older is gone
  days       integer not null,
  deleted    bigint not null,
  began_at   timestamptz not null,
  ended_at   timestamptz,
  primary key (tenant_id, kind, run)
);

-- An answer to the question what is held about a person (Art. 15, 20 GDPR). The file lies sealed and only until it is fetched.
create table disclosure (
  tenant_id  uuid not null references tenant (tenant_id),
  id         uuid not null,
  account_id uuid not null,               -- about whom
  asked_by   uuid,                        -- account of the staff; null: the person, or the command line
  reason     text not null,               -- of the staff
  state      text not null,               -- granted, making, ready, fetched, over, failed
  session    text not null,               -- mark of the session that may fetch it
  content    text not null,               -- sealed zip, empty once fetched or over
  size       bigint not null,
  asked_at   timestamptz not null,
  ready_at   timestamptz,
  fetched_at timestamptz,
  primary key (tenant_id, id)
);
create index disclosure_account on disclosure (tenant_id, account_id);

-- That something was erased (Art. 17 GDPR): when, on whose word, how much. No content.
create table erasure (
  tenant_id  uuid not null references tenant (tenant_id),
  id         uuid not null,
  account_id uuid not null,
  asked_by   uuid,                        -- account of the staff; null: the person, or the command line
  counts     text not null,               -- JSON: rows by kind of data
  at         timestamptz not null,
  primary key (tenant_id, id)
);

-- Reports of barriers (accessibility feedback), from anybody.
create table barrier_report (
  tenant_id   uuid not null references tenant (tenant_id),
  id          uuid not null,
  code        text not null,              -- SHA-256 of the receipt code
  page        text not null,              -- address of the page, as typed
  body        text not null,
  name        text not null,
  email       text not null,
  lang        text not null,
  received_at timestamptz not null,
  due_at      timestamptz not null,
  answer      text not null,
  answered_at timestamptz,
  answered_by uuid,                       -- account
  alarmed_at  timestamptz,                -- when the town was told that the answer is overdue
  primary key (tenant_id, id),
  unique (tenant_id, code)
);
create index barrier_report_open on barrier_report (tenant_id, due_at) where answered_at is null;
