"""The field's own words: codes that are stored and sent, each with what people call it in Vietnamese."""

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """Declared as `ECONOMY = "ECONOMY", "Kinh tế"`. A subclass whose words have more to say takes it in `__init__`."""

    vi: str

    def __new__(cls, code: str, vi: str = "", *_: object) -> Self:
        word = str.__new__(cls, code)
        word._value_ = code
        word.vi = vi
        return word
