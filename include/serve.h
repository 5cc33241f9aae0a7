/* serve - the daemon. */
#ifndef OTTERD_SERVE_H
#define OTTERD_SERVE_H

/* The command `otterd serve`; returns the exit status. */
int serve_main(int argc, char **argv);

#endif
