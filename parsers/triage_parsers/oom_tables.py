"""The tables inside an OOM report: who held memory, and where else it went.

The task table has a row for each process, sizes in pages; a page is 4, 16 or 64 KiB, which is
known when the victim's own line (in kB) or the buddy list (`3*4kB`) stands in the report too. Its
columns grew with the kernels and are read from the header; a table whose header was cut off is
read from the right, since a row always ends in `oom_score_adj name`. What is taken from the other
tables: swap, unreclaimable slab and idle huge pages (a global OOM), anonymous memory, page cache
and shared memory of the cgroup (a cgroup's OOM; page cache alone may fill it).
No parser stands here; `oom` feeds it a report's lines. Sources: mm/oom_kill.c `dump_task`,
mm/show_mem.c, mm/memcontrol.c `mem_cgroup_print_oom_meminfo`, kernels 2.6.32 to 6.18.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from triage.events import Fields
from triage.patterns import compiled
from triage_parsers.kernel_dump import number

HEADER = compiled(r"\[ *pid *\] +(?P<columns>uid +tgid +total_vm +rss [\w ]*name)\s*$")
ROW = compiled(r"^\s*\[ *(?P<pid>\d{1,10})\] +(?P<rest>\d+ +\d+ +\d+ +\d+ .*\S)")
REST = compiled(r"^ *(?:\d+ +)*-?\d+ +(?P<name>[^\d\s].*?)\s*$")
BUDDY = compiled(r"\bNode \d+ \w+: \d+\*(?P<kb>4|16|64)kB\b")
PAGE_KB = (4, 16, 64)
NEAR = 1.6
"""The victim's size changes between the table and the kill, but not by this factor."""
FIXED = 4
"""uid, tgid, total_vm and rss begin every row."""

SWAP = compiled(r"\b(?P<which>Free|Total) swap *[=:] *(?P<kb>\d+) ?kB")
SLAB = compiled(r"\bslab_unreclaimable:(?P<pages>\d+)\s*$|\bslab_unreclaimable:(?P<inner>\d+) ")
HUGE = compiled(
    r"hugepages_total=(?P<total>\d+) hugepages_free=(?P<free>\d+) .*hugepages_size=(?P<kb>\d+)kB"
)
STAT = compiled(
    r"^\s*(?P<name>anon|file|shmem|rss|cache|total_rss|total_cache|total_shmem) (?P<bytes>\d+)\s*$"
)
INLINE = compiled(r"Memory cgroup stats for \S+: +(?P<pairs>(?:\w+:\d+KB ?)+)")
STATS = {
    "anon": "cgroup_anon_kb", "rss": "cgroup_anon_kb", "total_rss": "cgroup_anon_kb",
    "file": "cgroup_cache_kb", "cache": "cgroup_cache_kb", "total_cache": "cgroup_cache_kb",
    "shmem": "cgroup_shmem_kb", "total_shmem": "cgroup_shmem_kb",
}  # fmt: skip


