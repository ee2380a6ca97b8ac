"""Every key of a TOML text is found on its line."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexdesk_app.config.layers import is_list, is_table
from hexdesk_app.config.toml_lines import KeyPath, key_lines, parse_key

TEXT = """# a comment = no key
[desk]
name = "a # b"
[brokers."x.y"]
deposits = [  # one a line
  "1 USDT",
  "2 BTC",
]
limits.size = { max = 1, "of all" = [1, { deep = 2 }] }
note = \"\"\"
[desk]
seed = 1
\"\"\"
when = 2026-11-21 10:00:00
[[servers]]
port = 1
[[servers]]
port = 2
[servers.tls]
on = true
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("desk",), 2),
        (("desk", "name"), 3),
        (("brokers", "x.y", "deposits"), 5),
        (("brokers", "x.y", "deposits", "1"), 7),
        (("brokers", "x.y", "limits", "size", "of all", "1", "deep"), 9),
        (("brokers", "x.y", "note"), 10),
        (("brokers", "x.y", "when"), 14),
        (("servers", "0", "port"), 16),
        (("servers", "1", "port"), 18),
        (("servers", "1", "tls", "on"), 20),
    ],
)
def test_a_key_is_found_on_its_line(path: KeyPath, line: int) -> None:
    tomllib.loads(TEXT)
    assert key_lines(TEXT)[path] == line


def test_what_stands_in_a_string_is_no_key() -> None:
    assert ("desk", "seed") not in key_lines(TEXT)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("desk.seed", ("desk", "seed")),
        ('instruments."BTCUSDT-PERP.BINANCE".lot', ("instruments", "BTCUSDT-PERP.BINANCE", "lot")),
        ("a . 'b\\c'", ("a", "b\\c")),
        ('"\\u0041"', ("A",)),
    ],
)
def test_a_dotted_key_is_split(text: str, parts: KeyPath) -> None:
    assert parse_key(text) == parts


@pytest.mark.parametrize("text", ["", ".", "a.", "a b", "a..b", '"a', "a=b"])
def test_a_broken_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a key"):
        parse_key(text)


names = st.text("ab.-\"' \\[]#=é", min_size=1, max_size=4)
scalars = st.one_of(
    st.integers(), st.booleans(), st.text("a\"'\n#[]{}=,\\", max_size=6), st.just(1.5)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return quoted(value)
    if is_list(value):
        return "[" + ",\n # x\n".join(written(each) for each in value) + "]"
    if is_table(value):
        return "{" + ", ".join(f"{quoted(k)} = {written(v)}" for k, v in value.items()) + "}"
    return str(value)


def leaves(tree: object, path: KeyPath = ()) -> list[KeyPath]:
    if is_table(tree):
        return [leaf for key, each in tree.items() for leaf in leaves(each, (*path, key))]
    if is_list(tree):
        return [leaf for i, each in enumerate(tree) for leaf in leaves(each, (*path, str(i)))]
    return [path]


@given(st.dictionaries(names, st.dictionaries(names, values, max_size=3), max_size=3))
def test_every_value_has_a_line(tree: dict[str, dict[str, object]]) -> None:
    lines: list[str] = []
    expected: dict[KeyPath, int] = {}
    for table, pairs in tree.items():
        lines.append(f"[{quoted(table)}]")
        for key, value in pairs.items():
            expected[table, key] = len(lines) + 1
            lines += f"{quoted(key)} = {written(value)}".split("\n")
    text = "\n".join(lines)
    assert tomllib.loads(text) == tree
    found = key_lines(text)
    assert {path: found[path] for path in expected} == expected
    assert set(leaves(tree)) <= found.keys()
