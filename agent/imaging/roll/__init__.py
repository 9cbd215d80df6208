"""Raw pictures of a rolling finger to one print: found strip by strip, registered to what is composed, joined where ridges agree.

    frame ─▶ strip (what touches) ─▶ register (how far its skin lies from where it should) ─▶ mosaic (seam, blend)
                  └──────────────────────── track, one row a frame ─▶ watch ─▶ faults

In a good roll the skin stands still on the glass and only the contact travels, so frames join without being moved. What moves or turns is a
fault, and taken back.
Coordinates: pixels of the frame, x to the right, y down, until `RollComposer.finish`, which cuts the print out of the mosaic.
"""

from agent.imaging.roll.composer import RollComposer as RollComposer
from agent.imaging.roll.composer import RolledPrint as RolledPrint
from agent.imaging.roll.composer import RollSight as RollSight
from agent.imaging.roll.faults import RollFault as RollFault
from agent.imaging.roll.faults import RollFaultKind as RollFaultKind
