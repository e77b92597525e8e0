"""What is true of the catalog: its words are closed, its names lead to one product, a user's file extends it."""

import csv
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter
from dataclasses import FrozenInstanceError
from importlib.resources import files
from pathlib import Path

import pytest
from packaging.licenses import canonicalize_license_expression

from siloscope import catalog
from siloscope.catalog import lifecycle, markdown, read
from siloscope.errors import ConfigError

ROOT = Path(__file__).parent.parent
CORPORA = Path(os.environ.get("SILOSCOPE_CORPORA", ROOT / "../shared/corpora"))

# ServiceCategory, allowed values of FOCUS 1.2 (specification/columns/servicecategory.md), typed apart from the
# catalog's own list so that a slip in one of them shows.
FOCUS_CATEGORIES = {
    "AI and Machine Learning", "Analytics", "Business Applications", "Compute", "Databases", "Developer Tools",
    "Identity", "Integration", "Internet of Things", "Management and Governance", "Media", "Migration", "Mobile",
    "Multicloud", "Networking", "Security", "Storage", "Web", "Other",
}  # fmt: skip

# The first part of the tool ids that collectors write.
TOOL_SLUGS = """
    sagemaker bedrock glue lambda stepfunctions eventbridge s3 rds redshift dynamodb sqs sns kinesis firehose athena
    ecr emr mwaa ecs eks ec2 quicksight opensearch msk secretsmanager iam cloudwatch kms ssm apigateway cloudformation
    codebuild batch dms lakeformation aws
    azureml azure-openai azure-ai-services azure-data-factory synapse logic-apps azure-functions azure-storage azure-sql
    cosmosdb event-hubs service-bus event-grid key-vault azure-databricks azure-vm aks container-registry app-service
    azure-monitor azure-search fabric power-bi purview azure
    vertexai bigquery gcs pubsub dataflow cloud-run cloud-functions composer cloudsql gcp
    mlflow databricks kubeflow kserve wandb huggingface uipath automation-anywhere blueprism power-automate
    power-platform n8n node-red camunda robocorp robot-framework airflow dagster prefect dbt openlineage snowflake
    postgres kafka kafka-connect airbyte fivetran backstage datahub openmetadata kubernetes terraform
""".split()

NEW = """
[[product]]
slug = "house-flow"
name = "House Flow Engine"
vendor = "Example Ltd"
capabilities = ["workflow-orchestration"]
focus = "Integration / Workflow Orchestration"
licence_unit = "free"
aliases = ["hfe"]
"""


@pytest.fixture(scope="module")
def raw():
    """The products as they stand in the file, before anything is dropped or merged."""
    return tomllib.loads(files(catalog).joinpath("products.toml").read_text("utf-8"))["product"]


@pytest.fixture
def extra(tmp_path):
    """Load a user's file with this text."""

    def write(text):
        path = tmp_path / "own.toml"
        path.write_text(text, encoding="utf-8")
        return catalog.load(path)

    return write


def test_the_own_file_passes_every_check_of_a_users_file():
    text = files(catalog).joinpath("products.toml").read_text("utf-8")
    assert read.products(text, "products.toml", catalog.load().vocabulary) == dict(catalog.products())


def test_there_are_many_products_and_no_slug_stands_twice(raw):
    slugs = Counter(row["slug"] for row in raw)
    assert len(slugs) >= 120
    assert [slug for slug, times in slugs.items() if times > 1] == []


def test_the_products_of_every_collector_are_there():
    assert [slug for slug in TOOL_SLUGS if catalog.product(slug) is None] == []


def test_every_capability_has_rivals_or_it_could_never_show_an_overlap():
    offered = Counter(slug for each in catalog.products().values() for slug in each.capabilities)
    assert [slug for slug in catalog.capabilities() if offered[slug] < 2] == []


def test_focus_categories_are_those_of_the_specification_and_each_subcategory_has_one_parent():
    focus = catalog.load().vocabulary.focus
    assert set(focus) == FOCUS_CATEGORIES
    assert [sub for sub, n in Counter(s for below in focus.values() for s in below).items() if n > 1] == []
    assert all(f"Other ({category})" in below for category, below in focus.items())


