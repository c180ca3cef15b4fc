// OpenBLAS with one thread, from before it starts any.
//
// Its build with threads starts one for each core as soon as the program does, and these wait in a loop
// that takes a core to itself for longer than a small fit lasts. Nothing here asks it for more than one
// thread (see LinearAlgebra). How many it starts is read from the environment alone, by an initializer of
// its own where it is linked in; so the environment says one for as long as initializers run.
//
// Where OpenBLAS is a shared library it has been set up before this runs, and nothing is won or lost.

#include <string.h>

extern char **environ;

static char **entry;
static char *inherited;

// An entry is borrowed, for the environment must stay where it is: Swift finds the program's arguments
// before it. The last one; a shell leaves the name of the program there.
static void say_one_thread(void) {
  static const char name[] = "OPENBLAS_NUM_THREADS=";
  static char one[] = "OPENBLAS_NUM_THREADS=1";
  if (!environ || !*environ) return;
  for (entry = environ; entry[1] && strncmp(*entry, name, sizeof name - 1) != 0; entry++) {
  }
  inherited = *entry;
  *entry = one;
}

static void restore_environment(void) {
  if (entry) *entry = inherited;
}

// Initializers without a priority have 65536. Only lld takes a later one for later; with other linkers both
// run before OpenBLAS's.
__attribute__((used, section(".init_array.101"))) static void (*const first)(void) = say_one_thread;
__attribute__((used, section(".init_array.70000"))) static void (*const last)(void) =
    restore_environment;
