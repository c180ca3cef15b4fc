// OpenBLAS with one thread, from before it starts any.
//
// Its build with threads starts one for each core as soon as the program does. These wait in a loop that takes a core
// to itself for longer than a small fit lasts; where the system gives no more threads, or no memory for each of them,
// it ends the program or tries again for ever. Nothing here asks it for more than one thread (see LinearAlgebra). How
// many it starts is read from the environment alone, by an initializer of its own; so the environment says one for as
// long as initializers run. Those of a program that come before all others, of shared libraries too, are its
// `preinit_array`, which a program has and a library has not: this is for programs.

#include <string.h>

static char **entry;
static char *inherited;

// An entry is borrowed, for the environment must stay where it is: Swift finds the program's arguments
// before it. The last one; a shell leaves the name of the program there.
static void say_one_thread(int count, char **arguments, char **environment) {
  (void)count, (void)arguments;
  static const char name[] = "OPENBLAS_NUM_THREADS=";
  static char one[] = "OPENBLAS_NUM_THREADS=1";
  if (!environment || !*environment) return;
  for (entry = environment; entry[1] && strncmp(*entry, name, sizeof name - 1) != 0; entry++) {
  }
  inherited = *entry;
  *entry = one;
}

static void restore_environment(void) {
  if (entry) *entry = inherited;
}

#ifdef __ELF__
// Initializers without a priority have 65536. Only lld takes a later one for later; with other linkers this runs
// before those of what is linked in, OpenBLAS's too.
__attribute__((used, section(".preinit_array"))) static void (*const first)(int, char **, char **) =
    say_one_thread;
__attribute__((used, section(".init_array.70000"))) static void (*const last)(void) =
    restore_environment;
#endif
