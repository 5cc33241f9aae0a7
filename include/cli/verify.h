/* The command `otterd verify`. */
#ifndef OTTERD_CLI_VERIFY_H
#define OTTERD_CLI_VERIFY_H

/* Returns the exit status. */
int verify_main(int argc, char **argv);

#endif
