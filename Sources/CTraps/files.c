// The names of files that must not stay: in places of fixed size, so that a signal handler can read them.
//
// While there is one, signals that end the program from outside remove it first, and end it then as ever.

#include "files.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "CTraps.h"

enum { places = 8 };

static struct {
  atomic_int is_set;
  char path[PATH_MAX];
} files[places];

int ctraps_is_installed;

static const int endings[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU};
enum { ending_count = sizeof endings / sizeof endings[0] };
static struct sigaction before[ending_count];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int count;

void ctraps_remove_files(void) {
  for (int place = 0; place < places; place++) {
    if (atomic_load(&files[place].is_set)) unlink(files[place].path);
  }
}

static void on_ending(int number) {
  ctraps_remove_files();
  signal(number, SIG_DFL);
  raise(number);
}

static void watch_endings(void) {
  for (int i = 0; i < ending_count; i++) {
    struct sigaction ending = {.sa_handler = on_ending, .sa_flags = SA_ONSTACK | SA_RESTART};
    sigemptyset(&ending.sa_mask);
    sigaction(endings[i], NULL, &before[i]);
    // What a parent had ignored stays so.
    if (before[i].sa_handler == SIG_DFL) sigaction(endings[i], &ending, NULL);
  }
}

static void leave_endings(void) {
  for (int i = 0; i < ending_count; i++) sigaction(endings[i], &before[i], NULL);
}

int ctraps_remember(const char *path) {
  if (!ctraps_is_installed || strlen(path) >= PATH_MAX) return -1;
  pthread_mutex_lock(&lock);
  int place = 0;
  while (place < places && atomic_load(&files[place].is_set)) place++;
  if (place < places) {
    strcpy(files[place].path, path);
    atomic_store(&files[place].is_set, 1);
    if (count++ == 0) watch_endings();
  }
  pthread_mutex_unlock(&lock);
  return place < places ? place : -1;
}

void ctraps_forget(int place) {
  if (place < 0 || place >= places) return;
  pthread_mutex_lock(&lock);
  atomic_store(&files[place].is_set, 0);
  if (--count == 0) leave_endings();
  pthread_mutex_unlock(&lock);
}
