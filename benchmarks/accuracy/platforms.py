"""The same process on other products: which product stands for which, and how its node holds the same texts.

A mapping says the type of the other product's node, what its operation is called, and under which keys texts that
mattered in the first are found in the second. Identifiers (sheets, channels, bases) are new: the other product has its own.
"""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.accuracy.flow import BASE, Flow, fresh, kind, renamed, texts, token, working

CHAIN = "@n8n/n8n-nodes-langchain."

# Products that stand for one another; a family's members differ in the names of their parameters.
FAMILIES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "chat": (("slack", "Slack"), ("microsoftTeams", "Teams"), ("mattermost", "Mattermost"), ("discord", "Discord"), ("telegram", "Telegram"), ("rocketchat", "Rocket.Chat"), ("whatsApp", "WhatsApp")),
    "chat start": (("slackTrigger", "Slack"), ("microsoftTeamsTrigger", "Teams"), ("telegramTrigger", "Telegram"), ("whatsAppTrigger", "WhatsApp")),
    "mail": (("gmail", "Gmail"), ("microsoftOutlook", "Outlook"), ("emailSend", "SMTP"), ("sendGrid", "SendGrid"), ("mailgun", "Mailgun")),
    "mail start": (("gmailTrigger", "Gmail"), ("microsoftOutlookTrigger", "Outlook"), ("emailReadImap", "IMAP")),
    "mail tool": (("gmailTool", "Gmail"), ("microsoftOutlookTool", "Outlook")),
    "sheet": (("googleSheets", "Google Sheets"), ("microsoftExcel", "Excel"), ("airtable", "Airtable"), ("nocoDb", "NocoDB"), ("baserow", "Baserow")),
    "sheet start": (("googleSheetsTrigger", "Google Sheets"), ("airtableTrigger", "Airtable"), ("microsoftExcelTrigger", "Excel")),
    "drive": (("googleDrive", "Google Drive"), ("microsoftOneDrive", "OneDrive"), ("dropbox", "Dropbox"), ("box", "Box"), ("nextCloud", "Nextcloud")),
    "drive start": (("googleDriveTrigger", "Google Drive"), ("microsoftOneDriveTrigger", "OneDrive"), ("boxTrigger", "Box")),
    "calendar": (("googleCalendar", "Google Calendar"), ("microsoftOutlook", "Outlook")),
    "crm": (("hubspot", "HubSpot"), ("pipedrive", "Pipedrive"), ("salesforce", "Salesforce"), ("zohoCrm", "Zoho")),
    "task": (("trello", "Trello"), ("asana", "Asana"), ("clickUp", "ClickUp"), ("mondayCom", "Monday"), ("todoist", "Todoist"), ("jira", "Jira"), ("linear", "Linear")),
    "page": (("notion", "Notion"), ("coda", "Coda"), ("confluence", "Confluence")),
    "database": (("postgres", "Postgres"), ("mySql", "MySQL"), ("microsoftSql", "SQL Server"), ("supabase", "Supabase"), ("snowflake", "Snowflake")),
    "form": (("typeformTrigger", "Typeform"), ("jotFormTrigger", "JotForm"), ("formTrigger", "n8n Form")),
    "chat model": (("lmChatOpenAi", "OpenAI"), ("lmChatAnthropic", "Anthropic"), ("lmChatGoogleGemini", "Gemini"), ("lmChatMistralCloud", "Mistral"), ("lmChatGroq", "Groq"), ("lmChatAzureOpenAi", "Azure OpenAI")),
    "ai": (("openAi", "OpenAI"), ("anthropic", "Anthropic"), ("googleGemini", "Gemini"), ("mistralAi", "Mistral")),
    "embedding": (("embeddingsOpenAi", "OpenAI"), ("embeddingsCohere", "Cohere"), ("embeddingsGoogleGemini", "Gemini"), ("embeddingsMistralCloud", "Mistral")),
    "vectors": (("vectorStoreQdrant", "Qdrant"), ("vectorStorePinecone", "Pinecone"), ("vectorStoreSupabase", "Supabase"), ("vectorStoreInMemory", "in memory")),
    "store": (("awsS3", "S3"), ("googleCloudStorage", "Cloud Storage"), ("azureStorage", "Azure Storage")),
    "code host": (("github", "GitHub"), ("gitlab", "GitLab")),
    "shop": (("shopify", "Shopify"), ("wooCommerce", "WooCommerce")),
    "news list": (("mailchimp", "Mailchimp"), ("convertKit", "ConvertKit"), ("activeCampaign", "ActiveCampaign"), ("brevo", "Brevo")),
}  # fmt: skip

