// What is settled before the program starts, or before OpenBLAS is called.
#ifndef CSTART_H
#define CSTART_H

#ifdef __cplusplus
extern "C" {
#endif

/// Has OpenBLAS take the memory that it needs where memory is limited (ulimit -v and -d): short of it, it would try
/// again for ever.
///
/// - Returns: how many threads, up to `threads`, can call it at once.
int cstart_reserve(int threads);

/// Bytes that the process may have (ulimit -v and -d); LONG_MAX where nothing limits them.
long cstart_memory_limit(void);

/// How many arguments the program was called with, its name included; 0 where the system does not say.
int cstart_argument_count(void);

/// - Parameter place: below the count.
const char *_Nonnull cstart_argument(int place);

#ifdef __cplusplus
}
#endif
#endif
