#include "mint.h"

#include "base/clock.h"
#include "base/hex.h"
#include "pki/certificate.h"
#include "pki/known.h"

/* ---- the table by itself ------------------------------------------------- */

static void is_hex(const char *name, const char *text, size_t digits)
{
	uint8_t bytes[DIGEST_SIZE];

	if (!text || strlen(text) != digits || !hex_decode(text, digits, bytes))
		fail_msg("%s: '%s' is not %zu digits", name, text, digits);
}

static void is_one_line(const char *name, const char *text)
{
	if (text && (!*text || strpbrk(text, "\r\n\t")))
		fail_msg("%s: '%s' is not a line", name, text);
}

static void every_row_is_complete(void **state)
{
	(void)state;
	assert_true(known_count() > 80);
	for (size_t i = 0; i < known_count(); i++) {
		const struct known *k = known_at(i);

		assert_true(k->name && *k->name);
		assert_true(k->subject && *k->subject);
		assert_true(k->issuer && *k->issuer);
		is_hex(k->name, k->sha256, 64);
		is_hex(k->name, k->key_id, 32);
		assert_true(k->not_after > 0);
		is_one_line(k->name, k->name);
		is_one_line(k->name, k->subject);
		is_one_line(k->name, k->issuer);
		is_one_line(k->name, k->url);
		is_one_line(k->name, k->obtain);
		is_one_line(k->name, k->note);
		if (k->url && strncmp(k->url, "http", 4) != 0)
			fail_msg("%s: %s", k->name, k->url);
		if (k->ended && !k->note)
			fail_msg("%s: ended, but since when?", k->name);
		if ((k->ended || k->revoked) && k->obtain)
			fail_msg("%s: not to be had", k->name);
	}
	assert_null(known_at(known_count()));
}

static void no_row_is_there_twice(void **state)
{
	(void)state;
	for (size_t i = 0; i < known_count(); i++) {
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(known_at(i)->sha256,
						known_at(j)->sha256);
			assert_string_not_equal(known_at(i)->name,
						known_at(j)->name);
		}
	}
}

static void one_key_has_one_fate(void **state)
{
	(void)state;
	for (size_t i = 0; i < known_count(); i++) {
		for (size_t j = 0; j < i; j++) {
			if (!strcmp(known_at(i)->key_id, known_at(j)->key_id))
				assert_int_equal(known_at(i)->ended,
						 known_at(j)->ended);
		}
	}
}

static void every_row_is_found_by_its_digest(void **state)
{
	struct digest digest;

	(void)state;
	for (size_t i = 0; i < known_count(); i++) {
		assert_true(digest_parse(&digest, known_at(i)->sha256, 64));
		assert_ptr_equal(known_find(&digest), known_at(i));
		digest.bytes[31] ^= 1;
		assert_null(known_find(&digest));
	}
}

static void holders_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < known_count(); i++) {
		const struct known *k = known_at(i), *found;

		found = known_holder(k->subject, k->key_id);
		assert_non_null(found);
		assert_string_equal(found->subject, k->subject);
		assert_string_equal(found->key_id, k->key_id);
		assert_non_null(known_holder(k->subject, NULL));
		assert_null(known_holder(k->subject, "0"));
		assert_null(known_holder("CN=nobody", k->key_id));
	}
	assert_null(known_holder("CN=nobody", NULL));
}

/* A note that names a day of expiry names the right one. */
static void notes_agree_with_dates(void **state)
{
	static const char *const words[] = {"expired ", "expires "};

	(void)state;
	for (size_t i = 0; i < known_count(); i++) {
		const struct known *k = known_at(i);
		char day[CLOCK_TEXT_SIZE];

		clock_rfc3339(k->not_after, day);
		for (size_t w = 0; w < 2; w++) {
			const char *at =
				k->note ? strstr(k->note, words[w]) : NULL;

			if (at && strncmp(at + 8, day, 10) != 0)
				fail_msg("%s: %s, but %s", k->name, k->note,
					 day);
		}
	}
}

/* ---- the table and the real files ---------------------------------------- */

static void agree(const struct known *k, X509 *c)
{
	char text[CERTIFICATE_NAME_SIZE], id[KEY_ID_SIZE];

	certificate_subject(c, text);
	assert_string_equal(k->subject, text);
	certificate_issuer(c, text);
	assert_string_equal(k->issuer, text);
	assert_true(key_id(X509_get0_pubkey(c), id));
	assert_string_equal(k->key_id, id);
	assert_int_equal(k->not_after, certificate_not_after(c));
}

static void check_file(const char *dir, const char *file, size_t *seen)
{
	X509 *c = mint_read(dir, file);
	const struct known *k;
	struct digest digest;

	assert_true(certificate_fingerprint(c, &digest));
	k = known_find(&digest);
	if (!strncmp(file, "leaf/", 5)) {
		assert_null(k);
	} else {
		if (!k)
			fail_msg("%s is not in the table", file);
		agree(k, c);
		assert_int_equal(k->revoked, strstr(file, "-revoked") != NULL);
		++*seen;
	}
	X509_free(c);
}

static void real_files_agree(void **state)
{
	char dir[PATH_MAX], path[PATH_MAX + 32], line[4096];
	size_t seen = 0;
	FILE *manifest;

	(void)state;
	if (!mint_real(dir))
		skip();
	snprintf(path, sizeof(path), "%s/MANIFEST.tsv", dir);
	manifest = fopen(path, "re");
	assert_non_null(manifest);
	assert_non_null(fgets(line, sizeof(line), manifest));
	while (fgets(line, sizeof(line), manifest)) {
		line[strcspn(line, "\t")] = '\0';
		check_file(dir, line, &seen);
	}
	fclose(manifest);
	assert_int_equal(seen, known_count());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_complete),
		cmocka_unit_test(no_row_is_there_twice),
		cmocka_unit_test(one_key_has_one_fate),
		cmocka_unit_test(every_row_is_found_by_its_digest),
		cmocka_unit_test(holders_are_found),
		cmocka_unit_test(notes_agree_with_dates),
		cmocka_unit_test(real_files_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
