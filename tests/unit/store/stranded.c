#include "store/stranded.h"

#include "base/strbuf.h"
#include "fixture.h"
#include "store/handshake.h"
#include "store/ladder.h"

/* A handshake of fingerprint "a" that ended so, last at `at`. */
static void end(struct fixture *f, const char *profile, const char *result,
		const char *detail, int64_t at)
{
	struct handshake_row row = {.ja4 = "a",
				    .looks_like = "mbedTLS 2",
				    .network = "192.0.2.0/24",
				    .alert = -1,
				    .first_seen = 1,
				    .last_seen = at,
				    .count = 1};

	text_copy(row.profile, sizeof(row.profile), profile);
	text_copy(row.result, sizeof(row.result), result);
	text_copy(row.detail, sizeof(row.detail), detail);
	must(handshake_add(f->db, &row, &failure));
}

static void climb(struct fixture *f, const char *ja4, const char *network,
		  const char *sni, bool stranded)
{
	struct ladder_row row = {.rejected = "modern", .stranded = stranded};

	text_copy(row.ja4, sizeof(row.ja4), ja4);
	text_copy(row.network, sizeof(row.network), network);
	text_copy(row.sni, sizeof(row.sni), sni);
	must(ladder_save(f->db, &row, &failure));
}

static struct stranded find(struct fixture *f, const char *ja4)
{
	struct stranded out;

	memset(&out, 0xaa, sizeof(out));
	must(stranded_find(f->db, ja4, &out, &failure));
	assert_string_equal(out.ja4, ja4);
	return out;
}

static void nothing_is_known(void **state)
{
	struct fixture *f = *state;
	struct stranded out;

	climb(f, "b", "192.0.2.0/24", "", true);
	out = find(f, "a");
	assert_int_equal(out.clients, 0);
	assert_string_equal(out.label, "");
	assert_string_equal(out.looks_like, "");
	assert_string_equal(out.profile, "");
	assert_string_equal(out.detail, "");
}

static void clients_are_networks_and_names(void **state)
{
	struct fixture *f = *state;

	climb(f, "a", "192.0.2.0/24", "", true);
	climb(f, "a", "192.0.2.0/24", "x", true);
	climb(f, "a", "192.0.3.0/24", "x", true);
	climb(f, "a", "192.0.4.0/24", "x", false);
	climb(f, "b", "192.0.2.0/24", "x", true);
	assert_int_equal(find(f, "a").clients, 3);
	climb(f, "a", "192.0.3.0/24", "x", false);
	assert_int_equal(find(f, "a").clients, 2);
}

static void the_newest_failure_counts(void **state)
{
	struct fingerprint_row label = {"a", "kitchen sensor", 7};
	struct fixture *f = *state;
	struct stranded out;

	end(f, "old", "alert", "certificate_expired", 100);
	end(f, "modern", "alert", "unknown_ca", 200);
	end(f, "old", "closed", "", 150);
	end(f, "old", "ok", "", 300);
	end(f, "modern", "no-request", "closed without a request", 400);
	climb(f, "a", "192.0.2.0/24", "", false);
	assert_string_equal(find(f, "a").detail, "");
	climb(f, "a", "192.0.2.0/24", "other.example.com", true);
	assert_string_equal(find(f, "a").detail, "");
	climb(f, "a", "192.0.2.0/24", "", true);
	must(fingerprint_label(f->db, &label, &failure));
	out = find(f, "a");
	assert_string_equal(out.profile, "modern");
	assert_string_equal(out.detail, "unknown_ca");
	assert_string_equal(out.looks_like, "mbedTLS 2");
	assert_string_equal(out.label, "kitchen sensor");
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up_db, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_known),
		TEST(clients_are_networks_and_names),
		TEST(the_newest_failure_counts),
	};

	return cmocka_run_group_tests_name("store/stranded", tests, NULL, NULL);
}
