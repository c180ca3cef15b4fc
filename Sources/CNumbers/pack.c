#include "CPack.h"

#include "wide.h"

/// The character with these low four bits.
static inline uint8_t character(uint8_t bits) {
  return (uint8_t)(bits + (bits < 10 ? '0' : bits == '\n' ? 0 : 0x20));
}

WIDE int cpack_fits(const uint8_t *bytes, size_t count) {
  uint8_t other = 0;
  for (size_t i = 0; i < count; i++) other |= character(bytes[i] & 15) ^ bytes[i];
  return other == 0;
}

WIDE void cpack_pack(const uint8_t *bytes, size_t count, uint8_t *out) {
  for (size_t i = 0; i < count / 2; i++)
    out[i] = (uint8_t)((bytes[2 * i] & 15) | bytes[2 * i + 1] << 4);
}

WIDE void cpack_unpack(const uint8_t *packed, size_t count, uint8_t *out) {
  for (size_t i = 0; i < count / 2; i++) {
    out[2 * i] = character(packed[i] & 15);
    out[2 * i + 1] = character(packed[i] >> 4);
  }
}
