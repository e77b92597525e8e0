"""The vocabulary of people who copy and rebuild workflows: synonyms, abbreviations, other languages, departments, objects.

None of these tables is known to siloscope: they make the copies that siloscope has to recognise.
"""

from __future__ import annotations

# Groups of words that people use for one another. Each word belongs to one group.
SYNONYMS: tuple[tuple[str, ...], ...] = (
    ("get", "fetch", "retrieve", "load", "pull"),
    ("send", "deliver", "post", "dispatch"),
    ("create", "add", "make", "new"),
    ("update", "refresh", "change", "modify"),
    ("delete", "remove", "drop"),
    ("check", "verify", "validate", "test"),
    ("extract", "parse", "pick out"),
    ("generate", "produce", "compose", "write"),
    ("summarize", "condense", "summarise"),
    ("analyze", "examine", "analyse", "evaluate"),
    ("search", "find", "lookup", "query"),
    ("save", "store", "persist", "keep"),
    ("convert", "transform", "turn"),
    ("merge", "combine", "join"),
    ("filter", "select", "keep only"),
    ("loop", "iterate", "for each"),
    ("trigger", "start", "kick off"),
    ("notify", "alert", "inform"),
    ("message", "note", "notification"),
    ("error", "failure", "problem"),
    ("list", "overview", "table"),
    ("document", "file", "paper"),
    ("customer", "client", "account"),
    ("user", "person", "member"),
    ("email", "mail", "e-mail"),
    ("report", "summary", "digest"),
    ("daily", "every day", "each day"),
    ("weekly", "every week", "each week"),
    ("image", "picture", "photo"),
    ("answer", "reply", "response"),
    ("question", "inquiry", "request"),
    ("article", "post text", "story"),
    ("website", "site", "web page"),
    ("content", "text", "material"),
    ("data", "records", "information"),
    ("row", "entry", "line"),
    ("field", "value", "attribute"),
    ("format", "shape", "prepare"),
    ("upload", "put", "place"),
    ("download", "grab", "collect"),
    ("workflow", "flow", "automation", "process"),
    ("tool", "helper", "utility"),
    ("agent", "assistant", "bot"),
    ("lead", "prospect", "contact"),
    ("order", "purchase"),
    ("ticket", "case", "issue"),
    ("meeting", "appointment", "call"),
    ("new", "recent", "latest"),
    ("set", "assign", "define"),
    ("based", "depending"),
    ("use", "apply", "employ"),
    ("provide", "give", "supply"),
    ("following", "below", "given"),
    ("should", "must", "has to"),
    ("ensure", "make sure", "see to it"),
    ("help", "support", "assist"),
    ("detailed", "thorough", "in-depth"),
    ("short", "brief", "concise"),
)

ABBREVIATIONS = {
    "message": "msg", "customer": "cust", "invoice": "inv", "document": "doc", "management": "mgmt", "number": "no",
    "account": "acct", "request": "req", "response": "resp", "information": "info", "configuration": "cfg",
    "database": "db", "application": "app", "update": "upd", "create": "crt", "process": "proc", "department": "dept",
    "report": "rpt", "google": "g", "sheets": "sht", "generate": "gen", "extract": "extr", "summary": "summ",
    "calendar": "cal", "automation": "autom", "transaction": "txn", "schedule": "sched", "conversation": "conv",
    "notification": "notif", "attachment": "att", "template": "tmpl", "product": "prod", "service": "svc",
    "workflow": "wf", "webhook": "wh", "telegram": "tg", "average": "avg", "category": "cat", "organization": "org",
}  # fmt: skip

