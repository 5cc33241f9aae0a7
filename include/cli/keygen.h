/* The command `otterd keygen`. */
#ifndef OTTERD_CLI_KEYGEN_H
#define OTTERD_CLI_KEYGEN_H

/* Returns the exit status. */
int keygen_main(int argc, char **argv);

#endif
