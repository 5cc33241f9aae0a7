#include "daemon.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/chores.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"
#include "config.h"
#include "control.h"
#include "http/app.h"
#include "image/blob.h"
#include "ledger.h"
#include "listeners.h"
#include "pki/judge.h"
#include "renewal.h"
#include "site.h"
#include "store/catalog.h"
#include "store/db.h"
#include "store/writer.h"
#include "tls/sources.h"
#include "worker.h"

enum {
	WORKERS_MAX = 64,
	ACTIVATED_MAX = 16, /* sockets that systemd may hand over */
	GATHER_MS = 5,	    /* a check-in waits so long for others */
	LOOK_MS = 2 * 1000, /* between two looks at the certificates */
	JUDGE_MS = 24 * 60 * 60 * 1000,
	HANG_MS = 10 * 1000,  /* a loop that is silent so long hangs */
	CONNECTION_FILES = 4, /* descriptors of one that fetches an image: its
				 socket, the pair behind it, the file */
	WORKER_FILES = 32,    /* of a worker: listeners, database, epolls */
	OWN_FILES = 64	      /* of all the rest */
};

/*
 * The site in force is the current view's.  `config` is a borrowed look into
 * it, and replaced with it.
 */
struct daemon {
	char *path;
	char *data_dir; /* cannot change while running */
	const struct config *config;
	const struct loaded_site *loaded; /* likewise */
	uint64_t next_judging;		  /* ms: when to say again how its
					     chains are */
	struct renewal renewal;		  /* of the files that config names */
	struct metric *refused; /* what the files hold now is not in force */
	uint64_t next_look;	/* ms: when to look at them again */
	struct app app;
	int lock;      /* or -1 */
	struct db *db; /* the main thread's reader */
	struct tls_sources *sources;
	struct ledger *ledger;
	struct control *control;
	struct worker *workers[WORKERS_MAX];
	size_t worker_count;
	int activated[ACTIVATED_MAX];
	size_t activated_count;
};

/* ---- from the configuration --------------------------------------------- */

static unsigned int ms(int64_t seconds)
{
	return (unsigned int)(seconds * 1000);
}

static struct worker_settings settings_for(const struct loaded_site *loaded)
{
	const struct config_limits *limits = &site_config(loaded)->limits;
	struct worker_settings settings = {.profiles = site_profiles(loaded)};

	settings.limits.handshake_ms = ms(limits->handshake_timeout);
	settings.limits.head_ms = ms(limits->head_timeout);
	settings.limits.idle_ms = ms(limits->idle_timeout);
	settings.limits.stall_ms = ms(limits->stall_timeout);
	settings.limits.min_rate = (unsigned int)limits->min_rate;
	return settings;
}

static size_t wanted_workers(const struct config *config)
{
	cpu_set_t cpus;
	int64_t count = config->workers;

	if (!count && sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		count = CPU_COUNT(&cpus);
	if (count < 1)
		count = 1;
	return count < WORKERS_MAX ? (size_t)count : WORKERS_MAX;
}

/*
 * As many connections as can be served at once.  One more is better closed
 * before its handshake than a request in the middle of an update.
 */
static unsigned int max_connections(const struct config *config)
{
	rlim_t own = OWN_FILES + wanted_workers(config) * WORKER_FILES;
	rlim_t wanted = (rlim_t)config->limits.max_connections, most;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
	    limit.rlim_cur == RLIM_INFINITY)
		return (unsigned int)wanted;
	most = limit.rlim_cur > own + CONNECTION_FILES
		       ? (limit.rlim_cur - own) / CONNECTION_FILES
		       : 1;
	if (wanted <= most)
		return (unsigned int)wanted;
	log_event(LOG_WARN, "limits",
		  "max_connections is %llu, but %llu descriptors are enough "
		  "for %llu only",
		  (unsigned long long)wanted,
		  (unsigned long long)limit.rlim_cur, (unsigned long long)most);
	return (unsigned int)most;
}

static void apply_limits(struct daemon *d, const struct config *config)
{
	tls_sources_limit(
		d->sources,
		(unsigned int)config->limits.max_connections_per_source,
		max_connections(config));
}

static struct writer_options writer_options(const struct config *config)
{
	return (struct writer_options){.gather_ms = GATHER_MS,
				       .keep_checkins = config->keep_checkins};
}

/* What there is to say of the chains, when they are built and once a day. */
static void log_finding(void *arg, const struct finding *finding)
{
	static const enum log_level levels[] = {[FINDING_NOTE] = LOG_FINE,
						[FINDING_WARNING] = LOG_WARN,
						[FINDING_ERROR] = LOG_ERROR};
	const struct presentation *presentation = arg;

	log_event(levels[finding->level], "chains", "profile %s: %s",
		  presentation->profile, finding->text);
}

static void log_findings(struct daemon *d)
{
	for (size_t i = 0; i < d->config->profile_count; i++) {
		struct presentation what = site_presentations(d->loaded)[i];

		judge(&what, site_pool(d->loaded), clock_utc(), log_finding,
		      &what);
	}
	d->next_judging = clock_ms() + JUDGE_MS;
}

