#include "config_fixture.h"

static void test_addresses(void **state)
{
	static const struct refusal rows[] = {
		{"URL without TLS", "https://ota", "http://ota",
		 "3: server.public_url: got 'http://ota.example.com', wanted "
		 "\"https://HOST\" or \"https://HOST:PORT\" and nothing "
		 "behind it"},
		{"listen without port", "192.0.2.1:443", "192.0.2.1",
		 "4: server.listen[1]: got '192.0.2.1', wanted "
		 "\"192.0.2.1:8443\" or \"[::]:8443\""},
		{"admin_listen by name", "127.0.0.1:9000", "localhost:9000",
		 "6: server.admin_listen[0]: got 'localhost:9000', wanted "
		 "\"192.0.2.1:8443\" or \"[::]:8443\""},
		{"one port for both", "127.0.0.1:9000", "127.0.0.1:443",
		 "6: server.admin_listen[0]: port 443 is in server.listen "
		 "too, wanted another one"},
		{"sni that is a wrong address", "*.Old.Example.com",
		 "192.0.2.256",
		 "20: tls.select[0].sni: got '192.0.2.256', wanted a host "
		 "name, \"*.\" and a host name, an address, or \"\" for "
		 "none"},
		{"port 0", "port: 443", "port: 0",
		 "21: tls.select[1].port: got '0', wanted a port from 1 to "
		 "65535"},
		{"port too high", "port: 443", "port: 65536",
		 "21: tls.select[1].port: got '65536', wanted a port from 1 "
		 "to 65535"},
		{"octal port", "port: 443", "port: 0443",
		 "21: tls.select[1].port: got '0443', wanted a port from 1 "
		 "to 65535"},
		{"port and more", "port: 443", "port: 443x",
		 "21: tls.select[1].port: got '443x', wanted a port from 1 "
		 "to 65535"},
	};

	(void)state;
	CHECK_REFUSALS(rows);
}

static void test_tls(void **state)
{
	static const struct refusal rows[] = {
		{"no such anchor", "{name: old,", "{name: old, anchor: dst,",
		 "18: tls.profiles[1].anchor: no anchor 'dst' in "
		 "tls.anchors"},
		{"two anchors of a name", "pool: []",
		 "anchors: [{name: a, file: a.pem}, {name: a, file: b.pem}]",
		 "10: tls.anchors[1].name: a second anchor 'a'"},
		{"no such rung", "pool: []", "ladder: [modern, odd]",
		 "10: tls.ladder[1]: no profile 'odd' in tls.profiles"},
		{"a rung twice", "pool: []", "ladder: [modern, old, modern]",
		 "10: tls.ladder[2]: 'modern' a second time"},
		{"a host in a source", "{port: 443,", "{source: 192.0.2.1/24,",
		 "21: tls.select[1].source: got '192.0.2.1/24', wanted "
		 "\"192.0.2.0/24\", \"2001:db8::/32\" or one address"},
		{"a blank in a JA4", "{port: 443,", "{ja4: \"t12d *\",",
		 "21: tls.select[1].ja4: got 't12d *', wanted a JA4 as GET "
		 "/api/v1/handshakes shows it, with * for any characters and "
		 "? for one"},
		{"TLS 1.1 at level 1", "{name: old,",
		 "{name: old, min_version: \"1.1\", security_level: 1,",
		 "18: tls.profiles[1].security_level: got 1, wanted 0 with a "
		 "min_version below 1.2, which OpenSSL speaks at no other "
		 "level"},
		{"a level among the ciphers", "{name: old,",
		 "{name: old, ciphers: \"ALL:@SECLEVEL=0\",",
		 "18: tls.profiles[1].ciphers: got '@', wanted ciphers only: "
		 "the level has a key of its own, security_level"},
	};

	(void)state;
	CHECK_REFUSALS(rows);
}

static void test_references(void **state)
{
	static const struct refusal rows[] = {
		{"no such certificate", "[le-ecdsa, le-rsa]",
		 "[le-ecdsa, le-rsb]",
		 "16: tls.profiles[0].certificates[1]: no certificate "
		 "'le-rsb' in tls.certificates"},
		{"no such profile", "port: 443, profile: modern",
		 "port: 443, profile: moden",
		 "21: tls.select[1].profile: no profile 'moden' in "
		 "tls.profiles"},
		{"no such default", "default_profile: old",
		 "default_profile: ald",
		 "23: tls.default_profile: no profile 'ald' in tls.profiles"},
		{"no such signer", "signers: [codesign]", "signers: [me]",
		 "28: products[0].signers[0]: no signer 'me' in signers"},
		{"two certificates of a name", "name: le-ecdsa", "name: le-rsa",
		 "13: tls.certificates[1].name: a second certificate "
		 "'le-rsa'"},
		{"two profiles of a name", "name: old", "name: modern",
		 "18: tls.profiles[1].name: a second profile 'modern'"},
		{"two products of a name", "name: demo", "name: inklay",
		 "29: products[1].name: a second product 'inklay'"},
		{"two signers of a name", "signers:\n",
		 "signers:\n  - {name: codesign, file: b.pem}\n",
		 "26: signers[1].name: a second signer 'codesign'"},
		{"a name with a blank", "name: demo", "name: a demo",
		 "29: products[1].name: got 'a demo', wanted 1 to 64 of "
		 "A-Z a-z 0-9 . _ : + -, starting with a letter or digit"},
		{"a rule for everybody", "port: 443, ", "",
		 "21: tls.select[1]: matches every client, wanted sni, port, "
		 "source, max_version or ja4"},
		{"nobody can sign", "    signers: [codesign]\n", "",
		 "27: products[0].signers: none, wanted at least one or "
		 "require_signature: false"},
		{"no manifest", "manifest: {key: manifest.key}\n", "",
		 "1: manifest.key: missing; 'otterd keygen --out "
		 "manifest-key.pem' makes one"},
		{"no manifest key", "key: manifest.key", "lifetime: 1h",
		 "30: manifest.key: missing; 'otterd keygen --out "
		 "manifest-key.pem' makes one"},
	};

	(void)state;
	CHECK_REFUSALS(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_tls),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
