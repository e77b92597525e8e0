"""The catalog's words as Markdown tables, for docs/catalog.md: `python -m siloscope.catalog.markdown`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from siloscope import catalog
from siloscope.catalog.lifecycle import lifecycles


def tables() -> str:
    """Capabilities, then licence units, tenancies and features: what stands between the page's markers."""
    words = catalog.load().vocabulary
    parts = (
        _capabilities(),
        _words("licence unit", "what is counted", words.licence_units),
        _words("tenancy", "what one instance is", words.tenancies),
        _words("feature", "meaning", words.features),
        _support(),
    )
    return "\n\n".join(parts)


def _capabilities() -> str:
    offered = Counter(slug for each in catalog.products().values() for slug in each.capabilities)
    rows = (
        (f"`{slug}`", each.domain, each.description, "yes" if each.overlap else "no", str(offered[slug]))
        for slug, each in catalog.capabilities().items()
    )
    return _table(("capability", "domain", "what it is", "overlap counts", "products"), rows)


def _support() -> str:
    """Versions whose vendor's support has an end, by what runs on them."""
    rows = []
    for each in lifecycles():
        what = " ".join([f"`{each.kind}`", *(str(value) for value in each.where.values())])
        ends = ", ".join(f"{version} {day}" for version, day in sorted(each.ends.items()))
        rows.append((what, f"`{each.fact}`", ends, ", ".join(each.supported)))
    return _table(("runs on", "fact", "support ends", "no end announced"), rows)


def _words(head: str, meaning: str, words: Mapping[str, str]) -> str:
    return _table((head, meaning), ((f"`{word}`", text) for word, text in words.items()))


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))


if __name__ == "__main__":
    print(tables())  # noqa: T201 - printing is what running this module is for
