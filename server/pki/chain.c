#include "pki/chain.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "pki/certificate.h"

/* Signatures to check for one chain, so that no pool keeps us for minutes. */
enum { SIGNATURES_MAX = 4 * POOL_MAX };

/* What speaks against a link; the first that differs decides. */
enum {
	COST_REVOKED,
	COST_WEAK,
	COST_LENGTH,
	COST_EXPIRED, /* or not valid yet */
	COST_AGE,     /* issued so long before 1970, seconds */
	COST_KINDS
};

/* The cheapest way from the leaf up to a certificate. */
struct path {
	const struct node *top;	  /* NULL: there is none */
	const struct path *below; /* NULL: the top is the leaf */
	int64_t cost[COST_KINDS];
};

/* A certificate; all from `reached` on is worked out when it is met. */
struct node {
	X509 *certificate;
	struct digest key; /* of the SubjectPublicKeyInfo */
	struct digest fingerprint;
	size_t next; /* where the next name or key begins in the order */
	bool reached;
	bool usable; /* as a link */
	bool self_issued;
	bool ends; /* the anchor signed it */
	int64_t cost[COST_KINDS];
	/*
	 * Where those begin in the pool's order that hold a key which signed
	 * it and have its issuer's name.
	 */
	size_t *issuers;
	size_t issuer_count;
	/*
	 * By the links below the anchor, the leaf not counted, and by how
	 * many of them are not self-issued, which is what pathLenConstraint
	 * counts (RFC 5280 section 4.2.1.9).
	 */
	struct path (*paths)[CHAIN_MAX];
};

struct search {
	const struct pool *pool;
	const struct anchor *anchor;
	int64_t now;
	bool checks_time;
	struct node leaf;
	struct node *nodes; /* the pool by subject, key, fingerprint */
	size_t count;
	struct node **reached; /* the leaf first */
	size_t reached_count;
	unsigned int signatures; /* checked so far */
};

/* ---- the pool in order -------------------------------------------------- */

static bool digest_key(X509 *c, struct digest *digest)
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c), &der);
	bool ok = len > 0 && digest_of(digest, der, (size_t)len);

	OPENSSL_free(der);
	return ok;
}

static int compare_nodes(const void *one, const void *other)
{
	const struct node *a = one, *b = other;
	int order = X509_NAME_cmp(X509_get_subject_name(a->certificate),
				  X509_get_subject_name(b->certificate));

	if (!order)
		order = memcmp(a->key.bytes, b->key.bytes, DIGEST_SIZE);
	if (!order)
		order = memcmp(a->fingerprint.bytes, b->fingerprint.bytes,
			       DIGEST_SIZE);
	return order;
}

static bool is_same_holder(const struct node *a, const struct node *b)
{
	return digest_equal(&a->key, &b->key) &&
	       X509_NAME_cmp(X509_get_subject_name(a->certificate),
			     X509_get_subject_name(b->certificate)) == 0;
}

static bool load_pool(struct search *s, struct err *err)
{
	s->nodes = calloc(pool_count(s->pool) + 1, sizeof(*s->nodes));
	s->reached = calloc(pool_count(s->pool) + 1, sizeof(*s->reached));
	if (!s->nodes || !s->reached)
		return err_memory(err);
	for (size_t i = 0; i < pool_count(s->pool); i++) {
		struct node *node = &s->nodes[s->count++];

		node->certificate = pool_at(s->pool, i);
		if (!digest_key(node->certificate, &node->key) ||
		    !certificate_fingerprint(node->certificate,
					     &node->fingerprint))
			return err_openssl(err, ERR_SYSTEM, "SHA-256");
	}
	qsort(s->nodes, s->count, sizeof(*s->nodes), compare_nodes);
	for (size_t i = s->count; i-- > 0;) {
		struct node *node = &s->nodes[i];

		node->next = i + 1;
		if (i + 1 < s->count && is_same_holder(node, node + 1))
			node->next = node[1].next;
	}
	return true;
}

static void search_free(struct search *s)
{
	for (size_t i = 0; i < s->reached_count; i++) {
		free(s->reached[i]->issuers);
		free(s->reached[i]->paths);
	}
	free(s->reached);
	free(s->nodes);
}

