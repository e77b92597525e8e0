"""Airflow, dbt and Spark: how data moves once it is in the lake and the warehouse."""

from __future__ import annotations

from collections.abc import Iterator

from estate.base import AIRFLOW, DEPARTMENTS, WAREHOUSE, Item, Point

LAKE, CURATED, FEATURES = "s3://tarnwick-lake-raw", "s3://tarnwick-lake-curated", "s3://tarnwick-lake-features"
KAFKA = "kafka://events.tarnwick.internal:9092"
GEOCODER = "https://api.parcelgeo.example/v2/geocode"

# Airflow's connections: name, type, host, port, schema, where that leads.
CONNECTIONS = (
    ("warehouse", "redshift", "dwh.tarnwick.internal", 5439, "dwh", f"{WAREHOUSE}/dwh"),
    ("tms_postgres", "postgres", "tms-db.tarnwick.internal", 5432, "tms", "host://tms-db.tarnwick.internal:5432/tms"),
    ("customs_broker_sftp", "sftp", "sftp.customsbroker.example", 22, "", "sftp://sftp.customsbroker.example"),
    ("weather_api", "http", "api.weatherfield.example", 443, "https", "https://api.weatherfield.example"),
    ("carrier_portal", "http", "portal.carriers.example", 443, "https", "https://portal.carriers.example"),
    ("events_kafka", "kafka", "events.tarnwick.internal", 9092, "", KAFKA),
)
# DAGs: name, department, connections, what it reads, what it writes, other addresses in its code.
_DAGS = (
    ("features_eta", "ops", (), (f"{CURATED}/scan", f"{CURATED}/route"), f"{FEATURES}/eta", ()),
    ("features_routes", "ops", (), (f"{CURATED}/route",), f"{FEATURES}/routes", ()),
    ("features_damage", "clm", (), (f"{CURATED}/damage",), f"{FEATURES}/damage", ()),
    ("features_claims", "clm", (), (f"{CURATED}/claim", f"{CURATED}/payout"), f"{FEATURES}/claims", ()),
    ("features_churn", "dp", (), (f"{CURATED}/customer", f"{CURATED}/quote"), f"{FEATURES}/churn/monthly", ()),
    ("features_quotes", "sal", (), (f"{CURATED}/quote",), f"{FEATURES}/quotes", ()),
    ("features_carriers", "rsk", (), (f"{CURATED}/carrier-risk",), f"{FEATURES}/carriers", ()),
    ("features_addresses", "dp", (), (f"{CURATED}/address",), f"{FEATURES}/addresses", (GEOCODER,)),
    ("features_sorters", "ops", (), (f"{CURATED}/depot",), f"{FEATURES}/sorters", ()),
    ("features_customs", "ops", (), (f"{CURATED}/customs",), f"{FEATURES}/customs", ()),
    ("volume_forecast_daily", "dp", (), (f"{CURATED}/volume", f"{CURATED}/calendar"), f"{FEATURES}/volume/forecast", ()),
    ("warehouse_load", "dp", ("warehouse",), (f"{CURATED}/parcel", f"{CURATED}/invoice"), "", ()),
    ("warehouse_claims", "clm", ("warehouse",), (f"{CURATED}/claim",), "", ()),
    ("tms_snapshot", "ops", ("tms_postgres",), (), f"{LAKE}/tms", ()),
    ("customs_broker_exchange", "ops", ("customs_broker_sftp",), ("s3://tarnwick-customs-forms/out",), "", ()),
    ("weather_feed", "rsk", ("weather_api",), (), "s3://tarnwick-risk-feeds/weather", ()),
    ("carrier_portal_scrape", "rsk", ("carrier_portal",), (), f"{LAKE}/carrier-risk", ()),
    ("event_replay", "dp", ("events_kafka",), (), f"{LAKE}/events", ()),
    ("depot_heatmaps_2024", "ops", (), (f"{LAKE}/positions",), "s3://tarnwick-route-plans/heatmaps", ()),
    ("claims_reserving", "clm", ("warehouse",), (f"{FEATURES}/claims",), "", ()),
    ("depot_capacity", "ops", ("warehouse",), (f"{CURATED}/depot",), "s3://tarnwick-route-plans/capacity", ()),
    ("courier_payroll_hours", "ops", ("tms_postgres",), (f"{CURATED}/courier",), "", ()),
    ("quote_history", "sal", ("warehouse",), (f"{CURATED}/contract",), "s3://tarnwick-tariffs/history", ()),
    ("exposure_daily", "rsk", ("warehouse",), ("s3://tarnwick-risk-feeds/exposure",), "s3://tarnwick-risk-feeds/daily", ()),
    ("lake_housekeeping", "dp", (), (f"{LAKE}/events",), "s3://tarnwick-backups/lake", ()),
    ("fuel_index", "fin", (), (f"{CURATED}/fuel-surcharge",), "s3://tarnwick-payments/fuel-index", ()),
)  # fmt: skip
DORMANT_DAGS = {"depot_heatmaps_2024": "2025-11-18T04:10:00Z"}


