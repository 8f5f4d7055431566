"""Departments as an import has them: which are known, renamed, moved, new. Pure; see ``directory_plan``."""

from collections.abc import Callable, Iterable
from typing import Any

from callfloor.store.directory_csv import DirectoryFault, Line, Path, paths_of
from callfloor.store.directory_entries import DepartmentEntry

Changed = Callable[[Line, Path, str, dict[str, Any], dict[str, Any]], None]
"""Told of each change: the line, the path to be, what it is, what was, what is to be."""


class Places:
    """Paths. One may be written as it was before the import, or as it is to be: both mean the same department."""

    def __init__(self, entries: Iterable[DepartmentEntry], changed: Changed, errors: list[DirectoryFault]) -> None:
        self._entries = {each.id: each for each in entries}
        self._changed, self._errors = changed, errors
        self._were = paths_of(self._entries.values())
        self._by_path = {path: key for key, path in self._were.items()}
        self._paths = dict(self._were)  # of the known ones, as they are to be
        self._taken = {path: key for key, path in self._paths.items()}
        self._new: dict[Path, None] = {}
        self.same = 0

    def take(self, lines: Iterable[Line]) -> None:
        """The lines of departments: what is renamed and moved first, then what is new."""
        matched: dict[int, Line] = {}
        rest: list[Line] = []
        for line in lines:
            entry = self._agreeing(line)
            if entry is None:
                rest.append(line)
            elif entry.id in matched:
                self._wrong(line, "id", "same", str(matched[entry.id].line))
            else:
                matched[entry.id] = line
        self._move(matched)
        seen = {self._paths[key]: line for key, line in matched.items() if key in self._paths}
        for line in rest:
            path = self.meant((*(line.department or ()), line.name))
            if path in seen:
                self._wrong(line, "name", "same", str(seen[path].line))
                continue
            seen[path] = line
            if not self.need(path, line):
                self.same += 1

    def _agreeing(self, line: Line) -> DepartmentEntry | None:
        entry = self._entries.get(line.id or 0)
        if entry is None:
            key = self._by_path.get((*(line.department or ()), line.name))
            return None if key is None else self._entries[key]
        was = self._were[entry.id]
        return entry if entry.name == line.name or line.department in {None, was[:-1]} else None

    def _move(self, matched: dict[int, Line]) -> None:
        names = {key: each.name for key, each in self._entries.items()}
        above: dict[int, int | Path | None] = {key: each.parent_id for key, each in self._entries.items()}
        for key, line in matched.items():
            names[key] = line.name
            if line.department is not None and line.department != self._were[key][:-1]:
                above[key] = self._by_path.get(line.department, line.department or None)
        # A parent that is named by what it is called from now on is known once names are.
        owners = {self._path(key, names, above): key for key in names}
        above = {key: owners.get(up, up) if isinstance(up, tuple) else up for key, up in above.items()}
        paths = {key: self._path(key, names, above) for key in names}
        taken: dict[Path, int] = {}
        for key, path in paths.items():
            at = matched.get(key)
            if path is None:
                if at is not None:
                    self._wrong(at, "department", "loop", names[key])
                continue
            if path in taken:
                at = at or matched.get(taken[path])
                self._errors.append(
                    DirectoryFault(line=at.line if at else 1, column="name", reason="taken", value=path[-1][:80])
                )
            taken[path] = key
        self._paths = {key: path for key, path in paths.items() if path is not None}
        self._taken = taken
        for key, line in matched.items():
            if key in self._paths:
                self._tell(key, line, above[key])

    def _path(self, key: int, names: dict[int, str], above: dict[int, int | Path | None]) -> Path | None:
        path: list[str] = []
        here: int | Path | None = key
        while isinstance(here, int):
            if len(path) > len(names):
                return None
            path.insert(0, names[here])
            here = above.get(here)
        return (*(here or ()), *path)

    def _tell(self, key: int, line: Line, up: int | Path | None) -> None:
        entry, was, now = self._entries[key], self._were[key], self._paths[key]
        if isinstance(up, tuple):
            self.need(up, line)
        if entry.name == now[-1] and entry.parent_id == up:
            self.same += 1
            return
        before = {"name": was[-1], "department": list(was[:-1])}
        after = {"name": now[-1], "department": list(now[:-1])}
        self._changed(line, now, "changed", before, after)

    def meant(self, path: Path) -> Path:
        """The path to be of what is written so."""
        for length in range(len(path), 0, -1):
            part = path[:length]
            if part in self._taken or part in self._new:
                return path
            if part in self._by_path and self._by_path[part] in self._paths:
                return (*self._paths[self._by_path[part]], *path[length:])
        return path

    def need(self, path: Path, line: Line) -> bool:
        """There must be such a department, by its path to be; whether one is made for it."""
        made = False
        for length in range(1, len(path) + 1):
            part = path[:length]
            if part not in self._taken and part not in self._new:
                self._new[part] = None
                self._changed(line, part, "added", {}, {"name": part[-1], "department": list(part[:-1])})
                made = True
        return made

    def path(self, department_id: int | None) -> Path:
        """Of a known department, as it is to be; () for none."""
        return () if department_id is None else self._paths.get(department_id, ())

    def as_they_will_be(self) -> dict[Path, int | None]:
        """Every path, parents first, with the number of who has it; None where it is to be made."""
        found: dict[Path, int | None] = dict.fromkeys(self._new)
        found.update({path: key for key, path in self._paths.items()})
        return dict(sorted(found.items(), key=lambda each: (len(each[0]), each[0])))

    def _wrong(self, line: Line, column: str, reason: str, value: str) -> None:
        self._errors.append(DirectoryFault(line=line.line, column=column, reason=reason, value=value[:80]))
