"""The page of laws: everything of the document is on it, escaped, and its links lead somewhere."""

from __future__ import annotations

import re

from npseg.report import write_laws_report


def trial(law, outcome, number=3, **more):
    return {
        "law": law, "number": number, "measure": "iou", "outcome": outcome, "reason": "a < b", "expected": None,
        "wrong": outcome == "fails", "programme": "print(1 < 2)\n" if outcome == "fails" else None, **more,
    }  # fmt: skip


def target(name, library, *trials):
    known = {"absent": {"value": "skip", "origin": "declared"}, "ignore": {"value": "none", "origin": "inferred"}}
    return {
        "name": name, "library": library, "version": "1.9", "tolerance": 1e-6, "trials": list(trials),
        "conventions": {"iou": known, "dice": known}, "notes": ["no more than 3 < 4 classes"],
    }  # fmt: skip


def found(*targets, interrupted=False):
    law = {
        "family": "overlap", "statement": "Exchange changes nothing & so on.", "symbols": "s(t, p) = s(p, t)",
        "source": "TP stays.", "measures": ["iou"], "presumes": {"absent": ["skip", "0"]},
    }  # fmt: skip
    return {
        "form": "npseg-laws/1", "npseg": "0.1.0", "seed": 0, "max_examples": 20, "interrupted": interrupted,
        "counts": {}, "targets": list(targets),
        "laws": [{**law, "number": 1, "name": "within-bounds"}, {**law, "number": 3, "name": "symmetric"}],
    }  # fmt: skip


PEERS = found(
    target("one", "lib<a>", trial("symmetric", "fails", expected="known & kept"), trial("within-bounds", "holds", 1)),
    target("two", "lib<a>", trial("symmetric", "fails"), trial("within-bounds", "does not apply", 1)),
    target("three", "b", trial("symmetric", "holds"), trial("within-bounds", "does not apply", 1)),
)


def test_matrix_and_counterexamples(tmp_path):
    text = write_laws_report(tmp_path / "peers.html", PEERS).read_text()
    rows = re.findall(r"<tr><th scope=\"row\"><a[^>]*>([^<]*)</a></th>(.*?)</tr>", text)
    cells = {law: re.findall(r">(\d of \d|holds|–)<", row) for law, row in rows}  # noqa: RUF001
    assert cells == {"1 within-bounds": ["holds", "–"], "3 symmetric": ["2 of 2", "holds"]}  # noqa: RUF001
    assert len(re.findall("<pre[^>]*><code>print\\(1 &lt; 2\\)</code></pre>", text)) == 2
    assert "Expected: known &amp; kept" in text
    assert text.count("no more than 3 &lt; 4 classes") == 3
    assert "iou, dice: absent = skip (declared), ignore = none (inferred)" in text
    assert "Exchange changes nothing &amp; so on." in text
    assert "Presumes absent = skip or 0." in text
    assert "lib<a>" not in text


def test_every_link_leads_to_one_place_on_the_page(tmp_path):
    text = write_laws_report(tmp_path / "peers.html", PEERS).read_text()
    links, places = re.findall(r'href="([^"]*)"', text), re.findall(r' id="([^"]*)"', text)
    assert links
    assert all(link.startswith("#") for link in links)
    assert {link[1:] for link in links} <= set(places)
    assert len(places) == len(set(places))


def test_one_target_has_no_matrix_and_an_interruption_is_told(tmp_path):
    one = found(target("mine:miou", "", trial("symmetric", "holds")), interrupted=True)
    text = write_laws_report(tmp_path / "one.html", one).read_text()
    assert "Libraries by laws" not in text
    assert "broken off" in text
    assert "mine:miou" in text
