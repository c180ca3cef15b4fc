#include "CScan.h"

#include <string.h>

#include "wide.h"

WIDE static size_t count_byte(const uint8_t *bytes, size_t count, uint8_t byte) {
  size_t total = 0;
  size_t i = 0;
  while (i < count) {
    // A byte of its own for each lane's count, added up before one can overflow.
    const size_t end = count - i < 255 * 64 ? count : i + 255 * 64;
    uint8_t lanes[64] = {0};
    for (; i + 64 <= end; i += 64)
      for (size_t k = 0; k < 64; k++) lanes[k] += bytes[i + k] == byte;
    for (size_t k = 0; k < 64; k++) total += lanes[k];
    if (end == count)
      for (; i < count; i++) total += bytes[i] == byte;
  }
  return total;
}

WIDE static size_t count_pairs(const uint8_t *bytes, size_t count) {
  size_t total = 0;
  for (size_t i = 1; i < count; i++) total += bytes[i - 1] == '\r' && bytes[i] == '\n';
  return total;
}

size_t cscan_count_lines(const uint8_t *bytes, size_t count) {
  const size_t feeds = count_byte(bytes, count, '\n');
  if (!memchr(bytes, '\r', count)) return feeds;
  return feeds + count_byte(bytes, count, '\r') - count_pairs(bytes, count);
}
