"""Which item of a superior list an item is: named as such, else of the same id, else of the same name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from equindex.standards.lists import Faults, Item, ServiceList, name_key

__all__ = ["Match", "Matches"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The superior item that an item is, and what says so."""

    item: Item
    by: str


class Matches:
    """The items in force of each list, from the lowest level up, and which of them are the same.

    Parameters
    ----------
    lists : sequence of ServiceList
        From the lowest level to the highest.
    year : int or None
        The year whose editions count; None for the newest.
    faults : Faults
        Takes items that two superior items could be.
    """

    def __init__(self, lists: Sequence[ServiceList], year: int | None, faults: Faults) -> None:
        self.lists = lists
        self.items: list[Mapping[str, Item]] = [found.in_force(year) for found in lists]
        self._named: list[dict[str, list[Item]]] = []
        for items in self.items:
            named: dict[str, list[Item]] = {}
            for item in items.values():
                named.setdefault(name_key(item.name), []).append(item)
            self._named.append(named)
        self._faults = faults
        self._found: dict[tuple[int, str, int], Match | None] = {}

    def of(self, lower: int, item: Item, upper: int) -> Match | None:
        """Return what an item of one list is in a higher one; None where it is missing there."""
        key = (lower, item.id, upper)
        if key not in self._found:
            self._found[key] = self._search(lower, item, upper)
        return self._found[key]

    def unknown(self) -> list[str]:
        """Say which items name a superior item that no higher list has."""
        said = []
        for level, found in enumerate(self.lists[:-1]):
            higher = {key for items in self.items[level + 1 :] for key in items}
            lost = [
                i for i in self.items[level].values() if i.superior_item and i.superior_item not in higher
            ]
            said += [
                f"{found.path.name} row {i.row}: no superior list has an item {i.superior_item!r}; "
                "matched by id or name instead"
                for i in lost
            ]
        return said

    def _search(self, lower: int, item: Item, upper: int) -> Match | None:
        between = range(lower + 1, upper)
        for level in (*between, upper):  # a superior item is of the nearest list that has it
            if item.superior_item and item.superior_item in self.items[level]:
                named = self.items[level][item.superior_item]
                return (
                    Match(item=named, by="superior item") if level == upper else self.of(level, named, upper)
                )
        same_id = self.items[upper].get(item.id)
        same_name = self._named[upper].get(name_key(item.name), [])
        where = (self.lists[lower].path.name, item.row)
        if same_id and same_name and same_id not in same_name:
            self._faults.add(
                *where,
                f"item {item.id!r} has the id of {same_id.name!r} but the name of item {same_name[0].id!r} in "
                f"{self.lists[upper].path.name}. Say which it is: superior_item (上级项目).",
            )
        if same_id:
            return Match(item=same_id, by="id")
        if len(same_name) > 1:
            ids = ", ".join(other.id for other in same_name)
            self._faults.add(
                *where,
                f"{item.name!r} is the name of several items ({ids}) in {self.lists[upper].path.name}. "
                "Say which it is: superior_item (上级项目).",
            )
        if same_name:
            return Match(item=same_name[0], by="name")
        for level in between:
            near = self.of(lower, item, level)
            if near and (far := self.of(level, near.item, upper)):
                return far
        return None
