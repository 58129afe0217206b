"""Commands: the one way in which anything changes a run while it runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from sim.errors import InputError, did_you_mean


@dataclass(frozen=True)
class ActionSpec:
    """An action's name, the pydantic model of its arguments, and what it does, in both languages."""

    name: str
    args: type[BaseModel]
    doc: str
    doc_zh: str


@dataclass(frozen=True, order=True)
class Command:
    """One order: when, in which sequence, by whom, what and with which arguments."""

    t_s: float
    seq: int
    role: str = field(compare=False)
    action: str = field(compare=False)
    args: Mapping[str, Any] = field(compare=False, default_factory=dict)

    def line(self) -> str:
        """Return the command as one line of JSON, keys sorted."""
        row = {"t_s": self.t_s, "seq": self.seq, "role": self.role, "action": self.action,
               "args": dict(self.args)}
        return json.dumps(row, ensure_ascii=False, sort_keys=True)


Handler = Callable[[Command, BaseModel], Any]


class CommandRegistry:
    """Names, validates, documents, carries out and logs every command of a run."""

    def __init__(self) -> None:
        self._specs: dict[str, ActionSpec] = {}
        self._handlers: dict[str, Handler] = {}
        self.log: list[Command] = []
        self._seq = 0

    def register(self, spec: ActionSpec, handler: Handler) -> None:
        """Add an action. Raises ValueError when its name is taken."""
        if spec.name in self._specs:
            raise ValueError(f"action {spec.name!r} is registered twice")
        self._specs[spec.name] = spec
        self._handlers[spec.name] = handler

    def specs(self) -> list[ActionSpec]:
        """Return every action's spec, by name."""
        return [self._specs[name] for name in sorted(self._specs)]

    def argument_names(self, action: str) -> frozenset[str]:
        """Return the names of an action's arguments."""
        return frozenset(self._specs[action].args.model_fields)

    def validate(self, action: str, args: Mapping[str, Any], where: str = "") -> BaseModel:
        """Return the validated arguments. Raises InputError for an unknown action or a bad argument."""
        spec = self._specs.get(action)
        if spec is None:
            raise InputError(
                "unknown action", value=action, where=where, allowed=", ".join(sorted(self._specs)),
                mend=did_you_mean(action, self._specs) or "see: sandtable list actions",
            )
        try:
            return spec.args.model_validate(dict(args))
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            raise InputError(
                f"action {action!r}: argument {key!r}: {first['msg']}", value=first.get("input"), where=where,
                allowed=", ".join(spec.args.model_fields), mend=f"see: sandtable list actions ({spec.doc})",
            ) from None

    def submit(self, t_s: float, role: str, action: str, args: Mapping[str, Any] | None = None) -> Any:
        """Validate, log and carry out one command now; return what its handler returns."""
        model = self.validate(action, args or {})
        command = Command(t_s, self._seq, role, action, dict(args or {}))
        self._seq += 1
        self.log.append(command)
        return self._handlers[action](command, model)