/* ---- starting ----------------------------------------------------------- */

/* Images whose row was never committed are not kept. */
struct sweep {
	struct db *db;
	struct err *err;
	bool failed;
};

static bool has_row(void *arg, const struct digest *id)
{
	struct sweep *sweep = arg;
	char name[DIGEST_HEX_SIZE];
	bool exists = true;

	if (!sweep->failed &&
	    !image_exists(sweep->db, id, &exists, sweep->err)) {
		sweep->failed = true;
		return true;
	}
	if (!exists) {
		digest_hex(id, name);
		log_event(LOG_WARN, "images", "%s: no product has it, removed",
			  name);
	}
	return exists;
}

static bool sweep_images(struct daemon *d, struct err *err)
{
	struct sweep sweep = {.db = d->db, .err = err};

	return blob_store_sweep(d->app.blobs, has_row, &sweep, err) &&
	       !sweep.failed;
}

/*
 * The first writing connection: the schema is brought up to date and the
 * serial raised, since the database may be an older backup put back.
 */
static bool open_writer(struct daemon *d, const struct config *config,
			struct err *err)
{
	struct writer_options options = writer_options(config);
	struct db *db;
	int64_t serial;

	if (!db_open(&db, d->data_dir, DB_WRITER, err))
		return false;
	if (!serial_next(db, clock_utc(), &serial, err)) {
		db_close(db);
		return false;
	}
	return writer_start(&d->app.writer, db, &options, d->app.metrics, err);
}

static bool open_stores(struct daemon *d, const struct config *config,
			struct err *err)
{
	d->app.data_dir = d->data_dir;
	return db_lock(&d->lock, d->data_dir, err) &&
	       open_writer(d, config, err) &&
	       db_open(&d->db, d->data_dir, DB_READER, err) &&
	       blob_store_open(&d->app.blobs, d->data_dir, err) &&
	       sweep_images(d, err) && chores_start(&d->app.chores, err) &&
	       current_open(&d->app.current, err) &&
	       tls_sources_new(&d->sources, err) &&
	       ledger_open(&d->ledger, d->db, d->app.writer, d->app.metrics,
			   err) &&
	       control_open(&d->control, d->data_dir, d->app.writer, err);
}

/* All of them listen before the first one serves. */
static bool start_workers(struct daemon *d, const struct loaded_site *loaded,
			  struct err *err)
{
	const struct config *config = site_config(loaded);
	struct worker_settings settings = settings_for(loaded);
	struct worker_shared shared = {
		.app = &d->app,
		.sources = d->sources,
		.tally = ledger_tally(d->ledger),
		.head_max = (size_t)config->limits.max_request_head};
	size_t count = wanted_workers(config);

	if (!d->activated_count && !listeners_are_free(config, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!worker_open(&d->workers[i], &shared, &settings, err))
			return false;
		d->worker_count++;
		if (!listeners_open(d->workers[i], config, d->activated,
				    d->activated_count, err))
			return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (!worker_start(d->workers[i], err))
			return false;
	}
	return true;
}

/* Take over a site that has just been loaded; it is freed on failure. */
static bool put_in_force(struct daemon *d, struct loaded_site *loaded,
			 struct err *err)
{
	if (!current_set_site(d->app.current, site_of(loaded), site_free,
			      loaded, d->db, err)) {
		site_free(loaded);
		return false;
	}
	d->loaded = loaded;
	d->config = site_config(loaded);
	log_setup(d->config->log_level, d->config->log_form);
	log_findings(d);
	return true;
}

/* Load the site of a configuration, which is freed on failure. */
static bool load(struct loaded_site **out, struct daemon *d,
		 struct config *config, struct err *err)
{
	if (site_load(out, config, ledger_ladder(d->ledger), d->app.metrics,
		      err))
		return true;
	config_free(config);
	return false;
}

/*
 * The configuration says where the database is, and the database what was
 * learned of clients, which the site's profiles need.
 */
static bool start(struct daemon *d, struct err *err)
{
	struct loaded_site *loaded;
	struct config *config;

	d->app.metrics = metrics_new();
	if (!d->app.metrics)
		return err_memory(err);
	if (!config_load(&config, d->path, err))
		return false;
	d->data_dir = strdup(config->data_dir);
	if (!d->data_dir)
		err_memory(err);
	if (!d->data_dir || !site_check_dir(config, err) ||
	    !open_stores(d, config, err)) {
		config_free(config);
		return false;
	}
	renewal_take(&d->renewal, config);
	d->refused = metrics_get(
		d->app.metrics, METRIC_GAUGE, "otterd_renewal_refused", "",
		"1 while certificates on the disk were refused and the old "
		"ones are presented.");
	if (!load(&loaded, d, config, err) || !put_in_force(d, loaded, err))
		return false;
	apply_limits(d, d->config);
	d->activated_count = notify_listen_fds(d->activated, ACTIVATED_MAX);
	return start_workers(d, loaded, err);
}

