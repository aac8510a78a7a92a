-- +goose Up

-- One text for SQLite and PostgreSQL. Every key leads with tenant_id, so that the same tables distribute by tenant. Dates are text in ISO form
-- (they sort and compare alike on both engines), instants fixed-width text in UTC, JSON is text.

-- shared: the town is found by its key before anything of it is known
create table tenant (
  tenant_id  uuid not null primary key,
  key        text not null unique,
  name       text not null,               -- kernel.Text
  fictional  boolean not null,
  settings   text not null,               -- colours, languages, words of the town
  stamp      bigint not null default 0,   -- counts changes of what pages show: figures, definitions, areas, releases
  created_at timestamptz not null
);

create table account (
  tenant_id     uuid not null references tenant (tenant_id),
  id            uuid not null,
  email         text not null,            -- as typed
  email_folded  text not null,            -- for sign-in and uniqueness
  name          text not null,            -- display name, a role rather than a person in the example town
  password_hash text not null,            -- PHC string, argon2id
  must_change   boolean not null,         -- the password is a one-time one, given by somebody else
  created_at    timestamptz not null,
  disabled_at   timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, email_folded)
);

create table account_role (
  tenant_id  uuid not null,
  id         uuid not null,
  account_id uuid not null,
  role       text not null,
  from_date  text not null,
  to_date    text not null,               -- empty: open
  primary key (tenant_id, id),
  foreign key (tenant_id, account_id) references account (tenant_id, id)
);

create table session (
  tenant_id  uuid not null references tenant (tenant_id),
  token_hash text not null,
  account_id uuid,
  data       bytea not null,
  expires_at timestamptz not null,
  primary key (tenant_id, token_hash)
);

create table area_level (
  tenant_id uuid not null references tenant (tenant_id),
  id        uuid not null,
  key       text not null,
  name      text not null,                -- kernel.Text, the town's word for it
  rank      integer not null,             -- 1 city, 2 district, 3 quarter, 4 planning area, 5 block; smaller contains larger
  primary key (tenant_id, id),
  unique (tenant_id, key)
);

create table area_edition (
  tenant_id        uuid not null,
  id               uuid not null,
  level_id         uuid not null,
  key              text not null,
  valid_from       text not null,
  valid_to         text not null,         -- empty: until further notice
  parent_edition_id uuid,
  source           text not null,         -- file name
  sha256           text not null,         -- original file
  source_crs       integer not null,      -- EPSG
  report           text not null,         -- settings, findings and repairs of the import, JSON
  map_overview     bytea not null,        -- simplified coverage for drawings of about 1,000 pixels, GeoJSON gzip
  map_web          bytea not null,        -- the same for interactive maps
  version          integer not null,      -- counts re-imports of this edition
  imported_at      timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, level_id, key),
  foreign key (tenant_id, level_id) references area_level (tenant_id, id),
  foreign key (tenant_id, parent_edition_id) references area_edition (tenant_id, id)
);

create table area (
  tenant_id  uuid not null,
  id         uuid not null,
  edition_id uuid not null,
  key        text not null,
  name       text not null,
  sort_name  text not null,
  parent_id  uuid,
  area_m2    double precision not null,
  label_lon  double precision not null,
  label_lat  double precision not null,
  geometry   bytea not null,              -- WKB, longitude and latitude, ETRS89/WGS84
  primary key (tenant_id, id),
  unique (tenant_id, edition_id, key),
  foreign key (tenant_id, edition_id) references area_edition (tenant_id, id),
  foreign key (tenant_id, parent_id) references area (tenant_id, id)
);
create index area_parent on area (tenant_id, parent_id);

create table indicator (
  tenant_id  uuid not null references tenant (tenant_id),
  id         uuid not null,
  key        text not null,
  own        boolean not null,            -- added by the town, not from the shipped catalogue
  field      text not null,               -- A to H of the catalogue
  position   integer not null,
  parts      text not null,               -- JSON: lists of indicators whose numerators make up this one's, for checks of sums
  created_at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, key)
);

