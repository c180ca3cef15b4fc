#include "CNumbers.h"

#include <fast_float/fast_float.h>

double cnumbers_nearest(const uint8_t *first, const uint8_t *last) {
  double value = 0;
  fast_float::from_chars(reinterpret_cast<const char *>(first),
                         reinterpret_cast<const char *>(last), value);
  return value;
}
