// A library that is loaded before the C library (LD_PRELOAD) and lets chosen system calls fail.
//
//   FAULTS         rules, separated by semicolons: CALL:WHEN:WHAT
//                  WHEN  5 the fifth call, 5+ the fifth and all after it, * all, ~ each call once: every
//                        second call of a thread, so that whoever calls again is served
//                  WHAT  an error number, `short` (fewer bytes than asked for), `signal=N` (before the
//                        call), `after=N` (behind it)
//                  The first rule that fits a call decides.
//   FAULTS_SEED    which short counts are drawn
//   FAULTS_REPORT  a file; a line is appended for each of the first faults, `fault CALL K WHAT PATH`, and at
//                  the end one for each call that was made, `count CALL N`
//
// Calls are those that the program and its libraries make by name. What the C library and the dynamic linker
// do inside themselves goes by unseen. A failed call has not been made, except for close: a descriptor is
// gone even where closing it fails. Descriptors that stand for no file (those of libdispatch) never fail.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

// MARK: Calls

#define CALLS(X)                                                                                          \
  X(open) X(nameless) X(read) X(write) X(lseek) X(fstat) X(stat) X(ftruncate) X(fallocate) X(fsync)       \
  X(rename) X(link) X(unlink) X(readlink) X(mmap) X(mremap) X(munmap) X(madvise) X(memfd) X(mkstemp)      \
  X(pipe) X(poll) X(thread) X(dup) X(chmod) X(chown) X(close) X(getrandom) X(copy) X(fcntl) X(ioctl)      \
  X(queue)

#define ENUMERATE(name) call_##name,
enum call { CALLS(ENUMERATE) call_count };
#define NAME(name) #name,
static const char *const names[] = {CALLS(NAME)};

static atomic_long counts[call_count];
static __thread unsigned char was_interrupted[call_count];

// MARK: Rules

enum when { at, from, always, alternately };
enum what { none, fails, is_short, signals_before, signals_behind };

struct rule {
  enum call call;
  enum when when;
  long k;
  enum what what;
  int number;
};

static struct rule rules[16];
static int rule_count;
static const char *report_path;
static atomic_ulong state;
static atomic_int reported;

static void broken(const char *text) {
  dprintf(2, "faults: cannot understand '%s'\n", text);
  _exit(125);
}

static void add(const char *text) {
  char name[16], when[16], what[16];
  if (rule_count == 16 || sscanf(text, "%15[^:]:%15[^:]:%15s", name, when, what) != 3) broken(text);
  struct rule *rule = &rules[rule_count++];
  for (rule->call = 0; rule->call < call_count && strcmp(names[rule->call], name); rule->call++) {
  }
  if (rule->call == call_count) broken(text);
  rule->k = atol(when);
  rule->when = *when == '*' ? always : *when == '~' ? alternately : strchr(when, '+') ? from : at;
  if (strcmp(what, "short") == 0) {
    rule->what = is_short;
  } else if (sscanf(what, "signal=%d", &rule->number) == 1) {
    rule->what = signals_before;
  } else if (sscanf(what, "after=%d", &rule->number) == 1) {
    rule->what = signals_behind;
  } else if (sscanf(what, "%d", &rule->number) == 1) {
    rule->what = fails;
  } else {
    broken(text);
  }
}

static void set_up(void) {
  report_path = getenv("FAULTS_REPORT");
  const char *seed = getenv("FAULTS_SEED");
  atomic_store(&state, seed ? strtoul(seed, NULL, 10) : 1);
  const char *given = getenv("FAULTS");
  char text[64];
  while (given && *given) {
    size_t length = strcspn(given, ";");
    if (length >= sizeof text) broken(given);
    memcpy(text, given, length);
    text[length] = 0;
    if (length) add(text);
    given += length + (given[length] == ';');
  }
}

// Others call before this library's constructors run.
static void be_ready(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, set_up);
}

// MARK: The report

