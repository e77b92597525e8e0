"""siloscope.toml: what is accepted, and that every complaint names file, line, key and never a secret."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from siloscope.collectors import CONTRACT, types
from siloscope.config import Config, load
from siloscope.errors import ConfigError

PLANTED = "hunter2-Planted-91"
N8N = '[[source]]\nname = "flows"\ntype = "n8n"\npath = "exports"\n'


def read(folder: Path, text: str) -> Config:
    """Load a configuration with this text."""
    file = folder / "siloscope.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, types(), CONTRACT)


def complaint(folder: Path, text: str) -> str:
    """What is said about a wrong configuration; it always begins with the file."""
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    said = str(caught.value)
    assert said.startswith(str(folder / "siloscope.toml"))
    assert PLANTED not in said
    return said


# text, line, words of the complaint
WRONG = {
    "unknown table": ('[store]\n\n[[sources]]\nname = "x"\n', 3, ['"sources"', '"source"']),
    "unknown key of a source": (N8N + 'instanze = "a"\n', 5, ['"instanze"', 'did you mean "instance"']),
    "unknown key of the store": ('[store]\nulr = "x.db"\n', 2, ['"ulr"', '"url"']),
    "unknown key of the second source": (
        N8N + '\n[[source]]\nname = "b"\ntype = "n8n"\npaht = "e"\n',
        9,
        ['"paht"', '"path"'],
    ),
    "unknown type": ('[[source]]\nname = "x"\ntype = "mlfow"\n', 3, ["mlfow", '"mlflow"']),
    "type without a collector yet": ('[[source]]\nname = "x"\ntype = "blueprism"\n', 3, ["no collector", "blueprism"]),
    "no name": ('[[source]]\ntype = "n8n"\n', 1, ['"name"']),
    "empty name": ('[[source]]\nname = ""\ntype = "n8n"\n', 2, ['"name"']),
    "name that is a number": ('[[source]]\nname = 3\ntype = "n8n"\n', 2, ['"name"']),
    "path that is a number": ('[[source]]\nname = "a"\ntype = "n8n"\npath = 3\n', 4, ['"path" must be a string']),
    "empty path": ('[[source]]\nname = "a"\ntype = "n8n"\npath = " "\n', 4, ['"path" is empty']),
    "name used twice": (N8N + N8N, 6, ['"flows"', "twice"]),
    "url without a scheme": ('[[source]]\nname = "a"\ntype = "mlflow"\nurl = "mlflow.x:5000"\n', 4, ["whole URL"]),
    "url with a broken host": (
        '[[source]]\nname = "a"\ntype = "mlflow"\nurl = "http://[::1"\n',
        4,
        ["not a valid URL"],
    ),
    "source in single brackets": ('[source]\nname = "a"\n', 1, ["double brackets"]),
    "source that is a string": ('source = "a"\n', 1, ["double brackets"]),
    "store that is a string": ('store = "a.db"\n', 1, ["must be a table"]),
    "store url that is a number": ("[store]\nurl = 1\n", 2, ["must be a string"]),
    "broken TOML": ("[store]\nurl = @a.db\n[x]\n", 2, ["not valid TOML"]),
    "department without a match": ('[[department]]\nname = "Risk"\n', 1, ['"match"']),
    "department with two matches": (
        '[[department]]\nname = "Risk"\nmatch = { owner = "a", source = "b" }\n',
        3,
        ["one of tag, account"],
    ),
    "department with an unknown match": (
        '[[department]]\nname = "Risk"\nmatch = { ownr = "a" }\n',
        3,
        ['"ownr"', '"owner"'],
    ),
    "department by tag without values": ('[[department]]\nname = "Risk"\nmatch = { tag = "team" }\n', 3, ['"values"']),
    "department with values that are no text": (
        '[[department]]\nname = "Risk"\nmatch = { tag = "team", values = [1] }\n',
        3,
        ['"values"'],
    ),
    "department by a number": ('[[department]]\nname = "Risk"\nmatch = { domain = 5 }\n', 3, ['"values"']),
    "department without a name": ('[[department]]\nname = " "\nmatch = { owner = "a" }\n', 3, ['"name"']),
    "department from an empty file name": ('[[department]]\nfile = ""\n', 2, ['only a "file"']),
    "alias without the other name": ('[[alias]]\nname = "host://a"\n', 2, ['"same"']),
    "gap without a reason": ('[[accepted-gap]]\nsource = "x"\n', 1, ['"reason"']),
    "gap until no day": ('[[accepted-gap]]\nreason = "r"\nuntil = "2027-02-30"\n', 3, ['"until"', "YYYY-MM-DD"]),
    "a share of two": ('[[retirement]]\nlisting = "*"\nshare = 2\n', 3, ['"share"', "from 0 to 1"]),
    "at least none": ("[[retirement]]\nleast = 0\n", 2, ['"least"', "at least 1"]),
    "retirement of numbers": ("[[retirement]]\nscope = 3\n", 2, ['"scope" must be a string']),
    "retirement misspelt": ("[[retirement]]\nshares = 0.3\n", 2, ["share"]),
    "gap until soon": ('[[accepted-gap]]\nreason = "r"\nuntil = "soon"\n', 3, ['"until"']),
    "gap with a number for a source": ('[[accepted-gap]]\nreason = "r"\nsource = 3\n', 3, ['"source"']),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_complaint_names_file_line_key_and_the_nearest_valid_key(tmp_path: Path, case: str) -> None:
    """Whoever reads it can go to the line and knows what to write there."""
    text, line, words = WRONG[case]
    said = complaint(tmp_path, text)
    assert said.startswith(f"{tmp_path / 'siloscope.toml'}:{line}: "), said
    for word in words:
        assert word in said


LITERAL = {
    "token": f'token = "{PLANTED}"',
    "password": f'password = "{PLANTED}"',
    "token as a number": "token = 918273645",
    "empty reference": 'token = "env:"',
    "password in the url": f'url = "https://bot:{PLANTED}@mlflow.example"',
    "token as the user of the url": f'url = "https://{PLANTED}@mlflow.example"',
    "token in the query of the url": f'url = "https://mlflow.example/?access_token={PLANTED}"',
    "key in an odd option": 'environment = "AKIA1234567890ABCDEF"',
}


@pytest.mark.parametrize("case", LITERAL)
def test_a_literal_secret_is_refused_and_not_repeated(tmp_path: Path, case: str) -> None:
    """Neither the secret nor its beginning stands in the complaint; the key and the line do."""
    line = LITERAL[case]
    kind = "mlflow"
    said = complaint(tmp_path, f'[[source]]\nname = "a"\ntype = "{kind}"\n{line}\n')
    assert ":4: " in said
    assert "env:NAME" in said
    assert "918273645" not in said
    assert "AKIA" not in said


def test_a_literal_secret_in_a_nested_option_is_refused(tmp_path: Path) -> None:
    """Also below a table or a list: an option of any type may be nested."""
    file = tmp_path / "siloscope.toml"
    file.write_text(f'[[source]]\nname = "a"\ntype = "t"\nheaders = {{ X-Api-Key = "{PLANTED}" }}\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="X-Api-Key") as caught:
        load(file, {"t": frozenset({"headers"})})
    assert PLANTED not in str(caught.value)


@pytest.mark.parametrize(
    "line", [f'password = "{PLANTED}"', f'url = "neo4j://neo4j:{PLANTED}@host:7687/neo4j"'], ids=["password", "url"]
)
def test_the_store_takes_no_literal_password(tmp_path: Path, line: str) -> None:
    """Neither as a key nor within the URL; a user without a password is fine."""
    assert ":2: " in complaint(tmp_path, f"[store]\n{line}\n")
    config = read(tmp_path, '[store]\nurl = "neo4j://neo4j@host:7687/neo4j?estate=a"\npassword = "env:X"\n')
    assert config.store == "neo4j://neo4j@host:7687/neo4j?estate=a"
    assert "env:X" not in repr(config)


def test_a_secret_is_read_from_a_variable_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`env:NAME`, `file:PATH` relative to the configuration, `file:~/PATH` in the home folder."""
    monkeypatch.setenv("SOME_TOKEN", "t0")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "k").write_text("t2\n", encoding="utf-8")
    (tmp_path / "k").write_text("t1\n", encoding="utf-8")
    for reference, secret in (("env:SOME_TOKEN", "t0"), ("file:k", "t1"), ("file:~/k", "t2")):
        source = read(
            tmp_path, f'[[source]]\nname = "a"\ntype = "mlflow"\nurl = "https://m.x"\ntoken = "{reference}"\n'
        ).sources[0]
        assert source.secret("token") == secret
        assert source.secret("password") is None
        assert secret not in repr(source)


