-- +goose Up

-- Sessions say since when and on which kind of device they are, so that people can end one of them. Whoever is signed in during the upgrade
-- signs in anew.
drop table session;

create table session (
  tenant_id  uuid not null references tenant (tenant_id),
  token_hash text not null,               -- SHA-256 of the cookie
  id         uuid not null,               -- names the session on pages
  account_id uuid not null,
  way        text not null,               -- how the person signed in: account.Way
  strong     boolean not null,            -- with a second factor, or with one that counts as two
  device     text not null,               -- browser and system, coarse: "Firefox, Windows"
  started_at timestamptz not null,
  proved_at  timestamptz not null,        -- when the person last showed who he or she is
  seen_at    timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant_id, token_hash),
  unique (tenant_id, id),
  foreign key (tenant_id, account_id) references account (tenant_id, id)
);
create index session_account on session (tenant_id, account_id);
create index session_expiry on session (tenant_id, expires_at);

-- Browsers in which a person has signed in before: strangers' guesses do not slow them, and a new one is told by mail.
create table signin_device (
  tenant_id  uuid not null references tenant (tenant_id),
  token_hash text not null,
  account_id uuid not null,
  created_at timestamptz not null,
  seen_at    timestamptz not null,
  primary key (tenant_id, token_hash, account_id),
  foreign key (tenant_id, account_id) references account (tenant_id, id)
);
create index signin_device_account on signin_device (tenant_id, account_id);

-- Failed guesses, counted for all processes together. mark is a keyed hash of what is counted, never an address; a day later it is gone.
create table signin_failure (
  tenant_id uuid not null references tenant (tenant_id),
  mark      text not null,
  count     integer not null,
  last_at   timestamptz not null,
  primary key (tenant_id, mark)
);
create index signin_failure_age on signin_failure (tenant_id, last_at);

-- What was begun and waits for its second half: the second factor after a password, the answer of a passkey or of the identity provider.
create table signin_step (
  tenant_id  uuid not null references tenant (tenant_id),
  token_hash text not null,
  purpose    text not null,
  account_id uuid,
  content    text not null,               -- JSON by purpose
  expires_at timestamptz not null,
  primary key (tenant_id, token_hash),
  foreign key (tenant_id, account_id) references account (tenant_id, id)
);
create index signin_step_expiry on signin_step (tenant_id, expires_at);

-- Second factor by time (RFC 6238): the seed is sealed with the key of the installation; last_step is the last time step that was used up.
create table account_totp (
  tenant_id    uuid not null references tenant (tenant_id),
  account_id   uuid not null,
  seed         text not null,
  last_step    bigint not null,
  created_at   timestamptz not null,
  confirmed_at timestamptz,               -- null: shown, but not yet tried
  primary key (tenant_id, account_id),
  foreign key (tenant_id, account_id) references account (tenant_id, id)
);

create table account_recovery (
  tenant_id  uuid not null references tenant (tenant_id),
  account_id uuid not null,
  code_hash  text not null,               -- keyed hash
  created_at timestamptz not null,
  primary key (tenant_id, account_id, code_hash),
  foreign key (tenant_id, account_id) references account (tenant_id, id)
);

create table passkey (
  tenant_id  uuid not null references tenant (tenant_id),
  id         text not null,               -- of the credential, base64url
  account_id uuid not null,
  name       text not null,
  credential text not null,               -- public key, counter and flags, JSON of WebAuthn's credential record
  created_at timestamptz not null,
  used_at    timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, account_id) references account (tenant_id, id)
);
create index passkey_account on passkey (tenant_id, account_id);

-- The town's own identity provider, at most one.
create table identity_provider (
  tenant_id  uuid not null primary key references tenant (tenant_id),
  enabled    boolean not null,
  issuer     text not null,
  client_id  text not null,
  secret     text not null,               -- sealed
  settings   text not null,               -- JSON: button, domains, rule of first sign-in, roles by group
  changed_at timestamptz not null
);

create table identity (
  tenant_id  uuid not null references tenant (tenant_id),
  issuer     text not null,
  subject    text not null,
  account_id uuid not null,
  linked_at  timestamptz not null,
  used_at    timestamptz not null,
  primary key (tenant_id, issuer, subject),
  foreign key (tenant_id, account_id) references account (tenant_id, id)
);
create index identity_account on identity (tenant_id, account_id);
