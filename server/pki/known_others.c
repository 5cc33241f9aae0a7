/* The other public roots that devices pin, and what cross-signs them. */
#include "pki/known.h"

static const struct known rows[] = {
	{
		.name = "AddTrust External CA Root",
		.subject = "CN=AddTrust External CA Root,OU=AddTrust External "
			   "TTP Network,O=AddTrust AB,C=SE",
		.issuer = "CN=AddTrust External CA Root,OU=AddTrust External "
			  "TTP Network,O=AddTrust AB,C=SE",
		.sha256 = "687fa451382278fff0c8b11f8d43d576"
			  "671c6eb2bceab413fb83d965d06d2ff2",
		.key_id = "942a6916a6e4ae527711c5450247a2a7",
		.not_after = 1590835718, /* 2020-05-30 */
		.note = "expired 2020-05-30",
	},
	{
		.name = "Amazon Root CA 1",
		.subject = "CN=Amazon Root CA 1,O=Amazon,C=US",
		.issuer = "CN=Amazon Root CA 1,O=Amazon,C=US",
		.sha256 = "8ecde6884f3d87b1125ba31ac3fcb13d"
			  "7016de7f57cc904fe1cb97c6ae98196e",
		.key_id = "fbe3018031f9586bcbf41727e417b7d1",
		.not_after = 2147299200, /* 2038-01-17 */
		.url = "https://www.amazontrust.com/repository/"
		       "AmazonRootCA1.pem",
		.obtain = "an exportable public certificate from AWS "
			  "Certificate Manager",
	},
	{
		.name = "Baltimore CyberTrust Root",
		.subject = "CN=Baltimore CyberTrust Root,OU=CyberTrust,"
			   "O=Baltimore,C=IE",
		.issuer = "CN=Baltimore CyberTrust Root,OU=CyberTrust,"
			  "O=Baltimore,C=IE",
		.sha256 = "16af57a9f676b0ab126095aa5ebadef2"
			  "2ab31119d644ac95cd4b93dbf3f26aeb",
		.key_id = "63d9af9b47b1064d49a10e7b7fd566db",
		.not_after = 1747094340, /* 2025-05-12 */
		.url = "https://cacerts.digicert.com/"
		       "BaltimoreCyberTrustRoot.crt.pem",
		.note = "expired 2025-05-12; needs a certificate under "
			"DigiCert Global Root CA",
	},
	{
		.name = "Comodo AAA Certificate Services",
		.subject = "CN=AAA Certificate Services,O=Comodo CA Limited,"
			   "L=Salford,ST=Greater Manchester,C=GB",
		.issuer = "CN=AAA Certificate Services,O=Comodo CA Limited,"
			  "L=Salford,ST=Greater Manchester,C=GB",
		.sha256 = "d7a7a0fb5d7e2731d771e9484ebcdef7"
			  "1d5f0c3e0a2948782bc83ee0ea699ef4",
		.key_id = "bd153ed7b0434f6886b17bce8bbe84ed",
		.not_after = 1861919999, /* 2028-12-31 */
		.url = "https://www.sectigo.com/knowledge-base/detail/"
		       "Sectigo-Root-Certificates/kA03l000000c4KV",
		.note = "expires 2028-12-31",
	},
	{
		.name = "DigiCert Global Root CA",
		.subject = "CN=DigiCert Global Root CA,OU=www.digicert.com,"
			   "O=DigiCert Inc,C=US",
		.issuer = "CN=DigiCert Global Root CA,OU=www.digicert.com,"
			  "O=DigiCert Inc,C=US",
		.sha256 = "4348a0e9444c78cb265e058d5e8944b4"
			  "d84f9662bd26db257f8934a443c70161",
		.key_id = "aff988906dde12955d9bebbf928fdcc3",
		.not_after = 1952035200, /* 2031-11-10 */
		.url = "https://cacerts.digicert.com/"
		       "DigiCertGlobalRootCA.crt.pem",
		.note = "public issuance is leaving it",
	},
	{
		.name = "DigiCert Global Root G2",
		.subject = "CN=DigiCert Global Root G2,OU=www.digicert.com,"
			   "O=DigiCert Inc,C=US",
		.issuer = "CN=DigiCert Global Root G2,OU=www.digicert.com,"
			  "O=DigiCert Inc,C=US",
		.sha256 = "cb3ccbb76031e5e0138f8dd39a23f9de"
			  "47ffc35e43c1144cea27d46a5ab1cb5f",
		.key_id = "8bb593a93be1d0e8a822bb887c547890",
		.not_after = 2147169600, /* 2038-01-15 */
		.url = "https://cacerts.digicert.com/"
		       "DigiCertGlobalRootG2.crt.pem",
	},
	{
		.name = "DigiCert High Assurance EV Root CA",
		.subject = "CN=DigiCert High Assurance EV Root CA,"
			   "OU=www.digicert.com,O=DigiCert Inc,C=US",
		.issuer = "CN=DigiCert High Assurance EV Root CA,"
			  "OU=www.digicert.com,O=DigiCert Inc,C=US",
		.sha256 = "7431e5f4c3c1ce4690774f0b61e05440"
			  "883ba9a01ed00ba6abd7806ed3b118cf",
		.key_id = "5a889647220e54d6bd8a16817224520b",
		.not_after = 1952035200, /* 2031-11-10 */
		.url = "https://cacerts.digicert.com/"
		       "DigiCertHighAssuranceEVRootCA.crt.pem",
	},
	{
		.name = "Entrust Root Certification Authority",
		.subject = "CN=Entrust Root Certification Authority,OU=(c) "
			   "2006 Entrust\\, Inc.,OU=www.entrust.net/CPS is "
			   "incorporated by reference,O=Entrust\\, Inc.,C=US",
		.issuer = "CN=Entrust Root Certification Authority,OU=(c) "
			  "2006 Entrust\\, Inc.,OU=www.entrust.net/CPS is "
			  "incorporated by reference,O=Entrust\\, Inc.,C=US",
		.sha256 = "73c176434f1bc6d5adf45b0e76e72728"
			  "7c8de57616c1e6e6141a2b2cbc7d8e4c",
		.key_id = "6dbfae00d37b9cd73f8fb47de65917af",
		.not_after = 1795812822, /* 2026-11-27 */
		.url = "https://web.entrust.com/root-certificates/"
		       "entrust_ev_ca.cer",
		.note = "expires 2026-11-27",
	},
	{
		.name = "Equifax Secure CA",
		.subject = "OU=Equifax Secure Certificate Authority,O=Equifax,"
			   "C=US",
		.issuer = "OU=Equifax Secure Certificate Authority,O=Equifax,"
			  "C=US",
		.sha256 = "08297a4047dba23680c731db6e317653"
			  "ca7848e1bebd3a0b0179a707f92cf178",
		.key_id = "ff5680cd73a5703da04817a075fd4625",
		.not_after = 1534956111, /* 2018-08-22 */
		.ended = true,
		.note = "no CA issues under it any more",
	},
	{
		.name = "GeoTrust Global CA",
		.subject = "CN=GeoTrust Global CA,O=GeoTrust Inc.,C=US",
		.issuer = "CN=GeoTrust Global CA,O=GeoTrust Inc.,C=US",
		.sha256 = "ff856a2d251dcd88d36656f450126798"
			  "cfabaade40799c722de4d2b5db36a73a",
		.key_id = "87af34d66fb3f2fdf36e09111e9aba2f",
		.not_after = 1653105600, /* 2022-05-21 */
		.ended = true,
		.note = "no CA issues under it any more",
	},
	{
		.name = "GlobalSign Root CA (R1)",
		.subject = "CN=GlobalSign Root CA,OU=Root CA,O=GlobalSign "
			   "nv-sa,C=BE",
		.issuer = "CN=GlobalSign Root CA,OU=Root CA,O=GlobalSign "
			  "nv-sa,C=BE",
		.sha256 = "ebd41040e4bb3ec742c9e381d31ef2a4"
			  "1a48b6685c96e7cef3c1df6cd4331c99",
		.key_id = "2bcee858158cf5465fc9d76f0dfa312f",
		.not_after = 1832673600, /* 2028-01-28 */
		.url = "https://support.globalsign.com/ca-certificates/"
		       "root-certificates/globalsign-root-certificates",
		.note = "expires 2028-01-28",
	},
	{
		.name = "GlobalSign Root CA - R2",
		.subject = "CN=GlobalSign,O=GlobalSign,OU=GlobalSign Root CA "
			   "- R2",
		.issuer = "CN=GlobalSign,O=GlobalSign,OU=GlobalSign Root CA - "
			  "R2",
		.sha256 = "ca42dd41745fd0b81eb902362cf9d8bf"
			  "719da1bd1b1efc946f5b4c99f42c1b9e",
		.key_id = "8a27b5557b4bec7cc0305fbf3d53d1f7",
		.not_after = 1639555200, /* 2021-12-15 */
		.url = "https://support.globalsign.com/ca-certificates/"
		       "root-certificates/globalsign-root-certificates",
		.ended = true,
		.note = "no CA issues under it any more",
	},
	{
		.name = "GlobalSign Root CA - R3",
		.subject = "CN=GlobalSign,O=GlobalSign,OU=GlobalSign Root CA "
			   "- R3",
		.issuer = "CN=GlobalSign,O=GlobalSign,OU=GlobalSign Root CA - "
			  "R3",
		.sha256 = "cbb522d7b7f127ad6a0113865bdf1cd4"
			  "102e7d0759af635a7cf4720dc963c53b",
		.key_id = "706bb1017c855c59169bad5c1781cf59",
		.not_after = 1868522400, /* 2029-03-18 */
		.url = "https://secure.globalsign.com/cacert/root-r3.crt",
	},
	{
		.name = "Go Daddy Class 2",
		.subject = "OU=Go Daddy Class 2 Certification Authority,O=The "
			   "Go Daddy Group\\, Inc.,C=US",
		.issuer = "OU=Go Daddy Class 2 Certification Authority,O=The "
			  "Go Daddy Group\\, Inc.,C=US",
		.sha256 = "c3846bf24b9e93ca64274c0ec67c1ecc"
			  "5e024ffcacd2d74019350e81fe546ae4",
		.key_id = "5632d97bfa775bf3c99ddea52fc25534",
		.not_after = 2035213580, /* 2034-06-29 */
		.url = "https://certs.godaddy.com/repository/",
	},
	{
		.name = "GTS Root R1",
		.subject = "CN=GTS Root R1,O=Google Trust Services LLC,C=US",
		.issuer = "CN=GTS Root R1,O=Google Trust Services LLC,C=US",
		.sha256 = "d947432abde7b7fa90fc2e6b59101b12"
			  "80e0e1c7e4e40fa3c6887fff57a7f4cf",
		.key_id = "871a9194f4eed5b312ff40c84c1d524a",
		.not_after = 2097705600, /* 2036-06-22 */
		.url = "https://i.pki.goog/r1.pem",
		.obtain = "a certificate from Google Trust Services (public "
			  "ACME service)",
	},
	{
		.name = "GTS Root R1 (first serial number)",
		.subject = "CN=GTS Root R1,O=Google Trust Services LLC,C=US",
		.issuer = "CN=GTS Root R1,O=Google Trust Services LLC,C=US",
		.sha256 = "2a575471e31340bc21581cbd2cf13e15"
			  "8463203ece94bcf9d3cc196bf09a5472",
		.key_id = "871a9194f4eed5b312ff40c84c1d524a",
		.not_after = 2097705600, /* 2036-06-22 */
		.url = "https://pki.goog/repository/",
		.obtain = "a certificate from Google Trust Services (public "
			  "ACME service)",
	},
	{
		.name = "GTS Root R4",
		.subject = "CN=GTS Root R4,O=Google Trust Services LLC,C=US",
		.issuer = "CN=GTS Root R4,O=Google Trust Services LLC,C=US",
		.sha256 = "349dfa4058c5e263123b398ae795573c"
			  "4e1313c83fe68f93556cd5e8031b3c7d",
		.key_id = "9847e5653e5e9e847516e5cb818606aa",
		.not_after = 2097705600, /* 2036-06-22 */
		.url = "https://i.pki.goog/r4.pem",
		.obtain = "a certificate from Google Trust Services (public "
			  "ACME service)",
	},
	{
		.name = "IdenTrust Commercial Root CA 1",
		.subject = "CN=IdenTrust Commercial Root CA 1,O=IdenTrust,C=US",
		.issuer = "CN=IdenTrust Commercial Root CA 1,O=IdenTrust,C=US",
		.sha256 = "5d56499be4d2e08bcfcad08a3e38723d"
			  "50503bde706948e42f55603019e528ae",
		.key_id = "07e854f26a7cbd389927aa041bfef1b6",
		.not_after = 2021047943, /* 2034-01-16 */
		.url = "https://www.identrust.com/support/downloads",
	},
	{
		.name = "Starfield Class 2",
		.subject = "OU=Starfield Class 2 Certification Authority,"
			   "O=Starfield Technologies\\, Inc.,C=US",
		.issuer = "OU=Starfield Class 2 Certification Authority,"
			  "O=Starfield Technologies\\, Inc.,C=US",
		.sha256 = "1465fa205397b876faa6f0a9958e5590"
			  "e40fcc7faa4fb7c2c8677521fb5fb658",
		.key_id = "15f14ac45c9c7da233d3479164e8137f",
		.not_after = 2035215556, /* 2034-06-29 */
		.url = "https://certs.starfieldtech.com/repository/",
	},
	{
		.name = "Starfield Services Root CA - G2",
		.subject = "CN=Starfield Services Root Certificate Authority "
			   "- G2,O=Starfield Technologies\\, Inc.,"
			   "L=Scottsdale,ST=Arizona,C=US",
		.issuer = "CN=Starfield Services Root Certificate Authority - "
			  "G2,O=Starfield Technologies\\, Inc.,L=Scottsdale,"
			  "ST=Arizona,C=US",
		.sha256 = "568d6905a2c88708a4b3025190edcfed"
			  "b1974a606a13c6e5290fcb2ae63edab5",
		.key_id = "2b071c59a0a0ae76b0eadb2bad23bad4",
		.not_after = 2145916799, /* 2037-12-31 */
		.url = "https://www.amazontrust.com/repository/SFSRootCAG2.pem",
	},
	{
		.name = "USERTrust RSA",
		.subject = "CN=USERTrust RSA Certification Authority,O=The "
			   "USERTRUST Network,L=Jersey City,ST=New Jersey,C=US",
		.issuer = "CN=USERTrust RSA Certification Authority,O=The "
			  "USERTRUST Network,L=Jersey City,ST=New Jersey,C=US",
		.sha256 = "e793c9b02fd8aa13e21c31228accb081"
			  "19643b749c898964b1746d46c3d4cbd2",
		.key_id = "c784333d20bcd742b9fdc3236f4e509b",
		.not_after = 2147471999, /* 2038-01-18 */
		.url = "https://www.sectigo.com/knowledge-base/detail/"
		       "Sectigo-Root-Certificates/kA03l000000c4KV",
		.obtain = "a certificate from Sectigo under USERTrust RSA",
	},
	{
		.name = "VeriSign Class 3 G5",
		.subject = "CN=VeriSign Class 3 Public Primary Certification "
			   "Authority - G5,OU=(c) 2006 VeriSign\\, Inc. - For "
			   "authorized use only,OU=VeriSign Trust Network,"
			   "O=VeriSign\\, Inc.,C=US",
		.issuer = "CN=VeriSign Class 3 Public Primary Certification "
			  "Authority - G5,OU=(c) 2006 VeriSign\\, Inc. - For "
			  "authorized use only,OU=VeriSign Trust Network,"
			  "O=VeriSign\\, Inc.,C=US",
		.sha256 = "9acfab7e43c8d880d06b262a94deeee4"
			  "b4659989c3d0caf19baf6405e41ab7df",
		.key_id = "25b41b506e4930952823a6eb9f1d31de",
		.not_after = 2099865599, /* 2036-07-16 */
		.ended = true,
		.note = "no CA issues under it any more",
	},
	{
		.name = "VeriSign Class 3 PCA (1024 bits, MD2)",
		.subject = "OU=Class 3 Public Primary Certification Authority,"
			   "O=VeriSign\\, Inc.,C=US",
		.issuer = "OU=Class 3 Public Primary Certification Authority,"
			  "O=VeriSign\\, Inc.,C=US",
		.sha256 = "e7685634efacf69ace939a6b255b7b4f"
			  "abef42935b50a265acb5cb6027e44e70",
		.key_id = "b1124142a5a1a5a28819c735340eff8c",
		.not_after = 1848787199, /* 2028-08-01 */
		.ended = true,
		.note = "no CA issues under it any more",
	},
	{
		.name = "VeriSign Class 3 PCA (1024 bits, SHA-1)",
		.subject = "OU=Class 3 Public Primary Certification Authority,"
			   "O=VeriSign\\, Inc.,C=US",
		.issuer = "OU=Class 3 Public Primary Certification Authority,"
			  "O=VeriSign\\, Inc.,C=US",
		.sha256 = "a4b6b3996fc2f306b3fd8681bd63413d"
			  "8c5009cc4fa329c2ccf0e2fa1b140305",
		.key_id = "b1124142a5a1a5a28819c735340eff8c",
		.not_after = 1848873599, /* 2028-08-02 */
		.ended = true,
		.note = "no CA issues under it any more",
	},
	{
		.name = "Amazon Root CA 1, by Starfield Services G2",
		.subject = "CN=Amazon Root CA 1,O=Amazon,C=US",
		.issuer = "CN=Starfield Services Root Certificate Authority - "
			  "G2,O=Starfield Technologies\\, Inc.,L=Scottsdale,"
			  "ST=Arizona,C=US",
		.sha256 = "87dcd4dc74640a322cd205552506d1be"
			  "64f12596258096544986b4850bc72706",
		.key_id = "fbe3018031f9586bcbf41727e417b7d1",
		.not_after = 2145834000, /* 2037-12-31 */
		.url = "https://www.amazontrust.com/repository/",
	},
	{
		.name = "COMODO RSA, by AddTrust External CA Root",
		.subject = "CN=COMODO RSA Certification Authority,O=COMODO CA "
			   "Limited,L=Salford,ST=Greater Manchester,C=GB",
		.issuer = "CN=AddTrust External CA Root,OU=AddTrust External "
			  "TTP Network,O=AddTrust AB,C=SE",
		.sha256 = "4f32d5dc00f715250abcc486511e37f5"
			  "01a899deb3bf7ea8adbbd3aef1c412da",
		.key_id = "82b5f84daf47a59c7ab521e4982aefa4",
		.not_after = 1590835718, /* 2020-05-30 */
		.url = "http://crt.comodoca.com/COMODORSAAddTrustCA.crt",
		.note = "expired 2020-05-30; devices that do not check time "
			"still accept it",
	},
	{
		.name = "DigiCert Global Root CA, by Baltimore",
		.subject = "CN=DigiCert Global Root CA,OU=www.digicert.com,"
			   "O=DigiCert Inc,C=US",
		.issuer = "CN=Baltimore CyberTrust Root,OU=CyberTrust,"
			  "O=Baltimore,C=IE",
		.sha256 = "6dacbb8945137b1dad4211b0436efbe0"
			  "6f12ace36904973b45ae25740823d369",
		.key_id = "aff988906dde12955d9bebbf928fdcc3",
		.not_after = 1746878400, /* 2025-05-10 */
		.url = "https://www.digicert.com/kb/"
		       "digicert-root-certificates.htm",
		.note = "expired 2025-05-10; devices that do not check time "
			"still accept it",
	},
	{
		.name = "Entrust G2, by Entrust Root CA",
		.subject = "CN=Entrust Root Certification Authority - G2,"
			   "OU=(c) 2009 Entrust\\, Inc. - for authorized use "
			   "only,OU=See www.entrust.net/legal-terms,"
			   "O=Entrust\\, Inc.,C=US",
		.issuer = "CN=Entrust Root Certification Authority,OU=(c) "
			  "2006 Entrust\\, Inc.,OU=www.entrust.net/CPS is "
			  "incorporated by reference,O=Entrust\\, Inc.,C=US",
		.sha256 = "6b143c2005d5539cc22eab5f772db2a9"
			  "fe87467feffa07fcf0a9f7d28274ca7a",
		.key_id = "76ee8590374c715437bbca6bba6028ea",
		.not_after = 1727055113, /* 2024-09-23 */
		.url = "https://web.entrust.com/root-certificates/",
		.note = "expired 2024-09-23; devices that do not check time "
			"still accept it",
	},
	{
		.name = "GeoTrust Global CA, by Equifax",
		.subject = "CN=GeoTrust Global CA,O=GeoTrust Inc.,C=US",
		.issuer = "OU=Equifax Secure Certificate Authority,O=Equifax,"
			  "C=US",
		.sha256 = "3c35cc963eb004451323d3275d05b353"
			  "235053490d9cd83729a2faf5e7ca1cc0",
		.key_id = "87af34d66fb3f2fdf36e09111e9aba2f",
		.not_after = 1534824000, /* 2018-08-21 */
		.ended = true,
		.note = "no CA issues under it any more",
	},
	{
		.name = "GlobalSign Root R46, by GlobalSign R1",
		.subject = "CN=GlobalSign Root R46,O=GlobalSign nv-sa,C=BE",
		.issuer = "CN=GlobalSign Root CA,OU=Root CA,O=GlobalSign "
			  "nv-sa,C=BE",
		.sha256 = "a5e33c28e3013a71f5f760ae3b165950"
			  "90043d2ec5209ec52903c4fbad258dad",
		.key_id = "ae7f962cb9e6a7dbf7b833fb18fa9b71",
		.not_after = 1832630400, /* 2028-01-28 */
		.url = "https://support.globalsign.com/ca-certificates/"
		       "root-certificates/globalsign-cross-certificates",
	},
	{
		.name = "Go Daddy G2, by Go Daddy Class 2",
		.subject = "CN=Go Daddy Root Certificate Authority - G2,"
			   "O=GoDaddy.com\\, Inc.,L=Scottsdale,ST=Arizona,C=US",
		.issuer = "OU=Go Daddy Class 2 Certification Authority,O=The "
			  "Go Daddy Group\\, Inc.,C=US",
		.sha256 = "3a2fbe92891e57fe05d57087f48e730f"
			  "17e5a5f53ef403d618e5b74d7a7e6ecb",
		.key_id = "2a8f2d8af0eb123898f74c866ac3fa66",
		.not_after = 1937890800, /* 2031-05-30 */
		.url = "https://certs.godaddy.com/repository/",
	},
	{
		.name = "GTS Root R1, by GlobalSign R1",
		.subject = "CN=GTS Root R1,O=Google Trust Services LLC,C=US",
		.issuer = "CN=GlobalSign Root CA,OU=Root CA,O=GlobalSign "
			  "nv-sa,C=BE",
		.sha256 = "3ee0278df71fa3c125c4cd487f01d774"
			  "694e6fc57e0cd94c24efd769133918e5",
		.key_id = "871a9194f4eed5b312ff40c84c1d524a",
		.not_after = 1832630442, /* 2028-01-28 */
		.url = "https://pki.goog/repository/",
		.obtain = "a certificate from Google Trust Services (public "
			  "ACME service)",
		.note = "expires 2028-01-28",
	},
	{
		.name = "GTS Root R4, by GlobalSign R1",
		.subject = "CN=GTS Root R4,O=Google Trust Services LLC,C=US",
		.issuer = "CN=GlobalSign Root CA,OU=Root CA,O=GlobalSign "
			  "nv-sa,C=BE",
		.sha256 = "76b27b80a58027dc3cf1da68dac17010"
			  "ed93997d0b603e2fadbe85012493b5a7",
		.key_id = "9847e5653e5e9e847516e5cb818606aa",
		.not_after = 1832630442, /* 2028-01-28 */
		.url = "https://pki.goog/repository/",
		.obtain = "a certificate from Google Trust Services (public "
			  "ACME service)",
		.note = "expires 2028-01-28",
	},
	{
		.name = "Starfield Services G2, by Starfield Class 2",
		.subject = "CN=Starfield Services Root Certificate Authority "
			   "- G2,O=Starfield Technologies\\, Inc.,"
			   "L=Scottsdale,ST=Arizona,C=US",
		.issuer = "OU=Starfield Class 2 Certification Authority,"
			  "O=Starfield Technologies\\, Inc.,C=US",
		.sha256 = "28689b30e4c306aab53b027b29e36ad6"
			  "dd1dcf4b953994482ca84bdc1ecac996",
		.key_id = "2b071c59a0a0ae76b0eadb2bad23bad4",
		.not_after = 2035129156, /* 2034-06-28 */
		.url = "https://www.amazontrust.com/repository/",
	},
	{
		.name = "USERTrust RSA, by AddTrust External CA Root",
		.subject = "CN=USERTrust RSA Certification Authority,O=The "
			   "USERTRUST Network,L=Jersey City,ST=New Jersey,C=US",
		.issuer = "CN=AddTrust External CA Root,OU=AddTrust External "
			  "TTP Network,O=AddTrust AB,C=SE",
		.sha256 = "1a5174980a294a528a110726d5855650"
			  "266c48d9883bea692b67b6d726da98c5",
		.key_id = "c784333d20bcd742b9fdc3236f4e509b",
		.not_after = 1590835718, /* 2020-05-30 */
		.url = "http://crt.usertrust.com/USERTrustRSAAddTrustCA.crt",
		.obtain = "a certificate from Sectigo under USERTrust RSA",
		.note = "expired 2020-05-30; devices that do not check time "
			"still accept it",
	},
	{
		.name = "USERTrust RSA, by Comodo AAA",
		.subject = "CN=USERTrust RSA Certification Authority,O=The "
			   "USERTRUST Network,L=Jersey City,ST=New Jersey,C=US",
		.issuer = "CN=AAA Certificate Services,O=Comodo CA Limited,"
			  "L=Salford,ST=Greater Manchester,C=GB",
		.sha256 = "68b9c761219a5b1f0131784474665db6"
			  "1bbdb109e00f05ca9f74244ee5f5f52b",
		.key_id = "c784333d20bcd742b9fdc3236f4e509b",
		.not_after = 1861919999, /* 2028-12-31 */
		.url = "https://www.sectigo.com/knowledge-base/detail/"
		       "Sectigo-Root-Certificates/kA03l000000c4KV",
		.obtain = "a certificate from Sectigo under USERTrust RSA",
		.note = "expires 2028-12-31",
	},
	{
		.name = "VeriSign Class 3 G5, by Class 3 PCA (a)",
		.subject = "CN=VeriSign Class 3 Public Primary Certification "
			   "Authority - G5,OU=(c) 2006 VeriSign\\, Inc. - For "
			   "authorized use only,OU=VeriSign Trust Network,"
			   "O=VeriSign\\, Inc.,C=US",
		.issuer = "OU=Class 3 Public Primary Certification Authority,"
			  "O=VeriSign\\, Inc.,C=US",
		.sha256 = "5bd0a995ad9721601725c889c0132e0a"
			  "c00323afc6b49e1c9af27ac07f9157bf",
		.key_id = "25b41b506e4930952823a6eb9f1d31de",
		.not_after = 1636329599, /* 2021-11-07 */
		.ended = true,
		.note = "no CA issues under it any more",
	},
	{
		.name = "VeriSign Class 3 G5, by Class 3 PCA (b)",
		.subject = "CN=VeriSign Class 3 Public Primary Certification "
			   "Authority - G5,OU=(c) 2006 VeriSign\\, Inc. - For "
			   "authorized use only,OU=VeriSign Trust Network,"
			   "O=VeriSign\\, Inc.,C=US",
		.issuer = "OU=Class 3 Public Primary Certification Authority,"
			  "O=VeriSign\\, Inc.,C=US",
		.sha256 = "8420dfbe376f414bf4c0a81e6936d24c"
			  "cc03f304835b86c7a39142fca723a689",
		.key_id = "25b41b506e4930952823a6eb9f1d31de",
		.not_after = 1636329599, /* 2021-11-07 */
		.ended = true,
		.note = "no CA issues under it any more",
	},
};

const struct known_family known_others = {
	.rows = rows,
	.count = sizeof(rows) / sizeof(rows[0]),
};
