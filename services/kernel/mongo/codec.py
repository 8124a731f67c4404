"""Values as MongoDB stores them: structs, moments, days and decimals."""

from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from bson import Decimal128
from bson.codec_options import CodecOptions, DatetimeConversion, TypeCodec, TypeRegistry

from services.kernel.mongo.driver import Codecs, Document

T = TypeVar("T")


class _Decimals(TypeCodec):
    python_type = Decimal
    bson_type = Decimal128

    def transform_python(self, value: Any) -> Any:
        return Decimal128(value)

    def transform_bson(self, value: Any) -> Any:
        return value.to_decimal()


# A moment that Python cannot express spoils only its own document. With the default, it would fail the whole query.
CODECS: Codecs = CodecOptions(
    tz_aware=True,
    type_registry=TypeRegistry([_Decimals()]),
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,
)


def to_document(value: msgspec.Struct) -> Document:
    """The struct as a document: moments and decimals in MongoDB's types, days as ISO text, which sorts by day."""
    document: Document = msgspec.to_builtins(value, builtin_types=(datetime, Decimal))
    if "id" in document:
        document = {"_id": document.pop("id"), **document}
    return document


def from_document(document: Document, type_: type[T]) -> T:
    if "_id" in document:
        document = {"id": document["_id"], **document}
    return msgspec.convert(document, type_)
