/* The command `otterd probe`. */
#ifndef OTTERD_CLI_PROBE_H
#define OTTERD_CLI_PROBE_H

/* Returns the exit status. */
int probe_main(int argc, char **argv);

#endif
