"""What is made to fail, and in what words a run is written down so that it can be had again.

A case is a scenario, rules and a disturbance: `large-over write:3:ENOSPC`, `select interrupted`,
`large-apply @reader=4711`. Rules are those of shim.c with the names of errors in place of numbers.
"""

import errno
import re
from dataclasses import dataclass

# What a call that is made again answers: whoever gets it has to go on, to the right end.
PASSING = {
    "open": ["EINTR"],
    "nameless": ["EINTR", "EOPNOTSUPP"],
    "read": ["EINTR", "EAGAIN", "short"],
    "write": ["EINTR", "EAGAIN", "short"],
    "fallocate": ["EINTR"],
    "ftruncate": ["EINTR"],
    "fsync": ["EINTR"],
    "link": ["EPERM", "EXDEV", "ENOENT", "EEXIST"],
    "madvise": ["ENOMEM", "EINVAL"],
    "memfd": ["EMFILE", "ENOMEM", "ENOSYS"],
    "poll": ["EINTR"],
    "dup": ["EINTR"],
    "close": ["EINTR"],
    "getrandom": ["EINTR", "short"],
    "copy": ["EINTR", "EAGAIN", "short", "EXDEV", "ENOSYS"],
    "fcntl": ["EPERM", "EBUSY"],
    "ioctl": ["ENOTTY"],
}

# What a call answers that cannot be made: one line and the right status, or the right end all the same.
FAILING = {
    "open": ["EACCES", "EMFILE", "ENFILE", "EIO", "ENOMEM", "ENOSPC"],
    "nameless": ["EACCES", "EMFILE", "ENOSPC", "EROFS", "EIO"],
    "read": ["EIO", "ENOMEM"],
    "write": ["ENOSPC", "EIO", "EFBIG", "EDQUOT", "full"],
    "lseek": ["EIO", "ESPIPE"],
    "fstat": ["EIO", "ENOMEM", "EOVERFLOW"],
    "stat": ["EACCES", "EIO"],
    "ftruncate": ["EIO", "ENOSPC"],
    "fallocate": ["ENOSPC", "EIO", "EOPNOTSUPP"],
    "fsync": ["EIO", "ENOSPC"],
    "rename": ["EACCES", "ENOSPC", "EIO", "EXDEV"],
    "link": ["EACCES", "ENOSPC", "EIO", "EMLINK"],
    "unlink": ["EACCES", "EIO"],
    "readlink": ["EACCES", "EIO"],
    "mmap": ["ENOMEM", "EAGAIN"],
    "mremap": ["ENOMEM"],
    "munmap": ["ENOMEM"],
    "mkstemp": ["EACCES", "EMFILE", "ENOSPC"],
    "pipe": ["EMFILE"],
    "poll": ["ENOMEM"],
    "thread": ["EAGAIN"],
    "dup": ["EMFILE"],
    "chmod": ["EPERM", "EIO"],
    "chown": ["EPERM"],
    "close": ["EIO", "ENOSPC"],
    "copy": ["EIO", "ENOSPC"],
    "queue": ["EMFILE", "ENFILE", "ENOMEM"],
}

SIGNALS = {"HUP": 1, "INT": 2, "TERM": 15, "KILL": 9}

# Whole runs on an unruly system, by a name that stands for the rules.
UNRULY = {
    "short-reads": "read:*:short",
    "short-writes": "write:*:short",
    "short-counts": "read:*:short;write:*:short",
    "would-block": "read:~:EAGAIN;write:~:EAGAIN",
    "interrupted": ";".join(
        f"{call}:~:EINTR" for call, whats in PASSING.items() if "EINTR" in whats and call != "close"),
    # Closing is not done again, for the descriptor is gone.
    "interrupted-closing": "close:*:EINTR",
}

# Which of a call's moments a signal is tried at; SIGKILL may leave a name behind, the others may not.
SIGNALLED = ("open", "nameless", "mkstemp", "write", "fsync", "link", "rename", "unlink", "close")


@dataclass(frozen=True)
class Case:
    scenario: str
    rules: str = ""
    # `@signal=TERM=900`, `@reader=4711`, `@slow=3`, `@limit=NOFILE=8`: see disturbances.py.
    disturbance: str = ""

    def __str__(self):
        return " ".join(part for part in (self.scenario, self.rules, self.disturbance) if part)

    @classmethod
    def parse(cls, text):
        scenario, *rest = text.split()
        return cls(
            scenario, ";".join(part for part in rest if not part.startswith("@")),
            "".join(part for part in rest if part.startswith("@")))

    @property
    def must_succeed(self):
        """Whether all that fails is of the kind that is called again."""
        if self.disturbance:
            return self.disturbance.startswith("@slow")
        return bool(self.parsed) and all(what in PASSING.get(call, []) for call, _, what in self.parsed)

    @property
    def signals(self):
        """The signals that may end the run."""
        named = re.findall(r"(?:signal|after)=(\w+)", self.rules + self.disturbance)
        gone_reader = {13} if self.disturbance.startswith("@reader") else set()
        return {SIGNALS[name] for name in named} | gone_reader

    @property
    def parsed(self):
        rules = UNRULY.get(self.rules, self.rules)
        return [tuple(rule.split(":")) for rule in rules.split(";") if rule]


def numbered(rules):
    """Rules with numbers, as the shim takes them."""
    def number(match):
        word = match.group(0)
        return str(getattr(errno, word, None) or SIGNALS.get(word) or word)

    return re.sub(r"\b[A-Z]+\b", number, UNRULY.get(rules, rules))


def rule(call, k, what, lasting=False):
    """The rule that lets the k-th call fail; `full`: a part is written, and then nothing more."""
    if what == "full":
        return f"{call}:{k}:short;{call}:{k + 1}+:ENOSPC"
    return f"{call}:{k}{'+' if lasting else ''}:{what}"
