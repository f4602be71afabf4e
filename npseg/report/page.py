"""HTML without surprises: every text escaped, every picture inside the page, the file whole or absent."""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from npseg.files import disk_error, write_whole
from npseg.report.charts import Chart
from npseg.report.style import STYLE

__all__ = [
    "chart_figure", "data_table", "document", "escape", "facts_list", "number", "picture", "section",
    "write_page",
]  # fmt: skip

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
UNDEFINED = "–"  # noqa: RUF001


def escape(text: Any) -> str:
    """Text as it may stand in an element or a quoted attribute.

    >>> escape('<b> & "c"')
    '&lt;b&gt; &amp; &quot;c&quot;'
    """
    return html.escape(str(text), quote=True)


def number(value: float | None, digits: int = 3) -> str:
    """A score for a table; what is undefined shows as a dash.

    >>> number(0.12345), number(None), number(float("nan"))
    ('0.123', '–', '–')
    """
    if value is None or math.isnan(value):
        return UNDEFINED
    return f"{value:.{digits}f}"


def section(title: str, *parts: str) -> str:
    """A headed section of ready HTML."""
    return "\n".join(["<section>", f"<h2>{escape(title)}</h2>", *(part for part in parts if part), "</section>"])


def picture(png: bytes, alternative: str) -> str:
    """An image element with the PNG inside."""
    return f'<img src="{_data_uri(png)}" alt="{escape(alternative)}">'


def chart_figure(title: str, chart: Chart) -> str:
    """A captioned chart that follows the reader's choice of light or dark."""
    return (
        f'<figure class="chart"><figcaption>{escape(title)}</figcaption><picture>'
        f'<source srcset="{_data_uri(chart.dark)}" media="(prefers-color-scheme: dark)">'
        f"{picture(chart.light, chart.text)}</picture></figure>"
    )


def data_table(
    caption: str,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    groups: Sequence[tuple[str, int]] = (),
) -> str:
    """A table whose cells, captions and headings are ready HTML; the first cell of each row is its heading.

    `groups` puts a row of wider headings on top: (heading, number of columns).
    """
    lines = ['<div class="scroll"><table>', f"<caption>{caption}</caption>", "<thead>"]
    if groups:
        cells = "".join(
            f'<th colspan="{span}" scope="colgroup">{text}</th>' if text else f'<td colspan="{span}"></td>'
            for text, span in groups
        )
        lines.append(f"<tr>{cells}</tr>")
    lines.append("<tr>" + "".join(f'<th scope="col">{cell}</th>' for cell in head) + "</tr></thead><tbody>")
    for first, *others in rows:
        lines.append(f'<tr><th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in others) + "</tr>")
    lines.append("</tbody></table></div>")
    return "\n".join(lines)


def facts_list(facts: Mapping[str, Any]) -> str:
    """Names and values, one a line."""
    if not facts:
        return ""
    items = "\n".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts.items())
    return f'<dl class="facts">\n{items}\n</dl>'


def document(title: str, lead: str, sections: Sequence[str]) -> str:
    """A whole page. Its content policy forbids to load or run anything that is not in the file."""
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        '<meta name="generator" content="npseg">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        "</head>",
        "<body>",
        "<main>",
        f"<header><h1>{escape(title)}</h1>",
        f'<p class="lead">{escape(lead)}</p></header>' if lead else "</header>",
        *(part for part in sections if part),
        "</main>",
        "</body>",
        "</html>",
    ]
    return "\n".join(lines) + "\n"


def write_page(path: str | Path, text: str) -> Path:
    """Write beside the target and rename, so that no reader ever meets half a page."""
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise disk_error(target, error) from error
    write_whole(target, text)
    return target


def _data_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
