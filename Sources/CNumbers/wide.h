// Where the platform can choose at load time, AVX2 and AVX-512 versions of a function are built beside
// the plain one.
#ifndef WIDE_H
#define WIDE_H

#if defined(__x86_64__) && defined(__linux__)
#define WIDE __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define WIDE
#endif

#endif
