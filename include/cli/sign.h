/* The command `otterd sign`. */
#ifndef OTTERD_CLI_SIGN_H
#define OTTERD_CLI_SIGN_H

/* Returns the exit status. */
int sign_main(int argc, char **argv);

#endif