@pytest.mark.parametrize(
    ("reference", "word"),
    [("env:NOT_SET_1", "NOT_SET_1 is not set"), ("env:EMPTY_1", "empty"), ("file:none", "cannot be read"), ("file:b", "no text"), ("file:e", "empty")],
)  # fmt: skip
def test_a_secret_that_cannot_be_read_says_where_it_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: str, word: str
) -> None:
    """File, line, key and what is wrong with the reference."""
    monkeypatch.setenv("EMPTY_1", "")
    (tmp_path / "b").write_bytes(b"\xff\xfe\x00\xff")
    (tmp_path / "e").write_text("\n", encoding="utf-8")
    config = read(tmp_path, f'[[source]]\nname = "a"\ntype = "mlflow"\nurl = "https://m.x"\ntoken = "{reference}"\n')
    with pytest.raises(ConfigError, match=rf"siloscope\.toml:5: token: .*{word}"):
        config.sources[0].secret("token")


def test_a_missing_file_says_what_writes_one(tmp_path: Path) -> None:
    """The way out is part of the complaint; a file that is no text is refused as well."""
    with pytest.raises(ConfigError, match="siloscope init"):
        load(tmp_path / "none.toml", types())
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "b.toml", types())


def test_the_instance_is_the_host_or_the_name_of_the_source(tmp_path: Path) -> None:
    """As the contract says; what is configured wins."""
    text = (
        '[[source]]\nname = "a"\ntype = "mlflow"\nurl = "https://MLflow.Risk.example:5000/x/"\n'
        + N8N
        + '[[source]]\nname = "c"\ntype = "mlflow"\nurl = "https://m.example"\ninstance = "central"\n'
    )
    config = read(tmp_path, text)
    assert [each.instance for each in config.sources] == ["mlflow.risk.example", "flows", "central"]
    assert [each.order for each in config.sources] == [0, 1, 2]
    assert config.sources[0].url == "https://MLflow.Risk.example:5000/x"


