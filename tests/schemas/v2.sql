BEGIN TRANSACTION;
CREATE TABLE asset (
  nid INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, name TEXT NOT NULL, tool TEXT NOT NULL,
  source TEXT, department TEXT, owner TEXT, environment TEXT, created TEXT, last_used TEXT, annual_cost REAL,
  silo TEXT, outside INTEGER NOT NULL DEFAULT 0, hash TEXT NOT NULL, body TEXT NOT NULL,
  since INTEGER NOT NULL DEFAULT 1);
INSERT INTO "asset" VALUES(1,'glue://1/a','glue.job','a','glue:1','aws','unassigned','bob',NULL,'2025-05-05T00:00:00Z',NULL,NULL,'silo-ab69e102',0,'4541fa88e1a98134','{"capabilities":["etl","distributed-compute","metastore","data-quality"],"created":"2025-05-05T00:00:00Z","department":"unassigned","facts":{"department_because":"no rule matches"},"first_seen":"2026-01-01T00:00:00Z","id":"glue://1/a","kind":"glue.job","name":"a","owner":"bob","silo":"silo-ab69e102","source":"aws","sources":["aws"],"tool":"glue:1"}',3);
INSERT INTO "asset" VALUES(2,'glue://1/b','glue.job','b','glue:1','aws','unassigned',NULL,NULL,'2025-05-05T00:00:00Z',NULL,NULL,'silo-722109ca',0,'479c0ca316b0d4de','{"capabilities":["etl","distributed-compute","metastore","data-quality"],"created":"2025-05-05T00:00:00Z","department":"unassigned","facts":{"department_because":"no rule matches"},"first_seen":"2026-01-01T00:00:00Z","id":"glue://1/b","kind":"glue.job","name":"b","silo":"silo-722109ca","source":"aws","sources":["aws"],"tool":"glue:1"}',1);
INSERT INTO "asset" VALUES(4,'outside:s3://elsewhere','outside','s3://elsewhere','',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,'9a18a4fff22ca0bd','{"id":"outside:s3://elsewhere","name":"s3://elsewhere"}',1);
INSERT INTO "asset" VALUES(5,'s3://lake','s3.bucket','lake','s3:1','aws','unassigned','ann',NULL,NULL,NULL,12.5,'silo-ab69e102',0,'db7e9e3525880fc8','{"annual_cost":12.5,"capabilities":["data-lake-storage"],"department":"unassigned","facts":{"department_because":"no rule matches"},"first_seen":"2026-01-01T00:00:00Z","id":"s3://lake","kind":"s3.bucket","name":"lake","names":["s3://lake"],"owner":"ann","shape":{"v":1},"silo":"silo-ab69e102","source":"aws","sources":["aws","sweep"],"tool":"s3:1"}',2);
CREATE TABLE edge (
  src INTEGER NOT NULL REFERENCES asset (nid), dst INTEGER NOT NULL REFERENCES asset (nid), verb TEXT NOT NULL,
  name TEXT NOT NULL, how TEXT NOT NULL, spot TEXT, confidence REAL NOT NULL, hash TEXT NOT NULL,
  since INTEGER NOT NULL DEFAULT 1, PRIMARY KEY (src, dst, verb, name)) WITHOUT ROWID;
