/* The command `otterd db`. */
#ifndef OTTERD_CLI_DB_H
#define OTTERD_CLI_DB_H

/* Returns the exit status. */
int db_main(int argc, char **argv);

#endif
