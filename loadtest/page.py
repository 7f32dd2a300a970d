"""Pages of HTML that need nothing else."""

from collections.abc import Iterable, Sequence
from html import escape

STYLE = """
body{font:15px/1.5 sans-serif;color:#222;max-width:60em;margin:2em auto;padding:0 1em}
table{border-collapse:collapse}td,th{padding:.2em .8em;border-bottom:1px solid #ddd;text-align:right}
td:first-child,th:first-child{text-align:left}
.plotly-graph-div{max-width:100%;overflow-x:auto}summary{cursor:pointer;margin:.5em 0}
"""


def document(title: str, body: str, *, head: str = "") -> str:
    """The whole page; `body` is HTML, as is what `head` adds to its head."""
    name = escape(title)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{name}</title><style>{STYLE}</style>{head}'
        f"<h1>{name}</h1>{body}</html>\n"
    )


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of texts."""
    head = "".join(f"<th>{escape(text)}</th>" for text in headings)
    lines = "".join(f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in row)}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{lines}</table>"


def paragraphs(sentences: Iterable[str]) -> str:
    """Each in one of its own."""
    return "".join(f"<p>{escape(text)}</p>" for text in sentences)
