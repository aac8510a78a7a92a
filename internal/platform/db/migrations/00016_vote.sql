-- SPDX-License-Identifier: EUPL-1.2
-- +goose Up

-- A round of voting (Abstimmung). Its method, options, counting rule and dates are fixed before it starts.
create table vote_round (
  tenant_id    uuid not null references tenant (tenant_id),
  id           uuid not null,
  key          text not null,             -- of its address
  process      text not null,             -- key; empty: of no process
  module       text not null,
  title        text not null,             -- kernel.Text
  body         text not null,             -- kernel.Text
  rules        text not null,             -- ballot.Rules, JSON
  budget       bigint not null,           -- in cents; 0: no budget is decided
  counting     text not null,             -- ballot.Rule, JSON; how a budget is given out
  runoff       text not null,             -- how a ranking finds its winner: borda | plurality | runoff
  winners      integer not null,          -- how many are chosen where no budget is decided
  eligibility  text not null,             -- open | code | account
  from_at      timestamptz,
  to_at        timestamptz,
  state        text not null,             -- draft | fixed | closed | published | cancelled
  reason       text not null,             -- of a cancellation
  source       text not null,             -- of an import: file and hash
  edit         integer not null,
  created_at   timestamptz not null,
  closed_at    timestamptz,
  published_at timestamptz,
  proof        text not null,             -- of what was deleted when it was closed, JSON; empty before
  result       text not null,             -- JSON; empty before it is counted
  primary key (tenant_id, id),
  unique (tenant_id, key)
);

create table vote_option (
  tenant_id    uuid not null,
  round_id     uuid not null,
  number       integer not null,          -- from 0, as ballots name it
  key          text not null,             -- as people name it
  title        text not null,             -- kernel.Text
  body         text not null,             -- kernel.Text
  cost         bigint not null,           -- in cents
  contribution text not null,             -- number of the contribution it was made from
  picture      text not null,             -- SHA-256 of a file
  alt          text not null,             -- what the picture shows
  published    text not null,             -- numbers an imported file publishes, JSON
  primary key (tenant_id, round_id, number),
  foreign key (tenant_id, round_id) references vote_round (tenant_id, id)
);

-- The box is there as long as votes can be cast. It goes when the round is closed: with it goes the salt by which voters' keys were made, and no
-- ballot can come in after the count, since every ballot refers to it.
create table vote_box (
  tenant_id    uuid not null,
  round_id     uuid not null,
  salt         text not null,
  primary key (tenant_id, round_id),
  foreign key (tenant_id, round_id) references vote_round (tenant_id, id)
);

create table vote_ballot (
  tenant_id    uuid not null,
  round_id     uuid not null,
  voter        text not null,             -- hash of code, account or browser with the salt of the box
  way          text not null,             -- verified | unverified
  area         text not null,             -- that the code belongs to
  receipt      text not null,             -- hash
  cast_at      timestamptz not null,
  casts        integer not null,          -- how often it was cast; the last one counts
  primary key (tenant_id, round_id, voter),
  foreign key (tenant_id, round_id) references vote_box (tenant_id, round_id)
);
create index vote_ballot_receipt on vote_ballot (tenant_id, round_id, receipt);

create table vote (
  tenant_id    uuid not null,
  round_id     uuid not null,
  voter        text not null,
  option_no    integer not null,
  value        bigint not null,
  primary key (tenant_id, round_id, voter, option_no),
  foreign key (tenant_id, round_id, voter) references vote_ballot (tenant_id, round_id, voter),
  foreign key (tenant_id, round_id, option_no) references vote_option (tenant_id, round_id, number)
);

-- Receipts of ballots that were counted, kept apart from the ballots.
create table vote_receipt (
  tenant_id    uuid not null,
  round_id     uuid not null,
  receipt      text not null,
  primary key (tenant_id, round_id, receipt),
  foreign key (tenant_id, round_id) references vote_round (tenant_id, id)
);

-- Ballots on paper, entered by staff.
create table vote_paper (
  tenant_id    uuid not null,
  round_id     uuid not null,
  number       integer not null,
  batch        text not null,
  area         text not null,
  marks        text not null,
  void         text not null,             -- reason why it does not count; empty: it does
  entered_at   timestamptz not null,
  primary key (tenant_id, round_id, number),
  foreign key (tenant_id, round_id) references vote_box (tenant_id, round_id)
);

-- What was counted, in an order drawn by lot, with no trace of who or when.
create table vote_cast (
  tenant_id    uuid not null,
  round_id     uuid not null,
  number       bigint not null,
  way          text not null,             -- verified | unverified | paper | imported
  area         text not null,
  marks        text not null,
  correction   integer not null,          -- number of the correction that took it out; 0: it counts
  primary key (tenant_id, round_id, number),
  foreign key (tenant_id, round_id) references vote_round (tenant_id, id)
);

create table vote_correction (
  tenant_id    uuid not null,
  round_id     uuid not null,
  number       integer not null,          -- from 1
  ballots      integer not null,
  reason       text not null,             -- public
  at           timestamptz not null,
  primary key (tenant_id, round_id, number),
  foreign key (tenant_id, round_id) references vote_round (tenant_id, id)
);

-- Codes: letters with one code for one person, or one code for a group. Only hashes are kept; the seed from which letters are printed is sealed
-- and deleted once they are.
create table vote_code_set (
  tenant_id    uuid not null references tenant (tenant_id),
  id           uuid not null,
  kind         text not null,             -- letter | group
  round_id     uuid,                      -- null: for the process
  process      text not null,             -- key; empty with a round of no process
  name         text not null,             -- of the group; of the package
  area         text not null,             -- "quartier/0101"; empty: none
  valid_from   timestamptz,
  valid_to     timestamptz,
  most         integer not null,          -- uses of a group code; 0: any number
  uses         integer not null,
  made         integer not null,          -- how many codes
  salt         text not null,
  seed         text not null,             -- sealed; empty once printed
  disabled_at  timestamptz,
  made_at      timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, round_id) references vote_round (tenant_id, id)
);
create index vote_code_set_place on vote_code_set (tenant_id, process, round_id);

create table vote_code (
  tenant_id    uuid not null,
  set_id       uuid not null,
  hash         text not null,
  number       integer not null,          -- of the letter within its package
  disabled_at  timestamptz,
  primary key (tenant_id, set_id, hash),
  unique (tenant_id, set_id, number),
  foreign key (tenant_id, set_id) references vote_code_set (tenant_id, id)
);

-- What a letter code was used for, once each. The purpose is hashed with the salt of the set.
create table vote_code_use (
  tenant_id    uuid not null,
  set_id       uuid not null,
  mark         text not null,             -- hash of code and purpose
  primary key (tenant_id, set_id, mark),
  foreign key (tenant_id, set_id) references vote_code_set (tenant_id, id)
);
