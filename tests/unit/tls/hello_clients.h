/*
 * hello_clients - what device libraries send, made anew from their lists, and
 * the fingerprints that were measured of it.
 */
#ifndef OTTERD_TESTS_HELLO_CLIENTS_H
#define OTTERD_TESTS_HELLO_CLIENTS_H

#include "hello_fixture.h"

#define CIPHERS_IDF3                                                   \
	"c02c c030 009f c0ad c09f c024 c028 006b c00a c014 0039 c0af " \
	"c0a3 c02b c02f 009e c0ac c09e c023 c027 0067 c009 c013 0033 " \
	"c0ae c0a2 009d c09d 003d 0035 c032 c02a c00f c02e c026 c005 " \
	"c0a1 009c c09c 003c 002f c031 c029 c00e c02d c025 c004 c0a0 " \
	"00ff "

#define CIPHERS_PSK                                                    \
	"c02c c030 009f c0ad c09f c024 c028 006b c00a c014 0039 c0af " \
	"c0a3 c02b c02f 009e c0ac c09e c023 c027 0067 c009 c013 0033 " \
	"c0ae c0a2 00ab c0a7 c038 00b3 c036 0091 c0ab 00aa c0a6 c037 " \
	"00b2 c035 0090 c0aa 009d c09d 003d 0035 c032 c02a c00f c02e " \
	"c026 c005 c0a1 009c c09c 003c 002f c031 c029 c00e c02d c025 " \
	"c004 c0a0 00ad 00b7 0095 00ac 00b6 0094 00a9 c0a5 00af 008d " \
	"c0a9 00a8 c0a4 00ae 008c c0a8 00ff "

#define CIPHERS_IDF5                                                   \
	"c02c c030 c0ad c024 c028 c00a c014 c0af c05d c061 c049 c04d " \
	"c02b c02f c0ac c023 c027 c009 c013 c0ae c05c c060 c048 c04c " \
	"009d c09d 003d 0035 c032 c02a c00f c02e c026 c005 c0a1 c05f " \
	"c063 c051 c04b c04f c03d 009c c09c 003c 002f c031 c029 c00e " \
	"c02d c025 c004 c0a0 c05e c062 c050 c04a c04e c03c 00ff "

#define CIPHERS_BEARSSL                                                \
	"cca9 cca8 c02b c02f c02c c030 c0ac c0ad c0ae c0af c023 c027 " \
	"c024 c028 c009 c013 c00a c014 c02d c031 c02e c032 c025 c029 " \
	"c026 c02a c004 c00e c005 c00f 009c 009d c09c c09d c0a0 c0a1 " \
	"003c 003d 002f 0035 c008 c012 c003 c00d 000a "

#define CIPHERS_WOLFSSL                                                \
	"c02c c02b c030 c02f 009f 009e 00ab 0034 00a7 00aa cca9 cca8 " \
	"ccaa c027 c023 c028 c024 c00a c009 c007 c008 c014 c013 c011 " \
	"c012 c0ac c0ae c0af 006b 0067 0039 0033 0016 cc14 cc13 cc15 " \
	"c006 00b3 00b2 c0a6 c0a7 ccab ccac ccad c037 d001 00b5 c03a " \
	"00b4 0045 0088 00be 00c4 "

/* Extensions, each with its comma. */
#define SNI	   "0000=0012 00 000f 66772e6578616d706c652e74657374,"
#define HTTP11	   "0010=0009 08 687474702f312e31,"
#define FORMATS	   "000b=01 00,"
#define EMPTY_TAIL "0016=,0017=,0023="
#define ALGS_IDF3  "000d=0014 0603 0601 0503 0501 0403 0401 0303 0301 0203 0201,"
#define GROUPS_IDF3 \
	"000a=0016 0019 001c 0018 001b 0017 0016 001a 0015 0014 0013 0012,"
#define GROUPS_IDF44                                                       \
	"000a=0018 0019 001c 0018 001b 0017 0016 001a 0015 0014 0013 0012" \
	"     001d,"
#define GROUPS_IDF5  "000a=000e 001d 0017 0018 0019 001a 001b 001c,"
#define ALGS_IDF5    "000d=000c 0603 0601 0503 0501 0403 0401,"
#define ALGS_IDF5_13 "000d=0012 0403 0503 0603 0806 0805 0804 0601 0501 0401,"
#define TLS13_IDF5   "002b=04 0304 0303,0033=0000,002d=01 01,"
#define TAIL_BEARSSL                                                   \
	"000d=0014 0403 0303 0503 0603 0203 0401 0301 0501 0601 0201," \
	"000a=0008 0017 0018 0019 001d,000b=01 00"
#define HEAD_WOLFSSL                                                  \
	"000d=0022 0603 0503 0403 0203 0807 0808 0806 080b 0805 080a" \
	"     0804 0809 0601 0501 0401 0301 0201,000b=01 00,"         \
	"000a=001a 0019 001c 0018 001b 001e 0017 0016 001a 001d 0015" \
	"     0014 0101 0100,0016=,"

