"""Outcomes as JUnit XML, the form that every CI server reads: a suite for each scenario, a case for each step and each limit. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as Tree

from agent.rig.conformance.suite import Score
from agent.rig.measure import Measurement
from agent.rig.outcome import Outcome, Verdict


def outcomes_xml(outcomes: Sequence[Outcome]) -> bytes:
    root = Tree.Element("testsuites", name="livescan rig")
    for outcome in outcomes:
        suite = _suite(root, f"{outcome.name} ({outcome.rung})", outcome.seconds)
        suite.set("timestamp", outcome.began.removesuffix("+00:00"))
        properties = Tree.SubElement(suite, "properties")
        for name, value in {"model": outcome.model, "rung": outcome.rung, **outcome.device}.items():
            Tree.SubElement(properties, "property", name=name, value=value)
        for step in outcome.steps:
            _case(suite, outcome.name, step.what, step.seconds, verdict=step.verdict, why=step.why)
        for one in outcome.measurements:
            verdict = Verdict.PASSED if one.passed else Verdict.FAILED
            _case(
                suite,
                outcome.name,
                f"{one.name} = {one.value:.4g} {one.quantity.unit}",
                0.0,
                verdict=verdict,
                why="" if one.passed else _beyond(one),
            )
        _count(suite)
    return _bytes(root)


def score_xml(scores: Sequence[Score]) -> bytes:
    root = Tree.Element("testsuites", name="livescan driver conformance")
    for score in scores:
        suite = _suite(root, f"{score.driver} ({score.rung})", sum(case.seconds for case in score.cases))
        for case in score.cases:
            _case(
                suite,
                f"conformance.{score.driver}",
                f"{case.name}: {case.sentence}",
                case.seconds,
                verdict=Verdict(case.verdict),
                why=case.why,
            )
        _count(suite)
    return _bytes(root)


def _suite(root: Tree.Element, name: str, seconds: float) -> Tree.Element:
    return Tree.SubElement(root, "testsuite", name=name, time=f"{seconds:.3f}")


def _case(suite: Tree.Element, group: str, name: str, seconds: float, *, verdict: Verdict, why: str) -> None:
    case = Tree.SubElement(suite, "testcase", classname=group, name=name, time=f"{seconds:.3f}")
    if verdict is Verdict.FAILED:
        Tree.SubElement(case, "failure", message=_clean(why))
    elif verdict is Verdict.SKIPPED:
        Tree.SubElement(case, "skipped", message=_clean(why))


def _count(suite: Tree.Element) -> None:
    for attribute, element in (("tests", "testcase"), ("failures", ".//failure"), ("skipped", ".//skipped")):
        suite.set(attribute, str(len(suite.findall(element))))
    suite.set("errors", "0")


def _beyond(one: Measurement) -> str:
    bound = f"at {'most' if one.quantity.at_most else 'least'} {one.limit:g} is wanted"
    return f"{one.quantity.sentence}: {one.value:.4g} {one.quantity.unit}; {bound}"


def _clean(text: str) -> str:
    """Without control characters, which XML 1.0 has no way to write."""
    return "".join(character if character >= " " else " " for character in text)


def _bytes(root: Tree.Element) -> bytes:
    Tree.indent(root)
    return bytes(Tree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"
