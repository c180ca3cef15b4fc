// Counting bytes, in loops that the compiler turns into vector code.
#ifndef CSCAN_H
#define CSCAN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The line ends in `count` bytes: LF, CR, or CR LF taken as one.
size_t cscan_count_lines(const uint8_t *_Nonnull bytes, size_t count);

#ifdef __cplusplus
}
#endif
#endif
