"""Runs one program and prints what it took: seconds, CPU seconds, peak KB, exit status, expired.

    python3 -I -S launch.py TIMEOUT OUT ERRORS COMMAND...

A program's peak memory begins, for the kernel, with that of the process it was started from. So
this one imports next to nothing: what is below its own 10 MB or so cannot be told.
"""
import os
import signal
import sys
import time

timeout, out, errors, *command = sys.argv[1:]
expired = False


def expire(*_):
    """Ends the program and what it started."""
    global expired
    expired = True
    os.killpg(child, signal.SIGKILL)


flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
actions = [(os.POSIX_SPAWN_OPEN, 1, out, flags, 0o666),
           (os.POSIX_SPAWN_OPEN, 2, errors, flags, 0o666)]
for number in (signal.SIGALRM, signal.SIGINT, signal.SIGTERM):
    signal.signal(number, expire)
start = time.perf_counter()
child = os.posix_spawnp(command[0], command, os.environ, file_actions=actions, setpgroup=0)
signal.setitimer(signal.ITIMER_REAL, float(timeout))
_, status, usage = os.wait4(child, 0)
seconds = time.perf_counter() - start
print(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss,
      os.waitstatus_to_exitcode(status), int(expired))