def test_every_product_has_a_focus_pair():
    focus = catalog.load().vocabulary.focus
    for product in catalog.products().values():
        assert product.service_subcategory in focus[product.service_category], product.slug


def test_every_licence_is_commercial_or_a_canonical_spdx_expression():
    for product in catalog.products().values():
        if product.licence != "commercial":
            assert canonicalize_license_expression(product.licence) == product.licence, product.slug


def test_no_product_is_called_open_source_under_a_licence_that_is_not():
    closed = re.compile(r"commercial|BUSL-|SSPL-|Elastic-|SUL-|LicenseRef-")
    for product in catalog.products().values():
        if product.is_open_source:
            assert not all(closed.search(choice) for choice in product.licence.split(" OR ")), product.slug


def test_homepages_are_hosts_and_texts_are_trimmed(raw):
    for row in raw:
        assert re.fullmatch(r"[a-z0-9.-]+\.[a-z0-9]+", row.get("homepage", "a.b")), row["slug"]
        for text in (row["name"], row["vendor"], *row.get("aliases", ())):
            assert text == " ".join(text.split()), row["slug"]


def test_order_is_that_of_slugs():
    assert list(catalog.products()) == sorted(catalog.products())


def test_the_catalog_cannot_be_changed():
    with pytest.raises(TypeError):
        catalog.products()["x"] = None
    with pytest.raises(FrozenInstanceError):
        catalog.product("s3").name = "x"


def test_importing_the_catalog_reads_no_file():
    code = "import siloscope.catalog as c; print(c._builtin.cache_info().currsize, c._vocabulary.cache_info().currsize)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "0"]


def test_no_spelling_names_two_products_and_no_alias_is_superfluous(raw):
    owners = {}
    for row in raw:
        for text in (row["slug"], row["name"]):
            owners.setdefault(read.key_of(text), row["slug"])
    for row in raw:
        for alias in row.get("aliases", ()):
            assert owners.setdefault(read.key_of(alias), "") == "", f"{row['slug']}: {alias}"
            owners[read.key_of(alias)] = row["slug"]


def test_every_slug_name_and_alias_finds_its_product_in_any_case(raw):
    for row in raw:
        for text in (row["slug"], row["name"], *row.get("aliases", ())):
            for spelling in (text, text.upper(), text.lower(), f"  {text}\n"):
                assert catalog.find(spelling).slug == row["slug"], spelling


@pytest.mark.parametrize(
    ("spelling", "slug"),
    [
        ("Power BI", "power-bi"),
        ("AmazonS3", "s3"),
        ("Amazon Elastic MapReduce", "emr"),
        ("Storage Accounts", "azure-storage"),
        ("Integromat", "make"),
        ("mssql", "sqlserver"),
        ("Microsoft.MachineLearningServices/workspaces/onlineEndpoints", "azureml"),
        ("microsoft.sql/servers/databases", "azure-sql"),
        ("aiplatform.googleapis.com/Model", "vertexai"),
        ("serving.kserve.io/v1beta1", "kserve"),
        ("vertex", "vertexai"),
        ("datafactory", "azure-data-factory"),
    ],
)
def test_names_of_bills_types_schemes_and_sources_are_found(spelling, slug):
    assert catalog.find(spelling).slug == slug


def test_what_nobody_listed_is_not_guessed():
    hostile = ("x" * 5000, "a.b" + "/c" * 2000, "\u202es3", "<b>s3")
    for text in ("", " ", "-", "/", "nobody's tool", "s3/x", "microsoft.nothing/x", *hostile):
        assert catalog.find(text) is None, text[:40]


@pytest.mark.corpora
def test_services_of_a_real_bill_that_have_a_product_are_found():
    """FOCUS sample data; networking, audit and firewall services are not tools of this inventory."""
    path = CORPORA / "focus-sample/FOCUS-1.0/focus_sample.csv"
    if not path.exists():
        pytest.skip("no corpora: set SILOSCOPE_CORPORA")
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    expected = {"Compute", "Databases", "Integration", "AI and Machine Learning", "Storage"}
    unknown = {
        row["ServiceName"]
        for row in rows
        if row["ProviderName"] in {"AWS", "Microsoft"}
        and row["ServiceCategory"] in expected
        and catalog.find(row["ServiceName"]) is None
    }
    assert unknown <= {"Amazon Elastic File System"}


