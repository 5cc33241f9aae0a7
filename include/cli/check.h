/* The command `otterd check`. */
#ifndef OTTERD_CLI_CHECK_H
#define OTTERD_CLI_CHECK_H

/* Returns the exit status. */
int check_main(int argc, char **argv);

#endif
