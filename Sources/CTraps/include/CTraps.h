// What the program does when it must end at once: at a fault of its own it says so in one line and ends with
// status 70; at a signal that ends it, as it would without this. In either case files that are not yet to be seen go.
#ifndef CTRAPS_H
#define CTRAPS_H

#ifdef __cplusplus
extern "C" {
#endif

/// For a whole program; a library leaves signals alone.
///
/// - Parameter program: name and version, for the line.
void ctraps_install(const char *_Nonnull program);

/// Has a file removed when the program ends at once.
///
/// - Returns: what ``ctraps_forget`` takes; -1 where nothing was remembered.
int ctraps_remember(const char *_Nonnull path);
void ctraps_forget(int place);

#ifdef __cplusplus
}
#endif
#endif
