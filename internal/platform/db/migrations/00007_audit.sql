-- +goose Up

-- The audit trail: one chain of entries for each town. See package trail. Triggers keep entries as they are whatever program asks.
create table audit_entry (
  tenant_id   uuid not null references tenant (tenant_id),
  seq         bigint not null,            -- from 1, without gaps
  at          timestamptz not null,
  person      uuid,                       -- an account, without a key to it: the account may be erased, the act stays
  roles       text not null,              -- held at that time, separated by blanks
  action      text not null,
  what        text not null,
  object_kind text not null,
  object_id   text not null,
  reason      text not null,
  note        text not null,              -- JSON: keys, counts, states
  hash        text not null,              -- SHA-256 of this entry and the hash before
  primary key (tenant_id, seq)
);
create index audit_entry_at on audit_entry (tenant_id, at);
create index audit_entry_person on audit_entry (tenant_id, person, seq);
create index audit_entry_object on audit_entry (tenant_id, object_kind, object_id, seq);

-- Where the chain ends.
create table audit_head (
  tenant_id uuid not null references tenant (tenant_id),
  seq       bigint not null,
  hash      text not null,
  primary key (tenant_id)
);

-- Up to where old entries were removed when their time was over: the hash the rest hangs on.
create table audit_cut (
  tenant_id uuid not null references tenant (tenant_id),
  seq       bigint not null,
  hash      text not null,
  at        timestamptz not null,
  primary key (tenant_id, seq)
);

-- What waits for a second person, and what became of it. See package approval.
create table approval (
  tenant_id    uuid not null references tenant (tenant_id),
  id           uuid not null,
  kind         text not null,             -- roles, publish, export
  action       text not null,
  what         text not null,             -- which executor carries it out
  object_kind  text not null,
  object_id    text not null,
  title        text not null,             -- kernel.Text
  reason       text not null,
  args         text not null,             -- JSON
  digest       text not null,             -- of kind, action, what, object and args: equal matters wait once
  state        text not null,             -- waiting, approved, rejected, withdrawn, expired, stale
  requested_at timestamptz not null,
  requested_by uuid,                      -- null: the person at the command line
  expires_at   timestamptz not null,
  decided_at   timestamptz,
  decided_by   uuid,
  answer       text not null,             -- reason of a rejection, key of the error of a stale one
  primary key (tenant_id, id)
);
create unique index approval_waiting on approval (tenant_id, digest) where state = 'waiting';

-- +engine sqlite

-- +goose StatementBegin
create trigger audit_entry_fixed before update on audit_entry begin
  select raise(abort, 'audit entries are never changed');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger audit_entry_kept before delete on audit_entry
when not exists (select 1 from audit_cut c where c.tenant_id = old.tenant_id and c.seq >= old.seq) begin
  select raise(abort, 'audit entries are removed behind a cut only');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger audit_head_forward before update on audit_head
when new.tenant_id <> old.tenant_id or new.seq not in (old.seq, old.seq + 1) begin
  select raise(abort, 'the head of the audit trail moves forward by one');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger audit_head_kept before delete on audit_head begin
  select raise(abort, 'the head of the audit trail is never removed');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger audit_cut_fixed before update on audit_cut begin
  select raise(abort, 'cuts are never changed');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger audit_cut_kept before delete on audit_cut begin
  select raise(abort, 'cuts are never removed');
end;
-- +goose StatementEnd

-- +engine postgres

-- +goose StatementBegin
create function audit_guard() returns trigger language plpgsql as $$
begin
  if tg_table_name = 'audit_entry' and tg_op = 'DELETE' then
    if exists (select 1 from audit_cut c where c.tenant_id = old.tenant_id and c.seq >= old.seq) then
      return old;
    end if;
    raise exception 'audit entries are removed behind a cut only';
  elsif tg_table_name = 'audit_head' and tg_op = 'UPDATE' then
    if new.tenant_id = old.tenant_id and new.seq in (old.seq, old.seq + 1) then
      return new;
    end if;
    raise exception 'the head of the audit trail moves forward by one';
  end if;
  raise exception '% on % is never done', lower(tg_op), tg_table_name;
end $$;
-- +goose StatementEnd
create trigger audit_entry_guard before update or delete on audit_entry for each row execute function audit_guard();
create trigger audit_head_guard before update or delete on audit_head for each row execute function audit_guard();
create trigger audit_cut_guard before update or delete on audit_cut for each row execute function audit_guard();
create trigger audit_entry_whole before truncate on audit_entry for each statement execute function audit_guard();
create trigger audit_head_whole before truncate on audit_head for each statement execute function audit_guard();
create trigger audit_cut_whole before truncate on audit_cut for each statement execute function audit_guard();
