#include "CFuzz.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint8_t *input;
static size_t input_count, position, reads;
static memory_manner_t manner;
static uint8_t *output;
static size_t output_count, output_room;

void memory_set_input(const uint8_t *bytes, size_t count, memory_manner_t how) {
  input = bytes;
  input_count = count;
  position = reads = 0;
  manner = how;
}

void memory_clear_output(void) { output_count = 0; }

const uint8_t *memory_output(size_t *count) {
  *count = output_count;
  return output;
}

ssize_t __real_read(int descriptor, void *buffer, size_t count);
ssize_t __wrap_read(int descriptor, void *buffer, size_t count) {
  if (descriptor != STDIN_FILENO) return __real_read(descriptor, buffer, count);
  size_t given = input_count - position;
  if (given > count) given = count;
  if (manner.chunk && given > manner.chunk) given = manner.chunk;
  if (given) memcpy(buffer, input + position, given);
  position += given;
  reads++;
  return (ssize_t)given;
}

off_t __real_lseek(int descriptor, off_t offset, int whence);
off_t __wrap_lseek(int descriptor, off_t offset, int whence) {
  if (descriptor != STDIN_FILENO) return __real_lseek(descriptor, offset, whence);
  if (manner.is_pipe) {
    errno = ESPIPE;
    return -1;
  }
  if (whence == SEEK_SET) position = (size_t)offset;
  return (off_t)position;
}

int __real_fstat(int descriptor, struct stat *status);
int __wrap_fstat(int descriptor, struct stat *status) {
  if (descriptor != STDIN_FILENO) return __real_fstat(descriptor, status);
  memset(status, 0, sizeof *status);
  status->st_mode = manner.is_pipe ? S_IFIFO | 0600 : S_IFREG | 0600;
  status->st_size = manner.is_pipe ? 0 : (off_t)input_count;
  return 0;
}

int __real_poll(struct pollfd *descriptors, nfds_t count, int wait);
int __wrap_poll(struct pollfd *descriptors, nfds_t count, int wait) {
  if (count != 1 || descriptors->fd != STDIN_FILENO) return __real_poll(descriptors, count, wait);
  const int is_ready = !(manner.pauses >> (reads & 7) & 1);
  descriptors->revents = is_ready ? POLLIN : 0;
  return is_ready;
}

ssize_t __real_write(int descriptor, const void *buffer, size_t count);
ssize_t __wrap_write(int descriptor, const void *buffer, size_t count) {
  if (descriptor != STDOUT_FILENO) return __real_write(descriptor, buffer, count);
  if (output_count + count > output_room) {
    output_room = 2 * (output_count + count);
    output = realloc(output, output_room);
    if (!output) abort();
  }
  if (count) memcpy(output + output_count, buffer, count);
  output_count += count;
  return (ssize_t)count;
}
