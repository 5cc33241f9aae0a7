/*
 * pki_files - the files of a directory that `otterd pki` makes: an authority,
 * its server certificates, and what to do with them.
 */
#ifndef OTTERD_CLI_PKI_FILES_H
#define OTTERD_CLI_PKI_FILES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "pki/authority.h"

enum { PKI_FILES_MAX = 8 };

struct pki_file {
	const char *name;
	mode_t mode;
	char *data;
	size_t len;
};

struct pki_files {
	struct pki_file files[PKI_FILES_MAX];
	size_t count;
};

/*
 * The absolute path of a directory that need not be there yet, but whose
 * parent must.
 */
bool pki_files_resolve(char path[static PATH_MAX], const char *dir,
		       struct err *err);

/*
 * Append one file: a private key, a certificate, the certificate as C source
 * or the section `tls` of otterd.yaml for the files in `dir`, which
 * is absolute; ERR_INVALID when YAML could not hold that.  A name is borrowed
 * and lasts.
 */
bool pki_files_add_key(struct pki_files *set, const char *name, EVP_PKEY *key,
		       struct err *err);
bool pki_files_add_certificate(struct pki_files *set, const char *name,
			       X509 *certificate, struct err *err);
bool pki_files_add_source(struct pki_files *set, const char *name,
			  X509 *certificate, struct err *err);
bool pki_files_add_config(struct pki_files *set, const char *name,
			  const char *dir, const struct host *hosts,
			  size_t count, struct err *err);

/*
 * Put the files into a new directory for its owner only, which is there whole
 * or not at all.  ERR_CONFLICT when there is something that is no empty
 * directory.
 */
bool pki_files_create(const struct pki_files *set, const char *dir,
		      struct err *err);

/*
 * Replace the files in a directory, in this order and as close together as
 * can be; owner, group and mode of those that are there stay.  When one
 * cannot be written, none is replaced.
 */
bool pki_files_replace(const struct pki_files *set, const char *dir,
		       struct err *err);

/* Also wipes what they hold. */
void pki_files_free(struct pki_files *set);

#endif
