"""What can be wrong with the bytes of an ANSI/NIST-ITL file.

LivescanError
└── NistError     the bytes are no such file, or a value cannot be written into one
"""

from __future__ import annotations

from agent.errors import LivescanError


class NistError(LivescanError):
    """The bytes are not a well-formed ANSI/NIST-ITL transaction.

    offset: where in the file, in bytes from 0, None when nothing has been written yet · field: tag such as "2.018", None when unknown.
    The message never quotes what the file holds, beyond numbers of its structure.
    """

    def __init__(self, why: str, *, offset: int | None = None, field: str | None = None) -> None:
        place = "".join((f" at byte {offset}" if offset is not None else "", f", field {field}" if field else ""))
        super().__init__(
            f"ANSI/NIST file damaged{place}: {why}.",
            means="The file was not used, in whole or in part.",
            do="Keep the file as it is and ask its sender for it again.",
        )
        self.why = why
        self.offset = offset
        self.field = field
