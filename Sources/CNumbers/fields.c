#include "CFields.h"

#include <string.h>

#include "wide.h"

#define INLINE static inline __attribute__((always_inline))

typedef uint8_t bytes64 __attribute__((vector_size(64)));
typedef _Bool bits64 __attribute__((ext_vector_type(64)));

/// Bit i is set where byte i is `byte`.
INLINE uint64_t mask_of(const uint8_t *block, uint8_t byte) {
  bytes64 bytes;
  memcpy(&bytes, block, 64);
  const bits64 equal = __builtin_convertvector(bytes == byte, bits64);
  uint64_t mask;
  memcpy(&mask, &equal, 8);
  return mask;
}

/// Bit i is the parity of bits 0 ... i.
INLINE uint64_t prefix_xor(uint64_t x) {
  x ^= x << 1;
  x ^= x << 2;
  x ^= x << 4;
  x ^= x << 8;
  x ^= x << 16;
  return x ^ x << 32;
}

/// 64 bytes from `i` on, or those that are left, copied to `room`; `valid` has a bit for each.
INLINE const uint8_t *block_at(const uint8_t *bytes, size_t i, size_t count, uint8_t *room,
                               uint64_t *valid) {
  *valid = ~0ULL;
  if (count - i >= 64) return bytes + i;
  *valid = (1ULL << (count - i)) - 1;
  memset(room, 0, 64);
  memcpy(room, bytes + i, count - i);
  return room;
}

/// Bytes that are looked at before anything is made of them: a count of 255 for each lane at most.
#define STRETCH (255 * 64)

/// Whether no byte is a quote, a CR or NUL, so that each LF ends a record; these are counted, and `end` is
/// just behind the last.
WIDE static int is_plain(const uint8_t *bytes, size_t count, uint8_t quote, size_t *lines,
                         size_t *end) {
  *lines = *end = 0;
  size_t last_end = 0;  // of the last stretch with an LF
  for (size_t i = 0; i < count;) {
    const size_t stop = count - i < STRETCH ? count : i + STRETCH;
    uint8_t feeds[64] = {0}, odd[64] = {0};
    for (; i + 64 <= stop; i += 64)
      for (size_t k = 0; k < 64; k++) {
        const uint8_t byte = bytes[i + k];
        feeds[k] += byte == '\n';
        odd[k] |= (byte == quote) | (byte == '\r') | (byte == 0);
      }
    size_t found = 0;
    uint8_t any = 0;
    for (; i < stop; i++) {
      found += bytes[i] == '\n';
      any |= (bytes[i] == quote) | (bytes[i] == '\r') | (bytes[i] == 0);
    }
    for (size_t k = 0; k < 64; k++) {
      found += feeds[k];
      any |= odd[k];
    }
    if (any) {
      *lines = 0;
      return 0;
    }
    last_end = found ? stop : last_end;
    *lines += found;
  }
  for (*end = last_end; *end > 0 && bytes[*end - 1] != '\n';) --*end;
  return 1;
}

