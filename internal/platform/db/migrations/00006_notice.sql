-- +goose Up

-- Every mail the town sends: written in the transaction of the act it tells of, delivered by a job. See package notice.
create table notice_mail (
  tenant_id   uuid not null references tenant (tenant_id),
  id          uuid not null,
  recipient   text not null,              -- account, subscriber or folded address: who must get the event once
  event       text not null,              -- kind and event
  channel     text not null,
  kind        text not null,
  account     uuid,
  address     uuid,                       -- of a subscriber without account
  email       text not null,
  email_key   text not null,              -- folded, as suppressed addresses are kept
  lang        text not null,
  state       text not null,              -- waiting, sent, captured, failed, bounced, suppressed
  subject     text not null,
  letter      text not null,              -- JSON, as people may see it: links and codes masked
  sealed      text not null,              -- the letter in full, sealed; empty once it was sent
  message_id  text not null,
  attempts    bigint not null,
  next_at     timestamptz not null,
  claim_until timestamptz,                -- while a process hands it over
  code        bigint not null,            -- the mail server's last answer, 0 without one
  error       text not null,
  created_at  timestamptz not null,
  ended_at    timestamptz,                -- sent, captured, given up
  primary key (tenant_id, id)
);
create unique index notice_mail_once on notice_mail (tenant_id, recipient, event, channel);
create index notice_mail_due on notice_mail (tenant_id, next_at) where state = 'waiting';
create index notice_mail_state on notice_mail (tenant_id, state, id);
create index notice_mail_message on notice_mail (tenant_id, message_id);
create index notice_mail_account on notice_mail (tenant_id, account);
create index notice_mail_email on notice_mail (tenant_id, email_key);

-- Addresses that refused mail for good; nothing is sent there until the address is confirmed again.
create table notice_suppressed (
  tenant_id uuid not null references tenant (tenant_id),
  email_key text not null,
  email     text not null,
  reason    text not null,                -- the mail server's words
  since     timestamptz not null,
  primary key (tenant_id, email_key)
);

-- People who asked for mail without having an account.
create table notice_address (
  tenant_id    uuid not null references tenant (tenant_id),
  id           uuid not null,
  email        text not null,
  email_key    text not null,
  lang         text not null,
  created_at   timestamptz not null,
  confirmed_at timestamptz,               -- by the link in the mail (double opt-in)
  consent      text not null,             -- version of the text agreed to
  primary key (tenant_id, id)
);
create unique index notice_address_email on notice_address (tenant_id, email_key);

-- What they asked for.
create table notice_subscription (
  tenant_id    uuid not null references tenant (tenant_id),
  id           uuid not null,
  address      uuid not null,
  request      uuid not null,             -- the request whose link confirms it
  topic        text not null,
  ref          text not null,             -- area, process …; empty: the topic as a whole
  created_at   timestamptz not null,
  confirmed_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, address) references notice_address (tenant_id, id)
);
create unique index notice_subscription_once on notice_subscription (tenant_id, address, topic, ref);
create index notice_subscription_topic on notice_subscription (tenant_id, topic, ref, address);
