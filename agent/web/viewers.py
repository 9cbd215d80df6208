"""Who looks at what the bureau or ICE sent, and why: taken from the session and the request, judged by casework."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from starlette.requests import Request

from agent.access.roles import Role
from agent.casework.viewing import Viewer
from agent.errors import LivescanError
from agent.web.bodies import reason_of, who_of
from agent.web.withheld import ROLES_OF

_RECIPIENT = re.compile(r"[A-Za-z0-9._-]{0,40}")  # an id, never a name: it stands in rows and on the audit record


def roles_now() -> Collection[Role]:
    """Of whoever is signed in; where nobody need be (training), all of them."""
    roles = ROLES_OF.get()
    return tuple(Role) if roles is None else roles


def viewer_of(request: Request, body: Mapping[str, Any]) -> Viewer:
    """Reason and recipient as the request says them; casework refuses one without a reason. Raises LivescanError."""
    recipient = body.get("recipient") or ""
    if not isinstance(recipient, str) or not _RECIPIENT.fullmatch(recipient):
        raise LivescanError("The recipient is not named by an id.", means="Nothing was shown.", do="Give an id, never a name.")
    return Viewer(who_of(request, body), roles_now(), reason_of(body) or "", recipient)
