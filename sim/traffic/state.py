"""What the traffic kernels work on: one record a link, a vehicle, an event; all a link's state lies together."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Records = NDArray[Any]
"""A structured array of one of the types below."""
F = NDArray[np.float64]
I = NDArray[np.int32]  # noqa: E741

UNIT = 4
"""Units of room in one passenger car: storage is rounded to a quarter of one, and a bus may be 2.5. None is smaller."""

WAITING, DRIVING, ARRIVED, STRANDED, HELD, DUE = 0, 1, 2, 3, 4, 255
"""Status of a vehicle: in its origin's queue, on a link, at its target, off the road with no way, standing on a
closed link, not yet due to set out."""

NO_WAY, AT_TARGET = -1, -2
"""In a table of next links: no way to any target from this node; the node is a target."""

LINK = np.dtype([
    ("first", "i4"),            # vehicle at the head of the queue
    ("last", "i4"),
    ("waits_for", "i4"),        # link that the head waits to enter; -1 for none
    ("waiting", "i4"),          # how many links' heads wait to enter this one
    ("free", "i4"),             # units of room left at the entry
    ("storage", "i4"),          # units of room in all
    ("count", "i4"),            # vehicles on it
    ("tail", "i4"),
    ("head", "i4"),
    ("reverse", "i4"),          # the link the other way, -1 for none
    ("ring_head", "i4"),
    ("ring_count", "i4"),
    ("ring_start", "i8"),
    ("ring_length", "i4"),
    ("closed", "?"),
    ("held", "?"),              # its vehicles stand until it opens
    ("source", "i4"),           # record of the queue of those who set out at its tail
    ("drain", "i4"),            # record of the queue of those who set out at its head
    ("in_start", "i4"),         # of an origin's queue: where the links that enter its node are listed
    ("in_count", "i4"),
    ("held_s", "f8"),           # since when its vehicles have stood
    ("ready_s", "f8"),          # from when the head that waits may leave
    ("turn_for", "i4"),         # link by whose clock its turn is told
    ("in_link", "i4"),          # the list itself, links in order of the node they enter
    ("free_s", "f8"),           # free-flow time, junction delay included
    ("headway_s", "f8"),        # between two cars at capacity, over all lanes
    ("back_s", "f8"),           # time a gap takes from the exit back to the entry: the backward wave
    ("entry_ok", "f8"),
    ("exit_ok", "f8"),
    ("weight", "f8"),           # share at a merge: the lanes
    ("turn", "f8"),             # its head's turn (start-time fair queueing), by the clock of the link it is for
    ("clock", "f8"),            # virtual time of the merge at its entry
    ("entered", "i8"),
    ("lost_s", "f8"),           # delay of those that have left
    ("last_s", "f8"),           # time that the last to leave had taken
], align=True)
"""Links 0 to L - 1 are roads; L + n is the queue of those who want to set out at node n."""

VEHICLE = np.dtype([
    ("entry_s", "f8"),          # when it came onto its link; for one without a way, when it left the road
    ("depart_s", "f8"),
    ("arrived_s", "f8"),        # nan while not arrived
    ("following", "i4"),        # the vehicle behind it on its link
    ("link", "i4"),
    ("node", "i4"),             # node last passed
    ("klass", "i2"),
    ("size", "u1"),             # units of room
    ("status", "u1"),
    ("traced", "?"),
    ("queued_s", "f4"),         # in the queue it is in, over all the links that this stands on
], align=True)

EVENT = np.dtype([
    ("at", "f8"),
    ("slot", "i4"),             # bucket of the wheel; -1 for none, -2 in the heap
    ("before", "i4"),
    ("after", "i4"),
    ("place", "i4"),            # in the heap
    ("heap", "i4"),             # the entity at this place of the heap
    ("bucket", "i4"),           # the first entity in this bucket of the wheel
], align=True)
"""The one event of an entity: ready events of links 0 to E - 1, supply events E to 2E - 1.

The last record is the calendar's own: ``at`` is the end of the bucket at work (-inf outside an advance), ``heap``
the size of the heap, ``bucket`` the number of the current bucket, ``place`` how many events
the wheel holds.
"""

GAP = np.dtype([("t_s", "f8"), ("units", "i4")], align=True)
"""Room on its way from a link's exit to its entry."""

PASSAGE = np.dtype([("t_s", "f8"), ("vehicle", "i4"), ("node", "i4")], align=True)
"""A traced vehicle's passage of a node. The last record is the log's own: ``vehicle`` is the number of passages."""


DONE, LEARNED, NEXT, PENDING = 0, 1, 2, 3
"""What the counters of a run count: vehicles done in an advance, drivers who learned at a closure, the next
departure in the list of those to come, and its length."""
