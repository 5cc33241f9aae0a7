#include "http/auth.h"

#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>

#include "base/digest.h"

enum { TOKEN_MAX = 256 }; /* bytes; ours have 50 */

struct search {
	struct digest hash;
	bool found;
	struct token_row row;
};

static bool compare(void *arg, const struct token_row *row)
{
	struct search *search = arg;

	if (CRYPTO_memcmp(row->hash.bytes, search->hash.bytes, DIGEST_SIZE) ==
	    0) {
		search->found = true;
		search->row = *row;
	}
	return true;
}

bool auth_check(struct db *db, const char *authorization, struct ident *who,
		enum role *role, struct err *err)
{
	static const char scheme[] = "Bearer ";
	struct search search = {0};
	const char *token;

	if (!authorization)
		return err_set(err, ERR_DENIED,
			       "this needs an Authorization: Bearer header "
			       "with a token of `otterd token add`");
	if (strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0)
		return err_set(err, ERR_DENIED,
			       "the Authorization header is not of the form "
			       "'Bearer TOKEN'");
	token = authorization + sizeof(scheme) - 1;
	if (strlen(token) > TOKEN_MAX)
		return err_set(err, ERR_DENIED, "the token is not known");
	if (!digest_of(&search.hash, token, strlen(token)))
		return err_openssl(err, ERR_SYSTEM, "token");
	if (!token_list(db, compare, &search, err))
		return false;
	if (!search.found)
		return err_set(err, ERR_DENIED, "the token is not known");
	*who = search.row.name;
	*role = search.row.role;
	return true;
}
