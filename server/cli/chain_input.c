#include "cli/chain_input.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "pki/key.h"

static bool parties_new(struct parties *parties, size_t max, struct err *err)
{
	parties->list = calloc(max, sizeof(*parties->list));
	return parties->list || err_memory(err);
}

static void parties_drop(struct parties *parties)
{
	for (size_t i = 0; i < parties->count; i++) {
		free(parties->list[i].name);
		X509_free(parties->list[i].certificate);
	}
	free(parties->list);
}

/* A file's name may be anything, but is shown. */
static bool parties_add(struct parties *parties, const char *name,
			X509 *certificate, bool checks_time, struct err *err)
{
	struct party *party = &parties->list[parties->count];

	party->name = strdup(name);
	if (!party->name)
		return err_memory(err);
	utf8_mend(party->name);
	X509_up_ref(certificate);
	party->certificate = certificate;
	party->checks_time = checks_time;
	parties->count++;
	return true;
}

static bool add_anchor_file(struct chain_input *input, const char *path,
			    bool checks_time, struct err *err)
{
	STACK_OF(X509) * list;
	bool ok;

	if (!key_read_certificates(&list, path, err))
		return false;
	ok = sk_X509_num(list) == 1
		     ? parties_add(&input->anchors, path,
				   sk_X509_value(list, 0), checks_time, err)
		     : err_set(err, ERR_INVALID,
			       "%s: got %d certificates, wanted one: an anchor "
			       "is what a device trusts, not a chain",
			       path, sk_X509_num(list));
	sk_X509_pop_free(list, X509_free);
	return ok;
}

/* What stands behind the leaf is what its CA sent along. */
static bool add_leaf_file(struct chain_input *input, const char *path,
			  struct err *err)
{
	STACK_OF(X509) * list;
	bool ok;

	if (!key_read_certificates(&list, path, err))
		return false;
	ok = parties_add(&input->leaves, path, sk_X509_value(list, 0), false,
			 err);
	for (int i = 1; ok && i < sk_X509_num(list); i++)
		ok = pool_add(input->pool, sk_X509_value(list, i), err);
	sk_X509_pop_free(list, X509_free);
	return ok;
}

static bool add_anchors(struct chain_input *input,
			const struct chain_wanted *wanted, struct err *err)
{
	const struct args_list *files = &wanted->anchors;
	size_t count =
		files->count ? files->count : input->config->anchor_count;

	if (!count)
		return err_set(err, ERR_INVALID,
			       "%s: tls.anchors is empty, so give one with "
			       "--anchor",
			       input->config->path);
	if (!parties_new(&input->anchors, count, err))
		return false;
	for (size_t i = 0; i < files->count; i++) {
		if (!add_anchor_file(input, files->texts[i],
				     !wanted->ignore_time, err))
			return false;
	}
	for (size_t i = 0; !files->count && i < count; i++) {
		const struct anchor *from = &input->tls.anchors[i];

		if (!parties_add(&input->anchors, from->name, from->certificate,
				 from->checks_time && !wanted->ignore_time,
				 err))
			return false;
	}
	return true;
}

static bool add_leaves(struct chain_input *input,
		       const struct chain_wanted *wanted, struct err *err)
{
	const struct args_list *files = &wanted->leaves;
	size_t count =
		files->count ? files->count : input->config->certificate_count;

	if (!parties_new(&input->leaves, count, err))
		return false;
	for (size_t i = 0; i < files->count; i++) {
		if (!add_leaf_file(input, files->texts[i], err))
			return false;
	}
	for (size_t i = 0; !files->count && i < count; i++) {
		const struct tls_certificate *from =
			&input->tls.certificates[i];

		if (!parties_add(&input->leaves, from->name,
				 sk_X509_value(from->chain, 0), false, err))
			return false;
	}
	return true;
}

/* Something was asked of the command line alone, but not enough was given. */
static bool check_given(const struct chain_wanted *wanted, struct err *err)
{
	const char *missing = wanted->anchors.count  ? "--leaf"
			      : wanted->leaves.count ? "--anchor"
						     : "--anchor and --leaf";

	if (wanted->config || access(CONFIG_DEFAULT_PATH, F_OK) == 0 ||
	    (!wanted->anchors.count && !wanted->leaves.count &&
	     !wanted->pool.count))
		return true;
	return err_set(err, ERR_INVALID,
		       "give %s, or a configuration with -c: there is no %s",
		       missing, CONFIG_DEFAULT_PATH);
}

/* What is not given on the command line is the configuration's. */
static bool load_config(struct chain_input *input,
			const struct chain_wanted *wanted, struct err *err)
{
	const char *path =
		wanted->config ? wanted->config : CONFIG_DEFAULT_PATH;

	if (!wanted->config && wanted->anchors.count && wanted->leaves.count) {
		if (!pool_new(&input->own_pool, err))
			return false;
		input->pool = input->own_pool;
		return true;
	}
	if (!check_given(wanted, err) ||
	    !config_load(&input->config, path, err) ||
	    !site_tls_read(&input->tls, input->config, err))
		return false;
	input->pool = input->tls.pool;
	return true;
}

bool chain_input_load(struct chain_input *input,
		      const struct chain_wanted *wanted, struct err *err)
{
	if (!load_config(input, wanted, err))
		return false;
	for (size_t i = 0; i < wanted->pool.count; i++) {
		if (!pool_add_path(input->pool, wanted->pool.texts[i], err))
			return false;
	}
	return add_anchors(input, wanted, err) &&
	       add_leaves(input, wanted, err);
}

void chain_input_drop(struct chain_input *input)
{
	parties_drop(&input->anchors);
	parties_drop(&input->leaves);
	pool_free(input->own_pool);
	site_tls_drop(&input->tls);
	config_free(input->config);
}