# English -> German, French, Spanish, Polish. A word that a language lacks here stays English, as people do.
LANGUAGES: dict[str, dict[str, str]] = {
    "de": {
        "get": "hole", "send": "sende", "create": "erstelle", "add": "hinzufügen", "update": "aktualisiere", "delete": "lösche",
        "check": "prüfe", "extract": "extrahiere", "generate": "erzeuge", "search": "suche", "save": "speichere",
        "convert": "wandle um", "merge": "zusammenführen", "filter": "filtern", "message": "nachricht", "error": "fehler",
        "list": "liste", "document": "dokument", "file": "datei", "files": "dateien", "customer": "kunde", "customers": "kunden",
        "user": "benutzer", "email": "e-mail", "emails": "e-mails", "report": "bericht", "daily": "täglich", "weekly": "wöchentlich",
        "image": "bild", "images": "bilder", "answer": "antwort", "response": "antwort", "question": "frage", "website": "webseite",
        "content": "inhalt", "data": "daten", "row": "zeile", "rows": "zeilen", "field": "feld", "fields": "felder", "new": "neu",
        "order": "bestellung", "orders": "bestellungen", "invoice": "rechnung", "invoices": "rechnungen", "ticket": "ticket",
        "meeting": "termin", "and": "und", "to": "an", "from": "von", "with": "mit", "for": "für", "the": "die", "of": "der",
        "if": "wenn", "on": "bei", "in": "in", "when": "wenn", "workflow": "ablauf", "set": "setze", "text": "text", "page": "seite",
        "summary": "zusammenfassung", "translate": "übersetze", "weather": "wetter", "news": "nachrichten", "product": "produkt",
        "lead": "interessent", "leads": "interessenten", "contact": "kontakt", "contacts": "kontakte", "reply": "antworte",
    },
    "fr": {
        "get": "obtenir", "send": "envoyer", "create": "créer", "add": "ajouter", "update": "mettre à jour", "delete": "supprimer",
        "check": "vérifier", "extract": "extraire", "generate": "générer", "search": "chercher", "save": "enregistrer",
        "convert": "convertir", "merge": "fusionner", "filter": "filtrer", "message": "message", "error": "erreur",
        "list": "liste", "document": "document", "file": "fichier", "files": "fichiers", "customer": "client", "customers": "clients",
        "user": "utilisateur", "email": "courriel", "emails": "courriels", "report": "rapport", "daily": "quotidien",
        "weekly": "hebdomadaire", "image": "image", "answer": "réponse", "response": "réponse", "question": "question",
        "website": "site web", "content": "contenu", "data": "données", "row": "ligne", "rows": "lignes", "field": "champ",
        "fields": "champs", "new": "nouveau", "order": "commande", "orders": "commandes", "invoice": "facture", "invoices": "factures",
        "meeting": "réunion", "and": "et", "to": "à", "from": "de", "with": "avec", "for": "pour", "the": "le", "of": "de", "if": "si",
        "on": "sur", "in": "dans", "when": "quand", "workflow": "flux", "set": "définir", "text": "texte", "page": "page",
        "summary": "résumé", "translate": "traduire", "weather": "météo", "news": "actualités", "product": "produit",
    },
    "es": {
        "get": "obtener", "send": "enviar", "create": "crear", "add": "añadir", "update": "actualizar", "delete": "borrar",
        "check": "comprobar", "extract": "extraer", "generate": "generar", "search": "buscar", "save": "guardar",
        "convert": "convertir", "merge": "unir", "filter": "filtrar", "message": "mensaje", "error": "error", "list": "lista",
        "document": "documento", "file": "archivo", "files": "archivos", "customer": "cliente", "customers": "clientes",
        "user": "usuario", "email": "correo", "emails": "correos", "report": "informe", "daily": "diario", "weekly": "semanal",
        "image": "imagen", "answer": "respuesta", "response": "respuesta", "question": "pregunta", "website": "sitio web",
        "content": "contenido", "data": "datos", "row": "fila", "rows": "filas", "field": "campo", "fields": "campos",
        "new": "nuevo", "order": "pedido", "orders": "pedidos", "invoice": "factura", "invoices": "facturas", "meeting": "reunión",
        "and": "y", "to": "a", "from": "de", "with": "con", "for": "para", "the": "el", "of": "de", "if": "si", "on": "en", "in": "en",
        "when": "cuando", "workflow": "flujo", "set": "fijar", "text": "texto", "page": "página", "summary": "resumen",
    },
    "pl": {
        "get": "pobierz", "send": "wyślij", "create": "utwórz", "add": "dodaj", "update": "zaktualizuj", "delete": "usuń",
        "check": "sprawdź", "extract": "wyodrębnij", "generate": "wygeneruj", "search": "szukaj", "save": "zapisz",
        "convert": "konwertuj", "merge": "połącz", "filter": "filtruj", "message": "wiadomość", "error": "błąd", "list": "lista",
        "document": "dokument", "file": "plik", "files": "pliki", "customer": "klient", "user": "użytkownik", "report": "raport",
        "daily": "codziennie", "image": "obraz", "answer": "odpowiedź", "response": "odpowiedź", "data": "dane", "row": "wiersz",
        "new": "nowy", "order": "zamówienie", "invoice": "faktura", "and": "i", "to": "do", "from": "z", "with": "z", "for": "dla",
        "if": "jeśli", "when": "gdy", "set": "ustaw", "text": "tekst", "page": "strona", "summary": "podsumowanie",
    },
}  # fmt: skip

DEPARTMENTS = ("FIN", "HR", "Sales", "Ops", "MKT", "Legal", "IT", "Support", "Procurement", "Logistics", "R&D", "EMEA")
AFFIXES = ("v2", "final", "copy", "(new)", "backup", "2024", "rev B", "- improved", "_v3", "[live]")

# Things that workflows are about: one template, filled with another of these, serves another purpose.
OBJECTS: tuple[str, ...] = (
    "invoice", "contract", "candidate", "supplier", "shipment", "patient", "student", "vehicle", "claim", "recipe",
    "property", "donor", "subscription", "warranty", "complaint", "expense", "asset", "visitor", "employee", "tenant",
    "customer", "order", "lead", "ticket", "email", "article", "video", "image", "document", "event", "product",
    "message", "file", "contact", "task", "meeting", "news", "blog", "post", "song", "movie", "book", "tweet",
    "review", "report", "feedback", "weather", "stock", "price", "company", "website", "resume", "job", "user",
    "deal", "payment", "newsletter", "podcast", "comment", "pdf", "page", "form", "survey", "issue", "channel",
)  # fmt: skip

# What local variables of code nodes are called by somebody else.
VARIABLES = (
    "entry", "record", "payload", "bag", "acc", "elem", "outcome", "chunk", "buffer", "cursor", "node", "packet", "draft",
    "subject", "batch", "parsed", "inner", "mapped", "cleaned", "rest", "temp", "obj", "arr", "val", "info", "reply", "src",
)  # fmt: skip