static void append(const char *line) {
  if (!report_path) return;
  int file = (int)syscall(SYS_openat, AT_FDCWD, report_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return;
  syscall(SYS_write, file, line, strlen(line));
  syscall(SYS_close, file);
}

// What a descriptor leads to.
static void find_path(int descriptor, char *room, size_t size) {
  char link[32];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  long length = syscall(SYS_readlinkat, AT_FDCWD, link, room, size - 1);
  room[length > 0 ? length : 0] = 0;
}

static void tell(enum call call, long k, const char *what, const char *path) {
  // Enough to judge by; a fault at each of a million calls would fill the disk.
  if (atomic_fetch_add(&reported, 1) >= 64) return;
  char line[4400];
  snprintf(line, sizeof line, "fault %s %ld %s %s\n", names[call], k, what, path);
  append(line);
}

__attribute__((destructor)) static void tell_counts(void) {
  char line[64];
  for (int call = 0; call < call_count; call++) {
    long count = atomic_load(&counts[call]);
    snprintf(line, sizeof line, "count %s %ld\n", names[call], count);
    if (count) append(line);
  }
}

// MARK: The decision

struct verdict {
  enum what what;
  int number;
};

static int fits(const struct rule *rule, long k) {
  switch (rule->when) {
  case at: return k == rule->k;
  case from: return k >= rule->k;
  case always: return 1;
  default: return was_interrupted[rule->call] = !was_interrupted[rule->call];
  }
}

/// Whether this call fails, and how. A signal that comes before the call is raised here.
static struct verdict decide(enum call call, int descriptor, const char *path) {
  struct verdict verdict = {none, 0};
  int saved = errno;
  be_ready();
  char room[4200];
  if (!path) {
    *room = 0;
    if (descriptor >= 0) find_path(descriptor, room, sizeof room);
    path = room;
  }
  if (strncmp(path, "anon_inode:", 11) == 0) return verdict;
  long k = atomic_fetch_add(&counts[call], 1) + 1;
  for (int index = 0; index < rule_count; index++) {
    const struct rule *rule = &rules[index];
    if (rule->call != call || !fits(rule, k)) continue;
    verdict = (struct verdict){rule->what, rule->number};
    char what[32];
    snprintf(what, sizeof what, "%s%d", rule->what == fails ? "" : rule->what == is_short ? "short" : "signal",
             rule->number);
    tell(call, k, what, path);
    break;
  }
  // To the process, as others send it.
  if (verdict.what == signals_before) kill(getpid(), verdict.number);
  errno = saved;
  return verdict;
}

static int finish(struct verdict verdict) {
  if (verdict.what == signals_behind) {
    int saved = errno;
    kill(getpid(), verdict.number);
    errno = saved;
  }
  return 0;
}

/// A count below `count`, often a very small one.
static size_t fewer(size_t count) {
  if (count < 2) return count;
  unsigned long value = atomic_fetch_add(&state, 0x9E3779B97F4A7C15UL);
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
  value ^= value >> 31;
  size_t most = value & 7 ? count - 1 : 4;
  return 1 + (value >> 8) % (most < count ? most : count - 1);
}

#define REAL(name)                                                                                        \
  static __typeof__(&name) real;                                                                          \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define BEGIN(call, descriptor, path, failure)                                                            \
  struct verdict verdict = decide(call_##call, descriptor, path);                                         \
  if (verdict.what == fails) return errno = verdict.number, failure

#define END(type, expression)                                                                             \
  type result = (expression);                                                                             \
  finish(verdict);                                                                                        \
  return result

// MARK: Opening

static int fails_to_open(const char *path, int flags, struct verdict *verdict) {
  enum call call = (flags & O_TMPFILE) == O_TMPFILE ? call_nameless : call_open;
  *verdict = decide(call, -1, path);
  if (verdict->what == fails) errno = verdict->number;
  return verdict->what == fails;
}

#define OPEN(name, parameters, ...)                                                                       \
  int name parameters {                                                                                   \
    REAL(name);                                                                                           \
    mode_t mode = 0;                                                                                      \
    if (flags & (O_CREAT | __O_TMPFILE)) {                                                                \
      va_list rest;                                                                                       \
      va_start(rest, flags);                                                                              \
      mode = va_arg(rest, mode_t);                                                                        \
      va_end(rest);                                                                                       \
    }                                                                                                     \
    struct verdict verdict;                                                                               \
    if (fails_to_open(path, flags, &verdict)) return -1;                                                  \
    END(int, real(__VA_ARGS__));                                                                          \
  }

OPEN(open, (const char *path, int flags, ...), path, flags, mode)
OPEN(open64, (const char *path, int flags, ...), path, flags, mode)
OPEN(openat, (int directory, const char *path, int flags, ...), directory, path, flags, mode)
OPEN(openat64, (int directory, const char *path, int flags, ...), directory, path, flags, mode)

#define PLAIN(type, name, call, descriptor, path, failure, parameters, ...)                               \
  type name parameters {                                                                                  \
    REAL(name);                                                                                           \
    BEGIN(call, descriptor, path, failure);                                                               \
    END(type, real(__VA_ARGS__));                                                                         \
  }

PLAIN(FILE *, fopen, open, -1, path, NULL, (const char *path, const char *mode), path, mode)
PLAIN(FILE *, fopen64, open, -1, path, NULL, (const char *path, const char *mode), path, mode)
PLAIN(int, creat, open, -1, path, -1, (const char *path, mode_t mode), path, mode)
PLAIN(int, mkstemp, mkstemp, -1, path, -1, (char *path), path)
PLAIN(int, mkstemp64, mkstemp, -1, path, -1, (char *path), path)
PLAIN(int, mkostemp, mkstemp, -1, path, -1, (char *path, int flags), path, flags)
PLAIN(int, memfd_create, memfd, -1, name, -1, (const char *name, unsigned flags), name, flags)

// MARK: Reading and writing

#define COUNTED(name, call, parameters, ...)                                                              \
  ssize_t name parameters {                                                                               \
    REAL(name);                                                                                           \
    BEGIN(call, descriptor, NULL, -1);                                                                    \
    if (verdict.what == is_short) count = fewer(count);                                                   \
    END(ssize_t, real(__VA_ARGS__));                                                                      \
  }

COUNTED(read, read, (int descriptor, void *bytes, size_t count), descriptor, bytes, count)
COUNTED(write, write, (int descriptor, const void *bytes, size_t count), descriptor, bytes, count)
COUNTED(pread, read, (int descriptor, void *bytes, size_t count, off_t place), descriptor, bytes, count, place)
COUNTED(pread64, read, (int descriptor, void *bytes, size_t count, off64_t place), descriptor, bytes, count, place)
COUNTED(pwrite, write, (int descriptor, const void *bytes, size_t count, off_t place), descriptor, bytes, count,
        place)
COUNTED(pwrite64, write, (int descriptor, const void *bytes, size_t count, off64_t place), descriptor, bytes,
        count, place)

// Short: the first part alone.
#define VECTOR(name, call, parameters, ...)                                                               \
  ssize_t name parameters {                                                                               \
    REAL(name);                                                                                           \
    BEGIN(call, descriptor, NULL, -1);                                                                    \
    struct iovec first = count > 0 ? *parts : (struct iovec){0};                                          \
    if (verdict.what == is_short && count > 0) {                                                          \
      first.iov_len = fewer(first.iov_len);                                                               \
      parts = &first;                                                                                     \
      count = 1;                                                                                          \
    }                                                                                                     \
    END(ssize_t, real(__VA_ARGS__));                                                                      \
  }

VECTOR(readv, read, (int descriptor, const struct iovec *parts, int count), descriptor, parts, count)
VECTOR(writev, write, (int descriptor, const struct iovec *parts, int count), descriptor, parts, count)

#define COPIED(name, parameters, ...)                                                                     \
  ssize_t name parameters {                                                                               \
    REAL(name);                                                                                           \
    BEGIN(copy, source, NULL, -1);                                                                        \
    if (verdict.what == is_short) count = fewer(count);                                                   \
    END(ssize_t, real(__VA_ARGS__));                                                                      \
  }

COPIED(sendfile, (int target, int source, off_t *place, size_t count), target, source, place, count)
COPIED(sendfile64, (int target, int source, off64_t *place, size_t count), target, source, place, count)
COPIED(copy_file_range, (int source, off64_t *from, int target, off64_t *to, size_t count, unsigned flags), source,
       from, target, to, count, flags)
COPIED(splice, (int source, off64_t *from, int target, off64_t *to, size_t count, unsigned flags), source, from,
       target, to, count, flags)

ssize_t getrandom(void *bytes, size_t count, unsigned flags) {
  REAL(getrandom);
  BEGIN(getrandom, -1, "random", -1);
  if (verdict.what == is_short) count = fewer(count);
  END(ssize_t, real(bytes, count, flags));
}

PLAIN(off_t, lseek, lseek, descriptor, NULL, -1, (int descriptor, off_t place, int from), descriptor, place, from)
PLAIN(off64_t, lseek64, lseek, descriptor, NULL, -1, (int descriptor, off64_t place, int from), descriptor, place,
      from)
PLAIN(int, poll, poll, count ? list->fd : -1, NULL, -1, (struct pollfd *list, nfds_t count, int wait), list, count,
      wait)
PLAIN(int, ppoll, poll, count ? list->fd : -1, NULL, -1,
      (struct pollfd *list, nfds_t count, const struct timespec *wait, const sigset_t *mask), list, count, wait,
      mask)

int close(int descriptor) {
  REAL(close);
  struct verdict verdict = decide(call_close, descriptor, NULL);
  int result = real(descriptor);
  if (verdict.what == fails) return errno = verdict.number, -1;
  finish(verdict);
  return result;
}

// MARK: What files are, and their room

PLAIN(int, fstat, fstat, descriptor, NULL, -1, (int descriptor, struct stat *status), descriptor, status)
PLAIN(int, fstat64, fstat, descriptor, NULL, -1, (int descriptor, struct stat64 *status), descriptor, status)
PLAIN(int, stat, stat, -1, path, -1, (const char *path, struct stat *status), path, status)
PLAIN(int, stat64, stat, -1, path, -1, (const char *path, struct stat64 *status), path, status)
PLAIN(int, lstat, stat, -1, path, -1, (const char *path, struct stat *status), path, status)
PLAIN(int, lstat64, stat, -1, path, -1, (const char *path, struct stat64 *status), path, status)
PLAIN(int, fstatat, stat, -1, path, -1, (int directory, const char *path, struct stat *status, int flags), directory,
      path, status, flags)
PLAIN(int, statx, stat, -1, path, -1,
      (int directory, const char *path, int flags, unsigned mask, struct statx *status), directory, path, flags, mask,
      status)
PLAIN(int, access, stat, -1, path, -1, (const char *path, int mode), path, mode)
PLAIN(int, faccessat, stat, -1, path, -1, (int directory, const char *path, int mode, int flags), directory, path,
      mode, flags)
PLAIN(int, ftruncate, ftruncate, descriptor, NULL, -1, (int descriptor, off_t size), descriptor, size)
PLAIN(int, ftruncate64, ftruncate, descriptor, NULL, -1, (int descriptor, off64_t size), descriptor, size)
PLAIN(int, fallocate, fallocate, descriptor, NULL, -1, (int descriptor, int mode, off_t place, off_t size),
      descriptor, mode, place, size)
// These return the error number.
PLAIN(int, posix_fallocate, fallocate, descriptor, NULL, verdict.number, (int descriptor, off_t place, off_t size),
      descriptor, place, size)
PLAIN(int, posix_fallocate64, fallocate, descriptor, NULL, verdict.number,
      (int descriptor, off64_t place, off64_t size), descriptor, place, size)
PLAIN(int, fsync, fsync, descriptor, NULL, -1, (int descriptor), descriptor)
PLAIN(int, fdatasync, fsync, descriptor, NULL, -1, (int descriptor), descriptor)
PLAIN(int, fchmod, chmod, descriptor, NULL, -1, (int descriptor, mode_t mode), descriptor, mode)
PLAIN(int, chmod, chmod, -1, path, -1, (const char *path, mode_t mode), path, mode)
PLAIN(int, fchown, chown, descriptor, NULL, -1, (int descriptor, uid_t owner, gid_t group), descriptor, owner, group)
PLAIN(int, chown, chown, -1, path, -1, (const char *path, uid_t owner, gid_t group), path, owner, group)

// MARK: Names

PLAIN(int, rename, rename, -1, to, -1, (const char *from, const char *to), from, to)
PLAIN(int, renameat, rename, -1, to, -1, (int there, const char *from, int here, const char *to), there, from, here,
      to)
PLAIN(int, renameat2, rename, -1, to, -1, (int there, const char *from, int here, const char *to, unsigned flags),
      there, from, here, to, flags)
PLAIN(int, link, link, -1, to, -1, (const char *from, const char *to), from, to)
PLAIN(int, linkat, link, -1, to, -1, (int there, const char *from, int here, const char *to, int flags), there, from,
      here, to, flags)
PLAIN(int, symlink, link, -1, to, -1, (const char *from, const char *to), from, to)
PLAIN(int, unlink, unlink, -1, path, -1, (const char *path), path)
PLAIN(int, unlinkat, unlink, -1, path, -1, (int directory, const char *path, int flags), directory, path, flags)
PLAIN(ssize_t, readlink, readlink, -1, path, -1, (const char *path, char *room, size_t size), path, room, size)

// MARK: Memory

PLAIN(void *, mmap, mmap, file, NULL, MAP_FAILED,
      (void *start, size_t size, int protection, int flags, int file, off_t place), start, size, protection, flags,
      file, place)
PLAIN(void *, mmap64, mmap, file, NULL, MAP_FAILED,
      (void *start, size_t size, int protection, int flags, int file, off64_t place), start, size, protection, flags,
      file, place)

// Not OpenBLAS's own, which prints what it cannot give back.
int munmap(void *start, size_t size) {
  REAL(munmap);
  Dl_info caller;
  if (dladdr(__builtin_return_address(0), &caller) && strstr(caller.dli_fname, "openblas")) return real(start, size);
  BEGIN(munmap, -1, "memory", -1);
  END(int, real(start, size));
}

PLAIN(int, madvise, madvise, -1, NULL, -1, (void *start, size_t size, int advice), start, size, advice)

void *mremap(void *start, size_t size, size_t wanted, int flags, ...) {
  REAL(mremap);
  va_list rest;
  va_start(rest, flags);
  void *place = flags & MREMAP_FIXED ? va_arg(rest, void *) : NULL;
  va_end(rest);
  BEGIN(mremap, -1, "memory", MAP_FAILED);
  END(void *, real(start, size, wanted, flags, place));
}

// MARK: Descriptors and threads

PLAIN(int, pipe, pipe, -1, "pipe", -1, (int ends[2]), ends)
PLAIN(int, pipe2, pipe, -1, "pipe", -1, (int ends[2], int flags), ends, flags)
PLAIN(int, dup, dup, descriptor, NULL, -1, (int descriptor), descriptor)
PLAIN(int, dup2, dup, descriptor, NULL, -1, (int descriptor, int wanted), descriptor, wanted)
PLAIN(int, dup3, dup, descriptor, NULL, -1, (int descriptor, int wanted, int flags), descriptor, wanted, flags)

#define WITH_ARGUMENT(name, call, type)                                                                   \
  int name(int descriptor, type request, ...) {                                                           \
    REAL(name);                                                                                           \
    va_list rest;                                                                                         \
    va_start(rest, request);                                                                              \
    void *argument = va_arg(rest, void *);                                                                \
    va_end(rest);                                                                                         \
    BEGIN(call, descriptor, NULL, -1);                                                                    \
    END(int, real(descriptor, request, argument));                                                        \
  }

WITH_ARGUMENT(fcntl, fcntl, int)
WITH_ARGUMENT(fcntl64, fcntl, int)
WITH_ARGUMENT(ioctl, ioctl, unsigned long)

// The error number is returned.
PLAIN(int, pthread_create, thread, -1, "thread", verdict.number,
      (pthread_t * thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument), thread,
      attributes, start, argument)

// What libdispatch makes its event loop of.
PLAIN(int, epoll_create1, queue, -1, "epoll", -1, (int flags), flags)
PLAIN(int, eventfd, queue, -1, "eventfd", -1, (unsigned count, int flags), count, flags)
PLAIN(int, timerfd_create, queue, -1, "timerfd", -1, (int clock, int flags), clock, flags)
