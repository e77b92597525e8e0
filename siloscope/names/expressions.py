"""Template expressions: what a tool will fill in later is not a name, so it is counted and never guessed.

n8n `={{ ... }}`, Azure Data Factory `@pipeline()...` and `@{...}`, Jinja `{{ }}` and `{% %}`, `${...}`, `$(...)`.
"""

import re
from typing import Any

_FACTORY = (
    "pipeline|activity|dataset|linkedService|item|variables|concat|trigger|utcnow|formatDateTime|json|string|body|"
    "outputs|parameters|triggerBody|triggerOutputs|coalesce|if|replace|guid|split|first|last|array|toLower|toUpper"
)
_EXPRESSION = re.compile(rf"\{{\{{|\{{%|\$\{{|@\{{|#\{{|\$\(\w|^\s*@(?:{_FACTORY})\(|^=[^=\s]*\$(?:json|node|input)\b")


def is_expression(text: Any) -> bool:
    """Whether a text is, or holds, an expression of a template language."""
    return isinstance(text, str) and _EXPRESSION.search(text) is not None


def expressions(value: Any) -> int:
    """How many texts of a JSON-like value hold expressions; each text counts once."""
    count = 0
    stack = [value]
    budget = 2_000_000
    while stack and budget:
        budget -= 1
        item = stack.pop()
        if isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, (list, tuple)):
            stack.extend(item)
        elif is_expression(item):
            count += 1
    return count
