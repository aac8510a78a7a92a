-- SPDX-License-Identifier: EUPL-1.2
-- +goose Up

-- Rules of conduct (Netiquette): every published wording stays, as decisions name its rules.
create table conduct (
  tenant_id    uuid not null references tenant (tenant_id),
  version      bigint not null,
  content      text not null,              -- JSON: introduction and numbered rules
  published_at timestamptz not null,
  published_by uuid,
  primary key (tenant_id, version)
);

-- What the town wants of moderation and answers.
create table voice_rules (
  tenant_id uuid not null references tenant (tenant_id),
  content   text not null,                 -- JSON
  edit      bigint not null,
  primary key (tenant_id)
);

-- What was decided of a contribution or comment, one row for every step; nothing is ever changed here.
create table moderation_decision (
  tenant_id    uuid not null references tenant (tenant_id),
  id           uuid not null,
  subject_kind text not null,              -- contribution, comment
  subject_id   uuid not null,
  contribution uuid not null,              -- the one itself, or the one commented on
  process      text not null,
  kind         text not null,              -- publish, change, hide, redact, handover, keep, restore
  rule         bigint not null,            -- number within the rules of conduct, 0 without one
  conduct      bigint not null,            -- their version
  message      text not null,              -- to the author
  note         text not null,              -- for colleagues
  pieces       bigint not null,            -- how many passages were made unreadable
  automatic    boolean not null,           -- by the town's rule, by nobody
  waited       bigint not null,            -- minutes since it began to wait
  decided_at   timestamptz not null,
  decided_by   uuid,
  primary key (tenant_id, id)
);
create index moderation_decision_subject on moderation_decision (tenant_id, subject_kind, subject_id, decided_at);
create index moderation_decision_contribution on moderation_decision (tenant_id, contribution, decided_at);
create index moderation_decision_time on moderation_decision (tenant_id, decided_at);

-- Objection of an author against a decision; one for each decision.
create table moderation_appeal (
  tenant_id   uuid not null references tenant (tenant_id),
  decision    uuid not null,
  reason      text not null,
  received_at timestamptz not null,
  reversed    boolean not null,
  answer      text not null,
  decided_at  timestamptz,
  decided_by  uuid,
  primary key (tenant_id, decision),
  foreign key (tenant_id, decision) references moderation_decision (tenant_id, id)
);

-- Readers' reports of published contributions and comments.
create table moderation_report (
  tenant_id    uuid not null references tenant (tenant_id),
  id           uuid not null,
  subject_kind text not null,
  subject_id   uuid not null,
  contribution uuid not null,
  process      text not null,
  reason       text not null,              -- rule, personal, child, spam, wrong, other
  body         text not null,
  account_id   uuid,                       -- of whoever reported, where signed in
  received_at  timestamptz not null,
  alarmed_at   timestamptz,                -- moderation was told that it waits for more than a day
  outcome      text not null,              -- empty: open; acted, kept
  settled_at   timestamptz,
  settled_by   uuid,
  primary key (tenant_id, id)
);
create index moderation_report_open on moderation_report (tenant_id, received_at) where outcome = '';
create index moderation_report_subject on moderation_report (tenant_id, subject_kind, subject_id);

-- A text points to danger to a child (§ 8a SGB VIII): handed over to the youth office, and what came of it.
create table safeguard_case (
  tenant_id    uuid not null references tenant (tenant_id),
  id           uuid not null,
  subject_kind text not null,
  subject_id   uuid not null,
  contribution uuid not null,
  grounds      text not null,
  told         text not null,              -- office and way, "Jugendamt, Bereitschaft, Telefon"
  opened_at    timestamptz not null,
  opened_by    uuid,
  outcome      text not null,
  closed_at    timestamptz,
  closed_by    uuid,
  primary key (tenant_id, id)
);
create index safeguard_case_open on safeguard_case (tenant_id, opened_at);

-- Offices that answer, and the mailbox of each.
create table answer_office (
  tenant_id uuid not null references tenant (tenant_id),
  key       text not null,
  name      text not null,                 -- JSON
  mailbox   text not null,                 -- of the office, not of a person
  edit      bigint not null,
  primary key (tenant_id, key)
);

-- Which office a contribution goes to: the first rule in order that fits.
create table answer_rule (
  tenant_id uuid not null references tenant (tenant_id),
  id        uuid not null,
  process   text not null,                 -- empty: every one
  category  text not null,                 -- empty: every one
  area      text not null,                 -- "quartier/0101"; empty: the whole town
  office    text not null,
  position  bigint not null,
  primary key (tenant_id, id)
);

