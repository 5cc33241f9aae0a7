/* The command `otterd fingerprint`. */
#ifndef OTTERD_CLI_FINGERPRINT_H
#define OTTERD_CLI_FINGERPRINT_H

/* Returns the exit status. */
int fingerprint_main(int argc, char **argv);

#endif
