// What the module of the C library leaves out: `malloc_trim`, and files in memory.
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>

extern int memfd_create(const char *name, unsigned int flags);
#endif
