/// Removes all files that are remembered; may be called in a signal handler.
void ctraps_remove_files(void);

/// Whether signals are handled at all.
extern int ctraps_is_installed;
