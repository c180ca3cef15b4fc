// One line for a fault of the program itself, and status 70 (EX_SOFTWARE).
//
// The signals of a trap, a wild address, a stack that is used up or an allocator that gave up would otherwise end the
// program without a word of what it is and what to do. All that is said is put together beforehand.

#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "CTraps.h"
#include "files.h"

static const struct {
  int number;
  const char *name;
} faults[] = {
    {SIGILL, "SIGILL"}, {SIGTRAP, "SIGTRAP"}, {SIGSEGV, "SIGSEGV"},
    {SIGBUS, "SIGBUS"}, {SIGFPE, "SIGFPE"},   {SIGABRT, "SIGABRT"},
};
enum { fault_count = sizeof faults / sizeof faults[0] };

static char lines[fault_count][512];
static atomic_flag is_ending = ATOMIC_FLAG_INIT;

static void on_fault(int number) {
  // Another thread may be here already.
  if (atomic_flag_test_and_set(&is_ending)) {
    for (;;) pause();
  }
  ctraps_remove_files();
  for (int i = 0; i < fault_count; i++) {
    if (faults[i].number == number && write(STDERR_FILENO, lines[i], strlen(lines[i])) < 0) break;
  }
  _exit(70);
}

static int is_memory_limited(void) {
  struct rlimit space, data;
  return (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY)
      || (getrlimit(RLIMIT_DATA, &data) == 0 && data.rlim_cur != RLIM_INFINITY);
}

void ctraps_install(const char *program) {
  static char room[1 << 15];
  stack_t other = {.ss_sp = room, .ss_size = sizeof room};
  sigaltstack(&other, NULL);
  // A line of progress is taken away.
  const char *start = isatty(STDERR_FILENO) ? "\r\033[K" : "";
  const char *limit =
      is_memory_limited() ? ", or the limit on memory (ulimit -v or -d) is too small" : "";
  for (int i = 0; i < fault_count; i++) {
    snprintf(
        lines[i], sizeof lines[i],
        "%scsvlasso: internal error (%s, %s)%s: please report this line, the command and the smallest input that shows it to "
        "the project\n",
        start, faults[i].name, program, limit);
    struct sigaction fault = {.sa_handler = on_fault, .sa_flags = SA_ONSTACK};
    sigemptyset(&fault.sa_mask);
    sigaction(faults[i].number, &fault, NULL);
  }
  ctraps_is_installed = 1;
}
