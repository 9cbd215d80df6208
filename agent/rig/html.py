"""Outcomes as one page that stands by itself: no script, no font, nothing fetched. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from agent.rig.measure import Measurement
from agent.rig.outcome import Outcome, Verdict
from agent.rig.plots import gauge, lateness, timeline

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --paper: #fff; --ground: #eef1f4; --line: #d4dae0;
  --good: #1a7f37; --bad: #c62828; --skip: #8a6100; --bar: #2f6fb3; --frame: #6aa0d8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --soft: #9aa4ae; --paper: #14171a; --ground: #22272c; --line: #363d44;
  --good: #4cc168; --bad: #ff7b72; --skip: #e0b040; --bar: #5b9be0; --frame: #3f75ae; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.15rem; margin: 0; } h3 { font-size: .95rem; margin: 1.25rem 0 .4rem; }
p { margin: .25rem 0; } .soft { color: var(--soft); }
section { border-top: 1px solid var(--line); padding-top: 1.25rem; margin-top: 2rem; }
.head { display: flex; gap: .75rem; align-items: baseline; justify-content: space-between; flex-wrap: wrap; }
.verdict { font-weight: 600; } .verdict.passed { color: var(--good); } .verdict.failed { color: var(--bad); }
.verdict.skipped { color: var(--skip); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; color: var(--soft); } td.n, th.n { text-align: right; white-space: nowrap; }
td.g { vertical-align: middle; }
svg { display: block; max-width: 100%; } svg text { font: 12px system-ui, sans-serif; fill: var(--soft); }
svg .name { text-anchor: end; } svg .tick { text-anchor: start; } svg .end { text-anchor: end; }
svg .grid { stroke: var(--line); } svg .limit { stroke: var(--ink); stroke-dasharray: 4 3; }
svg .ground { fill: var(--ground); } svg .bar { fill: var(--bar); } svg .late { fill: var(--bad); }
svg .step.passed { fill: var(--frame); } svg .step.failed { fill: var(--bad); } svg .step.skipped { fill: var(--skip); }
svg .state { fill: var(--ink); } svg .frames { fill: var(--frame); } svg .result { fill: var(--good); } svg .trouble { fill: var(--bad); }
a { color: inherit; }
"""


def page(outcomes: Sequence[Outcome]) -> str:
    counts = {verdict: sum(outcome.verdict is verdict for outcome in outcomes) for verdict in Verdict}
    summary = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count) or "nothing was played"
    began = min((outcome.began for outcome in outcomes), default="")
    body = f"<h1>Rig report</h1><p>{summary}</p><p class=soft>{escape(began)}</p>{_list(outcomes)}"
    body += "".join(_section(number, outcome) for number, outcome in enumerate(outcomes, start=1))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Rig report: {summary}</title><style>{_STYLE}</style><body>{body}</body></html>\n"
    )


def _list(outcomes: Sequence[Outcome]) -> str:
    rows = "".join(
        f'<tr><td><a href="#s{number}">{escape(outcome.name)}</a></td><td>{escape(outcome.rung)}</td>'
        f"<td>{_verdict(outcome.verdict)}</td><td class=n>{outcome.seconds:.1f} s</td><td>{escape(outcome.why)}</td></tr>"
        for number, outcome in enumerate(outcomes, start=1)
    )
    return _table("<th>scenario</th><th>rung</th><th>verdict</th><th class=n>time</th><th>why</th>", rows)


def _section(number: int, outcome: Outcome) -> str:
    device = " ".join(filter(None, (outcome.device.get(part, "") for part in ("make", "model"))))
    who = f"{device or outcome.model}, serial number {outcome.device.get('serial', '')}, rung {outcome.rung}"
    late = lateness(outcome.lateness_ms)
    return (
        f'<section id="s{number}"><div class=head><h2>{escape(outcome.name)}</h2>{_verdict(outcome.verdict)}</div>'
        f"<p>{escape(outcome.sentence)}</p><p class=soft>{escape(who)}</p>"
        f"<h3>What happened</h3>{timeline(outcome)}"
        + (f"<h3>Measured</h3>{_measured(outcome.measurements)}" if outcome.measurements else "")
        + (f"<h3>Previews: how much later than the promptest one; dashed: one frame's time</h3>{late}" if late else "")
        + f"<h3>Steps</h3>{_steps(outcome)}</section>"
    )


def _measured(measurements: Sequence[Measurement]) -> str:
    rows = "".join(
        f"<tr><td>{escape(one.name)}</td><td class=n>{one.value:.4g} {one.quantity.unit}</td><td class=n>{_limit(one)}</td>"
        f"<td class=g>{'' if one.limit is None else gauge(one.value, one.limit, at_most=one.quantity.at_most)}</td>"
        f"<td>{escape(one.quantity.sentence)}</td></tr>"
        for one in measurements
    )
    return _table("<th>quantity</th><th class=n>value</th><th class=n>limit</th><th></th><th>what it is</th>", rows)


def _limit(one: Measurement) -> str:
    return "" if one.limit is None else f"{'≤' if one.quantity.at_most else '≥'} {one.limit:g}"


def _steps(outcome: Outcome) -> str:
    rows = "".join(
        f"<tr><td class=n>{step.at:.2f} s</td><td>{escape(step.what)}</td><td>{_verdict(step.verdict)}</td>"
        f"<td class=n>{step.seconds:.2f} s</td><td>{escape(step.why)}</td></tr>"
        for step in outcome.steps
    )
    return _table("<th class=n>at</th><th>step</th><th>verdict</th><th class=n>took</th><th>why</th>", rows)


def _verdict(verdict: Verdict) -> str:
    return f'<span class="verdict {verdict}">{verdict}</span>'


def _table(head: str, rows: str) -> str:
    return f"<div class=scroll><table><tr>{head}</tr>{rows}</table></div>"
