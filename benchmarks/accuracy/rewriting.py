"""The same process built again by somebody else: same endpoints, inputs and logic; other words, notes, code style and ids."""

from __future__ import annotations

import random
import re
from typing import Any

from benchmarks.accuracy.corpus import generic
from benchmarks.accuracy.flow import Flow, fresh, inserted, kind, made, renamed, strings, token, uuid, without, working
from benchmarks.accuracy.platforms import replatform
from benchmarks.accuracy.wording import renamed_title, reworded, with_synonyms
from benchmarks.accuracy.words import VARIABLES

# Keys that hold what both builders had to write alike: where to, which thing, which field.
_ALIKE = frozenset(
    "url uri path operation resource method httpMethod documentId sheetName table tableId base database databaseId workflowId "
    "bucketName model modelId language mode type authentication genericAuthType nodeCredentialType __rl unit rule "
    "responseMode respondWith field fieldToSplitOut fieldsToCompare destinationFieldName id key".split()
)
_CODE = frozenset({"jsCode", "functionCode", "pythonCode"})
_OPAQUE = re.compile(r"(?=[\w-]*\d)[\w-]{16,}|-?\d{6,}")
_LOCAL = re.compile(
    r"\b(?:const|let|var)\s+([A-Za-z_]\w*)|\bfor\s*\(\s*(?:const|let|var)\s+([A-Za-z_]\w*)|\(?([A-Za-z_]\w*)\)?\s*=>"
)
_TITLES = {
    "httpRequest": ("Call API", "API request", "Ask the service"), "set": ("Prepare fields", "Map values", "Shape data"),
    "code": ("Script", "Transform", "Do the maths"), "function": ("Script", "Transform"), "if": ("Is it ok?", "Decide", "Branch"),
    "switch": ("Route", "Which case?"), "merge": ("Bring together", "Join branches"), "webhook": ("Incoming call", "Entry point"),
    "manualTrigger": ("Start by hand", "Go"), "scheduleTrigger": ("Every so often", "Timer"), "cron": ("Timer", "Clock"),
    "splitInBatches": ("One by one", "Batches"), "splitOut": ("Unfold", "Single items"), "aggregate": ("Collect", "Gather"),
    "filter": ("Keep relevant", "Sieve"), "wait": ("Pause", "Slow down"), "lmChatOpenAi": ("LLM", "Model"), "agent": ("Assistant", "Thinker"),
    "respondToWebhook": ("Answer caller", "Return result"), "googleSheets": ("Sheet", "Spreadsheet step"), "noOp": ("Done", "End"),
}  # fmt: skip


def rewrite(flow: Flow, rng: random.Random) -> Flow:
    """Built again on the same products."""
    result = _again(flow, rng, strength=0.85)
    return fresh(other_ids(result, rng) if rng.random() < 0.7 else result, rng)


def rebuild(flow: Flow, rng: random.Random) -> Flow:
    """Built again on other products by somebody who had seen the first: some of its words stay."""
    return fresh(_again(replatform(flow, rng), rng, strength=0.5), rng)


def other_ids(flow: Flow, rng: random.Random) -> Flow:
    """The workflow on its builder's own sheets, chats and bases: every opaque id is another, the same one everywhere."""
    ids: dict[str, str] = {}

    def change(_: str, text: str) -> str:
        if not _OPAQUE.fullmatch(text):
            return text
        ids.setdefault(text, str(rng.getrandbits(40)) if text.lstrip("-").isdigit() else token(rng, len(text)))
        return ids[text]

    result = without(flow, [])
    for node in result["nodes"]:
        node["parameters"] = strings(node.get("parameters") or {}, change)
    return result


def _again(flow: Flow, rng: random.Random, strength: float) -> Flow:
    result = without(flow, [])
    result["nodes"] = [each for each in result["nodes"] if kind(each) != "stickyNote"]
    for node in result["nodes"]:
        node.pop("notes", None)
        node.pop("notesInFlow", None)
        node["parameters"] = _parameters(node, rng, strength)
    for node in [each for each in result["nodes"] if kind(each) == "noOp"]:
        if rng.random() < 0.5:
            result = without(result, [node["name"]])
    if rng.random() < 0.4:
        result = inserted(result, _step(rng), rng)
    result = renamed(result, {each["name"]: _name(each, rng, strength) for each in result["nodes"]})
    name = str(flow["name"])
    result["name"] = f"My workflow {rng.randrange(2, 60)}" if generic(name) else _title(name, rng, strength)
    if rng.random() < 0.6:
        result["nodes"].append(_note(result, rng))
    return result


