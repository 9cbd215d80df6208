"""All stations as one page that stands by itself: no script, nothing fetched, light and dark, printable. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from html import escape

from agent.fleet.ages import last_heard, oldest_waiting
from agent.fleet.drawing import SELF_STYLE, STYLE, histogram, squares
from agent.fleet.standing import Grade, Standing, ago, certificates_of, span

WORDS = {
    Grade.FALSE: "not believed",
    Grade.CANNOT: "cannot work",
    Grade.SILENT: "silent",
    Grade.WAITS: "waiting long",
    Grade.SOON: "to be seen to",
    Grade.GOOD: "good",
}
_PAGE = """
* { box-sizing: border-box; } :root { color-scheme: light dark; --line: #cfd6dd; }
@media (prefers-color-scheme: dark) { :root { --line: #363d44; } }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem 1.25rem 3rem; background: var(--paper); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .6rem; } p { margin: .2rem 0; } .soft { color: var(--soft); }
.counts { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1.1rem 0; padding: 0; list-style: none; }
.counts li { border: 1px solid var(--line); border-left: 6px solid var(--tone); border-radius: 4px; padding: .35rem .8rem;
  min-width: 7rem; }
.counts b { display: block; font-size: 1.5rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.pair { display: flex; flex-wrap: wrap; gap: 1rem 3rem; } svg { display: block; max-width: 100%; height: auto; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 600; white-space: nowrap; } .n { text-align: right; white-space: nowrap; } .w { white-space: nowrap; }
.grade { display: inline-block; border: 1px solid var(--tone); border-left: 6px solid var(--tone); border-radius: 3px; padding: 0 .45rem;
  white-space: nowrap; } td ul { margin: 0; padding: 0; list-style: none; } td small { color: var(--soft); white-space: nowrap; }
.what { width: 38%; }
.false { --tone: var(--false); } .cannot { --tone: var(--cannot); } .silent { --tone: var(--silent); } .waits { --tone: var(--waits); }
.soon { --tone: var(--soon); } .good { --tone: var(--good); }
details { margin-top: 2rem; } summary { cursor: pointer; font-weight: 600; }
@media print { body { max-width: none; padding: 0; font-size: 11px; background: #fff; color: #000; } tr, .pair svg { break-inside: avoid; }
  thead { display: table-header-group; } .scroll { overflow: visible; } @page { size: letter landscape; margin: 12mm; } }
"""


def page(standings: Sequence[Standing], now: datetime, broker: str) -> str:
    """standings: worst first, of `standings`."""
    ours = [one for one in standings if one.on_roster]
    strangers = [one for one in standings if not one.on_roster]
    ill = [one for one in ours if one.grade is not Grade.GOOD]
    well = [one for one in ours if one.grade is Grade.GOOD]
    body = (
        f"<h1>{len(ours)} stations</h1><p>{escape(summary(ours))}</p>"
        f'<p class="soft">As the broker {escape(broker)} had it at {now:%Y-%m-%d %H:%M} UTC. Times are UTC, by each station\'s clock.</p>'
        f"{_counts(ours)}{squares(ours)}{_ages(ours, now)}"
        + (f"<h2>To be seen to, worst first</h2>{_table(ill, now)}" if ill else "")
        + (f"<h2>Not on the roster</h2>{_table(strangers, now)}" if strangers else "")
        + (f"<h2>Good</h2>{_table(well, now)}" if well else "")
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Stations, {now:%Y-%m-%d %H:%M} UTC</title><style>{SELF_STYLE}{STYLE}{_PAGE}</style><body>{body}</body></html>\n"
    )


def overview(standings: Sequence[Standing]) -> str:
    """The squares alone, as a file."""
    drawn = squares([one for one in standings if one.on_roster])
    return drawn.replace(">", f"><style>{SELF_STYLE}{STYLE}</style>", 1) + "\n"


def summary(ours: Sequence[Standing]) -> str:
    counts = Counter(one.grade for one in ours)
    told = [f"{counts[grade]} {WORDS[grade]}" for grade in Grade if counts[grade]]
    return f"{', '.join(told)}." if told else "Nobody was heard, and nobody is on the roster."


def _counts(ours: Sequence[Standing]) -> str:
    counts = Counter(one.grade for one in ours)
    waiting = sum(one.heard.report.waiting for one in ours if one.heard.report is not None)
    items = "".join(f'<li class="{grade}"><b>{counts[grade]}</b>{WORDS[grade]}</li>' for grade in Grade)
    return f'<ul class="counts">{items}<li style="--tone: var(--bar)"><b>{waiting}</b>transactions wait</li></ul>'


def _ages(ours: Sequence[Standing], now: datetime) -> str:
    heard = histogram(last_heard(ours, now), "Stations by how long ago they were heard")
    waits = histogram(oldest_waiting(ours, now), "Stations by how long their oldest transaction has waited")
    return f'<div class="pair"><div><h2>Last heard</h2>{heard}</div><div><h2>Oldest transaction that waits</h2>{waits}</div></div>'


def _table(rows: Sequence[Standing], now: datetime) -> str:
    head = (
        "<th>station</th><th></th><th class=what>what, and since when</th><th>last heard</th><th class=n>waiting</th>"
        "<th class=w>last receipt</th><th>scanner</th><th class=n>room</th><th class=n>certificate</th><th>version</th>"
    )
    return f"<div class=scroll><table><thead><tr>{head}</tr></thead><tbody>{''.join(_row(one, now) for one in rows)}</tbody></table></div>"


def _row(one: Standing, now: datetime) -> str:
    report = one.heard.report
    name = f"<br><small>{escape(one.name)}</small>" if one.name else ""
    reasons = "".join(f"<li>{escape(words)}{_since(since, now)}</li>" for words, since in one.reasons)
    cells = (
        f"<td class=w><b>{escape(one.station)}</b>{name}</td>",
        f'<td><span class="grade {one.grade}">{WORDS[one.grade]}</span></td>',
        f"<td><ul>{reasons}</ul></td>",
        f"<td class=w>{_ago(one.last_heard, now)}</td>",
        f"<td class=n>{'' if report is None else _waiting(report.waiting, report.waiting_since, now)}</td>",
        f"<td class=w>{'' if report is None else _ago(report.last_receipt, now)}</td>",
        f"<td class=w>{'' if report is None else escape(report.scanner)}</td>",
        f"<td class=n>{'' if report is None else report.room}</td>",
        f"<td class=n>{_first_end(one, now)}</td>",
        f"<td class=w>{'' if report is None else escape(report.version)}</td>",
    )
    return f"<tr>{''.join(cells)}</tr>"


def _since(since: datetime | None, now: datetime) -> str:
    return "" if since is None else f" <small>since {since:%Y-%m-%d %H:%M}, {span(now - since)}</small>"


def _ago(at: datetime | None, now: datetime) -> str:
    return "never" if at is None else ago(now - at)


def _waiting(count: int, since: datetime | None, now: datetime) -> str:
    return str(count) if since is None else f"{count}, {span(now - since)}"


def _first_end(one: Standing, now: datetime) -> str:
    ends = certificates_of(one.heard).values()
    return f"{(min(ends) - now).days} d" if ends else ""