create table indicator_version (
  tenant_id    uuid not null,
  indicator_id uuid not null,
  version      integer not null,
  name         text not null,             -- kernel.Text
  numerator    text not null,             -- kernel.Text: what is counted
  denominator  text not null,             -- kernel.Text; empty: a plain count or mean
  unit         text not null,
  factor       double precision not null, -- value = factor * numerator / denominator; 1 for plain counts
  direction    integer not null,          -- 1 high is burden, -1 high is relief, 0 context
  office       text not null,
  class        text not null,             -- confidentiality class S3, S5, S10, N100, Q30, O …
  aggregation  text not null,             -- ratio | sum | none
  signed       boolean not null,          -- a balance: the numerator may be negative
  note         text not null,             -- kernel.Text: caveats
  valid_from   text not null,
  reason       text not null,             -- why this version
  created_at   timestamptz not null,
  primary key (tenant_id, indicator_id, version),
  foreign key (tenant_id, indicator_id) references indicator (tenant_id, id)
);

create table delivery (
  tenant_id   uuid not null references tenant (tenant_id),
  id          uuid not null,
  source      text not null,              -- name under which the mapping is remembered
  file_name   text not null,
  sha256      text not null,              -- of the original file, kept in the file store
  mapping     text not null,              -- YAML as used
  disclosure  text not null,              -- cleared_by_source | unchecked
  report      text not null,              -- dry-run report, JSON
  rows_taken  integer not null,
  taken_at    timestamptz not null,
  taken_by    text not null,
  retracted_at     timestamptz,
  retracted_by     text not null,
  retracted_reason text not null,
  replaces    uuid,                       -- the delivery that this one imports again with a changed mapping
  primary key (tenant_id, id),
  foreign key (tenant_id, replaces) references delivery (tenant_id, id)
);

create table mapping (
  tenant_id uuid not null references tenant (tenant_id),
  id        uuid not null,
  source    text not null,
  signature text not null,                -- hash of the header, to propose the mapping again
  yaml      text not null,
  used_at   timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, source, signature)
);

-- A slice is one indicator version on one area edition for one period: what a map shows, what an import fills and what is released at once.
create table slice (
  tenant_id    uuid not null,
  id           uuid not null,
  indicator_id uuid not null,
  version      integer not null,
  edition_id   uuid not null,
  period_from  text not null,
  period_to    text not null,
  figures      integer not null,          -- areas with a figure that counts, kept by imports and retractions
  parts        integer not null,          -- of these, those that do not prevent a sum over areas
  newest       uuid,                      -- the delivery that changed it last and counts
  primary key (tenant_id, id),
  unique (tenant_id, indicator_id, version, edition_id, period_from, period_to),
  foreign key (tenant_id, indicator_id, version) references indicator_version (tenant_id, indicator_id, version),
  foreign key (tenant_id, edition_id) references area_edition (tenant_id, id)
);
create index slice_edition on slice (tenant_id, edition_id, period_to);

-- Append-only: a correction is a further revision; the figure that counts is the highest revision whose delivery is not retracted.
create table observation (
  tenant_id   uuid not null,
  slice_id    uuid not null,
  area_id     uuid not null,
  revision    integer not null,
  numerator   double precision,
  denominator double precision,
  value       double precision,           -- as delivered, where no parts were delivered
  change      double precision,           -- over the method's lag in percentage points, as delivered; high is worse
  flag        text not null,
  delivery_id uuid not null,
  line        integer not null,           -- line of the file it came from
  primary key (tenant_id, slice_id, area_id, revision),
  foreign key (tenant_id, slice_id) references slice (tenant_id, id),
  foreign key (tenant_id, area_id) references area (tenant_id, id),
  foreign key (tenant_id, delivery_id) references delivery (tenant_id, id)
);
create index observation_delivery on observation (tenant_id, delivery_id);

-- Ledger of releases: what was made visible to which audience, when and by whom; withdrawal is a date, never a deletion.
create table release (
  tenant_id    uuid not null references tenant (tenant_id),
  id           uuid not null,
  kind         text not null,             -- slice | run | report
  object_id    uuid not null,
  audience     text not null,
  released_at  timestamptz not null,
  released_by  text not null,
  note         text not null,
  withdrawn_at timestamptz,
  withdrawn_by text not null,
  withdrawn_reason text not null,
  primary key (tenant_id, id)
);
create index release_object on release (tenant_id, kind, object_id);