def airflow() -> Iterator[Item]:
    """Connections and DAGs of the Data Platform's Airflow."""
    base, tool = f"airflow://{AIRFLOW}", f"airflow:{AIRFLOW}"
    owners = {"tms_postgres": "ops", "customs_broker_sftp": "ops", "weather_api": "rsk", "carrier_portal": "rsk"}
    for name, kind, host, port, schema, place in CONNECTIONS:
        yield Item(
            "airflow.connection", name, f"{base}/connection/{name}", tool, owners.get(name, "dp"),
            (Point("host", "uses", place),), owned=False, more={"type": kind, "host": host, "port": port, "schema": schema},
        )  # fmt: skip
    for name, department, connections, reads, writes, others in _DAGS:
        points = [Point("connection", "uses", f"{base}/connection/{each}") for each in connections]
        points += [Point("code", "uses", each) for each in (*reads, *((writes,) if writes else ()), *others)]
        points += [Point("outlet", "writes", writes)] if writes and name in OUTLETS else []
        yield Item(
            "airflow.dag",
            name,
            f"{base}/dag/{name}",
            tool,
            department,
            tuple(points),
            more={"reads": reads, "writes": writes, "connections": connections, "others": others},
        )


OUTLETS = (
    "features_eta",
    "features_churn",
    "features_claims",
    "volume_forecast_daily",
    "warehouse_load",
    "tms_snapshot",
)


def dag_file(dag: Item) -> str:
    """The DAG as its team wrote it: names in constants, connections as arguments."""
    reads, writes = dag.more["reads"], dag.more["writes"]
    connections, others = dag.more["connections"], dag.more["others"]
    arguments = ", ".join(f'{each.split("_")[0]}_conn_id="{each}"' for each in connections)  # type: ignore[union-attr, attr-defined]
    lines = [
        f'"""{dag.name.replace("_", " ").capitalize()}, for {DEPARTMENTS[dag.department].name}."""',
        "",
        "import pendulum",
        "",
        "from airflow.sdk import DAG, Asset, task",
        "",
    ]
    lines += [f'SOURCE_{n} = "{each}"' for n, each in enumerate(reads, start=1)]  # type: ignore[arg-type]
    lines += [f'TARGET = "{writes}"'] if writes else []
    lines += [f'SERVICE_{n} = "{each}"' for n, each in enumerate(others, start=1)]  # type: ignore[arg-type]
    names = (
        [f"SOURCE_{n}" for n, _ in enumerate(reads, start=1)]
        + (["TARGET"] if writes else [])
        + [f"SERVICE_{n}" for n, _ in enumerate(others, start=1)]
    )  # type: ignore[arg-type]
    outlet = "outlets=[Asset(TARGET)]" if dag.name in OUTLETS and writes else ""
    owner = DEPARTMENTS[dag.department].team
    return "\n".join([
        *lines, "", f'with DAG("{dag.name}", schedule="15 {len(dag.name) % 6} * * *", start_date=pendulum.datetime(2024, 3, 1, tz="UTC"),',
        f'         catchup=False, tags=["owner:{owner}", "environment:prod"]):', "",
        "    @task", f"    def extract({arguments}):", f"        return [{', '.join(names[:-1])}]", "",
        f"    @task({outlet})" if outlet else "    @task", "    def load(rows):", f"        return rows, {names[-1] if names else None}", "",
        "    load(extract())", "",
    ])  # fmt: skip


