// Where records and fields end, 64 bytes at a time; and the numbers in them.
//
// Each byte that matters becomes a bit of a 64-bit mask (Langdale & Lemire, 2019). A byte stands inside
// quotes if the number of quotes up to it is odd, which is a prefix xor of the mask of quotes. That is
// true where quoting is *clean*: a quote opens a field as its first byte, closes it as its last, and is
// doubled between. `cscan_survey` tells whether it is; what is not clean is for libcsv.
#ifndef CFIELDS_H
#define CFIELDS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What stands in a stretch of records.
typedef struct {
  /// Just after the last line end that ends a record; 0 if there is none.
  size_t end;
  /// The lines up to there.
  size_t lines;
  /// How many bounds were written.
  size_t bounds;
  /// Whether a byte is NUL; then the rest says nothing.
  uint8_t has_nul;
  /// Whether every quote opens a field, closes one, or is doubled.
  uint8_t is_clean;
  /// Whether the bytes end inside quotes.
  uint8_t is_open;
} cscan_survey_t;

/// Looks over `count` bytes that start where a record starts.
///
/// `quote` is 0 where nothing is quoted. `is_last` says that the input ends with these bytes; else a CR
/// in the last place ends nothing, for an LF may follow. `bounds` takes the first end of a record, a CR
/// LF taken whole, at least `piece` bytes behind the bound before; it has room for
/// `count / piece + 1` of them.
cscan_survey_t cscan_survey(const uint8_t *_Nonnull bytes, size_t count, uint8_t delimiter,
                            uint8_t quote, int is_last, size_t piece, size_t *_Nonnull bounds);

/// How many fields and records an index holds.
typedef struct {
  size_t fields;
  size_t records;
} cscan_index_t;

/// Writes where each field ends, before its delimiter or line end, and for each line end that is not
/// quoted which field it ends. Blank lines are records of one field and no byte; a last record needs no
/// line end. The bytes are whole records, quoted cleanly, less than 4 GB.
///
/// `ends` has room for `count + 65` entries, `records` for `count + 1`.
cscan_index_t cscan_index(const uint8_t *_Nonnull bytes, size_t count, uint8_t delimiter,
                          uint8_t quote, uint32_t *_Nonnull ends, uint32_t *_Nonnull records);

/// Turns `count` fields into doubles, up to the first that is no finite number, without spaces, by
/// itself; returns how many were done. Quotes around a number do not count.
///
/// The first field starts at `start`; field i ends at `ends[i]`. Bytes may be read up to `limit`. With
/// `refuses_codes` a number that starts with a zero and another digit is none.
size_t cnumbers_fields(const uint8_t *_Nonnull bytes, size_t limit, size_t start,
                       const uint32_t *_Nonnull ends, size_t count, uint8_t quote,
                       int refuses_codes, double *_Nonnull values);

#ifdef __cplusplus
}
#endif
#endif
