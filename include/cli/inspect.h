/* The command `otterd inspect`. */
#ifndef OTTERD_CLI_INSPECT_H
#define OTTERD_CLI_INSPECT_H

/* Returns the exit status. */
int inspect_main(int argc, char **argv);

#endif