@pytest.mark.parametrize(
    ("capability", "slugs"),
    [
        ("workflow-automation", "n8n node-red power-automate zapier logic-apps make"),
        ("workflow-orchestration", "airflow dagster prefect mwaa composer stepfunctions azure-data-factory"),
        ("model-registry", "mlflow sagemaker azureml databricks vertexai"),
        ("experiment-tracking", "mlflow sagemaker azureml databricks vertexai"),
        ("unattended-rpa", "uipath automation-anywhere blueprism power-automate"),
    ],
)
def test_rivals_share_their_capability(capability, slugs):
    first, *others = slugs.split()
    for other in others:
        assert capability in catalog.load().overlap(first, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("s3", "rds"),  # storage of different kinds
        ("sqs", "sns"),  # a queue and a fan-out, used together
        ("hive", "alation"),  # a catalogue of tables for engines, a catalogue for people
        ("key-vault", "secretsmanager"),  # every cloud has one
        ("aws", "azure"),
        ("airflow", "s3"),
        ("mlflow", "mlflow"),  # itself
        ("power-automate", "power-platform"),  # one suite
        ("databricks", "azure-databricks"),  # one suite
        ("dbt", "dbt-cloud"),  # one suite
        ("s3", "nobody"),
    ],
)
def test_products_that_go_together_do_not_overlap(one, other):
    assert catalog.load().overlap(one, other) == catalog.load().overlap(other, one) == ()


def test_siblings_of_a_suite_do_not_overlap_but_their_rivals_do():
    one = catalog.load()
    assert one.product("power-automate").suite == one.product("copilot-studio").suite == "power-platform"
    assert one.overlap("power-platform", "copilot-studio") == ()
    assert "agents" in one.overlap("copilot-studio", "bedrock")


def test_a_users_product_is_added_and_the_built_in_catalog_stays_as_it_was(extra):
    own = extra(NEW)
    assert own.find("HFE").name == "House Flow Engine"
    assert own.product("house-flow").licence == "commercial"
    assert own.overlap("house-flow", "airflow") == ("workflow-orchestration",)
    assert set(own.products) - set(catalog.products()) == {"house-flow"}
    assert catalog.find("hfe") is None
    assert list(own.products) == sorted(own.products)
    assert extra("").products == catalog.products()


def test_a_known_slug_changes_what_it_names_and_adds_its_aliases(extra):
    before = catalog.product("dataiku")
    after = extra('[[product]]\nslug = "dataiku"\nlicence_unit = "capacity"\naliases = ["Data Workbench"]').product(
        "dataiku"
    )
    assert (after.licence_unit, after.name) == ("capacity", before.name)
    assert after.aliases == (*before.aliases, "Data Workbench")
    assert catalog.product("dataiku") == before


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (NEW.replace("workflow-orchestration", "workflow-orchestra"), ["capabilities", '"workflow-orchestration"']),
        (NEW.replace('["workflow-orchestration"]', "[]"), ["capabilities", "1 to 5"]),
        (NEW.replace('["workflow-orchestration"]', '"workflow-orchestration"'), ["capabilities", "list"]),
        (
            NEW.replace("Workflow Orchestration", "Workflow Automation"),
            ["focus", "Integration / Workflow Orchestration"],
        ),
        (NEW.replace('"free"', '"seats"'), ["licence_unit", '"seat"']),
        (NEW.replace("licence_unit", "licence_units"), ["licence_units", "unknown key", '"licence_unit"']),
        (NEW.replace('vendor = "Example Ltd"', ""), ["vendor", "missing"]),
        (NEW.replace('"Example Ltd"', '" "'), ["vendor", "not empty"]),
        (NEW.replace('"Example Ltd"', "7"), ["vendor", "text"]),
        (NEW.replace('"house-flow"', '"House Flow"'), ["slug", "lower case"]),
        (NEW.replace('slug = "house-flow"', ""), ["slug", "lacks"]),
        (NEW + NEW, ["slug", "twice"]),
        (NEW.replace('"hfe"', '"hfe", "hfe"'), ["aliases", "twice"]),
        (NEW.replace('"hfe"', '"Apache-Airflow"'), ["aliases", '"airflow"']),
        (NEW.replace("House Flow Engine", "Amazon S3"), ["name", '"s3"']),
        (NEW + 'features = ["gpu"]', ["features", "unknown word"]),
        (NEW + 'tenancy = "acount"', ["tenancy", '"account"']),
        (NEW + 'suite = "house-flow"', ["suite", "no other product"]),
        (NEW + 'suite = "databrick"', ["suite", '"databricks"']),
        (NEW.replace("[[product]]", "[[products]]"), ["products", '"product"']),
        (NEW.replace("[[product]]", "[product]"), ["product", "[[product]]"]),
        ("product = [1]", ["slug"]),
        ("[[product]", ["not valid TOML", "line 1"]),
    ],
)
def test_an_error_names_the_file_the_key_and_the_nearest_word(extra, text, says):
    with pytest.raises(ConfigError) as error:
        extra(text)
    for words in ["own.toml", *says]:
        assert words in str(error.value)


