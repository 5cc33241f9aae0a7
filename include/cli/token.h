/* The command `otterd token`. */
#ifndef OTTERD_CLI_TOKEN_H
#define OTTERD_CLI_TOKEN_H

/* Returns the exit status. */
int token_main(int argc, char **argv);

#endif
