// Digits and what stands between them, two to a byte.
//
// The low four bits of the sixteen characters 0123456789, line feed and + , - . / tell them apart: so these bits
// are what is kept, and nothing need be looked up.
#ifndef CPACK_H
#define CPACK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Whether all of `count` bytes are among the sixteen characters.
int cpack_fits(const uint8_t *_Nonnull bytes, size_t count);

/// Keeps `count` bytes of the sixteen characters in `count / 2`; `count` is even.
void cpack_pack(const uint8_t *_Nonnull bytes, size_t count, uint8_t *_Nonnull out);

/// The `count` bytes that `packed` was made of.
void cpack_unpack(const uint8_t *_Nonnull packed, size_t count, uint8_t *_Nonnull out);

#ifdef __cplusplus
}
#endif

#endif