WIDE cscan_survey_t cscan_survey(const uint8_t *bytes, size_t count, uint8_t delimiter,
                                 uint8_t quote, int is_last, size_t piece, size_t *bounds) {
  cscan_survey_t found = {0, 0, 0, 0, 1, 0};
  if (is_plain(bytes, count, quote, &found.lines, &found.end)) {
    for (size_t target = piece; target < found.end;) {
      const uint8_t *const feed = memchr(bytes + target, '\n', found.end - target);
      bounds[found.bounds] = (size_t)(feed - bytes) + 1;
      target = bounds[found.bounds++] + piece;
    }
    return found;
  }
  uint64_t nuls = 0;
  uint8_t room[64];
  size_t lines = 0;
  size_t target = piece;
  uint64_t inside_before = 0;   // all ones inside quotes
  uint64_t closed_before = 0;   // whether the byte before closed a field
  uint64_t return_before = 0;   // whether the byte before is a CR
  // Of the last block in which a record ends: where it starts, the lines before it, its line ends, and
  // those of records. Selected, not branched to, for which block holds one is random.
  size_t last_start = 0, last_lines = 0;
  uint64_t last_line_ends = 0, last_outer = 0;
  for (size_t i = 0; i < count; i += 64) {
    uint64_t valid;
    const uint8_t *const block = block_at(bytes, i, count, room, &valid);
    const uint64_t feeds = mask_of(block, '\n');
    const uint64_t returns = mask_of(block, '\r');
    const uint64_t quotes = quote ? mask_of(block, quote) & valid : 0;
    uint64_t ends = feeds | returns;
    nuls |= mask_of(block, 0) & valid;
    uint64_t inside = 0;
    if (quotes | inside_before | closed_before) {
      inside = prefix_xor(quotes) ^ inside_before;
      const uint64_t opening = quotes & inside;
      const uint64_t closing = quotes & ~inside;
      // Whether a field may open behind the byte before.
      const uint64_t opener_before = i == 0 || bytes[i - 1] == delimiter || bytes[i - 1] == quote ||
                                     bytes[i - 1] == '\n' || bytes[i - 1] == '\r';
      const uint64_t around = mask_of(block, delimiter) | ends | quotes;
      const uint64_t stray = (opening & ~(around << 1 | opener_before)) |
                             ((closing << 1 | closed_before) & valid & ~around);
      if (stray) found.is_clean = 0;
      inside_before = (uint64_t)((int64_t)inside >> 63);
      closed_before = closing >> 63;
    }
    if (!is_last && count - i <= 64 && bytes[count - 1] == '\r')
      ends &= ~(1ULL << (count - 1 - i));
    const uint64_t line_ends = returns | (feeds & ~(returns << 1 | return_before));
    return_before = returns >> 63;
    const uint64_t outer = ends & ~inside;
    last_start = outer ? i : last_start;
    last_lines = outer ? lines : last_lines;
    last_line_ends = outer ? line_ends : last_line_ends;
    last_outer = outer ? outer : last_outer;
    if (target < i + 64 && outer) {
      const size_t last = i + 63 - (size_t)__builtin_clzll(outer);
      while (target <= last) {
        const uint64_t behind = target > i ? outer & (~0ULL << (target - i)) : outer;
        size_t bound = i + (size_t)__builtin_ctzll(behind) + 1;
        if (bytes[bound - 1] == '\r' && bound < count && bytes[bound] == '\n') bound++;
        bounds[found.bounds++] = bound;
        target = bound + piece;
      }
    }
    lines += (size_t)__builtin_popcountll(line_ends);
  }
  if (last_outer) {
    const int last = 63 - __builtin_clzll(last_outer);
    found.end = last_start + (size_t)last + 1;
    found.lines =
        last_lines + (size_t)__builtin_popcountll(last_line_ends & (~0ULL >> (63 - last)));
  }
  found.has_nul = nuls != 0;
  found.is_open = inside_before & 1;
  return found;
}

WIDE cscan_index_t cscan_index(const uint8_t *bytes, size_t count, uint8_t delimiter,
                               uint8_t quote, uint32_t *ends, uint32_t *records) {
  cscan_index_t index = {0, 0};
  uint8_t room[64];
  uint64_t inside_before = 0;
  for (size_t i = 0; i < count; i += 64) {
    uint64_t valid;
    const uint8_t *const block = block_at(bytes, i, count, room, &valid);
    uint64_t line_ends = mask_of(block, '\n') | mask_of(block, '\r');
    uint64_t marks = (mask_of(block, delimiter) & valid) | line_ends;
    if (quote) {
      const uint64_t quotes = mask_of(block, quote) & valid;
      if (quotes | inside_before) {
        const uint64_t inside = prefix_xor(quotes) ^ inside_before;
        inside_before = (uint64_t)((int64_t)inside >> 63);
        line_ends &= ~inside;
        marks &= ~inside;
      }
    }
    for (uint64_t rest = line_ends; rest; rest &= rest - 1) {
      const uint64_t before = (rest & -rest) - 1;
      records[index.records++] =
          (uint32_t)(index.fields + (size_t)__builtin_popcountll(marks & before));
    }
    // Eight at a time whether there are so many or not: no branch for each.
    const size_t more = (size_t)__builtin_popcountll(marks);
    for (size_t k = 0; k < more; k += 8) {
      uint32_t *const to = ends + index.fields + k;
      for (size_t lane = 0; lane < 8; lane++) {
        to[lane] = (uint32_t)i + (uint32_t)__builtin_ctzll(marks | 1ULL << 63);
        marks &= marks - 1;
      }
    }
    index.fields += more;
  }
  const int ended = index.records > 0 && records[index.records - 1] + 1 == index.fields &&
                    ends[index.fields - 1] + 1 == count;
  if (count > 0 && !ended) {
    records[index.records++] = (uint32_t)index.fields;
    ends[index.fields++] = (uint32_t)count;
  }
  return index;
}
