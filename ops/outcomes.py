"""What became of files that were pushed: counted by outcome, with the reason of each refusal."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from ops.demo_files import DemoFile

max_names = 3
max_comment = 60  # an Error Comment holds 64 characters, so both doors say it alike

# PS3.3 C.12.1.1.3.1.10 and PS3.4 B.2.3: the words that both doors answer with.
_WORDS = {
    0x0110: "processing failure",
    0x0111: "other bytes are already kept under this SOP Instance UID",
    0x0117: "SOP Instance UID missing or invalid",
    0x0122: "SOP class missing or never stored (DICOMDIR)",
    0x0124: "not authorised",
    0xA700: "out of resources",
    0xA900: "data set does not match what was announced",
    0xC000: "cannot be understood as DICOM",
    0xC122: "transfer syntax not supported",
}


@dataclass
class Outcomes:
    """Files by what the server said about them."""

    stored: list[DemoFile] = field(default_factory=list)
    refused: dict[str, list[DemoFile]] = field(default_factory=lambda: defaultdict(list))

    def refuse(self, file: DemoFile, word: int, comment: str = "") -> None:
        """Note a refusal by its Failure Reason and, where the server gave one, its comment."""
        reason = _WORDS.get(word, "refused")
        self.refused[f"{word:04X} {_cut(comment) or reason}"].append(file)

    def summary(self, total: int) -> str:
        """Return the counts, and each reason with a few of its files."""
        refused = sum(len(files) for files in self.refused.values())
        lines = [f"{total} files: {len(self.stored)} stored, {refused} refused."]
        for reason, files in sorted(self.refused.items(), key=lambda item: -len(item[1])):
            names = ", ".join(file.path.name for file in files[:max_names])
            more = f" and {len(files) - max_names} more" if len(files) > max_names else ""
            lines.append(f"  {len(files):4} × {reason} ({names}{more})")
        return "\n".join(lines)


def _cut(comment: str) -> str:
    return comment if len(comment) <= max_comment else comment[:max_comment].rstrip() + "…"
