// What must be settled before OpenBLAS is called.
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

#ifdef __cplusplus
}
#endif
#endif
