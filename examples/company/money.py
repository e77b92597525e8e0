"""What the company's clouds bill, in FOCUS, and what its teams say their undertakings return: the source `money`."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from estate.base import ANALYTICS, CORPORATE, Item
from estate.expected import everything
from licences import _PAID

# Months of the bill; the last one is that before the scan.
MONTHS = [f"2025-{month:02d}" for month in (11, 12)] + [f"2026-{month:02d}" for month in range(1, 11)]
# The service of each tool that is billed in detail, and how its bill weighs what it holds; the rest names no resource.
BILLED = {
    f"sagemaker:{ANALYTICS}": ("AWS", ANALYTICS, "Amazon SageMaker", {"sagemaker.endpoint": 12, "sagemaker.training-job": 3, "sagemaker.notebook-instance": 4}),
    f"azureml:{CORPORATE}": ("Microsoft", f"/subscriptions/{CORPORATE}", "Azure Machine Learning", {"azureml.onlineendpoints": 9, "azureml.workspaces": 4}),
    f"azure-openai:{CORPORATE}": ("Microsoft", f"/subscriptions/{CORPORATE}", "Azure OpenAI Service", {"azure-openai.deployments": 5}),
}  # fmt: skip
COLUMNS = (
    "BillingCurrency", "ChargePeriodStart", "ProviderName", "SubAccountId", "ServiceName", "ResourceId", "ChargeCategory",
    "ChargeClass", "ChargeFrequency", "CommitmentDiscountStatus", "BilledCost", "EffectiveCost",
)  # fmt: skip
# (kind, name, owner's department), metric, baseline, current, what one more is worth, from, to, lowest, highest, invested, why
RETURNS = (
    ("sagemaker.model", "damage-photo", "photographs assessed by hand", 148_000, 61_000, "-1.15", "2025-11-01", "2026-10-31", "-0.9", "-1.4", 85_000, "Settle damage claims within a day"),
    ("sagemaker.model", "quote-win", "margin on quotes won", 2_140_000, 2_231_000, "1", "2025-11-01", "2026-10-31", "0.6", "1.2", 40_000, "Price quotes by the chance to win them"),
    ("azureml.models", "discount-guard", "discounts beyond the rule", 1_310, 1_180, "-95", "2026-01-01", "2026-10-31", "-60", "-95", 55_000, "Keep discounts within the rule"),
    ("uipath.process", "Bank statement download", "minutes of accounting per run", 45, 4, "-0.8", "2026-01-01", "", "", "", 12_000, "Statements are posted before nine"),
    ("uipath.process", "Customs declaration", "hours of declarants", 5_900, 2_300, "-41", "2025-11-01", "2026-10-31", "", "", 30_000, "File declarations on the day"),
    ("uipath.process", "Payslip archive", "minutes of clerks per run", 95, 10, "-0.7", "2026-01-01", "", "", "", 9_000, "Archive payslips"),
)  # fmt: skip


def write(folder: Path) -> None:
    """The bill and the list of benefits, below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    items = list(everything())
    with (folder / "bill.csv").open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(row for tool in BILLED for row in _bill(tool, items))
    with (folder / "value.csv").open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow("initiative metric baseline current unit_value from to low high investment objective".split())
        for kind, name, *told in RETURNS:
            (found,) = [each.id for each in items if (each.kind, each.name) == (kind, name)]
            writer.writerow([found, *told])


def _bill(tool: str, items: list[Item]) -> Iterator[list[str]]:
    """A year of a tool as procurement knows it, in months; a tenth in one reservation of which a little stayed unused."""
    provider, account, service, weights = BILLED[tool]
    total = next(Decimal(each[1]) for each in _PAID if each[0] == tool)
    held = [(each.id, weights[each.kind]) for each in items if each.tool == tool and each.kind in weights]
    whole = sum(weight for _, weight in held) * Decimal("1.25")
    monthly = total / len(MONTHS)
    for month in MONTHS:
        left = monthly
        for resource, weight in held:
            cost = (monthly * weight / whole).quantize(Decimal("0.01"))
            left -= cost
            yield _row(month, provider, account, service, resource, cost)
        unused = (monthly / 50).quantize(Decimal("0.01"))
        yield _row(month, provider, account, service, "", unused, status="Unused")
        yield _row(month, provider, account, service, "", (left - unused).quantize(Decimal("0.0000000001")))
    # A credit note for a month already billed, and the charge that replaces it: together nothing.
    for cost in (Decimal("-410.5"), Decimal("410.5")):
        yield _row(MONTHS[6], provider, account, service, "", cost, kind="Correction")


def _row(month: str, provider: str, account: str, service: str, resource: str, cost: Decimal, kind: str = "", status: str = "") -> list[str]:  # fmt: skip
    return ["EUR", f"{month}-01T00:00:00Z", provider, account, service, resource, "Usage", kind, "Usage-Based", status, f"{cost:f}", f"{cost:f}"]  # fmt: skip
