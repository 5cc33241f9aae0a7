#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/args.h"
#include "cli/chains.h"
#include "cli/check.h"
#include "cli/command.h"
#include "cli/db.h"
#include "cli/fingerprint.h"
#include "cli/inspect.h"
#include "cli/keygen.h"
#include "cli/pki.h"
#include "cli/probe.h"
#include "cli/sign.h"
#include "cli/token.h"
#include "cli/verify.h"
#include "otterd.h"
#include "serve.h"

static int version_main(int argc, char **argv)
{
	static const struct args args = {
		.synopsis = "", .about = "Says which otterd this is.\n"};
	char **operands;
	int status;

	if (!args_read(&args, argc, argv, &operands, &status))
		return status;
	puts("otterd " OTTERD_VERSION);
	return EXIT_DONE;
}

static const struct command commands[] = {
	{"serve", "serve devices and admins until SIGTERM", serve_main},
	{"check", "say what the configuration would serve", check_main},
	{"chains", "find the chains that devices accept", chains_main},
	{"probe", "connect as a device with a given anchor would", probe_main},
	{"inspect", "show an image's size and digests", inspect_main},
	{"keygen", "make a key", keygen_main},
	{"pki", "make a CA and server certificates for devices", pki_main},
	{"sign", "sign an image", sign_main},
	{"verify", "check the signature of an image", verify_main},
	{"fingerprint", "show the fingerprints of a captured ClientHello",
	 fingerprint_main},
	{"token", "add, list and revoke the tokens of admins", token_main},
	{"db", "check and back up the database", db_main},
	{"version", "say which otterd this is", version_main},
};

/* What was to be printed counts as done only when it is out. */
static int finish(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "otterd: standard output: %s\n", strerror(errno));
	return status == EXIT_DONE ? EXIT_FAILED : status;
}

int main(int argc, char **argv)
{
	static char name[] = "otterd", version[] = "version";

	if (argc > 0)
		argv[0] = name;
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		argv[1] = version;
	return finish(command_run(
		commands, sizeof(commands) / sizeof(*commands), argc, argv));
}
