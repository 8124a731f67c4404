"""Enumerations of the domain: codes that are stored and sent, each with its Vietnamese name."""

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """Declared as `ECONOMY = "ECONOMY", "Kinh tế"`. A subclass with further values takes them in `__init__`."""

    vi: str

    def __new__(cls, code: str, vi: str = "", *_: object) -> Self:
        word = str.__new__(cls, code)
        word._value_ = code
        word.vi = vi
        return word
