"""Where a booking stands until it is sealed; after that its submission's own table speaks (casework).

Nothing here is ever skipped: prints are on disk before CAPTURED, the file has been re-opened and checked before SEALED.
A booking that cannot go on by itself is HELD with a reason for a person; it is never dropped. One that an officer took back before its
first byte left is UNDONE (`leaving`): it is sealed again, under a new control number, when the officer says so.
"""

from __future__ import annotations

from enum import StrEnum


class BookingState(StrEnum):
    CAPTURING = "capturing"
    CAPTURED = "captured"
    SEALED = "sealed"
    HELD = "held"
    UNDONE = "undone"  # an officer took it back before anything was sent; waits for the officer


class BookingEvent(StrEnum):
    ALL_TAKEN = "all_taken"  # every planned impression is accepted and on disk
    SEALED = "sealed"  # checked, sealed, and the envelope is on disk
    HELD = "held"  # a person must look
    RESUMED = "resumed"  # a person says: go on
    CORRECTED = "corrected"  # a person changed the facts of a sealed booking: a new submission is made
    UNDONE = "undone"  # a person took it back before anything was sent
    RETAKEN = "retaken"  # a person wants impressions taken again; of a sealed booking for a new submission


TABLE: dict[tuple[BookingState, BookingEvent], BookingState] = {
    (BookingState.CAPTURING, BookingEvent.ALL_TAKEN): BookingState.CAPTURED,
    (BookingState.CAPTURING, BookingEvent.HELD): BookingState.HELD,
    (BookingState.CAPTURED, BookingEvent.SEALED): BookingState.SEALED,
    (BookingState.CAPTURED, BookingEvent.HELD): BookingState.HELD,
    (BookingState.CAPTURED, BookingEvent.RETAKEN): BookingState.CAPTURING,  # before it was sent
    (BookingState.HELD, BookingEvent.RESUMED): BookingState.CAPTURING,
    (BookingState.SEALED, BookingEvent.CORRECTED): BookingState.CAPTURED,
    (BookingState.SEALED, BookingEvent.RETAKEN): BookingState.CAPTURING,
    (BookingState.SEALED, BookingEvent.UNDONE): BookingState.UNDONE,
    (BookingState.UNDONE, BookingEvent.RESUMED): BookingState.CAPTURED,
    (BookingState.UNDONE, BookingEvent.RETAKEN): BookingState.CAPTURING,
}


class NoSuchMove(Exception):
    """An event that has no row in the table: a fault in the program, named by event and state."""

    def __init__(self, state: BookingState, event: BookingEvent) -> None:
        super().__init__(f"a booking in state {state} does not know event {event}")


def move(state: BookingState, event: BookingEvent) -> BookingState:
    try:
        return TABLE[state, event]
    except KeyError:
        raise NoSuchMove(state, event) from None
