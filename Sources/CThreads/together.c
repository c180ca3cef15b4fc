// A crew of threads, started as they are needed and kept. Whoever has work to share puts it on a list, does it too,
// and waits for those of the crew that took part. So nothing ever waits for a thread that is not there, and work
// within work is shared as far as somebody is free.

#include "CThreads.h"
#include "start.h"

typedef struct job {
  cthreads_work work;
  void *context;
  /// How many more may take part.
  size_t wanted;
  size_t running;
  struct job *next;
} job;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t is_offered = PTHREAD_COND_INITIALIZER;
static pthread_cond_t is_done = PTHREAD_COND_INITIALIZER;
/// Those that want helpers, the latest first.
static job *jobs;
/// How many all of them want.
static size_t all_wanted;
static size_t started;
static size_t busy;
/// As many as one job ever wanted: work within work does not multiply them.
static size_t most;

static void take_part(void *context) {
  (void)context;
  pthread_mutex_lock(&lock);
  for (;;) {
    while (!jobs) pthread_cond_wait(&is_offered, &lock);
    job *taken = jobs;
    all_wanted--;
    if (--taken->wanted == 0) jobs = taken->next;
    taken->running++;
    busy++;
    pthread_mutex_unlock(&lock);
    taken->work(taken->context);
    pthread_mutex_lock(&lock);
    busy--;
    if (--taken->running == 0) pthread_cond_broadcast(&is_done);
  }
}

static void offer(job *offered) {
  pthread_mutex_lock(&lock);
  offered->next = jobs;
  jobs = offered;
  all_wanted += offered->wanted;
  if (offered->wanted > most) most = offered->wanted;
  while (all_wanted > started - busy && started < most && cthreads_start(take_part, NULL)) {
    started++;
  }
  if (offered->wanted > 1) {
    pthread_cond_broadcast(&is_offered);
  } else {
    pthread_cond_signal(&is_offered);
  }
  pthread_mutex_unlock(&lock);
}

/// Takes a job off the list, where helpers are still wanted, and waits for those that came.
static void finish(job *offered) {
  pthread_mutex_lock(&lock);
  all_wanted -= offered->wanted;
  for (job **place = &jobs; *place; place = &(*place)->next) {
    if (*place == offered) {
      *place = offered->next;
      break;
    }
  }
  while (offered->running > 0) pthread_cond_wait(&is_done, &lock);
  pthread_mutex_unlock(&lock);
}

void cthreads_together(size_t helpers, cthreads_work work, void *context) {
  if (helpers == 0) {
    work(context);
    return;
  }
  job offered = {.work = work, .context = context, .wanted = helpers};
  offer(&offered);
  work(context);
  finish(&offered);
}
