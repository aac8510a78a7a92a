-- +goose Up

-- One registration can be for several people. See package event.
alter table event_registration add column heads bigint not null default 1;       -- people it is for, who registered included
alter table event_registration add column companions text not null default '';   -- names of the others, a line each, as far as they were given
alter table event_registration add column came bigint not null default 0;        -- people of it who were let in
alter table event_registration add column passed_at timestamptz;                 -- when it was told that places became free, and not enough for all of them
