#include <pthread.h>

/// Starts a thread that nobody waits for, with a stack of its own for signals: that its stack is used up can be
/// told only from another.
///
/// - Returns: 0 where the system gives none.
int cthreads_start(void (*body)(void *), void *context);
