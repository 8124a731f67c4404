"""Numbers by id and back, 12 bytes for each.

Numbers rise as ids do, except for strays: ids that came after greater ones, as they do when several processes create
them.
"""

from array import array

from pyroaring import BitMap

from services.kernel.kinds import Kind

_ID_BYTES = 12


class Ids:
    """`strays`: the numbers of strays. `before`: stray → the number of the first greater id that is no stray."""

    def __init__(self, kind: Kind, packed: bytes = b"") -> None:
        self._kind = kind
        self._packed = bytearray()
        self._rising = array("I")
        self._stray_numbers: dict[bytes, int] = {}
        self.strays = BitMap()
        self.before: dict[int, int] = {}
        for start in range(0, len(packed), _ID_BYTES):
            self._add(packed[start : start + _ID_BYTES])

    def __len__(self) -> int:
        return len(self._packed) // _ID_BYTES

    def __getitem__(self, number: int) -> str:
        return self._kind.id(self.key(number).hex())

    def key(self, number: int) -> bytes:
        return bytes(self._packed[number * _ID_BYTES : (number + 1) * _ID_BYTES])

    def add(self, id_: str) -> int:
        """The number of a new id. `ValueError` for an id of another kind."""
        digits = self._kind.digits(id_)
        if digits is None:
            raise ValueError(f"{id_} is no id of a {self._kind.en}")
        return self._add(bytes.fromhex(digits))

    def number(self, id_: str) -> int | None:
        """The number of a known id."""
        digits = self._kind.digits(id_)
        if digits is None:
            return None
        key = bytes.fromhex(digits)
        place = self._place(key)
        if place < len(self._rising) and self.key(self._rising[place]) == key:
            return self._rising[place]
        return self._stray_numbers.get(key)

    def packed(self) -> bytes:
        return bytes(self._packed)

    def _add(self, key: bytes) -> int:
        number = len(self)
        if not self._rising or self.key(self._rising[-1]) < key:
            self._rising.append(number)
        else:
            self._stray_numbers[key] = number
            self.strays.add(number)
            self.before[number] = self._rising[self._place(key)]
        self._packed += key
        return number

    def _place(self, key: bytes) -> int:
        """The place among rising ids of the first that is not smaller."""
        low, high = 0, len(self._rising)
        while low < high:
            middle = (low + high) // 2
            if self.key(self._rising[middle]) < key:
                low = middle + 1
            else:
                high = middle
        return low