# How the products of a family call what people write into them.
_TEXT_KEYS = {
    "slack": "text", "microsoftTeams": "message", "mattermost": "message", "discord": "content", "telegram": "text",
    "rocketchat": "text", "whatsApp": "textBody", "gmail": "message", "microsoftOutlook": "bodyContent", "emailSend": "html",
    "sendGrid": "contentValue", "mailgun": "text",
}  # fmt: skip
_WORDY = frozenset(
    "text message content html body subject title name description prompt query sql jql filter note caption summary "
    "systemMessage textBody bodyContent contentValue jsonBody sendTo toEmail toRecipients".split()
)
_OPERATIONS = {
    "append": ("append", "create", "insert", "addRow"), "read": ("getAll", "getRows", "list", "read"), "create": ("create", "add", "post"),
    "post": ("create", "send", "sendMessage"), "update": ("update", "upsert", "patch"), "get": ("get", "read", "getAll"), "getAll": ("getAll", "list", "search"),
    "delete": ("delete", "remove"), "send": ("send", "sendMail", "post"), "upload": ("upload", "put", "create"), "download": ("download", "get"),
    "search": ("search", "getAll", "list"), "message": ("message", "generate"),
}  # fmt: skip

_MEMBERS = {name: (family, label) for family, members in FAMILIES.items() for name, label in members}
_SAME = {"gmail": "mail", "microsoftOutlook": "mail"}


@dataclass(frozen=True, slots=True)
class Swap:
    """One product in place of another."""

    before: str
    after: str
    said: str
    says: str


def movable(flow: Flow) -> int:
    """How many nodes of a workflow have a counterpart on another product."""
    return sum(kind(each) in _MEMBERS for each in working(flow))


def swaps(flow: Flow, rng: random.Random) -> dict[str, Swap]:
    """For each product of the workflow that has a counterpart, the one that takes its place (at least one)."""
    found: dict[str, Swap] = {}
    families: dict[str, str] = {}
    for name in sorted({kind(each) for each in working(flow)} & set(_MEMBERS)):
        family, label = _MEMBERS[name]
        if found and family not in families and rng.random() < 0.25:
            continue
        others = [each for each in FAMILIES[family] if each[0] != name]
        other = next((each for each in others if each[1] == families.get(label)), None) or rng.choice(others)
        families[label] = other[1]
        found[name] = Swap(name, other[0], label, other[1])
    return found


def replatform(flow: Flow, rng: random.Random) -> Flow:
    """The same process on other products: node types, parameters and ids are theirs, the texts stay."""
    plan = swaps(flow, rng)
    names = {each["name"]: _called(each["name"], plan) for each in working(flow)}
    result = renamed(flow, names)
    result["name"] = _called(str(flow["name"]), plan)
    result["nodes"] = [_moved(each, plan[kind(each)], rng) if kind(each) in plan else each for each in result["nodes"]]
    return fresh(result, rng)


def _called(name: str, plan: Mapping[str, Swap]) -> str:
    for each in plan.values():
        name = re.sub(rf"\b{re.escape(each.said)}\b", each.says, name, flags=re.IGNORECASE)
        name = re.sub(rf"\b{re.escape(each.before)}\b", each.after, name, flags=re.IGNORECASE)
    return name


def _moved(node: Mapping[str, Any], swap: Swap, rng: random.Random) -> dict[str, Any]:
    """The node of the other product: its own operation and keys, the texts of the first."""
    old = node.get("parameters") or {}
    package = CHAIN if re.match(r"lmChat|embeddings|vectorStore", swap.after) else BASE
    new: dict[str, Any] = {}
    operation = old.get("operation")
    if isinstance(operation, str):
        new["operation"] = rng.choice(_OPERATIONS.get(operation, (operation,)))
    if rng.random() < 0.5:
        new["resource"] = rng.choice(("item", "message", "record", "object", "entry"))
    kept = [(key, text) for key, text in texts(old) if key in _WORDY or "{{" in text or " " in text.strip()]
    target = _TEXT_KEYS.get(swap.after)
    for number, (key, text) in enumerate(kept):
        if target and (key in _TEXT_KEYS.values() or key in ("html", "body")) and target not in new:
            new[target] = text
        elif number < 3:
            new[key if key not in new else f"{key}{number}"] = text
        else:
            fields = new.setdefault("fieldsUi", {"values": []})["values"]
            fields.append({"fieldId": key, "fieldValue": text})
    new[rng.choice(("containerId", "workspace", "target", "locationId", "space"))] = {
        "__rl": True,
        "mode": "id",
        "value": token(rng, 22),
    }
    new["options"] = {}
    credential = f"{swap.after}Api"
    kept_fields = {
        key: copy.deepcopy(node[key]) for key in ("id", "name", "position", "notes", "disabled") if key in node
    }
    return {
        **kept_fields,
        "type": f"{package}{swap.after}",
        "typeVersion": 1,
        "parameters": new,
        "credentials": {credential: {"id": token(rng), "name": f"{swap.says} account"}},
    }
