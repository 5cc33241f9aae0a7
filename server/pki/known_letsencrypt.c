/* The certificates of Let's Encrypt and of the root that cross-signed it. */
#include "pki/known.h"

/* Texts that stand in many rows. */
static const char dst_root_ca_x3[] = "CN=DST Root CA X3,"
				     "O=Digital Signature Trust Co.";
static const char isrg_root_x1[] = "CN=ISRG Root X1,"
				   "O=Internet Security Research Group,C=US";
static const char isrg_root_x2[] = "CN=ISRG Root X2,"
				   "O=Internet Security Research Group,C=US";
static const char issued_2024[] = "signed server certificates from 2024-06-06 "
				  "until 2026-07-08, no longer issues";
static const char issued_2020[] = "signed server certificates from 2020-12 "
				  "until 2024-06-06, no longer issues";
static const char issued_2015[] = "used from 2015-10 to 2021, no longer issues";
static const char revoked_2025[] = "revoked; replaced on 2026-05-13";

static const struct known rows[] = {
	{
		.name = "DST Root CA X3",
		.subject = dst_root_ca_x3,
		.issuer = dst_root_ca_x3,
		.sha256 = "0687260331a72403d909f105e69bcf0d"
			  "32e1bd2493ffc6d9206d11bcd6770739",
		.key_id = "563b3caf8cfef34c2335caf560a7a959",
		.not_after = 1633010475, /* 2021-09-30 */
		.url = "https://www.identrust.com/support/downloads",
		.note = "expired 2021-09-30; not in esp_crt_bundle since "
			"ESP-IDF 4.4.8 and 5.0",
	},
	{
		.name = "ISRG Root X1",
		.subject = isrg_root_x1,
		.issuer = isrg_root_x1,
		.sha256 = "96bcec06264976f37460779acf28c5a7"
			  "cfe8a3c0aae11a8ffcee05c0bddf08c6",
		.key_id = "0b9fa5a59eed715c26c1020c711b4f6e",
		.not_after = 2064567878, /* 2035-06-04 */
		.url = "https://letsencrypt.org/certs/isrgrootx1.pem",
	},
	{
		.name = "ISRG Root X1, by DST Root CA X3",
		.subject = isrg_root_x1,
		.issuer = dst_root_ca_x3,
		.sha256 = "6d99fb265eb1c5b3744765fcbc648f3c"
			  "d8e1bffafdc4c2f99b9d47cf7ff1c24f",
		.key_id = "0b9fa5a59eed715c26c1020c711b4f6e",
		.not_after = 1727720043, /* 2024-09-30 */
		.url = "https://letsencrypt.org/certs/"
		       "isrg-root-x1-cross-signed.pem",
		.note = "expired 2024-09-30; devices that do not check time "
			"still accept it",
	},
	{
		.name = "ISRG Root X2",
		.subject = isrg_root_x2,
		.issuer = isrg_root_x2,
		.sha256 = "69729b8e15a86efc177a57afb7171dfc"
			  "64add28c2fca8cf1507e34453ccb1470",
		.key_id = "762195c225586ee6c0237456e2107dc5",
		.not_after = 2231510400, /* 2040-09-17 */
		.url = "https://letsencrypt.org/certs/isrg-root-x2.pem",
	},
	{
		.name = "ISRG Root X2, by ISRG Root X1 (2020)",
		.subject = isrg_root_x2,
		.issuer = isrg_root_x1,
		.sha256 = "8b05b68cc659e5ed0fcb38f2c942fbfd"
			  "200e6f2ff9f85d63c6994ef5e0b02701",
		.key_id = "762195c225586ee6c0237456e2107dc5",
		.not_after = 1757952000, /* 2025-09-15 */
		.url = "https://letsencrypt.org/certs/"
		       "isrg-root-x2-cross-signed.pem",
		.note = "expired 2025-09-15; replaced by the one of 2026",
	},
	{
		.name = "ISRG Root X2, by ISRG Root X1 (2026)",
		.subject = isrg_root_x2,
		.issuer = isrg_root_x1,
		.sha256 = "ee5f7abd6981bb0255632cd8f4928345"
			  "1b4b18844d12040b44ee00f07b8fe2c6",
		.key_id = "762195c225586ee6c0237456e2107dc5",
		.not_after = 1977782399, /* 2032-09-02 */
		.url = "https://letsencrypt.org/certs/gen-y/root-x2-by-x1.pem",
	},
	{
		.name = "ISRG Root X2, by ISRG Root X1 (2025)",
		.subject = isrg_root_x2,
		.issuer = isrg_root_x1,
		.sha256 = "00beaef280277e38999d3c60b27736e8"
			  "f21e782c3d4b444ac34d465a7ab287c5",
		.key_id = "762195c225586ee6c0237456e2107dc5",
		.not_after = 1977782399, /* 2032-09-02 */
		.revoked = true,
		.note = revoked_2025,
	},
	{
		.name = "Root YR",
		.subject = "CN=Root YR,O=ISRG,C=US",
		.issuer = "CN=Root YR,O=ISRG,C=US",
		.sha256 = "e57b7e6f150c419102e8d5c055729ff9"
			  "67b9d1a829bf00cec89ca604ebf4a86f",
		.key_id = "7e4e8838a8add6295de7ae3b047d3aba",
		.not_after = 2388009599, /* 2045-09-02 */
		.url = "https://letsencrypt.org/certs/gen-y/root-yr.pem",
		.unbundled = true,
		.note = "in no trust store yet: its cross-sign is needed",
	},
	{
		.name = "Root YE",
		.subject = "CN=Root YE,O=ISRG,C=US",
		.issuer = "CN=Root YE,O=ISRG,C=US",
		.sha256 = "e14ffcad5b0025731006caa43a121a22"
			  "d8e9700f4fb9cf852f02a708aa5d5666",
		.key_id = "b0292ae545978e0fbb98abbd94c86160",
		.not_after = 2388009599, /* 2045-09-02 */
		.url = "https://letsencrypt.org/certs/gen-y/root-ye.pem",
		.unbundled = true,
		.note = "in no trust store yet: its cross-sign is needed",
	},
	{
		.name = "Root YR, by ISRG Root X1",
		.subject = "CN=Root YR,O=ISRG,C=US",
		.issuer = isrg_root_x1,
		.sha256 = "072639d0b140d5bffae16ad9c3f6cc60"
			  "86040621f51ee61a6d46a8915c07cf76",
		.key_id = "7e4e8838a8add6295de7ae3b047d3aba",
		.not_after = 1977782399, /* 2032-09-02 */
		.url = "https://letsencrypt.org/certs/gen-y/root-yr-by-x1.pem",
	},
	{
		.name = "Root YE, by ISRG Root X2",
		.subject = "CN=Root YE,O=ISRG,C=US",
		.issuer = isrg_root_x2,
		.sha256 = "0fc0901cca2bae9e9fdbb02d50d02f10"
			  "94f7b36672086991b9e897626dc485f0",
		.key_id = "b0292ae545978e0fbb98abbd94c86160",
		.not_after = 1977782399, /* 2032-09-02 */
		.url = "https://letsencrypt.org/certs/gen-y/root-ye-by-x2.pem",
	},
	{
		.name = "Root YR, by ISRG Root X1 (2025)",
		.subject = "CN=Root YR,O=ISRG,C=US",
		.issuer = isrg_root_x1,
		.sha256 = "270c64b6ba1aae94b0756e83d8db0732"
			  "f5b534bcdc545d44e334d5dd4d10fec0",
		.key_id = "7e4e8838a8add6295de7ae3b047d3aba",
		.not_after = 1977782399, /* 2032-09-02 */
		.revoked = true,
		.note = revoked_2025,
	},
	{
		.name = "Root YE, by ISRG Root X2 (2025)",
		.subject = "CN=Root YE,O=ISRG,C=US",
		.issuer = isrg_root_x2,
		.sha256 = "2d7b5b429f80c0f0a032a0051f696a0f"
			  "8d0b98980e71f6f244eac6367bc4c917",
		.key_id = "b0292ae545978e0fbb98abbd94c86160",
		.not_after = 1977782399, /* 2032-09-02 */
		.revoked = true,
		.note = revoked_2025,
	},
	{
		.name = "YR1, by Root YR",
		.subject = "CN=YR1,O=Let's Encrypt,C=US",
		.issuer = "CN=Root YR,O=ISRG,C=US",
		.sha256 = "13949634d99cd6fd6aa80bc034fefacc"
			  "eb1969feef986586713ecdbb05758d3f",
		.key_id = "2e8307068b6db620e4a39d068b5dee5d",
		.not_after = 1851551999, /* 2028-09-02 */
		.url = "https://letsencrypt.org/certs/gen-y/int-yr1.pem",
		.obtain = "an RSA certificate from Let's Encrypt",
		.note = "signs server certificates since 2026-05-28",
	},
	{
		.name = "YE1, by Root YE",
		.subject = "CN=YE1,O=Let's Encrypt,C=US",
		.issuer = "CN=Root YE,O=ISRG,C=US",
		.sha256 = "a2372d06431e9716365eeed47ec02035"
			  "1497d182fcc038e457e58168a03cac07",
		.key_id = "6ebcefb4210b088654a38b03fea3d7d1",
		.not_after = 1851551999, /* 2028-09-02 */
		.url = "https://letsencrypt.org/certs/gen-y/int-ye1.pem",
		.obtain = "an ECDSA certificate from Let's Encrypt",
		.note = "signs server certificates since 2026-05-28",
	},
	{
		.name = "YR2, by Root YR",
		.subject = "CN=YR2,O=Let's Encrypt,C=US",
		.issuer = "CN=Root YR,O=ISRG,C=US",
		.sha256 = "238b85a0099c65b970477d5724f1a1d4"
			  "75ce5058cffe4efa8733899bdb863c47",
		.key_id = "9d637b3d27a9e570d07607b9ccadb80a",
		.not_after = 1851551999, /* 2028-09-02 */
		.url = "https://letsencrypt.org/certs/gen-y/int-yr2.pem",
		.obtain = "an RSA certificate from Let's Encrypt",
		.note = "signs server certificates since 2026-05-28",
	},
	{
		.name = "YE2, by Root YE",
		.subject = "CN=YE2,O=Let's Encrypt,C=US",
		.issuer = "CN=Root YE,O=ISRG,C=US",
		.sha256 = "97658de8c68dfa98ace1e5028a63d54a"
			  "1aae911b3e21471076c6850cd08cbab4",
		.key_id = "b3fb5d00e994cddf2cc9a4eea9f806bc",
		.not_after = 1851551999, /* 2028-09-02 */
		.url = "https://letsencrypt.org/certs/gen-y/int-ye2.pem",
		.obtain = "an ECDSA certificate from Let's Encrypt",
		.note = "signs server certificates since 2026-05-28",
	},
	{
		.name = "YR3, by Root YR",
		.subject = "CN=YR3,O=Let's Encrypt,C=US",
		.issuer = "CN=Root YR,O=ISRG,C=US",
		.sha256 = "35500cb63b8d9769528d65d87220f51c"
			  "069807a595acbf2fb6eca38fbe0a4bd2",
		.key_id = "51aaa87d984b559ac69e929f888a022d",
		.not_after = 1851551999, /* 2028-09-02 */
		.url = "https://letsencrypt.org/certs/gen-y/int-yr3.pem",
	},
	{
		.name = "YE3, by Root YE",
		.subject = "CN=YE3,O=Let's Encrypt,C=US",
		.issuer = "CN=Root YE,O=ISRG,C=US",
		.sha256 = "82bcfc482cc19f71e6f98f4a027616eb"
			  "da6d47096d408b336160d1c0ef8b995a",
		.key_id = "a698a20824be04e47a1a33c4fa488731",
		.not_after = 1851551999, /* 2028-09-02 */
		.url = "https://letsencrypt.org/certs/gen-y/int-ye3.pem",
	},
	{
		.name = "R3, by DST Root CA X3",
		.subject = "CN=R3,O=Let's Encrypt,C=US",
		.issuer = dst_root_ca_x3,
		.sha256 = "730c1bdcd85f57ce5dc0bba733e5f1ba"
			  "5a925b2a771d640a26f7a454224dad3b",
		.key_id = "8d02536c887482bc34ff54e41d2ba659",
		.not_after = 1632943300, /* 2021-09-29 */
		.url = "https://letsencrypt.org/certs/"
		       "lets-encrypt-r3-cross-signed.pem",
		.ended = true,
		.note = issued_2020,
	},
	{
		.name = "R3, by ISRG Root X1",
		.subject = "CN=R3,O=Let's Encrypt,C=US",
		.issuer = isrg_root_x1,
		.sha256 = "67add1166b020ae61b8f5fc96813c04c"
			  "2aa589960796865572a3c7e737613dfd",
		.key_id = "8d02536c887482bc34ff54e41d2ba659",
		.not_after = 1757952000, /* 2025-09-15 */
		.url = "https://letsencrypt.org/certs/lets-encrypt-r3.pem",
		.ended = true,
		.note = issued_2020,
	},
	{
		.name = "R4, by DST Root CA X3",
		.subject = "CN=R4,O=Let's Encrypt,C=US",
		.issuer = dst_root_ca_x3,
		.sha256 = "5a8f16fda448d783481cca57a2428d17"
			  "4dad8c60943ceb28f661ae31fd39a5fa",
		.key_id = "e5545e211347241891c554a03934cde9",
		.not_after = 1632943305, /* 2021-09-29 */
		.url = "https://letsencrypt.org/certs/"
		       "lets-encrypt-r4-cross-signed.pem",
		.ended = true,
		.note = "kept in reserve beside R3, no longer issues",
	},
	{
		.name = "R4, by ISRG Root X1",
		.subject = "CN=R4,O=Let's Encrypt,C=US",
		.issuer = isrg_root_x1,
		.sha256 = "1a07529a8b3f01d231dfad2abdf71899"
			  "200bb65cd7e03c59fa82272533355b74",
		.key_id = "e5545e211347241891c554a03934cde9",
		.not_after = 1757952000, /* 2025-09-15 */
		.url = "https://letsencrypt.org/certs/lets-encrypt-r4.pem",
		.ended = true,
		.note = "kept in reserve beside R3, no longer issues",
	},
	{
		.name = "E1, by ISRG Root X2",
		.subject = "CN=E1,O=Let's Encrypt,C=US",
		.issuer = isrg_root_x2,
		.sha256 = "46494e30379059df18be52124305e606"
			  "fc59070e5b21076ce113954b60517cda",
		.key_id = "276fe8a8c4ec7611565bf9fce6dcace9",
		.not_after = 1757952000, /* 2025-09-15 */
		.url = "https://letsencrypt.org/certs/lets-encrypt-e1.pem",
		.ended = true,
		.note = "signed server certificates until 2024-06-06, no "
			"longer issues",
	},
	{
		.name = "E2, by ISRG Root X2",
		.subject = "CN=E2,O=Let's Encrypt,C=US",
		.issuer = isrg_root_x2,
		.sha256 = "bacde0463053ce1d62f8be74370bbae7"
			  "9d4fcaf19fc07643aef195e6a59bd578",
		.key_id = "bd936e72b212ef6f773102c6b77d38f9",
		.not_after = 1757952000, /* 2025-09-15 */
		.url = "https://letsencrypt.org/certs/lets-encrypt-e2.pem",
		.ended = true,
		.note = "kept in reserve beside E1, no longer issues",
	},
	{
		.name = "Let's Encrypt Authority X1, by DST Root CA X3",
		.subject = "CN=Let's Encrypt Authority X1,O=Let's Encrypt,C=US",
		.issuer = dst_root_ca_x3,
		.sha256 = "7fdce3bf4103c2684b3adbb5792884bd"
			  "45c75094c217788863950346f79c90a3",
		.key_id = "60b87575447dcba2a36b7d11ac09fb24",
		.not_after = 1603146816, /* 2020-10-19 */
		.url = "https://letsencrypt.org/certs/"
		       "lets-encrypt-x1-cross-signed.pem",
		.ended = true,
		.note = issued_2015,
	},
	{
		.name = "Let's Encrypt Authority X1, by ISRG Root X1",
		.subject = "CN=Let's Encrypt Authority X1,O=Let's Encrypt,C=US",
		.issuer = isrg_root_x1,
		.sha256 = "bdee0d7c8f9c278f14ea9b6a4f90ed66"
			  "5a9f56db0a56b1cdda6765912f398a5e",
		.key_id = "60b87575447dcba2a36b7d11ac09fb24",
		.not_after = 1591272020, /* 2020-06-04 */
		.url = "https://letsencrypt.org/certs/"
		       "letsencryptauthorityx1.pem",
		.ended = true,
		.note = issued_2015,
	},
	{
		.name = "Let's Encrypt Authority X2, by DST Root CA X3",
		.subject = "CN=Let's Encrypt Authority X2,O=Let's Encrypt,C=US",
		.issuer = dst_root_ca_x3,
		.sha256 = "ec0c6ca496a67a13342fec5221f68d4b"
			  "3e53b1bc22f6e4bccc9c68f0415cdea4",
		.key_id = "b111dd8a1c2091a89bd4fd60c57f0716",
		.not_after = 1603146901, /* 2020-10-19 */
		.url = "https://letsencrypt.org/certs/"
		       "lets-encrypt-x2-cross-signed.pem",
		.ended = true,
		.note = issued_2015,
	},
	{
		.name = "Let's Encrypt Authority X2, by ISRG Root X1",
		.subject = "CN=Let's Encrypt Authority X2,O=Let's Encrypt,C=US",
		.issuer = isrg_root_x1,
		.sha256 = "e4eb54a7ffa552ef64d8e1ae338b69be"
			  "909c29e6af57170a2f6f44df225e5a14",
		.key_id = "b111dd8a1c2091a89bd4fd60c57f0716",
		.not_after = 1591272031, /* 2020-06-04 */
		.url = "https://letsencrypt.org/certs/"
		       "letsencryptauthorityx2.pem",
		.ended = true,
		.note = issued_2015,
	},
	{
		.name = "Let's Encrypt Authority X3, by DST Root CA X3",
		.subject = "CN=Let's Encrypt Authority X3,O=Let's Encrypt,C=US",
		.issuer = dst_root_ca_x3,
		.sha256 = "25847d668eb4f04fdd40b12b6b0740c5"
			  "67da7d024308eb6c2c96fe41d9de218d",
		.key_id = "60b87575447dcba2a36b7d11ac09fb24",
		.not_after = 1615999246, /* 2021-03-17 */
		.url = "https://letsencrypt.org/certs/"
		       "lets-encrypt-x3-cross-signed.pem",
		.ended = true,
		.note = issued_2015,
	},
	{
		.name = "Let's Encrypt Authority X3, by ISRG Root X1",
		.subject = "CN=Let's Encrypt Authority X3,O=Let's Encrypt,C=US",
		.issuer = isrg_root_x1,
		.sha256 = "731d3d9cfaa061487a1d71445a42f67d"
			  "f0afca2a6c2d2f98ff7b3ce112b1f568",
		.key_id = "60b87575447dcba2a36b7d11ac09fb24",
		.not_after = 1633535035, /* 2021-10-06 */
		.url = "https://letsencrypt.org/certs/"
		       "letsencryptauthorityx3.pem",
		.ended = true,
		.note = issued_2015,
	},
	{
		.name = "Let's Encrypt Authority X4, by DST Root CA X3",
		.subject = "CN=Let's Encrypt Authority X4,O=Let's Encrypt,C=US",
		.issuer = dst_root_ca_x3,
		.sha256 = "a74b0c32b65b95fe2c4f8f098947a68b"
			  "695033bed0b51dd8b984ecae89571bb6",
		.key_id = "b111dd8a1c2091a89bd4fd60c57f0716",
		.not_after = 1615999262, /* 2021-03-17 */
		.url = "https://letsencrypt.org/certs/"
		       "lets-encrypt-x4-cross-signed.pem",
		.ended = true,
		.note = issued_2015,
	},
	{
		.name = "Let's Encrypt Authority X4, by ISRG Root X1",
		.subject = "CN=Let's Encrypt Authority X4,O=Let's Encrypt,C=US",
		.issuer = isrg_root_x1,
		.sha256 = "5de9152bed31fa0515dd1fc746133f13"
			  "27562ef72a84cf2d2403e748a604d0d4",
		.key_id = "b111dd8a1c2091a89bd4fd60c57f0716",
		.not_after = 1633535074, /* 2021-10-06 */
		.url = "https://letsencrypt.org/certs/"
		       "letsencryptauthorityx4.pem",
		.ended = true,
		.note = issued_2015,
	},
	{
		.name = "R10, by ISRG Root X1",
		.subject = "CN=R10,O=Let's Encrypt,C=US",
		.issuer = isrg_root_x1,
		.sha256 = "9d7c3f1aa6ad2b2ec0d5cf1e246f8d9a"
			  "e6cbc9fd0755ad37bb974b1f2fb603f3",
		.key_id = "2bbad93ab5c79279ec121507f272cbe0",
		.not_after = 1804895999, /* 2027-03-12 */
		.url = "https://letsencrypt.org/certs/2024/r10.pem",
		.ended = true,
		.note = issued_2024,
	},
	{
		.name = "R11, by ISRG Root X1",
		.subject = "CN=R11,O=Let's Encrypt,C=US",
		.issuer = isrg_root_x1,
		.sha256 = "591e9ce6c863d3a079e9fabe1478c733"
			  "9a26b21269dde795211361024ae31a44",
		.key_id = "6ddac18698f7f1f7e1c69b9bce420d97",
		.not_after = 1804895999, /* 2027-03-12 */
		.url = "https://letsencrypt.org/certs/2024/r11.pem",
		.ended = true,
		.note = issued_2024,
	},
	{
		.name = "R12, by ISRG Root X1",
		.subject = "CN=R12,O=Let's Encrypt,C=US",
		.issuer = isrg_root_x1,
		.sha256 = "131fce7784016899a5a00203a9efc80f"
			  "18ebbd75580717edc1553580930836ec",
		.key_id = "919c0df7a787b597ed056ace654b1de9",
		.not_after = 1804895999, /* 2027-03-12 */
		.url = "https://letsencrypt.org/certs/2024/r12.pem",
		.ended = true,
		.note = issued_2024,
	},
	{
		.name = "R13, by ISRG Root X1",
		.subject = "CN=R13,O=Let's Encrypt,C=US",
		.issuer = isrg_root_x1,
		.sha256 = "d3b128216a843f8ef1321501f5df52a5"
			  "df52939ee2c19297712cd3de4d419354",
		.key_id = "025490860b498ab73c6a12f27a49ad5f",
		.not_after = 1804895999, /* 2027-03-12 */
		.url = "https://letsencrypt.org/certs/2024/r13.pem",
		.ended = true,
		.note = issued_2024,
	},
	{
		.name = "R14, by ISRG Root X1",
		.subject = "CN=R14,O=Let's Encrypt,C=US",
		.issuer = isrg_root_x1,
		.sha256 = "24d45aa9b8d6053d281f3842c8cc0c6c"
			  "1af7ccdfd42dd5c12f6a74fa9323f7a2",
		.key_id = "f1647a5ee3efac54c892e930584fe479",
		.not_after = 1804895999, /* 2027-03-12 */
		.url = "https://letsencrypt.org/certs/2024/r14.pem",
		.ended = true,
		.note = issued_2024,
	},
	{
		.name = "E5, by ISRG Root X2",
		.subject = "CN=E5,O=Let's Encrypt,C=US",
		.issuer = isrg_root_x2,
		.sha256 = "e788d14b0436b5120bbee3f15c15badf"
			  "08c1407fe72568a4f16f9151c380e1e3",
		.key_id = "3586d4ecf070578cbd27aedce20b964e",
		.not_after = 1804895999, /* 2027-03-12 */
		.url = "https://letsencrypt.org/certs/2024/e5.pem",
		.ended = true,
		.note = issued_2024,
	},
	{
		.name = "E5, by ISRG Root X1",
		.subject = "CN=E5,O=Let's Encrypt,C=US",
		.issuer = isrg_root_x1,
		.sha256 = "5dfdb3cf31b26f23d87c09f3a0cef642"
			  "f64069a9fb7cfe29270bb5dc0f1e16bb",
		.key_id = "3586d4ecf070578cbd27aedce20b964e",
		.not_after = 1804895999, /* 2027-03-12 */
		.url = "https://letsencrypt.org/certs/2024/e5-cross.pem",
		.ended = true,
		.note = issued_2024,
	},
	{
		.name = "E6, by ISRG Root X2",
		.subject = "CN=E6,O=Let's Encrypt,C=US",
		.issuer = isrg_root_x2,
		.sha256 = "065ab7d2a050f947587121765d8d070c"
			  "0e1330d5798faa42c2072749ed293762",
		.key_id = "d016e1fe311948aca64f2de44ce86c9a",
		.not_after = 1804895999, /* 2027-03-12 */
		.url = "https://letsencrypt.org/certs/2024/e6.pem",
		.ended = true,
		.note = issued_2024,
	},
	{
		.name = "E6, by ISRG Root X1",
		.subject = "CN=E6,O=Let's Encrypt,C=US",
		.issuer = isrg_root_x1,
		.sha256 = "76e9e288aafc0e37f4390cbf946aad99"
			  "7d5c1c901b3ce513d3d8fadbabe2ab85",
		.key_id = "d016e1fe311948aca64f2de44ce86c9a",
		.not_after = 1804895999, /* 2027-03-12 */
		.url = "https://letsencrypt.org/certs/2024/e6-cross.pem",
		.ended = true,
		.note = issued_2024,
	},
	{
		.name = "E7, by ISRG Root X2",
		.subject = "CN=E7,O=Let's Encrypt,C=US",
		.issuer = isrg_root_x2,
		.sha256 = "54715420224c5b65beed018dc3940d73"
			  "38c577e322d5488f633d8c6a8fed61b2",
		.key_id = "cbbc559b44d524d6a132bdac672744da",
		.not_after = 1804895999, /* 2027-03-12 */
		.url = "https://letsencrypt.org/certs/2024/e7.pem",
		.ended = true,
		.note = issued_2024,
	},
	{
		.name = "E7, by ISRG Root X1",
		.subject = "CN=E7,O=Let's Encrypt,C=US",
		.issuer = isrg_root_x1,
		.sha256 = "aeb1fd7410e83bc96f5da3c6a7c2c1bb"
			  "836d1fa5cb86e708515890e428a8770b",
		.key_id = "cbbc559b44d524d6a132bdac672744da",
		.not_after = 1804895999, /* 2027-03-12 */
		.url = "https://letsencrypt.org/certs/2024/e7-cross.pem",
		.ended = true,
		.note = issued_2024,
	},
	{
		.name = "E8, by ISRG Root X2",
		.subject = "CN=E8,O=Let's Encrypt,C=US",
		.issuer = isrg_root_x2,
		.sha256 = "ac1274542267f17b525535b5563bf731"
			  "febb182533b46a82dc869cb64eb528c0",
		.key_id = "885bf0572252c6741dc9a52f5044487f",
		.not_after = 1804895999, /* 2027-03-12 */
		.url = "https://letsencrypt.org/certs/2024/e8.pem",
		.ended = true,
		.note = issued_2024,
	},
	{
		.name = "E8, by ISRG Root X1",
		.subject = "CN=E8,O=Let's Encrypt,C=US",
		.issuer = isrg_root_x1,
		.sha256 = "83624fd338c8d9b023c18a67cb7a9c05"
			  "19da43d11775b4c6cbdad45c3d997c52",
		.key_id = "885bf0572252c6741dc9a52f5044487f",
		.not_after = 1804895999, /* 2027-03-12 */
		.url = "https://letsencrypt.org/certs/2024/e8-cross.pem",
		.ended = true,
		.note = issued_2024,
	},
	{
		.name = "E9, by ISRG Root X2",
		.subject = "CN=E9,O=Let's Encrypt,C=US",
		.issuer = isrg_root_x2,
		.sha256 = "4185df97806c2ba76f1d79823f112ffa"
			  "639a49ccdc990908102067ab6412b886",
		.key_id = "f1440a9b76e1e41e53a4cb461329bf63",
		.not_after = 1804895999, /* 2027-03-12 */
		.url = "https://letsencrypt.org/certs/2024/e9.pem",
		.ended = true,
		.note = issued_2024,
	},
	{
		.name = "E9, by ISRG Root X1",
		.subject = "CN=E9,O=Let's Encrypt,C=US",
		.issuer = isrg_root_x1,
		.sha256 = "fde88f2d4f8913d3dc1664d5f8de51e0"
			  "7fe2abfed93b45acad5a29bfebaa23fb",
		.key_id = "f1440a9b76e1e41e53a4cb461329bf63",
		.not_after = 1804895999, /* 2027-03-12 */
		.url = "https://letsencrypt.org/certs/2024/e9-cross.pem",
		.ended = true,
		.note = issued_2024,
	},
};

const struct known_family known_letsencrypt = {
	.rows = rows,
	.count = sizeof(rows) / sizeof(rows[0]),
};
