"""A form with a file in it: read whole, or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.kiosk.uploads import read_upload

TYPE = "multipart/form-data; boundary=----X1"


def sent(paper: bytes, *texts: tuple[str, str]) -> bytes:
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{text}'.encode() for name, text in texts]
    parts.append(b'Content-Disposition: form-data; name="document"; filename="a.pdf"\r\nContent-Type: application/pdf\r\n\r\n' + paper)
    return b"".join(b"------X1\r\n" + part + b"\r\n" for part in parts) + b"------X1--\r\n"


@given(
    st.binary(max_size=200).filter(lambda paper: b"\r\n------X1" not in b"\r\n" + paper), st.text(st.characters(codec="utf-8"), max_size=20)
)
def test_a_paper_comes_out_as_it_went_in(paper: bytes, typed: str) -> None:
    found = read_upload(TYPE, sent(paper, ("ice_office", typed), ("attached", "I-200"), ("attached", "I-205")))
    assert found.files == {"document": paper}
    assert found.texts == {"ice_office": [typed], "attached": ["I-200", "I-205"]}


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=60).map(lambda noise: sent(b"paper")[:40] + noise + sent(b"paper")[40:])))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        read_upload(TYPE, body)
    except ValueError:
        return
    assert body.endswith((b"------X1--", b"------X1--\r\n"))


@pytest.mark.parametrize("kind", ["", "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=\r\n"])
def test_another_kind_of_body_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="multipart"):
        read_upload(kind, sent(b""))