@dataclass(slots=True)
class Tables:
    """What the tables of one report say, while it is read."""

    columns: int = 0
    """Columns of a row after the pid, name included; 0: no header was seen."""
    rows: dict[int, tuple[str, int]] = field(default_factory=dict)
    """Name and resident pages of each process."""
    cut: int | None = None
    """Pid of the row above, when its end is in the next line."""
    page_kb: int = 0
    fields: Fields = field(default_factory=dict)
    slab_pages: int = 0

    def note(self, text: str) -> None:
        """Take what a line of the report says; a line of no table says nothing."""
        if "[" in text and (self._row(text) or self._header(text)):
            return
        if self.cut is not None:
            self._rest(text)
        if not (self._stat(text) or self._memory(text)):
            buddy = BUDDY.search(text) if "*" in text else None
            if buddy:
                self.page_kb = int(buddy.group("kb") or "4")

    def _header(self, text: str) -> bool:
        found = HEADER.search(text)
        if found:
            self.columns = len((found.group("columns") or "").split())
        return found is not None

    def _row(self, text: str) -> bool:
        found = ROW.search(text)
        if found is None:
            return False
        cells = (found.group("rest") or "").split()
        count = self.columns - 1 if self.columns > FIXED else _numbers(cells)
        pid, rss = number(found.group("pid")), number(cells[FIXED - 1])
        if pid is None or rss is None:
            return False
        self.rows[pid] = " ".join(cells[count:]), rss
        self.cut = pid if len(cells) <= count else None
        return True

    def _rest(self, text: str) -> None:
        """The end of a row that a terminal broke: the adjustment and the name."""
        found = REST.search(text)
        if found and self.cut is not None:
            self.rows[self.cut] = found.group("name") or "", self.rows[self.cut][1]
        self.cut = None

    def _stat(self, text: str) -> bool:
        found = STAT.search(text)
        if found:
            size = number(found.group("bytes"))
            if size is not None:
                self.fields[STATS[found.group("name") or ""]] = size // 1024
            return True
        found = INLINE.search(text) if ":" in text else None
        if found is None:
            return False
        for pair in (found.group("pairs") or "").split():
            name, _, size_kb = pair.partition(":")
            if name in ("rss", "cache", "shmem"):
                self._add(STATS[name], number(size_kb.removesuffix("KB")))
        return True

    def _memory(self, text: str) -> bool:
        swap = SWAP.search(text)
        if swap:
            key = f"swap_{(swap.group('which') or '').lower()}_kb"
            self.fields[key] = number(swap.group("kb"))
            return True
        huge = HUGE.search(text)
        if huge:
            free, size = number(huge.group("free")), number(huge.group("kb"))
            if free and size:
                self._add("hugepages_free_kb", free * size)
            return True
        slab = SLAB.search(text)
        if slab and not self.slab_pages and "Node " not in text:
            self.slab_pages = number(slab.group("pages") or slab.group("inner")) or 0
        return slab is not None

    def _add(self, key: str, size: int | None) -> None:
        """Old kernels print a line for each cgroup of a hierarchy, NUMA machines one a node."""
        held = self.fields.get(key)
        self.fields[key] = (held if isinstance(held, int) else 0) + (size or 0)

    def told(self, victim: Fields) -> Fields:
        """The report's fields; sizes of tasks only where the size of a page is known."""
        fields = dict(self.fields)
        page = self._page(victim)
        if page and self.slab_pages:
            fields["slab_unreclaimable_kb"] = self.slab_pages * page
        if not self.rows:
            return fields
        fields["tasks"] = len(self.rows)
        pid = max(self.rows, key=lambda key: self.rows[key][1])
        fields["largest_pid"], fields["largest_process"] = pid, self.rows[pid][0] or None
        shares: Counter[str] = Counter()
        for name, pages in self.rows.values():
            shares[name] += pages
        most, pages = shares.most_common(1)[0]
        if page:
            fields["largest_rss_kb"] = self.rows[pid][1] * page
            fields["tasks_rss_kb"] = sum(shares.values()) * page
        if most:
            fields["most_process"] = most
            fields["most_count"] = sum(name == most for name, _ in self.rows.values())
            fields["most_rss_kb"] = pages * page or None
        return fields

    def _page(self, victim: Fields) -> int:
        """KiB of a page, 0 if nothing tells."""
        pid = victim.get("pid")
        row = self.rows.get(pid) if isinstance(pid, int) else None
        keys = ("anon_rss_kb", "file_rss_kb", "shmem_rss_kb")
        resident = sum(size for key in keys if isinstance(size := victim.get(key), int))
        if row and row[1] and resident:
            for page in PAGE_KB:
                if 1 / NEAR < resident / (row[1] * page) < NEAR:
                    return page
        return self.page_kb


def _numbers(cells: list[str]) -> int:
    """How many cells stand before the name, when no header counts them."""
    for index, cell in enumerate(cells):
        if not cell.lstrip("-").isdecimal():
            return index
    return len(cells)
