"""Which names in different bundles are the same GPU.

A UUID names a card for ever; an address names a slot of one machine. Where all bundles agree which
card is in a slot, the slot names it too; a slot that held two cards names neither.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from triage.batch.fleet_answer import Thing
from triage.entities import gpu_key, is_pci

Slot = tuple[str, str]
"""Machine and PCI address."""


@dataclass(frozen=True, slots=True)
class Cards:
    """What was learned."""

    in_bundle: Mapping[tuple[str, str], str]
    """(bundle, address) to the one UUID that this bundle gives it."""
    in_slot: Mapping[Slot, str]
    slots: Mapping[str, Slot]
    """UUID to the one slot in which it was ever seen."""

    def card(self, key: str, machine: str | None, name: str, uuid: str | None) -> Thing | None:
        """The card of an address or UUID in a bundle; None where it cannot be told from others."""
        address = gpu_key(name) if is_pci(name) else None
        if uuid is None and address is None and name.startswith("GPU-"):
            uuid = name
        if uuid is None and address is not None:
            uuid = self.in_bundle.get((key, address))
            if uuid is None and machine is not None:
                uuid = self.in_slot.get((machine, address))
        if uuid is not None:
            slot = self.slots.get(uuid, (machine, address))
            return Thing(kind="gpu", name=uuid, machine=slot[0], gpu=slot[1])
        if machine is None or address is None:
            return None
        return Thing(kind="gpu", name=f"{machine} {address}", machine=machine, gpu=address)

    def of(
        self, key: str, machine: str | None, entities: Mapping[str, Sequence[str]]
    ) -> tuple[Thing, ...]:
        """The cards that a finding names."""
        gpus, uuids = entities.get("gpu", ()), entities.get("gpu_uuid", ())
        alone = uuids[0] if len(uuids) == 1 and len(gpus) <= 1 else None
        names = gpus or uuids
        found = {self.card(key, machine, name, alone) for name in names}
        return tuple(sorted(card for card in found if card is not None))


@dataclass(slots=True)
class Naming:
    """Collects what bundles say."""

    _bundle: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    _slot: dict[Slot, set[str]] = field(default_factory=lambda: defaultdict(set))
    _places: dict[str, set[Slot]] = field(default_factory=lambda: defaultdict(set))

    def tie(self, key: str, machine: str | None, name: str, uuid: str | None) -> None:
        """A bundle says that the card at this address has this UUID."""
        if uuid is None or not is_pci(name):
            return
        address = gpu_key(name)
        self._bundle[key, address].add(uuid)
        if machine is not None:
            self._slot[machine, address].add(uuid)
            self._places[uuid].add((machine, address))

    def settled(self) -> Cards:
        """What nobody contradicts."""
        return Cards(
            {name: next(iter(of)) for name, of in self._bundle.items() if len(of) == 1},
            {slot: next(iter(of)) for slot, of in self._slot.items() if len(of) == 1},
            {uuid: next(iter(of)) for uuid, of in self._places.items() if len(of) == 1},
        )