def test_relative_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever folder the command runs in; `~` is the home folder, absolute paths stay."""
    monkeypatch.setenv("HOME", "/home/somebody")
    config = read(
        tmp_path,
        '[store]\nurl = "deep/s.db"\n'
        + N8N
        + N8N.replace("flows", "b").replace("exports", "~/x")
        + N8N.replace("flows", "c").replace("exports", "/abs"),
    )
    assert config.store == str(tmp_path / "deep" / "s.db")
    assert [each.path for each in config.sources] == [tmp_path / "exports", Path("/home/somebody/x"), Path("/abs")]
    assert config.folder == tmp_path


TWO = '[[source]]\nname = "a"\ntype = "{kind}"\nurl = "{one}"\n{more}\n[[source]]\nname = "b"\ntype = "{kind}"\nurl = "{two}"\n'


@pytest.mark.parametrize(
    ("kind", "one", "two"),
    [
        ("mlflow", "http://127.0.0.1:5001", "http://127.0.0.1:5002"),
        ("mlflow", "http://h.example", "https://h.example"),
        ("mlflow", "https://h.example/risk", "https://h.example/sales"),
        ("uipath", "https://h.example:1/o/t", "https://h.example:2/o/t"),
    ],
)
def test_two_servers_on_one_host_must_be_told_apart(tmp_path: Path, kind: str, one: str, two: str) -> None:
    """By default both would name their things after the host, and two models called alike would become one."""
    said = complaint(tmp_path, TWO.format(kind=kind, one=one, two=two, more=""))
    assert ':9: "b" and "a"' in said
    assert 'set a different "instance"' in said


@pytest.mark.parametrize(
    ("kind", "one", "two", "more"),
    [
        ("mlflow", "http://127.0.0.1:5001", "http://127.0.0.1:5002", 'instance = "risk"'),
        ("mlflow", "http://127.0.0.1:5001", "http://127.0.0.1:5001/", ""),
        ("uipath", "https://cloud.uipath.com/org/prod", "https://cloud.uipath.com/org/dev", ""),
    ],
    ids=["told apart", "one server seen twice", "tenants by path"],
)
def test_two_sources_that_cannot_be_confused_are_accepted(
    tmp_path: Path, kind: str, one: str, two: str, more: str
) -> None:
    """An instance of its own, the same URL read with two credentials, tenants in the path."""
    assert len(read(tmp_path, TWO.format(kind=kind, one=one, two=two, more=more)).sources) == 2


def test_departments_aliases_and_gaps_are_read_in_order(tmp_path: Path) -> None:
    """Order matters for departments: the first match wins."""
    config = read(
        tmp_path,
        '[[department]]\nname = "Risk"\nmatch = { tag = "cost-center", values = ["cc-17*", "x"] }\n'
        '[[department]]\nname = "Ops"\nmatch = { account = "1111" }\n'
        '[[department]]\nname = "Data"\nmatch = { owner = ["a*", "b*"] }\n'
        '[[alias]]\nname = "host://a"\nsame = "host://b"\n'
        '[[accepted-gap]]\nsource = "aws-*"\nlisting = "bedrock.*"\nreason = "later"\nuntil = 2027-01-31\n',
    )
    assert [(each.name, each.key, each.tag, each.values) for each in config.departments] == [
        ("Risk", "tag", "cost-center", ("cc-17*", "x")),
        ("Ops", "account", "", ("1111",)),
        ("Data", "owner", "", ("a*", "b*")),
    ]
    assert config.aliases == (("host://a", "host://b"),)
    (gap,) = config.gaps
    assert gap.covers("aws-prod", "bedrock.agent", "any", "2027-01-31T23:59:59Z")
    assert not gap.covers("aws-prod", "bedrock.agent", "any", "2027-02-01T00:00:00Z")
    assert not gap.covers("aws-prod", "s3.bucket", "any", "2026-01-01T00:00:00Z")
    assert not gap.covers("azure", "bedrock.agent", "any", "2026-01-01T00:00:00Z")


def test_nothing_a_configuration_prints_holds_its_references(tmp_path: Path) -> None:
    """`repr` of the settings names neither variables nor files of secrets."""
    config = read(tmp_path, '[[source]]\nname = "a"\ntype = "mlflow"\nurl = "https://m.x"\ntoken = "env:SOME_TOKEN"\n')
    assert not re.search("SOME_TOKEN", repr(config))