def test_an_error_repeats_a_strangers_text_short_and_on_one_line(extra):
    hostile = "<script>\\u202e\\n" + "x" * 5000
    with pytest.raises(ConfigError) as error:
        extra(NEW.replace('"workflow-orchestration"', f'"{hostile}"'))
    assert len(str(error.value)) < 400
    assert str(error.value).isprintable()


def test_a_file_that_cannot_be_read_says_so(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read"):
        catalog.load(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"# caf\xe9")
    with pytest.raises(ConfigError, match=r"latin\.toml: not UTF-8"):
        catalog.load(tmp_path / "latin.toml")


def page():
    return (ROOT / "docs/catalog.md").read_text("utf-8")


def test_the_tables_of_the_page_are_what_the_catalog_says():
    between = page().partition("<!-- tables: begin -->")[2].partition("<!-- tables: end -->")[0]
    assert between.strip() == markdown.tables(), "paste the output of `python -m siloscope.catalog.markdown`"


def test_the_examples_of_the_page_hold(extra):
    own = extra(re.search(r"```toml\n(.*?)```", page(), re.DOTALL)[1])
    assert own.find("flow.example.com").slug == "house-flow"
    assert own.product("dataiku").licence_unit == "capacity"
    for call, slug in re.findall(r'catalog\.find\("([^"]+)"\)\.slug\s+# "([^"]+)"', page()):
        assert catalog.find(call).slug == slug
    assert catalog.load().overlap("airflow", "dagster") == ("workflow-orchestration",)


@pytest.mark.parametrize(
    ("kind", "facts", "ends"),
    [
        ("lambda.function", {"runtime": "python3.8"}, "2024-10-14"),
        ("lambda.function", {"runtime": "python3.14"}, None),
        ("rds.instance", {"engine": "mysql", "version": "8.0.35"}, "2026-07-31"),
        ("rds.instance", {"engine": "postgres", "version": "13.4"}, "2026-02-28"),
        ("rds.instance", {"engine": "postgres", "version": "16.1"}, None),
        ("glue.job", {"glue_version": "2.0"}, "2024-01-31"),
    ],
)
def test_the_end_of_support_is_known_by_version(kind, facts, ends):
    """A longer version is one of its shorter ones; a version without an announced end is known too."""
    found = lifecycle.support(kind, facts)
    assert found is not None
    assert found.ends == ends
    assert found.page.startswith("https://")


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("lambda.function", {"runtime": "provided.al9"}),
        ("lambda.function", {"runtime": "python4"}),
        ("lambda.function", {"runtime": 3}),
        ("lambda.function", {}),
        ("rds.instance", {"engine": "mariadb", "version": "8.0.35"}),
        ("rds.instance", {"engine": "mysql", "version": "80"}),
        ("n8n.workflow", {"runtime": "python3.8"}),
    ],
)
def test_of_an_unknown_version_nothing_is_claimed(kind, facts):
    assert lifecycle.support(kind, facts) is None


def test_no_version_both_ends_and_does_not():
    """And every kind is one that some collector has read."""
    read_before = "".join(each.read_text("utf-8") for each in (Path(__file__).parent / "golden").rglob("*.json*"))
    for each in lifecycle.lifecycles():
        assert not each.ends.keys() & set(each.supported)
        assert f'"{each.kind}"' in read_before
