"""The tables of the embedded store."""

from __future__ import annotations

# `since` is the number of the scan since which a row holds, volatile fields apart; `past` holds what ended.
HISTORY = """
CREATE TABLE scan (
  n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at TEXT NOT NULL, sources TEXT NOT NULL, figures TEXT NOT NULL,
  ledger TEXT);
CREATE TABLE past (
  kind TEXT NOT NULL, id TEXT NOT NULL, from_scan INTEGER NOT NULL, to_scan INTEGER NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (kind, id, from_scan)) WITHOUT ROWID;
CREATE INDEX past_to ON past (to_scan);
"""

# What changed (only rows that did so after the first scan are in them), and edges that ended by their target.
CHANGED = """
CREATE INDEX past_from ON past (from_scan, to_scan);
CREATE INDEX past_target ON past (json_extract(id, '$[2]')) WHERE kind = 'edge';
CREATE INDEX asset_since ON asset (since) WHERE since > 1;
CREATE INDEX edge_since ON edge (since) WHERE since > 1;
"""

# Those that the first publication makes when the rows are there.
LATE_INDEXES = {
    "edge_dst": "CREATE INDEX edge_dst ON edge (dst, src)",
    "asset_tool": "CREATE INDEX asset_tool ON asset (tool)",
    "asset_department": "CREATE INDEX asset_department ON asset (department)",
    "asset_name": "CREATE INDEX asset_name ON asset (name)",
    "claim_name": "CREATE INDEX claim_name ON claim (name)",
}

EDGE = """
CREATE TABLE edge (
  src INTEGER NOT NULL REFERENCES asset (nid), dst INTEGER NOT NULL REFERENCES asset (nid), verb TEXT NOT NULL,
  name TEXT NOT NULL, how TEXT NOT NULL, spot TEXT, confidence REAL NOT NULL,
  since INTEGER NOT NULL DEFAULT 1, PRIMARY KEY (src, dst, verb, name)) WITHOUT ROWID;
"""
VIEW = """
CREATE VIEW dependency AS
  SELECT a.id AS source, e.verb AS verb, b.id AS target, e.how AS how, e.name AS name, e.spot AS spot
  FROM edge e JOIN asset a ON a.nid = e.src JOIN asset b ON b.nid = e.dst;
"""
# The names that assets claim besides their ids.
CLAIM = "CREATE TABLE claim (name TEXT NOT NULL, nid INTEGER NOT NULL);\n"

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE slice (
  sid INTEGER PRIMARY KEY, source TEXT NOT NULL, listing TEXT NOT NULL, scope TEXT NOT NULL,
  status TEXT NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL, baseline TEXT, gone_at TEXT,
  UNIQUE (source, listing, scope));
CREATE TABLE observation (
  sid INTEGER NOT NULL REFERENCES slice (sid), key TEXT NOT NULL, hash TEXT NOT NULL, body TEXT NOT NULL,
  first_seen TEXT NOT NULL, last_seen TEXT, gone_at TEXT,
  PRIMARY KEY (sid, key)) WITHOUT ROWID;
CREATE TABLE tool (
  id TEXT PRIMARY KEY, product TEXT, vendor TEXT, department TEXT, annual_cost REAL,
  hash TEXT NOT NULL, body TEXT NOT NULL, since INTEGER NOT NULL DEFAULT 1) WITHOUT ROWID;
CREATE TABLE asset (
  nid INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, name TEXT NOT NULL, tool TEXT NOT NULL,
  source TEXT, department TEXT, owner TEXT, environment TEXT, created TEXT, last_used TEXT, annual_cost REAL,
  silo TEXT, outside INTEGER NOT NULL DEFAULT 0, hash TEXT NOT NULL, body TEXT NOT NULL,
  since INTEGER NOT NULL DEFAULT 1);
CREATE TABLE verdict (
  finding TEXT PRIMARY KEY, state TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE finding (
  id TEXT PRIMARY KEY, rule TEXT NOT NULL, severity TEXT, score REAL, title TEXT, body TEXT NOT NULL,
  since INTEGER NOT NULL DEFAULT 1) WITHOUT ROWID;
"""
