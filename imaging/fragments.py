"""The row of Items that an encapsulated value is (PS3.5 section A.4).

Walking from Item to Item may live here; which Items make a frame is `frames`.
"""

from array import array

from imaging.element_headers import ITEM, SEQUENCE_END, Order
from imaging.errors import LimitExceeded, Malformed
from imaging.source import Source


def walk_fragments(
    source: Source, at: int, order: Order, max_fragments: int
) -> "tuple[array[int], int]":
    """Go from Item to Item without reading what they hold.

    Returns
    -------
    lengths : array of int
        Of all Items in order, a Basic Offset Table first.
    end : int
        Position of the Sequence Delimitation Item.
    """
    lengths = array("I")
    unpack = order.implicit.unpack_from
    while source.reach(at, 8) == 8:
        group, number, length = unpack(source.window, at - source.start)
        tag = group << 16 | number
        if tag == SEQUENCE_END:
            return lengths, at
        if tag != ITEM:
            raise Malformed("encapsulated Pixel Data hold something else than Items")
        if at + 8 + length > source.size:
            raise Malformed("a fragment of Pixel Data runs past the end of the file")
        if len(lengths) == max_fragments:
            raise LimitExceeded("Pixel Data have more fragments than are allowed")
        lengths.append(length)
        at += 8 + length
    raise Malformed("encapsulated Pixel Data break off")
