"""What the catalog holds: products, capabilities and the closed words both are described in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Capability:
    """Something products are for.

    `domain` is one of ml, automation, data, integration, cloud, governance. `overlap` says whether
    several products of it in one company are a candidate for consolidation; it is false for what every
    platform brings along, such as identity or virtual machines.
    """

    slug: str
    name: str
    description: str
    domain: str
    overlap: bool


@dataclass(frozen=True, slots=True)
class Product:
    """A product a company may run.

    `slug` is the first part of tool ids (`sagemaker:111122223333`). `focus` is the FOCUS 1.2 pair
    "ServiceCategory / ServiceSubcategory". `licence` is "commercial" or an SPDX expression, `licence_unit`
    what is counted for a licence, `tenancy` what one instance of the product is: 30 accounts are 30
    instances of one product. `suite` is the slug of the larger product this one is sold or run with.
    `homepage` is a host name.
    """

    slug: str
    name: str
    vendor: str
    capabilities: tuple[str, ...]
    focus: str
    licence_unit: str
    licence: str = "commercial"
    tenancy: str | None = None
    suite: str | None = None
    homepage: str | None = None
    aliases: tuple[str, ...] = ()
    features: tuple[str, ...] = ()

    @property
    def service_category(self) -> str:
        """The FOCUS `ServiceCategory`."""
        return self.focus.partition(" / ")[0]

    @property
    def service_subcategory(self) -> str:
        """The FOCUS `ServiceSubcategory`."""
        return self.focus.partition(" / ")[2]

    @property
    def is_open_source(self) -> bool:
        """Whether the core is open source, as the feature of that name says (not every SPDX licence is)."""
        return "open-source" in self.features


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The closed words of the catalog; every mapping is in the order of its file.

    `features`, `licence_units` and `tenancies` map a word to its meaning, `focus` maps each FOCUS 1.2
    ServiceCategory to its ServiceSubcategories.
    """

    capabilities: Mapping[str, Capability]
    features: Mapping[str, str]
    licence_units: Mapping[str, str]
    tenancies: Mapping[str, str]
    focus: Mapping[str, tuple[str, ...]]