/* The first of the pool whose subject is `name` or comes after it. */
static size_t first_named(const struct search *s, const X509_NAME *name)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		X509 *c = s->nodes[mid].certificate;

		if (X509_NAME_cmp(X509_get_subject_name(c), name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* ---- meeting a certificate ---------------------------------------------- */

static bool check_signature(struct search *s, X509 *c, X509 *issuer, bool *good,
			    struct err *err)
{
	char name[CERTIFICATE_NAME_SIZE];

	*good = false;
	if (X509_NAME_cmp(X509_get_issuer_name(c),
			  X509_get_subject_name(issuer)) != 0)
		return true;
	if (++s->signatures > SIGNATURES_MAX) {
		certificate_subject(issuer, name);
		return err_set(err, ERR_TOO_LARGE,
			       "more than %d signatures to check: too many "
			       "keys in the pool have the name %s",
			       SIGNATURES_MAX, name);
	}
	*good = certificate_signed_by(c, issuer);
	return true;
}

static bool find_issuers(struct search *s, struct node *node, struct err *err)
{
	const X509_NAME *name = X509_get_issuer_name(node->certificate);
	size_t *issuers;
	bool good;

	for (size_t i = first_named(s, name); i < s->count;
	     i = s->nodes[i].next) {
		X509 *issuer = s->nodes[i].certificate;

		if (X509_NAME_cmp(X509_get_subject_name(issuer), name) != 0)
			break;
		if (!check_signature(s, node->certificate, issuer, &good, err))
			return false;
		if (!good)
			continue;
		issuers = realloc(node->issuers,
				  (node->issuer_count + 1) * sizeof(*issuers));
		if (!issuers)
			return err_memory(err);
		issuers[node->issuer_count++] = i;
		node->issuers = issuers;
	}
	return true;
}

/* A device takes the CA flag of a version 1 certificate for granted. */
static bool anchor_may_sign(const struct anchor *anchor)
{
	return X509_get_version(anchor->certificate) < X509_VERSION_3 ||
	       certificate_is_ca(anchor->certificate);
}

/* Is it known who signed it, and has the anchor? */
static bool find_signers(struct search *s, struct node *node, struct err *err)
{
	node->paths = calloc(CHAIN_MAX, sizeof(*node->paths));
	if (!node->paths)
		return err_memory(err);
	if (anchor_may_sign(s->anchor) &&
	    !check_signature(s, node->certificate, s->anchor->certificate,
			     &node->ends, err))
		return false;
	return find_issuers(s, node, err);
}

static void weigh(const struct search *s, struct node *node)
{
	X509 *c = node->certificate;

	node->cost[COST_REVOKED] = pool_revoked(s->pool, c);
	node->cost[COST_WEAK] = certificate_weakness(c, NULL) != NULL;
	node->cost[COST_LENGTH] = 1;
	node->cost[COST_EXPIRED] = !certificate_valid_at(c, s->now);
	node->cost[COST_AGE] = -certificate_not_before(c);
}

/*
 * Learn of a certificate what the search needs, once.  Nobody needs to know
 * whether it is self-signed: whoever signed it then has its key and signed
 * what stands below it too, so that the cheapest path leaves it out.
 */
static bool reach(struct search *s, struct node *node, struct err *err)
{
	X509 *c = node->certificate;

	if (node->reached)
		return true;
	node->reached = true;
	s->reached[s->reached_count++] = node;
	node->self_issued = certificate_self_issued(c);
	if (!certificate_is_ca(c) ||
	    (s->checks_time && !certificate_valid_at(c, s->now)))
		return true;
	node->usable = true;
	weigh(s, node);
	return find_signers(s, node, err);
}

/* ---- the search --------------------------------------------------------- */

static bool is_cheaper(const struct path *a, const struct path *b)
{
	int i = 0;

	if (!b->top)
		return true;
	while (i < COST_KINDS - 1 && a->cost[i] == b->cost[i])
		i++;
	return a->cost[i] < b->cost[i];
}

/* `counted` links that are not self-issued stand below it. */
static bool bears(X509 *issuer, size_t counted)
{
	long most = certificate_path_length(issuer);

	return most < 0 || counted <= (size_t)most;
}

/* One link more, on top of a path that has reached its place for good. */
static bool extend(struct search *s, const struct path *below, size_t links,
		   size_t counted, struct node *node, struct err *err)
{
	struct path longer = {.top = node, .below = below};
	struct path *path;

	if (!reach(s, node, err))
		return false;
	if (!node->usable || !bears(node->certificate, counted))
		return true;
	for (int i = 0; i < COST_KINDS; i++)
		longer.cost[i] = below->cost[i] + node->cost[i];
	path = &node->paths[links + 1][counted + !node->self_issued];
	if (is_cheaper(&longer, path))
		*path = longer;
	return true;
}

static bool extend_all(struct search *s, const struct path *path, size_t links,
		       size_t counted, struct err *err)
{
	const struct node *top = path->top;

	for (size_t i = 0; i < top->issuer_count; i++) {
		size_t k = top->issuers[i], end = s->nodes[k].next;

		for (; k < end; k++) {
			if (!extend(s, path, links, counted, &s->nodes[k], err))
				return false;
		}
	}
	return true;
}

/*
 * Take the paths of `links` links: remember the cheapest that ends here, and
 * extend all.  Cheaper ones never come later, as each link costs its own
 * whatever is below; equal ones are taken in the order of the nodes.
 */
static bool advance(struct search *s, size_t links, const struct path **best,
		    struct err *err)
{
	size_t count = s->reached_count;

	for (size_t i = 0; i < count; i++) {
		const struct node *node = s->reached[i];

		for (size_t c = 0; node->paths && c <= links; c++) {
			const struct path *path = &node->paths[links][c];

			if (!path->top)
				continue;
			if (node->ends && bears(s->anchor->certificate, c) &&
			    (!*best || is_cheaper(path, *best)))
				*best = path;
			if (links + 1 < CHAIN_MAX &&
			    !extend_all(s, path, links, c, err))
				return false;
		}
	}
	return true;
}

/* *best stays NULL when there is no path. */
static bool search(struct search *s, X509 *leaf, const struct path **best,
		   struct err *err)
{
	*best = NULL;
	if (!load_pool(s, err))
		return false;
	s->leaf.certificate = leaf;
	s->leaf.reached = true;
	s->reached[s->reached_count++] = &s->leaf;
	if (!find_signers(s, &s->leaf, err))
		return false;
	s->leaf.paths[0][0].top = &s->leaf;
	for (size_t links = 0; links < CHAIN_MAX; links++) {
		if (!advance(s, links, best, err))
			return false;
	}
	return true;
}

/* ---- the answer --------------------------------------------------------- */

/* The path leaf first; certificates are counted up. */
static bool write_path(STACK_OF(X509) * *out, const struct path *path,
		       struct err *err)
{
	STACK_OF(X509) *chain = sk_X509_new_null();

	for (; chain && path; path = path->below) {
		X509 *c = path->top->certificate;

		X509_up_ref(c);
		if (sk_X509_unshift(chain, c) > 0)
			continue;
		X509_free(c);
		sk_X509_pop_free(chain, X509_free);
		chain = NULL;
	}
	*out = chain;
	return chain || err_memory(err);
}

/* *out stays NULL when there is no path. */
static bool find(STACK_OF(X509) * *out, X509 *leaf, const struct pool *pool,
		 const struct anchor *anchor, bool checks_time, int64_t now,
		 struct err *err)
{
	struct search s = {.pool = pool,
			   .anchor = anchor,
			   .now = now,
			   .checks_time = checks_time};
	const struct path *best;
	bool ok;

	ok = search(&s, leaf, &best, err) &&
	     (!best || write_path(out, best, err));
	search_free(&s);
	return ok;
}

/* Name the first link that is not valid, or that there is no path at all. */
static bool refuse(const STACK_OF(X509) * chain, X509 *leaf,
		   const struct anchor *anchor, int64_t now, struct err *err)
{
	char name[CERTIFICATE_NAME_SIZE], when[CLOCK_TEXT_SIZE];

	for (int i = 0; i < sk_X509_num(chain); i++) {
		X509 *c = sk_X509_value(chain, i);
		bool early = now < certificate_not_before(c);

		if (certificate_valid_at(c, now))
			continue;
		certificate_subject(c, name);
		clock_rfc3339(early ? certificate_not_before(c)
				    : certificate_not_after(c),
			      when);
		return err_set(err, ERR_NOT_FOUND,
			       "no chain to the anchor %s is valid in time: %s "
			       "%s %s",
			       anchor->name, name,
			       early ? "begins on" : "expired on", when);
	}
	certificate_subject(leaf, name);
	return err_set(err, ERR_NOT_FOUND,
		       "no chain leads from %s to the anchor %s", name,
		       anchor->name);
}

static bool leaf_alone(STACK_OF(X509) * *out, X509 *leaf, struct err *err)
{
	const struct node node = {.certificate = leaf};
	const struct path path = {.top = &node};

	return write_path(out, &path, err);
}

/* As mbedTLS trusts the certificate of a server: only self-issued ones. */
static bool is_the_anchor(X509 *leaf, const struct anchor *anchor)
{
	return certificate_self_issued(leaf) &&
	       certificate_equal(leaf, anchor->certificate);
}

/* As BearSSL trusts it: by its subject and key, when it is no CA. */
static bool is_directly_trusted(X509 *leaf, const struct anchor *anchor)
{
	return !certificate_is_ca(anchor->certificate) &&
	       certificate_same_holder(leaf, anchor->certificate);
}

/* The chain regardless of dates when `checks_time` is false. */
static bool build(STACK_OF(X509) * *out, X509 *leaf, const struct pool *pool,
		  const struct anchor *anchor, bool checks_time, int64_t now,
		  struct err *err)
{
	*out = NULL;
	if (checks_time && !certificate_valid_at(leaf, now))
		return true;
	if (is_the_anchor(leaf, anchor))
		return leaf_alone(out, leaf, err);
	if (!find(out, leaf, pool, anchor, checks_time, now, err))
		return false;
	if (*out || !is_directly_trusted(leaf, anchor))
		return true;
	return leaf_alone(out, leaf, err);
}

bool chain_build(STACK_OF(X509) * *out, X509 *leaf, const struct pool *pool,
		 const struct anchor *anchor, int64_t now, struct err *err)
{
	STACK_OF(X509) *expired = NULL;

	if (!build(out, leaf, pool, anchor, anchor->checks_time, now, err))
		return false;
	if (*out)
		return true;
	if (anchor->checks_time &&
	    !build(&expired, leaf, pool, anchor, false, now, err))
		return false;
	refuse(expired, leaf, anchor, now, err);
	sk_X509_pop_free(expired, X509_free);
	return false;
}
