"""The tables of the two AWS accounts: what is there, whose it is, what it works on."""

from __future__ import annotations

from estate.base import ANALYTICS, REGION

LAKE, CURATED, FEATURES, MODELS = (
    "s3://tarnwick-lake-raw",
    "s3://tarnwick-lake-curated",
    "s3://tarnwick-lake-features",
    "s3://tarnwick-models",
)
TMS = "postgresql://tms-db.tarnwick.internal:5432/tms"  # the carrier system: nobody scans it
KAFKA = "kafka://events.tarnwick.internal:9092"
GEOCODER = "https://api.parcelgeo.example/v2/geocode"
IMAGES = f"{ANALYTICS}.dkr.ecr.{REGION}.amazonaws.com"


def arn(service: str, account: str, resource: str) -> str:
    """The ARN of a resource in the company's one region; buckets have neither account nor region."""
    return f"arn:aws:s3:::{resource}" if service == "s3" else f"arn:aws:{service}:{REGION}:{account}:{resource}"


def rds_host(name: str) -> str:
    """The endpoint of a database instance."""
    return f"{name}.c4tarnwick01.{REGION}.rds.amazonaws.com"


OPS_BUCKETS = (
    ("parcel-events", "ops"), ("scan-archive", "ops"), ("route-plans", "ops"), ("depot-images", "ops"),
    ("customs-forms", "ops"), ("claims-documents", "clm"), ("claims-photos", "clm"), ("invoices", "fin"),
    ("payments", "fin"), ("crm-exports", "sal"), ("tariffs", "sal"), ("web-assets", "mkt"), ("risk-feeds", "rsk"),
    ("backups", "dp"),
)  # fmt: skip
LAKE_BUCKETS = ("lake-raw", "lake-curated", "lake-features", "models", "mlflow-platform", "athena-results", "glue-scripts", "notebooks")  # fmt: skip

# What is exported from where into the lake: subject, department, connection of the operations account.
EXPORTS = (
    ("parcel", "ops", "parcel-db"), ("scan", "ops", "parcel-db"), ("route", "ops", "parcel-db"),
    ("vehicle", "ops", "fleet-db"), ("courier", "ops", "fleet-db"), ("linehaul", "ops", "fleet-db"),
    ("locker", "ops", "parcel-db"), ("customs", "ops", "tms"), ("claim", "clm", "claims-db"),
    ("damage", "clm", "claims-db"), ("payout", "clm", "claims-db"), ("invoice", "fin", "billing-db"),
    ("dunning", "fin", "billing-db"), ("fuel-surcharge", "fin", "tms"), ("customer", "sal", "crm-db"),
    ("quote", "sal", "crm-db"), ("contract", "sal", "crm-db"), ("carrier-risk", "rsk", "tms"),
)  # fmt: skip
DATABASES = (
    ("parcel-db", "ops", "postgres"), ("fleet-db", "ops", "postgres"), ("claims-db", "clm", "postgres"),
    ("billing-db", "fin", "mysql"), ("crm-db", "sal", "postgres"),
)  # fmt: skip
SUBJECTS = (
    *((subject, department) for subject, department, _ in EXPORTS),
    ("volume", "dp"), ("address", "dp"), ("calendar", "dp"), ("depot", "ops"),
)  # fmt: skip
# Event functions of the parcel systems: name, department, queue that wakes it, table, what it writes.
FUNCTIONS = (
    ("ops-scan-ingest", "ops", "ops-scans", "ops-parcel-state", "kinesis:parcel-scans"),
    ("ops-eta-predict", "ops", "ops-eta-requests", "ops-parcel-state", "sns:ops-parcel-status"),
    ("ops-locker-allocate", "ops", "ops-locker-requests", "ops-locker-slots", "sns:ops-parcel-status"),
    ("ops-route-replan", "ops", "ops-route-changes", "ops-routes", "s3:tarnwick-route-plans/replans"),
    ("ops-customs-declare", "ops", "ops-customs-jobs", "ops-parcel-state", "s3:tarnwick-customs-forms/out"),
    ("ops-address-check", "ops", "ops-address-checks", "ops-parcel-state", "sqs:ops-address-failures"),
    ("ops-depot-camera", "ops", "ops-depot-frames", "ops-depot-state", "s3:tarnwick-depot-images/labelled"),
    ("clm-claim-intake", "clm", "clm-claims-new", "clm-claims", "s3:tarnwick-claims-documents/intake"),
    ("clm-photo-score", "clm", "clm-photos-new", "clm-claims", "s3:tarnwick-claims-photos/scored"),
    ("clm-payout-approve", "clm", "clm-payouts", "clm-claims", "sqs:fin-payouts"),
    ("fin-payout-book", "fin", "fin-payouts", "fin-ledger-cache", "s3:tarnwick-payments/booked"),
    ("fin-invoice-render", "fin", "fin-invoice-runs", "fin-ledger-cache", "s3:tarnwick-invoices/pdf"),
    ("sal-quote-price", "sal", "sal-quotes", "sal-quote-cache", "s3:tarnwick-tariffs/quotes"),
    ("sal-lead-route", "sal", "sal-leads", "sal-quote-cache", "s3:tarnwick-crm-exports/leads"),
    ("mkt-voucher-issue", "mkt", "mkt-vouchers", "mkt-voucher-codes", "s3:tarnwick-web-assets/vouchers"),
    ("rsk-sanction-check", "rsk", "rsk-sanction-requests", "rsk-sanction-hits", "s3:tarnwick-risk-feeds/hits"),
    ("ops-pickup-schedule", "ops", "ops-pickups", "ops-routes", "sns:ops-parcel-status"),
    ("ops-returns-label", "ops", "ops-returns", "ops-parcel-state", "s3:tarnwick-parcel-events/returns"),
    ("ops-proof-of-delivery", "ops", "ops-proofs", "ops-parcel-state", "s3:tarnwick-scan-archive/proofs"),
    ("ops-depot-alarm", "ops", "ops-depot-events", "ops-depot-state", "sns:ops-depot-alarms"),
    ("clm-status-push", "clm", "clm-status-changes", "clm-claims", "s3:tarnwick-claims-documents/status"),
    ("clm-recovery-file", "clm", "clm-recoveries", "clm-claims", "s3:tarnwick-claims-documents/recoveries"),
    ("fin-dunning-run", "fin", "fin-dunning", "fin-ledger-cache", "s3:tarnwick-payments/dunning"),
    ("fin-vat-collect", "fin", "fin-vat-lines", "fin-ledger-cache", "s3:tarnwick-payments/vat"),
    ("sal-contract-sign", "sal", "sal-contracts", "sal-quote-cache", "s3:tarnwick-crm-exports/contracts"),
    ("rsk-exposure-sum", "rsk", "rsk-exposures", "rsk-sanction-hits", "s3:tarnwick-risk-feeds/exposure"),
    ("mkt-campaign-track", "mkt", "mkt-campaign-hits", "mkt-voucher-codes", "s3:tarnwick-web-assets/campaigns"),
)  # fmt: skip


