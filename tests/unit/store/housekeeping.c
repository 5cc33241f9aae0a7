/* What the writer does between its groups: pruning and checkpoints. */
#include "store/writer.c"

#include "fixture.h"

#include <sys/stat.h>

enum { LONG_MS = 3600 * 1000 };

/* `old` check-ins of 1970 and one of now. */
static void fill(struct db *db, int old)
{
	struct checkin c = {.product = name("inklay"),
			    .device = name("a1"),
			    .version = name("1.0")};

	exec(db, "BEGIN");
	for (int i = 0; i <= old; i++) {
		c.at = i < old ? i : clock_utc();
		must(checkin_add(db, &c, &failure));
	}
	exec(db, "COMMIT");
}

static int64_t kept(struct db *db)
{
	return number_of(db->sqlite, "SELECT count(*) FROM checkins");
}

static void pruning_goes_in_steps(void **state)
{
	struct fixture *f = *state;
	struct writer still = {.db = f->db};

	fill(f->db, 2 * PRUNE_ROWS + 1);
	prune(&still);
	assert_int_equal(kept(f->db), 2 * PRUNE_ROWS + 2); /* keep: all */
	atomic_store(&still.keep_checkins, 3600);
	prune(&still);
	assert_int_equal(kept(f->db), PRUNE_ROWS + 2);
	assert_true(still.next_prune <= clock_ms() + PRUNE_STEP_MS);
	still.next_prune = clock_ms() + LONG_MS;
	prune(&still); /* not yet */
	assert_int_equal(kept(f->db), PRUNE_ROWS + 2);
	still.next_prune = 0;
	prune(&still);
	assert_int_equal(kept(f->db), 2);
	still.next_prune = 0;
	prune(&still);
	assert_int_equal(kept(f->db), 1);
	assert_true(still.next_prune > clock_ms() + PRUNE_STEP_MS);
	assert_false(db_in_transaction(f->db));
}

static void a_running_writer_prunes(void **state)
{
	struct writer_options options = {.keep_checkins = 3600};
	struct fixture *f = *state;
	struct metrics *metrics = metrics_new();
	struct writer *writer;
	struct db *reader;

	fill(f->db, PRUNE_ROWS + 1);
	must(writer_start(&writer, f->db, &options, metrics, &failure));
	f->db = NULL;
	must(db_open(&reader, f->dir, DB_READER, &failure));
	while (kept(reader) != 1)
		usleep(1000);
	db_close(reader);
	writer_stop(writer);
	metrics_free(metrics);
}

static void the_log_is_copied_when_it_is_long(void **state)
{
	struct fixture *f = *state;
	struct writer still = {.db = f->db};
	struct stat st;
	off_t before;

	assert_int_equal(stat(path_of(f, "otterd.db"), &st), 0);
	before = st.st_size;
	f->db->wal_pages = CHECKPOINT_PAGES - 1;
	exec(f->db, "INSERT INTO words (name) VALUES ('x')");
	checkpoint(&still);
	assert_int_equal(still.checkpointed, 0);
	exec(f->db, "INSERT INTO words (name) VALUES "
		    "(hex(zeroblob(4096 * 600)))");
	assert_true(f->db->wal_pages >= CHECKPOINT_PAGES);
	checkpoint(&still);
	assert_int_equal(still.checkpointed, f->db->wal_pages);
	assert_int_equal(stat(path_of(f, "otterd.db"), &st), 0);
	assert_true(st.st_size > before + 4096 * CHECKPOINT_PAGES);
	/* All of it is copied, so the next commit begins the log anew. */
	exec(f->db, "INSERT INTO words (name) VALUES ('y')");
	assert_true(f->db->wal_pages < CHECKPOINT_PAGES);
	checkpoint(&still);
	assert_int_equal(still.checkpointed, 0);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up_db, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(pruning_goes_in_steps),
		TEST(a_running_writer_prunes),
		TEST(the_log_is_copied_when_it_is_long),
	};

	return cmocka_run_group_tests_name("store/housekeeping", tests, NULL,
					   NULL);
}
