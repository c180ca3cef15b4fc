// Memory for OpenBLAS where memory is limited.
//
// Each thread that calls it needs a buffer of 128 MB of address space, of which it uses what its matrices need.
// OpenBLAS asks for it at the first call, and where it cannot be had, it asks again, for ever. So it is tried here
// whether there is room, and if so, OpenBLAS is made to take its buffers while there is.

#include "CStart.h"

#include <stddef.h>
#include <sys/mman.h>
#include <sys/resource.h>

// Of OpenBLAS's own: `procpos` is not used.
extern void *blas_memory_alloc(int procpos) __attribute__((weak));
extern void blas_memory_free(void *buffer) __attribute__((weak));

enum { most = 64 };
static const size_t buffer = ((size_t)128 << 20) + ((size_t)1 << 20);
/// For all else that the program does.
static const size_t margin = (size_t)48 << 20;

static int is_limited(int resource) {
  struct rlimit limit;
  return getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

static void *map(size_t bytes) {
  void *address = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return address == MAP_FAILED ? NULL : address;
}

/// How many buffers there is room for, up to `wanted`.
static int room(int wanted) {
  void *buffers[most];
  void *rest = map(margin);
  if (!rest) return 0;
  int count = 0;
  while (count < wanted && (buffers[count] = map(buffer))) count++;
  for (int i = 0; i < count; i++) munmap(buffers[i], buffer);
  munmap(rest, margin);
  return count;
}

int cstart_reserve(int threads) {
  if (!is_limited(RLIMIT_AS) && !is_limited(RLIMIT_DATA)) return threads;
  int count = room(threads < most ? threads : most);
  if (!blas_memory_alloc || !blas_memory_free) return count;
  void *buffers[most];
  for (int i = 0; i < count; i++) buffers[i] = blas_memory_alloc(0);
  for (int i = 0; i < count; i++) blas_memory_free(buffers[i]);
  return count;
}