TABLES = (
    ("ops-parcel-state", "ops"), ("ops-locker-slots", "ops"), ("ops-routes", "ops"), ("ops-depot-state", "ops"),
    ("clm-claims", "clm"), ("fin-ledger-cache", "fin"), ("sal-quote-cache", "sal"), ("mkt-voucher-codes", "mkt"),
    ("rsk-sanction-hits", "rsk"),
)  # fmt: skip
NIGHTS = (
    ("ops-network-close", "ops", "ops-scan-export", "ops-route-replan"),
    ("clm-claims-close", "clm", "clm-claim-export", "clm-payout-approve"),
    ("fin-billing-close", "fin", "fin-invoice-export", "fin-invoice-render"),
    ("sal-quotes-close", "sal", "sal-quote-export", "sal-quote-price"),
)  # fmt: skip
EXTRA: dict[str, tuple[tuple[str, str, str], ...]] = {
    "ops-scan-ingest": (("BROKERS_URL", "uses", f"{KAFKA}/parcel.scanned"),),
    "rsk-sanction-check": (("FEED_URL", "uses", f"{KAFKA}/customer.created"),),
    "ops-address-check": (("GEOCODER_URL", "uses", GEOCODER),),
    "ops-eta-predict": (("MODEL_ARN", "uses", f"arn:aws:sagemaker:{REGION}:{ANALYTICS}:endpoint/eta-live"),),
    "clm-photo-score": (("MODEL_ARN", "uses", f"arn:aws:sagemaker:{REGION}:{ANALYTICS}:endpoint/damage-photo"),),
    "sal-quote-price": (("MODEL_ARN", "uses", f"arn:aws:sagemaker:{REGION}:{ANALYTICS}:endpoint/quote-win"),),
    "clm-claim-intake": (("DATABASE_URL", "uses", TMS),),
}

# Models of the analytics account: name, department, feature set, whether an endpoint serves it, whether registered.
TRAINED = (
    ("eta", "ops", "eta", "eta-live", True), ("route-time", "ops", "routes", "route-time", False),
    ("volume", "dp", "volume", "", True), ("damage-photo", "clm", "damage", "damage-photo", True),
    ("claim-triage", "clm", "claims", "claim-triage", False), ("quote-win", "sal", "quotes", "quote-win", True),
    ("carrier-default", "rsk", "carriers", "carrier-default", True), ("address-match", "dp", "addresses", "address-match", False),
    ("customs-code", "ops", "customs", "customs-code", False), ("sorter-jam", "ops", "sorters", "", False),
)  # fmt: skip
