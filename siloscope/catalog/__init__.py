"""The catalog of products: what each is for, who sells it, how it is licensed, how bills name it.

    from siloscope import catalog

    catalog.product("mlflow").capabilities      # ("experiment-tracking", "model-registry", ...)
    catalog.find("Amazon Simple Storage Service").slug                   # "s3"
    catalog.find("microsoft.sql/servers/databases").slug                 # "azure-sql"
    catalog.load(Path("products.toml")).find("Our Flow Engine")          # with a user's own file

The data are `products.toml` and `capabilities.toml` beside this module, read once, when first asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from siloscope.catalog import read
from siloscope.catalog.records import Capability, Product, Vocabulary
from siloscope.errors import ConfigError

__all__ = [
    "Capability",
    "Catalog",
    "Product",
    "Vocabulary",
    "capabilities",
    "find",
    "load",
    "product",
    "products",
]


@dataclass(frozen=True, slots=True)
class Catalog:
    """Products by slug, in the order of slugs, and every spelling (`read.key_of`) that leads to one."""

    products: Mapping[str, Product]
    spellings: Mapping[str, str] = field(repr=False)

    @property
    def vocabulary(self) -> Vocabulary:
        """The words products are described in; they are the same in every catalog."""
        return _vocabulary()

    @property
    def capabilities(self) -> Mapping[str, Capability]:
        """Capabilities by slug, grouped by domain."""
        return self.vocabulary.capabilities

    def product(self, slug: str) -> Product | None:
        """The product of exactly this slug."""
        return self.products.get(slug)

    def find(self, text: str) -> Product | None:
        """The product that `text` names, by slug, name or alias.

        Case, spaces, hyphens and underscores do not matter. A resource type or host with a path
        (`microsoft.sql/servers/databases`, `aiplatform.googleapis.com/Model`, `serving.kserve.io/v1beta1`)
        is cut from the right until something is known. Nothing is guessed: an unknown name is None.
        """
        key = read.key_of(text)
        typed = "." in key.partition("/")[0]
        while key:
            slug = self.spellings.get(key)
            if slug is not None:
                return self.products[slug]
            if not typed:
                return None
            key = key.rpartition("/")[0]
        return None

    def overlap(self, one: str, other: str) -> tuple[str, ...]:
        """The capabilities in which two products, by slug, are a case for consolidation, in vocabulary order.

        Empty for a product and itself, for products of one suite, and for slugs nobody knows.
        """
        a, b = self.products.get(one), self.products.get(other)
        if a is None or b is None or {a.slug, a.suite} & {b.slug, b.suite} - {None}:
            return ()
        shared = {*a.capabilities} & {*b.capabilities}
        return tuple(slug for slug, each in self.capabilities.items() if each.overlap and slug in shared)


def _data(name: str) -> str:
    return files(__name__).joinpath(name).read_text("utf-8")


@cache
def _vocabulary() -> Vocabulary:
    return read.vocabulary(_data("capabilities.toml"), "capabilities.toml")


@cache
def _builtin() -> Catalog:
    return _catalog(read.unchecked(_data("products.toml")), "products.toml")


def _catalog(found: dict[str, Product], origin: str) -> Catalog:
    return Catalog(MappingProxyType(found), MappingProxyType(read.index(found, origin)))


def load(extra: Path | None = None) -> Catalog:
    """The catalog, with the products of a user's file laid over it; the built-in one is never changed.

    Args:
        extra: A TOML file of `[[product]]` tables (docs/catalog.md). An entry with a known slug changes
            that product: the keys it gives replace, its aliases are added. Any other entry is a new product.

    Raises:
        ConfigError: The file cannot be read, is not TOML, or an entry is wrong; the text names the file,
            the product, the key and the nearest valid word.
    """
    base = _builtin()
    if extra is None:
        return base
    try:
        text = extra.read_text("utf-8")
    except OSError as error:
        raise ConfigError(f"{extra}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{extra}: not UTF-8: {error.reason} at byte {error.start}") from error
    return _catalog(read.products(text, str(extra), base.vocabulary, base.products), str(extra))


def products() -> Mapping[str, Product]:
    """The built-in products by slug, in the order of slugs."""
    return _builtin().products


def product(slug: str) -> Product | None:
    """The built-in product of exactly this slug."""
    return _builtin().product(slug)


def find(text: str) -> Product | None:
    """The built-in product that `text` names, as `Catalog.find`."""
    return _builtin().find(text)


def capabilities() -> Mapping[str, Capability]:
    """The capabilities by slug, grouped by domain."""
    return _vocabulary().capabilities
