#include <stdlib.h>
#include <string.h>

#include "CFuzz.h"

// What is compared with is not what is tried: neither its branches nor its memory are of interest.
#pragma clang attribute push(__attribute__((no_sanitize("coverage", "address", "undefined"))), \
                             apply_to = function)

static int is_digit(uint8_t byte) { return byte >= '0' && byte <= '9'; }
static int is_sign(uint8_t byte) { return byte == '+' || byte == '-'; }
static int is_blank(uint8_t byte) { return byte == ' ' || byte == '\t'; }

size_t spelling_decimal(const uint8_t *text, size_t count) {
  size_t i = 0, digits = 0;
  if (i < count && is_sign(text[i])) i++;
  for (; i < count && is_digit(text[i]); i++) digits++;
  if (i < count && text[i] == '.') {
    for (i++; i < count && is_digit(text[i]); i++) digits++;
  }
  if (digits == 0) return 0;
  if (i == count || (text[i] != 'e' && text[i] != 'E')) return i;
  size_t k = i + 1;
  if (k < count && is_sign(text[k])) k++;
  if (k == count || !is_digit(text[k])) return i;
  while (k < count && is_digit(text[k])) k++;
  return k;
}

/// `inf` or `infinity` in any case, with or without a sign.
static int is_infinity(const uint8_t *text, size_t count) {
  if (count && is_sign(*text)) text++, count--;
  const char *const words[] = {"inf", "infinity"};
  for (int w = 0; w < 2; w++) {
    if (strlen(words[w]) != count) continue;
    size_t same = 0;
    while (same < count && (text[same] | 0x20) == words[w][same]) same++;
    if (same == count) return 1;
  }
  return 0;
}

spelling_t spelling_of(const uint8_t *cell, size_t count, double *value) {
  while (count && is_blank(*cell)) cell++, count--;
  while (count && is_blank(cell[count - 1])) count--;
  if (count == 0) return SPELLING_EMPTY;
  if (spelling_decimal(cell, count) != count)
    return is_infinity(cell, count) ? SPELLING_NOT_FINITE : SPELLING_TEXT;
  char copy[4097];
  if (count >= sizeof copy) abort();
  memcpy(copy, cell, count);
  copy[count] = 0;
  *value = strtod(copy, NULL);
  return __builtin_isfinite(*value) ? SPELLING_NUMBER : SPELLING_NOT_FINITE;
}

#pragma clang attribute pop
