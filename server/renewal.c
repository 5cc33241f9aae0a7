#include "renewal.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "pki/pool.h"

/* What stat(2) says of a file, whatever lies behind symbolic links. */
static bool note_file(struct strbuf *state, const char *path, struct stat *st)
{
	if (stat(path, st) < 0) {
		strbuf_printf(state, "%s: none\n", path);
		return false;
	}
	strbuf_printf(state, "%s: %ju %ju %jd %jd.%09ld %jd.%09ld\n", path,
		      (uintmax_t)st->st_dev, (uintmax_t)st->st_ino,
		      (intmax_t)st->st_size, (intmax_t)st->st_mtim.tv_sec,
		      st->st_mtim.tv_nsec, (intmax_t)st->st_ctim.tv_sec,
		      st->st_ctim.tv_nsec);
	return true;
}

/* The same of all that is in a folder; the order does not matter much, since
 * a folder that has not changed is read in the same one. */
static void note_tree(struct strbuf *state, const char *path, int depth)
{
	struct dirent *entry;
	struct stat st;
	DIR *dir;

	if (!note_file(state, path, &st) || !S_ISDIR(st.st_mode) ||
	    depth > POOL_DEPTH_MAX)
		return;
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		struct strbuf below = {0};

		if (entry->d_name[0] == '.')
			continue;
		strbuf_printf(&below, "%s/%s", path, entry->d_name);
		if (below.data)
			note_tree(state, below.data, depth + 1);
		strbuf_free(&below);
	}
	if (dir)
		closedir(dir);
}

/* False when out of memory. */
static bool read_state(struct digest *out, const struct config *config)
{
	struct strbuf state = {0};
	struct stat st;
	bool ok;

	for (size_t i = 0; i < config->certificate_count; i++) {
		note_file(&state, config->certificates[i].file, &st);
		note_file(&state, config->certificates[i].key, &st);
	}
	for (size_t i = 0; i < config->anchor_count; i++)
		note_file(&state, config->anchors[i].file, &st);
	for (size_t i = 0; i < config->pool_count; i++)
		note_tree(&state, config->pool[i], 0);
	ok = !state.failed && state.data &&
	     digest_of(out, state.data, state.len);
	strbuf_free(&state);
	return ok;
}

void renewal_take(struct renewal *renewal, const struct config *config)
{
	if (read_state(&renewal->taken, config))
		renewal->seen = renewal->taken;
}

bool renewal_look(struct renewal *renewal, const struct config *config)
{
	struct digest now;
	bool settled;

	if (!read_state(&now, config))
		return false;
	settled = digest_equal(&now, &renewal->seen);
	renewal->seen = now;
	if (!settled || digest_equal(&now, &renewal->taken))
		return false;
	renewal->taken = now;
	return true;
}
