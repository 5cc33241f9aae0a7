/* Public keys of public CAs: the tests stand up their holders with them. */
#ifndef OTTERD_TESTS_PKI_HOLDERS_H
#define OTTERD_TESTS_PKI_HOLDERS_H

#include <openssl/pem.h>

#include "mint.h"

static const char holder_dst_root_ca_x3[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA36/pl1AIg1e0zGJl9pCC\n"
	"7MfTLGswylvs2cN9x0DBGBSL4Ogzdkkq4z8hSZOsTg6vPkjLZe780yEPZdIq2TKP\n"
	"jOX3d7ASe7WVwImjqbrtcy56DAYyg6J+ihQwzRGg4So4uXkKMf1QvYBl37dRY4PI\n"
	"4ohh6kthgexSa7mi4ksaKJ9Io54M2gmOPhcuHt0g31vGKoqrLr1wrcULGiWQdHLF\n"
	"e2qrNNYwif/laBN7VAvI1q7sWpySHj1ks4zG37/JQXDsFnLVJuw4VTlD0Pz9GFxA\n"
	"8Zfr1ZqbjR262iW5xtjfwRUCOqvabvE+LvVcCJw81oNp5BCbGSq2KVfj5T2bn/AC\n"
	"XQIDAQAB\n"
	"-----END PUBLIC KEY-----\n";

static const char holder_r3[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAuwIVKMz2oJTTDxLsjVWS\n"
	"w/iC8ZmmekKIp10mqrUrucVMsa+Oa/l1yKPXD0eUFFU1V4yeqKI5GfWCPEKpTm71\n"
	"O8Mu243AsFzzWTjn7c9p8FoLG77AlCQlh/o3cbMT5xys4Zvv2+Q7RVJFlqnBU840\n"
	"yFLuta7tj95gcOKlVKu2bQ6XpUA0ayvTvGbrZjR8+muLj1cpmfgwF126cm/7gcWt\n"
	"0oZYPRfH5wm78Sv3htzB2nFd1EbjzK0lwYi8YGd1ZrPxGPeiXOZT/zqItkel/xMY\n"
	"6pgJdz+dU/nPAeX1pnAXFK9jpP+Zs5Od3FOnBv5IhR2haa4ldbsTzFID9e1RoYvb\n"
	"FQIDAQAB\n"
	"-----END PUBLIC KEY-----\n";

static const char holder_isrg_root_x2[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEzZvVn4CDCuwJSvMWSj5cz3es3mcFDR0H\n"
	"ttwW+1qLFNvicWDEukWVEYmO6gbf9yoWHKS5xcUy4APgHoIYOIvXRdgKam7mAHf7\n"
	"AlF9ItgKbppbd9/w+kHsOdx1ymgHDB/q\n"
	"-----END PUBLIC KEY-----\n";

static const char holder_isrg_root_x1[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAregkc/QUN/ObnitXKByH\n"
	"vty33ziQjG485legePd1wqL+9Wpu9gBPKNveaIZsRJO2sWP9FBJrvx/S6jGbIX7R\n"
	"Mzy6SPXded+zuP8S8SGaS8GKhnFpSmZmbI9+PHC/rSkiBvPkwOaAruJLj7eZfpQD\n"
	"n9NHl3yZSCNT6DiuTwpvgy7RSVeMgHS22i/QOI17A3AhG3XyMDz6j67d2mOr6xZP\n"
	"wo4RS37PC+j/tXcu9LJ7SuBMEiUMcI0DKaDhUyTsE9nuGb8Qs0qMP4mjYVHerIcH\n"
	"lPRjcewu4m9bmIHhiVw0eWx27zuQYnnm26SaLybF0BDhDt7ZEI4W+7f3qPfH5QIH\n"
	"mI82CJXn4jeWDTZ1nvsOcrEdm7wD+UkF2IHdBbQq1kHprAF2lQoP2N/VvRIfNS8o\n"
	"F2zSmMGoCWR3bkc3us6sWV5onX9y1onFBkEpPlk+3Sb1JMkRp1qjTEAfRqGZtac6\n"
	"UW6GO559cqcSBXhZ7T5ReBULA4+N0C8Fsj57ShxLcwUS/Mbq4FATfEOTdLPKdOeO\n"
	"HwEI0DDUW3E2tAe6wTAwXEi3gjuYpn1giqKjKYLMur2DBBuigwNBodYF8RvCtvCo\n"
	"fIY7RqhIKojcdpp2vx9qpT0Zj+s482TeyCsNCij/99viFULUItAnXeF5/hjncIit\n"
	"TubZizrG3SdRbv+8ZPUzQ08CAwEAAQ==\n"
	"-----END PUBLIC KEY-----\n";

static const char holder_equifax[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDBXbFYZwhi7qCaLR8IbZEUaJgK\n"
	"Hv7aBG8ThGIhw9F8zp8F4LgB8E407OKKlQRkrPFrU18Fs8tngL9CAo7+3QEJ7OEA\n"
	"FE/8+/AM3UO6WyvhH4BwmRVXkxbxD5dqt8JoIxzMTVkwrFEeO68r1u5jRXvF2V9Q\n"
	"0uNQDzqI578U/eDHuQIDAQAB\n"
	"-----END PUBLIC KEY-----\n";

static const char holder_root_yr[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEA28Ymc3vwJMl1Yvf54Z+w\n"
	"s3lOs0Emz5Uf2FFepFvDG72wY2IHQEPV9w7FtJRAIkgzXETXcNv7kLDXDSzQQFiy\n"
	"+4g//qOgXTDxy4iZuBHU4aBhtJDg6nMj4MbxIa5OVwTzvc4JL6SHeyuWjq+Xjczk\n"
	"4mDgB6jWx8enqRMkOgiIUE0kBj44p9f8VS9gq6GNP6ejj2Waqa6lIEjk+QFCKqsQ\n"
	"a1ZTm7FT9xBYca7yNKMUHOdmq9s08sxcwsXEJvdZN+skFdeOq9Yb6/huPPGON4C0\n"
	"6VTupqtEO807IC5BguWf3Tgz59orHyGcsKknXlmpoSBw2Vj70wxZwLnK8vYDaPeX\n"
	"37Zu6CBlf504T3XNiYh1rBO9Jm5W+VtGsCUvEgHqnAwGOd5cKNhDz7cEIKOyxtI2\n"
	"llTeFNwEN2F8CUQOVivqkRq2cx2YNPkGqcoL3Zt3QSEzV9sseKgtxwsK6J69PxmQ\n"
	"+FmursyKLuA1cBxQQBHz6XNhqX73NODsLkMAvJU54b8Kp9EAyfUpIcJHQ1IDo/y2\n"
	"f+YZGWcJy3mu1UIudXJJWlTofWoaDcOBM66yR/x5qFMyJhsjl7M8mY7l6u1qWyRD\n"
	"W62nvj54PL3Y8jh+0cpNur0haEfhhkqHdackQi36hC+Vhltjy2kSugqsUHo8UbOs\n"
	"kgNHK2zgeq+4fnZEWPbO/8ECAwEAAQ==\n"
	"-----END PUBLIC KEY-----\n";

static const char holder_yr2[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA2dC8cAaaaofOJbqjHq1f\n"
	"3ni/310O5i0EL9S56VimW8rxqcesIegH57JQJxensE5HBwPoEjqAb5tw35tOgLho\n"
	"hfikbreHwHKMKpwEEAlvfPkDz/3jr/8LoOyMpODZDsX9iOoNn+eU+pyaDkyxXLpH\n"
	"kavNCRkBGGp/nTxa/ThlIECtoRioDZFvO6WqabDgLlCXK6GIUbeblIrOKmmYq3or\n"
	"Hrt9oMwyTQQIirbL3eh1+L9uW6ZETXEvwfxrXPZFW1KQ/tjyz8XXot04pueZOLXw\n"
	"BF8A9qsoj08a0zaupTfgDK+YNnNXTapDk8I8Xlei+ZaT9axomLy50Wj5TqsmUT1v\n"
	"uQIDAQAB\n"
	"-----END PUBLIC KEY-----\n";

static const char holder_globalsign_r46[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEArKx0MuizZeW67UMmHaaJ\n"
	"DUW6KYiypB1j3dPBLAlXiTmhVelnNHcMbuRVHVIl0hNrXuEdqbd9iTJfDZ6fLHpj\n"
	"YEAfprC2eI+ZVJYIWK7kBrxiBQIWv6+oIwO2lA+8bmzCy9Wmuwzp9sEC+yHeZt0X\n"
	"q3RC7/B0LyX06mtVW5Dbnd9ehwpA+60Za/v3ymCI3trBj9au1X/UPIPu1xZMg0Uz\n"
	"ayfQhtAcLWvzq33xhan1KNKt7/OESxyH/BOjOnKiWhEr1idxJ+2BLW1mgZKHtBtY\n"
	"esw/CvpGT014XPgrSOMEhMtd9rRqs2X8Qp5RJiMgyz0U+YHtZRYATxpkl2YIz4x7\n"
	"4yvAnfkU8hvxVmoWvyyFhc14OJrrQmoCNBiDF06UVvi2grXzlt09875/IHc+exkj\n"
	"ayzUcnNDV33g+NdpTxc2BPnAkGA3Rd7mDNh0ja6com10XUK+BvXZZG4CEKyJsEw7\n"
	"B01AfiTFipiCeY6kp4IgjSP6J3HJ38ZBdKBN9pEW3EaMXyljMVlxDNhvwrYyffvm\n"
	"XVOmfhX8u3V8Xez49hcc7MdrGcvze/ArB6XZbHlUdmydHKZuDul5DKgjaqPfGzAx\n"
	"n7FUe/5qy2aq3GXQop5Kmgcha4GP28RZ+t4iwASc46pbNpPoPb16oZ0LdrELx539\n"
	"z5ioBsL4KqOhg6C3JXKlAuMCAwEAAQ==\n"
	"-----END PUBLIC KEY-----\n";

/* A certificate of such a name and key, which another key has signed. */
static inline X509 *holder_mint(struct mint m, const char *pem,
				EVP_PKEY *signer)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *c;

	m.key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	assert_non_null(m.key);
	m.issuer_key = signer;
	c = mint(&m);
	EVP_PKEY_free(m.key);
	BIO_free(bio);
	return c;
}

#endif