def _title(name: str, rng: random.Random, strength: float) -> str:
    said = with_synonyms(name, rng, strength)
    words = said.split()
    if len(words) > 4 and rng.random() < strength:
        words = [each for each in words if rng.random() > 0.2]
    if len(words) > 2 and rng.random() < 0.4:
        place = rng.randrange(1, len(words))
        words = [*words[place:], *words[:place]]
    return renamed_title(" ".join(words), rng, styles=1) if rng.random() < strength else " ".join(words)


def _name(node: dict[str, Any], rng: random.Random, strength: float) -> str:
    titles = _TITLES.get(kind(node))
    if titles and rng.random() < strength * 0.6:
        return rng.choice(titles)
    return with_synonyms(node["name"], rng, strength)


def _parameters(node: dict[str, Any], rng: random.Random, strength: float) -> dict[str, Any]:
    def change(key: str, text: str) -> str:
        if key in _CODE:
            return restyled(text, rng)
        if key in _ALIKE or not text.strip():
            return text
        if text.startswith("="):
            text = _expression(text, rng)
        return (
            reworded(text, rng, strength) if " " in text.strip() and not text.lstrip("= \n").startswith("{") else text
        )

    parameters = strings(node.get("parameters") or {}, change)
    if kind(node) == "set" and rng.random() < 0.7:
        parameters = _other_set(parameters, rng)
    if rng.random() < 0.3:
        parameters.pop("options", None)
    return dict(sorted(parameters.items(), key=lambda _: rng.random()))


def _expression(text: str, rng: random.Random) -> str:
    """`$json["a"]` and `$json.a`, `$node["X"].json` and `$('X').item.json`: the two styles of n8n."""
    if rng.random() < 0.7:
        text = re.sub(r"""\$json\[["'](\w+)["']\]""", r"$json.\1", text)
        text = re.sub(r"""\$node\[["']([^"']+)["']\]\.json""", r"$('\1').item.json", text)
    return re.sub(r"\{\{\s*(.*?)\s*\}\}", r"{{ \1 }}" if rng.random() < 0.5 else r"{{\1}}", text)


def _other_set(parameters: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """Fields set the old way (`values`) become the new way (`assignments`) and back."""
    values, assignments = parameters.get("values"), parameters.get("assignments")
    if isinstance(values, dict):
        rows = [
            {"id": uuid(rng), "name": row.get("name"), "value": row.get("value"), "type": what}
            for what, given in values.items() for row in (given if isinstance(given, list) else []) if isinstance(row, dict)
        ]  # fmt: skip
        return {
            **{key: each for key, each in parameters.items() if key != "values"},
            "assignments": {"assignments": rows},
        }
    if isinstance(assignments, dict) and isinstance(assignments.get("assignments"), list):
        old: dict[str, list[Any]] = {}
        for row in assignments["assignments"]:
            if isinstance(row, dict):
                old.setdefault(str(row.get("type", "string")), []).append(
                    {"name": row.get("name"), "value": row.get("value")}
                )
        return {**{key: each for key, each in parameters.items() if key != "assignments"}, "values": old}
    return parameters


def restyled(code: str, rng: random.Random) -> str:
    """Code by another hand: other local names, comments, quotes and indentation; the same calls and fields."""
    code = re.sub(r"(?<!:)//[^\n]*|/\*.*?\*/", "", code, flags=re.DOTALL)
    found = {name for groups in _LOCAL.findall(code) for name in groups if name and len(name) > 1}
    names = rng.sample(VARIABLES, len(VARIABLES))
    for number, name in enumerate(sorted(found - {"json", "items", "item", "return", "async"})):
        other = names[number % len(names)] + ("" if number < len(names) else str(number))
        code = re.sub(rf"(?<![.\w'\"$]){re.escape(name)}(?![\w'\"]|\s*:)", other, code)
    code = re.sub(r"\b(?:let|var)\b", rng.choice(("const", "let")), code)
    if rng.random() < 0.5:
        code = re.sub(r"'([^'\"\n\\]*)'", r'"\1"', code)
    if rng.random() < 0.5:
        code = code.replace("  ", "    ")
    lines = [each.rstrip() for each in code.splitlines() if each.strip()]
    lines.insert(0, rng.choice(("// built again for our team", "// see the wiki", "/* helper */", "// TODO tidy")))
    return "\n".join(lines)


def _step(rng: random.Random) -> dict[str, Any]:
    name, what = rng.choice((("Pass on", "noOp"), ("Defaults", "set"), ("Slow down", "wait")))
    return made(rng, name, what, {})


def _note(flow: Flow, rng: random.Random) -> dict[str, Any]:
    steps = ", then ".join(with_synonyms(each["name"], rng) for each in working(flow)[:4])
    text = f"## {rng.choice(('How this works', 'About', 'Notes for the team'))}\n{steps}."
    return made(rng, "Sticky Note", "stickyNote", {"content": text})
