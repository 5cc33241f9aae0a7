/* input - the image a command works on. */
#ifndef OTTERD_CLI_INPUT_H
#define OTTERD_CLI_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Open a regular file that is not empty; the caller closes *fd, which is -1
 * on failure.
 */
bool input_open(int *fd, uint64_t *size, const char *path, struct err *err);

#endif
