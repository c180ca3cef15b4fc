// A line of tasks: one thread, started with the first of them.

#include "CThreads.h"
#include "start.h"

#include <stdlib.h>

typedef struct task {
  cthreads_work work;
  void *context;
  struct task *next;
} task;

struct cthreads_line {
  pthread_mutex_t lock;
  pthread_cond_t is_added;
  pthread_cond_t is_done;
  task *first;
  task **end;
  size_t undone;
  int is_started;
  int is_closed;
};

cthreads_line *cthreads_line_open(void) {
  cthreads_line *line = calloc(1, sizeof *line);
  if (!line) return NULL;
  pthread_mutex_init(&line->lock, NULL);
  pthread_cond_init(&line->is_added, NULL);
  pthread_cond_init(&line->is_done, NULL);
  line->end = &line->first;
  return line;
}

static void let_go(cthreads_line *line) {
  pthread_mutex_destroy(&line->lock);
  pthread_cond_destroy(&line->is_added);
  pthread_cond_destroy(&line->is_done);
  free(line);
}

static void work_off(void *context) {
  cthreads_line *line = context;
  pthread_mutex_lock(&line->lock);
  for (;;) {
    while (!line->first && !line->is_closed) pthread_cond_wait(&line->is_added, &line->lock);
    task *next = line->first;
    if (!next) break;
    line->first = next->next;
    if (!line->first) line->end = &line->first;
    pthread_mutex_unlock(&line->lock);
    next->work(next->context);
    free(next);
    pthread_mutex_lock(&line->lock);
    line->undone--;
    pthread_cond_broadcast(&line->is_done);
  }
  pthread_mutex_unlock(&line->lock);
  let_go(line);
}

int cthreads_line_add(cthreads_line *line, cthreads_work work, void *context) {
  task *added = malloc(sizeof *added);
  if (!added) return 0;
  *added = (task){.work = work, .context = context};
  pthread_mutex_lock(&line->lock);
  if (!line->is_started) line->is_started = cthreads_start(work_off, line);
  int is_taken = line->is_started;
  if (is_taken) {
    *line->end = added;
    line->end = &added->next;
    line->undone++;
    pthread_cond_signal(&line->is_added);
  }
  pthread_mutex_unlock(&line->lock);
  if (!is_taken) free(added);
  return is_taken;
}

void cthreads_line_wait(cthreads_line *line, size_t left) {
  pthread_mutex_lock(&line->lock);
  while (line->undone > left) pthread_cond_wait(&line->is_done, &line->lock);
  pthread_mutex_unlock(&line->lock);
}

void cthreads_line_close(cthreads_line *line) {
  pthread_mutex_lock(&line->lock);
  int is_started = line->is_started;
  line->is_closed = 1;
  pthread_cond_signal(&line->is_added);
  pthread_mutex_unlock(&line->lock);
  if (!is_started) let_go(line);
}
