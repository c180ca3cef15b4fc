// The program's arguments as the system handed them over. Swift looks for them in /proc, which need not be there, and
// without them takes the program to have been called with none.

#include "CStart.h"

static int count;
static char **arguments;

#ifdef __ELF__
static void keep(int given_count, char **given, char **environment) {
  (void)environment;
  count = given_count;
  arguments = given;
}

__attribute__((used, section(".preinit_array"))) static void (*const first)(int, char **, char **) = keep;
#endif

int cstart_argument_count(void) { return count; }

const char *cstart_argument(int place) { return arguments[place]; }
