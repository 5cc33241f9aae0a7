/* otterd - what this program is. */
#ifndef OTTERD_OTTERD_H
#define OTTERD_OTTERD_H

#define OTTERD_VERSION "0.1.0"

#endif
