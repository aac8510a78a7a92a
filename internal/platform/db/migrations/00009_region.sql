-- +goose Up

-- A tenant is a town, or a region whose members are towns; its settings count versions, so that two people who change them at once are told.
alter table tenant add column kind text not null default 'town'; -- town | region | district
alter table tenant add column version integer not null default 0;
