// Threads that share one piece of work, and lines of tasks that are done one after the other.
//
// A thread that the system does not give is no fault: fewer of them do the work, in the end the caller alone.
#ifndef CTHREADS_H
#define CTHREADS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef void (*cthreads_work)(void *_Nullable context);

/// Runs `work` on the calling thread and at the same time on up to `helpers` others, and returns when all have
/// returned. It may be run by the caller alone, so each run must go on until nothing is left to do.
void cthreads_together(size_t helpers, cthreads_work _Nonnull work, void *_Nullable context);

/// Tasks that one thread does, in order.
typedef struct cthreads_line cthreads_line;

/// - Returns: null where there is no memory.
cthreads_line *_Nullable cthreads_line_open(void);

/// - Returns: 0 where no thread can be had: the task was not taken.
int cthreads_line_add(
    cthreads_line *_Nonnull line, cthreads_work _Nonnull task, void *_Nullable context);

/// Waits until at most `left` tasks are not done.
void cthreads_line_wait(cthreads_line *_Nonnull line, size_t left);

/// Lets the line go once its tasks are done; does not wait for that.
void cthreads_line_close(cthreads_line *_Nonnull line);

#ifdef __cplusplus
}
#endif
#endif
