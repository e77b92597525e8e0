"""What Finance and Sales have in one Azure subscription, and Legal in the other, as tables."""

from __future__ import annotations

from estate.base import CORPORATE, COUNSEL, SECRETS

FIN = f"/subscriptions/{CORPORATE}/resourceGroups/rg-finance-prod/providers"
PRI = f"/subscriptions/{CORPORATE}/resourceGroups/rg-pricing/providers"
LEG = f"/subscriptions/{COUNSEL}/resourceGroups/rg-legal-prod/providers"
GROUPS = {FIN: "fin", PRI: "sal", LEG: "leg"}
SNOWFLAKE = "jdbc:snowflake://tw88110.eu-central-1.snowflakecomputing.com/?db=COMMERCIAL&warehouse=LOAD"
STORE, LEDGER = (
    f"{FIN}/Microsoft.Storage/storageAccounts/tarnwickfinance",
    f"{FIN}/Microsoft.Sql/servers/tarnwick-fin-sql",
)
FACTORY, BUS = (
    f"{FIN}/Microsoft.DataFactory/factories/tarnwick-finance-adf",
    f"{FIN}/Microsoft.ServiceBus/namespaces/tarnwick-finance-bus",
)
ASSIST, VAULT = (
    f"{FIN}/Microsoft.CognitiveServices/accounts/tarnwick-assist",
    f"{FIN}/Microsoft.KeyVault/vaults/tarnwick-fin-kv",
)
ML, PRICES = (
    f"{PRI}/Microsoft.MachineLearningServices/workspaces/tarnwick-pricing-ml",
    f"{PRI}/Microsoft.Storage/storageAccounts/tarnwickpricing",
)
LEGAL_STORE, LEGAL_AI = (
    f"{LEG}/Microsoft.Storage/storageAccounts/tarnwicklegal",
    f"{LEG}/Microsoft.CognitiveServices/accounts/tarnwick-counsel-ai",
)
LEGAL_SEARCH, LEGAL_VAULT = (
    f"{LEG}/Microsoft.Search/searchServices/tarnwick-contracts",
    f"{LEG}/Microsoft.KeyVault/vaults/tarnwick-legal-kv",
)
BLOB = "https://{}.blob.core.windows.net/{}".format
CONNECTION = f"Data Source=tarnwick-fin-sql.database.windows.net;Initial Catalog={{}};User ID=adf;Password={SECRETS['data-factory']}"

SERVICES = {
    "finance_lake": {"type": "AzureBlobFS", "typeProperties": {"url": "https://tarnwickfinance.dfs.core.windows.net/"}},
    "ledger_sql": {"type": "AzureSqlDatabase", "typeProperties": {"connectionString": CONNECTION.format("ledger")}},
    "treasury_sql": {"type": "AzureSqlDatabase", "typeProperties": {"connectionString": CONNECTION.format("treasury")}},
    "invoice_bucket": {"type": "AmazonS3", "typeProperties": {"authenticationType": "AccessKey", "secretAccessKey": {"type": "SecureString", "value": SECRETS["data-factory"]}}},
    "commercial_snowflake": {"type": "Snowflake", "typeProperties": {"connectionString": SNOWFLAKE}},
    "bank_sftp": {"type": "Sftp", "typeProperties": {"host": "sftp://files.clearbank.example", "port": 22, "userName": "tarnwick", "password": {"type": "SecureString", "value": SECRETS["data-factory"]}}},
}  # fmt: skip
# Data sets: linked service and place. Pipelines: what they read, what they write, in this order.
DATASETS = {
    "statements": ("finance_lake", "AzureBlobFSLocation", "statements", "daily"),
    "postings": ("finance_lake", "AzureBlobFSLocation", "postings", "curated"),
    "archive": ("finance_lake", "AzureBlobFSLocation", "archive", "closed"),
    "invoices_s3": ("invoice_bucket", "AmazonS3Location", "tarnwick-invoices", "pdf"),
    "payments_s3": ("invoice_bucket", "AmazonS3Location", "tarnwick-payments", "booked"),
    "gl_entries": ("ledger_sql", "table", "dbo", "gl_entries"),
    "open_items": ("ledger_sql", "table", "dbo", "open_items"),
    "cash_positions": ("treasury_sql", "table", "dbo", "cash_positions"),
    "revenue_share": ("commercial_snowflake", "none", "", ""),
    "bank_files": ("bank_sftp", "none", "", ""),
}  # fmt: skip
PIPELINES = {
    "load_bank_statements": ("bank_files", "statements"), "post_statements": ("statements", "gl_entries"),
    "invoices_to_ledger": ("invoices_s3", "gl_entries"), "payments_to_ledger": ("payments_s3", "open_items"),
    "daily_cash": ("gl_entries", "cash_positions"), "postings_export": ("gl_entries", "postings"),
    "commercial_revenue": ("revenue_share", "postings"), "year_archive": ("postings", "archive"),
}  # fmt: skip
TRIGGERED = ("load_bank_statements", "invoices_to_ledger", "payments_to_ledger", "daily_cash", "commercial_revenue")
# Logic Apps: resource group, name, what each action calls.
LOGIC: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (FIN, "dunning-mail", ("https://tarnwick-assist.openai.azure.com/openai/deployments/gpt-mail/chat/completions", BLOB("tarnwickfinance", "statements/overdue"))),
    (FIN, "approve-supplier-invoice", (BLOB("tarnwickfinance", "postings/approvals"), "https://api.bankcheck.example/iban")),
    (FIN, "fuel-surcharge-notice", ("https://api.fuelindex.example/v1/diesel", BLOB("tarnwickfinance", "archive/fuel"))),
    (FIN, "month-end-checklist", ("https://tarnwick-finance-bus.servicebus.windows.net/month-end",)),
    (FIN, "customs-duty-refund", ("https://sftp.customsbroker.example/claims", BLOB("tarnwickfinance", "postings/duty"))),
    (PRI, "quote-approval", ("https://quote-price.westeurope.inference.ml.azure.com/score", BLOB("tarnwickpricing", "quotes/approved"))),
    (PRI, "price-list-publish", (BLOB("tarnwickpricing", "lists/current"), "https://tarnwick-tariffs.s3.eu-west-1.amazonaws.com/public")),
    (LEG, "contract-intake", (BLOB("tarnwicklegal", "contracts/in"), "https://tarnwick-counsel-ai.openai.azure.com/openai/deployments/gpt-contract/chat/completions")),
    (LEG, "clause-index", (BLOB("tarnwicklegal", "contracts/in"), "https://tarnwick-contracts.search.windows.net/indexes/clauses")),
    (LEG, "hold-notice", (BLOB("tarnwicklegal", "holds"),)), (LEG, "nda-assembly", (BLOB("tarnwicklegal", "templates"), "https://sign.paperseal.example/envelopes")),
)  # fmt: skip
# Models of the pricing workspace: name, versions, endpoint, container that feeds them, who made it.
MODELS = (
    ("quote-price", 5, "quote-price", "quotes", "sal"),
    ("discount-guard", 2, "discount-guard", "quotes", "sal"),
    ("fuel-forecast", 2, "", "fuel", "fin"),
)
CONTAINERS = {
    STORE: ("statements", "postings", "archive"),
    PRICES: ("quotes", "lists", "fuel"),
    LEGAL_STORE: ("contracts", "holds", "templates"),
}
DATABASES, QUEUES = ("ledger", "treasury"), ("approvals", "month-end", "refunds")
DEPLOYMENTS = {ASSIST: ("gpt-mail", "gpt-coding", "embed-small"), LEGAL_AI: ("gpt-contract", "embed-large")}
