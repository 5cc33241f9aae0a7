/* The command `otterd pki`. */
#ifndef OTTERD_CLI_PKI_H
#define OTTERD_CLI_PKI_H

/* Returns the exit status. */
int pki_main(int argc, char **argv);

#endif
