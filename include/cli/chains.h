/* chains - the command `otterd chains`. */
#ifndef OTTERD_CLI_CHAINS_H
#define OTTERD_CLI_CHAINS_H

int chains_main(int argc, char **argv);

#endif
