#include "start.h"

#include <signal.h>
#include <stdlib.h>

typedef struct {
  void (*body)(void *);
  void *context;
} start;

static void *run(void *argument) {
  start given = *(start *)argument;
  free(argument);
  // At the far end of the stack, which an overflow leaves alone.
  _Alignas(16) char room[1 << 15];
  stack_t other = {.ss_sp = room, .ss_size = sizeof room};
  sigaltstack(&other, NULL);
  given.body(given.context);
  other.ss_flags = SS_DISABLE;
  sigaltstack(&other, NULL);
  return NULL;
}

int cthreads_start(void (*body)(void *), void *context) {
  start *given = malloc(sizeof *given);
  if (!given) return 0;
  *given = (start){body, context};
  pthread_t thread;
  if (pthread_create(&thread, NULL, run, given) != 0) {
    free(given);
    return 0;
  }
  pthread_detach(thread);
  return 1;
}