-- Who a contribution was given to, one after the other.
create table answer_route (
  tenant_id    uuid not null references tenant (tenant_id),
  id           uuid not null,
  contribution uuid not null,
  was          text not null,
  office       text not null,
  reason       text not null,
  routed_at    timestamptz not null,
  routed_by    uuid,                       -- null: by a rule
  primary key (tenant_id, id)
);
create index answer_route_contribution on answer_route (tenant_id, contribution, routed_at);

-- Answers (Rückmeldungen). The words are in the versions.
create table answer (
  tenant_id   uuid not null references tenant (tenant_id),
  id          uuid not null,
  process     text not null,
  office      text not null,               -- that answers and signs
  state       text not null,               -- draft, waiting for release, released
  version     bigint not null,             -- the newest
  released    bigint not null,             -- the version everybody reads, 0: none yet
  edit        bigint not null,
  created_at  timestamptz not null,
  released_at timestamptz,                 -- of the version everybody reads
  primary key (tenant_id, id)
);
create index answer_state on answer (tenant_id, state, office);

create table answer_version (
  tenant_id   uuid not null references tenant (tenant_id),
  answer      uuid not null,
  version     bigint not null,
  status      text not null,
  category    text not null,               -- of the reason
  target      text not null,               -- pursued in, forwarded to
  body        text not null,               -- JSON: languages and Leichte Sprache
  plain_later boolean not null,            -- released without Leichte Sprache, which is still owed
  written_at  timestamptz not null,
  written_by  uuid,
  asked_at    timestamptz,                 -- for release
  asked_by    uuid,
  released_at timestamptz,
  released_by uuid,
  returned    text not null,               -- why the second person sent it back
  primary key (tenant_id, answer, version),
  foreign key (tenant_id, answer) references answer (tenant_id, id)
);

-- One answer for several contributions; each keeps a link of its own.
create table answer_link (
  tenant_id    uuid not null references tenant (tenant_id),
  contribution uuid not null,
  answer       uuid not null,
  linked_at    timestamptz not null,
  linked_by    uuid,
  first_at     timestamptz,                -- when the contribution was answered by it
  primary key (tenant_id, contribution, answer),
  foreign key (tenant_id, answer) references answer (tenant_id, id)
);
create index answer_link_answer on answer_link (tenant_id, answer);

-- Text blocks (Textbausteine) with placeholders.
create table answer_block (
  tenant_id uuid not null references tenant (tenant_id),
  id        uuid not null,
  title     text not null,
  status    text not null,                 -- it fits; empty: every one
  office    text not null,                 -- whose it is; empty: the town's
  body      text not null,                 -- JSON
  edit      bigint not null,
  primary key (tenant_id, id)
);

-- The office was told: once when an answer is due in a week, once when it is overdue, for every due date.
create table answer_alarm (
  tenant_id    uuid not null references tenant (tenant_id),
  contribution uuid not null,
  kind         text not null,              -- soon, overdue
  due          text not null,              -- day
  told_at      timestamptz not null,
  primary key (tenant_id, contribution, kind, due)
);

-- News subscribers are told of, noted once.
create table notice_news (
  tenant_id uuid not null references tenant (tenant_id),
  id        uuid not null,
  topic     text not null,
  ref       text not null,
  event     text not null,                 -- what happened: the same is noted once
  title     text not null,                 -- JSON
  path      text not null,
  noted_at  timestamptz not null,
  now_run   text not null,                 -- the digest of each frequency that took it up; empty: none yet
  daily_run text not null,
  weekly_run text not null,
  primary key (tenant_id, id)
);
create unique index notice_news_once on notice_news (tenant_id, topic, ref, event);
create index notice_news_now on notice_news (tenant_id, now_run);
create index notice_news_daily on notice_news (tenant_id, daily_run);
create index notice_news_weekly on notice_news (tenant_id, weekly_run);

-- A digest on its way through the subscribers: how far it came is written with the mails, so that it goes on where it stopped.
create table notice_digest (
  tenant_id  uuid not null references tenant (tenant_id),
  frequency  text not null,                -- now, daily, weekly
  run        text not null,                -- "2026-11-21", "2026-W47"
  after      uuid,                         -- the last address that is done
  mails      bigint not null,
  started_at timestamptz not null,
  ended_at   timestamptz,
  primary key (tenant_id, frequency, run)
);

alter table notice_subscription add column frequency text not null default 'now';
create index notice_subscription_digest on notice_subscription (tenant_id, frequency, address);