bool daemon_start(struct daemon **out, const char *path, struct err *err)
{
	struct daemon *d = calloc(1, sizeof(*d));

	*out = NULL;
	if (!d)
		return err_memory(err);
	d->lock = -1;
	d->path = strdup(path);
	if (!d->path) {
		free(d);
		return err_memory(err);
	}
	if (!start(d, err)) {
		daemon_stop(d);
		return false;
	}
	*out = d;
	return true;
}

/* ---- running ------------------------------------------------------------ */

static bool same_list(char *const *a, size_t a_count, char *const *b,
		      size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++) {
		if (strcmp(a[i], b[i]) != 0)
			return false;
	}
	return true;
}

/* What only a restart can change. */
static bool reloadable(const struct daemon *d, const struct config *new,
		       struct err *err)
{
	const struct config *old = d->config;
	const char *key = NULL;

	if (strcmp(d->data_dir, new->data_dir) != 0)
		key = "server.data_dir";
	else if (!same_list(old->listen, old->listen_count, new->listen,
			    new->listen_count))
		key = "server.listen";
	else if (!same_list(old->admin_listen, old->admin_listen_count,
			    new->admin_listen, new->admin_listen_count))
		key = "server.admin_listen";
	else if (old->workers != new->workers)
		key = "server.workers";
	else if (old->limits.max_request_head != new->limits.max_request_head)
		key = "server.limits.max_request_head";
	if (!key)
		return true;
	err_set(err, ERR_INVALID, "changed, which needs a restart");
	return config_wrap(new, err, "%s", key);
}

/* New connections get what is in force now. */
static void configure_workers(struct daemon *d,
			      const struct loaded_site *loaded)
{
	struct worker_settings settings = settings_for(loaded);

	for (size_t i = 0; i < d->worker_count; i++)
		worker_configure(d->workers[i], &settings);
}

bool daemon_reload(struct daemon *d, struct err *err)
{
	struct writer_options options;
	struct loaded_site *loaded;
	struct renewal renewal;
	struct config *config;

	if (!config_load(&config, d->path, err))
		return false;
	if (!reloadable(d, config, err)) {
		config_free(config);
		return false;
	}
	renewal_take(&renewal, config);
	if (!load(&loaded, d, config, err) || !put_in_force(d, loaded, err))
		return false;
	d->renewal = renewal;
	metric_set(d->refused, 0);
	apply_limits(d, d->config);
	options = writer_options(d->config);
	writer_configure(d->app.writer, &options);
	configure_workers(d, loaded);
	return true;
}

/*
 * Certificates that have changed are taken over with the configuration as it
 * is in force, not as the file may read by now.
 */
static void renew(struct daemon *d)
{
	struct loaded_site *loaded;
	struct err err;

	if (!renewal_look(&d->renewal, d->config))
		return;
	if (!load(&loaded, d, config_share(d->config), &err) ||
	    !put_in_force(d, loaded, &err)) {
		metric_set(d->refused, 1);
		log_event(LOG_ERROR, "renewal",
			  "refused, the old certificates stay: %s", err.text);
		return;
	}
	metric_set(d->refused, 0);
	configure_workers(d, loaded);
	log_event(LOG_INFO, "renewal", "changed certificates are in force");
}

void daemon_tick(struct daemon *d)
{
	uint64_t now = clock_ms();

	ledger_tick(d->ledger);
	if (now >= d->next_judging)
		log_findings(d);
	if (now < d->next_look)
		return;
	d->next_look = now + LOOK_MS;
	renew(d);
}

int daemon_control_fd(const struct daemon *d)
{
	return control_fd(d->control);
}

void daemon_serve_control(struct daemon *d)
{
	control_serve(d->control);
}

bool daemon_healthy(const struct daemon *d)
{
	uint64_t now = clock_ms();

	for (size_t i = 0; i < d->worker_count; i++) {
		if (worker_ended(d->workers[i]))
			continue;
		if (now > worker_heartbeat(d->workers[i]) + HANG_MS)
			return false;
	}
	return true;
}

/* ---- stopping ----------------------------------------------------------- */

void daemon_drain(struct daemon *d)
{
	for (size_t i = 0; i < d->worker_count; i++)
		worker_drain(d->workers[i]);
}

bool daemon_drained(const struct daemon *d)
{
	for (size_t i = 0; i < d->worker_count; i++) {
		if (!worker_ended(d->workers[i]))
			return false;
	}
	return true;
}

int daemon_drain_ms(const struct daemon *d)
{
	return (int)ms(d->config->limits.drain_timeout);
}

void daemon_stop(struct daemon *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->worker_count; i++)
		worker_close(d->workers[i]);
	ledger_finish(d->ledger);
	control_close(d->control);
	chores_stop(d->app.chores);
	if (d->app.writer)
		writer_stop(d->app.writer);
	current_close(d->app.current);
	ledger_close(d->ledger);
	tls_sources_free(d->sources);
	blob_store_close(d->app.blobs);
	db_close(d->db);
	for (size_t i = 0; i < d->activated_count; i++)
		close(d->activated[i]);
	metrics_free(d->app.metrics);
	if (d->lock >= 0)
		close(d->lock);
	free(d->data_dir);
	free(d->path);
	free(d);
}