create table method (
  tenant_id  uuid not null references tenant (tenant_id),
  id         uuid not null,
  key        text not null,
  version    integer not null,
  title      text not null,               -- kernel.Text
  status     text not null,               -- verified | unverified | own
  spec       text not null,               -- the method as YAML, canonical form
  hash       text not null,               -- SHA-256 of spec
  created_at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, key, version)
);

create table run (
  tenant_id  uuid not null,
  id         uuid not null,
  method_id  uuid not null,
  edition_id uuid not null,
  period     text not null,
  exclusions text not null,               -- JSON list of area key and reason
  draws      integer not null,
  seed       bigint not null,
  summary    text not null,               -- means, deviations, counts, warnings, JSON
  hash       text not null,               -- of inputs and method: equal hash, equal digits
  created_at timestamptz not null,
  created_by text not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, method_id) references method (tenant_id, id),
  foreign key (tenant_id, edition_id) references area_edition (tenant_id, id)
);
create index run_edition on run (tenant_id, edition_id, period);

-- Pins a run to the observation versions it read.
create table run_input (
  tenant_id  uuid not null,
  run_id     uuid not null,
  role       text not null,               -- indicator key, "population", either with "@earlier"
  slice_id   uuid not null,
  version    integer not null,            -- of the definition
  deliveries text not null,               -- that counted then, comma-separated
  hash       text not null,               -- of the values read
  primary key (tenant_id, run_id, role),
  foreign key (tenant_id, run_id) references run (tenant_id, id),
  foreign key (tenant_id, slice_id) references slice (tenant_id, id)
);

create table run_result (
  tenant_id  uuid not null,
  run_id     uuid not null,
  area_id    uuid not null,
  eligible   boolean not null,
  reason     text not null,
  detail     text not null,               -- JSON: values, contributions, sum, index, class, dynamics, ranks
  primary key (tenant_id, run_id, area_id),
  foreign key (tenant_id, run_id) references run (tenant_id, id),
  foreign key (tenant_id, area_id) references area (tenant_id, id)
);

create table report_edition (
  tenant_id  uuid not null references tenant (tenant_id),
  id         uuid not null,
  key        text not null,
  title      text not null,               -- kernel.Text
  settings   text not null,               -- level, edition, period, method, language, JSON
  version    integer not null,            -- counts edits, for conflict detection
  created_at timestamptz not null,
  frozen_at  timestamptz,
  frozen_by  text not null,
  primary key (tenant_id, id),
  unique (tenant_id, key)
);

create table report_chapter (
  tenant_id  uuid not null,
  id         uuid not null,
  edition_id uuid not null,
  parent_id  uuid,
  position   integer not null,
  title      text not null,
  body       text not null,               -- Markdown with live parts
  version    integer not null,            -- counts edits, for conflict detection
  primary key (tenant_id, id),
  foreign key (tenant_id, edition_id) references report_edition (tenant_id, id),
  foreign key (tenant_id, parent_id) references report_chapter (tenant_id, id)
);
create index report_chapter_edition on report_chapter (tenant_id, edition_id, position);

-- What a live part showed when its edition was frozen; a frozen edition reads nothing else.
create table report_part (
  tenant_id  uuid not null,
  edition_id uuid not null,
  key        text not null,               -- the part's call as written, or map:… for a coverage it needs
  content    text not null,               -- JSON
  primary key (tenant_id, edition_id, key),
  foreign key (tenant_id, edition_id) references report_edition (tenant_id, id)
);

-- Files made of a frozen edition, kept in the file store: the same bytes for every reader.
create table report_file (
  tenant_id  uuid not null,
  edition_id uuid not null,
  kind       text not null,               -- html | pdf | xlsx
  sha256     text not null,
  size       bigint not null,
  built_at   timestamptz not null,
  primary key (tenant_id, edition_id, kind),
  foreign key (tenant_id, edition_id) references report_edition (tenant_id, id)
);
