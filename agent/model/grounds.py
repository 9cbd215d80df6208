"""Why a person ties a waiting message to a booking, or sets it aside: one word of this table. Rules and effects: casework/settling.py."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Deed(StrEnum):
    TIED = "tied"
    SET_ASIDE = "set_aside"


class Ground(StrEnum):
    """Why, as one word; the sentence beside it is the officer's."""

    CONTROL_NUMBER = "control_number"  # the bureau named our control number
    BUREAU_SAID = "bureau_said"  # by telephone or letter
    CONTENT = "content"  # what it says fits one booking only
    READ = "read"  # it was read, and nothing follows
    DUPLICATE = "duplicate"
    NOT_OURS = "not_ours"
    DAMAGED = "damaged"  # it proves nothing; the bureau was asked to send it again


MAY: Mapping[Deed, tuple[Ground, ...]] = {
    Deed.TIED: (Ground.CONTROL_NUMBER, Ground.BUREAU_SAID, Ground.CONTENT),
    Deed.SET_ASIDE: (Ground.READ, Ground.DUPLICATE, Ground.NOT_OURS, Ground.DAMAGED, Ground.BUREAU_SAID),
}
