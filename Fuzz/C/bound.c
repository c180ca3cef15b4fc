#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "CFuzz.h"

static void give_up(int signal) {
  (void)signal;
  static const char text[] = "ERROR: an input takes more processor time than it may\n";
  if (write(STDERR_FILENO, text, sizeof text - 1) < 0) abort();
  abort();
}

void bound_processor_time(int seconds) {
  static int is_prepared = 0;
  if (!is_prepared) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = give_up;
    sigaction(SIGPROF, &action, NULL);
    is_prepared = 1;
  }
  const struct itimerval after = {{0, 0}, {seconds, 0}};
  setitimer(ITIMER_PROF, &after, NULL);
}
