-- SPDX-License-Identifier: EUPL-1.2
-- +goose Up

-- shared: certificates and account of the ACME service belong to the installation, whose processes all serve them; the values are sealed
create table certificate_cache (
    name text not null primary key,
    value text not null,
    changed_at timestamptz not null
);
