// Versions of a function for wider registers, chosen at load time where the platform can.
#ifndef WIDE_H
#define WIDE_H

#if defined(__x86_64__) && defined(__linux__)
#define WIDE __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define WIDE
#endif

#endif