# dbt: layer, model, department, what it is made of; `source.` stands for a table that Airflow loads.
_DBT = (
    *(("staging", f"stg_{each}", "dp", (f"source.{each}",)) for each in ("parcels", "scans", "routes", "claims", "payouts", "invoices", "payments", "customers", "quotes", "depots")),
    ("marts", "dim_customer", "sal", ("stg_customers",)), ("marts", "dim_depot", "ops", ("stg_depots",)),
    ("marts", "fct_deliveries", "ops", ("stg_parcels", "stg_scans", "dim_depot")), ("marts", "fct_route_cost", "ops", ("stg_routes", "fct_deliveries")),
    ("marts", "fct_claims", "clm", ("stg_claims", "stg_payouts", "fct_deliveries")), ("marts", "claims_reserve", "clm", ("fct_claims",)),
    ("marts", "fct_revenue", "fin", ("stg_invoices", "dim_customer")), ("marts", "fct_payments", "fin", ("stg_payments", "fct_revenue")),
    ("marts", "margin_by_lane", "fin", ("fct_revenue", "fct_route_cost")), ("marts", "fct_quotes", "sal", ("stg_quotes", "dim_customer")),
    ("marts", "sales_funnel", "sal", ("fct_quotes", "fct_revenue")), ("marts", "carrier_exposure", "rsk", ("fct_claims", "fct_revenue")),
    ("marts", "dim_lane", "ops", ("stg_routes",)), ("marts", "fct_scans_hourly", "ops", ("stg_scans", "dim_depot")),
    ("marts", "claims_by_lane", "clm", ("fct_claims", "dim_lane")), ("marts", "overdue_items", "fin", ("fct_payments",)),
    ("marts", "customer_value", "sal", ("fct_revenue", "fct_quotes")), ("marts", "delay_exposure", "rsk", ("fct_deliveries",)),
    ("marts", "network_kpi", "dp", ("fct_deliveries", "fct_claims", "fct_revenue")),
)  # fmt: skip
DBT_SOURCES = (
    "parcels",
    "scans",
    "routes",
    "claims",
    "payouts",
    "invoices",
    "payments",
    "customers",
    "quotes",
    "depots",
)


def dbt() -> Iterator[Item]:
    """Models and two exposures of the one dbt project."""
    for layer, name, department, parents in _DBT:
        points = tuple(
            Point(each, "reads", f"{WAREHOUSE}/dwh/landing/{each[7:]}" if each.startswith("source.") else f"dbt://warehouse-models/model.tarnwick.{each}")
            for each in parents
        )  # fmt: skip
        yield Item(
            "dbt.model",
            name,
            f"dbt://warehouse-models/model.tarnwick.{name}",
            "dbt:warehouse-models",
            department,
            points,
            (f"{WAREHOUSE}/dwh/{layer}/{name}",),
            more={"layer": layer},
        )
    for name, department, parent in (
        ("network_dashboard", "ops", "network_kpi"),
        ("board_margin_report", "fin", "margin_by_lane"),
    ):
        yield Item(
            "dbt.exposure",
            name,
            f"dbt://warehouse-models/exposure.tarnwick.{name}",
            "dbt:warehouse-models",
            department,
            (Point(parent, "reads", f"dbt://warehouse-models/model.tarnwick.{parent}"),),
        )


SPARK = "spark-prod"
_JOBS = (
    ("position_compaction", "ops", (f"{LAKE}/positions",), (f"{CURATED}/vehicle/positions",)),
    ("scan_sessionize", "ops", (f"{LAKE}/scan-stream",), (f"{CURATED}/scan/sessions",)),
    ("volume_rollup", "dp", (f"{CURATED}/parcel", f"{CURATED}/depot"), (f"{LAKE}/volume",)),
    ("address_dedup", "dp", (f"{LAKE}/address",), (f"{CURATED}/address/golden",)),
    ("event_archive", "dp", (f"{KAFKA}/parcel.scanned", f"{KAFKA}/customer.created"), (f"{LAKE}/events",)),
    ("claim_photo_embed", "clm", ("s3://tarnwick-claims-photos/scored",), (f"{FEATURES}/damage/embeddings",)),
    ("lane_margin_simulation", "fin", (f"{WAREHOUSE}/dwh/marts/margin_by_lane",), ("s3://tarnwick-payments/simulation",)),
    ("carrier_network_graph", "rsk", (f"{CURATED}/carrier-risk",), (f"{FEATURES}/carriers/graph",)),
)  # fmt: skip


def spark() -> Iterator[Item]:
    """Spark jobs as OpenLineage saw them run."""
    for name, department, reads, writes in _JOBS:
        points = [Point("inputs", "reads", each) for each in reads] + [
            Point("outputs", "writes", each) for each in writes
        ]
        yield Item(
            "openlineage.job",
            name,
            f"openlineage://lineage/{SPARK}/{name}",
            f"spark:{SPARK}",
            department,
            tuple(points),
        )