static const struct {
	const char *label;
	struct parts parts;
	const char *ja3, *ja4, *looks;
} clients[] = {
	{"ESP-IDF 3.2",
	 {.ciphers = CIPHERS_IDF3,
	  .extensions = SNI ALGS_IDF3 GROUPS_IDF3 FORMATS EMPTY_TAIL},
	 "f13a67f0409b124ad01a67785d22b545",
	 "t12d490700_4b815dab2718_7b0ba9b4cf08",
	 "ESP-IDF 3.x to 4.x (mbedTLS 2)"},
	{"ESP-IDF 3.2 without a name",
	 {.ciphers = CIPHERS_IDF3,
	  .extensions = ALGS_IDF3 GROUPS_IDF3 FORMATS EMPTY_TAIL},
	 "c4731b4bafbceb3686b147d131d9b326",
	 "t12i490600_4b815dab2718_7b0ba9b4cf08",
	 "ESP-IDF 3.x to 4.x (mbedTLS 2)"},
	{"ESP-IDF 3.2 with ALPN",
	 {.ciphers = CIPHERS_IDF3,
	  .extensions = SNI ALGS_IDF3 GROUPS_IDF3 FORMATS "0016=,0017=," HTTP11
							  "0023="},
	 "7b0f6ac92de97df4ee68ecdb5d2ae8c9",
	 "t12d4908h1_4b815dab2718_7b0ba9b4cf08",
	 "ESP-IDF 3.x to 4.x (mbedTLS 2)"},
	{"ESP-IDF 4.4",
	 {.ciphers = CIPHERS_IDF3,
	  .extensions = SNI ALGS_IDF3 GROUPS_IDF44 FORMATS EMPTY_TAIL},
	 "10b24dcfa930c67e66ddb1bc058c09ed",
	 "t12d490700_4b815dab2718_7b0ba9b4cf08",
	 "ESP-IDF 3.x to 4.x (mbedTLS 2)"},
	{"ESP-IDF 4.4 without a name",
	 {.ciphers = CIPHERS_IDF3,
	  .extensions = ALGS_IDF3 GROUPS_IDF44 FORMATS EMPTY_TAIL},
	 "7837ee8aa4a6b8ac953710e6bb4cf502",
	 "t12i490600_4b815dab2718_7b0ba9b4cf08",
	 "ESP-IDF 3.x to 4.x (mbedTLS 2)"},
	{"Arduino-ESP32 1.0.5",
	 {.ciphers = CIPHERS_PSK,
	  .extensions = SNI ALGS_IDF3 GROUPS_IDF3 FORMATS EMPTY_TAIL},
	 "3eda789bb8557d981ef9443a4c5ce9e7",
	 "t12d790700_70cc01682450_7b0ba9b4cf08",
	 "Arduino-ESP32 1.0.x (mbedTLS 2.16)"},
	{"Arduino-ESP32 1.0.5 without a name",
	 {.ciphers = CIPHERS_PSK,
	  .extensions = ALGS_IDF3 GROUPS_IDF3 FORMATS EMPTY_TAIL},
	 "c118d6e02e03a12096a72375541488d7",
	 "t12i790600_70cc01682450_7b0ba9b4cf08",
	 "Arduino-ESP32 1.0.x (mbedTLS 2.16)"},
	{"ESP-IDF 5",
	 {.ciphers = CIPHERS_IDF5,
	  .extensions = SNI GROUPS_IDF5 ALGS_IDF5 FORMATS EMPTY_TAIL},
	 "873d5578fcdf7a4a0ebc98b7fb8290b2",
	 "t12d590700_1aac7fa98541_63157f74ca7a",
	 "ESP-IDF 5.x (mbedTLS 3)"},
	{"ESP-IDF 5 with TLS 1.3",
	 {.ciphers = "1302 1301 1304 1305 " CIPHERS_IDF5,
	  .extensions =
		  SNI TLS13_IDF5 GROUPS_IDF5 ALGS_IDF5_13 FORMATS EMPTY_TAIL},
	 "cc1f7ae905bcc889fa56d2766741ffec",
	 "t13d631000_78486f495b9b_6e561896c42d",
	 "ESP-IDF 5.x (mbedTLS 3)"},
	{"ESP8266 Arduino",
	 {.ciphers = CIPHERS_BEARSSL,
	  .extensions = "ff01=00," SNI "0001=01," TAIL_BEARSSL},
	 "c6471eb506b3c77c47b0d1c371405c4e",
	 "t12d450600_43b9d95bf51a_74778b83c714",
	 "ESP8266 Arduino (BearSSL)"},
	{"BearSSL with large buffers",
	 {.ciphers = CIPHERS_BEARSSL,
	  .extensions = "ff01=00," SNI TAIL_BEARSSL},
	 "f9e1e40f9a730061e419e6d16ab6aa2f",
	 "t12d450500_43b9d95bf51a_0f2d7afe6961",
	 "ESP8266 Arduino (BearSSL)"},
	{"wolfSSL 5.5.4",
	 {.ciphers = CIPHERS_WOLFSSL, .extensions = HEAD_WOLFSSL SNI "0017="},
	 "7bbb441ed63cdbc9230a352a44c56fef",
	 "t12d530600_9f4633ce5439_6caddbc9a4c7",
	 "wolfSSL 5"},
};

#endif
