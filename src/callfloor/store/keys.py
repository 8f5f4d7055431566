"""Rows by many keys in a statement whose text is always the same: no list of parameters to write down and plan."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, Boolean, Text, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator
from typing_extensions import override


class _Many(TypeDecorator[Any]):
    """A list of whole numbers or of texts as one parameter: an array, or JSON for SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, *, texts: bool) -> None:
        super().__init__()
        self.texts = texts

    @override
    def load_dialect_impl(self, dialect: Any) -> Any:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(ARRAY(Text() if self.texts else BigInteger()))

    @override
    def process_bind_param(self, value: Iterable[Any] | None, dialect: Any) -> Any:
        given = list(value or ())
        return json.dumps(given) if dialect.name == "sqlite" else given


class _Among(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True
    name = "among"

    @override
    def self_group(self, against: Any = None) -> Any:
        return self  # it is a condition already: "… = 1" would keep SQLite from its indexes


def among(column: Any, name: str = "keys", *, texts: bool = False) -> ColumnElement[bool]:
    """``column`` is one of the parameter ``name``, a list given when the statement is executed."""
    return _Among(column, bindparam(name, type_=_Many(texts=texts)))


@compiles(_Among, "sqlite")
def _on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    column, given = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({given}))"  # noqa: S608 - both are compiled


@compiles(_Among)  # PostgreSQL, and where a statement is only looked at
def _on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    column, given = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} = ANY ({given})"
