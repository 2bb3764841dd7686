"""Which tasks: filters, selection and order as Label Studio's clients send them; what is not understood is refused."""

import operator
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from sqlalchemy import ColumnElement, and_, not_, or_
from sqlalchemy.orm import InstrumentedAttribute

from ls.blueprints.api.operation import Input, validate
from ls.blueprints.api.schemas import Id, Moment
from ls.exceptions import InvalidFields
from ls.models import Task

# SQLite takes 32,766 values in a statement.
MOST_SELECTED, MOST_FILTERS, MOST_VALUES = 10_000, 20, 1_000
Condition = ColumnElement[bool]
Column = InstrumentedAttribute[Any]
Number = Annotated[int, Field(strict=True, ge=-(2**63), lt=2**63)]

NUMBERS: dict[str, Column] = {"id": Task.id, "inner_id": Task.id, "total_annotations": Task.annotations_count}
MOMENTS: dict[str, Column] = {"created_at": Task.created_at, "updated_at": Task.updated_at}
COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "equal": operator.eq,
    "not_equal": operator.ne,
    "less": operator.lt,
    "greater": operator.gt,
    "less_or_equal": operator.le,
    "greater_or_equal": operator.ge,
}


class Strict(Input):
    """A part of a filter, of which nothing may be overlooked."""

    model_config = ConfigDict(extra="forbid")


class Selection(Strict):
    """All tasks but the excluded ones, or only the included ones."""

    all: bool
    included: Annotated[list[Id], Field(max_length=MOST_SELECTED)] | None = None
    excluded: Annotated[list[Id], Field(max_length=MOST_SELECTED)] | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.included if self.all else self.excluded) or (not self.all and self.included is None):
            raise ValueError('Send {"all": true, "excluded": [...]} or {"all": false, "included": [...]}.')
        return self

    def condition(self) -> Condition:
        """As SQL."""
        return Task.id.not_in(self.excluded or []) if self.all else Task.id.in_(self.included or [])


class FilterItem(Strict):
    """One column compared with a value."""

    filter: str
    operator: str
    type: Any = None
    value: Any

    @model_validator(mode="after")
    def _check(self) -> Self:
        try:
            self.condition()
        except InvalidFields as refused:
            raise ValueError(f"{self.filter} {self.operator}: {refused}") from None
        return self

    def condition(self) -> Condition:
        """As SQL. Raises InvalidFields for a column, operator or value that is not understood."""
        name = self.filter.removeprefix("filter:tasks:")
        if name == "completed_at" and self.operator == "empty" and isinstance(self.value, bool):
            return Task.annotations_count == 0 if self.value else Task.annotations_count > 0
        if name in NUMBERS:
            return _compare(NUMBERS[name], self.operator, self.value, Number)
        if name in MOMENTS:
            return _compare(MOMENTS[name], self.operator, self.value, Moment)
        raise _unknown()


def _compare(column: Column, name: str, value: Any, of: Any) -> Condition:
    if name in COMPARISONS:
        return COMPARISONS[name](column, validate(value, of))  # type: ignore[no-any-return]  # operator's functions
    if name in {"in", "not_in"} and isinstance(value, dict) and value.keys() == {"min", "max"}:
        between = column.between(validate(value["min"], of), validate(value["max"], of))
        return between if name == "in" else not_(between)
    if name in {"in_list", "not_in_list"} and isinstance(value, list) and len(value) <= MOST_VALUES:
        values = validate(value, list[of])
        return column.in_(values) if name == "in_list" else column.not_in(values)
    raise _unknown()


def _unknown() -> InvalidFields:
    return InvalidFields({"filter": ["This filter is not understood."]})


class Filters(Strict):
    """Several filters, of which all or any must match."""

    conjunction: Literal["and", "or"]
    items: Annotated[list[FilterItem], Field(max_length=MOST_FILTERS)]

    def condition(self) -> Condition:
        """As SQL; without items, all tasks match."""
        join = and_ if self.conjunction == "and" else or_
        return join(*(item.condition() for item in self.items)) if self.items else Task.id.is_not(None)


def _direction(name: str) -> ColumnElement[Any]:
    column = (NUMBERS | MOMENTS)[name.removeprefix("-").removeprefix("tasks:")]
    return column.desc() if name.startswith("-") else column.asc()


class TaskQuery(Strict):
    """Which tasks, in which order."""

    filters: Filters | None = None
    selectedItems: Selection | None = None  # noqa: N815  # the name is Label Studio's
    ordering: Annotated[list[str], Field(max_length=1)] | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name in self.ordering or []:
            if name.removeprefix("-").removeprefix("tasks:") not in NUMBERS | MOMENTS:
                raise ValueError(f"The order {name} is not understood.")
        return self

    def conditions(self) -> Iterator[Condition]:
        """As SQL, to be joined by AND."""
        for part in (self.filters, self.selectedItems):
            if part is not None:
                yield part.condition()

    def order(self) -> list[ColumnElement[Any]]:
        """As SQL."""
        return [_direction(name) for name in self.ordering or []]
