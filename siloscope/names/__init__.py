"""Names: every spelling of a thing to one canonical join key, its containers, and the names in documents.

Two tools depend on each other when both point at the same thing; they almost never spell it alike. `canonical`
gives the one spelling, container first, so that cutting segments from the right yields `parents`. Nothing that
this package returns holds user info, query strings, fragments or key material.
"""

from siloscope.names.canonical import canonical
from siloscope.names.context import Context, Mention
from siloscope.names.expressions import expressions, is_expression
from siloscope.names.extract import extract
from siloscope.names.images import image
from siloscope.names.openlineage import aliases, from_openlineage, to_openlineage
from siloscope.names.parts import compose
from siloscope.names.sql import SqlTables, sql_tables
from siloscope.names.streams import kafka_aliases
from siloscope.names.text import extract_text
from siloscope.names.widen import parents, root

__all__ = [
    "Context",
    "Mention",
    "SqlTables",
    "aliases",
    "canonical",
    "compose",
    "expressions",
    "extract",
    "extract_text",
    "from_openlineage",
    "image",
    "is_expression",
    "kafka_aliases",
    "parents",
    "root",
    "sql_tables",
    "to_openlineage",
]
