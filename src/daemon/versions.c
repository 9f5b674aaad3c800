#include "daemon/versions.h"

#include <jansson.h>
#include <libconfig.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unicode/uversion.h>
#include <zlib.h>

#include "linnet/net/loop.h"

void
versions_print(void)
{
	UVersionInfo numbers;
	char icu[U_MAX_VERSION_STRING_LENGTH];
	const char *library;

	puts("linnetd " LINNET_VERSION);
	for (unsigned i = 0; (library = loop_library(i)) != NULL; i++)
		puts(library);
	printf("jansson %s\n", jansson_version_str());
	/* It has no function for the version that runs. */
	printf("libconfig %d.%d.%d (at build time)\n", LIBCONFIG_VER_MAJOR,
		LIBCONFIG_VER_MINOR, LIBCONFIG_VER_REVISION);
	printf("sqlite %s\n", sqlite3_libversion());
	printf("openssl %s\n", OpenSSL_version(OPENSSL_VERSION_STRING));
	u_getVersion(numbers);
	u_versionToString(numbers, icu);
	printf("icu %s\n", icu);
	printf("zlib %s\n", zlibVersion());
}
