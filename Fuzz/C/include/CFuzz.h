// What is C in the fuzzers: libFuzzer's entry; standard input and standard output that are memory, so that a run costs
// no system call; what a number is, read as plainly as can be; and a bound on processor time.
//
// The linker is told to call these in place of read, lseek, fstat, poll and write (`--wrap`); all other
// descriptors go to the system.
#ifndef CFUZZ_H
#define CFUZZ_H

#include <stddef.h>
#include <stdint.h>

/// How standard input gives its bytes.
typedef struct {
  /// At most so many bytes a read; 0 for as many as asked for.
  size_t chunk;
  /// Whether it is a pipe.
  int is_pipe;
  /// Bit i is set where a pipe has nothing to read yet after read i, counted modulo 8.
  uint8_t pauses;
} memory_manner_t;

/// Has standard input give `count` bytes, which must stay where they are.
void memory_set_input(const uint8_t *_Nullable bytes, size_t count, memory_manner_t manner);

/// Forgets what was written to standard output.
void memory_clear_output(void);

/// What was written to standard output since it was cleared.
const uint8_t *_Nullable memory_output(size_t *_Nonnull count);

/// What a cell says by the grammar that the guide tells.
typedef enum {
  SPELLING_NUMBER,
  SPELLING_EMPTY,
  SPELLING_TEXT,
  /// An infinity by name, or a number beyond the range of a double.
  SPELLING_NOT_FINITE,
} spelling_t;

/// What the cell says, spaces around it not counted; `value` takes what strtod makes of a number. At most 4096 bytes.
spelling_t spelling_of(const uint8_t *_Nonnull cell, size_t count, double *_Nonnull value);

/// How many bytes at the start are [+|-] digits [. digits] [(e|E) [+|-] digits], with a digit before the exponent; 0 if
/// there is no such number.
size_t spelling_decimal(const uint8_t *_Nonnull text, size_t count);

/// Aborts unless it is called again before the process has taken so many seconds of processor time; never for 0. How
/// busy the machine is does not count, as it does for libFuzzer's own limit.
void bound_processor_time(int seconds);

/// Runs libFuzzer as its options say. `take` tries one input: 0, or -1 for one not worth keeping.
int LLVMFuzzerRunDriver(int *_Nonnull count, char *_Nullable *_Nonnull *_Nonnull arguments,
                        int (*_Nonnull take)(const uint8_t *_Nullable data, size_t size));

#endif