INSERT INTO "edge" VALUES(1,5,'reads','s3://lake/in','inside','args',1.0,'1d92a7ee5ae3e82f',1);
INSERT INTO "edge" VALUES(2,4,'writes','s3://elsewhere/out','outside','args',0.7,'44a1955b4b60182a',1);
CREATE TABLE finding (
  id TEXT PRIMARY KEY, rule TEXT NOT NULL, severity TEXT, score REAL, title TEXT, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "meta" VALUES('fingerprint','0dd4c0d6be167e79');
INSERT INTO "meta" VALUES('ledger','[{"assets":1,"calls":0,"config":"c","held":0,"last_complete":"2026-01-01T00:00:00Z","listing":"buckets","order":0,"permission":"s3:ListBuckets","precedence":0,"principal":"p","reason":"no","retirement":"none","scope":"x","source":"aws","status":"denied","visibility":"all"},{"assets":2,"calls":0,"config":"c","held":0,"last_complete":"2026-01-03T00:00:00Z","listing":"jobs","order":0,"precedence":0,"principal":"p","retirement":"applied","scope":"x","source":"aws","status":"complete","visibility":"all"},{"assets":1,"calls":0,"config":"c","held":0,"last_complete":"2026-01-02T00:00:00Z","listing":"things","order":0,"precedence":5,"principal":"p","retirement":"applied","scope":"x","source":"sweep","status":"complete","visibility":"all"}]');
INSERT INTO "meta" VALUES('scan_at','2026-01-03T00:00:00Z');
INSERT INTO "meta" VALUES('scan_id','20260103T000000Z');
INSERT INTO "meta" VALUES('seen','{"[\"aws\",\"sweep\"]":"2026-01-02T00:00:00Z","[\"aws\"]":"2026-01-03T00:00:00Z"}');
CREATE TABLE observation (
  sid INTEGER NOT NULL REFERENCES slice (sid), key TEXT NOT NULL, hash TEXT NOT NULL, body TEXT NOT NULL,
  first_seen TEXT NOT NULL, last_seen TEXT, gone_at TEXT,
  PRIMARY KEY (sid, key)) WITHOUT ROWID;
INSERT INTO "observation" VALUES(1,'a:glue://1/a','4da13de1144f8806','{"created":"2025-05-05T00:00:00Z","id":"glue://1/a","kind":"glue.job","name":"a","owner":"bob","tool":"glue:1"}','2026-01-01T00:00:00Z',NULL,NULL);
INSERT INTO "observation" VALUES(1,'a:glue://1/b','225a6b17f6589c3d','{"created":"2025-05-05T00:00:00Z","id":"glue://1/b","kind":"glue.job","name":"b","tool":"glue:1"}','2026-01-01T00:00:00Z',NULL,NULL);
INSERT INTO "observation" VALUES(1,'a:glue://1/c','62afe3cd9de0201e','{"created":"2025-05-05T00:00:00Z","id":"glue://1/c","kind":"glue.job","name":"c","tool":"glue:1"}','2026-01-01T00:00:00Z',NULL,'2026-01-03T00:00:00Z');
INSERT INTO "observation" VALUES(1,'r:1d5d3ed1e1b9663e','9d3a286c0167ae0c','{"confidence":0.7,"name":"s3://elsewhere/out","source":"glue://1/b","verb":"writes","where":"args"}','2026-01-01T00:00:00Z',NULL,NULL);
INSERT INTO "observation" VALUES(1,'r:36ec05f59739dba3','9594d7c94c5e7297','{"confidence":1.0,"name":"s3://lake/in","source":"glue://1/a","verb":"reads","where":"args"}','2026-01-01T00:00:00Z',NULL,NULL);
INSERT INTO "observation" VALUES(2,'a:s3://lake','32becc12513099fd','{"annual_cost":12.5,"id":"s3://lake","kind":"s3.bucket","name":"lake","names":["s3://lake"],"shape":{"v":1},"tool":"s3:1"}','2026-01-01T00:00:00Z','2026-01-01T00:00:00Z',NULL);
INSERT INTO "observation" VALUES(3,'a:s3://lake','492c24aef233ca76','{"annual_cost":12.5,"id":"s3://lake","kind":"s3.bucket","name":"lake","owner":"ann","shape":{"v":1},"tool":"s3:1"}','2026-01-02T00:00:00Z',NULL,NULL);
INSERT INTO "observation" VALUES(3,'t:glue:1','d761d229a207c345','{"annual_cost":9.0,"id":"glue:1"}','2026-01-02T00:00:00Z',NULL,NULL);
CREATE TABLE past (
  kind TEXT NOT NULL, id TEXT NOT NULL, from_scan INTEGER NOT NULL, to_scan INTEGER NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (kind, id, from_scan)) WITHOUT ROWID;
INSERT INTO "past" VALUES('asset','glue://1/a',1,3,'{"capabilities":["etl","distributed-compute","metastore","data-quality"],"created":"2025-05-05T00:00:00Z","department":"unassigned","facts":{"department_because":"no rule matches"},"first_seen":"2026-01-01T00:00:00Z","id":"glue://1/a","kind":"glue.job","name":"a","source":"aws","sources":["aws"],"tool":"glue:1"}');
INSERT INTO "past" VALUES('asset','glue://1/c',1,3,'{"capabilities":["etl","distributed-compute","metastore","data-quality"],"created":"2025-05-05T00:00:00Z","department":"unassigned","facts":{"department_because":"no rule matches"},"first_seen":"2026-01-01T00:00:00Z","id":"glue://1/c","kind":"glue.job","name":"c","source":"aws","sources":["aws"],"tool":"glue:1"}');
INSERT INTO "past" VALUES('asset','s3://lake',1,2,'{"annual_cost":12.5,"capabilities":["data-lake-storage"],"department":"unassigned","facts":{"department_because":"no rule matches"},"first_seen":"2026-01-01T00:00:00Z","id":"s3://lake","kind":"s3.bucket","name":"lake","names":["s3://lake"],"shape":{"v":1},"source":"aws","sources":["aws"],"tool":"s3:1"}');
INSERT INTO "past" VALUES('tool','glue:1',1,2,'{"capabilities":["etl","distributed-compute","metastore","data-quality"],"department":"unassigned","id":"glue:1","instance":"1","product":"AWS Glue","vendor":"AWS"}');
CREATE TABLE scan (
  n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at TEXT NOT NULL, sources TEXT NOT NULL, figures TEXT NOT NULL,
  ledger TEXT);
INSERT INTO "scan" VALUES(1,'20260101T000000Z','2026-01-01T00:00:00Z','["aws"]','{"annual_cost":12.5,"assets":4,"coverage":1.0,"edges":2,"outside":1,"resolution":0.5,"tools":2}','[{"assets":1,"calls":0,"config":"c","held":0,"listing":"buckets","order":0,"precedence":0,"principal":"p","retirement":"applied","scope":"x","source":"aws","status":"complete","visibility":"all"},{"assets":3,"calls":0,"config":"c","held":0,"listing":"jobs","order":0,"precedence":0,"principal":"p","retirement":"applied","scope":"x","source":"aws","status":"complete","visibility":"all"}]');
INSERT INTO "scan" VALUES(2,'20260102T000000Z','2026-01-02T00:00:00Z','["sweep"]','{"annual_cost":21.5,"assets":4,"coverage":1.0,"edges":2,"outside":1,"resolution":0.5,"tools":2}','[{"assets":1,"calls":0,"config":"c","held":0,"listing":"buckets","order":0,"precedence":0,"principal":"p","retirement":"applied","scope":"x","source":"aws","status":"complete","visibility":"all"},{"assets":3,"calls":0,"config":"c","held":0,"listing":"jobs","order":0,"precedence":0,"principal":"p","retirement":"applied","scope":"x","source":"aws","status":"complete","visibility":"all"},{"assets":1,"calls":0,"config":"c","held":0,"listing":"things","order":0,"precedence":5,"principal":"p","retirement":"applied","scope":"x","source":"sweep","status":"complete","visibility":"all"}]');
INSERT INTO "scan" VALUES(3,'20260103T000000Z','2026-01-03T00:00:00Z','["aws"]','{"annual_cost":21.5,"assets":3,"coverage":0.6667,"edges":2,"outside":1,"resolution":0.5,"tools":2}','[{"assets":1,"calls":0,"config":"c","held":0,"listing":"buckets","order":0,"permission":"s3:ListBuckets","precedence":0,"principal":"p","reason":"no","retirement":"none","scope":"x","source":"aws","status":"denied","visibility":"all"},{"assets":2,"calls":0,"config":"c","held":0,"listing":"jobs","order":0,"precedence":0,"principal":"p","retirement":"applied","scope":"x","source":"aws","status":"complete","visibility":"all"},{"assets":1,"calls":0,"config":"c","held":0,"listing":"things","order":0,"precedence":5,"principal":"p","retirement":"applied","scope":"x","source":"sweep","status":"complete","visibility":"all"}]');
CREATE TABLE slice (
  sid INTEGER PRIMARY KEY, source TEXT NOT NULL, listing TEXT NOT NULL, scope TEXT NOT NULL,
  status TEXT NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL, baseline TEXT,
  UNIQUE (source, listing, scope));
INSERT INTO "slice" VALUES(1,'aws','jobs','x','complete','2026-01-03T00:00:00Z','{"assets":2,"calls":0,"config":"c","held":0,"last_complete":"2026-01-03T00:00:00Z","listing":"jobs","order":0,"precedence":0,"principal":"p","retirement":"applied","scope":"x","source":"aws","status":"complete","visibility":"all"}','["c","p","all"]');
INSERT INTO "slice" VALUES(2,'aws','buckets','x','denied','2026-01-03T00:00:00Z','{"assets":1,"calls":0,"config":"c","held":0,"last_complete":"2026-01-01T00:00:00Z","listing":"buckets","order":0,"permission":"s3:ListBuckets","precedence":0,"principal":"p","reason":"no","retirement":"none","scope":"x","source":"aws","status":"denied","visibility":"all"}','["c","p","all"]');
INSERT INTO "slice" VALUES(3,'sweep','things','x','complete','2026-01-02T00:00:00Z','{"assets":1,"calls":0,"config":"c","held":0,"last_complete":"2026-01-02T00:00:00Z","listing":"things","order":0,"precedence":5,"principal":"p","retirement":"applied","scope":"x","source":"sweep","status":"complete","visibility":"all"}','["c","p","all"]');
CREATE TABLE tool (
  id TEXT PRIMARY KEY, product TEXT, vendor TEXT, department TEXT, annual_cost REAL,
  hash TEXT NOT NULL, body TEXT NOT NULL, since INTEGER NOT NULL DEFAULT 1) WITHOUT ROWID;
INSERT INTO "tool" VALUES('glue:1','AWS Glue','AWS','unassigned',9.0,'acdcf66963880020','{"annual_cost":9.0,"capabilities":["etl","distributed-compute","metastore","data-quality"],"department":"unassigned","id":"glue:1","instance":"1","product":"AWS Glue","vendor":"AWS"}',2);
INSERT INTO "tool" VALUES('s3:1','Amazon S3','AWS','unassigned',12.5,'657dd086f714deac','{"annual_cost":12.5,"capabilities":["data-lake-storage"],"cost_source":"assets","department":"unassigned","id":"s3:1","instance":"1","product":"Amazon S3","vendor":"AWS"}',1);
CREATE TABLE verdict (
  finding TEXT PRIMARY KEY, state TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "verdict" VALUES('duplicate-asset-1','rejected','two teams','2026-01-03T00:00:00Z');
CREATE INDEX edge_dst ON edge (dst, src);
CREATE INDEX asset_tool ON asset (tool);
CREATE INDEX asset_department ON asset (department);
CREATE VIEW dependency AS
  SELECT a.id AS source, e.verb AS verb, b.id AS target, e.how AS how, e.name AS name, e.spot AS spot
  FROM edge e JOIN asset a ON a.nid = e.src JOIN asset b ON b.nid = e.dst;
CREATE INDEX past_to ON past (to_scan);
COMMIT;
PRAGMA user_version = 2;
