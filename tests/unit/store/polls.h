/* Polls and reports that the tests make. */
#ifndef OTTERD_TESTS_STORE_POLLS_H
#define OTTERD_TESTS_STORE_POLLS_H

#include "fixture.h"

#include "store/checkin.h"

static inline struct checkin poll_of(const char *product, const char *device,
				     int64_t at)
{
	return (struct checkin){
		.at = at,
		.product = name(product),
		.device = name(device),
		.version = name("1.0"),
		.channel = name("stable"),
		.release = 7,
		.reason = "update",
		.peer = {.address = "192.0.2.1",
			 .tls_version = "TLSv1.3",
			 .cipher = "TLS_AES_128_GCM_SHA256",
			 .profile = "modern",
			 .fingerprint = "t12d_ja4"},
	};
}

static inline int64_t add(struct db *db, const char *product,
			  const char *device, int64_t at)
{
	struct checkin c = poll_of(product, device, at);

	must(checkin_add(db, &c, &failure));
	return c.id;
}

static inline struct device_row find(struct db *db, const char *product,
				     const char *device)
{
	struct ident p = name(product), d = name(device);
	struct device_row row;

	memset(&row, 0xaa, sizeof(row));
	must(device_find(db, &p, &d, &row, &failure));
	return row;
}

static inline void report(struct db *db, const char *device, int64_t at)
{
	struct report r = {.at = at,
			   .product = name("inklay"),
			   .device = name(device),
			   .release = 7,
			   .status = "failed",
			   .version = name("1.0"),
			   .error = "flash",
			   .detail = "sector 9",
			   .address = "192.0.2.2"};

	must(report_add(db, &r, &failure));
}

#endif
