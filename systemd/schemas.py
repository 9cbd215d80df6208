"""A station's databases and the versions that this program brings them to: `schemas.py SITE-PACKAGES` prints FILE=VERSION, one a line."""

from __future__ import annotations

import sys

CORE, UPLINK = "/var/lib/livescan-core", "/var/lib/livescan-uplink"


def main(site: str) -> None:
    sys.path.insert(0, site)
    for path, migrations in known().items():
        print(f"{path}={migrations}")  # noqa: T201  a build's command: this is its answer


def known() -> dict[str, int]:
    """Where the package keeps them; a station with folders of its own is told by the program when it starts."""
    from agent import core_schema  # noqa: PLC0415  of the environment that is being packaged
    from agent.access import store as access  # noqa: PLC0415  as above
    from agent.audit import book as audit  # noqa: PLC0415  as above
    from agent.delivery import tables as delivery  # noqa: PLC0415  as above
    from agent.gallery import store as gallery  # noqa: PLC0415  as above

    return {
        f"{CORE}/core/core.sqlite": len(core_schema.MIGRATIONS),
        f"{CORE}/core/gallery/gallery.sqlite": len(gallery.MIGRATIONS),
        f"{CORE}/audit/audit.sqlite": len(audit.MIGRATIONS),
        f"{CORE}/access/access.sqlite": len(access.MIGRATIONS),
        f"{UPLINK}/uplink.db": len(delivery.MIGRATIONS),
    }


if __name__ == "__main__":
    main(sys.argv[1])
