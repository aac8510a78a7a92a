-- +goose Up

-- Roles held in a context: a process, a group, an office, an area. Empty: the town as a whole.
alter table account_role add column context_kind text not null default '';
alter table account_role add column context_key text not null default '';

-- Citizens have accounts too: a pseudonym of their own, told apart in its folded form (account.PseudonymKey).
alter table account add column lang text not null default 'de';           -- of mails
alter table account add column pseudonym_key text;                        -- null: not a citizen's account
alter table account add column consent text not null default '';          -- version of the text that was agreed to
alter table account add column consented_at timestamptz;
alter table account add column erased_at timestamptz;                     -- what is left is a stub without name, address and hash
create unique index account_pseudonym on account (tenant_id, pseudonym_key);

-- Links sent by mail that open something once: invitations, new passwords, registrations, new addresses. Only the hash of the token is kept.
create table account_link (
  tenant_id    uuid not null references tenant (tenant_id),
  id           uuid not null,
  kind         text not null,             -- invitation, reset, registration, address
  token_hash   text not null,             -- SHA-256, hexadecimal
  account_id   uuid,                      -- whom it is for; null where there is no account (yet)
  email        text not null,             -- where it was sent
  email_folded text not null,
  lang         text not null,
  content      text not null,             -- JSON by kind: name, roles, pseudonym, hash, consent
  origin       text not null,             -- keyed hash of the network it was asked for from; empty: by the administration
  created_at   timestamptz not null,
  created_by   uuid,
  expires_at   timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, token_hash),
  foreign key (tenant_id, account_id) references account (tenant_id, id)
);
create index account_link_email on account_link (tenant_id, kind, email_folded);
create index account_link_expiry on account_link (tenant_id, expires_at);
